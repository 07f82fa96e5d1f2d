//! The `idhooks.toml` that `idhooks init` writes, with comments.

use std::collections::BTreeSet;

use idhooks_core::config::{
    BUILT_IN_NAMESPACES, BUILT_IN_TYPES, Config, DeclaredKey, NEW_TYPES, RuleAdditions, Strategy,
    TemplateValues, TypeSource, ValueShape,
};
use idhooks_core::registry::{Namespace, RepoPath, Scope, TypeCode};

/// Returns the text of a new `idhooks.toml`.
pub fn render(scope: Scope, strategy: Strategy) -> String {
    render_values(&TemplateValues { scope: Some(scope), ..TemplateValues::default() }, strategy)
}

/// Returns the text of a new `idhooks.toml` with these values; without a scope, the key stays
/// commented out, for `idhooks init` to set.
pub fn render_values(values: &TemplateValues, strategy: Strategy) -> String {
    let mut text = with_keys();
    let mut set = |key: &str, old: &str, new: &str| {
        text = text.replacen(&format!("# {key} = \"{old}\""), &format!("{key} = \"{new}\""), 1);
    };
    set("strategy", Strategy::default().as_str(), strategy.as_str());
    if let Some(code) = values.default_type {
        set("default_type", "00", &code.to_string());
    }
    match values.scope {
        Some(scope) => set("scope", "260118", &scope.to_string()),
        None => {
            let line = "# scope = \"260118\"        # idhooks init --scope 260118";
            text = with_line(&text, "scope", line);
        }
    }
    let line = |(name, code): &(String, TypeCode)| type_line(name, &code.to_string());
    let types: String = values.types.iter().map(line).collect();
    let rule = |(glob, ns): &(String, Namespace)| namespace_rule(&[glob], &ns.to_string());
    let namespaces: String = values.namespaces.iter().map(rule).collect();
    let types = if types.is_empty() { new_types() } else { format!("{TYPES_HEAD}{types}") };
    let is_empty = namespaces.is_empty();
    let namespaces = if is_empty { built_in_namespaces() } else { namespaces };
    format!("{text}{namespaces}\n{types}")
}

/// Returns the part of a new file that precedes its namespace and TYPE tables, with all keys
/// commented out.
fn with_keys() -> String {
    let keys = Config::keys();
    let mut text = include_str!("template.toml").replacen("{}\n", &key_lines(&keys), 1);
    for key in keys {
        if let ValueShape::Table(own) | ValueShape::Rules(own, _) = (key.shape)() {
            text = text.replacen(&format!("{{{}}}\n", key.name), &key_lines(&own), 1);
        }
    }
    text
}

/// Returns lines for those keys that belong in a new file.
fn key_lines(keys: &[DeclaredKey]) -> String {
    let line = |key: &DeclaredKey| {
        let (value, comment) = match *key.line {
            [] => return None,
            [comment] => (key.default, comment),
            [value, comment, ..] => (value, comment),
        };
        let setting = format!("# {} = {value}", key.name);
        let is_bare = comment.is_empty();
        Some(if is_bare { setting + "\n" } else { format!("{setting:<27} # {comment}\n") })
    };
    keys.iter().filter_map(line).collect()
}

const TYPES_HEAD: &str = "\
# Extension -> TYPE, the first two digits of new identities. The table is fixed here: a newer
# idhooks does not change it. You may; identities that were given stay as they are.
[types]
";

/// Returns the `[types]` table of a newly adopted repository.
fn new_types() -> String {
    format!("{TYPES_HEAD}{NEW_TYPES}")
}

/// Returns the line for an extension in `[types]`.
fn type_line(extension: &str, code: &str) -> String {
    // TOML allows only these characters in an unquoted key.
    let is_bare = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    let is_plain = !extension.is_empty() && extension.chars().all(is_bare);
    let key = if is_plain { extension.to_owned() } else { quoted(extension) };
    format!("{key} = \"{code}\"\n")
}

/// Returns a `[[namespaces]]` rule.
fn namespace_rule(globs: &[impl AsRef<str>], ns: &str) -> String {
    let mut path = globs.iter().map(|glob| quoted(glob.as_ref())).collect::<Vec<_>>().join(", ");
    if globs.len() != 1 {
        path = format!("[{path}]");
    }
    format!("[[namespaces]]\npath = {path}\nns = \"{ns}\"\n")
}

fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

/// Returns the built-in rules, commented out.
fn built_in_namespaces() -> String {
    let rules = BUILT_IN_NAMESPACES.iter().map(|(glob, ns)| namespace_rule(&[glob], ns));
    let rules: String = rules.collect();
    let head = ["Without any rule:"].into_iter();
    head.chain(rules.lines()).map(|line| format!("# {line}\n")).collect()
}

