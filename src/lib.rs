//! Jieyou 解忧: dispute-mediation case tracker. See `README.md` for the floors.
#![forbid(unsafe_code)]

pub mod crypto;
pub mod ctx;
pub mod domain;
pub mod error;
pub mod problem;
pub mod reply;
pub mod store;
pub mod worker;
