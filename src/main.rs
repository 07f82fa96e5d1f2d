//! Parses the command line, runs the command, returns its exit code.

fn main() -> std::process::ExitCode {
    idhooks::commands::main(std::env::args_os())
}
