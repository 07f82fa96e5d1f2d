//! Shows a progress bar on stderr, only on a terminal and only for long work.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// The time before the bar appears; shorter work shows nothing.
const DELAY: Duration = Duration::from_millis(300);

/// A progress bar that appears after a while.
#[derive(Debug)]
pub struct Bar {
    started: Instant,
    is_terminal: bool,
    bar: ProgressBar,
}

impl Bar {
    /// Starts a bar with `total` steps.
    pub fn start(label: &str, total: u64) -> Self {
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}") {
            bar.set_style(style);
        }
        let is_terminal = std::io::stderr().is_terminal();
        Bar { started: Instant::now(), is_terminal, bar: bar.with_message(label.to_owned()) }
    }

    /// Counts one step.
    pub fn step(&self) {
        self.bar.inc(1);
        if self.is_terminal && self.bar.is_hidden() && self.started.elapsed() >= DELAY {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
    }

    /// Counts one step and updates the total.
    pub fn step_of(&self, total: usize) {
        self.bar.set_length(total as u64);
        self.step();
    }

    /// Removes the bar.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.finish();
    }
}
