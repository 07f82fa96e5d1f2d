//! Parses `[formats.*]`, `[contexts.*]` and `[[bridge]]`.

use std::time::Duration;

use toml::Spanned;

use super::config_error::ConfigError;
use super::identifiers::{BridgeRule, ContextRule, FormatRule, IdentifierRules, PlacedText};
use super::value::{Keys, Value, place, put};

/// The longest age of an identifier: 100 years.
const LONGEST: Duration = Duration::from_secs(100 * 366 * 24 * 60 * 60);

const TEMPLATE: &str = "a template, such as \"run_{thread}_{hex8}\"";
const NAME: &str = "the name of a format";
const PART: &str = "the name of a part";
const REGEX: &str = "a regex or the name of a format";
const NAMES: &str = "an array of names";

const FORMAT: &Keys<FormatRule> = &[
    ("template", |format, value| put(&mut format.template, placed(value, TEMPLATE))),
    ("parts", |format, value| {
        put(&mut format.parts, texts_by_name(value, "formats.*.parts", REGEX))
    }),
    ("derives", |format, value| {
        let derives = texts_by_name(value, "formats.*.derives", PART)?;
        format.derives = derives.into_iter().map(|(field, part)| (field.text, part)).collect();
        Ok(())
    }),
    ("key", |format, value| put(&mut format.key, names(value, PART))),
    ("shares", |format, value| put(&mut format.shares, placed(value, NAME).map(Some))),
    ("max_age", |format, value| put(&mut format.max_age, age(value))),
    ("max_future", |format, value| put(&mut format.max_future, age(value))),
    ("legacy", |format, value| put(&mut format.is_legacy, value.boolean())),
    ("successor", |format, value| put(&mut format.successor, placed(value, NAME).map(Some))),
];

const CONTEXT: &Keys<ContextRule> =
    &[("formats", |context, value| put(&mut context.formats, names(value, NAME)))];

/// A rule `[[bridge]]` as far as it was read.
#[derive(Default)]
struct BridgeDraft {
    from: Option<PlacedText>,
    to: Option<PlacedText>,
    map: Option<PlacedText>,
    keep: Option<PlacedText>,
}

const BRIDGE: &Keys<BridgeDraft> = &[
    ("from", |bridge, value| put(&mut bridge.from, placed(value, NAME).map(Some))),
    ("to", |bridge, value| put(&mut bridge.to, placed(value, NAME).map(Some))),
    ("map", |bridge, value| put(&mut bridge.map, placed(value, "a path").map(Some))),
    ("keep", |bridge, value| put(&mut bridge.keep, placed(value, PART).map(Some))),
];

/// Reads the tables `[formats.NAME]`.
pub(super) fn read_formats(
    rules: &mut IdentifierRules,
    value: &Value<'_>,
) -> Result<(), ConfigError> {
    for (name, table) in value.table("formats.*")?.table {
        let table = Value { text: value.text, value: table };
        let name = placed_name(value.text, name)?;
        let mut format = FormatRule {
            template: PlacedText { text: String::new(), ..name.clone() },
            name,
            parts: Vec::new(),
            derives: Vec::new(),
            key: Vec::new(),
            shares: None,
            max_age: None,
            max_future: None,
            is_legacy: false,
            successor: None,
        };
        table.table("formats.*")?.read(&mut format, FORMAT)?;
        if format.template.text.is_empty() {
            let name = &format.name.text;
            return Err(format.template.error(format!("[formats.{name}] lacks a template")));
        }
        rules.formats.push(format);
    }
    Ok(())
}

/// Reads the tables `[contexts.NAME]`.
pub(super) fn read_contexts(
    rules: &mut IdentifierRules,
    value: &Value<'_>,
) -> Result<(), ConfigError> {
    for (name, table) in value.table("contexts.*")?.table {
        let table = Value { text: value.text, value: table };
        let name = placed_name(value.text, name)?;
        let mut context = ContextRule { name, formats: Vec::new() };
        table.table("contexts.*")?.read(&mut context, CONTEXT)?;
        if context.formats.is_empty() {
            let name = &context.name.text;
            return Err(context.name.error(format!("[contexts.{name}] lacks formats")));
        }
        rules.contexts.push(context);
    }
    Ok(())
}

/// Reads the rules `[[bridge]]`.
pub(super) fn read_bridges(
    rules: &mut IdentifierRules,
    value: &Value<'_>,
) -> Result<(), ConfigError> {
    for rule in value.array()? {
        let mut draft = BridgeDraft::default();
        rule.table("bridge")?.read(&mut draft, BRIDGE)?;
        let from = draft.from.ok_or_else(|| rule.lacks("bridge", "from"))?;
        let to = draft.to.ok_or_else(|| rule.lacks("bridge", "to"))?;
        rules.bridges.push(BridgeRule { from, to, map: draft.map, keep: draft.keep });
    }
    Ok(())
}

/// Reads a text with its position.
fn placed(value: &Value<'_>, form: &str) -> Result<PlacedText, ConfigError> {
    let text = value.string(form)?.to_owned();
    let ConfigError { line, column, .. } = value.error(String::new());
    match text.is_empty() {
        true => Err(value.error(format!("expected {form}, found an empty text"))),
        false => Ok(PlacedText { text, line, column }),
    }
}

/// Returns the name of a table or a part; refuses one that is no name in other languages.
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

fn names(value: &Value<'_>, form: &str) -> Result<Vec<PlacedText>, ConfigError> {
    let items = value.array().map_err(|_| value.error(format!("expected {NAMES}")))?;
    items.iter().map(|item| placed(item, form)).collect()
}

fn age(value: &Value<'_>) -> Result<Option<Duration>, ConfigError> {
    value.time(Duration::ZERO..=LONGEST).map(Some)
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
        let rules = &config.identifiers;
        let names: Vec<&str> = rules.formats.iter().map(|f| &*f.name.text).collect();
        assert_eq!(names, ["base", "old", "run_id"]);
        let run = &rules.formats[2];
        assert_eq!((run.template.line, run.template.column), (2, 12));
        assert_eq!((&*run.parts[0].0.text, &*run.parts[0].1.text), ("thread", "[a-z]+"));
        assert_eq!((&*run.derives[0].0, &*run.derives[0].1.text), ("thread_id", "thread"));
        assert_eq!(rules.contexts[0].formats[1].text, "base");
        assert_eq!(rules.bridges[0].keep.as_ref().map(|keep| &*keep.text), Some("hex8"));
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
