//! Cryptographic building blocks: pure functions over bytes, no database, no HTTP.
