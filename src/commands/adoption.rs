//! What adopting a repository comes to, for `init` and `import`: three files, all or none.

use crate::config::{
    ATTRIBUTES_PATH, CONFIG_PATH, Config, Strategy, TypeSource, attributes, template,
};
use crate::error::CommandError;
use crate::git::{IndexFile, Repo};
use crate::plan::Gifts;
use crate::registry::{Entry, REGISTRY_PATH, Registry, RepoPath, Scope, Tree};
use crate::state::{StateError, read_config};
use crate::store::changes::{self, FileChange};
use crate::transaction::write_new_ids;

/// What was given to them.
pub(super) enum Identities {
    Gifts(Gifts),
    Registry(Registry),
}

/// What is to be written.
pub(super) struct Adoption {
    pub(super) identities: Identities,
    pub(super) scope: Scope,
    pub(super) strategy: Strategy,
    pub(super) config: ConfigTexts,
    /// Whether rules that are there get a TYPE table.
    pub(super) adds_types: bool,
    /// `.gitattributes` as staged, and as in the working tree, where our line is missing.
    pub(super) staged_attributes: Option<Vec<u8>>,
    pub(super) working_attributes: Option<Vec<u8>>,
}

/// The texts of `idhooks.toml` to be written, where there are any.
#[derive(Clone, Default)]
pub(super) struct ConfigTexts {
    pub(super) staged: Option<String>,
    pub(super) working: Option<String>,
}

impl ConfigTexts {
    /// Returns one text for the index and the working tree.
    pub(super) fn same(text: String) -> Self {
        ConfigTexts { staged: Some(text.clone()), working: Some(text) }
    }
}

/// Where the rules are.
pub(super) enum Rules {
    /// In the index; with the texts that say the TYPE of files, too, where it does not.
    Staged(ConfigTexts),
    /// In the working tree only; with this text, which says the TYPE of files.
    Written(String),
    /// Nowhere yet.
    New,
}

/// Refuses where adoption would lose something or, unless forced, could never merge.
pub(super) fn refuse(
    repo: &Repo,
    own: &Tree,
    is_unmerged: bool,
    force: bool,
) -> Result<(), CommandError> {
    if is_unmerged || !repo.merge_heads()?.is_empty() {
        return Err(CommandError::new("cannot adopt during a merge")
            .hint("finish it with 'git commit', or abort it with 'git merge --abort'"));
    }
    for path in [RepoPath::registry(), RepoPath::config(), RepoPath::attributes()] {
        refuse_odd(repo, own, &path)?;
    }
    if force {
        return Ok(());
    }
    match repo.ref_with(REGISTRY_PATH)? {
        None => Ok(()),
        Some(name) => {
            let short = ["refs/heads/", "refs/remotes/", "refs/tags/"]
                .iter()
                .find_map(|prefix| name.strip_prefix(prefix))
                .unwrap_or(&name)
                .to_owned();
            Err(CommandError::new(format!(
                "'{short}' already has a registry; two separate adoptions can never be merged"
            ))
            .hint(format!("use that one: git merge {short}"))
            .hint("to adopt again anyway, use --force"))
        }
    }
}

/// Returns the rules that are there, or the new ones. They get the TYPE table of new repositories
/// where they have none.
///
/// # Errors
/// Returns an error if the rules have a mistake.
pub(super) fn rules(
    repo: &Repo,
    own: &Tree,
    strategy: Option<Strategy>,
) -> Result<(Config, Rules), CommandError> {
    let working = repo.read_working(CONFIG_PATH)?;
    if let Some(entry) = own.get(&RepoPath::config()) {
        let config = read_config(repo, own)?;
        if config.types.source == TypeSource::Config {
            return Ok((config, Rules::Staged(ConfigTexts::default())));
        }
        // What is not staged of the working file stays so; one that cannot be read is left alone.
        let completed = |bytes: &[u8]| with_types(bytes).ok().map(|(_, text)| text);
        let texts = ConfigTexts {
            staged: completed(&repo.blob(entry.blob)?),
            working: working.as_deref().and_then(completed),
        };
        return Ok((config.with_new_types(), Rules::Staged(texts)));
    }
    match working {
        Some(bytes) => {
            let (config, text) = with_types(&bytes)?;
            Ok((config, Rules::Written(text)))
        }
        None => Ok((Config::for_adoption(strategy.unwrap_or_default()), Rules::New)),
    }
}

