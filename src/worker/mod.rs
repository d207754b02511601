//! Background work: the outbox, mail, webhooks.

pub mod build;
pub mod checkpoints;
pub mod compose;
pub mod copies;
pub mod duties;
pub mod files;
mod flight;
pub mod ics;
pub mod kinds;
pub mod letter;
pub mod mail;
pub mod retry;
pub mod run;
pub mod signals;
pub mod sms;
mod smtp;
pub mod templates;
pub mod text;
pub mod verifications;
pub mod webhook;

pub use crate::domain::net;
