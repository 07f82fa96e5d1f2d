//! `IDENTITY_CHANGED`: files that stayed in place or were renamed without edits must keep their
//! identity.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::check::{
    Code, Evidence, Finding, Parent, Severity, Subject, is_file, misplaced, placement_in_tree,
};
use crate::embed;
use crate::registry::{Allocation, BlobId, Change, Id, Origin, RepoPath, Status, Succession, Tree};
use crate::rename::{BlobCounts, NEARLY_EMPTY, is_distinctive, related};

/// Returns a finding for every file that stayed in place or was renamed without edits, but whose
/// identity changed.
pub(super) fn check(subject: &Subject<'_>) -> Vec<Finding> {
    [kept(subject), exact_renames(subject)].concat()
}

/// Checks condition (4) for a consistent commit: every path that still exists keeps its identity.
pub(super) fn kept(subject: &Subject<'_>) -> Vec<Finding> {
    let is_tracked = |path: &RepoPath| subject.is_tracked(path);
    let placement = placement_in_tree(&subject.parents_merged(), subject.tree, &is_tracked);
    let view = IdentityView::of(subject);
    let changed = placement.iter().filter_map(|(path, origin)| view.changed(path, *origin));
    let changed = changed.chain(view.reassigned(subject));
    changed.chain(revived_elsewhere(subject, &view)).chain(with_file_of_another(subject)).collect()
}

/// Returns a finding for every identity that a merge gave to a file that belongs to another
/// identity, unless the file's content may come from the identity's own file.
fn with_file_of_another(subject: &Subject<'_>) -> Vec<Finding> {
    let evidence = Evidence { config: subject.config, blobs: subject.blobs };
    let records = &subject.registry.allocations;
    let misplaced = misplaced(&subject.parents_merged(), subject.tree, records);
    let findings = misplaced.into_iter().filter_map(|now| {
        let new = subject.tree.get(&now.path).filter(|_| subject.is_tracked(&now.path))?.blob;
        let is_explained = |parent: &Parent<'_>| {
            let mut before = parent.registry.allocations.iter();
            let before = before.find(|then| then.origin == now.origin);
            before.is_some_and(|then| {
                let old = evidence.old(std::slice::from_ref(parent), then);
                evidence.explains(then, now, &old, new)
            })
        };
        let mut before =
            subject.parents.iter().filter_map(|parent| parent.holders().remove(&now.path));
        let before = before.next()?;
        let help = "the next 'git commit' with idhooks gives the file an identity of its own";
        let finding = || Finding { help: help.to_owned(), ..changed(&now.path, before, now) };
        (!subject.parents.iter().any(is_explained)).then(finding)
    });
    findings.collect()
}

/// Returns a finding for every identity that was revived at a path other than its file's.
///
/// Applies only to commits with one parent.
fn revived_elsewhere(subject: &Subject<'_>, view: &IdentityView<'_>) -> Vec<Finding> {
    // A merge may revive an identity because it is active in the other parent.
    let [parent] = subject.parents else { return Vec::new() };
    let is_tracked = |path: &RepoPath| subject.is_tracked(path);
    let findings = parent.registry.allocations.iter().filter_map(|then| {
        let now = view.records.get(&then.origin)?;
        // The identity's file was missing from the parent, so only healing can know its former
        // content.
        let was_gone = then.is_active()
            && !parent.tree.is_empty()
            && !is_file(parent.tree, &then.path)
            && (now.is_active() && now.path != then.path);
        let is_misplaced = (was_gone && is_tracked(&then.path))
            || is_revived_elsewhere(then, now, subject.tree, &is_tracked);
        let on_purpose =
            || view.succession().concerns(then.origin) || view.may_carry(&now.path, now);
        let holder = view.holders.get(&then.path).filter(|_| is_misplaced && !on_purpose())?;
        Some(changed(&then.path, then, holder))
    });
    findings.collect()
}

/// Returns whether a deleted file's identity was revived at another path, although the file is back
/// at its own path with the content it had when it was deleted.
pub fn is_revived_elsewhere(
    then: &Allocation,
    now: &Allocation,
    tree: &Tree,
    is_tracked: &dyn Fn(&RepoPath) -> bool,
) -> bool {
    let is_at = |path: &RepoPath| {
        let file = tree.get(path).filter(|_| is_tracked(path));
        file.is_some_and(|file| Some(file.blob) == then.last_blob())
    };
    let is_back = then.revives() && now.is_active() && now.path != then.path;
    is_back && is_at(&then.path) && !is_at(&now.path)
}

