//! Parses `[lint]`.

use toml::de::{DeTable, DeValue};

use crate::registry::{RepoPath, excerpt};

use super::config_error::ConfigError;
use super::globs::Globs;
use super::identifiers::PlacedText;
use super::lint::{LintAllowance, LintRules, MinScore, PathClass, PlaceholderRule, PriorityClass};
use super::replace_rule::read_replace_rules;
use super::rules::{Config, Enforce};
use super::value::{ConfigTable, Keys, Value, nearest, place, put};

const CODES: &str = "an array of codes, such as [\"RAW_UUID\"]";
const NAMES: &str = "an array of names";
const PRIORITIES: [&str; 4] = ["critical", "high", "medium", "low"];

const LINT: &Keys<LintRules> = &[
    ("path", |lint, value| put(&mut lint.path, value.globs_in_any_case())),
    ("exclude", |lint, value| put(&mut lint.exclude, value.globs_in_any_case())),
    ("generated", |lint, value| put(&mut lint.generated, value.globs_in_any_case())),
    ("select", |lint, value| put(&mut lint.select, codes(value).map(Some))),
    ("errors", |lint, value| put(&mut lint.errors, codes(value))),
    ("file_ignores", |lint, value| put(&mut lint.file_ignores, read_file_ignores(value))),
    ("generators", |lint, value| put(&mut lint.generators, names(value))),
    ("generators_allow", |lint, value| {
        put(&mut lint.generators_allow, value.one_of(&LintAllowance::ALL, LintAllowance::as_str))
    }),
    ("id_fields", |lint, value| put(&mut lint.id_fields, names(value))),
    ("prefixes", |lint, value| put(&mut lint.prefixes, names(value))),
    ("attributes", |lint, value| put(&mut lint.attributes, names(value))),
    ("attribute_modules", |lint, value| {
        put(&mut lint.attribute_modules, value.globs_in_any_case())
    }),
    ("deprecated_calls", |lint, value| put(&mut lint.deprecated_calls, names(value))),
    ("context_functions", |lint, value| put(&mut lint.context_functions, names(value))),
    ("context_parameters", |lint, value| put(&mut lint.context_parameters, names(value))),
    ("placeholders", |lint, value| put(&mut lint.placeholders, read_placeholders(value))),
    ("category", |lint, value| put(&mut lint.categories, read_classes(value, "lint.category"))),
    ("service", |lint, value| put(&mut lint.services, read_classes(value, "lint.service"))),
    ("priority", |lint, value| put(&mut lint.priorities, read_priorities(value))),
    ("replace", |lint, value| put(&mut lint.replace, read_replace_rules(value))),
    ("enforce", |lint, value| put(&mut lint.enforce, read_enforce(value))),
    ("baseline", |lint, value| put(&mut lint.baseline, read_baseline_path(value).map(Some))),
    ("min_score", |lint, value| put(&mut lint.min_score, read_score(value).map(Some))),
    ("max", |lint, value| put(&mut lint.max, read_max(value))),
];

/// A rule as far as it was read.
#[derive(Default)]
struct ClassDraft {
    name: Option<String>,
    path: Option<Globs>,
    services: Vec<String>,
}

const CLASS: &Keys<ClassDraft> = &[
    ("name", |class, value| put(&mut class.name, read_name(value).map(Some))),
    ("path", |class, value| put(&mut class.path, value.globs_in_any_case().map(Some))),
];
const PRIORITY: &Keys<ClassDraft> = &[
    ("name", |class, value| {
        let word = value.one_of(&PRIORITIES, |word| word);
        put(&mut class.name, word.map(|word| Some(word.to_owned())))
    }),
    ("path", |class, value| put(&mut class.path, value.globs_in_any_case().map(Some))),
    ("service", |class, value| put(&mut class.services, names(value))),
];
const FILE_IGNORES: &Keys<(Option<Globs>, Vec<PlacedText>)> = &[
    ("path", |rule, value| put(&mut rule.0, value.globs_in_any_case().map(Some))),
    ("codes", |rule, value| put(&mut rule.1, codes(value))),
];

