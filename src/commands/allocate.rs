//! `idhooks allocate`: give files their identity now, without waiting for a commit.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::check::full;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::git::Repo;
use crate::output::{Ui, shell_quoted};
use crate::plan::{Allocator, Given, Giver, PlanError};
use crate::registry::{Allocation, Entry, Origin, REGISTRY_PATH, Registry, RepoPath};
use crate::store::GivenFile;
use crate::walk::{Snapshot, Target, append_given, now, read_policy, write_registry};

use super::paths::repo_path;

/// Give files in the index an identity now
///
/// Writes the registry in the working tree and in the index, so that the next commit carries
/// it. A new file gets a new identity; leave renamed files to the commit, which recognises them.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  idhooks allocate docs/plan.md\n  git diff --cached --name-only --diff-filter=A -z | xargs -0 idhooks allocate --"
)]
pub(super) struct Allocate {
    /// Files in the index
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Print the identities that would be given, and give none
    #[arg(long)]
    dry_run: bool,
}

impl Allocate {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> Result<Exit, CommandError> {
        let repo = Repo::open(dir)?;
        let file = repo.index_file();
        let index = repo.index(&file)?;
        if index.unmerged.contains_key(&RepoPath::registry()) {
            return Err(CommandError::new(format!("'{REGISTRY_PATH}' is unmerged"))
                .hint("run 'idhooks resolve', which merges both sides and stages the result"));
        }
        let snapshot = Snapshot::of_index(&repo, &index, None)?;
        let Some(stored) = snapshot.stored.as_deref() else {
            return Err(CommandError::new(
                "this repository is not adopted: the index has no registry",
            )
            .hint("run 'idhooks init'"));
        };
        if !stored.registry.is_consistent() {
            return Err(CommandError::new("the registry has identities or origins twice")
                .hint("run 'idhooks check' to see them"));
        }
        let policy = read_policy(&repo, &snapshot.tree)?;
        let wanted = self.wanted(&repo, dir, &snapshot, &policy)?;
        let given = GivenFile::in_dir(&repo.common_dir()).read().unwrap_or_else(|error| {
            ui.warning(&error.to_string());
            Given::default()
        });
        let mut giver = Giver {
            policy: &policy,
            scope: stored.registry.scope,
            now: now(),
            allocator: Allocator::new(policy.strategy, &stored.registry, &given),
        };
        let records = stored.registry.allocations.iter().map(|r| (r.origin, r.clone()));
        let mut records: BTreeMap<Origin, Allocation> = records.collect();
        let mut gifts = Vec::new();
        for (path, entry) in &wanted {
            match giver.give(&mut records, path, entry.blob, None) {
                Ok(gift) => gifts.push((gift.id, path)),
                Err(PlanError::Capacity { counter, path }) => {
                    ui.complain(&[full(counter, &path)]);
                    return Ok(Exit::Findings);
                }
            }
        }
        let after =
            Registry { allocations: records.into_values().collect(), ..stored.registry.clone() };
        if !self.dry_run {
            let target = Target { file: &file, index: &index, stored: Some(stored) };
            for warning in write_registry(&repo, &target, &after)?.warnings {
                ui.warning(&warning);
            }
            if let Some(problem) = append_given(&repo, Some(&stored.registry), &after) {
                ui.warning(&problem);
            }
        }
        for (id, path) in gifts {
            ui.line(&format!("{id} {path}"));
        }
        Ok(Exit::Fine)
    }

    /// Returns the files that may get an identity; one that may not stops the whole command.
    fn wanted(
        &self,
        repo: &Repo,
        dir: &Path,
        snapshot: &Snapshot,
        policy: &crate::policy::Policy,
    ) -> Result<BTreeMap<RepoPath, Entry>, CommandError> {
        let tracked = |path: &RepoPath| crate::check::is_file(&snapshot.tree, path);
        let holders = snapshot.registry().map(|r| r.holders(tracked)).unwrap_or_default();
        let mut wanted = BTreeMap::new();
        for typed in &self.paths {
            if dir.join(typed).symlink_metadata().is_ok_and(|meta| meta.is_dir()) {
                return Err(CommandError::new(format!(
                    "'{}' is a directory; name files",
                    typed.display()
                ))
                .hint("see which files it has: git ls-files"));
            }
            let path = repo_path(repo, dir, typed)?;
            if let Some(holder) = holders.get(&path) {
                return Err(CommandError::new(format!(
                    "'{path}' has an identity already: {}",
                    holder.id
                ))
                .hint(format!("run 'idhooks show {}' to see it", holder.id)));
            }
            let Some(entry) = snapshot.tree.get(&path) else {
                return Err(CommandError::new(format!("'{path}' is not in the index")).hint(
                    format!("first run: git add -- {}", shell_quoted(&typed.to_string_lossy())),
                ));
            };
            if !entry.mode.is_file() || !policy.tracks(&path) {
                return Err(CommandError::new(format!("'{path}' is not tracked by the rules"))
                    .hint(
                        "only regular files that [track] in idhooks.toml includes get identities",
                    ));
            }
            wanted.insert(path, *entry);
        }
        Ok(wanted)
    }
}
