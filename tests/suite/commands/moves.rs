//! Files and directories that are moved together with their identities.

use super::{as_shown, refuses, said};
use crate::common::{Repo, gits, on_adopted, text};
use crate::crash_safety::{Stops, Victim};
use crate::judge;
use crate::reviewed::assert_text;

#[test]
fn a_file_that_is_moved_and_then_rewritten_keeps_its_identity() {
    on_adopted(|repo| {
        let id = repo.id("docs/guide.md");
        let moved = as_shown(repo, "mv docs/guide.md docs/manual.md");
        assert_eq!(moved, [format!("{id} renamed from docs/guide.md to docs/manual.md")]);
        assert!(!repo.path().join("docs/guide.md").exists());
        // Nothing of the old content is left, so that git itself sees no rename.
        repo.stage("docs/manual.md", "something else altogether\n".repeat(30));
        repo.commit("move and rewrite");
        assert_eq!(repo.id("docs/manual.md"), id);
        assert!(repo.findings("").is_empty());
    });
}

#[test]
fn a_directory_goes_with_all_its_files() {
    on_adopted(|repo| {
        repo.stage("docs/deep/one.md", text("one"));
        repo.stage("docs/deep/two.md", text("two"));
        repo.commit("more");
        let ids = ["docs/guide.md", "docs/deep/one.md", "docs/deep/two.md"].map(|p| repo.id(p));
        assert_eq!(said(repo, "mv docs handbook").len(), 4);
        let now = ["handbook/guide.md", "handbook/deep/one.md", "handbook/deep/two.md"];
        repo.commit("move");
        assert_eq!(now.map(|p| repo.id(p)), ids);
        // Into a directory that is there.
        repo.stage("src/lib.rs", text("lib"));
        assert_eq!(said(repo, "mv handbook src").len(), 4);
        repo.commit("into");
        assert_eq!(repo.id("src/handbook/deep/two.md"), ids[2]);
        assert!(repo.findings("").is_empty());
    });
}

#[test]
fn who_still_names_the_old_file_is_told() {
    on_adopted(|repo| {
        repo.stage("notes.txt", "see docs/guide.md, not docs/my-guide.md\n\nguide.md\n");
        repo.commit("notes");
        let answer = repo.idhooks("mv docs/guide.md docs/manual.md").ok();
        let told = answer.stderr();
        assert_text("commands-moves-who_still_names_the_old_file_is_told", &told);
        repo.commit("move");
    });
}

#[test]
fn what_cannot_be_moved() {
    on_adopted(|repo| {
        repo.write("loose.txt", "not added\n");
        refuses(repo, "mv loose.txt x.txt", "not in the index");
        refuses(repo, "mv docs/giude.md x.md", "docs/giude.md");
        refuses(repo, "mv docs/guide.md README.md", "destination exists");
        refuses(repo, "mv docs/guide.md none/x.md", "none");
        refuses(repo, "mv docs/guide.md ../x.md", "outside the repository");
        refuses(repo, "mv .idhooks/registry.json x.json", ".idhooks/registry.json");
        refuses(repo, "mv .idhooks x", ".idhooks");
        refuses(repo, "mv docs docs/inner", "docs");
        repo.remove("loose.txt");
    });
}

#[test]
fn a_registry_that_cannot_be_written_moves_nothing() {
    on_adopted(|repo| {
        repo.run("config idhooks.lockTimeout 0");
        let lock = repo.path().join(".git/index.lock");
        std::fs::write(&lock, "").expect("writable");
        refuses(repo, "mv docs/guide.md docs/manual.md", "docs/guide.md");
        std::fs::remove_file(&lock).expect("there");
    });
}

/// Returns whether the index has a file.
fn is_staged(repo: &Repo, path: &str) -> bool {
    !repo.ask(["ls-files", "--", path]).is_empty()
}

