//! `idhooks bridge translate`: translates old identifiers to new ones, and vice versa.

use std::path::{Path, PathBuf};

use idhooks_ops::{TranslatedId, keep_translations};

use crate::commands::code::id_args::{GivenValue, ReadArgs, given};
use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{Format, Ui, json};
use crate::tables::read_typed;

/// Translate identifiers to the formats that replace theirs
///
/// Prints one identifier per line. Parts that both formats have are kept. A random part that the
/// old identifier lacks is derived from that identifier's hash, and a missing time or counter is 0,
/// so every run gives the same result. With --map, the pairs are stored in a file, so they can be
/// translated back, too.
///
/// For file identities, --to also accepts file_id and doc_id.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  idhooks bridge translate ws_0123abcd --set user=alice
  idhooks bridge translate - --map ids.jsonl --pairs < old-keys.txt
  idhooks bridge translate DOC-12 --to file_id

Exit code: 0 done; 1 an identifier cannot be translated; 2 an error")]
pub(super) struct TranslateIds {
    #[command(flatten)]
    args: ReadArgs,
    /// Translate to this format instead of to the successor of each format
    #[arg(long, value_name = "NAME")]
    to: Option<String>,
    /// Use the pairs in this JSON Lines file, and append new ones
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,
    /// Value for a part that the old identifiers lack
    #[arg(long, value_name = "PART=VALUE")]
    set: Vec<GivenValue>,
    /// Print the old and the new identifier, separated by a tab, where they differ
    #[arg(long)]
    pairs: bool,
    /// Do not write to the map
    #[arg(long, short = 'n')]
    dry_run: bool,
}

impl TranslateIds {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let known = self.args.config.known_ids(dir, self.map.as_deref())?;
        let target = known.target(self.to.as_deref())?;
        let given = given(self.set);
        known.check_given(&given)?;
        let ids = self.args.ids()?;
        let results: Vec<TranslatedId> = ids
            .iter()
            .map(|id| Ok(known.translate(&known.identify(id)?, target, &given)))
            .collect::<CommandResult<_>>()?;
        if let Some(file) = self.map.filter(|_| !self.dry_run) {
            // The map is written before anything is printed: a new identifier that is in use but
            // not in the map could never be translated back.
            keep_translations(dir, &file, &results)?;
        }
        match self.args.format {
            Format::Json => ui.data(&json::document_of("results", &results)),
            Format::Text if self.pairs => {
                let differing = results.iter().filter(|one| one.needed);
                let pair = |one: &TranslatedId| {
                    Some(format!("{}\t{}\n", one.id, one.translated.as_ref()?))
                };
                ui.data(&differing.filter_map(pair).collect::<String>());
            }
            Format::Text => {
                // An identifier without a translation gets an empty line, so that both lists have
                // the same line numbers.
                ui.lines(results.iter().map(|one| one.translated.clone().unwrap_or_default()));
            }
        }
        let mut exit = Exit::Fine;
        for result in &results {
            if let Some(reason) = &result.reason {
                ui.say(&format!("{}: {reason}", result.id));
                exit = Exit::Findings;
            }
        }
        Ok(exit)
    }
}

/// Returns the non-empty lines of a file.
///
/// # Errors
/// Returns an error if the file cannot be read or is not text.
pub(super) fn lines_of(dir: &Path, file: &Path) -> CommandResult<Vec<String>> {
    let failed = |cause: &dyn std::fmt::Display| {
        CommandError::new(format!("cannot read '{}'", file.display()))
            .because(&cause)
            .hint("name a text file with one identifier on each line, or '-' for standard input")
    };
    let bytes = read_typed(dir, file, usize::MAX).map_err(|cause| failed(&cause))?;
    let text = String::from_utf8(bytes).map_err(|cause| failed(&cause))?;
    Ok(text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect())
}
