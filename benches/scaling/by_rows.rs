//! Owns the dispatch migration over samples of several sizes, with each number of threads. Must not know: what becomes of the figures.

use std::path::Path;

use super::Asked;
use super::figures::OfScale;
use super::host::Host;
use super::program::{Ended, median, run};

/// Threads that make the sample.
const MAKING: usize = 2;

pub fn measure(asked: &Asked, host: &Host, tell: &mut dyn FnMut(String)) -> Vec<OfScale> {
    let pipeline = Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/dispatch.toml").display().to_string();
    let mut all = Vec::new();
    for scale in &asked.scales {
        let folder = tempfile::tempdir().expect("a folder");
        let (legacy, fresh) = (host.create("legacy"), host.create("fresh"));
        let text = scale.to_string();
        let making = ["sample", "--pipeline", &pipeline, "--scale", &text, "--into", &legacy, "--into-target", &fresh];
        run(&asked.program, &folder.path().join("sample"), MAKING, &making);
        host.settle("legacy");
        for jobs in &asked.jobs {
            let once = |round: usize| migrate(asked, host, (&pipeline, &legacy), (folder.path(), *jobs, round));
            let run = median((0..asked.rounds).map(once).collect()).migration();
            tell(format!("scale {scale}, {jobs} jobs: {} rows in {:.1} s", run.source_rows, run.seconds));
            all.push(OfScale { scale: *scale, jobs: *jobs, run });
        }
        host.drop("legacy");
        host.drop("fresh");
    }
    all
}

/// The whole migration into a target that is as new.
fn migrate(asked: &Asked, host: &Host, (pipeline, legacy): (&str, &str), place: (&Path, usize, usize)) -> Ended {
    let (folder, jobs, round) = place;
    let target = host.copy("target", "fresh");
    let dir = folder.join(format!("run-{jobs}-{round}"));
    let args = ["run", "--no-threshold", "--pipeline", pipeline, "--source", legacy, "--target", &target];
    let ended = run(&asked.program, &dir, jobs, &args);
    host.drop("target");
    std::fs::remove_dir_all(&dir).expect("its folder");
    ended
}
