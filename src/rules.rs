//! Owns what the rules of a pipeline are, however they are written: comments, blanks and the case of words are no rules.
//! Must not know: how rules are planned or run.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer};

use crate::error::{Error, Result};
use crate::flow::Flow;
use crate::pipeline::Pipeline;
use crate::storage::sha256;

/// The rules of a whole pipeline, as a SHA-256: two pipelines with the same one make the same outcomes of a snapshot.
#[must_use]
pub fn of_pipeline(pipeline: &Pipeline) -> String {
    let mut text = settings(pipeline);
    for flow in &pipeline.flows {
        text.push_str(&of_text(&flow.name, &header(flow)));
        text.push_str(&of_text(&flow.name, &flow.sql));
    }
    for view in &pipeline.shared {
        text.push_str(&of_text(&view.stem, &view.sql));
    }
    sha256(text.as_bytes())
}

/// All that flows are planned from, as files that [`Pipeline::read`] reads again: by name, with `pipeline.toml` among them. Checks and
/// reports are no rules.
///
/// # Errors
/// [`crate::error::Kind::Unexpected`] for settings that cannot be written.
pub fn files(pipeline: &Pipeline) -> Result<BTreeMap<String, String>> {
    let texts = |map: &BTreeMap<String, String>| toml::Value::try_from(map);
    let unwritten = |_| Error::unexpected("the rules of a pipeline cannot be written");
    let list = |names: &[String]| toml::Value::from(names.to_vec());
    let mut source = toml::Table::new();
    source.insert("schemas".into(), list(&pipeline.schemas));
    source.insert("strip_prefix".into(), list(&pipeline.strip_prefix));
    source.extend(pipeline.time_zone.clone().map(|zone| ("time_zone".to_owned(), toml::Value::from(zone))));
    source.insert("time_zones".into(), texts(&pipeline.time_zones).map_err(unwritten)?);
    let mut table = toml::Table::new();
    table.insert("name".into(), pipeline.name.clone().into());
    table.insert("namespace".into(), pipeline.namespace.uuid().to_string().into());
    for folder in ["flows", "shared"] {
        table.insert(folder.into(), folder.into());
    }
    table.insert("source".into(), source.into());
    table.insert(
        "target".into(),
        [("schema".to_owned(), pipeline.target_schema.clone().into())].into_iter().collect::<toml::Table>().into(),
    );
    let mappings = format!("{}.{}", pipeline.mappings.0, pipeline.mappings.1);
    table
        .insert("mappings".into(), [("table".to_owned(), mappings.into())].into_iter().collect::<toml::Table>().into());
    table.insert("params".into(), toml::Value::try_from(&pipeline.params).map_err(unwritten)?);
    let reroute = pipeline.reroute.iter().map(|(from, reroute)| {
        let to = [("to".to_owned(), reroute.to.clone().into()), ("reasons".to_owned(), list(&reroute.reasons))];
        (from.clone(), toml::Value::from(to.into_iter().collect::<toml::Table>()))
    });
    table.insert("reroute".into(), reroute.collect::<toml::Table>().into());
    let text = toml::to_string(&table).map_err(|_| Error::unexpected("the rules of a pipeline cannot be written"))?;
    let mut files = BTreeMap::from([("pipeline.toml".to_owned(), text)]);
    files.extend(pipeline.flows.iter().map(|flow| (format!("flows/{}.sql", flow.name), flow.sql.clone())));
    files.extend(pipeline.shared.iter().map(|view| (format!("shared/{}.sql", view.stem), view.sql.clone())));
    Ok(files)
}

/// The rules of each flow, as a SHA-256: its own, those of the flows that it reads (`needs`), and what all flows share.
#[must_use]
pub fn of_flows(pipeline: &Pipeline, needs: &BTreeMap<String, BTreeSet<String>>) -> BTreeMap<String, String> {
    let mut common = settings(pipeline);
    for view in &pipeline.shared {
        common.push_str(&of_text(&view.stem, &view.sql));
    }
    let own = |flow: &Flow| of_text(&flow.name, &header(flow)) + &of_text(&flow.name, &flow.sql);
    let own: BTreeMap<&str, String> = pipeline.flows.iter().map(|flow| (flow.name.as_str(), own(flow))).collect();
    let whole = |flow: &Flow| {
        let mut read = BTreeSet::new();
        let mut open = vec![flow.name.as_str()];
        while let Some(name) = open.pop() {
            if read.insert(name) {
                open.extend(needs.get(name).into_iter().flatten().map(String::as_str));
            }
        }
        let rules = read.iter().filter_map(|name| own.get(name)).map(String::as_str);
        sha256(rules.fold(common.clone(), |text, rules| text + rules).as_bytes())
    };
    pipeline.flows.iter().map(|flow| (flow.name.clone(), whole(flow))).collect()
}

