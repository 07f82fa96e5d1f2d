//! `[formats.*]`, `[contexts.*]` and `[[bridge]]`: the declarations of identifiers that programs
//! mint. The crate `idhooks-code` compiles them.

use std::time::Duration;

use toml::Spanned;

use super::config_error::ConfigError;
use super::declared_table::{DeclaredTable, REQUIRED, ValueKind, ValueShape, declared, settings};
use super::value::{Value, place};
use super::value_kinds::{BOOLEAN, Custom, NOT_EMPTY, Opt, TIME};

/// A string from `idhooks.toml` with its position, for errors that are found after parsing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlacedText {
    /// The text.
    pub text: String,
    /// The line, starting at 1.
    pub line: usize,
    /// The column in characters, starting at 1.
    pub column: usize,
}

impl PlacedText {
    /// Returns an error at this position.
    pub fn error(&self, message: String) -> ConfigError {
        ConfigError::new(self.line, self.column, message)
    }
}

settings! {
    /// A table `[formats.NAME]`.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct FormatRule {
        /// Text with parts in braces, such as `{ms}`, `{counter}`, `{hex8}`, `{digits6}`, `{uuid}`, `{user8}` or a
        /// name of your choice.
        "template" => pub template: PlacedText, REQUIRED, Custom(
            |value| placed(value, "a template, such as \"run_{thread}_{hex8}\""),
            NOT_EMPTY,
        );
        /// For each part, its regex or the name of its format.
        "parts" => pub parts: Vec<(PlacedText, PlacedText)>, "none", Custom(
            |value| texts_by_name(value, "formats.*.parts", "a regex or the name of a format"),
            NOT_EMPTY_BY_NAME,
        );
        /// Fields derived from a part, such as `{ thread_id = "thread" }`.
        "derives" => pub derives: Vec<(String, PlacedText)>, "none", Custom(read_derives, NOT_EMPTY_BY_NAME);
        /// Parts that match identifiers of the same thing.
        "key" => pub key: Vec<PlacedText>, "[]",
            Custom(|value| names(value, PART), r#""type": "array", "items": { "type": "string" }"#);
        /// Format whose counter and random part it copies when both are minted together.
        "shares" => pub shares: Option<PlacedText>, "none", Opt(NAME);
        /// Maximum age of a valid identifier.
        "max_age" => pub max_age: Option<Duration>, "none", Opt(AGE);
        /// How far in the future the time of a valid identifier may be.
        "max_future" => pub max_future: Option<Duration>, "none", Opt(AGE);
        /// `true`: new identifiers should not use this format.
        "legacy" => pub is_legacy: bool, "false", BOOLEAN;
        /// Format that replaces this legacy one.
        "successor" => pub successor: Option<PlacedText>, "none", Opt(NAME);
    }
    and {
        /// The format's name, with the position of its table.
        pub name: PlacedText,
    }
}

settings! {
    /// A table `[contexts.NAME]`: the formats of identifiers that are minted together.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct ContextRule {
        /// The formats of the identifiers, in order.
        "formats" => pub formats: Vec<PlacedText>, REQUIRED, Custom(
            |value| names(value, "the name of a format"),
            r#""type": "array", "minItems": 1, "items": { "type": "string" }"#,
        );
    }
    and {
        /// Its name.
        pub name: PlacedText,
    }
}

settings! {
    /// A rule in `[[bridge]]`: how identifiers are converted from one format to another.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct BridgeRule {
        /// Format of the old identifiers.
        "from" => pub from: PlacedText, REQUIRED, NAME;
        /// Format of the new identifiers.
        "to" => pub to: PlacedText, REQUIRED, NAME;
        /// File with the known pairs.
        "map" => pub map: Option<PlacedText>, "none", Opt(Custom(|value| placed(value, "a path"), TEXT));
        /// The random part that both formats share.
        "keep" => pub keep: Option<PlacedText>, "none", Opt(Custom(|value| placed(value, PART), TEXT));
    }
}

const PART: &str = "the name of a part";
const TEXT: &str = r#""type": "string""#;
const NOT_EMPTY_BY_NAME: &str =
    r#""type": "object", "additionalProperties": { "type": "string", "minLength": 1 }"#;
const NAME: Custom<PlacedText> = Custom(|value| placed(value, "the name of a format"), TEXT);
/// An age limit for identifiers, at most 100 years.
const AGE: Custom<Duration> = Custom(
    |value| value.time(Duration::ZERO..=Duration::from_secs(100 * 366 * 24 * 60 * 60)),
    TIME,
);

/// A table of named tables. Each table is read as a rule, which is given the table's name and
/// position.
pub(super) struct Named<T>(
    pub(super) &'static str,
    pub(super) fn(&mut T, PlacedText) -> Result<(), ConfigError>,
);

impl<T: DeclaredTable> ValueKind<Vec<T>> for Named<T> {
    fn read(&self, value: &Value<'_>) -> Result<Vec<T>, ConfigError> {
        let tables = value.table(self.0)?.table.iter().map(|(name, table)| {
            let name = placed_name(value.text, name)?;
            let mut read = T::default();
            Value { text: value.text, value: table }.table(self.0)?.read(&mut read)?;
            (self.1)(&mut read, name)?;
            Ok(read)
        });
        tables.collect()
    }

    fn shape(&self) -> ValueShape {
        ValueShape::Named(declared::<T>())
    }
}

