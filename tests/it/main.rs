//! Owns the list of integration tests: one binary, so that the engine is linked once.

// A test may be long, and put its texts together as it likes.
#![allow(
    clippy::large_futures,
    clippy::format_push_string,
    clippy::format_collect,
    clippy::unchecked_time_subtraction,
    clippy::unused_async
)]

mod again;
mod against;
mod altered;
mod artefact;
mod bad_input;
mod bench;
mod bounded;
mod broken;
mod browser;
mod canaries;
mod cases;
mod causes;
mod certificates;
mod check;
mod cluster;
mod connections;
mod contract;
mod django;
mod doctor;
mod encode;
mod epochs;
mod evidence;
mod explain;
mod extract;
#[cfg(feature = "failpoints")]
mod failpoints;
mod figures;
mod growth;
mod guarded;
mod header_keys;
mod hints;
mod init;
mod installed;
mod instant;
mod isolation;
mod jsonb;
mod keys;
mod kills;
mod kind;
mod kinds;
mod limits;
mod lineage;
mod load;
mod load_workers;
#[cfg(feature = "cluster")]
mod machines;
mod many_jobs;
mod masking;
mod matching;
mod memory;
mod migrate;
mod names_of_tables;
mod numbers;
mod numeric;
mod odd_source;
mod odd_target;
mod offline;
mod openlineage;
mod order_of_load;
mod others;
#[cfg(feature = "otlp")]
mod otlp;
mod own_tables;
mod page;
mod partitions;
mod passes;
mod places;
mod pooler;
mod privileges;
mod program;
mod proxy;
mod quarantine;
mod query;
mod remedies;
mod retry;
mod rollback;
mod said;
mod scaling;
mod schema;
mod secrets;
mod served;
mod skew;
mod sources;
mod spoken;
mod stall;
mod support;
mod taken_over;
mod target_keys;
mod trust;
mod type_table;
mod types;
mod verify;
mod versions;
mod watched;
mod work;
mod zones;
