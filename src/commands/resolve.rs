//! `idhooks resolve`: a registry left unmerged is merged from the index, never from markers.

use std::path::Path;

use clap::Args;

use crate::error::CommandError;
use crate::exit::Exit;
use crate::git::Repo;
use crate::merge::merge;
use crate::output::Ui;
use crate::registry::{Entry, REGISTRY_PATH, Registry, RepoPath};
use crate::store::Replacement;
use crate::walk::read_registry;

/// Merge a registry that was left unmerged, and stage the result
///
/// Reads base, ours and theirs from the index, so that nobody needs to edit conflict markers;
/// the result is the merge driver's.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  idhooks resolve\n  idhooks resolve && git commit")]
pub(super) struct Resolve {}

impl Resolve {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> Result<Exit, CommandError> {
        let repo = Repo::open(dir)?;
        let file = repo.index_file();
        let index = repo.index(&file)?;
        let path = RepoPath::new(REGISTRY_PATH.as_bytes())?;
        let Some([base, ours, theirs]) = index.unmerged.get(&path).copied() else {
            if !index.tree.contains_key(&path) {
                return Err(CommandError::new(format!("the index has no '{REGISTRY_PATH}'"))
                    .hint("to adopt this repository, run 'idhooks init'"));
            }
            ui.status(&format!("'{REGISTRY_PATH}' is not unmerged; nothing to do"));
            return Ok(Exit::Fine);
        };
        let read = |side: &str, entry: Option<Entry>| -> Result<Option<Registry>, CommandError> {
            let Some(entry) = entry else { return Ok(None) };
            let stored = read_registry(&repo, entry);
            let stored = stored.map_err(|error| {
                CommandError::new(format!("cannot read {side} of '{REGISTRY_PATH}'"))
                    .because(&error)
                    .hint(format!("put a good registry in place and run 'git add {REGISTRY_PATH}'"))
            })?;
            Ok(Some(stored.registry))
        };
        let (ours, theirs) = (read("our side", ours)?, read("their side", theirs)?);
        let (Some(ours), Some(theirs)) = (ours, theirs) else {
            return Err(CommandError::new(format!("one side has removed '{REGISTRY_PATH}'"))
                .hint(format!("keep it with 'git add {REGISTRY_PATH}', or give idhooks up with 'git rm {REGISTRY_PATH} idhooks.toml'")));
        };
        let base = read("the base", base)?.unwrap_or_else(|| Registry::new(ours.scope));
        let merged = merge(&base, &ours, &theirs).map_err(crate::walk::WalkError::from)?;
        let text = merged.format();
        let working = Replacement::prepare(&repo.top().join(REGISTRY_PATH), text.as_bytes())?;
        let blob = repo.write_blob(text.as_bytes())?;
        repo.stage_resolved(&file, REGISTRY_PATH, blob)?;
        working.commit()?;
        ui.status(&format!("merged and staged '{REGISTRY_PATH}'; go on with 'git commit'"));
        Ok(Exit::Fine)
    }
}
