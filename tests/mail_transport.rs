//! The outgoing transports against real servers that misbehave.

mod support {
    pub mod certs;
    pub mod mime;
    pub mod smtp_sink;
}
mod transport {
    pub mod addresses;
    pub mod files;
    pub mod injection;
    pub mod outcomes;
    pub mod receiver;
    pub mod sms;
    pub mod tls;
    pub mod webhook;
}
