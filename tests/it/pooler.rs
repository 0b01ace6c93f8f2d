//! Owns poolers in front of a server: a small transaction pooler of our own over TCP, and a real PgBouncer where there is one.
//! Must not know: who connects, or what is tested. Plain text only; the server trusts everybody.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// Which of its connections a pooler gives to the next transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// The one that was used last, as PgBouncer does.
    Newest,
    /// The one that has been idle for longest, as PgBouncer does with `server_round_robin`.
    Oldest,
}

/// A pooler with two sessions at the server, of which each transaction of its clients is given one.
pub struct Pooler {
    pub url: String,
    ended: Arc<AtomicBool>,
    place: String,
}

struct Pool {
    idle: Mutex<VecDeque<TcpStream>>,
    freed: Condvar,
    turn: Turn,
}

impl Pool {
    fn take(&self) -> TcpStream {
        let mut idle = self.freed.wait_while(self.idle.lock().unwrap(), |idle| idle.is_empty()).unwrap();
        match self.turn {
            Turn::Newest => idle.pop_back().unwrap(),
            Turn::Oldest => idle.pop_front().unwrap(),
        }
    }

    fn give_back(&self, server: TcpStream) {
        self.idle.lock().unwrap().push_back(server);
        self.freed.notify_one();
    }
}

impl Pooler {
    /// A pooler before the database of this URL (`postgres://user@host:port/database`). Blocks.
    pub fn start(url: &str, turn: Turn) -> Self {
        let (user, rest) =
            url.strip_prefix("postgres://").or(url.strip_prefix("postgresql://")).unwrap().split_once('@').unwrap();
        let (to, database) = rest.split_once('/').unwrap();
        let idle = (0..2).map(|_| log_in(to, user, database)).collect();
        let pool = Arc::new(Pool { idle: Mutex::new(idle), freed: Condvar::new(), turn });
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let place = listener.local_addr().unwrap().to_string();
        let ended = Arc::new(AtomicBool::new(false));
        let at_end = ended.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if at_end.load(Ordering::Acquire) {
                    return;
                }
                let pool = pool.clone();
                std::thread::spawn(move || serve(&client, &pool));
            }
        });
        Self { url: format!("postgres://{user}@{place}/{database}"), ended, place }
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Release);
        let _ = TcpStream::connect(&self.place);
    }
}

/// A session at the server, past its login.
fn log_in(to: &str, user: &str, database: &str) -> TcpStream {
    let mut server = TcpStream::connect(to).unwrap();
    server.set_nodelay(true).unwrap();
    let mut body = 196_608_u32.to_be_bytes().to_vec();
    for word in ["user", user, "database", database, "application_name", "pooler", ""] {
        body.extend(word.as_bytes());
        body.push(0);
    }
    let length = u32::try_from(body.len() + 4).unwrap();
    server.write_all(&[&length.to_be_bytes()[..], &body].concat()).unwrap();
    while message(&server).unwrap()[0] != b'Z' {}
    server
}

/// A message with its type, whole.
fn message(mut stream: &TcpStream) -> Option<Vec<u8>> {
    let mut message = vec![0; 5];
    stream.read_exact(&mut message).ok()?;
    let length = u32::from_be_bytes(message[1..].try_into().unwrap()) as usize;
    message.resize(1 + length, 0);
    stream.read_exact(&mut message[5..]).ok()?;
    Some(message)
}

/// Lets a client in without asking the server.
fn welcome(mut client: &TcpStream) -> Option<()> {
    loop {
        let mut length = [0; 4];
        client.read_exact(&mut length).ok()?;
        let mut body = vec![0; u32::from_be_bytes(length) as usize - 4];
        client.read_exact(&mut body).ok()?;
        if body[..4] != 80_877_103_u32.to_be_bytes() {
            break;
        }
        client.write_all(b"N").ok()?;
    }
    let mut said = b"R\0\0\0\x08\0\0\0\0".to_vec();
    for (name, value) in [("server_version", "15.0"), ("client_encoding", "UTF8"), ("DateStyle", "ISO, MDY")] {
        let length = u32::try_from(name.len() + value.len() + 6).unwrap();
        said.push(b'S');
        said.extend(length.to_be_bytes());
        said.extend(format!("{name}\0{value}\0").as_bytes());
    }
    said.extend(b"K\0\0\0\x0c\0\0\x30\x39\0\0\x30\x39Z\0\0\0\x05I");
    client.write_all(&said).ok()
}

fn serve(client: &TcpStream, pool: &Pool) {
    client.set_nodelay(true).unwrap();
    let mut held = None;
    let _ = welcome(client).and_then(|()| transactions(client, pool, &mut held));
    let _ = client.shutdown(Shutdown::Both);
    if let Some(server) = held {
        // What it left open is ended before somebody else comes.
        let query = b"Q\0\0\0\x0drollback\0";
        if (&server).write_all(query).is_ok() {
            while message(&server).is_some_and(|said| said[0] != b'Z') {}
            pool.give_back(server);
        }
    }
}

/// Passes messages on; between transactions, the client has no session.
fn transactions(mut client: &TcpStream, pool: &Pool, held: &mut Option<TcpStream>) -> Option<()> {
    loop {
        let asked = message(client)?;
        if asked[0] == b'X' {
            return None;
        }
        let mut server: &TcpStream = held.get_or_insert_with(|| pool.take());
        server.write_all(&asked).ok()?;
        if !matches!(asked[0], b'Q' | b'S' | b'c' | b'f') {
            continue;
        }
        loop {
            let said = message(server)?;
            client.write_all(&said).ok()?;
            match said[0] {
                b'G' => break,
                b'Z' if said[5] == b'I' => {
                    pool.give_back(held.take()?);
                    break;
                }
                b'Z' => break,
                _ => {}
            }
        }
    }
}

/// A real PgBouncer, which ends when dropped.
pub struct PgBouncer {
    pub url: String,
    child: Child,
    _folder: tempfile::TempDir,
}

impl PgBouncer {
    /// In this `pool_mode`, before the database of this URL; None where none is installed. Blocks.
    pub fn start(url: &str, mode: &str, more: &str) -> Option<Self> {
        let program =
            ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/usr/local/bin/pgbouncer", "/opt/homebrew/bin/pgbouncer"]
                .into_iter()
                .find(|program| Path::new(program).exists())?;
        let (user, rest) = url.split_once("://").unwrap().1.split_once('@').unwrap();
        let (to, database) = rest.split_once('/').unwrap();
        let (host, port) = to.split_once(':').unwrap();
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pgbouncer.ini");
        let text = format!(
            "[databases]\n{database} = host={host} port={port} user={user}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
             listen_port = {free}\nunix_socket_dir =\nauth_type = any\npool_mode = {mode}\n{more}\n"
        );
        std::fs::write(&file, text).unwrap();
        let mut command = Command::new(program);
        command.arg("-q").arg(&file).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        // SAFETY: asks who we are.
        if unsafe { libc::geteuid() } == 0 {
            // It refuses to run as root; nobody may read its folder then.
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
            command.uid(65534).gid(65534);
        }
        let child = command.spawn().unwrap();
        for _ in 0..200 {
            if TcpStream::connect(("127.0.0.1", free)).is_ok() {
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(Self { url: format!("postgres://{user}@127.0.0.1:{free}/{database}"), child, _folder: folder })
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
