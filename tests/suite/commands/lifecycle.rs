//! The ends of identities, and their beginnings again.

use super::{as_shown, refuses, said};
use crate::common::{on_adopted, text};
use crate::reviewed::assert_text;

#[test]
fn a_deprecated_identity_stays_with_its_file_until_it_is_revived() {
    on_adopted(|repo| {
        let id = repo.id("docs/guide.md");
        let line = "deprecate docs/guide.md --reason superfluous";
        assert_eq!(as_shown(repo, line), [format!("{id} deprecated: docs/guide.md (superfluous)")]);
        repo.commit("deprecate");
        assert_eq!(repo.id("docs/guide.md"), id);
        let answer = repo.idhooks("check").ok();
        assert_text(
            "commands-lifecycle-a_deprecated_identity_stays_with_its_file_until_it_is_revived",
            &answer.stdout(),
        );
        assert_eq!(repo.findings(""), ["DEPRECATED_IN_USE"]);
        repo.idhooks("check --strict").code(1).done();
        refuses(repo, line, "is deprecated");
        // It follows its file, and is still deprecated.
        repo.mv("docs/guide.md", "docs/manual.md");
        repo.commit("move");
        let record = repo.record(&id);
        assert_eq!(record["file_path"], "docs/manual.md");
        assert_eq!(record["metadata"]["deprecated_reason"], "superfluous");
        assert_eq!(
            as_shown(repo, &format!("revive {id}")),
            [format!("{id} revived for docs/manual.md")]
        );
        repo.commit("revive");
        let record = repo.record(&id);
        assert_eq!(
            (&record["status"], record["metadata"].get("deprecated_reason")),
            (&"active".into(), None)
        );
        assert!(repo.findings("").is_empty());
        refuses(repo, &format!("revive {id}"), "is active");
    });
}

/// Who revives an identity for another content says so in the record.
#[test]
fn a_command_revives_an_identity_for_any_content() {
    on_adopted(|repo| {
        let id = repo.id("docs/guide.md");
        repo.run("rm -q docs/guide.md");
        repo.commit("delete");
        repo.stage("docs/guide.md", text("another"));
        repo.idhooks(["revive", &id]).ok().done();
        repo.commit("revive");
        assert_eq!(repo.id("docs/guide.md"), id);
        assert_eq!(repo.record(&id)["metadata"]["moved_from"], "docs/guide.md");
        let history = repo.idhooks("check --history").ok().stdout();
        assert!(!history.contains("ID_REUSED"), "{history}");
        // What it says is about that commit alone.
        repo.run("rm -q docs/guide.md");
        repo.commit("delete again");
        repo.commit_file("docs/guide.md", text("a third one"));
        assert_ne!(repo.id("docs/guide.md"), id);
        assert!(repo.findings("").is_empty());
    });
}

#[test]
fn an_identity_given_up_does_not_come_back_by_itself() {
    on_adopted(|repo| {
        let id = repo.id("docs/guide.md");
        repo.run("rm -q docs/guide.md");
        repo.idhooks(["deprecate", &id, "--reason", "withdrawn"]).ok().done();
        repo.commit("withdraw");
        refuses(repo, &format!("revive {id}"), "does not exist");
        // Elsewhere the file is another one, even with the same bytes …
        repo.stage("docs/guide.txt", text("docs/guide.md"));
        repo.commit("elsewhere");
        assert_ne!(repo.id("docs/guide.txt"), id);
        // … and at its path it is the one that was given up.
        repo.stage("docs/guide.md", text("docs/guide.md"));
        repo.commit("again");
        assert_eq!(repo.id("docs/guide.md"), id);
        assert_eq!(repo.record(&id)["status"], "deprecated");
        assert_eq!(repo.findings(""), ["DEPRECATED_IN_USE"]);
        repo.idhooks(["revive", &id]).ok().done();
        repo.commit("revive");
    });
}

#[test]
fn what_cannot_be_deprecated() {
    on_adopted(|repo| {
        for reason in ["deleted", "merged", "reverted", "excluded"] {
            refuses(
                repo,
                &format!("deprecate README.md --reason {reason}"),
                "that only idhooks itself uses",
            );
        }
        repo.idhooks(["deprecate", "README.md", "--reason", " "]).code(2).explains("empty").done();
        repo.idhooks("deprecate README.md").code(2).complains("--reason").done();
        refuses(repo, "deprecate docs/giude.md --reason x", "docs/giude.md");
        refuses(repo, "deprecate 9999999999999999 --reason x", "9999999999999999");
        refuses(repo, "deprecate ../x --reason x", "outside the repository");
        // One that is wrong stops them all.
        refuses(repo, "deprecate README.md docs/none.md --reason x", "docs/none.md");
    });
}

