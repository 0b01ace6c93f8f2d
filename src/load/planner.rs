//! Owns what the server's planner is told before statements about many rows of tables that it does not know: what the ledger or a
//! session has just taken in, it takes for one row. Must not know: which statements these are.

/// They are hashed from here on, and never searched row by row.
pub(super) const FOR_MANY: &str = include_str!("../../sql/control/load/plan_for_many.sql");
/// The planner's choice again. A transaction that is undone brings it back by itself.
pub(super) const AS_EVER: &str = include_str!("../../sql/control/load/plan_as_ever.sql");
