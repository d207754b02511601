//! Background work: the outbox, mail, webhooks.

pub mod checkpoints;
pub mod ics;
pub mod letter;
pub mod mail;
pub mod net;
pub mod retry;
mod smtp;
pub mod templates;
pub mod text;
pub mod webhook;
