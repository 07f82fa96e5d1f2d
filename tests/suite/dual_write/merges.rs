//! Merges, rebases and picks of both files.

use std::ffi::OsString;

use super::{LEGACY, assert_in_step, edit_by_hand, enable};
use crate::common::{Output, Repo, SCOPE, on_adopted, text};

/// Makes a commit on `side` with these files, and one on `main`.
fn fork(repo: &Repo, names: &[&str]) {
    fork_in(repo, names, "");
}

/// Does the same with these lines in the table.
fn fork_in(repo: &Repo, names: &[&str], table: &str) {
    enable(repo, table);
    repo.run("switch -q -c side");
    for name in names {
        repo.stage(format!("docs/{name}.md"), text(name));
        repo.commit(name);
    }
    repo.run("switch -q main");
    repo.stage("docs/main.md", text("main"));
    repo.commit("main");
}

#[test]
fn a_merge_of_parallel_additions_has_both_files() {
    on_adopted(|repo| {
        fork(repo, &["side"]);
        repo.run("merge -q -m merged side");
        assert_in_step(repo, "HEAD");
        repo.idhooks("check --history").ok().done();
    });
}

#[test]
fn a_rebase_has_both_files_in_every_commit() {
    on_adopted(|repo| {
        fork(repo, &["one", "two", "three"]);
        repo.run("switch -q side");
        repo.run("rebase -q main");
        for rev in ["HEAD", "HEAD~1", "HEAD~2", "HEAD~3"] {
            assert_in_step(repo, rev);
        }
    });
}

#[test]
fn a_pick_and_a_revert_have_both_files() {
    for form in ["classic", "jsonl"] {
        on_adopted(|repo| {
            fork_in(repo, &["side"], &format!("format = \"{form}\"\n"));
            repo.run("cherry-pick side");
            repo.idhooks("check --rev HEAD").ok().done();
            repo.run("revert --no-edit HEAD~1");
            repo.idhooks("check --rev HEAD").ok().done();
            if form == "classic" {
                assert_in_step(repo, "HEAD");
                assert_in_step(repo, "HEAD~1");
            }
            repo.stage("docs/next.md", text("next"));
            repo.commit("next");
            repo.idhooks("check --rev HEAD").ok().done();
        });
    }
}

#[test]
fn both_directions_of_a_merge_have_the_same_legacy_file() {
    on_adopted(|repo| {
        fork(repo, &["side"]);
        repo.run("switch -q -c other side");
        repo.run("merge -q -m merged main");
        let other = repo.ask(["rev-parse", &format!("HEAD:{LEGACY}")]);
        repo.run("switch -q main");
        repo.run("merge -q -m merged side");
        assert_eq!(repo.ask(["rev-parse", &format!("HEAD:{LEGACY}")]), other);
    });
}

/// Runs the driver on three files and returns what it says and our version afterwards.
fn merged_by_driver<'r>(repo: &'r Repo, versions: [&str; 3]) -> (Output<'r>, String) {
    for (name, text) in ["base", "ours", "theirs"].iter().zip(versions) {
        repo.write(format!(".git/{name}"), text);
    }
    let files = [".git/base", ".git/ours", ".git/theirs"];
    let [base, ours, theirs] = files;
    let answer = repo.idhooks(["merge-driver", "--legacy", base, ours, theirs, "7", LEGACY]);
    (answer, String::from_utf8(repo.read(ours)).expect("text"))
}

#[test]
fn what_the_driver_cannot_merge_is_a_conflict() {
    on_adopted(|repo| {
        enable(repo, "");
        let whole = String::from_utf8(repo.read(LEGACY)).expect("text");
        let other_scope = whole.replace(SCOPE, "999999");
        let (answer, ours) = merged_by_driver(repo, [&whole, "", " \n"]);
        answer.ok().done();
        assert_eq!(ours, "");
        for versions in [
            [&whole, &whole[..whole.len() / 2], &whole],
            [&whole, &whole, "<<<<<<< ours\n"],
            [&whole, &whole, "id,path\n"],
            ["", "id,file_path\n", "id,file_path\nx,y\n"],
            ["DOC-1 a\n", "DOC-1 b\n", "DOC-1 c\n"],
        ] {
            let (answer, ours) = merged_by_driver(repo, versions);
            answer.code(1).complains("cannot merge").complains("cannot be read").done();
            assert!(ours.contains("<<<<<<<"), "{ours}");
        }
        let (answer, ours) = merged_by_driver(repo, [&whole, &whole, &other_scope]);
        answer.code(1).complains("different scopes").done();
        assert!(ours.contains("<<<<<<<"), "{ours}");
        let (answer, ours) = merged_by_driver(repo, ["", &whole, &whole]);
        answer.ok().done();
        assert_eq!(ours, whole);
    });
}

#[test]
fn the_driver_leaves_a_map_of_second_identities_as_it_is() {
    on_adopted(|repo| {
        enable(repo, "format = \"ids-map\"\n");
        let versions = ["DOC-1 a\n", "DOC-1 b\n", "DOC-1 c\n"];
        let (answer, ours) = merged_by_driver(repo, versions);
        answer.ok().done();
        assert_eq!(ours, versions[1]);
    });
}

