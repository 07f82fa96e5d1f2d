//! The old and the new tip of a branch, compared end to end by 'idhooks receive' and 'idhooks ci'.

use super::receive::{for_each_hook, served};
use crate::common::{Git, Repo, for_each_git, sample_of, text};

const REGISTRY: &str = ".idhooks/registry.json";

/// Exchanges the paths of two records in a registry.
fn exchanged(registry: &[u8]) -> String {
    let registry = String::from_utf8(registry.to_vec()).expect("text");
    let path = |name: &str| format!("\"file_path\":\"{name}\"");
    let moved = registry.replace(&path("README.md"), "\0");
    moved.replace(&path("notes.txt"), &path("README.md")).replace('\0', &path("notes.txt"))
}

/// Commits everything without hooks.
fn unhooked(repo: &Repo, message: &str) {
    repo.run("add -A");
    repo.run(["commit", "-q", "--no-verify", "-m", message]);
}

/// Merges a root of its own that has the same files with exchanged identities.
fn unrelated_root(clone: &Repo) {
    let main = clone.rev("main");
    let _ = clone.try_git("branch -q -D root");
    clone.run("switch -q --orphan root");
    clone.run(["checkout", "-q", &main, "--", "."]);
    clone.write(REGISTRY, exchanged(&clone.registry(&main)));
    unhooked(clone, "root");
    let (root, tree) = (clone.rev("HEAD"), clone.rev("HEAD^{tree}"));
    clone.run("switch -q main");
    let merge = clone.ask(["commit-tree", "-m", "merge", "-p", &main, "-p", &root, &tree]);
    clone.run(["reset", "-q", "--hard", &merge]);
}

/// Gives up idhooks, and adopts it again with exchanged identities.
fn adopted_again(clone: &Repo) {
    let (registry, config) = (clone.registry("HEAD"), clone.read("idhooks.toml"));
    clone.run("rm -q idhooks.toml .idhooks/registry.json");
    unhooked(clone, "give up");
    clone.write("idhooks.toml", config);
    clone.write(REGISTRY, exchanged(&registry));
    unhooked(clone, "adopt again");
}

#[test]
fn commits_that_look_fine_one_by_one_exchange_nothing() {
    for_each_hook(|server, clone| {
        for (path, attack) in
            [("a.md", unrelated_root as fn(&Repo)), ("b.md", adopted_again as fn(&Repo))]
        {
            let head = server.rev("main");
            attack(clone);
            let refused = clone.try_git("push -q -f origin main").code(1);
            refused.complains("IDENTITY_CHANGED").complains("'README.md'").done();
            assert_eq!(server.rev("main"), head);
            let found = clone.idhooks("ci --base origin/main").code(1);
            assert!(found.stdout().contains("IDENTITY_CHANGED"), "{found}");
            // A replaced history is compared with what both have.
            clone.run("reset -q --hard origin/main");
            clone.commit_file(path, text(path));
            clone.run("push -q origin main");
            clone.run("reset -q --hard HEAD~1");
            attack(clone);
            clone.try_git("push -q -f origin main").code(1).complains("IDENTITY_CHANGED").done();
            clone.run("reset -q --hard origin/main");
        }
    });
}

/// Pushes what a story commits, and checks it with `ci`.
fn accepted(git: &Git, story: impl Fn(&Repo)) {
    let (server, clone) = served(git, "pre-receive");
    story(&clone);
    clone.idhooks("ci --base origin/main").ok().done();
    clone.run("push -q -f origin main");
    assert_eq!(server.rev("main"), clone.rev("main"));
}

