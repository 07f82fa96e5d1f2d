//! `[lint]`: how identifiers in code are checked. The crate `identifiers` carries it out.

use std::str::FromStr;
use std::sync::LazyLock;

use crate::registry::RepoPath;

use super::globs::Globs;
use super::identifiers::PlacedText;
use super::replace_rule::ReplaceRule;
use super::rules::Enforce;

/// The class of a file that no rule matches.
const OTHER: &str = "other";
/// The priority of a file that no rule matches.
const LOW: &str = "low";

crate::words! {
    /// What a configured generator allows.
    #[derive(Default)]
    pub enum LintAllowance {
        /// The lines on which it is called.
        #[default]
        Line = "line",
        /// The files that call it.
        File = "file",
    }
}

/// The lowest score that does not fail, in percent.
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

/// A rule `[[lint.category]]` or `[[lint.service]]`.
#[derive(Debug, Clone)]
pub struct PathClass {
    /// The class.
    pub name: String,
    /// The files.
    pub path: Globs,
}

/// A rule `[[lint.priority]]`: files by path, by service, or both, of which either matches.
#[derive(Debug, Clone)]
pub struct PriorityClass {
    /// The priority.
    pub name: String,
    /// The files.
    pub path: Globs,
    /// The services.
    pub services: Vec<String>,
}

/// A key of `[lint.placeholders]`: values of a field that tests were often given by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceholderRule {
    /// How the name of the field ends.
    pub field: String,
    /// The values: `#` stands for digits, `*` for letters, digits, `_` and `-`, one or more.
    pub values: Vec<String>,
}

impl PlaceholderRule {
    /// Creates a rule.
    pub fn new(field: &str, values: &[&str]) -> Self {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        PlaceholderRule { field: field.to_owned(), values }
    }

    /// Returns whether a field has one of the values.
    pub fn fits(&self, field: &str, value: &str) -> bool {
        field.ends_with(&self.field) && self.values.iter().any(|form| has_form(value, form))
    }

    /// Returns how the values begin.
    pub fn openings(&self) -> impl Iterator<Item = &str> {
        self.values.iter().filter_map(|value| value.split(['#', '*']).next())
    }
}

/// Returns whether a text has a form with signs that stand for one or more characters.
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
            let mut ends = run.map(|(at, c)| at + c.len_utf8());
            ends.any(|end| has_form(&text[end..], rest))
        }
        _ => text.strip_prefix(sign).is_some_and(|text| has_form(text, rest)),
    }
}

/// How identifiers in code are checked.
#[derive(Debug, Clone)]
pub struct LintRules {
    /// The files.
    pub path: Globs,
    /// Files that are left out.
    pub exclude: Globs,
    /// Files that a program writes.
    pub generated: Globs,
    /// The codes that are checked; nothing means those that are on by default.
    pub select: Option<Vec<PlacedText>>,
    /// The codes whose findings are errors.
    pub errors: Vec<PlacedText>,
    /// Codes that are not checked in some files.
    pub file_ignores: Vec<(Globs, Vec<PlacedText>)>,
    /// The dotted names that make identifiers in a known format.
    pub generators: Vec<String>,
    /// What a call of them allows.
    pub generators_allow: LintAllowance,
    /// The names of fields that hold identifiers.
    pub id_fields: Vec<String>,
    /// How identifiers that are made by hand begin.
    pub prefixes: Vec<String>,
    /// The attributes that only some modules should use.
    pub attributes: Vec<String>,
    /// Those modules.
    pub attribute_modules: Globs,
    /// The functions that should no longer be called.
    pub deprecated_calls: Vec<String>,
    /// The functions that must validate an identifier among their parameters.
    pub context_functions: Vec<String>,
    /// Those parameters.
    pub context_parameters: Vec<String>,
    /// Values that are no identifiers, but stand for one in tests.
    pub placeholders: Vec<PlaceholderRule>,
    /// The categories; the first match counts.
    pub categories: Vec<PathClass>,
    /// The services; the first match counts.
    pub services: Vec<PathClass>,
    /// The priorities; the first match counts.
    pub priorities: Vec<PriorityClass>,
    /// What is put in the place of identifiers made by hand.
    pub replace: Vec<ReplaceRule>,
    /// What happens to commits with findings; nothing means that they are not checked.
    pub enforce: Option<Enforce>,
    /// The file with the findings that are accepted.
    pub baseline: Option<RepoPath>,
    /// The score that a change must have to be merged.
    pub min_score: Option<MinScore>,
    /// The parts, such as `critical` or `service:auth`, with the most findings that each may have in a
    /// change that is merged.
    pub max: Vec<(PlacedText, usize)>,
}

