//! Owns how a flow states outcomes and warnings: migrate(), reject(), skip(), elsewhere(), warnings().
//! Must not know: what becomes of them.

use std::collections::BTreeSet;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, ListBuilder, StringBuilder};
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{DataFusionError, Result, ScalarValue};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::{ColumnarValue, Expr, LogicalPlan, ScalarFunctionArgs, ScalarUDF};

use super::{Function, arity, literal};
use crate::key::KeyColumn;
use crate::outcome::{Cause, Verdict};

/// The functions of this theme.
pub fn functions() -> Vec<ScalarUDF> {
    vec![
        Function::udf(
            "migrate",
            |args| {
                arity(args, 0, "migrate")?;
                Ok(Field::new("migrate", DataType::Utf8, false).into())
            },
            |_| Ok(text(Verdict::Migrate.encode())),
        ),
        reject(),
        stating("skip", Verdict::Skip),
        stating("elsewhere", Verdict::Elsewhere),
        warnings(),
    ]
}

fn text(value: String) -> ColumnarValue {
    ColumnarValue::Scalar(ScalarValue::Utf8(Some(value)))
}

fn stating(name: &'static str, verdict: fn(String) -> Verdict) -> ScalarUDF {
    Function::udf(
        name,
        move |args| {
            arity(args, 1, name)?;
            literal(args, 0, name)?;
            Ok(Field::new(name, DataType::Utf8, false).into())
        },
        move |args| match args.args.first() {
            Some(ColumnarValue::Scalar(value)) => {
                let reason = value.try_as_str().flatten().unwrap_or_default();
                Ok(text(verdict(reason.to_owned()).encode()))
            }
            _ => Err(DataFusionError::Plan(format!("{name} takes a literal"))),
        },
    )
}

/// `reject('reason')`, or `reject('reason', 'flow', key)` when the fate of another row is the cause: the row of that flow
/// with that legacy key, which need not exist. A NULL key is no cause.
fn reject() -> ScalarUDF {
    Function::udf(
        "reject",
        |args| {
            let caused = args.arg_fields.len() == 3;
            if !caused && args.arg_fields.len() != 1 {
                let given = args.arg_fields.len();
                return Err(DataFusionError::Plan(format!(
                    "reject takes a reason, or a reason, a flow and a key, not {given} arguments"
                )));
            }
            literal(args, 0, "reject")?;
            if caused {
                literal(args, 1, "reject")?;
                let key = args.arg_fields[2].data_type();
                if key.is_floating() || matches!(key, DataType::List(_) | DataType::LargeList(_) | DataType::Map(..)) {
                    return Err(DataFusionError::Plan(format!("a key cannot be of the type {key}")));
                }
            }
            Ok(Field::new("reject", DataType::Utf8, false).into())
        },
        |args| {
            let stated = |index: usize| match args.args.get(index) {
                Some(ColumnarValue::Scalar(value)) => Ok(value.try_as_str().flatten().unwrap_or_default().to_owned()),
                _ => Err(DataFusionError::Plan("reject takes literals as reason and flow".into())),
            };
            let verdict = Verdict::Reject(stated(0)?).encode();
            match args.args.get(2) {
                None => Ok(text(verdict)),
                Some(key) => caused(&verdict, &stated(1)?, &key.to_array(args.number_rows)?),
            }
        },
    )
}

fn caused(verdict: &str, flow: &str, keys: &ArrayRef) -> Result<ColumnarValue> {
    let unfit = |_| DataFusionError::Execution("a key of a cause has no text".into());
    let mut texts = StringBuilder::with_capacity(keys.len(), keys.len() * 32);
    let known = if keys.data_type() == &DataType::Null { None } else { Some(KeyColumn::new(keys.clone())) };
    let known = known.transpose().map_err(unfit)?;
    for row in 0..keys.len() {
        match known.as_ref().filter(|keys| !keys.is_null(row)) {
            None => texts.append_value(verdict),
            Some(known) => {
                let key = known.text(row).map_err(unfit)?;
                texts.append_value(Cause { flow, key: &key }.append(verdict));
            }
        }
    }
    Ok(ColumnarValue::Array(Arc::new(texts.finish())))
}

