//! Checks a [`CommitState`] against its files and its parents.

use std::collections::BTreeSet;

use idhooks_core::check::{Carried, Code, Finding, Subject, check, wrong_scope};
use idhooks_core::config::Config;

use crate::git::Repo;
use crate::history::Lineage;
use crate::state::ids_in_files::{CarrierReader, Carriers, Heads, added};
use crate::state::{CommitState, StateError, Stored, legacy_findings};
use crate::transaction::prospects::explain;

/// The result of a full check.
#[derive(Debug, Clone, Default)]
pub struct Checked {
    /// The findings.
    pub findings: Vec<Finding>,
    /// How many files have a head that was not read.
    pub unread: usize,
}

impl CommitState {
    /// Returns all findings; none if the repository has not adopted idhooks.
    ///
    /// # Errors
    /// Returns an error if objects cannot be read.
    pub fn check(&self, repo: &Repo, config: &Config) -> Result<Vec<Finding>, StateError> {
        Ok(self.check_reading(repo, config, Heads::Ruled)?.findings)
    }

    /// Does the same as [`Self::check`], but reads the heads of more files.
    ///
    /// # Errors
    /// Returns an error in the same cases as [`Self::check`].
    pub fn check_reading(
        &self,
        repo: &Repo,
        config: &Config,
        heads: Heads<'_>,
    ) -> Result<Checked, StateError> {
        let Some(stored) = self.stored() else {
            return Ok(Checked { findings: self.why_unreadable(repo)?, unread: 0 });
        };
        if let Some(scope) = config.scope.filter(|scope| *scope != stored.registry.scope) {
            let findings = vec![wrong_scope(stored.registry.scope, scope)];
            return Ok(Checked { findings, unread: 0 });
        }
        let mut lineage = Lineage::of_witnesses(repo, &self.parents)?;
        lineage.choose_as(repo, &stored.registry)?;
        // The hook of the next commit reads the heads of new files.
        let new = match heads {
            Heads::Ruled if self.is_index => added(repo, &self.tree, &self.parents)?,
            _ => BTreeSet::new(),
        };
        let heads = if new.is_empty() { heads } else { Heads::RuledAnd(&new) };
        let reader = CarrierReader { repo, config, registry: &stored.registry };
        let Carriers { carried, unread } = reader.carriers(&self.tree, heads);
        let mut findings = self.compare(repo, stored, config, &lineage, &carried);
        let is_about_parents =
            |f: &Finding| matches!(f.code, Code::IdentityChanged | Code::RecordLost);
        if findings.iter().any(is_about_parents) {
            // A commit that heals an inconsistent parent differs from it, but agrees with what it
            // should be.
            lineage.heal(repo, &|_| {})?;
            if lineage.was_inconsistent() {
                findings = self.compare(repo, stored, config, &lineage, &carried);
            }
        }
        explain(repo, (self, stored), config, &lineage, &mut findings)?;
        findings.extend(legacy_findings(repo, config, &self.tree, &stored.registry)?);
        findings.sort();
        Ok(Checked { findings, unread })
    }

    fn compare(
        &self,
        repo: &Repo,
        stored: &Stored,
        config: &Config,
        lineage: &Lineage,
        carried: &[Carried],
    ) -> Vec<Finding> {
        let registry = stored.registry.with_origins_of(lineage.merged.as_ref());
        let subject = Subject {
            bytes: &stored.bytes,
            parents: &lineage.with_registry(),
            merged: lineage.merged.as_ref(),
            published: lineage.published(),
            carriers: carried,
            blobs: repo,
            ..Subject::new(config, &registry, &self.tree)
        };
        let mut findings = check(&subject);
        findings.retain(|finding| !self.is_undecided(finding));
        findings
    }

    /// Returns whether a finding compares the registry with a path that is still unmerged.
    fn is_undecided(&self, finding: &Finding) -> bool {
        let compares =
            matches!(finding.code, Code::MissingId | Code::StalePath | Code::IdentityChanged);
        compares && finding.path.as_ref().is_some_and(|path| self.unmerged.contains(path))
    }
}
