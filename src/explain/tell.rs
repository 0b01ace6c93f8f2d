//! Owns what is told of each row: what is stored of it, with its causes, beside what its flow's query says of it.
//! Must not know: how queries are made or run.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Value, visit_expressions,
};

use super::evidence::Witness;
use super::key::SourceRow;
use super::look::{Looker, Said};
use super::scope::{Scope, arms};
use super::statement;
use super::stored::{Stored, ordinal};
use super::story::{Link, Row, Story, Warning};
use super::{Teller, stored};
use crate::diagnosis::Clause;
use crate::error::Result;
use crate::flow::Flow;
use crate::outcome::{BAD_KEY_REASON, Cause, Outcome, Verdict, WARNINGS};
use crate::outcomes::FlowOutcomes;
use crate::report;

/// What is said of a row that only the target refused.
const REFUSED: &str = "the target refused the row that was made of it";

/// Tells what became of a row, of each of those that it became.
pub async fn rows(
    teller: &Teller,
    flow: &Flow,
    outcomes: &FlowOutcomes,
    source: &SourceRow,
    rows: &[Stored],
    story: &mut Story,
) -> Result<()> {
    let params = teller.share(flow).await?;
    let engine = &teller.prepared.engine;
    let witness = Witness { engine, params: &params, text: flow.text(), key: &source.parts };
    let query = statement::query(engine, flow.text())?;
    let scopes = match arms(&query, flow.text(), engine, &teller.prepared.pipeline) {
        Ok(scopes) => scopes,
        Err(why) => {
            story.not_looked_into.push(format!("joins and branches: {why}"));
            Vec::new()
        }
    };
    let mut said = Vec::new();
    let looker = Looker { witness: &witness, values: teller.values };
    for scope in &scopes {
        said.extend(looker.look(scope, story).await?.into_iter().map(|said| (scope, said)));
    }
    for one in rows {
        let mut row = stored_row(teller, flow, outcomes, one).await?;
        let is_it = |said: &Said| !flow.expand || said.answers.ordinal() == ordinal(&one.key);
        let mut fitting = said.iter().filter(|(_, said)| is_it(said));
        match (fitting.next(), fitting.next()) {
            (Some((scope, said)), None) => tell(&mut row, teller, flow, scope, said),
            (None, _) if !scopes.is_empty() => {
                story
                    .not_looked_into
                    .push(format!("joins and branches: the query, asked for {}, gave no row", row.key));
            }
            (Some(_), Some(_)) => {
                story
                    .not_looked_into
                    .push(format!("joins and branches: the query, asked for {}, gave several rows", row.key));
            }
            _ => {}
        }
        story.rows.push(row);
    }
    story.not_looked_into.dedup();
    Ok(())
}

/// What is stored of a row, with its causes.
pub async fn stored_row(teller: &Teller, flow: &Flow, outcomes: &FlowOutcomes, one: &Stored) -> Result<Row> {
    let refused = teller.refused(flow, &one.key);
    let reason = refused.clone().or_else(|| one.reason());
    let outcome = if refused.is_some() { Outcome::Rejected } else { one.outcome };
    let remedy = reason.as_ref().filter(|_| outcome == Outcome::Rejected).and_then(|reason| flow.remedies.get(reason));
    let made = one.is_made();
    let causes = if outcome == Outcome::Rejected {
        report::chain(&teller.inputs(), &flow.name, &one.key).await?
    } else {
        Vec::new()
    };
    // One that stands on its own is its own cause.
    let causes = causes.into_iter().map(|step| Link { flow: step.flow, key: step.key, reason: step.reason });
    let causes: Vec<Link> = causes.collect();
    let warning = |code: String| Warning { code, clause: None };
    let in_target = match &teller.target {
        Some(target) => Some(target.place(flow, outcomes, one).await?),
        None => None,
    };
    Ok(Row {
        key: one.key.clone(),
        outcome: outcome.name().to_owned(),
        remedy: remedy.cloned(),
        reason,
        because: refused.into_iter().map(|_| REFUSED.to_owned()).collect(),
        decision: None,
        joins: Vec::new(),
        warnings: one.warnings().into_iter().map(warning).collect(),
        causes: if causes.len() > 1 { causes } else { Vec::new() },
        id: if made && outcomes.row.is_mapped() { one.text(&outcomes.row.id_column) } else { None },
        result: if made {
            stored::columns(&teller.prepared.engine, &one.row, teller.values, |name| !name.starts_with('_')).await?
        } else {
            Vec::new()
        },
        stored_in: one.file.path.clone(),
        in_target,
    })
}

