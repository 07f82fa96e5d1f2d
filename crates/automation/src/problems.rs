//! The current problems, and when they began.

use serde::{Deserialize, Serialize};

use crate::moment::Moment;

/// An activity that can fail and later recover.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WatchTask {
    /// Reading the rules.
    Rules,
    /// Comparing all files.
    Files,
    /// Reading the list of files that idhooks itself has written.
    OwnWrites,
    /// Processing the queue.
    Queue,
    /// Checking the registry.
    Check,
    /// Completing the index.
    Index,
    /// Running the generators.
    Generators,
    /// Writing the status.
    Status,
}

/// A problem, as shown in the status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatchProblem {
    /// When the problem last occurred.
    pub at: String,
    /// The failure and its cause.
    pub message: String,
}

/// The current problems, with the latest one last.
#[derive(Debug, Default)]
pub(crate) struct Problems(Vec<(WatchTask, WatchProblem)>);

impl Problems {
    /// Adds a problem, or records that an existing one has occurred again.
    pub(crate) fn add(&mut self, task: WatchTask, message: &str, at: Moment) {
        // The problem is moved to the end, so that the latest one comes last.
        self.0.retain(|(other, problem)| *other != task || problem.message != message);
        let problem = WatchProblem { at: at.to_string(), message: message.to_owned() };
        self.0.push((task, problem));
    }

    /// Removes a task's problems except those for which `remains` returns true; returns whether any
    /// were removed.
    pub(crate) fn solve(&mut self, task: WatchTask, remains: impl Fn(&str) -> bool) -> bool {
        let before = self.0.len();
        self.0.retain(|(other, problem)| *other != task || remains(&problem.message));
        self.0.len() < before
    }

    /// Returns the latest problem.
    pub(crate) fn last(&self) -> Option<&WatchProblem> {
        self.0.last().map(|(_, problem)| problem)
    }

    /// Returns a task's problems.
    pub(crate) fn of(&self, task: WatchTask) -> Vec<WatchProblem> {
        let of_task = self.0.iter().filter(|(other, _)| *other == task);
        of_task.map(|(_, problem)| problem.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_goes_when_its_task_works_again() {
        let at = Moment::from_millis;
        let mut problems = Problems::default();
        problems.add(WatchTask::Check, "no check", at(1_000));
        problems.add(WatchTask::Generators, "one", at(2_000));
        problems.add(WatchTask::Generators, "two", at(3_000));
        problems.add(WatchTask::Check, "no check", at(4_000));
        let last = |problems: &Problems| problems.last().map(|problem| problem.message.clone());
        assert_eq!(last(&problems).as_deref(), Some("no check"));
        assert_eq!(problems.last().expect("one").at, at(4_000).to_string());
        assert!(problems.solve(WatchTask::Check, |_| false));
        assert!(!problems.solve(WatchTask::Check, |_| false));
        assert_eq!(last(&problems).as_deref(), Some("two"));
        assert!(problems.solve(WatchTask::Generators, |one| one == "one"));
        let left = problems.of(WatchTask::Generators);
        assert_eq!(left, [WatchProblem { at: at(2_000).to_string(), message: "one".to_owned() }]);
        assert!(problems.solve(WatchTask::Generators, |_| false) && problems.last().is_none());
    }
}
