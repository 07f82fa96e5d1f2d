//! `idhooks import`: adopt a repository with a registry from elsewhere.

mod beside;
mod foreign;
mod ids_map;
mod settings;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::config::{CONFIG_PATH, Config, TypeSource, template};
use crate::error::CommandError;
use crate::exit::Exit;
use crate::git::{Index, Repo};
use crate::history::Lineage;
use crate::output::{Ui, count};
use crate::plan::{Edit, Need, PlanError, locate_imported};
use crate::registry::{REGISTRY_PATH, Registry, RepoPath, Scope, Tree};
use crate::state::{Snapshot, StateError};
use crate::store::read_file;
use crate::transaction::{Request, append_allocations, prepare};

use super::adoption::{
    Adoption, ConfigTexts, Identities, Rules, attributes_with_line, refuse, rules, write,
};
use super::audit::recorder;
use super::capacity::full_at_adoption;
use super::transaction::staging::read_allocation_log;
use super::transaction::writer::turn;

/// Adopt a repository with a registry from elsewhere
///
/// Takes every record of a registry of the same schema, in its canonical or its classic form, and
/// writes and stages what 'idhooks init' does: .idhooks/registry.json, idhooks.toml and a line in
/// .gitattributes, all of them or none. The scope of the file becomes that of the repository;
/// other scopes in it are declared as legacy_scopes.
///
/// A record whose path is not tracked follows its file: by an identity in the file's name, by the
/// content, by the renames in the history, or by a name that only one file has. What is not found
/// is deprecated as deleted and listed. Tracked files that have no record get identities.
///
/// In a repository that is adopted, records are added as long as nothing stands against them.
///
/// With '--config' the scope, the extensions and the path rules of a classic identity tool are
/// written to idhooks.toml, and nothing else is done. A key named id_regex there must describe 16
/// digits; each setting without a counterpart gets a note. Import the registry of that tool before
/// or after its settings, as you like: an idhooks.toml that is just as idhooks wrote it is replaced.
///
/// With '--ids-map' files get second identities, as doc_id in the metadata of their records: an
/// identity and a path from the top of the repository in each line, with blanks, '=' or ':'
/// between them. Lines that begin with '#' do not count. 'idhooks show DOC-0001' finds the file.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks import ../old/registry.json --dry-run
  idhooks import ../old/registry.json
  idhooks import --config IDENTITY_CONFIG.yaml --dry-run
  idhooks import --ids-map ids.map

Exit code: 0 all records were taken, whatever was listed; 1 none was, since a counter has too few
numbers for the other files; 2 none was")]
pub(super) struct Import {
    /// The registry
    #[arg(value_name = "FILE", required_unless_present_any = ["config", "ids_map"])]
    file: Option<PathBuf>,
    /// Write idhooks.toml as the settings of a classic identity tool say
    #[arg(long, value_name = "YAML", conflicts_with = "file")]
    config: Option<PathBuf>,
    /// Give files the second identities of a map, with a line 'DOC-0001 docs/intro.md' for each
    #[arg(long, value_name = "MAP", conflicts_with_all = ["file", "config"])]
    ids_map: Option<PathBuf>,
    /// Adopt although another branch has a registry, which will never merge; with '--config'
    /// overwrite idhooks.toml, with '--ids-map' replace what is there
    #[arg(long)]
    force: bool,
    /// Say what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
}

impl Import {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> Result<Exit, CommandError> {
        if let Some(map) = &self.ids_map {
            return ids_map::take(ui, dir, map, self.force, self.dry_run);
        }
        match (&self.config, &self.file) {
            (Some(yaml), _) => settings::write(ui, dir, yaml, self.force, self.dry_run),
            (None, Some(file)) => self.adopt(ui, dir, file),
            (None, None) => Err(CommandError::internal("nothing to import was named")),
        }
    }