/// The rules that each flow can be told by, short of those of the flows that it reads: of parameters and shared views only those that
/// its text, or a shared view, mentions. Where they are the same in two pipelines, so is what the flow makes of the same rows. Finer
/// than [`of_flows`], which the ledger keeps.
#[must_use]
pub fn of_each_flow(pipeline: &Pipeline) -> BTreeMap<String, String> {
    let shared: String = pipeline.shared.iter().map(|view| of_text(&view.stem, &view.sql)).collect();
    let one = |flow: &Flow| {
        let mut text = of_text(&flow.name, &header(flow)) + &of_text(&flow.name, &flow.sql);
        if flow.sql.to_lowercase().contains("shared") {
            text.push_str(&shared);
        }
        let mentioned =
            |(name, _): &(&String, &toml::Value)| text.to_lowercase().contains(&format!("${}", name.to_lowercase()));
        let params: Vec<_> = pipeline.params.iter().filter(mentioned).collect();
        let own = format!("{}{params:?}\n{:?}\n", common(pipeline), pipeline.reroute.get(&flow.name));
        (flow.name.clone(), sha256((own + &text).as_bytes()))
    };
    pipeline.flows.iter().map(one).collect()
}

fn settings(pipeline: &Pipeline) -> String {
    let mut text = format!(
        "{}\n{:?}\n{:?}\n{}\n{:?}\n{:?}\n{:?}\n{:?}\n",
        pipeline.namespace.uuid(),
        pipeline.schemas,
        pipeline.strip_prefix,
        pipeline.target_schema,
        pipeline.mappings,
        pipeline.params,
        pipeline.reroute,
        pipeline.time_zone,
    );
    text.push_str(&zones(pipeline));
    text
}

/// What bears on every flow.
fn common(pipeline: &Pipeline) -> String {
    let Pipeline { namespace, schemas, strip_prefix, time_zone, .. } = pipeline;
    format!("{}\n{schemas:?}\n{strip_prefix:?}\n{time_zone:?}\n{}", namespace.uuid(), zones(pipeline))
}

fn zones(pipeline: &Pipeline) -> String {
    let mut text = String::new();
    for (name, zone) in &pipeline.time_zones {
        let _ = writeln!(text, "{name} {zone}");
    }
    text
}

/// What a header says that outcomes, or their way into the target, depend on: not its thresholds and descriptions.
fn header(flow: &Flow) -> String {
    // A key that came later leaves headers without it the rules that they were: their runs go on.
    let row = format!("{:?}", flow.row).replace(", altered: []", "");
    format!(
        "{:?} {:?} {} {:?} {:?} {row} {:?}",
        flow.sources, flow.key, flow.expand, flow.entity, flow.entity_key, flow.target
    )
}

/// A text with its name, so that no two of them give one text together with what follows.
fn of_text(name: &str, sql: &str) -> String {
    let plain = tokens(sql);
    format!("{}\n{name}\n{}\n{plain}\n", name.len(), plain.len())
}

/// A text of SQL as its tokens, one blank between two of them. What cannot be read is taken as it is: to plan it will fail.
fn tokens(sql: &str) -> String {
    let dialect = PostgreSqlDialect {};
    let Ok(tokens) = Tokenizer::new(&dialect, sql).tokenize() else { return sql.to_owned() };
    let mut plain = String::with_capacity(sql.len());
    for token in tokens {
        match token {
            Token::Whitespace(_) => continue,
            Token::Word(word) if word.quote_style.is_none() => plain.push_str(&word.value.to_lowercase()),
            other => {
                let _ = write!(plain, "{other}");
            }
        }
        plain.push(' ');
    }
    plain.trim_end_matches([' ', ';']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::tokens;

    #[test]
    fn parameters_are_found_in_what_is_left_of_a_text() {
        assert!(tokens("select 1 where $General_case").to_lowercase().contains("$general_case"));
    }

    #[test]
    fn comments_blanks_and_case_are_no_rules() {
        let plain = tokens("select a, 'X y' from t where b <> 1");
        for same in [
            "SELECT a,\n  'X y' -- as it is\nFROM t /* all */ WHERE b<>1;",
            "/*--- source = \"t\" ---*/ Select A , 'X y' From T Where B <> 1\n",
        ] {
            assert_eq!(tokens(same), plain);
        }
        for other in [
            "select a, 'x y' from t where b <> 1",
            "select \"A\", 'X y' from t where b <> 1",
            "select a, 'X  y' from t where b <> 1",
        ] {
            assert_ne!(tokens(other), plain);
        }
    }
}
