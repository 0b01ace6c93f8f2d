//! Owns the campaign that breaks runs: first loads, differences and rollbacks are killed at random moments and given again, the
//! server crashes under them; in the end the target must be that of runs that nothing disturbed, object by object.
//! Must not know: where a run can be broken.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::cluster::{Database, Own};
use crate::growth::HELD;
use crate::rollback::{Dice, OBJECTS, differing};
use crate::support::rehome;

const SCALE: &str = "0.01";
const EPOCHS: [&str; 3] = ["A", "B", "C"];

/// The program at work, silent.
fn spawn(dir: &Path, args: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rehome"));
    command.args(["--quiet", "--format", "json", "--dir"]).arg(dir).args(args);
    command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Waits for its end, and kills it when its time is up. Did it end by itself?
fn wait(mut child: Child, time: Duration) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < time {
        if let Some(status) = child.try_wait().unwrap() {
            let output = child.wait_with_output().unwrap();
            assert!(status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            return true;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    false
}

struct Campaign {
    dir: tempfile::TempDir,
    /// The place of the snapshot of each epoch.
    snapshots: Vec<String>,
    dice: Dice,
    kills: usize,
}

impl Campaign {
    fn new(seed: u64) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let snapshots = EPOCHS.map(|epoch| {
            let place = dir.path().join(format!("snapshot-{epoch}")).display().to_string();
            rehome(dir.path(), &["sample", "--scale", SCALE, "--epoch", epoch, "--out", &place]);
            place
        });
        Self { dir, snapshots: snapshots.into(), dice: Dice(seed), kills: 0 }
    }

    async fn target(&self) -> Database {
        let target = Database::fresh().await;
        rehome(self.dir.path(), &["sample", "--scale", SCALE, "--into-target", &target.url]);
        target
    }

    /// Brings all epochs, then takes back the last two; gives the state after each. With kills: so many of each command.
    async fn through(&mut self, name: &str, kills: usize) -> Vec<String> {
        let target = self.target().await;
        let workspace = self.dir.path().join(name);
        let mut states = Vec::new();
        for snapshot in self.snapshots.clone() {
            let args = ["run", "--no-threshold", "--pipeline", "dispatch", "--verify", "full", "--snapshot", &snapshot];
            self.given(&workspace, &[&args[..], &["--target", &target.url]].concat(), kills);
            states.push(state(&target).await);
        }
        let runs = target.text("select string_agg(run_id::text, ' ' order by number) from rehome.runs").await;
        for run in runs.split(' ').rev().skip(1) {
            self.given(&workspace, &["rollback", "--to", run, "--target", &target.url], kills.min(2));
            states.push(state(&target).await);
        }
        states
    }

    /// Gives a command until it has ended by itself, killed so many times before, at moments of its usual length.
    fn given(&mut self, workspace: &Path, args: &[&str], kills: usize) {
        let usual: u64 = if args[0] == "run" { 6_000 } else { 900 };
        for _ in 0..kills {
            let time = Duration::from_millis(self.dice.roll(usual));
            if wait(spawn(workspace, args), time) {
                return;
            }
            self.kills += 1;
        }
        assert!(wait(spawn(workspace, args), Duration::from_mins(5)), "{args:?} does not end");
    }
}

async fn state(target: &Database) -> String {
    // Temporary tables of sessions that a server's crash has ended stay in its catalog for a while: PostgreSQL's own doing.
    let leftover = "select count(*) || ' away, ' || (select count(*) from pg_class
                        where relname like 'rehome_%' and relkind = 'r' and relpersistence <> 't') from rehome.saved_ddl";
    [target.text(HELD).await, target.text(OBJECTS).await, target.text(leftover).await].join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_and_rollbacks_that_are_killed_converge() {
    let number =
        |name: &str, usual: usize| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual);
    let (seed, wanted) = (number("REHOME_SEED", 1), number("REHOME_KILLS", 6));
    let mut campaign = Campaign::new(seed as u64);
    let undisturbed = campaign.through("undisturbed", 0).await;
    let mut round = 0;
    while campaign.kills < wanted {
        round += 1;
        let states = campaign.through(&format!("killed-{round}"), 3).await;
        for (at, (killed, whole)) in states.iter().zip(&undisturbed).enumerate() {
            let found = differing(whole, killed);
            assert!(found.is_empty(), "seed {seed}, round {round}, step {at}: {found:#?}");
        }
        println!("round {round}: {} kills, nothing lost, nothing doubled, no object missing", campaign.kills);
    }
}

/// A server that crashes and comes back while a run is under way: the run waits for it, and ends by itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_run_rides_through_crashes_of_the_server() {
    let own = tokio::task::spawn_blocking(|| Own::start("", "", &[])).await.unwrap();
    own.cluster.create_database("target").await.unwrap();
    let url = own.cluster.url("target");
    let mut campaign = Campaign::new(7);
    let dir = campaign.dir.path().join("ridden");
    rehome(campaign.dir.path(), &["sample", "--scale", SCALE, "--into-target", &url]);
    let undisturbed = campaign.through("undisturbed", 0).await;
    for (epoch, expected) in campaign.snapshots.clone().iter().zip(&undisturbed) {
        let args = ["run", "--no-threshold", "--pipeline", "dispatch", "--snapshot", epoch, "--target", &url];
        let child = spawn(&dir, &args);
        begun(&url).await;
        std::thread::sleep(Duration::from_millis(campaign.dice.roll(2_500)));
        own.control(&["-m", "immediate", "-w", "restart"]);
        assert!(wait(child, Duration::from_mins(3)), "the run does not end");
        let session = rehome::server::Address::parse(&url).unwrap().connect("rehome tests").await.unwrap();
        let found = differing(expected, &state(&Database { url: url.clone(), session }).await);
        assert!(found.is_empty(), "{found:#?}");
    }
}

