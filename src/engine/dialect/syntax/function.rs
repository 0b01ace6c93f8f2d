//! Owns the calls that are made of other calls: NULLIF, arguments by name, aggregates that PostgreSQL alone has.
//! Must not know: what the functions do.

use datafusion::sql::sqlparser::ast::helpers::attached_token::AttachedToken;
use datafusion::sql::sqlparser::ast::{
    BinaryOperator, CaseWhen, Distinct, DuplicateTreatment, Expr, Function, FunctionArg, FunctionArgExpr,
    FunctionArgOperator, FunctionArgumentClause, FunctionArgumentList, FunctionArguments, GroupByExpr, Ident,
    ObjectName, OrderByExpr, OrderByKind, Query, SelectItem, SetExpr, Value,
};

use super::super::families;
use super::Refused;
use super::build::{as_type, binary, call, is_integer, plain, refused};

/// NULLIF as a CASE, whose comparison is planned as any other; arguments by name, where a function has them.
pub(super) fn function_call(function: &Function) -> Result<Option<Expr>, Refused> {
    let name = function.name.to_string().to_lowercase();
    let list = match &function.args {
        FunctionArguments::List(list) => list,
        FunctionArguments::Subquery(query) if name == "array" => return array_of(query).map(Some),
        _ => return Ok(None),
    };
    // Where rows are made, the engine's function makes arrays.
    if name == "unnest"
        && let [Expr::Function(inner)] = list.args.iter().filter_map(plain).collect::<Vec<_>>().as_slice()
        && inner.name.to_string().eq_ignore_ascii_case("unnest")
    {
        return Ok(Some(Expr::Function(inner.clone())));
    }
    if matches!(name.as_str(), "json_object_keys" | "jsonb_object_keys") {
        return refused(format!("PostgreSQL's {name} is not there: write unnest(json_keys(x)), one row for each"));
    }
    if name == "generate_series" {
        return Ok(Some(call("unnest", vec![Expr::Function(function.clone())])));
    }
    if families::has(&name) && function.over.is_none() {
        let mut typed = function.clone();
        if let FunctionArguments::List(list) = &mut typed.args {
            for arg in &mut list.args {
                if let FunctionArg::Unnamed(FunctionArgExpr::Expr(value)) = arg
                    && is_integer(value)
                {
                    *value = as_type(value.clone(), "integer");
                }
            }
        }
        return Ok(Some(Expr::Function(typed)));
    }
    if name == "nullif" && list.args.len() == 2 {
        let args: Vec<Expr> = list.args.iter().filter_map(plain).collect();
        let [own, other] = args.as_slice() else { return Ok(None) };
        let case = format_case(own, other);
        return Ok(Some(case));
    }
    if let Some(rewritten) = aggregate(function, &name, list)? {
        return Ok(Some(rewritten));
    }
    if name == "make_interval" {
        return make_interval(list);
    }
    Ok(None)
}

/// `array(select x from … order by y)`: the aggregate of its rows, and an empty array of none.
fn array_of(query: &Query) -> Result<Expr, Refused> {
    let hint = "ARRAY of this query is not there: write array(select x from … order by …), or array_agg(x order by …)";
    let plain = query.with.is_none() && query.limit_clause.is_none() && query.fetch.is_none();
    let order = match query.order_by.as_ref().map(|order| &order.kind) {
        None => Vec::new(),
        Some(OrderByKind::Expressions(order)) => order.clone(),
        Some(OrderByKind::All(_)) => return refused(hint),
    };
    // An order by the place of a column means the one that there is.
    let is_place = |order: &OrderByExpr| matches!(&order.expr, Expr::Value(_));
    let mut query = query.clone();
    query.order_by = None;
    let SetExpr::Select(select) = query.body.as_mut() else { return refused(hint) };
    let groups = !matches!(&select.group_by, GroupByExpr::Expressions(by, _) if by.is_empty());
    let [item] = select.projection.as_mut_slice() else { return refused(hint) };
    let (SelectItem::UnnamedExpr(own) | SelectItem::ExprWithAlias { expr: own, .. }) = item else {
        return refused(hint);
    };
    if !plain || groups || select.having.is_some() {
        return refused(hint);
    }
    let own = own.clone();
    let order =
        order.into_iter().map(|one| if is_place(&one) { OrderByExpr { expr: own.clone(), ..one } } else { one });
    let order: Vec<OrderByExpr> = order.collect();
    let distinct = select.distinct.take();
    if !matches!(distinct, None | Some(Distinct::Distinct)) {
        return refused(hint);
    }
    let Expr::Function(mut aggregate) = call("array_agg", vec![own]) else { return refused(hint) };
    if let FunctionArguments::List(list) = &mut aggregate.args {
        list.duplicate_treatment = distinct.map(|_| DuplicateTreatment::Distinct);
        list.clauses = if order.is_empty() { Vec::new() } else { vec![FunctionArgumentClause::OrderBy(order)] };
    }
    *item = SelectItem::UnnamedExpr(Expr::Function(aggregate));
    Ok(call("array_or_empty", vec![Expr::Subquery(Box::new(query))]))
}

