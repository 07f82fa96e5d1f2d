//! What commands replaced, and the way back to it.

use super::{refuses, said};
use crate::common::{Repo, Snapshot, for_each_git, on_adopted, text};

/// Returns the blobs that were kept, the oldest first.
fn kept(repo: &Repo) -> Vec<String> {
    let blob = |line: String| line.split(' ').nth(1).expect("a blob").to_owned();
    said(repo, "backup list").into_iter().map(blob).collect()
}

fn staged(repo: &Repo) -> String {
    repo.ask("rev-parse :.idhooks/registry.json")
}

#[test]
fn a_command_keeps_what_it_replaces_and_the_way_back_leads_there() {
    on_adopted(|repo| {
        assert!(kept(repo).is_empty());
        let (first, id) = (staged(repo), repo.id("docs/guide.md"));
        repo.idhooks("deprecate docs/guide.md --reason wrong").ok().done();
        assert_eq!(kept(repo), [&*first]);
        let second = staged(repo);
        repo.idhooks("deprecate README.md --reason wrong").ok().done();
        assert_eq!(kept(repo), [&*first, &*second]);
        let before = Snapshot::of(repo);
        let shown = said(repo, &format!("backup restore {} --dry-run", &first[..8]));
        before.assert_same(repo);
        assert_eq!(said(repo, &format!("backup restore {}", &first[..8])), shown);
        assert_eq!(shown.len(), 2);
        assert!(shown.contains(&format!("{id} revived for docs/guide.md")), "{shown:?}");
        assert_eq!(staged(repo), first);
        // What the way back replaced is kept, too; and what is kept already costs nothing.
        assert_eq!(kept(repo).len(), 3);
        repo.idhooks("backup create").ok().done();
        repo.idhooks("backup create").ok().done();
        assert_eq!(kept(repo).len(), 4);
        repo.idhooks("backup verify").ok().done();
        assert!(repo.findings("").is_empty());
        // No commit sees any of it.
        assert_eq!(repo.ask("log --all --oneline").lines().count(), 1);
    });
}

#[test]
fn the_way_back_keeps_what_was_committed_since() {
    on_adopted(|repo| {
        repo.idhooks("backup create").ok().done();
        let old = staged(repo);
        repo.stage("new.md", text("new"));
        repo.commit("new");
        let id = repo.id("new.md");
        repo.mv("docs/guide.md", "docs/manual.md");
        repo.commit("move");
        let guide = repo.id("docs/manual.md");
        repo.idhooks(["backup", "restore", &old]).ok().done();
        repo.stage("more.md", text("more"));
        repo.commit("more");
        assert_eq!((repo.id("new.md"), repo.id("docs/manual.md")), (id, guide));
        assert!(repo.findings("").is_empty());
    });
}

#[test]
fn a_registry_that_somebody_broke_is_taken_back() {
    on_adopted(|repo| {
        repo.idhooks("backup create").ok().done();
        repo.stage(".idhooks/registry.json", "{ broken");
        repo.idhooks("backup restore 9999-12-31").ok().done();
        // What was there is kept, broken as it is: on purpose, hence no failure, now or ever.
        let answer =
            repo.idhooks("backup verify").ok().complains("note: damaged when it was backed up");
        assert_eq!(
            answer.stdout(),
            "2 backups of 2 can be read; 1 cannot be restored: damaged when backed up\n"
        );
        let list = repo.idhooks("backup list").ok().stdout();
        let broken = list.lines().last().and_then(|line| line.split(' ').nth(1)).expect("a blob");
        repo.idhooks(["backup", "restore", broken]).code(2).explains("cannot be used").done();
        // What is lost is one.
        let object = format!(".git/objects/{}/{}", &broken[..2], &broken[2..]);
        repo.remove(&object);
        repo.idhooks("backup verify").code(1).explains("cannot be used").done();
        repo.run("add -A");
        repo.sh(&format!("printf '{{ broken' | git hash-object -w --stdin | grep {broken}"))
            .ok()
            .done();
        assert!(repo.findings("").is_empty());
        repo.idhooks("backup restore 2000-01-01").code(2).explains("2000-01-01").done();
    });
}