/// Reads the table `[lint]`.
pub(super) fn read_lint(rules: &mut LintRules, value: &Value<'_>) -> Result<(), ConfigError> {
    value.table("lint")?.read(rules, LINT)?;
    for rule in &rules.priorities {
        let mut services = rules.services.iter().map(|service| &service.name);
        let unknown = rule
            .services
            .iter()
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

impl Config {
    /// Returns what happens to commits with findings, according to the text of `idhooks.toml`; nothing
    /// if they are not checked. Of the table `[lint]` only that value is read, and the names of its
    /// keys: every commit asks.
    ///
    /// # Errors
    /// Returns an error if the text is not TOML, if `[lint]` has an unknown key, or if the value is
    /// wrong.
    pub fn lint_enforcement(text: &str) -> Result<Option<Enforce>, ConfigError> {
        let mentions = |line: &str| !line.trim_start().starts_with('#') && line.contains("lint");
        if !text.lines().any(mentions) {
            return Ok(None);
        }
        let table = DeTable::parse(text).map_err(|error| {
            place(text, error.span().unwrap_or(0..0), error.message().to_owned())
        })?;
        let Some(value) = table.get_ref().get("lint") else { return Ok(None) };
        let lint = Value { text, value }.table("lint")?;
        lint.assert_known(LINT)?;
        match lint.table.get("enforce") {
            Some(value) => read_enforce(&Value { text, value }),
            None => Ok(None),
        }
    }
}

fn read_enforce(value: &Value<'_>) -> Result<Option<Enforce>, ConfigError> {
    value.one_of(&Enforce::ALL, Enforce::as_str).map(Some)
}

fn read_baseline_path(value: &Value<'_>) -> Result<RepoPath, ConfigError> {
    let form = "the path of a file in the repository, such as \"lint.json\"";
    let text = value.string(form)?;
    RepoPath::new(text.as_bytes())
        .map_err(|_| value.error(format!("expected {form}, found '{}'", excerpt(text))))
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

fn read_classes(value: &Value<'_>, table: &'static str) -> Result<Vec<PathClass>, ConfigError> {
    let read = |rule: &Value<'_>| {
        let mut draft = ClassDraft::default();
        rule.table(table)?.read(&mut draft, CLASS)?;
        let name = draft.name.ok_or_else(|| rule.lacks(table, "name"))?;
        let path = draft.path.ok_or_else(|| rule.lacks(table, "path"))?;
        Ok(PathClass { name, path })
    };
    value.array()?.iter().map(read).collect()
}

fn read_priorities(value: &Value<'_>) -> Result<Vec<PriorityClass>, ConfigError> {
    let table = "lint.priority";
    let read = |rule: &Value<'_>| {
        let mut draft = ClassDraft::default();
        rule.table(table)?.read(&mut draft, PRIORITY)?;
        let name = draft.name.ok_or_else(|| rule.lacks(table, "name"))?;
        if draft.path.is_none() && draft.services.is_empty() {
            return Err(rule.lacks(table, "path' or 'service"));
        }
        let path = draft.path.unwrap_or_default();
        Ok(PriorityClass { name, path, services: draft.services })
    };
    value.array()?.iter().map(read).collect()
}

fn read_file_ignores(value: &Value<'_>) -> Result<Vec<(Globs, Vec<PlacedText>)>, ConfigError> {
    let table = "lint.file_ignores";
    let read = |rule: &Value<'_>| {
        let mut draft = (None, Vec::new());
        rule.table(table)?.read(&mut draft, FILE_IGNORES)?;
        let path = draft.0.ok_or_else(|| rule.lacks(table, "path"))?;
        match draft.1.is_empty() {
            true => Err(rule.lacks(table, "codes")),
            false => Ok((path, draft.1)),
        }
    };
    value.array()?.iter().map(read).collect()
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

fn names(value: &Value<'_>) -> Result<Vec<String>, ConfigError> {
    let read = |item: &Value<'_>| match item.string("a name")? {
        "" => Err(item.error("expected a name, found an empty text".to_owned())),
        name => Ok(name.to_owned()),
    };
    let items = value.array().map_err(|_| value.error(format!("expected {NAMES}")))?;
    items.iter().map(read).collect()
}

