//! `[[lint.replace]]`: what `idhooks lint --fix` replaces handmade identifiers with.

use super::config_error::ConfigError;
use super::declared_table::{REQUIRED, settings};
use super::globs::Globs;
use super::identifiers::PlacedText;
use super::value::{ConfigTable, Value};
use super::value_kinds::{ANY_CASE, Custom, NOT_EMPTY, Opt};
use crate::registry::excerpt;

settings! {
    /// A rule `[[lint.replace]]`.
    #[derive(Debug, Clone)]
    pub struct ReplaceRule, checked by check_target {
        /// A Python expression or statements to replace; this or `field` is required.
        "find" => pub find: Option<PlacedText>, "none", Opt(CODE);
        /// Field whose hardcoded strings are replaced, as found by HARDCODED_ID.
        "field" => pub field: Option<PlacedText>, "none", Opt(CODE);
        /// The replacement.
        "with" => pub with: PlacedText, REQUIRED, CODE;
        /// Names that must be in scope, in addition to those in the replacement, such as `user_id` or `self.user_id`.
        "needs" => pub needs: Vec<String>, "[]",
            Custom(read_needs, r#""type": "array", "items": { "type": "string", "minLength": 1 }"#);
        /// The import statement that the replacement needs.
        "import" => pub import: Option<PlacedText>, "none", Opt(CODE);
        /// Globs of the rule.
        "path" => pub path: Option<Globs>, "all files", Opt(ANY_CASE);
    }
}

const CODE: Custom<PlacedText> = Custom(code, NOT_EMPTY);

/// Rejects a rule unless it is either for code or for a field.
fn check_target(
    rule: &mut ReplaceRule,
    _: &ConfigTable<'_>,
    value: &Value<'_>,
) -> Result<(), ConfigError> {
    match (&rule.find, &rule.field) {
        (None, None) => Err(value.lacks("lint.replace", "find' or 'field")),
        (Some(_), Some(field)) => {
            Err(field.error("a rule has either 'find' or 'field', not both".to_owned()))
        }
        _ => Ok(()),
    }
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
