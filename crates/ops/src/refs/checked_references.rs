//! [`CheckedReferences`]: all references in an index, a commit or a merge, with their findings.

use idhooks_core::check::Finding;
use idhooks_core::config::Config;
use idhooks_core::registry::{BlobId, Registry};
use idhooks_repo::git::Repo;
use idhooks_repo::state::CommitState;

use super::findings::ReferenceCheck;
use super::reference_list::{ListedReference, UncheckedReferences};
use super::search::ReferenceSearch;
use crate::OpsError;

/// Where references are checked.
#[derive(Clone, Copy)]
pub(crate) struct ReferenceSource<'c> {
    pub(crate) repo: &'c Repo,
    /// The index, the commit or the merge.
    pub(crate) view: &'c CommitState,
    pub(crate) config: &'c Config,
    /// The checksum that the index had before it was read.
    pub(crate) checksum: Option<BlobId>,
    /// The commit as the user named it; commands in messages need it.
    pub(crate) rev: Option<&'c str>,
}

/// All references, with their findings.
#[derive(Default)]
pub(crate) struct CheckedReferences {
    /// The references, in the order of the files and of their lines.
    pub(crate) references: Vec<CheckedReference>,
    /// The files and references that were not checked.
    pub(crate) unchecked: UncheckedReferences,
}

/// A reference with its findings.
pub(crate) struct CheckedReference {
    pub(crate) reference: ListedReference,
    pub(crate) findings: Vec<Finding>,
}

impl ReferenceSource<'_> {
    /// Checks the references, if the rules have a table `[references]`.
    ///
    /// # Errors
    /// Returns an error if the files cannot be searched.
    pub(crate) fn check(&self) -> Result<CheckedReferences, OpsError> {
        match self.view.registry().filter(|_| self.config.has_references()) {
            Some(registry) => self.check_by(registry),
            None => Ok(CheckedReferences::default()),
        }
    }

    /// Checks the references by this registry.
    ///
    /// # Errors
    /// Returns an error if the files cannot be searched.
    pub(crate) fn check_by(&self, registry: &Registry) -> Result<CheckedReferences, OpsError> {
        let &ReferenceSource { repo, view, config, checksum, rev } = self;
        let search = ReferenceSearch::new(repo, view, config, checksum);
        let (files, unsearched) = search.all()?;
        let mut check = ReferenceCheck::new(repo, view, registry, config).of_commit(rev);
        let mut unchecked = UncheckedReferences { files: unsearched, references: Vec::new() };
        let checked = |reference| {
            let findings = check.findings(&reference);
            if check.is_uncompared(&reference) {
                unchecked.references.push(reference.clone());
            }
            CheckedReference { reference, findings }
        };
        let references = search.listed(registry, files).into_iter().map(checked).collect();
        Ok(CheckedReferences { references, unchecked })
    }
}

impl CheckedReferences {
    /// Returns whether there are no findings, and everything was checked.
    pub(crate) fn is_clean(&self) -> bool {
        self.unchecked.is_empty() && self.references.iter().all(|one| one.findings.is_empty())
    }

    /// Returns the findings.
    pub(crate) fn into_findings(self) -> Vec<Finding> {
        self.references.into_iter().flat_map(|checked| checked.findings).collect()
    }
}
