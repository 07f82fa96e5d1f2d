//! The independent judge: reads commits with plain git and JSON, without any code of idhooks.

mod canonical;
mod leaks;
mod legacy;
#[allow(dead_code, reason = "shared with the simulator")]
pub(crate) mod objects;
pub(crate) mod view;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;

use crate::common::{Repo, is_dual_write, without_legacy};
pub(crate) use legacy::assert_legacy_in_step;
use view::Record;
pub(crate) use view::View;

/// Asserts that every commit that is reachable from branches or HEAD is consistent.
pub(crate) fn assert_all_consistent(repo: &Repo) {
    assert_consistent_except(repo, &[]);
}

/// Asserts that every commit except the named ones is consistent; those still count as parents.
pub(crate) fn assert_consistent_except(repo: &Repo, known_bad: &[&str]) {
    let faults = judge(repo, &names(repo, known_bad));
    assert!(faults.is_empty(), "{}\n{}", faults.join("\n"), repo.situation());
}

/// Asserts the same, and that each commit changes only the records of files that it changes; the
/// `healing` commits may also repair the registry after earlier commits.
pub(crate) fn assert_each_by_itself(repo: &Repo, known_bad: &[&str], healing: &[&str]) {
    let faults = judge_with_leaks(repo, &names(repo, known_bad), Some(&names(repo, healing)));
    assert!(faults.is_empty(), "{}\n{}", faults.join("\n"), repo.situation());
}

/// Returns the full names of commits.
fn names(repo: &Repo, revs: &[&str]) -> BTreeSet<String> {
    if revs.is_empty() {
        return BTreeSet::new();
    }
    let line = ["rev-parse"].iter().chain(revs).map(OsString::from).collect::<Vec<_>>();
    repo.ask(line).lines().map(str::to_owned).collect()
}

/// Asserts that `git status` is clean.
pub(crate) fn assert_clean(repo: &Repo) {
    assert_status(repo, "");
}

/// Asserts the output of `git status --porcelain`.
pub(crate) fn assert_status(repo: &Repo, leftovers: &str) {
    let status = repo.git("status --porcelain --untracked-files=all").stdout();
    // The legacy file may be left as the registry is, or not at all.
    let state = |path| status.lines().find(|line| line.ends_with(path)).map(|line| &line[..2]);
    let legacy = state(" registry/ID_REGISTRY.json");
    let is_as_registry = legacy.is_none() || legacy == state(" .idhooks/registry.json");
    let shown = if is_as_registry { without_legacy(&status) } else { status };
    assert_eq!(shown, leftovers, "leftovers\n{}", repo.situation());
}

/// Asserts that every commit is consistent and `git status` is clean.
pub(crate) fn assert_good(repo: &Repo) {
    assert_all_consistent(repo);
    assert_clean(repo);
}

/// Returns the faults of the commits that are reachable from branches or HEAD.
pub(crate) fn judge(repo: &Repo, known_bad: &BTreeSet<String>) -> Vec<String> {
    judge_with_leaks(repo, known_bad, None)
}

/// Returns the same, and if `healing` commits are given also the leaks into all other commits.
pub(crate) fn judge_with_leaks(
    repo: &Repo,
    known_bad: &BTreeSet<String>,
    healing: Option<&BTreeSet<String>>,
) -> Vec<String> {
    let lines = repo.git([
        "log",
        "--topo-order",
        "--reverse",
        "--branches",
        "HEAD",
        "--format=%H%x00%P%x00%h %s",
    ]);
    let lines = lines.stdout();
    let commits = lines.lines().map(|line| {
        let mut parts = line.splitn(3, '\0');
        [(); 3].map(|()| parts.next().expect("git prints three parts"))
    });
    let commits: Vec<[&str; 3]> = commits.collect();
    let names: Vec<&str> = commits.iter().map(|[name, ..]| *name).collect();
    let views: BTreeMap<&str, View> =
        names.iter().copied().zip(View::of_each(repo, &names)).collect();
    let mut faults = Vec::new();
    for [commit, parents, title] in commits {
        if known_bad.contains(commit) {
            continue;
        }
        let view = &views[commit];
        let parents: Vec<&View> = parents.split(' ').filter_map(|name| views.get(name)).collect();
        let mut found = of_commit(view, &parents);
        if let ([parent], Some(healing)) = (parents.as_slice(), healing) {
            let adopts = parent.raw.is_none();
            let leaks = || leaks::leaks(parent, view);
            found.extend((!adopts && !healing.contains(commit)).then(leaks).unwrap_or_default());
        }
        if is_dual_write() {
            found.extend(legacy::faults(repo, commit, view));
        }
        faults.extend(found.iter().map(|f| format!("[{title}] {f}")));
    }
    faults
}

/// Returns the faults of a commit with these parents.
pub(crate) fn of_commit(view: &View, parents: &[&View]) -> Vec<String> {
    if view.raw.is_none() {
        let adopted = parents.iter().any(|parent| parent.raw.is_some());
        return if adopted { vec!["the registry is gone".to_owned()] } else { Vec::new() };
    }
    // Parents of a subtree merge from another repository do not matter for these paths.
    let scope = |view: &View| view.json.as_ref().map(|json| json["scope"].clone());
    let is_kin = |parent: &&&View| scope(parent).is_none() || scope(parent) == scope(view);
    let parents: Vec<&View> = parents.iter().filter(is_kin).copied().collect();
    let mut faults = registry_faults(view, &parents);
    if view.json.is_none() {
        return faults;
    }
    faults.extend(sync(view));
    match parents.as_slice() {
        [] => {}
        [parent] => faults.extend(changed_identities(parent, view)),
        parents => faults.extend(foreign_identities(parents, view)),
    }
    faults
}

