//! Owns the way of each column: from the source, through the flows that read each other, into the target.
//! Must not know: how a plan is walked, or how lineage is shown.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::plans::{FlowPlan, Plans};
use crate::diagnosis::Spot;
use crate::lineage::{self, Roles, Sources, Table};
use crate::name::{Name, Named, quoted};
use crate::outcome::{ENTITY_KEY, KEY, OUTCOME};
use crate::snapshot::{self, Snapshot};

/// A column of the source: `schema.name` of its table, and its own name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SourceColumn {
    pub table: (String, String),
    pub column: String,
}

/// What a column of the source has to do with what comes of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct From {
    /// `schema.name` of the table.
    pub table: String,
    pub column: String,
    /// The value is made of it.
    pub value: bool,
    /// It decides which value that is: a key of a join, a filter, a condition of a CASE, an order or a group.
    pub decides: bool,
    /// It goes along in the whole row as JSON: `row_json(t._row)`.
    pub whole_row: bool,
}

/// Where one column that a flow gives comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ColumnLineage {
    pub flow: String,
    /// The target table, as the flow names it.
    pub target: String,
    /// The target's column; `_outcome` stands for what becomes of a row, and whether there is one.
    pub column: String,
    /// The columns of the source behind it, also through other flows.
    pub from: Vec<From>,
    /// What the flow's own SQL reads for it.
    pub reads: Vec<Read>,
}

/// A column as a flow's SQL reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Read {
    /// `source.table.column`, `source.schema.table.column` or `migrated.flow.column`; its `_outcome` stands for whether there is a row.
    pub column: String,
    /// As in `from`.
    pub value: bool,
    pub decides: bool,
    pub whole_row: bool,
}

type Behind = BTreeMap<SourceColumn, Roles>;

/// The lineage of a pipeline's flows.
pub struct Lineage {
    pub columns: Vec<ColumnLineage>,
    /// For each flow and column, the source columns behind it.
    pub behind: BTreeMap<(String, String), Behind>,
}

impl Lineage {
    /// Follows every column of every planned flow.
    pub fn of(plans: &Plans, snapshot: &Snapshot) -> Self {
        let mut lineage = Self { columns: Vec::new(), behind: BTreeMap::new() };
        for plan in &plans.flows {
            for column in columns(plan) {
                let direct = direct(plan, &column);
                let behind = lineage.behind(&direct, plans, snapshot);
                if column == OUTCOME || !column.starts_with('_') {
                    lineage.columns.push(shown(plan, &column, &direct, &behind));
                }
                lineage.behind.insert((plan.shape.flow.clone(), column), behind);
            }
        }
        lineage
    }

    fn behind(&self, direct: &Sources, plans: &Plans, snapshot: &Snapshot) -> Behind {
        let mut behind = Behind::new();
        for (column, roles) in direct {
            match &column.table {
                Table::Migrated(flow) => {
                    let of = |name: &str| self.behind.get(&(flow.clone(), name.to_owned()));
                    // Others refer to a row by its entity's key.
                    let key = if column.name == KEY { of(ENTITY_KEY) } else { None };
                    for (source, below) in key.or_else(|| of(&column.name)).into_iter().flatten() {
                        behind.entry(source.clone()).or_default().add(roles.through(*below));
                    }
                }
                Table::Source(name) => {
                    if let Some(table) = table(name.clone(), plans, snapshot) {
                        add(&mut behind, table, &column.name, *roles);
                    }
                }
                Table::Own(flow) => {
                    let own = plans.pipeline.flows.iter().filter(|known| known.name == *flow);
                    for named in own.flat_map(crate::flow::Flow::named) {
                        if let Some(table) = table(named.name, plans, snapshot) {
                            add(&mut behind, table, &column.name, *roles);
                        }
                    }
                }
            }
        }
        behind
    }

    /// The columns of the source that are used for what a flow gives: for its target's columns, and what decides its rows.
    pub fn used(&self) -> Behind {
        let mut used = Behind::new();
        for ((_, column), behind) in &self.behind {
            for (source, roles) in behind {
                let known = used.entry(source.clone()).or_default();
                if column.starts_with('_') {
                    // It is in no column of the target, and has its say all the same.
                    known.decides |= roles.value || roles.decides || roles.whole;
                } else {
                    known.add(*roles);
                }
            }
        }
        used
    }
}

fn add(behind: &mut Behind, table: &snapshot::Table, column: &str, roles: Roles) {
    if table.columns.iter().any(|known| known.name == column) {
        let table = (table.schema.clone(), table.name.clone());
        behind.entry(SourceColumn { table, column: column.to_owned() }).or_default().add(roles);
    }
}

fn table<'a>(name: Name, plans: &Plans, snapshot: &'a Snapshot) -> Option<&'a snapshot::Table> {
    snapshot.named(&Named { name, flow: None, spot: Spot::default() }, &plans.pipeline.schemas).ok()
}

/// The columns that a flow gives, with those of the contract.
fn columns(plan: &FlowPlan) -> Vec<String> {
    let given = plan.optimised.schema().fields().iter().map(|field| field.name().clone());
    given.collect()
}

fn direct(plan: &FlowPlan, column: &str) -> Sources {
    let mut found = lineage::of_column(&plan.optimised, column);
    if column == OUTCOME {
        for (source, roles) in lineage::of_rows(&plan.optimised) {
            found.entry(source).or_default().add(roles);
        }
    }
    found
}

fn shown(plan: &FlowPlan, column: &str, direct: &Sources, behind: &Behind) -> ColumnLineage {
    let named = |column: &lineage::Column| match &column.table {
        Table::Migrated(flow) => format!("migrated.{}.{}", quoted(flow), quoted(&column.name)),
        Table::Source(Name::Full { schema, table }) => {
            format!("source.{}.{}.{}", quoted(schema), quoted(table), quoted(&column.name))
        }
        Table::Source(name) => format!("source.{}.{}", quoted(&name.shown()), quoted(&column.name)),
        // The engine's own look at the flow's source.
        Table::Own(_) => format!("source.{}", quoted(&column.name)),
    };
    let reads = direct.iter().map(|(column, roles)| Read {
        column: named(column),
        value: roles.value,
        decides: roles.decides,
        whole_row: roles.whole,
    });
    let from = behind.iter().map(|(SourceColumn { table: (schema, table), column }, roles)| From {
        table: format!("{schema}.{table}"),
        column: column.clone(),
        value: roles.value,
        decides: roles.decides,
        whole_row: roles.whole,
    });
    ColumnLineage {
        flow: plan.shape.flow.clone(),
        target: plan.shape.target.clone(),
        column: column.to_owned(),
        from: from.collect(),
        reads: reads.collect(),
    }
}
