//! Histories broken on purpose, with plumbing or `--no-verify` and a registry edited by hand.

use super::behind::{id_of, origin_of};
use super::{REGISTRY, assert_bad, change_record, commit_records, records, said, settle, unhooked};
use crate::common::{Repo, for_each_git, text};

/// Runs the story on a repository with some true commits in it.
fn broken(story: impl Fn(&Repo)) {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.commit_file("docs/gone.md", text("gone"));
        repo.run("rm -q docs/gone.md");
        repo.commit("retire");
        repo.commit_file("docs/new.md", text("new"));
        story(&repo);
    });
}

#[test]
fn identities_swapped_between_two_files() {
    broken(|repo| {
        let mut lines = records(repo);
        change_record(&mut lines, "notes.txt", |line| line.replace("notes.txt", "swap"));
        change_record(&mut lines, "README.md", |line| line.replace("README.md", "notes.txt"));
        change_record(&mut lines, "swap", |line| line.replace("swap", "README.md"));
        commit_records(repo, "swap", &lines);
        settle(repo);
        assert_bad(repo, "HEAD~2", &["IDENTITY_CHANGED"]);
    });
}

#[test]
fn an_identity_changed_in_its_record() {
    broken(|repo| {
        let mut lines = records(repo);
        let id = repo.id("notes.txt");
        let other = format!("{}00007{}", &id[..5], &id[10..]);
        change_record(&mut lines, "notes.txt", |line| line.replace(&id, &other));
        lines.sort();
        commit_records(repo, "renumber", &lines);
        settle(repo);
        assert_bad(repo, "HEAD~2", &["IDENTITY_CHANGED"]);
    });
}

#[test]
fn a_record_removed_by_hand() {
    broken(|repo| {
        let mut lines = records(repo);
        lines.retain(|line| !line.contains("gone.md"));
        commit_records(repo, "remove", &lines);
        settle(repo);
        assert_bad(repo, "HEAD~2", &["RECORD_LOST"]);
    });
}

#[test]
fn an_older_registry_put_back() {
    broken(|repo| {
        repo.commit_file("docs/newer.md", text("newer"));
        repo.run(["checkout", "-q", "HEAD~3", "--", REGISTRY]);
        unhooked(repo, "take back");
        assert_bad(repo, "HEAD", &["MISSING_ID", "RECORD_LOST", "STALE_PATH"]);
    });
}

#[test]
fn an_identity_given_again_to_another_file() {
    broken(|repo| {
        let lines = records(repo);
        let old = lines.iter().find(|line| line.contains("gone.md")).expect("a record").clone();
        let kept: Vec<String> = lines.into_iter().filter(|line| *line != old).collect();
        commit_records(repo, "remove", &kept);
        settle(repo);
        repo.write("docs/other.md", text("other"));
        let mut lines = records(repo);
        let like =
            lines.iter().find(|line| line.contains("docs/new.md")).expect("a record").clone();
        let again =
            like.replace("docs/new.md", "docs/other.md").replace(&id_of(&like), &id_of(&old));
        lines.push(again.replace(&origin_of(&like), "1234567890abcdef"));
        lines.sort();
        commit_records(repo, "give again", &lines);
        repo.append("README.md", "last\n");
        unhooked(repo, "go on");
        let answer = repo.idhooks("check --history --format json").code(1);
        let error = |code: &str, rev| (code.to_owned(), "error".to_owned(), repo.rev(rev));
        let expected = [error("RECORD_LOST", "HEAD~4"), error("ID_REUSED", "HEAD~1")];
        assert_eq!(said(&answer), expected, "{answer}");
        let json = answer.json();
        assert_eq!(json["findings"][1]["path"], "docs/other.md", "{answer}");
        assert_eq!(json["findings"][1]["related"][1]["path"], "docs/gone.md", "{answer}");
        repo.idhooks("check --history").code(1).complains(" remove (").done();
    });
}

#[test]
fn an_identity_on_two_records_after_a_merge_as_text() {
    broken(|repo| {
        repo.run("checkout -q -b side HEAD~1");
        repo.commit_file("docs/side.md", text("side"));
        repo.run("checkout -q main");
        repo.run("merge -q --no-commit --no-ff side");
        let mut lines = records(repo);
        let (ours, theirs) = (repo.id("docs/new.md"), repo.id_in("side", "docs/side.md"));
        change_record(&mut lines, "docs/side.md", |line| line.replace(&theirs, &ours));
        lines.sort();
        commit_records(repo, "merge as text", &lines);
        repo.append("README.md", "more\n");
        unhooked(repo, "go on");
        assert_bad(repo, "HEAD~1", &["DUPLICATE_ID", "IDENTITY_CHANGED"]);
    });
}

