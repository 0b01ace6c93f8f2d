//! Owns has_members(): does a JSON object have a member for each field of a struct?
//! Must not know: what the members hold.

use std::fmt;
use std::sync::Arc;

use datafusion::arrow::array::{AsArray, BooleanArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::{DataFusionError, Result};
use datafusion::logical_expr::{ColumnarValue, ScalarUDF};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};

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
            let wanted: Vec<&str> = fields.iter().map(|field| field.name().as_str()).collect();
            let mut met = vec![false; wanted.len()];
            let texts = cast(&args.args[0].to_array(args.number_rows)?, &DataType::Utf8)?;
            let found: BooleanArray = texts
                .as_string::<i32>()
                .iter()
                .map(|text| Some(text.is_some_and(|text| names(text, &wanted, &mut met))))
                .collect();
            Ok(ColumnarValue::Array(Arc::new(found)))
        },
    )
}

/// Are all `wanted` names there? `met` has a place for each; it is used again for each text, of which there are millions.
fn names(text: &str, wanted: &[&str], met: &mut [bool]) -> bool {
    met.fill(false);
    let mut reader = serde_json::Deserializer::from_str(text);
    let read = reader.deserialize_map(Members { wanted, met: &mut *met });
    read.is_ok() && met.iter().all(|met| *met)
}

/// Ticks off what it meets.
struct Members<'a> {
    wanted: &'a [&'a str],
    met: &'a mut [bool],
}

impl<'de> Visitor<'de> for Members<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { wanted, met } = self;
        while map.next_key_seed(Name { wanted, met: &mut *met })?.is_some() {
            map.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
}

/// The name of a member.
struct Name<'a> {
    wanted: &'a [&'a str],
    met: &'a mut [bool],
}

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, name: D) -> Result<(), D::Error> {
        name.deserialize_str(self)
    }
}

impl Visitor<'_> for Name<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<(), E> {
        let places = self.wanted.iter().zip(self.met.iter_mut());
        places.filter(|(wanted, _)| **wanted == name).for_each(|(_, met)| *met = true);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn members_are_counted_at_the_top_alone() {
        let names = |text| names(text, &["a", "b\"c"], &mut [true; 2]);
        assert!(names(r#"{"b\"c": [1, {"x": 2}], "a": null, "more": 1}"#));
        assert!(!names(r#"{"a": {"b\"c": 1}}"#));
        assert!(!names(r#"["a"]"#));
        assert!(!names("{"));
    }
}
