//! Owns the minus before an expression: of numbers of any size too, and an error where an integer overflows.
//! Must not know: the flows.

use std::ops::ControlFlow;
use std::sync::Arc;

use datafusion::arrow::compute::cast;
use datafusion::arrow::compute::kernels::numeric::neg;
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::{ScalarValue, plan_err};
use datafusion::logical_expr::{ColumnarValue, ScalarUDF};
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{
    Expr, Function as Call, FunctionArg, FunctionArgExpr, FunctionArgumentList, FunctionArguments, Ident, ObjectName,
    UnaryOperator, VisitMut, VisitorMut,
};

use super::numeric::{NUMERIC, negated};
use super::{Function, arity};

const NAME: &str = "negate";

/// Writes `negate(x)` for `-x`, but for literals: the engine knows no minus of ours, and its own lets integers overflow.
pub fn written_out(statement: &mut Statement) {
    if let Statement::Statement(inner) = statement {
        let _ = inner.visit(&mut WriteOut);
    }
}

struct WriteOut;

impl VisitorMut for WriteOut {
    type Break = ();

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Expr::UnaryOp { op: UnaryOperator::Minus, expr: inner } = expr
            && !matches!(inner.as_ref(), Expr::Value(_) | Expr::Interval(_))
        {
            let arg = FunctionArg::Unnamed(FunctionArgExpr::Expr(inner.as_ref().clone()));
            let args = FunctionArgumentList { duplicate_treatment: None, args: vec![arg], clauses: Vec::new() };
            *expr = Expr::Function(Call {
                name: ObjectName::from(vec![Ident::new(NAME)]),
                uses_odbc_syntax: false,
                parameters: FunctionArguments::None,
                args: FunctionArguments::List(args),
                filter: None,
                null_treatment: None,
                over: None,
                within_group: Vec::new(),
            });
        }
        ControlFlow::Continue(())
    }
}

/// The function itself.
pub fn negate() -> ScalarUDF {
    Function::udf(
        NAME,
        |args| {
            arity(args, 1, "-")?;
            let field = &args.arg_fields[0];
            let kind = field.data_type();
            let fits = kind.is_numeric() && !kind.is_unsigned_integer()
                || kind.is_null()
                || *kind == NUMERIC
                || matches!(kind, DataType::Interval(_));
            if !fits {
                return plan_err!("Unary operator '-' only supports signed numeric, interval and timestamp types");
            }
            Ok(Field::new(NAME, kind.clone(), field.is_nullable()).with_metadata(field.metadata().clone()).into())
        },
        |args| {
            if *args.return_type() == NUMERIC {
                return negated(args);
            }
            let scalar = matches!(args.args[0], ColumnarValue::Scalar(_));
            let array = cast(&args.args[0].to_array(if scalar { 1 } else { args.number_rows })?, args.return_type())?;
            let array = if array.data_type().is_null() { array } else { neg(array.as_ref())? };
            if scalar {
                return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&array, 0)?));
            }
            Ok(ColumnarValue::Array(Arc::clone(&array)))
        },
    )
}
