//! [`accept_scopes`]: the rules of a repository that takes in records of another one.

use std::collections::BTreeSet;

use idhooks_core::config::{CONFIG_PATH, Config};
use idhooks_core::registry::{Entry, Registry, RepoPath, Scope};
use idhooks_repo::git::{Index, Repo};
use idhooks_repo::state::StateError;
use idhooks_repo::store::journal::{FileStep, IndexStep};

use super::records::legacy_scopes;
use super::refusal::AdoptionRefusal;
use crate::OpsError;
use crate::config_template::with_scopes;

/// The changes to `idhooks.toml` that go along with a registry.
#[derive(Default)]
pub(crate) struct RuleSteps {
    pub(crate) entries: Vec<IndexStep>,
    pub(crate) files: Vec<FileStep>,
}

/// Returns the steps that make the rules accept the identities of another repository, which has the
/// scope `other`. If `idhooks.toml` is unmerged, since both sides adopted by themselves, ours is
/// taken.
///
/// # Errors
/// Returns an error if the rules cannot be read or changed, or have unstaged changes.
pub(crate) fn accept_scopes(
    repo: &Repo,
    index: &Index,
    registry: &Registry,
    other: Scope,
) -> Result<RuleSteps, OpsError> {
    let path = RepoPath::config();
    let stages = index.unmerged.get(&path);
    let staged = index.tree.get(&path).copied();
    let entry = match stages {
        Some([_, ours, _]) => *ours,
        None => staged,
    };
    let Some(entry) = entry.filter(|entry| entry.mode.is_file()) else {
        return Ok(RuleSteps::default());
    };
    let bytes = repo.blob(entry.blob)?;
    let before = repo.read_working(CONFIG_PATH)?;
    let is_edited = stages.is_none() && before.as_ref().is_some_and(|before| *before != bytes);
    let text = String::from_utf8(bytes).map_err(AdoptionRefusal::StagedConfigNotText)?;
    let config = Config::parse(text.strip_prefix('\u{feff}').unwrap_or(&text));
    let config = config.map_err(StateError::from)?;
    // What the other side joined before comes along.
    let mut foreign: BTreeSet<Scope> = legacy_scopes(registry);
    foreign.insert(other);
    foreign.remove(&registry.scope);
    let with = with_scopes(&text, &config, registry.scope, &foreign);
    let with = with.map_err(AdoptionRefusal::MissingScopes)?;
    if with == text && stages.is_none() {
        return Ok(RuleSteps::default());
    }
    // Edits in the working tree would be lost.
    if is_edited {
        return Err(AdoptionRefusal::UnstagedConfig.into());
    }
    let after = Entry { mode: entry.mode, blob: repo.write_blob(with.as_bytes())? };
    let index = IndexStep::new(path.clone(), staged, Some(after));
    let file = FileStep::rewrite(path, before, Some(with.into_bytes()));
    Ok(RuleSteps { entries: vec![index], files: vec![file] })
}
