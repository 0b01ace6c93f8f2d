//! Owns the proof that servers of PostgreSQL 13 to 18 do the same, as source and as target, mixed, and as a standby that is read; and
//! that what a version adds works, or is told. `make versions` fetches the servers: `REHOME_SERVERS` is the folder of their
//! versions. What a single version adds is tested where the tests' own server is of that version.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rehome::server::{Address, Connection};
use serde_json::Value;

use crate::cluster::{Database, Own};
use crate::growth::HELD;
use crate::program::{Program, ends, told};
use crate::rollback::{OBJECTS, differing};
use crate::support::rehome;
use crate::types::campaign::{fill, flow, known, prepare, seed, values_a_type};
use crate::types::catalogue::{Entry, catalogue};

const SCALE: &str = "0.01";
const OLDEST: u32 = 13;
const NEWEST: u32 = 18;

/// The servers that were fetched, one a version.
struct Servers(BTreeMap<u32, Own>);

impl Servers {
    async fn start() -> Self {
        let folder =
            std::env::var_os("REHOME_SERVERS").map(PathBuf::from).expect("REHOME_SERVERS: run `make versions`");
        let start = move || {
            let one = |version: u32| (version, Own::of(Some(programs(&folder, version)), "", "", &[]));
            (OLDEST..=NEWEST).map(one).collect()
        };
        Self(tokio::task::spawn_blocking(start).await.unwrap())
    }

    async fn database(&self, version: u32, name: &str) -> String {
        let cluster = &self.0[&version].cluster;
        cluster.create_database(name).await.unwrap();
        cluster.url(name)
    }

    /// A database that is as another one of the same server.
    async fn copy(&self, version: u32, of: &str, name: &str) -> String {
        let cluster = &self.0[&version].cluster;
        let sql = format!("create database {name} template {of}");
        session(&cluster.url("postgres")).await.batch_execute(&sql).await.unwrap();
        cluster.url(name)
    }
}

fn programs(folder: &Path, version: u32) -> PathBuf {
    folder.join(version.to_string()).join("bin")
}

async fn session(url: &str) -> Connection {
    Address::parse(url).unwrap().connect("rehome tests").await.unwrap()
}

async fn text(url: &str, sql: &str) -> String {
    let row = session(url).await.query_one(sql, &[]).await.unwrap_or_else(|error| panic!("{error:?}"));
    row.get::<_, Option<String>>(0).unwrap_or_default()
}

/// A run of dispatch; gives the snapshot's id, and fails unless all is conserved and verified.
fn run(dir: &Path, source: &str, target: &str) -> String {
    let args =
        ["run", "--no-threshold", "--pipeline", "dispatch", "--verify", "full", "--source", source, "--target", target];
    let report = rehome(dir, &args);
    assert_eq!(
        (&report["conserved"], &report["verified"]),
        (&Value::Bool(true), &Value::Bool(true)),
        "{source} {target}"
    );
    report["snapshot"].as_str().unwrap().to_owned()
}

/// Every version as source, every version as target: one snapshot, one target.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs servers of all versions: make versions"]
async fn every_version_as_source_and_as_target() {
    let (dir, servers) = (tempfile::tempdir().unwrap(), Servers::start().await);
    let mut sources = BTreeMap::new();
    for version in servers.0.keys() {
        let url = servers.database(*version, "legacy").await;
        rehome(dir.path(), &["sample", "--scale", SCALE, "--into", &url]);
        sources.insert(*version, url);
    }
    let mut first: Option<(String, String)> = None;
    for target in servers.0.keys() {
        let empty = servers.database(*target, "target").await;
        rehome(dir.path(), &["sample", "--scale", SCALE, "--into-target", &empty]);
        for (source, url) in &sources {
            let new = servers.copy(*target, "target", &format!("target_{source}")).await;
            let snapshot = run(&dir.path().join(format!("{source}-{target}")), url, &new);
            let found = (snapshot, text(&new, HELD).await);
            let (snapshot, held) = first.get_or_insert_with(|| found.clone());
            assert_eq!(&found.0, snapshot, "the snapshot of {source}");
            let differs = differing(held, &found.1);
            assert!(differs.is_empty(), "{source} to {target}: {differs:#?}");
            println!("{source} to {target}: the same snapshot, the same rows");
        }
    }
}

