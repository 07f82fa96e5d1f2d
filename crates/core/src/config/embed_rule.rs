//! `[[embed]]`: which files carry their identity in their content.

use crate::embed::{self, Style};
use crate::registry::RepoPath;

use super::config_error::ConfigError;
use super::declared_table::{REQUIRED, settings};
use super::globs::Globs;
use super::value::{ConfigTable, Value};
use super::value_kinds::{BOOLEAN, GLOBS, OneOf, Opt};

settings! {
    /// A rule that determines whether files carry their identity in their content.
    #[derive(Debug, Clone)]
    pub struct EmbedRule, checked by check_style {
        /// Globs of the rule.
        "path" => pub(super) globs: Globs, REQUIRED, GLOBS, line "\"docs/**\"", "";
        /// `false`: excludes these files.
        "embed" => pub(super) is_to_carry: bool = true, "true", BOOLEAN;
        /// [How the identity is written](identities-in-files.md#choose-the-style): `"front-matter"`, `"comment"` or
        /// `"key"`.
        "style" => pub(super) style: Option<Style>, "as is usual for the kind of file", Opt(OneOf),
            line "\"front-matter\"", "or \"comment\", \"key\"; default: as is usual for the kind of file";
    }
    and {
        /// The line in `idhooks.toml` on which the rule begins, counted from 1.
        pub line: usize,
    }
}

impl EmbedRule {
    /// Returns the glob in this rule that matches a path.
    pub fn glob_of(&self, path: &RepoPath) -> Option<&str> {
        self.globs.matching(path)
    }
}

/// Records the line number, and rejects a style that files matching one of the rule's globs cannot
/// have.
fn check_style(
    rule: &mut EmbedRule,
    table: &ConfigTable<'_>,
    value: &Value<'_>,
) -> Result<(), ConfigError> {
    rule.line = value.line();
    let (Some(style), Some(path)) = (rule.style, table.value("path")) else { return Ok(()) };
    for (glob, item) in path.strings()? {
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
