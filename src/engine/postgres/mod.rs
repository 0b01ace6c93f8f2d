//! Owns values of PostgreSQL's types: how each is read, printed and computed with, one by one.
//! Must not know: Arrow, DataFusion, columns, queries.

pub mod array;
pub mod float;
pub mod json;
pub mod pattern;
pub mod range;
pub mod template;
pub mod text;
pub mod time;
