//! Owns how many rows each table, flow, check and report has in the sample and in all. Must not know: what they cost.

use std::collections::BTreeMap;

use super::found::{Part, Sample};
use super::model::number;
use crate::error::Result;
use crate::extract::Counted;
use crate::graph::Graph;
use crate::header::{SqlFile, shown};
use crate::name::Named;
use crate::pipeline::Pipeline;
use crate::reads::reads;
use crate::snapshot::{Snapshot, Table};

/// Rows in the sample, and in all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rows {
    pub sampled: u64,
    pub whole: u64,
}

impl Rows {
    pub fn and(self, other: Self) -> Self {
        Self { sampled: self.sampled + other.sampled, whole: self.whole + other.whole }
    }

    /// So many rows that were made of these are how many in all?
    pub fn scaled(self, sampled: u64) -> Self {
        if self.sampled == 0 || self.whole <= self.sampled {
            return Self { sampled, whole: sampled };
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "about")]
        let whole = (number(sampled) * number(self.whole) / number(self.sampled)) as u64;
        Self { sampled, whole }
    }
}

/// The size of what is read.
pub struct Scale<'a> {
    pipeline: &'a Pipeline,
    graph: &'a Graph,
    snapshot: &'a Snapshot,
    counted: &'a [Counted],
}

impl<'a> Scale<'a> {
    pub fn new(pipeline: &'a Pipeline, graph: &'a Graph, snapshot: &'a Snapshot, counted: &'a [Counted]) -> Self {
        Self { pipeline, graph, snapshot, counted }
    }

    fn counted(&self, table: &Table) -> Option<&Counted> {
        self.counted.iter().find(|counted| counted.schema == table.schema && counted.name == table.name)
    }

    /// Of a table of the source.
    pub fn table(&self, table: &Table) -> Rows {
        let sampled = table.source_rows();
        Rows { sampled, whole: self.counted(table).map_or(sampled, |counted| counted.rows.max(sampled)) }
    }

    /// Of all tables, by their names.
    pub fn tables(&self) -> BTreeMap<String, Rows> {
        self.snapshot.manifest().tables.iter().map(|table| (table.qualified(), self.table(table))).collect()
    }

    fn named<'n>(&self, names: impl Iterator<Item = &'n Named>) -> Rows {
        let tables = names.filter_map(|named| self.snapshot.named(named, &self.pipeline.schemas).ok());
        tables.map(|table| self.table(table)).fold(Rows::default(), Rows::and)
    }

    /// Of the sources of a flow.
    pub fn flow(&self, name: &str) -> Rows {
        let flow = self.pipeline.flows.iter().find(|flow| flow.name == name);
        flow.map_or(Rows::default(), |flow| self.named(flow.named().collect::<Vec<_>>().iter()))
    }

    /// Of all that a flow reads.
    pub fn read(&self, name: &str) -> Rows {
        let own = self.named(self.graph.sources.get(name).into_iter().flatten());
        let needs = self.graph.needs.get(name).into_iter().flatten();
        needs.map(|needed| self.flow(needed)).fold(own, Rows::and)
    }

    /// Of all flows.
    pub fn all(&self) -> Rows {
        self.pipeline.flows.iter().map(|flow| self.flow(&flow.name)).fold(Rows::default(), Rows::and)
    }

    /// Of what a check or a report reads, and how many tables that is.
    pub fn query<H>(&self, file: &SqlFile<H>) -> Result<(Rows, u64)> {
        let name = shown(&file.path);
        let read = reads(self.pipeline, file.text(&name))?;
        let flows = read.tables.iter().map(|(_, flow)| self.flow(flow));
        let rows = flows.fold(self.named(read.sources.iter()), Rows::and);
        Ok((rows, (read.tables.len() + read.sources.len()) as u64))
    }

    /// What was read, in all.
    pub fn sample(&self, share: f64, few: u64) -> Sample {
        let tables = &self.snapshot.manifest().tables;
        let all = tables.iter().map(|table| self.table(table)).fold(Rows::default(), Rows::and);
        let part = |table: &Table| {
            let rows = self.table(table);
            let counted = self.counted(table).is_none_or(|counted| counted.exact);
            let part = Part { table: table.qualified(), rows: rows.sampled, of_rows: rows.whole, counted };
            (rows.whole > rows.sampled).then_some(part)
        };
        let tables = tables.iter().filter_map(part).collect();
        Sample { share, whole_up_to: few, rows: all.sampled, of_rows: all.whole, tables }
    }
}
