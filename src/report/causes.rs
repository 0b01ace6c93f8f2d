//! Owns the tracing of rejects: from a row that was rejected for another's fate to the row that broke first.
//! Must not know: what any reason means. It follows the causes that are stored with the rejects.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch, StringArray};
use datafusion::logical_expr::lit;
use datafusion::prelude::{DataFrame, ident};
use futures::StreamExt;
use serde::{Deserialize, Serialize};

use super::Inputs;
use crate::diagnosis::{Text, running};
use crate::error::{Error, Result};
use crate::key::KeyColumn;
use crate::outcome::{CAUSE_FLOW, CAUSE_KEY, KEY, Outcome, REASON};
use crate::outcomes::FlowOutcomes;
use crate::views;

/// Keys that a line names.
const EXAMPLES: usize = 5;
/// What is said of a cause that is no row of the source.
pub const ABSENT: &str = "not in the source";
/// What is said of a cause that was migrated all the same: the rule that names it wants more than the row.
pub const PRESENT: &str = "migrated";
/// What is said of a cause whose flow did not run.
pub const UNKNOWN: &str = "not known";
/// What is said of a cause that is, over others, its own cause.
pub const CIRCLE: &str = "in a circle";

/// How the rejects of a run hang together.
#[derive(Debug, Clone, Default, Serialize, Deserialize, schemars::JsonSchema)]
pub struct RootCauses {
    /// All rejects.
    pub rejected: u64,
    /// The rows that broke first: rejects that stand on their own, and rows that are missing or out of scope. A circle
    /// of rejects counts as one.
    pub roots: u64,
    /// With what it began; what explains most rejects comes first.
    pub origins: Vec<Origin>,
    /// The most frequent first.
    pub causes: Vec<Cause>,
}

/// A sort of row that broke first.
#[derive(Debug, Clone, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Origin {
    pub flow: String,
    pub reason: String,
    /// Distinct rows of this sort.
    pub roots: u64,
    /// The rejects that go back to them, themselves included where they are rejects.
    pub rows: u64,
    /// A few of the roots.
    pub keys: Vec<String>,
}

/// Rejects of one flow with one reason, whose causes and roots have the same fate.
#[derive(Debug, Clone, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Cause {
    pub flow: String,
    pub reason: String,
    pub rows: u64,
    /// The flow whose rows are the direct cause; none when the rejects stand on their own.
    pub parent_flow: Option<String>,
    /// What became of these rows: their reason, or that they are not in the source.
    pub parent_reason: Option<String>,
    /// How many these are.
    pub parents: u64,
    /// Where it began. The flow and reason themselves when the rejects stand on their own.
    pub root_flow: String,
    pub root_reason: String,
    pub roots: u64,
    /// Steps from the rejects to the root, at most.
    pub depth: u32,
    /// A few of the rejects.
    pub keys: Vec<String>,
    /// A few of the direct causes.
    pub parent_keys: Vec<String>,
    /// A few of the roots.
    pub root_keys: Vec<String>,
}

/// What a key prints. Those of whole numbers, which most are, need no room of their own: a run may have millions of rejects.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Key {
    Number(i64),
    Text(Box<str>),
}

