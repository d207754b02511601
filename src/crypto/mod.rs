//! Cryptographic building blocks: pure functions over bytes, no database, no HTTP.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects
    )
)]

pub mod cursor;
pub mod device;
pub mod jwt;
pub mod keys;
pub mod ledger;
pub mod party_code;
pub mod password;
pub mod recovery;
pub mod refresh;
pub mod seal;
pub mod secret;
mod span;
pub mod strength;
pub mod throttle;
pub mod totp;
