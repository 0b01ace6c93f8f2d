//! Owns the proof that a table is the one that was named: in several schemas with tables of one name, in headers and SQL,
//! in quotes, with dots and capitals, at the source and at the target. Must not know: how names are resolved.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::cluster::Database;
use crate::support::rehome;

/// Three tenants with equal tables and the same keys; one table is there only once.
const TENANTS: &str = "
    create schema a; create schema b; create schema c;
    create table a.users (id integer primary key, name text, boss integer);
    create table b.users (like a.users including all);
    create table c.users (like a.users including all);
    insert into a.users select i, 'a' || i, nullif(i % 7, 0) from generate_series(1, 30) i;
    insert into b.users select i, 'b' || i, nullif(i % 7, 0) from generate_series(1, 40) i;
    insert into c.users select i, 'c' || i, nullif(i % 7, 0) from generate_series(1, 50) i;
    create table c.plans (id integer primary key, title text);
    insert into c.plans select i, 'plan ' || i from generate_series(1, 5) i;";

const USERS: &str = "create table users (id uuid primary key, tenant text, legacy_id integer, name text, boss text,
                                         unique (tenant, legacy_id));";

/// A flow over the users of a tenant: it skips, rejects, warns, and joins its own table.
fn users(tenant: &str) -> String {
    format!(
        "/*---\nsource = \"{tenant}.users\"\nkey = \"id\"\nentity = \"{tenant}_user\"\ntarget = \"users\"\n---*/
         select u.id as _key,
                case when u.id % 10 = 0 then reject('tenth') when u.id % 10 = 5 then skip('fifth') else migrate() end as _outcome,
                '{tenant}' as tenant, u.id as legacy_id, u.name as name, boss.name as boss
         from source.{tenant}.users u left join source.{tenant}.users boss on boss.id = u.boss"
    )
}

/// Writes a pipeline of these settings and files, each `folder/name`.
fn pipeline(folder: &Path, settings: &str, files: &[(&str, &str)]) -> PathBuf {
    let home = folder.join("pipeline");
    for (name, text) in files {
        let file = home.join(format!("{name}.sql"));
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
    let toml = home.join("pipeline.toml");
    std::fs::write(&toml, format!("name = \"tenants\"\nflows = \"flows\"\n{settings}")).unwrap();
    toml
}

const ABC: &str = "[source]\nschemas = [\"a\", \"b\", \"c\"]\n";

/// Runs what must fail, and gives its exit code and what it said.
fn refused(dir: &Path, args: &[&str]) -> (Option<i32>, String) {
    let done =
        std::process::Command::new(env!("CARGO_BIN_EXE_rehome")).arg("--dir").arg(dir).args(args).output().unwrap();
    assert!(!done.status.success(), "{args:?} is refused");
    (done.status.code(), String::from_utf8_lossy(&done.stderr).into_owned())
}

struct Bench {
    folder: tempfile::TempDir,
    source: Database,
    target: Database,
}

impl Bench {
    async fn new(source: &str, target: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder, source: Database::with(source).await, target: Database::with(target).await }
    }

    fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    fn args<'a>(&'a self, pipeline: &'a Path) -> [&'a str; 7] {
        let pipeline = pipeline.to_str().unwrap();
        ["run", "--pipeline", pipeline, "--source", &self.source.url, "--target", &self.target.url]
    }

    fn run(&self, settings: &str, files: &[(&str, &str)]) -> Value {
        let pipeline = pipeline(self.folder.path(), settings, files);
        rehome(&self.work(), &self.args(&pipeline))
    }

    /// Runs what must be told as a mistake of the pipeline, before a row was read.
    fn told(&self, settings: &str, files: &[(&str, &str)], words: &[&str]) {
        let pipeline = pipeline(self.folder.path(), settings, files);
        let (code, said) = refused(&self.work(), &self.args(&pipeline));
        assert_eq!(code, Some(2), "{said}");
        // The words of a hint can be broken into lines.
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        for word in words {
            assert!(said.contains(word), "{word} in: {said}");
        }
        let snapshots = self.work().join("snapshots");
        let kept = std::fs::read_dir(snapshots).map(|found| {
            found.filter_map(Result::ok).filter(|entry| entry.path().join("manifest.json").exists()).count()
        });
        assert_eq!(kept.unwrap_or_default(), 0, "no snapshot was made");
    }
}

