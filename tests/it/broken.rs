//! Owns the proof that nothing from outside leaves a target in between: answers and COMMITs that are lost or come late, a server
//! that crashes in each phase, a program that is frozen and wakes, a password that changes. Must not know: how a run goes on.

use std::process::Child;
use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::cluster::{Database, Own};
use crate::passes::{Ending, PHASES, Pass, ending, number};
use crate::proxy::{Proxy, Trouble};
use crate::rollback::{Dice, differing};

/// What each phase leaves, and how long it takes.
async fn undisturbed(pass: &Pass) -> (Vec<String>, Vec<Duration>) {
    let mut times = Vec::new();
    let states = pass
        .through(async |pass, _, args| {
            let begun = Instant::now();
            pass.give(args);
            times.push(begun.elapsed());
        })
        .await;
    (states, times)
}

fn same(expected: &[String], found: &[String], what: &str) {
    for (phase, (whole, broken)) in expected.iter().zip(found).enumerate() {
        let found = differing(whole, broken);
        assert!(found.is_empty(), "{what}, {}: {found:#?}", PHASES[phase]);
    }
}

/// Waits for the end of the program, and fails where it does not come.
async fn ended(args: &[&str], mut child: Child) -> Ending {
    let begun = Instant::now();
    while child.try_wait().unwrap().is_none() {
        assert!(begun.elapsed() < Duration::from_mins(4), "{args:?} does not end");
        sleep(Duration::from_millis(10)).await;
    }
    ending(args, &child.wait_with_output().unwrap())
}

/// A session to a server may end at any message: before the server hears it, or before its answer comes back.
#[tokio::test(flavor = "multi_thread")]
async fn answers_and_commits_that_are_lost_or_late() {
    let (seed, wanted) = (number("REHOME_SEED", 1), number("REHOME_CUTS", 6));
    let (expected, _) = undisturbed(&Pass::new().await).await;
    let (mut dice, mut cuts, mut again) = (Dice(seed), 0, 0);
    // How many COMMITs and messages a phase has, to choose one of them: of the pass before.
    let mut usual = [(3, 30); PHASES.len()];
    while cuts < wanted {
        let mut pass = Pass::new().await;
        let proxy = Proxy::start(&pass.target);
        pass.target.clone_from(&proxy.url);
        let states = pass
            .through(async |pass, phase, args| {
                let (commits, messages) = usual[phase];
                let (trouble, of) = match dice.roll(6) {
                    0 => (Trouble::CutBeforeCommit, commits),
                    1 => (Trouble::CutAfterCommit, commits),
                    2 => (Trouble::HoldCommit(Duration::from_millis(300)), commits),
                    3 => (Trouble::LateCommit(Duration::from_millis(1_500)), commits),
                    4 => (Trouble::CutBeforeAny, messages),
                    _ => (Trouble::CutAfterAny, messages),
                };
                let skip = usize::try_from(dice.roll(of as u64)).unwrap();
                let before = (proxy.commits(), proxy.messages(), proxy.met());
                proxy.make(trouble, skip, 1 + usize::try_from(dice.roll(2)).unwrap());
                while ended(args, pass.command(args).spawn().unwrap()).await != Ending::Well {
                    // Only a run waits by itself, and only once something has moved.
                    let any = matches!(trouble, Trouble::CutBeforeAny | Trouble::CutAfterAny);
                    assert!(args[0] == "rollback" || any, "a run did not ride through {trouble:?} at {skip}");
                    again += 1;
                }
                proxy.pass();
                cuts += (proxy.met() - before.2) as u64;
                usual[phase] = (proxy.commits() - before.0, proxy.messages() - before.1);
            })
            .await;
        same(&expected, &states, &format!("seed {seed}, {cuts} cuts"));
    }
    println!("{cuts} cuts, {again} commands given again; nothing lost, nothing doubled, no object missing");
}

/// The server crashes in each phase, and comes back.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_crashes_in_each_phase() {
    let own = tokio::task::spawn_blocking(|| Own::start("", "", &[])).await.unwrap();
    let crashing = async |name: &str| {
        let mut pass = Pass::over(of_own(&own, name).await).await;
        pass.crashes = true;
        pass
    };
    let (expected, times) = undisturbed(&crashing("whole").await).await;
    let mut dice = Dice(number("REHOME_SEED", 1));
    for round in 0..number("REHOME_CRASHES", 6).div_ceil(PHASES.len() as u64) {
        let pass = crashing(&format!("broken_{round}")).await;
        let states = pass
            .through(async |pass, phase, args| {
                let child = pass.command(args).spawn().unwrap();
                let usual = u64::try_from(times[phase].as_millis()).unwrap();
                sleep(Duration::from_millis(usual / 4 + dice.roll(1 + usual / 2))).await;
                tokio::task::block_in_place(|| own.control(&["-m", "immediate", "-w", "restart"]));
                let mut end = ended(args, child).await;
                while end != Ending::Well {
                    end = ended(args, pass.command(args).spawn().unwrap()).await;
                }
            })
            .await;
        same(&expected, &states, &format!("round {round}"));
    }
}

