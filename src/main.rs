//! The `jieyou` binary: parses the command line and hands over.

/// SQLite allocates through it as well: many threads at once, and memory goes back to the system.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    jieyou::cli::run()
}