impl Key {
    fn new(printed: &str) -> Self {
        match printed.parse::<i64>() {
            Ok(number) if number.to_string() == printed => Self::Number(number),
            _ => Self::Text(printed.into()),
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// A row by the number of its flow and its key.
type Row = (u32, Key);

/// What is known of a row that rejects name as their cause.
#[derive(Debug, Clone, Default)]
struct Fate {
    reason: Option<Arc<str>>,
    cause: Option<Row>,
}

/// A rejected row.
struct Reject {
    row: Row,
    reason: Arc<str>,
    cause: Option<Row>,
}

/// A line in the making.
#[derive(Default)]
struct Line {
    rows: u64,
    depth: u32,
    keys: Vec<String>,
    parents: BTreeSet<Row>,
    roots: BTreeSet<Row>,
}

/// The names of a line: flow, reason, the parent's flow and reason, the root's.
type Names = (u32, Arc<str>, Option<(u32, Arc<str>)>, (u32, Arc<str>));

/// A row on the way from a reject to the row that broke first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub flow: String,
    pub key: String,
    /// Its reason, or what became of it else: see [`Cause::parent_reason`].
    pub reason: String,
}

/// Follows the causes of one reject by the rules of [`RootCauses`]: the row itself, its cause, and so on to the row that broke
/// first. Where it goes round in a circle, the row that the report names as the root comes last, as [`CIRCLE`]. Empty for a
/// row that is no reject.
///
/// # Errors
/// What reading the stored rejects meets.
pub async fn chain(inputs: &Inputs<'_>, flow: &str, key: &str) -> Result<Vec<Step>> {
    let mut tracing = Tracing::new(inputs);
    let rejects = tracing.rejects().await?;
    let own = (tracing.number(flow), Key::new(key));
    let rejected: HashMap<&Row, &Reject> = rejects.iter().map(|reject| (&reject.row, reject)).collect();
    let mut path: Vec<Row> = Vec::new();
    let mut next = rejected.contains_key(&own).then_some(own);
    while let Some(row) = next {
        next = rejected.get(&row).and_then(|reject| reject.cause.clone()).filter(|cause| !path.contains(cause));
        path.push(row);
    }
    tracing.named.extend(path.iter().map(|row| (row.clone(), Fate::default())));
    for reject in path.iter().filter_map(|row| rejected.get(row)) {
        tracing.learn(&reject.row, &reject.reason, reject.cause.as_ref());
    }
    tracing.learn_others().await?;
    let step = |row: &Row, reason: Arc<str>| Step {
        flow: tracing.name(row.0),
        key: row.1.to_string(),
        reason: reason.to_string(),
    };
    let mut steps: Vec<Step> = path.iter().map(|row| step(row, tracing.reason_of(row))).collect();
    if let Some(first) = path.first() {
        let cause = rejected.get(first).and_then(|reject| reject.cause.as_ref());
        let (root, reason, _) = tracing.root_of(first, cause);
        if reason.as_deref() == Some(CIRCLE) {
            steps.push(step(&root, CIRCLE.into()));
        }
    }
    Ok(steps)
}

/// Traces every reject of a run.
///
/// # Errors
/// What reading the stored rejects meets.
pub async fn trace(inputs: &Inputs<'_>) -> Result<RootCauses> {
    let mut tracing = Tracing::new(inputs);
    let rejects = tracing.rejects().await?;
    tracing.learn_rejected(&rejects);
    tracing.learn_others().await?;
    Ok(tracing.lines(rejects))
}

struct Tracing<'a> {
    inputs: &'a Inputs<'a>,
    /// The declared flows: those that ran, then names that causes mention beside them.
    flows: Vec<String>,
    numbers: HashMap<String, u32>,
    /// Every row that is named as a cause.
    named: HashMap<Row, Fate>,
    /// Each reason once.
    reasons: HashSet<Arc<str>>,
}

impl<'a> Tracing<'a> {
    fn new(inputs: &'a Inputs<'a>) -> Self {
        let mut tracing = Tracing {
            inputs,
            flows: Vec::new(),
            numbers: HashMap::new(),
            named: HashMap::new(),
            reasons: HashSet::new(),
        };
        // Flows that ran come first, so that their numbers tell them from flows that are only named.
        for outcomes in inputs.outcomes {
            tracing.number(&outcomes.flow);
        }
        tracing
    }

    fn number(&mut self, flow: &str) -> u32 {
        if let Some(number) = self.numbers.get(flow) {
            return *number;
        }
        let number = u32::try_from(self.flows.len()).unwrap_or(u32::MAX);
        self.flows.push(flow.to_owned());
        self.numbers.insert(flow.to_owned(), number);
        number
    }

    fn reason(&mut self, reason: &str) -> Arc<str> {
        if let Some(known) = self.reasons.get(reason) {
            return known.clone();
        }
        let reason: Arc<str> = reason.into();
        self.reasons.insert(reason.clone());
        reason
    }

    fn name(&self, flow: u32) -> String {
        self.flows.get(flow as usize).cloned().unwrap_or_default()
    }

    /// Every row that some reject names; and what became of those that were rejected themselves.
    fn learn_rejected(&mut self, rejects: &[Reject]) {
        for cause in rejects.iter().filter_map(|reject| reject.cause.as_ref()) {
            self.named.entry(cause.clone()).or_default();
        }
        for reject in rejects {
            self.learn(&reject.row, &reject.reason, reject.cause.as_ref());
        }
    }

    fn learn(&mut self, row: &Row, reason: &Arc<str>, cause: Option<&Row>) {
        if let Some(fate) = self.named.get_mut(row).filter(|fate| fate.reason.is_none()) {
            *fate = Fate { reason: Some(reason.clone()), cause: cause.cloned() };
        }
    }

