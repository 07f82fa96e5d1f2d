//! `idhooks mv`: move a file or directory together with its identities.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::Args;
use idhooks_core::config::is_own;
use idhooks_core::plan::{Edit, lifecycle};
use idhooks_core::registry::{Allocation, Origin, Registry, RepoPath};
use idhooks_repo::git::{GitErrorKind, Repo};
use idhooks_repo::store::{OwnWrites, clock::since_epoch};

use crate::error::{CommandError, CommandResult, Exit};
use crate::output::Ui;

use super::transaction::RegistryTransaction;
use super::transaction::writer::{Reach, Writer};
use super::{paths::repo_path, references};

/// Move files, as 'git mv' does, together with their identities
///
/// Like 'git mv', but the registry is updated at once: the files keep their identities however much
/// you edit them before the commit, even if they take paths that other files leave in the same commit.
/// To take it back, move the files back with this command.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks mv docs/plan.md docs/roadmap.md     rename a file
  idhooks mv docs handbook                    move a directory

Exit code: 0 moved; 2 an error, and nothing was moved")]
pub(super) struct Mv {
    /// File or directory in the index
    #[arg(value_name = "FROM")]
    from: PathBuf,
    /// New path, or an existing directory to move it into
    #[arg(value_name = "TO")]
    to: PathBuf,
    /// Show what would change; change nothing
    #[arg(long)]
    dry_run: bool,
}

/// The new path of each moved file, by the origin of its identity.
type PlannedMoves = BTreeMap<Origin, RepoPath>;

impl Mv {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let files = [self.from.clone(), self.to.clone()];
        let writer = Writer::open_for(dir, "mv", Reach::Files(&files))?;
        let from = repo_path(&writer.repo, dir, &self.from)?;
        let mut to = repo_path(&writer.repo, dir, &self.to)?;
        if writer.repo.top().join(to.to_os_path()).is_dir() {
            to = below(&to, from.basename())?;
        }
        let (repo, from, to) = (&writer.repo, &from, &to);
        writer.work(ui, |ui, transaction| {
            let before = transaction.registry();
            for path in [from, to] {
                repo.link_guard().check_parent(&repo.top().join(path.to_os_path()))?;
            }
            let moves = moves(transaction, from, to)?;
            assert_free(transaction, &moves)?;
            let begin = since_epoch();
            git_mv(repo, from, to, self.dry_run)?;
            if !self.dry_run
                && let Err(error) = write(ui, repo, before, &moves)
            {
                // The registry is unchanged, so the files must go back.
                git_mv(repo, to, from, false)?;
                return Err(error);
            }
            let former = before.allocations.iter().filter(|r| moves.contains_key(&r.origin));
            let own = OwnWrites::in_dir(&repo.worktree_state_dir());
            own.note(begin, former.map(|record| &record.path).chain(moves.values()));
            let mut after = before.clone();
            lifecycle::relocate(&mut after, &moves, transaction.committed());
            ui.lines(Edit::between(before, &after));
            if moves.is_empty() {
                ui.status(&format!("no file in '{from}' has an identity"));
            }
            references::to_path(ui, repo, from);
            Ok(Exit::Fine)
        })
    }
}

/// Refuses to move a file to the path of another identity while a merge is in progress: in a merge
/// commit, a path keeps an identity that it has in one of the parents.
fn assert_free(transaction: &RegistryTransaction<'_>, moves: &PlannedMoves) -> CommandResult<()> {
    let targets: BTreeMap<_, _> = moves.iter().map(|(origin, to)| (to, origin)).collect();
    let records = transaction.committed().into_iter().flat_map(Registry::active);
    let is_taken = |record: &&Allocation| {
        targets.get(&record.path).is_some_and(|origin| **origin != record.origin)
    };
    match records.filter(|_| transaction.is_merging()).find(is_taken) {
        None => Ok(()),
        Some(Allocation { id, path, .. }) => {
            Err(CommandError::new(format!("'{path}' belongs to {id} until the merge is committed"))
                .hint("commit the merge first, then move the file"))
        }
    }
}

/// Writes the registry for the index in which the files have moved.
fn write(ui: &mut Ui, repo: &Repo, before: &Registry, moves: &PlannedMoves) -> CommandResult<()> {
    let transaction = RegistryTransaction::open(ui, repo)?;
    let mut after = transaction.registry().clone();
    // Opening the index again gave the path of a deleted file back to its identity.
    let taken: BTreeSet<&RepoPath> = moves.values().collect();
    let then = before.by_origin();
    for record in after.allocations.iter_mut().filter(|r| !moves.contains_key(&r.origin)) {
        if taken.contains(&record.path)
            && let Some(then) = then.get(&record.origin)
        {
            *record = (*then).clone();
        }
    }
    // It dropped records that are in no commit: their paths are gone.
    let known: BTreeSet<Origin> = after.allocations.iter().map(|r| r.origin).collect();
    let dropped = before.allocations.iter().filter(|r| !known.contains(&r.origin));
    after.allocations.extend(dropped.filter(|r| moves.contains_key(&r.origin)).cloned());
    let (tracked, left_out): (PlannedMoves, PlannedMoves) =
        moves.clone().into_iter().partition(|(_, to)| transaction.config.tracks(to));
    lifecycle::relocate(&mut after, &tracked, transaction.committed());
    for record in after.allocations.iter().filter(|r| left_out.contains_key(&r.origin)) {
        ui.warning(&format!(
            "the rules exclude '{}': the next commit deprecates {}",
            left_out[&record.origin], record.id
        ));
    }
    transaction.write(ui, &after)
}

/// Returns the files with an identity that move.
fn moves(
    transaction: &RegistryTransaction<'_>,
    from: &RepoPath,
    to: &RepoPath,
) -> CommandResult<PlannedMoves> {
    let mut moves = PlannedMoves::new();
    let mut is_there = false;
    let holders = transaction.holders();
    for path in transaction.tree().keys() {
        let Some(rest) = path.as_bytes().strip_prefix(from.as_bytes()) else { continue };
        let to = match rest {
            [] => to.clone(),
            [b'/', rest @ ..] => below(to, rest)?,
            _ => continue,
        };
        if is_own(path) || is_own(&to) {
            return Err(CommandError::new(format!("idhooks needs '{path}' at its place"))
                .hint("do not move the files of idhooks"));
        }
        is_there = true;
        if let Some(record) = holders.get(path) {
            moves.insert(record.origin, to);
        }
    }
    if !is_there {
        return Err(CommandError::new(format!("'{from}' is not in the index"))
            .hint(format!("list the index: git ls-files; or add it first: git add -- {from}")));
    }
    Ok(moves)
}

fn git_mv(repo: &Repo, from: &RepoPath, to: &RepoPath, is_dry_run: bool) -> CommandResult<()> {
    let path = |path: &RepoPath| path.to_os_path().into_owned().into_os_string();
    let mut args: Vec<OsString> = vec!["mv".into()];
    args.extend(is_dry_run.then(|| "--dry-run".into()));
    args.extend(["--".into(), path(from), path(to)]);
    repo.git().run(&args).map(drop).map_err(|error| {
        if error.kind() != GitErrorKind::Other {
            return error.into();
        }
        CommandError::new(format!("cannot move '{from}' to '{to}'"))
            .because(&error.first_line())
            .hint("check that the new path is free and its directory exists, then try again")
    })
}

fn below(dir: &RepoPath, name: &[u8]) -> CommandResult<RepoPath> {
    let path = [dir.as_bytes(), b"/", name].concat();
    RepoPath::new(path).map_err(|error| CommandError::new(error.to_string()))
}