/// Values of every type go from one version to another, each version in both roles; PostgreSQL prints them on both sides.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs servers of all versions: make versions"]
async fn values_of_every_type_between_versions() {
    let (servers, seed) = (Servers::start().await, seed());
    for (from, to) in [(13, 18), (18, 13), (14, 17), (17, 14), (15, 16), (16, 15)] {
        let (source, target) =
            (servers.database(from, &format!("types_{to}")).await, servers.database(to, &format!("of_{from}")).await);
        let (old, new) = (session(&source).await, session(&target).await);
        for end in [&old, &new] {
            prepare(end).await;
        }
        let entries = known(&old, known(&new, catalogue()).await).await;
        for entry in &entries {
            let (name, ty) = (&entry.name, &entry.ty);
            old.batch_execute(&format!("create table legacy.{name} (id bigint primary key, v {ty})")).await.unwrap();
            fill(&old, entry, values_a_type(200), seed).await.unwrap();
            let ddl = format!("create table fresh.{name} (id uuid primary key, legacy_id bigint, v {ty})");
            new.batch_execute(&ddl).await.unwrap();
        }
        let flows: Vec<_> = entries.iter().map(|entry| (entry.name.as_str(), flow(&entry.name, "v"))).collect();
        let program = Program::over(&flows.iter().map(|(name, sql)| (*name, sql.as_str())).collect::<Vec<_>>());
        let done = ends(program.run(&source, &target, &["--no-threshold"])).await;
        assert!(done.status.success(), "{from} to {to}: {}", told(&done));
        let (mut sums, sides) = (Vec::new(), [(&old, "legacy", "id"), (&new, "fresh", "legacy_id")]);
        for (end, schema, key) in sides {
            let mut printed = BTreeMap::new();
            for Entry { name, ty, .. } in &entries {
                // Since version 16, a "char" beyond ASCII is printed in digits.
                let value = if ty == "\"char\"" { "encode(charsend(v), 'hex')" } else { "v::text" };
                let sql = format!(
                    "select count(*) || ' ' || md5(string_agg(coalesce({value}, E'\\x01'), ',' order by {key})) from {schema}.{name}"
                );
                printed.insert(name.clone(), end.query_one(&sql, &[]).await.unwrap().get::<_, Option<String>>(0));
            }
            sums.push(printed);
        }
        let differ: Vec<&String> = sums[0].keys().filter(|name| sums[0][*name] != sums[1][*name]).collect();
        assert!(differ.is_empty(), "{from} to {to}: {differ:?}");
        println!("{from} to {to}: {} types arrive as they were", entries.len());
    }
}

/// A value that only the newer server has is a reject, few of them and many.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs servers of all versions: make versions"]
async fn an_infinite_numeric_is_refused_by_an_older_server() {
    let servers = Servers::start().await;
    for bad in [3, 60] {
        let (source, target) =
            (servers.database(18, &format!("few_{bad}")).await, servers.database(13, &format!("few_{bad}")).await);
        let rows = format!(
            "create schema legacy; create table legacy.sums (id int primary key, n numeric);
             insert into legacy.sums select g, case when g <= {bad} then 'Infinity'::numeric else g end from generate_series(1, 100) g"
        );
        session(&source).await.batch_execute(&rows).await.unwrap();
        let table = "create schema fresh; create table fresh.sums (id uuid primary key, n numeric)";
        session(&target).await.batch_execute(table).await.unwrap();
        let sql = "/*---\nsource = \"sums\"\n---*/\nselect s.id as _key, migrate() as _outcome, s.n from source.sums s";
        let program = Program::over(&[("sums", sql)]);
        let done = ends(program.run(&source, &target, &["--no-threshold"])).await;
        assert!(done.status.success(), "{bad}: {}", told(&done));
        let found =
            "select (select count(*) from fresh.sums) || ' ' || string_agg(distinct reason, ',') || ' ' || count(*)
            from rehome.quarantine";
        assert_eq!(text(&target, found).await, format!("{} out_of_range:n {bad}", 100 - bad));
    }
}