#[test]
fn a_file_gets_a_new_identity_in_the_place_of_its_old_one() {
    on_adopted(|repo| {
        let old = repo.id("docs/guide.md");
        let given_up = repo.id("docs/intro.md");
        repo.idhooks("deprecate docs/intro.md --reason withdrawn").ok().done();
        repo.idhooks(["supersede", &given_up, "--with-new"]).ok().done();
        let shown = as_shown(repo, "supersede docs/guide.md --with-new");
        repo.commit("supersede");
        let new = repo.id("docs/guide.md");
        assert_ne!(new, old);
        assert!(shown.contains(&format!("{new} allocated to docs/guide.md")), "{shown:?}");
        assert_eq!(repo.record(&old)["metadata"]["superseded_by"], *new);
        assert_eq!(repo.record(&new)["metadata"]["supersedes"], *old);
        refuses(repo, &format!("supersede {old} --with-new"), "does not exist");
        refuses(repo, &format!("revive {old}"), "is superseded");
        // Twice before a commit, and the one between stays known.
        repo.idhooks("supersede docs/guide.md --with-new").ok().done();
        repo.idhooks("supersede docs/guide.md --with-new").ok().done();
        repo.commit("twice");
        let last = repo.id("docs/guide.md");
        let between = repo.record(&new)["metadata"]["superseded_by"].clone();
        let between = between.as_str().expect("an identity");
        assert_eq!(repo.record(between)["metadata"]["superseded_by"], *last);
        // The last one goes on like any other.
        repo.mv("docs/guide.md", "manual.md");
        repo.commit("move");
        assert_eq!(repo.id("manual.md"), last);
    });
}

#[test]
fn another_identity_takes_the_place_of_one_whose_file_is_gone() {
    on_adopted(|repo| {
        let (old, new) = (repo.id("docs/guide.md"), repo.id("docs/intro.md"));
        let line = "supersede docs/guide.md --by docs/intro.md";
        refuses(repo, line, "still exists");
        refuses(repo, "supersede docs/guide.md --by docs/guide.md", "cannot supersede itself");
        refuses(repo, "supersede docs/guide.md --by docs/none.md", "docs/none.md");
        repo.idhooks("supersede docs/guide.md").code(2).complains("--by").done();
        repo.run("rm -q docs/guide.md");
        assert_eq!(as_shown(repo, line), [format!("{old} superseded: docs/guide.md")]);
        repo.commit("supersede");
        assert_eq!(repo.record(&old)["status"], "superseded");
        // A second one, after the fact.
        let other = repo.id("notes.txt");
        repo.run("rm -q notes.txt");
        repo.commit("remove");
        repo.idhooks(["supersede", &other, "--by", &new]).ok().done();
        repo.commit("supersede");
        let all = serde_json::json!([old, other]);
        assert_eq!(repo.record(&new)["metadata"]["supersedes"], all);
        // The file that comes back is another one.
        repo.stage("docs/guide.md", text("docs/guide.md"));
        repo.commit("again");
        assert_ne!(repo.id("docs/guide.md"), old);
    });
}

#[test]
fn what_is_staged_already_counts() {
    on_adopted(|repo| {
        let id = repo.id("docs/guide.md");
        repo.mv("docs/guide.md", "docs/manual.md");
        refuses(repo, "allocate docs/manual.md", &id);
        let line = "deprecate docs/manual.md --reason superfluous";
        assert_eq!(
            as_shown(repo, line),
            [format!("{id} deprecated: docs/manual.md (superfluous)")]
        );
        repo.commit("move and deprecate");
        assert_eq!(repo.record(&id)["file_path"], "docs/manual.md");
        assert_eq!(repo.record(&id)["metadata"]["deprecated_reason"], "superfluous");
        // What was moved is not gone.
        let other = repo.id("docs/intro.md");
        repo.mv("docs/intro.md", "docs/start.md");
        refuses(repo, &format!("supersede {other} --by README.md"), "still exists");
        repo.idhooks("supersede docs/start.md --with-new").ok().done();
        repo.commit("supersede");
        assert_eq!(repo.record(&other)["file_path"], "docs/start.md");
        assert_eq!(repo.record(&other)["superseded_by"], serde_json::Value::Null);
        assert_eq!(repo.record(&other)["metadata"]["superseded_by"], *repo.id("docs/start.md"));
    });
}

#[test]
fn without_a_registry_nothing_of_this_can_be_done() {
    crate::common::for_each_git(|git| {
        let repo = crate::common::Repo::empty(git);
        repo.stage("a.md", text("a"));
        for line in [
            "allocate a.md",
            "reserve --ns 100 --type 01",
            "deprecate a.md --reason x",
            "revive a.md",
            "supersede a.md --with-new",
        ] {
            refuses(&repo, line, "not adopted");
        }
        assert!(said(&repo, "--version")[0].starts_with("idhooks"));
    });
}
