//! Owns the way of values through the whole: generated into a legacy table, migrated by the program, and compared by
//! PostgreSQL, which holds both ends. Must not know: which types there are.

use std::fmt::Write as _;
use std::time::Instant;

use bytes::Bytes;
use futures::SinkExt;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use rehome::error::Result;
use rehome::run::Finished;
use rehome::server::{Address, Connection};

use super::catalogue::{Entry, PRELUDE};
use crate::cluster::{Database, server};
use crate::support;

/// The seed of all values: printed, and given again by `REHOME_SEED`.
pub fn seed() -> u64 {
    let given = std::env::var("REHOME_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = given.unwrap_or_else(|| u64::from(std::process::id()));
    eprintln!("REHOME_SEED={seed}");
    seed
}

/// Generated values a type.
pub fn values_a_type(default: usize) -> usize {
    std::env::var("REHOME_VALUES").ok().and_then(|values| values.parse().ok()).unwrap_or(default)
}

/// A generator whose values follow from the seed and the table's name alone.
pub fn runner(seed: u64, name: &str) -> TestRunner {
    let mut bytes = [0_u8; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    for (at, byte) in name.bytes().enumerate() {
        let slot = &mut bytes[8 + at % 24];
        *slot = slot.wrapping_mul(31).wrapping_add(byte);
    }
    TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
}

/// Writes a field of a text COPY.
pub fn field(value: Option<&str>, out: &mut String) {
    let Some(value) = value else { return out.push_str("\\N") };
    for sign in value.chars() {
        match sign {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            sign => out.push(sign),
        }
    }
}

/// What came of a type.
pub struct Judged {
    pub name: String,
    pub rows: i64,
    pub refused: i64,
    /// Rows that are not equal, rows on one side only, refused rows without their key in the quarantine.
    pub wrong: i64,
}

/// A database with the tables of some types in both schemas, and values in the legacy ones.
pub struct Campaign<'a> {
    pub database: Database,
    pub entries: &'a [Entry],
}

impl<'a> Campaign<'a> {
    /// Also says which values are not legal: a fault of the catalogue.
    pub async fn new(entries: &'a [Entry], values: usize, seed: u64) -> (Self, Vec<String>) {
        let database = Database::fresh().await;
        prepare(&database.session).await;
        let mut wrong = Vec::new();
        for entry in entries {
            let Entry { name, ty, .. } = entry;
            let ddl = format!(
                "create table legacy.{name} (id bigint primary key, v {ty});
                 create table fresh.{name} (id uuid primary key, legacy_id bigint, v {ty})"
            );
            let made = database.session.batch_execute(&ddl).await;
            let filled = match made {
                Ok(()) => fill(&database.session, entry, values, seed).await,
                Err(error) => Err(error),
            };
            wrong.extend(filled.err().map(|error| format!("{name}: {error:?}")));
        }
        (Self { database, entries }, wrong)
    }

    /// Migrates everything, and verifies.
    pub async fn migrate(&self) -> Result<Finished> {
        let flows: Vec<_> = self.entries.iter().map(|entry| (entry.name.as_str(), "v")).collect();
        migrate(&self.database, &flows).await
    }

    /// Lets PostgreSQL compare.
    pub async fn judge(&self) -> Vec<Judged> {
        let mut judged = Vec::new();
        for Entry { name, binary, .. } in self.entries {
            let form =
                |side: &str| if *binary { format!("record_send(row({side}.v))") } else { format!("{side}.v::text") };
            let sql = format!(
                "select count(s.id) as rows, count(q.legacy_key) as refused,
                        count(*) filter (where case
                            when s.id is null then true
                            when t.legacy_id is null then q.legacy_key is null
                            else {} is distinct from {} or (s.v is null) <> (t.v is null)
                        end) as wrong
                 from legacy.{name} s
                 full join fresh.{name} t on t.legacy_id = s.id
                 left join rehome.quarantine q on q.flow = '{name}' and q.legacy_key = s.id::text",
                form("s"),
                form("t")
            );
            let row =
                self.database.session.query_one(&sql, &[]).await.unwrap_or_else(|error| panic!("{error:?} in {sql}"));
            let (rows, refused, wrong) = (row.get("rows"), row.get("refused"), row.get("wrong"));
            judged.push(Judged { name: name.clone(), rows, refused, wrong });
        }
        judged
    }

    /// Drops the database.
    pub async fn end(self) {
        let name = self.database.address().database().to_owned();
        drop(self.database);
        let other = Address::parse(&server().url("postgres")).unwrap();
        let session = other.connect("rehome tests").await.unwrap();
        session.batch_execute(&format!("drop database \"{name}\" with (force)")).await.unwrap();
    }
}

/// Puts a type's values into its legacy table: those picked by hand, and so many generated ones; one in fifty is NULL.
pub async fn fill(session: &Connection, entry: &Entry, values: usize, seed: u64) -> Result<(), tokio_postgres::Error> {
    let rows = values.div_ceil(entry.per_row);
    if let Some(expression) = entry.expression {
        let sql = format!("insert into legacy.{} select i, {expression} from generate_series(1, {rows}) i", entry.name);
        return session.batch_execute(&sql).await;
    }
    let mut runner = runner(seed, &entry.name);
    let statement = format!("copy legacy.{} from stdin", entry.name);
    let sink = session.copy_in::<_, Bytes>(statement.as_str()).await?;
    futures::pin_mut!(sink);
    let mut buffer = String::new();
    let mut generated = 0;
    for row in 0..rows + entry.edges.len() {
        write!(buffer, "{row}\t").unwrap();
        match entry.edges.get(row) {
            Some(edge) => field(Some(edge), &mut buffer),
            None if generated % 50 == 49 => field(None, &mut buffer),
            None => field(Some(&entry.values.new_tree(&mut runner).unwrap().current()), &mut buffer),
        }
        generated += usize::from(row >= entry.edges.len());
        buffer.push('\n');
        if buffer.len() > 1 << 20 {
            sink.send(std::mem::take(&mut buffer).into()).await?;
        }
    }
    sink.send(buffer.into()).await?;
    sink.as_mut().finish().await.map(|_| ())
}

/// Migrates these columns of tables from the schema legacy to tables of the same names in the schema fresh.
pub async fn migrate(database: &Database, tables: &[(&str, &str)]) -> Result<Finished> {
    let flows: Vec<_> = tables.iter().map(|(name, columns)| (*name, flow(name, columns))).collect();
    let flows: Vec<_> = flows.iter().map(|(name, sql)| (*name, sql.as_str())).collect();
    support::migrate(database, &flows).await
}

/// A flow that takes these columns over.
pub fn flow(name: &str, columns: &str) -> String {
    format!(
        "/*---\nsource = \"{name}\"\nkey = \"id\"\n---*/\n
         select id as _key, migrate() as _outcome, id as legacy_id, {columns} from source.{name}"
    )
}

async fn version(session: &Connection) -> i32 {
    let version = session.query_one("select current_setting('server_version_num')::int", &[]).await.unwrap();
    version.get::<_, i32>(0) / 10_000
}

/// Makes what the types of the catalogue need.
pub async fn prepare(session: &Connection) {
    let sql = if version(session).await >= 14 {
        PRELUDE.to_owned()
    } else {
        PRELUDE.replace(", multirange_type_name = kinds.multispans", "")
    };
    session.batch_execute(&sql).await.unwrap();
}

/// Those of these types that a server has, with the values that it has, where it is prepared: scales below zero and the widest
/// intervals came with version 15, multiranges and a numeric's infinity with 14.
pub async fn known(session: &Connection, entries: Vec<Entry>) -> Vec<Entry> {
    let version = version(session).await;
    if version >= 15 {
        return entries;
    }
    let mut known = Vec::new();
    for mut entry in entries {
        let made = format!("create temporary table rehome_known (v {}); drop table rehome_known", entry.ty);
        if session.batch_execute(&made).await.is_err() {
            continue;
        }
        let mut edges = Vec::new();
        for edge in std::mem::take(&mut entry.edges) {
            let read = format!("select '{}'::{}", edge.replace('\'', "''"), entry.ty);
            edges.extend(session.batch_execute(&read).await.is_ok().then_some(edge));
        }
        entry.edges = edges;
        if entry.ty.contains("interval") {
            entry.values = proptest::sample::select(entry.edges.clone()).boxed();
        } else if version < 14 && entry.ty.starts_with("num") {
            entry.values = entry.values.prop_map(|value| value.replace("Infinity", "1")).boxed();
        }
        known.push(entry);
    }
    known
}

/// Sends some types through, all at once; says what came of each, and what was wrong beyond that.
pub async fn through(entries: &[Entry], values: usize, seed: u64) -> (Vec<Judged>, Vec<String>) {
    let begun = Instant::now();
    let (campaign, mut faults) = Campaign::new(entries, values, seed).await;
    let filled = begun.elapsed().as_secs_f64();
    match campaign.migrate().await {
        Ok(finished) => faults.extend(finished.failures.iter().map(ToString::to_string)),
        Err(error) => {
            faults.push(format!("{error} ({})", error.hint_text().unwrap_or_default()));
            return (Vec::new(), faults);
        }
    }
    let moved = begun.elapsed().as_secs_f64();
    let judged = campaign.judge().await;
    campaign.end().await;
    let seconds = begun.elapsed().as_secs_f64();
    let times = format!(
        "{seconds:.1} s: made in {filled:.1}, migrated and verified in {:.1}, compared in {:.1}",
        moved - filled,
        seconds - moved
    );
    let alone = if judged.len() == 1 { format!(", {times}") } else { String::new() };
    for Judged { name, rows, refused, wrong } in &judged {
        eprintln!("{name:<24} {rows:>9} rows, {refused} refused, {wrong} different{alone}");
    }
    if judged.len() > 1 {
        eprintln!("{} types in {times}", judged.len());
    }
    (judged, faults)
}
