//! Tests over whole ledgers: honest ones, tampered ones, and the published vectors.

mod honest;
mod million;
mod outside;
mod tamper;
mod vectors;
mod window;