#[test]
fn deletions_and_moves_explain_a_change() {
    for_each_git(|git| {
        accepted(git, |clone| {
            let ids = ["README.md", "notes.txt"].map(|path| clone.id(path));
            for (from, to) in [("README.md", "t"), ("notes.txt", "README.md"), ("t", "notes.txt")] {
                clone.mv(from, to);
                clone.commit("move");
            }
            assert_eq!(["notes.txt", "README.md"].map(|path| clone.id(path)), ids);
        });
        accepted(git, |clone| {
            clone.run("rm -q notes.txt");
            clone.commit("delete");
            clone.commit_file("other.md", text("other"));
            clone.commit_file("notes.txt", text("quite another file"));
            clone.run("mv README.md docs/README.md");
            clone.commit("move");
            clone.commit_file("README.md", text("new"));
        });
    });
}

#[test]
fn a_swap_by_renames_a_healed_commit_and_a_replaced_history_are_accepted() {
    for_each_git(|git| {
        accepted(git, |clone| {
            let ids = ["README.md", "notes.txt"].map(|path| clone.id(path));
            for (from, to) in [("README.md", "t"), ("notes.txt", "README.md"), ("t", "notes.txt")] {
                clone.mv(from, to);
                clone.commit("move");
            }
            assert_eq!(["notes.txt", "README.md"].map(|path| clone.id(path)), ids);
        });
        // Nobody's hook followed the rename; the next commit heals it.
        accepted(git, |clone| {
            let id = clone.id("README.md");
            clone.mv("README.md", "docs/t.md");
            unhooked(clone, "move");
            clone.append("docs/t.md", "more\n");
            unhooked(clone, "edit");
            clone.commit_file("README.md", text("another"));
            assert_eq!(clone.id("docs/t.md"), id);
            assert_ne!(clone.id("README.md"), id);
        });
        // Renames that exchange two files leave the registry as it was.
        accepted(git, |clone| {
            let [readme, notes] = ["README.md", "notes.txt"].map(|path| clone.id(path));
            exchanged_unhooked(clone);
            clone.append("README.md", "more\n");
            unhooked(clone, "edit");
            clone.commit_file("docs/new.md", text("new"));
            assert_eq!(["README.md", "notes.txt"].map(|path| clone.id(path)), [notes, readme]);
        });
        accepted(git, |clone| {
            let id = clone.id("notes.txt");
            clone.remove("notes.txt");
            clone.run("commit -q -a -m delete");
            clone.commit_file("notes.txt", text("another"));
            assert_ne!(clone.id("notes.txt"), id);
        });
        // A history that lost no identity may be replaced.
        let (server, clone) = served(git, "pre-receive");
        clone.append("README.md", "one\n");
        clone.run("commit -q -a -m one");
        clone.run("push -q origin main");
        clone.run("commit -q --amend -m two");
        clone.run("push -q -f origin main");
        assert_eq!(server.rev("main"), clone.rev("main"));
    });
}

/// Exchanges two files by three renames without hooks.
fn exchanged_unhooked(clone: &Repo) {
    for (from, to) in [("README.md", "t"), ("notes.txt", "README.md"), ("t", "notes.txt")] {
        clone.mv(from, to);
        unhooked(clone, "move");
    }
}

#[test]
fn renames_that_leave_the_registry_as_it_was_are_refused_until_they_are_healed() {
    for_each_hook(|server, clone| {
        let head = server.rev("main");
        exchanged_unhooked(clone);
        let found = clone.idhooks("ci --base origin/main").code(1);
        assert!(found.stdout().contains("IDENTITY_CHANGED"), "{found}");
        let refused = clone.try_git("push -q origin main").code(1);
        refused.complains("IDENTITY_CHANGED").complains("'README.md'").done();
        assert_eq!(server.rev("main"), head);
        clone.idhooks("reconcile").ok().done();
        clone.run(["commit", "-q", "-m", "Heal the registry"]);
        clone.run("push -q origin main");
        assert_eq!(server.rev("main"), clone.rev("main"));
    });
}

