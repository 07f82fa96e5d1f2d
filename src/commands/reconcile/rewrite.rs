//! `idhooks reconcile --rewrite`: rewrites unpublished commits, each with a consistent registry.
//!
//! If a commit changes an identity and a later one confirms that, no further commit can heal it. While
//! these commits are unpublished, they can be replaced.

use std::{collections::BTreeSet, path::Path};

use idhooks_core::check::{Finding, Severity};
use idhooks_core::plan::{Edit, EventKind};
use idhooks_core::registry::{Origin, REGISTRY_PATH};
use idhooks_ops::{
    NewHead, Reach, named_commits, note_event, replace_head_by, while_healing, writer_lock,
};
use idhooks_repo::git::{Commit, CommitId, Listed, Repo};
use idhooks_repo::history::{Consistency, check_consistency, verify_history};
use idhooks_repo::state::{CommitState, has_registry};
use idhooks_repo::transaction::{
    RebuildError, Rebuilt, Remedy, audit, backup, rebuild, remedy, to_rewrite,
};
use serde::Serialize;

use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{Format, Ui, count, json};

/// The limit for commits that are checked without being requested.
const MOST: &str = "--max-count=100";
const REASON: &str = "idhooks: reconcile --rewrite";

/// The commits to rewrite, at the end of the current branch.
struct RewriteRange {
    head: CommitId,
    commits: Vec<Listed>,
}

/// The result of a rewrite.
struct RewriteOutcome {
    rebuilt: Rebuilt,
    /// The ref that keeps the old commits; none in a dry run.
    backup: Option<String>,
}

pub(super) fn run(
    ui: &mut Ui,
    dir: &Path,
    shown: &str,
    is_dry_run: bool,
    format: Format,
) -> CommandResult<Exit> {
    let repo = Repo::open(dir)?.synced();
    let _lock = writer_lock(&repo, "reconcile", Reach::Everything)?;
    let range = RewriteRange::read(&repo, shown)?;
    // A dry run leaves no objects behind.
    let repo = if is_dry_run { repo.writing_aside()? } else { repo };
    let mut outcome =
        RewriteOutcome { rebuilt: range.rebuild(ui, &repo, is_dry_run)?, backup: None };
    let left = range.left(&repo, &outcome.rebuilt)?;
    warn_of_dropped(ui, &repo, range.head, &outcome.rebuilt);
    if !is_dry_run && !outcome.rebuilt.replaced.is_empty() {
        outcome.backup = Some(put_in_place(ui, &repo, range.head, &outcome.rebuilt)?);
    }
    match format {
        Format::Json => ui.data(&outcome.json()),
        Format::Text => outcome.show(ui, &repo)?,
    }
    outcome.summarize(ui, shown);
    if left.is_empty() {
        return Ok(Exit::Fine);
    }
    ui.complain(&left);
    ui.hint("the remaining findings need a manual fix; see the help of each");
    Ok(Exit::Findings)
}

/// Returns the range of recent commits outside the remote's main branch that only a rewrite can heal.
///
/// # Errors
/// Returns an error if an object cannot be read.
pub(super) fn needed(repo: &Repo) -> CommandResult<Option<String>> {
    let Some(head) = repo.head()? else { return Ok(None) };
    let main = format!("refs/remotes/origin/{}", repo.main_branch()?);
    let known = match repo.resolve(&main)? {
        Some(main) => main.to_string(),
        None => "--remotes".to_owned(),
    };
    let repo = Repo::open_to_read(repo.top())?.writing_aside()?;
    let commits = |tip: CommitId| {
        repo.commits(&[MOST.to_owned(), tip.to_string(), "--not".to_owned(), known.clone()])
    };
    let is_fine = |tip: CommitId| {
        let history = verify_history(&repo, &commits(tip)?, &|| {})?;
        let mut findings = history.faults.iter().flat_map(|(_, findings)| findings);
        Ok::<_, CommandError>(!findings.any(|f| f.severity == Severity::Error))
    };
    if is_fine(head)? {
        return Ok(None);
    }
    Ok(match remedy(&repo, &commits(head)?, is_fine)? {
        Some(Remedy::Rewrite { range }) => Some(range),
        Some(Remedy::FollowUp) | None => None,
    })
}