    fn adopt(&self, ui: &mut Ui, dir: &Path, source: &Path) -> Result<Exit, CommandError> {
        let repo = Repo::open(dir)?;
        let (bytes, registry) = foreign::read(&dir.join(source), source)?;
        let file = repo.index_file();
        let index = repo.index(&file)?;
        if index.tree.contains_key(&RepoPath::registry()) {
            let repo = repo.synced();
            let _turn = turn(&repo, "import")?;
            return beside::add(ui, &repo, registry, self.dry_run);
        }
        refuse(&repo, &index.tree, !index.unmerged.is_empty(), self.force)?;
        refuse_other(&repo, &bytes)?;
        let (config, rules) = rules(&repo, &index.tree, None)?;
        let config_text = config_text(&repo, &index, &config, &rules, &registry)?;
        let mut settled = registry.clone();
        locate_imported::settle(&mut settled, &index.tree, &config, || repo.renames())?;
        let attributes = index.tree.get(&RepoPath::attributes()).copied();
        let [staged_attributes, working_attributes] = attributes_with_line(&repo, attributes)?;
        let after = match complete(ui, &repo, &config, &index.tree, settled) {
            Err(StateError::Plan(PlanError::Capacity { counter, path })) => {
                let (scope, tree) = (registry.scope, &index.tree);
                let need = Need { config: &config, scope, tree, registry: Some(&registry) };
                let is_staged = matches!(rules, Rules::Staged(_));
                ui.complain(&[full_at_adoption(&need, counter, &path, is_staged)]);
                return Ok(Exit::Findings);
            }
            after => after?,
        };
        let told = Told::of(&registry, &after);
        let adoption = Adoption {
            scope: after.scope,
            strategy: config.strategy,
            identities: Identities::Registry(after),
            config: config_text,
            adds_types: config.types.source == TypeSource::New && !matches!(rules, Rules::New),
            staged_attributes,
            working_attributes,
        };
        if !self.dry_run {
            repo.begin("import");
            recorder::look_ahead(&repo)?;
            write(&repo, &file, &adoption)?;
            if let Identities::Registry(after) = &adoption.identities
                && let Some(problem) = append_allocations(&repo, None, after)
            {
                ui.warning(&problem);
            }
            recorder::note(ui, &repo, "import", &[("source", Some(&source.to_string_lossy()))]);
        }
        told.tell(ui, &registry, self.dry_run);
        Ok(Exit::Fine)
    }
}

/// Refuses where a registry is there that nobody staged, unless it is the one to be imported.
fn refuse_other(repo: &Repo, imported: &[u8]) -> Result<(), CommandError> {
    match repo.read_working(REGISTRY_PATH)? {
        Some(bytes) if bytes != imported => {
            Err(CommandError::new(format!("'{REGISTRY_PATH}' is there, but not tracked"))
                .hint("move it away, or import that one"))
        }
        _ => Ok(()),
    }
}

/// Returns the texts of `idhooks.toml` that are to be written.
fn config_text(
    repo: &Repo,
    index: &Index,
    config: &Config,
    rules: &Rules,
    registry: &Registry,
) -> Result<ConfigTexts, CommandError> {
    let scope = registry.scope;
    if let Some(own) = config.scope.filter(|own| *own != scope) {
        return Err(CommandError::new(format!(
            "{CONFIG_PATH} says scope {own}, the registry is of scope {scope}"
        ))
        .hint(format!("change scope in {CONFIG_PATH}, or leave it out there")));
    }
    let legacy = legacy_scopes(registry);
    let text = match rules {
        Rules::New => {
            let text = template::render_with(scope, config.strategy, &legacy);
            return Ok(ConfigTexts::same(text));
        }
        Rules::Written(text) => text.clone(),
        Rules::Staged(texts) => {
            let is_known = |scope: &Scope| config.legacy_scopes.contains(scope);
            if config.scope.is_some() && legacy.iter().all(is_known) {
                return Ok(texts.clone());
            }
            let entry = index.tree.get(&RepoPath::config());
            let staged = entry.map(|entry| repo.blob(entry.blob)).transpose()?;
            if staged != read_file(&repo.top().join(CONFIG_PATH))? {
                return Err(CommandError::new(format!("'{CONFIG_PATH}' is not as it is staged"))
                    .hint(format!("stage it first: git add {CONFIG_PATH}")));
            }
            match &texts.staged {
                Some(text) => text.clone(),
                None => String::from_utf8(staged.unwrap_or_default()).map_err(|error| {
                    CommandError::new(format!("'{CONFIG_PATH}' is not UTF-8 text")).because(&error)
                })?,
            }
        }
    };
    let with = template::with_scopes(&text, config, scope, &legacy);
    with.map(ConfigTexts::same).map_err(|line| {
        CommandError::new(format!("{CONFIG_PATH} does not know the scopes of all records"))
            .hint(format!("write there: {line}"))
    })
}

