//! Owns a process that helps another one to load: it takes chunks of the flows that are open, each exactly once, as the ledger says.
//! Must not know: runs, or what comes before and after chunks: tables are made ready, and constraints brought back, by the process that runs.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::bring::Task;
use super::chunk::{self, Done};
use crate::cancel::Cancel;
use crate::error::{At, Context, Error, Kind, Result};
use crate::id::Namespace;
use crate::ledger::{self, Epoch, Mappings, OpenFlow};
use crate::outcome::RowIdentity;
use crate::outcomes::{OutcomeFile, OutcomeStore};
use crate::progress::Sink;
use crate::server::{Address, Connection};
use crate::storage::Location;
use crate::target::Table;

/// Between two looks for open flows.
const PAUSE: Duration = Duration::from_millis(200);

/// What another process needs to know of a flow to load chunks of it: the catalog as it was before constraints went.
#[derive(Debug, Serialize, Deserialize)]
struct Settings {
    epoch: Epoch,
    namespace: Namespace,
    entity: String,
    table: Table,
    mappings: Mappings,
    quarantined: Table,
    row: RowIdentity,
    own_entity_key: bool,
    occupied: bool,
    merge_mappings: bool,
    mappings_keyed: bool,
}

/// A flow as it is opened to others.
///
/// # Errors
/// [`Kind::Unexpected`] for what cannot be written.
pub(super) fn open(flow: &chunk::Flow<'_>) -> Result<OpenFlow> {
    let settings = Settings {
        epoch: flow.epoch,
        namespace: flow.namespace,
        entity: flow.entity.to_owned(),
        table: flow.table.clone(),
        mappings: flow.mappings.clone(),
        quarantined: flow.quarantined.clone(),
        row: flow.row.clone(),
        own_entity_key: flow.own_entity_key,
        occupied: flow.occupied,
        merge_mappings: flow.merge_mappings,
        mappings_keyed: flow.mappings_keyed,
    };
    let settings = serde_json::to_string(&settings).map_err(|_| Error::unexpected("a flow cannot be described"))?;
    Ok(OpenFlow { run: flow.run, flow: flow.flow.to_owned(), settings })
}

/// A process that helps.
pub struct Helper {
    pub address: Address,
    /// Where the outcomes of runs lie: the place of the process that runs.
    pub place: Location,
    /// Connections at a time.
    pub jobs: usize,
    pub progress: Arc<dyn Sink>,
    pub cancel: Cancel,
}

/// What a process has helped with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Helped {
    /// The run; none where none came by.
    pub run: Option<Uuid>,
    pub chunks: u64,
    /// Rows of these chunks: migrated, refused by the target, or into the quarantine.
    pub rows: u64,
}

