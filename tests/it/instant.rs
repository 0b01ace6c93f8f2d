//! Owns instant.
