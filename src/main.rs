//! Parses the command line, runs the command, and returns its exit code.

/// Reading many small objects fragments glibc's heap: a hook that reads 600 of them touches three
/// times as many pages.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    idhooks::commands::main(std::env::args_os())
}
