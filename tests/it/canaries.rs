//! Owns the proof that nothing is told which nobody may know: a password and the values of cells, planted wherever a row can go
//! wrong, are in no output, log, report, file or list of processes, and in no table of the ledger but those that keep rows.
//! Must not know: what keeps them away.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::cluster::{Database, Own};
use crate::program::{Program, files};

const PASSWORD: &str = "pw-canary-83c1";
const CELL: &str = "cell-canary-5e90";

/// Each row of `person` goes wrong in a way of its own.
const DDL: &str = "
    create schema legacy; create schema fresh;
    create table legacy.person (id integer primary key, kind text, name text, email text, score text, boss integer);
    create type fresh.mood as enum ('fine');
    create table fresh.people (
        id uuid primary key, legacy_id bigint not null unique, name text not null check (name not like '%checked%'),
        email text unique, code varchar(12), small smallint, mood fresh.mood, boss_id uuid references fresh.people (id),
        span int4range, constraint apart exclude using gist (span with &&));
    create function fresh.grumble() returns trigger language plpgsql as $$ begin
        if new.name like '%grumbled%' then raise exception 'not %', new.name using detail = new.email, hint = new.name; end if;
        if new.name like '%named%' then raise exception 'not %', new.name using errcode = 'ZZ001'; end if;
        return new; end $$;
    create trigger grumble before insert or update on fresh.people for each row execute function fresh.grumble();
    insert into legacy.person
    select i, kind, case when kind = 'null' then null else 'cell-canary-5e90 ' || kind || ' ' || i end,
           case when kind = 'twice' then 'cell-canary-5e90@same' else 'cell-canary-5e90@' || i end, '1', null
    from unnest(array['good', 'good', 'rejected', 'null', 'twice', 'twice', 'checked', 'long', 'small', 'mood', 'grumbled', 'named',
                      'orphan', 'range', 'range', 'good', 'warned']) with ordinality as t (kind, i);";

const PEOPLE: &str = "/*--- source = \"person\"
entity = \"person\"
on_gone = \"delete\" ---*/
select id as _key,
       case when kind = 'rejected' then reject('unwanted') else migrate() end as _outcome,
       case when kind = 'warned' then make_array('odd') end as _warnings,
       id as legacy_id, name, email, case when kind = 'long' then name else 'short' end as code,
       case when kind = 'small' then 70000 else 1 end as small,
       case when kind = 'mood' then name else 'fine' end as mood,
       case when kind = 'orphan' then legacy_uuid('person', 99999) end as boss_id,
       case when kind = 'range' then '[1,9)' end as span
from source.person";

/// What a query makes of the values itself.
const BROKEN: [(&str, &str); 3] = [
    ("cast", "cast(name as integer)"),
    ("division", "1 / (id - id)"),
    ("another cast", "cast(left(email, 4) as integer)"),
];

/// The tables that keep rows, since that is what they are for.
const KEEP_ROWS: [&str; 6] = ["quarantine", "resolved", "before_images", "conflicts", "kept", "former_mappings"];

/// How the password reaches the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Through {
    Url,
    Environment,
    File,
}

struct Bench {
    own: Own,
    program: Program,
    target: Database,
}

impl Bench {
    async fn new() -> Self {
        let rules = "local all all trust\nhost all postgres all trust\nhost all all all scram-sha-256\n";
        let own = tokio::task::spawn_blocking(move || Own::start("", rules, &[])).await.unwrap();
        own.cluster.create_database("shop").await.unwrap();
        let url = own.cluster.url("shop");
        let session = rehome::server::Address::parse(&url).unwrap().connect("rehome tests").await.unwrap();
        let target = Database { url, session };
        target.run(DDL).await;
        target.run(&format!("create role mover login superuser password '{PASSWORD}'")).await;
        Self { own, program: Program::over(&[("people", PEOPLE)]), target }
    }

    fn flow(&self, sql: &str) {
        std::fs::write(self.program.folder.path().join("pipeline/flows/people.sql"), sql).unwrap();
    }

