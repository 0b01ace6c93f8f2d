//! Owns the proof that the benchmark of growth works: a small share of it is measured, and what it tells agrees with itself.
//! Must not know: how fast anything is.

#[path = "../../benches/scaling/mod.rs"]
mod measured;

use measured::{Asked, measure, program};
use serde_json::Value;

fn number(value: &Value, name: &str) -> f64 {
    value[name].as_f64().unwrap_or_else(|| panic!("{name} in {value}"))
}

fn all<'a>(figures: &'a Value, name: &str) -> &'a Vec<Value> {
    figures[name].as_array().unwrap_or_else(|| panic!("{name} in {figures}"))
}

#[test]
fn growth_is_measured_and_drawn() {
    let (scales, program) = (vec![0.01, 0.02], program());
    let asked = Asked { program, scales, jobs: vec![2], flows: vec![5], rounds: 1, durable: false };
    let mut told = Vec::new();
    let figures = measure(&asked, |line| told.push(line));
    assert_eq!(told.len(), 3, "{told:?}");
    let json: Value = serde_json::from_str(&measured::json(&figures)).unwrap();

    let rows = all(&json, "by_rows");
    assert_eq!(rows.iter().map(|one| number(one, "scale")).collect::<Vec<_>>(), [0.01, 0.02]);
    assert!(number(&rows[0], "source_rows") * 1.5 < number(&rows[1], "source_rows"));
    let flows = all(&json, "by_flows");
    assert_eq!((number(&flows[0], "flows"), number(&flows[0], "source_rows")), (5.0, 500.0));
    for one in rows.iter().chain(flows) {
        agrees(one);
    }
    let cost = |what: &str| {
        let of = |cost: &&Value| cost["what"] == what;
        number(all(&flows[0], "costs").iter().find(of).unwrap_or_else(|| panic!("no {what}")), "milliseconds_per_flow")
    };
    for what in
        ["planning", "transform", "load", "of that, ledger", "finish", "verify rows", "verify the rest", "report"]
    {
        assert!(cost(what) > 0.0, "{what}");
    }
    assert!(cost("of that, ledger") <= cost("load"));
    // Two points lie on a line, and one on its own.
    let growth = all(&json, "growth");
    assert_eq!(growth.iter().map(|one| number(one, "points")).collect::<Vec<_>>(), [2.0, 1.0]);
    assert!(growth.iter().all(|one| number(one, "worst_deviation") < 1e-6), "{growth:?}");

    let (text, markdown, chart) =
        (measured::text(&figures), measured::markdown(&figures, "a.svg"), measured::chart(&figures));
    let seconds = format!("{:.1}", number(&rows[1], "seconds"));
    assert!(text.contains("transform and load") && text.contains(&seconds), "{text}");
    assert!(markdown.contains("](a.svg)") && markdown.contains(&format!("| {seconds} |")), "{markdown}");
    assert!(!markdown.contains("NaN") && !markdown.contains("inf") && !text.contains("NaN"), "{markdown}");
    // Two runs of two plots, and one of the third.
    assert_eq!((chart.matches("<circle").count(), chart.matches("<polyline").count()), (5, 3), "{chart}");
    assert!(!chart.contains("NaN") && !chart.contains("inf"), "{chart}");
}

/// The parts of a run are no more than the whole, and its rate is that of its rows and seconds.
fn agrees(run: &Value) {
    let seconds = number(run, "seconds");
    let phases = all(run, "phases");
    assert_eq!(phases.len(), 4, "{run}");
    let together: f64 = phases.iter().map(|phase| number(phase, "seconds")).sum();
    assert!(0.0 < together && together <= seconds, "{run}");
    assert!((number(run, "rows_per_second") * seconds / number(run, "source_rows") - 1.0).abs() < 1e-9, "{run}");
    let threads = 4.0 + f64::from(u32::try_from(std::thread::available_parallelism().unwrap().get()).unwrap());
    assert!(0.0 < number(run, "cpu_seconds") && number(run, "cpu_seconds") < seconds * threads, "{run}");
    assert!((20.0..20_000.0).contains(&number(run, "peak_mib")), "{run}");
}
