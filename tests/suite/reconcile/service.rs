//! `reconcile --commit`: a clone that no one works in heals the branch with a commit of its own.

use serde_json::Value;

use super::work_unseen;
use crate::checks::assert_fits;
use crate::common::{Repo, for_each_git, sealed, text};
use crate::judge;

/// Returns the codes of what a check of a history finds.
fn codes(repo: &Repo, range: &str) -> Vec<String> {
    let answer = repo.idhooks(["check", "--format", "json", &format!("--history={range}")]);
    let json = answer.json();
    let findings = json["findings"].as_array().expect("findings");
    findings.iter().map(|f| f["code"].as_str().expect("a code").to_owned()).collect()
}

#[test]
fn a_commit_for_the_branch() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.run("tag before");
        work_unseen(&repo);
        let head = repo.rev("HEAD");
        repo.write("untracked.txt", "stays");

        let dry = repo.idhooks("reconcile --commit --dry-run --format json").ok().json();
        assert_fits(&repo, "reconcile", &dry);
        assert_eq!((&dry["written"], &dry["commit"]), (&Value::Bool(false), &Value::Null));
        assert!(!repo.try_git("rev-parse -q --verify idhooks/heal").succeeded());

        let done = repo.idhooks("reconcile --commit --format json").ok().json();
        assert_fits(&repo, "reconcile", &done);
        let healed = repo.rev("idhooks/heal");
        assert_eq!(done["commit"], healed.as_str());
        assert_eq!(
            (&done["written"], &done["target"]),
            (&true.into(), &"branch idhooks/heal".into())
        );
        for (figure, count) in [
            ("files_scanned", 7),
            ("registry_records", 7),
            ("missing_from_registry", 1),
            ("missing_from_filesystem", 1),
            ("moved", 1),
            ("repairs_enqueued", 0),
            ("inconsistent_commits", 4),
        ] {
            assert_eq!(done[figure], count, "{figure}");
        }
        // Neither the branch nor the index nor the working tree has changed.
        assert_eq!(repo.rev("HEAD"), head);
        judge::assert_status(&repo, "?? untracked.txt\n");
        assert_eq!(repo.rev("idhooks/heal^"), head);
        let changed = repo.ask("diff --name-only HEAD idhooks/heal");
        assert_eq!(changed, ".idhooks/registry.json");
        let people = repo.ask("log -1 --format=%an:%ae:%cn:%ce:%G? idhooks/heal");
        assert_eq!(people, "idhooks:idhooks@localhost:idhooks:idhooks@localhost:N");
        let dates = |rev: &str| repo.ask(["log", "-1", "--format=%ad%cd", rev]);
        assert_eq!(dates("idhooks/heal"), dates("HEAD"));

        // A second run does nothing.
        let reflog = repo.ask("reflog idhooks/heal");
        let again = repo.idhooks("reconcile --commit").ok();
        assert!(again.stderr().contains("already on branch 'idhooks/heal'"), "{}", again.stderr());
        assert_eq!((repo.rev("idhooks/heal"), repo.ask("reflog idhooks/heal")), (healed, reflog));

        repo.run("merge -q --ff-only idhooks/heal");
        super::assert_healed(&repo, "before");
        assert_eq!(repo.findings("--rev HEAD --strict"), Vec::<String>::new());
        assert_eq!(codes(&repo, "HEAD"), ["BEHIND"; 4]);
        let nothing = repo.idhooks("reconcile --commit").ok();
        assert!(nothing.stderr().starts_with("nothing to heal"), "{}", nothing.stderr());
        nothing.complains("no longer needed: git branch -D idhooks/heal").done();
        // On a branch that it does not heal, that is not known.
        repo.run("checkout -q -b older before");
        let older = repo.idhooks("reconcile --commit").ok().stderr();
        assert_eq!(older.lines().count(), 1, "{older}");
        repo.run("checkout -q main");
        // The branch moves on with what comes later.
        repo.with("IDHOOKS", "0").commit_file("still.md", text("still"));
        repo.idhooks("reconcile --commit").ok().done();
        assert_eq!(repo.rev("idhooks/heal^"), repo.rev("HEAD"));
    });
}

