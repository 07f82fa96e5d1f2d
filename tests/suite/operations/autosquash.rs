//! `git commit --fixup` and `--squash`, and `git rebase --autosquash`.

use super::on_adopted;
use crate::common::text;

#[test]
fn every_form_of_a_fixup_is_melted() {
    on_adopted(|repo| {
        repo.run("tag start");
        repo.commit_file("docs/new.md", text("new"));
        repo.run("tag one");
        repo.mv("notes.txt", "docs/notes.txt");
        repo.commit("two");
        repo.run("tag two");
        repo.append("docs/new.md", "more\n");
        repo.stage("docs/late.md", text("late"));
        repo.run("commit -q -a --fixup one");
        let late = repo.id("docs/late.md");
        repo.mv("docs/notes.txt", "docs/notes-2.txt");
        repo.run("commit -q --squash two");
        repo.append("README.md", "more\n");
        repo.run("commit -q -a --fixup=amend:one");
        let known = repo.with("GIT_SEQUENCE_EDITOR", ":");
        known.run("rebase -q -i --autosquash start");
        assert_eq!(repo.ask("rev-list --count start..HEAD"), "2");
        for rev in ["HEAD~1", "HEAD"] {
            assert_eq!(repo.id_in(rev, "docs/new.md"), repo.id_in("one", "docs/new.md"));
            assert_eq!(repo.id_in(rev, "docs/late.md"), late);
        }
        assert_eq!(repo.id("docs/notes-2.txt"), repo.id_in("start", "notes.txt"));
    });
}
