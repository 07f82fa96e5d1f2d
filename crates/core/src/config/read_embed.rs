//! Parses `[[embed]]`.

use crate::embed::{self, Style};

use super::config_error::ConfigError;
use super::globs::Globs;
use super::rules::EmbedRule;
use super::value::{Keys, Value, put, read_path};

/// Reads the rules `[[embed]]`.
pub(super) fn read_embed(value: &Value<'_>) -> Result<Vec<EmbedRule>, ConfigError> {
    type Read = (Option<Globs>, (bool, Option<Style>));
    const EMBED: &Keys<Read> = &[
        ("path", read_path),
        ("embed", |rule, value| put(&mut rule.1.0, value.boolean())),
        ("style", |rule, value| {
            put(&mut rule.1.1, value.one_of(&Style::ALL, Style::as_str).map(Some))
        }),
    ];
    value.rules("embed", (true, None), EMBED, |globs, (is_to_carry, style), rule| {
        if let Some(style) = style {
            check_style(rule, style)?;
        }
        Ok(EmbedRule { globs, is_to_carry, style, line: rule.line() })
    })
}

/// Refuses a style that no file that a glob of the rule matches can have.
fn check_style(rule: &Value<'_>, style: Style) -> Result<(), ConfigError> {
    let Some(value) = rule.table("embed")?.table.get("path") else { return Ok(()) };
    for (glob, item) in (Value { text: rule.text, value }).strings()? {
        let name = glob.rsplit('/').next().unwrap_or(glob);
        let possible = embed::styles_of(name.as_bytes()).filter(|_| !glob.starts_with('!'));
        if let Some(possible) = possible.filter(|possible| !possible.contains(&style)) {
            let mut error = item.error(format!(
                "this [[embed]] rule has style \"{style}\", which files that match '{glob}' cannot have"
            ));
            error.hint = Some(format!("they can have {}", embed::quoted(possible)));
            return Err(error);
        }
    }
    Ok(())
}
