//! Owns a way to a server that can be disturbed: a real TCP proxy that falls silent, cuts a connection around a COMMIT, or holds
//! one back. Must not know: who connects, or what is tested. Plain text only: it reads the messages that clients send.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What is done to connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// A connection whose client has sent so many bytes is silent from then on, without being closed: nothing goes this way.
    /// What the client sends towards the server is no longer read.
    Silent { after: u64, way: Way },
    /// When a client sends a COMMIT, its connection is cut; the server never hears of the COMMIT.
    CutBeforeCommit,
    /// The server gets the COMMIT and carries it out; the connection is cut before the reply goes back.
    CutAfterCommit,
    /// The COMMIT comes late, and the reply with it.
    HoldCommit(Duration),
    /// The client's side is cut at once, and the server gets the COMMIT so much later, when others may have taken over.
    LateCommit(Duration),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    ToServer,
    ToClient,
    Both,
}

/// A proxy before a server; what it accepts it passes on, until a [`Trouble`] is asked for.
pub struct Proxy {
    /// The URL that it stands before, by way of this proxy.
    pub url: String,
    shared: Arc<Shared>,
}

struct Shared {
    to: String,
    wanted: Mutex<Option<Wanted>>,
    /// COMMITs that clients have sent.
    commits: AtomicUsize,
    /// Connections that were accepted.
    connections: AtomicUsize,
    /// How often there was trouble.
    met: AtomicUsize,
    ended: AtomicBool,
}

struct Wanted {
    trouble: Trouble,
    /// So many occasions are let pass first.
    skip: usize,
    times: usize,
}

impl Proxy {
    /// A proxy before the server of this URL (`postgres://user@host:port/database`).
    pub fn start(url: &str) -> Self {
        let (scheme, rest) = url.split_once("://").unwrap();
        let (user, rest) =
            rest.split_once('@').map_or((String::new(), rest), |(user, rest)| (format!("{user}@"), rest));
        let (to, database) = rest.split_once('/').unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("{scheme}://{user}{}/{database}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared {
            to: to.to_owned(),
            wanted: Mutex::default(),
            commits: AtomicUsize::default(),
            connections: AtomicUsize::default(),
            met: AtomicUsize::default(),
            ended: AtomicBool::default(),
        });
        let at_work = shared.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if at_work.ended.load(Ordering::Acquire) {
                    return;
                }
                at_work.connections.fetch_add(1, Ordering::AcqRel);
                let shared = at_work.clone();
                std::thread::spawn(move || shared.serve(client));
            }
        });
        Self { url, shared }
    }

    /// Makes trouble on the next so many occasions, after some that pass: an occasion is a COMMIT or, for silence, a connection
    /// that has sent enough. Afterwards everything passes again.
    pub fn make(&self, trouble: Trouble, skip: usize, times: usize) {
        *self.shared.wanted.lock().unwrap() = Some(Wanted { trouble, skip, times });
    }

    /// From now on everything passes, but for connections that are silent already.
    pub fn pass(&self) {
        *self.shared.wanted.lock().unwrap() = None;
    }

    /// How often there was trouble.
    pub fn met(&self) -> usize {
        self.shared.met.load(Ordering::Acquire)
    }

    /// The COMMITs that clients have sent.
    pub fn commits(&self) -> usize {
        self.shared.commits.load(Ordering::Acquire)
    }

    /// The connections that clients have made.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::Acquire)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Release);
        // The listener's thread looks up when somebody comes.
        let place = self.url.split(['@', '/']).find(|part| part.starts_with("127.0.0.1:"));
        let _ = TcpStream::connect(place.unwrap());
    }
}

/// One connection: both its ends, and what has become of it.
struct Line {
    client: TcpStream,
    server: TcpStream,
    /// Nothing goes back to the client any more, and nothing is closed.
    mute: AtomicBool,
    /// What the server says is thrown away.
    deaf: AtomicBool,
}

impl Shared {
    fn serve(self: Arc<Self>, client: TcpStream) {
        let Ok(server) = TcpStream::connect(&self.to) else { return };
        for stream in [&client, &server] {
            stream.set_nodelay(true).unwrap();
        }
        let line = Arc::new(Line { client, server, mute: AtomicBool::default(), deaf: AtomicBool::default() });
        let (shared, back) = (self.clone(), line.clone());
        std::thread::spawn(move || shared.answers(&back));
        if self.requests(&line).is_none() && !line.deaf.load(Ordering::Acquire) {
            let _ = line.server.shutdown(Shutdown::Write);
        }
    }