/// Adds to a stored row what the query says of it.
fn tell(row: &mut Row, teller: &Teller, flow: &Flow, scope: &Scope, said: &Said) {
    row.decision.clone_from(&said.decision);
    row.joins.clone_from(&said.joins);
    row.warnings.extend(
        said.answers
            .warnings()
            .into_iter()
            .map(|code| Warning { code, clause: None })
            .filter(|raised| !row.warnings.iter().any(|known| known.code == raised.code))
            .collect::<Vec<_>>(),
    );
    for warning in &mut row.warnings {
        warning.clause = raised_by(scope, &warning.code);
    }
    if let Some(text) = said.answers.outcome().filter(|_| row.because.is_empty()) {
        row.because.extend(otherwise(row, teller, flow, &text));
    }
}

/// Why a row has another outcome than its query says.
fn otherwise(row: &Row, teller: &Teller, flow: &Flow, text: &str) -> Option<String> {
    let verdict = Verdict::decode(Cause::split(text).0)?;
    let (outcome, reason) = match &verdict {
        Verdict::Migrate => (Outcome::Migrated, None),
        Verdict::Reject(reason) => (Outcome::Rejected, Some(reason)),
        Verdict::Skip(reason) => (Outcome::Skipped, Some(reason)),
        Verdict::Elsewhere(owner) => (Outcome::Elsewhere, Some(owner)),
    };
    if row.outcome == outcome.name() && row.reason.as_ref() == reason {
        return None;
    }
    let rerouted = teller.prepared.pipeline.reroute.get(&flow.name);
    Some(match (&verdict, row.outcome.as_str(), row.reason.as_deref()) {
        (Verdict::Reject(reason), "elsewhere", Some(owner))
            if rerouted.is_some_and(|reroute| reroute.to == owner && reroute.reasons.contains(reason)) =>
        {
            format!("the pipeline gives rejects for {reason} to the flow {owner}: [reroute.{}]", flow.name)
        }
        (Verdict::Migrate, "adopted", _) => "the target had a row for this key before any run".to_owned(),
        (_, "rejected", Some(BAD_KEY_REASON)) => {
            "a key that was given to legacy_uuid did not cast to the type of the entity's keys".to_owned()
        }
        (Verdict::Migrate, "rejected", Some(_)) => {
            "the row could not be matched with one of the target: `match` in the flow's header".to_owned()
        }
        _ => format!("asked anew, the query says {}; what is stored is what the run went by", verdict.encode()),
    })
}

/// The condition of a warning: of `warnings(condition, 'code', …)`, in the query or in one that it reads.
fn raised_by(scope: &Scope, code: &str) -> Option<Clause> {
    let (path, expr) = scope.output(WARNINGS)?;
    let own = scope.at(&path)?;
    let mut found = None;
    let _ = visit_expressions(&expr, |expr| {
        if let Expr::Function(call) = expr
            && call.name.to_string().eq_ignore_ascii_case("warnings")
            && let FunctionArguments::List(list) = &call.args
        {
            let args: Vec<&Expr> = list.args.iter().filter_map(argument).collect();
            let pairs = args.get(args.len() % 2..).unwrap_or_default();
            found =
                pairs.chunks_exact(2).find(|pair| is_literal(pair[1], code)).map(|pair| own.text().expression(pair[0]));
            if found.is_some() {
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    });
    found
}

fn argument(arg: &FunctionArg) -> Option<&Expr> {
    match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr),
        _ => None,
    }
}

fn is_literal(expr: &Expr, text: &str) -> bool {
    matches!(expr, Expr::Value(value) if matches!(&value.value, Value::SingleQuotedString(own) if own == text))
}