/// `warnings(condition, 'code', …)`: the codes whose condition is true, as a list; with a list before, after its own.
fn warnings() -> ScalarUDF {
    Function::udf(
        "warnings",
        |args| {
            let before = args.arg_fields.first().filter(|first| matches!(first.data_type(), DataType::List(_)));
            let before = usize::from(before.is_some());
            if !(args.arg_fields.len() - before).is_multiple_of(2) {
                return Err(DataFusionError::Plan("warnings takes pairs of a condition and a code".into()));
            }
            for at in (before..args.arg_fields.len()).step_by(2) {
                literal(args, at + 1, "warnings")?;
                let condition = args.arg_fields[at].data_type();
                if !matches!(condition, DataType::Boolean | DataType::Null) {
                    return Err(DataFusionError::Plan(format!(
                        "warnings takes a condition as its argument {}, not {condition}",
                        at + 1
                    )));
                }
            }
            let item = Arc::new(Field::new_list_field(DataType::Utf8, true));
            Ok(Field::new("warnings", DataType::List(item), false).into())
        },
        |args| codes(&args),
    )
}

fn codes(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let mut pairs: Vec<(BooleanArray, String)> = Vec::with_capacity(args.args.len() / 2);
    let (before, given) = args.args.split_at(args.args.len() % 2);
    let before = before.first().map(|list| list.to_array(args.number_rows)).transpose()?;
    let before = before.as_ref().and_then(|list| list.as_list_opt::<i32>());
    for pair in given.chunks_exact(2) {
        let condition = pair[0].to_array(args.number_rows)?;
        let ColumnarValue::Scalar(code) = &pair[1] else {
            return Err(DataFusionError::Plan("warnings takes literal codes".into()));
        };
        if let Some(condition) = condition.as_boolean_opt() {
            pairs.push((condition.clone(), code.try_as_str().flatten().unwrap_or_default().to_owned()));
        }
    }
    let mut list = ListBuilder::with_capacity(StringBuilder::new(), args.number_rows);
    for row in 0..args.number_rows {
        if let Some(known) = before.filter(|lists| lists.is_valid(row)) {
            let known = known.value(row);
            list.values().extend(known.as_string_opt::<i32>().into_iter().flatten());
        }
        for (condition, code) in &pairs {
            if condition.is_valid(row) && condition.value(row) {
                list.values().append_value(code);
            }
        }
        list.append(true);
    }
    Ok(ColumnarValue::Array(Arc::new(list.finish())))
}

/// All verdicts that a plan can state, read from its (unoptimised) expressions.
///
/// # Errors
/// Never in practice: walking a plan cannot fail.
pub fn declared_verdicts(plan: &LogicalPlan) -> Result<BTreeSet<Verdict>> {
    let mut found = BTreeSet::new();
    each_function(plan, |function| {
        let reason = function.args.first().and_then(literal_text);
        match (function.name(), reason) {
            ("migrate", _) => found.insert(Verdict::Migrate),
            ("reject", Some(reason)) => found.insert(Verdict::Reject(reason)),
            ("skip", Some(reason)) => found.insert(Verdict::Skip(reason)),
            ("elsewhere", Some(flow)) => found.insert(Verdict::Elsewhere(flow)),
            _ => false,
        };
    })?;
    Ok(found)
}

/// All flows whose rows a plan names as causes of rejects.
///
/// # Errors
/// As [`declared_verdicts`].
pub fn declared_causes(plan: &LogicalPlan) -> Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    each_function(plan, |function| {
        if function.name() == "reject" {
            found.extend(function.args.get(1).and_then(literal_text));
        }
    })?;
    Ok(found)
}

/// All warning codes that a plan can give.
///
/// # Errors
/// As [`declared_verdicts`].
pub fn declared_warnings(plan: &LogicalPlan) -> Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    each_function(plan, |function| {
        if function.name() == "warnings" {
            found.extend(function.args.iter().rev().step_by(2).filter_map(literal_text));
        }
    })?;
    Ok(found)
}

fn each_function(plan: &LogicalPlan, mut visit: impl FnMut(&ScalarFunction)) -> Result<()> {
    plan.apply_with_subqueries(|node| {
        node.apply_expressions(|expr| {
            expr.apply(|expr| {
                if let Expr::ScalarFunction(function) = expr {
                    visit(function);
                }
                Ok(TreeNodeRecursion::Continue)
            })
        })
    })?;
    Ok(())
}

fn literal_text(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Literal(value, _) => value.try_as_str().flatten().map(str::to_owned),
        Expr::Cast(cast) => literal_text(&cast.expr),
        Expr::Alias(alias) => literal_text(&alias.expr),
        _ => None,
    }
}
