//! Acts: load, decide, carry out. One function per operation; no act calls another.
