//! [`changed_between`]: compares two states of a branch directly, regardless of the individual
//! commits in between.

use std::collections::{BTreeMap, HashMap};

use idhooks_core::check::{Code, Finding, is_file, placement_in_tree};
use idhooks_core::embed;
use idhooks_core::registry::{Allocation, RepoPath};

use crate::git::{CommitId, Listed, Repo, TreeId};
use crate::state::{StateError, counted_tree, if_plannable, is_adopted_at};

use super::commit_reader::CommitReader;
use super::contested_merges::exchanged_since;
use super::healed_registries::registry_blob;
use super::lineage::Lineage;

/// A path's holders at the old and new tips.
struct Exchange {
    old: Allocation,
    new: Allocation,
}

/// Returns a finding for every path whose holder at the new tip is a different allocation than at
/// the old tip (or, if the history was replaced, at the merge base), unless a commit in between
/// explains the change.
///
/// To explain a change, a commit must descend from a commit with a registry that is also in the old
/// tip's history, and it must either delete the path or have a reason to give it to the new holder:
/// a command's note, an identity in the file, or the result of merging or healing its parents. A
/// new root, and commits that descend only from it, explain nothing.
///
/// # Errors
/// Returns an error if objects cannot be read.
pub fn changed_between(
    repo: &Repo,
    old: CommitId,
    new: CommitId,
) -> Result<Vec<Finding>, StateError> {
    let mut bases = repo.merge_bases(old, new)?;
    // If there is no merge base, the old tip itself shows which identities the branch had.
    if bases.is_empty() {
        bases.push(old);
    }
    let mut tips = Tips { repo, old, reader: CommitReader::new(repo), between: Vec::new() };
    let mut exchanged: BTreeMap<RepoPath, Exchange> = BTreeMap::new();
    for base in bases {
        exchanged.extend(tips.exchanged(base, new)?);
    }
    if exchanged.is_empty() {
        return Ok(Vec::new());
    }
    // Most pushes exchange nothing, so the commits in between are not listed until now.
    tips.between = descendants(repo, old, new)?;
    tips.leave_out_deleted(&mut exchanged)?;
    tips.leave_out_explained(&mut exchanged)?;
    if exchanged.is_empty() {
        return Ok(Vec::new());
    }
    // If a merge took these paths from the other side, the user can redo the merge.
    let mut findings = exchanged_since(repo, old, new)?;
    findings.retain(|finding| finding.path.as_ref().is_some_and(|p| exchanged.contains_key(p)));
    exchanged.retain(|path, _| !findings.iter().any(|finding| finding.path.as_ref() == Some(path)));
    findings.extend(exchanged.iter().map(|(path, exchange)| finding(path, exchange, old)));
    Ok(findings)
}

/// Returns whether two records belong to the same allocation, or one of them also answers to the
/// other's identity.
fn is_same(one: &Allocation, other: &Allocation) -> bool {
    one.origin == other.origin || one.answers_to(other.id) || other.answers_to(one.id)
}

fn finding(path: &RepoPath, exchange: &Exchange, tip: CommitId) -> Finding {
    let Exchange { old, new } = exchange;
    let message = format!(
        "'{path}' had {} in {} and now has {}; no commit between them explains it",
        old.id,
        tip.short(),
        new.id
    );
    let help = format!("give it back: idhooks assign {} {}", old.id, path.shell_quoted());
    let finding = Finding::new(Code::IdentityChanged, message, help).at(path).of(new.id);
    finding.related_to(Some(path), Some(old.id))
}

/// Returns the commits that are in the new tip's history but not in the old tip's, and that descend
/// from a commit with a registry that is in both histories.
fn descendants(repo: &Repo, old: CommitId, new: CommitId) -> Result<Vec<Listed>, StateError> {
    let commits = repo.commits_beyond(new, &[old.to_string()])?;
    let mut descends: HashMap<CommitId, bool> = HashMap::new();
    for commit in &commits {
        let mut is_one = false;
        for parent in &commit.parents {
            is_one |= match descends.get(parent) {
                Some(known) => *known,
                // This parent is also in the old tip's history.
                None => repo.has_commit(*parent) && is_adopted_at(repo, *parent)?,
            };
        }
        descends.insert(commit.id, is_one);
    }
    Ok(commits.into_iter().filter(|commit| descends[&commit.id]).collect())
}

