//! Converts the settings of a classic identity tool to `idhooks.toml`.

use std::path::Path;

use idhooks_core::config::{CONFIG_PATH, Classic, Config, Strategy, template};
use idhooks_core::registry::{Entry, Registry, RepoPath};
use idhooks_ops::{MOST_REASONS, Reach, legacy_scopes, note_import, writer_lock};
use idhooks_repo::store::changes::{self, FileChange};
use idhooks_repo::{git::Repo, store::read_file, transaction::audit};

use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{Ui, shell_quoted};

/// Writes `idhooks.toml` from classic settings; `typed` is the name of their file as typed.
///
/// # Errors
/// Returns an error if the settings cannot be read or parsed, or if rules exist and `force` is not
/// set.
pub(super) fn write(
    ui: &mut Ui,
    dir: &Path,
    typed: &Path,
    force: bool,
    is_dry_run: bool,
) -> CommandResult<Exit> {
    let repo = Repo::open(dir)?.synced();
    let name = typed.display().to_string();
    let wanted = "name the settings to import, such as IDENTITY_CONFIG.yaml";
    let yaml = read_text(&dir.join(typed), &name, wanted)?;
    let classic = Classic::parse(&yaml).map_err(|faults| {
        CommandError::new(format!("cannot use '{name}'; nothing was written"))
            .listing(faults, MOST_REASONS)
            .hint("correct the file, or write idhooks.toml yourself; its format: idhooks schema config")
    })?;
    for remark in &classic.left_out {
        ui.status(&format!("note: '{name}' {remark}"));
    }
    let tree = repo.index(&repo.index_file())?.tree;
    let stored = tree.get(&RepoPath::registry()).map(|entry| repo.blob(entry.blob)).transpose()?;
    // 'idhooks check' reports a registry that cannot be read.
    let registry = stored.and_then(|bytes| Registry::parse(&bytes).ok());
    let entry = tree.get(&RepoPath::config());
    let untouched = untouched(&repo, entry)?;
    let text = text(&classic, registry.as_ref(), &name, untouched.unwrap_or_default())?;
    if is_dry_run {
        ui.data(&text);
        return Ok(Exit::Fine);
    }
    refuse(&repo, entry.is_some(), force || untouched.is_some())?;
    let _lock = writer_lock(&repo, "import", Reach::Everything)?;
    audit::look_ahead(&repo)?;
    let change = FileChange::write(repo.top().join(CONFIG_PATH), text.as_bytes());
    changes::apply(&repo.scratch(), &[change])?;
    note_import(ui, &repo, typed);
    ui.report(&format!(
        "wrote {CONFIG_PATH}: {} extensions, {} path rules; review it",
        classic.types.len(),
        classic.namespaces.len()
    ));
    let known = classic.registry.filter(|path| dir.join(path).is_file());
    ui.report(&match (registry, known) {
        (Some(_), _) => "next: git add idhooks.toml".to_owned(),
        (None, Some(path)) => format!("next: idhooks import {}", shell_quoted(&path)),
        (None, None) => "next: 'idhooks init'; or, if files have identities already, commit idhooks.toml, then 'idhooks migrate plan'".to_owned(),
    });
    Ok(Exit::Fine)
}

/// Returns the strategy of an `idhooks.toml` that is, staged and in the working tree, exactly as
/// adoption wrote it, so that nothing is lost if it is replaced.
fn untouched(repo: &Repo, staged: Option<&Entry>) -> CommandResult<Option<Strategy>> {
    let path = repo.top().join(CONFIG_PATH);
    if !path.symlink_metadata().is_ok_and(|meta| meta.is_file()) {
        return Ok(None);
    }
    let bytes = read_file(&path)?.unwrap_or_default();
    if let Some(entry) = staged
        && repo.blob(entry.blob)? != bytes
    {
        return Ok(None);
    }
    let text = std::str::from_utf8(&bytes).ok();
    let read = text.and_then(|text| Some((text, Config::parse(text).ok()?)));
    Ok(read.and_then(|(text, config)| {
        let legacy = config.legacy_scopes.iter().copied().collect();
        let written = template::render_with(config.scope?, config.strategy, &legacy);
        (written == text).then_some(config.strategy)
    }))
}

/// Returns the text to write, which matches the existing registry.
fn text(
    classic: &Classic,
    registry: Option<&Registry>,
    name: &str,
    strategy: Strategy,
) -> CommandResult<String> {
    let text = template::render_classic(classic, strategy);
    let config = Config::parse(&text).map_err(|error| {
        CommandError::internal("the generated rules cannot be parsed").because(&error)
    })?;
    let Some(registry) = registry else { return Ok(text) };
    let scope = registry.scope;
    if let Some(other) = classic.scope.filter(|other| *other != scope) {
        return Err(CommandError::new(format!(
            "'{name}' has scope {other}, but the registry here has scope {scope}"
        ))
        .hint("the scope of a repository never changes: remove it from the file"));
    }
    template::with_scopes(&text, &config, scope, &legacy_scopes(registry))
        .map_err(|error| CommandError::internal(format!("cannot add to the rules: {error}")))
}

/// Refuses if rules exist, or something else at their path.
fn refuse(repo: &Repo, is_staged: bool, force: bool) -> CommandResult<()> {
    let there = repo.top().join(CONFIG_PATH).symlink_metadata().ok();
    if there.as_ref().is_some_and(|meta| !meta.is_file()) {
        return Err(CommandError::new(format!("'{CONFIG_PATH}' is not a regular file"))
            .hint("move it away"));
    }
    if (there.is_some() || is_staged) && !force {
        return Err(CommandError::new(format!("'{CONFIG_PATH}' already exists"))
            .hint("to see what would be written: add --dry-run")
            .hint("to overwrite it and lose its own settings: add --force"));
    }
    Ok(())
}

/// Reads a text file that was named on the command line; `wanted` is the hint if it does not exist.
pub(super) fn read_text(file: &Path, name: &str, wanted: &str) -> CommandResult<String> {
    let bytes = read_file(file)?
        .ok_or_else(|| CommandError::new(format!("no file '{name}'")).hint(wanted))?;
    String::from_utf8(bytes).map_err(|error| {
        CommandError::new(format!("'{name}' is not UTF-8 text"))
            .because(&error)
            .hint("save it as UTF-8, then import it again")
    })
}