/// Adds the `[types]` table of a newly adopted repository to an `idhooks.toml` without one.
pub fn with_new_types(text: &str) -> String {
    let gap = if text.ends_with('\n') || text.is_empty() { "" } else { "\n" };
    let blank = if text.is_empty() { "" } else { "\n" };
    format!("{text}{gap}{blank}{}", new_types())
}

/// Returns the text of a new `idhooks.toml` that also accepts identities with legacy scopes.
pub fn render_with(scope: Scope, strategy: Strategy, legacy: &BTreeSet<Scope>) -> String {
    let text = render(scope, strategy);
    if legacy.is_empty() {
        return text;
    }
    text.replacen("# legacy_scopes = []       ", &legacy_line(legacy), 1)
}

/// The imported identities' scopes cannot be added to an `idhooks.toml`. The message is the line
/// that the user has to add.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", legacy_line(.legacy_scopes))]
pub struct ScopesError {
    /// The scopes that imported identities may have.
    pub legacy_scopes: BTreeSet<Scope>,
}

/// Adds the scopes missing from `config` to `text`, the content of its `idhooks.toml`. The new
/// lines replace the commented-out keys, or go at the top of the file if there are none. Everything
/// else stays the same.
///
/// # Errors
/// If a line cannot be added, returns an error containing the line that the user has to add.
pub fn with_scopes(
    text: &str,
    config: &Config,
    scope: Scope,
    legacy: &BTreeSet<Scope>,
) -> Result<String, ScopesError> {
    let known: BTreeSet<Scope> = config.legacy_scopes.iter().copied().collect();
    let all = &known | legacy;
    // The byte order mark must stay at the beginning of the file.
    let mark = if text.starts_with('\u{feff}') { "\u{feff}" } else { "" };
    let mut with = text[mark.len()..].to_owned();
    // Both lines may go at the top of the file, so the one that comes second is inserted first.
    if all != known {
        with = with_line(&with, "legacy_scopes", &legacy_line(&all));
    }
    if config.scope.is_none() {
        with = with_line(&with, "scope", &format!("scope = \"{scope}\""));
    }
    let with = format!("{mark}{with}");
    // A key that the file already has must not be added twice.
    match Config::parse(&with[mark.len()..]) {
        Ok(_) => Ok(with),
        Err(_) => Err(ScopesError { legacy_scopes: all }),
    }
}

/// Returns the text with this line in place of the commented-out key above all tables, or of a list
/// on a line of its own, or at the top if there is no such key.
fn with_line(text: &str, key: &str, line: &str) -> String {
    let is_key = |own: &str| {
        let comment = own.strip_prefix('#').map(str::trim_start);
        let after = comment.unwrap_or(own).strip_prefix(key).map(str::trim_start);
        let value = after.and_then(|after| after.strip_prefix('=')).map(str::trim);
        let is_list = |value: &str| value.starts_with('[') && value.ends_with(']');
        value.is_some_and(|value| comment.is_some() || is_list(value))
    };
    let mut at = 0;
    // Below a table header, the key would belong to that table.
    for own in text.split_inclusive('\n').take_while(|own| !own.starts_with('[')) {
        if is_key(own) {
            // The new line keeps the old line ending, so that git shows only one changed line.
            let end = if own.ends_with("\r\n") { "\r\n" } else { "\n" };
            return format!("{}{line}{end}{}", &text[..at], &text[at + own.len()..]);
        }
        at += own.len();
    }
    format!("{line}\n{text}")
}

fn legacy_line(legacy: &BTreeSet<Scope>) -> String {
    let scopes: Vec<String> = legacy.iter().map(|scope| format!("\"{scope}\"")).collect();
    format!("legacy_scopes = [{}]", scopes.join(", "))
}

/// Returns the lines that add these rules when pasted into the `idhooks.toml` that `config` was
/// read from. A comment marks lines that do not belong at the end.
pub fn lines_to_add(rules: &RuleAdditions, config: &Config) -> Vec<String> {
    let line = |(name, code): &(String, TypeCode)| type_line(name, &code.to_string());
    let types: String = rules.types.iter().map(line).collect();
    let mut text = String::new();
    // These lines cannot simply be appended: another table may follow.
    if config.types.source == TypeSource::Config && !types.is_empty() {
        text.push_str(&format!("# into [types]:\n{types}"));
    }
    text.push_str(&namespaces_to_add(rules, config));
    // A table that begins here extends to the end of the file.
    if config.types.source == TypeSource::BuiltIn && !types.is_empty() {
        text.push_str("[types]\n");
        // A table in the file replaces the built-in table, so it must repeat the built-in entries.
        text.extend(BUILT_IN_TYPES.iter().map(|(name, code)| type_line(name, code)));
        text.push_str(&types);
    }
    text.lines().map(str::to_owned).collect()
}

