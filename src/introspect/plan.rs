//! Owns which flows there will be: their names and entities, how their rows are known, and which of their references must not be
//! read from another flow's result, since that would go round in a circle.
//! Must not know: how a flow is written.

use std::collections::BTreeSet;

use super::columns::{Origin, Step};
use super::convert::{Fitness, fitness};
use super::destination::{self, Destination};
use super::kind::Kind;
use super::pairs::{Pair, Pairs};
use super::source::{self, CTID, Reference, Source};
use super::spelling::plain;
use super::words::singular;

/// How the rows of a flow are known in the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// By a UUID that follows from entity and key.
    Derived { column: String },
    /// The source's key is kept.
    Given { column: String },
    /// The target makes it.
    Server { column: String },
    /// By a unique key, whose columns the flow gives.
    None { columns: Vec<String> },
}

/// A flow, before it is written.
#[derive(Debug, Clone)]
pub struct Planned {
    /// The name of its file.
    pub name: String,
    pub entity: String,
    pub pair: Pair,
    pub identity: Identity,
    /// The flow whose rows these are too: tables that share a key, such as a user and the user's profile.
    pub shares: Option<usize>,
}

/// All flows, and what could not become one.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    pub flows: Vec<Planned>,
    /// The target's columns, by flow, whose reference goes round in a circle.
    pub cut: BTreeSet<(usize, String)>,
    /// Pairs without a flow, and why.
    pub impossible: Vec<(Pair, String)>,
}

/// What a column of the target that refers to rows takes its value from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parent {
    /// The rows of this flow, by a column of the source and what that refers to.
    Flow { flow: usize, column: String, to: Vec<String>, resolved: Option<(u64, u64)>, declared: bool },
    /// No flow brings the rows that the target's column refers to.
    Nobody,
}

impl Plan {
    /// Plans a flow for each pair.
    #[must_use]
    pub fn new(source: &Source, target: &Destination, pairs: &Pairs) -> Self {
        let mut plan = Self::default();
        for pair in &pairs.pairs {
            let (from, to) = (&source.tables[pair.source], &target.tables[pair.target]);
            match identity(from, to, pair) {
                Ok(identity) => {
                    let entity = entity(from, to, pairs, pair);
                    plan.flows.push(Planned {
                        name: name(from, to, target, pairs, pair),
                        entity,
                        pair: pair.clone(),
                        identity,
                        shares: None,
                    });
                }
                Err(why) => plan.impossible.push((pair.clone(), why)),
            }
        }
        for at in 0..plan.flows.len() {
            // Keys of two sources may be equal, and their rows are not.
            let twin = |other: &Planned| other.entity == plan.flows[at].entity;
            if plan.flows[..at].iter().any(twin) {
                let name = plan.flows[at].name.clone();
                plan.flows[at].entity = name;
            }
        }
        plan.share(source, target);
        plan.untangle(source, target);
        plan
    }

    /// Finds flows whose target's key is that of another flow's row.
    fn share(&mut self, source: &Source, target: &Destination) {
        for at in 0..self.flows.len() {
            let flow = &self.flows[at];
            let (from, to) = (&source.tables[flow.pair.source], &target.tables[flow.pair.target]);
            let Identity::Derived { column } = &flow.identity else { continue };
            let Some(reference) = to.reference(column) else { continue };
            let same_key = |other: &Planned| {
                let parent = &source.tables[other.pair.source];
                let refers = from.single_key().and_then(|key| from.reference(&key.name));
                other.pair.target == reference.table
                    && matches!(other.identity, Identity::Derived { .. })
                    && (other.pair.source == flow.pair.source
                        || refers.is_some_and(|refers| refers.table == other.pair.source && refers.to == parent.key))
            };
            if let Some(parent) = self.flows.iter().position(same_key) {
                self.flows[at].shares = Some(parent);
                self.flows[at].entity = self.flows[parent].entity.clone();
            }
        }
    }

