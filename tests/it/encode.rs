//! Owns the proof that every type arrives as PostgreSQL itself would read it from text: the server is the judge.

use std::sync::{Arc, OnceLock};

use arrow::array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, FixedSizeBinaryArray,
    Float32Array, Float64Array, Int16Array, Int32Array, Int64Array, LargeStringArray, ListArray, NullArray,
    RecordBatch, StringArray, StringViewArray, Time64MicrosecondArray, TimestampMicrosecondArray, UInt8Array,
    UInt32Array, UInt64Array,
};
use arrow::datatypes::{DataType, Int32Type};
use rehome::load;
use rehome::load::encode::Encoder;
use rehome::server::{Address, Cluster, ClusterOptions, Connection};
use rehome::target::Catalog;

/// The one server of these tests; it ends with the process.
pub fn cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(|| Cluster::start(&ClusterOptions { fsync: false, ..ClusterOptions::default() }).unwrap())
}

/// A new, empty database.
pub async fn database(name: &str) -> (Address, Connection) {
    let cluster = tokio::task::spawn_blocking(cluster).await.unwrap();
    cluster.create_database(name).await.unwrap();
    let address = Address::parse(&cluster.url(name)).unwrap();
    let connection = address.connect("test").await.unwrap();
    (address, connection)
}

pub struct Case {
    pub ty: &'static str,
    pub array: ArrayRef,
    /// What PostgreSQL would read, row by row; None is NULL.
    texts: Vec<Option<&'static str>>,
}

fn case(ty: &'static str, array: impl Array + 'static, texts: &[&'static str]) -> Case {
    let mut texts: Vec<_> = texts.iter().map(|text| Some(*text)).collect();
    texts.resize(array.len(), None);
    Case { ty, array: Arc::new(array), texts }
}

const UUID: &str = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
const UUID_BYTES: [u8; 16] =
    [0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8];
/// 2025-08-18 10:00:00.123456 UTC.
const MOMENT: i64 = 1_755_511_200_123_456;
const MOMENTS: [&str; 5] = [
    "2025-08-18 10:00:00.123456+00",
    "infinity",
    "-infinity",
    "0045-03-15 12:00:00+00 BC",
    "1969-12-31 23:59:59.999999+00",
];
const BEFORE_CHRIST: i64 = -63_549_316_800_000_000;

fn moments(zone: Option<&str>) -> TimestampMicrosecondArray {
    let values = vec![Some(MOMENT), Some(i64::MAX), Some(i64::MIN), Some(BEFORE_CHRIST), Some(-1), None];
    TimestampMicrosecondArray::from(values).with_timezone_opt(zone)
}

fn uuids() -> FixedSizeBinaryArray {
    FixedSizeBinaryArray::try_from_sparse_iter_with_size([Some(UUID_BYTES), Some([0; 16]), None].into_iter(), 16)
        .unwrap()
}

fn lists<T: Array + 'static>(values: T) -> ListArray {
    let field = Arc::new(arrow::datatypes::Field::new("item", values.data_type().clone(), true));
    let length = i32::try_from(values.len()).unwrap();
    let offsets = arrow::buffer::OffsetBuffer::new(vec![0, length, length, length].into());
    let nulls = arrow::buffer::NullBuffer::from(vec![true, true, false]);
    ListArray::new(field, offsets, Arc::new(values), Some(nulls))
}

