//! Checks a [`CommitState`] against its files and its parents.

use std::collections::BTreeSet;

use idhooks_core::check::{Carried, Code, Finding, ScopeClaims, Severity, Subject, check, is_file};
use idhooks_core::config::Config;
use idhooks_core::plan::Undecided;
use idhooks_core::registry::{REGISTRY_PATH, RepoPath};

use crate::derived::legacy::{legacy_findings_here, needs_resolve};
use crate::git::{CommitId, Repo};
use crate::history::{
    Lineage, MissingObjects, inherited_scope, is_at_boundary, otherwise_healed, registry_blob,
};
use crate::state::ids_in_files::{CarrierReader, Carriers, Heads, added};
use crate::state::{CommitState, StateError, Stored};
use crate::transaction::next_commit_findings::explain;

/// The command that heals a registry.
const RECONCILE: &str = "idhooks reconcile";
/// The advice to follow first if a legacy file would block the commit.
const RESOLVE_FIRST: &str = "first derive the legacy file from the registry again: idhooks resolve";

/// The result of a full check.
#[derive(Debug, Clone, Default)]
pub struct Checked {
    /// The findings.
    pub findings: Vec<Finding>,
    /// The number of files whose heads were not read.
    pub unread: usize,
}

impl CommitState {
    /// Returns all findings, or no findings if the repository has not adopted idhooks.
    ///
    /// # Errors
    /// Returns an error if objects cannot be read.
    pub fn check(&self, repo: &Repo, config: &Config) -> Result<Vec<Finding>, StateError> {
        Ok(self.check_reading(repo, config, Heads::Ruled)?.findings)
    }

