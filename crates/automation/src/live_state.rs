//! [`LiveState`]: what a watcher with '--live' remembers about the index.

use std::collections::BTreeMap;

use crate::generator_process::GeneratorProcess;
use crate::pending_paths::Tick;

/// What a watcher remembers about the index from one turn to the next.
#[derive(Debug)]
pub(crate) struct LiveState {
    /// Whether the index may have changed since its registry was last brought up to date.
    pub(crate) is_due: bool,
    /// Whether the index may have changed since the generators last ran.
    pub(crate) is_generator_due: bool,
    /// The run of the generators in progress, if any.
    pub(crate) run: Option<GeneratorProcess>,
    /// The time until which the watcher waits for git or another command.
    pub(crate) waits_until: Tick,
    /// How many times in a row each generator has produced output.
    pub(crate) in_a_row: BTreeMap<String, usize>,
    /// How many times in a row the index has changed while each generator ran.
    pub(crate) overtaken: BTreeMap<String, usize>,
    /// The generators that were stopped, and why.
    pub(crate) stopped: BTreeMap<String, String>,
    /// The generators' problems.
    pub(crate) complaints: Vec<String>,
}

impl LiveState {
    /// Records that the index may have changed.
    pub(crate) fn note_change(&mut self) {
        (self.is_due, self.is_generator_due) = (true, true);
    }

    /// Resets the state because the rules have changed. Running generators are asked to end.
    pub(crate) fn reset(&mut self) {
        // The run is kept, because the next run must wait until it has ended.
        let run = self.run.take().inspect(GeneratorProcess::ask_to_end);
        *self = LiveState { run, ..LiveState::default() };
    }
}

impl Default for LiveState {
    fn default() -> Self {
        LiveState {
            is_due: true,
            is_generator_due: true,
            run: None,
            waits_until: Tick::ZERO,
            in_a_row: BTreeMap::new(),
            overtaken: BTreeMap::new(),
            stopped: BTreeMap::new(),
            complaints: Vec::new(),
        }
    }
}
