//! Owns the test that the published figures of the dispatch migration come out at full size, from data and rules alone.

use std::collections::HashSet;

use rehome::compare::{Comparison, Counts, Side};
use rehome::outcomes::{FlowOutcomes, OutcomeStore};
use rehome::storage::Location;
use serde_json::{Value, json};

use crate::support::{rehome, repository};

/// The report of a pipeline over the sample at scale 1; with the rows of each table of the sample as `sampled`.
fn report(pipeline: &str, epoch: &str) -> Value {
    made(pipeline, epoch).1
}

/// The same, with the folder of its outcomes.
fn made(pipeline: &str, epoch: &str) -> (tempfile::TempDir, Value) {
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().join("s").display().to_string();
    let file = repository(&format!("pipelines/{pipeline}.toml")).display().to_string();
    rehome(dir.path(), &["sample", "--pipeline", pipeline, "--scale", "1", "--epoch", epoch, "--out", &place]);
    let mut report = rehome(dir.path(), &["what-if", "--pipeline", &file, "--snapshot", &place]);
    let manifest: Value = serde_json::from_slice(&std::fs::read(dir.path().join("s/manifest.json")).unwrap()).unwrap();
    let tables = manifest["tables"].as_array().unwrap().iter();
    let sampled = tables.map(|table| (table["name"].as_str().unwrap().to_owned(), table["rows"].clone())).collect();
    report.as_object_mut().unwrap().insert("sampled".to_owned(), Value::Object(sampled));
    (dir, report)
}

/// The outcomes of a flow in such a folder.
async fn outcomes(dir: &tempfile::TempDir, flow: &str) -> (OutcomeStore, FlowOutcomes) {
    let runs = std::fs::read_dir(dir.path().join("runs")).unwrap();
    let run = runs.map(|run| run.unwrap().file_name().into_string().unwrap()).find(|run| run.starts_with("what-if-"));
    let store = OutcomeStore::open(&Location::folder(dir.path()).unwrap(), &run.unwrap());
    let outcomes = store.flow(flow).await.unwrap().unwrap();
    (store, outcomes)
}

/// What differs in a flow between two of them.
async fn differing(before: &tempfile::TempDir, after: &tempfile::TempDir, flow: &str) -> Counts {
    let (before, after) = (outcomes(before, flow).await, outcomes(after, flow).await);
    let [before, after] = [&before, &after].map(|(store, flow)| Side { store, flow, absent: HashSet::new() });
    let mut comparison = Comparison::open(before, after).await.unwrap().unwrap();
    while comparison.next().await.unwrap().is_some() {}
    comparison.counts().clone()
}

fn flow<'a>(report: &'a Value, name: &str) -> &'a Value {
    report["flows"].as_array().unwrap().iter().find(|flow| flow["flow"] == name).unwrap()
}

/// Source rows, migrated, rejected and skipped of a flow.
fn fates(report: &Value, name: &str) -> [u64; 4] {
    ["source_rows", "migrated", "rejected", "skipped"].map(|fate| flow(report, name)[fate].as_u64().unwrap())
}

fn rows<'a>(report: &'a Value, name: &str) -> &'a Vec<Value> {
    report["reports"][name].as_array().unwrap_or_else(|| panic!("no report {name}"))
}

fn column(report: &Value, name: &str, column: &str) -> Vec<u64> {
    rows(report, name).iter().map(|row| row[column].as_u64().unwrap()).collect()
}

