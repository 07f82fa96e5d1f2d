//! The exceptions: where a path may have another identity than the one it had before.

use std::collections::BTreeMap;
use std::fmt;

/// Why a path need not keep its identity, or why nothing can be demanded of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exception {
    /// `idhooks mv` or `idhooks assign` said so in this commit.
    Command,
    /// The commit repeats another one in which a command said so.
    CommandRepeated,
    /// The commit takes back another one in which a command said so.
    CommandReverted,
    /// A repeated commit puts back the very bytes with which an allocation began at the path.
    SameAllocation,
    /// The blob of a rename without edits is small or blank, or several files have it.
    WeakRename,
    /// Both sides of a merge changed the identity of the path.
    MergeDecides,
    /// Two histories without a common beginning hold an identity at different paths; it stays where
    /// it began.
    UnrelatedRoots,
    /// Objects or commits are missing: the path is left without an identity until they are there.
    LeftAlone,
}

impl Exception {
    /// All of them.
    pub(crate) const ALL: [Exception; 8] = [
        Exception::Command,
        Exception::CommandRepeated,
        Exception::CommandReverted,
        Exception::SameAllocation,
        Exception::WeakRename,
        Exception::MergeDecides,
        Exception::UnrelatedRoots,
        Exception::LeftAlone,
    ];
}

/// What happened in the histories, and how often.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) exceptions: BTreeMap<Exception, usize>,
    pub(crate) events: BTreeMap<String, usize>,
}

impl Counts {
    /// Counts an exception.
    pub(crate) fn except(&mut self, exception: Exception) {
        *self.exceptions.entry(exception).or_default() += 1;
    }

    /// Returns the count of an exception.
    pub(crate) fn of(&self, exception: Exception) -> usize {
        self.exceptions.get(&exception).copied().unwrap_or_default()
    }

    /// Counts an event.
    pub(crate) fn note(&mut self, event: &str) {
        *self.events.entry(event.to_owned()).or_default() += 1;
    }

    /// Adds the counts of another history.
    pub(crate) fn add(&mut self, other: &Counts) {
        for (exception, count) in &other.exceptions {
            *self.exceptions.entry(*exception).or_default() += count;
        }
        for (event, count) in &other.events {
            *self.events.entry(event.clone()).or_default() += count;
        }
    }

    /// Returns the exceptions that never occurred.
    pub(crate) fn unused(&self) -> Vec<Exception> {
        let is_unused = |it: &Exception| !self.exceptions.contains_key(it);
        Exception::ALL.into_iter().filter(is_unused).collect()
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (event, count) in &self.events {
            writeln!(f, "  {count:>6} {event}")?;
        }
        write!(f, "exceptions:")?;
        for exception in Exception::ALL {
            write!(f, "\n  {:>6} {exception:?}", self.of(exception))?;
        }
        Ok(())
    }
}