/// The same as [`Own`], as a standby of it: a copy of its files that follows what it writes.
fn standby(primary: &Own, programs: PathBuf) -> Own {
    let standby = Own::of(Some(programs), "", "", &[]);
    standby.control(&["-m", "fast", "-w", "stop"]);
    primary.control(&["-m", "fast", "-w", "stop"]);
    let (from, to) = (primary.folder().join("data"), standby.folder().join("data"));
    std::fs::remove_dir_all(&to).unwrap();
    let copied = std::process::Command::new("cp").arg("-a").arg(&from).arg(&to).status().unwrap();
    assert!(copied.success());
    let conf = std::fs::read_to_string(to.join("postgresql.conf")).unwrap();
    let folder = |own: &Own| own.folder().display().to_string();
    let conf = conf.replace(&folder(primary), &folder(&standby));
    let follows = format!("primary_conninfo = 'host=127.0.0.1 port={} user=postgres'\n", primary.port());
    std::fs::write(to.join("postgresql.conf"), conf + &follows).unwrap();
    standby.put("data/standby.signal", b"");
    primary.control(&["-w", "-o", &format!("-p {}", primary.port()), "start"]);
    standby.control(&["-w", "-o", &format!("-p {}", standby.port()), "start"]);
    standby
}

/// A hot standby is read as the server is that it follows, and is refused as a target.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs servers of all versions: make versions"]
async fn a_hot_standby_is_a_source() {
    let folder = std::env::var_os("REHOME_SERVERS").map(PathBuf::from).expect("REHOME_SERVERS: run `make versions`");
    let dir = tempfile::tempdir().unwrap();
    for version in OLDEST..=NEWEST {
        let programs = programs(&folder, version);
        let start = programs.clone();
        let primary = tokio::task::spawn_blocking(move || Own::of(Some(start), "", "", &[])).await.unwrap();
        primary.cluster.create_database("legacy").await.unwrap();
        let url = primary.cluster.url("legacy");
        rehome(dir.path(), &["sample", "--scale", SCALE, "--into", &url]);
        let (primary, standby) = tokio::task::spawn_blocking(move || {
            let standby = standby(&primary, programs);
            (primary, standby)
        })
        .await
        .unwrap();
        let copy = standby.cluster.url("legacy");
        assert_eq!(text(&copy, "select pg_is_in_recovery()::text").await, "true");
        let mut ids = Vec::new();
        for (name, source) in [("primary", &url), ("standby", &copy)] {
            primary.cluster.create_database(name).await.unwrap();
            let target = primary.cluster.url(name);
            rehome(dir.path(), &["sample", "--scale", SCALE, "--into-target", &target]);
            ids.push((run(&dir.path().join(format!("{version}-{name}")), source, &target), text(&target, HELD).await));
        }
        assert!(ids[0] == ids[1], "{version}: {:#?}", differing(&ids[0].1, &ids[1].1));
        println!("{version}: a standby is read as its primary is");
    }
}

/// What PostgreSQL 18 adds, in a source and in a target. Prices are of a time; sales must lie in it.
const OF_18: &str = "
create extension if not exists btree_gist with schema public;
create schema legacy; create schema fresh;
create table legacy.people (id int primary key, name text, first text, twice int generated always as (id * 2) virtual,
    loud text generated always as (upper(name)) virtual);
