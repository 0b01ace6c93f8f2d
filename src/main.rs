//! Owns the process: nothing else.

fn main() -> std::process::ExitCode {
    rehome::cli::main()
}
