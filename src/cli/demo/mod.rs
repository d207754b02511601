//! The fictional county 云岭县 (code 359901): a place to try the service. No real person is in it.

pub mod client;
pub mod county;
