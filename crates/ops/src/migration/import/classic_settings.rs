//! Converts a classic identity tool's settings to `idhooks.toml`.

use idhooks_migration::Classic;
use std::path::Path;

use idhooks_core::config::{CONFIG_PATH, Config, Strategy};
use idhooks_core::registry::{Entry, Registry, RepoPath};
use idhooks_repo::store::file_change::{self, FileChange};
use idhooks_repo::{git::Repo, state::StateError, store::read_file, transaction::audit_recording};

use super::options::NAME;
use super::second_ids::read_text;
use super::{ImportFileOptions, ImportRefusal, ImportedSettings, ImportedText};
use crate::{
    AdoptionRefusal, HERE, Notice, Observer, OpsError, Reach, config_template, legacy_scopes,
    note_import, writer_lock,
};

/// Writes `idhooks.toml` based on another tool's settings.
///
/// # Errors
/// Returns an error if the settings cannot be read or parsed, or if existing rules must not be
/// replaced. In that case nothing was changed.
pub fn import_settings(
    observer: &mut dyn Observer,
    repo: &Repo,
    options: &ImportFileOptions,
) -> Result<ImportedSettings, OpsError> {
    let ImportFileOptions { file, force, is_dry_run } = options;
    let name = file.display().to_string();
    let yaml = read_text(file, ImportedText::Settings)?;
    let classic = Classic::parse(&yaml);
    let classic = classic.map_err(|faults| ImportRefusal::Settings(name.clone(), faults))?;
    for remark in &classic.left_out {
        observer.notice(Notice::Remark(format!("'{name}' {remark}")));
    }
    let tree = repo.index(&repo.index_file())?.tree;
    let stored = tree.get(&RepoPath::registry()).map(|entry| repo.blob(entry.blob)).transpose()?;
    // If the registry cannot be read, 'idhooks check' will report it.
    let registry = stored.and_then(|bytes| Registry::parse(&bytes).ok());
    let entry = tree.get(&RepoPath::config());
    let untouched = untouched(repo, entry)?;
    let text = text(&classic, registry.as_ref(), &name, untouched.unwrap_or_default())?;
    if !is_dry_run {
        refuse(repo, entry.is_some(), *force || untouched.is_some())?;
        let _lock = writer_lock(repo, NAME, Reach::Everything)?;
        // If the audit log cannot be written, this must fail before anything else is written.
        audit_recording::look_ahead(repo)?;
        let change = FileChange::write(repo.top().join(CONFIG_PATH), text.as_bytes());
        file_change::apply(&repo.scratch(), &[change])?;
        note_import(observer, repo, file);
    }
    Ok(ImportedSettings {
        text,
        types: classic.template.types.len(),
        namespaces: classic.template.namespaces.len(),
        is_adopted: registry.is_some(),
        registry: classic.registry.filter(|path| Path::new(HERE).join(path).is_file()),
    })
}

/// Returns the strategy in `idhooks.toml` if both the staged copy and the one in the working tree
/// are unchanged since the repository was adopted, so the file can be replaced without losing
/// anything.
fn untouched(repo: &Repo, staged: Option<&Entry>) -> Result<Option<Strategy>, OpsError> {
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
        let written =
            config_template::render_with(config.scope?, config.allocation.strategy, &legacy);
        (written == text).then_some(config.allocation.strategy)
    }))
}

/// Returns the text to write, adapted to the existing registry.
fn text(
    classic: &Classic,
    registry: Option<&Registry>,
    name: &str,
    strategy: Strategy,
) -> Result<String, OpsError> {
    let text = config_template::render_values(&classic.template, strategy);
    let config = Config::parse(&text).map_err(StateError::from)?;
    let Some(registry) = registry else { return Ok(text) };
    let scope = registry.scope;
    if let Some(other) = classic.template.scope.filter(|other| *other != scope) {
        let name = name.to_owned();
        return Err(ImportRefusal::OtherScope { name, settings: other, registry: scope }.into());
    }
    let with = config_template::with_scopes(&text, &config, scope, &legacy_scopes(registry));
    Ok(with.map_err(AdoptionRefusal::MissingScopes)?)
}

/// Returns an error if rules already exist, or if something else exists at their path.
fn refuse(repo: &Repo, is_staged: bool, force: bool) -> Result<(), ImportRefusal> {
    // A dangling symlink counts as well.
    let there = repo.top().join(CONFIG_PATH).symlink_metadata().ok();
    if there.as_ref().is_some_and(|meta| !meta.is_file()) {
        return Err(ImportRefusal::NoConfigFile);
    }
    if (there.is_some() || is_staged) && !force {
        return Err(ImportRefusal::ConfigExists);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Classic {
        Classic::parse(text).expect("valid")
    }

    #[test]
    fn the_rendered_file_has_the_same_settings() {
        let classic = parse(
            "scope: 260118\ntypes: {py: 20, c++: 21}\nnamespaces: {'do \"cs\"': 100, src: 007}\ndefault: 500\n",
        );
        let text = config_template::render_values(&classic.template, Strategy::Scattered);
        let config = Config::parse(&text).expect("valid");
        let path = |text: &str| RepoPath::new(text.as_bytes()).expect("valid");
        let code =
            |p: &str| format!("{}{}", config.type_of(&path(p)), config.namespace_of(&path(p)));
        assert_eq!(config.scope.map(|scope| scope.to_string()).as_deref(), Some("260118"));
        assert_eq!(code("do \"cs\"/a/b.PY"), "20100");
        assert_eq!(code("src/b.c++"), "21007");
        assert_eq!(code("x/src/b.md"), "00500");
        // Settings that the file does not contain keep their defaults.
        let text = config_template::render_values(
            &parse("types: {py: 21}\n").template,
            Strategy::Scattered,
        );
        let config = Config::parse(&text).expect("valid");
        assert!(config.scope.is_none() && text.contains("# scope = "));
        assert_eq!(config.namespace_of(&path("docs/a")).to_string(), "100");
        assert_eq!(config.type_of(&path("docs/a.md")).to_string(), "00");
    }
}
