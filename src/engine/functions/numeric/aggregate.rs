//! Owns the aggregates of numbers of any size: sum, average, least, greatest.
//! Must not know: how SQL names them.

use std::cmp::Ordering;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray};
use datafusion::arrow::datatypes::{DataType, Int64Type};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::{Accumulator, AggregateUDF, Volatility, create_udaf};

use super::NUMERIC;
use super::udf::{read, undefined};
use super::value::Numeric;

/// `numeric_sum` or `numeric_avg`.
pub fn total(name: &'static str) -> AggregateUDF {
    let average = name == "numeric_avg";
    create_udaf(
        name,
        vec![NUMERIC],
        Arc::new(NUMERIC),
        Volatility::Immutable,
        Arc::new(move |_| Ok(Box::new(Total { average, sum: None, count: 0 }))),
        Arc::new(vec![NUMERIC, DataType::Int64]),
    )
}

/// `numeric_min`, `numeric_max`, or `numeric_any`: one of equal numbers, always the same.
pub fn choice(name: &'static str) -> AggregateUDF {
    let prefer = match name {
        "numeric_min" => Some(Ordering::Less),
        "numeric_max" => Some(Ordering::Greater),
        _ => None,
    };
    create_udaf(
        name,
        vec![NUMERIC],
        Arc::new(NUMERIC),
        Volatility::Immutable,
        Arc::new(move |_| Ok(Box::new(Choice { prefer, best: None }))),
        Arc::new(vec![NUMERIC]),
    )
}

#[derive(Debug)]
struct Total {
    average: bool,
    sum: Option<Numeric>,
    count: i64,
}

impl Total {
    fn add(&mut self, values: &ArrayRef) -> Result<()> {
        for text in values.as_string::<i64>().iter().flatten() {
            let value = read(text)?;
            self.sum = Some(match &self.sum {
                None => value,
                Some(sum) => sum.add(&value).map_err(undefined)?,
            });
        }
        Ok(())
    }
}

fn text(number: Option<&Numeric>) -> ScalarValue {
    ScalarValue::LargeUtf8(number.map(ToString::to_string))
}

impl Accumulator for Total {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.count += i64::try_from(values[0].len() - values[0].logical_null_count()).unwrap_or(i64::MAX);
        self.add(&values[0])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.count += states[1].as_primitive::<Int64Type>().iter().flatten().sum::<i64>();
        self.add(&states[0])
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let Some(sum) = self.sum.as_ref().filter(|_| self.average) else { return Ok(text(self.sum.as_ref())) };
        let count = Numeric::Finite { int: self.count.into(), scale: 0 };
        Ok(text(Some(&sum.divide(&count).map_err(undefined)?)))
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![text(self.sum.as_ref()), ScalarValue::Int64(Some(self.count))])
    }

    fn size(&self) -> usize {
        size_of_val(self)
    }
}

#[derive(Debug)]
struct Choice {
    prefer: Option<Ordering>,
    best: Option<(Numeric, String)>,
}

impl Accumulator for Choice {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        for text in values[0].as_string::<i64>().iter().flatten() {
            let value = read(text)?;
            let better = self.best.as_ref().is_none_or(|(best, shown)| {
                let order = value.compare(best);
                Some(order) == self.prefer || order == Ordering::Equal && text < shown.as_str()
            });
            if better {
                self.best = Some((value, text.to_owned()));
            }
        }
        Ok(())
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.update_batch(states)
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        Ok(ScalarValue::LargeUtf8(self.best.as_ref().map(|(_, text)| text.clone())))
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![self.evaluate()?])
    }

    fn size(&self) -> usize {
        size_of_val(self)
    }
}
