//! Views and lists: read models within the caller's sight.

pub mod cases;
pub mod codes;
pub mod views;
