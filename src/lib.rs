//! Jieyou 解忧: dispute-mediation case tracker. See `README.md` for the floors.
#![forbid(unsafe_code)]

pub mod app;
pub mod call;
pub mod cli;
pub mod commands;
pub mod config;
pub mod crypto;
pub mod ctx;
pub mod domain;
pub mod env;
pub mod error;
pub mod http;
pub mod paper;
pub mod problem;
pub mod queries;
pub mod reply;
pub mod store;
pub mod worker;
