//! Owns functions of the engine that take numbers of any size besides what they take already.
//! Must not know: what they do with either.

use std::hash::{Hash, Hasher};

use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::Result;
use datafusion::execution::FunctionRegistry;
use datafusion::logical_expr::simplify::{ExprSimplifyResult, SimplifyContext};
use datafusion::logical_expr::sort_properties::{ExprProperties, SortProperties};
use datafusion::logical_expr::type_coercion::functions::fields_with_udf;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use datafusion::prelude::SessionContext;

use super::{NUMERIC, udf};

/// The functions of the session that numbers of any size have too.
pub fn functions(ctx: &SessionContext) -> Vec<ScalarUDF> {
    let known = ["abs", "signum", "ceil", "floor", "trunc", "round", "greatest", "least"];
    let overloaded = known.into_iter().filter_map(|name| {
        let inner = ctx.udf(name).ok()?;
        let numeric = if matches!(name, "greatest" | "least") { udf::extreme(name) } else { udf::unary(name) };
        let signature = Signature::user_defined(Volatility::Immutable);
        Some(ScalarUDF::new_from_impl(Overload { inner, numeric, signature }))
    });
    overloaded.collect()
}

#[derive(Debug)]
struct Overload {
    inner: std::sync::Arc<ScalarUDF>,
    numeric: ScalarUDF,
    signature: Signature,
}

impl PartialEq for Overload {
    fn eq(&self, other: &Self) -> bool {
        self.inner.name() == other.inner.name()
    }
}

impl Eq for Overload {}

impl Hash for Overload {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.inner.name().hash(state);
    }
}

fn numeric<'a>(mut kinds: impl Iterator<Item = &'a DataType>) -> bool {
    kinds.any(|kind| *kind == NUMERIC)
}

impl ScalarUDFImpl for Overload {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn aliases(&self) -> &[String] {
        self.inner.aliases()
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, kinds: &[DataType]) -> Result<DataType> {
        if numeric(kinds.iter()) { Ok(NUMERIC) } else { self.inner.return_type(kinds) }
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        let own = numeric(args.arg_fields.iter().map(|field| field.data_type()));
        if own { self.numeric.return_field_from_args(args) } else { self.inner.return_field_from_args(args) }
    }

    fn coerce_types(&self, kinds: &[DataType]) -> Result<Vec<DataType>> {
        if numeric(kinds.iter()) {
            return Ok(kinds.to_vec());
        }
        let fields: Vec<FieldRef> = kinds.iter().map(|kind| Field::new("", kind.clone(), true).into()).collect();
        let coerced = fields_with_udf(&fields, self.inner.as_ref())?;
        Ok(coerced.iter().map(|field| field.data_type().clone()).collect())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let own = numeric(args.arg_fields.iter().map(|field| field.data_type()));
        if own { self.numeric.invoke_with_args(args) } else { self.inner.invoke_with_args(args) }
    }

    fn simplify(&self, args: Vec<Expr>, info: &SimplifyContext) -> Result<ExprSimplifyResult> {
        let own = args.iter().any(|arg| info.get_data_type(arg).is_ok_and(|kind| kind == NUMERIC));
        if own { Ok(ExprSimplifyResult::Original(args)) } else { self.inner.simplify(args, info) }
    }

    fn output_ordering(&self, inputs: &[ExprProperties]) -> Result<SortProperties> {
        // By the order of texts, a column of numbers is in no order.
        if inputs.iter().any(|input| input.range.data_type() == NUMERIC) {
            return Ok(SortProperties::Unordered);
        }
        self.inner.output_ordering(inputs)
    }
}