/// Returns a finding for every unambiguous exact rename that changed the identity. A rename is
/// unambiguous if exactly one deleted path and one added path have the blob, and either their names
/// are related or no other path in either tree has that blob.
///
/// Applies only to commits with one parent.
pub fn exact_renames(subject: &Subject<'_>) -> Vec<Finding> {
    // With several parents, a rename is ambiguous: the file may have come from any of them.
    let [parent] = subject.parents else { return Vec::new() };
    let view = IdentityView::of(subject);
    let holders = parent.holders();
    let renames = unambiguous_renames(parent, subject);
    // Excluded files have no identity to keep.
    let tracked = renames.iter().filter(|rename| subject.is_tracked(&rename.to));
    let changed = tracked.filter_map(|rename| {
        let before = holders.get(&rename.from)?;
        let placed = view.records.get(&before.origin)?;
        // A record may be at another path because a command moved it there (and possibly ended it),
        // or because the file there carries the identity.
        let elsewhere = placed.path != rename.to
            && placed.status != Status::Deprecated
            && (view.succession().concerns(placed.origin)
                || (placed.is_active() && view.may_carry(&placed.path, placed)));
        // A command takes precedence over a rename.
        let by_command = || {
            let holder = view.holders.get(&rename.to);
            let concerns = |holder: &&Allocation| view.succession().concerns(holder.origin);
            holder.is_some_and(|holder| concerns(holder) && view.is_about(holder, placed.origin))
        };
        let finding = view.changed(&rename.to, before.origin);
        let finding = finding.filter(|_| !elsewhere && !by_command())?;
        Some(if rename.is_small { unfollowed(finding, before, &rename.to) } else { finding })
    });
    changed.collect()
}

/// Returns those findings of [`exact_renames`] whose identities this commit itself shadows, ends,
/// or moves to a path with different content. Only the merge driver makes such changes, because it
/// cannot see which file belongs to which identity.
pub(super) fn lost_by_driver(subject: &Subject<'_>) -> Vec<Finding> {
    let [parent] = subject.parents else { return Vec::new() };
    let lost = newly_shadowed(subject, parent).chain(ended(subject, parent));
    let lost: BTreeSet<Id> = lost.chain(with_another_file(subject, parent)).collect();
    let is_lost = |finding: &Finding| {
        let old = finding.related.first().and_then(|related| related.id.as_ref()?.parse().ok());
        old.is_some_and(|id| lost.contains(&id))
    };
    let mut findings = if lost.is_empty() { Vec::new() } else { exact_renames(subject) };
    findings.retain(|finding| finding.severity == Severity::Error && is_lost(finding));
    findings
}

/// Returns the identities that another identity shadows in this commit but not in the parent.
fn newly_shadowed<'a>(
    subject: &Subject<'a>,
    parent: &'a Parent<'a>,
) -> impl Iterator<Item = Id> + use<'a> {
    let shadowed = subject.registry.active().filter(|record| record.shadowed);
    let mut shadowed = shadowed.peekable();
    // If the parent was healed, its records come from a plan and lack the `shadowed` flag.
    let before = shadowed.peek().map(|_| parent.registry.shadowing()).unwrap_or_default();
    shadowed.filter(move |r| !before.contains_key(&r.origin)).map(|record| record.id)
}

/// Returns the identities that ended on another branch when their files' content differed from the
/// content in the parent. If the merge driver ended an identity, only the content it was allocated
/// for is known.
fn ended<'a>(subject: &Subject<'a>, parent: &'a Parent<'a>) -> impl Iterator<Item = Id> + use<'a> {
    let Subject { tree, registry, .. } = *subject;
    let gone = parent.registry.active().filter(|then| !is_file(tree, &then.path));
    let gone = gone.filter_map(|then| {
        let file = parent.tree.get(&then.path)?;
        Some((then.origin, (&then.path, file.blob)))
    });
    let gone: BTreeMap<Origin, (&RepoPath, BlobId)> = gone.collect();
    let records = registry.allocations.iter().filter(|record| record.revives());
    let ended = records.filter(move |record| {
        gone.get(&record.origin).is_some_and(|(path, last)| match record.last_blob() {
            Some(blob) => blob != *last,
            None => record.is_ended_by_driver() && !record.origin.is_of_file(path, *last),
        })
    });
    ended.map(|record| record.id)
}