/// A move to the path of a deleted file: if only the files moved, that file's identity would take the
/// moved file, and the moved one would lose its own.
#[test]
#[expect(clippy::print_stderr, reason = "shown where a test fails: killed where")]
fn a_move_that_is_killed_anywhere_is_repeated() {
    const LINE: &str = "mv docs/guide.md docs/intro.md";
    let start = Repo::adopted(&gits()[0]);
    start.write("docs/untracked.md", "kept\n");
    start.run("rm -q docs/intro.md");
    let (id, text) = (start.id("docs/guide.md"), start.read("docs/guide.md"));
    for victim in [Victim::Idhooks, Victim::Everything] {
        let (mut number, mut undone) = (0, 0);
        loop {
            let repo = start.copy_as(&format!("killed-{number}"));
            let mut stops = Stops::start(&repo, &format!("idhooks {LINE}"));
            let Some(stop) = stops.nth(number) else { break };
            eprintln!("--- {victim:?} killed at {number}: {}", stop.point);
            stops.kill(&stop, victim);
            stops.end();
            let is_moved = is_staged(&repo, "docs/intro.md");
            assert_ne!(is_moved, is_staged(&repo, "docs/guide.md"), "{}", repo.situation());
            if !is_moved {
                // Whoever commits everything as it is keeps the identity, too.
                let other = repo.copy_as("as-it-is");
                other.run("add -A");
                other.commit("as it is");
                let now = ["docs/guide.md", "docs/intro.md"].into_iter().find(|p| other.exists(p));
                assert_eq!(other.id(now.expect("the file")), id, "{}", other.situation());
                std::fs::remove_dir_all(other.path()).expect("a copy can be removed");
                let answer = repo.idhooks(LINE).ok();
                undone += usize::from(answer.stderr().contains("undid 'idhooks mv "));
            }
            assert_eq!(repo.read("docs/intro.md"), text);
            assert!(!repo.exists("docs/guide.md") && repo.exists("docs/untracked.md"));
            repo.stage("docs/intro.md", "nothing of what was there\n".repeat(9));
            repo.commit("moved and rewritten");
            assert_eq!(repo.id("docs/intro.md"), id, "{}", repo.situation());
            judge::assert_all_consistent(&repo);
            repo.idhooks("rename --rollback").refused().complains("no run to undo").done();
            std::fs::remove_dir_all(repo.path()).expect("a copy can be removed");
            number += 1;
        }
        assert!(undone >= 3, "only {undone} of {number} stops: is it a debug build?");
    }
}

#[test]
fn a_move_that_is_asked_to_end_is_finished_first() {
    for signal in ["INT", "TERM"] {
        let repo = Repo::adopted(&gits()[0]);
        repo.run("rm -q docs/intro.md");
        let id = repo.id("docs/guide.md");
        let mut stops = Stops::start(&repo, "idhooks mv docs/guide.md docs/intro.md");
        let stop = stops.until("a journal is written");
        let process = stop.process.to_string();
        let sent = std::process::Command::new("kill").args(["-s", signal, &process]).status();
        assert!(sent.is_ok_and(|sent| sent.success()), "no process {process}");
        stops.go_on();
        assert_eq!(stops.end().code, None, "it went on after its work");
        assert!(is_staged(&repo, "docs/intro.md") && !is_staged(&repo, "docs/guide.md"));
        assert!(!repo.exists("docs/guide.md") && !repo.exists(".git/idhooks/journal"));
        repo.commit("moved");
        assert_eq!(repo.id("docs/intro.md"), id);
        judge::assert_all_consistent(&repo);
    }
}

#[test]
fn what_follows_a_move_that_was_killed() {
    let start = Repo::adopted(&gits()[0]);
    start.run("rm -q docs/intro.md");
    let (id, text) = (start.id("docs/guide.md"), start.read("docs/guide.md"));
    let mut stops = Stops::start(&start, "idhooks mv docs docs2");
    let stop = stops.until("a new index is written");
    stops.kill(&stop, Victim::Everything);
    stops.end();
    assert!(start.exists("docs2/guide.md") && !start.exists("docs/guide.md"));
    let doctor = start.idhooks("doctor").stdout();
    assert!(doctor.contains("idhooks rename --rollback"), "{doctor}");
    // Any command that changes the registry moves the directory back first, and so does that one.
    for line in ["deprecate README.md --reason old", "rename --rollback"] {
        let repo = start.copy_as("then");
        let answer = repo.idhooks(line).ok().stderr();
        assert!(answer.contains("undid the interrupted 'idhooks mv docs docs2'"), "{answer}");
        assert!(!repo.exists("docs2") && !repo.exists(".git/idhooks/journal"));
        assert_eq!(repo.read("docs/guide.md"), text);
        assert_eq!(repo.id("docs/guide.md"), id);
        std::fs::remove_dir_all(repo.path()).expect("a copy can be removed");
    }
    // Nothing is moved over files that are there again.
    start.write("docs/guide.md", "mine\n");
    start.idhooks("allocate --all").done();
    assert_eq!(start.read("docs/guide.md"), *b"mine\n");
}

