//! Owns the commands, one file each: what was asked for, in domain terms, becomes calls of the stages.
//! Must not know: how it was typed, or how the result is shown.

pub mod bench;
pub mod check;
#[cfg(feature = "cluster")]
pub mod cluster;
pub mod demo;
pub mod doctor;
pub mod every;
pub mod evidence;
pub mod init;
pub mod load_worker;
pub mod openlineage;
pub mod quarantine;
pub mod query;
pub mod rejects;
pub mod sample;
pub mod snapshot;
pub mod test;
