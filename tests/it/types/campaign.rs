//! Owns the way of values through the whole: generated into a legacy table, migrated by the program, and compared by
//! PostgreSQL, which holds both ends. Must not know: which types there are.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Instant;

use bytes::Bytes;
use futures::SinkExt;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use rehome::cancel::Cancel;
use rehome::error::Result;
use rehome::pipeline::Pipeline;
use rehome::run::{self, Finished, Request, Setting};
use rehome::server::Connection;

use super::catalogue::{Entry, PRELUDE};
use crate::cluster::{Database, server};
use crate::support::silent;

/// The seed of all values: printed, and given again by `REHOME_SEED`.
pub fn seed() -> u64 {
    let given = std::env::var("REHOME_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = given.unwrap_or_else(|| u64::from(std::process::id()) << 32 | 20_261_120);
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
    pub async fn new(entries: &'a [Entry], values: usize, seed: u64) -> Self {
        let database = Database::with(PRELUDE).await;
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
        assert!(wrong.is_empty(), "values that are not legal: {}", wrong.join("\n"));
        Self { database, entries }
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
        let other = rehome::server::Address::parse(&server().url("postgres")).unwrap();
        let session = other.connect("rehome tests").await.unwrap();
        session.batch_execute(&format!("drop database \"{name}\" with (force)")).await.unwrap();
    }
}

/// Puts a type's values into its legacy table: those picked by hand, and so many generated ones; one in fifty is NULL.
async fn fill(session: &Connection, entry: &Entry, values: usize, seed: u64) -> Result<(), tokio_postgres::Error> {
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

/// Runs a pipeline of one flow a table, from the schema legacy to the schema fresh of one database.
pub async fn migrate(database: &Database, flows: &[(&str, &str)]) -> Result<Finished> {
    let folder = tempfile::tempdir().unwrap();
    let pipeline = pipeline(folder.path(), flows)?;
    let setting = Setting {
        workspace: folder.path().join("workspace"),
        jobs: 2,
        memory: 1 << 30,
        progress: silent(),
        cancel: Cancel::new(),
    };
    let request = Request {
        pipeline,
        source: Some(database.address()),
        target: database.address(),
        snapshot: None,
        only: Vec::new(),
        verify: true,
        enforce: false,
    };
    run::run(request, &setting).await
}

/// A pipeline that gives each table's key and these columns to the table of the same name.
pub fn pipeline(folder: &Path, flows: &[(&str, &str)]) -> Result<Pipeline> {
    let home = folder.join("pipeline");
    std::fs::create_dir_all(home.join("flows")).unwrap();
    for (name, columns) in flows {
        let sql = format!(
            "/*---\nsource = \"{name}\"\nkey = \"id\"\ntarget = \"{name}\"\n---*/\n
             select id as _key, migrate() as _outcome, id as legacy_id, {columns} from source.{name}"
        );
        std::fs::write(home.join("flows").join(format!("{name}.sql")), sql).unwrap();
    }
    let file = home.join("pipeline.toml");
    let text = "name = \"types\"\nflows = \"flows\"\n[source]\nschemas = [\"legacy\"]\n[target]\nschema = \"fresh\"\n";
    std::fs::write(&file, text).unwrap();
    Pipeline::read(&file)
}

/// Sends some types through, all at once, and says what came of each.
pub async fn through(entries: &[Entry], values: usize, seed: u64) -> Vec<Judged> {
    let begun = Instant::now();
    let campaign = Campaign::new(entries, values, seed).await;
    let filled = begun.elapsed();
    let finished = campaign.migrate().await.unwrap_or_else(|error| panic!("{error} ({:?})", error.hint_text()));
    let moved = begun.elapsed();
    let judged = campaign.judge().await;
    let mut said = String::new();
    for failure in &finished.failures {
        writeln!(said, "{failure}").unwrap();
    }
    assert!(said.is_empty(), "the run itself finds: {said}");
    let seconds = begun.elapsed();
    for one in &judged {
        eprintln!(
            "{:<24} {:>9} rows {:>9} values {:>7} refused {:>5} different",
            one.name, one.rows, values, one.refused, one.wrong
        );
    }
    eprintln!(
        "{} types: made in {:.1} s, migrated and verified in {:.1} s, compared in {:.1} s",
        entries.len(),
        filled.as_secs_f64(),
        (moved - filled).as_secs_f64(),
        (seconds - moved).as_secs_f64()
    );
    campaign.end().await;
    judged
}
