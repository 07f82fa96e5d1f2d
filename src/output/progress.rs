//! Shows a progress bar on stderr, if stderr is a terminal and the work takes a while.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How long to wait before showing the bar, so that it does not flash up for short tasks.
const DELAY: Duration = Duration::from_millis(300);

/// A progress bar that appears only after a delay.
#[derive(Debug)]
pub(super) struct Bar {
    started: Instant,
    /// The bar; `None` if stderr is not a terminal.
    bar: Option<ProgressBar>,
}

impl Bar {
    /// Starts a bar.
    pub(super) fn start(label: &str) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            // The bar is hidden until the delay has passed; a visible bar would be drawn
            // immediately.
            let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::hidden());
            if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}") {
                bar.set_style(style);
            }
            bar.with_message(label.to_owned())
        });
        Bar { started: Instant::now(), bar }
    }

    /// Counts one step of `total`.
    pub(super) fn step(&self, total: usize) {
        let Some(bar) = &self.bar else { return };
        bar.set_length(total as u64);
        bar.inc(1);
        if bar.is_hidden() && self.started.elapsed() >= DELAY {
            bar.set_draw_target(ProgressDrawTarget::stderr());
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.iter().for_each(ProgressBar::finish_and_clear);
    }
}
