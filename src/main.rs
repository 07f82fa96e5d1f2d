//! Parses the command line, runs the command, and returns its exit code.

/// glibc's allocator is the fastest one in a process that lives as short as a hook: this one would
/// take a tenth of its time to start and to end. Those of other systems are slower where it counts.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    idhooks::commands::main(std::env::args_os())
}
