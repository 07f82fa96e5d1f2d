//! `[lint]`: how identifiers in code are checked. The crate `idhooks-code` does the checking.

use std::sync::LazyLock;

use crate::registry::{RepoPath, excerpt};

use super::config_error::ConfigError;
use super::declared_table::{REQUIRED, settings};
use super::enforce::Enforce;
use super::globs::Globs;
use super::identifiers::PlacedText;
use super::lint_classes::{PathClass, PriorityClass};
use super::lint_values::{CODES, LIMITS, MinScore, NAMES, PLACEHOLDERS, PlaceholderRule, SCORE};
use super::replace_rule::ReplaceRule;
use super::value::{ConfigTable, Value, nearest};
use super::value_kinds::{ANY_CASE, Custom, NOT_EMPTY, OneOf, Opt, Rules};

/// The category or service of a file that no rule matches.
const OTHER: &str = "other";

crate::words! {
    /// Where calls to a configured generator allow raw UUIDs.
    #[derive(Default)]
    pub enum LintAllowance {
        /// On the lines that call the generator.
        #[default]
        Line = "line",
        /// In the files that call the generator.
        File = "file",
    }
}

settings! {
    /// How identifiers in code are checked.
    #[derive(Debug, Clone)]
    pub struct LintRules, checked by check_services {
        /// Globs, which ignore case here and below: files that [`idhooks lint`](linting.md) checks; files other than
        /// Python are only checked for ID_FORMAT.
        "path" => pub path: Globs = any_case(&["*.py"]), "[\"*.py\"]", ANY_CASE;
        /// Globs: files to skip, in addition to those that git ignores.
        "exclude" => pub exclude: Globs =
            any_case(&[".*/", "__pycache__/", "node_modules/", "venv/", "env/", "htmlcov/"]),
            "[\".*/\", \"__pycache__/\", \"node_modules/\", \"venv/\", \"env/\", \"htmlcov/\"]", ANY_CASE;
        /// Globs: generated files, which are also skipped.
        "generated" => pub generated: Globs, "[]", ANY_CASE;
        /// Codes to check.
        "select" => pub select: Option<Vec<PlacedText>>, "all but UNVALIDATED_CONTEXT", Opt(CODES);
        /// Codes whose findings are errors, not warnings.
        "errors" => pub errors: Vec<PlacedText>, "[]", CODES;
        /// Rules: codes not to check in some files.
        "file_ignores" => pub file_ignores: Vec<FileIgnores>, "none", Rules("lint.file_ignores", "");
        /// Dotted names of functions and classes that generate identifiers in a declared format: their modules and
        /// the lines that call them may contain raw UUIDs.
        "generators" => pub generators: Vec<String>, "[]", NAMES;
        /// `"file"`: every file that calls them may contain raw UUIDs.
        "generators_allow" => pub generators_allow: LintAllowance, "\"line\"", OneOf;
        /// Names of fields that hold identifiers, for HARDCODED_ID.
        "id_fields" => pub id_fields: Vec<String> =
            texts(&["run_id", "thread_id", "request_id", "session_id"]),
            "[\"run_id\", \"thread_id\", \"request_id\", \"session_id\"]", NAMES;
        /// Prefixes of hand-made identifiers, for ID_FSTRING.
        "prefixes" => pub prefixes: Vec<String> = texts(&[
                "thread_", "user_", "session_", "agent_", "run_", "req_", "ws_", "websocket_", "client_",
            ]),
            "[\"thread_\", \"user_\", \"session_\", \"agent_\", \"run_\", \"req_\", \"ws_\", \"websocket_\", \"client_\"]",
            NAMES;
        /// Attributes that only some modules should use, for DIRECT_ID_ACCESS.
        "attributes" => pub attributes: Vec<String>, "[]", NAMES;
        /// Globs: modules that should use these attributes.
        "attribute_modules" => pub attribute_modules: Globs, "[]", ANY_CASE;
        /// Functions that should no longer be called, by dotted name or its last part, for DEPRECATED_ID_CALL.
        "deprecated_calls" => pub deprecated_calls: Vec<String>, "[]", NAMES;
        /// Functions that must validate a parameter, for UNVALIDATED_CONTEXT.
        "context_functions" => pub context_functions: Vec<String> = texts(&["execute"]), "[\"execute\"]", NAMES;
        /// Names of that parameter; the first one found in a function counts.
        "context_parameters" => pub context_parameters: Vec<String> = texts(&["run_id"]), "[\"run_id\"]", NAMES;
        /// Placeholders for identifiers in tests, for HARDCODED_ID, by the end of the field name: `#` matches one or
        /// more digits, `*` one or more letters, digits, `_` and `-`.
        "placeholders" => pub placeholders: Vec<PlaceholderRule> = vec![
                PlaceholderRule::new("run_id", &["test-run", "test_run", "test_run_#", "run-*"]),
                PlaceholderRule::new("thread_id", &["thread_#"]),
            ],
            "{\"run_id\": [\"test-run\", \"test_run\", \"test_run_#\", \"run-*\"], \"thread_id\": [\"thread_#\"]}",
            PLACEHOLDERS;
        /// Rules: [categories of files](linting.md#categories-services-priorities); the first match wins, the rest
        /// is `other`.
        "category" => pub categories: Vec<PathClass>, "none", Rules("lint.category", "");
        /// Rules: services, declared like categories.
        "service" => pub services: Vec<PathClass>, "none", Rules("lint.service", "");
        /// Rules: priorities; the first match wins, the rest is `low`.
        "priority" => pub priorities: Vec<PriorityClass>, "none", Rules(
            "lint.priority",
            r#""anyOf": [{ "required": ["path"] }, { "required": ["service"] }]"#,
        );
        /// Rules: [code that `lint --fix` replaces](linting.md#replacing-code).
        "replace" => pub replace: Vec<ReplaceRule>, "none", Rules(
            "lint.replace",
            r#""oneOf": [{ "required": ["find"] }, { "required": ["field"] }]"#,
        );
        /// `"block"`: a commit with [findings in the files that it changes](linting.md#in-commits) is refused;
        /// `"warn"`: it passes with warnings; without the key, commits are not checked.
        "enforce" => pub enforce: Option<Enforce>, "none", Opt(OneOf);
        /// File in the repository with accepted findings, for `idhooks lint`, commits and `idhooks ci`.
        "baseline" => pub baseline: Option<RepoPath>, "none", Opt(Custom(read_baseline_path, NOT_EMPTY));
        /// Minimum score in percent for [`idhooks ci`](linting.md#in-ci).
        "min_score" => pub min_score: Option<MinScore>, "none", Opt(SCORE);
        /// Maximum number of findings per part for `idhooks ci`, such as `{ critical = 0, "service:auth" = 3 }`.
        "max" => pub max: Vec<(PlacedText, usize)>, "none", LIMITS;
    }
}

