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
    /// The bar; nothing if stderr is not a terminal.
    bar: Option<ProgressBar>,
}

impl Bar {
    /// Starts a bar with `total` steps.
    pub fn start(label: &str, total: u64) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::hidden());
            if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}") {
                bar.set_style(style);
            }
            bar.with_message(label.to_owned())
        });
        Bar { started: Instant::now(), bar }
    }

    /// Counts one step.
    pub fn step(&self) {
        let Some(bar) = &self.bar else { return };
        bar.inc(1);
        if bar.is_hidden() && self.started.elapsed() >= DELAY {
            bar.set_draw_target(ProgressDrawTarget::stderr());
        }
    }

    /// Counts one step and updates the total.
    pub fn step_of(&self, total: usize) {
        self.bar.iter().for_each(|bar| bar.set_length(total as u64));
        self.step();
    }

    /// Removes the bar.
    pub fn finish(&self) {
        self.bar.iter().for_each(ProgressBar::finish_and_clear);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.finish();
    }
}
