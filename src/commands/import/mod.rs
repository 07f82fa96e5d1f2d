//! `idhooks import`: import a registry, tool settings or second identities.

pub(super) mod beside;
mod settings;
mod undo;

use std::path::{Path, PathBuf};

use clap::Args;
use idhooks_core::config::{CONFIG_PATH, Config, LegacyFormat, template};
use idhooks_core::plan::{
    AllocationLog, Edit, EventKind, PlanError, RuleSuggestion, locate_imported,
};
use idhooks_core::registry::{Object, REGISTRY_PATH, Registry, RepoPath, Scope, Tree};
use idhooks_ops::{
    AdoptedRegistry, Adoption, ImportSource, MOST_REASONS, OwnText, Reach, Rules, RulesAt, Writer,
    adoption_rules, assert_second_ids, assert_settled, attributes_with_line, full_counter,
    legacy_scopes, open_to_change, read_allocation_log, refuse_adoption, write_adoption,
};
use idhooks_repo::git::{Index, IndexFile, Repo};
use idhooks_repo::state::{CommitState, RegistryState, StateError};
use idhooks_repo::transaction::audit::{self, Recording};
use idhooks_repo::transaction::{Request, append_allocations, prepare};
use idhooks_repo::{history::Lineage, store::read_file};

use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{Bar, Ui, count};

use super::audit::recorder;
use super::choice::choice;

/// Import identities or settings from another registry or tool
///
/// FILE is a registry of the same schema, in canonical or classic form, or a table (csv) or a file with
/// a JSON object on each line (jsonl) with its records. The command adopts the repository as 'idhooks init' does, with all records of FILE: it writes and stages
/// .idhooks/registry.json, idhooks.toml and a line in .gitattributes, all of them or none. The scope
/// of FILE becomes the scope of the repository; other scopes in it are added to legacy_scopes.
///
/// A record with an untracked path is matched to a file by the identity in a file's name, by content,
/// by renames in the history, or by a unique file name. Records without a match are deprecated as
/// deleted and listed. Tracked files without a record get new identities.
///
/// If the repository is already adopted, the new records are added to its registry, unless one of them
/// conflicts, and those that are there already stay: an import can be repeated. Records that differ are
/// listed field by field, and only --update takes them. With it, the number that another program gave to a
/// file with an identity becomes an alias of that. The working tree decides where a file is and
/// whether it exists, so a record that has followed its file does not differ; a key that only the
/// registry has stays. What the next commit would undo, such as another time of an allocation, is a
/// note, and is not taken. --rollback undoes the last import, as long as it is not committed.
///
/// --config converts the settings of a classic identity tool (scope, extensions and path rules) to
/// idhooks.toml and does nothing else. Its key id_regex, if any, must describe 16 digits; settings
/// without a counterpart are reported. You can import the registry of that tool before or after its
/// settings: an unedited idhooks.toml is replaced.
///
/// --ids-map adds second identities, stored as doc_id in the metadata of the records. Each line is an
/// identity and a path from the repository root, separated by blanks, '=' or ':'; lines that begin
/// with '#' are ignored. 'idhooks show DOC-0001' then finds the file.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks import ../old/registry.json --dry-run
  idhooks import ../old/registry.json
  idhooks import ../old/registry.csv --update
  idhooks import --rollback
  idhooks import --config IDENTITY_CONFIG.yaml --dry-run
  idhooks import --ids-map ids.map

Exit code: 0 imported, or everything is there already; 1 records differ, some may belong to several \
files, FILE contains duplicates or second identities of another form, or a counter has too few numbers \
for the other files, and nothing was imported; 2 an error, and nothing was imported")]
pub(super) struct Import {
    /// Registry to import
    #[arg(value_name = "FILE", required_unless_present_any = ["config", "ids_map", "rollback"])]
    file: Option<PathBuf>,
    /// Write idhooks.toml from the YAML settings of a classic identity tool
    #[arg(long, value_name = "FILE", conflicts_with = "file")]
    config: Option<PathBuf>,
    /// Add second identities from a file with lines 'DOC-0001 docs/intro.md'
    #[arg(long, value_name = "FILE", conflicts_with_all = ["file", "config"])]
    ids_map: Option<PathBuf>,
    /// Format of FILE [default: by its ending, .csv or .jsonl; else csv if it begins with a letter;
    /// else classic]
    #[arg(long, value_parser = choice(FORMATS, LegacyFormat::as_str, None), value_name = "FORMAT", requires = "file")]
    format: Option<LegacyFormat>,
    /// Take the values of records that differ from those here
    #[arg(long, requires = "file")]
    update: bool,
    /// Undo the last import, as long as it is not committed and nothing has changed since
    #[arg(long, conflicts_with_all = ["file", "config", "ids_map", "force"])]
    rollback: bool,
    /// Show what would change; change nothing
    #[arg(long)]
    dry_run: bool,
    /// Import even if it replaces something or another branch has a registry
    ///
    /// Without --config or --ids-map: adopt although another branch has a registry; the two will never
    /// merge. With --config: overwrite idhooks.toml. With --ids-map: replace existing second
    /// identities.
    #[arg(long)]
    force: bool,
}

