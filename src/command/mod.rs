//! Owns the commands, one file each: what was asked for, in domain terms, becomes calls of the stages.
//! Must not know: how it was typed, or how the result is shown.

pub mod bench;
pub mod check;
pub mod demo;
pub mod doctor;
pub mod every;
pub mod evidence;
pub mod init;
pub mod openlineage;
pub mod quarantine;
pub mod query;
pub mod rejects;
pub mod sample;
pub mod snapshot;
pub mod test;