async fn of_own(own: &Own, name: &str) -> Database {
    own.cluster.create_database(name).await.unwrap();
    let url = own.cluster.url(name);
    let session = rehome::server::Address::parse(&url).unwrap().connect("rehome tests").await.unwrap();
    Database { url, session }
}

/// A run that has come as far as the rows of a table, and waits there: somebody holds the table.
async fn held_at(pass: &Pass, table: &str) -> (Child, Database) {
    let holder = pass.database.again().await;
    holder.run(&format!("begin; lock table {table} in share mode")).await;
    let mut child = pass.command(&["run"]).spawn().unwrap();
    let waits = "select count(*)::text from pg_stat_activity where application_name like 'rehome load' and wait_event_type = 'Lock'
                 and datname = current_database()";
    let begun = Instant::now();
    while pass.database.text(waits).await == "0" {
        if begun.elapsed() > Duration::from_mins(1) {
            child.kill().unwrap();
            panic!("the run has not come to {table}: {}", child.wait().unwrap());
        }
        sleep(Duration::from_millis(20)).await;
    }
    (child, holder)
}

fn signal(child: &Child, name: &str) {
    let done = std::process::Command::new("kill").args([name, &child.id().to_string()]).status();
    assert!(done.unwrap().success());
}

/// A frozen program has lost its lock, all its sessions or only the one that held it: another one takes the run over and ends it,
/// and what the first one still does when it wakes changes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_run_that_wakes_writes_nothing() {
    let whole = Pass::new().await;
    whole.give(&["run"]);
    let expected = whole.state().await;
    for lost in ["rehome%", "rehome loader"] {
        let pass = Pass::new().await;
        let (child, holder) = held_at(&pass, "fresh.visits").await;
        signal(&child, "-STOP");
        let end = format!(
            "select count(pg_terminate_backend(pid))::text from pg_stat_activity
             where application_name like '{lost}' and application_name <> 'rehome tests' and datname = current_database()"
        );
        assert_ne!(pass.database.text(&end).await, "0");
        holder.run("rollback").await;
        pass.give(&["run"]);
        let found = differing(&expected, &pass.state().await);
        assert!(found.is_empty(), "{lost}: {found:#?}");
        signal(&child, "-CONT");
        ended(&["run"], child).await;
        let found = differing(&expected, &pass.state().await);
        assert!(found.is_empty(), "{lost}, after it woke: {found:#?}");
    }
}

/// The password changes while a run is under way: it ends as one that is not let in, and goes on with the new one.
#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_changes_meanwhile() {
    let rules = "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n";
    let own = tokio::task::spawn_blocking(move || Own::start("", rules, &[])).await.unwrap();
    let administrator = own.session().await;
    administrator.batch_execute("create role mover superuser login password 'one'").await.unwrap();
    administrator.batch_execute("create database moved").await.unwrap();
    let url = |password: &str| format!("postgres://mover:{password}@127.0.0.1:{}/moved", own.port());
    let socket = own.cluster.socket_url("moved");
    let session = rehome::server::Address::parse(&socket).unwrap().connect("rehome tests").await.unwrap();
    let mut pass = Pass::over(Database { url: socket, session }).await;
    pass.target = url("one");
    let (child, holder) = held_at(&pass, "fresh.visits").await;
    administrator.batch_execute("alter role mover password 'two'").await.unwrap();
    // Sessions that are open stay so; these are lost, and have to come again.
    let end = "select count(pg_terminate_backend(pid))::text from pg_stat_activity where usename = 'mover'";
    assert_ne!(pass.database.text(end).await, "0");
    holder.run("rollback").await;
    let output = tokio::task::block_in_place(|| child.wait_with_output().unwrap());
    let says = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(4), "{says}");
    assert!(!says.contains("one") || !says.contains(":one@"), "{says}");
    pass.target = url("two");
    pass.give(&["run"]);
    let whole = Pass::new().await;
    whole.give(&["run"]);
    let found = differing(&whole.state().await, &pass.state().await);
    assert!(found.is_empty(), "{found:#?}");
}
