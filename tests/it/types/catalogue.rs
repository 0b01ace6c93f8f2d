//! Owns the list of types that the campaign sends through: each with values picked by hand and a strategy for more.
//! Must not know: how they are sent, or how they are judged.

use proptest::prelude::*;

use super::values::{self as v, Values};

/// A column's type and its values.
pub struct Entry {
    /// The table's name in both schemas.
    pub name: String,
    /// As DDL writes it.
    pub ty: String,
    /// Texts of values picked by hand.
    pub edges: Vec<String>,
    pub values: Values,
    /// For values that have no text that every PostgreSQL reads: an expression over the row's number `i`.
    pub expression: Option<&'static str>,
    /// Has the type a binary form? The judge compares texts where it has none.
    pub binary: bool,
    /// Of an array: how many values a row has at least, on average.
    pub per_row: usize,
}

impl Entry {
    pub fn new(name: &str, ty: &str, edges: &[&str], values: Values) -> Self {
        Self {
            name: name.to_owned(),
            ty: ty.to_owned(),
            edges: edges.iter().map(ToString::to_string).collect(),
            values,
            expression: None,
            binary: true,
            per_row: 1,
        }
    }

    fn more(mut self, edges: impl IntoIterator<Item = String>) -> Self {
        self.edges.extend(edges);
        self
    }

    fn without_binary(mut self) -> Self {
        self.binary = false;
        self
    }
}

/// What the types of the catalogue need, in a database.
pub const PRELUDE: &str = r#"
    create extension citext; create extension hstore; create extension ltree;
    create schema legacy; create schema fresh; create schema kinds; create schema "Odd ""schema.é";
    create type kinds.mood as enum ('sad', 'it''s "ok", really', '', 'NULL', '{a,b}', 'é😀\',
        'a label of sixty-three bytes, the most that PostgreSQL can keep');
    create domain kinds.amount as numeric(6,2) check (value > -1000);
    create domain kinds.price as kinds.amount check (value < 9000);
    create domain kinds.moods as kinds.mood[];
    create domain kinds.clock as time(3);
    create domain kinds.word as varchar(12);
    create type kinds.pair as (a int, "b ""quoted" text);
    create type "Odd ""schema.é"."Nested, type" as (p kinds.pair, at timestamptz, list text[], price kinds.price);
    create domain kinds.pair_domain as kinds.pair;
    create domain kinds.pairs as kinds.pair[];
    create type kinds.spans as range (subtype = float8, multirange_type_name = kinds.multispans);
    create table "Odd ""schema.é"."Table. ""odd" (id int);
    create function kinds.only_one(int) returns int language sql as 'select $1';
"#;

fn arrays(of: &Entry, separator: char) -> [Entry; 2] {
    let ty = format!("{}[]", of.ty);
    let braced = |text: &String| {
        let text = text.replace('\\', "\\\\").replace('"', "\\\"");
        (text.len() < 10_000).then(|| format!("{{\"{text}\",NULL,\"{text}\"}}"))
    };
    let edges: Vec<String> = of.edges.iter().filter_map(braced).chain(["{}".to_owned(), "{NULL}".to_owned()]).collect();
    let flat = v::flat_array(of.values.clone(), separator);
    let odd = v::odd_array(of.values.clone(), separator);
    [("flat", flat), ("odd", odd)].map(|(shape, values)| Entry {
        name: format!("{}_{shape}", of.name),
        ty: ty.clone(),
        edges: if separator == ',' { edges.clone() } else { Vec::new() },
        values,
        expression: None,
        binary: of.binary,
        per_row: 2,
    })
}

/// Every type, and arrays of every type.
pub fn catalogue() -> Vec<Entry> {
    let mut all: Vec<Entry> = Vec::new();
    for of in numbers().into_iter().chain(texts()).chain(times()).chain(places()).chain(others()).chain(ours()) {
        let separator = if of.name == "box" { ';' } else { ',' };
        let has_arrays = !of.ty.ends_with("[]") && !["int2vector", "oidvector"].contains(&of.ty.as_str());
        let arrays = has_arrays.then(|| arrays(&of, separator));
        all.push(of);
        all.extend(arrays.into_iter().flatten());
    }
    all.push(chars());
    all
}

