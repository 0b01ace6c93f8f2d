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