#[test]
fn august_rules_at_epoch_a() {
    let report = report("dispatch-2025-08", "A");
    assert_eq!(report["conserved"], true);
    assert_eq!(fates(&report, "case_messages_comments"), [15_074, 5_472, 9_602, 0]);
    assert_eq!(fates(&report, "case_states"), [4_751, 4_552, 199, 0]);
    assert_eq!(fates(&report, "orders"), [23_272, 23_050, 222, 0]);
    assert_eq!(fates(&report, "cases"), [7_854, 7_853, 1, 0]);
    assert_eq!(fates(&report, "order_cases")[1], 23_049);
    assert_eq!(flow(&report, "orders")["warnings"]["doctor_repaired"], 20_529);
    let classes: Vec<(&str, u64)> = rows(&report, "message_classes")
        .iter()
        .map(|row| (row["class"].as_str().unwrap(), row["messages"].as_u64().unwrap()))
        .collect();
    assert_eq!(
        classes,
        [("patient_question", 3_176), ("clinical_note", 1_322), ("doctor_response", 887), ("treatment_update", 87)]
    );
    assert_eq!(column(&report, "messages_by_year", "year"), (2018..=2025).collect::<Vec<_>>());
    assert_eq!(column(&report, "messages_by_year", "messages"), [88, 347, 439, 1_023, 1_568, 368, 1_163, 476]);
    assert_eq!(column(&report, "messages_by_year", "with_sender"), [88, 342, 435, 1_017, 1_567, 366, 870, 425]);
    let messages = &rows(&report, "messages_per_case")[0];
    for (name, value) in [
        ("with_sender", json!(5_110)),
        ("cases", json!(3_332)),
        ("most_on_one_case", json!(21)),
        ("shortest_text", json!(0)),
        ("longest_text", json!(2_174)),
    ] {
        assert_eq!(messages[name], value, "{name}");
    }
    assert!((messages["mean_text"].as_f64().unwrap() - 154.0).abs() < 0.5);
    assert_eq!(column(&report, "case_states_by_year", "states"), [17, 40, 53, 229, 653, 663, 1_745, 1_152]);
    let active: u64 = column(&report, "case_states_by_year", "treatment_active").iter().sum();
    let closed: u64 = column(&report, "case_states_by_year", "case_closed").iter().sum();
    assert_eq!((active, closed), (2_427, 2_125));
    assert_eq!(column(&report, "state_actors", "known_actor").iter().sum::<u64>(), 4_357);
    let transition = |from: &str, to: &str| {
        let found =
            rows(&report, "state_transitions").iter().find(|row| row["from_state"] == from && row["to_state"] == to);
        found.unwrap()["transitions"].as_u64().unwrap()
    };
    let (active, closed) = ("treatment_active", "case_closed");
    assert_eq!(
        [
            transition(active, active),
            transition(closed, closed),
            transition(active, closed),
            transition(closed, active)
        ],
        [1_273, 630, 278, 117]
    );
}

