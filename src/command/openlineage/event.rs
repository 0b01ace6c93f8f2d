//! Owns the form of events: runs, jobs, datasets and their facets, as the specification of OpenLineage (2-0-2) has them.
//! Must not know: where events go. Names and counts are in them, never values.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{SecondsFormat, Utc};
use serde_json::{Map, Value, json};

use super::Begun;
use crate::command::check::{ColumnLineage, From};
use crate::outcome::OUTCOME;
use crate::report::Report;
use crate::snapshot::{Column, Snapshot};

const PRODUCER: &str = concat!("rehome/", env!("CARGO_PKG_VERSION"));
const EVENT: &str = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent";
/// Of a server of which a snapshot does not say the port: those of earlier versions do not.
const USUAL_PORT: u16 = 5432;
const FACETS: &str = "https://openlineage.io/spec/facets";

/// What a run read and wrote.
#[derive(Default)]
pub struct Datasets {
    inputs: Vec<Value>,
    outputs: Vec<Value>,
}

/// How a run ended.
pub struct Ended<'a> {
    pub failure: Option<String>,
    pub report: Option<&'a Report>,
    pub datasets: Datasets,
}

/// A facet: what it says, and which form it has.
fn facet(form: &str, name: &str, mut says: Value) -> Value {
    if let Value::Object(members) = &mut says {
        members.insert("_producer".to_owned(), producer().into());
        members.insert("_schemaURL".to_owned(), format!("{FACETS}/{form}/{name}.json#/$defs/{name}").into());
    }
    says
}

fn producer() -> String {
    format!("urn:{}", PRODUCER.replace('/', ":"))
}

fn event(sort: &str, namespace: &str, begun: &Begun, run: Value, datasets: Datasets) -> Value {
    let job = json!({
        "namespace": namespace,
        "name": begun.pipeline.name,
        "facets": {
            "jobType": facet("2-0-4", "JobTypeJobFacet", json!({
                "processingType": "BATCH", "integration": "REHOME", "jobType": "MIGRATION",
            })),
        },
    });
    json!({
        "eventType": sort,
        "eventTime": Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true),
        "run": { "runId": begun.id, "facets": run },
        "job": job,
        "inputs": datasets.inputs,
        "outputs": datasets.outputs,
        "producer": producer(),
        "schemaURL": EVENT,
    })
}

fn engine() -> Value {
    facet("1-1-1", "ProcessingEngineRunFacet", json!({ "version": env!("CARGO_PKG_VERSION"), "name": "rehome" }))
}

/// A run begins.
pub fn begun(namespace: &str, begun: &Begun) -> Value {
    event("START", namespace, begun, json!({ "processing_engine": engine() }), Datasets::default())
}

/// A run has ended.
pub fn ended(namespace: &str, begun: &Begun, ended: &Ended<'_>) -> Value {
    let mut facets = Map::new();
    facets.insert("processing_engine".to_owned(), engine());
    if let Some(failure) = &ended.failure {
        let says = json!({ "message": failure, "programmingLanguage": "Rust" });
        facets.insert("errorMessage".to_owned(), facet("1-0-1", "ErrorMessageRunFacet", says));
    }
    if let Some(report) = ended.report {
        // A facet of our own: which run of the ledger it is.
        let says = json!({
            "run": report.run, "snapshot": report.snapshot, "pipelineHash": report.pipeline_hash,
            "conserved": report.conserved, "verified": report.verified,
            "_producer": producer(), "_schemaURL": "urn:rehome:run-facet:1",
        });
        facets.insert("rehome_run".to_owned(), says);
    }
    let sort = if ended.failure.is_some() { "FAIL" } else { "COMPLETE" };
    let datasets = Datasets { inputs: ended.datasets.inputs.clone(), outputs: ended.datasets.outputs.clone() };
    event(sort, namespace, begun, Value::Object(facets), datasets)
}

/// What a dataset is called: a namespace and a name.
struct Names {
    namespace: String,
    /// Before `schema.table`.
    before: String,
}

impl Names {
    fn of_source(begun: &Begun, snapshot: &Snapshot) -> Self {
        let origin = &snapshot.manifest().source;
        let kept = origin.host.as_ref().map(|host| (host.clone(), origin.port.unwrap_or(USUAL_PORT)));
        match begun.source.clone().or(kept) {
            Some(server) => Self::of_server(&server, &origin.database),
            None => Self { namespace: "file".to_owned(), before: format!("{}#", snapshot.location()) },
        }
    }

