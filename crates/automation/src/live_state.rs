//! [`LiveState`]: the state of the index that a watcher with '--live' remembers.

use std::collections::BTreeMap;

use crate::generator_process::GeneratorProcess;
use crate::pending::Tick;

/// The state of the index that a watcher remembers between two turns.
#[derive(Debug)]
pub(crate) struct LiveState {
    /// Whether the index may have changed since it was last completed.
    pub(crate) is_due: bool,
    /// Whether it may have changed since the generators last ran.
    pub(crate) is_generator_due: bool,
    /// The generators that run at the moment.
    pub(crate) run: Option<GeneratorProcess>,
    /// Until when it waits for git or another command.
    pub(crate) waits_until: Tick,
    /// How often each generator has made outputs, one time after the other.
    pub(crate) in_a_row: BTreeMap<String, usize>,
    /// How often the index has changed while each generator ran, one time after the other.
    pub(crate) overtaken: BTreeMap<String, usize>,
    /// The generators that are not run any more, and why.
    pub(crate) stopped: BTreeMap<String, String>,
    /// The problems of the generators.
    pub(crate) complaints: Vec<String>,
}

impl LiveState {
    /// Notes that the index may have changed.
    pub(crate) fn note_change(&mut self) {
        (self.is_due, self.is_generator_due) = (true, true);
    }

    /// Forgets everything, because the rules have changed. Generators that run are asked to end.
    pub(crate) fn reset(&mut self) {
        // The next run must wait until this one has ended.
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
