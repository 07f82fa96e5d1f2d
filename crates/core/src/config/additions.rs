//! [`RuleAdditions`]: additional rules, as lines to paste into `idhooks.toml`.

use crate::registry::{Namespace, TypeCode};

use super::path_rules::NamespaceRule;
use super::table::{BUILT_IN_NAMESPACES, BUILT_IN_TYPES, TypeSource};
use super::template::{namespace_rule, type_line};
use super::{glob_error::GlobError, globs::Globs, rules::Config};

/// Rules to add to a configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleAdditions {
    /// Globs and their namespace, before all others.
    pub first: Vec<(Vec<String>, Namespace)>,
    /// The namespace of files that no other rule matches, after all others.
    pub rest: Option<Namespace>,
    /// Extensions and their TYPE.
    pub types: Vec<(String, TypeCode)>,
}

impl RuleAdditions {
    /// Returns the lines to paste into an `idhooks.toml` with the content of `config`. Comments say
    /// where, for lines that do not belong at the end.
    pub fn lines(&self, config: &Config) -> Vec<String> {
        let mut text = String::new();
        if config.types.source == TypeSource::Config && !self.types.is_empty() {
            text.push_str("# into [types]:\n");
            text.push_str(&self.type_lines());
        }
        text.push_str(&self.namespace_lines(config));
        // A table that begins here extends to the end.
        if config.types.source == TypeSource::BuiltIn && !self.types.is_empty() {
            text.push_str("[types]\n");
            text.extend(BUILT_IN_TYPES.iter().map(|(name, code)| type_line(name, code)));
            text.push_str(&self.type_lines());
        }
        text.lines().map(str::to_owned).collect()
    }

    fn type_lines(&self) -> String {
        self.types.iter().map(|(name, code)| type_line(name, &code.to_string())).collect()
    }

    fn namespace_lines(&self, config: &Config) -> String {
        if self.first.is_empty() && self.rest.is_none() {
            return String::new();
        }
        let rule = |(globs, ns): &(Vec<String>, Namespace)| namespace_rule(globs, &ns.to_string());
        let first: String = self.first.iter().map(rule).collect();
        let rest = self.rest.map(|ns| namespace_rule(&["**"], &ns.to_string()));
        let rest = rest.unwrap_or_default();
        if config.namespaces.is_none() {
            // A list in the file replaces the built-in one, so repeat that.
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
}

impl Config {
    /// Returns these rules combined with others.
    ///
    /// # Errors
    /// Returns an error if a glob is not valid.
    pub fn with(&self, more: &RuleAdditions) -> Result<Config, GlobError> {
        let first = more.first.iter().map(|(globs, ns)| {
            let path = Globs::new(globs.iter().map(String::as_str))?;
            Ok(NamespaceRule { path, ns: *ns })
        });
        let mut namespaces = first.collect::<Result<Vec<_>, GlobError>>()?;
        namespaces.extend_from_slice(self.namespace_rules());
        namespaces.extend(more.rest.map(|ns| NamespaceRule { path: Globs::everything(), ns }));
        let types = self.types.with(&more.types);
        Ok(Config { namespaces: Some(namespaces), types, ..self.clone() })
    }

    /// Returns the namespaces that rules name.
    pub fn namespaces(&self) -> impl Iterator<Item = Namespace> {
        self.namespace_rules().iter().map(|rule| rule.ns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::RepoPath;

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

    /// Asserts that the pasted lines mean the same as the combined rules.
    fn assert_pasted(text: &str, place: impl Fn(&str, &str) -> String) {
        let config = Config::parse(text).expect("valid");
        let lines = additions().lines(&config).join("\n");
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
}
