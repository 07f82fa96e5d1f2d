//! The declared defaults are those that apply, and `schema.json` is what the declaration says.

use std::fmt::{Debug, Write};
use std::{env, fs, path::Path};

use toml::de::DeTable;

use super::base_tables::{AllocationRules, HookRules, PatchRules, ScheduleRules, TrackRules};
use super::declared_table::DeclaredTable;
use super::dual_write::ReadyRule;
use super::identifiers::FormatRule;
use super::lint_classes::PriorityClass;
use super::path_rules::NameRule;
use super::value::Value;
use super::*;

/// The defaults of `track.include` and `watch.exclude`, which are made in another way than from the file, since
/// every commit has them. Other tests look at them.
const MADE_APART: [&str; 2] = ["[\"**\"]", "[\"venv/**\", \"scan_output/**\"]"];

/// Returns a value as text; lists of globs without any are equal, however they were made.
fn shown(value: &impl Debug) -> String {
    format!("{value:?}").replace("Some([])", "None")
}

/// Asserts that each declared default is read as the value that the table has without the key.
fn assert_defaults<T: DeclaredTable + Debug>() {
    let expected = shown(&T::default());
    for (key, read) in T::KEYS {
        let is_value = serde_json::from_str::<serde_json::Value>(key.default).is_ok();
        if !is_value || MADE_APART.contains(&key.default) {
            continue;
        }
        let text = format!("key = {}", key.default.replace("\":", "\" ="));
        let table = DeTable::parse(&text).expect("TOML");
        let mut values = T::default();
        read(&mut values, &Value { text: &text, value: &table.get_ref()["key"] }).expect("valid");
        assert_eq!(shown(&values), expected, "the default of '{}' is declared as {text}", key.name);
    }
}

#[test]
fn the_declared_defaults_apply() {
    assert_defaults::<Config>();
    assert_defaults::<TrackRules>();
    assert_defaults::<AllocationRules>();
    assert_defaults::<HookRules>();
    assert_defaults::<PatchRules>();
    assert_defaults::<ScheduleRules>();
    assert_defaults::<RenamePolicy>();
    assert_defaults::<NameRule>();
    assert_defaults::<EmbedRule>();
    assert_defaults::<DescribeRules>();
    assert_defaults::<Generator>();
    assert_defaults::<RecordFilter>();
    assert_defaults::<FormatRule>();
    assert_defaults::<LintRules>();
    assert_defaults::<PriorityClass>();
    assert_defaults::<ReplaceRule>();
    assert_defaults::<DualWrite>();
    assert_defaults::<ReadyRule>();
    assert_defaults::<ReconcileRules>();
    assert_defaults::<ReferenceRules>();
    assert_defaults::<WatchRules>();
}

/// Returns a text without its links.
fn without_links(doc: &str) -> String {
    let mut parts = doc.trim().split("](");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let at = text.rfind('[').expect("a link begins");
        text.remove(at);
        text.push_str(part.split_once(')').expect("a link ends").1);
    }
    text
}

/// Returns the members of the schema of a table with these keys.
fn table(keys: &[DeclaredKey], more: &str, indent: &str) -> String {
    let mut text =
        format!("{indent}\"type\": \"object\",\n{indent}\"additionalProperties\": false,\n");
    let required: Vec<_> = keys
        .iter()
        .filter(|key| key.default == REQUIRED)
        .map(|key| format!("\"{}\"", key.name))
        .collect();
    if !required.is_empty() {
        writeln!(text, "{indent}\"required\": [{}],", required.join(", ")).expect("memory");
    }
    if !more.is_empty() {
        writeln!(text, "{indent}{more},").expect("memory");
    }
    format!(
        "{text}{indent}\"properties\": {{\n{}\n{indent}}}",
        properties(keys, &format!("{indent}  "))
    )
}

/// Returns the schemas of these keys.
fn properties(keys: &[DeclaredKey], indent: &str) -> String {
    let members = keys.iter().map(|key| {
        let head = format!("{indent}\"{}\": {{", key.name);
        let doc = serde_json::Value::from(without_links(key.doc));
        let inner = format!("{indent}  ");
        match (key.shape)() {
            ValueShape::Json(value) => {
                let default = match serde_json::from_str::<serde_json::Value>(key.default) {
                    Ok(_) => format!(", \"default\": {}", key.default),
                    Err(_) => String::new(),
                };
                format!("{head} \"description\": {doc}, {value}{default} }}")
            }
            ValueShape::Table(own) => {
                format!("{head}\n{inner}\"description\": {doc},\n{}\n{indent}}}", table(&own, "", &inner))
            }
            ValueShape::Rules(own, more) => format!(
                "{head}\n{inner}\"description\": {doc},\n{inner}\"type\": \"array\",\n{inner}\"items\": {{\n{}\n{inner}}}\n{indent}}}",
                table(&own, more, &format!("{inner}  "))
            ),
            ValueShape::Named(own) => format!(
                "{head}\n{inner}\"description\": {doc},\n{inner}\"type\": \"object\",\n{inner}\"propertyNames\": {{ \"$ref\": \"#/$defs/name\" }},\n\
                 {inner}\"additionalProperties\": {{\n{}\n{inner}}}\n{indent}}}",
                table(&own, "", &format!("{inner}  "))
            ),
        }
    });
    members.collect::<Vec<_>>().join(",\n")
}

#[test]
fn the_schema_is_that_of_the_declaration() {
    // The definitions after the properties are written by hand.
    let (_, defs) = CONFIG_SCHEMA.split_once("\n  \"$defs\": ").expect("definitions");
    let schema = format!(
        "{{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n  \"title\": \"idhooks.toml\",\n  \
         \"description\": \"Which files of a repository get an identity, and how.\",\n{},\n  \"$defs\": {defs}",
        table(&Config::keys(), "", "  ")
    );
    if CONFIG_SCHEMA != schema && env::var_os("IDHOOKS_BLESS").is_some() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/config/schema.json");
        fs::write(file, &schema).expect("written");
    }
    assert!(CONFIG_SCHEMA == schema, "schema.json is out of date: IDHOOKS_BLESS=1 writes it");
}
