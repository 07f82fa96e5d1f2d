//! The commented `idhooks.toml` that `idhooks init` writes.

use std::collections::BTreeSet;

use crate::registry::{Namespace, Scope};

use super::{BUILT_IN_NAMESPACES, BUILT_IN_TYPES, Classic, Policy, Strategy};

/// Returns the text of a new `idhooks.toml`.
pub fn render(scope: Scope, strategy: Strategy) -> String {
    with_tables(&scope_line(scope), strategy, &built_in_types(), &built_in_namespaces())
}

/// As [`render`], with what a classic file says; the scope may be left to `idhooks init`.
pub fn render_classic(classic: &Classic, strategy: Strategy) -> String {
    let quoted = |text: &str| toml::Value::from(text).to_string();
    let scope = match classic.scope {
        Some(scope) => scope_line(scope),
        None => "# scope = \"260118\"        # idhooks init --scope 260118".to_owned(),
    };
    let mut types: String = "[types]\n".to_owned();
    for (extension, code) in &classic.types {
        types.push_str(&format!("{} = \"{code}\"\n", quoted(extension)));
    }
    let rule = |(glob, ns): &(String, Namespace)| {
        format!("[[namespaces]]\npath = {}\nns = \"{ns}\"\n", quoted(glob))
    };
    let namespaces: String = classic.namespaces.iter().map(rule).collect();
    let types = if classic.types.is_empty() { built_in_types() } else { types };
    let is_empty = namespaces.is_empty();
    let namespaces = if is_empty { built_in_namespaces() } else { namespaces };
    with_tables(&scope, strategy, &types, &namespaces)
}

fn scope_line(scope: Scope) -> String {
    format!("scope = \"{scope}\"          # last six digits of every identity; never change it")
}

/// Returns the built-in table, commented out.
fn built_in_types() -> String {
    let types = BUILT_IN_TYPES.iter().map(|(e, code)| format!("# {e} = \"{code}\"\n"));
    ["# [types]\n".to_owned()].into_iter().chain(types).collect()
}

/// Returns the built-in rules, commented out.
fn built_in_namespaces() -> String {
    let rule = |(glob, ns): &(&str, &str)| {
        format!("# [[namespaces]]\n# path = \"{glob}\"\n# ns = \"{ns}\"\n")
    };
    BUILT_IN_NAMESPACES.iter().map(rule).collect()
}

fn with_tables(scope: &str, strategy: Strategy, types: &str, namespaces: &str) -> String {
    let strategy = strategy.as_str();
    format!(
        r#"# idhooks: identities for the files of this repository. Commit this file.
# What is commented out is the default. 'idhooks schema config' prints the schema.

{scope}
# legacy_scopes = []        # scopes that imported identities may carry
# requires = ">=0.1"        # oldest idhooks that understands this file

[track]                     # gitignore-style globs over the regular files in the tree
# include = ["**"]
# exclude = []

[allocation]
strategy = "{strategy}"    # "scattered": merges never renumber; "sequential": dense numbers
# on_new = "allocate"       # "require": a new file without an identity blocks the commit

[rename]
# similarity = 50           # percent, as git diff -M
# copies = true
# limit = 1000              # as diff.renameLimit

# [[file_names]]            # which names 'idhooks rename --to-id-prefix --all' changes; none
# path = "src/**"
# id_prefix = true          # false: leaves these out; the first rule that matches counts
# modules = "lead"          # Python: "lead" puts P_ before the digits; "refuse"

[hooks]
# enforce = "block"         # "warn": findings that corrupt nothing only warn

# Files that carry their identity inside, in a comment or a key at their head. Without any rule
# the registry alone knows it:
# [[embed]]
# path = "docs/**"
[patch]                     # what other programs may write with 'idhooks patch'
# writable = ["metadata"]   # also: "metadata.<key>", "status", "file_path"

# Extension -> TYPE, the first two digits. Without this table:
{types}
# Path -> NS, the next three digits; the first match wins. Without any rule:
{namespaces}"#
    )
}

/// As [`render`], for identities of other scopes, too.
pub fn render_with(scope: Scope, strategy: Strategy, legacy: &BTreeSet<Scope>) -> String {
    let text = render(scope, strategy);
    if legacy.is_empty() {
        return text;
    }
    text.replacen("# legacy_scopes = []       ", &legacy_line(legacy), 1)
}

/// Returns the text of an `idhooks.toml`, which says `policy`, with the scopes it lacks; all else
/// stays as it is.
///
/// # Errors
/// The line that somebody has to write there.
pub fn with_scopes(
    text: &str,
    policy: &Policy,
    scope: Scope,
    legacy: &BTreeSet<Scope>,
) -> Result<String, String> {
    let known: BTreeSet<Scope> = policy.legacy_scopes.iter().copied().collect();
    let all = &known | legacy;
    let mut head = String::new();
    if policy.scope.is_none() {
        head.push_str(&format!("scope = \"{scope}\"\n"));
    }
    if all != known {
        head.push_str(&format!("{}\n", legacy_line(&all)));
    }
    let mark = if text.starts_with('\u{feff}') { "\u{feff}" } else { "" };
    let with = format!("{mark}{head}{}", &text[mark.len()..]);
    // What is named there already must not be named twice.
    match Policy::parse(&with[mark.len()..]) {
        Ok(_) => Ok(with),
        Err(_) => Err(legacy_line(&all)),
    }
}

fn legacy_line(legacy: &BTreeSet<Scope>) -> String {
    let scopes: Vec<String> = legacy.iter().map(|scope| format!("\"{scope}\"")).collect();
    format!("legacy_scopes = [{}]", scopes.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_valid_as_it_is_and_with_every_comment_taken_away() {
        let text = render("260118".parse().expect("valid"), Strategy::Sequential);
        let policy = Policy::parse(&text).expect("valid");
        assert_eq!(policy.strategy, Strategy::Sequential);
        let setting = |line: &&str| line.contains(" = ") || line.contains('[');
        let bare: String = text
            .lines()
            .map(|line| line.strip_prefix("# ").filter(setting).unwrap_or(line))
            .map(|line| format!("{line}\n"))
            .collect();
        Policy::parse(&bare).expect("the commented defaults are valid too");
        assert!(bare.contains("\n[types]\nmd = \"01\"\n"));
    }

    #[test]
    fn scopes_are_added_and_nothing_else_is_touched() {
        let scope = |text: &str| text.parse::<Scope>().expect("valid");
        let (own, old) = (scope("260118"), BTreeSet::from([scope("250101")]));
        let text = render_with(own, Strategy::Scattered, &old);
        let policy = Policy::parse(&text).expect("valid");
        assert_eq!(policy.legacy_scopes, [scope("250101")]);
        let with = |text: &str| {
            let policy = Policy::parse(text.trim_start_matches('\u{feff}')).expect("valid");
            with_scopes(text, &policy, own, &old)
        };
        let both = "scope = \"260118\"\nlegacy_scopes = [\"250101\"]\n";
        assert_eq!(with("[rename]\nlimit = 1\n"), Ok(format!("{both}[rename]\nlimit = 1\n")));
        assert_eq!(with("\u{feff}# mine\n"), Ok(format!("\u{feff}{both}# mine\n")));
        assert_eq!(with(both).as_deref(), Ok(both));
        let other = "legacy_scopes = [\"240101\"]";
        assert_eq!(with(other), Err("legacy_scopes = [\"240101\", \"250101\"]".to_owned()));
    }
}