/// All 256 bytes of a "char"; those from 128 on have no text before PostgreSQL 16.
fn chars() -> Entry {
    let values = Just(String::new()).boxed();
    Entry { expression: Some("((i % 256) - 128)::int::\"char\""), ..Entry::new("char_all", "\"char\"", &[], values) }
}

fn numbers() -> Vec<Entry> {
    let e = Entry::new;
    let mut all = vec![
        e("int2", "int2", &["-32768", "32767", "0"], v::number::<i16>()),
        e("int4", "int4", &["-2147483648", "2147483647", "0"], v::number::<i32>()),
        e("int8", "int8", &["-9223372036854775808", "9223372036854775807", "0"], v::number::<i64>()),
        e("float4", "float4", &["NaN", "Infinity", "-Infinity", "-0", "1e-45", "3.4028235e38", "0.1"], v::float4()),
        e(
            "float8",
            "float8",
            &["NaN", "Infinity", "-Infinity", "-0", "5e-324", "1.7976931348623157e308", "0.1", "1e300"],
            v::float8(),
        ),
        e("money", "money", &["-92233720368547758.08", "92233720368547758.07", "0", "-0.01"], {
            (-9_000_000_000_000_000_i64..9_000_000_000_000_000)
                .prop_map(|cents| format!("{}.{:02}", cents, cents.abs() % 100))
                .boxed()
        }),
        e(
            "numeric",
            "numeric",
            &["NaN", "Infinity", "-Infinity", "0", "-0.000", "1.1", "1.10", "1e-16383", "1e131071"],
            v::numeric(),
        )
        .more([format!("{}.{}", "9".repeat(131_072), "7".repeat(16_383)), format!("-{}", "10".repeat(65_536))]),
        e("numeric_finite", "numeric(20,4)", &["0", "-0.0001", "9999999999999999.9999"], v::decimal(20, 4)),
    ];
    for (precision, scale) in [
        (1, 0),
        (4, 2),
        (9, 9),
        (18, 6),
        (38, 0),
        (38, 38),
        (39, 3),
        (1000, 500),
        (5, -2),
        (3, 5),
        (38, -1),
        (1000, -1000),
        (2, 1000),
    ] {
        let name = format!("numeric_{precision}_{scale}").replace('-', "m");
        let most = format!("{}e{}", "9".repeat(precision), -scale);
        let edges = ["NaN".to_owned(), "0".to_owned(), most.clone(), format!("-{most}")];
        let ty = format!("numeric({precision},{scale})");
        all.push(e(&name, &ty, &[], v::decimal(precision as u64, scale)).more(edges));
    }
    all
}

