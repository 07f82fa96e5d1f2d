//! `[[namespaces]]` and `[[file_names]]`: rules that determine files' namespaces and names from
//! their paths.

use crate::registry::Namespace;

use super::declared_table::{REQUIRED, settings};
use super::globs::Globs;
use super::value_kinds::{BOOLEAN, Custom, GLOBS, OneOf};

settings! {
    /// A rule that assigns a namespace to files.
    #[derive(Debug, Clone)]
    pub(super) struct NamespaceRule {
        /// Globs of the rule.
        "path" => pub(super) path: Globs, REQUIRED, GLOBS;
        /// Namespace of these files, three digits.
        "ns" => pub(super) ns: Namespace = Namespace::OTHER, REQUIRED, Custom(
            |value| value.parsed("three digits in quotes, such as \"100\""),
            r#""type": "string", "pattern": "^[0-9]{3}$""#,
        );
    }
}

settings! {
    /// A rule for files' names.
    #[derive(Debug, Clone)]
    pub struct NameRule {
        /// Globs of the rule.
        "path" => pub(super) path: Globs, REQUIRED, GLOBS, line "\"src/**\"", "";
        /// `false`: excludes these files.
        "id_prefix" => pub id_prefix: bool = true, "true", BOOLEAN,
            line "false: excludes these; the first rule that matches counts";
        /// `"lead"`: Python modules get `P_` before the digits; `"refuse"`: they keep their names.
        "modules" => pub modules: ModuleNaming, "\"lead\"", OneOf,
            line "Python: \"lead\" puts P_ before the digits; \"refuse\"";
    }
}

crate::words! {
    /// What to do with the names of Python modules, where a leading digit would break imports.
    #[derive(Default)]
    pub enum ModuleNaming {
        /// `P_` before the digits.
        #[default]
        Lead = "lead",
        /// No prefix: modules keep their names.
        Refuse = "refuse",
    }
}