impl RewriteRange {
    /// Reads the range, and checks that it can be rewritten now.
    fn read(repo: &Repo, shown: &str) -> CommandResult<Self> {
        if let Some(operation) = repo.operation_in_progress()? {
            return Err(CommandError::new(operation).hint("finish or abort it first: git status"));
        }
        repo.assert_clean().map_err(|error| {
            CommandError::new("commits are rewritten only while nothing else is changed")
                .because(&error)
                .hint("commit them, or put them aside: git stash")
        })?;
        let Some(head) = repo.head()? else {
            return Err(CommandError::new("there is no commit yet").hint("commit first"));
        };
        if shown.starts_with('-') {
            return Err(CommandError::new(format!("'{shown}' names no commits"))
                .hint("name a range: idhooks reconcile --rewrite origin/main..HEAD"));
        }
        let commits = named_commits(repo, &[shown.to_owned()])?;
        if commits.last().map(|commit| commit.id) != Some(head) {
            let branch = repo.own_branch()?.unwrap_or_else(|| "HEAD".to_owned());
            let error =
                CommandError::new(format!("'{shown}' does not end at HEAD, the tip of '{branch}'"));
            return Err(error
                .hint("name the commit before the first one to rewrite: idhooks reconcile --rewrite <commit>..HEAD")
                .hint("commits of another branch: first run 'git switch <branch>'"));
        }
        if !has_registry(repo, head)? {
            return Err(CommandError::new(format!("HEAD has no '{REGISTRY_PATH}'")).hint(
                "restore it from a commit that has it, and commit; see: git log -- .idhooks",
            ));
        }
        // Every commit is compared with its parents.
        for commit in &commits {
            let parents = repo.commit(commit.id)?.parents;
            if parents.iter().any(|parent| !repo.has_commit(*parent)) {
                let short = commit.id.short();
                return Err(CommandError::new(format!("this clone lacks the parents of {short}"))
                    .hint("fetch them: git fetch --unshallow"));
            }
        }
        Ok(RewriteRange { head, commits })
    }

    /// Rewrites the inconsistent commits and all that follow them, without moving a ref.
    fn rebuild(&self, ui: &mut Ui, repo: &Repo, is_dry_run: bool) -> CommandResult<Rebuilt> {
        let wrong = to_rewrite(repo, &self.commits)?;
        self.assert_unshared(repo, &wrong)?;
        let store = |commit: &Commit, tree, parents: &[CommitId]| match is_dry_run {
            // A dry run should not ask for a signature.
            true => commit.store_unsigned(&repo.git(), tree, parents),
            false => commit.store_again(&repo.git(), tree, parents),
        };
        let ids: Vec<CommitId> = self.commits.iter().map(|commit| commit.id).collect();
        let no_picks = |_| Vec::new();
        match while_healing(ui, |progress| rebuild(repo, &ids, &wrong, &no_picks, &store, progress))
        {
            Ok(rebuilt) => Ok(rebuilt),
            Err(RebuildError::State(error)) => Err(error.into()),
            Err(RebuildError::Unsigned(commit, error)) => {
                Err(CommandError::new(format!("cannot sign {} again", commit.short()))
                    .because(&error)
                    .hint(
                        "unlock the key (sign anything), then run this again; nothing was changed",
                    ))
            }
        }
    }

    /// Asserts that the `wrong` commits, and those that follow them, are only on this branch.
    fn assert_unshared(&self, repo: &Repo, wrong: &BTreeSet<CommitId>) -> CommandResult<()> {
        let mut replaced: Vec<CommitId> = Vec::new();
        for commit in &self.commits {
            let follows = commit.parents.iter().any(|parent| replaced.contains(parent));
            if follows || wrong.contains(&commit.id) {
                replaced.push(commit.id);
            }
        }
        let own = repo.own_branch()?;
        let Some((shared, names)) = repo.shared(&replaced, self.head, own.as_deref())? else {
            return Ok(());
        };
        let names: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
        let (short, names) = (shared.short(), names.join(", "));
        let first = replaced.first().map(CommitId::short).unwrap_or_default();
        let mut error =
            CommandError::new(format!("{short} is in {names} too, and would have to be rewritten"))
                .because(&"published commits are not changed");
        if own.is_none() {
            error = error.hint("HEAD is detached; switch to the branch first: git switch <branch>");
        }
        if shared != self.head {
            error = error.hint(format!(
                "rewrite the commits after it: idhooks reconcile --rewrite {short}..HEAD"
            ));
        }
        Err(error.hint(format!(
            "if only you use {names}: git rebase --no-ff {first}^ makes new commits with consistent registries; push them with --force-with-lease"
        )))
    }

    /// Returns the last consistent commits before the range; the range must heal what follows them.
    fn consistent_before(&self, repo: &Repo) -> CommandResult<BTreeSet<CommitId>> {
        let mut seen: BTreeSet<CommitId> = self.commits.iter().map(|commit| commit.id).collect();
        let mut queue: Vec<CommitId> =
            self.commits.iter().flat_map(|commit| &commit.parents).copied().collect();
        let mut consistent = BTreeSet::new();
        while let Some(id) = queue.pop() {
            if !seen.insert(id) || !repo.has_commit(id) {
                continue;
            }
            match check_consistency(repo, id)? {
                Consistency::Inconsistent(_) => queue.extend(repo.commit(id)?.parents),
                Consistency::Consistent | Consistency::NotAdopted => {
                    consistent.insert(id);
                }
            }
        }
        Ok(consistent)
    }

