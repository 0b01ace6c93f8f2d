//! Owns all that happens before any clock starts: the sample, a target that holds the parents, one that holds half of
//! the rows, the tables of UUIDs that who writes by hand has, and the bytes that the floor is made of.
//! Must not know: how a way moves rows.

use std::path::Path;
use std::process::{Command, Stdio};

use rehome::pipeline::Pipeline;
use rehome::server::sql::fill;
use rehome::server::{Cluster, ClusterOptions};

use super::ground::{FLOWS, Ground, ask, copy_folder, program, psql, script};
use super::plan::Plan;
use super::{Options, Scene, Way};

/// Whom the rows of the four flows refer to; with `--only`, those that these read come along.
const PARENTS: &str = "profiles,technician_roles,technicians,orders,cases,treatment_plans";

pub fn prepare(options: &Options) -> Ground {
    let cluster = Cluster::start(&ClusterOptions { fsync: options.fsync, ..ClusterOptions::default() });
    let home = tempfile::tempdir().expect("a folder");
    let pipeline = Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/dispatch.toml");
    let namespace = Pipeline::read(&pipeline).expect("the pipeline").namespace.uuid().to_string();
    let nothing = Plan { drop: Vec::new(), tables: Vec::new() };
    let mut ground = Ground {
        cluster: cluster.expect("a PostgreSQL server"),
        home,
        pipeline,
        namespace,
        deferred: nothing.clone(),
        in_use: nothing,
        expected: String::new(),
    };
    source(&ground, &options.scale);
    parents(&ground);
    maps(&ground);
    ground.deferred = Plan::read(|query| ask(&ground.cluster.url("prepared"), query));
    ground.in_use = ground.deferred.clone().in_use();
    filled(&mut ground);
    if options.scenes.contains(&Scene::InUse) {
        half(&ground);
    }
    if options.ways.contains(&Way::InsertSelectLocal) {
        options.scenes.iter().for_each(|scene| local(&ground, *scene));
    }
    ground
}

fn done(command: &mut Command) {
    assert!(command.status().expect("a program").success(), "{} failed", command.get_program().display());
}

fn source(ground: &Ground, scale: &str) {
    ground.copy_database("template0", "legacy");
    let mut command = Command::new(program());
    command.arg("--dir").arg(ground.dir("sample")).args(["--quiet", "sample", "--scale", scale, "--into"]);
    done(command.arg(ground.cluster.url("legacy")).stdout(Stdio::null()));
}

/// A target that holds what the four flows refer to.
fn parents(ground: &Ground) {
    ground.copy_database("template0", "prepared");
    let ddl = Path::new(env!("CARGO_MANIFEST_DIR")).join("sql/dispatch/target");
    let mut files: Vec<_> = std::fs::read_dir(ddl).expect("DDL").map(|entry| entry.expect("a file").path()).collect();
    files.sort();
    for file in files {
        script(&ground.cluster.url("prepared"), &std::fs::read_to_string(file).expect("DDL"));
    }
    done(&mut ground.run("legacy", "prepared", PARENTS, false));
    ask(&ground.cluster.url("prepared"), include_str!("sql/analyze.sql"));
}

/// The tables of UUIDs in the source, and the roles of those who write by hand.
fn maps(ground: &Ground) {
    let (source, target) = (ground.cluster.url("legacy"), ground.cluster.url("prepared"));
    ask(&source, include_str!("sql/map_parent.sql"));
    let mut read = psql(&target).args(["-c", include_str!("sql/parents_out.sql")]).stdout(Stdio::piped()).spawn();
    let parents = read.as_mut().expect("psql").stdout.take().expect("a pipe");
    done(psql(&source).args(["-c", include_str!("sql/parents_in.sql")]).stdin(parents));
    assert!(read.expect("psql").wait().expect("psql").success(), "psql failed");
    script(&source, &fill(include_str!("sql/maps.sql"), &[("namespace", &ground.namespace)]));
    ask(&source, include_str!("sql/analyze.sql"));
    for scene in Scene::ALL {
        script(&source, &fill(include_str!("sql/roles.sql"), &[("scene", scene.schema())]));
    }
}

/// What a target holds at the end is what rehome leaves there; its bytes are what the floor takes in.
fn filled(ground: &mut Ground) {
    copied(ground, "prepared", "filled");
    done(&mut ground.run("legacy", "filled", FLOWS, false));
    ground.expected = ground.fingerprint("filled");
    for scene in Scene::ALL {
        for load in ground.deferred.loads() {
            let file = ground.bytes(scene, load.table, load.entity);
            ask(&ground.cluster.url("filled"), &load.keep(&file, scene == Scene::InUse));
        }
    }
    ground.drop_database("filled");
}

/// A target that an earlier run has filled, from a source that held half of the rows.
fn half(ground: &Ground) {
    ground.copy_database("legacy", "legacy_half");
    script(&ground.cluster.url("legacy_half"), include_str!("sql/halve.sql"));
    let half = Ground::template(Scene::InUse);
    copied(ground, "prepared", half);
    done(&mut ground.run("legacy_half", half, FLOWS, false));
    ask(&ground.cluster.url(half), include_str!("sql/analyze.sql"));
    ground.drop_database("legacy_half");
}

/// A target with the source's tables in a schema of its own.
fn local(ground: &Ground, scene: Scene) {
    let name = Ground::local_template(scene);
    ground.copy_database(Ground::template(scene), name);
    foreign(ground, scene, name);
    script(&ground.by_hand(scene, name), include_str!("sql/local.sql"));
    ask(&ground.cluster.url(name), include_str!("sql/analyze.sql"));
}

/// The source's tables as foreign tables of a target.
pub fn foreign(ground: &Ground, scene: Scene, name: &str) {
    let port = ground.cluster.port().to_string();
    let filled = fill(include_str!("sql/foreign.sql"), &[("port", &port), ("scene", scene.schema())]);
    script(&ground.by_hand(scene, name), &filled);
}

/// A copy of a target, with what rehome knows of it.
pub fn copied(ground: &Ground, template: &str, name: &str) {
    ground.copy_database(template, name);
    copy_folder(&ground.dir(template), &ground.dir(name));
}