#[test]
fn every_clone_makes_the_same_commit() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.configure("[reconcile]\nauthor = \"Jörg Müller <service@example.org>\"");
        work_unseen(&repo);
        // A merge of two unhooked branches, too.
        repo.run("checkout -q -b side HEAD~2");
        repo.with("IDHOOKS", "0").commit_file("side.md", text("side"));
        repo.run("checkout -q main");
        repo.with("IDHOOKS", "0").run("merge -q --no-edit --no-ff side");
        let other = repo.clone_as("other");
        // Whoever runs it, with whatever settings.
        other.run("config commit.gpgSign true");
        other.run("config i18n.commitEncoding ISO-8859-1");
        let other = other.with("GIT_AUTHOR_NAME", "Other").with("TZ", "Asia/Tokyo");
        std::thread::scope(|scope| {
            // A shared clock is no part of it.
            let paths = [repo.path().to_owned(), other.path().to_owned()];
            let binary = crate::common::binary();
            for path in paths {
                let binary = binary.clone();
                scope.spawn(move || {
                    let mut command = sealed(binary, &path, &path);
                    command.args(["-q", "reconcile", "--commit"]);
                    assert!(command.output().expect("it runs").status.success());
                });
            }
        });
        assert_eq!(repo.rev("idhooks/heal"), other.rev("idhooks/heal"));
        let raw = repo.ask("cat-file commit idhooks/heal");
        assert!(raw.contains("author Jörg Müller <service@example.org> 17"), "{raw}");
        assert!(!raw.contains("gpgsig") && !raw.contains("encoding"), "{raw}");
        repo.run("fsck --strict --no-dangling");
        assert_eq!(repo.findings("--rev idhooks/heal --strict"), Vec::<String>::new());
    });
}

#[test]
fn a_patch_that_git_takes() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.configure("[reconcile]\ncommit = \"patch out/heal.patch\"");
        work_unseen(&repo);
        let other = repo.clone_as("other");
        for (name, value) in [
            ("format.signOff", "true"),
            ("format.headers", "Organization: none\n"),
            ("format.attach", "true"),
            ("format.useAutoBase", "true"),
            ("format.subjectPrefix", "X"),
            ("diff.noprefix", "true"),
            ("diff.orderFile", "nowhere"),
            ("diff.external", "false"),
            ("color.ui", "always"),
        ] {
            repo.run(["config", name, value]);
        }
        repo.idhooks("reconcile --commit").ok().complains("git am out/heal.patch").done();
        let patch = repo.read("out/heal.patch");
        let lines = String::from_utf8_lossy(&patch).into_owned();
        assert!(lines.contains("Subject: [PATCH] Heal the registry\n\nIdentities: "), "{lines}");
        let again = repo.idhooks("reconcile --commit --format json").ok().json();
        assert_eq!(
            (&again["written"], repo.read("out/heal.patch") == patch),
            (&false.into(), true)
        );
        other.run(["am", "-q", repo.path().join("out/heal.patch").to_str().expect("plain")]);
        assert_eq!(other.findings("--rev HEAD --strict"), Vec::<String>::new());
        assert_eq!(other.ask("log -1 --format=%an:%s"), "idhooks:Heal the registry");
        // The same registry as on the branch.
        repo.idhooks("reconcile --commit branch heal").ok().done();
        assert_eq!(repo.registry("heal"), other.registry("HEAD"));
        // Another file stays, and so does one that git tracks.
        repo.run("config --unset diff.orderFile");
        repo.write("mine.patch", "mine");
        repo.write("dir.patch/x", "x");
        repo.with("IDHOOKS", "0").commit_file("notes.patch", "notes");
        for (file, why) in [
            ("mine.patch", "idhooks did not write"),
            ("notes.patch", "git tracks a file there"),
            ("dir.patch", "a directory is there"),
        ] {
            let answer = repo.idhooks(["reconcile", "--commit", &format!("patch {file}")]);
            answer.refused().complains(why).done();
        }
        assert_eq!(repo.read("mine.patch"), b"mine");
        std::os::unix::fs::symlink(repo.root(), repo.path().join("link")).expect("a link");
        repo.idhooks(["reconcile", "--commit", "patch link/x.patch"])
            .refused()
            .complains("link")
            .done();
    });
}

