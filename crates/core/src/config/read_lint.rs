//! Reads the part of `[lint]` that is needed on every commit.

use toml::de::DeTable;

use super::config_error::ConfigError;
use super::enforce::Enforce;
use super::lint::LintRules;
use super::rules::Config;
use super::value::{Value, place};

impl Config {
    /// Returns what happens to commits with findings, according to the text of `idhooks.toml`;
    /// `None` if commits are not checked. This is called on every commit, so it reads only this
    /// value and the names of the keys in the table `[lint]`.
    ///
    /// # Errors
    /// Returns an error if the text is not TOML, if `[lint]` has an unknown key, or if the value is
    /// invalid.
    pub fn lint_enforcement(text: &str) -> Result<Option<Enforce>, ConfigError> {
        // A file that does not mention the table need not be parsed.
        let mentions = |line: &str| !line.trim_start().starts_with('#') && line.contains("lint");
        if !text.lines().any(mentions) {
            return Ok(None);
        }
        let table = DeTable::parse(text).map_err(|error| {
            place(text, error.span().unwrap_or(0..0), error.message().to_owned())
        })?;
        let Some(value) = table.get_ref().get("lint") else { return Ok(None) };
        let lint = Value { text, value }.table("lint")?;
        // Without this check, a misspelled `enforce` would disable linting.
        lint.assert_known::<LintRules>()?;
        lint.value("enforce").map(|value| value.one_of()).transpose()
    }
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
        // The glob is invalid, so compiling it would fail.
        assert!(Config::parse(&format!("[lint]\n{rules}")).is_err());
        assert_eq!(ask(&format!("[lint]\n{rules}")), Ok(None));
        assert_eq!(ask(&format!("[lint]\nenforce = 'warn'\n{rules}")), Ok(Some(Enforce::Warn)));
        assert_eq!(ask("lint.enforce = \"block\""), Ok(Some(Enforce::Block)));
        assert_eq!(ask("# [lint]\n[hooks]\nenforce = 'warn'"), Ok(None));
        // If the word `lint` does not occur, nothing is parsed.
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
