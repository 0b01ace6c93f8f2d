//! Owns the titles of the functions of arrays, which take any type and are in `list.rs`.
//! Must not know: plans, columns.

use super::Family;

/// How these functions are called.
pub const SIGNATURES: &[&str] = &[
    "array[any, …] → any[]",
    "any[] || any[], any[] || any, any || any[] → any[]",
    "any[] && any[], any[] @> any[], any[] <@ any[] → boolean",
    "any[][integer] → any, any[][integer:integer] → any[]",
    "any = any (any[]), any > all (any[]) → boolean",
    "text like any (text[]), text ~ all (text[]) → boolean",
    "coalesce(any, …), greatest(any, …), least(any, …), nullif(any, any) → any",
    "array_append(any[], any) → any[]",
    "array_cat(any[], any[]) → any[]",
    "array_length(any[], integer), array_lower, array_upper → integer",
    "array_ndims(any[]), cardinality(any[]) → integer",
    "array_position(any[], any [, integer]) → integer",
    "array_positions(any[], any) → integer[]",
    "array_prepend(any, any[]) → any[]",
    "array_remove(any[], any), array_replace(any[], any, any) → any[]",
    "array_to_string(any[], text [, text]) → text",
    "trim_array(any[], integer) → any[]",
    "to_json(any), json_build_array(any, …), json_build_object(any, …) → json",
    "to_jsonb(any), jsonb_build_array(any, …), jsonb_build_object(any, …) → jsonb",
    "jsonb_agg(any), jsonb_object_agg(any, any) → jsonb",
];

/// How a function is called.
pub fn form_of(name: &str) -> Option<&'static str> {
    let is_it = |form: &&&str| {
        form.split([' ', ','])
            .any(|word| word == name || word.strip_prefix(name).is_some_and(|rest| rest.starts_with('(')))
    };
    SIGNATURES.iter().find(is_it).copied()
}

pub const FAMILY: Family = Family { title: "Arrays", functions: &[] };
