//! Jieyou 解忧: dispute-mediation case tracker. See `README.md` for the floors.
#![forbid(unsafe_code)]

pub mod crypto;
pub mod domain;
pub mod worker;
