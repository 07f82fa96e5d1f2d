//! Parses the command line, runs the command, returns its exit code.

/// Reading many small objects leaves holes in the heap of glibc: a hook that reads 600 of them touches
/// three times the pages.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    idhooks::commands::main(std::env::args_os())
}