/// The formats of files with whole records.
pub(super) const FORMATS: [LegacyFormat; 3] =
    [LegacyFormat::Classic, LegacyFormat::Csv, LegacyFormat::Jsonl];

impl Import {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        if self.rollback {
            return undo::undo(ui, dir, self.dry_run);
        }
        if let Some(map) = &self.ids_map {
            return beside::add_ids(ui, dir, map, self.force, self.dry_run);
        }
        match (&self.config, &self.file) {
            (Some(yaml), _) => settings::write(ui, dir, yaml, self.force, self.dry_run),
            (None, Some(file)) => self.adopt(ui, dir, file),
            (None, None) => Err(CommandError::internal("no file to import was named")),
        }
    }

    fn adopt(&self, ui: &mut Ui, dir: &Path, source: &Path) -> CommandResult<Exit> {
        let repo = Repo::open(dir)?;
        let source_file = ImportSource { typed: source, format: self.format };
        let file = repo.index_file();
        let index = repo.index(&file)?;
        if index.tree.contains_key(&RepoPath::registry()) {
            let (_, registry) = source_file.read(dir, own_scope(&repo, &index)?)?;
            let registry = without_count(registry);
            let repo = open_to_change(dir)?;
            let writer = Writer::open_for(&repo, "import", Reach::Everything)?;
            return beside::add(ui, &writer, (source, &registry), self.update, self.dry_run);
        }
        if !self.dry_run {
            // What a killed import has left would look like files of another program.
            assert_settled(&repo)?;
        }
        let (config, _) = adoption_rules(&repo, &index.tree, None)?;
        let (bytes, registry) = source_file.read(dir, config.scope)?;
        let imported = AdoptedRecords {
            registry: without_count(registry),
            bytes,
            source: source.display().to_string(),
            command: "import",
            took: ["would import", "imported"],
            event: recorder::imported(source),
        };
        imported.adopt(ui, &repo, (&file, &index), Some(self.force), self.dry_run)
    }
}

