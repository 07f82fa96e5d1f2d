//! Identities that files carry inside: written by a commit or on purpose, and believed.

mod believed;
mod brought_in;
mod removal;
#[cfg(feature = "report")]
mod reported;
mod unruled;
mod written;

use crate::common::{Repo, for_each_git, on_adopted};

/// The rules: these files carry their identities.
const RULES: &str = "\n[[embed]]\npath = [\"src/**\", \"docs/**\"]\n";

/// Runs a scenario in an adopted repository whose sources and documents carry their identities.
fn on_carrying(scenario: impl Fn(&Repo)) {
    on_adopted(|repo| {
        carry(repo);
        scenario(repo);
    });
}

/// As [`on_carrying`], where some commits are made without hooks.
fn carrying(scenario: impl Fn(&Repo)) {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        carry(&repo);
        scenario(&repo);
    });
}

fn carry(repo: &Repo) {
    rule(repo);
    repo.idhooks("inject --all").ok().done();
    repo.commit("carry");
    assert_eq!(repo.findings(""), [""; 0]);
}

/// Commits the rules.
fn rule(repo: &Repo) {
    repo.append("idhooks.toml", RULES);
    repo.run("add idhooks.toml");
    repo.commit("rules");
}

/// Returns the first line of a file of the working tree.
fn head(repo: &Repo, path: &str) -> String {
    first_line(&String::from_utf8(repo.read(path)).expect("text"))
}

/// Returns the first line of what a revision, or the index without one, has at a path.
fn committed(repo: &Repo, rev: &str, path: &str) -> String {
    first_line(&repo.ask(["cat-file", "blob", &format!("{rev}:{path}")]))
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}
