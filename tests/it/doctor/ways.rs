//! Owns the ways to a server: closed ports, wrong passwords, missing trust, standbys, and poolers in between.

use expect_test::expect;
use rehome::doctor::Level;

use super::{database, look, own, speak};
use crate::cluster::Own;
use crate::pooler::{PgBouncer, Pooler, Turn};
use crate::program::{Program, ends, files, told};

const SQL: &str =
    "create schema legacy; create schema fresh; create table legacy.person (id integer primary key, name text);
    insert into legacy.person values (1, 'a'); create table fresh.people (id uuid primary key, name text)";
const PEOPLE: &str = "/*--- source = \"person\" ---*/
select id as _key, migrate() as _outcome, name from source.person";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_works_through_a_transaction_pooler() {
    let server = own("").await;
    let shop = database(&server, "shop", SQL).await;
    let url = shop.url.clone();
    let (newest, oldest) =
        tokio::task::spawn_blocking(move || (Pooler::start(&url, Turn::Newest), Pooler::start(&url, Turn::Oldest)))
            .await
            .unwrap();
    let url = shop.url.clone();
    let real = tokio::task::spawn_blocking(move || {
        let start = |mode: &str, more: &str| PgBouncer::start(&url, mode, more);
        [start("transaction", ""), start("transaction", "server_round_robin = 1"), start("statement", "")]
    })
    .await
    .unwrap();
    let real: Vec<PgBouncer> = real.into_iter().flatten().collect();
    let pooled = [&newest.url, &oldest.url].into_iter().chain(real.iter().map(|pooler| &pooler.url));
    for pooled in pooled {
        let work = Program::over(&[("people", PEOPLE)]);
        let command = |name: &str, args: &[&str]| {
            let mut command = work.command(name);
            command.args(args);
            command
        };
        for refused in [
            command("run", &["--source", &shop.url, "--target", pooled]),
            command("run", &["--source", pooled, "--target", &shop.url]),
            command("plan", &["--source", &shop.url, "--target", pooled]),
            command("plan", &["--source", pooled, "--target", &shop.url]),
            command("rollback", &["--target", pooled]),
            command("snapshot", &["--source", pooled]),
        ] {
            let asked = format!("{refused:?}");
            let output = ends(refused).await;
            assert_eq!(output.status.code(), Some(2), "{asked}: {}", told(&output));
            assert!(told(&output).contains("a transaction pooler stands in front of the server"), "{}", told(&output));
            // Nothing was begun: no snapshot of the source either.
            let kept: Vec<_> =
                files(&work.workspace()).into_iter().filter(|(_, content)| !content.is_empty()).collect();
            assert!(kept.is_empty(), "{asked}: {:?}", kept.iter().map(|(path, _)| path).collect::<Vec<_>>());
        }
        assert_eq!(shop.text("select coalesce(to_regnamespace('rehome')::text, '')").await, "");
        assert_eq!(shop.text("select count(*)::text from fresh.people").await, "0");
        // No setting of ours stays behind in sessions that are others'.
        assert_eq!(shop.text("select count(*)::text from pg_stat_activity where state like 'idle in%'").await, "0");
    }
    let looked = look(Some(&newest.url), Some(&oldest.url), None).await;
    assert_eq!((looked.exit_code, looked.verdict), (2, Level::Fail));
    for side in ["source", "target"] {
        let of_side = |subject: &str| {
            looked.findings.iter().find(|finding| finding.side.name() == side && finding.subject == subject).unwrap()
        };
        assert_eq!(of_side("pooler").level, Level::Fail);
        // It goes on.
        assert!(of_side("privileges").found.contains("postgres"));
    }
    if let Some(real) = real.first() {
        let port = real.url.rsplit(':').next().unwrap().split('/').next().unwrap().parse().unwrap();
        let text = speak(&["--target", &real.url], port).await;
        assert!(text.contains("(PgBouncer)") && text.contains("pool_mode=session"), "{text}");
    }
    let url = shop.url.clone();
    let session = tokio::task::spawn_blocking(move || PgBouncer::start(&url, "session", "")).await.unwrap();
    if let Some(session) = session {
        let work = Program::over(&[("people", PEOPLE)]);
        let output = ends(work.run(&session.url, &session.url, &[])).await;
        assert!(output.status.success(), "{}", told(&output));
    }
}