/// Returns the identities that have moved from their files to new files with different content.
fn with_another_file<'a>(
    subject: &Subject<'a>,
    parent: &'a Parent<'a>,
) -> impl Iterator<Item = Id> + use<'a> {
    let Subject { tree, registry, .. } = *subject;
    let is_new = |now: &&Allocation| is_file(tree, &now.path) && !is_file(parent.tree, &now.path);
    let new: BTreeMap<Origin, &Allocation> =
        registry.active().filter(is_new).map(|record| (record.origin, record)).collect();
    let known = if new.is_empty() { &[][..] } else { &parent.registry.allocations };
    known.iter().filter(|then| then.is_active()).filter_map(move |then| {
        let now = new.get(&then.origin)?;
        let [before, after] =
            [parent.tree.get(&then.path)?, tree.get(&now.path)?].map(|it| it.blob);
        (before != after && !now.origin.is_of_file(&now.path, after)).then_some(now.id)
    })
}

/// Downgrades the finding for a small file with an unrelated name to a warning, because earlier
/// versions of idhooks did not follow such renames.
fn unfollowed(finding: Finding, before: &Allocation, to: &RepoPath) -> Finding {
    let assign = format!("idhooks assign {} {}", before.id, to.shell_quoted());
    let help =
        format!("an earlier version of idhooks may have made this commit; to undo it: {assign}");
    Finding { help, ..finding }.into_warning()
}

/// The records in a commit and in its parents.
pub struct IdentityView<'a> {
    holders: BTreeMap<&'a RepoPath, &'a Allocation>,
    records: BTreeMap<Origin, &'a Allocation>,
    before: BTreeMap<Origin, &'a Allocation>,
    subject: Subject<'a>,
    /// Computed only when needed, which is rare.
    succession: OnceCell<Succession>,
    /// Also computed only when needed.
    by_id: OnceCell<BTreeMap<Id, Origin>>,
}

impl<'a> IdentityView<'a> {
    /// Prepares the comparison of a commit with its parents.
    pub fn of(subject: &Subject<'a>) -> Self {
        IdentityView {
            holders: subject.registry.holders(|path| subject.is_tracked(path)),
            records: subject.registry.by_origin(),
            before: subject.inherited().map(|r| (r.origin, r)).collect(),
            subject: *subject,
            succession: OnceCell::new(),
            by_id: OnceCell::new(),
        }
    }

    /// Returns a finding for every record that lost an identity or alias it had in a parent. If the
    /// commit has one parent, this includes records whose identity now belongs to another of the
    /// parent's records, because only a merge may displace a record.
    pub fn reassigned(&self, subject: &Subject<'_>) -> Vec<Finding> {
        let changed = subject.inherited().filter_map(|then| {
            let now = self.records.get(&then.origin)?;
            let mut ids = then.aliases.iter().chain([&then.id]);
            let is_kept = ids.all(|id| now.answers_to(*id)) && !self.is_displaced(then, now);
            (!is_kept).then(|| changed(&now.path, then, now))
        });
        changed.collect()
    }

    /// Returns whether a record's identity now belongs to another record that the only parent also
    /// has.
    fn is_displaced(&self, then: &Allocation, now: &Allocation) -> bool {
        if now.id == then.id || self.subject.parents.len() != 1 {
            return false;
        }
        let other = self.by_id().get(&then.id);
        let before = other.and_then(|other| self.before.get(other));
        before.is_some_and(|before| !before.answers_to(then.id))
    }

    /// Returns a finding if `path` has an identity other than `expected`, unless the commit adds
    /// evidence that the replacement was intentional.
    pub fn changed(&self, path: &RepoPath, expected: Origin) -> Option<Finding> {
        // A path without a holder is reported as MISSING_ID.
        let holder = self.holders.get(path)?;
        let old = self.records.get(&expected).or_else(|| self.before.get(&expected))?;
        let is_on_purpose =
            || self.succession().leads(expected, holder.origin) && self.is_about(holder, expected);
        if holder.origin == expected || is_on_purpose() {
            return None;
        }
        // Two records shared this path, and a command moved the other one away.
        let had_path = |then: &&Allocation| then.is_active() && then.path == *path;
        let was_shadowed = self.before.get(&holder.origin).is_some_and(had_path);
        let has_left = old.is_active() && old.path != *path;
        if was_shadowed && has_left && self.succession().concerns(expected) {
            return None;
        }
        let is_carried =
            self.succession().returns(expected, holder.origin) && self.may_carry(path, holder);
        (!is_carried).then(|| changed(path, old, holder))
    }