    fn of_server((host, port): &(String, u16), database: &str) -> Self {
        // A socket is a file of this machine's, and no name that others know.
        let host = if host.starts_with('/') { "localhost" } else { host.as_str() };
        Self { namespace: format!("postgres://{host}:{port}"), before: format!("{database}.") }
    }

    fn named(&self, table: &str) -> Value {
        json!({ "namespace": self.namespace, "name": format!("{}{table}", self.before) })
    }
}

/// What a run has read and written, with the way of each column.
pub fn datasets(begun: &Begun, snapshot: &Snapshot, report: &Report, columns: &[ColumnLineage]) -> Datasets {
    let source = Names::of_source(begun, snapshot);
    let read: BTreeSet<&str> = columns.iter().flat_map(|column| &column.from).map(|from| from.table.as_str()).collect();
    let tables = snapshot.manifest().tables.iter().filter(|table| read.contains(table.qualified().as_str()));
    let inputs = tables.map(|table| {
        let field = |(place, column): (usize, &Column)| {
            json!({ "name": column.name, "type": column.pg_type, "ordinal_position": place + 1 })
        };
        let fields: Vec<Value> = table.columns.iter().enumerate().map(field).collect();
        let mut dataset = source.named(&table.qualified());
        dataset["facets"] = json!({ "schema": facet("1-2-0", "SchemaDatasetFacet", json!({ "fields": fields })) });
        dataset["inputFacets"] = json!({
            "inputStatistics": facet("1-0-0", "InputStatisticsInputDatasetFacet", json!({ "rowCount": table.source_rows() })),
        });
        dataset
    });
    Datasets { inputs: inputs.collect(), outputs: outputs(begun, &source, report, columns) }
}

/// What is told of a table of the target.
#[derive(Default)]
struct OfTable {
    /// The way of each column.
    fields: Map<String, Value>,
    /// What decides about its rows.
    rows: Vec<Value>,
    migrated: u64,
}

fn outputs(begun: &Begun, source: &Names, report: &Report, columns: &[ColumnLineage]) -> Vec<Value> {
    let (host, port, database) = &begun.target;
    let target = Names::of_server(&(host.clone(), *port), database);
    let full = |table: &str| {
        if table.contains('.') { table.to_owned() } else { format!("{}.{table}", begun.pipeline.target_schema) }
    };
    let mut of_tables: BTreeMap<String, OfTable> = BTreeMap::new();
    for column in columns {
        let OfTable { fields, rows, .. } = of_tables.entry(full(&column.target)).or_default();
        let inputs: Vec<Value> = column.from.iter().map(|from| input(source, from)).collect();
        if column.column == OUTCOME {
            rows.extend(inputs);
        } else {
            let known = fields.entry(column.column.clone()).or_insert_with(|| json!({ "inputFields": [] }));
            if let Some(list) = known["inputFields"].as_array_mut() {
                list.extend(inputs);
            }
        }
    }
    for flow in &report.flows {
        of_tables.entry(full(&flow.target)).or_default().migrated += flow.migrated;
    }
    let one = |(table, OfTable { fields, rows, migrated }): (String, OfTable)| {
        let mut dataset = target.named(&table);
        dataset["facets"] = json!({
            "columnLineage": facet("1-2-0", "ColumnLineageDatasetFacet", json!({ "fields": fields, "dataset": rows })),
        });
        dataset["outputFacets"] = json!({
            "outputStatistics": facet("1-0-2", "OutputStatisticsOutputDatasetFacet", json!({ "rowCount": migrated })),
        });
        dataset
    };
    of_tables.into_iter().map(one).collect()
}

/// A column that another one comes from, and in which ways.
fn input(source: &Names, from: &From) -> Value {
    let way = |sort: &str, how: &str| json!({ "type": sort, "subtype": how });
    let ways: Vec<Value> = [
        (from.value, way("DIRECT", "TRANSFORMATION")),
        (from.whole_row, way("DIRECT", "IDENTITY")),
        (from.decides, way("INDIRECT", "CONDITIONAL")),
    ]
    .into_iter()
    .filter_map(|(is, way)| is.then_some(way))
    .collect();
    let mut input = source.named(&from.table);
    input["field"] = from.column.clone().into();
    input["transformations"] = ways.into();
    input
}