/// Waits until a run has brought something: before that it is not known whether it can, and a lost connection ends it.
async fn begun(url: &str) {
    let session = rehome::server::Address::parse(url).unwrap().connect("rehome tests").await.unwrap();
    let brought = "select exists (select from rehome.chunks c join rehome.runs r using (run_id)
                    where r.state not in ('done', 'rolled_back'))::text";
    for _ in 0..3_000 {
        if session.query_one(brought, &[]).await.is_ok_and(|row| row.get::<_, String>(0) == "true") {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the run brings nothing");
}

/// A report of each run, until it is told to stop.
#[tokio::test(flavor = "multi_thread")]
async fn runs_that_follow_each_other_end_between_two() {
    let dir = tempfile::tempdir().unwrap();
    let (legacy, target) = (Database::fresh().await, Database::fresh().await);
    rehome(dir.path(), &["sample", "--scale", SCALE, "--epoch", "B", "--into", &legacy.url]);
    rehome(dir.path(), &["sample", "--scale", SCALE, "--into-target", &target.url]);
    let args = [
        "run",
        "--no-threshold",
        "--pipeline",
        "dispatch",
        "--every",
        "1s",
        "--source",
        &legacy.url,
        "--target",
        &target.url,
    ];
    let mut command = Command::new(env!("CARGO_BIN_EXE_rehome"));
    command.args(["--format", "json", "--dir"]).arg(dir.path().join("every")).args(args);
    // A report is more than a pipe holds.
    let reports = dir.path().join("reports");
    let child = command.stdout(std::fs::File::create(&reports).unwrap()).stderr(Stdio::piped()).spawn().unwrap();
    let done = "select count(*)::text from rehome.runs where state = 'done'";
    for runs in ["1", "2"] {
        for _ in 0..3_000 {
            if target.session.query_one(done, &[]).await.is_ok_and(|row| row.get::<_, String>(0) == runs) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        legacy
            .run("update dispatch_office set city = 'elsewhere' where id in (select min(id) from dispatch_office)")
            .await;
    }
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let reports = std::fs::read_to_string(&reports).unwrap();
    let reports: Vec<Value> = reports.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(reports.len() >= 2 && reports.iter().all(|report| report["verified"] == true), "{} reports", reports.len());
    assert!(reports[1..].iter().any(|report| report["written"] != 0));
}
