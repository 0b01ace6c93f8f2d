//! Owns what tells the time: now() and its like, for queries that look at data. Rules must be reproducible, and have none.
//! Must not know: who asks.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use datafusion::arrow::datatypes::{DataType, Field, TimeUnit};
use datafusion::common::ScalarValue;
use datafusion::logical_expr::{ColumnarValue, ScalarUDF};

use super::{Function, arity};

/// The instant of a statement, in microseconds since 1970-01-01 UTC: the same wherever the statement asks for it.
#[derive(Debug, Clone, Default)]
pub struct Moment(Arc<AtomicI64>);

impl Moment {
    /// Lets it be now.
    pub fn begin(&self) {
        self.0.store(chrono::Utc::now().timestamp_micros(), Ordering::Relaxed);
    }

    fn micros(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

const INSTANTS: [&str; 5] =
    ["now", "current_timestamp", "transaction_timestamp", "statement_timestamp", "clock_timestamp"];
/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;

/// The functions of this theme. Clocks show UTC.
pub fn functions(moment: &Moment) -> Vec<ScalarUDF> {
    let instant = |micros: i64| ScalarValue::TimestampMicrosecond(Some(micros), Some("UTC".into()));
    let local = |micros: i64| ScalarValue::TimestampMicrosecond(Some(micros), None);
    let date = |micros: i64| ScalarValue::Date32(i32::try_from(micros.div_euclid(DAY)).ok());
    let zoned = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let mut all: Vec<ScalarUDF> =
        INSTANTS.iter().map(|name| telling(name, zoned.clone(), moment.clone(), instant)).collect();
    let plain = DataType::Timestamp(TimeUnit::Microsecond, None);
    all.push(telling("localtimestamp", plain, moment.clone(), local));
    all.push(telling("current_date", DataType::Date32, moment.clone(), date));
    all
}

fn telling(
    name: &'static str,
    kind: DataType,
    moment: Moment,
    tell: impl Fn(i64) -> ScalarValue + Send + Sync + 'static,
) -> ScalarUDF {
    Function::udf(
        name,
        move |args| {
            arity(args, 0, name)?;
            Ok(Field::new(name, kind.clone(), false).into())
        },
        move |_| Ok(ColumnarValue::Scalar(tell(moment.micros()))),
    )
}
