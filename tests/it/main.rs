//! Owns the list of integration tests: one binary, so that the engine is linked once.

mod artefact;
mod bad_input;
mod browser;
mod causes;
mod certificates;
mod cluster;
mod connections;
mod contract;
mod encode;
mod extract;
mod figures;
mod instant;
mod jsonb;
mod kind;
mod load;
mod memory;
mod migrate;
mod odd_source;
mod odd_target;
mod offline;
mod page;
mod remedies;
mod support;
mod trust;
mod type_table;
mod types;