/// Reads an `idhooks.toml`; returns it with a TYPE table.
fn with_types(bytes: &[u8]) -> Result<(Config, String), CommandError> {
    let text = std::str::from_utf8(bytes).map_err(|_| {
        CommandError::new(format!("'{CONFIG_PATH}' is not UTF-8 text"))
            .hint("save it as UTF-8, or move it away and let 'idhooks init' write a new one")
    })?;
    let read = Config::parse(text.strip_prefix('\u{feff}').unwrap_or(text));
    let config = read.map_err(StateError::from)?;
    if config.types.source == TypeSource::Config {
        return Ok((config, text.to_owned()));
    }
    Ok((config.with_new_types(), template::with_new_types(text)))
}

/// Returns `.gitattributes` with our line, as staged and as in the working tree; nothing of one
/// that has it.
///
/// # Errors
/// What cannot be read.
pub(super) fn attributes_with_line(
    repo: &Repo,
    staged: Option<Entry>,
) -> Result<[Option<Vec<u8>>; 2], CommandError> {
    let working = repo.read_working(ATTRIBUTES_PATH)?;
    let staged = staged.map(|entry| repo.blob(entry.blob)).transpose()?;
    Ok([staged, working].map(|content| attributes::with_line(content.as_deref())))
}

/// Refuses where a file of ours would take the place of something else, or a link or a file in
/// the place of its directory would lead it elsewhere.
fn refuse_odd(repo: &Repo, own: &Tree, path: &RepoPath) -> Result<(), CommandError> {
    let odd = |what: &str, name: &RepoPath| {
        CommandError::new(format!("cannot adopt: '{name}' {what}"))
            .hint(format!("move it away, and remove it from the index: git rm -r --cached {name}"))
    };
    let dir = path.parent();
    let below = [path.as_bytes(), b"/"].concat();
    if own.get(path).is_some_and(|entry| !entry.mode.is_file()) {
        return Err(odd("in the index is not a regular file", path));
    }
    let after = own.range(path..).map(|(other, _)| other.as_bytes());
    let mut similar = after.take_while(|other| other.starts_with(path.as_bytes()));
    if similar.any(|other| other.starts_with(&below)) {
        return Err(odd("in the index is a directory", path));
    }
    if let Some(dir) = dir.as_ref().filter(|dir| own.contains_key(dir)) {
        return Err(odd("in the index is not a directory", dir));
    }
    let found = |name: &RepoPath| repo.top().join(name.to_os_path()).symlink_metadata().ok();
    if found(path).is_some_and(|meta| !meta.is_file()) {
        return Err(odd("is not a regular file", path));
    }
    match dir.filter(|dir| found(dir).is_some_and(|meta| !meta.is_dir())) {
        Some(dir) => Err(odd("is not a directory", &dir)),
        None => Ok(()),
    }
}

/// Writes and stages all of it, or nothing; returns whether that is done, which it always is
/// where the index was taken up.
pub(super) fn write(
    repo: &Repo,
    file: &IndexFile,
    adoption: &Adoption,
) -> Result<bool, CommandError> {
    let change = |path: &str, bytes: &[u8]| FileChange::write(repo.top().join(path), bytes);
    let (mut staged, mut files) = (Vec::new(), Vec::new());
    if let Identities::Registry(registry) = &adoption.identities {
        let text = registry.format();
        staged.push((REGISTRY_PATH, repo.write_blob(text.as_bytes())?));
        files.push(change(REGISTRY_PATH, text.as_bytes()));
    }
    if let Some(text) = &adoption.config.staged {
        staged.push((CONFIG_PATH, repo.write_blob(text.as_bytes())?));
    }
    if let Some(text) = &adoption.config.working {
        files.push(change(CONFIG_PATH, text.as_bytes()));
    }
    if let Some(bytes) = &adoption.staged_attributes {
        staged.push((ATTRIBUTES_PATH, repo.write_blob(bytes)?));
    }
    if let Some(bytes) = &adoption.working_attributes {
        files.push(change(ATTRIBUTES_PATH, bytes));
    }
    if let Identities::Gifts(gifts) = &adoption.identities {
        return Ok(write_new_ids(repo, file, gifts, &staged, &files));
    }
    let stage = || -> Result<(), CommandError> { Ok(repo.stage_blobs(file, &staged)?) };
    changes::apply_and(&repo.scratch(), &files, stage).map(|()| true)
}
