//! Owns the order of ctid: where rows lie, as PostgreSQL compares it, though it travels as text.
//! Must not know: which queries order by it.

use std::sync::Arc;

use datafusion::arrow::array::{AsArray, StringArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Column, DFSchemaRef, ExprSchema, Result};
use datafusion::logical_expr::expr::Sort;
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::{ColumnarValue, Expr, LogicalPlan, ScalarUDF};

use super::{Function, arity};
use crate::key::PG_TYPE;

/// Lets ORDER BY of a column ctid, in a query and in its windows and aggregates, follow where the rows lie.
///
/// # Errors
/// What rewriting the plan meets.
pub fn ordered_by_place(plan: LogicalPlan) -> Result<LogicalPlan> {
    let rewritten = plan.transform_up_with_subqueries(|node| {
        let schemas: Vec<DFSchemaRef> = node.inputs().iter().map(|input| input.schema().clone()).collect();
        let names = NamePreserver::new(&node);
        let sorts = matches!(node, LogicalPlan::Sort(_));
        node.map_expressions(|expr| {
            let name = names.save(&expr);
            let expr = if sorts { by_place(expr, &schemas) } else { Transformed::no(expr) };
            let inner = expr.transform_data(|expr| expr.transform_up(|expr| Ok(in_function(expr, &schemas))))?;
            Ok(inner.update_data(|expr| name.restore(expr)))
        })
    })?;
    Ok(rewritten.data)
}

fn in_function(expr: Expr, schemas: &[DFSchemaRef]) -> Transformed<Expr> {
    let mut changed = false;
    let mut all = |order: Vec<Sort>| {
        let by = |sort: Sort| {
            let Transformed { data: expr, transformed, .. } = by_place(sort.expr, schemas);
            changed |= transformed;
            Sort { expr, ..sort }
        };
        order.into_iter().map(by).collect()
    };
    let expr = match expr {
        Expr::WindowFunction(mut function) => {
            function.params.order_by = all(function.params.order_by);
            Expr::WindowFunction(function)
        }
        Expr::AggregateFunction(mut function) => {
            function.params.order_by = all(function.params.order_by);
            Expr::AggregateFunction(function)
        }
        other => other,
    };
    if changed { Transformed::yes(expr) } else { Transformed::no(expr) }
}

fn by_place(expr: Expr, schemas: &[DFSchemaRef]) -> Transformed<Expr> {
    match &expr {
        Expr::Column(column) if is_place(column, schemas) => Transformed::yes(place().call(vec![expr])),
        _ => Transformed::no(expr),
    }
}

fn is_place(column: &Column, schemas: &[DFSchemaRef]) -> bool {
    let field = schemas.iter().find_map(|schema| schema.field_from_column(column).ok());
    field.is_some_and(|field| field.metadata().get(PG_TYPE).is_some_and(|name| name == "tid"))
}

/// A text that sorts as the place does: `(2,10)` after `(2,9)`, and each partition by itself.
pub(super) fn place() -> ScalarUDF {
    Function::udf(
        "place",
        |args| {
            arity(args, 1, "place")?;
            Ok(Field::new("place", DataType::Utf8, args.arg_fields[0].is_nullable()).into())
        },
        |args| {
            let texts = cast(&args.args[0].to_array(args.number_rows)?, &DataType::Utf8)?;
            let places: StringArray = texts.as_string::<i32>().iter().map(|text| text.map(sortable)).collect();
            Ok(ColumnarValue::Array(Arc::new(places)))
        },
    )
}

fn sortable(text: &str) -> String {
    let parts = text.rsplit_once('(').and_then(|(partition, rest)| {
        let (block, row) = rest.strip_suffix(')')?.split_once(',')?;
        Some((partition, block.parse::<u32>().ok()?, row.parse::<u16>().ok()?))
    });
    match parts {
        Some((partition, block, row)) => format!("{partition}({block:010},{row:05})"),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::sortable;

    #[test]
    fn places_sort_as_numbers() {
        let mut places = ["(10,1)", "(2,10)", "(2,9)", "b(0,1)", "a(7,1)"];
        places.sort_by_key(|text| sortable(text));
        assert_eq!(places, ["(2,9)", "(2,10)", "(10,1)", "a(7,1)", "b(0,1)"]);
    }
}
