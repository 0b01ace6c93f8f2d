//! Owns what becomes of a result that cannot be shown, since stdout takes no more. Must not know: what is shown.

use std::any::Any;
use std::panic::{AssertUnwindSafe, panic_any, resume_unwind, set_hook, take_hook};

use futures::FutureExt;

use crate::error::{Error, Kind, Result};

/// How the standard library says that stdout takes no more.
const FAILED: &str = "failed printing to stdout";

/// Does what prints; where stdout takes no more, that is an error, and no breakdown.
///
/// # Errors
/// [`Kind::Resources`]; what `work` says.
pub(super) async fn guarded<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let previous = take_hook();
    set_hook(Box::new(move |info| {
        if !is_of_stdout(info.payload()) {
            previous(info);
        }
    }));
    match AssertUnwindSafe(work).catch_unwind().await {
        Ok(result) => result,
        Err(payload) if is_of_stdout(payload.as_ref()) => {
            Err(Error::new(Kind::Resources, "what was done cannot be shown: stdout takes no more")
                .hint("make room where stdout goes; `rehome report` shows the report of a run again"))
        }
        Err(payload) => resume_unwind(payload),
    }
}

fn is_of_stdout(payload: &(dyn Any + Send)) -> bool {
    payload.downcast_ref::<String>().is_some_and(|text| text.starts_with(FAILED))
}

/// Prints shell completions, or whatever else is whole before it is shown.
pub(super) fn print(text: &[u8]) {
    use std::io::Write;
    match std::io::stdout().write_all(text) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => panic_any(format!("{FAILED}: {error}")),
        _ => {}
    }
}
