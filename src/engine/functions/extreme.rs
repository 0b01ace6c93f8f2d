//! Owns the least and the greatest of floating point numbers: NaN is above all, as PostgreSQL has it.
//! Must not know: how SQL names them.

use std::cmp::Ordering;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Float64Type};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::{Accumulator, AggregateUDF, Volatility, create_udaf};

/// `float_min` or `float_max` of real or double precision.
pub fn float_extreme(name: &'static str, kind: &DataType) -> AggregateUDF {
    let wanted = if name == "float_min" { Ordering::Less } else { Ordering::Greater };
    let of = kind.clone();
    create_udaf(
        name,
        vec![kind.clone()],
        Arc::new(kind.clone()),
        Volatility::Immutable,
        Arc::new(move |_| Ok(Box::new(Extreme { wanted, kind: of.clone(), best: None }))),
        Arc::new(vec![kind.clone()]),
    )
}

#[derive(Debug)]
struct Extreme {
    wanted: Ordering,
    kind: DataType,
    best: Option<f64>,
}

fn order(left: f64, right: f64) -> Ordering {
    left.partial_cmp(&right).unwrap_or_else(|| left.is_nan().cmp(&right.is_nan()))
}

impl Accumulator for Extreme {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        for value in cast(&values[0], &DataType::Float64)?.as_primitive::<Float64Type>().iter().flatten() {
            // Of equal ones the later, as PostgreSQL keeps it.
            if self.best.is_none_or(|best| order(best, value) != self.wanted) {
                self.best = Some(value);
            }
        }
        Ok(())
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.update_batch(states)
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        ScalarValue::Float64(self.best).cast_to(&self.kind)
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![self.evaluate()?])
    }

    fn size(&self) -> usize {
        size_of_val(self)
    }
}
