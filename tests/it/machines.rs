//! Owns the tests of flows on several machines: worker processes, an object store that has its moods, kills, and a target. What comes of it
//! is what comes of one machine, byte by byte.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Instant;

use serde_json::Value;

use crate::artefact::stores::Store;
use crate::certificates::{Pair, Wanted};
use crate::cluster::Database;
use crate::passes::{Ending, Pass, ending, number};
use crate::program::ends;
use crate::support::{legacy_to_fresh, pipeline, repository};

const TOKEN: &str = "a-token-of-the-tests";
const FLOW: &str = "/*--- source = \"person\" ---*/\nselect p.id as _key, migrate() as _outcome from source.person p";
/// The most that a driver may hold, in bytes, whatever the rows are.
const DRIVER: u64 = 300 << 20;

/// A worker, which ends with its value.
struct Worker {
    address: String,
    process: Child,
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Worker {
    /// At an address, or at any.
    fn start(mut program: Command, address: Option<&str>) -> Self {
        program.env("REHOME_CLUSTER_TOKEN", TOKEN);
        program.args(["--jobs", "2", "cluster", "worker", "--listen", address.unwrap_or("127.0.0.1:0")]);
        Self::listening(program)
    }

    /// With certificates, at any address.
    fn certified(mut program: Command, certified: &[String]) -> Self {
        program.args(["--jobs", "2", "cluster", "worker", "--listen", "127.0.0.1:0"]).args(certified);
        Self::listening(program)
    }

    fn listening(mut program: Command) -> Self {
        program.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = program.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let told: Value = serde_json::from_str(&line).expect("a worker tells where it listens");
        Self { address: told["listening"].as_str().unwrap().to_owned(), process }
    }
}

/// A folder, an object store, and programs that know it.
struct Place {
    folder: tempfile::TempDir,
    store: Store,
    pipeline: PathBuf,
}

impl Place {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            store: Store::start(&[]),
            pipeline: repository("pipelines/dispatch.toml"),
        }
    }

    fn program(&self, dir: &str) -> Command {
        let mut program = self.store.program(&self.folder.path().join(dir));
        program.args(["--format", "json"]).env("REHOME_CLUSTER_TOKEN", TOKEN);
        program
    }

    fn workers(&self) -> [Worker; 2] {
        ["one", "other"].map(|name| Worker::start(self.program(name), None))
    }

    /// The sample of the reference case, in the store.
    fn sample(&self, scale: &str) -> String {
        let place = "s3://bucket/sample".to_owned();
        let mut program = self.program("driver");
        program.args(["sample", "--pipeline"]).arg(&self.pipeline).args(["--scale", scale, "--out", &place]);
        well(&program.output().unwrap());
        place
    }

    /// What the rules would make of the sample, its outcomes below `outcomes` in the store.
    fn what_if(&self, outcomes: &str, workers: &[&Worker]) -> Command {
        let mut program = self.program("driver");
        program.args(["--store", &format!("s3://bucket/{outcomes}"), "what-if", "--pipeline"]).arg(&self.pipeline);
        program.args(["--snapshot", "s3://bucket/sample"]);
        if !workers.is_empty() {
            program.args(["--engine", &engine(workers)]);
        }
        program
    }

    /// All that was stored, by its name.
    fn stored(&self, outcomes: &str) -> Vec<String> {
        self.store.objects(&format!("{outcomes}/"))
    }
}

fn engine(workers: &[&Worker]) -> String {
    workers.iter().map(|worker| worker.address.as_str()).collect::<Vec<_>>().join(",")
}

