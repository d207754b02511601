//! The rules of mediation as plain values and pure functions: no database, no HTTP, no clock.

pub mod agreement;
pub mod calendar;
pub mod case;
pub mod case_code;
pub mod casefile;
pub mod codes;
pub mod decision;
pub mod facts;
pub mod fold;
pub mod gram;
pub mod ids;
pub mod input;
pub mod machine;
pub mod mediator;
pub mod movement;
pub mod notice;
pub mod org;
pub mod party;
pub mod persons;
pub mod policy;
pub mod record;
pub mod refusal;
pub mod rules;
pub mod secret;
pub mod session;
pub mod time;