/// How many reasons of one kind are named.
const NAMED: usize = 20;

/// Reads a text that is named on the command line; `wanted` says what is to be named.
fn read_text(file: &Path, name: &str, wanted: &str) -> Result<String, CommandError> {
    let bytes = read_file(file)?
        .ok_or_else(|| CommandError::new(format!("no file '{name}'")).hint(wanted))?;
    String::from_utf8(bytes).map_err(|error| {
        CommandError::new(format!("'{name}' is not UTF-8 text"))
            .because(&error)
            .hint("save it as UTF-8, then import it")
    })
}

/// Returns the first reasons, and how many more there are.
fn told_at_most(mut reasons: Vec<String>) -> Vec<String> {
    let more = reasons.len().saturating_sub(NAMED);
    reasons.truncate(NAMED);
    reasons.extend((more > 0).then(|| format!("and {more} more")));
    reasons
}

/// Returns the scopes of records that are not that of their registry.
fn legacy_scopes(registry: &Registry) -> BTreeSet<Scope> {
    let ids = registry.allocations.iter().flat_map(|record| [record.id, record.claim]);
    ids.map(crate::registry::Id::scope).filter(|scope| *scope != registry.scope).collect()
}

/// Retires what has no file, and gives the files that have no record identities.
fn complete(
    ui: &mut Ui,
    repo: &Repo,
    config: &Config,
    tree: &Tree,
    registry: Registry,
) -> Result<Registry, StateError> {
    let snapshot = Snapshot { tree: tree.clone(), stored: None, is_complete: true };
    let mut lineage = Lineage::default();
    let scope = registry.scope;
    lineage.merged = Some(registry);
    let given = read_allocation_log(ui, repo);
    let plan = prepare(
        repo,
        &Request {
            config,
            scope,
            snapshot: &snapshot,
            lineage: &lineage,
            given: &given,
            offered: &[],
            now: None,
            allocate: true,
            picks: &[],
            progress: &|| {},
        },
    )?;
    Ok(plan.registry)
}

/// What became of the records.
struct Told {
    edits: Vec<Edit>,
    new: usize,
}

impl Told {
    fn of(before: &Registry, after: &Registry) -> Self {
        let edits = Edit::between(before, after);
        let is_new = |edit: &Edit| matches!(edit, Edit::Allocate { .. });
        let (new, edits): (Vec<Edit>, Vec<Edit>) = edits.into_iter().partition(is_new);
        Told { edits, new: new.len() }
    }

    fn tell(&self, ui: &mut Ui, registry: &Registry, is_dry_run: bool) {
        for edit in &self.edits {
            ui.line(&edit.to_string());
        }
        let records = count(registry.allocations.len(), "record", "records");
        let files = count(self.new, "other tracked file", "other tracked files");
        let (took, gave) = match is_dry_run {
            true => ("would take", "would give"),
            false => ("took", "gave"),
        };
        for line in [
            format!("{took} {records} of scope {}", registry.scope),
            format!("{gave} {files} identities"),
            "next: 'idhooks install' (once in every clone), then: git commit -m 'adopt idhooks'"
                .to_owned(),
        ] {
            if is_dry_run { ui.line(&line) } else { ui.report(&line) }
        }
    }
}
