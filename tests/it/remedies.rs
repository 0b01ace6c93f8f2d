//! Owns the tests of the remedies: variants of the rules, tried on the same snapshot and loaded, each conserving.

use serde_json::Value;

use crate::cluster::Database;
use crate::support::{rehome, repository};

fn number(report: &Value, flow: &str, what: &str) -> u64 {
    let found = report["flows"].as_array().unwrap().iter().find(|found| found["flow"] == flow);
    let found = found.unwrap_or_else(|| panic!("no flow {flow}"));
    found[what].as_u64().or_else(|| found["warnings"][what].as_u64()).unwrap_or_else(|| panic!("{flow} {what}"))
}

fn file_of(name: &str) -> String {
    repository(&format!("pipelines/{name}.toml")).display().to_string()
}

/// What each remedy makes of the same snapshot; the first is no remedy.
fn tried() -> [Value; 4] {
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().join("s").display().to_string();
    rehome(dir.path(), &["sample", "--pipeline", "dispatch", "--scale", "0.2", "--epoch", "C", "--out", &place]);
    ["dispatch", "dispatch-default-case", "dispatch-general-case", "dispatch-archive-notes"].map(|name| {
        let file = file_of(name);
        let report = rehome(dir.path(), &["what-if", "--pipeline", &file, "--snapshot", &place]);
        assert_eq!(report["conserved"], true, "{name}");
        for check in report["checks"].as_array().unwrap() {
            assert!(check["passed"] == true || check["severity"] == "warn", "{name}: {check}");
        }
        report
    })
}

#[test]
fn each_remedy_recovers_what_it_says_and_nothing_else() {
    let [rules, default, general, archive] = tried();
    let rejected = |report: &Value| report["root_causes"]["rejected"].as_u64().unwrap();

    let patients = number(&rules, "cases", "rejected");
    assert!(patients > 0);
    assert_eq!((number(&default, "cases", "rejected"), number(&default, "cases", "default_case")), (0, patients));
    for flow in ["case_states", "order_cases", "case_messages_comments"] {
        let reasons = |report: &Value| {
            let flows = report["flows"].as_array().unwrap();
            flows.iter().find(|found| found["flow"] == flow).unwrap()["reasons"].clone()
        };
        assert_ne!(reasons(&rules)["case_not_migrated"], 0, "{flow}");
        assert_eq!(reasons(&default)["case_not_migrated"], 0, "{flow}");
        let (before, after) = (number(&rules, flow, "migrated"), number(&default, flow, "migrated"));
        assert_eq!(after - before, number(&rules, flow, "rejected") - number(&default, flow, "rejected"), "{flow}");
    }

    let mut recovered = 0;
    for flow in ["case_messages_comments", "case_messages_records"] {
        let more = number(&general, flow, "migrated") - number(&rules, flow, "migrated");
        assert_eq!(more, number(&general, flow, "general_case"), "{flow}");
        recovered += more;
    }
    assert!(recovered > 0);
    assert!(rejected(&rules) - rejected(&general) >= recovered, "attachments may follow their messages");

    for (messages, notes) in
        [("case_messages_comments", "doctor_notes_comments"), ("case_messages_records", "doctor_notes_records")]
    {
        let lost = number(&rules, messages, "rejected");
        assert!(lost > 0);
        assert_eq!((number(&archive, messages, "rejected"), number(&archive, messages, "elsewhere")), (0, lost));
        assert_eq!(number(&archive, notes, "migrated"), lost);
        assert_eq!(number(&archive, messages, "migrated"), number(&rules, messages, "migrated"));
    }
}

/// Each is loaded too, and what the target holds is what the outcomes say.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_remedy_loads_and_verifies() {
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().join("s").display().to_string();
    rehome(dir.path(), &["sample", "--pipeline", "dispatch", "--scale", "0.02", "--epoch", "C", "--out", &place]);
    for name in ["dispatch-default-case", "dispatch-general-case", "dispatch-archive-notes"] {
        let file = file_of(name);
        let lines = std::fs::read_to_string(&file).unwrap().lines().count();
        assert!(lines < 20, "{name} is a few lines");
        let target = Database::fresh().await;
        let sample = ["sample", "--pipeline", name, "--scale", "0.02", "--epoch", "C", "--into-target", &target.url];
        rehome(dir.path(), &sample);
        let run = ["run", "--no-threshold", "--pipeline", &file, "--snapshot", &place, "--target", &target.url];
        let report = rehome(dir.path(), &run);
        assert_eq!((&report["conserved"], &report["verified"]), (&Value::Bool(true), &Value::Bool(true)), "{name}");
    }
}
