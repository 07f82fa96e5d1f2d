//! Runs the generators for a watcher with '--live': one run at a time, alongside the watcher.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use idhooks_core::config::Generator;
use idhooks_ops::MAX_ROUNDS;

use crate::generator_process::{GeneratorProcess, RunResult};
use crate::live_state::LiveState;
use crate::problems::WatchTask;
use crate::round::{Overtaken, RoundAnswer, RoundRequest};

use super::Watcher;

/// How long a watcher that is ending waits for the generators, which should end sooner.
const END_LIMIT: Duration = Duration::from_secs(10);

impl Watcher<'_> {
    /// Collects the results of generators that have ended; returns whether any are still running.
    pub(super) fn take_generated(&mut self, limit: Duration) -> bool {
        let Some(run) = &self.live.run else { return false };
        let result = run.result_within(limit);
        if let Some(result) = result {
            self.live.run = None;
            // If this fails, the next run overwrites the file.
            let _ = self.control.note_generating(BTreeSet::new());
            self.note_result(result);
        }
        let running = self.live.run.as_ref().and_then(|_| self.control.generating());
        self.board.is_changed |= self.board.status.generating != running;
        self.board.status.generating = running;
        self.live.run.is_some()
    }

    /// Runs the generators if the index may have changed and nothing prevents a run; returns
    /// whether they are running.
    pub(super) fn generate_and_go_on(&mut self) -> bool {
        if self.take_generated(Duration::ZERO) {
            return true;
        }
        // The generators may depend on changes that have to be staged first.
        if !self.live.is_generator_due || self.live.is_due {
            return false;
        }
        if !self.generates() {
            self.live.is_generator_due = false;
            return false;
        }
        match self.has_to_wait() {
            Ok(true) => return false,
            Ok(false) => {}
            Err(error) => {
                self.note_failure(&error);
                return false;
            }
        }
        let (mut is_over, control) = (self.end_request(), self.control.clone());
        let is_over = move || is_over() || control.is_paused();
        let _ = self.control.note_generating(BTreeSet::new());
        self.live.is_generator_due = false;
        let without = self.live.stopped.keys().cloned().collect();
        // Generators that were stopped are left out; otherwise, one that depends on its own outputs
        // would run forever.
        let request = RoundRequest { generates_without: Some(without), ..RoundRequest::default() };
        let top = self.tree.top().to_owned();
        self.live.run = Some(GeneratorProcess::start(top, request, is_over));
        true
    }

    fn generates(&self) -> bool {
        let mut generators = self.tree.config().generators.iter();
        self.options.is_live && generators.any(Generator::runs_in_watcher)
    }

    /// Ends the running generators.
    pub(super) fn end_generators(&mut self) {
        if let Some(run) = &self.live.run {
            run.ask_to_end();
            self.take_generated(END_LIMIT);
        }
        self.board.status.generating = None;
    }

    fn note_result(&mut self, result: RunResult) {
        match result {
            Ok(Some(outcome)) => self.note_generated(outcome),
            // The run was ended early, so its outputs are still out of date.
            Ok(None) => self.live.is_generator_due = true,
            Err(error) => self.note_failure(&error),
        }
    }

    /// Records the reason the generators did not run. They run again when the index changes.
    fn note_failure(&mut self, error: &dyn std::error::Error) {
        self.live.complaints = vec![format!("cannot run the generators: {error}")];
        self.note_complaints();
    }

    /// Records the generators' results.
    fn note_generated(&mut self, outcome: RoundAnswer) {
        self.note_done(&outcome);
        match outcome.waits_for {
            // A round that has to wait did not run the generators.
            Some(_) => {
                self.live.is_generator_due = true;
                self.wait_for(outcome.waits_for);
            }
            None => {
                self.live.is_generator_due |= outcome.has_more;
                self.live.complaints = outcome.problems;
            }
        }
        self.stop_loops(&outcome.generators);
        self.stop_overtaken(outcome.overtaken.as_ref());
        self.note_complaints();
    }

    /// Reports the generators' new problems, and the problems that have been resolved.
    fn note_complaints(&mut self) {
        let LiveState { complaints, stopped, .. } = &self.live;
        let now: BTreeSet<String> = complaints.iter().chain(stopped.values()).cloned().collect();
        let known = self.board.problems.of(WatchTask::Generators);
        let is_new = |one: &&String| known.iter().all(|problem| problem.message != **one);
        for problem in now.iter().filter(is_new) {
            self.problem(WatchTask::Generators, problem);
        }
        self.solved(WatchTask::Generators, |problem| now.contains(problem));
    }

    /// Stops generators that keep producing output, because they depend on their own outputs.
    fn stop_loops(&mut self, generators: &BTreeSet<String>) {
        let max = self.tree.config().watch.max_actions;
        for name in counted(&mut self.live.in_a_row, generators, max) {
            let why = format!(
                "generator '{name}' is stopped: it made other outputs {max} times in a row, so it \
                 depends on what it makes; correct 'files' or 'after' in idhooks.toml, then run: \
                 idhooks watch restart"
            );
            self.live.stopped.insert(name, why);
        }
    }

    /// Stops generators if the index keeps changing while they run.
    fn stop_overtaken(&mut self, overtaken: Option<&Overtaken>) {
        let none = BTreeSet::new();
        let names = overtaken.map_or(&none, |overtaken| &overtaken.generators);
        let why = overtaken.map_or("", |overtaken| &overtaken.why);
        for name in counted(&mut self.live.overtaken, names, MAX_ROUNDS) {
            let why = format!(
                "generator '{name}' is stopped: {why} while it ran, {MAX_ROUNDS} times in a row; if it \
                 changes the index itself, change its command, then run: idhooks watch restart"
            );
            self.live.stopped.insert(name, why);
        }
    }
}

/// Counts how many times in a row each name occurs; returns those that reached `max`.
fn counted(
    in_a_row: &mut BTreeMap<String, usize>,
    names: &BTreeSet<String>,
    max: usize,
) -> Vec<String> {
    in_a_row.retain(|name, _| names.contains(name));
    names.iter().for_each(|name| *in_a_row.entry(name.clone()).or_default() += 1);
    let often = in_a_row.iter().filter(|(_, times)| **times >= max);
    often.map(|(name, _)| name.clone()).collect()
}
