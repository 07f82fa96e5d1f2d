//! post-rewrite: the commits of a rebase that are not true are made again, and so is an amended
//! one.
//!
//! A rebase calls no hook that could put the registry into its commits; the merge driver gets
//! nearly all of them right, but it does not see directory renames or what a person resolved
//! by hand.

use std::collections::{BTreeMap, BTreeSet};

use crate::commands::healing::tell_some;
use crate::error::CommandError;
use crate::git::{CommitId, Rebase, Repo};
use crate::output::Ui;
use crate::plan::Edit;
use crate::registry::Registry;
use crate::walk::{Judgement, Pick, Remade, append_given, judge, remake};

use super::amended::amended;
use super::replace_head;

const REASON: &str = "idhooks: registry of the rebase";

/// A chain of commits that takes the place of another.
struct Chain {
    tip: CommitId,
    /// The registry that the first of them found.
    before: Option<Registry>,
    /// The registry that the last of them has.
    registry: Registry,
    /// Which commit took the place of which.
    replaced: Vec<(CommitId, CommitId)>,
    edits: Vec<Edit>,
}

pub(super) fn run(ui: &mut Ui, repo: &Repo, command: &str) -> Result<(), CommandError> {
    match command {
        "rebase" => rebased(ui, repo),
        "amend" => amended(ui, repo),
        _ => Ok(()),
    }
}

fn rebased(ui: &mut Ui, repo: &Repo) -> Result<(), CommandError> {
    let (Some(rebase), Some(head)) = (repo.rebase()?, repo.head()?) else { return Ok(()) };
    let made = repo.commits_since(head, &[rebase.onto, rebase.old_head])?;
    let mut untrue = BTreeSet::new();
    for commit in &made {
        // What an untrue parent lost, a commit put on it does not know of.
        let parents = repo.commit(*commit)?.parents;
        for id in parents.iter().filter(|id| repo.has_commit(**id)).chain([commit]) {
            if matches!(judge(repo, *id)?, Judgement::Untrue(_)) {
                untrue.insert(*commit);
            }
        }
    }
    if untrue.is_empty() {
        return Ok(());
    }
    let why = match why_not(repo, head, &rebase, &untrue)? {
        Some(why) => why,
        None => match rebuild(repo, &rebase, &made, &untrue)? {
            Ok(chain) => return put_in_place(ui, repo, head, chain.as_ref()),
            Err(why) => why,
        },
    };
    follow_up(ui, repo, head, &rebase, &why)
}

/// Returns why the commits cannot be made again, if they cannot.
fn why_not(
    repo: &Repo,
    head: CommitId,
    rebase: &Rebase,
    untrue: &BTreeSet<CommitId>,
) -> Result<Option<String>, CommandError> {
    if !rebase.other_branches.is_empty() {
        // git moves them to the commits it made once this hook has ended.
        let names = rebase.other_branches.join(", ");
        return Ok(Some(format!("git moves other branches to them as well: {names}")));
    }
    let ours: BTreeSet<CommitId> = repo.commits_of_only(head, rebase)?.into_iter().collect();
    let shared = !untrue.is_subset(&ours);
    Ok(shared.then(|| "other branches or tags have them already".to_owned()))
}