fn figures(report: &Value, flow: &str) -> Vec<u64> {
    let flow = report["flows"].as_array().unwrap().iter().find(|found| found["flow"] == flow).unwrap();
    ["source_rows", "migrated", "rejected", "skipped"].map(|count| flow[count].as_u64().unwrap()).to_vec()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_schemas_go_into_one_table() {
    let bench = Bench::new(TENANTS, USERS).await;
    let (a, b, c) = (users("a"), users("b"), users("c"));
    let each = "/*---\neach = \"flow\"\n---*/
        select s._key from each.source s
        left join each.migrated m on m._key = s._key left join each.rejected r on r._key = s._key
        left join each.skipped k on k._key = s._key
        where m._key is null and r._key is null and k._key is null
           or m._key is not null and m.name <> s.name or r._key is not null and r.name <> s.name";
    let own = "/*---\ntitle = \"Each tenant has its own rows\"\n---*/
        select m._key from migrated.b_users m join source.b.users u on u.id = m._key where m.name <> u.name
        union all
        select r._key from rejected.c_users r join source.c.users u on u.id = r._key where r.name <> u.name
        union all
        select cast(count(*) as integer) from shared.everybody having count(*) <> 120";
    let everybody = "/*---\n---*/
        select id, name from source.a.users union all select id, name from source.b.users
        union all select id, name from source.c.users";
    let report = "/*---\ntitle = \"Names\"\n---*/
        select u.name, p.title from source.c.users u join source.plans p on p.id = u.id
        join source.c.plans q on q.id = p.id order by u.id";
    let settings = format!("shared = \"shared\"\nchecks = \"checks\"\nreports = \"reports\"\n{ABC}");
    let files = [
        ("flows/a_users", &*a),
        ("flows/b_users", &b),
        ("flows/c_users", &c),
        ("shared/everybody", everybody),
        ("checks/each", each),
        ("checks/own", own),
        ("reports/names", report),
    ];
    let told = bench.run(&settings, &files);
    assert_eq!(told["verified"], true);
    assert_eq!(figures(&told, "a_users"), [30, 24, 3, 3]);
    assert_eq!(figures(&told, "b_users"), [40, 32, 4, 4]);
    assert_eq!(figures(&told, "c_users"), [50, 40, 5, 5]);
    assert!(told["checks"].as_array().unwrap().iter().all(|check| check["passed"] == true), "{}", told["checks"]);
    let names = told["reports"].to_string();
    assert!(names.contains("c1") && names.contains("plan 5") && !names.contains("a1"), "{names}");
    let wrong = "select count(*)::text from users where name <> tenant || legacy_id or boss <> tenant || legacy_id % 7";
    assert_eq!(bench.target.text(wrong).await, "0");
    let found =
        "select string_agg(tenant || n, ' ' order by tenant) from (select tenant, count(*) n from users group by 1) x";
    assert_eq!(bench.target.text(found).await, "a24 b32 c40");
    let kept = "select string_agg(distinct flow || ' ' || left(source_row ->> 'name', 1), ', ') from rehome.quarantine";
    assert_eq!(bench.target.text(kept).await, "a_users a, b_users b, c_users c");
    // The same from what is stored, and as what would be.
    let again = rehome(&bench.work(), &["report"]);
    assert_eq!((figures(&again, "b_users"), &again["checks"]), (vec![40, 32, 4, 4], &told["checks"]));
    let file = bench.folder.path().join("pipeline/pipeline.toml");
    let what_if = rehome(&bench.work(), &["what-if", "--pipeline", file.to_str().unwrap(), "--snapshot", "latest"]);
    assert_eq!(figures(&what_if, "c_users"), [50, 40, 5, 5]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_of_several_tables_is_an_error_that_lists_them() {
    let bench = Bench::new(TENANTS, USERS).await;
    let a = users("a");
    let header = a.replace("\"a.users\"", "\"users\"");
    let all = "say which one is meant: source.a.users, source.b.users, source.c.users";
    let words = [
        "'users' is the name of 3 tables",
        "flow: people",
        "people.sql:2:11",
        all,
        "in a header: source = \"a.users\"",
    ];
    bench.told(ABC, &[("flows/people", &header)], &words);
    let sql = a.replace("left join source.a.users", "left join source.users");
    bench.told(ABC, &[("flows/people", &sql)], &["'users' is the name of 3 tables", "people.sql:10:42", all]);
    // In what is shared and in what is checked, there.
    let settings = format!("shared = \"shared\"\nchecks = \"checks\"\n{ABC}");
    let files = |shared: &'static str, check: &'static str| {
        [("flows/people", a.clone()), ("shared/s", shared.to_owned()), ("checks/c", check.to_owned())]
    };
    for (shared, check, place) in [
        ("/*---\n---*/ select id from source.users", "/*---\n---*/ select id from shared.s where false", "s.sql:2:22"),
        ("/*---\n---*/ select id from source.b.users", "/*---\n---*/\nselect id\nfrom source.users", "c.sql:4:6"),
    ] {
        let files = files(shared, check);
        let files = files.each_ref().map(|(name, text)| (*name, &**text));
        bench.told(&settings, &files, &["'users' is the name of 3 tables", place, all]);
    }
    std::fs::remove_dir_all(bench.folder.path().join("pipeline")).unwrap();
    // What is not there has a neighbour, or a schema that is not read.
    let missing = a.replace("left join source.a.users", "left join source.b.user");
    bench.told(ABC, &[("flows/people", &missing)], &["has no table 'b.user'", "did you mean 'source.b.users'?"]);
    let unread = "'c' is not among the schemas that are read: a, b";
    bench.told("[source]\nschemas = [\"a\", \"b\"]\n", &[("flows/people", &users("c"))], &[unread]);
    let elsewhere = a.replace("left join source.a.users", "left join sauce.a.users");
    bench.told(ABC, &[("flows/people", &elsewhere)], &["there is no schema 'sauce.a'", "people.sql:10:42"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_of_one_table_needs_no_schema() {
    let bench = Bench::new(TENANTS, USERS).await;
    let flow = users("b").replace("b.users", "users");
    let schemas = "[source]\nschemas = [\"b\"]\n";
    assert_eq!(figures(&bench.run(schemas, &[("flows/people", &flow)]), "people"), [40, 32, 4, 4]);
    assert_eq!(bench.target.text("select count(*)::text from users where name like 'b%'").await, "32");
    // A snapshot of everything has three of them; the pipeline says which of its schemas it reads.
    let whole = bench.folder.path().join("whole");
    let whole = whole.to_str().unwrap();
    let taken =
        rehome(&bench.work(), &["snapshot", "--source", &bench.source.url, "--out", whole, "--tables", "users"]);
    assert_eq!(taken["manifest"]["tables"].as_array().unwrap().len(), 3, "a pattern takes all that it fits");
    let file = bench.folder.path().join("pipeline/pipeline.toml");
    let file = file.to_str().unwrap();
    let told = rehome(&bench.work(), &["what-if", "--pipeline", file, "--snapshot", whole]);
    assert_eq!(figures(&told, "people"), [40, 32, 4, 4]);
    pipeline(bench.folder.path(), ABC, &[]);
    let (code, said) = refused(&bench.work(), &["what-if", "--pipeline", file, "--snapshot", whole]);
    assert!(code == Some(2) && said.contains("source.a.users, source.b.users, source.c.users"), "{said}");
    // What a pipeline names is read, and no more; what is left out cannot be meant.
    let file = pipeline(bench.folder.path(), ABC, &[("flows/people", &users("b"))]);
    let file = file.to_str().unwrap();
    let tables = |more: &[&str]| {
        let args = [&["snapshot", "--source", &bench.source.url, "--pipeline", file], more].concat();
        let taken = rehome(&bench.work(), &args);
        let name = |table: &Value| format!("{}.{}", table["schema"].as_str().unwrap(), table["name"].as_str().unwrap());
        taken["manifest"]["tables"].as_array().unwrap().iter().map(name).collect::<Vec<_>>()
    };
    assert_eq!(tables(&[]), ["b.users"]);
    assert_eq!(tables(&["--tables", "c.users"]), ["c.users"]);
    pipeline(bench.folder.path(), ABC, &[("flows/people", &flow)]);
    assert_eq!(tables(&["--exclude", "a.*", "--exclude", "c.*"]), ["b.users"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn capitals_quotes_and_dots_are_part_of_names() {
    let bench = Bench::new(
        "create schema a; create schema \"North\"; create schema \"x.y\"; create schema source;
         create table a.users (id integer primary key, name text); insert into a.users values (1, 'a.users');
         create table public.\"a.users\" (like a.users including all);
         insert into public.\"a.users\" values (1, 'public.\"a.users\"'), (2, 'two');
         create table \"North\".\"Users\" (like a.users including all);
         insert into \"North\".\"Users\" values (1, 'North.Users'), (2, 'two'), (3, 'three');
         create table \"North\".users (like a.users including all); insert into \"North\".users values (1, 'North.users');
         create table \"x.y\".\"z \"\"q\"\"\" (like a.users including all); insert into \"x.y\".\"z \"\"q\"\"\" values (7, 'x.y.z');
         create table source.users (like a.users including all); insert into source.users values (8, 'source.users');",
        "create schema \"North\"; create schema fresh;
         create table \"North\".\"Users.All\" (id uuid primary key, flow text, legacy_id integer, name text);
         create table fresh.\"North.Users\" (like \"North\".\"Users.All\" including all);
         create table \"North\".\"Users\" (like \"North\".\"Users.All\" including all);
         create table public.plain (like \"North\".\"Users.All\" including all);
         create table fresh.plain (like \"North\".\"Users.All\" including all);",
    )
    .await;
    let settings =
        "[source]\nschemas = [\"a\", \"public\", \"North\", \"x.y\", \"source\"]\n[target]\nschema = \"fresh\"\n";
    let flow = |name: &str, source: &str, sql: &str, target: &str| {
        let text = format!(
            "/*---\nsource = '{source}'\nentity = \"{name}\"\ntarget = '{target}'\n---*/
             select u.id as _key, migrate() as _outcome, '{name}' as flow, u.id as legacy_id, u.name as name
             from {sql} u"
        );
        (format!("flows/{name}"), text)
    };
    let files = [
        flow("one", "\"a\".users", "source.a.users", "North.Users.All"),
        flow("two", "public.a.users", "source.\"a.users\"", "\"North\".\"Users.All\""),
        flow("three", "North.Users", "source.\"North\".\"Users\"", "\"North\".\"Users\""),
        flow("four", "\"North\".\"users\"", "source.\"North\".users", "\"North.Users\""),
        flow("five", "x.y.z \"q\"", "source.\"x.y\".\"z \"\"q\"\"\"", "plain"),
        flow("six", "source.users", "Source.Source.Users", "public.plain"),
    ];
    let files = files.each_ref().map(|(name, text)| (&**name, &**text));
    let told = bench.run(settings, &files);
    assert_eq!(told["verified"], true);
    for (table, rows) in [
        ("\"North\".\"Users.All\"", "one a.users, two public.\"a.users\", two two"),
        ("\"North\".\"Users\"", "three North.Users, three three, three two"),
        ("fresh.\"North.Users\"", "four North.users"),
        ("fresh.plain", "five x.y.z"),
        ("public.plain", "six source.users"),
    ] {
        let found = format!(
            "select string_agg(flow || ' ' || name, ', ' order by flow collate \"C\", name collate \"C\") from {table}"
        );
        assert_eq!(bench.target.text(&found).await, rows, "{table}");
    }
    // With dots alone, it could be either.
    let one = files[0].1.replace("'\"a\".users'", "'a.users'");
    let either =
        ["'a.users' is the name of 2 tables", "source.a.users, source.public.\"a.users\"", "'\"a\".\"users\"'"];
    let home = bench.folder.path().join("work/snapshots");
    std::fs::remove_dir_all(&home).unwrap();
    bench.told(settings, &[("flows/one", &one)], &either);
    let three = files[2].1.replace("target = '\"North\".\"Users\"'", "target = 'North.Users'");
    let file = pipeline(bench.folder.path(), settings, &[files[0], ("flows/three", &three)]);
    let (code, said) = refused(&bench.work(), &bench.args(&file));
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let both = "'North.Users' is the name of 2 tables of the target; say which one is meant, in quotes: \
                \"fresh\".\"North.Users\", \"North\".\"Users\"";
    assert!(code == Some(6) && said.contains(both), "{code:?} {said}");
}
