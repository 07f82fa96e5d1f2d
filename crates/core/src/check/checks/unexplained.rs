//! Changes that neither a rule nor a command explains: a record has a new status
//! (`IDENTITY_CHANGED`), or now names an unrelated file (`ID_REUSED`).
//!
//! When a rule or command makes such a change, the reason is in the record or shows in the files.
//! An edit to the registry by hand leaves no reason.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::{Code, Finding, Parent, Subject, is_file};
use crate::config::Config;
use crate::embed;
use crate::registry::{Allocation, BlobId, Origin, RepoPath, Status, Tree};
use crate::rename::{Blobs, NEARLY_EMPTY, similar_enough};

/// Returns a finding for every change that neither a rule nor a command explains.
pub(super) fn check(subject: &Subject<'_>) -> Vec<Finding> {
    [statuses(subject), unrelated_files(subject)].concat()
}

/// Returns a finding for every record that gives no reason for its status, if that status differs
/// from the record's status in every parent that has the record.
pub fn statuses(subject: &Subject<'_>) -> Vec<Finding> {
    let records = &subject.registry.allocations;
    // The commit that supersedes a record must name the successor; later commits don't have to.
    let superseded = subject.inherited().filter(|record| record.status == Status::Superseded);
    let superseded: BTreeSet<Origin> = superseded.map(|record| record.origin).collect();
    let is_new =
        |r: &&Allocation| r.status != Status::Superseded || !superseded.contains(&r.origin);
    let open = records.iter().filter(is_new).filter(|record| !record.explains_its_status(records));
    let findings = open.filter_map(|record| {
        let parents = subject.inherited();
        let mut before = parents.filter(|then| then.origin == record.origin).peekable();
        // A new record had no previous status.
        before.peek()?;
        (!before.any(|then| then.status == record.status)).then(|| status(record))
    });
    findings.collect()
}

fn status(record: &Allocation) -> Finding {
    let Allocation { id, path, .. } = record;
    let status = record.status.as_str();
    let message = format!(
        "{id} of '{path}' became {status} without a reason in its record, so no rule or command did it"
    );
    let help = match record.status {
        Status::Superseded => format!(
            "the next 'git commit' with idhooks reverts that; to replace it on purpose: idhooks supersede {id} --by <id>"
        ),
        _ => format!(
            "the next 'git commit' with idhooks reverts that; if it does not: idhooks revive {id}; to deprecate it on purpose: idhooks deprecate {id} --reason <text>"
        ),
    };
    Finding::about(record, Code::IdentityChanged, message, help)
}

/// The sources of evidence that a record whose path changed still names the same file.
#[derive(Clone, Copy)]
pub struct Evidence<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// Access to files' contents.
    pub blobs: &'a dyn Blobs,
}

impl Evidence<'_> {
    /// Returns whether there is evidence that a record rightly moved to its current path since
    /// `before`: a command noted the move, or the file has one of the contents in `old`, is similar
    /// to one of them, carries the identity, or is the file the record was allocated for. Content
    /// that is missing from the clone counts as evidence.
    pub fn explains(
        &self,
        before: &Allocation,
        now: &Allocation,
        old: &[BlobId],
        new: BlobId,
    ) -> bool {
        // Without former content, there is nothing to compare and no reason for a finding.
        old.is_empty()
            || old.contains(&new)
            || now.adds_evidence_to(before)
            || now.origin.is_of_file(&now.path, new)
            || self.shows(now, old, new)
    }

    /// Returns the contents that a record's file had in the parents or, if it was deleted, before
    /// its deletion; empty if unknown.
    pub fn old(&self, parents: &[Parent<'_>], before: &Allocation) -> Vec<BlobId> {
        if !before.is_active() {
            return before.last_blob().into_iter().collect();
        }
        let entries = parents.iter().filter_map(|parent| parent.tree.get(&before.path));
        entries.filter(|entry| entry.mode.is_file()).map(|entry| entry.blob).collect()
    }

    fn shows(&self, now: &Allocation, old: &[BlobId], new: BlobId) -> bool {
        let Some(content) = self.blobs.read(new) else { return true };
        let carried = || embed::read_id(&now.path, &content).is_some_and(|id| now.answers_to(id));
        let is_similar = |old: &BlobId| match self.blobs.read(*old) {
            Some(old) => similar_enough(&old, &content, self.config.rename.similarity),
            None => true,
        };
        (self.config.embeds(&now.path) && carried()) || old.iter().any(is_similar)
    }

    /// Returns whether this may be a deleted file that returned to its path, with content too small
    /// to compare.
    fn allows_small(&self, before: &Allocation, now: &Allocation, new: BlobId) -> bool {
        let is_small = |blob: BlobId| self.blobs.size(blob).is_none_or(|size| size < NEARLY_EMPTY);
        before.path == now.path && (before.last_blob().is_none_or(is_small) || is_small(new))
    }
}