#[allow(clippy::too_many_lines)]
pub fn cases() -> Vec<Case> {
    let numbers = [
        "0",
        "-1.50",
        "12345678901234567890.000000012345678901234567890",
        "NaN",
        "Infinity",
        "-Infinity",
        "1e-7",
        "1.5e10",
        "100000000",
        "0.0001",
        "-0.00",
        "99990000.0001",
    ];
    let json = r#"{"b": [1.10, "é\u0001😀", {"a": null}], "a":1,  "a": 2}"#;
    let dictionary: DictionaryArray<Int32Type> = vec![Some("a"), None, Some("b")].into_iter().collect();
    vec![
        case("bool", BooleanArray::from(vec![Some(true), Some(false), None]), &["t", "f"]),
        case("int2", Int16Array::from(vec![Some(-32768), Some(32767), None]), &["-32768", "32767"]),
        case("int2", Int64Array::from(vec![Some(-1), Some(7), None]), &["-1", "7"]),
        case("int4", Int32Array::from(vec![Some(i32::MIN), Some(i32::MAX), None]), &["-2147483648", "2147483647"]),
        case("int4", UInt8Array::from(vec![Some(255), None]), &["255"]),
        case(
            "int8",
            Int64Array::from(vec![Some(i64::MIN), Some(i64::MAX), None]),
            &["-9223372036854775808", "9223372036854775807"],
        ),
        case("int8", UInt64Array::from(vec![Some(5), None]), &["5"]),
        case("oid", UInt32Array::from(vec![Some(4_294_967_295), None]), &["4294967295"]),
        case("numeric", UInt64Array::from(vec![Some(u64::MAX), None]), &["18446744073709551615"]),
        case("numeric", Int32Array::from(vec![Some(-40_000), None]), &["-40000"]),
        case("float8", Int32Array::from(vec![Some(-40_000), None]), &["-40000"]),
        case(
            "float4",
            Float32Array::from(vec![Some(0.1), Some(f32::NAN), Some(f32::NEG_INFINITY), Some(-0.0), None]),
            &["0.1", "NaN", "-Infinity", "-0"],
        ),
        case("float8", Float32Array::from(vec![Some(0.5), Some(0.1), None]), &["0.5", "0.10000000149011612"]),
        case(
            "float8",
            Float64Array::from(vec![Some(0.1), Some(1e300), Some(f64::INFINITY), Some(5e-324), None]),
            &["0.1", "1e300", "Infinity", "5e-324"],
        ),
        case(
            "text",
            StringArray::from(vec![Some(""), Some("ä\t\\N\n\r\"😀"), Some("\\N"), None]),
            &["", "ä\t\\N\n\r\"😀", "\\N"],
        ),
        case("text", LargeStringArray::from(vec![Some("large"), None]), &["large"]),
        case(
            "text",
            StringViewArray::from(vec![Some("a view that is longer than twelve bytes"), None]),
            &["a view that is longer than twelve bytes"],
        ),
        case("text", dictionary, &["a"]).with(vec![Some("a"), None, Some("b")]),
        case("varchar(5)", StringArray::from(vec![Some("ääääé"), Some("a  "), None]), &["ääääé", "a  "]),
        case("char(4)", StringArray::from(vec![Some("ab"), Some("abcd    "), None]), &["ab", "abcd"]),
        case("name", StringArray::from(vec![Some("pg_class"), None]), &["pg_class"]),
        case("mood", StringArray::from(vec![Some("sad"), Some("it's ok"), None]), &["sad", "it's ok"]),
        case("mood_domain", StringArray::from(vec![Some("sad"), None]), &["sad"]),
        case("json", StringArray::from(vec![Some(json), None]), &[json]),
        case("jsonb", StringArray::from(vec![Some(json), Some("null"), None]), &[json, "null"]),
        case(
            "uuid",
            StringArray::from(vec![Some(UUID), Some("{6BA7B810-9DAD-11D1-80B4-00C04FD430C8}"), None]),
            &[UUID, UUID],
        ),
        case("uuid", uuids(), &[UUID, "00000000-0000-0000-0000-000000000000"]),
        case("bytea", BinaryArray::from_opt_vec(vec![Some(b"\x00\xff\\"), Some(b""), None]), &["\\x00ff5c", "\\x"]),
        case(
            "date",
            Date32Array::from(vec![Some(0), Some(20_318), Some(i32::MAX), Some(i32::MIN), Some(-735_190), None]),
            &["1970-01-01", "2025-08-18", "infinity", "-infinity", "0044-02-13 BC"],
        ),
        case("timestamptz", moments(Some("UTC")), &MOMENTS),
        case("timestamptz", moments(None), &MOMENTS),
        case(
            "timestamp",
            moments(None),
            &[
                "2025-08-18 10:00:00.123456",
                "infinity",
                "-infinity",
                "0045-03-15 12:00:00 BC",
                "1969-12-31 23:59:59.999999",
            ],
        ),
        case("timestamp(3)", TimestampMicrosecondArray::from(vec![Some(1_000), None]), &["1970-01-01 00:00:00.001"]),
        case(
            "time",
            Time64MicrosecondArray::from(vec![Some(0), Some(86_399_999_999), Some(86_400_000_000), None]),
            &["00:00", "23:59:59.999999", "24:00"],
        ),
        case(
            "numeric(12,2)",
            Decimal128Array::from(vec![Some(856_127_435), Some(-1), Some(0), None])
                .with_precision_and_scale(12, 2)
                .unwrap(),
            &["8561274.35", "-0.01", "0"],
        ),
        case(
            "numeric",
            Decimal128Array::from(vec![Some(123_000), Some(i128::from(i64::MIN) * 10_000_000_000), None])
                .with_precision_and_scale(38, 5)
                .unwrap(),
            &["1.23000", "-922337203685477580800000.00000"],
        ),
        case("numeric", StringArray::from(numbers.to_vec()), &numbers),
        case(
            "money",
            Decimal128Array::from(vec![Some(-1), Some(i128::from(i64::MIN)), Some(i128::from(i64::MAX)), None])
                .with_precision_and_scale(19, 2)
                .unwrap(),
            &["-0.01", "-92233720368547758.08", "92233720368547758.07"],
        ),
        case(
            "money[]",
            lists(Decimal128Array::from(vec![15_000]).with_precision_and_scale(12, 4).unwrap()),
            &["{1.50}", "{}"],
        ),
        case("\"char\"", StringArray::from(vec![Some(""), Some("\\"), Some("x"), None]), &["", "\\", "x"]),
        case("bit(3)[]", lists(StringArray::from(vec!["101"])), &["{101}", "{}"]),
        case(
            "box[]",
            lists(StringArray::from(vec!["(1,1),(0,0)", "(3,3),(2,2)"])),
            &["{(1,1),(0,0);(3,3),(2,2)}", "{}"],
        ),
        case("amount", StringArray::from(vec![Some("17.5"), None]), &["17.5"]),
        case(
            "uuid[]",
            lists(uuids()),
            &["{6ba7b810-9dad-11d1-80b4-00c04fd430c8,00000000-0000-0000-0000-000000000000,NULL}", "{}"],
        ),
        case(
            "text[]",
            lists(StringArray::from(vec![Some("a,\"b\\"), None, Some("NULL"), Some("")])),
            &["{\"a,\\\"b\\\\\",NULL,\"NULL\",\"\"}", "{}"],
        ),
        case("int4[]", lists(Int64Array::from(vec![1, -2])), &["{1,-2}", "{}"]),
        case("mood[]", lists(StringArray::from(vec!["sad"])), &["{sad}", "{}"]),
        case(
            "numeric(6,2)[]",
            lists(Decimal128Array::from(vec![150]).with_precision_and_scale(6, 2).unwrap()),
            &["{1.50}", "{}"],
        ),
        case("jsonb[]", lists(StringArray::from(vec![r#"{"a":1}"#])), &[r#"{"{\"a\":1}"}"#, "{}"]),
        case("text", NullArray::new(2), &[]),
        // Only as text:
        case("inet", StringArray::from(vec![Some("10.0.0.1/8"), None]), &["10.0.0.1/8"]),
        case(
            "interval",
            StringArray::from(vec![Some("1 year 2 mons -3 days 04:05:06.7"), None]),
            &["1 year 2 mons -3 days 04:05:06.7"],
        ),
        case("inet[]", lists(StringArray::from(vec!["::1"])), &["{::1}", "{}"]),
        case("int4range", StringArray::from(vec![Some("[1,5]"), None]), &["[1,5]"]),
    ]
}

impl Case {
    fn with(mut self, texts: Vec<Option<&'static str>>) -> Self {
        self.texts = texts;
        self
    }
}

/// Writes a case to a table of its own and lets the server compare; `extra` is a column that forces the text form.
async fn judge(connection: &Connection, number: usize, case: &Case, extra: &str) -> Vec<String> {
    let table = format!("t{number}{}", if extra.is_empty() { "" } else { "_text" });
    let create = format!("create table {table} (n int8, v {}{extra})", case.ty);
    connection.batch_execute(&create).await.unwrap();
    let catalog = Catalog::read(connection, "public").await.unwrap();
    let rows = case.array.len();
    let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(0..i64::try_from(rows).unwrap()));
    let mut columns = vec![("n", numbers, false), ("v", case.array.clone(), true)];
    if !extra.is_empty() {
        columns.push(("x", Arc::new(StringArray::new_null(rows)), true));
    }
    let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
    let written = load::copy_into(connection, catalog.require(&table).unwrap(), vec![batch]).await;
    if let Err(error) = written {
        return vec![format!("{} {}: {error}", case.ty, case.array.data_type())];
    }
    let compare = format!(
        "select t.n, t.v::text as have, x.v::{0}::text as want
         from {table} t join unnest($1::text[]) with ordinality x(v, n) on x.n = t.n + 1
         where t.v::text is distinct from x.v::{0}::text",
        case.ty
    );
    let wrong = connection.query(&compare, &[&case.texts]).await.unwrap();
    let count: i64 = connection.query_one(&format!("select count(*) from {table}"), &[]).await.unwrap().get(0);
    let mut said: Vec<String> = wrong
        .iter()
        .map(|row| {
            let (have, want): (Option<String>, Option<String>) = (row.get("have"), row.get("want"));
            format!("{} {}: {have:?}, not {want:?}", case.ty, case.array.data_type())
        })
        .collect();
    if count != i64::try_from(rows).unwrap() {
        said.push(format!("{} {}: {count} rows of {rows}", case.ty, case.array.data_type()));
    }
    said
}

#[tokio::test(flavor = "multi_thread")]
async fn every_type_arrives_as_postgresql_reads_it() {
    let (_, connection) = database("encode").await;
    connection
        .batch_execute(
            "create type mood as enum ('sad', 'it''s ok'); create domain mood_domain as mood;
             create domain amount as numeric(6,2) check (value > 0);",
        )
        .await
        .unwrap();
    let mut wrong = Vec::new();
    for (number, case) in cases().iter().enumerate() {
        wrong.extend(judge(&connection, number, case, "").await);
        wrong.extend(judge(&connection, number, case, ", x inet").await);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Values that PostgreSQL would round or cut in silence, or that do not fit, are refused with their SQLSTATE.
#[tokio::test(flavor = "multi_thread")]
async fn what_would_not_arrive_exactly_is_refused() {
    let (_, connection) = database("refuse").await;
    connection.batch_execute("create type mood as enum ('sad')").await.unwrap();
    let cases: Vec<(&str, ArrayRef, &str)> = vec![
        ("int2", Arc::new(Int32Array::from(vec![40_000])), "22003"),
        ("int8", Arc::new(UInt64Array::from(vec![u64::MAX])), "22003"),
        ("float8", Arc::new(Int64Array::from(vec![(1 << 53) + 1])), "22003"),
        ("float4", Arc::new(Float64Array::from(vec![0.1])), "22003"),
        ("numeric(12,2)", Arc::new(StringArray::from(vec!["0.005"])), "22003"),
        ("money", Arc::new(Decimal128Array::from(vec![5]).with_precision_and_scale(12, 3).unwrap()), "22003"),
        ("\"char\"", Arc::new(StringArray::from(vec!["ab"])), "22001"),
        ("numeric(3,1)", Arc::new(StringArray::from(vec!["100.0"])), "22003"),
        ("numeric", Arc::new(StringArray::from(vec!["12a"])), "22P02"),
        ("varchar(2)", Arc::new(StringArray::from(vec!["a  "])), "22001"),
        ("char(2)", Arc::new(StringArray::from(vec!["abc"])), "22001"),
        ("mood", Arc::new(StringArray::from(vec!["glad"])), "22P02"),
        ("uuid", Arc::new(StringArray::from(vec!["x"])), "22P02"),
        ("timestamp(3)", Arc::new(TimestampMicrosecondArray::from(vec![1])), "22008"),
        ("jsonb", Arc::new(StringArray::from(vec!["{"])), "22P02"),
        ("jsonb", Arc::new(StringArray::from(vec![r#""\u0000""#])), "22P05"),
        ("text", Arc::new(StringArray::from(vec!["a\0b"])), "22021"),
        ("int4 not null", Arc::new(Int32Array::from(vec![None])), "23502"),
    ];
    for (number, (ty, array, state)) in cases.into_iter().enumerate() {
        let table = format!("t{number}");
        connection.batch_execute(&format!("create table {table} (v {ty})")).await.unwrap();
        let catalog = Catalog::read(&connection, "public").await.unwrap();
        let batch = RecordBatch::try_from_iter_with_nullable([("v", array, true)]).unwrap();
        let error = load::copy_into(&connection, catalog.require(&table).unwrap(), vec![batch]).await.unwrap_err();
        assert!(error.to_string().contains(&format!("[sqlstate {state}]")), "{ty}: {error}");
    }
}

/// Pairs of types that make no sense are found before a row is read.
#[tokio::test(flavor = "multi_thread")]
async fn types_that_do_not_fit_are_named() {
    let (_, connection) = database("fit").await;
    connection
        .batch_execute("create table t (v uuid, w int4, z timestamptz, g int4 generated always as (w) stored)")
        .await
        .unwrap();
    let catalog = Catalog::read(&connection, "public").await.unwrap();
    let schema = arrow::datatypes::Schema::new(vec![
        arrow::datatypes::Field::new("v", DataType::Boolean, true),
        arrow::datatypes::Field::new("w", DataType::Utf8, true),
        arrow::datatypes::Field::new("z", DataType::Timestamp(arrow::datatypes::TimeUnit::Nanosecond, None), true),
        arrow::datatypes::Field::new("g", DataType::Boolean, true),
        arrow::datatypes::Field::new("vv", DataType::Int32, true),
        arrow::datatypes::Field::new("_key", DataType::Int32, true),
    ]);
    let wrong = Encoder::new(&schema, catalog.require("t").unwrap()).unwrap_err();
    let said: Vec<_> = wrong.iter().map(|mismatch| format!("{} {}", mismatch.column, mismatch.what)).collect();
    assert_eq!(
        said,
        [
            "v is boolean and cannot become uuid; cast it in the flow's SQL",
            "w is text and cannot become integer; cast it in the flow's SQL",
            "z is Timestamp(ns) and cannot become timestamp with time zone; nanoseconds do not fit, cast it with \
         arrow_cast(…, 'Timestamp(Microsecond, Some(\"UTC\"))')",
            "g is boolean and cannot become integer; cast it in the flow's SQL",
            "vv is not a column of the target; did you mean v?",
        ]
    );
}
