//! Owns the tests of how a server is found, reached and logged in to, and of what is told when it is not.
//! Must not know: certificates beyond one good one (`trust.rs` has the others).

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use rehome::cancel::Cancel;
use rehome::error::{Error, Kind};
use rehome::extract::{self, Options};
use rehome::progress::Silent;
use rehome::server::{Address, from_postgres};
use rehome::storage::Location;
use tempfile::TempDir;

use crate::certificates::{Pair, Wanted};
use crate::cluster::{Database, Own};
use crate::trust::write;

/// Every character that means something somewhere.
const PASSWORD: &str = r"se:s@m/e? %&#'\ ü";
const ESCAPED: &str = "se%3As%40m%2Fe%3F%20%25%26%23%27%5C%20%C3%BC";

/// A server that asks who one is, with a certificate for `db.test.invalid`.
struct Gate {
    server: Own,
    folder: TempDir,
    authority: Pair,
}

const SETTINGS: &str = "ssl = on
ssl_cert_file = '../server.crt'
ssl_key_file = '../server.key'
ssl_ca_file = '../ca.crt'
listen_addresses = '127.0.0.1, ::1'
log_connections = on";

const RULES: &str = "local all postgres trust
local all all scram-sha-256
hostssl all scram all scram-sha-256
hostssl all md5 all md5
hostssl all plain all password
hostssl all badge all cert
host all loose,few all scram-sha-256
host all postgres 127.0.0.1/32 trust
";

const ROLES: &str = r"
    set password_encryption = 'scram-sha-256';
    create role scram login password 'se:s@m/e? %&#''\ ü';
    create role loose login password 'se:s@m/e? %&#''\ ü';
    create role few login connection limit 1 password 'sesame';
    create role plain login password 'sesame';
    create role badge login;
    set password_encryption = 'md5';
    create role md5 login password 'sesame';
    create table goods as select i as id, md5(i::text) as name from generate_series(1, 5000) i;
    alter table goods add primary key (id);
    grant select on goods to public;
    analyze goods";

fn gate() -> &'static Gate {
    static GATE: OnceLock<Gate> = OnceLock::new();
    GATE.get_or_init(|| {
        let authority = Pair::authority("authority");
        let shown = authority.issue(&Wanted::of("gate", &["DNS:db.test.invalid", "IP:127.0.0.1"]));
        let (ca, crt, key) = (authority.certificate(), shown.certificate(), shown.key());
        let server = Own::start(SETTINGS, RULES, &[("ca.crt", &ca), ("server.crt", &crt), ("server.key", &key)]);
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "ca.crt", &ca);
        write(folder.path(), "other.crt", &Pair::authority("other").certificate());
        let url = server.cluster.socket_url("postgres");
        let roles = || async move {
            let session = Address::parse(&url).unwrap().connect("rehome tests").await.unwrap();
            session.batch_execute(ROLES).await.unwrap();
        };
        std::thread::spawn(move || tokio::runtime::Runtime::new().unwrap().block_on(roles())).join().unwrap();
        Gate { server, folder, authority }
    })
}

async fn open_gate() -> &'static Gate {
    tokio::task::spawn_blocking(gate).await.unwrap()
}

