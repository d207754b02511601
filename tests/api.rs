//! The integration tests: real HTTP against a real database. `TEST_DATABASE_URL` names a
//! PostgreSQL server; without it every test runs on a SQLite file of its own.

mod support;

mod audit;
mod contract;
mod floors;
mod identity;
mod intake;
mod mediators;
mod meta;
mod notes;
mod outbox;
mod people;
mod policy_matrix;
mod schema_parity;
mod sessions;
