//! The outbox end to end: what is queued in a commit arrives, once for each acknowledgement, at
//! real servers that misbehave.

mod delivery;
mod docs;
mod endings;
mod hooks;
mod inbox;
pub mod kit;
mod letters;
mod operator;
mod order;
mod reminders;
pub mod wire;