const RULES: &str = "local all all trust\nhost all postgres all trust\nhost all keeper all scram-sha-256\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_way_that_is_closed_is_told() {
    let server = own(RULES).await;
    let shop = database(
        &server,
        "shop",
        "create role keeper login password 'sesame'; create table t (id integer primary key)",
    )
    .await;
    let port = server.port();
    let wrong = format!("postgres://keeper:open-barley@127.0.0.1:{port}/shop");
    let none = format!("postgres://keeper@127.0.0.1:{port}/shop");
    let closed = "postgres://postgres:open-barley@127.0.0.1:1/shop";
    expect![[r#"
        source 127.0.0.1:PORT/shop
          fail  connection      password authentication failed for user "keeper"
                                → check the user and the password; a password can come from ~/.pgpass

        target 127.0.0.1:1/shop
          fail  connection      the server cannot be reached: Connection refused (os error 111)
                                → check host and port, and that the server accepts connections from here

        this machine
          ok    disk            SIZE are free for snapshots and outcomes

        2 things are in the way
        --- exit 4
    "#]]
    .assert_eq(&speak(&["--source", &wrong, "--target", closed], port).await);
    expect![[r#"
        target 127.0.0.1:PORT/shop
          fail  connection      the server asks for what the connection lacks: password missing
                                → give the password in the URL, or in the password file (~/.pgpass)

        this machine
          ok    disk            SIZE are free for snapshots and outcomes

        1 thing is in the way
        --- exit 4
    "#]]
    .assert_eq(&speak(&["--target", &none], port).await);
    expect![[r#"
        source 127.0.0.1:PORT/shop
          fail  connection      no trusted, encrypted connection: server does not support TLS
                                → turn on ssl at the server; sslmode=disable asks for plain text, for networks that can be trusted

        this machine
          ok    disk            SIZE are free for snapshots and outcomes

        1 thing is in the way
        --- exit 4
    "#]].assert_eq(&speak(&["--source", &format!("{}?sslmode=require", shop.url)], port).await);
    expect![[r#"
        source
          fail  connection      port 6543 is a transaction pooler, where no snapshot or lock outlives a statement
                                → use the session pooler or the direct connection, on port 5432

        this machine
          ok    disk            SIZE are free for snapshots and outcomes

        1 thing is in the way
        --- exit 2
    "#]]
    .assert_eq(&speak(&["--source", "postgres://u:open-barley@db.test.invalid:6543/x"], port).await);
    expect![[r#"
        source 127.0.0.1:PORT/ship
          fail  connection      database "ship" does not exist
                                → there is no database of that name: check the URL, or make it first

        this machine
          ok    disk            SIZE are free for snapshots and outcomes

        1 thing is in the way
        --- exit 2
    "#]]
    .assert_eq(&speak(&["--source", &shop.url.replace("/shop", "/ship")], port).await);
    let several = format!("postgres://postgres@127.0.0.1:1,127.0.0.1:{port}/shop");
    let looked = look(Some(&several), None, None).await;
    let dead = looked.findings.iter().find(|finding| finding.level == Level::Warn).unwrap();
    assert!(looked.exit_code == 0 && dead.found.starts_with("127.0.0.1:1/shop does not answer"), "{dead:?}");
    // Over a network, plain text is warned of.
    let far = format!("host=db.test.invalid hostaddr=127.0.0.1 port={port} user=postgres dbname=shop sslmode=disable");
    let looked = look(Some(&far), None, None).await;
    assert!(looked.findings.iter().any(|finding| finding.subject == "encryption" && finding.level == Level::Warn));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn how_far_a_certificate_is_trusted_is_told() {
    let authority = crate::certificates::Pair::authority("tests");
    let pair = authority.issue(&crate::certificates::Wanted::of("db.test.invalid", &["DNS:db.test.invalid"]));
    let root = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(root.path(), authority.certificate()).unwrap();
    let settings = "ssl = on\nssl_cert_file = '../server.crt'\nssl_key_file = '../server.key'";
    let (certificate, key) = (pair.certificate(), pair.key());
    let server = tokio::task::spawn_blocking(move || {
        Own::start(settings, "", &[("server.crt", &certificate), ("server.key", &key)])
    })
    .await
    .unwrap();
    let base = format!("host=db.test.invalid hostaddr=127.0.0.1 port={} user=postgres dbname=postgres", server.port());
    let root = root.path().display();
    for (mode, level, says) in [
        ("sslmode=require".to_owned(), Level::Warn, "not verified"),
        (format!("sslmode=verify-ca sslrootcert={root}"), Level::Ok, "whatever the host is called"),
        (format!("sslmode=verify-full sslrootcert={root}"), Level::Ok, "and is this host's"),
    ] {
        let looked = look(Some(&format!("{base} {mode}")), None, None).await;
        let told = looked.findings.iter().find(|finding| finding.subject == "encryption").unwrap();
        assert!(told.level == level && told.found.contains(says) && told.found.contains("TLSv1"), "{mode}: {told:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_at_work_and_one_that_broke_off_are_told() {
    let server = own("").await;
    let shop = database(&server, "shop", SQL).await;
    let ledger = std::fs::read_to_string(crate::support::repository("sql/control/ledger/create.sql")).unwrap();
    shop.run(&ledger).await;
    let of_ledger = async || {
        let looked = look(None, Some(&shop.url), None).await;
        let told = looked.findings.iter().find(|finding| finding.subject == "ledger").unwrap().clone();
        (looked.exit_code, told.level, told.found, told.fix)
    };
    assert_eq!(of_ledger().await.1, Level::Ok);
    shop.run(
        "insert into rehome.runs (run_id, pipeline, pipeline_hash, snapshot_id, tool_version)
              values ('11111111-2222-3333-4444-555555555555', 'shop', '', '', '')",
    )
    .await;
    let (exit, level, said, fix) = of_ledger().await;
    assert!(exit == 0 && level == Level::Warn && said.contains("has not ended"), "{said}");
    assert!(fix.iter().any(|fix| fix == "rehome rollback 11111111-2222-3333-4444-555555555555"), "{fix:?}");
    shop.run("select pg_advisory_lock(125779869396325)").await;
    let (exit, level, said, _) = of_ledger().await;
    assert!(exit == 9 && level == Level::Fail && said.contains("rehome tests (backend"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_supabase_shows_to_everybody_is_told() {
    let server = own("").await;
    let shop = database(
        &server,
        "shop",
        "create role anon; create role authenticated; create role service_role; create role authenticator login;
         alter role authenticator set pgrst.db_schemas = 'public, rehome';
         create schema auth; create table auth.users (id uuid primary key);
         create table public.open (id uuid primary key); create table public.shut (id uuid primary key);
         alter table public.shut enable row level security; grant usage on schema public to anon;
         grant select on public.open, public.shut to anon;
         alter default privileges in schema public grant select on tables to anon;
         alter role postgres set statement_timeout = '2min'",
    )
    .await;
    let looked = look(None, Some(&shop.url), None).await;
    assert_eq!((looked.exit_code, looked.verdict), (0, Level::Warn));
    let told: Vec<String> = looked
        .findings
        .iter()
        .filter(|finding| finding.subject == "supabase" || finding.subject == "timeouts")
        .map(|finding| format!("{:?}: {} → {}", finding.level, finding.found, finding.fix.join("; ")))
        .collect();
    expect![[r#"
        Ok: statement_timeout = 120 s; rehome lifts them in its own sessions → 
        Note: a Supabase project; its API shows the schemas public, rehome → 
        Warn: the API shows the schema rehome, whose quarantine holds whole legacy rows → take rehome out of the exposed schemas in the project's API settings
        Warn: the API gives anybody all rows of public.open: they have no row-level security → alter table public.open enable row level security
        Note: with row-level security and no policy, the API shows no row of public.shut → 
        Warn: public.migration_mappings would be shown by the API: new tables of public are granted to its roles → [mappings] table = "migration.mappings" in the pipeline, in a schema that the API does not show"#]].assert_eq(&told.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standby_and_odd_encodings_are_told() {
    let server = own("").await;
    let make = "create database latin encoding LATIN1 template template0 lc_collate 'C' lc_ctype 'C';
        create database bytes encoding SQL_ASCII template template0 lc_collate 'C' lc_ctype 'C'";
    for statement in make.split(';') {
        server.session().await.batch_execute(statement).await.unwrap();
    }
    let [latin, bytes] = ["latin", "bytes"].map(|name| server.cluster.url(name));
    for (name, url) in [("latin", &latin), ("bytes", &bytes)] {
        let session = rehome::server::Address::parse(url).unwrap().connect("rehome tests").await.unwrap();
        session.batch_execute("create table public.t (id integer primary key)").await.unwrap();
        let looked = look((name == "bytes").then_some(url), (name == "latin").then_some(url), None).await;
        let told: Vec<_> = looked.findings.iter().filter(|finding| finding.level == Level::Warn).collect();
        assert!(looked.exit_code == 0 && told.len() == 1 && told[0].subject == "encoding", "{told:?}");
    }
    // A server that was shut down cleanly, and is told to follow one that does not come.
    server.put("data/standby.signal", b"");
    let server = tokio::task::spawn_blocking(move || {
        server.control(&["-m", "fast", "-w", "restart"]);
        server
    })
    .await
    .unwrap();
    let looked = look(Some(&server.cluster.url("bytes")), Some(&latin), None).await;
    let state = |side: &str| {
        let mut of_side = looked.findings.iter().filter(|finding| finding.side.name() == side);
        of_side.find(|finding| finding.subject == "state").unwrap()
    };
    assert!(state("target").level == Level::Fail && state("target").found.starts_with("a standby"), "{looked:?}");
    assert_eq!((state("source").level, looked.exit_code), (Level::Note, 2));
}