fn namespaces_to_add(rules: &RuleAdditions, config: &Config) -> String {
    if rules.first.is_empty() && rules.rest.is_none() {
        return String::new();
    }
    let rule = |(globs, ns): &(Vec<String>, Namespace)| namespace_rule(globs, &ns.to_string());
    let first: String = rules.first.iter().map(rule).collect();
    let rest = rules.rest.map(|ns| namespace_rule(&["**"], &ns.to_string()));
    let rest = rest.unwrap_or_default();
    if !config.names_namespaces() {
        // A list in the file replaces the built-in list, so it must repeat the built-in entries.
        let built_in = BUILT_IN_NAMESPACES.iter().map(|(glob, ns)| namespace_rule(&[glob], ns));
        return first + &built_in.collect::<String>() + &rest;
    }
    let mut text = String::new();
    if !first.is_empty() {
        text.push_str("# above the first [[namespaces]]:\n");
        text.push_str(&first);
    }
    if !rest.is_empty() {
        text.push_str("# below the last [[namespaces]]:\n");
        text.push_str(&rest);
    }
    text
}

/// Returns the keys for a rule that excludes only this file, as TOML; `None` if no glob matches
/// this file alone.
pub fn exclusion(path: &RepoPath) -> Option<String> {
    let glob = toml::Value::from(glob_of(path)?);
    Some(format!("path = {glob} and embed = false"))
}

/// Returns a glob that matches only this path; `None` if there is none.
fn glob_of(path: &RepoPath) -> Option<String> {
    let text = path.as_str().filter(|text| !text.contains(char::is_control))?;
    // No file can have this name, and globs take the backslash for a slash there.
    if cfg!(windows) && text.contains('\\') {
        return None;
    }
    let mut glob = String::from("/");
    for (at, c) in text.char_indices() {
        // Trailing whitespace would be ignored.
        let is_last = at + c.len_utf8() == text.len();
        if "*?[]{}\\".contains(c) || (is_last && c.is_whitespace()) {
            glob.push('\\');
        }
        glob.push(c);
    }
    Some(glob)
}

#[cfg(test)]
mod tests {
    use super::*;
    use idhooks_core::config::Globs;

    #[test]
    fn is_valid_with_and_without_its_settings_commented_out() {
        let text = render("260118".parse().expect("valid"), Strategy::Sequential);
        let config = Config::parse(&text).expect("valid");
        assert_eq!(config.allocation.strategy, Strategy::Sequential);
        let setting = |line: &&str| line.contains(" = ") || line.contains('[');
        let bare: String = text
            .lines()
            .map(|line| line.strip_prefix("# ").filter(setting).unwrap_or(line))
            .map(|line| format!("{line}\n"))
            .collect();
        Config::parse(&bare).expect("the commented defaults are valid too");
        assert!(bare.contains("\n[[namespaces]]\npath = \"docs/**\"\n"));
    }

    #[test]
    fn the_written_types_are_those_of_adoption() {
        let text = render("260118".parse().expect("valid"), Strategy::Scattered);
        for text in [&*text, &with_new_types(""), &with_new_types("[rename]\nlimit = 1")] {
            let config = Config::parse(text).expect("valid");
            assert_eq!(config.types.source, TypeSource::Config);
            let new = Config::for_adoption(Strategy::Scattered);
            for (name, _) in idhooks_core::config::new_types() {
                assert_eq!(config.types.get(name.as_bytes()), new.types.get(name.as_bytes()));
            }
            assert_eq!(config.types.codes().count(), new.types.codes().count());
        }
    }

