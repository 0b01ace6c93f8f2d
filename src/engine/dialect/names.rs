//! Owns what is told of a function that is not there: what PostgreSQL's of that name can be written as.
//! Must not know: how queries are planned.

use super::families;

/// Functions that PostgreSQL has and that are not there, and what to write.
const INSTEAD: &[(&str, &str)] = &[
    ("array_dims", "array_length(x, 1)"),
    ("array_fill", "an array literal"),
    ("array_to_json", "to_jsonb(x)"),
    ("cast", "cast(x as type)"),
    ("clock_timestamp", "a parameter: declare the time under [params] and write $name"),
    ("crosstab", "max(x) filter (where …) for each column"),
    ("every", "bool_and(x)"),
    ("gen_random_uuid", "legacy_uuid('entity', key), which is the same each time"),
    ("json_agg", "jsonb_agg(x)"),
    ("json_build_array", "jsonb_build_array(…)"),
    ("json_build_object", "jsonb_build_object(…)"),
    ("json_each", "x -> 'name' for each name"),
    ("json_object_agg", "jsonb_object_agg(name, value)"),
    ("json_populate_record", "x ->> 'name' for each column"),
    ("json_to_record", "x ->> 'name' for each column"),
    ("jsonb_array_elements", "unnest(jsonb_items(x)): one row for each item"),
    ("jsonb_each", "x -> 'name' for each name"),
    ("jsonb_path_query", "x #> '{a,b}'"),
    ("make_timestamptz", "make_timestamp(…) at time zone '…'"),
    ("nextval", "id = \"server\" in the header, which takes the target's ids"),
    ("regexp_matches", "regexp_match(text, pattern), the first match"),
    ("regexp_split_to_table", "unnest(regexp_split_to_array(text, pattern))"),
    ("row_to_json", "row_json(t._row)"),
    ("statement_timestamp", "a parameter: declare the time under [params] and write $name"),
    ("string_to_table", "unnest(string_to_array(text, ','))"),
    ("timeofday", "a parameter: declare the time under [params] and write $name"),
    ("to_tsvector", "a column that PostgreSQL generates in the target"),
    ("transaction_timestamp", "a parameter: declare the time under [params] and write $name"),
    ("uuid_generate_v4", "legacy_uuid('entity', key), which is the same each time"),
    ("width_bucket", "floor((x - low) / width)"),
    ("xmlparse", "the text itself, which the target's column reads"),
];

/// What to write in place of a function of PostgreSQL's that is not there.
#[must_use]
pub fn hint(name: &str) -> Option<String> {
    let found = INSTEAD.iter().find(|(known, _)| *known == name && !families::has(name))?;
    Some(format!("PostgreSQL's {name} is not there: write {}", found.1))
}
