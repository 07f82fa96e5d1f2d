//! `idhooks resolve`: merges an unmerged registry from the versions in the index rather than from
//! conflict markers.

use std::path::Path;

use clap::Args;
use idhooks_core::registry::REGISTRY_PATH;
use idhooks_ops::{
    KeptPath, Repo, ResolveOptions, ResolveReport, merge_commits, open_to_change, resolve,
};

use crate::error::{CommandResult, Exit};
use crate::output::Ui;

/// Merge a registry that git left in conflict, and stage the result
///
/// Merges base, ours and theirs from the index like the merge driver, so you do not have to edit conflict
/// markers. If the staged registry cannot be read, for example because it contains conflict markers, it
/// is rebuilt from HEAD and the commits being merged.
///
/// A legacy file that dual_write in idhooks.toml keeps in step is derived from the registry again;
/// data that only the file had is listed. While the legacy file leads, the registry takes the
/// changes from all versions in a conflict, even if the file was committed with conflict markers;
/// changes without a conflict are left for the next commit to take. If one side removed the legacy
/// file in the last step of a migration, it is removed, unless the other side added records that
/// the registry lacks.
///
/// If the two sides have no registry in common, they may have the same identity at different paths.
/// In that case, all paths are taken from one side: the one that allocated the identities, judging
/// by the first commits with their records. If that is undecided, name a path with --path.
///
/// --rev-ours and --rev-theirs merge the registries of two commits, using their merge base,
/// regardless of the index. Use them for a conflict reported by a forge.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks resolve --dry-run                         show the changes
  idhooks resolve && git commit                     finish a merge
  idhooks resolve --path 76ba9e9fca5bc789=a.txt     take the paths of the side with this path
  idhooks resolve --rev-ours main --rev-theirs topic --print > registry.json

Exit code: 0 merged, or nothing to resolve; 2 an error")]
pub(super) struct Resolve {
    /// Show what would change; change nothing
    #[arg(long, conflicts_with = "print")]
    dry_run: bool,
    /// If the sides have no registry in common, take the paths from the side with this origin at
    /// this path
    #[arg(long, value_name = "ORIGIN=PATH")]
    path: Vec<KeptPath>,
    /// Our commit, to merge with --rev-theirs
    #[arg(long, value_name = "REV", requires = "rev_theirs")]
    rev_ours: Option<String>,
    /// Their commit, to merge with --rev-ours
    #[arg(long, value_name = "REV", requires = "rev_ours")]
    rev_theirs: Option<String>,
    /// Print the merged registry instead of staging it
    #[arg(long, requires = "rev_ours")]
    print: bool,
}

impl Resolve {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let Resolve { path: kept, dry_run: is_dry_run, print, .. } = self;
        let commits = self.rev_ours.zip(self.rev_theirs).map(<[String; 2]>::from);
        // This only reads objects, so it works in a bare repository, where a forge reports its
        // conflicts.
        if let Some(commits) = commits.as_ref().filter(|_| print) {
            let merged = merge_commits(ui, &Repo::open_to_read(dir)?, commits, &kept)?;
            ui.data(&merged.format());
            return Ok(Exit::Fine);
        }
        let options = ResolveOptions { commits, kept, is_dry_run };
        let report = resolve(ui, &open_to_change(dir)?, &options)?;
        show(ui, &report, is_dry_run);
        Ok(Exit::Fine)
    }
}

fn show(ui: &mut Ui, report: &ResolveReport, is_dry_run: bool) {
    match report {
        ResolveReport::Merged => {}
        ResolveReport::LegacyRemoved(path) if is_dry_run => {
            ui.line(&format!("'{path}' would be removed, as in the last step of the migration"));
        }
        ResolveReport::LegacyRemoved(path) => ui.status(&format!(
            "'{path}' was removed, as in the last step of the migration; now run 'git commit'"
        )),
        ResolveReport::LegacyDerived(path) if is_dry_run => {
            ui.line(&format!("'{path}' would be derived from the registry and staged"));
        }
        ResolveReport::LegacyDerived(path) => {
            ui.status(&format!("'{path}' was derived from the registry and staged"));
        }
        // Deriving the file now would overwrite edits that the next commit will take.
        ResolveReport::LeftToCommit(path) => {
            ui.status(&format!(
                "nothing to do: '{path}' leads, and the next commit takes its changes"
            ));
            ui.hint(&format!("to drop them instead: git restore --staged --worktree -- {path}"));
        }
        ResolveReport::NoConflict => {
            ui.status(&format!("'{REGISTRY_PATH}' has no conflicts; nothing to do"));
        }
    }
}