insert into legacy.people (id, name, first)
select g, case when g % 9 > 0 then 'person ' || g end, case when g % 5 > 0 then 'f' || g end from generate_series(1, 60) g;
alter table legacy.people add constraint first_known not null first not valid;
create table legacy.codes (code text unique, what text);
insert into legacy.codes select case when g % 7 > 0 then 'c' || g end, 'what ' || g from generate_series(1, 30) g;
alter table legacy.codes add constraint code_known not null code not valid;
create table legacy.prices (item int, valid daterange, price numeric(8,2), primary key (item, valid without overlaps));
insert into legacy.prices
select g / 3, daterange(date '2024-01-01' + g % 3 * 100, date '2024-01-01' + g % 3 * 100 + 100), g * 1.5 from generate_series(0, 59) g;
create table legacy.sales (id int primary key, item int, days daterange);
insert into legacy.sales
select g, g % 20, daterange(date '2024-02-01' + g * 2, date '2024-02-01' + g * 2 + 30) from generate_series(1, 120) g
union all values (500, 3, daterange '[2030-01-01,2030-02-01)'), (501, 99, '[2024-03-01,2024-03-02)'), (502, null, '[2024-03-01,2024-03-02)');
create table legacy.offers (id int primary key, item int, valid daterange);
insert into legacy.offers select g, g % 10, daterange(date '2024-01-01' + g * 3, date '2024-01-01' + g * 3 + 31) from generate_series(1, 50) g;
create table legacy.many (id int primary key, item int, days daterange);
insert into legacy.many select g, g % 20, daterange(date '2024-02-01' + g % 90, date '2024-02-01' + g % 90 + 9) from generate_series(1, 30000) g
union all values (30001, 5, daterange '[2024-10-20,2024-11-20)');
create table fresh.people (id uuid primary key default uuidv7(), name text not null, first text, twice int,
    loud text generated always as (upper(name)) virtual);
alter table fresh.people add constraint polite check (name <> 'person 4') not enforced;
create table fresh.badges (id uuid primary key default uuidv7(), person_id uuid references fresh.people, nobody uuid, number int,
    made timestamptz generated always as (uuid_extract_timestamp(id)) virtual);
alter table fresh.badges add constraint nobody_there foreign key (nobody) references fresh.people not enforced;
create table fresh.codes (id uuid primary key, code text, what text);
create table fresh.prices (item int, valid daterange, price numeric(8,2), primary key (item, valid without overlaps));
create table fresh.sales (id uuid primary key, item int, days daterange,
    constraint priced foreign key (item, period days) references fresh.prices (item, period valid));
create table fresh.offers (id uuid primary key, item int, valid daterange, constraint one_offer unique (item, valid without overlaps));
create table fresh.many (id uuid primary key, item int, days daterange,
    constraint many_priced foreign key (item, period days) references fresh.prices (item, period valid));
alter table fresh.many add constraint dated not null days not valid";

const FLOWS: [(&str, &str); 7] = [
    (
        "people",
        "/*---\nsource = \"people\"\n---*/
         select p.id as _key, case when p.name is null then reject('nameless') else migrate() end as _outcome, p.name, p.first, p.twice
         from source.people p",
    ),
    (
        "badges",
        "/*---\nsource = \"people\"\nid = \"server\"\n---*/
         select p.id as _key, case when p.name is null then reject('nameless') else migrate() end as _outcome,
             legacy_uuid('people', p.id) as person_id, to_uuid('00000000-0000-0000-0000-00000000000a') as nobody, p.id as number
         from source.people p",
    ),
    (
        "codes",
        "/*---\nsource = \"codes\"\nkey = \"ctid\"\n---*/
         select c.ctid as _key, migrate() as _outcome, c.code, c.what from source.codes c",
    ),
    (
        "prices",
        "/*---\nsource = \"prices\"\nkey = [\"item\", \"valid\"]\nid = \"none\"\n---*/
         select named_struct('item', p.item, 'valid', p.valid) as _key, migrate() as _outcome, p.item, p.valid, p.price
         from source.prices p",
    ),
    ("sales", "/*---\nsource = \"sales\"\n---*/\nselect s.id as _key, migrate() as _outcome, s.item, s.days from source.sales s"),
    ("offers", "/*---\nsource = \"offers\"\n---*/\nselect s.id as _key, migrate() as _outcome, s.item, s.valid from source.offers s"),
    ("many", "/*---\nsource = \"many\"\n---*/\nselect s.id as _key, migrate() as _outcome, s.item, s.days from source.many s"),
];

