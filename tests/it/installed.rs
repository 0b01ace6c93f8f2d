//! Owns the proof that the program needs none of its sources: away from them, with nothing beside it, the demo runs.
//! Must not know: what the demo shows.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

/// The program alone in a folder, as a package brings it, and another folder where somebody works.
struct Installed {
    folder: tempfile::TempDir,
}

impl Installed {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("work")).unwrap();
        std::fs::copy(env!("CARGO_BIN_EXE_rehome"), folder.path().join("rehome")).unwrap();
        Self { folder }
    }

    fn work(&self) -> std::path::PathBuf {
        self.folder.path().join("work")
    }

    fn says(&self, args: &[&str], path: &str) -> Output {
        Command::new(self.folder.path().join("rehome"))
            .env_clear()
            .env("PATH", path)
            .current_dir(self.work())
            .args(["--format", "json"])
            .args(args)
            .output()
            .unwrap()
    }

    fn gives(&self, args: &[&str]) -> Value {
        let output = self.says(args, &std::env::var("PATH").unwrap());
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

#[test]
fn the_demo_runs_where_there_are_no_sources() {
    let installed = Installed::new();
    let shown = installed.gives(&["demo", "--scale", "0.01"]);
    assert!(shown["snapshot_rows"].as_u64().unwrap() > 30_000, "{shown}");
    assert_eq!((&shown["conserved"], &shown["verified"]), (&true.into(), &true.into()), "{shown}");
    // What the demo has left is looked at, by the name of its pipeline and without it.
    let report = installed.gives(&["report", "latest"]);
    assert_eq!(report["pipeline"], "dispatch", "{report}");
    let file = Path::new("pipelines").join("dispatch.toml");
    let unpacked: Vec<_> = std::fs::read_dir(installed.work().join(".rehome/shipped")).unwrap().flatten().collect();
    assert!(unpacked.len() == 1 && unpacked[0].path().join(file).exists(), "{unpacked:?}");
    let tested = installed.gives(&["test", "--pipeline", "dispatch-2025-08", "orders"]);
    assert_eq!(tested["failed"], 0, "{tested}");
    // A pipeline of the folder goes before one that comes with the program.
    std::fs::create_dir(installed.work().join("pipelines")).unwrap();
    std::fs::write(installed.work().join("pipelines/dispatch.toml"), "name = \"mine\"\nflows = \"nowhere\"\n").unwrap();
    let output = installed.says(&["check", "--pipeline", "dispatch"], "/usr/bin:/bin");
    assert!(!output.status.success() && String::from_utf8_lossy(&output.stderr).contains("nowhere"));
}

#[test]
fn the_program_holds_no_place_of_its_sources() {
    let program = std::fs::read(env!("CARGO_BIN_EXE_rehome")).unwrap();
    let sources = env!("CARGO_MANIFEST_DIR").as_bytes();
    let found = program.windows(sources.len()).position(|piece| piece == sources);
    assert_eq!(
        found,
        None,
        "{}",
        found.map_or(String::new(), |at| { String::from_utf8_lossy(&program[at..at + 200]).into_owned() })
    );
}
