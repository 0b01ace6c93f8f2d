//! Owns what matters of any server: its version, its role, its limits, and who else is at work there.
//! Must not know: what is read or written.

use super::findings::{Findings, Side, counted, fix, size, some_of, time};
use super::look::{Look, Server};
use crate::error::{Kind, Result};

const SETTINGS: &str = include_str!("../../sql/control/doctor/settings.sql");
const COLLATION: &str = include_str!("../../sql/control/doctor/collation.sql");
const WAITING: &str = include_str!("../../sql/control/doctor/waiting.sql");
const SLOTS: &str = include_str!("../../sql/control/doctor/slots.sql");
/// The versions that rehome is tried with.
const OLDEST: i32 = 13;
const NEWEST: i32 = 18;
/// Beside those that work: the one that holds the snapshot or the lock, and the one that looks after the others.
const BESIDE: i64 = 2;
/// What a slot may keep of the log without being mentioned.
const RETAINED: i64 = 64 << 20;

pub(super) async fn examine(look: &Look, jobs: usize, found: &mut Findings) {
    let server = &look.server;
    version(server, found);
    texts(server, found);
    if server.number >= 150_000
        && let Some(rows) = found.seen("collation", look.ask(COLLATION, &[]).await)
        && !rows.is_empty()
    {
        let database = crate::server::sql::quote_ident(look.address.database());
        found.warn(
            "collation",
            "the operating system's collation has changed since indexes over texts were made: unique ones may hold duplicates",
            vec![
                fix("reindex_database", &[("name", &database)]),
                fix("refresh_collation", &[("name", &database)]),
            ],
        );
    }
    state(server, found);
    connections(server, jobs, found);
    let settings = settings(look).await;
    if let Some(settings) = found.seen("settings", settings) {
        timeouts(&settings, found);
        odd_settings(&settings, found);
        if found.side == Side::Target {
            log(&settings, found);
        }
    }
    if let Some(rows) = found.seen("transactions", look.ask(WAITING, &[]).await) {
        let looked = rows.iter().map(|row| {
            Ok((row.try_get("sort")?, row.try_get("name")?, row.try_get("seconds")?, row.try_get("statement")?))
        });
        let looked: Result<Vec<(String, String, i64, String)>> = looked.collect();
        if let Some(waiting) = found.seen("transactions", looked) {
            transactions(&waiting, found);
        }
    }
    let slots = slots(look).await;
    if let Some(slots) = found.seen("slots", slots) {
        tell_slots(&slots, found);
    }
}

fn version(server: &Server, found: &mut Findings) {
    let shown = format!("PostgreSQL {}", server.version);
    match server.number / 10_000 {
        OLDEST..=NEWEST => found.ok("version", shown),
        older if older < OLDEST => found.warn(
            "version",
            format!("{shown} is older than any that rehome is tried with ({OLDEST} to {NEWEST})"),
            vec!["rehearse all of it on a copy first".to_owned()],
        ),
        _ => found.warn(
            "version",
            format!("{shown} is newer than any that rehome is tried with ({OLDEST} to {NEWEST})"),
            vec!["rehearse all of it on a copy first".to_owned()],
        ),
    }
}

fn texts(server: &Server, found: &mut Findings) {
    let shown = format!("{}, collation {}", server.encoding, server.collation);
    match (server.encoding.as_str(), found.side) {
        ("SQL_ASCII", Side::Source) => found.warn(
            "encoding",
            format!("{shown}: the server does not know what its bytes mean, and rows that are no UTF-8 are rejected"),
            vec!["mend them in the source, or expect rejects with the reason unreadable".to_owned()],
        ),
        ("UTF8", _) | (_, Side::Source) => found.ok("encoding", shown),
        _ => found.warn(
            "encoding",
            format!("{shown}: characters that it does not have are refused"),
            vec!["make the target's database with encoding UTF8".to_owned()],
        ),
    }
}