#[test]
fn copies_go_to_another_place() {
    on_adopted(|repo| {
        let safe = repo.root().join("safe");
        std::fs::create_dir(&safe).expect("writable");
        let (dir, bundle) = (safe.display().to_string(), safe.join("all.bundle"));
        repo.idhooks(["backup", "create", "--to", &dir]).ok().done();
        let copy = safe.join(format!("registry-{}.json", staged(repo)));
        assert_eq!(std::fs::read(copy).expect("there"), repo.registry("HEAD"));
        let bundle = bundle.display().to_string();
        repo.idhooks(["backup", "create", "--to", &bundle]).ok().done();
        let other = repo.beside("other");
        std::fs::create_dir(other.path()).expect("writable");
        other.run("init -q");
        let refs = "refs/idhooks/backups/*:refs/idhooks/backups/*";
        other.run(["fetch", "-q", &bundle, refs]);
        assert_eq!(other.ask("for-each-ref").lines().count(), 1);
        refuses(repo, "backup create --to nowhere", "not a directory");
    });
}

#[test]
fn what_cannot_be_taken_back() {
    on_adopted(|repo| {
        refuses(repo, "backup restore yesterday", "yesterday");
        refuses(repo, "backup restore 12345678", "12345678");
        refuses(repo, "backup restore 2026-02-30", "2026-02-30");
    });
}

#[test]
fn what_was_kept_is_pushed_and_fetched_back() {
    on_adopted(|repo| {
        repo.idhooks("backup push ../safe.git").code(2).explains("no backup to push").done();
        repo.idhooks("backup create").ok().done();
        repo.idhooks("deprecate README.md --reason wrong").ok().done();
        repo.idhooks("deprecate docs/guide.md --reason wrong").ok().done();
        repo.run("init -q --bare ../safe.git");
        repo.run("remote add safe ../safe.git");
        let safe = repo.beside("safe.git");
        let refs = |repo: &Repo| repo.ask("for-each-ref --format=%(refname)=%(objectname)");
        let dry = repo.idhooks("backup push safe --dry-run").ok().stdout();
        assert_eq!(dry, "2 backups would be pushed to 'safe'; 0 already there\n");
        assert_eq!(refs(&safe), "");
        let said = repo.idhooks("backup push safe").ok().stdout();
        assert_eq!(said, "2 backups pushed to 'safe'; 0 already there\n");
        let said = repo.idhooks("backup push ../safe.git").ok().stdout();
        assert_eq!(said, "0 backups pushed to '../safe.git'; 2 already there\n");
        assert_eq!(repo.idhooks("--quiet backup push safe").ok().stdout(), "");
        assert_eq!(
            refs(&safe),
            repo.ask("for-each-ref --format=%(refname)=%(objectname) refs/idhooks/backups",)
        );
        let other = repo.clone_as("other");
        other.run("fetch -q ../safe.git refs/idhooks/backups/*:refs/idhooks/backups/*");
        assert_eq!(kept(&other), kept(repo));
        other.idhooks(["backup", "restore", &kept(repo)[0]]).ok().done();
        // What cannot be pushed.
        let unknown = repo.idhooks("backup push nowhere").code(2);
        unknown
            .explains("'nowhere' does not appear to be a git repository")
            .complains("git remote -v")
            .done();
        let url = "nosuch://ann:secret@localhost/safe.git";
        let refused = repo.idhooks(["backup", "push", url]).code(2);
        assert!(!refused.stderr().contains("secret"), "{refused}");
        refused.explains("'nosuch://ann:***@localhost/safe.git'").done();
        repo.idhooks(["backup", "push", "--", "--mirror"]).code(2).explains("'--mirror'").done();
        repo.write("../safe.git/hooks/pre-receive", "#!/bin/sh\nexit 1\n");
        repo.sh("chmod +x ../safe.git/hooks/pre-receive").ok().done();
        repo.idhooks("backup create").ok().done();
        let refused = repo.idhooks("backup push safe").code(2);
        refused.explains("pre-receive hook declined").done();
        assert_eq!(repo.ask("branch --list -a").lines().count(), 1);
        repo.commit("deprecate");
    });
}