#[test]
fn a_merge_without_drivers_is_completed_by_the_next_commit() {
    on_adopted(|repo| {
        fork(repo, &["side"]);
        let theirs = repo.git(["show", &format!("side:{LEGACY}")]).stdout();
        // As a forge merges: with the legacy file of one side.
        repo.run("-c core.hooksPath=/dev/null merge -q --no-commit side");
        repo.stage(LEGACY, theirs);
        repo.run("-c core.hooksPath=/dev/null commit -q -m merged");
        repo.stage("docs/next.md", text("next"));
        repo.commit("next");
        assert_in_step(repo, "HEAD");
    });
}

/// Commits another owner of a file in the legacy file, without the hooks.
fn own_by_hand(repo: &Repo, path: &str, owner: &str) {
    edit_by_hand(repo, path, owner);
    repo.run("commit -q --no-verify -m edited");
}

#[test]
fn a_conflict_of_both_programs_is_resolved_by_records() {
    for (leading, taken) in [("registry", false), ("legacy", true)] {
        on_adopted(|repo| {
            enable(repo, &format!("leading = \"{leading}\"\n"));
            repo.run("branch side");
            own_by_hand(repo, "README.md", "ann");
            repo.run("switch -q side");
            own_by_hand(repo, "notes.txt", "bob");
            repo.run("switch -q main");
            let merge = ["-c", "merge.idhooks-legacy.driver=false", "merge", "-q", "side"];
            repo.try_git(merge).code(1).done();
            let said = repo.idhooks("resolve --dry-run").ok();
            let said = said.stdout() + &said.stderr();
            for owner in ["ann", "bob"] {
                assert!(said.contains(&format!("'{owner}'")), "{said}");
            }
            assert_eq!(said.contains("overwritten"), !taken, "{said}");
            repo.idhooks("resolve").ok().done();
            repo.run("commit -q --no-edit");
            assert_in_step(repo, "HEAD");
            let legacy = String::from_utf8(repo.read(LEGACY)).expect("text");
            assert_eq!(["ann", "bob"].map(|owner| legacy.contains(owner)), [taken; 2]);
        });
    }
}

#[test]
fn a_conflict_with_a_version_that_cannot_be_read_is_named() {
    for driver in [&["-c", "merge.idhooks-legacy.driver=false"][..], &[]] {
        on_adopted(|repo| {
            enable(repo, "leading = \"legacy\"\n");
            repo.run("branch side");
            own_by_hand(repo, "README.md", "ann");
            repo.run("switch -q side");
            repo.stage(LEGACY, "{");
            repo.run("commit -q --no-verify -m damaged");
            repo.run("switch -q main");
            let words: Vec<OsString> =
                driver.iter().chain(&["merge", "-q", "side"]).map(Into::into).collect();
            let merge = repo.try_git(words).code(1);
            match driver {
                [] => merge
                    .complains(&format!("cannot merge '{LEGACY}'"))
                    .complains("idhooks resolve")
                    .done(),
                _ => merge.done(),
            }
            repo.idhooks("resolve").ok().complains("cannot be read").done();
            repo.run("commit -q --no-edit");
            assert_in_step(repo, "HEAD");
            assert!(String::from_utf8(repo.read(LEGACY)).expect("text").contains("\"ann\""));
        });
    }
}

/// Leaves the markers of a conflict of both programs in the working tree.
fn conflict(repo: &Repo, leading: &str) {
    enable(repo, &format!("leading = \"{leading}\"\n"));
    repo.run("branch side");
    own_by_hand(repo, "README.md", "ann");
    repo.run("switch -q side");
    own_by_hand(repo, "notes.txt", "bob");
    edit_by_hand(repo, "README.md", "eve");
    repo.run("commit -q --no-verify -m again");
    repo.run("switch -q main");
    let merge = ["-c", "merge.idhooks-legacy.driver=false", "merge", "-q", "side"];
    repo.try_git(merge).code(1).done();
    repo.stage(LEGACY, "<<<<<<< ours\n=======\n>>>>>>> theirs\n");
}

#[test]
fn markers_of_a_conflict_that_were_staged_or_committed_lose_no_version() {
    for (leading, taken) in [("registry", false), ("legacy", true)] {
        for is_committed in [false, true] {
            on_adopted(|repo| {
                conflict(repo, leading);
                if is_committed {
                    repo.run("commit -q --no-verify -m markers");
                    // Further damage hides nothing.
                    repo.stage(LEGACY, "<<<<<<< ours\n=======\n");
                    repo.run("commit -q --no-verify -m further");
                }
                let blob = repo.ask(["rev-parse", &format!(":{LEGACY}")]);
                for command in ["resolve --dry-run", "resolve"] {
                    let said = repo.idhooks(command).ok();
                    let said = said.stdout() + &said.stderr();
                    let shown = format!("git show {blob}");
                    for thing in ["'ann'", "'bob'", "'eve'", "is lost", &shown] {
                        assert!(said.contains(thing), "{thing}: {said}");
                    }
                    assert_eq!(said.contains("overwritten"), !taken, "{said}");
                }
                repo.run("commit -q --allow-empty -m resolved");
                assert_in_step(repo, "HEAD");
                let legacy = String::from_utf8(repo.read(LEGACY)).expect("text");
                assert_eq!(legacy.contains("\"bob\""), taken);
                assert_eq!(legacy.contains("\"ann\"") || legacy.contains("\"eve\""), taken);
            });
        }
    }
}