fn well(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A report without what no two runs have in common.
fn comparable(report: &Value) -> Value {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(members) => {
                for name in ["seconds", "rows_per_second", "started_at", "phases", "peak_memory_bytes"] {
                    members.remove(name);
                }
                members.values_mut().for_each(strip);
            }
            Value::Array(items) => items.iter_mut().for_each(strip),
            _ => {}
        }
    }
    let mut report = report.clone();
    strip(&mut report);
    report
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_asks_each_worker_whether_it_could() {
    let place = Place::new();
    place.sample("0.01");
    let [one, other] = place.workers();
    let check = |workers: &str, token: &str| {
        let mut program = place.program("driver");
        program.args(["check", "--pipeline"]).arg(&place.pipeline).args(["--snapshot", "s3://bucket/sample"]);
        let output = program.args(["--engine", workers]).env("REHOME_CLUSTER_TOKEN", token).output().unwrap();
        let found: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
        let findings = found["findings"].as_array().unwrap().iter().filter(|finding| finding["about"] == "workers");
        let findings: Vec<(Value, String)> = findings
            .map(|finding| (finding["severity"].clone(), finding["message"].as_str().unwrap().to_owned()))
            .collect();
        (output.status.code().unwrap(), found["looked_at"]["workers"].as_u64().unwrap(), findings)
    };
    let both = engine(&[&one, &other]);
    assert_eq!(check(&both, TOKEN), (0, 2, vec![]));
    let (code, ready, findings) = check(&both, "another-token-of-theirs");
    assert_eq!((code, ready, findings.len()), (2, 0, 2), "{findings:?}");
    assert!(
        findings.iter().all(|(severity, message)| severity == "error" && message.contains("token")),
        "{findings:?}"
    );

    // One that is gone: a run goes on with the other. When none is left, it does not.
    let gone = other.address.clone();
    drop(other);
    let (code, ready, findings) = check(&both, TOKEN);
    assert_eq!((code, ready, findings.len()), (0, 1, 1), "{findings:?}");
    assert!(findings[0].0 == "warning" && findings[0].1.contains(&gone), "{findings:?}");
    drop(one);
    let (code, ready, findings) = check(&both, TOKEN);
    assert_eq!((code, ready, findings.len()), (2, 0, 2), "{findings:?}");
    assert!(place.stored("check").is_empty(), "a check writes nothing");
}

