//! The hints of the linter.

use idhooks_core::config::ConfigError;
use idhooks_ops::{LintRefusal, PartAdvice, UnknownPart};

use super::CommandError;

impl From<LintRefusal> for CommandError {
    fn from(refusal: LintRefusal) -> Self {
        let converted = Self::new(refusal.to_string());
        match refusal {
            LintRefusal::NoFile(_) => converted.hint("name a file or a directory that exists"),
            LintRefusal::Outside(_) => {
                converted.hint("change to a directory above it, or name it with -C")
            }
            LintRefusal::NoConfig(_) => {
                converted.hint("name a file with rules: --config idhooks.toml")
            }
            LintRefusal::NotUtf8(_, error) => converted.because(&error),
            LintRefusal::Config(_, ConfigError { hint, .. }) => {
                converted.hint(hint.unwrap_or_else(|| {
                    "run 'idhooks schema config' to see which keys and values it accepts".to_owned()
                }))
            }
            LintRefusal::ConfiguredPart(_, _, unknown) => converted.hint(part_hint(&unknown)),
            LintRefusal::UnknownPart(unknown) => converted.hint(part_hint(&unknown)),
            LintRefusal::NoReplacements(_) => converted
                .hint("write what to find and what to put in its place; see docs/linting.md"),
            LintRefusal::NoRepository => converted
                .hint("what is changed could not be undone; make a repository first: git init"),
            LintRefusal::CountedTwice(..) => Self::internal(converted.message)
                .hint("run the rules one at a time, and report this"),
        }
    }
}

fn part_hint(unknown: &UnknownPart) -> String {
    let UnknownPart { name, most, advice, .. } = unknown;
    match advice {
        PartAdvice::Grouping(other) => format!("did you mean '{other}:{name}={most}'?"),
        PartAdvice::Near(near) => format!("did you mean '{near}'?"),
        PartAdvice::OneOf(names) => format!("name one of: {}", names.join(", ")),
    }
}