fn texts() -> Vec<Entry> {
    let e = Entry::new;
    let edges = [
        "",
        " ",
        "NULL",
        "null",
        "\\N",
        "\\.",
        "\r\n",
        "\t",
        "a\\b",
        "\"",
        "'",
        "{}",
        "\u{feff}bom",
        "\u{fffd}",
        "\u{ffff}",
        "e\u{301}",
        "\u{202e}rtl\u{202c}",
        "שלום",
        "مرحبا",
        "\u{1}\u{8}\u{b}\u{c}\u{1f}\u{7f}\u{85}",
        "\u{10ffff}",
        "👩‍👩‍👧‍👦",
        "a ",
        "ab   ",
    ];
    let long = ["x".repeat(1 << 20), "é\t\\\n\"".repeat(150_000)];
    let all_short: Vec<String> =
        (1..0x11_0000_u32).step_by(0x101).filter_map(char::from_u32).map(String::from).collect();
    vec![
        e("text", "text", &edges, v::text(24)).more(long).more(all_short),
        e("varchar", "varchar(30)", &edges, v::text(30)),
        e("varchar_any", "varchar", &edges, v::text(10)),
        e("bpchar", "char(8)", &["", "a", "a       ", "\\.", "ééééüüüü", "NULL"], v::text(8)),
        e("bpchar_any", "bpchar", &["", "a  "], v::text(8)),
        e("name", "name", &["", "pg_class", "NULL"], v::text(15)).more(["n".repeat(63)]),
        e(
            "char",
            "\"char\"",
            &["", "a", " ", "\\", "\"", "\t"],
            v::words(6)
                .prop_map(|text| text.chars().find(char::is_ascii).map(String::from).unwrap_or_default())
                .boxed(),
        ),
        e("citext", "citext", &edges, v::text(12)),
        e("bytea", "bytea", &["\\x", "\\x00", "\\xff5c"], v::hex(0, 40, "\\x"))
            .more([format!("\\x{}", "00ff".repeat(300_000))]),
        e("refcursor", "refcursor", &["", "c 1"], v::text(10)),
        e(
            "xml",
            "xml",
            &["", "<a/>", "text", "<?xml version=\"1.0\" encoding=\"utf-8\"?><a b=\"1\">&lt;é</a>", "<a/>text<b/>"],
            v::framed("<a>{}</a>", v::word(12)),
        ),
    ]
}

fn times() -> Vec<Entry> {
    let e = Entry::new;
    // Arrow's microseconds of 64 bits end in January 294247, thirty years before PostgreSQL's.
    let (date, near, far) = (2_147_483_493, 5_373_484, 109_193_000);
    let moments =
        ["infinity", "-infinity", "J0 00:00:00", "1999-12-31 23:59:59.999999", "0001-01-01 BC", "9999-12-31 23:59:59"];
    let mut all = vec![
        e(
            "date",
            "date",
            &["infinity", "-infinity", "J0", "J2147483493", "0001-12-31 BC", "2000-02-29"],
            v::date(date),
        ),
        e("time", "time", &["00:00", "23:59:59.999999"], v::time(6)),
        e("time_24", "time", &["00:00", "24:00", "23:59:59.999999"], v::time(6)),
        e("timetz", "timetz", &["00:00+15:59:59", "24:00-15:59:59", "12:00+00"], v::timetz()),
        e(
            "interval",
            "interval",
            &[
                "178956970 years 7 mons 2147483647 days 2562047788:00:54.775807",
                "-178956970 years -8 mons -2147483648 days -2562047788:00:54.775807",
                "0",
                "1 mon -1 day",
                "-00:00:00.000001",
                "1 year 2 mons 3 days 04:05:06.7",
            ],
            v::interval(),
        ),
        e("interval_0", "interval(0)", &["1.4 seconds"], v::interval()),
        e("interval_ym", "interval year to month", &["1 year 5 mons"], v::interval()),
    ];
    for digits in 0..=5_u32 {
        all.push(e(&format!("time_{digits}"), &format!("time({digits})"), &["00:00"], v::time(digits)));
        all.push(e(
            &format!("timestamp_{digits}"),
            &format!("timestamp({digits})"),
            &["infinity"],
            v::timestamp(near, digits),
        ));
    }
    for name in ["timestamp", "timestamptz"] {
        all.push(e(name, name, &moments, v::timestamp(near, 6)));
        all.push(e(&format!("{name}_far"), name, &moments, v::timestamp(far, 6)));
        all.push(
            e(&format!("{name}_beyond"), name, &moments, v::timestamp(far, 6))
                .more(["294276-12-31 23:59:59.999999".to_owned()]),
        );
    }
    all
}