    /// Of the named rows that were not rejected: were they skipped, migrated, or are they not there at all?
    async fn learn_others(&mut self) -> Result<()> {
        for outcomes in self.inputs.outcomes {
            let flow = self.number(&outcomes.flow);
            let open = |named: &HashMap<Row, Fate>| {
                named.iter().any(|((number, _), fate)| *number == flow && fate.reason.is_none())
            };
            for (outcome, said) in [(Outcome::Skipped, "skipped"), (Outcome::Elsewhere, "elsewhere")] {
                if !open(&self.named) || outcomes.count(outcome) == 0 {
                    continue;
                }
                let Some(rows) = self.stored(outcomes, outcome)? else { continue };
                for (key, reason) in self.keys(rows, outcomes).await? {
                    let told = self.reason(&format!("{said}: {reason}"));
                    self.learn(&(flow, key), &told, None);
                }
            }
            if open(&self.named) {
                let source = views::keyed(self.inputs.engine, &outcomes.flow, &outcomes.key).await?;
                let source = source
                    .select(vec![ident(KEY), lit(PRESENT).alias(REASON)])
                    .map_err(|error| running(&error, &outcomes.flow))?;
                for (key, reason) in self.keys(source, outcomes).await? {
                    self.learn(&(flow, key), &reason, None);
                }
            }
        }
        let ran = self.inputs.outcomes.len();
        for ((flow, _), fate) in &mut self.named {
            if fate.reason.is_none() {
                fate.reason = Some(if (*flow as usize) < ran { ABSENT } else { UNKNOWN }.into());
            }
        }
        Ok(())
    }

    fn stored(&self, outcomes: &FlowOutcomes, outcome: Outcome) -> Result<Option<DataFrame>> {
        views::raw(self.inputs.engine, self.inputs.store, outcomes, outcome, self.inputs.key(&outcomes.flow)?)
    }

    /// The named keys of a frame of `_key` and `_reason`.
    async fn keys(&mut self, rows: DataFrame, outcomes: &FlowOutcomes) -> Result<Vec<(Key, Arc<str>)>> {
        let flow = self.numbers.get(&outcomes.flow).copied().unwrap_or(u32::MAX);
        let mut found = Vec::new();
        let text = Text { file: &outcomes.flow, sql: "" };
        let mut stream = self.inputs.engine.stream(rows, text, None).await?;
        while let Some(batch) = stream.next().await {
            let batch = batch.map_err(|error| running(&error, &outcomes.flow))?;
            let keys = KeyColumn::new(batch.column_by_name(KEY).cloned().ok_or_else(defect)?)?;
            let reasons = text_of(&batch, REASON)?;
            for row in (0..batch.num_rows()).filter(|row| !keys.is_null(*row)) {
                let key = (flow, Key::new(&keys.text(row)?));
                if self.named.contains_key(&key) {
                    found.push((key.1, self.reason(reasons.value(row))));
                }
            }
        }
        Ok(found)
    }

    /// All rejects, those of the target too, without their source rows.
    async fn rejects(&mut self) -> Result<Vec<Reject>> {
        let mut rejects = Vec::new();
        for outcomes in self.inputs.outcomes {
            let flow = self.number(&outcomes.flow);
            for (reason, keys) in self.inputs.target.refused.get(&outcomes.flow).into_iter().flatten() {
                for key in keys {
                    let cause = self.inputs.target.refused_for.get(&outcomes.flow).and_then(|causes| causes.get(key));
                    let cause = cause.map(|(flow, key)| (self.number(flow), Key::new(key)));
                    rejects.push(Reject { row: (flow, Key::new(key)), reason: self.reason(reason), cause });
                }
            }
            let Some(rows) = self.stored(outcomes, Outcome::Rejected)? else { continue };
            let rows = rows
                .select([KEY, REASON, CAUSE_FLOW, CAUSE_KEY].map(ident).to_vec())
                .map_err(|error| running(&error, &outcomes.flow))?;
            let text = Text { file: &outcomes.flow, sql: "" };
            let mut stream = self.inputs.engine.stream(rows, text, None).await?;
            while let Some(batch) = stream.next().await {
                let batch = batch.map_err(|error| running(&error, &outcomes.flow))?;
                self.read(flow, &batch, &mut rejects)?;
            }
        }
        Ok(rejects)
    }

    fn read(&mut self, flow: u32, batch: &RecordBatch, rejects: &mut Vec<Reject>) -> Result<()> {
        let keys = KeyColumn::new(batch.column_by_name(KEY).cloned().ok_or_else(defect)?)?;
        let [reasons, flows, causes] =
            [text_of(batch, REASON)?, text_of(batch, CAUSE_FLOW)?, text_of(batch, CAUSE_KEY)?];
        for row in 0..batch.num_rows() {
            let cause = flows.is_valid(row).then(|| (self.number(flows.value(row)), Key::new(causes.value(row))));
            let reason = self.reason(reasons.value(row));
            rejects.push(Reject { row: (flow, Key::new(&keys.text(row)?)), reason, cause });
        }
        Ok(())
    }

