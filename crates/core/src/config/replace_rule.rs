//! `[[lint.replace]]`: what `idhooks lint --fix` puts in the place of identifiers made by hand.

use super::config_error::ConfigError;
use super::globs::Globs;
use super::identifiers::PlacedText;
use super::value::{Keys, Value, put};
use crate::registry::excerpt;

/// A rule `[[lint.replace]]`.
#[derive(Debug, Clone)]
pub struct ReplaceRule {
    /// The code to be replaced, if the rule is for code.
    pub find: Option<PlacedText>,
    /// The name of the field whose texts are replaced, if the rule is for a field.
    pub field: Option<PlacedText>,
    /// The replacement.
    pub with: PlacedText,
    /// The names that must be in scope besides those that the replacement uses.
    pub needs: Vec<String>,
    /// The import statement that the replacement needs.
    pub import: Option<PlacedText>,
    /// The files of the rule; all if there are none.
    pub path: Option<Globs>,
}

/// A rule as far as it was read.
#[derive(Default)]
struct ReplaceDraft {
    find: Option<PlacedText>,
    field: Option<PlacedText>,
    with: Option<PlacedText>,
    needs: Vec<String>,
    import: Option<PlacedText>,
    path: Option<Globs>,
}

const REPLACE: &Keys<ReplaceDraft> = &[
    ("find", |rule, value| put(&mut rule.find, code(value).map(Some))),
    ("field", |rule, value| put(&mut rule.field, code(value).map(Some))),
    ("with", |rule, value| put(&mut rule.with, code(value).map(Some))),
    ("needs", |rule, value| put(&mut rule.needs, read_needs(value))),
    ("import", |rule, value| put(&mut rule.import, code(value).map(Some))),
    ("path", |rule, value| put(&mut rule.path, value.globs_in_any_case().map(Some))),
];

/// Reads the rules of `[[lint.replace]]`.
pub(super) fn read_replace_rules(value: &Value<'_>) -> Result<Vec<ReplaceRule>, ConfigError> {
    let table = "lint.replace";
    let read = |rule: &Value<'_>| {
        let mut draft = ReplaceDraft::default();
        rule.table(table)?.read(&mut draft, REPLACE)?;
        let ReplaceDraft { find, field, with, needs, import, path } = draft;
        let with = with.ok_or_else(|| rule.lacks(table, "with"))?;
        match (&find, &field) {
            (None, None) => Err(rule.lacks(table, "find' or 'field")),
            (Some(_), Some(field)) => {
                Err(field.error("a rule has either 'find' or 'field', not both".to_owned()))
            }
            _ => Ok(ReplaceRule { find, field, with, needs, import, path }),
        }
    };
    value.array()?.iter().map(read).collect()
}

fn code(value: &Value<'_>) -> Result<PlacedText, ConfigError> {
    let text = value.string("Python code")?.to_owned();
    let ConfigError { line, column, .. } = value.error(String::new());
    Ok(PlacedText { text, line, column })
}

fn read_needs(value: &Value<'_>) -> Result<Vec<String>, ConfigError> {
    let form = "a name, or an attribute such as \"self.user_id\"";
    let read = |item: &Value<'_>| {
        let text = item.string(form)?;
        let is_name = |name: &str| {
            let is_of_name = |c: char| c.is_alphanumeric() || c == '_';
            name.chars().all(is_of_name) && !name.starts_with(|c: char| c.is_numeric())
        };
        let parts: Vec<&str> = text.split('.').collect();
        match parts.len() <= 2 && parts.iter().all(|part| !part.is_empty() && is_name(part)) {
            true => Ok(text.to_owned()),
            false => Err(item.error(format!("expected {form}, found '{}'", excerpt(text)))),
        }
    };
    let array = value.array().map_err(|_| value.error("expected an array of names".to_owned()))?;
    array.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    #[test]
    fn a_rule_has_code_or_a_field() {
        let rule = |keys: &str| Config::parse(&format!("[[lint.replace]]\n{keys}\n"));
        let config =
            rule("find = 'f()'\nwith = 'g()'\nneeds = ['user_id', 'self.a']").expect("valid");
        assert_eq!(config.lint().replace[0].needs, ["user_id", "self.a"]);
        for (keys, message) in [
            ("with = 'g()'", "find' or 'field"),
            ("find = 'f()'", "with"),
            ("find = 'f()'\nfield = 'run_id'\nwith = 'g()'", "not both"),
            ("find = 'f()'\nwith = 'g()'\nneeds = ['a b']", "found 'a b'"),
            ("find = 'f()'\nwith = 'g()'\nneeds = ['a.b.c']", "found 'a.b.c'"),
        ] {
            let error = rule(keys).expect_err(keys).to_string();
            assert!(error.contains(message), "{keys}: {error}");
        }
    }
}
