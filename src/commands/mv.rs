//! `idhooks mv`: move a file or directory together with its identities.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use clap::Args;
use idhooks_core::config::is_own;
use idhooks_core::plan::{Edit, lifecycle};
use idhooks_core::registry::{Allocation, Origin, Registry, RepoPath, grouped};
use idhooks_ops::{
    Reach, RegistryTransaction, Writer, mentions_of_path, not_moved, open_to_change, repo_path,
};
use idhooks_repo::git::Repo;
use idhooks_repo::store::{OwnWrites, clock::since_epoch, journal::Moved};

use crate::error::{CommandError, CommandResult, Exit, PrintingWork};
use crate::output::Ui;

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
        let repo = open_to_change(dir)?;
        let writer = Writer::open_for(&repo, "mv", Reach::Files(&files))?;
        let from = repo_path(writer.repo, dir, &self.from)?;
        let mut to = repo_path(writer.repo, dir, &self.to)?;
        if writer.repo.top().join(to.to_os_path()).is_dir() {
            to = below(&to, from.basename())?;
        }
        let (repo, from, to) = (writer.repo, &from, &to);
        writer.work(ui, |ui, transaction| {
            for path in [from, to] {
                repo.link_guard().check_parent(&repo.top().join(path.to_os_path()))?;
            }
            let moves = moves(transaction, from, to)?;
            assert_free(transaction, &moves)?;
            let moved = Moved { from: from.clone(), to: to.clone() };
            check(repo, &moved)?;
            // Even then git may have written the index again.
            let again = match transaction.is_current() {
                true => None,
                false => Some(RegistryTransaction::open(ui, repo)?),
            };
            let transaction = again.as_ref().unwrap_or(transaction);
            let before = transaction.registry();
            let (tracked, left_out): (PlannedMoves, PlannedMoves) =
                moves.clone().into_iter().partition(|(_, to)| transaction.config.tracks(to));
            let mut after = before.clone();
            lifecycle::relocate(&mut after, &tracked, transaction.committed());
            if !self.dry_run {
                let begin = since_epoch();
                transaction.write_moving(ui, &after, &moved)?;
                let former = before.allocations.iter().filter(|r| moves.contains_key(&r.origin));
                let own = OwnWrites::in_dir(&repo.worktree_state_dir());
                own.note(begin, former.map(|record| &record.path).chain(moves.values()));
                warn_of_excluded(ui, before, &left_out);
            }
            lifecycle::relocate(&mut after, &left_out, transaction.committed());
            ui.lines(Edit::between(before, &after));
            if moves.is_empty() {
                ui.status(&format!("no file in '{from}' has an identity"));
            }
            let mentions = mentions_of_path(ui, repo, from);
            ui.mentions(&mentions);
            Ok(Exit::Fine)
        })
    }
}

/// Refuses to move a file to the path of another identity while a merge is in progress: in a merge
/// commit, a path keeps an identity that it has in one of the parents.
fn assert_free(transaction: &RegistryTransaction<'_>, moves: &PlannedMoves) -> CommandResult<()> {
    let targets: BTreeSet<&RepoPath> = moves.values().collect();
    let records = transaction.committed().into_iter().flat_map(Registry::active);
    let is_taken = |record: &&Allocation| {
        targets.contains(&record.path) && moves.get(&record.origin) != Some(&record.path)
    };
    match records.filter(|_| transaction.is_merging()).find(is_taken) {
        None => Ok(()),
        Some(Allocation { id, path, .. }) => {
            Err(CommandError::new(format!("'{path}' belongs to {id} until the merge is committed"))
                .hint("commit the merge first, then move the file"))
        }
    }
}

/// Warns of identities whose files the rules exclude at their new paths.
fn warn_of_excluded(ui: &mut Ui, before: &Registry, left_out: &PlannedMoves) {
    for record in before.allocations.iter().filter(|r| left_out.contains_key(&r.origin)) {
        ui.warning(&format!(
            "the rules exclude '{}': the next commit deprecates {}",
            left_out[&record.origin], record.id
        ));
    }
}

/// Returns the identities whose files move, with their new paths: those that hold a path, and those
/// shadowed by them.
fn moves(
    transaction: &RegistryTransaction<'_>,
    from: &RepoPath,
    to: &RepoPath,
) -> CommandResult<PlannedMoves> {
    let mut moves = PlannedMoves::new();
    let mut is_there = false;
    let holders = transaction.holders();
    let shadowing = transaction.registry().shadowing();
    let shadowed = transaction.registry().active().filter(|r| shadowing.contains_key(&r.origin));
    let shadowed: BTreeMap<_, Vec<Origin>> = grouped(shadowed.map(|r| (&r.path, r.origin)));
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
            let others = shadowed.get(path).into_iter().flatten().copied();
            moves.extend(others.chain([record.origin]).map(|origin| (origin, to.clone())));
        }
    }
    if !is_there && transaction.is_unmerged(from) {
        return Err(CommandError::new(format!("'{from}' is unmerged"))
            .hint(format!("resolve it first, then: git add -- {}", from.shell_quoted())));
    }
    if !is_there {
        return Err(CommandError::new(format!("'{from}' is not in the index"))
            .hint(format!("list the index: git ls-files; or add it first: git add -- {from}")));
    }
    Ok(moves)
}

/// Lets git check the move.
fn check(repo: &Repo, moved: &Moved) -> CommandResult<()> {
    let path = |path: &RepoPath| path.to_os_path().into_owned().into_os_string();
    let (from, to) = (path(&moved.from), path(&moved.to));
    let checked = repo.git().run(&["mv".into(), "--dry-run".into(), "--".into(), from, to]);
    Ok(checked.map(drop).map_err(|error| not_moved(moved, error))?)
}

fn below(dir: &RepoPath, name: &[u8]) -> CommandResult<RepoPath> {
    let path = [dir.as_bytes(), b"/", name].concat();
    RepoPath::new(path).map_err(|error| CommandError::new(error.to_string()))
}
