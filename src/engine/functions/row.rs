//! Owns the struct of a source row, `_row`: like named_struct, but it keeps what the columns' types were in PostgreSQL.
//! Must not know: how rows are rendered.

use std::sync::Arc;

use datafusion::arrow::array::StructArray;
use datafusion::arrow::datatypes::{DataType, Field, Fields};
use datafusion::common::{Result, internal_err, plan_err};
use datafusion::logical_expr::{ColumnarValue, ScalarUDF};

use super::{Function, literal};

/// `source_row('name', value, …)`: never NULL itself, so that only an outer join makes it so.
pub fn source_row() -> ScalarUDF {
    row("source_row")
}

/// `named_struct('name', value, …)`, in the place of the engine's own, which forgets the types: a composite key needs them.
pub fn named_struct() -> ScalarUDF {
    row("named_struct")
}

fn row(name: &'static str) -> ScalarUDF {
    Function::udf(
        name,
        move |args| {
            if args.arg_fields.is_empty() || !args.arg_fields.len().is_multiple_of(2) {
                return plan_err!("{name} takes pairs of a name and a value");
            }
            let mut fields = Vec::with_capacity(args.arg_fields.len() / 2);
            for (pair, field) in args.arg_fields.chunks_exact(2).enumerate() {
                let name = literal(args, pair * 2, name)?;
                fields.push(
                    Field::new(name, field[1].data_type().clone(), true).with_metadata(field[1].metadata().clone()),
                );
            }
            Ok(Field::new(name, DataType::Struct(Fields::from(fields)), false).into())
        },
        |args| {
            let DataType::Struct(fields) = args.return_type() else {
                return internal_err!("a row is a struct");
            };
            let values: Vec<ColumnarValue> = args.args.chunks_exact(2).map(|pair| pair[1].clone()).collect();
            let arrays = values.iter().map(|value| value.to_array(args.number_rows)).collect::<Result<Vec<_>>>()?;
            Ok(ColumnarValue::Array(Arc::new(StructArray::try_new(fields.clone(), arrays, None)?)))
        },
    )
}
