//! Owns the command line: what was typed becomes what it means, and results are shown. The only place that prints.
//! Must not know: how any command works.

mod args;
mod dispatch;
mod log;
#[cfg(feature = "otlp")]
mod otlp;
mod progress;
mod render;
mod schema;
mod size;
mod stdout;
mod timings;

use std::process::ExitCode;

use clap::Parser;
use tracing::Instrument;

use crate::cancel::Cancel;
use crate::error::{Error, Kind};

/// Parses the command line, runs the command, shows its result, and gives the exit code.
#[must_use]
pub fn main() -> ExitCode {
    let args = match args::Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            misused(&error);
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    log::install(args.global.verbose, args.global.quiet, args.global.log_format);
    let cancel = Cancel::new();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&Error::from(error), args.global.format.plain()),
    };
    let format = args.global.format.plain();
    let needed = match &args.command {
        args::Command::Bench(_) => true,
        args::Command::Run(run) => run.metrics.is_some(),
        _ => false,
    };
    let measuring = match timings::Measuring::begin(&args.global, needed) {
        Ok(measuring) => measuring,
        Err(error) => return failed(&error, format),
    };
    let whole = timings::frame_of(&args.command);
    let result = runtime.block_on(async {
        stop_on_signal(cancel.clone());
        let dispatched = dispatch::dispatch(args, measuring.timings(), cancel.clone()).instrument(whole.clone());
        let result = stdout::guarded(Box::pin(dispatched)).await;
        crate::server::farewell().await;
        result
    });
    whole.record("exit_code", result.as_ref().map_or_else(|error| error.kind().exit_code(), |code| *code));
    drop(whole);
    // What still blocks in the background (an aborted read, say) must not hold the exit.
    runtime.shutdown_background();
    crate::run::forget_spilled();
    measuring.show(if log::is_json() { args::Format::Json } else { format });
    drop(measuring);
    match result {
        Ok(code) => ExitCode::from(code),
        Err(error) if cancel.is_cancelled() && error.kind() != Kind::Interrupted => {
            failed(&crate::cancel::interrupted(), format)
        }
        Err(error) => failed(&error, format),
    }
}

/// Help and version go to stdout, misuse to stderr: clap knows which. It repeats what it did not expect; where that is a
/// connection, which may hold a password, it is left out.
fn misused(error: &clap::Error) {
    let connection = |typed: &String| typed.contains("://") || typed.contains("password=");
    let connections: Vec<String> = std::env::args().skip(1).filter(connection).collect();
    if connections.is_empty() {
        let _ = error.print();
        return;
    }
    let told = error.render().to_string();
    anstream::eprint!("{}", connections.iter().fold(told, |told, typed| told.replace(typed, "<connection>")));
}

/// The first signal asks everything to end cleanly; the second ends the process at once.
fn stop_on_signal(cancel: Cancel) {
    tokio::spawn(async move {
        let Ok(mut terminate) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) else {
            return;
        };
        loop {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            if cancel.is_cancelled() {
                std::process::exit(i32::from(Kind::Interrupted.exit_code()));
            }
            cancel.cancel();
        }
    });
}

fn failed(error: &Error, format: args::Format) -> ExitCode {
    render::error::show(error, format);
    ExitCode::from(error.kind().exit_code())
}
