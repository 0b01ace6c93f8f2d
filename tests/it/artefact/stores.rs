//! Owns the tests of snapshots in an object store: a real server of the S3 protocol, the program, and what goes wrong.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{ends, program, python, told};
use crate::cluster::Database;
use crate::support::{pipeline_of, repository};

/// A server, which ends when this does: its input closes with the process.
pub struct Store {
    pub endpoint: String,
    key: String,
    secret: String,
    _process: Child,
    stdin: ChildStdin,
}

impl Store {
    pub fn start(args: &[&str]) -> Self {
        let mut process = Command::new(python())
            .arg(repository("tests/it/python/store.py"))
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let told: Value = serde_json::from_str(&line).expect("the server tells where it is");
        let text = |name: &str| told[name].as_str().unwrap().to_owned();
        let stdin = process.stdin.take().unwrap();
        Self { endpoint: text("endpoint"), key: text("key"), secret: text("secret"), _process: process, stdin }
    }

    /// How it answers from here on: `throttle N`, `stall N SECONDS`, `calm`.
    pub fn mood(&mut self, mood: &str) {
        writeln!(self.stdin, "{mood}").unwrap();
    }

    /// All objects below a prefix: name and content, or its hash; of documents without the time that something took.
    pub fn objects(&self, prefix: &str) -> Vec<String> {
        let list = repository("tests/it/python/objects.py");
        let output = Command::new(python()).arg(list).args([&self.endpoint, prefix]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
    }

    pub fn shared() -> &'static Self {
        static STORE: OnceLock<Store> = OnceLock::new();
        STORE.get_or_init(|| Self::start(&[]))
    }

    pub fn program(&self, dir: &Path) -> Command {
        let mut command = program(dir);
        command
            .env("AWS_ENDPOINT", &self.endpoint)
            .env("AWS_ALLOW_HTTP", "true")
            .env("AWS_ACCESS_KEY_ID", &self.key)
            .env("AWS_SECRET_ACCESS_KEY", &self.secret)
            .env("AWS_REGION", "eu-central-1");
        command
    }
}

const FLOW: &str = "/*---\nsource = \"people\"\nkey = \"id\"\n---*/\nselect p.id as _key, migrate() as _outcome, p.name from source.people p";

