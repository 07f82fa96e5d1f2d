//! `idhooks import`: imports a registry, tool settings or second identities.

use std::path::{Path, PathBuf};

use clap::Args;
use idhooks_core::config::{CONFIG_PATH, LegacyFormat};
use idhooks_core::registry::Discrepancy;
use idhooks_ops::{
    ImportFileOptions, ImportOptions, ImportReport, ImportedIds, ImportedRecords, ImportedSettings,
    import, import_second_ids, import_settings, open_to_change, undo_import,
};

use crate::error::{CommandError, CommandResult, Exit, report_full};
use crate::output::{Ui, count, report_adoption, shell_quoted, show_undone};

use crate::commands::value_parsers::choice;

/// Import identities or settings from another registry or tool
///
/// FILE is a registry with the same schema, in canonical or classic form, or a list of its records,
/// as a table (csv) or with one JSON object per line (jsonl). The command adopts the repository
/// like 'idhooks init', but with the records in FILE: it writes and stages .idhooks/registry.json,
/// idhooks.toml and a line in .gitattributes, all or none. FILE's scope becomes the scope of the
/// repository; other scopes in it are added to legacy_scopes.
///
/// A record with an untracked path is matched to a file by the identity in the file name, by content, by
/// renames in the history, or by a unique file name. Records without a match are deprecated as deleted,
/// and listed. Tracked files without a record get new identities.
///
/// In an adopted repository, new records are added to the registry unless one of them conflicts,
/// and existing records are kept, so an import can be repeated. Records that differ are listed
/// field by field, and taken only with --update; if FILE has a different number for a file with an
/// identity, that number then becomes an alias. Paths and deletions do not count as differences,
/// since the working tree decides about them, and keys that only the registry has are kept. Values
/// that the next commit would undo, such as a different allocation time, are reported but not
/// taken. --rollback undoes the last import as long as it is not committed.
///
/// --from takes the records of another repository, whose files were copied to DIR or added there as a
/// subtree. REV is a fetched commit of that repository; PATH is its clone, a directory with its
/// .idhooks/registry.json, or that file. A file that is P there and DIR/P here gets the number that it
/// has there, which supersedes the one it has here. Deprecated records come along, and active records
/// without a file here are left out. The other scope is added to legacy_scopes. With '--prefix .', only
/// files without an identity in the last commit get their numbers, and deprecated records are left out.
///
/// --config converts the settings of a classic identity tool (scope, extensions and path rules) to
/// idhooks.toml and does nothing else. The key id_regex in them, if present, must describe 16
/// digits; settings without a counterpart are reported. You can import that tool's registry before
/// or after its settings: an idhooks.toml that you have not edited is replaced.
///
/// --ids-map adds second identities, stored as doc_id in the records' metadata. Each line has an
/// identity and a path from the repository root, separated by blanks, '=' or ':'; lines that start
/// with '#' are ignored. 'idhooks show DOC-0001' then finds the file.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks import ../old/registry.json --dry-run
  idhooks import ../old/registry.json
  idhooks import ../old/registry.csv --update
  idhooks import --from FETCH_HEAD --prefix vendor/lib
  idhooks import --rollback
  idhooks import --config IDENTITY_CONFIG.yaml --dry-run
  idhooks import --ids-map ids.map

Exit code: 0 imported, or nothing new; 1 nothing was imported, because records differ or match several \
files, FILE contains duplicates or second identities of another form, or a counter has too few numbers \
for the other files; 2 an error, and nothing was imported")]
pub(in crate::commands) struct Import {
    /// Registry to import
    #[arg(value_name = "FILE", required_unless_present_any = ["from", "config", "ids_map", "rollback"])]
    file: Option<PathBuf>,
    /// Take the records of another repository, for its files in the directory --prefix
    #[arg(long, value_name = "REV|PATH", requires = "prefix", conflicts_with_all = ["file", "config", "ids_map", "format", "force"])]
    from: Option<PathBuf>,
    /// Directory of this repository with the files of the other one
    #[arg(long, value_name = "DIR", requires = "from")]
    prefix: Option<PathBuf>,
    /// Write idhooks.toml from the YAML settings of a classic identity tool
    #[arg(long, value_name = "FILE", conflicts_with = "file")]
    config: Option<PathBuf>,
    /// Add second identities from a file with lines such as 'DOC-0001 docs/intro.md'
    #[arg(long, value_name = "FILE", conflicts_with_all = ["file", "config"])]
    ids_map: Option<PathBuf>,
    /// Format of FILE [default: by its extension, .csv or .jsonl; else csv if it begins with a letter;
    /// else classic]
    #[arg(long, value_parser = choice(LegacyFormat::WITH_RECORDS, LegacyFormat::as_str, None), value_name = "FORMAT", requires = "file")]
    format: Option<LegacyFormat>,
    /// Take the values of records that differ
    #[arg(long, conflicts_with_all = ["config", "ids_map"])]
    update: bool,
    /// Undo the last import, unless it is committed or something has changed since
    #[arg(long, conflicts_with_all = ["file", "from", "config", "ids_map", "update", "force"])]
    rollback: bool,
    /// Show what would change; change nothing
    #[arg(long)]
    dry_run: bool,
    /// Import even if it replaces something, or if another branch has a registry
    ///
    /// Without --config or --ids-map: adopt even if another branch has a registry; the two can never be
    /// merged. With --config: overwrite idhooks.toml. With --ids-map: replace existing second identities.
    #[arg(long)]
    force: bool,
}