#[test]
fn a_move_whose_registry_cannot_be_written_is_taken_back() {
    // The clone requires the audit log, which suddenly cannot be written.
    let repo = Repo::adopted(&gits()[0]);
    repo.run("rm -q docs/intro.md");
    repo.run("config idhooks.audit required");
    let before = (repo.registry(""), repo.ask("ls-files -s"));
    let mut stops = Stops::start(&repo, "idhooks mv docs/guide.md docs/intro.md");
    stops.until("the index is replaced");
    assert!(is_staged(&repo, "docs/intro.md"));
    let log = repo.path().join(".git/idhooks/audit.jsonl");
    let _ = std::fs::remove_file(&log);
    std::fs::create_dir_all(&log).expect("writable");
    stops.go_on();
    let ended = stops.end();
    assert!(ended.code == Some(2) && ended.stderr.contains("audit.jsonl"), "{}", ended.stderr);
    assert_eq!((repo.registry(""), repo.ask("ls-files -s")), before, "{}", repo.situation());
    assert_eq!(repo.ask("diff --name-only"), "");
    assert!(repo.exists("docs/guide.md") && !repo.exists("docs/intro.md"));
    assert!(!repo.exists(".git/idhooks/journal"));
}

#[test]
fn an_unmerged_file_is_not_moved() {
    on_adopted(|repo| {
        crate::merges::part_ways_in_conflict(repo);
        repo.try_git("merge -q --no-edit side").refused().done();
        let unmerged = repo.ask("diff --name-only --diff-filter=U");
        let path = unmerged.lines().find(|path| *path != ".idhooks/registry.json");
        let path = path.expect("a conflict");
        repo.idhooks("resolve").done();
        let line = format!("mv {path} elsewhere.md");
        repo.idhooks(&*line).code(2).explains(&format!("'{path}' is unmerged")).done();
        repo.run("merge --abort");
    });
}

/// The identity of a file that was removed again was in no commit.
#[test]
fn a_move_to_the_path_of_a_file_that_never_was_committed() {
    on_adopted(|repo| {
        for target in ["w.md", "x.md", "y.md", "z.md"] {
            let path = repo.ask("ls-files docs src README.md");
            let path = path.lines().next().expect("a file").to_owned();
            let id = repo.id(&path);
            repo.idhooks(format!("mv {path} moved.md").as_str()).ok().done();
            repo.stage(target, text(target));
            let never = said(repo, &format!("allocate {target}"));
            repo.run(["rm", "-qf", "--", target]);
            repo.idhooks(format!("mv moved.md {target}").as_str()).ok().done();
            repo.commit("moved twice");
            assert_eq!(repo.id(target), id);
            assert!(never.iter().all(|line| !line.starts_with(&id)), "{never:?}");
            judge::assert_good(repo);
        }
    });
}

#[test]
fn a_number_that_was_given_to_a_new_file_at_a_path_that_is_left_stays() {
    on_adopted(|repo| {
        let old = repo.id("docs/guide.md");
        repo.idhooks("mv docs/guide.md docs/manual.md").ok().done();
        repo.stage("docs/guide.md", text("another"));
        let said_new = said(repo, "allocate docs/guide.md");
        let new = said_new[0].split(' ').next().expect("an identity").to_owned();
        assert_ne!(new, old);
        assert!(repo.findings("").is_empty());
        assert_eq!(said(repo, "mv docs/guide.md docs/third.md").len(), 1);
        repo.commit("moved");
        assert_eq!(repo.id("docs/third.md"), new);
        assert_eq!(repo.id("docs/manual.md"), old);
    });
}

#[test]
fn a_number_that_a_rename_makes_superfluous_is_named() {
    on_adopted(|repo| {
        let id = repo.id("docs/guide.md");
        repo.stage("copy.md", repo.read("docs/guide.md"));
        let allocated = said(repo, "allocate copy.md");
        let unused = allocated[0].split(' ').next().expect("an identity");
        repo.run("rm -q docs/guide.md");
        let stderr = repo.try_git("commit -q -m renamed").stderr();
        assert!(
            stderr.contains(&format!("{unused}, allocated for that path, is not used")),
            "{stderr}"
        );
        assert_eq!(repo.id("copy.md"), id);
        // Nothing is said where nothing is lost.
        repo.stage("new.md", text("new"));
        said(repo, "allocate new.md");
        let stderr = repo.try_git("commit -q -m new").stderr();
        assert!(!stderr.contains("is not used"), "{stderr}");
    });
}

/// git writes a split index again although it only checks a move, and a sparse checkout leaves out the
/// registry's working file.
#[test]
fn a_move_in_every_form_of_an_index() {
    for form in ["update-index --split-index", "sparse-checkout set docs"] {
        on_adopted(|repo| {
            let id = repo.id("docs/guide.md");
            repo.run("config core.splitIndex false");
            repo.run(form);
            if form.contains("split") {
                repo.run("config core.splitIndex true");
            }
            repo.run("rm -q docs/intro.md");
            as_shown(repo, "mv docs/guide.md docs/intro.md");
            repo.run("commit -q -m moved");
            assert_eq!(repo.id_in("HEAD", "docs/intro.md"), id);
            assert_eq!(repo.ask("status --porcelain"), "");
            repo.run("config core.splitIndex false");
            repo.run("sparse-checkout disable");
        });
    }
}
