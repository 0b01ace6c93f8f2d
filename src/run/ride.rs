//! Owns how a run rides through what passes: a lost connection, a server that restarts or takes no more connections, another host
//! that takes over. The run is taken up in the same process as it would be by the same command. Must not know: what a run does.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::Setting;
use crate::error::{Error, Kind, Result};
use crate::progress::Sink;

/// Between two attempts; the last one again and again.
const PAUSES: [u64; 5] = [1, 2, 4, 8, 15];

/// Watches whether a run gets on, and waits where it does not.
pub struct Ride {
    setting: Setting,
    moved: Arc<AtomicBool>,
    patience: Duration,
    /// Since when nothing has moved.
    since: Option<Instant>,
    attempts: usize,
    /// What was met last, and where.
    met: Option<String>,
    waited: bool,
}

impl Ride {
    /// A run is given up when nothing has moved for so long.
    pub fn new(setting: &Setting, patience: Duration) -> Self {
        let moved = Arc::new(AtomicBool::new(false));
        let watched = Watched { inner: setting.progress.clone(), moved: moved.clone() };
        let setting = Setting { progress: Arc::new(watched), ..setting.clone() };
        Self { setting, moved, patience, since: None, attempts: 0, met: None, waited: false }
    }

    /// The setting in which an attempt runs.
    #[must_use]
    pub fn setting(&self) -> &Setting {
        &self.setting
    }

    /// Has there been more than one attempt?
    #[must_use]
    pub fn has_waited(&self) -> bool {
        self.waited
    }

    /// Waits until another attempt is worth it.
    ///
    /// # Errors
    /// The same error where it does not pass, where nothing has ever moved (an address may be wrong), or when patience is out.
    pub async fn wait(&mut self, error: Error) -> Result<()> {
        // An attempt goes over what is done already: where it ends at the same place as before, it has got no further.
        let told = Some(error.to_string());
        let further = self.met != told;
        self.met = told;
        if self.moved.swap(false, Ordering::Relaxed) && (further || self.since.is_none()) {
            (self.since, self.attempts) = (Some(Instant::now()), 0);
        }
        let Some(since) = self.since else { return Err(error) };
        // Our own former session may hold the lock until the server notices that it is gone.
        let passes = error.kind() == Kind::Retryable || error.kind() == Kind::Locked && self.attempts > 0;
        let left = self.patience.saturating_sub(since.elapsed());
        if !passes || left.is_zero() {
            return Err(error);
        }
        let pause = PAUSES.get(self.attempts).or(PAUSES.last()).copied().unwrap_or(1);
        let pause = Duration::from_secs(pause).min(left);
        self.attempts += 1;
        self.waited = true;
        self.setting.progress.retry();
        log::warn!("{error}; the run goes on in {} s, and waits for {} s at most", pause.as_secs(), left.as_secs());
        tokio::select! {
            () = tokio::time::sleep(pause) => self.setting.cancel.check(),
            () = self.setting.cancel.cancelled() => self.setting.cancel.check(),
        }
    }
}

/// Hears that rows move.
struct Watched {
    inner: Arc<dyn Sink>,
    moved: Arc<AtomicBool>,
}

impl Sink for Watched {
    fn start(&self, stage: &str, item: &str, rows: Option<u64>) {
        self.inner.start(stage, item, rows);
    }

    fn advance(&self, item: &str, rows: u64) {
        self.moved.store(true, Ordering::Relaxed);
        self.inner.advance(item, rows);
    }

    fn finish(&self, item: &str) {
        self.moved.store(true, Ordering::Relaxed);
        self.inner.finish(item);
    }

    fn retry(&self) {
        self.inner.retry();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cancel::Cancel;
    use crate::progress::Silent;

    /// Counts what is tried again.
    #[derive(Default)]
    struct Again(std::sync::atomic::AtomicUsize);

    impl Sink for Again {
        fn start(&self, _stage: &str, _item: &str, _rows: Option<u64>) {}
        fn advance(&self, _item: &str, _rows: u64) {}
        fn finish(&self, _item: &str) {}
        fn retry(&self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[tokio::test]
    async fn each_further_attempt_is_told() {
        let again = Arc::new(Again::default());
        let mut ride = Ride::new(&Setting { progress: again.clone(), ..setting() }, Duration::from_mins(1));
        assert!(ride.wait(Error::new(Kind::Retryable, "lost")).await.is_err(), "nothing has ever moved");
        ride.setting().progress.advance("rows", 1);
        assert!(ride.wait(Error::new(Kind::Retryable, "lost")).await.is_ok());
        assert_eq!(again.0.load(Ordering::Relaxed), 1);
    }

    fn setting() -> Setting {
        let progress = Arc::new(Silent);
        Setting::new("nowhere".into(), (1, 1), progress, Cancel::new())
    }

    #[tokio::test]
    async fn what_passes_is_waited_for_once_something_has_moved() {
        let lost = || Error::new(Kind::Retryable, "lost");
        let mut ride = Ride::new(&setting(), Duration::from_mins(1));
        assert!(ride.wait(lost()).await.is_err(), "nothing has ever moved");
        ride.setting().progress.advance("rows", 1);
        assert!(ride.wait(Error::new(Kind::Locked, "another run")).await.is_err(), "no session of ours was there");
        assert!(ride.wait(lost()).await.is_ok());
        assert!(ride.wait(Error::config("wrong")).await.is_err());
        let mut ride = Ride::new(&setting(), Duration::ZERO);
        ride.setting().progress.advance("rows", 1);
        assert!(ride.wait(lost()).await.is_err(), "patience is out");
        // The same at the same place again, though what was done before has been gone over.
        let mut ride = Ride::new(&setting(), Duration::from_millis(50));
        ride.setting().progress.advance("rows", 1);
        assert!(ride.wait(lost()).await.is_ok());
        ride.setting().progress.advance("rows", 1);
        assert!(ride.wait(lost()).await.is_err(), "it gets no further");
    }
}
