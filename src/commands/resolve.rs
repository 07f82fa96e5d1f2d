//! `idhooks resolve`: merges an unmerged registry from the index, never from conflict markers.

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
/// Merges base, ours and theirs from the index as the merge driver does, so that you need not edit
/// conflict markers. If the registry is staged but cannot be read, because it contains conflict markers
/// for example, it is rebuilt from HEAD and the commits being merged. A legacy file that dual_write
/// in idhooks.toml keeps in step is derived from the registry again; what only it had is listed. While
/// it leads, the registry takes what the versions of a conflict have, also if the file was committed with
/// conflict markers; changes without a conflict are left to the next commit, which takes them. A legacy
/// file that one side has removed with the last step of a migration is removed, unless the other side has
/// records there that the registry lacks.
///
/// If both sides have no registry in common, they may have an identity at different paths. The paths of
/// one side are then taken for all of these: those of the side that allocated the identities, as the
/// first commits with their records show. If they do not show it, name a path with --path.
///
/// --rev-ours and --rev-theirs merge the registries of two commits over their merge base, whatever is
/// in the index. Use them for a conflict that a forge reports.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks resolve --dry-run                         show what would change
  idhooks resolve && git commit                     finish a merge
  idhooks resolve --path 76ba9e9fca5bc789=a.txt     take the paths of the side that has it there
  idhooks resolve --rev-ours main --rev-theirs topic --print > registry.json

Exit code: 0 merged, or nothing to resolve; 2 an error")]
pub(super) struct Resolve {
    /// Show what would change; change nothing
    #[arg(long, conflicts_with = "print")]
    dry_run: bool,
    /// Take the paths of the side that has this origin at this path, if the sides have no registry in
    /// common
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
            ui.line(&format!("'{path}' would be removed, as the last step of the migration did"));
        }
        ResolveReport::LegacyRemoved(path) => ui.status(&format!(
            "'{path}' was removed, as the last step of the migration did; now run 'git commit'"
        )),
        ResolveReport::LegacyDerived(path) if is_dry_run => {
            ui.line(&format!("'{path}' would be derived from the registry and staged"));
        }
        ResolveReport::LegacyDerived(path) => {
            ui.status(&format!("'{path}' was derived from the registry and staged"));
        }
        ResolveReport::LeftToCommit(path) => {
            ui.status(&format!(
                "'{path}' leads, and has changes that the next commit takes; nothing to do"
            ));
            ui.hint(&format!("to drop them instead: git restore --staged --worktree -- {path}"));
        }
        ResolveReport::NoConflict => {
            ui.status(&format!("'{REGISTRY_PATH}' has no conflicts; nothing to do"));
        }
    }
}