/// The records with which a repository is adopted.
pub(super) struct AdoptedRecords {
    /// The records.
    pub(super) registry: Registry,
    /// The bytes that they were read from.
    pub(super) bytes: Vec<u8>,
    /// Where they are from, for messages.
    pub(super) source: String,
    /// The name of the command.
    pub(super) command: &'static str,
    /// What it would do to the records, and what it did.
    pub(super) took: [&'static str; 2],
    /// The event for the audit log.
    pub(super) event: (EventKind, Object),
}

impl AdoptedRecords {
    /// Adopts a repository without a registry: records whose file is gone become deprecated, and files without a record
    /// get new identities. `force` goes on although another branch has a registry; it is
    /// `None` for a command without that option.
    ///
    /// # Errors
    /// Returns an error if a file is in the way, or cannot be read or written.
    pub(super) fn adopt(
        self,
        ui: &mut Ui,
        repo: &Repo,
        (file, index): (&IndexFile, &Index),
        force: Option<bool>,
        dry_run: bool,
    ) -> CommandResult<Exit> {
        let AdoptedRecords { registry, bytes, source, command, took, event } = self;
        let (config, rules) = adoption_rules(repo, &index.tree, None)?;
        refuse_adoption(repo, &index.tree, !index.unmerged.is_empty(), force)?;
        assert_second_ids(&registry, Path::new(&source))?;
        // An untracked registry may only be the one to import.
        if repo.read_working(REGISTRY_PATH)?.is_some_and(|own| own != bytes) {
            return Err(CommandError::new(format!("'{REGISTRY_PATH}' exists, but is not tracked"))
                .hint("move it away, or import that file"));
        }
        let config_text = config_text(repo, index, &config, &rules, &registry)?;
        let mut settled = registry.clone();
        let bar = Bar::start("importing records", 3);
        let unclear =
            locate_imported::locate(&mut settled, &index.tree, &config, || repo.renames())?;
        if !unclear.is_empty() {
            let what = "nothing was imported: a person must say which files these are";
            let error = CommandError::new(what)
                .listing(unclear, MOST_REASONS)
                .hint("correct these paths in the file, then run this again");
            return Err(CommandError { exit: Exit::Findings, ..error });
        }
        bar.step();
        let attributes = attributes_with_line(repo, &index.tree)?;
        let log = read_allocation_log(ui, repo);
        let after = match complete(repo, &config, &index.tree, settled, &log) {
            Err(StateError::Plan(PlanError::Capacity { counter, path })) => {
                let (scope, tree) = (registry.scope, &index.tree);
                let need =
                    RuleSuggestion { config: &config, scope, tree, registry: Some(&registry) };
                let is_staged = matches!(rules, Rules::Staged(_));
                ui.complain(&[full_counter(&need, counter, &path, RulesAt::of(is_staged))]);
                return Ok(Exit::Findings);
            }
            after => after?,
        };
        bar.step();
        let adoption = Adoption { config: config_text, attributes };
        if !dry_run {
            repo.begin(command);
            audit::look_ahead(repo)?;
            let what = format!("{command} {source}");
            let registries = (&Registry::new(after.scope), &after);
            let recording = Recording::of(repo, Some(registries), [event]);
            let text = AdoptedRegistry::Journaled(after.format().into_bytes(), what);
            let problem = write_adoption(repo, file, &index.tree, adoption, recording, text)?;
            let others = append_allocations(repo, &log, None, &after);
            bar.step();
            problem.into_iter().chain(others).for_each(|problem| ui.warning(&problem));
        }
        bar.finish();
        report(ui, (&registry, &after), took, dry_run);
        Ok(Exit::Fine)
    }
}

/// Returns an imported registry without what a program needs that goes on counting: it is imported once, and
/// floors matter only above the records.
fn without_count(imported: Registry) -> Registry {
    imported.retaining_floors(|_, floor, highest| floor > highest)
}

/// Returns the scope of the registry in an index, if that can be read.
pub(super) fn own_scope(repo: &Repo, index: &Index) -> CommandResult<Option<Scope>> {
    let entry = index.tree.get(&RepoPath::registry());
    let bytes = entry.map(|entry| repo.blob(entry.blob)).transpose()?;
    Ok(bytes.and_then(|bytes| Registry::parse(&bytes).ok()).map(|registry| registry.scope))
}

/// Returns the texts to write to `idhooks.toml`.
pub(super) fn config_text(
    repo: &Repo,
    index: &Index,
    config: &Config,
    rules: &Rules,
    registry: &Registry,
) -> CommandResult<OwnText> {
    let scope = registry.scope;
    if let Some(own) = config.scope.filter(|own| *own != scope) {
        return Err(CommandError::new(format!(
            "{CONFIG_PATH} has scope {own}, but the registry has scope {scope}"
        ))
        .hint(format!("change scope in {CONFIG_PATH}, or remove it there")));
    }
    let legacy = legacy_scopes(registry);
    let text = match rules {
        Rules::New => {
            let text = template::render_with(scope, config.strategy, &legacy);
            return Ok(OwnText::same(text));
        }
        Rules::Written(text) => text.clone().into_bytes(),
        Rules::Staged(texts) => {
            let is_known = |scope: &Scope| config.legacy_scopes.contains(scope);
            if config.scope.is_some() && legacy.iter().all(is_known) {
                return Ok(texts.clone());
            }
            let entry = index.tree.get(&RepoPath::config());
            let staged = entry.map(|entry| repo.blob(entry.blob)).transpose()?;
            if staged != read_file(&repo.top().join(CONFIG_PATH))? {
                return Err(CommandError::new(format!("'{CONFIG_PATH}' has unstaged changes"))
                    .hint(format!("stage them first: git add {CONFIG_PATH}")));
            }
            match &texts.staged {
                Some(text) => text.clone(),
                None => staged.unwrap_or_default(),
            }
        }
    };
    let text = String::from_utf8(text).map_err(|error| {
        CommandError::new(format!("'{CONFIG_PATH}' is not UTF-8 text")).because(&error)
    })?;
    let with = template::with_scopes(&text, config, scope, &legacy);
    with.map(OwnText::same).map_err(|error| {
        CommandError::new(format!("{CONFIG_PATH} does not list the scopes of all records"))
            .hint(format!("add this line to it: {error}"))
    })
}

/// Deprecates the records without a file, and allocates identities for the files without a record.
pub(super) fn complete(
    repo: &Repo,
    config: &Config,
    tree: &Tree,
    registry: Registry,
    log: &AllocationLog,
) -> Result<Registry, StateError> {
    let state = CommitState::without_registry(tree.clone(), RegistryState::NotAdopted);
    let mut lineage = Lineage::default();
    let scope = registry.scope;
    lineage.merged = Some(registry);
    let request = Request {
        config,
        scope,
        state: &state,
        lineage: &lineage,
        given: Some(log),
        offered: &[],
        now: None,
        allocate: true,
        picks: &[],
        former: &[],
    };
    Ok(prepare(repo, &request)?.registry)
}

/// Reports the changes of an adoption; `took` is what it would do to the records, and what it did.
fn report(
    ui: &mut Ui,
    (before, after): (&Registry, &Registry),
    took: [&'static str; 2],
    is_dry_run: bool,
) {
    let is_new = |edit: &Edit| matches!(edit.kind, EventKind::Allocated | EventKind::Copied);
    let (new, edits): (Vec<Edit>, Vec<Edit>) =
        Edit::between(before, after).into_iter().partition(is_new);
    ui.lines(edits);
    let records = count(before.allocations.len(), "record", "records");
    let files = count(new.len(), "other tracked file", "other tracked files");
    let (took, gave) = match is_dry_run {
        true => (took[0], "would allocate"),
        false => (took[1], "allocated"),
    };
    for line in [
        format!("{took} {records} with scope {}", before.scope),
        format!("{gave} identities for {files}"),
        "next: 'idhooks install' (once in every clone), then: git commit -m 'adopt idhooks'".into(),
    ] {
        if is_dry_run { ui.line(&line) } else { ui.report(&line) }
    }
}
