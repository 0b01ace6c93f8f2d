//! Owns the test that the published figures of the dispatch migration come out at full size, from data and rules alone.

use std::process::Command;

use serde_json::{Value, json};

use crate::support::repository;

fn rehome(args: &[&str]) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_rehome")).args(["--format", "json"]).args(args).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The report of a pipeline over the sample at scale 1.
fn report(pipeline: &str, epoch: &str) -> Value {
    let dir = tempfile::tempdir().unwrap();
    let (home, place) = (dir.path().display().to_string(), dir.path().join("s").display().to_string());
    let file = repository(&format!("pipelines/{pipeline}.toml")).display().to_string();
    rehome(&["--dir", &home, "sample", "--pipeline", pipeline, "--scale", "1", "--epoch", epoch, "--out", &place]);
    rehome(&["--dir", &home, "what-if", "--pipeline", &file, "--snapshot", &place])
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

#[test]
fn current_rules_at_epoch_c() {
    let report = report("dispatch", "C");
    assert_eq!(report["conserved"], true);
    for (name, expected) in [
        ("auth_users", [9_805, 9_805, 0, 0]),
        ("profiles", [9_805, 9_805, 0, 0]),
        ("doctors", [9_805, 1_332, 0, 8_473]),
        ("offices", [894, 894, 0, 0]), // without a target none is adopted
        ("patients", [8_456, 8_456, 0, 0]),
        ("cases", [8_456, 8_419, 37, 0]),
        ("orders", [25_012, 24_996, 16, 0]),
        ("order_cases", [25_012, 24_960, 47, 5]),
        ("case_messages_comments", [16_312, 16_175, 137, 0]),
        ("case_states", [5_547, 5_242, 222, 83]),
        ("order_states", [5_547, 5_527, 20, 0]),
        ("system_messages", [2_086_613, 2_086_573, 40, 0]),
    ] {
        assert_eq!(fates(&report, name), expected, "{name}");
    }
    let reasons = |name: &str| {
        let mut reasons = flow(&report, name)["reasons"].clone();
        reasons.as_object_mut().unwrap().retain(|_, rows| *rows != 0);
        reasons
    };
    assert_eq!(reasons("cases"), json!({"patient_deleted": 12, "patient_without_order": 25}));
    assert_eq!(reasons("order_cases"), json!({"case_not_migrated": 31, "order_not_migrated": 16}));
    let states = reasons("case_states");
    assert_eq!(
        [&states["case_not_migrated"], &states["case_removed_before_state"], &states["invalid_reference"]],
        [156, 41, 25]
    );
    let comments = reasons("case_messages_comments");
    assert_eq!(
        ["missing_plan", "missing_instruction", "case_not_migrated", "plan_cycle"]
            .map(|reason| comments[reason].as_u64()),
        [Some(61), Some(48), Some(22), Some(6)]
    );
    assert_eq!(flow(&report, "patients")["warnings"]["suffix_unusable"], 29);
    let countries: Vec<(&str, u64)> = rows(&report, "patients_by_country")
        .iter()
        .map(|row| (row["country"].as_str().unwrap(), row["patients"].as_u64().unwrap()))
        .filter(|(country, _)| country.len() == 2)
        .collect();
    assert_eq!(countries, [("US", 5_529), ("JP", 1_563), ("TH", 891), ("IN", 72), ("AU", 4)]);
}