    /// Returns whether the file at a path carries a record's identity, or may carry it because the
    /// file's content is not available.
    fn may_carry(&self, path: &RepoPath, record: &Allocation) -> bool {
        let Subject { config, tree, blobs, .. } = self.subject;
        let content = || tree.get(path).and_then(|entry| blobs.read(entry.blob));
        let carries = |content: &[u8]| {
            embed::read_id(path, content).is_some_and(|carried| record.answers_to(carried))
        };
        config.embeds(path) && content().is_none_or(|content| carries(&content))
    }

    /// Returns the allocation that each identity belongs to.
    fn by_id(&self) -> &BTreeMap<Id, Origin> {
        let pairs = || self.records.values().map(|record| (record.id, record.origin));
        self.by_id.get_or_init(|| pairs().collect())
    }

    /// Returns whether a record's notes are about its current path, which would otherwise belong to
    /// `from`. If no parent has the record, its notes may come from a commit that git replayed, and
    /// be about an earlier path. Such notes count only if the other record was moved elsewhere, or
    /// if the file was created or carries the identity here.
    fn is_about(&self, record: &Allocation, from: Origin) -> bool {
        let is_its_file = |blob| record.origin.is_of_file(&record.path, blob);
        self.before.contains_key(&record.origin)
            || self.succession().concerns(from)
            || self.subject.tree.get(&record.path).is_some_and(|file| is_its_file(file.blob))
            || self.may_carry(&record.path, record)
    }

    fn succession(&self) -> &Succession {
        let Subject { registry, parents, .. } = self.subject;
        let parents = parents.iter().map(|parent| parent.registry);
        self.succession.get_or_init(|| Succession::added(registry.allocations.iter(), parents))
    }
}

fn changed(path: &RepoPath, old: &Allocation, new: &Allocation) -> Finding {
    let message = if old.id != new.id {
        format!("'{path}' had {} and now has {}", old.id, new.id)
    } else if old.origin != new.origin {
        format!(
            "'{path}' had {} with the origin {} and now has it with {}",
            old.id, old.origin, new.origin
        )
    } else {
        let lost: Vec<String> = old.aliases.difference(&new.aliases).map(Id::to_string).collect();
        format!("{} of '{path}' lost its alias {}", old.id, lost.join(", "))
    };
    let help = format!("the next 'git commit' with idhooks restores {}", old.id);
    let finding = Finding::new(Code::IdentityChanged, message, help).at(path).of(new.id);
    finding.related_to(Some(&old.path), Some(old.id))
}

/// A file that was moved without edits.
struct ExactRename {
    from: RepoPath,
    to: RepoPath,
    /// Whether the file is nearly empty and its two names are unrelated.
    is_small: bool,
}

fn unambiguous_renames(parent: &Parent<'_>, subject: &Subject<'_>) -> Vec<ExactRename> {
    let mut by_blob: BTreeMap<BlobId, (Vec<RepoPath>, Vec<RepoPath>)> = BTreeMap::new();
    for change in Change::between(parent.tree, subject.tree) {
        match (change.old, change.new) {
            (Some(old), None) if old.mode.is_file() => {
                by_blob.entry(old.blob).or_default().0.push(change.path);
            }
            (None, Some(new)) if new.mode.is_file() => {
                by_blob.entry(new.blob).or_default().1.push(change.path);
            }
            _ => {}
        }
    }
    let counts = BlobCounts::in_trees(parent.tree, subject.tree, None);
    // If there are several candidates, only git's tie-breaking decides how they are paired, so no
    // pairing is required.
    let single = by_blob.into_iter().filter_map(|(blob, (mut from, mut to))| {
        let one = from.len() == 1 && to.len() == 1;
        let (from, to) = Some((from.pop()?, to.pop()?)).filter(|_| one)?;
        // Related names are sufficient evidence, whatever the content.
        let is_related = related(&from, &to);
        let is_it = is_related || counts.is_unique(blob) && is_distinctive(subject.blobs, blob);
        let size = || subject.blobs.size(blob);
        let is_small = !is_related && is_it && size().is_none_or(|size| size < NEARLY_EMPTY);
        is_it.then_some(ExactRename { from, to, is_small })
    });
    single.collect()
}
