//! Files that both branches renamed, and whose old path one branch used again.

use crate::common::{Repo, for_each_git, text};
use crate::judge;

use super::on_branch;

/// Git puts the new file where the other branch has the old one, and leaves that where this branch has it.
#[test]
fn a_file_in_the_place_of_one_that_both_renamed() {
    for_each_git(|git| {
        let start = Repo::adopted(git);
        start.commit_file("a.md", text("a"));
        let id = start.id("a.md");
        for [first, second] in [["b.md", "c.md"], ["c.md", "b.md"]] {
            for way in ["merge -q --no-edit topic", "rebase -q main topic", "cherry-pick topic"] {
                let repo = start.copy_as(&format!("{first}-{}", &way[..5]));
                on_branch(&repo, "topic", |repo| {
                    repo.mv("a.md", second);
                    repo.commit("rename");
                });
                repo.mv("a.md", first);
                repo.commit("rename");
                repo.commit_file("a.md", text("new"));
                let new = repo.id("a.md");
                repo.run(way);
                for after in ["after-1.md", "after-2.md"] {
                    assert_eq!(repo.id(first), id, "{way}\n{}", repo.situation());
                    assert_eq!(repo.id(second), new, "{way}\n{}", repo.situation());
                    assert!(repo.findings("").is_empty(), "{way}\n{}", repo.situation());
                    repo.commit_file(after, text(after));
                }
                judge::assert_clean(&repo);
            }
        }
    });
}
