//! [`ReferenceChanges`]: what a change, such as a pull request, does to references.

use std::collections::{BTreeMap, HashMap};

use idhooks_core::check::{Code, Finding};
use idhooks_core::config::Config;
use idhooks_core::registry::{Origin, Registry, RepoPath};
use idhooks_repo::git::{CommitId, Repo};
use idhooks_repo::state::CommitState;

use super::findings::{CheckedReference, checked_references};
use super::reference_list::ListedReference;
use super::retired::{RetiredSearch, RetiredTarget, retired_records};
use super::search::ReferenceSearch;
use crate::OpsError;

/// The effects of a change on references.
#[derive(Debug, Default)]
pub struct ReferenceChanges {
    /// The findings about all references after the change.
    pub findings: Vec<Finding>,
    /// The number of findings about references that the change adds.
    pub added: usize,
    /// The files whose identities the change retires, with the references to them.
    pub retired: Vec<RetiredTarget>,
    /// The files that the change edits although other files have read them.
    pub unread: Vec<UnreadChange>,
}

/// A file that a change edits, and the references that become suspect by that.
#[derive(Debug, Clone)]
pub struct UnreadChange {
    /// The file.
    pub path: RepoPath,
    /// The references, in the order of the files and of their lines.
    pub references: Vec<ListedReference>,
}

/// The content after a change, and the commits that it came from.
pub(crate) struct ChangedState<'c> {
    pub(crate) repo: &'c Repo,
    /// The content after the change.
    pub(crate) view: &'c CommitState,
    pub(crate) config: &'c Config,
    /// The commit that is changed.
    pub(crate) base: Option<CommitId>,
    /// The last commit of the change.
    pub(crate) head: CommitId,
}

/// What a reference has in common with itself before a change: the file, by its identity if it has
/// one, and the text.
type ReferenceKey = (Result<Origin, RepoPath>, String);

impl ChangedState<'_> {
    /// Finds what the change does to references, if the rules have a table `[references]`.
    ///
    /// # Errors
    /// Returns an error if the files cannot be searched, or if the base cannot be read.
    pub(crate) fn references(&self) -> Result<ReferenceChanges, OpsError> {
        let Some(registry) = self.view.registry().filter(|_| self.config.has_references()) else {
            return Ok(ReferenceChanges::default());
        };
        let base = self.base.map(|base| CommitState::of_commit(self.repo, base)).transpose()?;
        let base = base.as_ref().and_then(|base| Some((base, base.registry()?)));
        // Both are searched by the same rules: new rules are not what makes references suspect.
        let before = base.map(|(view, registry)| self.checked(view, registry)).transpose()?;
        if self.view.commit.is_none() {
            // Nearly all files after a merge are those of a parent, and git can search only these.
            let head = CommitState::of_commit(self.repo, self.head)?;
            ReferenceSearch::new(self.repo, &head, self.config, None).all()?;
        }
        let after = self.checked(self.view, registry)?;
        let mut changes = ReferenceChanges::default();
        if let (Some(before), Some((_, former))) = (before, base) {
            changes.compare([&keyed(former, &before), &keyed(registry, &after)]);
            let retired = retired_records(former, registry);
            if !retired.is_empty() {
                let search = RetiredSearch {
                    repo: self.repo,
                    view: self.view,
                    config: self.config,
                    checksum: None,
                    is_quick: false,
                };
                let found = search.find(retired, || Ok(registry.clone()))?;
                changes.retired = found.unwrap_or_default();
            }
        }
        changes.findings = after.into_iter().flat_map(|checked| checked.findings).collect();
        Ok(changes)
    }

    fn checked(
        &self,
        view: &CommitState,
        registry: &Registry,
    ) -> Result<Vec<CheckedReference>, OpsError> {
        checked_references(self.repo, view, self.config, registry, None)
    }
}

/// Returns references by what stays the same in a change.
fn keyed<'c>(
    registry: &Registry,
    references: &'c [CheckedReference],
) -> HashMap<ReferenceKey, Vec<&'c CheckedReference>> {
    let origins = registry.active().map(|record| (&record.path, record.origin));
    let origins: BTreeMap<&RepoPath, Origin> = origins.collect();
    let mut keyed: HashMap<ReferenceKey, Vec<&CheckedReference>> = HashMap::new();
    for checked in references {
        let ListedReference { path, text, .. } = &checked.reference;
        let file = origins.get(path).copied().ok_or_else(|| path.clone());
        keyed.entry((file, text.clone())).or_default().push(checked);
    }
    keyed
}

impl ReferenceChanges {
    /// Compares the references before and after the change.
    fn compare(&mut self, [before, after]: [&HashMap<ReferenceKey, Vec<&CheckedReference>>; 2]) {
        let mut unread: BTreeMap<RepoPath, Vec<ListedReference>> = BTreeMap::new();
        let is_suspect = |one: &CheckedReference| {
            one.findings.iter().any(|finding| finding.code == Code::ReferenceSuspect)
        };
        for (key, now) in after {
            let then = before.get(key).map_or(&[][..], |then| then);
            // The text is the same, so all of them are suspect, or none.
            let became = now.iter().any(|one| is_suspect(one))
                && !then.is_empty()
                && !then.iter().any(|one| is_suspect(one));
            for (n, checked) in now.iter().enumerate() {
                if n >= then.len() {
                    self.added += checked.findings.len();
                } else if became && let Some(named) = &checked.reference.named {
                    unread.entry(named.path.clone()).or_default().push(checked.reference.clone());
                }
            }
        }
        let unread = unread.into_iter().map(|(path, mut references)| {
            references
                .sort_by(|a, b| (&a.path, a.line, a.column).cmp(&(&b.path, b.line, b.column)));
            UnreadChange { path, references }
        });
        self.unread = unread.collect();
    }
}
