//! The commented `idhooks.toml` that `idhooks init` writes.

use crate::registry::Scope;

use super::{BUILT_IN_NAMESPACES, BUILT_IN_TYPES, Strategy};

/// Returns the text of a new `idhooks.toml`.
pub fn render(scope: Scope, strategy: Strategy) -> String {
    let strategy = strategy.as_str();
    let types: String =
        BUILT_IN_TYPES.iter().map(|(e, code)| format!("# {e} = \"{code}\"\n")).collect();
    let namespaces: String = BUILT_IN_NAMESPACES
        .iter()
        .map(|(glob, ns)| format!("# [[namespaces]]\n# path = \"{glob}\"\n# ns = \"{ns}\"\n"))
        .collect();
    format!(
        r#"# idhooks: identities for the files of this repository. Commit this file.
# What is commented out is the default. 'idhooks schema config' prints the schema.

scope = "{scope}"          # last six digits of every identity; never change it
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

[hooks]
# enforce = "block"         # "warn": findings that corrupt nothing only warn

# Extension -> TYPE, the first two digits. Without this table:
# [types]
{types}
# Path -> NS, the next three digits; the first match wins. Without any rule:
{namespaces}"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policy;

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
}
