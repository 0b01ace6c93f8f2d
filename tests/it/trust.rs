//! Owns the tests of TLS: which certificates are trusted for what, and what is sent to whom that is not.
//! Must not know: what is read over a connection.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rehome::error::{Error, Kind};
use rehome::server::{Address, Connection, from_postgres};

use crate::certificates::{Pair, Wanted};
use crate::cluster::Own;

/// What comes of a connection: encrypted or not, or an error that says this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comes {
    Encrypted,
    Plain,
    Refused(&'static str),
}
use Comes::{Encrypted, Plain, Refused};

const ENCRYPTED: &str = "select ssl from pg_stat_ssl where pid = pg_backend_pid()";
/// A name that no resolver knows, at a server of this machine.
const NAMED: &str = "host=db.test.invalid hostaddr=127.0.0.1";

/// Makes the server show another certificate, and waits until it does.
async fn show(server: &Own, session: &Connection, pair: &Pair) {
    server.put("server.crt", &pair.certificate());
    server.put("server.key", &pair.key());
    reload(server, session).await;
}

async fn reload(server: &Own, session: &Connection) {
    let before = session.query_one("select clock_timestamp()::text", &[]).await.unwrap();
    let before: String = before.get(0);
    session.batch_execute("select pg_reload_conf()").await.unwrap();
    // What a new session inherits is what the server goes by.
    for _ in 0..200 {
        let fresh = server.session().await;
        let loaded = fresh.query_one("select pg_conf_load_time() > $1::text::timestamptz", &[&before]).await.unwrap();
        if loaded.get(0) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the server does not load its settings");
}

/// Connects in both ways that the program has, which must agree.
async fn comes(port: u16, text: &str, wanted: Comes) {
    let text = format!("{text} port={port} user=postgres dbname=postgres");
    let address = Address::parse(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let met = match address.connect("rehome tests").await {
        Ok(session) => Ok(session.query_one(ENCRYPTED, &[]).await.unwrap().get(0)),
        Err(error) => Err(error),
    };
    judge(&text, met, wanted, Some(port));
    let (config, tls) = address.for_blocking("rehome tests");
    let blocking = move || {
        let mut session = config.connect(tls).map_err(|error| from_postgres(&error))?;
        Ok(session.query_one(ENCRYPTED, &[]).unwrap().get(0))
    };
    judge(&text, tokio::task::spawn_blocking(blocking).await.unwrap(), wanted, None);
}

fn judge(text: &str, met: Result<bool, Error>, wanted: Comes, port: Option<u16>) {
    match (met, wanted) {
        (Ok(true), Encrypted) | (Ok(false), Plain) => {}
        (Err(error), Refused(words)) => {
            assert_eq!(error.kind(), Kind::Auth, "{text}: {error}");
            assert!(error.message().contains(words), "{text}: {error}");
            assert!(error.hint_text().is_some(), "{text}: {error}");
            // Names of faults, not of OpenSSL's functions.
            assert!(!error.message().contains("routines"), "{text}: {error}");
            if let Some(port) = port {
                assert!(error.to_string().contains(&format!(":{port}/postgres]")), "{text}: {error}");
            }
        }
        (met, wanted) => panic!("{text}: {met:?}, not {wanted:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_trusted_for_what_its_certificate_says() {
    let (known, other) = (Pair::authority("known"), Pair::authority("other"));
    let names = ["DNS:db.test.invalid", "IP:127.0.0.1", "IP:::1"];
    let good = known.issue(&Wanted::of("server", &names));
    let server = tokio::task::spawn_blocking({
        let (crt, key) = (good.certificate(), good.key());
        let tls = "ssl = on\nssl_cert_file = '../server.crt'\nssl_key_file = '../server.key'\n\
                   listen_addresses = '127.0.0.1, ::1'";
        move || Own::start(tls, "", &[("server.crt", &crt), ("server.key", &key)])
    })
    .await
    .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &[u8]| {
        let file = folder.path().join(name);
        std::fs::write(&file, content).unwrap();
        format!("sslrootcert={}", file.display())
    };
    let (ca, foreign) = (file("known.crt", &known.certificate()), file("other.crt", &other.certificate()));
    let (session, port) = (server.session().await, server.port());

    for (text, wanted) in [
        (format!("{NAMED} {ca}"), Encrypted),
        (format!("{NAMED} {ca} sslmode=verify-full"), Encrypted),
        (format!("{NAMED} {ca} sslmode=verify-ca"), Encrypted),
        (format!("{NAMED} {ca} sslmode=require"), Encrypted),
        (format!("{NAMED} sslmode=require"), Encrypted),
        (format!("{NAMED} sslmode=prefer"), Encrypted),
        (format!("{NAMED} sslmode=disable"), Plain),
        (format!("host=127.0.0.1 {ca} sslmode=verify-full"), Encrypted),
        // A certificate that is named is meant; without any, the loopback interface needs none.
        (format!("host=127.0.0.1 {ca}"), Encrypted),
        ("host=127.0.0.1".to_owned(), Plain),
        (format!("host=localhost hostaddr=127.0.0.1 {ca}"), Refused("hostname mismatch")),
        (format!("host=127.0.0.2 {ca} hostaddr=127.0.0.1"), Refused("IP address mismatch")),
        (format!("host=wrong.test.invalid hostaddr=127.0.0.1 {ca}"), Refused("hostname mismatch")),
        (format!("host=wrong.test.invalid hostaddr=127.0.0.1 {ca} sslmode=verify-ca"), Encrypted),
        (NAMED.to_owned(), Refused("issuer")),
        (format!("{NAMED} sslmode=verify-ca"), Refused("issuer")),
        (format!("{NAMED} sslrootcert=system"), Refused("issuer")),
        (format!("{NAMED} {foreign}"), Refused("issuer")),
        (format!("{NAMED} {foreign} sslmode=verify-ca"), Refused("issuer")),
        (format!("{NAMED} {foreign} sslmode=require"), Refused("issuer")),
        // A socket has no TLS, and needs none.
        (format!("host={} {ca} sslmode=verify-full", server.folder().display()), Plain),
    ] {
        comes(port, &text, wanted).await;
    }
    if TcpListener::bind("[::1]:0").is_ok() {
        comes(port, &format!("host=::1 {ca} sslmode=verify-full"), Encrypted).await;
    }

    let of = |name: &'static str, also: &'static [&'static str], days| Wanted { name, also, days };
    let fine: &[&str] = &["DNS:db.test.invalid"];
    let cases = [
        (known.issue(&of("x", &["DNS:other.test.invalid"], (-1, 9))), Refused("hostname mismatch"), Encrypted),
        (known.issue(&of("db.test.invalid", &["DNS:other.test.invalid"], (-1, 9))), Refused("mismatch"), Encrypted),
        (known.issue(&of("x", &["DNS:*.test.invalid"], (-1, 9))), Encrypted, Encrypted),
        (known.issue(&of("x", &["DNS:*.invalid"], (-1, 9))), Refused("mismatch"), Encrypted),
        (known.issue(&of("db.test.invalid", &[], (-1, 9))), Encrypted, Encrypted),
        (known.issue(&of("x", fine, (-9, -1))), Refused("expired"), Refused("expired")),
        (known.issue(&of("x", fine, (1, 9))), Refused("not yet valid"), Refused("not yet valid")),
        (other.issue(&of("x", fine, (-1, 9))), Refused("issuer"), Refused("issuer")),
        (Pair::alone(&of("x", fine, (-1, 9))), Refused("self-signed"), Refused("self-signed")),
    ];
    for (pair, full, authority) in &cases {
        show(&server, &session, pair).await;
        comes(port, &format!("{NAMED} {ca}"), *full).await;
        comes(port, &format!("{NAMED} {ca} sslmode=verify-ca"), *authority).await;
        comes(port, &format!("{NAMED} sslmode=require"), Encrypted).await;
    }
    // The last one vouches for itself: for whoever names it, that is enough.
    let alone = file("alone.crt", &cases[8].0.certificate());
    comes(port, &format!("{NAMED} {alone}"), Encrypted).await;

    session.batch_execute("alter system set ssl = off").await.unwrap();
    reload(&server, &session).await;
    for mode in ["", "sslmode=require", "sslmode=verify-ca", "sslmode=verify-full", "ssl=true"] {
        comes(port, &format!("{NAMED} {ca} {mode}"), Refused("does not support TLS")).await;
    }
    comes(port, &format!("{NAMED} sslmode=prefer"), Plain).await;
}

#[test]
fn certificates_that_cannot_be_used_are_told_before_anything_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &[u8], mode: u32| {
        let file = folder.path().join(name);
        std::fs::write(&file, content).unwrap();
        std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
        file.display().to_string()
    };
    let (one, two) = (Pair::alone(&Wanted::of("one", &[])), Pair::alone(&Wanted::of("two", &[])));
    let certificate = file("one.crt", &one.certificate(), 0o644);
    let key = file("one.key", &one.key(), 0o600);
    let (open, other) = (file("open.key", &one.key(), 0o644), file("two.key", &two.key(), 0o600));
    let locked = file("locked.key", &one.locked_key("sesame"), 0o600);
    let nothing = file("nothing.crt", b"no certificate", 0o644);
    for (text, words) in [
        ("sslrootcert=/nowhere/ca.crt".to_owned(), "/nowhere/ca.crt"),
        (format!("sslrootcert={nothing}"), nothing.as_str()),
        ("sslrootcert=system sslmode=require".to_owned(), "verify-full"),
        (format!("sslmode=require sslcert={nothing} sslkey={key}"), &nothing),
        (format!("sslmode=require sslcert={certificate} sslkey=/nowhere/key"), "/nowhere/key"),
        (format!("sslmode=require sslcert={certificate} sslkey={open}"), "open to others"),
        (format!("sslmode=require sslcert={certificate} sslkey={other}"), "does not belong"),
        // Nobody is asked for a passphrase at the terminal.
        (format!("sslmode=require sslcert={certificate} sslkey={locked}"), "locked.key"),
        (format!("sslmode=require sslcert={certificate} sslkey={locked} sslpassword=wrong"), "locked.key"),
    ] {
        let error = Address::parse(&format!("host=db.test.invalid user=u {text}")).expect_err(&text);
        assert_eq!(error.kind(), Kind::Config, "{text}: {error}");
        assert!(error.to_string().contains(words), "{text}: {error}");
    }
    let unlocked = format!("host=h user=u sslmode=require sslcert={certificate} sslkey={locked} sslpassword=sesame");
    let address = Address::parse(&unlocked).unwrap();
    assert!(!format!("{address:?} {address}").contains("sesame"));
}

/// Listens, answers every connection's first bytes with `reply`, and keeps what each sent.
fn recorder(at: &str, reply: &'static [u8]) -> (SocketAddr, Arc<Mutex<Vec<Vec<u8>>>>) {
    let listener = TcpListener::bind((at, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let heard: Arc<Mutex<Vec<Vec<u8>>>> = Arc::default();
    let keep = heard.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
            let mut buffer = vec![0; 65_536];
            let first = stream.read(&mut buffer).unwrap_or(0);
            let _ = stream.write_all(reply);
            let mut all = buffer[..first].to_vec();
            let _ = stream.read_to_end(&mut all);
            keep.lock().unwrap().push(all);
        }
    });
    (address, heard)
}

/// The address of this machine by which others reach it, if it has one. Nothing is sent.
fn own_address() -> Option<String> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("198.51.100.1:9").ok()?;
    let address = socket.local_addr().ok()?.ip();
    (!address.is_loopback() && TcpListener::bind((address, 0)).is_ok()).then(|| address.to_string())
}

const SSL_REQUEST: &[u8] = &[0, 0, 0, 8, 4, 210, 22, 47];

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_more_than_the_wish_for_tls_before_it_is_trusted() {
    let mut places = vec![("db.test.invalid".to_owned(), "127.0.0.1".to_owned())];
    if let Some(address) = own_address() {
        places.push((address.clone(), address.clone()));
        // Its name is no reason to trust it.
        places.push(("localhost".to_owned(), address));
    }
    for (host, at) in places {
        // A server without TLS; one that says something in plain text before it is asked; one that is none.
        for reply in [&b"N"[..], b"SR\0\0\0\x08\0\0\0\x03", b"EFATAL\0", b"HTTP/1.1 400 Bad Request\r\n\r\n"] {
            let (address, heard) = recorder(&at, reply);
            let port = address.port();
            let text = format!("host={host} hostaddr={at} port={port} user=me password=sesame dbname=shop");
            let parsed = Address::parse(&text).unwrap();
            let error = parsed.connect("rehome tests").await.expect_err("it cannot be trusted");
            assert_eq!(error.kind(), Kind::Auth, "{error}");
            assert!(error.to_string().contains(&format!("[server {host}:{port}/shop]")), "{error}");
            let (config, tls) = parsed.for_blocking("rehome tests");
            let error = tokio::task::spawn_blocking(move || config.connect(tls).err().unwrap()).await.unwrap();
            assert_eq!(from_postgres(&error).kind(), Kind::Auth, "{error}");
            for _ in 0..100 {
                if heard.lock().unwrap().len() >= 2 {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            let heard = heard.lock().unwrap();
            // Once each: a server that cannot be trusted is not tried again.
            assert_eq!(heard.len(), 2, "{host} {reply:?}");
            for bytes in heard.iter() {
                assert!(bytes.starts_with(SSL_REQUEST), "{bytes:?}");
                // After an S comes the first message of TLS, in clear by design, and its end.
                assert!(reply[0] == b'S' || bytes == SSL_REQUEST, "{bytes:?}");
                for secret in ["sesame", "user\0", "shop"] {
                    assert!(!holds(bytes, secret.as_bytes()), "{secret}");
                }
            }
        }
    }
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// A folder's file, for a connection string.
pub fn write(folder: &Path, name: &str, content: &[u8]) -> String {
    let file = folder.join(name);
    std::fs::write(&file, content).unwrap();
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    file.display().to_string()
}
