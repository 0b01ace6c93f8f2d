//! Owns the ways in which rows are moved: what each has ready before the clock starts, and what it does then.
//! Must not know: how time is taken.

use std::sync::Mutex;

use super::Scene;
use super::clients::Clients;
use super::ground::{FLOWS, Ground, psql};
use super::plan::{Load, Place, Plan};
use super::prepare::{copied, foreign};
use super::python;
use super::queue::{Job, work_off};
use super::session::Session;

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
        let (source, target, plan) = (ground.by_hand(scene, "legacy"), ground.by_hand(scene, name), ground.plan(scene));
        let pipe = |load: &Load, _: &mut Session| {
            let (values, query) = (load.values(), load.query(Place::Source));
            let read = load.fill(include_str!("sql/copy_out.sql"), &[("values", &values), ("query", &query)]);
            let write = load.fill(include_str!("sql/copy_in.sql"), &[]);
            clients.pipe(psql(&source).args(["-c", &read]), psql(&target).args(["-c", &write]))
        };
        let insert = |load: &Load, session: &mut Session| {
            let query = load.query(Place::Target);
            session.execute(&[load.fill(include_str!("sql/insert.sql"), &[("query", &query)])])
        };
        let take = |load: &Load, session: &mut Session| {
            let file = ground.bytes(scene, load.table, load.entity);
            session.execute(&[load.fill(include_str!("sql/take_kept.sql"), &[("file", &file)])])
        };
        match self {
            Self::Floor => fill_by_hand(plan, &target, 2, &take, clients),
            Self::Pipe1 => fill_by_hand(plan, &target, 1, &pipe, clients),
            Self::Pipe2 => fill_by_hand(plan, &target, 2, &pipe, clients),
            Self::InsertSelect | Self::InsertSelectLocal => fill_by_hand(plan, &target, 2, &insert, clients),
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

/// Moves the rows of one load; for what is done within the target, a session is open.
type Move<'a> = dyn Fn(&Load, &mut Session) -> Result<(), String> + Sync + 'a;

/// Drops, loads, builds indexes and makes keys again, over so many sessions at once.
fn fill_by_hand(plan: &Plan, target: &str, at_once: usize, load: &Move<'_>, clients: &Clients) -> Result<(), String> {
    let open = |_| Session::open(target).map(Mutex::new);
    let sessions: Vec<Mutex<Session>> = (0..at_once).map(open).collect::<Result<_, _>>()?;
    let dropped = sessions[0].lock().expect("no panic").execute(&plan.drop);
    let done = dropped.and_then(|()| work_off(&jobs(plan, load, &sessions), at_once));
    let closed = sessions.into_iter().map(|session| session.into_inner().expect("no panic").close(clients));
    done.and(closed.collect())
}

/// Loads first, those that take longest before the others; a table's indexes are built while another one is loaded.
fn jobs<'a>(plan: &'a Plan, load: &'a Move<'_>, sessions: &'a [Mutex<Session>]) -> Vec<Job<'a>> {
    let of = |worker: usize| sessions[worker].lock().expect("no panic");
    let mut jobs: Vec<Job<'_>> = Vec::new();
    for (chain, table) in plan.tables.iter().enumerate() {
        for one in &table.loads {
            jobs.push(Job { chain, stage: 0, does: Box::new(move |worker| load(one, &mut of(worker))) });
        }
        for index in &table.index {
            let index = std::slice::from_ref(index);
            jobs.push(Job { chain, stage: 1, does: Box::new(move |worker| of(worker).execute(index)) });
        }
        jobs.push(Job { chain, stage: 2, does: Box::new(move |worker| of(worker).execute(&table.finish)) });
    }
    jobs.sort_by_key(|job| job.stage);
    jobs
}
