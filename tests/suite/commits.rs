//! `git commit` in each of its forms: the same commit holds the files and a true registry,
//! and all other work stays as it was.

mod aborted;
mod after_commands;
mod amend;
mod beyond_limit;
mod clones;
mod config;
mod copies;
mod give_up;
mod incomplete;
mod kinds;
mod large;
mod leftovers;
#[cfg(feature = "code")]
mod linted;
mod nothing_else;
mod partial;
mod places;
mod put_back;
mod recent;
mod references;
mod repeated;
mod reported;
mod returned;
mod rewritten;
mod selected;
mod types;
mod weak_evidence;

use crate::common::{Repo, text};

/// Makes each kind of change in the index: addition, modification, deletion, rename, rename
/// with an edit, copy.
pub(crate) fn stage_each_kind(repo: &Repo) {
    repo.stage("src/new.py", text("new"));
    repo.append("notes.txt", "more\n");
    repo.run("rm -q data/table.csv");
    repo.mv("docs/guide.md", "docs/manual/guide.md");
    repo.mv("src/app.py", "src/main.py");
    repo.append("src/main.py", "more\n");
    repo.append("README.md", "more\n");
    repo.write("copy.md", repo.read("README.md"));
    repo.run("add -A");
}

/// Asserts what [`stage_each_kind`] must have led to between `before` and HEAD.
fn assert_each_kind(repo: &Repo, before: &str) {
    let had = |path| repo.id_in(before, path);
    assert_eq!(repo.id("notes.txt"), had("notes.txt"));
    assert_eq!(repo.id("docs/manual/guide.md"), had("docs/guide.md"));
    assert_eq!(repo.id("src/main.py"), had("src/app.py"));
    assert_eq!(repo.id("README.md"), had("README.md"));
    let copied_from = repo.record(&repo.id("copy.md"))["metadata"]["copied_from"].clone();
    assert_eq!(copied_from, had("README.md"));
    let retired = repo.record(&had("data/table.csv"));
    assert_eq!(retired["status"], "deprecated");
    assert_eq!(retired["metadata"]["deprecated_reason"], "deleted");
    let blob = repo.rev(&format!("{before}:data/table.csv"));
    assert_eq!(retired["metadata"]["last_blob"], blob);
}