impl Gate {
    fn file(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// Where it is, trusted.
    fn way(&self) -> String {
        let port = self.server.port();
        format!(
            "host=db.test.invalid hostaddr=127.0.0.1 port={port} dbname=postgres sslrootcert={}",
            self.file("ca.crt")
        )
    }

    fn url(&self, user: &str, host: &str, more: &str) -> String {
        format!("postgres://{user}@{host}:{}/postgres?sslrootcert={}{more}", self.server.port(), self.file("ca.crt"))
    }
}

/// Who the server says we are, asked in both ways that the program has of connecting.
async fn who(text: &str) -> Result<String, Error> {
    let address = Address::parse(text)?;
    let asked = match address.connect("rehome tests").await {
        Ok(session) => Ok(session.query_one("select current_user::text", &[]).await.unwrap().get(0)),
        Err(error) => Err(error),
    };
    let (config, tls) = address.for_blocking("rehome tests");
    let blocking = move || -> Result<String, Error> {
        let mut session = config.connect(tls).map_err(|error| from_postgres(&error))?;
        Ok(session.query_one("select current_user::text", &[]).unwrap().get(0))
    };
    let again = tokio::task::spawn_blocking(blocking).await.unwrap();
    match (&asked, &again) {
        (Ok(one), Ok(other)) => assert_eq!(one, other),
        (Err(one), Err(other)) => assert_eq!(one.kind(), other.kind(), "{text}: {one}, {other}"),
        _ => panic!("{text}: {asked:?}, but {again:?}"),
    }
    asked
}

async fn refused(text: &str, kind: Kind, words: &str) -> Error {
    let error = who(text).await.expect_err(text);
    assert_eq!(error.kind(), kind, "{text}: {error}");
    let told = format!("{error} {error:?} {:?}", error.hint_text());
    assert!(told.contains(words), "{text}: {told}");
    for secret in [PASSWORD, ESCAPED, "sesame", "wrongword"] {
        assert!(!told.contains(secret), "{told}");
    }
    error
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_to_log_in() {
    let gate = open_gate().await;
    let way = gate.way();
    let quoted = PASSWORD.replace('\\', r"\\").replace('\'', r"\'");
    let escaped = PASSWORD.replace('\\', r"\\").replace(':', r"\:");
    let passes =
        write(gate.folder.path(), "passes", format!("# all\n*:*:*:scram:{escaped}\n*:1:*:md5:no\n").as_bytes());
    let folder = gate.server.folder().display().to_string().replace('/', "%2F");
    let badge = gate.authority.issue(&Wanted::of("badge", &[]));
    let (crt, key) = (
        write(gate.folder.path(), "badge.crt", &badge.certificate()),
        write(gate.folder.path(), "badge.key", &badge.key()),
    );
    for (text, user) in [
        (format!("{way} user=scram password='{quoted}'"), "scram"),
        (format!("{way} user=scram password='{quoted}' channel_binding=require"), "scram"),
        (format!("{way} user=scram password='{quoted}' channel_binding=disable"), "scram"),
        (format!("{way} user=md5 password=sesame"), "md5"),
        (format!("{way} user=plain password=sesame"), "plain"),
        (gate.url(&format!("scram:{ESCAPED}"), "127.0.0.1", ""), "scram"),
        (gate.url("scram", "127.0.0.1", &format!("&password={ESCAPED}")), "scram"),
        (gate.url("scram", "127.0.0.1", &format!("&passfile={passes}")), "scram"),
        (gate.url("loose", "127.0.0.1", &format!("&password={ESCAPED}&sslmode=disable")), "loose"),
        (gate.url("scram", &folder, &format!("&passfile={passes}")), "scram"),
        (gate.url(&format!("scram:{ESCAPED}"), "", &format!("&host={folder}&sslmode=verify-full")), "scram"),
        (format!("{way} user=badge sslcert={crt} sslkey={key}"), "badge"),
    ] {
        assert_eq!(who(&text).await.as_deref().unwrap_or_else(|error| panic!("{text}: {error}")), user, "{text}");
    }
    if TcpListener::bind("[::1]:0").is_ok() {
        let text = gate.url(&format!("loose:{ESCAPED}"), "[::1]", "&sslmode=verify-ca");
        assert_eq!(who(&text).await.unwrap(), "loose");
        let text = gate.url("loose:wrongword", "[::1]", "&sslmode=verify-ca");
        let error = refused(&text, Kind::Auth, "password authentication failed").await;
        assert!(error.to_string().contains(&format!("[::1]:{}/postgres", gate.server.port())), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_login_is_told_without_its_secrets() {
    let gate = open_gate().await;
    let way = gate.way();
    let foreign = Pair::authority("foreign").issue(&Wanted::of("badge", &[]));
    let (crt, key) = (
        write(gate.folder.path(), "foreign.crt", &foreign.certificate()),
        write(gate.folder.path(), "foreign.key", &foreign.key()),
    );
    let open = write(gate.folder.path(), "open", format!("*:*:*:*:{PASSWORD}").as_bytes());
    std::fs::set_permissions(&open, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    for (text, kind, words) in [
        (format!("{way} user=scram password=wrongword"), Kind::Auth, "password authentication failed"),
        (format!("{way} user=md5 password=wrongword"), Kind::Auth, "password authentication failed"),
        (format!("{way} user=nobody_there password=sesame"), Kind::Auth, "sqlstate 28"),
        (format!("{way} user=scram"), Kind::Auth, "password"),
        // A file that others may read is as good as none.
        (format!("{way} user=scram passfile={open}"), Kind::Auth, "~/.pgpass"),
        (format!("{way} user=md5 password=sesame channel_binding=require"), Kind::Auth, "channel binding"),
        (format!("{way} user=plain password=sesame channel_binding=require"), Kind::Auth, "channel binding"),
        (format!("{way} user=loose password=sesame sslmode=disable channel_binding=require"), Kind::Auth, "channel"),
        // Not without TLS, says the server; not without a certificate; not with that one.
        (format!("{way} user=scram password=sesame sslmode=disable"), Kind::Auth, "pg_hba"),
        (format!("{way} user=badge"), Kind::Auth, "certificate"),
        (format!("{way} user=plain password=sesame").replace("dbname=postgres", "dbname=gone"), Kind::Config, "gone"),
    ] {
        let error = refused(&text, kind, words).await;
        let server = format!("[server db.test.invalid:{}/", gate.server.port());
        assert!(error.to_string().contains(&server), "{text}: {error}");
        assert!(error.hint_text().is_some() || words.starts_with("channel"), "{text}: {error}");
    }
    // A certificate of another authority. The server says so and closes at once: what it said may be lost on the way.
    let text = format!("{way} user=badge sslcert={crt} sslkey={key}");
    let error = Address::parse(&text).unwrap().connect("rehome tests").await.unwrap_err();
    assert!(matches!(error.kind(), Kind::Auth | Kind::Retryable), "{error}");
    assert!(error.kind() != Kind::Auth || error.message().contains("unknown ca"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_offered_once_and_nowhere_else() {
    let gate = open_gate().await;
    let (next, calls) = doors(|_| {});
    gate.server.session().await.batch_execute("create role once login password 'sesame'").await.unwrap();
    let text = format!(
        "host=127.0.0.1,127.0.0.1 port={},{} user=once password=wrongword dbname=postgres sslmode=disable",
        gate.server.port(),
        next.port()
    );
    // The rules know this role only at the socket: refused there by its password.
    let socket =
        format!("host={} user=once password=wrongword port={}", gate.server.folder().display(), gate.server.port());
    for (text, words) in [(text, "pg_hba"), (socket, "password authentication failed")] {
        let error = Address::parse(&text).unwrap().connect("rehome tests").await.unwrap_err();
        assert_eq!(error.kind(), Kind::Auth, "{error}");
        assert!(error.message().contains(words), "{error}");
    }
    assert_eq!(calls.load(Ordering::Relaxed), 0, "the next host was asked");
    let log = gate.server.log();
    assert_eq!(log.matches("FATAL:  password authentication failed for user \"once\"").count(), 1, "{log}");
    assert_eq!(log.matches("FATAL:  no pg_hba.conf entry for host \"127.0.0.1\", user \"once\"").count(), 1, "{log}");
}

/// A listener that does something with each connection, and how many there were.
fn doors(each: impl Fn(TcpStream) + Send + 'static) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let calls = Arc::new(AtomicUsize::new(0));
    let count = calls.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            count.fetch_add(1, Ordering::Relaxed);
            each(stream.unwrap());
        }
    });
    (address, calls)
}

async fn retryable(text: &str, words: &str) -> (Error, Duration) {
    let began = Instant::now();
    let error = Address::parse(text).unwrap().connect("rehome tests").await.expect_err(text);
    assert_eq!(error.kind(), Kind::Retryable, "{text}: {error}");
    assert_eq!(error.kind().exit_code(), 75);
    assert!(error.to_string().contains(words) && error.to_string().contains("[server "), "{text}: {error}");
    (error, began.elapsed())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_does_not_answer_is_waited_for_and_then_left() {
    // Takes every connection and says nothing.
    let held = Arc::new(std::sync::Mutex::new(Vec::new()));
    let hold = held.clone();
    let (silent, calls) = doors(move |stream| hold.lock().unwrap().push(stream));
    let text = |address: SocketAddr| format!("host=127.0.0.1 port={} user=u connect_timeout=1", address.port());
    let way = text(silent);
    let (full, _guard) = black_hole();
    let hole = text(full);
    // Closes every connection at once, or in the middle of the handshake.
    let (closing, closed) = doors(drop);
    let (breaking, broken) = doors(|mut stream| {
        let _ = stream.read(&mut [0; 8]);
        let _ = stream.write_all(b"S");
    });
    let refusing = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let encrypted = format!("{} sslmode=require", text(breaking));
    let (closing, refusing) = (text(closing), text(refusing));
    let (silence, hole, shut, cut, nobody) = tokio::join!(
        retryable(&way, "did not answer"),
        retryable(&hole, "timed out"),
        retryable(&closing, "lost"),
        retryable(&encrypted, "broke off"),
        retryable(&refusing, "refused"),
    );
    for (error, took) in [silence, hole, shut, cut, nobody] {
        assert!(took > Duration::from_secs(3) && took < Duration::from_secs(9), "{error} after {took:?}");
    }
    for calls in [calls, closed, broken] {
        assert!((4..=5).contains(&calls.load(Ordering::Relaxed)), "{calls:?} attempts");
    }
    // What answers, but otherwise, is no server to wait for.
    let (stranger, calls) = doors(|mut stream| {
        let _ = stream.write_all(b"SSH-2.0-OpenSSH_9.6\r\n");
        let _ = stream.read(&mut [0; 64]);
    });
    let error = Address::parse(&text(stranger)).unwrap().connect("rehome tests").await.unwrap_err();
    assert!(matches!(error.kind(), Kind::Config | Kind::Retryable), "{error}");
    assert!(error.hint_text().is_some() || error.kind() == Kind::Retryable, "{error}");
    assert!(calls.load(Ordering::Relaxed) >= 1);
}

/// A port whose queue is full: what is sent there is dropped without an answer.
fn black_hole() -> (SocketAddr, (TcpListener, Vec<TcpStream>)) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    // SAFETY: the socket is open and listening; this only makes its queue short.
    assert_eq!(unsafe { libc::listen(listener.as_raw_fd(), 0) }, 0);
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(300)) {
        waiting.push(stream);
        assert!(waiting.len() < 64, "the queue does not fill");
    }
    (address, (listener, waiting))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_starting_server_and_a_full_one_are_tried_again() {
    // A standby that takes no sessions says of itself what a starting server says; promoted, it takes them.
    let standby = tokio::task::spawn_blocking(|| {
        let own = Own::start("hot_standby = off", "", &[]);
        own.control(&["-m", "fast", "-w", "stop"]);
        own.put("data/standby.signal", b"");
        own.control(&["-W", "-o", &format!("-p {}", own.port()), "start"]);
        own
    })
    .await
    .unwrap();
    let starting = Address::parse(&standby.cluster.url("postgres")).unwrap();
    let error = starting.connect("rehome tests").await.unwrap_err();
    assert_eq!((error.kind(), error.kind().exit_code()), (Kind::Retryable, 75), "{error}");
    assert!(error.to_string().contains("57P03") && error.hint_text().is_some(), "{error}");
    let (met, ()) = tokio::join!(starting.connect("rehome tests"), async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        tokio::task::block_in_place(|| standby.control(&["-W", "promote"]));
    });
    assert_eq!(met.unwrap().query_one("select 1", &[]).await.unwrap().get::<_, i32>(0), 1);

    let gate = open_gate().await;
    let address = Address::parse(&format!("{} user=few password=sesame", gate.way())).unwrap();
    let first = address.connect("rehome tests").await.unwrap();
    let error = address.connect("rehome tests").await.unwrap_err();
    assert_eq!(error.kind(), Kind::Retryable, "{error}");
    assert!(error.to_string().contains("53300"), "{error}");
    assert!(error.hint_text().is_some_and(|hint| hint.contains("--jobs")), "{error}");
    let (second, ()) = tokio::join!(address.connect("rehome tests"), async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        drop(first);
    });
    second.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_host_that_answers_is_the_one_that_everybody_reads() {
    let gate = open_gate().await;
    let (gone, calls) = doors(drop);
    let text = format!(
        "postgres://postgres@127.0.0.2:{},127.0.0.1:{}/postgres?sslmode=disable",
        gone.port(),
        gate.server.port()
    );
    // The first of them listens on another address only.
    let address = Address::parse(&text).unwrap();
    assert_eq!(address.host(), "127.0.0.2");
    let place = tempfile::tempdir().unwrap();
    let location = Location::folder(&place.path().join("snapshot")).unwrap();
    let options = Options { part_rows: 1024, jobs: 2, ..Options::default() };
    let snapshot = extract::run(&address, &options, location, Arc::new(Silent), Cancel::new()).await.unwrap();
    assert_eq!(snapshot.table("goods").unwrap().rows, 5000);
    assert_eq!(address.host(), "127.0.0.1");
    assert_eq!(calls.load(Ordering::Relaxed), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_snapshot_comes_through_tls() {
    let gate = open_gate().await;
    let place = tempfile::tempdir().unwrap();
    let location = Location::folder(&place.path().join("snapshot")).unwrap();
    // The server lets this role in through TLS only, coordinator and readers alike.
    let text = format!("{} user=md5 password=sesame sslmode=verify-full", gate.way());
    let options = Options { part_rows: 1024, jobs: 2, ..Options::default() };
    let run = |text: &str, location: &Location| {
        let (address, location) = (Address::parse(text).unwrap(), location.clone());
        let options = options.clone();
        async move { extract::run(&address, &options, location, Arc::new(Silent), Cancel::new()).await }
    };
    let snapshot = run(&text, &location).await.unwrap();
    let table = snapshot.table("goods").unwrap();
    assert_eq!((table.rows, table.files.len()), (5000, 5));
    snapshot.check().await.unwrap();
    let log = gate.server.log();
    let sessions = log.lines().filter(|line| line.contains("user=md5") && line.contains("SSL enabled")).count();
    assert!(sessions >= 3, "{sessions} sessions through TLS");

    let nothing = Location::folder(&place.path().join("nothing")).unwrap();
    let untrusted = text.replace("ca.crt", "other.crt");
    let error = run(&untrusted, &nothing).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Auth, "{error}");
    assert_eq!(nothing.list().await.unwrap(), Vec::<String>::new());
}

fn rehome(dir: &Path, args: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rehome"));
    command.arg("--dir").arg(dir).args(args);
    for name in ["REHOME_SOURCE_URL", "PGSERVICEFILE", "PGPASSFILE", "PGSYSCONFDIR", "SSL_CERT_FILE"] {
        command.env_remove(name);
    }
    command.env("HOME", dir).envs(environment.iter().copied()).output().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_tells_every_failure_by_its_exit_code_and_no_secret() {
    let gate = open_gate().await;
    let dir = tempfile::tempdir().unwrap();
    let (way, quoted) = (gate.way(), PASSWORD.replace('\\', r"\\").replace('\'', r"\'"));
    let held = Arc::new(std::sync::Mutex::new(Vec::new()));
    let (silent, _) = doors(move |stream| held.lock().unwrap().push(stream));
    let port = gate.server.port();
    for (source, code, words) in [
        (format!("{way} user=scram password='wrongword sesame'"), 4, "password authentication failed"),
        (format!("{way} user=scram password='{quoted}' ").replace("ca.crt", "other.crt"), 4, "trusted"),
        (gate.url(&format!("scram:{ESCAPED}"), "localhost", "&sslmode=verify-full"), 4, "hostname mismatch"),
        (format!("host=127.0.0.1 port={} user=u password=sesame connect_timeout=1", silent.port()), 75, "answer"),
        (format!("postgres://scram:{ESCAPED}@127.0.0.1:{port}/postgres?sslmod=disable"), 2, "did you mean sslmode"),
        (format!("postgres://scram:open/sesame@127.0.0.1:{port}/postgres"), 2, "%2F"),
        ("host=db.test.invalid user=u password=sesame port=many".to_owned(), 2, "port"),
        (format!("{way} user=scram password='{quoted}'").replace("dbname=postgres", "dbname=gone"), 2, "gone"),
    ] {
        for format in ["text", "json"] {
            let output = rehome(
                dir.path(),
                &["-vv", "--format", format, "snapshot", "--out", "never"],
                &[("REHOME_SOURCE_URL", &source)],
            );
            let told = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
            assert_eq!(output.status.code(), Some(code), "{source}: {told}");
            assert!(told.contains(words), "{source}: {told}");
            assert!(told.contains("hint"), "{source}: {told}");
            for secret in [PASSWORD, ESCAPED, "sesame", "wrongword", "open"] {
                assert!(!told.contains(secret), "{source}: {told}");
            }
            assert!(code == 2 || told.contains("/postgres") || told.contains("127.0.0.1:"), "{source}: {told}");
        }
    }
    assert!(!Path::new("never").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_knows_services_and_password_files() {
    let gate = open_gate().await;
    let dir = tempfile::tempdir().unwrap();
    let escaped = PASSWORD.replace('\\', r"\\").replace(':', r"\:");
    let port = gate.server.port();
    let (ca, other) = (gate.file("ca.crt"), gate.file("other.crt"));
    let services = format!(
        "[legacy]\nhost=db.test.invalid\nhostaddr=127.0.0.1\nport={port}\ndbname=postgres\nuser=scram\nsslrootcert={ca}\n\
         [typo]\nhost=127.0.0.1\nport={port}\nuser=scram\nsslmod=verify-full\n"
    );
    let services = write(dir.path(), "services", services.as_bytes());
    let passes = format!("db.test.invalid:{port}:postgres:scram:{escaped}\nlocalhost:{port}:*:md5:wrongword\n");
    write(dir.path(), ".pgpass", passes.as_bytes());
    let passes = write(dir.path(), "passes", format!("*:*:*:*:{escaped}\n").as_bytes());
    let service = [("PGSERVICEFILE", services.as_str())];
    let socket = format!("host={} port={port} user=md5 dbname=postgres", gate.server.folder().display());
    let named = |more: &str| format!("service=legacy {more}");
    let mut count = 0;
    let mut run = |source: &str, environment: &[(&str, &str)], code: i32, words: &str| {
        count += 1;
        let place = dir.path().join(format!("s{count}"));
        let place = place.to_str().unwrap();
        let output = rehome(dir.path(), &["-vv", "snapshot", "--source", source, "--out", place], environment);
        let told = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert_eq!(output.status.code(), Some(code), "{source}: {told}");
        assert!(told.contains(words), "{source}: {told}");
        assert!(!told.contains(PASSWORD) && !told.contains("wrongword"), "{told}");
    };
    // ~/.pgpass (HOME is the test's folder), PGPASSFILE, and what is said beside the service goes before it.
    run("service=legacy", &service, 0, "goods");
    run("postgres:///?service=legacy", &service, 0, "goods");
    run("service=legacy", &[service[0], ("PGPASSFILE", &passes)], 0, "goods");
    run(&named(&format!("sslrootcert={other}")), &service, 4, "sslrootcert=FILE");
    run(&named("dbname=gone password=x"), &service, 4, "password authentication failed");
    run("service=typo", &service, 2, "sslmode");
    run("service=unheard", &service, 2, "unheard");
    run(&socket, &[], 4, "password authentication failed");
    // Only the authorities meant are trusted: not those that OpenSSL finds by itself.
    run(
        &named(&format!("sslrootcert={other}")),
        &[service[0], ("SSL_CERT_FILE", &ca)],
        4,
        "self-signed certificate in",
    );
    run(&named("sslrootcert=system"), &[service[0], ("SSL_CERT_FILE", &ca)], 0, "goods");
    run(&named("sslrootcert=system"), &[service[0], ("SSL_CERT_FILE", &other)], 4, "self-signed certificate in");
    // As with libpq, an authority in the home folder is taken where none is named, and makes require check it.
    std::fs::create_dir(dir.path().join(".postgresql")).unwrap();
    std::fs::copy(&other, dir.path().join(".postgresql/root.crt")).unwrap();
    let bare = format!("host=db.test.invalid hostaddr=127.0.0.1 port={port} dbname=postgres user=scram");
    run(&format!("{bare} sslmode=require"), &[], 4, "self-signed certificate in");
    std::fs::copy(&ca, dir.path().join(".postgresql/root.crt")).unwrap();
    run(&bare, &[], 0, "goods");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_may_not_see_a_table_is_told_by_its_privilege() {
    let database = Database::with("create table secret (id int); create role blind login").await;
    let address = Address::parse(&database.url.replace("postgres@", "blind@")).unwrap();
    let place = tempfile::tempdir().unwrap();
    let location = Location::folder(&place.path().join("snapshot")).unwrap();
    let error =
        extract::run(&address, &Options::default(), location, Arc::new(Silent), Cancel::new()).await.unwrap_err();
    assert_eq!((error.kind(), error.kind().exit_code()), (Kind::Privilege, 5), "{error}");
}
