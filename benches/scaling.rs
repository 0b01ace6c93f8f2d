//! Owns the benchmark of growth: time, processor and memory of whole migrations by rows, by threads and by flows, and how far they
//! are from linear. Must not know: how any of it is measured or drawn.

#[path = "scaling/mod.rs"]
mod scaling;

use std::path::PathBuf;
use std::str::FromStr;

use clap::Parser;
use scaling::{Asked, Figures};

/// Measures how time and memory grow with rows, threads and flows.
#[derive(Debug, Parser)]
struct Args {
    /// Sizes of the dispatch sample, with blanks or commas between them; 1 is the whole reference case
    #[arg(long, default_value = "0.1 0.3 1")]
    scales: String,
    /// Values of `--jobs`
    #[arg(long, default_value = "1 2")]
    jobs: String,
    /// Numbers of small flows
    #[arg(long, default_value = "10 50 100 500")]
    flows: String,
    /// Each is measured so many times, and the median is told
    #[arg(long, default_value_t = 1)]
    rounds: usize,
    /// Write a chart to this file, and the tables as Markdown beside it
    #[arg(long, value_name = "FILE.svg")]
    out: Option<PathBuf>,
    /// `text` or `json`
    #[arg(long, default_value = "text", value_parser = ["text", "json"])]
    format: String,
    /// Cargo says so
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() {
    let args = Args::parse();
    let asked = Asked {
        program: scaling::program(),
        scales: list(&args.scales),
        jobs: list(&args.jobs),
        flows: list(&args.flows),
        rounds: args.rounds.max(1),
        durable: true,
    };
    let figures = scaling::measure(&asked, |done| eprintln!("{done}"));
    if args.format == "json" {
        println!("{}", scaling::json(&figures));
    } else {
        println!("{}", scaling::text(&figures));
    }
    if let Some(file) = args.out {
        write(&file, &figures);
    }
}

fn list<T: FromStr>(text: &str) -> Vec<T> {
    let words = text.split([' ', ',']).filter(|word| !word.is_empty());
    words.map(|word| word.parse().unwrap_or_else(|_| panic!("'{word}' is no number"))).collect()
}

fn write(chart: &std::path::Path, figures: &Figures) {
    let name = chart.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    std::fs::write(chart, scaling::chart(figures)).expect("the chart is written");
    std::fs::write(chart.with_extension("md"), scaling::markdown(figures, &name)).expect("the tables are written");
}
