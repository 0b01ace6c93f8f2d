//! Owns the ways in which rows are moved: what each has ready before the clock starts, and what it does then.
//! Must not know: how time is taken.

use std::process::Command;

use super::Scene;
use super::clients::Clients;
use super::ground::{FLOWS, Ground, psql};
use super::plan::{Load, Place, Plan};
use super::prepare::{copied, foreign};
use super::python;
use super::queue::{Job, work_off};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// The bytes that a filled target gives, taken in by the server from its own files, over two connections.
    Floor,
    /// psql's COPY of a query into psql's COPY, one after the other.
    Pipe1,
    /// The same, two at a time.
    Pipe2,
    /// INSERT … SELECT over postgres_fdw, two at a time.
    InsertSelect,
    /// INSERT … SELECT from a schema of the same database, two at a time: nothing leaves the server.
    InsertSelectLocal,
    /// connectorx to ADBC in Arrow batches, two at a time.
    Python,
    /// connectorx to polars to ADBC, UUIDs made by Python, two at a time.
    PythonFrame,
    Rehome,
    RehomeVerify,
}

impl Way {
    pub const ALL: [Self; 9] = [
        Self::Floor,
        Self::Pipe1,
        Self::Pipe2,
        Self::InsertSelect,
        Self::InsertSelectLocal,
        Self::Python,
        Self::PythonFrame,
        Self::Rehome,
        Self::RehomeVerify,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Floor => "floor",
            Self::Pipe1 => "pipe-1",
            Self::Pipe2 => "pipe-2",
            Self::InsertSelect => "insert-select",
            Self::InsertSelectLocal => "insert-select-local",
            Self::Python => "python",
            Self::PythonFrame => "python-frame",
            Self::Rehome => "rehome",
            Self::RehomeVerify => "rehome-verify",
        }
    }

    pub fn named(name: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|way| way.name() == name).ok_or_else(|| {
            let all: Vec<&str> = Self::ALL.iter().map(|way| way.name()).collect();
            format!("{name} is none of {}", all.join(", "))
        })
    }

    /// What people write by hand to move rows from one database to another.
    pub fn is_peer(self) -> bool {
        matches!(self, Self::Pipe1 | Self::Pipe2 | Self::InsertSelect | Self::Python | Self::PythonFrame)
    }

    /// Why it cannot be measured here.
    pub fn obstacle(self) -> Option<String> {
        let needs_python = matches!(self, Self::Python | Self::PythonFrame);
        (needs_python && !python::program().exists()).then(|| "its libraries are not installed: make tools".to_owned())
    }

    /// Makes the target, and what else the way has ready.
    pub fn prepare(self, ground: &Ground, scene: Scene, name: &str) -> Prepared {
        let template = Ground::template(scene);
        match self {
            Self::Rehome | Self::RehomeVerify => copied(ground, template, name),
            Self::InsertSelectLocal => ground.copy_database(Ground::local_template(scene), name),
            Self::InsertSelect => {
                ground.copy_database(template, name);
                foreign(ground, scene, name);
            }
            _ => ground.copy_database(template, name),
        }
        let mut work = tempfile::NamedTempFile::new().expect("a file");
        if matches!(self, Self::Python | Self::PythonFrame) {
            serde_json::to_writer(&mut work, &python::work(ground, scene, name)).expect("a file");
        }
        Prepared { work }
    }

    /// Moves the rows: this is what is timed.
    pub fn moves(
        self,
        ground: &Ground,
        scene: Scene,
        name: &str,
        prepared: &Prepared,
        clients: &Clients,
    ) -> Result<(), String> {
        let target = ground.by_hand(scene, name);
        let by_hand = |at_once, load: &(dyn Fn(&Load) -> Result<(), String> + Sync)| {
            let statements = |statements: &[String]| clients.run(&mut statement(&target, statements));
            fill_by_hand(ground.plan(scene), at_once, load, &statements)
        };
        let pipe = |load: &Load| {
            let (values, query) = (load.values(), load.query(Place::Source));
            let read = load.fill(include_str!("sql/copy_out.sql"), &[("values", &values), ("query", &query)]);
            let write = load.fill(include_str!("sql/copy_in.sql"), &[]);
            let mut reader = statement(&ground.by_hand(scene, "legacy"), &[read]);
            clients.pipe(&mut reader, &mut statement(&target, &[write]))
        };
        match self {
            Self::Floor => by_hand(2, &|load| {
                let file = ground.bytes(scene, load.table, load.entity);
                let take = load.fill(include_str!("sql/take_kept.sql"), &[("file", &file)]);
                clients.run(&mut statement(&target, &[take]))
            }),
            Self::Pipe1 => by_hand(1, &pipe),
            Self::Pipe2 => by_hand(2, &pipe),
            Self::InsertSelect | Self::InsertSelectLocal => by_hand(2, &|load| {
                let insert = load.fill(include_str!("sql/insert.sql"), &[("query", &load.query(Place::Target))]);
                clients.run(&mut statement(&target, &[insert]))
            }),
            Self::Python => clients.run(&mut python::script("stream", &prepared.work)),
            Self::PythonFrame => clients.run(&mut python::script("frame", &prepared.work)),
            Self::Rehome => clients.run(&mut ground.run("legacy", name, FLOWS, false)),
            Self::RehomeVerify => clients.run(&mut ground.run("legacy", name, FLOWS, true)),
        }
    }
}

/// What a way has ready when the clock starts.
pub struct Prepared {
    work: tempfile::NamedTempFile,
}

/// Statements in one session, each in its own transaction.
fn statement(url: &str, statements: &[String]) -> Command {
    let mut command = psql(url);
    for statement in statements {
        command.args(["-c", statement]);
    }
    command
}

/// Drops, loads, builds indexes, makes keys again; a table's indexes are built while another one is loaded.
fn fill_by_hand(
    plan: &Plan,
    at_once: usize,
    load: &(dyn Fn(&Load) -> Result<(), String> + Sync),
    execute: &(dyn Fn(&[String]) -> Result<(), String> + Sync),
) -> Result<(), String> {
    if !plan.drop.is_empty() {
        execute(&plan.drop)?;
    }
    let mut jobs: Vec<Job<'_>> = Vec::new();
    for (chain, table) in plan.tables.iter().enumerate() {
        let loads = table.loads.iter().map(|one| Job { chain, stage: 0, does: Box::new(move || load(one)) });
        let indexes = table.index.iter().map(|index| {
            let index = std::slice::from_ref(index);
            Job { chain, stage: 1, does: Box::new(move || execute(index)) }
        });
        jobs.extend(loads.chain(indexes));
        if !table.finish.is_empty() {
            jobs.push(Job { chain, stage: 2, does: Box::new(move || execute(&table.finish)) });
        }
    }
    jobs.sort_by_key(|job| job.stage);
    work_off(&jobs, at_once)
}
