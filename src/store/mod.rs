//! The store: diesel lives here and nowhere else.

pub mod conn;
pub mod row;
pub mod tables;
pub mod types;
