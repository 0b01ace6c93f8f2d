//! Owns the process: how it keeps memory, and nothing else.

fn main() -> std::process::ExitCode {
    keep_memory_together();
    limits_are_errors();
    rehome::cli::main()
}

/// A file that outgrows a limit of the system's is an error that can be told, and no end without a word.
fn limits_are_errors() {
    // SAFETY: a signal is ignored, and no other thread is running yet.
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
}

/// Batches of megabytes are made on one thread and freed on another. With an arena a thread, as is the custom, and a
/// mapping an allocation the process held twice the memory and spent a tenth of its time on clearing pages.
fn keep_memory_together() {
    #[cfg(target_env = "gnu")]
    // SAFETY: mallopt only sets parameters of the allocator, and no other thread is running yet.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 2);
        libc::mallopt(libc::M_MMAP_THRESHOLD, 32 << 20);
        libc::mallopt(libc::M_TRIM_THRESHOLD, 256 << 20);
    }
}