impl Import {
    pub(in crate::commands) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        if self.rollback {
            let undone = undo_import(ui, &open_to_change(dir)?, self.dry_run)?;
            show_undone(ui, undone, self.dry_run);
            return Ok(Exit::Fine);
        }
        let (force, is_dry_run) = (self.force, self.dry_run);
        if let Some(file) = self.ids_map {
            let options = ImportFileOptions { file, force, is_dry_run };
            let given = import_second_ids(ui, &open_to_change(dir)?, &options)?;
            report_second_ids(ui, &given, is_dry_run);
            return Ok(Exit::Fine);
        }
        if let Some(file) = self.config {
            let options = ImportFileOptions { file, force, is_dry_run };
            let settings = import_settings(ui, &open_to_change(dir)?, &options)?;
            match is_dry_run {
                // The new file's content is printed, so that it can be compared or saved.
                true => ui.data(&settings.text),
                false => report_settings(ui, &settings),
            }
            return Ok(Exit::Fine);
        }
        let Some(file) = self.from.or(self.file) else {
            return Err(CommandError::internal("no file to import was named"));
        };
        let Import { prefix, format, update, .. } = self;
        let options = ImportOptions { file, prefix, format, update, force, is_dry_run };
        let done = import(ui, &open_to_change(dir)?, &options);
        match report_full(ui, done)? {
            None => return Ok(Exit::Findings),
            Some(ImportReport::Added(added)) => return Ok(report_added(ui, &added, is_dry_run)),
            Some(ImportReport::Adopted(adopted)) => {
                report_adoption(ui, &adopted, ["would import", "imported"], is_dry_run);
            }
        }
        Ok(Exit::Fine)
    }
}

/// Reports the imported records, and the number of existing ones.
fn report_added(ui: &mut Ui, added: &ImportedRecords, is_dry_run: bool) -> Exit {
    ui.lines(added.differences.iter().map(Discrepancy::as_change));
    let ImportedRecords { edits, new, changed, known, .. } = added;
    // The differences are printed even if the import is refused, because `--update` would import
    // them.
    if added.is_refused {
        let records = count(*changed, "record differs", "records differ");
        ui.status(&format!("{records}; nothing was imported; to take the new values: --update"));
        return Exit::Findings;
    }
    ui.lines(edits);
    let took = if is_dry_run { "would import" } else { "imported" };
    let mut line = format!("{took} {}", count(*new, "record", "records"));
    if *changed > 0 {
        let updated = if is_dry_run { "would update" } else { "updated" };
        line.push_str(&format!(", {updated} {changed}"));
    }
    line.push_str(&format!("; {} already present", known - changed));
    match is_dry_run {
        true => ui.line(&line),
        false => ui.report(&line),
    }
    Exit::Fine
}

/// Reports the second identities given to files.
fn report_second_ids(ui: &mut Ui, ImportedIds { new, known }: &ImportedIds, is_dry_run: bool) {
    ui.lines(new.iter().map(|(doc_id, path)| format!("{doc_id} {path}")));
    let files = count(new.len(), "file", "files");
    let gave = if is_dry_run { "would give" } else { "gave" };
    ui.report(&format!("{gave} {files} a second identity, {known} already had it"));
}

/// Reports the rules that were written, and the next step.
fn report_settings(ui: &mut Ui, settings: &ImportedSettings) {
    let ImportedSettings { types, namespaces, .. } = settings;
    ui.report(&format!(
        "wrote {CONFIG_PATH}: {types} extensions, {namespaces} path rules; review it"
    ));
    ui.report(&match (settings.is_adopted, &settings.registry) {
        (true, _) => "next: git add idhooks.toml".to_owned(),
        (false, Some(path)) => format!("next: idhooks import {}", shell_quoted(path)),
        (false, None) => "next: 'idhooks init'; or, if files have identities already, commit idhooks.toml, then 'idhooks migrate plan'".to_owned(),
    });
}
