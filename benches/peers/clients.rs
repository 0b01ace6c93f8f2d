//! Owns the processes that a way starts: how they are run and waited for, and what they took of the processors and of
//! memory. Must not know: what they do.

use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;

/// What the client processes of one way took, together.
#[derive(Debug, Default)]
pub struct Clients {
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    cpu: Duration,
    /// Of the largest process, in KiB.
    peak: u64,
}

impl Clients {
    pub fn cpu(&self) -> Duration {
        self.taken.lock().expect("no panic").cpu
    }

    pub fn peak(&self) -> u64 {
        self.taken.lock().expect("no panic").peak
    }

    pub fn run(&self, command: &mut Command) -> Result<(), String> {
        let child = command.spawn().map_err(|error| format!("{}: {error}", named(command)))?;
        self.wait(child, &named(command))
    }

    /// One reads, the other writes what was read.
    pub fn pipe(&self, reader: &mut Command, writer: &mut Command) -> Result<(), String> {
        let mut read = reader.stdout(Stdio::piped()).spawn().map_err(|error| error.to_string())?;
        let out = read.stdout.take().ok_or("no pipe")?;
        let written = writer.stdin(out).spawn().map_err(|error| error.to_string())?;
        // The writer's end of the pipe is closed here, so that the reader hears of the writer's end.
        writer.stdin(Stdio::null());
        let (written, read) = (self.wait(written, "the writer"), self.wait(read, "the reader"));
        written.and(read)
    }

    /// Waits for its end, and adds what it took.
    pub fn wait(&self, child: Child, name: &str) -> Result<(), String> {
        let pid = libc::pid_t::try_from(child.id()).map_err(|error| error.to_string())?;
        let (mut status, mut usage) = (0, std::mem::MaybeUninit::<libc::rusage>::zeroed());
        // SAFETY: both point to places of our own, and all bytes zero are a rusage.
        let (waited, usage) = unsafe {
            let waited = libc::wait4(pid, &raw mut status, 0, usage.as_mut_ptr());
            (waited, usage.assume_init())
        };
        if waited != pid {
            return Err(format!("{name}: {}", std::io::Error::last_os_error()));
        }
        let mut taken = self.taken.lock().expect("no panic");
        taken.cpu += time(usage.ru_utime) + time(usage.ru_stime);
        taken.peak = taken.peak.max(u64::try_from(usage.ru_maxrss).unwrap_or(0));
        match status {
            0 => Ok(()),
            _ => Err(format!("{name} ended with status {status:#x}")),
        }
    }
}

fn named(command: &Command) -> String {
    command.get_program().to_string_lossy().into_owned()
}

fn time(spent: libc::timeval) -> Duration {
    let part = |value: i64| u64::try_from(value).unwrap_or(0);
    Duration::from_secs(part(spent.tv_sec)) + Duration::from_micros(part(spent.tv_usec))
}
