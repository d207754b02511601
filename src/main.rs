//! The `jieyou` binary: parses the command line and hands over.

fn main() -> std::process::ExitCode {
    jieyou::cli::run()
}
