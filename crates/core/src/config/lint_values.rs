//! The kinds of values found only in `[lint]`: names, codes, placeholders, a score, and limits.

use std::str::FromStr;

use toml::de::DeValue;

use super::config_error::ConfigError;
use super::identifiers::PlacedText;
use super::value::{ConfigTable, Value, place};
use super::value_kinds::Custom;

pub(super) const NAMES: Custom<Vec<String>> = Custom(names, r##""$ref": "#/$defs/names""##);
pub(super) const CODES: Custom<Vec<PlacedText>> = Custom(codes, r##""$ref": "#/$defs/codes""##);
pub(super) const PLACEHOLDERS: Custom<Vec<PlaceholderRule>> = Custom(
    read_placeholders,
    r##""type": "object", "additionalProperties": { "$ref": "#/$defs/names" }"##,
);
pub(super) const SCORE: Custom<MinScore> =
    Custom(read_score, r#""type": "number", "minimum": 0, "maximum": 100"#);
pub(super) const LIMITS: Custom<Vec<(PlacedText, usize)>> = Custom(
    read_max,
    r#""type": "object", "additionalProperties": { "type": "integer", "minimum": 0 }"#,
);

/// The lowest passing score, in percent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MinScore(pub f64);

impl FromStr for MinScore {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number: Option<f64> = text.trim_end_matches('%').parse().ok();
        let number = number.filter(|number| (0.0..=100.0).contains(number));
        number.map(MinScore).ok_or("name a percentage from 0 to 100, such as 95")
    }
}

/// A key in `[lint.placeholders]`: values that are often assigned to a field in tests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceholderRule {
    /// The end of the field's name.
    pub field: String,
    /// The values, in which `#` stands for one or more digits, and `*` for one or more letters,
    /// digits, `_` or `-`.
    pub values: Vec<String>,
}

impl PlaceholderRule {
    /// Creates a rule.
    pub fn new(field: &str, values: &[&str]) -> Self {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        PlaceholderRule { field: field.to_owned(), values }
    }

    /// Returns whether a field's value is one of the placeholders.
    pub fn fits(&self, field: &str, value: &str) -> bool {
        field.ends_with(&self.field) && self.values.iter().any(|form| has_form(value, form))
    }

    /// Returns the literal text that each value begins with.
    pub fn openings(&self) -> impl Iterator<Item = &str> {
        self.values.iter().filter_map(|value| value.split(['#', '*']).next())
    }
}

/// Returns whether a string matches a pattern in which `#` and `*` stand for one or more
/// characters.
fn has_form(text: &str, form: &str) -> bool {
    let Some(sign) = form.chars().next() else { return text.is_empty() };
    let is_of_run = |c: char| match sign {
        '#' => c.is_ascii_digit(),
        _ => c.is_alphanumeric() || "_-".contains(c),
    };
    let rest = &form[sign.len_utf8()..];
    match sign {
        '#' | '*' => {
            let run = text.char_indices().take_while(|(_, c)| is_of_run(*c));
            // A star may have to match fewer characters than possible, as in `run-*-1`.
            let mut ends = run.map(|(at, c)| at + c.len_utf8());
            ends.any(|end| has_form(&text[end..], rest))
        }
        _ => text.strip_prefix(sign).is_some_and(|text| has_form(text, rest)),
    }
}

fn names(value: &Value<'_>) -> Result<Vec<String>, ConfigError> {
    let read = |item: &Value<'_>| match item.string("a name")? {
        "" => Err(item.error("expected a name, found an empty text".to_owned())),
        name => Ok(name.to_owned()),
    };
    let items = value.array().map_err(|_| value.error("expected an array of names".to_owned()))?;
    items.iter().map(read).collect()
}

fn codes(value: &Value<'_>) -> Result<Vec<PlacedText>, ConfigError> {
    let read = |item: &Value<'_>| {
        let text = item.string("a code, such as \"RAW_UUID\"")?.to_owned();
        let ConfigError { line, column, .. } = item.error(String::new());
        Ok(PlacedText { text, line, column })
    };
    let form = "an array of codes, such as [\"RAW_UUID\"]";
    let items = value.array().map_err(|_| value.error(format!("expected {form}")))?;
    items.iter().map(read).collect()
}

fn read_score(value: &Value<'_>) -> Result<MinScore, ConfigError> {
    let form = "a percentage from 0 to 100";
    let number = match value.value.get_ref() {
        DeValue::Integer(number) => number.as_str(),
        DeValue::Float(number) => number.as_str(),
        other => {
            return Err(value.error(format!("expected {form}, found {}", other.type_str())));
        }
    };
    number.parse().map_err(|_| value.error(format!("expected {form}, found {number}")))
}

fn read_max(value: &Value<'_>) -> Result<Vec<(PlacedText, usize)>, ConfigError> {
    let ConfigTable { text, table, .. } = value.table("lint.max")?;
    let read = |(key, value): (&toml::Spanned<_>, &toml::Spanned<DeValue<'_>>)| {
        let ConfigError { line, column, .. } = place(text, key.span(), String::new());
        let name: &std::borrow::Cow<'_, str> = key.get_ref();
        let most = Value { text, value }.number(0..usize::MAX, "a number of findings")?;
        Ok((PlacedText { text: name.to_string(), line, column }, most))
    };
    table.iter().map(read).collect()
}

fn read_placeholders(value: &Value<'_>) -> Result<Vec<PlaceholderRule>, ConfigError> {
    let ConfigTable { text, table, .. } = value.table("lint.placeholders")?;
    let read = |(key, value): (&toml::Spanned<_>, &toml::Spanned<DeValue<'_>>)| {
        let field: &std::borrow::Cow<'_, str> = key.get_ref();
        Ok(PlaceholderRule { field: field.to_string(), values: names(&Value { text, value })? })
    };
    table.iter().map(read).collect()
}