/// Returns a warning for every record that names a new file after its old file was deleted, if
/// there is no evidence that the two are the same file.
///
/// This is not an error: a squashed commit may have renamed a file in one step and rewritten it in
/// another.
pub fn unrelated_files(subject: &Subject<'_>) -> Vec<Finding> {
    let evidence = Evidence { config: subject.config, blobs: subject.blobs };
    let moved = moved(subject).into_iter().filter_map(|(now, before)| {
        let new = subject.tree.get(&now.path).filter(|entry| entry.mode.is_file())?.blob;
        let is_explained = |(parent, then): &(&Parent<'_>, &Allocation)| {
            evidence.explains(then, now, &evidence.old(std::slice::from_ref(*parent), then), new)
                || evidence.allows_small(then, now, new)
                || follows_asset(subject.tree, parent.tree, &then.path, &now.path)
        };
        let (_, then) = before.first()?;
        (!before.iter().any(is_explained)).then(|| unrelated(then, now))
    });
    moved.collect()
}

/// Returns whether both paths are sidecars, `<name><suffix>` with a suffix that begins with a dot, and
/// the commit replaced the first `<name>` by the second one.
fn follows_asset(tree: &Tree, parent: &Tree, from: &RepoPath, to: &RepoPath) -> bool {
    let (from, to) = (from.as_bytes(), to.as_bytes());
    let common = from.iter().rev().zip(to.iter().rev()).take_while(|(a, b)| a == b).count();
    let is_file = |tree: &Tree, path: &[u8]| RepoPath::new(path).is_ok_and(|p| is_file(tree, &p));
    let is_replaced = |suffix: usize| {
        let [from, to] = [from, to].map(|path| &path[..path.len() - suffix]);
        is_file(parent, from) && is_file(tree, to) && !is_file(tree, from) && !is_file(parent, to)
    };
    let mut suffixes = (1..=common).filter(|suffix| from[from.len() - suffix] == b'.');
    suffixes.any(is_replaced)
}

/// A parent and its version of the record.
type Before<'a> = (&'a Parent<'a>, &'a Allocation);

/// Returns the active records at paths that are new to all parents, along with the parents'
/// versions of these records. A parent's version may have the same path if the file was deleted
/// there. Records whose former path is still tracked are left to other checks.
fn moved<'a>(subject: &Subject<'a>) -> Vec<(&'a Allocation, Vec<Before<'a>>)> {
    let now: BTreeMap<Origin, &Allocation> =
        subject.registry.active().map(|r| (r.origin, r)).collect();
    let mut before: BTreeMap<Origin, Vec<Before<'a>>> = BTreeMap::new();
    let mut stayed: BTreeSet<Origin> = BTreeSet::new();
    for parent in subject.parents {
        for then in &parent.registry.allocations {
            match now.get(&then.origin) {
                Some(now) if now.path == then.path && !then.revives() => {
                    stayed.insert(then.origin);
                }
                Some(_) => before.entry(then.origin).or_default().push((parent, then)),
                None => {}
            }
        }
    }
    before.retain(|origin, before| {
        let is_new = |parent: &Parent<'_>| !is_file(parent.tree, &now[origin].path);
        !stayed.contains(origin)
            && subject.parents.iter().all(is_new)
            && !before
                .iter()
                .any(|(_, then)| then.path != now[origin].path && subject.is_tracked(&then.path))
    });
    before.into_iter().map(|(origin, before)| (now[&origin], before)).collect()
}

fn unrelated(then: &Allocation, now: &Allocation) -> Finding {
    let (id, before, path) = (now.id, &then.path, &now.path);
    let message = match before == path {
        false => format!(
            "{id} named '{before}' and now names '{path}', which has nothing in common with it, and no command moved it"
        ),
        true => format!(
            "{id} named a file at '{path}' that was deleted, and now names a file there that is not similar to it"
        ),
    };
    let help = format!(
        "if '{path}' is the same file, do nothing; otherwise give it an identity of its own: idhooks supersede {id} --with-new"
    );
    Finding::about(now, Code::IdReused, message, help).into_warning().related_to(Some(before), None)
}