fn codes(value: &Value<'_>) -> Result<Vec<PlacedText>, ConfigError> {
    let read = |item: &Value<'_>| {
        let text = item.string("a code, such as \"RAW_UUID\"")?.to_owned();
        let ConfigError { line, column, .. } = item.error(String::new());
        Ok(PlacedText { text, line, column })
    };
    let items = value.array().map_err(|_| value.error(format!("expected {CODES}")))?;
    items.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use crate::config::{Config, Enforce, MinScore};
    use crate::registry::RepoPath;

    #[test]
    fn the_first_class_that_matches_counts() {
        let config = Config::parse(
            "[[lint.category]]\nname = \"websocket\"\npath = [\"*websocket*\", \"*ws_*\"]\n\
             [[lint.category]]\nname = \"auth\"\npath = [\"*auth*\"]\n\
             [[lint.service]]\nname = \"auth_service\"\npath = \"*auth_service*\"\n\
             [[lint.service]]\nname = \"backend\"\npath = \"/backend/\"\n\
             [[lint.priority]]\nname = \"critical\"\npath = [\"*auth*\"]\n\
             [[lint.priority]]\nname = \"medium\"\nservice = [\"backend\"]\n",
        )
        .expect("valid");
        let lint = config.lint();
        let classes = |path: &str| {
            let path = RepoPath::new(path.as_bytes()).expect("a path");
            let service = lint.service(&path);
            let priority = lint.priority(&path, service);
            format!("{} {service} {priority}", lint.category(&path))
        };
        assert_eq!(classes("backend/AWS_auth.py"), "websocket backend critical");
        assert_eq!(classes("auth_service/a.py"), "auth auth_service critical");
        assert_eq!(classes("backend/a.py"), "other backend medium");
        assert_eq!(classes("x/backend/a.py"), "other other low");
        let includes = |path: &str| lint.includes(&RepoPath::new(path.as_bytes()).expect("a path"));
        assert!(includes("a/B.PY") && !includes("a.txt") && !includes("x/.tox/a.py"));
        assert!(!includes("x/venv/a.py") && includes("x/venv.py"));
    }

    #[test]
    fn mistakes_have_a_position() {
        for (text, expected) in [
            ("[lint]\ngenerators_allow = 'on'", "2:20: expected \"line\" or \"file\""),
            ("[lint]\nselct = []", "2:1: unknown key 'selct' in [lint]"),
            ("[lint]\nselect = 'RAW_UUID'", "2:10: expected an array of codes"),
            ("[lint]\nid_fields = ['']", "2:14: expected a name, found an empty text"),
            (
                "[[lint.category]]\nname = 'a'",
                "1:1: this [[lint.category]] rule lacks the key 'path'",
            ),
            ("[[lint.priority]]\nname = 'top'", "2:8: expected \"critical\" or \"high\""),
            ("[[lint.priority]]\nname = 'low'", "lacks the key 'path' or 'service'"),
            (
                "[[lint.priority]]\nname = 'low'\nservice = ['x']",
                "the priority 'low' names the service 'x', which no [[lint.service]] has",
            ),
            ("[[lint.file_ignores]]\npath = '*'", "rule lacks the key 'codes'"),
            ("[lint.placeholders]\njob = 'x'", "2:7: expected an array of names"),
            ("[lint]\nenforce = 'blok'", "2:11: expected \"block\" or \"warn\", found 'blok'"),
            ("[lint]\nbaseline = '/a'", "2:12: expected the path of a file in the repository"),
            ("[lint]\nmin_score = 101", "2:13: expected a percentage from 0 to 100, found 101"),
            ("[lint]\nmin_score = '95'", "2:13: expected a percentage from 0 to 100, found string"),
            ("[lint]\nmax = { critical = -1 }", "2:20: expected a number of findings, found -1"),
        ] {
            let error = Config::parse(text).expect_err("must be refused").to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    #[test]
    fn what_a_commit_asks_reads_no_pattern() {
        let rules = "generators = []\n[[lint.category]]\nname = 'a'\npath = ['[']\n";
        let ask = |text: &str| Config::lint_enforcement(text).map_err(|error| error.to_string());
        // The glob is not valid: whoever compiled it would notice.
        assert!(Config::parse(&format!("[lint]\n{rules}")).is_err());
        assert_eq!(ask(&format!("[lint]\n{rules}")), Ok(None));
        assert_eq!(ask(&format!("[lint]\nenforce = 'warn'\n{rules}")), Ok(Some(Enforce::Warn)));
        assert_eq!(ask("lint.enforce = \"block\""), Ok(Some(Enforce::Block)));
        assert_eq!(ask("# [lint]\n[hooks]\nenforce = 'warn'"), Ok(None));
        // Without the word, nothing is parsed.
        assert_eq!(ask("this is no TOML"), Ok(None));
        let unknown = ask("[lint]\nenforc = 'warn'").expect_err("an unknown key");
        assert!(unknown.contains("2:1: unknown key 'enforc' in [lint]"), "{unknown}");
        assert!(ask("[lint]\nenforce = 'blok'").is_err() && ask("lint = ").is_err());
    }

    #[test]
    fn placeholders_belong_to_fields() {
        let fits = |text: &str, field: &str, value: &str| {
            let config = Config::parse(text).expect("valid");
            config.lint().placeholders.iter().any(|rule| rule.fits(field, value))
        };
        for (field, value, expected) in [
            ("run_id", "test-run", true),
            ("my_run_id", "test_run_12", true),
            ("run_id", "test_run_x", false),
            ("run_id", "run-a-1", true),
            ("run_id", "run-", false),
            ("thread_id", "thread_1", true),
            ("thread_id", "thread_x1", false),
            ("job", "test-run", false),
        ] {
            assert_eq!(fits("", field, value), expected, "{field} = {value}");
        }
        let own = "[lint.placeholders]\njob = ['job-#-x*']\n";
        assert!(fits(own, "job", "job-12-x_y") && !fits(own, "job", "job-12-"));
        assert!(!fits(own, "run_id", "test-run"), "the default is replaced");
    }

    #[test]
    fn gates_have_numbers() {
        let text = "[lint]\nbaseline = 'ci/lint.json'\nmin_score = 95\n\
                    max = { critical = 0, \"service:auth\" = 3 }\n";
        let config = Config::parse(text).expect("valid");
        let lint = config.lint();
        assert_eq!(lint.min_score, Some(MinScore(95.0)));
        assert_eq!(lint.baseline.as_ref().map(ToString::to_string), Some("ci/lint.json".into()));
        let max: Vec<(&str, usize)> = lint.max.iter().map(|(part, n)| (&*part.text, *n)).collect();
        assert_eq!(max, [("critical", 0), ("service:auth", 3)]);
        let score = Config::parse("lint.min_score = 99.5").expect("valid").lint().min_score;
        assert_eq!(score, Some(MinScore(99.5)));
        assert!(config.has_lint() && !Config::default().has_lint());
    }
}
