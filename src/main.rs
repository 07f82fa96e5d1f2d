//! Parses the command line, runs the command, and returns its exit code.

/// Merges and plans from everything, which allocate many small objects, take 5 to 10 % longer with
/// glibc's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    idhooks::commands::main(std::env::args_os())
}
