//! Owns the proof that a changed byte of what a run has stored is found before anything is computed of it.
//! Must not know: where hashes are kept.

use std::path::{Path, PathBuf};

use rehome::error::{Kind, Result};
use rehome::run::{self, Record};

use crate::again::{Bench, NOTES, PEOPLE};
use crate::rollback::Dice;

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_byte_is_found_before_anything_is_computed() {
    let bench = Bench::migrated(&[("people", PEOPLE), ("notes", NOTES)]).await;
    let setting = bench.home.setting();
    let workspace = setting.place().unwrap();
    let pipeline = bench
        .home
        .request(
            &bench.database,
            bench.database.address(),
            "[mappings]\ntable = \"fresh.migration_mappings\"",
            &[("people", PEOPLE), ("notes", NOTES)],
        )
        .unwrap()
        .pipeline;
    let report = async || -> Result<bool> {
        let record = Record::find(&workspace, "latest").await?;
        run::report(&record, &pipeline, &setting).await.map(|report| report.verified)
    };
    let verify = async || bench.home.verify(bench.database.address()).await.map(|found| found.clean);
    assert!(report().await.unwrap() && verify().await.unwrap());
    let mut stored = Vec::new();
    files(&setting.workspace.join("runs"), &mut stored);
    let (mut dice, mut tried) = (Dice(7), 0);
    for file in stored {
        // A list of others' mappings is no outcome, and the target's refusals are asked for by `verify` alone.
        let name = file.file_name().unwrap().to_str().unwrap();
        let before = std::fs::read(&file).unwrap();
        if name == "adopted.json" || before.is_empty() {
            continue;
        }
        let mut other = before.clone();
        let at = usize::try_from(dice.roll(before.len() as u64)).unwrap();
        other[at] ^= 1 << dice.roll(8);
        std::fs::write(&file, &other).unwrap();
        if name != "refused.json" {
            let error = report().await.unwrap_err();
            assert_eq!(error.kind(), Kind::Corrupt, "{name} at {at}: {error}");
        }
        let error = verify().await.unwrap_err();
        assert_eq!(error.kind(), Kind::Corrupt, "{name} at {at}: {error}");
        std::fs::write(&file, before).unwrap();
        tried += 1;
    }
    assert!(tried >= 6, "{tried}");
    assert!(report().await.unwrap() && verify().await.unwrap());
}
