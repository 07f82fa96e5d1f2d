//! The hints for errors from the commands about code.

use std::error::Error;

use idhooks_code::emit::EmitError;
use idhooks_code::{MintError, PairError, UnknownFormat};
use idhooks_ops::{BridgeRefusal, DescribeRefusal, LintRefusal, PartAdvice, UnknownPart};

use crate::error::{CommandError, explained};

/// Advice on declaring the part that two identifiers share.
const DERIVE: &str = "add 'derives' to a format, for example: derives = { thread_id = \"thread\" }";

impl From<UnknownFormat> for CommandError {
    fn from(unknown: UnknownFormat) -> Self {
        let converted = Self::new(unknown.to_string()).hint(unknown.hint);
        match unknown.has_others {
            true => converted.hint("run 'idhooks ids formats' to see all"),
            false => converted,
        }
    }
}

impl From<PairError> for CommandError {
    fn from(error: PairError) -> Self {
        let converted = Self::new(error.to_string());
        match error {
            PairError::Unknown(unknown) => unknown.into(),
            PairError::NoFormat | PairError::NoField(_) => converted.hint(DERIVE),
            PairError::SeveralFormats(names) => {
                converted.hint(format!("name one of {}: --as NAME", names.join(", ")))
            }
            PairError::SeveralFields { fields, .. } => {
                converted.hint(format!("name one of {} with --part", fields.join(", ")))
            }
            PairError::NoPart { known, .. } => {
                converted.hint(format!("it has: {}", known.join(", ")))
            }
        }
    }
}

impl From<MintError> for CommandError {
    fn from(error: MintError) -> Self {
        let converted = Self::new(error.to_string());
        match error {
            MintError::Unknown(unknown) => unknown.into(),
            MintError::NoContext(_) => converted
                .hint("declare it in idhooks.toml: [contexts.NAME] formats = [\"…\"]"),
            MintError::Empty(part) => {
                converted.hint(format!("give it a value: --set {part}=VALUE"))
            }
            MintError::Form { name, .. } => converted.hint(format!(
                "give {name} a value that matches its part; 'idhooks ids formats' shows the templates"
            )),
            MintError::NoPart { format, .. } => {
                converted.hint(format!("'idhooks ids formats' shows the parts of {format}"))
            }
            MintError::TooLong => converted.hint("give shorter values"),
        }
    }
}

impl From<EmitError> for CommandError {
    fn from(error: EmitError) -> Self {
        let converted = Self::new(error.to_string());
        converted.hint(match error {
            EmitError::Twice(_) => "rename one of the formats, contexts or fields that give it",
            EmitError::Keyword(_) | EmitError::OwnName(_) => "rename the format or the field",
            EmitError::NoPair => DERIVE,
        })
    }
}

impl From<BridgeRefusal> for CommandError {
    fn from(refusal: BridgeRefusal) -> Self {
        let mut converted = Self::new(refusal.to_string());
        converted.causes.extend(refusal.source().map(ToString::to_string));
        match refusal {
            BridgeRefusal::Unknown(unknown) => unknown.into(),
            BridgeRefusal::NoPart(_, known) => {
                converted.hint(format!("the parts are: {}", known.join(", ")))
            }
            BridgeRefusal::Unreadable(..) | BridgeRefusal::Unwritable(..) => {
                converted.hint("name a file in JSON Lines: --map FILE.jsonl")
            }
            // Maps are only ever appended to, so only the last line can be incomplete.
            BridgeRefusal::Incomplete(_) => converted
                .hint("probably from a run that was killed: complete the line or delete it"),
            BridgeRefusal::NoPair(..) => {
                converted.hint(r#"a line of a map has the form {"from":"OLD","to":"NEW"}"#)
            }
            BridgeRefusal::Contradiction(..) => converted
                .hint("an identifier may be in one pair only: delete the wrong line"),
            BridgeRefusal::NotAdded(..) => converted.hint(
                "two identifiers translate to the same one; give one of them another value: --set PART=VALUE",
            ),
        }
    }
}

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
            LintRefusal::Config(file, mistake) => explained(converted, &file, mistake),
            LintRefusal::ConfiguredPart(_, _, unknown) => converted.hint(part_hint(&unknown)),
            LintRefusal::UnknownPart(unknown) => converted.hint(part_hint(&unknown)),
            LintRefusal::NoReplacements(_) => {
                converted.hint("add rules with a pattern and its replacement; see docs/linting.md")
            }
            // The journal for `--rollback` is kept in the git directory.
            LintRefusal::NoRepository => {
                converted.hint("changes could not be undone; create a repository first: git init")
            }
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

impl From<DescribeRefusal> for CommandError {
    fn from(refusal: DescribeRefusal) -> Self {
        Self::new(refusal.to_string()).hint(match refusal {
            DescribeRefusal::NotFound(_) => {
                "list them: idhooks describe --all; a new file: git add <path>"
            }
            DescribeRefusal::NotRegular(_) => "name the file that it points to",
            DescribeRefusal::NotNamed(_) => {
                "*.py is described by default; to add others, set 'path' in [describe] of idhooks.toml"
            }
            DescribeRefusal::NothingKept => "set 'store' or 'output' in [describe]",
            DescribeRefusal::NotADirectory { .. } => {
                "move it away, or name another directory: 'output' in [describe] of idhooks.toml"
            }
        })
    }
}
