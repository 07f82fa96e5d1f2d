//! Hints for refused adoptions.

use idhooks_core::config::CONFIG_PATH;
use idhooks_core::registry::REGISTRY_PATH;
use idhooks_ops::{AdoptionRefusal, MOST_REASONS};

use super::{CommandError, Exit};

impl From<AdoptionRefusal> for CommandError {
    fn from(refusal: AdoptionRefusal) -> Self {
        let converted = Self::new(refusal.to_string());
        match refusal {
            AdoptionRefusal::DuringMerge => {
                converted.hint("finish it with 'git commit', or abort it with 'git merge --abort'")
            }
            AdoptionRefusal::InTheWay { path, .. } => converted.hint(format!(
                // `-r` is needed because there may be a directory in place of the file.
                "move it away, and remove it from the index: git rm -r --cached {path}"
            )),
            AdoptionRefusal::OtherAdoption { how, can_force, .. } => {
                // `backup restore` can adopt too, but does not have `--force`.
                let again = can_force.then(|| "to adopt again anyway, use --force".to_owned());
                how.into_iter().chain(again).fold(converted, CommandError::hint)
            }
            AdoptionRefusal::ConfigNotText => converted
                .hint("save it as UTF-8, or move it away and let 'idhooks init' write a new one"),
            AdoptionRefusal::StagedConfigNotText(error) => converted.because(&error),
            AdoptionRefusal::UntrackedRegistry { has_records: true } => {
                converted.hint("move it away, or import that file")
            }
            AdoptionRefusal::UntrackedRegistry { has_records: false } => converted.hint(format!(
                // `--force` is needed because `git add` refuses ignored files.
                "to use it, run 'git add --force {REGISTRY_PATH}'; to start over, move it away"
            )),
            AdoptionRefusal::OtherScope { .. } => {
                converted.hint(format!("change scope in {CONFIG_PATH}, or remove it there"))
            }
            AdoptionRefusal::UnstagedConfig => {
                converted.hint(format!("stage them first: git add {CONFIG_PATH}"))
            }
            AdoptionRefusal::MissingScopes(line) => {
                converted.hint(format!("add this line to it: {line}"))
            }
            AdoptionRefusal::SecondIds { reasons, .. } => {
                let error = converted
                    .listing(reasons, MOST_REASONS)
                    .hint("nothing was imported; fix these records in it, then run this again");
                // A human must decide about the records, as with findings from a check. Exit code 2
                // would mean that the command was wrong.
                CommandError { exit: Exit::Findings, ..error }
            }
            AdoptionRefusal::Unclear(files) => {
                let error = converted
                    .listing(files, MOST_REASONS)
                    .hint("fix these paths in the file, then run this again");
                CommandError { exit: Exit::Findings, ..error }
            }
        }
    }
}
