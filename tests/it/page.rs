//! Owns the tests of the reports that people read, in a real browser, with the JSON as the judge of every figure.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

use rehome::report::words::is_decimal;
use rehome::report::{Cause, CheckReport, Facts, FlowReport, Origin, ReadBack, Report, RootCauses, Title, page};
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::cluster::Database;
use crate::support::{migrate, over_people, repository};

fn rehome(dir: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_rehome")).arg("--dir").arg(dir).args(args).output().unwrap()
}

/// Runs the program; gives what it printed.
fn printed(dir: &Path, args: &[&str]) -> String {
    let output = rehome(dir, args);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Nothing lies outside of a phone's or a desk's window, everything can be read by day and by night.
fn looks_right(browser: &mut Browser) {
    for width in [390, 1440] {
        for scheme in ["light", "dark"] {
            browser.look(width, scheme, "screen");
            let wrong = browser.evaluate(include_str!("page/look.js"));
            assert_eq!(wrong, json!([]), "{width} {scheme}: {wrong:#}");
        }
    }
    browser.look(718, "light", "print");
    let tables = browser.evaluate(
        "[...document.querySelectorAll('details table')].map(table => table.getBoundingClientRect().height > 0)",
    );
    assert!(tables.as_array().unwrap().iter().all(|shown| shown == true), "paper shows what can be unfolded");
}

/// The page asked for nothing, and complained of nothing.
fn is_silent(browser: &Browser) {
    for method in ["Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown"] {
        assert_eq!(browser.told(method).collect::<Vec<_>>(), Vec::<&Value>::new(), "{method}");
    }
    for request in browser.told("Network.requestWillBeSent") {
        let url = request["request"]["url"].as_str().unwrap();
        assert!(request["type"] == "Document" || url.starts_with("data:"), "{url}");
    }
}

/// Every figure of the page: its name, the value behind it, what is read.
fn figures(browser: &mut Browser) -> BTreeMap<String, (String, String)> {
    let found = browser.evaluate(
        "[...document.querySelectorAll('[data-figure]')].map(e => [e.dataset.figure, e.dataset.value, e.textContent.trim()])",
    );
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut figures = BTreeMap::new();
    for figure in found.as_array().unwrap() {
        let before = figures.insert(text(&figure[0]), (text(&figure[1]), text(&figure[2])));
        assert!(before.is_none(), "{figure} is there twice");
    }
    figures
}

/// What the JSON says that the page must say.
fn expected(report: &Value) -> BTreeMap<String, Value> {
    let mut all = BTreeMap::new();
    let mut sums: BTreeMap<String, u64> = BTreeMap::new();
    for flow in report["flows"].as_array().unwrap() {
        let name = flow["flow"].as_str().unwrap();
        for outcome in ["source_rows", "migrated", "adopted", "rejected", "skipped", "elsewhere"] {
            all.insert(format!("flow.{name}.{outcome}"), flow[outcome].clone());
            *sums.entry(outcome.to_owned()).or_default() += flow[outcome].as_u64().unwrap();
        }
        for figure in ["share", "seconds"] {
            all.insert(format!("flow.{name}.{figure}"), flow[figure].clone());
        }
        if flow["source_rows"] != 0 && flow["rows_per_second"] != 0.0 {
            all.insert(format!("flow.{name}.rows_per_second"), flow["rows_per_second"].clone());
        }
        for (column, rows) in flow["altered"].as_object().into_iter().flatten() {
            all.insert(format!("altered.{name}.{column}"), rows.clone());
        }
        let kinds =
            [("reason", "reasons"), ("skipped", "skip_reasons"), ("elsewhere", "owners"), ("warning", "warnings")];
        for (kind, codes) in kinds {
            for (code, rows) in flow[codes].as_object().unwrap().iter().filter(|(_, rows)| **rows != 0) {
                all.insert(format!("{kind}.{name}.{code}"), rows.clone());
            }
        }
    }
    all.insert("total.source_rows".into(), sums["source_rows"].into());
    all.insert("total.in_target".into(), (sums["migrated"] + sums["adopted"]).into());
    all.insert("total.rejected".into(), sums["rejected"].into());
    if !report["snapshot_rows"].is_null() {
        all.insert("total.snapshot_rows".into(), report["snapshot_rows"].clone());
    }
    all.extend(sums.iter().map(|(outcome, rows)| (format!("sum.{outcome}"), (*rows).into())));
    for check in report["checks"].as_array().unwrap() {
        all.insert(format!("check.{}", check["check"].as_str().unwrap()), check["rows"].clone());
    }
    for (name, rows) in report["reports"].as_object().unwrap() {
        for (index, row) in rows.as_array().unwrap().iter().take(100).enumerate() {
            for (column, cell) in row.as_object().unwrap() {
                all.insert(format!("report.{name}.{index}.{column}"), cell.clone());
            }
        }
    }
    let facts = [
        "run",
        "pipeline",
        "pipeline_hash",
        "snapshot",
        "snapshot_checksum",
        "snapshot_rows",
        "tool_version",
        "seconds",
        "peak_memory_bytes",
    ];
    for fact in facts.into_iter().filter(|fact| !report[fact].is_null()) {
        all.insert(format!("run.{fact}"), report[fact].clone());
    }
    if report["root_causes"]["causes"].as_array().is_some_and(|causes| !causes.is_empty()) {
        all.insert("causes.rejected".into(), report["root_causes"]["rejected"].clone());
        all.insert("causes.roots".into(), report["root_causes"]["roots"].clone());
    }
    all
}

/// The figures of the page are those of the JSON, and what is read is what they are.
fn agrees(browser: &mut Browser, report: &Value) {
    let mut found = figures(browser);
    for instant in ["snapshot_taken_at", "started_at"] {
        found.remove(&format!("run.{instant}"));
    }
    let expected = expected(report);
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (name, value) in expected {
        let (held, read) = &found[&name];
        let same = match &value {
            Value::Null => held.is_empty() && read == "–",
            // A decimal keeps every digit; its thousands are set apart.
            Value::String(text) if is_decimal(text) => held == text && read.replace(',', "") == *text,
            Value::String(text) => held == text && (read == text.trim() || name.starts_with("run.")),
            number if number.is_f64() => {
                held.parse().is_ok_and(|held: f64| Some(held.to_bits()) == number.as_f64().map(f64::to_bits))
            }
            number => held.parse::<Value>().is_ok_and(|held| held == *number),
        };
        assert!(same, "{name}: {held:?}, read as {read:?}, is {value}");
        if let (Some(number), false) = (value.as_u64(), name.starts_with("run.") || name.starts_with("check.")) {
            // A figure is what its digits say; the digits of a column are aligned.
            let digits: String = read.chars().filter(|letter| letter.is_ascii_digit() || *letter == '.').collect();
            let digits = digits
                .split_once('.')
                .filter(|(_, part)| part.trim_matches('0').is_empty())
                .map_or(digits.clone(), |(whole, _)| whole.to_owned());
            assert_eq!(digits, number.to_string(), "{name} is read as {read:?}");
        }
    }
}

#[tokio::test]
async fn the_page_of_a_run_says_what_its_json_says() {
    let dir = tempfile::tempdir().unwrap();
    let (home, target) = (dir.path(), Database::fresh().await);
    let (source, pipeline) =
        (home.join("s").display().to_string(), repository("pipelines/dispatch.toml").display().to_string());
    printed(home, &["sample", "--scale", "0.02", "--out", &source]);
    printed(home, &["sample", "--scale", "0.02", "--into-target", &target.url]);
    let kept = home.join("kept.html").display().to_string();
    let run = ["run", "--no-threshold", "--pipeline", &pipeline, "--snapshot", &source, "--target", &target.url];
    let ran: Value =
        serde_json::from_str(&printed(home, &[&["--format", "json"], &run[..], &["--report", &kept]].concat()))
            .unwrap();
    let id = ran["run"].as_str().unwrap();
    let page = printed(home, &["report", id, "--html"]);
    assert_eq!(std::fs::read_to_string(&kept).unwrap() + "\n", page, "the report that is computed anew is the run's");
    let report: Value = serde_json::from_str(&printed(home, &["report", "--json"])).unwrap();
    assert_eq!(report, ran);
    assert_eq!(printed(home, &["--format", "json", "report"]), printed(home, &["report", "--json"]));
    let spent: f64 = report["phases"].as_array().unwrap().iter().map(|phase| phase["seconds"].as_f64().unwrap()).sum();
    assert!((spent - report["seconds"].as_f64().unwrap()).abs() < 0.05, "{spent}");
    assert!(report["peak_memory_bytes"].as_u64().unwrap() > 10 << 20);
    for word in ["http:", "https:", "<script", "src=", "@import"] {
        assert!(!page.contains(word), "{word}");
    }
    let written = home.join("report.md");
    printed(home, &["report", id, "--output", &written.display().to_string()]);
    let markdown = std::fs::read_to_string(written).unwrap();
    let orders = report["flows"].as_array().unwrap().iter().find(|flow| flow["flow"] == "orders").unwrap();
    assert!(
        markdown.contains(&format!("| `orders` | {} | {} |", orders["source_rows"], orders["migrated"])),
        "{markdown}"
    );
    tokio::task::spawn_blocking(move || {
        let mut browser = Browser::start();
        browser.open(Path::new(&kept));
        looks_right(&mut browser);
        agrees(&mut browser, &report);
        is_silent(&browser);
        let verdict = browser.evaluate("document.querySelector('h1').textContent");
        assert_eq!(verdict, "Migrated and verified, with remarks.", "a check warns");
        drop(dir);
    })
    .await
    .unwrap();
}

/// A report of sixty flows, with causes, charts, and texts that would be markup if they could.
fn large() -> Report {
    let name = |flow: u64| format!("a_flow_with_a_rather_long_name_{flow}");
    let flow = |flow: u64| FlowReport {
        flow: name(flow),
        source: format!("legacy_table_{flow}"),
        target: format!("target_{flow}"),
        reads: [flow / 2, flow / 3, flow * 7 % 13]
            .into_iter()
            .filter(|read| *read < flow && flow > 3)
            .map(name)
            .collect(),
        source_rows: 4_000_000 + flow,
        expanded: None,
        migrated: 4_000_000 - 3 * flow,
        adopted: flow,
        updated: 0,
        altered: if flow == 5 { BTreeMap::from([("a name".into(), 3)]) } else { BTreeMap::new() },
        rejected: 2 * flow,
        skipped: flow,
        elsewhere: 0,
        reasons: BTreeMap::from([("the_parent_is_not_migrated".into(), 2 * flow), ("never".into(), 0)]),
        skip_reasons: BTreeMap::from([("out_of_scope".into(), flow)]),
        owners: BTreeMap::new(),
        warnings: BTreeMap::from([("sender_unknown".into(), 1)]),
        examples: BTreeMap::from([(
            "the_parent_is_not_migrated".into(),
            vec!["12".into(), "{\"a\":1,\"b\":\"2\"}".into()],
        )]),
        remedies: BTreeMap::from([(
            "the_parent_is_not_migrated".into(),
            "Make <b>a default</b> parent | for it".into(),
        )]),
        share: 0.999_9,
        accept: Some(if flow == 7 { 0.999_95 } else { 0.99 }),
        accepted: flow != 7,
        changes: None,
        seconds: 12.5,
        rows_per_second: 320_000.0,
    };
    let cause = |flow: u64| Cause {
        flow: name(flow),
        reason: "the_parent_is_not_migrated".into(),
        rows: 2 * flow,
        parent_flow: (flow > 1).then(|| name(flow / 2)),
        parent_reason: (flow > 1)
            .then(|| if flow.is_multiple_of(5) { "not in the source" } else { "the_parent_is_not_migrated" }.into()),
        parents: flow,
        root_flow: name(1),
        root_reason: "the_parent_is_not_migrated".into(),
        roots: 2,
        keys: vec!["12".into()],
        parent_keys: vec!["5".into(), "6".into()],
        root_keys: vec!["1".into()],
        depth: flow.ilog2(),
    };
    let rows =
        |rows: Value| rows.as_array().unwrap().iter().map(|row| row.as_object().unwrap().clone()).collect::<Vec<_>>();
    let years = (2000..2026)
        .map(|year| json!({ "year": year, "rows": (year - 1999) * 98_765, "with_sender": (year - 1999) * 4_321 }));
    let places = (0..30).map(|place| json!({ "place": format!("<img src=x onerror=alert(1)> {}", "long name ".repeat(place)), "rows": 2_000_000 / (place + 1) }));
    let chart = |title: &str, chart: &str| Title { title: Some(title.into()), chart: Some(chart.into()), about: None };
    Report {
        run: "5b41d36a-b681-5de8-92a0-a0523d357b7b".into(),
        snapshot: "f".repeat(32),
        pipeline: "</title><script>alert(1)</script>".into(),
        pipeline_hash: "e".repeat(64),
        seconds: 3_725.0,
        conserved: true,
        verified: true,
        flows: (0..60).map(flow).collect(),
        checks: vec![CheckReport {
            check: "odd".into(),
            title: None,
            rows: 3,
            passed: false,
            severity: "fail".into(),
            keys: vec!["1".into(); 20],
            error: None,
        }],
        reports: BTreeMap::from([
            ("years".into(), rows(years.clone().collect())),
            ("line".into(), rows(years.collect())),
            ("places".into(), rows(places.collect())),
            ("nothing".into(), Vec::new()),
        ]),
        titles: BTreeMap::from([
            ("years".into(), chart("By year", "bar")),
            ("line".into(), chart("As a line", "line")),
            ("places".into(), chart("By place", "bar")),
        ]),
        root_causes: RootCauses {
            rejected: 3_540,
            roots: 2,
            origins: vec![Origin {
                flow: name(1),
                reason: "the_parent_is_not_migrated".into(),
                roots: 2,
                rows: 3_540,
                keys: vec!["1".into()],
            }],
            causes: (1..60).map(cause).collect(),
        },
        not_computed: BTreeMap::from([("odd".into(), "an expression <b>failed</b> | on a value".into())]),
        facts: Facts { tool_version: "0.1.0".into(), read_back: ReadBack::Clean, ..Facts::default() },
    }
}

#[tokio::test]
async fn sixty_flows_and_hostile_texts_fit_the_page() {
    let report = large();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("large.html");
    std::fs::write(&file, page::html(&report).unwrap()).unwrap();
    let json = serde_json::to_value(&report).unwrap();
    tokio::task::spawn_blocking(move || {
        let mut browser = Browser::start();
        browser.open(&file);
        looks_right(&mut browser);
        agrees(&mut browser, &json);
        is_silent(&browser);
        assert_eq!(browser.evaluate("document.querySelectorAll('script, img, b').length"), 0);
        assert_eq!(browser.evaluate("document.querySelectorAll('#lineage svg a').length"), 60);
        assert_eq!(browser.evaluate("document.querySelector('#verdict').dataset.level"), "fail");
        let wrong = browser.evaluate("document.querySelector('.wrong').textContent");
        assert!(wrong.as_str().unwrap().contains("a_flow_with_a_rather_long_name_7"), "{wrong}");
        let because = browser.evaluate("document.querySelectorAll('.causes')[5].textContent").to_string();
        assert!(
            because.contains(
                "12 rows, because 6 rows of a_flow_with_a_rather_long_name_3 did not reach the target: the_parent"
            ),
            "{because}"
        );
        assert!(because.contains("and that because 2 rows of a_flow_with_a_rather_long_name_1"), "{because}");
        drop(dir);
    })
    .await
    .unwrap();
    let markdown = page::markdown(&large()).unwrap();
    assert!(!markdown.replace("\\<", "").contains('<'), "nothing is markup: {markdown}");
    assert!(markdown.contains("a default\\</b\\> parent \\| for it"), "{markdown}");
}

#[test]
fn the_verdict_says_what_is_wrong() {
    let told = |change: &dyn Fn(&mut Report)| {
        let mut report = large();
        report.flows.iter_mut().for_each(|flow| flow.accepted = true);
        report.checks.clear();
        change(&mut report);
        page::markdown(&report).unwrap().lines().next().unwrap().to_owned()
    };
    assert_eq!(told(&|_| ()), "# Migrated and verified. Every row is accounted for.");
    assert_eq!(told(&|report| report.flows[3].accepted = false), "# Too few rows reached the target.");
    let only_shown = |report: &mut Report| {
        report.flows[3].accepted = false;
        report.facts.thresholds_enforced = Some(false);
    };
    assert_eq!(told(&only_shown), "# Migrated and verified, with remarks.");
    let unread = |read_back| {
        move |report: &mut Report| {
            report.verified = false;
            report.facts.read_back = read_back;
        }
    };
    assert_eq!(told(&unread(ReadBack::NotAsked)), "# Migrated, but not read back.");
    assert_eq!(told(&unread(ReadBack::Differs)), "# The target is not what it should be.");
    assert_eq!(told(&unread(ReadBack::NoTarget)), "# What these rules would do: every row is accounted for.");
    let lost = |report: &mut Report| {
        report.conserved = false;
        report.flows[3].migrated -= 1;
    };
    assert_eq!(told(&lost), "# Rows are unaccounted for.");
}

#[tokio::test]
async fn a_run_without_rows_has_a_page() {
    let database = Database::with("create schema legacy; create schema fresh; create table legacy.things (id int primary key, name text); create table fresh.things (id uuid primary key, name text)").await;
    let sql = "/*---\nsource = \"things\"\naccept = 0.9\n---*/\nselect t.id as _key, case when t.name = '' then reject('no_name') else migrate() end as _outcome, t.name as name from source.things t";
    let finished = migrate(&database, &[("things", sql)]).await.unwrap();
    assert!(finished.failures.is_empty());
    let page = page::html(&finished.report).unwrap();
    for words in ["There was nothing to migrate.", "The source holds no row for 1 flow.", "Nothing was rejected."] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let mut none = finished.report;
    none.flows.clear();
    assert!(page::html(&none).unwrap().contains("No flow has run."));
    assert!(page::markdown(&none).unwrap().contains("There was nothing to migrate."));
}

/// The exit code of a command that must fail, and what it says.
fn refused(dir: &Path, args: &[&str]) -> (Option<i32>, String) {
    let output = rehome(dir, args);
    assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn what_has_no_report_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let begun = dir.path().join("runs/7f000000-0000-5000-8000-000000000000");
    let says = |args: &[&str], words: &[&str]| {
        let (code, told) = refused(dir.path(), args);
        assert_eq!(code, Some(2), "{told}");
        for word in words {
            assert!(told.contains(word), "{word:?} is not in: {told}");
        }
    };
    says(&["report", "--html"], &["no finished run 'latest'", "--dir"]);
    std::fs::create_dir_all(&begun).unwrap();
    std::fs::write(begun.join("adopted.json"), "[]").unwrap();
    says(&["report", "7f", "--html"], &["7f000000-0000-5000-8000-000000000000 has not finished", "again"]);
    says(&["report", "--html"], &["has not finished"]);
    says(&["report", "8", "--html"], &["no finished run '8'"]);
    std::fs::create_dir_all(dir.path().join("runs/what-if-123/f")).unwrap();
    std::fs::write(dir.path().join("runs/what-if-123/f/outcome.json"), "{}").unwrap();
    says(&["report", "what-if-1", "--md"], &["only tried", "--report"]);
    says(&["report", "--html", "--md"], &["cannot be used with"]);
    says(&["report", "--output", "report.txt"], &["report.txt", ".html, .md or .json"]);
    says(&["report", "--html", "--output", "nowhere/report.html"], &["nowhere/report.html", "cannot be written"]);
    says(&["what-if", "--pipeline", "x", "--snapshot", "y", "--report", "nowhere/r.html"], &["nowhere/r.html"]);
}

#[tokio::test]
async fn remedies_are_of_reasons_that_there_are() {
    let sql = |reason: &str| {
        format!(
            "/*---\nsource = \"people\"\n[remedies]\n{reason} = \"Ask them for their name.\"\n---*/\nselect p.id as _key, case when p.name is null then reject('no_name') else migrate() end as _outcome from source.people p"
        )
    };
    assert!(over_people(&[("f", &sql("no_name"))]).await.is_ok());
    let error = over_people(&[("f", &sql("noname"))]).await.unwrap_err();
    let told = format!("{error} {}", error.hint_text().unwrap_or_default());
    assert!(told.contains("`remedies` names 'noname'") && told.contains("did you mean 'no_name'"), "{told}");
}
