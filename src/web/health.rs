//! Owns when runs are well, in one line. Must not know: who asks.

use std::fmt::Write;

use chrono::Utc;

use super::live::State;

/// Runs that follow each other are late when none has ended well for so many times the time between two.
const LATE: i32 = 3;

/// Is all well, and the line that says so: `ok phase=load …`, `failed exit=7 …`, `late …`.
pub fn line(state: &State) -> (bool, String) {
    let now = Utc::now();
    let age = |at: chrono::DateTime<Utc>| (now - at).num_seconds().max(0);
    let phase = match (&state.running, state.phase.as_str()) {
        (None, _) => "idle",
        (Some(_), "") => "starting",
        (Some(_), phase) => phase,
    };
    let mut told = format!("phase={phase}");
    if let Some(last) = &state.last {
        let _ = write!(told, " exit={} ended={}s", last.exit_code, age(last.at));
        told.extend(last.run.iter().map(|run| format!(" run={run}")));
    }
    told.extend(state.success.and_then(|(_, taken)| taken).map(|taken| format!(" lag={}s", age(taken))));
    let failed = state.last.as_ref().is_some_and(|last| last.exit_code != 0);
    let late = match (state.every, state.success) {
        (Some(every), Some((at, _))) => {
            let patience = every.saturating_mul(LATE.unsigned_abs());
            let longest = state.last.as_ref().map_or(0.0, |last| last.seconds * f64::from(LATE));
            (now - at).to_std().unwrap_or_default() > patience + std::time::Duration::from_secs_f64(longest)
        }
        _ => false,
    };
    let word = match (failed, late) {
        (true, _) => "failed",
        (false, true) => "late",
        (false, false) => "ok",
    };
    (word == "ok", format!("{word} {told}"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chrono::{TimeDelta, Utc};

    use super::line;
    use crate::web::live::{Last, State};

    #[test]
    fn a_run_is_well_failed_or_late() {
        let now = Utc::now();
        assert_eq!(line(&State::default()), (true, "ok phase=idle".to_owned()));
        let running = State { running: Some(now), phase: "load".into(), ..State::default() };
        assert_eq!(line(&running), (true, "ok phase=load".to_owned()));
        let last = Last { at: now, exit_code: 7, run: Some("r".into()), ..Last::default() };
        let failed = State { last: Some(last), ..State::default() };
        assert_eq!(line(&failed), (false, "failed phase=idle exit=7 ended=0s run=r".to_owned()));
        let every = Some(Duration::from_mins(1));
        let ago = |seconds| Some((now - TimeDelta::seconds(seconds), Some(now - TimeDelta::seconds(seconds + 5))));
        assert!(line(&State { every, success: ago(170), ..State::default() }).0);
        let (well, told) = line(&State { every, success: ago(190), ..State::default() });
        assert!(!well && told.starts_with("late") && told.contains("lag=195s"), "{told}");
    }
}
