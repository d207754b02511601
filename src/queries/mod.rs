//! Views and lists: read models within the caller's sight.

pub mod audit;
pub mod cases;
pub mod codes;
pub mod intake;
pub mod notifications;
pub mod views;
pub mod orgs;
pub mod users;