impl Default for LintRules {
    fn default() -> Self {
        let globs = |globs: &[&str]| Globs::in_any_case(globs.iter().copied()).unwrap_or_default();
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        LintRules {
            path: globs(&["*.py"]),
            exclude: globs(&[".*/", "__pycache__/", "node_modules/", "venv/", "env/", "htmlcov/"]),
            generated: Globs::default(),
            select: None,
            errors: Vec::new(),
            file_ignores: Vec::new(),
            generators: Vec::new(),
            generators_allow: LintAllowance::default(),
            id_fields: texts(&["run_id", "thread_id", "request_id", "session_id"]),
            prefixes: texts(&[
                "thread_",
                "user_",
                "session_",
                "agent_",
                "run_",
                "req_",
                "ws_",
                "websocket_",
                "client_",
            ]),
            attributes: Vec::new(),
            attribute_modules: Globs::default(),
            deprecated_calls: Vec::new(),
            context_functions: texts(&["execute"]),
            context_parameters: texts(&["run_id"]),
            placeholders: vec![
                PlaceholderRule::new("run_id", &["test-run", "test_run", "test_run_#", "run-*"]),
                PlaceholderRule::new("thread_id", &["thread_#"]),
            ],
            categories: Vec::new(),
            services: Vec::new(),
            priorities: Vec::new(),
            replace: Vec::new(),
            enforce: None,
            baseline: None,
            min_score: None,
            max: Vec::new(),
        }
    }
}

/// The rules of a configuration without any. They are made when they are needed: every hook reads a
/// configuration, and none of them lints.
pub(super) static NO_LINT_RULES: LazyLock<LintRules> = LazyLock::new(LintRules::default);

impl LintRules {
    /// Returns whether a file is checked, unless git ignores it.
    pub fn includes(&self, path: &RepoPath) -> bool {
        self.path.matches(path) && !self.exclude.matches(path) && !self.generated.matches(path)
    }

    /// Returns whether a file is a notebook with Python that would be checked if it were a module.
    pub fn is_unread_notebook(&self, path: &RepoPath) -> bool {
        let is_left_out = || self.exclude.matches(path) || self.generated.matches(path);
        path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(b"ipynb"))
            && !self.path.matches(path)
            && !is_left_out()
    }

    /// Returns the category of a file.
    pub fn category(&self, path: &RepoPath) -> &str {
        class(&self.categories, path)
    }

    /// Returns the service of a file.
    pub fn service(&self, path: &RepoPath) -> &str {
        class(&self.services, path)
    }

    /// Returns the priority of a file of this service.
    pub fn priority(&self, path: &RepoPath, service: &str) -> &str {
        let is_it = |rule: &&PriorityClass| {
            rule.path.matches(path) || rule.services.iter().any(|name| name == service)
        };
        self.priorities.iter().find(is_it).map_or(LOW, |rule| &rule.name)
    }
}

fn class<'r>(rules: &'r [PathClass], path: &RepoPath) -> &'r str {
    rules.iter().find(|rule| rule.path.matches(path)).map_or(OTHER, |rule| &rule.name)
}