    /// A command as a shell would start it that keeps the password out of its arguments.
    fn command(&self, format: &str, through: Through, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rehome"));
        command.args(["-vv", "--format", format, "--jobs", "2", "--dir"]).arg(self.program.workspace()).args(args);
        if ["run", "plan"].contains(&args[0]) {
            command.arg("--pipeline").arg(self.program.folder.path().join("pipeline/pipeline.toml"));
        }
        let port = self.own.port();
        let secret = if through == Through::File { String::new() } else { format!(":{PASSWORD}") };
        let url = format!("postgres://mover{secret}@127.0.0.1:{port}/shop");
        command.env("REHOME_SOURCE_URL", &url).env("REHOME_TARGET_URL", &url);
        match through {
            Through::Url => {}
            // What libpq would read is left alone, and not told.
            Through::Environment => drop(command.env("PGPASSWORD", PASSWORD)),
            Through::File => {
                let file = crate::trust::write(
                    self.program.folder.path(),
                    "pgpass",
                    format!("*:*:*:mover:{PASSWORD}\n").as_bytes(),
                );
                command.env("PGPASSFILE", file);
            }
        }
        command.env("RUST_BACKTRACE", "full");
        command
    }

    /// Runs it, and sees that nothing is told; gives the exit code.
    async fn silent(&self, command: Command) -> Option<i32> {
        let asked = format!("{:?}", command.get_args().collect::<Vec<_>>());
        let output = watched(command).await;
        for (name, text) in [("stdout", &output.stdout), ("stderr", &output.stderr)] {
            let text = String::from_utf8_lossy(text);
            assert!(!text.contains(PASSWORD) && !text.contains(CELL), "{asked}: {name}:\n{text}");
        }
        for (path, content) in files(self.program.folder.path()) {
            if path.ends_with("pgpass") {
                continue;
            }
            // Snapshots and outcomes hold the rows, and no password.
            let rows = path.extension().is_some_and(|extension| extension == "parquet");
            for secret in [PASSWORD, CELL] {
                let found = content.windows(secret.len()).any(|window| window == secret.as_bytes());
                assert!(!found || rows && secret == CELL, "{asked}: {secret} in {}", path.display());
            }
        }
        self.ledger_is_silent(&asked).await;
        println!("{asked}: {:?}: {}", output.status.code(), String::from_utf8_lossy(&output.stderr));
        output.status.code()
    }

    async fn ledger_is_silent(&self, asked: &str) {
        let tables = "select coalesce(string_agg(c.relname, ' '), '') from pg_class c
                      where c.relnamespace = to_regnamespace('rehome') and c.relkind = 'r'";
        for table in self.target.text(tables).await.split_whitespace() {
            for secret in [PASSWORD, CELL] {
                if secret == CELL && KEEP_ROWS.contains(&table) {
                    continue;
                }
                let found = format!("select count(*)::text from rehome.{table} t where t::text like '%{secret}%'");
                assert_eq!(self.target.text(&found).await, "0", "{asked}: {secret} in rehome.{table}");
            }
        }
    }
}

/// Runs a command to its end; meanwhile no process of the machine shows a canary in its arguments.
async fn watched(mut command: Command) -> Output {
    let (ended, looks) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let (stop, counted) = (ended.clone(), looks.clone());
    let looker = std::thread::spawn(move || {
        while !stop.load(Ordering::Acquire) {
            for process in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
                let arguments = std::fs::read(process.path().join("cmdline")).unwrap_or_default();
                let arguments = String::from_utf8_lossy(&arguments).into_owned();
                assert!(!arguments.contains(PASSWORD) && !arguments.contains(CELL), "{arguments}");
            }
            counted.fetch_add(1, Ordering::AcqRel);
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
    });
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    ended.store(true, Ordering::Release);
    looker.join().unwrap();
    assert!(looks.load(Ordering::Acquire) > 0);
    output
}

