//! `idhooks explain`: explains a code used by `idhooks check` or `idhooks lint`.

use std::path::Path;

use idhooks_core::check::{Code, CodeRow, Family};

use crate::error::{CommandResult, Exit};
use crate::output::{Ui, wrapped};

use super::value_parsers::finding_code;

/// Explain a finding code and what to do about it
///
/// Prints what the code means, why it matters, an example, the remedy, and the family that the code
/// belongs to. Without a code, lists all codes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  idhooks explain STALE_PATH      what to do about a finding
  idhooks explain --all           all codes, one per line")]
pub(super) struct Explain {
    /// Code of the finding, in upper or lower case
    #[arg(value_name = "CODE", conflicts_with = "all")]
    code: Option<String>,
    /// List all codes (default)
    #[arg(long)]
    all: bool,
}

impl Explain {
    pub(super) fn run(self, ui: &mut Ui, _: &Path) -> CommandResult<Exit> {
        match self.code {
            Some(name) => explain(ui, finding_code(&name)?),
            None => ui.table(Code::ALL.map(|code| {
                let (severity, family) = (code.severity().as_str(), code.family().as_str());
                [code.as_str(), severity, family, code.row().meaning]
            })),
        }
        Ok(Exit::Fine)
    }
}

fn explain(ui: &mut Ui, code: Code) {
    let CodeRow { meaning, why, example, remedy, .. } = *code.row();
    ui.line(&format!("{code} ({}): {meaning}", code.severity().as_str()));
    let family = code.family();
    let question = family.meaning();
    let alone = match Family::OF_CHECK.contains(&family) {
        true => format!("Checked alone by 'idhooks check {family}'."),
        false => format!("Checked by 'idhooks lint --select {code}'."),
    };
    let family = format!("{family}: {question}. {alone}");
    let parts = [("Why it matters", why), ("Example", example), ("What to do", remedy)];
    for (title, text) in parts.into_iter().chain([("Family", family.as_str())]) {
        ui.line("");
        ui.line(title);
        ui.lines(wrapped(text, 76).iter().map(|line| format!("  {line}")));
    }
}
