//! Points at which a test may stop the program, look around, and let it go on or kill it.
//!
//! One stands after each change that lasts, so that stopping at all of them in turn shows every
//! state an accident can leave. Release builds have none of this.

/// Says that the program has come to `point`, and waits for leave to go on.
///
/// Only where `IDHOOKS_PAUSE` names a directory with two named pipes: one line with the number
/// of this process goes into `reached`; leave is given by writing to `go`.
#[cfg(debug_assertions)]
pub(crate) fn pause(point: &str) {
    let Some(dir) = std::env::var_os("IDHOOKS_PAUSE").map(std::path::PathBuf::from) else { return };
    let line = format!("{} {point}\n", std::process::id());
    // Opening a pipe waits for whoever holds its other end; without pipes there is no test.
    let told = std::fs::OpenOptions::new().write(true).open(dir.join("reached"));
    let told = told.and_then(|mut pipe| std::io::Write::write_all(&mut pipe, line.as_bytes()));
    let _ = told.and_then(|()| std::fs::read(dir.join("go")));
}

/// Does nothing.
#[cfg(not(debug_assertions))]
pub(crate) const fn pause(_: &str) {}
