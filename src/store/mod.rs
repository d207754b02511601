//! The store: diesel lives here and nowhere else.

pub mod access_log;
pub mod audit;
pub mod cases;
pub mod conn;
pub mod db;
pub mod errors;
pub mod idempotency;
pub mod inbox;
pub mod intake;
pub mod ledger;
pub mod ledger_read;
pub mod lists;
pub mod logins;
pub mod maintenance;
pub mod outbox;
pub mod outbox_claim;
pub mod outbox_desk;
pub mod outbox_facts;
pub mod people;
pub mod row;
pub mod search;
pub mod staff;
pub mod tables;
pub mod tx;
pub mod types;
pub mod units;