fn places() -> Vec<Entry> {
    let e = Entry::new;
    let coordinates = |open, close, least, most| v::points(least, most, open, close);
    vec![
        e("inet", "inet", &["0.0.0.0/0", "10.1.2.3/8", "::1", "::ffff:1.2.3.4/128"], v::inet()),
        e("cidr", "cidr", &["0.0.0.0/0", "::/0", "10.0.0.0/8"], v::cidr()),
        e("macaddr", "macaddr", &["00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff"], v::hex(6, 6, "")),
        e("macaddr8", "macaddr8", &["ff:ff:ff:ff:ff:ff:ff:ff"], v::hex(8, 8, "")),
        e(
            "point",
            "point",
            &["(-0,0)", "(NaN,Infinity)", "(1e300,-1e-300)", "(0.1,5e-324)"],
            coordinates("", "", 1, 1),
        ),
        e(
            "line",
            "line",
            &["{1,-0,0}", "{0,1,1e300}", "{1,NaN,Infinity}"],
            (1..1_000_000_i32, v::float8(), v::float8()).prop_map(|(a, b, c)| format!("{{{a}.5,{b},{c}}}")).boxed(),
        ),
        e("lseg", "lseg", &["[(-0,0),(NaN,1e300)]"], coordinates("[", "]", 2, 2)),
        e("box", "box", &["(-0,0),(Infinity,1e300)", "(NaN,0),(0,NaN)"], coordinates("", "", 2, 2)),
        e(
            "path",
            "path",
            &["[(0,0)]", "((0,0))", "[(-0,1),(NaN,Infinity)]"],
            prop_oneof![coordinates("[", "]", 1, 5), coordinates("(", ")", 1, 5)].boxed(),
        ),
        e("polygon", "polygon", &["((0,0))", "((-0,1),(1e300,2))"], coordinates("(", ")", 1, 5)),
        e(
            "circle",
            "circle",
            &["<(0,-0),0>", "<(NaN,1e300),Infinity>"],
            (v::float8(), v::float8(), 0..1_000_000_u32).prop_map(|(x, y, r)| format!("<({x},{y}),{r}.25>")).boxed(),
        ),
        e("bit", "bit(11)", &["00000000000", "11111111111"], v::bits(11, 11)),
        e("bit_one", "bit", &["0", "1"], v::bits(1, 1)),
        e("varbit", "varbit", &["", "1"], v::bits(0, 70)),
        e("varbit_9", "varbit(9)", &["", "1"], v::bits(0, 9)),
    ]
}