/// The files of a certificate, and of the authority that is asked of others, as a command line has them.
fn certified(folder: &Path, name: &str, pair: &Pair, authority: &Pair) -> Vec<String> {
    let file = |end: &str, text: Vec<u8>| {
        let file = folder.join(format!("{name}.{end}"));
        std::fs::write(&file, text).unwrap();
        file.to_str().unwrap().to_owned()
    };
    let (cert, key, ca) =
        (file("crt", pair.certificate()), file("key", pair.key()), file("ca", authority.certificate()));
    [("--cluster-cert", cert), ("--cluster-key", key), ("--cluster-ca", ca)]
        .into_iter()
        .flat_map(|(option, file)| [option.to_owned(), file])
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn machines_with_certificates_answer_nobody_without() {
    let place = Place::new();
    place.sample("0.01");
    let (authority, theirs) = (Pair::authority("ours"), Pair::authority("theirs"));
    let folder = place.folder.path();
    let of_host = authority.issue(&Wanted::of("worker", &["IP:127.0.0.1"]));
    let of_host = certified(folder, "worker", &of_host, &authority);
    let of_driver = certified(folder, "driver", &authority.issue(&Wanted::of("driver", &["DNS:driver"])), &authority);
    let start = |name: &str, certified: &[String]| {
        let mut program = place.program(name);
        program.env_remove("REHOME_CLUSTER_TOKEN");
        Worker::certified(program, certified)
    };
    let [one, other] = ["one", "other"].map(|name| start(name, &of_host));
    let ask = |outcomes: &str, workers: &[&Worker], certified: &[String]| {
        let mut command = place.what_if(outcomes, workers);
        command.env_remove("REHOME_CLUSTER_TOKEN").args(certified).output().unwrap()
    };
    let near = well(&place.what_if("near", &[]).output().unwrap());
    let far = well(&ask("far", &[&one, &other], &of_driver));
    assert_eq!(comparable(&far), comparable(&near));
    assert_eq!(place.stored("far"), place.stored("near"));

    let refused = |what: &str, output: &Output, codes: &[i32]| {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code().is_some_and(|code| codes.contains(&code)), "{what}: {said}");
        assert!(place.stored(what).is_empty(), "{what}");
        said
    };
    // With no certificate: the connection comes to nothing.
    refused("plain", &ask("plain", &[&one], &[]), &[75]);
    let of_theirs = certified(folder, "of_theirs", &theirs.issue(&Wanted::of("driver", &["DNS:driver"])), &authority);
    // A certificate that the worker refuses: with TLS 1.3 the driver is told after its own hello, and may find the connection gone.
    refused("theirs", &ask("theirs", &[&one], &of_theirs), &[4, 75]);
    let trusts_theirs = certified(folder, "trusts", &authority.issue(&Wanted::of("driver", &["DNS:driver"])), &theirs);
    let said = refused("untrusting", &ask("untrusting", &[&one], &trusts_theirs), &[4]);
    assert!(said.contains("certificates"), "{said}");
    // A certificate that is of another host.
    let elsewhere = authority.issue(&Wanted::of("worker", &["DNS:elsewhere.example"]));
    let elsewhere = start("elsewhere", &certified(folder, "elsewhere", &elsewhere, &authority));
    refused("elsewhere", &ask("elsewhere", &[&elsewhere], &of_driver), &[4]);
    // A key that is another's, and one behind a passphrase, are told before anybody is asked.
    std::fs::write(folder.join("driver.key"), authority.issue(&Wanted::of("x", &["DNS:x"])).key()).unwrap();
    let said = refused("key", &ask("key", &[&one], &of_driver), &[2]);
    assert!(said.contains("the key is not that of the certificate"), "{said}");
    std::fs::write(folder.join("driver.key"), authority.locked_key("secret words")).unwrap();
    refused("locked", &ask("locked", &[&one], &of_driver), &[2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_make_what_one_machine_makes() {
    let place = Place::new();
    place.sample("0.01");
    let near = well(&place.what_if("near", &[]).output().unwrap());
    let workers = place.workers();
    let far = well(&place.what_if("far", &[&workers[0], &workers[1]]).output().unwrap());
    assert_eq!(comparable(&far), comparable(&near));
    let (near, stored) = (place.stored("near"), place.stored("far"));
    assert!(near.len() > 100, "{near:?}");
    assert_eq!(stored, near);
    let peak = far["peak_memory_bytes"].as_u64().unwrap();
    println!("the driver held {} MiB", peak >> 20);
    assert!(peak < DRIVER, "the driver held {} MiB", peak >> 20);
}

/// Flows that read each other, with joins, groups and windows, over 40,000 rows in several files.
const FLOWS: [(&str, &str); 5] = [
    ("owners", "/*--- source = \"owner\" ---*/\nselect o.id as _key, migrate() as _outcome, o.label from source.owner o"),
    (
        "events",
        "/*--- source = \"event\" ---*/\nselect e.id as _key, case when m._key is null then reject('no_owner', 'owners', e.owner) else migrate() end as _outcome,
         legacy_uuid('owners', e.owner) as owner_id, e.body, row_number() over (partition by e.owner order by e.id) as nth
         from source.event e left join migrated.owners m on m._key = e.owner",
    ),
    (
        "notes",
        "/*--- source = \"note\" ---*/\nselect n.id as _key, case when e._key is null then reject('no_event', 'events', n.event) else migrate() end as _outcome,
         legacy_uuid('events', n.event) as event_id, length(e.body) as letters from source.note n left join migrated.events e on e._key = n.event",
    ),
    (
        "totals",
        "/*--- source = \"owner\" ---*/\nselect o.id as _key, case when t.n is null then skip('nothing') else migrate() end as _outcome, t.n, t.last
         from source.owner o left join (select owner, count(*) as n, max(body) as last from source.event group by owner) t on t.owner = o.id",
    ),
    (
        "tags",
        "/*--- source = \"tag\"\nkey = \"slug\" ---*/\nselect t.slug as _key, migrate() as _outcome, t.slug, legacy_uuid('owners', t.owner) as owner_id from source.tag t",
    ),
];
const SOURCE: &str = "create schema legacy;
    create table legacy.owner (id int primary key, label text);
    create table legacy.event (id int primary key, owner numeric, body text);
    create table legacy.note (id bigint primary key, event int);
    create table legacy.tag (slug text primary key, owner bigint);
    insert into legacy.owner select i, 'owner ' || i from generate_series(1, 500) i;
    insert into legacy.event select i, 1 + i % 520, repeat(md5(i::text), 3) from generate_series(1, 20000) i;
    insert into legacy.note select i, i * 7 % 20500 from generate_series(1, 20000) i;
    insert into legacy.tag select 't' || i, i from generate_series(1, 300) i";

/// These flows and their source, in a store, and what one machine makes of them.
async fn small() -> (Place, Vec<String>) {
    let mut place = Place::new();
    let database = Database::with(SOURCE).await;
    place.pipeline = legacy_to_fresh(place.folder.path(), "", &FLOWS).unwrap().file.into();
    let mut program = place.program("driver");
    program.args(["snapshot", "--source", &database.url, "--schemas", "legacy", "--out", "s3://bucket/sample"]);
    well(&program.output().unwrap());
    well(&place.what_if("near", &[]).output().unwrap());
    let near = place.stored("near");
    assert!(near.len() >= 12, "{near:?}");
    (place, near)
}

/// A store that refuses every fifth request, and one that lets every twentieth wait: it takes longer, and is the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_store_in_a_mood_is_ridden_through() {
    let (mut place, near) = small().await;
    let workers = place.workers();
    for (outcomes, mood) in [("throttled", "throttle 5"), ("stalled", "stall 20 2")] {
        place.store.mood(mood);
        well(&place.what_if(outcomes, &[&workers[0], &workers[1]]).output().unwrap());
        place.store.mood("calm");
        assert_eq!(place.stored(outcomes), near, "{outcomes}");
    }
}

/// Workers are killed at any moment, and may come back; so is the driver, whose command is given again then.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_killed_nothing_is_lost_or_half_there() {
    let (place, near) = small().await;
    let mut workers = place.workers();
    let began = Instant::now();
    well(&place.what_if("whole", &[&workers[0], &workers[1]]).output().unwrap());
    let whole = began.elapsed();
    let (mut random, mut broken) = (number("REHOME_SEED", 7), 0);
    let mut moment = || {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        whole.mul_f64(f64::from(u16::try_from(random >> 48).unwrap()) / f64::from(u16::MAX))
    };
    for round in 0..number("REHOME_WORKER_KILLS", 3) {
        let outcomes = format!("killed-{round}");
        let mut command = place.what_if(&outcomes, &[&workers[0], &workers[1]]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut driver = command.spawn().unwrap();
        std::thread::sleep(moment());
        let victim = usize::try_from(round % 3).unwrap();
        if victim == 2 {
            driver.kill().unwrap();
            broken += u64::from(!driver.wait_with_output().unwrap().status.success());
            well(&place.what_if(&outcomes, &[&workers[0], &workers[1]]).output().unwrap());
        } else {
            let address = workers[victim].address.clone();
            workers[victim].process.kill().unwrap();
            workers[victim].process.wait().unwrap();
            // One comes back at once, the other one when the round is over.
            let back = || Worker::start(place.program("back"), Some(&address));
            let returned = (victim == 0).then(back);
            let output = driver.wait_with_output().unwrap();
            broken += u64::from(String::from_utf8_lossy(&output.stderr).contains("worker"));
            well(&output);
            workers[victim] = returned.unwrap_or_else(back);
        }
        assert_eq!(place.stored(&outcomes), near, "round {round}");
    }
    println!("{broken} of them were missed");
    assert!(broken > 0, "nobody was killed while it was needed");
}

/// Without a single worker the command ends soon, with the exit of what may succeed later; a wrong secret is no such thing.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_there_or_another_secret_is_told() {
    let place = Place::new();
    place.sample("0.001");
    let worker = Worker::start(place.program("one"), None);
    let mut command = place.what_if("x", &[&worker]);
    let (code, told) = ended(command.env("REHOME_CLUSTER_TOKEN", "another-token-of-tests"));
    assert_eq!(code, Some(4), "{told}");
    assert!(told.contains(&worker.address) && !told.contains("token-of-tests"), "{told}");
    let address = worker.address.clone();
    drop(worker);
    let mut command = place.what_if("x", &[]);
    command.args(["--engine", &address]);
    let (code, told) = ended(&mut command);
    assert_eq!(code, Some(75), "{told}");
    let (code, told) = ended(
        place.program("one").args(["cluster", "worker", "--listen", "0.0.0.0:0"]).env_remove("REHOME_CLUSTER_TOKEN"),
    );
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("REHOME_CLUSTER_TOKEN"), "{told}");
}

