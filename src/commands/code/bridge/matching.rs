//! `idhooks bridge match`: finds identifiers that refer to the same thing.

use std::path::{Path, PathBuf};

use idhooks_code::bridge::Answer;

use crate::commands::code::config_args::ConfigArgs;
use crate::error::{CommandResult, Exit};
use crate::output::{Format, Ui, json};

use super::translate::lines_of;

/// Find the identifiers in a list that name the same thing
///
/// Two identifiers match if they are equal, if the map has them as a pair, if their formats have
/// the same 'key' with equal values, or if a bridge keeps a part that is equal in both. Nothing
/// else counts, so a cleanup based on the result never deletes anything that belongs to something
/// else. If these rules cannot decide, or if several identifiers in one format match, the answer is
/// 'ambiguous': nothing is printed on stdout, and the candidates are listed on stderr or in the
/// JSON document.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  idhooks bridge match ws_0123abcd --among connections.txt
  list-keys | idhooks bridge match ws_0123abcd --among - --format json

Exit code: 0 at least one matches; 1 none does, or the answer is ambiguous; 2 an error")]
pub(super) struct MatchIds {
    /// The identifier to look for
    #[arg(value_name = "IDENTIFIER")]
    target: String,
    /// File with the list, one identifier per line; '-' reads standard input
    #[arg(long, value_name = "FILE")]
    among: PathBuf,
    /// Also use the pairs in this JSON Lines file
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,
    #[command(flatten)]
    config: ConfigArgs,
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

impl MatchIds {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let known = self.config.known_ids(dir, self.map.as_deref())?;
        let candidates = lines_of(dir, &self.among)?;
        let result = known.matches(&self.target, &candidates)?;
        match self.format {
            Format::Json => ui.data(&json::document(&result)),
            Format::Text => {
                let problem = match (&*result.undecided, result.answer) {
                    (_, Answer::Matched) => {
                        ui.lines(&result.matched);
                        return Ok(Exit::Fine);
                    }
                    ([], Answer::None) => "nothing matches".to_owned(),
                    ([], _) => {
                        let all = result.matched.join(", ");
                        format!("ambiguous: several identifiers of one format match: {all}")
                    }
                    (open, _) => {
                        let all = [&result.matched[..], open].concat().join(", ");
                        format!("ambiguous: these may match: {all}")
                    }
                };
                // This goes to stderr: a clean-up script reading from a pipe would delete anything
                // printed on stdout.
                ui.say(&format!("{}: {problem}", result.target));
            }
        }
        let is_matched = result.answer == Answer::Matched;
        Ok(if is_matched { Exit::Fine } else { Exit::Findings })
    }
}