fn others() -> Vec<Entry> {
    let e = Entry::new;
    let documents = [
        "{\"a\":1, \"a\" : 2.50,\n\"bb\":[1e2, -0, 12345678901234567890.1234567890123456789]}",
        "null",
        "\"\"",
        "[]",
        "{}",
        " {\"z\":{\"y\":{\"x\":[[[]]]}}} ",
        "\"é😀\\u00e9\\ud83d\\ude00\"",
        "1e-100",
        "-0.0",
    ];
    let paths = [
        "$",
        "strict $.a[*] ? (@.x > 12 && @.y like_regex \"^a\")",
        "$.\"odd \\\"key\".**{2 to last}.size()",
        "lax $[0 to 3, 7].type()",
        "($.a + 1.50) * -$x",
    ];
    let names = [
        "pg_class",
        "-",
        "4294967294",
        "\"Odd \"\"schema.é\".\"Table. \"\"odd\"",
        "pg_catalog.pg_type",
        "information_schema.tables",
    ];
    let random = |names: &[&str]| v::seldom(v::one_of(names), v::number::<u32>());
    let snapshots = || {
        (1..1_000_000_000_u64, 0..1000_u64, 0..5_u64)
            .prop_map(|(xmin, span, list)| {
                let ids: Vec<_> = (0..list.min(span)).map(|at| (xmin + at).to_string()).collect();
                format!("{xmin}:{}:{}", xmin + span, ids.join(","))
            })
            .boxed()
    };
    vec![
        e("bool", "bool", &["t", "f"], v::number::<bool>()),
        e("uuid", "uuid", &["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"], v::uuid()),
        e("json", "json", &documents, v::json(false))
            .more(["\"\\u0000\"".to_owned(), "[".repeat(1000) + &"]".repeat(1000)]),
        e("jsonb", "jsonb", &documents, v::json(true))
            .more(["[".repeat(1000) + &"]".repeat(1000), format!("[{}]", "9".repeat(1000))]),
        e(
            "jsonpath",
            "jsonpath",
            &paths,
            (v::one_of(&paths), 0..9_u8)
                .prop_map(|(path, number)| path.replace('2', &number.to_string()).replace("{0 ", "{1 "))
                .boxed(),
        ),
        e("tsvector", "tsvector", &["", "'a':1A,2B 'it''s' 'b\\\\c':16383"], v::tsvector()),
        e("tsquery", "tsquery", &["", "'a' & !'b':*AB", "'a' <-> 'b' <3> 'c'"], v::tsquery()),
        e("oid", "oid", &["0", "4294967295"], v::number::<u32>()),
        e("xid", "xid", &["0", "4294967295"], v::number::<u32>()),
        e("xid8", "xid8", &["0", "18446744073709551615"], v::number::<u64>()),
        e("cid", "cid", &["0", "4294967295"], v::number::<u32>()),
        e(
            "tid",
            "tid",
            &["(0,0)", "(4294967295,65535)"],
            any::<(u32, u16)>().prop_map(|(block, line)| format!("({block},{line})")).boxed(),
        ),
        e(
            "pg_lsn",
            "pg_lsn",
            &["0/0", "FFFFFFFF/FFFFFFFF"],
            any::<(u32, u32)>().prop_map(|(high, low)| format!("{high:X}/{low:X}")).boxed(),
        ),
        e("txid_snapshot", "txid_snapshot", &["1:1:", "10:20:10,14"], snapshots()),
        e("pg_snapshot", "pg_snapshot", &["1:1:", "10:20:10,14"], snapshots()),
        e("regclass", "regclass", &names, random(&names)),
        e(
            "regtype",
            "regtype",
            &["integer", "\"char\"", "kinds.mood", "\"Odd \"\"schema.é\".\"Nested, type\"[]", "-"],
            random(&["int8", "text[]", "kinds.pair"]),
        ),
        e("regproc", "regproc", &["-", "boolin", "kinds.only_one"], random(&["now", "pg_backend_pid"])),
        e(
            "regprocedure",
            "regprocedure",
            &["-", "abs(numeric)", "kinds.only_one(integer)"],
            random(&["abs(integer)", "now()"]),
        ),
        e("regoper", "regoper", &["0", "||/"], random(&["pg_catalog.||/", "|/"])),
        e(
            "regoperator",
            "regoperator",
            &["0", "+(integer,integer)"],
            random(&["-(numeric,numeric)", "-(NONE,integer)"]),
        ),
        e("regrole", "regrole", &["-", "postgres"], random(&["pg_monitor"])),
        e("regnamespace", "regnamespace", &["-", "pg_catalog", "\"Odd \"\"schema.é\""], random(&["legacy", "fresh"])),
        e("regconfig", "regconfig", &["-", "english"], random(&["simple", "german"])),
        e("regdictionary", "regdictionary", &["-", "simple"], random(&["english_stem"])),
        e("regcollation", "regcollation", &["-", "\"C\""], random(&["\"POSIX\"", "\"default\""])),
        e(
            "int2vector",
            "int2vector",
            &["", "1 -2 32767"],
            proptest::collection::vec(any::<i16>(), 0..6)
                .prop_map(|all| all.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
                .boxed(),
        ),
        e(
            "oidvector",
            "oidvector",
            &["", "1 2 4294967295"],
            proptest::collection::vec(any::<u32>(), 0..6)
                .prop_map(|all| all.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
                .boxed(),
        ),
        e(
            "aclitem",
            "aclitem",
            &["postgres=arwdDxt/postgres", "=r/postgres"],
            v::one_of(&["postgres=r*w*/postgres", "pg_monitor=U/postgres", "=T/pg_monitor"]),
        )
        .without_binary(),
        e("int4range", "int4range", &["empty", "(,)", "[-2147483648,2147483646]"], v::numbers_range(0)),
        e("int8range", "int8range", &["empty", "[9223372036854775806,]"], v::numbers_range(0)),
        e("numrange", "numrange", &["[1.10,1.100]", "[NaN,]", "(-Infinity,Infinity)"], v::numbers_range(3)),
        e("daterange", "daterange", &["[-infinity,infinity]", "empty"], v::days_range(false)),
        e("tsrange", "tsrange", &["[-infinity,infinity]", "empty"], v::days_range(true)),
        e("tstzrange", "tstzrange", &["(-infinity,infinity)", "empty"], v::days_range(true)),
        e("int4multirange", "int4multirange", &["{}", "{[1,3),[5,7)}"], v::multirange(v::numbers_range(0))),
        e("int8multirange", "int8multirange", &["{}"], v::multirange(v::numbers_range(0))),
        e("nummultirange", "nummultirange", &["{}", "{(,)}"], v::multirange(v::numbers_range(2))),
        e("datemultirange", "datemultirange", &["{}"], v::multirange(v::days_range(false))),
        e("tsmultirange", "tsmultirange", &["{}"], v::multirange(v::days_range(true))),
        e("tstzmultirange", "tstzmultirange", &["{}"], v::multirange(v::days_range(true))),
    ]
}

fn ours() -> Vec<Entry> {
    let e = Entry::new;
    let labels = [
        "sad",
        "it's \"ok\", really",
        "",
        "NULL",
        "{a,b}",
        "é😀\\",
        "a label of sixty-three bytes, the most that PostgreSQL can keep",
    ];
    let pair = || v::record(vec![v::number::<i32>(), v::words(6)]);
    let amounts =
        || (-99_999..899_999_i32).prop_map(|cents| format!("{}.{:02}", cents / 100, cents.abs() % 100)).boxed();
    let nested = || v::record(vec![pair(), v::timestamp(5_373_484, 6), v::flat_array(v::words(4), ','), amounts()]);
    vec![
        e("mood", "kinds.mood", &labels, v::one_of(&labels)),
        e("amount", "kinds.amount", &["1.10", "NaN"], amounts()),
        e("price", "kinds.price", &["1.10", "0"], amounts()),
        e("moods", "kinds.moods", &["{}", "{sad,NULL}"], v::flat_array(v::one_of(&labels), ',')),
        e("moods_bounds", "kinds.moods", &["{}", "[3:3]={sad}"], v::odd_array(v::one_of(&labels), ',')),
        e("clock", "kinds.clock", &["24:00"], v::time(3)),
        e("word", "kinds.word", &["", "twelve signs"], v::text(12)),
        e("pair", "kinds.pair", &["(,)", "(1,)", "(,\"\")", "(1,\"a \"\"b\"\" \\\\ , (c)\")"], pair()),
        e(
            "nested",
            "\"Odd \"\"schema.é\".\"Nested, type\"",
            &["(,,,)", "(\"(1,\"\"x\"\")\",infinity,{},1.50)"],
            nested(),
        ),
        e("pair_domain", "kinds.pair_domain", &["(,)"], pair()),
        e("pairs", "kinds.pairs", &["{}", "{\"(1,a)\",NULL}"], v::flat_array(pair(), ',')),
        e("pairs_bounds", "kinds.pairs", &["{}"], v::odd_array(pair(), ',')),
        e("spans", "kinds.spans", &["empty", "[-0,0]"], v::numbers_range(2)),
        e("multispans", "kinds.multispans", &["{}"], v::multirange(v::numbers_range(2))),
        e(
            "hstore",
            "hstore",
            &["", "\"a\"=>NULL, \"\"=>\"\""],
            (v::words(5), v::words(8))
                .prop_map(|(key, value)| {
                    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
                    format!("{}=>{}, {}=>NULL", quoted(&key), quoted(&value), quoted(&value))
                })
                .boxed(),
        ),
        e(
            "ltree",
            "ltree",
            &["", "Top.Science_1"],
            proptest::collection::vec(v::word(8), 0..6).prop_map(|labels| labels.join(".")).boxed(),
        ),
        e("lquery", "lquery", &["*.a{1,2}.!b|c*@"], v::framed("*.{}@.x|y*", v::word(5))),
    ]
}
