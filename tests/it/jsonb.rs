//! Owns the test that is_jsonb() and PostgreSQL agree on what jsonb is: on edge cases and on thousands of mutations.

use std::sync::Arc;

use arrow::array::{AsArray, RecordBatch, StringArray};
use datafusion::datasource::MemTable;
use rehome::diagnosis::Text;
use rehome::engine::{Engine, Identity, Schema, Settings};

use crate::cluster::Database;

const EDGES: &[&str] = &[
    "",
    " ",
    "null",
    "NULL",
    "true",
    "tru",
    "truex",
    "true_",
    "false1",
    "nullé",
    "0",
    "-0",
    "-",
    "00",
    "01",
    "-01",
    "1.",
    ".1",
    "1.0e",
    "1e5",
    "1E+5",
    "1e-5",
    "1.5e+",
    "0x10",
    "1_000",
    "NaN",
    "Infinity",
    "-Infinity",
    "1e131071",
    "1e131072",
    "10e131071",
    "0.1e131073",
    "0.01e131073",
    "1e-16383",
    "1e-16384",
    "0.0e-16382",
    "0.0e-16383",
    "0e-16384",
    "0e131073",
    "0e1073741822",
    "0e1073741823",
    "1e1073741823",
    "1e-1073741823",
    "0.00001e131076",
    "0.00001e131077",
    "99999e131067",
    "99999e131068",
    "1e99999999999999999999",
    "\"\"",
    "\"\\u0000\"",
    "\"\\u0041\"",
    "\"\\ud83d\\ude00\"",
    "\"\\ud83d\"",
    "\"\\ude00\"",
    "\"\\ud83d\\ud83d\"",
    "\"\\ud83dx\"",
    "\"\\ud83d\\n\"",
    "\"\\x41\"",
    "\"\\u12\"",
    "\"\\uD83D\\uDE00\"",
    "\"a\tb\"",
    "\"a\nb\"",
    "\"a\u{7f}b\"",
    "\"\u{1f}\"",
    "\"é😀\"",
    "'a'",
    "\"a",
    "a\"",
    "\"\\\"",
    "\"\\/\"",
    "[]",
    "[ ]",
    "[,]",
    "[1,]",
    "[1 2]",
    "[[]",
    "[]]",
    "{}",
    "{ }",
    "{,}",
    "{\"a\"}",
    "{\"a\":}",
    "{\"a\":1,}",
    "{\"a\":1 \"b\":2}",
    "{a:1}",
    "{'a':1}",
    "{\"a\":1}{\"b\":2}",
    "{\"a\":1} x",
    "{\"a\":{\"b\":[1,2,{\"c\":null}]}}",
    "{\"a\":1,\"a\":2}",
    "{1:2}",
    "[1]//c",
    "/**/1",
    "\u{feff}{}",
    "\u{a0}{}",
    "\u{b}1",
    "\u{c}1",
    "\r\n\t 1 \r\n",
    "1\u{0b}",
    "-1.5e-3",
    "--1",
    "+1",
    "1-1",
    "1a",
    "1 a",
    "1\"a\"",
    "\"a\"1",
    "[1\"a\"]",
    "{\"a\":\"b\"\"c\"}",
    "[true false]",
    "[truefalse]",
    "{\"\\u0000\":1}",
    "{\"\\ud800\":1}",
    "12345678901234567890123456789012345678901234567890.5",
    "é",
    "[é]",
    "1é",
];

const SEEDS: &[&str] = &[
    r#"{"name": "A \"quoted\" text", "n": -12.50e+3, "list": [1, true, null, {"x": "\u00e9\ud83d\ude00"}], "empty": {}}"#,
    r#"[[1, 2.5, -0], ["a", "\\", "\/", "\b\f\n\r\t"], {"k": [{}, []]}]"#,
];

const BYTES: &[u8] = b"{}[]:,\"'\\ue0d8c0123456789.+-Eetrfalsn \t\n/x";

/// Every text, in one go: what does PostgreSQL say?
async fn asked(database: &Database, texts: &[String]) -> Vec<bool> {
    database.run(include_str!("sql/is_jsonb.sql")).await;
    let sql = "select is_jsonb(t) from unnest($1::text[]) with ordinality x(t, n) order by n";
    let rows = database.session.query(sql, &[&texts]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

async fn answered(texts: &[String]) -> Vec<bool> {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings {
        memory: 1 << 30,
        partitions: 1,
        spill: folder.path().to_owned(),
        identity: Arc::new(Identity::default()),
    };
    let engine = Engine::new(&settings).unwrap();
    let rows = RecordBatch::try_from_iter([("t", Arc::new(StringArray::from(texts.to_vec())) as _)]).unwrap();
    engine
        .register(Schema::Source, "texts", Arc::new(MemTable::try_new(rows.schema(), vec![vec![rows]]).unwrap()))
        .unwrap();
    let frame =
        engine.plan(Text { file: "test", sql: "select is_jsonb(t) as answer from source.texts" }, &[]).await.unwrap();
    let batches = frame.collect().await.unwrap();
    batches
        .iter()
        .flat_map(|batch| batch.column(0).as_boolean().iter().map(Option::unwrap).collect::<Vec<_>>())
        .collect()
}

#[tokio::test]
async fn postgresql_and_is_jsonb_agree() {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_251_027_u64);
    println!("SEED={seed}");
    let mut state = seed;
    let mut next = move |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    let mut texts: Vec<String> = EDGES.iter().map(ToString::to_string).collect();
    texts.push(format!("{}1{}", "[".repeat(3_000), "]".repeat(3_000)));
    texts.push(format!("{}{}", "[".repeat(100), "]".repeat(99)));
    texts.push(format!("{}.{}", "9".repeat(131_072), "9".repeat(16_383)));
    texts.push("9".repeat(131_073));
    texts.push(format!("1.{}", "9".repeat(16_384)));
    while texts.len() < 6_000 {
        let mut bytes = SEEDS[next(SEEDS.len())].as_bytes().to_vec();
        for _ in 0..=next(3) {
            if bytes.is_empty() {
                break;
            }
            let at = next(bytes.len());
            match next(4) {
                0 => drop(bytes.remove(at)),
                1 => bytes[at] = BYTES[next(BYTES.len())],
                2 => bytes.insert(at, BYTES[next(BYTES.len())]),
                _ => bytes.truncate(at + 1),
            }
        }
        texts.extend(String::from_utf8(bytes).ok().filter(|text| !text.contains('\0')));
    }
    let database = Database::fresh().await;
    let (expected, found) = (asked(&database, &texts).await, answered(&texts).await);
    let wrong: Vec<_> =
        texts.iter().zip(expected.iter().zip(&found)).filter(|(_, (expected, found))| expected != found).collect();
    assert!(
        wrong.is_empty(),
        "{} differ, for example (postgresql, ours): {:?}",
        wrong.len(),
        wrong
            .iter()
            .take(5)
            .map(|(text, answer)| (text.chars().take(80).collect::<String>(), answer))
            .collect::<Vec<_>>()
    );
    assert!(found.iter().filter(|found| **found).count() > 500, "both answers must occur often");
}
