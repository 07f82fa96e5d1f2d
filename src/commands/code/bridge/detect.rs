//! `idhooks bridge detect`: detects the format of identifiers.

use std::path::Path;

use idhooks_ops::DetectedId;

use crate::commands::code::id_args::ReadArgs;
use crate::error::{CommandResult, Exit};
use crate::output::{Format, Ui, json};

/// Show which formats identifiers match, each with a confidence
///
/// If several formats match, the confidence in each is the share of characters that it accounts
/// for: literal text, numbers and random digits. An identifier that matches a new format is never
/// taken for an old one.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  idhooks bridge detect ws_0123abcd
  idhooks bridge detect - --format json < keys.txt

Exit code: 0 every identifier has a format; 1 one has no format, or several equally likely ones; 2 an error")]
pub(super) struct DetectIds {
    #[command(flatten)]
    args: ReadArgs,
}

impl DetectIds {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let known = self.args.config.known_ids(dir, None)?;
        let ids = self.args.ids()?;
        let results: Vec<DetectedId> = ids
            .iter()
            .map(|id| Ok(known.identify(id)?.detected()))
            .collect::<CommandResult<_>>()?;
        match self.args.format {
            Format::Json => ui.data(&json::document_of("results", &results)),
            Format::Text => ui.lines(results.iter().map(line)),
        }
        let is_known = |result: &DetectedId| result.format.is_some();
        Ok(if results.iter().all(is_known) { Exit::Fine } else { Exit::Findings })
    }
}

fn line(result: &DetectedId) -> String {
    let name = match (&result.format, &*result.candidates) {
        (Some(format), _) => format.clone(),
        (None, []) => "unknown".to_owned(),
        (None, several) => {
            let names: Vec<&str> = several.iter().map(|one| &*one.format).collect();
            format!("ambiguous: {}", names.join(", "))
        }
    };
    let legacy = if result.legacy { " legacy" } else { "" };
    format!("{}: {name} {:.2}{legacy}", result.id, result.confidence)
}