/// Makes the untrue commits and all that follow them again; says why if a signature that they
/// had cannot be made.
fn rebuild(
    repo: &Repo,
    rebase: &Rebase,
    made: &[CommitId],
    untrue: &BTreeSet<CommitId>,
) -> Result<Result<Option<Chain>, String>, CommandError> {
    let mut places: BTreeMap<CommitId, CommitId> = BTreeMap::new();
    let mut chain = None;
    for id in made {
        let commit = repo.commit(*id)?;
        let place = |id: &CommitId| places.get(id).copied().unwrap_or(*id);
        let parents: Vec<CommitId> = commit.parents.iter().map(place).collect();
        if parents == commit.parents && !untrue.contains(id) {
            continue;
        }
        let picks = picks(rebase, |new| new == *id);
        let Some(remade) = remake(repo, commit.tree, commit.author_time, &parents, &picks)? else {
            continue;
        };
        if parents == commit.parents && remade.tree == commit.tree {
            continue;
        }
        let new = match commit.store_again(&repo.git(), remade.tree, &parents) {
            Err(error) if commit.is_signed() => {
                return Ok(Err(format!("one of them could not be signed again: {error}")));
            }
            stored => stored?,
        };
        places.insert(*id, new);
        let chain = chain.get_or_insert_with(|| Chain::new(new, &remade));
        chain.add(*id, new, remade);
    }
    Ok(Ok(chain))
}

impl Chain {
    fn new(tip: CommitId, first: &Remade) -> Self {
        let registry = first.plan.registry.clone();
        let before = first.lineage.merged.clone();
        Chain { tip, before, registry, replaced: Vec::new(), edits: Vec::new() }
    }

    fn add(&mut self, old: CommitId, new: CommitId, remade: Remade) {
        let before = remade.snapshot.registry().or(remade.lineage.merged.as_ref());
        let after = remade.plan.registry;
        for edit in before.map(|before| Edit::between(before, &after)).unwrap_or_default() {
            if !self.edits.contains(&edit) {
                self.edits.push(edit);
            }
        }
        self.replaced.push((old, new));
        (self.tip, self.registry) = (new, after);
    }
}

/// Returns the commits that became those which `is_meant` names.
fn picks(rebase: &Rebase, is_meant: impl Fn(CommitId) -> bool) -> Vec<Pick> {
    let meant = rebase.rewritten.iter().filter(|(_, new)| is_meant(*new));
    meant.map(|(old, _)| Pick { commit: *old, reverting: false }).collect()
}

fn put_in_place(
    ui: &mut Ui,
    repo: &Repo,
    head: CommitId,
    chain: Option<&Chain>,
) -> Result<(), CommandError> {
    let Some(chain) = chain else { return Ok(()) };
    replace_head(ui, repo, head, chain.tip, &chain.registry, REASON)?;
    if let Err(error) = repo.copy_notes(&chain.replaced) {
        ui.warning(&format!("idhooks: the notes of the rebased commits were not copied: {error}"));
    }
    if let Some(problem) = append_given(repo, chain.before.as_ref(), &chain.registry) {
        ui.warning(&problem);
    }
    let count = chain.replaced.len();
    let commits = if count == 1 { "commit" } else { "commits" };
    ui.status(&format!("idhooks: {count} {commits} of the rebase got a better registry:"));
    tell_some(ui, &chain.edits);
    Ok(())
}

/// Adds one commit after the others that puts the registry in order.
fn follow_up(
    ui: &mut Ui,
    repo: &Repo,
    head: CommitId,
    rebase: &Rebase,
    why: &str,
) -> Result<(), CommandError> {
    let commit = repo.commit(head)?;
    let picks = picks(rebase, |_| true);
    let remade = remake(repo, commit.tree, commit.author_time, &[head], &picks)?;
    let Some(remade) = remade.filter(|remade| remade.tree != commit.tree) else { return Ok(()) };
    let after = &remade.plan.registry;
    let new = repo.store_follow_up(head, remade.tree, REASON)?;
    replace_head(ui, repo, head, new, after, REASON)?;
    if let Some(problem) = append_given(repo, remade.lineage.merged.as_ref(), after) {
        ui.warning(&problem);
    }
    ui.status("idhooks: commits of the rebase were not true; a commit that heals them was added");
    ui.status(&format!("idhooks: they stay as they are, since {why}"));
    let before = remade.snapshot.registry();
    let edits = before.map(|before| Edit::between(before, after)).unwrap_or_default();
    tell_some(ui, &edits);
    Ok(())
}
