//! Owns the proof that connections are taken from where they are kept, on the command line and in a pipeline file, and that nobody
//! sees what is kept there: not in messages, not in files, not in the list of processes.

use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use rehome::pipeline::Pipeline;

use crate::cluster::Own;
use crate::program::{Program, ends, files, told};

const PASSWORD: &str = "canary-5e5ame";
const SQL: &str = "
create role mover login superuser password 'canary-5e5ame';
create schema legacy; create schema fresh;
create table legacy.people (id int primary key, name text); insert into legacy.people values (1, 'a'), (2, 'b');
create table fresh.people (id uuid primary key, name text)";
const FLOW: &str =
    "/*---\nsource = \"people\"\n---*/\nselect p.id as _key, migrate() as _outcome, p.name from source.people p";

struct Safe {
    own: Own,
    program: Program,
    url: String,
}

impl Safe {
    async fn new() -> Self {
        let rules = "local all all trust\nhost all all all scram-sha-256\n";
        let own = tokio::task::spawn_blocking(move || Own::start("", rules, &[])).await.unwrap();
        own.session().await.batch_execute(SQL).await.unwrap();
        let url = format!("postgres://mover:{PASSWORD}@127.0.0.1:{}/postgres", own.port());
        let program = Program::over(&[("people", FLOW)]);
        std::fs::write(program.folder.path().join("kept"), format!("\n{url}\n")).unwrap();
        Self { own, program, url }
    }

    fn file(&self) -> std::path::PathBuf {
        self.program.folder.path().join("pipeline/pipeline.toml")
    }

    /// The pipeline with more in its file.
    fn pipeline(&self, more: &str) {
        let text = std::fs::read_to_string(self.file()).unwrap();
        let text = text.split("[secrets]").next().unwrap().to_owned();
        std::fs::write(self.file(), text + more).unwrap();
    }

    fn command(&self, name: &str, args: &[&str]) -> Command {
        let mut command = self.program.command(name);
        for name in ["REHOME_SOURCE_URL", "REHOME_TARGET_URL"] {
            command.env_remove(name);
        }
        command.args(args).env("LEGACY", &self.url).current_dir(self.program.folder.path()).arg("-vv");
        command
    }

    /// Nobody is told the password, and it lies in no file but the one it is kept in.
    fn silent(&self, output: &Output) {
        for text in [&output.stdout, &output.stderr] {
            assert!(!String::from_utf8_lossy(text).contains(PASSWORD), "{}", told(output));
        }
        for (path, content) in files(self.program.folder.path()) {
            let holds = content.windows(PASSWORD.len()).any(|window| window == PASSWORD.as_bytes());
            assert!(!holds || path.ends_with("kept"), "{}", path.display());
        }
    }