async fn people() -> Database {
    Database::with(
        "create table people (id int primary key, name text);
         insert into people select i, 'person ' || i from generate_series(1, 5000) i;
         create table empty (id int primary key)",
    )
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_in_an_object_store_is_the_one_in_a_folder() {
    let (database, store) = (people().await, Store::shared());
    let dir = tempfile::tempdir().unwrap();
    let pipeline = pipeline_of(dir.path(), &[("persons", FLOW)]).unwrap().file;
    let folder = dir.path().join("x?# [é]*%41").display().to_string();
    let take = |place: &str| {
        ends(&mut store.program(dir.path()), &["snapshot", "--source", &database.url, "--out", place], 0).0
    };
    let in_folder = take(&folder);
    // A prefix with blanks, other alphabets and what means something in a URL; the bucket's root; a URL of a folder.
    for place in [
        "s3://bucket/one/näme with%20blanks/100%25 %23 %3F [x]*+&=~'日本".to_owned(),
        "s3://bucket".to_owned(),
        format!("file://{}", dir.path().join("by-url").display()),
    ] {
        let taken = take(&place);
        assert_eq!(taken["snapshot"], in_folder["snapshot"], "{place}");
        // What is printed names the place again.
        for place in [place.as_str(), taken["place"].as_str().unwrap()] {
            let (found, _) = ends(&mut store.program(dir.path()), &["snapshot", "verify", place], 0);
            assert_eq!((&found["rows"], &found["files"]), (&5000.into(), &2.into()));
            assert_eq!(found["bad"].as_array().unwrap().len(), 0);
            let (shown, _) = ends(&mut store.program(dir.path()), &["snapshot", "show", place], 0);
            assert_eq!(shown["id"], in_folder["snapshot"]);
        }
        let args = ["snapshot", "--source", &database.url, "--out", &place];
        let (_, told) = ends(&mut store.program(dir.path()), &args, 2);
        assert!(told.contains("there is a snapshot already"), "{told}");
        let args = ["what-if", "--pipeline", &pipeline, "--snapshot", &place];
        let (report, _) = ends(&mut store.program(&dir.path().join("work")), &args, 0);
        assert_eq!(report["flows"][0]["migrated"], 5000, "{report}");
    }
    let args = ["what-if", "--pipeline", &pipeline, "--snapshot", &folder];
    let (report, _) = ends(&mut store.program(&dir.path().join("work?#")), &args, 0);
    assert_eq!(report["flows"][0]["migrated"], 5000);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_killed_is_not_there_and_can_be_taken_again() {
    let store = Store::shared();
    let database = Database::fresh().await;
    for table in 0..60 {
        database
            .run(&format!("create table t{table} (id int primary key, x text); insert into t{table} select i, md5(i::text) from generate_series(1, 2000) i"))
            .await;
    }
    let dir = tempfile::tempdir().unwrap();
    let pipeline =
        pipeline_of(dir.path(), &[("persons", &FLOW.replace("people", "t1").replace("p.name", "p.x"))]).unwrap().file;
    let bucket = bucket_of(store);
    for place in ["s3://bucket/killed".to_owned(), dir.path().join("killed").display().to_string()] {
        let local = !place.starts_with("s3:");
        let mut process = store
            .program(dir.path())
            // Slowly: 120,000 rows take six seconds, so that it is killed in the midst of them.
            .args(["--jobs", "2", "snapshot", "--max-rows-per-second", "20000"])
            .args(["--source", &database.url, "--out", &place])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let started = Instant::now();
        loop {
            let begun = if local { dir.path().join("killed/data").exists() } else { bucket.objects("killed/") > 0 };
            if begun {
                break;
            }
            assert!(started.elapsed() < Duration::from_mins(1) && process.try_wait().unwrap().is_none(), "{place}");
            std::thread::sleep(Duration::from_millis(2));
        }
        process.kill().unwrap();
        assert_eq!(process.wait().unwrap().signal(), Some(9), "it had not ended by itself");
        for args in [
            &["snapshot", "verify", &place][..],
            &["snapshot", "show", &place],
            &["what-if", "--pipeline", &pipeline, "--snapshot", &place],
        ] {
            let (_, told) = ends(&mut store.program(dir.path()), args, 2);
            assert!(told.contains("there is no snapshot"), "{told}");
        }
        // Something else has happened meanwhile: nothing of the first attempt stays behind.
        database.run("update t1 set x = 'later'; update t2 set x = 'later'; delete from t3").await;
        ends(&mut store.program(dir.path()), &["snapshot", "--source", &database.url, "--out", &place], 0);
        let (found, _) = ends(&mut store.program(dir.path()), &["snapshot", "verify", &place], 0);
        assert_eq!((&found["files"], found["strays"].as_array().unwrap().len()), (&60.into(), 0), "{found}");
        let args = ["what-if", "--pipeline", &pipeline, "--snapshot", &place];
        let (report, _) = ends(&mut store.program(dir.path()), &args, 0);
        assert_eq!(report["flows"][0]["migrated"], 2000);
        database.run("insert into t3 values (1, '')").await;
    }
}

/// Asks the server what it has, by boto3.
struct Bucket {
    pipes: std::cell::RefCell<(ChildStdin, BufReader<std::process::ChildStdout>)>,
    process: Child,
}

impl Drop for Bucket {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn bucket_of(store: &Store) -> Bucket {
    let ask = "import boto3, sys\n\
        c = boto3.client('s3', endpoint_url=sys.argv[1], aws_access_key_id='a', aws_secret_access_key='b', region_name='eu-central-1')\n\
        for line in sys.stdin:\n    print(c.list_objects_v2(Bucket='bucket', Prefix=line.strip())['KeyCount'], flush=True)\n";
    let mut process = Command::new(python())
        .args(["-c", ask, &store.endpoint])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let pipes = (process.stdin.take().unwrap(), BufReader::new(process.stdout.take().unwrap()));
    Bucket { pipes: pipes.into(), process }
}

impl Bucket {
    fn objects(&self, prefix: &str) -> u64 {
        let (ask, answer) = &mut *self.pipes.borrow_mut();
        writeln!(ask, "{prefix}").unwrap();
        let mut line = String::new();
        answer.read_line(&mut line).unwrap();
        line.trim().parse().unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_refuses_is_told_without_the_secret() {
    let database = people().await;
    let dir = tempfile::tempdir().unwrap();
    let store = Store::start(&["strict"]);
    let args = ["snapshot", "--source", &database.url, "--out", "s3://bucket/s"];
    ends(&mut store.program(dir.path()), &args, 0);
    let secret = "wJalrXUtnFEMIsEcReT";
    let cases: [(&str, &str, &[&str]); 2] =
        [("AWS_SECRET_ACCESS_KEY", secret, &["credentials"]), ("AWS_ACCESS_KEY_ID", secret, &["credentials"])];
    for (name, value, words) in cases {
        for args in [&["snapshot", "verify", "s3://bucket/s"][..], &args] {
            let output = store.program(dir.path()).env(name, value).args(["-vv"]).args(args).output().unwrap();
            let told = told(&output);
            assert_eq!(output.status.code(), Some(4), "{told}");
            assert!(words.iter().all(|word| told.contains(word)), "{told}");
            assert!(!told.contains(secret) && !told.contains(&store.secret), "{told}");
        }
    }
    let (_, told) = ends(&mut store.program(dir.path()), &["snapshot", "verify", "s3://elsewhere/s"], 2);
    assert!(told.contains("no such bucket") || told.contains("no snapshot"), "{told}");
    let args = ["snapshot", "--source", &database.url, "--out", "s3://elsewhere/s"];
    let (_, told) = ends(&mut store.program(dir.path()), &args, 2);
    assert!(told.contains("no such bucket"), "{told}");
    // Plain HTTP is not spoken unless it is asked for.
    let (_, told) =
        ends(store.program(dir.path()).env_remove("AWS_ALLOW_HTTP"), &["snapshot", "verify", "s3://bucket/s"], 2);
    assert!(told.contains("AWS_ALLOW_HTTP"), "{told}");
    // Somebody else's variables are not taken for ours.
    ends(
        store.program(dir.path()).env("TOKEN", "x").env("BUCKET", "y").env("REGION", "z").env("ENDPOINT", "http://w"),
        &["snapshot", "verify", "s3://bucket/s"],
        0,
    );
    for place in ["s3://key:s3cret@bucket/s", "file://me:s3cret@host/s", "s3://me:s3cret@bu cket:99999/s"] {
        for args in [&["snapshot", "verify", place][..], &["snapshot", "--source", &database.url, "--out", place]] {
            let (_, told) = ends(&mut store.program(dir.path()), args, 2);
            assert!(!told.contains("s3cret"), "{told}");
        }
    }
}

#[test]
fn an_unreachable_store_is_retryable_within_bounds() {
    let dir = tempfile::tempdir().unwrap();
    let started = Instant::now();
    let (_, told) = ends(
        program(dir.path())
            .env("AWS_ENDPOINT", "http://127.0.0.1:1")
            .env("AWS_ALLOW_HTTP", "true")
            .env("AWS_ACCESS_KEY_ID", "a")
            .env("AWS_SECRET_ACCESS_KEY", "s3cret"),
        &["snapshot", "verify", "s3://bucket/s"],
        75,
    );
    assert!(started.elapsed() < Duration::from_mins(1), "{:?}", started.elapsed());
    assert!(!told.contains("s3cret"), "{told}");
    println!("given up after {:?}", started.elapsed());
}
