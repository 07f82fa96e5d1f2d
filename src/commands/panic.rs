//! Turns panics into errors.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    /// The message and the place of the last panic of this thread.
    static MESSAGE: Cell<Option<String>> = const { Cell::new(None) };
}

/// Makes panics silent; [`guarded`] returns their message in one line.
pub(super) fn silence() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(|place| format!(" ({place})")).unwrap_or_default();
        MESSAGE.set(Some(format!("{}{place}", reason_of(panic.payload()))));
    }));
}

/// Runs `work`, and returns the message of a panic as an error.
pub(super) fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work))
        .map_err(|panic| MESSAGE.take().unwrap_or_else(|| reason_of(panic.as_ref())))
}

fn reason_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_answer_like_any_other() {
        assert_eq!(guarded(|| 1), Ok(1));
        let failed = guarded(|| -> i32 { Vec::<i32>::new().remove(3) });
        assert!(failed.is_err_and(|reason| reason.contains("index")));
    }
}