/// Returns the faults of a registry regardless of its tree: its form, duplicates, missing records
/// of its parents.
pub(crate) fn registry_faults(view: &View, parents: &[&View]) -> Vec<String> {
    let mut faults = canonical::faults(view.raw.as_deref().unwrap_or_default());
    if view.json.is_some() {
        faults.extend(duplicates(view));
        faults.extend(parents.iter().flat_map(|parent| lost_records(parent, view)));
    }
    faults
}

/// Checks that every tracked regular file has an identity, and no other path has one.
fn sync(view: &View) -> Vec<String> {
    let (ids, tracked) = (view.ids(), view.tracked());
    let missing = tracked.iter().filter(|path| !ids.contains_key(*path));
    let stale = ids.keys().filter(|path| !tracked.contains(*path));
    missing
        .map(|path| format!("no identity: {}", show(path)))
        .chain(stale.map(|path| format!("active but not tracked: {}", show(path))))
        .collect()
}

fn duplicates(view: &View) -> Vec<String> {
    let mut faults = Vec::new();
    let mut seen = BTreeSet::new();
    for record in &view.records {
        let path = record.active.then(|| format!("path twice: {}", show(&record.path)));
        let facts = [
            Some(format!("identity twice: {}", record.id)),
            Some(format!("origin twice: {}", record.origin)),
            path,
        ];
        for fact in facts.into_iter().flatten() {
            if !seen.insert(fact.clone()) {
                faults.push(fact);
            }
        }
    }
    faults
}

fn lost_records(parent: &View, view: &View) -> Vec<String> {
    let origins: BTreeSet<&str> = view.records.iter().map(|r| r.origin.as_str()).collect();
    let lost = parent.records.iter().filter(|record| !origins.contains(record.origin.as_str()));
    lost.map(|r| format!("record lost: {} {}", r.id, show(&r.path))).collect()
}

/// Checks, with one parent, that files that stayed or were only renamed keep their identities.
fn changed_identities(parent: &View, view: &View) -> Vec<String> {
    let (before, after) = (parent.ids(), view.ids());
    let mut faults = Vec::new();
    for (path, id) in &before {
        let is_kept = |now: &String| view.answers(now, id) || view.has_successor(parent, id, now);
        if let Some(now) = after.get(path).filter(|now| !is_kept(now)) {
            faults.push(format!("identity of {} changed: {id} -> {now}", show(path)));
        }
    }
    for (old, new) in exact_renames(parent, view) {
        let Some(id) = before.get(&old).filter(|id| !view.was_reassigned(parent, id)) else {
            continue;
        };
        let is_kept = |now: &&String| view.answers(now, id) || view.has_successor(parent, id, now);
        if after.get(&new).filter(is_kept).is_none() && !view.was_moved(parent, id, &new) {
            faults.push(lost_rename(&old, &new));
        }
    }
    faults
}

/// Returns the pairs of a deleted and an added path with the same blob, if no other deleted or
/// added path has that blob, it is large enough to be evidence, and at most one other file has it.
pub(crate) fn exact_renames(parent: &View, view: &View) -> Vec<(Vec<u8>, Vec<u8>)> {
    let gone = by_blob(parent, view);
    let come = by_blob(view, parent);
    let is_rare = |blob: &String| [parent, view].iter().all(|view| view.files_with(blob) <= 2);
    let gone = gone.into_iter().filter(|(blob, _)| come.contains_key(blob) && is_rare(blob));
    let pairs = gone.filter_map(|(blob, old)| Some((old, come.get(&blob)?.clone())));
    pairs
        .filter_map(|(mut old, mut new)| match (old.len(), new.len()) {
            (1, 1) => Some((old.remove(0), new.remove(0))),
            _ => None,
        })
        .collect()
}

/// Describes a rename that was not followed.
pub(crate) fn lost_rename(old: &[u8], new: &[u8]) -> String {
    format!("exact rename lost: {} -> {}", show(old), show(new))
}

fn by_blob(present: &View, absent: &View) -> BTreeMap<String, Vec<Vec<u8>>> {
    let mut found: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
    for path in present.tracked() {
        let file = &present.tree[&path];
        if file.size >= 32 && !absent.tree.contains_key(&path) {
            found.entry(file.blob.clone()).or_default().push(path);
        }
    }
    found
}

/// Checks, with several parents, that a file of a parent has an identity that it had in one of
/// them, unless that identity moved to another path. This compares allocations: if two branches
/// chose the same number for different files, the allocation may have another number in the merge.
fn foreign_identities(parents: &[&View], view: &View) -> Vec<String> {
    let before: Vec<_> = parents.iter().map(|parent| holders(parent)).collect();
    let after = holders(view);
    let placed: BTreeSet<&str> = after.values().map(|now| now.origin.as_str()).collect();
    let mut faults = Vec::new();
    for (path, now) in &after {
        let had: Vec<&&Record> = before.iter().filter_map(|held| held.get(path)).collect();
        let known = had.iter().any(|then| view.answers(&now.id, &then.id));
        let all_elsewhere = had.iter().all(|then| placed.contains(then.origin.as_str()));
        if !known && !all_elsewhere {
            let had: Vec<&str> = had.iter().map(|then| then.id.as_str()).collect();
            faults.push(format!("identity of {} is {}, was {had:?}", show(path), now.id));
        }
    }
    faults
}

/// Returns the records of the active paths.
fn holders(view: &View) -> BTreeMap<&[u8], &Record> {
    let active = view.records.iter().filter(|record| record.active);
    active.map(|record| (record.path.as_slice(), record)).collect()
}

fn show(path: &[u8]) -> String {
    path.escape_ascii().to_string()
}
