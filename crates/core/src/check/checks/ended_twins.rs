//! `IDENTITY_CHANGED`: identities that ended together, although the trees show that their files were
//! only moved.

use std::collections::BTreeMap;

use crate::check::{Code, Finding, Subject};
use crate::registry::{Allocation, BlobId, Change, RepoPath};
use crate::rename::is_distinctive;

/// Returns a warning for every content that several deleted paths had and at least as many new paths
/// have, if the identities of several of these paths ended. Which file is which is unknown, so no
/// pairing is required, but no file has gone.
///
/// Applies only to commits with one parent.
pub fn ended_twins(subject: &Subject<'_>) -> Vec<Finding> {
    let [parent] = subject.parents else { return Vec::new() };
    let mut moved: BTreeMap<BlobId, [Vec<RepoPath>; 2]> = BTreeMap::new();
    for Change { path, old, new } in Change::between(parent.tree, subject.tree) {
        match (old, new) {
            (Some(old), None) if old.mode.is_file() => {
                moved.entry(old.blob).or_default()[0].push(path);
            }
            (None, Some(new)) if new.mode.is_file() && subject.is_tracked(&path) => {
                moved.entry(new.blob).or_default()[1].push(path);
            }
            _ => {}
        }
    }
    moved.retain(|_, [from, to]| from.len() > 1 && to.len() >= from.len());
    if moved.is_empty() {
        return Vec::new();
    }
    let holders = parent.holders();
    let records = subject.registry.by_origin();
    let has_ended = |then: &&Allocation| {
        then.is_active() && records.get(&then.origin).is_some_and(|now| now.revives())
    };
    let mut findings = Vec::new();
    for (blob, [from, to]) in moved {
        let ended: Vec<&Allocation> =
            from.iter().filter_map(|path| holders.get(path).copied()).filter(has_ended).collect();
        if let [first, .., _] = *ended
            && is_distinctive(subject.blobs, blob)
        {
            findings.push(warning(first, ended.len(), &to[0]));
        }
    }
    findings
}

fn warning(first: &Allocation, ended: usize, to: &RepoPath) -> Finding {
    let Allocation { id, path, .. } = first;
    let message = format!(
        "{ended} identities ended, such as {id} of '{path}', although no file with their content was deleted: it goes on at '{to}'"
    );
    let help = format!(
        "if these are the same files, assign each of them its identity: idhooks assign {id} {}",
        to.shell_quoted()
    );
    Finding::new(Code::IdentityChanged, message, help)
        .at(to)
        .related_to(Some(path), Some(*id))
        .into_warning()
}