/// Leaves a repository without its registry, its rules and its history, as if no commit had ever had them.
fn lose_everything(repo: &Repo) {
    repo.run("checkout -q --orphan lost");
    repo.run("rm -q -r --cached .idhooks idhooks.toml .gitattributes");
    for path in [".idhooks/registry.json", "idhooks.toml", ".gitattributes"] {
        repo.remove(path);
    }
    repo.run("commit -q --no-verify -m files");
    repo.run("branch -q -D main");
}

#[test]
fn a_registry_that_no_commit_has_any_more_is_restored_with_one_command() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        let paths = ["README.md", "docs/guide.md", "notes.txt"];
        let ids = paths.map(|path| repo.id(path));
        repo.idhooks("backup create --to ../safe.bundle").ok().done();
        repo.run("init -q --bare ../hub");
        repo.idhooks("backup push ../hub").ok().done();
        lose_everything(repo);
        repo.run("rm -q docs/intro.md");
        repo.stage("docs/new.md", text("new"));
        repo.run("commit -q --no-verify -m other");
        for from in ["", " --from ../hub", " --from ../safe.bundle"] {
            let name = format!("restored{}", from.len());
            repo.run(["clone", "-q", ".", &format!("../{name}")]);
            let copy = &repo.beside(&name);
            match from {
                "" => copy.run("fetch -q origin refs/idhooks/backups/*:refs/idhooks/backups/*"),
                _ => {
                    let refused = copy.idhooks("backup restore").code(2).explains("no backup");
                    refused.complains("idhooks backup restore --from REMOTE").done();
                }
            }
            let before = Snapshot::of(copy);
            copy.idhooks(&*format!("backup restore{from} --dry-run")).ok().done();
            if from.is_empty() {
                before.assert_same(copy);
            }
            copy.idhooks(&*format!("backup restore{from}")).ok().done();
            copy.idhooks("install --quiet").ok().done();
            copy.commit("adopt again");
            assert_eq!(paths.map(|path| copy.id(path)), ids, "{from}");
            assert_eq!(copy.id("docs/new.md").len(), 16);
            assert!(copy.findings("").is_empty(), "{from}");
            copy.idhooks("check --history").ok().done();
        }
    });
}

#[test]
fn after_a_loss_each_hint_leads_to_a_step_that_works() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        let id = repo.id("notes.txt");
        repo.idhooks("backup create").ok().done();
        repo.run("init -q --bare ../hub");
        repo.idhooks("backup push ../hub").ok().done();
        lose_everything(repo);
        // Here, the backups are: every command names the one that restores, and none a new adoption.
        for command in ["status", "doctor", "check", "drift", "allocate notes.txt", "backup create"]
        {
            let answer = repo.idhooks(command);
            let text = answer.stdout() + &answer.stderr();
            assert!(text.contains("idhooks backup restore"), "{command}: {text}");
            assert!(!text.contains("idhooks init"), "{command}: {text}");
        }
        repo.idhooks("init").code(2).complains("idhooks backup restore").done();
        repo.idhooks("backup push ../hub").ok().done();
        // In a clone, they are not: the rules show that there was a registry.
        repo.stage("idhooks.toml", "scope = \"260118\"\n");
        repo.run("commit -q --no-verify -m rules");
        repo.run("clone -q . ../fresh");
        let fresh = &repo.beside("fresh");
        for command in ["backup create", "allocate notes.txt"] {
            fresh.idhooks(command).code(2).complains("backup restore --from REMOTE").done();
        }
        fresh.idhooks("backup push ../hub").code(2).complains("idhooks backup create").done();
        fresh.idhooks("backup restore").code(2).complains("backup restore --from REMOTE").done();
        let restored = fresh.idhooks("backup restore --from ../hub").ok().stdout();
        assert!(restored.contains("next: 'idhooks install'"), "{restored}");
        fresh.idhooks("install --quiet").ok().done();
        fresh.commit("adopt again");
        assert_eq!(fresh.id("notes.txt"), id);
        repo.idhooks("backup restore").ok().done();
        repo.commit("adopt again");
        assert_eq!(repo.id("notes.txt"), id);
    });
}