#[test]
fn a_merge_that_took_our_registry_as_a_whole() {
    broken(|repo| {
        repo.run("checkout -q -b side HEAD~1");
        repo.commit_file("docs/side.md", text("side"));
        repo.run("rm -q docs/side.md");
        repo.commit("retire on the side");
        repo.run("checkout -q main");
        repo.run("merge -q --no-commit --no-ff side");
        repo.run(["checkout", "-q", "HEAD", "--", REGISTRY]);
        unhooked(repo, "take ours");
        settle(repo);
        assert_bad(repo, "HEAD~2", &["RECORD_LOST"]);
    });
}

#[test]
fn an_exact_rename_registered_as_a_new_file() {
    broken(|repo| {
        repo.mv("notes.txt", "docs/notes.txt");
        let mut lines = records(repo);
        let old = lines.iter().find(|line| line.contains("\"notes.txt\"")).expect("a record");
        let fresh =
            old.replace("notes.txt", "docs/notes.txt").replace(&origin_of(old), "1234567890abcdef");
        let id = id_of(old);
        lines.push(fresh.replace(&id, &format!("{}00007{}", &id[..5], &id[10..])));
        change_record(&mut lines, "notes.txt", |line| {
            line.replace("\"active\"", "\"deprecated\"")
                .replace("\"metadata\":{", "\"metadata\":{\"deprecated_reason\":\"deleted\",")
        });
        lines.sort();
        commit_records(repo, "move as new", &lines);
        repo.commit_file("docs/later.md", text("later"));
        assert_bad(repo, "HEAD~1", &["IDENTITY_CHANGED"]);
    });
}

#[test]
fn a_registry_removed_for_good() {
    broken(|repo| {
        repo.run(["rm", "-q", REGISTRY]);
        unhooked(repo, "remove");
        repo.append("README.md", "more\n");
        unhooked(repo, "go on");
        assert_bad(repo, "HEAD~1", &["REGISTRY_CORRUPT"]);
    });
}

#[test]
fn a_registry_that_is_no_registry() {
    broken(|repo| {
        repo.write(REGISTRY, "{\"schema_version\":");
        unhooked(repo, "tear");
        repo.append("README.md", "more\n");
        unhooked(repo, "go on");
        assert_bad(repo, "HEAD~1", &["REGISTRY_CORRUPT"]);
    });
}

#[test]
fn an_origin_changed_by_hand() {
    broken(|repo| {
        let mut lines = records(repo);
        change_record(&mut lines, "notes.txt", |line| {
            line.replace(&origin_of(line), "1234567890abcdef")
        });
        commit_records(repo, "another origin", &lines);
        settle(repo);
        assert_bad(repo, "HEAD~2", &["IDENTITY_CHANGED", "RECORD_LOST"]);
    });
}

#[test]
fn conflict_markers_committed() {
    broken(|repo| {
        let text = String::from_utf8(repo.read(REGISTRY)).expect("UTF-8");
        repo.write(REGISTRY, text.replacen('\n', "\n<<<<<<< ours\n=======\n>>>>>>> theirs\n", 1));
        unhooked(repo, "markers");
        assert_bad(repo, "HEAD", &["REGISTRY_CORRUPT"]);
    });
}

#[test]
fn a_break_that_was_rebased() {
    broken(|repo| {
        let mut lines = records(repo);
        lines.retain(|line| !line.contains("gone.md"));
        commit_records(repo, "remove", &lines);
        repo.append("README.md", "settled\n");
        unhooked(repo, "settle");
        let before = repo.rev("HEAD~1");
        repo.run("checkout -q -b onto HEAD~3");
        repo.append("docs/guide.md", "more\n");
        repo.run("commit -q -a -m edit");
        // The hooks would put it right: what is told apart here is which commit is named.
        repo.with("IDHOOKS", "0").run("rebase -q onto main");
        assert_ne!(repo.rev("HEAD~1"), before);
        assert_bad(repo, "HEAD~1", &["RECORD_LOST"]);
    });
}
