//! [`PathClass`] and [`PriorityClass`]: the parts of a code base for which `idhooks lint` counts
//! findings separately.

use super::config_error::ConfigError;
use super::declared_table::{REQUIRED, settings};
use super::globs::Globs;
use super::lint_values::NAMES;
use super::value::{ConfigTable, Value};
use super::value_kinds::{ANY_CASE, Custom, OneOf};

settings! {
    /// A rule in `[[lint.category]]` or `[[lint.service]]`.
    #[derive(Debug, Clone)]
    pub struct PathClass {
        /// Name of the category or service.
        "name" => pub name: String, REQUIRED,
            Custom(read_name, r#""type": "string", "pattern": "^[A-Za-z0-9_-]+$""#);
        /// Globs of the rule.
        "path" => pub path: Globs, REQUIRED, ANY_CASE;
    }
}

settings! {
    /// A rule in `[[lint.priority]]`: matches files by path, by service, or by either of them.
    #[derive(Debug, Clone)]
    pub struct PriorityClass, checked by check_files {
        /// `"critical"`, `"high"`, `"medium"` or `"low"`.
        "name" => pub name: PriorityName, REQUIRED, OneOf;
        /// Globs; this or `service` is required.
        "path" => pub path: Globs, "none", ANY_CASE;
        /// Names of services; a file matches by its path or by its service.
        "service" => pub services: Vec<String>, "none", NAMES;
    }
}

crate::words! {
    /// How important files are.
    #[derive(Default)]
    pub enum PriorityName {
        /// Most important.
        Critical = "critical",
        /// Next.
        High = "high",
        /// Next.
        Medium = "medium",
        /// Least important; also the priority of files that no rule matches.
        #[default]
        Low = "low",
    }
}

/// Rejects a priority that applies to no files.
fn check_files(
    rule: &mut PriorityClass,
    table: &ConfigTable<'_>,
    value: &Value<'_>,
) -> Result<(), ConfigError> {
    match table.value("path").is_none() && rule.services.is_empty() {
        true => Err(value.lacks("lint.priority", "path' or 'service")),
        false => Ok(()),
    }
}

fn read_name(value: &Value<'_>) -> Result<String, ConfigError> {
    let form = "a name of letters, digits, '_' and '-'";
    let name = value.string(form)?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    match !name.is_empty() && name.chars().all(is_plain) {
        true => Ok(name.to_owned()),
        false => Err(value.error(format!("expected {form}, found '{name}'"))),
    }
}
