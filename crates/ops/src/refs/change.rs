//! [`ReferenceChanges`]: what a change, such as a pull request, does to references.

use std::collections::{BTreeMap, HashMap};

use idhooks_core::check::{Code, Finding};
use idhooks_core::config::Config;
use idhooks_core::registry::{Origin, REGISTRY_PATH, Registry, RepoPath};
use idhooks_repo::git::{CommitId, Repo};
use idhooks_repo::state::{CommitState, StateError};

use super::checked_references::{CheckedReference, CheckedReferences, ReferenceSource};
use super::reference_list::{ListedReference, UncheckedReferences};
use super::retired::{RetiredSearch, RetiredTarget, retired_records};
use super::search::ReferenceSearch;
use super::stamps::StampComparison;
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
    /// The references that were not checked after the change.
    pub unchecked: UncheckedReferences,
    /// Whether the references before the change are not known, since this clone lacks the registry
    /// of its base.
    pub lacks_base: bool,
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
    /// The name of that commit.
    pub(crate) base_name: &'c str,
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
        let base = self.base.map(|base| self.available(base)).transpose()?;
        let lacks_base = matches!(base, Some(None));
        let base = base.flatten();
        let base = base.as_ref().and_then(|base| Some((base, base.registry()?)));
        // Both are searched by the same rules: new rules are not what makes references suspect.
        let before = base.map(|(view, registry)| self.source(view).check_by(registry));
        let before = before.transpose()?;
        // Nearly all files after a merge are those of a parent, and git can search only these.
        let head = self.view.commit.is_none().then(|| self.available(self.head));
        let head = head.transpose()?.flatten();
        let in_head = head.as_ref().map(|head| self.search(head).all()).transpose()?;
        let mut after = self.source(self.view).check_by(registry)?;
        if let Some((head, (files, _))) = head.as_ref().zip(in_head)
            && let Some(registry) = head.registry()
        {
            let listed = self.search(head).listed(registry, files);
            self.advise_to_merge(head, &listed, &mut after);
        }
        let mut changes = ReferenceChanges { lacks_base, ..ReferenceChanges::default() };
        if let (Some(before), Some((_, former))) = (before, base) {
            changes
                .compare([&keyed(former, &before.references), &keyed(registry, &after.references)]);
            changes.retired = self.retired(former, registry)?;
        }
        changes.unchecked.clone_from(&after.unchecked);
        changes.findings = after.into_findings();
        Ok(changes)
    }

    /// Returns the files whose identities the change retires, with the references to them.
    fn retired(&self, former: &Registry, now: &Registry) -> Result<Vec<RetiredTarget>, OpsError> {
        let retired = retired_records(former, now);
        if retired.is_empty() {
            return Ok(Vec::new());
        }
        let &ChangedState { repo, view, config, .. } = self;
        let search = RetiredSearch { repo, view, config, checksum: None, is_quick: false };
        // All files without an answer are named in any case.
        Ok(search.find(retired, || Ok(now.clone()))?.unwrap_or_default().targets)
    }

    /// Corrects the help about suspect references that the branch alone does not have, or not with
    /// the content after the merge: a review there would stamp another content.
    fn advise_to_merge(
        &self,
        head: &CommitState,
        in_head: &[ListedReference],
        after: &mut CheckedReferences,
    ) {
        let [Some(former), Some(registry)] = [head.registry(), self.view.registry()] else {
            return;
        };
        let mut in_branch = StampComparison::new(self.repo, head, former);
        let mut merged = StampComparison::new(self.repo, self.view, registry);
        let suspects = after.references.iter_mut().filter_map(|checked| {
            let CheckedReference { reference, findings } = checked;
            let suspect = findings.iter_mut().find(|one| one.code == Code::ReferenceSuspect)?;
            Some((&*reference, suspect))
        });
        let suspects: Vec<(&ListedReference, &mut Finding)> = suspects.collect();
        if suspects.is_empty() {
            return;
        }
        let place = |one: &ListedReference| (one.path.clone(), one.line, one.text.clone());
        let by_place: HashMap<_, _> = in_head.iter().map(|one| (place(one), one)).collect();
        for (reference, suspect) in suspects {
            let there = by_place.get(&place(reference)).and_then(|one| in_branch.present(one));
            if there.is_none() || there != merged.present(reference) {
                let (base, help) = (self.base_name, &suspect.help);
                suspect.help = format!(
                    "the branch does not have this yet, so merge '{base}' into it first; then {help}"
                );
            }
        }
    }

    /// Reads a commit, unless this clone lacks its registry, which is not fetched for this.
    fn available(&self, commit: CommitId) -> Result<Option<CommitState>, OpsError> {
        let tree = self.repo.commit(commit).map_err(StateError::from)?.tree;
        let registry = self.repo.tree_entry(tree, REGISTRY_PATH).map_err(StateError::from)?;
        match registry.is_some_and(|entry| !self.repo.has_blob(entry.blob)) {
            true => Ok(None),
            false => Ok(Some(CommitState::of_commit(self.repo, commit)?)),
        }
    }

    fn search<'v>(&'v self, view: &'v CommitState) -> ReferenceSearch<'v> {
        ReferenceSearch::new(self.repo, view, self.config, None)
    }

    fn source<'v>(&'v self, view: &'v CommitState) -> ReferenceSource<'v> {
        let &ChangedState { repo, config, .. } = self;
        ReferenceSource { repo, view, config, checksum: None, rev: None }
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
