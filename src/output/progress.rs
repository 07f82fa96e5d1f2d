//! Shows a progress bar on stderr, only on a terminal and only for long work.

use std::cell::{Cell, RefCell};
use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// The time before the bar appears; shorter work shows nothing.
const DELAY: Duration = Duration::from_millis(300);

/// A progress bar that appears after a while.
#[derive(Debug)]
pub struct Bar {
    started: Instant,
    label: String,
    total: Cell<u64>,
    done: Cell<u64>,
    shown: RefCell<Option<ProgressBar>>,
    terminal: bool,
}

impl Bar {
    /// Starts a bar with `total` steps.
    pub fn start(label: &str, total: u64) -> Self {
        Bar {
            started: Instant::now(),
            label: label.to_owned(),
            total: Cell::new(total),
            done: Cell::new(0),
            shown: RefCell::new(None),
            terminal: std::io::stderr().is_terminal(),
        }
    }

    /// Counts one step.
    pub fn step(&self) {
        self.done.set(self.done.get() + 1);
        if !self.terminal || self.started.elapsed() < DELAY {
            return;
        }
        let mut shown = self.shown.borrow_mut();
        let bar = shown.get_or_insert_with(|| {
            let bar =
                ProgressBar::with_draw_target(Some(self.total.get()), ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}") {
                bar.set_style(style);
            }
            bar.with_message(self.label.clone())
        });
        bar.set_length(self.total.get());
        bar.set_position(self.done.get());
    }

    /// Counts one step and updates the total.
    pub fn step_of(&self, total: usize) {
        self.total.set(total as u64);
        self.step();
    }

    /// Removes the bar.
    pub fn finish(&self) {
        if let Some(bar) = self.shown.borrow_mut().take() {
            bar.finish_and_clear();
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.finish();
    }
}
