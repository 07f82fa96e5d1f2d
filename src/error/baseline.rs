//! Hints for refused baselines.

use std::path::Path;

use idhooks_ops::{BaselineRefusal, CheckSubject};

use super::CommandError;
use crate::output::shell_quoted;

impl From<BaselineRefusal> for CommandError {
    fn from(refusal: BaselineRefusal) -> Self {
        let converted = Self::new(refusal.to_string());
        match refusal {
            BaselineRefusal::Missing(file, subject) => converted.hint(how_to_write(&file, subject)),
            BaselineRefusal::MissingConfigured(file, is_to_be_committed) => {
                let error = converted
                    .because(&"lint.baseline in idhooks.toml names it")
                    .hint(how_to_write(&file.to_os_path(), CheckSubject::Code));
                match is_to_be_committed {
                    // Checks of a commit read the baseline from that commit, which does not contain
                    // untracked files.
                    true => error.hint(format!("then commit it: git add {file}")),
                    false => error,
                }
            }
            BaselineRefusal::Invalid(_, error) => converted
                .because(&error)
                .hint("restore it from git, or write it again with --write-baseline"),
            BaselineRefusal::Directory(file, is_to_be_written) => {
                let option = if is_to_be_written { "--write-baseline" } else { "--baseline" };
                let inside = quoted(&file.join("baseline.json"));
                converted.hint(format!("name a file: {option} {inside}"))
            }
            BaselineRefusal::NotReplaced(file, why) => Self::from(*why)
                .hint("only baselines are replaced; name another file")
                .hint(format!("or remove this one first: rm {}", quoted(&file))),
        }
    }
}

fn how_to_write(file: &Path, subject: CheckSubject) -> String {
    let command = match subject {
        CheckSubject::Files => "check",
        CheckSubject::Code => "lint",
    };
    format!("write it first: idhooks {command} --write-baseline {}", quoted(file))
}

fn quoted(file: &Path) -> String {
    shell_quoted(&file.to_string_lossy())
}
