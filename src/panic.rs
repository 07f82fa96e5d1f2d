//! Reports panics, and ends the process. Release builds abort instead of unwinding: after the report, the process exits
//! with the exit code of the failed work, leaving behind the same state as a killed process.

use std::{panic::PanicHookInfo, sync::Mutex};

use crate::error::{CommandError, CommandResult, Exit};
use crate::output::Ui;

/// Reports a panic's message, and returns the exit code.
type Report = Box<dyn FnOnce(&str) -> u8 + Send>;

/// The reports for the work in progress, with the innermost last.
static REPORTS: Mutex<Vec<Report>> = Mutex::new(Vec::new());

/// Makes a panic in any thread call the innermost report passed to [`guarded`] and then end the
/// process. By default, the process would abort, and git would treat its exit code as a crash of
/// the merge driver.
pub(crate) fn end_process() {
    std::panic::set_hook(Box::new(|panic| {
        // The report is removed from the list, so that if another thread panics at the same time,
        // it is not called again.
        let report = REPORTS.lock().ok().and_then(|mut reports| reports.pop());
        let code = report.map_or(Exit::Internal as u8, |report| report(&message_of(panic)));
        #[expect(clippy::exit, reason = "a panic does not return to `main`")]
        std::process::exit(code.into());
    }));
}

/// Runs `work`. If it panics, the process exits with the code returned by `report`.
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

/// Returns the message and location of a panic on one line.
fn message_of(panic: &PanicHookInfo<'_>) -> String {
    let payload = panic.payload();
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let place = panic.location().map(|place| format!(" ({place})")).unwrap_or_default();
    format!("{}{place}", text.unwrap_or_default())
}

/// Runs a command, reports its error or panic, and returns the exit code.
pub(crate) fn ended(mut ui: Ui, work: impl FnOnce(&mut Ui) -> CommandResult<Exit>) -> Exit {
    let color = ui.color();
    // The report outlives this call and may run in another thread, so it cannot borrow `ui` and
    // creates an output of its own.
    let report = move |panic: &str| {
        let error = CommandError::internal(format!("idhooks failed unexpectedly: {panic}"));
        let hint = "this is a bug in idhooks; please report this line and the command";
        finished(&mut Ui::new(color, false, false), Err(error.hint(hint))) as u8
    };
    let done = guarded(report, || work(&mut ui));
    finished(&mut ui, done)
}

/// Ends the process without the C library's exit handlers, once all output has been written: the
/// allocator would give back its memory piece by piece, which takes a tenth of the time of a hook
/// that has little to do.
pub(crate) fn leave(exit: Exit) -> ! {
    signal_hook::low_level::exit(i32::from(exit as u8))
}

/// Reports an error from a command, and returns the exit code.
fn finished(ui: &mut Ui, done: CommandResult<Exit>) -> Exit {
    let exit = done.unwrap_or_else(|error| {
        error.show(ui);
        error.exit
    });
    match ui.finish() {
        Ok(()) => exit,
        Err(error) => {
            ui.error(&format!("cannot write to the standard output: {error}"));
            ui.hint("check the free space for the output, then run the command again");
            // If output was lost, the command fails even if it succeeded or only had findings, but
            // an internal error must not be hidden.
            exit.max(Exit::Environment)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_that_is_lost_is_an_error() {
        let (ui, out, err) = Ui::in_memory();
        out.fail_with(std::io::ErrorKind::StorageFull);
        assert_eq!(
            ended(ui, |ui| {
                ui.line("data");
                Ok(Exit::Findings)
            }),
            Exit::Environment
        );
        assert!(err.text().starts_with("error: cannot write to the standard output: "));
        let (ui, out, err) = Ui::in_memory();
        out.fail_with(std::io::ErrorKind::BrokenPipe);
        assert_eq!(
            ended(ui, |ui| {
                ui.line("data");
                Ok(Exit::Findings)
            }),
            Exit::Findings
        );
        assert_eq!(err.text(), "");
    }
}
