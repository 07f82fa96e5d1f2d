//! What `tests/sealed` shows after the tests: which took longest, and what did not run.

use std::cell::OnceCell;
use std::fs::OpenOptions;
use std::io::Write;
use std::thread;
use std::time::Instant;

/// The file to which the tests append, if `tests/sealed` runs them.
const VARIABLE: &str = "IDHOOKS_TEST_RECORD";

thread_local! {
    static TIMER: OnceCell<Timer> = const { OnceCell::new() };
}

/// Records how long a test took, when its thread ends.
struct Timer {
    test: String,
    start: Instant,
}

impl Drop for Timer {
    fn drop(&mut self) {
        append(&format!("took {:.1} {}", self.start.elapsed().as_secs_f32(), self.test));
    }
}

/// Starts the timer of the test that this thread runs, if it is the first call.
pub(crate) fn start_timer() {
    if let Some(test) = test_name() {
        TIMER.with(|timer| _ = timer.get_or_init(|| Timer { test, start: Instant::now() }));
    }
}

/// Says that the rest of this test does not run, or a part of it.
#[expect(clippy::print_stderr, reason = "shown if the test fails elsewhere")]
pub(crate) fn skip(reason: &str) {
    eprintln!("skipped: {reason}");
    append(&format!("skipped {} {reason}", test_name().as_deref().unwrap_or("-")));
}

/// Returns the name of the test that this thread runs. It runs in the main thread with
/// `--test-threads=1`, which has another name.
pub(super) fn test_name() -> Option<String> {
    thread::current().name().filter(|name| name.contains("::")).map(str::to_owned)
}

fn append(line: &str) {
    let Some(file) = std::env::var_os(VARIABLE) else { return };
    let file = OpenOptions::new().create(true).append(true).open(file);
    let written = file.and_then(|mut file| file.write_all(format!("{line}\n").as_bytes()));
    written.expect("the record of the tests can be written");
}