/// The tables `[formats.NAME]`.
pub(super) const FORMATS: Named<FormatRule> = Named("formats.*", |format, name| {
    format.name = name;
    match format.template.text.is_empty() {
        true => Err(format.name.error(format!("[formats.{}] lacks a template", format.name.text))),
        false => Ok(()),
    }
});

/// The tables `[contexts.NAME]`.
pub(super) const CONTEXTS: Named<ContextRule> = Named("contexts.*", |context, name| {
    context.name = name;
    match context.formats.is_empty() {
        true => Err(context.name.error(format!("[contexts.{}] lacks formats", context.name.text))),
        false => Ok(()),
    }
});

/// Reads a string along with its position.
fn placed(value: &Value<'_>, form: &str) -> Result<PlacedText, ConfigError> {
    let text = value.string(form)?.to_owned();
    // A position can only be obtained from an error.
    let ConfigError { line, column, .. } = value.error(String::new());
    match text.is_empty() {
        true => Err(value.error(format!("expected {form}, found an empty text"))),
        false => Ok(PlacedText { text, line, column }),
    }
}

/// Returns the name of a table or a part; rejects names that are not valid in other languages.
fn placed_name(
    text: &str,
    name: &Spanned<std::borrow::Cow<'_, str>>,
) -> Result<PlacedText, ConfigError> {
    let error = place(text, name.span(), String::new());
    let name: &str = name.get_ref();
    let placed = PlacedText { text: name.to_owned(), line: error.line, column: error.column };
    let is_name = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_');
    is_name.then_some(()).ok_or_else(|| {
        let form = "a name of lower-case letters, digits and '_' that begins with a letter";
        placed.error(format!("expected {form}, found '{name}'"))
    })?;
    Ok(placed)
}

fn texts_by_name(
    value: &Value<'_>,
    name: &'static str,
    form: &str,
) -> Result<Vec<(PlacedText, PlacedText)>, ConfigError> {
    let table = value.table(name)?;
    let entries = table.table.iter().map(|(key, item)| {
        let item = Value { text: value.text, value: item };
        Ok((placed_name(value.text, key)?, placed(&item, form)?))
    });
    entries.collect()
}

fn read_derives(value: &Value<'_>) -> Result<Vec<(String, PlacedText)>, ConfigError> {
    let derives = texts_by_name(value, "formats.*.derives", PART)?;
    Ok(derives.into_iter().map(|(field, part)| (field.text, part)).collect())
}

fn names(value: &Value<'_>, form: &str) -> Result<Vec<PlacedText>, ConfigError> {
    let items = value.array().map_err(|_| value.error("expected an array of names".to_owned()))?;
    items.iter().map(|item| placed(item, form)).collect()
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    #[test]
    fn formats_are_read_with_their_positions() {
        let config = Config::parse(
            "[formats.run_id]\ntemplate = \"run_{thread}_{hex8}\"\n\
             parts = { thread = \"[a-z]+\" }\nderives = { thread_id = \"thread\" }\n\
             key = [\"thread\"]\n[formats.base]\ntemplate = \"{prefix}_{ms}\"\nmax_age = \"365d\"\n\
             [formats.old]\ntemplate = \"ws_{hex8}\"\nlegacy = true\nsuccessor = \"base\"\n\
             [contexts.user]\nformats = [\"run_id\", \"base\"]\n\
             [[bridge]]\nfrom = \"old\"\nto = \"base\"\nmap = \"m.jsonl\"\nkeep = \"hex8\"\n",
        )
        .expect("valid");
        let rules = &config;
        let names: Vec<&str> = rules.formats.iter().map(|f| &*f.name.text).collect();
        assert_eq!(names, ["base", "old", "run_id"]);
        let run = &rules.formats[2];
        assert_eq!((run.template.line, run.template.column), (2, 12));
        assert_eq!((&*run.parts[0].0.text, &*run.parts[0].1.text), ("thread", "[a-z]+"));
        assert_eq!((&*run.derives[0].0, &*run.derives[0].1.text), ("thread_id", "thread"));
        assert_eq!(rules.contexts[0].formats[1].text, "base");
        assert_eq!(rules.bridge[0].keep.as_ref().map(|keep| &*keep.text), Some("hex8"));
    }

    #[test]
    fn mistakes_have_a_position() {
        for (text, expected) in [
            ("[formats.a]\nkey = []", "1:10: [formats.a] lacks a template"),
            ("[formats.Run]\ntemplate = 'a'", "1:10: expected a name of lower-case letters"),
            ("[formats.a]\ntemplate = 1", "2:12: expected a template, such as"),
            ("[formats.a]\ntemplate = ''", "2:12: expected a template, such as"),
            ("[formats.a]\ntemplat = ''", "2:1: unknown key 'templat' in [formats.*]"),
            ("formats = 1", "1:11: expected a table [formats.*]"),
            ("[formats]\na = 1", "2:5: expected a table [formats.*]"),
            ("[formats.a]\ntemplate = 'a'\nmax_age = 3", "3:11: expected a time from 0s"),
            ("[formats.a]\ntemplate = 'a'\nlegacy = 'no'", "3:10: expected true or false"),
            ("[contexts.a]\nformats = []", "1:11: [contexts.a] lacks formats"),
            ("[[bridge]]\nfrom = 'a'", "1:1: this [[bridge]] rule lacks the key 'to'"),
        ] {
            let error = Config::parse(text).expect_err("must be refused").to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
