//! Owns the list of integration tests: one binary, so that the engine is linked once.

mod artefact;
mod bad_input;
mod cluster;
mod contract;
mod encode;
mod extract;
mod figures;
mod jsonb;
mod load;
mod memory;
mod migrate;
mod odd_source;
mod offline;
mod support;
mod type_table;
