//! Owns what the parser binds otherwise than PostgreSQL does, or takes for something else, and the shielding of
//! conditions that may fail.
//! Must not know: what is rewritten into calls.

use datafusion::sql::sqlparser::ast::helpers::attached_token::AttachedToken;
use datafusion::sql::sqlparser::ast::{
    BinaryOperator, CaseWhen, Expr, Function, FunctionArguments, UnaryOperator, Value,
};

use super::Refused;
use super::build::{as_type, plain, quoted};

/// What the parser binds otherwise than PostgreSQL does, or takes for something else.
pub(super) fn otherwise_bound(expr: &mut Expr) -> Option<Refused> {
    use BinaryOperator::{Divide, Minus, Modulo, Multiply, PGExp, Plus};
    let is_loose = |expr: &Expr| {
        matches!(expr, Expr::UnaryOp { op, .. }
            if matches!(op, UnaryOperator::PGAbs | UnaryOperator::PGSquareRoot | UnaryOperator::PGCubeRoot | UnaryOperator::BitwiseNot))
    };
    match expr {
        Expr::BinaryOp { left, op: Plus | Minus | Multiply | Divide | Modulo | PGExp, .. } if is_loose(left) => {
            Some(Refused(
                "an operator before a value binds looser than arithmetic in PostgreSQL: write it in parentheses".into(),
            ))
        }
        // The least bigint is written with a minus before what is beyond bigint.
        Expr::UnaryOp { op: UnaryOperator::Minus, expr: inner } if matches!(inner.as_ref(), Expr::Value(value) if matches!(&value.value, Value::Number(digits, _) if digits == "9223372036854775808")) =>
        {
            *expr = as_type(quoted("-9223372036854775808"), "bigint");
            None
        }
        Expr::Case { conditions, .. } => {
            for when in conditions {
                shield(&mut when.condition);
            }
            None
        }
        Expr::AllOp { right, .. } if matches!(right.as_ref(), Expr::Subquery(_)) => Some(Refused(
            "ALL of a subquery is not there: write not exists (select … where not …), or compare with its max or min"
                .into(),
        )),
        Expr::AnyOp { compare_op, right, .. }
            if matches!(right.as_ref(), Expr::Subquery(_)) && *compare_op != BinaryOperator::Eq =>
        {
            Some(Refused("ANY of a subquery is not there: write exists (select … where …)".into()))
        }
        // A minus binds more tightly than a power.
        Expr::UnaryOp { op: UnaryOperator::Minus, expr: inner }
            if matches!(inner.as_ref(), Expr::BinaryOp { op: PGExp, .. }) =>
        {
            let mut power = inner.as_ref().clone();
            let mut first = &mut power;
            while let Expr::BinaryOp { left, op: PGExp, .. } = first {
                first = left;
            }
            *first = Expr::Nested(Box::new(Expr::UnaryOp { op: UnaryOperator::Minus, expr: Box::new(first.clone()) }));
            *expr = power;
            None
        }
        Expr::Function(Function { args: FunctionArguments::List(list), .. })
            if list.args.iter().filter_map(plain).any(|arg| matches!(arg, Expr::Collate { .. })) =>
        {
            Some(Refused("COLLATE within a function is not there".into()))
        }
        Expr::ILike { expr, .. } if matches!(expr.as_ref(), Expr::Collate { .. }) => {
            Some(Refused("COLLATE beside ILIKE is not there".into()))
        }
        _ => None,
    }
}

/// `when x <> 0 and 1 / x > 2`: what may fail is asked only of rows for which the rest holds, as it stands there.
pub(super) fn shield(condition: &mut Expr) {
    let Expr::BinaryOp { left, op: BinaryOperator::And, right } = condition else { return };
    shield(left);
    if !may_fail(right) {
        return;
    }
    *condition = Expr::Case {
        case_token: AttachedToken::empty(),
        end_token: AttachedToken::empty(),
        operand: None,
        conditions: vec![CaseWhen { condition: left.as_ref().clone(), result: right.as_ref().clone() }],
        else_result: Some(Box::new(Expr::Value(Value::Boolean(false).into()))),
    };
}

pub(super) fn may_fail(expr: &Expr) -> bool {
    match expr {
        Expr::BinaryOp { op: BinaryOperator::Divide | BinaryOperator::Modulo, .. } | Expr::Cast { .. } => true,
        Expr::BinaryOp { left, right, .. } => may_fail(left) || may_fail(right),
        Expr::Nested(inner) => may_fail(inner),
        _ => false,
    }
}