    /// What the server says.
    fn answers(&self, line: &Line) {
        let mut piece = vec![0; 64 << 10];
        loop {
            if line.mute.load(Ordering::Acquire) {
                return self.stand_still();
            }
            match (&line.server).read(&mut piece) {
                // It came too late to be let through.
                Ok(1..) if line.mute.load(Ordering::Acquire) => return self.stand_still(),
                Ok(_) if line.deaf.load(Ordering::Acquire) => {
                    let _ = line.client.shutdown(Shutdown::Both);
                    return;
                }
                Ok(length @ 1..) if (&line.client).write_all(&piece[..length]).is_ok() => {}
                _ => {
                    let _ = line.client.shutdown(Shutdown::Both);
                    let _ = line.server.shutdown(Shutdown::Read);
                    return;
                }
            }
        }
    }

    /// What the client says, message by message. Ends with None where the connection ended by itself or by us.
    fn requests(&self, line: &Line) -> Option<()> {
        let (mut sent, mut begun) = (0_u64, false);
        loop {
            let message = message(&line.client, &mut begun)?;
            let commit = begun && is_commit(&message);
            if commit {
                self.commits.fetch_add(1, Ordering::AcqRel);
            }
            let length = message.len() as u64;
            match self.occasion(commit, sent, sent + length) {
                Some(Trouble::Silent { after, way }) => {
                    if way != Way::ToServer {
                        line.mute.store(true, Ordering::Release);
                    }
                    if way != Way::ToClient {
                        let first = usize::try_from(after.saturating_sub(sent)).unwrap();
                        (&line.server).write_all(&message[..first]).ok()?;
                        self.stand_still();
                        return None;
                    }
                    (&line.server).write_all(&message).ok()?;
                }
                Some(Trouble::CutBeforeCommit) => {
                    let _ = line.client.shutdown(Shutdown::Both);
                    let _ = line.server.shutdown(Shutdown::Both);
                    return None;
                }
                Some(Trouble::CutAfterCommit) => {
                    line.deaf.store(true, Ordering::Release);
                    (&line.server).write_all(&message).ok()?;
                    return None;
                }
                Some(Trouble::HoldCommit(time)) => {
                    std::thread::sleep(time);
                    (&line.server).write_all(&message).ok()?;
                }
                Some(Trouble::LateCommit(time)) => {
                    line.deaf.store(true, Ordering::Release);
                    let _ = line.client.shutdown(Shutdown::Both);
                    std::thread::sleep(time);
                    (&line.server).write_all(&message).ok()?;
                    return None;
                }
                None => (&line.server).write_all(&message).ok()?,
            }
            sent += length;
        }
    }

    /// Is this the occasion for trouble?
    fn occasion(&self, commit: bool, before: u64, after: u64) -> Option<Trouble> {
        let mut wanted = self.wanted.lock().unwrap();
        let now = wanted.as_mut()?;
        let fits = match now.trouble {
            Trouble::Silent { after: limit, .. } => before <= limit && limit < after,
            _ => commit,
        };
        if !fits || now.times == 0 {
            return None;
        }
        if now.skip > 0 {
            now.skip -= 1;
            return None;
        }
        now.times -= 1;
        self.met.fetch_add(1, Ordering::AcqRel);
        Some(now.trouble)
    }

    /// Keeps a connection open for as long as there is a proxy, and does nothing else.
    fn stand_still(&self) {
        while !self.ended.load(Ordering::Acquire) {
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// The next message of a client, whole. The first ones of a connection have no type.
fn message(mut client: &TcpStream, begun: &mut bool) -> Option<Vec<u8>> {
    let mut message = vec![0; if *begun { 5 } else { 4 }];
    client.read_exact(&mut message).ok()?;
    let head = message.len();
    let length = u32::from_be_bytes(message[head - 4..].try_into().unwrap()) as usize;
    message.resize(head - 4 + length, 0);
    client.read_exact(&mut message[head..]).ok()?;
    if !*begun {
        // A request for TLS is refused by the server, and followed by the true beginning.
        *begun = message[4..8] != 80_877_103_u32.to_be_bytes();
    }
    Some(message)
}

/// A simple query whose last words are COMMIT.
fn is_commit(message: &[u8]) -> bool {
    message[0] == b'Q'
        && std::str::from_utf8(&message[5..message.len() - 1]).is_ok_and(|text| {
            let words = text.lines().filter(|line| !line.trim_start().starts_with("--")).collect::<String>();
            words.trim().trim_end_matches(';').eq_ignore_ascii_case("commit")
        })
}