fn page(folder: &Path, name: &str) -> String {
    folder.join(name).display().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_password_and_no_cell_is_told() {
    let bench = Bench::new().await;
    let folder = bench.program.folder.path();
    let run = |format: &str, through, report: &str| {
        bench.command(
            format,
            through,
            &["run", "--no-threshold", "--verify", "full", "--report", &page(folder, report)],
        )
    };
    // Queries that fail on a value.
    for (name, expression) in BROKEN {
        bench.flow(&PEOPLE.replace("then 70000 else 1 end", &format!("then {expression} else 1 end")));
        let code = bench.silent(run("text", Through::Url, "broken.json")).await;
        assert_ne!(code, Some(0), "{name}");
    }
    bench.flow(PEOPLE);
    assert_eq!(bench.silent(bench.command("text", Through::Environment, &["plan"])).await, Some(0));
    assert_eq!(bench.silent(run("text", Through::Url, "first.html")).await, Some(0));
    let refused = bench.target.text("select count(*)::text from rehome.quarantine where run_id is not null").await;
    assert!(refused.parse::<usize>().unwrap() >= 10, "{refused} rows were refused");
    // What others changed, what changes, comes and goes; some of it is refused again.
    bench
        .target
        .run(&format!(
            "update fresh.people set name = '{CELL} theirs' where legacy_id in (1, 2);
             update legacy.person set name = '{CELL} changed' where id in (1, 16, 17);
             update legacy.person set name = '{CELL} grumbled' where id = 2;
             delete from legacy.person where id = 17;
             insert into legacy.person values (40, 'good', '{CELL} checked', '{CELL}@40', '1', null), (41, 'twice', '{CELL}', '{CELL}@same', '1', null)"
        ))
        .await;
    for format in ["text", "json"] {
        assert_eq!(bench.silent(bench.command(format, Through::File, &["plan"])).await, Some(0));
    }
    assert_eq!(bench.silent(run("json", Through::Environment, "second.json")).await, Some(0));
    assert_ne!(bench.target.text("select count(*)::text from rehome.conflicts").await, "0");
    assert_ne!(bench.target.text("select count(*)::text from rehome.before_images").await, "0");
    for form in ["--md", "--html", "--json"] {
        assert_eq!(bench.silent(bench.command("text", Through::File, &["report", form])).await, Some(0));
    }
    // A target that fails, and not for the sake of a row.
    bench
        .target
        .run(&format!(
            "create or replace function fresh.grumble() returns trigger language plpgsql as
               $$ begin raise exception '%', new.name using errcode = 'XX000', detail = new.email; end $$;
             update legacy.person set name = '{CELL} again' where id in (3, 16)"
        ))
        .await;
    assert_ne!(bench.silent(run("text", Through::Url, "failed.html")).await, Some(0));
    for through in [Through::Url, Through::Environment] {
        let code = bench.silent(bench.command("text", through, &["rollback"])).await;
        assert!(code.is_some(), "it ends");
    }
    // A password that is wrong is not told either.
    bench.target.run("alter role mover password 'another'").await;
    assert_eq!(bench.silent(bench.command("json", Through::Url, &["plan"])).await, Some(4));
}

/// Rows that hold no text in the encoding that their database says.
#[tokio::test(flavor = "multi_thread")]
async fn no_unreadable_row_is_told() {
    let bench = Bench::new().await;
    let url = bench.own.cluster.url("raw");
    bench.target.run("create database raw template template0 encoding 'SQL_ASCII' lc_collate 'C' lc_ctype 'C'").await;
    let session = rehome::server::Address::parse(&url).unwrap().connect("rehome tests").await.unwrap();
    let raw = Database { url, session };
    raw.run(&format!(
        "create schema legacy; create table legacy.person (id integer primary key, kind text, name text, email text, score text, boss integer);
         insert into legacy.person values (1, 'good', '{CELL}', '{CELL}', '1', null),
             (2, 'good', convert_from('\\x63656c6c2d63616e6172792d35653930ff', 'SQL_ASCII'), '{CELL}', '1', null)"
    ))
    .await;
    for format in ["text", "json"] {
        let mut command = bench.command(format, Through::Url, &["run", "--no-threshold"]);
        command.env("REHOME_SOURCE_URL", format!("postgres://mover:{PASSWORD}@127.0.0.1:{}/raw", bench.own.port()));
        assert_eq!(bench.silent(command).await, Some(0));
    }
    let told = "select count(*)::text from rehome.quarantine where reason like 'unreadable%'";
    assert_eq!(bench.target.text(told).await, "1");
}
