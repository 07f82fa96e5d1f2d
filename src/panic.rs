//! Reports panics. Nothing unwinds: after the report, the process ends with the exit code of the
//! work that failed, and leaves what a killed process leaves.

use std::{panic::PanicHookInfo, sync::Mutex};

use crate::error::Exit;

/// Reports the message of a panic and returns the exit code.
type Report = Box<dyn FnOnce(&str) -> u8 + Send>;

/// The reports of the work in progress, the innermost last.
static REPORTS: Mutex<Vec<Report>> = Mutex::new(Vec::new());

/// Makes a panic in any thread end the process with the report of the innermost [`guarded`].
pub(crate) fn end_process() {
    std::panic::set_hook(Box::new(|panic| {
        let report = REPORTS.lock().ok().and_then(|mut reports| reports.pop());
        let code = report.map_or(Exit::Internal as u8, |report| report(&message_of(panic)));
        #[expect(clippy::exit, reason = "a panic does not return to `main`")]
        std::process::exit(code.into());
    }));
}

/// Runs `work`. If it panics, the process ends with the exit code that `report` returns.
pub(crate) fn guarded<T>(
    report: impl FnOnce(&str) -> u8 + Send + 'static,
    work: impl FnOnce() -> T,
) -> T {
    if let Ok(mut reports) = REPORTS.lock() {
        reports.push(Box::new(report));
    }
    let done = work();
    if let Ok(mut reports) = REPORTS.lock() {
        reports.pop();
    }
    done
}

/// Returns the message of a panic with its place, in one line.
fn message_of(panic: &PanicHookInfo<'_>) -> String {
    let payload = panic.payload();
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let place = panic.location().map(|place| format!(" ({place})")).unwrap_or_default();
    format!("{}{place}", text.unwrap_or_default())
}
