//! Owns how the growth of time and memory is measured and told: what is asked, and the way from there to figures, tables, a chart.
//! Must not know: how rehome works inside; it starts the program.

mod axis;
mod by_flows;
mod by_rows;
mod chart;
mod figures;
mod host;
mod line;
mod program;
mod tables;
mod template;

use std::path::PathBuf;

pub use chart::chart;
pub use figures::Figures;
use figures::Machine;
use host::Host;
pub use tables::{markdown, text};

/// What is measured.
pub struct Asked {
    pub program: PathBuf,
    pub scales: Vec<f64>,
    pub jobs: Vec<usize>,
    pub flows: Vec<usize>,
    /// How often each is measured; the median counts.
    pub rounds: usize,
    /// Does the server wait for the disk, as a real one does?
    pub durable: bool,
}

/// The program that is measured: `REHOME_BIN`, or the one that was built along.
pub fn program() -> PathBuf {
    std::env::var_os("REHOME_BIN").map_or_else(|| env!("CARGO_BIN_EXE_rehome").into(), PathBuf::from)
}

/// Measures all of it on a server of its own, and tells of each measurement as soon as it is done.
pub fn measure(asked: &Asked, mut tell: impl FnMut(String)) -> Figures {
    let host = Host::start(asked.durable);
    let machine = Machine::of_this(host.server_version());
    let by_rows = by_rows::measure(asked, &host, &mut tell);
    let by_flows = by_flows::measure(asked, &host, &mut tell);
    let growth = line::of_all(&by_rows, &by_flows);
    Figures { machine, by_rows, by_flows, growth }
}

/// All figures, for machines.
pub fn json(figures: &Figures) -> String {
    serde_json::to_string(figures).expect("figures are JSON")
}
