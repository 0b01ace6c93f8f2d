//! Owns the points at which tests end the program: before and after each durable step. Without the feature `failpoints` there
//! are none. Must not know: what a step does.

use std::future::Future;

/// Does a step after which something is kept: in the target, or in a file. A program with the feature ends at once, as if it
/// were killed, before the step that the environment names: `REHOME_FAILPOINT=before:STEP:3` when it comes to it for the third
/// time, `after:STEP:3` when it has done it. With `REHOME_FAILPOINT=list:FILE` the steps are written to a file, line by line.
pub async fn durable<T>(step: &str, work: impl Future<Output = T>) -> T {
    reached("before", step);
    let done = work.await;
    reached("after", step);
    done
}

#[cfg(not(feature = "failpoints"))]
fn reached(_side: &str, _step: &str) {}

#[cfg(feature = "failpoints")]
fn reached(side: &str, step: &str) {
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicUsize, Ordering};

    static POINT: LazyLock<Option<(String, usize)>> = LazyLock::new(|| {
        let text = std::env::var("REHOME_FAILPOINT").ok()?;
        let (point, times) = text.rsplit_once(':')?;
        Some((point.to_owned(), times.parse().ok()?))
    });
    static PASSED: AtomicUsize = AtomicUsize::new(0);
    if let Some(file) = std::env::var("REHOME_FAILPOINT").ok().as_deref().and_then(|text| text.strip_prefix("list:")) {
        use std::io::Write;
        let file = std::fs::OpenOptions::new().create(true).append(true).open(file);
        // In one piece: others write at the same time.
        let _ = file.and_then(|mut file| file.write_all(format!("{side}:{step}\n").as_bytes()));
    }
    if let Some((point, times)) = &*POINT
        && point.split_once(':') == Some((side, step))
        && PASSED.fetch_add(1, Ordering::Relaxed) + 1 == *times
    {
        std::process::abort();
    }
}