    /// What a column of a flow's target that refers to rows takes its value from; None where it refers to none.
    #[must_use]
    pub fn parent(
        &self,
        source: &Source,
        target: &Destination,
        flow: usize,
        column: &str,
        own: &str,
    ) -> Option<Parent> {
        let planned = &self.flows[flow];
        let from = &source.tables[planned.pair.source];
        let there = target.tables[planned.pair.target].reference(column)?;
        let of_target: Vec<usize> =
            (0..self.flows.len()).filter(|at| self.flows[*at].pair.target == there.table).collect();
        let known = |reference: &Reference| {
            let brings = |at: &&usize| self.flows[**at].pair.source == reference.table;
            of_target.iter().find(brings).map(|at| Parent::Flow {
                flow: *at,
                column: own.to_owned(),
                to: reference.to.clone(),
                resolved: reference.resolved,
                declared: reference.declared,
            })
        };
        if from.key.as_slice() == [own.to_owned()]
            && let Some(same) = of_target.iter().find(|at| self.flows[**at].pair.source == planned.pair.source)
        {
            let to = from.key.clone();
            return Some(Parent::Flow { flow: *same, column: own.to_owned(), to, resolved: None, declared: true });
        }
        if let Some(reference) = from.reference(own) {
            return Some(known(reference).unwrap_or(Parent::Nobody));
        }
        let [only] = of_target.as_slice() else { return Some(Parent::Nobody) };
        let other = &source.tables[self.flows[*only].pair.source];
        let kind = from.column(own).map(|column| &column.kind);
        let fits = other
            .single_key()
            .is_some_and(|key| kind.is_some_and(|kind| *kind == key.kind || kind.is_number() && key.kind.is_number()));
        Some(if fits {
            Parent::Flow { flow: *only, column: own.to_owned(), to: other.key.clone(), resolved: None, declared: false }
        } else {
            Parent::Nobody
        })
    }

    /// The flow that brings the rows which a chain of references leads to.
    #[must_use]
    pub fn far(&self, target: &Destination, flow: usize, column: &str, steps: &[Step]) -> Option<usize> {
        let there = target.tables[self.flows[flow].pair.target].reference(column)?;
        let last = steps.last()?;
        self.flows.iter().position(|other| other.pair.source == last.table && other.pair.target == there.table)
    }

    /// Flows that read each other in a circle: one of them must do without the other's result.
    fn untangle(&mut self, source: &Source, target: &Destination) {
        let mut edges: Vec<(usize, usize, String, bool)> = Vec::new();
        for (at, flow) in self.flows.iter().enumerate() {
            let (from, to) = (&source.tables[flow.pair.source], &target.tables[flow.pair.target]);
            if let Some(parent) = flow.shares {
                edges.push((at, parent, String::new(), false));
            }
            for (column, origin) in to.columns.iter().zip(&flow.pair.origins) {
                if let Some(Origin::Far { steps }) = origin
                    && let Some(parent) = self.far(target, at, &column.name, steps)
                {
                    edges.push((at, parent, column.name.clone(), !column.not_null));
                }
                let Some(Origin::Column { at: own, .. }) = origin else { continue };
                if let Some(Parent::Flow { flow: parent, .. }) =
                    self.parent(source, target, at, &column.name, &from.columns[*own].name)
                {
                    edges.push((at, parent, column.name.clone(), !column.not_null));
                }
            }
        }
        for (at, parent, column, _) in &edges {
            if at == parent {
                self.cut.insert((*at, column.clone()));
            }
        }
        edges.retain(|(at, parent, ..)| at != parent);
        while let Some(circle) = circle(self.flows.len(), &edges) {
            // What may be NULL is better cut than what may not; what makes up a row's own key is never cut.
            let place =
                circle.iter().copied().filter(|edge| !edges[*edge].2.is_empty()).max_by_key(|edge| edges[*edge].3);
            let Some(place) = place.or(circle.first().copied()) else { break };
            let (at, _, column, _) = edges.remove(place);
            self.cut.insert((at, column));
        }
    }
}

/// The edges of a circle, if there is one.
fn circle(nodes: usize, edges: &[(usize, usize, String, bool)]) -> Option<Vec<usize>> {
    for start in 0..nodes {
        let mut reached: Vec<Option<usize>> = vec![None; nodes];
        let mut waiting = vec![start];
        while let Some(at) = waiting.pop() {
            for (number, (_, to, ..)) in edges.iter().enumerate().filter(|(_, edge)| edge.0 == at) {
                if *to == start {
                    let mut path = vec![number];
                    let mut back = at;
                    while back != start {
                        let edge = reached[back]?;
                        path.push(edge);
                        back = edges[edge].0;
                    }
                    return Some(path);
                }
                if reached[*to].is_none() {
                    reached[*to] = Some(number);
                    waiting.push(*to);
                }
            }
        }
    }
    None
}

