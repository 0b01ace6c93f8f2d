//! Owns that time is measured where it is asked for, and how that is shown: sums on stderr, a trace in a file or for a collector.
//! Must not know: what is measured.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use tracing::{Metadata, Span};
use tracing_chrome::{ChromeLayerBuilder, FlushGuard};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::{Layer, SubscriberExt};

use super::args::{Command, Format, Global};
use super::render;
use crate::error::{At, Context, Error, Result};
use crate::frame;
use crate::timing::{FRAME, TARGET, Timings};

/// What the whole of a command is told as. A run is told by itself, since there may be many in a command; what moves and computes no
/// rows is not told.
pub fn frame_of(command: &Command) -> Span {
    let name = match command {
        Command::Demo(_) => "demo",
        Command::Snapshot(_) => "snapshot",
        Command::WhatIf(_) => "what-if",
        Command::Plan(_) => "plan",
        Command::Rollback(_) => "rollback",
        Command::Report(_) => "report",
        Command::Verify(_) => "verify",
        Command::Bench(_) => "bench",
        Command::Quarantine(_) => "quarantine",
        Command::LoadWorker(_) => "load-worker",
        _ => return Span::none(),
    };
    frame!("command", name)
}

/// Ends the trace when it is dropped.
pub struct Measuring {
    timings: Option<Timings>,
    /// They are for people, too.
    shown: bool,
    _trace: Option<FlushGuard>,
    #[cfg(feature = "otlp")]
    _sending: Option<super::otlp::Sending>,
}

impl Measuring {
    /// Measures from here on; nothing, where nothing is asked for. `needed`: the command asks for sums, whoever else does.
    ///
    /// # Errors
    /// What keeps the trace from being written.
    pub fn begin(global: &Global, needed: bool) -> Result<Self> {
        let shown = global.timings;
        #[cfg(feature = "otlp")]
        let (told, sending) = super::otlp::begin(global.otlp.as_deref())?.unzip();
        #[cfg(not(feature = "otlp"))]
        let told: Option<tracing_subscriber::layer::Identity> = None;
        let timings = (shown || needed).then(Timings::default);
        let (trace, guard) = global.trace.as_deref().map(chrome).transpose()?.unzip();
        if timings.is_some() || trace.is_some() || told.is_some() {
            // Spans of libraries may hold anything; frames are for collectors alone.
            let frames = told.is_some();
            let ours = move |of: &Metadata<'_>| of.target() == TARGET || frames && of.target() == FRAME;
            let subscriber = tracing_subscriber::registry()
                .with(timings.clone())
                .with(trace.map(|layer| layer.with_filter(filter_fn(|of| of.target() == TARGET))))
                .with(told)
                .with(filter_fn(ours));
            tracing::subscriber::set_global_default(subscriber)
                .map_err(|_| Error::unexpected("time is measured already"))?;
        }
        Ok(Self {
            timings,
            shown,
            _trace: guard,
            #[cfg(feature = "otlp")]
            _sending: sending,
        })
    }

    /// The sums, where there are any.
    pub fn timings(&self) -> Option<&Timings> {
        self.timings.as_ref()
    }

    /// Shows the sums, where they are asked for.
    pub fn show(&self, format: Format) {
        if let Some(timings) = self.timings.as_ref().filter(|_| self.shown) {
            render::timings::show(&timings.spent(), format);
        }
    }
}

/// A trace in a file, as Perfetto reads it.
fn chrome<S>(path: &Path) -> Result<(tracing_chrome::ChromeLayer<S>, FlushGuard)>
where
    S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a> + Send + Sync,
{
    let file = File::create(path).map_err(Error::from).at(At::File, path.display().to_string())?;
    Ok(ChromeLayerBuilder::new()
        .writer(BufWriter::new(file))
        .include_args(true)
        // A step is whole from its beginning to its end, on whichever thread it goes on.
        .trace_style(tracing_chrome::TraceStyle::Async)
        .build())
}
