//! Owns the tests of flows over several machines: workers on loopback, each with a runtime of its own. The same session without them
//! is the judge. No PostgreSQL is needed.

mod expressions;
mod faults;
mod flows;
mod scans;
mod workers;