    /// Returns the findings that the rewrite does not heal.
    fn left(&self, repo: &Repo, rebuilt: &Rebuilt) -> CommandResult<Vec<Finding>> {
        let tip = rebuilt.replaced.last().map_or(self.head, |(_, new)| *new);
        let before = self.consistent_before(repo)?;
        let before = before.iter().map(|commit| format!("^{commit}"));
        let revisions: Vec<String> = std::iter::once(tip.to_string()).chain(before).collect();
        let history = verify_history(repo, &repo.commits(&revisions)?, &|| {})?;
        let findings = history.faults.into_iter().flat_map(|(_, findings)| findings);
        Ok(findings.filter(|finding| finding.severity == Severity::Error).collect())
    }
}

/// Warns of identities that only the old commits have: they were assigned on purpose to files that keep
/// their previous identities in the new commits.
fn warn_of_dropped(ui: &mut Ui, repo: &Repo, head: CommitId, rebuilt: &Rebuilt) {
    let before = CommitState::of_commit(repo, head).ok();
    let before = before.as_ref().and_then(CommitState::registry);
    let (Some(before), Some(after)) = (before, &rebuilt.registry) else { return };
    let kept: BTreeSet<Origin> = after.allocations.iter().map(|record| record.origin).collect();
    for record in before.allocations.iter().filter(|r| !kept.contains(&r.origin)) {
        let (id, path) = (record.id, &record.path);
        ui.warning(&format!("{id} of '{path}' is only in the old commits: the file keeps the identity it had before them"));
    }
}

/// Moves the branch, the index and the working file; returns the ref that keeps the old commits.
fn put_in_place(
    ui: &mut Ui,
    repo: &Repo,
    head: CommitId,
    rebuilt: &Rebuilt,
) -> CommandResult<String> {
    audit::look_ahead(repo)?;
    let tip = rebuilt.replaced.last().map_or(head, |(_, new)| *new);
    let mut backup = String::new();
    let mut move_head = || {
        backup = repo.move_head_keeping(tip, head, REASON, backup::millis())?;
        Ok(())
    };
    match &rebuilt.registry {
        Some(registry) => {
            let new = NewHead { commit: tip, known: rebuilt.before.as_ref(), registry };
            replace_head_by(ui, repo, &new, &mut move_head)?;
        }
        None => move_head()?,
    }
    if let Err(error) = repo.copy_notes("rebase", &rebuilt.replaced) {
        ui.warning(&format!("the notes of the rewritten commits were not copied: {error}"));
    }
    let (old, new) = (head.to_string(), tip.to_string());
    let facts = [("old_commit", Some(&*old)), ("commit", Some(&*new)), ("backup", Some(&*backup))];
    note_event(ui, repo, EventKind::Healed, &facts);
    Ok(backup)
}

impl RewriteOutcome {
    fn show(&self, ui: &mut Ui, repo: &Repo) -> CommandResult<()> {
        let old: Vec<CommitId> = self.rebuilt.replaced.iter().map(|(old, _)| *old).collect();
        let titles = repo.titles(&old)?;
        for (old, new) in &self.rebuilt.replaced {
            let title = titles.iter().find(|title| title.id == *old);
            let subject = title.map_or("", |title| title.subject.as_str());
            let became = self.backup.as_ref().map(|_| format!("is now {}", new.short()));
            let became = became.unwrap_or_else(|| "would be rewritten".to_owned());
            ui.line(&format!("{} {became}: {subject}", old.short()));
        }
        ui.lines(&self.rebuilt.edits);
        Ok(())
    }

    fn summarize(&self, ui: &mut Ui, shown: &str) {
        let commits = count(self.rebuilt.replaced.len(), "commit", "commits");
        if self.rebuilt.replaced.is_empty() {
            ui.status(&format!("nothing to rewrite: the commits of '{shown}' are consistent"));
        } else if let Some(backup) = &self.backup {
            ui.status(&format!("rewrote {commits}; the old ones are kept as {backup}"));
            ui.status(&format!("to go back: git reset --keep {backup}"));
        } else {
            ui.status(&format!("{commits} would be rewritten; nothing was changed"));
        }
    }

    fn json(&self) -> String {
        let replaced = &self.rebuilt.replaced;
        json::document(&RewriteDocument {
            inconsistent_commits: replaced.len(),
            written: self.backup.is_some(),
            healed: &self.rebuilt.edits,
            staged: [],
            rewritten: replaced.iter().map(|(old, new)| ReplacedCommit { old, new }).collect(),
            backup: self.backup.as_deref(),
        })
    }
}

#[derive(Serialize)]
struct RewriteDocument<'r> {
    inconsistent_commits: usize,
    written: bool,
    healed: &'r [Edit],
    staged: [Edit; 0],
    rewritten: Vec<ReplacedCommit<'r>>,
    backup: Option<&'r str>,
}

#[derive(Serialize)]
struct ReplacedCommit<'r> {
    #[serde(rename = "old_commit")]
    old: &'r CommitId,
    #[serde(rename = "commit")]
    new: &'r CommitId,
}