settings! {
    /// A rule `[[lint.file_ignores]]`.
    #[derive(Debug, Clone)]
    pub struct FileIgnores, checked by check_codes {
        /// Globs of the rule.
        "path" => pub path: Globs, REQUIRED, ANY_CASE;
        /// Codes not to check in these files.
        "codes" => pub codes: Vec<PlacedText>, REQUIRED, CODES;
    }
}

fn any_case(globs: &[&str]) -> Globs {
    Globs::in_any_case(globs.iter().copied()).unwrap_or_default()
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// Rejects a priority for a service that does not exist.
fn check_services(
    rules: &mut LintRules,
    _: &ConfigTable<'_>,
    value: &Value<'_>,
) -> Result<(), ConfigError> {
    for rule in &rules.priorities {
        let mut services = rules.services.iter().map(|service| &service.name);
        let unknown = rule
            .services
            .iter()
            // Files that no rule matches belong to the service `other`.
            .find(|name| *name != "other" && !services.any(|service| service == *name));
        if let Some(name) = unknown {
            let priority = &rule.name;
            let mut error = value.error(format!(
                "the priority '{priority}' names the service '{name}', which no [[lint.service]] has"
            ));
            let known: Vec<&str> = rules.services.iter().map(|service| &*service.name).collect();
            error.hint = Some(nearest(name, &known));
            return Err(error);
        }
    }
    Ok(())
}

/// Rejects a rule that ignores no codes.
fn check_codes(
    rule: &mut FileIgnores,
    _: &ConfigTable<'_>,
    value: &Value<'_>,
) -> Result<(), ConfigError> {
    match rule.codes.is_empty() {
        true => Err(value.lacks("lint.file_ignores", "codes")),
        false => Ok(()),
    }
}

fn read_baseline_path(value: &Value<'_>) -> Result<RepoPath, ConfigError> {
    let form = "the path of a file in the repository, such as \"lint.json\"";
    let text = value.string(form)?;
    RepoPath::new(text.as_bytes())
        .map_err(|_| value.error(format!("expected {form}, found '{}'", excerpt(text))))
}

/// The rules of a configuration without `[lint]`. They are created lazily, because every hook reads
/// a configuration, but none lints.
pub(super) static NO_LINT_RULES: LazyLock<LintRules> = LazyLock::new(LintRules::default);

impl LintRules {
    /// Returns whether a file is checked, provided that git does not ignore it.
    pub fn includes(&self, path: &RepoPath) -> bool {
        self.path.matches(path) && !self.exclude.matches(path) && !self.generated.matches(path)
    }

    /// Returns a file's category.
    pub fn category(&self, path: &RepoPath) -> &str {
        class(&self.categories, path)
    }

    /// Returns a file's service.
    pub fn service(&self, path: &RepoPath) -> &str {
        class(&self.services, path)
    }

    /// Returns the priority of a file in the given service.
    pub fn priority(&self, path: &RepoPath, service: &str) -> &'static str {
        let is_it = |rule: &&PriorityClass| {
            rule.path.matches(path) || rule.services.iter().any(|name| name == service)
        };
        let first = self.priorities.iter().find(is_it);
        first.map(|rule| rule.name).unwrap_or_default().as_str()
    }
}

fn class<'r>(rules: &'r [PathClass], path: &RepoPath) -> &'r str {
    rules.iter().find(|rule| rule.path.matches(path)).map_or(OTHER, |rule| &rule.name)
}