    /// Groups the rejects by what they lead to.
    fn lines(&self, rejects: Vec<Reject>) -> RootCauses {
        let mut lines: BTreeMap<Names, Line> = BTreeMap::new();
        let mut origins: BTreeMap<(u32, Arc<str>), (u64, BTreeSet<Row>)> = BTreeMap::new();
        let rejected = rejects.len() as u64;
        for Reject { row, reason, cause } in rejects {
            let (root, root_reason, depth) = self.root_of(&row, cause.as_ref());
            let root_reason = root_reason.unwrap_or_else(|| reason.clone());
            let origin = origins.entry((root.0, root_reason.clone())).or_default();
            origin.0 += 1;
            origin.1.insert(root.clone());
            let parent = cause.as_ref().map(|cause| (cause.0, self.reason_of(cause)));
            let line = lines.entry((row.0, reason, parent, (root.0, root_reason))).or_default();
            line.rows += 1;
            line.depth = line.depth.max(depth);
            remember(&mut line.keys, &row.1);
            if let Some(cause) = cause {
                line.parents.insert(cause);
                line.roots.insert(root);
            }
        }
        let roots = origins.values().map(|(_, roots)| roots.len() as u64).sum();
        let mut origins: Vec<Origin> = origins.into_iter().map(|(names, found)| self.origin(names, &found)).collect();
        origins.sort_by(|a, b| b.rows.cmp(&a.rows).then_with(|| (&a.flow, &a.reason).cmp(&(&b.flow, &b.reason))));
        let mut causes: Vec<Cause> = lines.into_iter().map(|(names, line)| self.cause(names, line)).collect();
        causes.sort_by(|a, b| b.rows.cmp(&a.rows).then_with(|| (&a.flow, &a.reason).cmp(&(&b.flow, &b.reason))));
        RootCauses { rejected, roots, origins, causes }
    }

    fn origin(&self, (flow, reason): (u32, Arc<str>), (rows, roots): &(u64, BTreeSet<Row>)) -> Origin {
        let keys = examples(roots);
        Origin { flow: self.name(flow), reason: reason.to_string(), roots: roots.len() as u64, rows: *rows, keys }
    }

    fn cause(&self, (flow, reason, parent, root): Names, line: Line) -> Cause {
        let alone = parent.is_none();
        Cause {
            flow: self.name(flow),
            reason: reason.to_string(),
            rows: line.rows,
            parent_flow: parent.as_ref().map(|(flow, _)| self.name(*flow)),
            parent_reason: parent.map(|(_, reason)| reason.to_string()),
            parents: line.parents.len() as u64,
            root_flow: self.name(root.0),
            root_reason: root.1.to_string(),
            roots: if alone { line.rows } else { line.roots.len() as u64 },
            depth: line.depth,
            root_keys: if alone { line.keys.clone() } else { examples(&line.roots) },
            parent_keys: examples(&line.parents),
            keys: line.keys,
        }
    }

    fn reason_of(&self, row: &Row) -> Arc<str> {
        self.named.get(row).and_then(|fate| fate.reason.clone()).unwrap_or_else(|| UNKNOWN.into())
    }

    /// Follows the causes of a reject to their end: the root, what became of it (None: the reject stands on its own),
    /// and the steps.
    fn root_of(&self, own: &Row, cause: Option<&Row>) -> (Row, Option<Arc<str>>, u32) {
        let (mut root, mut reason, mut depth) = (own, None, 0);
        let mut path: Vec<&Row> = vec![own];
        let mut next = cause;
        while let Some(row) = next {
            depth += 1;
            if let Some(start) = path.iter().position(|seen| *seen == row) {
                // The circle is the root: the least of its rows stands for it.
                let least = path[start..].iter().min().map_or(row, |least| *least);
                return (least.clone(), Some(CIRCLE.into()), depth);
            }
            path.push(row);
            root = row;
            reason = Some(self.reason_of(row));
            next = self.named.get(row).and_then(|fate| fate.cause.as_ref());
        }
        (root.clone(), reason, depth)
    }
}

fn examples(rows: &BTreeSet<Row>) -> Vec<String> {
    rows.iter().take(EXAMPLES).map(|(_, key)| key.to_string()).collect()
}

fn remember(keys: &mut Vec<String>, key: &Key) {
    if keys.len() < EXAMPLES {
        keys.push(key.to_string());
    }
}

fn text_of(batch: &RecordBatch, name: &str) -> Result<StringArray> {
    let column = batch.column_by_name(name).ok_or_else(defect)?;
    let text = arrow::compute::cast(column, &arrow::datatypes::DataType::Utf8).map_err(|_| defect())?;
    Ok(text.as_string::<i32>().clone())
}

fn defect() -> Error {
    Error::unexpected("stored rejects are not of the expected form")
}
