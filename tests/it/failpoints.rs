//! Owns the campaign that ends the program before and after each of its durable steps, twice in a row. In the end the target must
//! be that of a pass that nothing disturbed, object by object. Must not know: which steps there are; the program lists them.

use std::collections::BTreeMap;
use std::path::Path;

use crate::passes::{Ending, PHASES, Pass, ending, number};
use crate::rollback::{Dice, differing};

/// The points of a phase, and how often each is passed.
type Points = BTreeMap<String, u64>;

/// What each phase passes, and what it leaves.
async fn undisturbed() -> (Vec<Points>, Vec<String>) {
    let pass = Pass::new().await;
    let mut points = Vec::new();
    let states = pass
        .through(async |pass, phase, args| {
            let list = pass.folder.path().join(format!("points-{phase}"));
            assert_eq!(until(pass, args, &format!("list:{}", list.display())), Ending::Well);
            points.push(counted(&list));
        })
        .await;
    (points, states)
}

/// Runs the program to a point, or to its end.
fn until(pass: &Pass, args: &[&str], point: &str) -> Ending {
    ending(args, &pass.command(args).env("REHOME_FAILPOINT", point).output().unwrap())
}

fn counted(list: &Path) -> Points {
    let mut points = Points::new();
    for point in
        std::fs::read_to_string(list).expect("the program has no points: build it with --features failpoints").lines()
    {
        *points.entry(point.to_owned()).or_default() += 1;
    }
    points
}

/// What the campaign did in a phase.
#[derive(Default)]
struct Tally {
    points: usize,
    kills: u64,
}

fn kills(tallies: &[Tally]) -> u64 {
    tallies.iter().map(|tally| tally.kills).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_may_end_at_any_durable_step() {
    let (seed, wanted) = (number("REHOME_SEED", 1), number("REHOME_KILLS", 16));
    let (points, expected) = undisturbed().await;
    let mut dice = Dice(seed);
    let mut tallies: Vec<Tally> = points.iter().map(|points| Tally { points: points.len(), kills: 0 }).collect();
    let mut waiting: Vec<Vec<(String, u64)>> = points.iter().map(|_| Vec::new()).collect();
    let mut rounds = 0;
    while kills(&tallies) < wanted {
        rounds += 1;
        let pass = Pass::new().await;
        let states = pass
            .through(async |pass, phase, args| {
                // A twelfth of the points in each pass, or fewer where no more kills are wanted.
                let missing = wanted.saturating_sub(kills(&tallies)).div_ceil(2 * (PHASES.len() - phase) as u64);
                let share = points[phase].len().div_ceil(12).min(usize::try_from(missing).unwrap());
                for _ in 0..share {
                    if waiting[phase].is_empty() {
                        waiting[phase] = shuffled(&points[phase], &mut dice);
                    }
                    let (point, times) = waiting[phase].pop().unwrap();
                    // Twice in a row; the second time it may not come by any more, and ends.
                    for times in [1 + dice.roll(times), 1] {
                        if until(pass, args, &format!("{point}:{times}")) != Ending::Killed {
                            break;
                        }
                        tallies[phase].kills += 1;
                    }
                }
                pass.give(args);
            })
            .await;
        for (phase, (broken, whole)) in states.iter().zip(&expected).enumerate() {
            let found = differing(whole, broken);
            assert!(found.is_empty(), "seed {seed}, round {rounds}, {}: {found:#?}", PHASES[phase]);
        }
    }
    println!("seed {seed}, {rounds} rounds; nothing lost, nothing doubled, no object missing");
    println!("{:<24} {:>7} {:>7}", "phase", "points", "kills");
    for (phase, tally) in PHASES.iter().zip(&tallies) {
        println!("{phase:<24} {:>7} {:>7}", tally.points, tally.kills);
    }
}

fn shuffled(points: &Points, dice: &mut Dice) -> Vec<(String, u64)> {
    let mut left: Vec<_> = points.iter().map(|(point, times)| (point.clone(), *times)).collect();
    let mut mixed = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let next = usize::try_from(dice.roll(left.len() as u64)).unwrap();
        mixed.push(left.swap_remove(next));
    }
    mixed
}
