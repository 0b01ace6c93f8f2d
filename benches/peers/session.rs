//! Owns a session of psql that stays open: statements go in, and each is waited for. Must not know: what they say.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use super::clients::Clients;
use super::ground::psql;

pub struct Session {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Session {
    pub fn open(url: &str) -> Result<Self, String> {
        let mut command = psql(url);
        let spawned = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = spawned.map_err(|error| error.to_string())?;
        let (to, from) = (child.stdin.take().ok_or("no pipe")?, child.stdout.take().ok_or("no pipe")?);
        Ok(Self { child, to, from: BufReader::new(from) })
    }

    /// One after the other, each in its own transaction. psql says on stderr what it does not like, and ends.
    pub fn execute(&mut self, statements: &[String]) -> Result<(), String> {
        let mut text = String::new();
        for statement in statements {
            text.extend([statement.trim_end(), ";\n"]);
        }
        text.push_str(include_str!("sql/done.sql"));
        self.to.write_all(text.as_bytes()).and_then(|()| self.to.flush()).map_err(|error| error.to_string())?;
        let mut answer = String::new();
        self.from.read_line(&mut answer).map_err(|error| error.to_string())?;
        if answer.trim() == "done" { Ok(()) } else { Err("psql has ended".to_owned()) }
    }

    pub fn close(self, clients: &Clients) -> Result<(), String> {
        drop(self.to);
        clients.wait(self.child, "psql")
    }
}
