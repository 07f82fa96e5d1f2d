//! Counts what happened in the histories.

use std::fmt;
use std::ops::AddAssign;

use crate::simulator::ledger::{Look, Rule};

/// Numbers of one or many histories.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) histories: usize,
    pub(crate) commits: usize,
    pub(crate) unhooked: usize,
    pub(crate) merges: usize,
    /// Commits with which a service clone healed others.
    pub(crate) served: usize,
    pub(crate) conflicts: usize,
    pub(crate) rebases: usize,
    pub(crate) picks: usize,
    pub(crate) reverts: usize,
    /// Commits with an inconsistent registry until the next one.
    pub(crate) behind: usize,
    /// Identities that two allocations chose independently.
    pub(crate) collisions: usize,
    /// Merges made in both directions.
    pub(crate) both_directions: usize,
    /// Of those, with the same files in both.
    pub(crate) equal_in_both_directions: usize,
    /// Ways of merging everything, compared.
    pub(crate) ends: usize,
    /// Of those, with the same files.
    pub(crate) ends_equal: usize,
}

impl Tally {
    /// Adds the counts of new commits.
    pub(crate) fn add(&mut self, look: &Look, rule: Rule) {
        self.commits += look.commits;
        self.merges += look.merges;
        self.behind += look.behind;
        if rule == Rule::Free {
            self.unhooked += look.commits;
        }
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Tally) {
        self.histories += other.histories;
        self.commits += other.commits;
        self.unhooked += other.unhooked;
        self.merges += other.merges;
        self.served += other.served;
        self.conflicts += other.conflicts;
        self.rebases += other.rebases;
        self.picks += other.picks;
        self.reverts += other.reverts;
        self.behind += other.behind;
        self.collisions += other.collisions;
        self.both_directions += other.both_directions;
        self.equal_in_both_directions += other.equal_in_both_directions;
        self.ends += other.ends;
        self.ends_equal += other.ends_equal;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let t = self;
        writeln!(f, "{} histories, {} commits", t.histories, t.commits)?;
        writeln!(f, "  {} made without hooks, {} merges", t.unhooked, t.merges)?;
        writeln!(f, "  {} runs of a service that healed", t.served)?;
        writeln!(f, "  {} rebases, {} picks, {} reverts", t.rebases, t.picks, t.reverts)?;
        writeln!(
            f,
            "  {} conflicts resolved, {} identities chosen twice",
            t.conflicts, t.collisions
        )?;
        writeln!(f, "  {} commits behind until healed by the next", t.behind)?;
        writeln!(
            f,
            "  {} merges in both directions, {} with equal files",
            t.both_directions, t.equal_in_both_directions
        )?;
        write!(f, "  {} ends compared, {} with equal files", t.ends, t.ends_equal)
    }
}
