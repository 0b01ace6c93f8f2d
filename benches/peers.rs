//! Owns the benchmark of rehome beside what people write by hand and beside the floor of what the server can take:
//! `cargo bench --bench peers -- SCALE [--rounds N] [--ways a,b] [--scenes empty,in-use] [--format json]`.
//! REHOME_BIN names another program to measure. Must not know: how the ways work.

#[path = "peers/mod.rs"]
mod peers;

use std::process::ExitCode;

fn main() -> ExitCode {
    let options = match peers::Options::parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(why) => {
            eprintln!("{why}");
            return ExitCode::from(2);
        }
    };
    let found = peers::compare(&options);
    if options.as_json {
        let scenes: Vec<_> = found.iter().map(peers::Comparison::to_json).collect();
        println!("{}", serde_json::json!({ "rounds": options.rounds, "scenes": scenes }));
    } else {
        for comparison in &found {
            println!("{comparison}");
        }
    }
    ExitCode::SUCCESS
}
