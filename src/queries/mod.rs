//! Views and lists: read models within the caller's sight.

pub mod codes;