/// Can it be written to? A source need not be.
fn state(server: &Server, found: &mut Findings) {
    match (found.side, server.standby, server.read_only) {
        (Side::Target, true, _) => found.fail(
            Kind::Config,
            "state",
            "a standby, which nobody can write to",
            vec!["name the primary as the target's host (target_session_attrs=read-write finds it among several)".to_owned()],
        ),
        (_, true, _) => found.note(
            "state",
            "a standby: long readings may be cancelled by what the primary does meanwhile",
            vec![fix("standby_delay", &[])],
        ),
        (Side::Target, _, true) => found.fail(
            Kind::Config,
            "state",
            "sessions begin as read-only (default_transaction_read_only); Supabase sets it when the disk is nearly full",
            vec![fix("writable", &[("name", &crate::server::sql::quote_ident(&server.role))])],
        ),
        (Side::Target, ..) => found.ok("state", "a primary, which can be written to"),
        (_, false, true) => found.ok("state", "read-only, which is enough for a source"),
        _ => found.ok("state", "a primary"),
    }
}

fn connections(server: &Server, jobs: usize, found: &mut Findings) {
    let has = &server.connections;
    let limited = |limit: i64, used: i64| if limit < 0 || server.superuser { i64::MAX } else { limit - used };
    let of_server = has.all - has.reserved - has.used;
    let of_database = limited(has.database_limit, has.by_database);
    let of_role = limited(has.role_limit, has.by_role);
    // This session makes room when it ends.
    let free = of_server.min(of_database).min(of_role).max(0) + 1;
    let by = match () {
        () if free > of_server => format!("max_connections = {}", has.all),
        () if free > of_role => format!("the role's limit of {}", has.role_limit),
        () => format!("the database's limit of {}", has.database_limit),
    };
    let wanted = i64::try_from(jobs).unwrap_or(i64::MAX).saturating_add(BESIDE);
    let shown = format!("{free} left by {by}; --jobs {jobs} takes up to {wanted}");
    if free >= wanted {
        return found.ok("connections", shown);
    }
    let (role, database) = (&server.role, "current database");
    let raise = match () {
        () if free > of_server => "end idle sessions, or raise max_connections".to_owned(),
        () if free > of_role => {
            let limit = (has.role_limit + wanted).to_string();
            fix("role_connections", &[("name", &crate::server::sql::quote_ident(role)), ("limit", &limit)])
        }
        () => format!("raise the connection limit of the {database}: alter database … connection limit …"),
    };
    if free <= BESIDE {
        return found.fail(Kind::Retryable, "connections", shown, vec![raise]);
    }
    found.warn("connections", shown, vec![format!("--jobs {}", free - BESIDE), raise]);
}

/// What sessions begin with.
struct Setting {
    name: String,
    value: String,
    /// In bytes or milliseconds, where it has a unit.
    amount: Option<i64>,
    /// What takes it back, where the role or the database has it.
    reset: Option<String>,
}

async fn settings(look: &Look) -> Result<Vec<Setting>> {
    let rows = look.ask(SETTINGS, &[]).await?;
    let setting = |row: &tokio_postgres::Row| {
        Ok(Setting {
            name: row.try_get("name")?,
            value: row.try_get::<_, Option<String>>("value")?.unwrap_or_default(),
            amount: row.try_get("amount")?,
            reset: row.try_get("reset")?,
        })
    };
    rows.iter().map(setting).collect()
}

/// Sessions of rehome lift all of these, so that they only matter to others.
fn timeouts(settings: &[Setting], found: &mut Findings) {
    let set: Vec<String> = settings
        .iter()
        .filter(|setting| setting.name.ends_with("_timeout") && setting.name != "checkpoint_timeout")
        .filter_map(|setting| setting.amount.filter(|time| *time > 0).map(|time| (setting, time)))
        .map(|(setting, time)| match time % 1000 {
            0 => format!("{} = {} s", setting.name, time / 1000),
            _ => format!("{} = {time} ms", setting.name),
        })
        .collect();
    if set.is_empty() {
        found.ok("timeouts", "none");
    } else {
        found.ok("timeouts", format!("{}; rehome lifts them in its own sessions", set.join(", ")));
    }
}

