//! Owns for how long a task that fails is given again. Must not know: what it is, or why it fails.

use std::time::{Duration, Instant};

/// How long lost workers are waited for while nothing gets on.
const LONG: Duration = Duration::from_mins(2);
/// A task that takes longer than that fails so often, before it is given up.
const OFTEN: u32 = 3;

/// The failures of one task.
#[derive(Debug, Default)]
pub struct Patience {
    since: Option<Instant>,
    failures: u32,
}

impl Patience {
    /// Hears that the task has failed once more. Has it failed for long, and often? How long it ran before is no part of it.
    pub fn ends(&mut self, now: Instant) -> bool {
        self.failures += 1;
        let since = *self.since.get_or_insert(now);
        self.failures >= OFTEN && now.duration_since(since) > LONG
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_of_hours_whose_worker_is_lost_is_given_again() {
        let (began, hour) = (Instant::now(), Duration::from_hours(1));
        let mut patience = Patience::default();
        assert!(!patience.ends(began + hour));
        assert!(!patience.ends(began + 2 * hour));
        assert!(patience.ends(began + 3 * hour));
    }

    #[test]
    fn workers_that_are_not_there_are_waited_for() {
        let (began, mut patience) = (Instant::now(), Patience::default());
        let failed = (0..200).find(|second| patience.ends(began + Duration::from_secs(*second)));
        assert_eq!(failed, Some(121));
    }
}
