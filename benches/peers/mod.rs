//! Owns the comparison: rehome beside what people write by hand, and beside the floor of what the server can take. Each
//! way moves the same rows into the same target, in rounds, one way after the other.
//! Must not know: how rehome works inside; it starts the program.

mod clients;
mod figures;
mod ground;
mod plan;
mod prepare;
mod python;
mod queue;
mod server;
mod session;
mod ways;

pub use figures::{Comparison, Figure};
pub use ways::Way;

use std::time::Instant;

use clients::Clients;
use ground::Ground;

/// What is asked for on the command line.
#[derive(Debug)]
pub struct Options {
    pub scale: String,
    pub rounds: usize,
    pub ways: Vec<Way>,
    pub scenes: Vec<Scene>,
    pub as_json: bool,
    /// Wait for the disk, as a real server does.
    pub fsync: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            scale: "1".to_owned(),
            rounds: 3,
            ways: Way::ALL.to_vec(),
            scenes: Scene::ALL.to_vec(),
            as_json: false,
            fsync: true,
        }
    }
}

impl Options {
    /// SCALE [--rounds N] [--ways a,b] [--scenes a,b] [--format json]
    ///
    /// # Errors
    /// What cannot be understood.
    pub fn parse(args: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self::default();
        let mut args = args.filter(|arg| arg != "--bench");
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or_else(|| format!("{arg} wants a value"));
            match arg.as_str() {
                "--rounds" => options.rounds = value()?.parse().map_err(|_| "--rounds wants a number".to_owned())?,
                "--ways" => options.ways = value()?.split(',').map(Way::named).collect::<Result<_, _>>()?,
                "--scenes" => options.scenes = value()?.split(',').map(Scene::named).collect::<Result<_, _>>()?,
                "--format" => options.as_json = value()? == "json",
                scale if scale.parse::<f64>().is_ok() => scale.clone_into(&mut options.scale),
                other => return Err(format!("{other} is not understood: SCALE [--rounds N] [--ways …] [--scenes …]")),
            }
        }
        if options.rounds == 0 { Err("at least one round".to_owned()) } else { Ok(options) }
    }
}

/// What the target holds of the four tables before the clock starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scene {
    /// Nothing: keys and indexes may go, and come back.
    Empty,
    /// Every other row, and people who work with them: keys and indexes stay.
    InUse,
}

impl Scene {
    pub const ALL: [Self; 2] = [Self::Empty, Self::InUse];

    pub fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::InUse => "in-use",
        }
    }

    /// The schema that maps the rows to be moved, and the role that finds it.
    fn schema(self) -> &'static str {
        match self {
            Self::Empty => "whole",
            Self::InUse => "rest",
        }
    }

    fn named(name: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|scene| scene.name() == name).ok_or_else(|| format!("{name} is no scene"))
    }
}

/// Measures all ways in all scenes.
///
/// # Panics
/// When a way fails, or moves other rows than another one.
#[must_use]
pub fn compare(options: &Options) -> Vec<Comparison> {
    let ground = prepare::prepare(options);
    let mut found: Vec<Comparison> =
        options.scenes.iter().map(|scene| Comparison::new(*scene, options, &ground.expected)).collect();
    for round in 1..=options.rounds {
        for comparison in &mut found {
            for way in &options.ways {
                match way.obstacle() {
                    Some(why) => comparison.without(*way, &why),
                    None => comparison.add(*way, measure(&ground, comparison.scene, *way)),
                }
            }
            eprintln!("round {round} of {}, {}", options.rounds, comparison.scene.name());
        }
    }
    found
}

fn measure(ground: &Ground, scene: Scene, way: Way) -> Figure {
    let name = "moved";
    let prepared = way.prepare(ground, scene, name);
    ground.checkpoint();
    let (clients, before, started) = (Clients::default(), server::cpu(ground), Instant::now());
    let moved = way.moves(ground, scene, name, &prepared, &clients);
    let (wall, after) = (started.elapsed(), server::cpu(ground));
    moved.unwrap_or_else(|error| panic!("{} failed ({}): {error}", way.name(), scene.name()));
    let fingerprint = ground.fingerprint(name);
    assert_eq!(fingerprint, ground.expected, "{} must move the same rows ({})", way.name(), scene.name());
    ground.drop_database(name);
    Figure { wall, client_cpu: clients.cpu(), server_cpu: after.saturating_sub(before), memory: clients.peak() }
}
