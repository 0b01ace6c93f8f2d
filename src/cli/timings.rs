//! Owns that time is measured where it is asked for, and how that is shown: sums on stderr, a trace in a file.
//! Must not know: what is measured.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use tracing_chrome::{ChromeLayerBuilder, FlushGuard};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;

use super::args::Format;
use super::render;
use crate::error::{At, Context, Error, Result};
use crate::timing::{TARGET, Timings};

/// Ends the trace when it is dropped.
pub struct Measuring {
    timings: Option<Timings>,
    /// They are for people, too.
    shown: bool,
    _trace: Option<FlushGuard>,
}

impl Measuring {
    /// Measures from here on; nothing, where nothing is asked for. `needed`: the command asks for sums, whoever else does.
    ///
    /// # Errors
    /// What keeps the trace from being written.
    pub fn begin(shown: bool, needed: bool, trace: Option<&Path>) -> Result<Self> {
        if !shown && !needed && trace.is_none() {
            return Ok(Self { timings: None, shown, _trace: None });
        }
        let timings = (shown || needed).then(Timings::default);
        let (layer, guard) = match trace {
            None => (None, None),
            Some(path) => {
                let file = File::create(path).map_err(Error::from).at(At::File, path.display().to_string())?;
                let (layer, guard) = ChromeLayerBuilder::new()
                    .writer(BufWriter::new(file))
                    .include_args(true)
                    // A step is whole from its beginning to its end, on whichever thread it goes on.
                    .trace_style(tracing_chrome::TraceStyle::Async)
                    .build();
                (Some(layer), Some(guard))
            }
        };
        // Spans of libraries may hold anything.
        let ours_only = filter_fn(|metadata| metadata.target() == TARGET);
        let subscriber = tracing_subscriber::registry().with(timings.clone()).with(layer).with(ours_only);
        tracing::subscriber::set_global_default(subscriber)
            .map_err(|_| Error::unexpected("time is measured already"))?;
        Ok(Self { timings, shown, _trace: guard })
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
