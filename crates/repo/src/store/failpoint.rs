//! Points where a test can pause the program, inspect its files, and then resume or kill it.
//!
//! There is a point after each durable change. Stopping at each of them in turn produces every
//! state that a crash can leave behind. Release builds do not contain these points.

/// Reports that the program has reached `point`, and waits until it is told to continue.
///
/// Does nothing unless `IDHOOKS_PAUSE` names a directory with two named pipes. A line with the
/// process id and the point is written to the pipe `reached`, and a write to `go` resumes the
/// program.
///
/// # Panics
/// Panics if the word `panic` is written to `go`.
#[cfg(debug_assertions)]
pub fn pause(point: &str) {
    let Some(dir) = std::env::var_os("IDHOOKS_PAUSE").map(std::path::PathBuf::from) else { return };
    let line = format!("{} {point}\n", std::process::id());
    // Opening a pipe blocks until its other end is open. If there are no pipes, no test is running.
    let pipe = std::fs::OpenOptions::new().write(true).open(dir.join("reached"));
    let reported = pipe.and_then(|mut pipe| std::io::Write::write_all(&mut pipe, line.as_bytes()));
    let order = reported.and_then(|()| std::fs::read(dir.join("go")));
    assert!(!order.is_ok_and(|order| order == b"panic"), "{point}");
}

/// Does nothing.
#[cfg(not(debug_assertions))]
pub const fn pause(_: &str) {}
