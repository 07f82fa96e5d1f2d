//! Parses the command line, runs the command, and returns its exit code.

/// Merges and plans from everything, which allocate many small objects, take 5 to 10 % longer with
/// glibc's allocator, and an import 20 %. This one also uses huge pages, which save a sixth of an
/// import. The hooks' script turns these off: there, zeroing the first one takes longer than it
/// saves.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    idhooks::commands::main(std::env::args_os())
}