/// Source rows, migrated, rejected and skipped of each flow by the current rules at C.
const AT_C: [(&str, [u64; 4]); 52] = [
    // Foundation. Without a target no office is adopted.
    ("auth_users", [9_805, 9_805, 0, 0]),
    ("profiles", [9_805, 9_805, 0, 0]),
    ("doctors", [9_805, 1_332, 0, 8_473]),
    ("offices", [894, 894, 0, 0]),
    ("patients", [8_456, 8_456, 0, 0]),
    ("patient_doctors", [7_178, 7_149, 29, 0]),
    ("cases", [8_456, 8_419, 37, 0]),
    ("orders", [25_012, 24_996, 16, 0]),
    ("order_cases", [25_012, 24_960, 47, 5]),
    ("treatment_plans", [44_993, 44_914, 79, 0]),
    ("role_permissions", [1_346, 1_346, 0, 0]),
    // Communication
    ("case_messages_comments", [16_312, 16_175, 137, 0]),
    ("case_messages_records", [70_742, 16_128, 63, 54_551]),
    ("treatment_discussions", [70_742, 38_380, 20, 32_342]),
    ("doctor_notes", [70_742, 13_989, 16, 56_737]),
    ("message_attachments", [8_703, 8_703, 0, 0]),
    ("system_messages", [2_086_613, 2_086_573, 40, 0]),
    ("messages", [41_000, 40_969, 31, 0]),
    ("communications", [30_000, 29_978, 22, 0]),
    ("feedback", [2_400, 2_400, 0, 0]),
    ("audit_logs", [20_000, 19_996, 4, 0]),
    // Clinical, workflow, files
    ("case_states", [5_547, 5_242, 222, 83]),
    ("order_states", [5_547, 5_527, 20, 0]),
    ("tasks", [768_962, 762_604, 6_358, 0]),
    ("files", [325_652, 325_652, 0, 0]),
    ("case_files", [325_652, 160_418, 2, 165_232]),
    ("images", [325_652, 122_390, 0, 203_262]),
    ("documents", [325_652, 45_797, 0, 279_855]),
    ("jaws", [43_458, 43_095, 363, 0]),
    ("brackets", [5_000, 4_990, 10, 0]),
    ("scans", [12_000, 11_988, 12, 0]),
    ("impressions", [6_000, 5_993, 7, 0]),
    ("measurements", [40_000, 39_965, 35, 0]),
    ("templates", [169, 169, 0, 0]),
    ("template_view_groups", [510, 510, 0, 0]),
    ("template_view_roles", [460, 460, 0, 0]),
    ("workflows", [29, 29, 0, 0]),
    ("technician_roles", [32, 32, 0, 0]),
    ("technicians", [9_805, 85, 0, 9_720]),
    // Business
    ("products", [420, 420, 0, 0]),
    ("projects", [310, 310, 0, 0]),
    ("payments", [17_235, 17_229, 6, 0]),
    ("invoices", [16_400, 16_400, 0, 0]),
    ("purchases", [3_701, 3_701, 0, 0]),
    ("operations", [3_720, 3_720, 0, 0]),
    ("offers", [788, 393, 395, 0]),
    ("discounts", [151, 135, 16, 0]),
    ("settings", [120, 119, 1, 0]),
    ("preferences", [18_000, 17_955, 45, 0]),
    ("system_metadata", [260, 257, 3, 0]),
    ("schedules", [9_000, 8_972, 28, 0]),
    ("events", [25_000, 24_988, 12, 0]),
];

fn reasons(report: &Value, name: &str) -> Value {
    let mut reasons = flow(report, name)["reasons"].clone();
    reasons.as_object_mut().unwrap().retain(|_, rows| *rows != 0);
    reasons
}

/// The current rules at two epochs, and the differential of October between them.
#[tokio::test(flavor = "multi_thread")]
async fn current_rules_at_epochs_b_and_c() {
    let (b, at_b) = made("dispatch", "B");
    epoch_b(&at_b);
    let (c, at_c) = made("dispatch", "C");
    epoch_c(&at_c);
    let messages = differing(&b, &c, "system_messages").await;
    assert_eq!((messages.new, messages.changed, messages.gone), (46_985, 1_200, 0));
    let tasks = differing(&b, &c, "tasks").await;
    assert_eq!((tasks.changed, tasks.gone), (300, 25));
    // Of the 12 comments written after B, the rules reject those whose plan leads nowhere, as before.
    let comments = differing(&b, &c, "case_messages_comments").await;
    let grown =
        |fate: usize| fates(&at_c, "case_messages_comments")[fate] - fates(&at_b, "case_messages_comments")[fate];
    assert_eq!((grown(0), comments.new, comments.changed), (12, grown(1), 40));
    assert_eq!(grown(1) + grown(2), 12);
    for flow in ["orders", "case_states", "files", "patients", "message_attachments"] {
        assert_eq!(differing(&b, &c, flow).await.total(), 0, "{flow}");
    }
}

