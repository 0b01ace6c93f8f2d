//! Owns the zones of clocks: which zone a time without one has that goes into a column of instants, and the warnings for
//! times that a zone does not have, or has twice.
//! Must not know: the target beyond the sort of its columns.

use std::collections::{BTreeMap, BTreeSet};

use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::logical_expr::{Expr, lit};
use datafusion::prelude::ident;

use super::origins::{Origin, origins};
use crate::diagnosis::Spot;
use crate::engine::Engine;
use crate::error::{At, Error, Result};
use crate::flow::Flow;
use crate::name::{Name, Named};
use crate::outcome::WARNINGS;
use crate::pipeline::{Clock, Pipeline};
use crate::snapshot::{Snapshot, Table};

use datafusion::logical_expr::LogicalPlan;

/// The warnings for times that the clocks of a zone never showed, and showed twice, when they were put forward and back.
pub const SKIPPED: &str = "local_time_skipped";
pub const AMBIGUOUS: &str = "local_time_ambiguous";

/// The zones that a pipeline says: of all clocks, of those of a table, of one column.
pub struct Zones<'a> {
    pipeline: &'a Pipeline,
    snapshot: &'a Snapshot,
    /// By the qualified table and perhaps its column.
    own: BTreeMap<(String, Option<String>), &'a str>,
}

impl<'a> Zones<'a> {
    /// Finds the tables and columns that `[source.time_zones]` names.
    ///
    /// # Errors
    /// [`crate::error::Kind::Config`] for a name that fits no table or column of the source, with a did-you-mean.
    pub fn new(pipeline: &'a Pipeline, snapshot: &'a Snapshot) -> Result<Self> {
        let mut own = BTreeMap::new();
        for (name, zone) in &pipeline.time_zones {
            let (table, column) = place(name, pipeline, snapshot)
                .map_err(|error| error.at(At::Pipeline, &pipeline.name).at(At::File, &pipeline.file))?;
            own.insert((table.qualified(), column), zone.as_str());
        }
        Ok(Self { pipeline, snapshot, own })
    }

    /// The zone of a column of a flow that goes into a column of instants; none where it needs none.
    ///
    /// # Errors
    /// [`crate::error::Kind::Config`] where a zone is needed and none is said, or several, and for an instant that goes
    /// into a column of clock times: PostgreSQL would take the session's zone, which says nothing of the data.
    pub fn of(&self, flow: &Flow, plan: &LogicalPlan, field: &Field) -> Result<Option<&'a str>> {
        let clock = self.pipeline.clocks.get(&flow.name).and_then(|columns| columns.get(field.name()));
        let name = field.name();
        let fail = |message: &str, hint: String| {
            let error = flow.text().at_output(Error::config(format!("{name} {message}")), name);
            Err(error.at(At::Column, name).hint(hint))
        };
        match (clock, field.data_type()) {
            (Some(Clock::Instant), DataType::Timestamp(_, None) | DataType::Date32) => {
                let said = self.said(&origins(plan, name));
                let said: Vec<Option<&str>> = said.into_iter().collect();
                match said.as_slice() {
                    [Some(one)] => Ok(Some(one)),
                    [] | [None] => fail(
                        "is a time without a zone, and the target's column is a timestamptz",
                        format!(
                            "say the zone: (…) at time zone 'Europe/Berlin' as {name}, or time_zone = \"Europe/Berlin\" \
                             under [source] of the pipeline"
                        ),
                    ),
                    _ => fail(
                        "is made of clocks of several zones, and the target's column is a timestamptz",
                        format!("say the zone of each: (…) at time zone 'Europe/Berlin', and so on, as {name}"),
                    ),
                }
            }
            (Some(Clock::Local), DataType::Timestamp(_, Some(_))) => fail(
                "is an instant, and the target's column holds what a clock shows",
                format!("say the zone of the clock: (…) at time zone 'Europe/Berlin' as {name}"),
            ),
            _ => Ok(None),
        }
    }

    /// The zones that are said for columns of the source, `None` among them where one has none.
    fn said(&self, origins: &BTreeSet<Origin>) -> BTreeSet<Option<&'a str>> {
        let all = self.pipeline.time_zone.as_deref();
        if origins.is_empty() {
            return BTreeSet::from([all]);
        }
        let of = |origin: &Origin| {
            let table = self.table(&origin.table)?.qualified();
            let column = self.own.get(&(table.clone(), Some(origin.column.clone())));
            column.or_else(|| self.own.get(&(table, None))).copied()
        };
        origins.iter().map(|origin| of(origin).or(all)).collect()
    }

    fn table(&self, name: &Name) -> Option<&'a Table> {
        table(name.clone(), self.pipeline, self.snapshot).ok()
    }
}

fn table<'a>(name: Name, pipeline: &Pipeline, snapshot: &'a Snapshot) -> Result<&'a Table> {
    snapshot.named(&Named { name, flow: None, spot: Spot::default() }, &pipeline.schemas)
}

/// The table, and perhaps the column, that `table`, `table.column` or either with its schema before it names.
fn place<'a>(name: &str, pipeline: &Pipeline, snapshot: &'a Snapshot) -> Result<(&'a Table, Option<String>)> {
    let whole = table(Name::Loose(name.to_owned()), pipeline, snapshot);
    if let Ok(found) = whole {
        return Ok((found, None));
    }
    let Some((before, column)) = name.rsplit_once('.') else { return whole.map(|found| (found, None)) };
    let found = table(Name::Loose(before.to_owned()), pipeline, snapshot)?;
    if found.columns.iter().any(|known| known.name == column) {
        return Ok((found, Some(column.to_owned())));
    }
    let names: Vec<String> = found.columns.iter().map(|known| known.name.clone()).collect();
    let error = Error::config(format!("[source.time_zones] names '{name}', a column that the source does not have"));
    Err(match crate::diagnosis::closest(column, &names) {
        Some(close) => error.hint(format!("did you mean '{before}.{close}'?")),
        None => error.hint(format!("its columns are {}", names.join(", "))),
    })
}

/// The list of warnings with those of clocks: for each clock the number of times that it shows its time, 0, 1 or 2.
///
/// # Errors
/// [`crate::error::Kind::Unexpected`] when a function is missing.
pub fn warned(engine: &Engine, has_warnings: bool, clocks: &[Expr]) -> Result<Expr> {
    let shows = |times: i32| {
        let each = clocks.iter().map(|clock| clock.clone().eq(lit(times)));
        each.reduce(Expr::or).unwrap_or_else(|| lit(false))
    };
    let mut args = Vec::new();
    args.extend(has_warnings.then(|| ident(WARNINGS)));
    args.extend([shows(0), lit(SKIPPED), shows(2), lit(AMBIGUOUS)]);
    Ok(engine.function("warnings")?.call(args).alias(WARNINGS))
}