    /// Like [`Self::check`], but reads the heads of more files.
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
        if let Some(finding) = self.scope_finding(repo, stored, config)? {
            return Ok(Checked { findings: vec![finding], unread: 0 });
        }
        let mut lineage = Lineage::of_witnesses(repo, &self.parents)?;
        lineage.choose_as(repo, &stored.registry)?;
        lineage.start_over(repo, &stored.registry)?;
        // The next commit's hook reads the heads of new files too.
        let new = match heads {
            Heads::Ruled if self.is_index => added(repo, &self.tree, &self.parents)?,
            _ => BTreeSet::new(),
        };
        let heads = if new.is_empty() { heads } else { Heads::RuledAnd(&new) };
        let reader = CarrierReader { repo, config, registry: &stored.registry };
        let Carriers { carried, unread } = reader.carriers(&self.tree, heads);
        let mut findings = self.compare(repo, stored, config, &lineage, &carried)?;
        let is_about_parents =
            |f: &Finding| matches!(f.code, Code::IdentityChanged | Code::RecordLost);
        if findings.iter().any(is_about_parents) {
            // A commit that heals an inconsistent parent differs from that parent, but agrees with
            // the parent's healed registry.
            lineage.heal(repo, Some(&self.tree), &|_| {})?;
            if lineage.was_inconsistent() {
                lineage.accept(repo, &stored.registry, &self.tree)?;
                findings = self.compare(repo, stored, config, &lineage, &carried)?;
            }
        }
        // The next commit gives each of these paths a different identity from the one it had
        // before.
        let left = self.otherwise_healed(repo, stored)?;
        findings.retain(|one| !left.iter().any(|it| it.is_same_as(one)));
        findings.extend(left);
        let undecided = explain(repo, self, stored, config, &lineage, &mut findings)?;
        self.mark_undecided(repo, stored, config, lineage, undecided, &mut findings)?;
        let registry = &stored.registry;
        let legacy = legacy_findings_here(repo, config, &self.tree, registry, self.is_index)?;
        if needs_resolve(config, &legacy) {
            // The commit that heals these findings is blocked until the legacy file is resolved.
            for finding in findings.iter_mut().filter(|finding| finding.help.contains(RECONCILE)) {
                finding.help = format!("{RESOLVE_FIRST}; {}", finding.help);
            }
        }
        findings.extend(legacy);
        findings.sort();
        Ok(Checked { findings, unread })
    }

    /// Returns a finding for each path that was left to healing by this commit or an earlier one
    /// and still has another file's record.
    fn otherwise_healed(&self, repo: &Repo, stored: &Stored) -> Result<Vec<Finding>, StateError> {
        let mut findings = Vec::new();
        let over = self.commit.as_ref().map_or(&*self.parents, std::slice::from_ref);
        for commit in over.iter().filter(|id| repo.has_commit(**id)) {
            if registry_blob(repo, repo.commit(*commit)?.tree)? == Some(stored.blob) {
                findings.extend(otherwise_healed(repo, *commit)?);
            }
        }
        findings.retain(|f| f.path.as_ref().is_some_and(|path| is_file(&self.tree, path)));
        Ok(findings)
    }

    /// Adds the reason to findings about files and identities that stay undecided. `undecided`
    /// lists the known ones; a clone with missing objects may have more.
    fn mark_undecided(
        &self,
        repo: &Repo,
        stored: &Stored,
        config: &Config,
        mut lineage: Lineage,
        mut undecided: Undecided,
        findings: &mut [Finding],
    ) -> Result<(), StateError> {
        let is_open = |finding: &Finding| {
            matches!(finding.code, Code::MissingId | Code::StalePath)
                && finding.severity == Severity::Error
        };
        let lacks_something = repo.is_partial() || repo.is_shallow()?;
        if !findings.iter().any(is_open) {
            return Ok(());
        }
        if lacks_something {
            if !lineage.was_inconsistent() {
                lineage.heal(repo, Some(&self.tree), &|_| {})?;
            }
            undecided.extend(&lineage.undecided);
            if is_at_boundary(repo, &self.parents) {
                undecided.extend(&Undecided::between(config, &stored.registry, &self.tree));
            }
        }
        let Some(lacking) = MissingObjects::to_decide(repo, &undecided) else { return Ok(()) };
        let records = stored.registry.allocations.iter();
        let records = records.filter(|record| undecided.records.contains(&record.origin));
        let ids: BTreeSet<String> = records.map(|record| record.id.to_string()).collect();
        let is_undecided = |finding: &&mut Finding| {
            is_open(finding)
                && (finding.path.as_ref().is_some_and(|path| undecided.paths.contains(path))
                    || finding.id.as_ref().is_some_and(|id| ids.contains(id)))
        };
        for finding in findings.iter_mut().filter(is_undecided) {
            finding.help = lacking.help();
        }
        Ok(())
    }

    /// Returns the finding about a scope that differs from the scope in earlier commits.
    fn scope_finding(
        &self,
        repo: &Repo,
        stored: &Stored,
        config: &Config,
    ) -> Result<Option<Finding>, StateError> {
        let inherited = inherited_scope(repo, &self.parents, stored)?;
        let mut registry = stored.registry.scope;
        // If the registry has not changed since HEAD, the next commit replaces it.
        if let Some(scope) = inherited.filter(|_| self.is_index)
            && self.has_registry_of(repo, self.parents.first())?
        {
            registry = scope;
        }
        Ok(ScopeClaims { registry, config: config.scope, inherited }.finding(self.is_index))
    }

    /// Returns whether a commit has the same registry.
    fn has_registry_of(&self, repo: &Repo, commit: Option<&CommitId>) -> Result<bool, StateError> {
        let Some(commit) = commit.filter(|id| repo.has_commit(**id)) else { return Ok(false) };
        let entry = repo.tree_entry(repo.commit(*commit)?.tree, REGISTRY_PATH)?;
        Ok(entry.is_some() && entry == self.tree.get(&RepoPath::registry()).copied())
    }

    fn compare(
        &self,
        repo: &Repo,
        stored: &Stored,
        config: &Config,
        lineage: &Lineage,
        carried: &[Carried],
    ) -> Result<Vec<Finding>, StateError> {
        // The index is compared with the files in all its parents, including parents that cannot be
        // verified in this clone.
        let parents =
            if self.is_index { lineage.with_registry() } else { lineage.comparable(repo)? };
        let registry = stored.registry.with_origins_of(lineage.merged.as_ref());
        let subject = Subject {
            bytes: &stored.bytes,
            parents: &parents,
            merged: lineage.merged.as_ref(),
            published: &lineage.published,
            is_contested: lineage.contest.is_some(),
            carriers: carried,
            blobs: repo,
            ..Subject::new(config, &registry, &self.tree)
        };
        let mut findings = check(&subject);
        findings.retain(|finding| !self.is_undecided(finding));
        Ok(findings)
    }

    /// Returns whether a finding compares the registry with a path that is still unmerged.
    fn is_undecided(&self, finding: &Finding) -> bool {
        let compares =
            matches!(finding.code, Code::MissingId | Code::StalePath | Code::IdentityChanged);
        compares && finding.path.as_ref().is_some_and(|path| self.unmerged.contains(path))
    }
}
