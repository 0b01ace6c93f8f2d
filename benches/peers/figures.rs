//! Owns what was measured of each way in a scene, and how it is told: a table for people, JSON for programs.
//! Must not know: how it was measured.

use std::fmt;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{Options, Scene, Way};

/// One way, once.
#[derive(Debug, Clone, Copy)]
pub struct Figure {
    pub wall: Duration,
    pub client_cpu: Duration,
    pub server_cpu: Duration,
    /// Of the largest client process, in KiB.
    pub memory: u64,
}

/// All ways in one scene.
#[derive(Debug)]
pub struct Comparison {
    pub scene: Scene,
    scale: String,
    rows: Vec<(String, u64)>,
    measured: Vec<(Way, Vec<Figure>)>,
    missing: Vec<(Way, String)>,
}

impl Comparison {
    pub fn new(scene: Scene, options: &Options, fingerprint: &str) -> Self {
        let parts: Map<String, Value> = serde_json::from_str(fingerprint).expect("a fingerprint");
        let count = |told: &Value| told.as_str()?.split(' ').next()?.parse().ok();
        let tables = parts.iter().filter(|(name, _)| !matches!(name.as_str(), "constraints" | "indexes"));
        let rows = tables.filter_map(|(name, told)| Some((name.clone(), count(told)?))).collect();
        Self { scene, scale: options.scale.clone(), rows, measured: Vec::new(), missing: Vec::new() }
    }

    pub fn add(&mut self, way: Way, figure: Figure) {
        match self.measured.iter_mut().find(|(known, _)| *known == way) {
            Some((_, figures)) => figures.push(figure),
            None => self.measured.push((way, vec![figure])),
        }
    }

    pub fn without(&mut self, way: Way, why: &str) {
        if !self.missing.iter().any(|(known, _)| *known == way) {
            self.missing.push((way, why.to_owned()));
        }
    }

    /// The rows of each table at the end.
    #[must_use]
    pub fn rows(&self) -> &[(String, u64)] {
        &self.rows
    }

    /// The ways that were measured, with the medians of their figures.
    #[must_use]
    pub fn medians(&self) -> Vec<(Way, Figure)> {
        self.measured.iter().map(|(way, figures)| (*way, median(figures))).collect()
    }

    /// The wall time of a way in those of the best peer and of the floor, where these were measured.
    fn ratios(&self, figure: Figure) -> (Option<f64>, Option<f64>) {
        let medians = self.medians();
        let best = medians.iter().filter(|(way, _)| way.is_peer()).map(|(_, figure)| figure.wall).min();
        let floor = medians.iter().find(|(way, _)| *way == Way::Floor).map(|(_, figure)| figure.wall);
        let to = |other: Option<Duration>| other.map(|other| figure.wall.as_secs_f64() / other.as_secs_f64());
        (to(best), to(floor))
    }

    #[must_use]
    pub fn to_json(&self) -> Value {
        let ways: Vec<Value> = self.measured.iter().map(|(way, figures)| self.way_to_json(*way, figures)).collect();
        let missing: Map<String, Value> =
            self.missing.iter().map(|(way, why)| (way.name().to_owned(), json!(why))).collect();
        let rows: Map<String, Value> = self.rows.iter().map(|(table, count)| (table.clone(), json!(count))).collect();
        json!({
            "scene": self.scene.name(), "scale": self.scale, "rows": rows, "ways": ways, "not_available": missing,
        })
    }

    fn way_to_json(&self, way: Way, figures: &[Figure]) -> Value {
        let middle = median(figures);
        let (to_peer, to_floor) = self.ratios(middle);
        let walls: Vec<f64> = figures.iter().map(|figure| figure.wall.as_secs_f64()).collect();
        json!({
            "way": way.name(),
            "wall_s": middle.wall.as_secs_f64(),
            "walls_s": walls,
            "client_cpu_s": middle.client_cpu.as_secs_f64(),
            "server_cpu_s": middle.server_cpu.as_secs_f64(),
            "client_memory_mb": mb(middle.memory),
            "to_best_peer": to_peer,
            "to_floor": to_floor,
        })
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rounds = self.measured.first().map_or(0, |(_, figures)| figures.len());
        let rows: Vec<String> = self.rows().iter().map(|(table, count)| format!("{table} {count}")).collect();
        writeln!(to, "{} at scale {}, medians of {rounds}", self.scene.name(), self.scale)?;
        writeln!(to, "rows in the end: {}", rows.join(", "))?;
        writeln!(
            to,
            "  {:<21}{:>9}{:>12}{:>9}{:>14}{:>14}{:>13}",
            "way", "wall s", "× best peer", "× floor", "client CPU s", "server CPU s", "client MB"
        )?;
        let ratio = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.2}"));
        for (way, figure) in self.medians() {
            let (to_peer, to_floor) = self.ratios(figure);
            let mark = if way == Way::InsertSelectLocal { " *" } else { "" };
            writeln!(
                to,
                "  {:<21}{:>9.2}{:>12}{:>9}{:>14.2}{:>14.2}{:>13.0}",
                format!("{}{mark}", way.name()),
                figure.wall.as_secs_f64(),
                ratio(to_peer),
                ratio(to_floor),
                figure.client_cpu.as_secs_f64(),
                figure.server_cpu.as_secs_f64(),
                mb(figure.memory),
            )?;
        }
        for (way, why) in &self.missing {
            writeln!(to, "  {:<21}not available: {why}", way.name())?;
        }
        let local = self.measured.iter().any(|(way, _)| *way == Way::InsertSelectLocal);
        if local { writeln!(to, "  * between schemas of one database: not another peer's job") } else { Ok(()) }
    }
}

fn mb(kib: u64) -> f64 {
    f64::from(u32::try_from(kib).unwrap_or(u32::MAX)) * 1024.0 / 1e6
}

/// Of each figure by itself.
fn median(figures: &[Figure]) -> Figure {
    let middle = |of: fn(&Figure) -> Duration| -> Duration {
        let mut values: Vec<Duration> = figures.iter().map(of).collect();
        values.sort();
        values[values.len() / 2]
    };
    Figure {
        wall: middle(|figure| figure.wall),
        client_cpu: middle(|figure| figure.client_cpu),
        server_cpu: middle(|figure| figure.server_cpu),
        memory: figures.iter().map(|figure| figure.memory).max().unwrap_or(0),
    }
}
