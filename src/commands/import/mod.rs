//! `idhooks import`: import a registry, tool settings or second identities.

pub(super) mod beside;
mod settings;
mod undo;

use std::path::{Path, PathBuf};

use clap::Args;
use idhooks_core::config::LegacyFormat;
use idhooks_core::registry::{Registry, RepoPath};
use idhooks_ops::{
    AdoptedRecords, ImportSource, Reach, Writer, adopt_records, adoption_rules, assert_settled,
    import_event, open_to_change, scope_in_index,
};
use idhooks_repo::git::Repo;

use crate::error::{CommandError, CommandResult, Exit, report_full};
use crate::output::{Ui, report_adoption};

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
            let (_, registry) = source_file.read(dir, scope_in_index(&repo, &index)?)?;
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
        let records = AdoptedRecords {
            registry: without_count(registry),
            bytes,
            source: source.display().to_string(),
            command: "import",
            event: import_event(source),
            force: Some(self.force),
            is_dry_run: self.dry_run,
        };
        let done = adopt_records(ui, &repo, &file, &index, records);
        let Some(adopted) = report_full(ui, done)? else { return Ok(Exit::Findings) };
        report_adoption(ui, &adopted, ["would import", "imported"], self.dry_run);
        Ok(Exit::Fine)
    }
}

/// Returns an imported registry without what a program needs that goes on counting: it is imported once, and
/// floors matter only above the records.
fn without_count(imported: Registry) -> Registry {
    imported.retaining_floors(|_, floor, highest| floor > highest)
}
