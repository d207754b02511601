//! What every integration test uses.
#![allow(dead_code)]

pub mod app;
pub mod certs;
pub mod client;
pub mod db;
pub mod leaks;
pub mod mediation;
pub mod mime;
pub mod moves;
pub mod smtp_sink;
pub mod spec;
pub mod stories;

pub use app::TestApp;
pub use client::Client;
