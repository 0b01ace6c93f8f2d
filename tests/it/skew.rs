//! Owns the proof that queries over several times the memory that they may hold spill, or end with the exit for it, with nearly all
//! rows under one key; and how much memory the program has meanwhile. Must not know: how anything is spilled.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::cluster::Database;
use crate::support::legacy_to_fresh;

const MIB: u64 = 1024;

fn into(folder: &Path) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_rehome"));
    program.arg("--dir").arg(folder);
    program
}

/// Runs a command to its end; gives its exit code, the most memory it had, in KiB, and what it said.
fn measured(command: &mut Command) -> (Option<i32>, u64, String) {
    let mut program = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let file = format!("/proc/{}/status", program.id());
    let begun = Instant::now();
    let mut most = 0;
    while program.try_wait().unwrap().is_none() {
        let status = std::fs::read_to_string(&file).unwrap_or_default();
        let mark = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        most = most.max(mark.and_then(|mark| mark.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0));
        if begun.elapsed() > Duration::from_mins(2) {
            program.kill().unwrap();
            panic!("it hangs");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let output = program.wait_with_output().unwrap();
    (output.status.code(), most, String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Queries whose data is several times the memory that they may hold, one key having nearly all the rows: what can be spilled is
/// spilled, and what cannot ends with the exit for it. 0 or 8, and which of them stands here.
const SKEWED: [(&str, &str, &str, i32); 7] = [
    (
        "every row meets the one that nearly all belong to",
        "select e.id as _key, migrate() as _outcome, o.label, k.rows from source.event e
         left join source.owner o on o.id = e.owner
         left join (select owner, count(*) as rows from source.event group by owner) k on k.owner = e.owner",
        "12MB",
        0,
    ),
    (
        "the rows of an owner, in their order",
        "select e.id as _key, migrate() as _outcome, row_number() over (partition by owner order by body) as nth
         from source.event e",
        "12MB",
        0,
    ),
    (
        "a side of a join that is more than the memory",
        "select e.id as _key, migrate() as _outcome, b.body from source.event e
         left join source.event b on b.id = e.id and b.owner = e.owner",
        "96MB",
        0,
    ),
    (
        "windows that look at whole partitions, of which there are many",
        "select e.id as _key, migrate() as _outcome, count(*) over (partition by e.id / 10) as beside,
         max(body) over (partition by e.id / 10) as last from source.event e",
        "24MB",
        0,
    ),
    (
        "a window that looks at one partition with nearly all rows",
        "select e.id as _key, migrate() as _outcome, max(body) over (partition by owner) as last from source.event e",
        "12MB",
        8,
    ),
    (
        "thirty parts of a union, joined by more than fits",
        "with part as (PARTS)
         select e.id as _key, migrate() as _outcome, length(p.body) as letters from source.event e
         left join part p on p.id = e.id and p.body = e.body",
        "96MB",
        0,
    ),
    (
        "all texts of an owner in one",
        "select e.id as _key, migrate() as _outcome, length(t.texts) as letters from source.event e
         left join (select owner, string_agg(body, ' ' order by body) as texts from source.event group by owner) t on t.owner = e.owner",
        "12MB",
        8,
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_skewed_join_of_ten_times_the_memory_spills_or_ends() {
    let database = Database::with(
        "create schema legacy;
         create table legacy.owner (id int primary key, label text);
         create table legacy.event (id int primary key, owner int, body text);
         insert into legacy.owner select i, 'owner ' || i from generate_series(1, 100) i;
         insert into legacy.event
           select i, case when i % 100 = 0 then 1 + i / 100 % 100 else 7 end, lpad(md5(i::text), 64, 'x') from generate_series(1, 1700000) i;
         analyze",
    )
    .await;
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("snapshot").display().to_string();
    let mut take = into(folder.path());
    take.args(["--quiet", "snapshot", "--source", &database.url, "--schemas", "legacy", "--out", &out]);
    assert_eq!(measured(&mut take).0, Some(0));
    let part = |part| format!("select id, body from source.event where id % 30 = {part}");
    let parts = (0..30).map(part).collect::<Vec<_>>().join(" union all ");
    // With one job there is one partition of everything, which the engine plans otherwise.
    let alone = SKEWED.into_iter().filter(|(what, ..)| what.contains("union")).map(|skewed| ("1", skewed));
    for (jobs, (what, query, memory, expected)) in SKEWED.map(|skewed| ("2", skewed)).into_iter().chain(alone) {
        let home = tempfile::tempdir().unwrap();
        let query = query.replace("PARTS", &parts);
        let flow = format!("/*--- source = \"event\"\nentity = \"event\" ---*/\n{query}");
        legacy_to_fresh(home.path(), "", &[("events", &flow)]).unwrap();
        let mut command = into(home.path());
        command.args(["--quiet", "--jobs", jobs, "--memory", memory, "what-if", "--snapshot", &out, "--pipeline"]);
        command.arg(home.path().join("pipeline/pipeline.toml"));
        let (code, most, told) = measured(&mut command);
        eprintln!("--jobs {jobs}: {what}: exit {code:?}, {} MiB", most / MIB);
        assert_eq!(code, Some(expected), "{what}: {told}");
        assert!(code == Some(0) || told.contains("--memory"), "{what}: {told}");
        // The program itself, batches under way and what is being written. The engine does not count what an aggregate holds that
        // gathers the values of a group.
        let bound = if query.contains("string_agg") { 1_024 } else { 400 };
        assert!(most < bound * MIB, "{what}: {} MiB", most / MIB);
        let left = std::fs::read_dir(home.path().join("spill")).unwrap().count();
        assert_eq!(left, 0, "{what}: what was spilled is gone");
    }
}