    async fn gives(&self, command: Command, code: i32, words: &str) {
        let asked = format!("{:?}", command.get_args().collect::<Vec<_>>());
        let output = ends(command).await;
        self.silent(&output);
        assert_eq!(output.status.code(), Some(code), "{asked}: {}", told(&output));
        assert!(told(&output).contains(words), "{asked}: {}", told(&output));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_are_taken_from_where_they_are_kept() {
    let safe = Safe::new().await;
    let kept = safe.program.folder.path().join("kept").display().to_string();
    for source in ["env:LEGACY", &format!("file:{kept}"), "file:kept", &format!("exec:cat '{kept}'")] {
        safe.gives(safe.command("run", &["--source", source, "--target", "env:LEGACY"]), 0, "").await;
    }
    // From the pipeline's own file, whose folder files are found from; what is typed goes before it.
    safe.pipeline("[secrets]\nsource = \"file:../kept\"\ntarget = \"exec:cat kept\"\n");
    safe.gives(safe.command("run", &[]), 0, "").await;
    safe.gives(safe.command("plan", &["--source", "env:NOT_SET"]), 2, "no variable NOT_SET").await;
    // A snapshot that is named needs no source, wherever that may be.
    safe.pipeline("[secrets]\nsource = \"exec:false\"\ntarget = \"env:LEGACY\"\n");
    safe.gives(safe.command("plan", &["--snapshot", "latest"]), 0, "").await;
    safe.gives(safe.command("run", &[]), 2, "pipeline.toml").await;
    safe.pipeline("");
    safe.gives(safe.command("run", &["--source", "env:LEGACY"]), 2, "[secrets]").await;
    for (source, code, words) in [
        ("env:NOT_SET", 2, "no variable NOT_SET"),
        ("file:nowhere", 2, "nowhere"),
        ("exec:sh -c 'cat kept; cat kept >&2; exit 3'", 2, "the command sh ended with 3"),
        ("exec:cat kept kept", 2, "more than one line"),
        ("exec:sed s/5ame/wrong/ kept", 4, "password authentication failed"),
        ("exec:sed s/postgres:/postgre:/ kept", 2, "exec:COMMAND"),
    ] {
        safe.gives(safe.command("run", &["--source", source, "--target", "env:LEGACY"]), code, words).await;
    }
    assert!(safe.own.log().contains("authentication failed"));
}

/// A command that must end so; what it printed.
async fn printed(safe: &Safe, command: Command, code: i32) -> serde_json::Value {
    let asked = format!("{:?}", command.get_args().collect::<Vec<_>>());
    let output = ends(command).await;
    safe.silent(&output);
    assert_eq!(output.status.code(), Some(code), "{asked}: {}", told(&output));
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{asked}: {}", told(&output)))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_takes_them_from_the_pipeline() {
    let safe = Safe::new().await;
    let file = safe.file().display().to_string();
    let named = ["--pipeline", file.as_str()];
    let with = |name: &str, args: &[&str]| safe.command(name, &[args, &named].concat());
    safe.pipeline("[secrets]\nsource = \"file:../kept\"\ntarget = \"env:LEGACY\"\n");
    let run = printed(&safe, safe.command("run", &[]), 0).await["run"].clone();
    // Of these, the pipeline is named; of the others it is that of the run.
    let checked = printed(&safe, with("check", &[]), 0).await;
    let plain = printed(&safe, with("check", &["--offline"]), 0).await;
    assert_ne!(checked, plain);
    // Not the URL itself: the list of processes is looked at meanwhile.
    let url = "env:LEGACY";
    assert_eq!(checked, printed(&safe, with("check", &["--source", url, "--target", url]), 0).await);
    let examined = printed(&safe, with("doctor", &[]), 0).await;
    assert!(examined["findings"].as_array().unwrap().len() > 10, "{examined:#}");
    let verified = printed(&safe, safe.command("verify", &[]), 0).await;
    assert_eq!((&verified["run"], &verified["clean"]), (&run, &true.into()), "{verified:#}");
    let told = printed(&safe, safe.command("explain", &["people", "1"]), 0).await;
    let alone = printed(&safe, safe.command("explain", &["people", "1", "--offline"]), 0).await;
    assert_ne!(told, alone);
    assert_eq!(told, printed(&safe, safe.command("explain", &["people", "1", "--target", url]), 0).await);
    for (bundle, more) in [("with.zip", [].as_slice()), ("without.zip", &["--offline"])] {
        printed(&safe, safe.command("evidence", &[&["-o", bundle], more].concat()), 0).await;
    }
    let size = |bundle: &str| std::fs::metadata(safe.program.folder.path().join(bundle)).unwrap().len();
    assert!(size("with.zip") > size("without.zip"), "the ledger is in the one alone");
    safe.gives(with("load-worker", &["--wait", "1s"]), 75, "").await;
    let back = printed(&safe, with("rollback", &["--dry-run"]), 0).await;
    assert_eq!(back["runs"][0]["run"], run, "{back:#}");
    safe.gives(safe.command("rollback", &[]), 2, "[secrets]").await;
    // What is typed goes before it, and what is said there is wrong is told with the file that says it.
    safe.pipeline("[secrets]\nsource = \"env:NOT_SET\"\ntarget = \"env:NOT_SET_EITHER\"\n");
    for (command, variable) in [
        (with("check", &[]), "no variable NOT_SET"),
        (with("rollback", &[]), "no variable NOT_SET_EITHER"),
        (with("load-worker", &[]), "no variable NOT_SET_EITHER"),
        (safe.command("verify", &[]), "no variable NOT_SET_EITHER"),
        (safe.command("explain", &["people", "1"]), "no variable NOT_SET_EITHER"),
        (with("serve", &["--listen", "127.0.0.1:0"]), "no variable NOT_SET_EITHER"),
    ] {
        let output = ends(command).await;
        let said = crate::program::told(&output);
        assert!(output.status.code() == Some(2) && said.contains(variable) && said.contains("pipeline.toml"), "{said}");
    }
    for command in [
        with("check", &["--offline"]),
        with("check", &["--source", url, "--target", url]),
        safe.command("verify", &["--target", url]),
        with("rollback", &["--target", url, "--dry-run"]),
        safe.command("explain", &["people", "1", "--offline"]),
    ] {
        safe.gives(command, 0, "").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_of_processes_shows_no_secret() {
    let safe = Safe::new().await;
    let slow = "exec:sh -c 'sleep 1; cat kept'";
    let mut command = safe.command("run", &["--source", slow, "--target", slow]);
    command.env_remove("LEGACY");
    let work = tokio::spawn(ends(command));
    let (mut seen, mut ours) = (0, 0);
    while !work.is_finished() {
        for process in std::fs::read_dir("/proc").unwrap().flatten() {
            let Ok(line) = std::fs::read(process.path().join("cmdline")) else { continue };
            let line = String::from_utf8_lossy(&line).into_owned();
            assert!(!line.contains(PASSWORD), "{line}");
            ours += usize::from(line.contains("sleep 1; cat kept"));
            seen += 1;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let output = work.await.unwrap();
    safe.silent(&output);
    assert!(output.status.success() && ours > 10 && seen > ours, "{ours} of {seen}: {}", told(&output));
}

#[test]
fn a_password_in_a_pipeline_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("shop.toml");
    let refusal = |text: &str| {
        std::fs::create_dir_all(folder.path().join("flows")).unwrap();
        std::fs::write(folder.path().join("flows/people.sql"), FLOW).unwrap();
        std::fs::write(&file, format!("name = \"shop\"\nflows = \"flows\"\n{text}")).unwrap();
        Pipeline::read(Path::new(&file)).map(|_| ()).map_err(|error| format!("{error} {:?}", error.hint_text()))
    };
    for text in [
        "[secrets]\nsource = \"postgres://me:canary-5e5ame@h/d\"",
        "[secrets]\ntarget = \"host=h user=u password = 'canary-5e5ame'\"",
        "[params]\nurl = \"postgresql://me:canary-5e5ame@h/d\"",
        "# postgres://me:canary-5e5ame@h/d",
        "[secrets]\nsource = \"postgres://h/d?user=me&password=canary-5e5ame\"",
    ] {
        let told = refusal(text).unwrap_err();
        assert!(told.contains("shop.toml") && told.contains("env:VARIABLE"), "{told}");
        assert!(!told.contains(PASSWORD), "{told}");
    }
    assert_eq!(refusal("[secrets]\nsource = \"postgres://me@h/d\"\ntarget = \"service=new\""), Ok(()));
    assert!(refusal("[secrets]\npassword = \"canary-5e5ame\"").unwrap_err().contains("unknown field"));
}