/// The two tips, and the commits in between that may explain a change.
struct Tips<'r> {
    repo: &'r Repo,
    old: CommitId,
    reader: CommitReader<'r>,
    between: Vec<Listed>,
}

impl Tips<'_> {
    /// Returns the holder of each path in a commit, if the commit's registry can be trusted.
    fn holders(&mut self, id: CommitId) -> Result<BTreeMap<RepoPath, Allocation>, StateError> {
        let tree = counted_tree(self.repo, id)?;
        let Some(stored) = self.reader.witness(id)? else { return Ok(BTreeMap::new()) };
        let tree = self.reader.tree(tree)?;
        let holders = stored.registry.holders(|path| is_file(&tree, path));
        let holders = holders.into_iter().filter(|(path, _)| is_file(&tree, path));
        Ok(holders.map(|(path, record)| (path.clone(), record.clone())).collect())
    }

    /// Returns the paths whose holders differ between two commits.
    fn exchanged(
        &mut self,
        old: CommitId,
        new: CommitId,
    ) -> Result<BTreeMap<RepoPath, Exchange>, StateError> {
        let [before, after] = [old, new].map(|id| counted_tree(self.repo, id));
        if registry_blob(self.repo, before?)? == registry_blob(self.repo, after?)? {
            return Ok(BTreeMap::new());
        }
        let mut now = self.holders(new)?;
        let then = self.holders(old)?.into_iter();
        let both = then.filter_map(|(path, old)| {
            let new = now.remove(&path).filter(|new| !is_same(&old, new))?;
            Some((path, Exchange { old, new }))
        });
        Ok(both.collect())
    }

    /// Excludes the paths where some commit deletes a file or moves it away.
    fn leave_out_deleted(
        &self,
        exchanged: &mut BTreeMap<RepoPath, Exchange>,
    ) -> Result<(), StateError> {
        for commit in &self.between {
            for parent in commit.parents.iter().filter(|id| self.repo.has_commit(**id)) {
                let before = self.repo.commit(*parent)?.tree;
                for change in self.repo.changes(before, commit.tree)? {
                    if !change.new.is_some_and(|entry| entry.mode.is_file()) {
                        // Once a file has been deleted, its path is free for any other file.
                        exchanged.remove(&change.path);
                    }
                }
            }
        }
        Ok(())
    }

    /// Excludes the paths that some commit had a reason to give to the new holder.
    fn leave_out_explained(
        &mut self,
        exchanged: &mut BTreeMap<RepoPath, Exchange>,
    ) -> Result<(), StateError> {
        for commit in self.between.clone() {
            if exchanged.is_empty() {
                break;
            }
            // A commit that keeps its parents' registry gives no file a new identity.
            if self.has_registry_of_parents(&commit)? {
                continue;
            }
            let holders = self.holders(commit.id)?;
            let mut parents = Vec::new();
            for parent in commit.parents.iter().filter(|id| self.repo.has_commit(**id)) {
                parents.push(self.holders(*parent)?);
            }
            // Checks whether the path gets its new holder in this commit.
            let arrives = |path: &RepoPath, exchange: &Exchange| {
                let is_new = |holder: Option<&Allocation>| {
                    holder.is_some_and(|holder| is_same(holder, &exchange.new))
                };
                is_new(holders.get(path)) && !parents.iter().all(|p| is_new(p.get(path)))
            };
            let arrived: Vec<RepoPath> = exchanged
                .iter()
                .filter(|(path, exchange)| arrives(path, exchange))
                .map(|(path, _)| path.clone())
                .collect();
            if arrived.is_empty() {
                continue;
            }
            let given = self.given_by_parents(&commit)?;
            for path in arrived {
                let (Some(exchange), Some(holder)) = (exchanged.get(&path), holders.get(&path))
                else {
                    continue;
                };
                let is_given = given.get(&path).is_some_and(|given| is_same(given, holder));
                // A merge may combine files from several parents, and two of these files may have
                // had the same identity.
                let is_taken =
                    || given.iter().any(|(to, given)| *to != path && is_same(given, &exchange.old));
                if is_given
                    || (parents.len() > 1 && is_taken())
                    || self.notes(&commit, exchange)?
                    || self.carries(commit.tree, &path, holder)?
                {
                    exchanged.remove(&path);
                }
            }
        }
        Ok(())
    }

    /// Returns whether a commit has the same registry as all of its parents.
    fn has_registry_of_parents(&self, commit: &Listed) -> Result<bool, StateError> {
        let own = registry_blob(self.repo, counted_tree(self.repo, commit.id)?)?;
        for parent in commit.parents.iter().filter(|id| self.repo.has_commit(**id)) {
            if registry_blob(self.repo, counted_tree(self.repo, *parent)?)? != own {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Returns the holders that result from merging and healing the parents, and from the files
    /// that the commit takes from them. Returns nothing if a parent brings in a registry but does
    /// not descend from the old history.
    fn given_by_parents(
        &mut self,
        commit: &Listed,
    ) -> Result<BTreeMap<RepoPath, Allocation>, StateError> {
        let mut parents = commit.parents.clone();
        parents.retain(|id| self.repo.has_commit(*id));
        for parent in &parents {
            let is_known = self.between.iter().any(|one| one.id == *parent)
                || self.repo.is_in_history(*parent, self.old)?;
            // Otherwise, a push could include its own root commit, with a registry that explains
            // any exchange.
            if !is_known && is_adopted_at(self.repo, *parent)? {
                return Ok(BTreeMap::new());
            }
        }
        let mut lineage = Lineage::of_witnesses(self.repo, &parents)?;
        if if_plannable(lineage.heal(self.repo, None, &|_| {}))?.is_none() {
            return Ok(BTreeMap::new());
        }
        let Some(merged) = &lineage.merged else { return Ok(BTreeMap::new()) };
        let tree = self.reader.tree(commit.tree)?;
        let records = merged.by_origin();
        let mut given = merged.holders(|path| is_file(&tree, path));
        let is_tracked = |path: &RepoPath| is_file(&tree, path);
        let parents = lineage.with_registry();
        let places = placement_in_tree(&lineage.inherited(&parents), &tree, &is_tracked);
        let kept = places.iter().filter_map(|(path, origin)| Some((path, *records.get(origin)?)));
        given.extend(kept);
        Ok(given.into_iter().map(|(path, record)| (path.clone(), record.clone())).collect())
    }

    /// Returns whether a commit adds a command's note about an exchange: in the new holder's
    /// record, in the old holder's record if it names a successor, or in another record that names
    /// the new holder as its successor.
    fn notes(&mut self, commit: &Listed, exchange: &Exchange) -> Result<bool, StateError> {
        let Some(stored) = self.reader.witness(commit.id)? else { return Ok(false) };
        let mut before = Vec::new();
        for parent in commit.parents.iter().filter(|id| self.repo.has_commit(**id)) {
            before.extend(self.reader.witness(*parent)?);
        }
        // A root commit's notes come from elsewhere, so they are not evidence.
        if before.is_empty() {
            return Ok(false);
        }
        let records = stored.registry.allocations.iter();
        let concerned = records.filter(|record| {
            let heir = record.successor();
            is_same(record, &exchange.new)
                || (is_same(record, &exchange.old) && heir.is_some())
                || heir.is_some_and(|id| exchange.new.answers_to(id))
        });
        for record in concerned {
            let then = before.iter().map(|stored| {
                let mut records = stored.registry.allocations.iter();
                records.find(|then| then.origin == record.origin)
            });
            // If a parent already had the note, it is not evidence for a change in this commit.
            if record.has_evidence() && then.flatten().all(|then| record.adds_evidence_to(then)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Returns whether a file carries its holder's identity and the rules allow it to carry one.
    fn carries(
        &mut self,
        tree: TreeId,
        path: &RepoPath,
        holder: &Allocation,
    ) -> Result<bool, StateError> {
        // Anyone can write an identity into a file, so it counts only where the rules say so.
        if !self.reader.config(tree)?.embeds(path) {
            return Ok(false);
        }
        let entry = self.repo.tree_entry(tree, path.as_bytes())?;
        let content = entry.and_then(|entry| self.repo.blob(entry.blob).ok());
        let id = content.and_then(|content| embed::read_id(path, &content));
        Ok(id.is_some_and(|id| holder.answers_to(id)))
    }
}