/// Its parts may be given by name.
fn make_interval(list: &FunctionArgumentList) -> Result<Option<Expr>, Refused> {
    const PARTS: [&str; 7] = ["years", "months", "weeks", "days", "hours", "mins", "secs"];
    let mut parts: Vec<Expr> = PARTS.iter().map(|_| Expr::Value(Value::Number("0".into(), false).into())).collect();
    for (at, arg) in list.args.iter().enumerate() {
        let (at, value) = match arg {
            FunctionArg::Named {
                name,
                arg: FunctionArgExpr::Expr(value),
                operator: FunctionArgOperator::RightArrow | FunctionArgOperator::Assignment,
            } => (PARTS.iter().position(|part| *part == name.value), value),
            FunctionArg::ExprNamed { name: Expr::Identifier(name), arg: FunctionArgExpr::Expr(value), .. } => {
                (PARTS.iter().position(|part| *part == name.value), value)
            }
            FunctionArg::Unnamed(FunctionArgExpr::Expr(value)) => (Some(at), value),
            _ => return Ok(None),
        };
        match at.and_then(|at| parts.get_mut(at)) {
            Some(part) => *part = value.clone(),
            None => return refused(format!("make_interval takes {}", PARTS.join(", "))),
        }
    }
    Ok(Some(call("make_interval_of", parts)))
}

/// Aggregates that are made of others: `every`, `jsonb_agg`, `jsonb_object_agg`.
pub(super) fn aggregate(function: &Function, name: &str, list: &FunctionArgumentList) -> Result<Option<Expr>, Refused> {
    let array_of = |arg: Expr| {
        let args =
            FunctionArgumentList { args: vec![FunctionArg::Unnamed(FunctionArgExpr::Expr(arg))], ..list.clone() };
        Expr::Function(Function {
            name: ObjectName::from(vec![Ident::new("array_agg")]),
            args: FunctionArguments::List(args),
            ..function.clone()
        })
    };
    let args: Vec<Expr> = list.args.iter().filter_map(plain).collect();
    let is_distinct = list.duplicate_treatment.is_some();
    Ok(Some(match (name, args.as_slice()) {
        ("every", [one]) => {
            let args = FunctionArgumentList {
                args: vec![FunctionArg::Unnamed(FunctionArgExpr::Expr(one.clone()))],
                ..list.clone()
            };
            Expr::Function(Function {
                name: ObjectName::from(vec![Ident::new("bool_and")]),
                args: FunctionArguments::List(args),
                ..function.clone()
            })
        }
        ("count", [_, _, ..]) => return refused("count takes one value, or *"),
        ("jsonb_agg" | "jsonb_object_agg", _) if is_distinct => {
            return refused(format!("{name}(DISTINCT …) is not there: take distinct rows in a subquery first"));
        }
        // JSON travels as text: items that are text already are not quoted once more.
        ("jsonb_agg", [one]) => {
            call("jsonb_array_of", vec![array_of(as_type(call("to_jsonb", vec![one.clone()]), "text"))])
        }
        ("jsonb_object_agg", [key, value]) => {
            let value = array_of(as_type(call("to_jsonb", vec![value.clone()]), "text"));
            call("jsonb_object_of", vec![array_of(as_type(key.clone(), "text")), value])
        }
        _ => return Ok(None),
    }))
}

pub(super) fn format_case(own: &Expr, other: &Expr) -> Expr {
    Expr::Case {
        case_token: AttachedToken::empty(),
        end_token: AttachedToken::empty(),
        operand: None,
        conditions: vec![CaseWhen {
            condition: binary(own.clone(), BinaryOperator::Eq, other.clone()),
            result: Expr::Value(Value::Null.into()),
        }],
        else_result: Some(Box::new(call("as_compared", vec![own.clone(), other.clone()]))),
    }
}
