//! Owns has_members(): does a JSON object have a member for each field of a struct?
//! Must not know: what the members hold.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use datafusion::arrow::array::{AsArray, BooleanArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::{DataFusionError, Result};
use datafusion::logical_expr::{ColumnarValue, ScalarUDF};
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

use super::super::{Function, arity};

/// `has_members(json, row)`: false for what is no JSON object, and for NULL.
pub fn has_members() -> ScalarUDF {
    Function::udf(
        "has_members",
        |args| {
            arity(args, 2, "has_members")?;
            match args.arg_fields[1].data_type() {
                DataType::Struct(_) => Ok(Field::new("has_members", DataType::Boolean, false).into()),
                other => Err(DataFusionError::Plan(format!(
                    "has_members takes a row (a struct, such as _row) as its argument 2, not {other}"
                ))),
            }
        },
        |args| {
            let DataType::Struct(fields) = args.arg_fields[1].data_type() else {
                return Err(DataFusionError::Plan("has_members takes a row".into()));
            };
            let wanted: BTreeSet<&str> = fields.iter().map(|field| field.name().as_str()).collect();
            let texts = cast(&args.args[0].to_array(args.number_rows)?, &DataType::Utf8)?;
            let found: BooleanArray = texts
                .as_string::<i32>()
                .iter()
                .map(|text| Some(text.is_some_and(|text| names(text, &wanted))))
                .collect();
            Ok(ColumnarValue::Array(Arc::new(found)))
        },
    )
}

fn names(text: &str, wanted: &BTreeSet<&str>) -> bool {
    let mut reader = serde_json::Deserializer::from_str(text);
    let missing = reader.deserialize_map(Members { wanted: wanted.clone() });
    missing.is_ok_and(|missing| missing.is_empty())
}

/// Crosses out what it meets; what is left is missing.
struct Members<'a> {
    wanted: BTreeSet<&'a str>,
}

impl<'de, 'a> Visitor<'de> for Members<'a> {
    type Value = BTreeSet<&'a str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Self::Value, A::Error> {
        while let Some(name) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            self.wanted.remove(name.as_ref());
            map.next_value::<IgnoredAny>()?;
        }
        Ok(self.wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn members_are_counted_at_the_top_alone() {
        let wanted = ["a", "b\"c"].into();
        assert!(names(r#"{"b\"c": [1, {"x": 2}], "a": null, "more": 1}"#, &wanted));
        assert!(!names(r#"{"a": {"b\"c": 1}}"#, &wanted));
        assert!(!names(r#"["a"]"#, &wanted));
        assert!(!names("{", &wanted));
    }
}
