//! The rules of mediation as plain values and pure functions.
