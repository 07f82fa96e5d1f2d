//! post-rewrite: the commits of a rebase that are not true are made again, and so is an amended
//! one.
//!
//! A rebase calls no hook that could put the registry into its commits; the merge driver gets
//! nearly all of them right, but it does not see directory renames or what a person resolved
//! by hand.

use std::collections::{BTreeMap, BTreeSet};

use crate::commands::healing::{tell_some, while_healing};
use crate::error::CommandError;
use crate::git::{CommitId, Rebase, Repo};
use crate::output::Ui;
use crate::plan::Edit;
use crate::registry::Registry;
use crate::walk::{Pick, Remade, append_given, is_true_with_parents, remake};

use super::amended::amended;
use super::replace_head;

const REASON: &str = "idhooks: registry of the rebase";

/// A chain of commits that takes the place of another.
#[derive(Default)]
struct Chain {
    /// The registry that the first of them found.
    before: Option<Registry>,
    /// The registry that the last of them has; nothing where it gave idhooks up.
    registry: Option<Registry>,
    /// Which commit took the place of which.
    replaced: Vec<(CommitId, CommitId)>,
    edits: BTreeSet<Edit>,
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
    let made_here: BTreeSet<CommitId> = made.iter().copied().collect();
    let mut untrue = BTreeSet::new();
    for commit in &made {
        if !is_true_with_parents(repo, *commit, &|id| made_here.contains(&id))? {
            untrue.insert(*commit);
        }
    }
    if untrue.is_empty() {
        return Ok(());
    }
    let why = match why_not(repo, head, &rebase, &untrue)? {
        Some(why) => why,
        None => match while_healing(|progress| rebuild(repo, &rebase, &made, &untrue, progress))? {
            Ok(chain) => return put_in_place(ui, repo, head, chain),
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
    progress: &dyn Fn(usize),
) -> Result<Result<Chain, String>, CommandError> {
    let mut places: BTreeMap<CommitId, CommitId> = BTreeMap::new();
    let mut chain = Chain::default();
    for id in made {
        let commit = repo.commit(*id)?;
        let place = |id: &CommitId| places.get(id).copied().unwrap_or(*id);
        let parents: Vec<CommitId> = commit.parents.iter().map(place).collect();
        if parents == commit.parents && !untrue.contains(id) {
            continue;
        }
        let picks = picks(rebase, |new| new == *id);
        let remade = remake(repo, commit.tree, commit.author_time, &parents, &picks, progress)?;
        let tree = remade.as_ref().map_or(commit.tree, |remade| remade.tree);
        if parents == commit.parents && tree == commit.tree {
            continue;
        }
        let new = match commit.store_again(&repo.git(), tree, &parents) {
            Err(error) if commit.is_signed() => {
                return Ok(Err(format!("one of them could not be signed again: {error}")));
            }
            stored => stored?,
        };
        places.insert(*id, new);
        chain.add(*id, new, remade);
    }
    Ok(Ok(chain))
}

impl Chain {
    fn add(&mut self, old: CommitId, new: CommitId, remade: Option<Remade>) {
        if let Some(Remade { plan, lineage, snapshot, .. }) = &remade {
            let before = snapshot.registry().or(lineage.merged.as_ref());
            let edits = before.map(|before| Edit::between(before, &plan.registry));
            self.edits.extend(edits.unwrap_or_default());
            if self.replaced.is_empty() {
                self.before.clone_from(&lineage.merged);
            }
        }
        self.replaced.push((old, new));
        self.registry = remade.map(|remade| remade.plan.registry);
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
    chain: Chain,
) -> Result<(), CommandError> {
    let Some((_, tip)) = chain.replaced.last() else { return Ok(()) };
    match &chain.registry {
        Some(registry) => replace_head(ui, repo, head, *tip, registry, REASON)?,
        None => repo.move_head(*tip, head, REASON)?,
    }
    if let Err(error) = repo.copy_notes("rebase", &chain.replaced) {
        ui.warning(&format!("idhooks: the notes of the rebased commits were not copied: {error}"));
    }
    let registry = chain.registry.as_ref();
    if let Some(problem) = registry.and_then(|r| append_given(repo, chain.before.as_ref(), r)) {
        ui.warning(&problem);
    }
    let count = chain.replaced.len();
    let commits = if count == 1 { "commit" } else { "commits" };
    ui.status(&format!("idhooks: {count} {commits} of the rebase got a better registry:"));
    tell_some(ui, &chain.edits.into_iter().collect::<Vec<_>>());
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
    let remade = while_healing(|progress| {
        remake(repo, commit.tree, commit.author_time, &[head], &picks, progress)
    })?;
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