    #[test]
    fn scopes_are_added_and_the_rest_is_untouched() {
        let scope = |text: &str| text.parse::<Scope>().expect("valid");
        let (own, old) = (scope("260118"), BTreeSet::from([scope("250101")]));
        let text = render_with(own, Strategy::Scattered, &old);
        let config = Config::parse(&text).expect("valid");
        assert_eq!(config.legacy_scopes, [scope("250101")]);
        let with = |text: &str| {
            let config = Config::parse(text.trim_start_matches('\u{feff}')).expect("valid");
            with_scopes(text, &config, own, &old)
        };
        let both = "scope = \"260118\"\nlegacy_scopes = [\"250101\"]\n";
        assert_eq!(with("[rename]\nlimit = 1\n"), Ok(format!("{both}[rename]\nlimit = 1\n")));
        assert_eq!(with("\u{feff}# mine\n"), Ok(format!("\u{feff}{both}# mine\n")));
        assert_eq!(with(both).as_deref(), Ok(both));
        let commented = "# mine\n# scope = \"1\"  # one\n#legacy_scopes = []\n[track]\n";
        assert_eq!(with(commented), Ok(format!("# mine\n{both}[track]\n")));
        let below = "[track]\n# scope = \"1\"\n";
        assert_eq!(with(below), Ok(format!("{both}{below}")));
        let other = "scope = \"260118\"\nlegacy_scopes = [\"240101\"]\r\n";
        let longer = "scope = \"260118\"\nlegacy_scopes = [\"240101\", \"250101\"]\r\n";
        assert_eq!(with(other).as_deref(), Ok(longer));
        let several_lines = "legacy_scopes = [\n  \"240101\",\n]";
        let error = with(several_lines).expect_err("a second key");
        assert_eq!(error.to_string(), "legacy_scopes = [\"240101\", \"250101\"]");
    }

    fn additions() -> RuleAdditions {
        let ns = |text: &str| text.parse().expect("valid");
        RuleAdditions {
            first: vec![
                (vec!["a/**".to_owned(), "b \"c/**".to_owned()], ns("600")),
                (vec!["/d[0-4]*".to_owned()], ns("601")),
            ],
            rest: Some(ns("602")),
            types: vec![("foo".to_owned(), "93".parse().expect("valid"))],
        }
    }

    /// Asserts that the file with the pasted lines means the same as the combined rules.
    fn assert_pasted(text: &str, place: impl Fn(&str, &str) -> String) {
        let config = Config::parse(text).expect("valid");
        let lines = lines_to_add(&additions(), &config).join("\n");
        let pasted = Config::parse(&place(text, &lines)).expect("valid with the lines");
        let with = config.with(&additions()).expect("valid globs");
        for name in ["a/x.foo", "b \"c/x.md", "d3.py", "d7", "docs/x", "z/y.go", "own/x.foo"] {
            let path = RepoPath::new(name.as_bytes()).expect("valid");
            let code = |config: &Config| (config.type_of(&path), config.namespace_of(&path));
            assert_eq!(code(&pasted), code(&with), "{name}\n{lines}");
        }
        let path = RepoPath::new("z/y.go".as_bytes()).expect("valid");
        assert_eq!(pasted.namespace_of(&path).to_string(), "602");
    }

    #[test]
    fn pasted_lines_mean_the_same_as_the_additions() {
        let at_the_end = |text: &str, lines: &str| format!("{text}{lines}\n");
        assert_pasted("", at_the_end);
        assert_pasted("[rename]\nlimit = 1\n", at_the_end);
        assert_pasted("[types]\ngo = \"24\"\n", at_the_end);
        let own = "[[namespaces]]\npath = \"own/**\"\nns = \"300\"\n[types]\ngo = \"24\"\n";
        assert_pasted(own, |text, lines| {
            let blocks: Vec<&str> = lines.split("# ").filter(|block| !block.is_empty()).collect();
            assert!(blocks[0].starts_with("into [types]:\n"), "{lines}");
            assert!(blocks[1].starts_with("above the first [[namespaces]]:\n"), "{lines}");
            assert!(blocks[2].starts_with("below the last [[namespaces]]:\n"), "{lines}");
            let [types, first, last] = [0, 1, 2].map(|n| format!("# {}", blocks[n]));
            let (own, table) = text.split_once("[types]").expect("a table");
            format!("{first}{own}{last}\n[types]{table}{types}")
        });
    }

    #[test]
    fn a_path_has_a_glob_of_its_own() {
        let path = |text: &str| RepoPath::new(text.as_bytes().to_vec()).expect("a valid path");
        let backslash = (!cfg!(windows)).then_some("a\\b");
        let texts = ["src/a b.py", "!a", "#a", "a*", "a?[b]", "a{b,c}", "a ", " a", "é", "-"];
        for text in texts.into_iter().chain(backslash) {
            let glob = glob_of(&path(text)).expect("it has one");
            let globs = Globs::new([&*glob]).expect("a valid glob");
            assert!(globs.matches(&path(text)), "{text}: {glob}");
            for other in [format!("x/{text}"), format!("{text}x"), "axx".into(), "ab".into()] {
                assert!(!globs.matches(&path(&other)), "{text}: {glob} matches {other}");
            }
        }
        assert_eq!(glob_of(&path("a\nb")), None);
        assert_eq!(glob_of(&path("a\\b")).is_none(), cfg!(windows));
        assert_eq!(glob_of(&RepoPath::new(*b"\xff").expect("a valid path")), None);
    }
}