fn odd_settings(settings: &[Setting], found: &mut Findings) {
    for setting in settings {
        let (name, value) = (&setting.name, &setting.value);
        let reset = || setting.reset.clone().unwrap_or_else(|| fix("reset_system", &[("name", name)]));
        let told = match name.as_str() {
            "session_replication_role" if value != "origin" && found.side == Side::Target => {
                "triggers do not fire, and foreign keys are not tested: rows that break them get in, and nothing tests them later"
            }
            "temp_file_limit" if value != "-1" && found.side == Side::Target => {
                "a query that spills more to disk is cancelled, such as an index that is built after a load"
            }
            "fsync" if value == "off" && found.side == Side::Target => {
                found.note(
                    "settings",
                    "fsync = off: a crash of the server's machine loses what was loaded",
                    Vec::new(),
                );
                continue;
            }
            "synchronous_standby_names" if !value.is_empty() && found.side == Side::Target => {
                found.note(
                    "settings",
                    format!(
                        "synchronous_standby_names = {value}: the end of a run waits until standbys have all of it"
                    ),
                    Vec::new(),
                );
                continue;
            }
            _ => continue,
        };
        found.warn("settings", format!("{name} = {value}: {told}"), vec![reset()]);
    }
}

/// What makes large loads slow: it is never in the way.
fn log(settings: &[Setting], found: &mut Findings) {
    const SMALL_LOG: i64 = 4 << 30;
    const SMALL_MEMORY: i64 = 256 << 20;
    let amount = |name: &str| settings.iter().find(|setting| setting.name == name).and_then(|setting| setting.amount);
    let mut mends = Vec::new();
    if amount("max_wal_size").is_some_and(|log| log < SMALL_LOG) {
        mends.push(fix("larger_log", &[]));
    }
    if amount("checkpoint_timeout").is_some_and(|time| time < 15 * 60_000) {
        mends.push(fix("fewer_checkpoints", &[]));
    }
    if amount("maintenance_work_mem").is_some_and(|memory| memory < SMALL_MEMORY) {
        mends.push(fix("more_memory", &[]));
    }
    if !mends.is_empty() {
        mends.push(fix("reload", &[]));
        found.note(
            "speed",
            "checkpoints and memory are set as for everyday work: for a large load, these are faster",
            mends,
        );
    }
}

fn transactions(waiting: &[(String, String, i64, String)], found: &mut Findings) {
    if waiting.is_empty() {
        return found.ok("transactions", "none has been open for long");
    }
    for (sort, name, seconds, statement) in waiting {
        let told = if sort == "prepared" {
            format!(
                "the prepared transaction '{name}' has been waiting for {}: it keeps its locks, and dead rows",
                time(*seconds)
            )
        } else {
            format!("{name} has had a transaction open for {}: it keeps its locks, and dead rows", time(*seconds))
        };
        found.warn("transactions", told, vec![statement.clone()]);
    }
}

/// A replication slot.
struct Slot {
    name: String,
    active: bool,
    decodes: bool,
    retained: i64,
    statement: String,
}

async fn slots(look: &Look) -> Result<Vec<Slot>> {
    let rows = look.ask(SLOTS, &[]).await?;
    let slot = |row: &tokio_postgres::Row| {
        Ok(Slot {
            name: row.try_get("name")?,
            active: row.try_get("active")?,
            decodes: row.try_get::<_, Option<bool>>("decodes")?.unwrap_or(false),
            retained: row.try_get::<_, Option<i64>>("retained")?.unwrap_or(0),
            statement: row.try_get("statement")?,
        })
    };
    rows.iter().map(slot).collect()
}

/// Of a source, slots say nothing: reading writes no log.
fn tell_slots(slots: &[Slot], found: &mut Findings) {
    if found.side != Side::Target {
        return;
    }
    for slot in slots.iter().filter(|slot| !slot.active) {
        let told = format!(
            "nobody reads the slot {}, which keeps {} of the log so far, and all that a load writes, until the disk is full",
            slot.name,
            size(slot.retained)
        );
        found.warn("replication", told, vec![slot.statement.clone()]);
    }
    let behind: Vec<&Slot> = slots.iter().filter(|slot| slot.active && slot.retained > RETAINED).collect();
    for slot in behind {
        let told =
            format!("the reader of the slot {} is {} behind, and a load adds to it", slot.name, size(slot.retained));
        found.warn("replication", told, vec!["wait until it has caught up".to_owned()]);
    }
    let decoding: Vec<String> =
        slots.iter().filter(|slot| slot.active && slot.decodes).map(|slot| slot.name.clone()).collect();
    if decoding.is_empty() {
        return;
    }
    let told = format!(
        "{} of this database: {}; each reads all that a load writes",
        counted(decoding.len(), "logical slot"),
        some_of(&decoding)
    );
    found.note("replication", told, Vec::new());
}