impl Helper {
    /// Loads chunks until the run that it has helped is done, or none has been open for so long.
    ///
    /// # Errors
    /// [`Kind::Retryable`] where no run came by, or the one that did has not ended; [`Kind::Config`] where its outcomes are not at our place;
    /// whatever is no fault of a row.
    pub async fn help(&self, wait: Duration) -> Result<Helped> {
        let mut helped = Helped::default();
        let mut since = Instant::now();
        let mut connection: Option<Connection> = None;
        while since.elapsed() < wait {
            self.cancel.check()?;
            match self.look(&mut connection, &mut helped).await {
                Ok(Seen::Done) => return Ok(helped),
                Ok(Seen::Open) => since = Instant::now(),
                Ok(Seen::Nothing) => {}
                Err(error) if error.kind() == Kind::Retryable => {
                    log::warn!("{error}");
                    connection = None;
                }
                // Another process of the run has taken over: it opens its flows anew.
                Err(error) if error.kind() == Kind::Locked => log::info!("{error}"),
                Err(error) => return Err(error),
            }
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                () = self.cancel.cancelled() => {}
            }
        }
        let message = if helped.run.is_some() { "the run that was helped has not ended" } else { "no run came by" };
        Err(Error::new(Kind::Retryable, message)
            .hint("a run opens its flows with --share-load; --wait says how long one is waited for"))
    }

    /// Looks once, and loads what is open.
    async fn look(&self, connection: &mut Option<Connection>, helped: &mut Helped) -> Result<Seen> {
        let opened = match connection.take() {
            Some(connection) => connection,
            None => self.address.connect("rehome load worker").await?,
        };
        let looking = connection.insert(opened);
        if !ledger::exists(looking).await? {
            return Ok(Seen::Nothing);
        }
        if let Some(run) = helped.run
            && ledger::run_is_done(looking, run).await?
        {
            return Ok(Seen::Done);
        }
        let mut seen = Seen::Nothing;
        for open in ledger::open_flows(looking).await? {
            helped.run = Some(open.run);
            let done = ledger::chunks(looking, open.run, &open.flow).await?;
            let (chunks, rows) =
                self.load(&open, |file| !done.contains(&file.chunk())).await.at(At::Flow, &open.flow)?;
            helped.chunks += chunks;
            helped.rows += rows;
            if chunks > 0 {
                seen = Seen::Open;
            }
        }
        Ok(seen)
    }

    /// Loads chunks of a flow, the last first: the process that runs begins with the first. Gives chunks and rows.
    async fn load(&self, open: &OpenFlow, is_left: impl Fn(&OutcomeFile) -> bool) -> Result<(u64, u64)> {
        let settings: Settings = serde_json::from_str(&open.settings).map_err(|_| {
            Error::config("the run is of another version of this program").hint("let all processes be of one version")
        })?;
        let store = OutcomeStore::open(&self.place, &open.run.to_string());
        let outcomes = store.flow(&open.flow).await?.ok_or_else(|| {
            Error::config(format!("the outcomes of the run are not at {}", store.location()))
                .hint("--dir or --store must name the place of the process that runs")
        })?;
        let again = std::collections::HashSet::new();
        let flow = chunk::Flow {
            run: open.run,
            epoch: settings.epoch,
            flow: &open.flow,
            entity: &settings.entity,
            table: &settings.table,
            mappings: &settings.mappings,
            quarantined: &settings.quarantined,
            row: &settings.row,
            own_entity_key: settings.own_entity_key,
            namespace: settings.namespace,
            occupied: settings.occupied,
            merge_mappings: settings.merge_mappings,
            mappings_keyed: settings.mappings_keyed,
            shared: true,
            again: &again,
            cancel: &self.cancel,
        };
        let files: VecDeque<OutcomeFile> = outcomes.chunks().filter(|file| is_left(file)).cloned().collect();
        let total = files.iter().map(|file| file.rows).sum();
        if files.is_empty() {
            return Ok((0, 0));
        }
        self.progress.start("help", &open.flow, Some(total));
        let sessions = self.address.several("rehome load", self.jobs.min(files.len())).await?;
        let queue = Mutex::new(files);
        let sums = (AtomicU64::new(0), AtomicU64::new(0));
        let one = async |session: Connection| {
            let mut connection = Some(session);
            while let Some(file) = queue.lock().ok().and_then(|mut queue| queue.pop_back()) {
                let task = Task::Load(&flow, &file, &store);
                let done = task.persistently(&mut connection, &self.address, &self.cancel).await?;
                if let Some(Done::Now { .. }) = done {
                    sums.0.fetch_add(1, Ordering::Relaxed);
                    sums.1.fetch_add(file.rows, Ordering::Relaxed);
                }
                self.progress.advance(&open.flow, file.rows);
            }
            Ok::<_, Error>(())
        };
        futures::future::try_join_all(sessions.into_iter().map(one)).await?;
        self.progress.finish(&open.flow);
        Ok((sums.0.into_inner(), sums.1.into_inner()))
    }
}

/// What a look has shown.
enum Seen {
    Nothing,
    /// Chunks were loaded.
    Open,
    /// The run that was helped is done.
    Done,
}
