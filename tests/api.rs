//! The integration tests: real HTTP against a real database. `TEST_DATABASE_URL` names a
//! PostgreSQL server; without it every test runs on a SQLite file of its own.

mod support;

mod actions;
mod actions_routes;
mod actions_walk;
mod agreements;
mod attachments;
mod audit;
mod clocks;
mod contract;
mod conventions;
mod county;
mod course;
mod crisis;
mod dossier;
mod duties;
mod floors;
mod follow_ups;
mod hostile;
mod identity;
mod intake;
mod mediators;
mod meta;
mod movement;
mod notes;
mod outbox;
mod party_checks;
mod people;
mod policy_matrix;
mod quarrels;
mod records;
mod returns;
mod scenarios;
mod schema_parity;
mod sessions;
mod signals;
mod tasks;