#[test]
fn commands_and_identities_in_files_explain_a_change() {
    for_each_git(|git| {
        let exchange = |clone: &Repo| {
            for line in ["mv README.md t", "mv notes.txt README.md", "mv t notes.txt"] {
                clone.idhooks(line).ok().done();
            }
            clone.commit("exchange");
        };
        accepted(git, exchange);
        // Squashed, amended, and with commits around it.
        accepted(git, |clone| {
            clone.run("switch -q -c topic");
            exchange(clone);
            clone.commit_file("docs/new.md", text("new"));
            clone.run("switch -q main");
            clone.run("merge -q --squash topic");
            clone.commit("squash");
            clone.append("docs/new.md", "more\n");
            clone.run("commit -q --amend -a --no-edit");
        });
        accepted(git, |clone| {
            let id = clone.id("notes.txt");
            clone.idhooks(["supersede", &id, "--with-new"]).ok().done();
            clone.commit("supersede");
            assert_ne!(clone.id("notes.txt"), id);
        });
        accepted(git, |clone| {
            clone.commit_file("a.md", text("a"));
            let id = clone.id("README.md");
            clone.idhooks(["assign", &id, "notes.txt"]).ok().done();
            clone.commit("assign");
            assert_eq!(clone.id("notes.txt"), id);
        });
    });
}

#[test]
fn merges_and_new_numbers_explain_a_change() {
    for_each_git(|git| {
        // Both branches add the same path; the older allocation keeps it.
        let (server, clone) = served(git, "pre-receive");
        clone.run("switch -q -c topic");
        clone.commit_file("same.md", text("topic"));
        let id = clone.id("same.md");
        clone.run("switch -q main");
        clone.commit_file("same.md", text("main"));
        clone.run("push -q origin main");
        assert_ne!(clone.id("same.md"), id);
        clone.try_git("merge -q topic").code(1).done();
        clone.stage("same.md", text("both"));
        clone.commit("merge");
        assert_eq!(clone.id("same.md"), id);
        clone.run("push -q origin main");
        assert_eq!(server.rev("main"), clone.rev("main"));
    });
    for_each_git(|git| {
        // Two branches choose one number.
        let origin = Repo::adopted_with(git, "--strategy sequential");
        origin.run("switch -q -c topic");
        origin.commit_file("topic.md", text("topic"));
        origin.run("switch -q main");
        origin.commit_file("main.md", text("main"));
        origin.run("clone -q --bare . ../server.git");
        let server = origin.beside("server.git");
        super::receive::install_hook(&server, "pre-receive");
        origin.run("merge -q --no-edit topic");
        let ids = ["topic.md", "main.md"].map(|path| origin.id(path));
        assert_ne!(ids[0], ids[1]);
        origin.run("push -q ../server.git main");
    });
}

#[test]
fn a_merge_that_takes_the_file_of_one_side_explains_a_change() {
    let exchange = |clone: &Repo, one: &str, other: &str| {
        for (from, to) in [(one, "t"), (other, one), ("t", other)] {
            clone.idhooks(["mv", from, to]).ok().done();
        }
        clone.commit("exchange");
    };
    // Which of two identities stays at a path depends on the contents for which they were allocated.
    for n in [0, 7] {
        for_each_git(|git| {
            accepted(git, |clone| {
                for path in ["a", "b", "c"] {
                    clone.stage(path, text(&format!("{path}{n}")));
                }
                clone.commit("add");
                clone.run("push -q origin main");
                clone.run("switch -q -c topic");
                exchange(clone, "b", "c");
                clone.run("switch -q main");
                exchange(clone, "a", "b");
                clone.try_git("merge -q topic").code(1).done();
                clone.run("checkout --ours -- b");
                clone.run("add b");
                clone.commit("merge");
                clone.idhooks("check --rev HEAD").ok().done();
            });
        });
    }
}

/// Asserts that the gate refuses what was committed, that `ci` does, too, and that the next commit heals it.
fn refused_until_healed(server: &Repo, clone: &Repo, ids: &[String; 2]) {
    let head = server.rev("main");
    clone.try_git("push -q origin main").code(1).complains("IDENTITY_CHANGED").done();
    assert_eq!(server.rev("main"), head);
    clone.idhooks("ci --base origin/main").code(1).done();
    clone.idhooks("check --history").code(1).done();
    clone.idhooks("reconcile").done();
    clone.run("commit -q --allow-empty -m heal");
    assert_eq!(["README.md", "notes.txt"].map(|path| clone.id(path)), *ids);
    clone.idhooks("check --history").ok().done();
    clone.run("push -q origin main");
}