fn ended(command: &mut Command) -> (Option<i32>, String) {
    let output = command.output().unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// First load, difference, difference with all that was stored lost, and rollbacks: with ids that the target makes, matches, gone rows.
#[tokio::test(flavor = "multi_thread")]
async fn a_target_is_loaded_with_what_workers_have_made() {
    let near = Pass::new().await.through(async |pass, _, args| pass.give(args)).await;
    let folder = tempfile::tempdir().unwrap();
    let plain = |dir: &Path| {
        let mut program = Command::new(env!("CARGO_BIN_EXE_rehome"));
        program.args(["--format", "json", "--dir"]).arg(dir);
        program
    };
    let workers = ["one", "other"].map(|name| Worker::start(plain(&folder.path().join(name)), None));
    let far = Pass::new()
        .await
        .through(async |pass, _, args| {
            let mut command = pass.command(args);
            command.env("REHOME_CLUSTER_TOKEN", TOKEN).env("REHOME_ENGINE", engine(&[&workers[0], &workers[1]]));
            let output = ends(command).await;
            assert_eq!(ending(args, &output), Ending::Well);
        })
        .await;
    for (phase, (near, far)) in near.iter().zip(&far).enumerate() {
        assert_eq!(far, near, "phase {phase}");
    }
}

#[test]
fn a_pipeline_may_name_its_workers() {
    assert!(pipeline("dispatch").workers.is_empty());
    let folder = tempfile::tempdir().unwrap();
    let named = legacy_to_fresh(folder.path(), "[engine]\nworkers = [\"10.0.0.5:7400\"]", &[("people", FLOW)]);
    let named = named.unwrap();
    let plain = tempfile::tempdir().unwrap();
    let plain = legacy_to_fresh(plain.path(), "", &[("people", FLOW)]).unwrap();
    assert_eq!(named.workers, ["10.0.0.5:7400"]);
    assert_eq!(named.hash, plain.hash, "who computes is no rule");
    // As it travels to workers, with parameters of every type.
    let folder = tempfile::tempdir().unwrap();
    let params = "[params]\nday = 2025-01-02\nat = 2025-01-02T03:04:05\ninstant = 2025-01-02T03:04:05Z\nhour = 03:04:05.5\nn = 9007199254740993
                  f = 0.1\nyes = true\ntext = \"a\\\"b\"";
    let sent = legacy_to_fresh(folder.path(), params, &[("people", FLOW)]).unwrap();
    let arrived: rehome::pipeline::Pipeline = serde_json::from_slice(&serde_json::to_vec(&sent).unwrap()).unwrap();
    assert_eq!(arrived.params, sent.params);
    assert_eq!(rehome::rules::of_pipeline(&arrived), sent.hash);
}
