//! The rules of mediation as plain values and pure functions: no database, no HTTP, no clock.

pub mod codes;
pub mod ids;
pub mod input;
pub mod secret;
pub mod time;
