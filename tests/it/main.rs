//! Owns the list of integration tests: one binary, so that the engine is linked once.

mod bad_input;
mod cluster;
mod contract;
mod extract;
mod jsonb;
mod migrate;
mod offline;
mod support;