#[test]
fn it_is_refused_where_someone_works() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        work_unseen(&repo);
        let refs = || repo.ask("for-each-ref");
        let before = refs();
        let refused = |repo: &Repo, why: &str, remedy: &str| {
            repo.idhooks("reconcile --commit").refused().complains(why).complains(remedy).done();
        };
        repo.append("notes.txt", "more");
        refused(&repo, "uncommitted changes", "git stash");
        repo.run("add notes.txt");
        refused(&repo, "uncommitted changes", "git stash");
        repo.run("reset -q --hard");

        repo.run("checkout -q -b other HEAD~3");
        repo.with("IDHOOKS", "0").commit_file("notes.txt", "theirs");
        repo.run("checkout -q main");
        repo.with("IDHOOKS", "0").commit_file("notes.txt", "ours");
        assert!(!repo.try_git("merge -q --no-edit other").succeeded());
        refused(&repo, "a merge is in progress", "git status");
        repo.run("merge --abort");
        assert!(!repo.with("IDHOOKS", "0").try_git("rebase -q other").succeeded());
        refused(&repo, "a rebase is in progress", "git status");
        repo.run("rebase --abort");
        repo.run("checkout -q --detach");
        refused(&repo, "HEAD is detached", "git switch <branch>");
        repo.run("checkout -q main");
        repo.run("branch -q -D other");

        let main = ["reconcile", "--commit", "branch main"];
        repo.idhooks(main).refused().complains("is checked out").complains("idhooks/heal").done();
        for (bad, why) in [
            ("branch", "\"branch <name>\""),
            ("nowhere", "\"none\""),
            ("branch a b", "'a b' is not a name for a branch"),
            ("branch -x", "'-x' is not a name for a branch"),
            ("patch heal.txt", "ends in '.patch'"),
            ("patch ../x.patch", "a place in the working tree"),
            ("patch .git/x.patch", "a place in the working tree"),
        ] {
            repo.idhooks(["reconcile", "--commit", bad]).refused().complains(why).done();
        }
        repo.run("worktree add -q -b idhooks/heal ../linked HEAD~1");
        refused(&repo, "is checked out in '", "switch to another branch there");
        repo.run("worktree remove ../linked");
        repo.run("branch -q -D idhooks/heal");
        repo.run("branch idhooks");
        refused(&repo, "cannot move branch 'idhooks/heal'", "name another one");
        repo.run("branch -q -D idhooks");
        repo.idhooks("reconcile --paths docs/")
            .refused()
            .complains("--dry-run or --enqueue")
            .done();
        assert_eq!(refs().lines().count(), before.lines().count());
    });
}

#[test]
fn it_is_refused_where_no_commit_can_be_made() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        work_unseen(&repo);
        let refused = |repo: &Repo, why: &str, remedy: &str| {
            repo.idhooks("reconcile --commit").refused().complains(why).complains(remedy).done();
        };
        repo.run("clone -q --bare . ../bare.git");
        refused(&repo.beside("bare.git"), "bare repository", "working tree");
        let place = format!("file://{}", repo.path().display());
        repo.run(["clone", "-q", "--depth", "1", &place, "../shallow"]);
        refused(&repo.beside("shallow"), "the clone is shallow", "git fetch --unshallow");
        repo.run("init -q ../plain");
        refused(&repo.beside("plain"), "has no commit yet", "git pull");
        repo.beside("plain").run("commit -q --allow-empty -m empty");
        refused(&repo.beside("plain"), "cannot find a registry", "idhooks init");
    });
}

#[test]
fn commits_of_others_on_the_branch_stay() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        work_unseen(&repo);
        repo.idhooks("reconcile --commit").ok().done();
        repo.run("checkout -q idhooks/heal");
        repo.commit_file("own.md", text("own"));
        repo.run("checkout -q main");
        let own = repo.rev("idhooks/heal");
        repo.idhooks("reconcile --commit")
            .refused()
            .complains("ends with a commit that idhooks did not make")
            .complains("write own.md (Ann Author)")
            .complains("git branch -m idhooks/heal <name>")
            .done();
        assert_eq!(repo.rev("idhooks/heal"), own);
        // A commit that only claims to be one of the service is someone's, too.
        let head = repo.rev("HEAD");
        repo.run("checkout -q -B idhooks/heal main");
        let message = format!("Heal the registry\n\nIdhooks-Healed: {head}");
        repo.stage("notes.txt", "mine");
        repo.with("IDHOOKS", "0").commit(&message);
        repo.run("checkout -q main");
        repo.idhooks("reconcile --commit").refused().complains("did not make").done();
        // Merged, or kept elsewhere, it is no one's any more.
        repo.run("branch -q -m idhooks/heal kept");
        repo.idhooks("reconcile --commit").ok().done();
        repo.run("merge -q --ff-only idhooks/heal");
        repo.with("IDHOOKS", "0").commit_file("next.md", text("next"));
        repo.idhooks("reconcile --commit").ok().done();
        // A branch that is only behind is not moved forward.
        repo.run("branch release HEAD~3");
        let release = ["reconcile", "--commit", "branch release"];
        repo.idhooks(release).refused().complains("did not make").done();
        assert_eq!(repo.rev("release"), repo.rev("HEAD~3"));
    });
}