fn identity(from: &source::Table, to: &destination::Table, pair: &Pair) -> Result<Identity, String> {
    let key = from.single_key();
    if let Some(primary) = to.single_primary() {
        let column = primary.name.clone();
        return match (&primary.kind, key) {
            (Kind::Uuid, Some(key)) if key.kind == Kind::Uuid && to.reference(&column).is_none() => {
                Ok(Identity::Given { column })
            }
            (Kind::Uuid, _) => Ok(Identity::Derived { column }),
            (_, _) if primary.filled && to.holds_rows == Some(true) => Ok(Identity::Server { column }),
            (kind, Some(key)) if fits(&key.kind, kind) && !primary.generated => Ok(Identity::Given { column }),
            (_, _) if primary.filled => Ok(Identity::Server { column }),
            (kind, _) => {
                Err(format!("its key {column} ({}) is neither made by the target nor in the source", shown(kind)))
            }
        };
    }
    let gives = |name: &String| {
        let at = to.columns.iter().position(|column| column.name == *name);
        at.is_some_and(|at| pair.origins[at].is_some())
    };
    if !to.primary.is_empty() {
        return if to.primary.iter().all(gives) {
            Ok(Identity::None { columns: Vec::new() })
        } else {
            Err(format!("not all columns of its key ({}) are in the source", to.primary.join(", ")))
        };
    }
    if to.column("id").is_some_and(|id| id.kind == Kind::Uuid) {
        return Ok(Identity::Derived { column: "id".to_owned() });
    }
    let whole = |key: &&Vec<String>| {
        !key.is_empty() && key.iter().all(|name| to.column(name).is_some_and(|column| column.not_null) && gives(name))
    };
    match to.uniques.iter().find(whole) {
        Some(columns) => Ok(Identity::None { columns: columns.clone() }),
        None => Err("it has no key by which its rows could be known again: give it a primary key".to_owned()),
    }
}

fn fits(from: &Kind, to: &Kind) -> bool {
    fitness(from, to) == Fitness::Same || matches!((from, to), (Kind::Int(_) | Kind::Uuid, Kind::Text(_)))
}

fn shown(kind: &Kind) -> String {
    match kind {
        Kind::Other(name) => name.clone(),
        kind => kind.sql().to_owned(),
    }
}

/// A flow is called after its target; with the source's name where several sources go there.
fn name(from: &source::Table, to: &destination::Table, target: &Destination, pairs: &Pairs, pair: &Pair) -> String {
    let several = pairs.pairs.iter().filter(|other| other.target == pair.target).count() > 1;
    let twice = target.tables.iter().filter(|other| plain(&other.name) == plain(&to.name)).count() > 1;
    let base =
        if twice || to.shown != to.name { plain(&format!("{}_{}", to.schema, to.name)) } else { plain(&to.name) };
    if several { format!("{base}_{}", plain(&from.shown())) } else { base }
}

/// What the rows stand for: the target's name in the singular.
fn entity(from: &source::Table, to: &destination::Table, pairs: &Pairs, pair: &Pair) -> String {
    let several = pairs.pairs.iter().filter(|other| other.target == pair.target).count() > 1;
    let base = plain(&to.name);
    let entity = match base.rsplit_once('_') {
        Some((before, last)) => format!("{before}_{}", singular(last)),
        None => singular(&base),
    };
    // Keys of two sources may be equal, and their rows are not.
    if several { format!("{}_{entity}", plain(&from.model.join("_"))) } else { entity }
}

/// The key of a source row as SQL gives it.
#[must_use]
pub fn key_sql(table: &source::Table, alias: &str) -> String {
    use super::spelling::{literal, of};
    match table.key.as_slice() {
        [one] if one == CTID => format!("{alias}.{CTID}"),
        [one] => of(alias, one),
        several => {
            let parts: Vec<String> =
                several.iter().map(|name| format!("{}, {}", literal(name), of(alias, name))).collect();
            format!("named_struct({})", parts.join(", "))
        }
    }
}
