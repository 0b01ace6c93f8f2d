//! Owns the log on stderr, for people or as an object a line. Must not know: what is logged; nobody logs values of cells.

use std::io::Write;
use std::sync::OnceLock;

use log::{Level, LevelFilter, Log, Metadata, Record};
use serde_json::{Map, Value};

use super::args::LogFormat;

static FORM: OnceLock<LogFormat> = OnceLock::new();

struct Stderr;

/// Lets messages of this level through: warnings, with -v what happens, with -vv everything of ours. Machines are told what happens
/// without being asked.
pub fn install(verbose: u8, quiet: bool, form: LogFormat) {
    let level = match (quiet, verbose) {
        (true, _) => LevelFilter::Error,
        (_, 0) if form == LogFormat::Text => LevelFilter::Warn,
        (_, 0 | 1) => LevelFilter::Info,
        _ => LevelFilter::Debug,
    };
    let _ = FORM.set(form);
    if log::set_logger(&Stderr).is_ok() {
        log::set_max_level(level);
    }
}

/// Is the log for machines?
pub fn is_json() -> bool {
    FORM.get() == Some(&LogFormat::Json)
}

/// Tells machines of something that has happened: an object with these members beside its time and level.
pub fn event(level: Level, members: Value) {
    if level > log::max_level() && level != Level::Error {
        return;
    }
    let mut object = Map::new();
    let now = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
    object.insert("time".to_owned(), now.into());
    object.insert("level".to_owned(), level.as_str().to_lowercase().into());
    if let Value::Object(members) = members {
        object.extend(members);
    }
    // A log that cannot be written ends nothing. In one piece: others write at the same time.
    let _ = std::io::stderr().lock().write_all(format!("{}\n", Value::Object(object)).as_bytes());
}

impl Log for Stderr {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        // Libraries may log values; only our own messages are known not to.
        metadata.target().starts_with("rehome")
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        if is_json() {
            return event(record.level(), serde_json::json!({ "message": record.args().to_string() }));
        }
        let _ = writeln!(anstream::stderr(), "{}: {}", record.level().as_str().to_lowercase(), record.args());
    }

    fn flush(&self) {}
}
