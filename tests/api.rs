//! The integration tests: real HTTP against a real database. `TEST_DATABASE_URL` names a
//! PostgreSQL server; without it every test runs on a SQLite file of its own.

mod support;

mod actions;
mod agreements;
mod audit;
mod attachments;
mod contract;
mod course;
mod floors;
mod identity;
mod hostile;
mod intake;
mod mediators;
mod meta;
mod outbox;
mod people;
mod policy_matrix;
mod scenarios_agreements;
mod movement;
mod records;
mod notes;
mod schema_parity;
mod sessions;
