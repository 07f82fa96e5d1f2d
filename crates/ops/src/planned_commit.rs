//! [`PlannedCommit`]: the commit being made, and its new registry.

use std::borrow::Cow;

use idhooks_core::check::{Finding, Severity};
use idhooks_core::config::{Config, Enforce, OnNew};
use idhooks_core::plan::{AllocationLog, Plan};
use idhooks_core::registry::{Registry, Tree};
use idhooks_repo::derived::DerivedChanges;
use idhooks_repo::history::{CarriedFaults, CommitCarriers};
use idhooks_repo::state::StateError;
use idhooks_repo::store::AllocationLogFile;
use idhooks_repo::transaction::{CommitInputs, Injection, PendingCommit};

use crate::legacy_plan::LegacyPlan;
use crate::{Observer, join_unused};

/// The commit being made, and its new registry.
pub(crate) struct PlannedCommit<'a> {
    pub(crate) pending: &'a PendingCommit<'a>,
    pub(crate) config: Config,
    pub(crate) inputs: CommitInputs,
    pub(crate) allocation_log: AllocationLog,
    /// Whether new files are given identities.
    pub(crate) allocate: bool,
    pub(crate) plan: Plan,
    pub(crate) legacy: LegacyPlan,
    /// The identities to write into files.
    pub(crate) injections: Vec<Injection>,
    /// The generated files.
    pub(crate) outputs: DerivedChanges,
}

impl<'a> PlannedCommit<'a> {
    /// Plans a commit from just the paths that it changes; returns `None` if everything has to be
    /// read.
    pub(crate) fn from_changes(
        observer: &mut dyn Observer,
        pending: &'a PendingCommit<'a>,
    ) -> Result<Option<Self>, StateError> {
        if !pending.is_plain()? {
            return Ok(None);
        }
        let log = AllocationLogFile::in_dir(&pending.repo.state_dir()).read();
        // If the log cannot be read, planning from everything will report that.
        let Ok(allocation_log) = log else { return Ok(None) };
        let config = pending.config()?;
        let planned = pending.plan_changes(&config, &allocation_log)?;
        let Some((mut inputs, plan)) = planned else { return Ok(None) };
        let legacy = LegacyPlan::plan(observer, pending, &mut inputs, &config)?;
        Ok(Some(Self::new(pending, config, inputs, allocation_log, plan, legacy)))
    }

    /// Returns a commit with this plan and nothing added to it yet.
    pub(crate) fn new(
        pending: &'a PendingCommit<'a>,
        config: Config,
        inputs: CommitInputs,
        allocation_log: AllocationLog,
        plan: Plan,
        legacy: LegacyPlan,
    ) -> Self {
        let (injections, outputs) = (Vec::new(), DerivedChanges::default());
        let allocate = config.allocation.on_new == OnNew::Allocate;
        PlannedCommit {
            pending,
            config,
            inputs,
            allocation_log,
            allocate,
            plan,
            legacy,
            injections,
            outputs,
        }
    }

    /// Plans the registry again because the inputs have changed; returns the previously planned
    /// registry.
    pub(crate) fn plan_again(&mut self) -> Result<Registry, StateError> {
        let PlannedCommit { pending, config, inputs, allocation_log, allocate, .. } = self;
        let plan = pending.plan(inputs, config, allocation_log, *allocate)?;
        Ok(std::mem::replace(&mut self.plan, plan).registry)
    }

    /// Plans again if the plan leaves out some records that were added to the legacy file.
    pub(crate) fn join_unused(&mut self) -> Result<(), StateError> {
        if let LegacyPlan::Take(taken) = &mut self.legacy
            && join_unused(self.pending, &mut self.inputs, taken, &self.plan.registry)?
        {
            self.plan_again()?;
        }
        Ok(())
    }

    /// Returns whether a finding blocks the commit.
    pub(crate) fn is_blocked_by(&self, finding: &Finding) -> bool {
        self.config.hooks.enforce != Enforce::Warn && finding.severity == Severity::Error
    }

    /// Returns the commit's files, with the identities that will be written into them.
    pub(crate) fn tree(&self) -> Cow<'_, Tree> {
        let mut tree = Cow::Borrowed(&self.inputs.state.tree);
        for Injection { path, after, .. } in &self.injections {
            tree.to_mut().insert(path.clone(), *after);
        }
        tree
    }

    /// Finds problems with identities in the files. `stored` is the registry that the hints refer
    /// to.
    pub(crate) fn carried_faults(&self, stored: &Registry) -> CarriedFaults {
        let lineage = &self.inputs.lineage;
        CommitCarriers {
            repo: self.pending.repo,
            config: &self.config,
            parents: &lineage.parents.iter().map(|parent| &parent.tree).collect::<Vec<_>>(),
            before: lineage.merged.as_ref(),
            tree: &self.tree(),
            after: &self.plan.registry,
            stored,
        }
        .faults()
    }
}
