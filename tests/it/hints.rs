//! Owns the tests of what is told of SQL that is not there: the names most like it, the forms that there are, what to write
//! instead. Must not know: where in a file it stands.

use std::process::Command;

use crate::support::over_people;

/// An output of a flow, what the message says, and what the hint says.
const TOLD: &[(&str, &str, &str)] = &[
    ("uper(p.name) as n", "Invalid function 'uper'", "did you mean 'upper'"),
    ("regexp_replce(p.name, 'a', 'b') as n", "Invalid function 'regexp_replce'", "'regexp_replace'"),
    ("json_agg(p.id) as n", "Invalid function 'json_agg'", "PostgreSQL's json_agg is not there: write jsonb_agg(x)"),
    ("to_tsvector(p.name) as n", "to_tsvector", "a column that PostgreSQL generates in the target"),
    ("date_trunc('month', p.id) as n", "date_trunc(a quoted text, integer) is not there: the forms are", ""),
    ("array_length(array[p.id]) as n", "the forms are array_length(any[], integer)", ""),
    ("repeat(p.id, 2) as n", "repeat(integer, integer) is not there: the forms are repeat(text, integer)", ""),
    ("p.name + p.id as n", "Cannot apply + to text and integer: cast one of them", ""),
    ("p.id = p.name as n", "Cannot compare integer with text", ""),
    ("tanh(p.id) as n", "PostgreSQL's tanh is not there: write", ""),
    ("sqrt(p.id * 1.5) as n", "cast(… as double precision)", ""),
    ("interval(0) '1.6 seconds' as n", "interval(n) '…' is not there: write '…'::interval(n)", ""),
    ("x'1F' as n", "'\\x…'::bytea", ""),
    ("p.id::timestamptz as n", "integer cannot be cast to timestamptz", ""),
    ("timestamp '2024-01-01'::timestamptz as n", "at time zone '…'", ""),
    ("timestamp '2024-01-01' at time zone 'Europe/Berlim' as n", "time zone", ""),
    ("p.name collate \"de_DE\" < 'x' as n", "texts are compared by their bytes", ""),
    // Types that no column can have.
    ("json_get(p.name, 'a') as n", "write j -> 'name' for JSON", ""),
    ("arrow_cast(p.id, 'Duration(Second)') as n", "Duration", ""),
    ("arrow_cast(p.id, 'Float16') as n", "Float16", ""),
    ("map(['a'], [p.id]) as n", "Map", ""),
];

#[tokio::test]
async fn what_is_not_there_is_told_with_what_is() {
    let mut wrong = Vec::new();
    for (output, message, hint) in TOLD {
        let flow = format!(
            "/*---\nsource = \"people\"\n---*/\nselect p.id as _key, migrate() as _outcome, {output} from source.people p"
        );
        match over_people(&[("f", &flow)]).await {
            Ok(_) => wrong.push(format!("accepted: {output}")),
            Err(error) => {
                let told = format!("{error:?}");
                if error.kind().exit_code() != 2 || !error.message().contains(message) || !told.contains(hint) {
                    wrong.push(format!("{output}: {told}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The short form and the whole list come from what is there.
#[test]
fn the_program_tells_its_sql() {
    let told = |args: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_rehome")).args(args).output().unwrap();
        assert!(output.status.success(), "{args:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(told(&["help", "sql"]).contains("at time zone"));
    let listed = told(&["sql"]);
    for (_, forms) in rehome::engine::listed_functions() {
        for form in forms {
            assert!(listed.contains(&form), "{form}");
        }
    }
    let parsed: serde_json::Value = serde_json::from_str(&told(&["sql", "--format", "json"])).unwrap();
    assert!(parsed.to_string().contains("date_trunc(text, timestamp)"));
}
