//! Owns what a server's processes have taken of the processors, as Linux tells it. Must not know: what they worked on.

use std::time::Duration;

use super::ground::Ground;

/// Of the server and of all its processes, those that have ended and those that are alive.
pub fn cpu(ground: &Ground) -> Duration {
    let postmaster = ground.postmaster();
    let mut ticks = 0;
    for entry in std::fs::read_dir("/proc").expect("/proc").flatten() {
        let Ok(pid) = entry.file_name().to_string_lossy().parse::<u32>() else { continue };
        // Processes come and go meanwhile.
        let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else { continue };
        // The name, in parentheses, may hold anything; the fields are counted after it.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let number = |at: usize| fields.get(at).and_then(|field| field.parse::<u64>().ok()).unwrap_or(0);
        let (parent, own, children) = (number(1), number(11) + number(12), number(13) + number(14));
        if pid == postmaster {
            ticks += own + children;
        } else if parent == u64::from(postmaster) {
            ticks += own;
        }
    }
    // SAFETY: it takes a number and gives one.
    let a_second = u64::try_from(unsafe { libc::sysconf(libc::_SC_CLK_TCK) }).unwrap_or(100);
    Duration::from_millis(ticks * 1000 / a_second)
}
