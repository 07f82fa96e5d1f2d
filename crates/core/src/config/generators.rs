//! [`Generator`]: a rule in `[[generators]]` that produces files from records and other files.

use std::time::Duration;

use crate::registry::{Id, Namespace, Status, TypeCode, excerpt};

use super::config_error::ConfigError;
use super::declared_table::{REQUIRED, settings};
use super::globs::Globs;
use super::output_pattern::OutputPattern;
use super::record_field::RecordField;
use super::value::Value;
use super::value_kinds::{BOOLEAN, Custom, GLOBS, OneOf, Opt, TIME, TableOf};

settings! {
    /// A rule that produces files.
    #[derive(Debug, Clone)]
    pub struct Generator {
        /// Name of the generator: lowercase letters, digits and `-`.
        "name" => pub name: String, REQUIRED,
            Custom(read_name, r#""type": "string", "pattern": "^[a-z0-9-]+$""#), line "\"index\"", "";
        /// Filters for the records that the outputs depend on; a record must match all of them.
        "inputs" => pub inputs: RecordFilter, "none", TableOf("generators.inputs"),
            line "{ path = \"docs/**\", status = \"active\" }", "";
        /// Globs: other files that the outputs depend on; a command sees only these.
        "files" => pub files: Globs, "[]", GLOBS;
        /// Fields of the records that the outputs depend on: `id`, `file_path`, `allocated_at`, `status`, `ns`,
        /// `type`, `metadata`, `metadata.<key>`.
        "fields" => pub fields: Vec<RecordField> =
            vec![RecordField::Id, RecordField::FilePath, RecordField::Status],
            "[\"id\", \"file_path\", \"status\"]", Custom(|value| each(value, FIELDS, read_field), TEXTS);
        /// Fields to sort the records by, in descending order with `-` before the field; equal records are sorted by
        /// identity.
        "sort" => pub sort: Vec<SortKey>, "[]", Custom(|value| each(value, FIELDS, read_sort_key), TEXTS);
        /// Paths of the outputs; a path with `{ns}` or another field yields one output per value.
        "output" => pub outputs: Vec<OutputPattern>, REQUIRED,
            Custom(|value| each(value, ARRAY, read_output), TEXTS), line "[\"docs/INDEX.md\"]", "";
        /// Program that generates the outputs, and its arguments; this or `builtin` is required.
        "command" => pub command: Vec<String>, "none", COMMAND;
        /// Built-in format of the outputs: `"markdown-index"`, `"csv"` or `"json"`.
        "builtin" => pub built_in: Option<BuiltIn>, "none", Opt(OneOf), line "\"markdown-index\" ",
            "or \"csv\", \"json\", or command = [\"scripts/index.sh\"]";
        /// Names of generators to run before this one.
        "after" => pub after: Vec<String>, "[]",
            Custom(|value| each(value, ARRAY, |name, _| Ok(name.to_owned())), TEXTS);
        /// Program that checks the outputs, and its arguments; `{output}` is replaced by their paths.
        "check" => pub validator: Vec<String>, "none", COMMAND;
        /// Globs: files in the repository that its programs run or load; [trust](automation.md#trust) covers them,
        /// too; `[]` means that there are none, and a glob that matches no file is an error.
        "programs" => pub loaded: Option<Globs>, "none", Opt(GLOBS);
        /// `"commit"`: the pre-commit hook runs it; `"manual"`: only `idhooks generate`; `"watch"`:
        /// [a watcher with `--live`](automation.md#acting-on-changes).
        "run" => pub run: GeneratorRun, "\"commit\"", OneOf;
        /// Time limit for each of its programs, from `1ms` to `24h`.
        "timeout" => pub timeout: Duration = Duration::from_secs(60), "\"60s\"",
            Custom(|value| value.time(SHORTEST..=LONGEST), TIME);
        /// `true`: a failure blocks the commit.
        "required" => pub is_required: bool, "false", BOOLEAN;
        /// `true`: the outputs contain the hash of their inputs.
        "stamp" => pub is_stamped: bool, "false", BOOLEAN;
    }
}

settings! {
    /// The conditions that a record must meet for a generator to depend on it.
    #[derive(Debug, Clone)]
    pub struct RecordFilter {
        /// Globs: records with these paths.
        "path" => pub path: Option<Globs>, "every path", Opt(GLOBS);
        /// Records with this status, such as `"active"`, or one of several.
        "status" => pub status: Option<Vec<Status>>, "every status", Opt(Custom(
            |value| parsed(value, "a status, such as \"active\"", Status::parse),
            r##""$ref": "#/$defs/statuses""##,
        ));
        /// Records in this namespace, or in one of several.
        "ns" => pub ns: Option<Vec<Namespace>>, "every namespace",
            Opt(Custom(|value| parsed(value, "three digits in quotes, such as \"100\"", from_text), TEXTS));
        /// Records with this TYPE, or one of several.
        "type" => pub types: Option<Vec<TypeCode>>, "every TYPE",
            Opt(Custom(|value| parsed(value, "two digits in quotes, such as \"01\"", from_text), TEXTS));
        /// Records with these identities; `[]`: no records at all.
        "ids" => pub ids: Option<Vec<Id>>, "every identity",
            Opt(Custom(|value| parsed(value, "16 digits in quotes", from_text), TEXTS));
    }
}

const ARRAY: &str = "an array of texts";
const FIELDS: &str = "an array of fields, such as [\"id\", \"metadata.title\"]";
const TEXTS: &str = r##""$ref": "#/$defs/texts""##;
const COMMAND: Custom<Vec<String>> = Custom(read_command, r##""$ref": "#/$defs/command""##);
/// The shortest and longest time limits for a program.
const SHORTEST: Duration = Duration::from_millis(1);
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// A field by which records are sorted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SortKey {
    /// The field.
    pub field: RecordField,
    /// Whether larger values come first.
    pub is_descending: bool,
}

crate::words! {
    /// A format that idhooks can write without running a program.
    pub enum BuiltIn {
        /// A Markdown table with a row for each record.
        MarkdownIndex = "markdown-index",
        /// Comma-separated values.
        Csv = "csv",
        /// A JSON document.
        Json = "json",
    }
}

crate::words! {
    /// When a generator runs.
    #[derive(Default)]
    pub enum GeneratorRun {
        /// It runs in the pre-commit hook.
        #[default]
        Commit = "commit",
        /// It runs when someone runs `idhooks generate`.
        Manual = "manual",
        /// It runs when a watcher with '--live' notices that its inputs have changed.
        Watch = "watch",
    }
}

impl Generator {
    /// Returns whether the generator runs in commits.
    pub fn runs_in_commits(&self) -> bool {
        self.run == GeneratorRun::Commit
    }

    /// Returns whether the generator runs in a watcher.
    pub fn runs_in_watcher(&self) -> bool {
        self.run == GeneratorRun::Watch
    }

    /// Returns the generator's command lines, each as a list of words.
    pub fn programs(&self) -> impl Iterator<Item = &[String]> {
        [&*self.command, &self.validator].into_iter().filter(|words| !words.is_empty())
    }
}

/// Reads every string in an array, or a single string.
fn each<T>(
    value: &Value<'_>,
    form: &str,
    read: impl Fn(&str, &Value<'_>) -> Result<T, ConfigError>,
) -> Result<Vec<T>, ConfigError> {
    let items = match value.string(form) {
        Ok(_) => vec![*value],
        Err(error) => value.array().map_err(|_| error)?,
    };
    items.iter().map(|item| read(item.string(form)?, item)).collect()
}

fn parsed<T>(
    value: &Value<'_>,
    form: &str,
    parse: fn(&str) -> Option<T>,
) -> Result<Vec<T>, ConfigError> {
    let read = |text: &str, item: &Value<'_>| {
        parse(text).ok_or_else(|| item.error(format!("expected {form}, found '{}'", excerpt(text))))
    };
    each(value, form, read)
}

fn from_text<T: std::str::FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

fn read_name(value: &Value<'_>) -> Result<String, ConfigError> {
    let form = "a name of lowercase letters, digits and '-' in quotes";
    let name = value.string(form)?;
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    match !name.is_empty() && name.chars().all(is_plain) {
        true => Ok(name.to_owned()),
        false => Err(value.error(format!("expected {form}, found '{}'", excerpt(name)))),
    }
}

fn read_field(name: &str, item: &Value<'_>) -> Result<RecordField, ConfigError> {
    name.parse().map_err(|_| item.error(format!("expected {}, found '{name}'", RecordField::FORM)))
}

fn read_sort_key(name: &str, item: &Value<'_>) -> Result<SortKey, ConfigError> {
    let field = read_field(name.strip_prefix('-').unwrap_or(name), item)?;
    Ok(SortKey { field, is_descending: name.starts_with('-') })
}

fn read_output(text: &str, item: &Value<'_>) -> Result<OutputPattern, ConfigError> {
    OutputPattern::parse(text)
        .map_err(|why| item.error(format!("'{}' cannot be an output: {why}", excerpt(text))))
}

fn read_command(value: &Value<'_>) -> Result<Vec<String>, ConfigError> {
    let form = "a program and its arguments, such as [\"scripts/index.sh\"]";
    let wrong = || value.error(format!("expected {form}"));
    let words = value.array().map_err(|_| wrong())?;
    let words = words.iter().map(|word| word.string(form).map(str::to_owned));
    let words: Vec<String> = words.collect::<Result<_, _>>()?;
    match words.first() {
        // An argument that contains a NUL byte cannot be passed to a program.
        Some(program) if !program.is_empty() && !words.iter().any(|word| word.contains('\0')) => {
            Ok(words)
        }
        _ => Err(wrong()),
    }
}