fn epoch_c(report: &Value) {
    assert_eq!(report["conserved"], true);
    assert_eq!(report["flows"].as_array().unwrap().len(), AT_C.len());
    for (name, expected) in AT_C {
        assert_eq!(fates(report, name), expected, "{name}");
        assert_eq!(flow(report, name)["accepted"], true, "{name}");
    }
    for (name, expected) in [
        ("cases", json!({"patient_deleted": 12, "patient_without_order": 25})),
        ("order_cases", json!({"case_not_migrated": 31, "order_not_migrated": 16})),
        ("case_states", json!({"case_not_migrated": 156, "case_removed_before_state": 41, "invalid_reference": 25})),
        (
            "case_messages_comments",
            json!({"missing_plan": 61, "missing_instruction": 48, "case_not_migrated": 22, "plan_cycle": 6}),
        ),
        ("case_messages_records", json!({"missing_instruction": 41, "order_not_migrated": 19, "plan_cycle": 3})),
        ("patient_doctors", json!({"doctor_not_migrated": 29})),
        ("tasks", json!({"missing_instruction": 4_190, "order_not_migrated": 12, "unknown_role": 2_156})),
        ("case_files", json!({"conflicting_cases": 1, "order_not_migrated": 1})),
        ("jaws", json!({"jaw_type_unknown": 363})),
        ("payments", json!({"payment_method_unknown": 6})),
        (
            "offers",
            json!({"product_not_migrated": 118, "invalid_period": 94, "invalid_percent": 37, "superseded": 146}),
        ),
        ("discounts", json!({"product_not_migrated": 5, "invalid_period": 4, "invalid_percent": 2, "superseded": 5})),
    ] {
        assert_eq!(reasons(report, name), expected, "{name}");
    }
    assert_eq!(flow(report, "patients")["warnings"]["suffix_unusable"], 29);
    let countries: Vec<(&str, u64)> = rows(report, "patients_by_country")
        .iter()
        .map(|row| (row["country"].as_str().unwrap(), row["patients"].as_u64().unwrap()))
        .filter(|(country, _)| country.len() == 2)
        .collect();
    assert_eq!(countries, [("US", 5_529), ("JP", 1_563), ("TH", 891), ("IN", 72), ("AU", 4)]);
    let failing: Vec<&Value> =
        report["checks"].as_array().unwrap().iter().filter(|check| check["passed"] == false).collect();
    assert!(failing.iter().all(|check| check["severity"] == "warn"), "{failing:?}");
    let sampled = report["sampled"].as_object().unwrap();
    assert_eq!(sampled.len(), 48);
    assert_eq!(sampled.values().map(|rows| rows.as_u64().unwrap()).sum::<u64>(), 3_838_609);
    assert_eq!(sampled["dispatch_file_instruction"], 160_421);
    // Few root causes explain many rejects, and every reject is explained.
    let causes = &report["root_causes"];
    let rejected: u64 = AT_C.iter().map(|(_, [_, _, rejected, _])| rejected).sum();
    let explained: u64 = causes["causes"].as_array().unwrap().iter().map(|cause| cause["rows"].as_u64().unwrap()).sum();
    assert_eq!((causes["rejected"].as_u64(), explained), (Some(rejected), rejected));
    assert!(causes["roots"].as_u64().unwrap() < rejected);
}

fn epoch_b(report: &Value) {
    assert_eq!(report["conserved"], true);
    for (name, expected) in [
        ("auth_users", [9_805, 9_805, 0, 0]),
        ("orders", [25_012, 24_996, 16, 0]),
        ("case_states", [5_547, 5_242, 222, 83]),
        ("system_messages", [2_039_588, 2_039_588, 0, 0]),
        // 16,102 of 16,165 by the plan's own type, and the 26 of its old name.
        ("case_messages_records", [70_742, 16_102 + 26, 63, 54_551]),
        ("message_attachments", [8_703, 8_703, 0, 0]),
        ("files", [325_652, 325_652, 0, 0]),
        ("case_files", [325_652, 160_418, 2, 165_232]),
        ("technician_roles", [32, 32, 0, 0]),
    ] {
        assert_eq!(fates(report, name), expected, "{name}");
    }
    assert_eq!(flow(report, "case_messages_comments")["source_rows"], 16_300);
}