/// No record takes the number of another one that is there, even if both keep theirs as aliases.
#[test]
fn numbers_that_two_records_exchange() {
    for_each_hook(|server, clone| {
        let ids = ["README.md", "notes.txt"].map(|path| clone.id(path));
        let registry = String::from_utf8(clone.registry("HEAD")).expect("text");
        let [one, two] = &ids;
        let renumbered = |line: &str, from: &str, to: &str| {
            let line = line.replace(&format!("\"id\":\"{from}\""), &format!("\"id\":\"{to}\""));
            line.replace("{\"origin\"", &format!("{{\"aliases\":[\"{from}\"],\"origin\""))
        };
        let lines = registry.split('\n').map(|line| match line {
            _ if line.contains("\"README.md\"") => renumbered(line, one, two),
            _ if line.contains("\"notes.txt\"") => renumbered(line, two, one),
            _ => line.to_owned(),
        });
        let edited = lines.collect::<Vec<_>>().join("\n");
        // The hook takes it back.
        clone.write(REGISTRY, &edited);
        clone.run("add -A");
        clone.run("commit -q --allow-empty -m edited");
        assert_eq!(["README.md", "notes.txt"].map(|path| clone.id(path)), ids);
        clone.write(REGISTRY, &edited);
        unhooked(clone, "exchange numbers");
        refused_until_healed(server, clone, &ids);
    });
}

/// A number stays an alias of its record for ever.
#[test]
fn a_number_that_disappears_in_two_steps() {
    for_each_hook(|server, clone| {
        let ids = ["README.md", "notes.txt"].map(|path| clone.id(path));
        let (id, other) = (&ids[0], "0199912345260118");
        let alias = format!("\"aliases\":[\"{id}\"],");
        let edit = |change: &dyn Fn(&str) -> String, message: &str| {
            let registry = String::from_utf8(clone.registry("HEAD")).expect("text");
            let lines = registry.split('\n');
            let edited: Vec<String> = lines
                .map(|line| match line.contains("\"README.md\"") {
                    true => change(line),
                    false => line.to_owned(),
                })
                .collect();
            clone.write(REGISTRY, edited.join("\n"));
            unhooked(clone, message);
        };
        let renumber = |line: &str| {
            let line = line.replace(&format!("\"id\":\"{id}\""), &format!("\"id\":\"{other}\""));
            line.replace("{\"origin\"", &format!("{{{alias}\"origin\""))
        };
        edit(&renumber, "another number");
        edit(&|line| line.replace(&alias, ""), "no alias");
        let head = server.rev("main");
        clone.try_git("push -q origin main").code(1).complains("lost its alias").done();
        assert_eq!(server.rev("main"), head);
        clone.run("commit -q --allow-empty -m heal");
        clone.idhooks(["show", id]).ok().done();
        clone.run("push -q origin main");
    });
}

/// Files that are deleted and come back keep their own identities, with the same content.
#[test]
fn identities_exchanged_while_their_files_were_deleted() {
    for_each_hook(|server, clone| {
        for hook in sample_of(&["", "--no-verify"]) {
            let ids = ["README.md", "notes.txt"].map(|path| clone.id(path));
            let registry = clone.registry("HEAD");
            let start = clone.rev("HEAD");
            clone.run("rm -q README.md notes.txt");
            clone.run(format!("commit -q {hook} -m delete").as_str());
            clone.run(["checkout", "-q", &start, "--", "README.md", "notes.txt"]);
            clone.write(REGISTRY, exchanged(&registry));
            unhooked(clone, "back");
            refused_until_healed(server, clone, &ids);
        }
    });
}
