//! The edge: HTTP in, commands and queries below. No rules and no SQL live here.

pub mod audit;
pub mod auth;
pub mod cases;
pub mod headers;
pub mod intake;
pub mod json;
pub mod mediators;
pub mod meta;
pub mod metrics;
pub mod notes;
pub mod notifications;
pub mod orgs;
pub mod people;
pub mod pipeline;
pub mod route;
pub mod routes;
pub mod send;
pub mod server;
pub mod sessions;
pub mod state;
pub mod users;
