//! Imports second identities of files from a map.

use std::path::Path;

use idhooks_core::plan::ids_map::{MapContext, apply};

use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{Ui, count};

use super::super::find;
use super::super::transaction::writer::Writer;
use super::source::{NAMED, read_text};

/// Imports a map, all of it or nothing; `typed` is the name of its file as typed.
///
/// # Errors
/// Returns an error if the file cannot be read, or with all lines that are wrong.
pub(super) fn take(
    ui: &mut Ui,
    dir: &Path,
    typed: &Path,
    force: bool,
    is_dry_run: bool,
) -> CommandResult<Exit> {
    let name = typed.display().to_string();
    let wanted = "name a file with lines such as: DOC-0001 docs/intro.md";
    let text = read_text(&dir.join(typed), &name, wanted)?;
    let writer = Writer::open(dir, "import")?;
    writer.work(ui, |ui, transaction| {
        let outcome = {
            let (registry, holders) = (transaction.registry(), transaction.holders());
            let context = MapContext {
                registry,
                holder: &|path| holders.get(path).map(|record| record.origin),
                advice: &|path| match transaction.has_file(path) {
                    true => "run 'idhooks allocate' first".to_owned(),
                    false => find::advice(registry, path),
                },
                replace: force,
            };
            apply(&text, &context).map_err(|faults| {
                CommandError::new(format!("cannot import '{name}'; nothing was changed"))
                    .listing(faults, NAMED)
                    .hint("write paths from the repository root; correct the lines, then import the file again")
                    .hint("to replace existing second identities: add --force")
            })?
        };
        if !is_dry_run {
            transaction.write(ui, &outcome.registry)?;
        }
        for (doc_id, path) in &outcome.new {
            ui.line(&format!("{doc_id} {path}"));
        }
        let files = count(outcome.new.len(), "file", "files");
        let gave = if is_dry_run { "would give" } else { "gave" };
        ui.report(&format!("{gave} {files} a second identity, {} already had it", outcome.known));
        Ok(Exit::Fine)
    })
}