/// What PostgreSQL itself refuses of those rows, each alone, in the order of keys: the number of those that are left.
const LEFT: &str = "
select (select count(*) from fresh.people) || ' ' || (select count(*) from fresh.badges where uuid_extract_version(id) = 7) || ' '
    || (select count(*) from fresh.codes) || ' ' || (select count(*) from fresh.codes where code is null) || ' '
    || (select count(*) from fresh.prices) || ' ' || (select count(*) from fresh.sales) || ' ' || (select count(*) from fresh.many) || ' '
    || (select count(*) from fresh.people where first is null) || ' ' || (select sum(twice) from fresh.people) || ' '
    || (select count(*) from fresh.people where loud = upper(name))";

#[tokio::test(flavor = "multi_thread")]
async fn what_version_18_adds_works() {
    let database = Database::fresh().await;
    if database.text("select current_setting('server_version_num')").await.parse::<u32>().unwrap() < 180_000 {
        println!("a server before 18: what it adds is tested by `make versions`");
        return;
    }
    database.run(OF_18).await;
    let (objects, program) = (database.text(OBJECTS).await, Program::over(&FLOWS));
    let url = database.url.as_str();
    let report = |output: &std::process::Output| serde_json::from_slice::<Value>(&output.stdout).unwrap_or_default();
    let done = ends(program.run(url, url, &["--no-threshold"])).await;
    assert!(done.status.success(), "{}", told(&done));
    // Sale 120 and the last of many lie beyond their prices by some days: PostgreSQL refuses them, and overlooks them where it
    // validates the key.
    assert_eq!(database.text(LEFT).await, "54 54 30 4 60 120 30000 11 3282 54");
    let rejects = "select string_agg(flow || ' ' || reason || ' ' || n, ', ' order by flow, reason) from
        (select flow, reason, count(*) n from rehome.quarantine group by 1, 2) r";
    let rejected = database.text(rejects).await;
    assert_eq!(
        rejected,
        "badges nameless 6, many foreign_key:many_priced 1, offers exclusion:one_offer 20, people nameless 6, sales foreign_key:priced 3"
    );
    assert_eq!(report(&done)["verified"], true);
    // Every object is as it was, and the target may be asked at any time.
    let same = |left: &str, right: &str| {
        let found: Vec<String> = differing(left, right).into_iter().filter(|line| !line.contains("mappings")).collect();
        assert!(found.is_empty(), "{found:#?}");
    };
    same(&objects, &database.text(OBJECTS).await);
    let verified = ends({
        let mut command = program.command("verify");
        command.args(["--target", url]);
        command
    })
    .await;
    assert!(verified.status.success(), "{}", told(&verified));
    let alone = "insert into fresh.sales select gen_random_uuid(), item, days from legacy.sales where id = 120";
    assert!(database.session.batch_execute(alone).await.is_err(), "PostgreSQL takes the row");
    // The second time: prices change, a person comes, one goes.
    database
        .run(
            "update legacy.prices set price = 7 where item = 3; delete from legacy.people where id = 2;
             insert into legacy.people (id, name, first) values (100, 'person 4', 'x')",
        )
        .await;
    let done = ends(program.run(url, url, &["--no-threshold"])).await;
    assert!(done.status.success() && report(&done)["verified"] == true, "{}", told(&done));
    assert_eq!(database.text("select count(*)::text from fresh.prices where price = 7").await, "3");
    same(&objects, &database.text(OBJECTS).await);
    for _ in 0..2 {
        let mut back = program.command("rollback");
        back.args(["--target", url]);
        let back = ends(back).await;
        assert!(back.status.success(), "{}", told(&back));
    }
    assert_eq!(
        database.text("select (select count(*) from fresh.many) + (select count(*) from fresh.people) || ''").await,
        "0"
    );
    same(&objects, &database.text(OBJECTS).await);
}
