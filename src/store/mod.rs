//! The store: diesel lives here and nowhere else.

pub mod access_log;
pub mod audit;
pub mod cases;
pub mod conn;
pub mod db;
pub mod errors;
pub mod idempotency;
pub mod ledger;
pub mod lists;
pub mod maintenance;
pub mod outbox;
pub mod people;
pub mod row;
pub mod search;
pub mod tables;
pub mod tx;
pub mod types;
