//! Owns `rehome bench`: a part of the user's own rows goes through every stage, and the duration of the whole is predicted.
//! Must not know: how it was typed, or how it is shown.

mod found;
mod measure;
mod model;
mod scale;
mod told;

use std::sync::Mutex;
use std::time::{Duration, Instant};

pub use found::{Benchmark, Bottleneck, Part, Sample, Stage};

use crate::cancel::interrupted;
use crate::error::{Error, Result};
use crate::extract;
use crate::load;
use crate::pipeline::Pipeline;
use crate::run::Setting;
use crate::server::Address;
use crate::timing::Timings;

/// Tables with at most so many rows are read whole: they are soon read, and others refer to them.
pub const FEW_ROWS: u64 = 50_000;
/// What is under way may take so long to end by itself, before it is dropped.
const GRACE: Duration = Duration::from_secs(3);

/// What is measured.
pub struct Asked {
    pub pipeline: Pipeline,
    pub source: Address,
    /// How it is read.
    pub reading: extract::Options,
    pub target: Option<Address>,
    /// Of tables that are not small, so much.
    pub share: f64,
}

/// Measures, and predicts. The source is only read; the target is left as it was found.
///
/// # Errors
/// As a run's; [`crate::error::Kind::Locked`] while a run is at work in the target.
pub async fn bench(asked: &Asked, timings: &Timings, setting: &Setting) -> Result<Benchmark> {
    let begun = Instant::now();
    std::fs::create_dir_all(&setting.workspace)?;
    let folder = tempfile::Builder::new().prefix("bench-").tempdir_in(&setting.workspace)?;
    let own = Setting { workspace: folder.path().to_owned(), ..setting.clone() };
    let made = Mutex::new(None);
    let mut measuring = Box::pin(measure::measure(asked, timings, &made, &own));
    let measured = tokio::select! {
        measured = &mut measuring => measured,
        () = setting.cancel.cancelled() => match tokio::time::timeout(GRACE, &mut measuring).await {
            Ok(measured) => measured,
            Err(_) => Err(interrupted()),
        },
    };
    drop(measuring);
    let schema = made.lock().map_or(None, |made| made.clone());
    if let (Some(target), Some(schema)) = (&asked.target, schema) {
        // A statement that nobody waits for any more may hold what is to be dropped.
        let dropped = async {
            load::end_sessions(target).await?;
            load::drop_schema(target, &schema).await
        };
        let dropped: Result<()> = dropped.await;
        if let Err(error) = dropped {
            return Err(match measured {
                Ok(_) => error,
                Err(first) => first.also(error.hint_text().unwrap_or_default()),
            });
        }
    }
    let measured = measured?;
    told::told(asked, &measured, begun.elapsed().as_secs_f64()).ok_or_else(nothing)
}

fn nothing() -> Error {
    Error::config("there is nothing to measure: no table that the pipeline reads has a row")
}
