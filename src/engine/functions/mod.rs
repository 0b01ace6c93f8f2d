//! Owns the SQL functions that flows have and plain SQL lacks: one file a theme, all registered here.
//! Must not know: which stage runs the SQL.

mod checked;
mod clock;
mod extreme;
mod identity;
mod json;
mod numeric;
mod place;
mod random;
mod read_uuid;
mod row;
mod verdict;

use std::fmt::Debug;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, FieldRef};
use datafusion::common::{DataFusionError, Result, internal_err};
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use datafusion::prelude::SessionContext;

use super::dialect::{casts, families};

pub use checked::CheckedIntegers;
pub use clock::{Moment, functions as clocks};
pub use extreme::float_extreme;
pub use identity::{Identity, checked_casts, printed_key, row_uuid};
pub use json::json_text;
pub use numeric::{
    NUMERIC, Numbers, any_of_equals, compare_numerics, key_of_numeric, known as numeric, numeric_aggregate,
    numeric_function, numeric_key, numeric_operation, numeric_unary, read_numeric, rounded_numeric,
};
pub use place::ordered_by_place;
pub use row::source_row;
pub use verdict::{declared_causes, declared_verdicts, declared_warnings};

/// Registers every function of ours in a session.
///
/// # Errors
/// When the JSON functions do not register: a defect.
pub fn register(ctx: &SessionContext, identity: &Arc<Identity>) -> Result<()> {
    for function in of_sql(identity) {
        ctx.register_udf(function);
    }
    // A clone shares the session's state; registering needs a mutable handle of it.
    datafusion_functions_json::register_all(&mut ctx.clone())
}

/// The functions that SQL can call.
fn of_sql(identity: &Arc<Identity>) -> Vec<ScalarUDF> {
    let mut all = verdict::functions();
    all.extend(json::functions());
    all.extend(random::functions());
    all.extend(read_uuid::functions());
    all.extend([identity::legacy_uuid(identity), row::named_struct()]);
    all.extend(families::functions());
    all.extend(casts());
    all
}

/// The functions by which a worker knows what a plan means, those behind that only plans call: of two with one name, the later.
#[cfg(feature = "cluster")]
pub fn of_plans(identity: &Arc<Identity>) -> Vec<ScalarUDF> {
    let mut all = of_sql(identity);
    all.extend([row_uuid(identity), printed_key(), source_row(), place::place()]);
    all.extend(checked::of_plans());
    all.extend(numeric::of_plans());
    all
}

/// Is it one of ours, and none of the engine's?
#[cfg(feature = "cluster")]
pub fn is_ours(function: &ScalarUDF) -> bool {
    let inner = function.inner();
    inner.is::<Function>() || inner.is::<super::dialect::Forms>()
}

type Field = dyn Fn(&ReturnFieldArgs<'_>) -> Result<FieldRef> + Send + Sync;
type Invoke = dyn Fn(ScalarFunctionArgs) -> Result<ColumnarValue> + Send + Sync;

/// A function made of two closures: the type of its result, and its result. Immutable, any number of arguments.
pub struct Function {
    name: &'static str,
    signature: Signature,
    field: Box<Field>,
    invoke: Box<Invoke>,
}

impl Function {
    pub fn udf(
        name: &'static str,
        field: impl Fn(&ReturnFieldArgs<'_>) -> Result<FieldRef> + Send + Sync + 'static,
        invoke: impl Fn(ScalarFunctionArgs) -> Result<ColumnarValue> + Send + Sync + 'static,
    ) -> ScalarUDF {
        let signature = Signature::one_of(
            vec![
                datafusion::logical_expr::TypeSignature::Nullary,
                datafusion::logical_expr::TypeSignature::VariadicAny,
            ],
            Volatility::Immutable,
        );
        ScalarUDF::new_from_impl(Self { name, signature, field: Box::new(field), invoke: Box::new(invoke) })
    }
}

impl Debug for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Function {}

impl Hash for Function {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for Function {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _types: &[DataType]) -> Result<DataType> {
        internal_err!("the type of {} follows from its arguments", self.name)
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        (self.field)(&args)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        (self.invoke)(args)
    }
}

/// The text of a literal argument; an error that says what is missing otherwise.
fn literal<'a>(args: &'a ReturnFieldArgs<'_>, index: usize, function: &str) -> Result<&'a str> {
    args.scalar_arguments
        .get(index)
        .copied()
        .flatten()
        .and_then(|value| value.try_as_str().flatten())
        .filter(|text| !text.is_empty())
        .ok_or_else(|| DataFusionError::Plan(format!("{function} takes a text literal as its argument {}", index + 1)))
}

fn arity(args: &ReturnFieldArgs<'_>, expected: usize, function: &str) -> Result<()> {
    if args.arg_fields.len() == expected {
        return Ok(());
    }
    Err(DataFusionError::Plan(format!("{function} takes {expected} argument(s), not {}", args.arg_fields.len())))
}
