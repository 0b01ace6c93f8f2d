//! Owns `rnd(seed, id)`: numbers that look random and are the same each time, for synthetic data.
//! Must not know: what the data is.

use std::sync::Arc;

use datafusion::arrow::array::{AsArray, Int64Array};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, Int64Type};
use datafusion::logical_expr::{ColumnarValue, ScalarUDF};

use super::{Function, arity};

const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// The functions of this theme.
pub fn functions() -> Vec<ScalarUDF> {
    vec![Function::udf(
        "rnd",
        |args| {
            arity(args, 2, "rnd")?;
            Ok(Field::new("rnd", DataType::Int64, args.arg_fields.iter().any(|field| field.is_nullable())).into())
        },
        |args| {
            let mut columns = Vec::with_capacity(2);
            for arg in &args.args {
                columns.push(cast(&arg.to_array(args.number_rows)?, &DataType::Int64)?);
            }
            let (seeds, ids) = (columns[0].as_primitive::<Int64Type>(), columns[1].as_primitive::<Int64Type>());
            let numbers: Int64Array = seeds
                .iter()
                .zip(ids)
                .map(|(seed, id)| Some(splitmix(seed?.cast_unsigned(), id?.cast_unsigned())))
                .collect();
            Ok(ColumnarValue::Array(Arc::new(numbers)))
        },
    )]
}

/// One step of splitmix64, cut to 63 bits.
fn splitmix(seed: u64, id: u64) -> i64 {
    let mut z = id.wrapping_add(seed.wrapping_add(1).wrapping_mul(GOLDEN));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((z ^ (z >> 31)) >> 1).cast_signed()
}
