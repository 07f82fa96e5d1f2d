//! `idhooks explain`: explains the code of a finding.

use std::path::Path;

use idhooks_core::check::{Code, CodeRow, Family};
use idhooks_ops::nearest;

use crate::error::{CommandError, CommandResult, Exit};
use crate::output::Ui;

/// Explain the code of a finding, and what to do about it
///
/// Prints what the code means, why it matters, an example, what to do, and the family of the code.
/// Without a code, it lists all of them.
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
            Some(name) => explain(ui, find(&name)?),
            None => ui.table(Code::ALL.map(|code| {
                let (severity, family) = (code.severity().as_str(), code.family().as_str());
                [code.as_str(), severity, family, code.row().meaning]
            })),
        }
        Ok(Exit::Fine)
    }
}

/// Finds the code with a name.
///
/// # Errors
/// Returns an error with a hint if there is no such code.
pub(super) fn find(name: &str) -> CommandResult<Code> {
    name.replace('-', "_").parse::<Code>().map_err(|error| {
        let names = Code::ALL.map(Code::as_str);
        let error = CommandError::new(error.to_string());
        error.hint(match nearest(&name.to_uppercase(), names) {
            Some(near) => format!("did you mean '{near}'? idhooks explain {near}"),
            None => "list the codes: idhooks explain --all".to_owned(),
        })
    })
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

/// Breaks a text at spaces into lines of at most `width` characters, if possible.
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        let fits = |line: &&mut String| line.chars().count() + 1 + word.chars().count() <= width;
        match lines.last_mut().filter(fits) {
            Some(line) => line.extend([" ", word]),
            None => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_case_names_a_code_and_a_near_miss_is_suggested() {
        assert_eq!(find("stale_path"), Ok(Code::StalePath));
        assert_eq!(find("Stale-Path"), Ok(Code::StalePath));
        let hint = |name| find(name).expect_err("no code").hints;
        assert_eq!(hint("stalepath"), ["did you mean 'STALE_PATH'? idhooks explain STALE_PATH"]);
        assert_eq!(hint("x"), ["list the codes: idhooks explain --all"]);
    }

    #[test]
    fn lines_are_broken_at_spaces() {
        assert_eq!(wrapped("ab cd ef", 5), ["ab cd", "ef"]);
        assert_eq!(wrapped("abcdefg h", 5), ["abcdefg", "h"]);
    }
}
