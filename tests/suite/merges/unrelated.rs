//! Merges of registries without a common base: neither a new root nor a second adoption exchanges the
//! identities of files that both sides have.

use super::unmerged_paths;
use crate::common::{Git, Output, Repo, SCOPE, for_each_git, sample_of, text};
use crate::judge::View;

const REGISTRY: &str = ".idhooks/registry.json";

/// Makes the branch `topic` with a registry of its own: from before the adoption of `main`, or as a new
/// root. Then exchanges two pairs of files on `main`, commit by commit.
fn parted(git: &Git, is_root: bool) -> Repo {
    Repo::made_once(git, &format!("parted {is_root}"), || part(git, is_root))
}

fn part(git: &Git, is_root: bool) -> Repo {
    let repo = Repo::empty(git);
    for path in ["a.txt", "b.txt", "c.txt", "d.txt"] {
        repo.stage(path, text(path));
    }
    repo.run("commit -q -m begin");
    repo.run("tag begin");
    repo.init_and_install("");
    repo.commit("adopt");
    match is_root {
        true => {
            repo.run("checkout -q --orphan topic");
            repo.run("rm -q --cached -r .idhooks idhooks.toml .gitattributes");
        }
        false => repo.run("checkout -q -b topic begin"),
    }
    repo.idhooks(format!("init --force --scope {SCOPE}").as_str()).ok().done();
    repo.commit("adopt again");
    repo.run("checkout -q main");
    for [one, other] in [["a.txt", "b.txt"], ["c.txt", "d.txt"]] {
        for (from, to) in [(one, "t"), (other, one), ("t", other)] {
            repo.mv(from, to);
            repo.commit("exchange");
        }
    }
    let [main, topic] = ["main", "topic"].map(|branch| ids(&repo, branch));
    assert_eq!((&main.a, &main.b, &main.c, &main.d), (&topic.b, &topic.a, &topic.d, &topic.c));
    repo
}

/// The identities of the files.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Ids {
    a: String,
    b: String,
    c: String,
    d: String,
}

fn ids(repo: &Repo, rev: &str) -> Ids {
    let ids = View::of(repo, rev).ids();
    let [a, b, c, d] = [b"a.txt", b"b.txt", b"c.txt", b"d.txt"].map(|path| ids[&path[..]].clone());
    Ids { a, b, c, d }
}

/// Stages a registry in which a pair of files has the identities of `topic`, the other that of `main`.
fn stage_mixture(repo: &Repo) {
    let registry = String::from_utf8(repo.registry("main")).expect("text");
    let registry = registry.replace("\"a.txt\"", "\"t\"").replace("\"b.txt\"", "\"a.txt\"");
    repo.stage(REGISTRY, registry.replace("\"t\"", "\"b.txt\""));
}

/// Returns the option that keeps the identity which `a.txt` has on `topic` at a path.
fn option(repo: &Repo, path: &str) -> String {
    let record = repo.record(&repo.id_in("topic", "a.txt"));
    format!("--path {}={path}", record["metadata"]["origin"].as_str().expect("an origin"))
}

/// Merges a branch into the one that is checked out; the registry stops it. The files stay as they are
/// on `main`.
fn merge<'r>(repo: &'r Repo, branch: &str) -> Output<'r> {
    let answer = repo.try_git(["merge", "--allow-unrelated-histories", branch]).code(1);
    assert!(unmerged_paths(repo).contains(&REGISTRY.to_owned()), "{answer}");
    assert!(String::from_utf8_lossy(&repo.read(REGISTRY)).contains("\n======="));
    repo.run("checkout -q main -- a.txt b.txt c.txt d.txt .gitattributes idhooks.toml");
    answer.complains("run: idhooks resolve")
}

/// Commits the merge and asserts that all checks but those of a gate accept it.
fn finish(repo: &Repo) {
    repo.run("commit -q --no-edit");
    repo.idhooks("check").ok().done();
    repo.idhooks("check --history").ok().done();
    assert_eq!(repo.ask("status --porcelain"), "");
}

/// Runs the scenario with one of the shapes, and with both in the long form.
#[track_caller]
fn for_each_shape(scenario: impl Fn(&Repo)) {
    for_each_git(|git| {
        sample_of(&[true, false]).into_iter().for_each(|root| scenario(&parted(git, *root)));
    });
}

#[test]
fn the_side_that_allocated_them_keeps_its_paths_in_both_directions() {
    for_each_shape(|repo| {
        let made = ids(repo, "topic");
        for (ours, theirs, side) in [("main", "topic", "theirs"), ("topic", "main", "ours")] {
            repo.run(["checkout", "-q", "-b", &format!("of-{ours}"), ours]);
            merge(repo, theirs).done();
            repo.idhooks("check").code(1).done();
            repo.idhooks("resolve --dry-run")
                .ok()
                .complains(&format!("the paths of {side}"))
                .done();
            repo.idhooks("resolve").ok().done();
            finish(repo);
            assert_eq!(ids(repo, "HEAD"), made, "{ours} first");
        }
        // Both are the same, and can be merged.
        repo.run("merge -q --no-edit of-main");
        assert_eq!(ids(repo, "HEAD"), made);
        repo.idhooks("check --history").ok().done();
    });
}

#[test]
fn a_gate_accepts_only_the_paths_of_what_was_there() {
    for_each_shape(|repo| {
        let (main, topic) = (ids(repo, "main"), ids(repo, "topic"));
        for (ours, theirs) in [("main", "topic"), ("topic", "main")] {
            repo.run(["checkout", "-q", "-b", &format!("of-{ours}"), ours]);
            merge(repo, theirs).done();
            repo.idhooks("resolve").ok().done();
            finish(repo);
            let (new, old) = (repo.rev("HEAD"), repo.rev("main"));
            let found = repo.idhooks("ci --base main").code(1).stdout();
            assert!(found.contains("IDENTITY_CHANGED"), "{found}");
            let protected = ["receive", "--protect", "x", "refs/heads/x"];
            let receive = |old: &str| {
                let [a, b, c, d] = protected;
                repo.idhooks([a, b, c, d, old, &new])
            };
            receive(&old).code(1).complains("IDENTITY_CHANGED").done();
            receive(&repo.rev("topic")).ok().done();
            // The help of the finding is what helps.
            repo.run("reset -q --hard HEAD^");
            merge(repo, theirs).done();
            let command = found.split("idhooks resolve ").nth(1).expect("a command");
            let option = command.lines().next().expect("a line").trim();
            repo.idhooks(format!("resolve {option}").as_str()).ok().done();
            finish(repo);
            assert_eq!(ids(repo, "HEAD"), main, "{ours} first");
            repo.idhooks("ci --base main").ok().done();
            let new = repo.rev("HEAD");
            let [a, b, c, d] = protected;
            repo.idhooks([a, b, c, d, &old, &new]).ok().done();
            repo.idhooks([a, b, c, d, &repo.rev("topic"), &new]).code(1).done();
            assert_ne!(main, topic);
        }
    });
}

#[test]
fn a_person_decides_on_imported_origins() {
    for_each_git(|git| {
        let repo = parted(git, false);
        // Both registries name origins that no file gives.
        let imported = |branch: &str| {
            repo.run(["checkout", "-q", branch]);
            let mut registry = String::from_utf8(repo.registry(branch)).expect("text");
            for (n, path) in ["a.txt", "b.txt", "c.txt", "d.txt"].into_iter().enumerate() {
                let record = repo.record(&repo.id_in("topic", path));
                let origin = record["metadata"]["origin"].as_str().expect("an origin").to_owned();
                registry = registry.replace(&origin, &format!("{n:016}"));
            }
            repo.run("checkout -q --orphan new");
            repo.stage(REGISTRY, registry);
            repo.run("commit -q --no-verify -m imported");
            repo.run(["branch", "-q", "-M", "new", branch]);
        };
        imported("topic");
        imported("main");
        let (main, topic) = (ids(&repo, "main"), ids(&repo, "topic"));
        merge(&repo, "topic").done();
        let told = repo.idhooks("resolve").code(2).stderr();
        assert!(told.contains("'b.txt' in ours, 'a.txt' in theirs"), "{told}");
        let refused = |options: &str, why: &str| {
            repo.idhooks(format!("resolve {options}").as_str()).code(2).complains(why).done();
        };
        refused("--path 0000000000000000=c.txt", "neither side has");
        refused("--path 0000000000000007=a.txt", "need not choose");
        refused("--path 0000000000000000=a.txt --path 0000000000000001=a.txt", "paths of one side");
        assert!(unmerged_paths(&repo).contains(&REGISTRY.to_owned()));
        repo.idhooks("resolve --path 0000000000000000=a.txt").ok().done();
        // Another choice before the commit.
        repo.idhooks("resolve --path 0000000000000001=a.txt").ok().done();
        finish(&repo);
        assert_eq!(ids(&repo, "HEAD"), main);
        repo.run("reset -q --hard HEAD^");
        merge(&repo, "topic").done();
        // The path of one side for one file, that of the other side for the other.
        stage_mixture(&repo);
        repo.try_git("commit -q --no-edit").code(1).complains("--path 0000000000000000=").done();
        repo.idhooks("resolve --path 0000000000000001=b.txt").ok().done();
        finish(&repo);
        assert_eq!(ids(&repo, "HEAD"), topic);
    });
}

#[test]
fn a_mixture_is_a_changed_identity() {
    for_each_shape(|repo| {
        let made = ids(repo, "topic");
        merge(repo, "topic").done();
        stage_mixture(repo);
        repo.run("commit -q --no-verify --no-edit");
        let found = repo.findings("--rev HEAD");
        assert!(found.iter().any(|code| code.contains("IDENTITY_CHANGED")), "{found:?}");
        // The next commit heals it, the same in every clone.
        repo.commit_file("e.txt", text("e"));
        assert_eq!(ids(repo, "HEAD"), made);
    });
}

#[test]
fn a_criss_cross_of_both_choices_keeps_one_of_them() {
    for_each_shape(|repo| {
        let (main, topic) = (ids(repo, "main"), ids(repo, "topic"));
        for (ours, theirs, path) in [("main", "topic", "b.txt"), ("topic", "main", "a.txt")] {
            repo.run(["checkout", "-q", "-b", &format!("of-{ours}"), ours]);
            merge(repo, theirs).done();
            repo.idhooks(format!("resolve {}", option(repo, path)).as_str()).ok().done();
            finish(repo);
        }
        assert_eq!((ids(repo, "of-main"), ids(repo, "of-topic")), (main.clone(), topic.clone()));
        let mut results = Vec::new();
        for (ours, theirs) in [("of-main", "of-topic"), ("of-topic", "of-main")] {
            repo.run(["checkout", "-q", "--detach", ours]);
            repo.run(["merge", "-q", "--no-edit", theirs]);
            repo.idhooks("check").ok().done();
            results.push(ids(repo, "HEAD"));
        }
        assert_eq!(results[0], results[1]);
        let kept = &results[0];
        assert!([(&main.a, &main.b), (&topic.a, &topic.b)].contains(&(&kept.a, &kept.b)));
        assert!([(&main.c, &main.d), (&topic.c, &topic.d)].contains(&(&kept.c, &kept.d)));
    });
}

#[test]
fn the_driver_makes_a_conflict_but_never_a_base() {
    for_each_git(|git| {
        let repo = parted(git, false);
        let write = || {
            repo.write("../base", "");
            repo.write("../ours", repo.registry("main"));
            repo.write("../theirs", repo.registry("topic"));
        };
        write();
        repo.idhooks("merge-driver ../base ../ours ../theirs 7 .idhooks/registry.json")
            .code(1)
            .complains("run: idhooks resolve")
            .done();
        assert!(String::from_utf8_lossy(&repo.read("../ours")).contains("\n======="));
        write();
        repo.idhooks("merge-driver ../base ../ours ../theirs 9 .idhooks/registry.json").ok().done();
        let base: serde_json::Value = serde_json::from_slice(&repo.read("../ours")).expect("JSON");
        let paths = base["allocations"].as_array().expect("records").iter();
        let paths: Vec<&str> = paths.filter_map(|record| record["file_path"].as_str()).collect();
        assert_eq!(paths.iter().filter(|path| **path == "a.txt").count(), 2, "the smaller path");
    });
}

#[test]
fn a_picked_root_does_not_exchange_what_head_has() {
    for_each_git(|git| {
        let repo = parted(git, true);
        let main = ids(&repo, "main");
        repo.try_git("cherry-pick topic").code(1).done();
        repo.run("checkout -q main -- a.txt b.txt c.txt d.txt .gitattributes idhooks.toml");
        repo.idhooks("resolve").ok().done();
        repo.stage("e.txt", text("e"));
        repo.run("commit -q -m picked");
        assert_eq!(ids(&repo, "HEAD"), main);
        repo.idhooks("check --history").ok().done();
    });
}

#[test]
fn what_a_merge_would_exchange_is_named_before() {
    for_each_git(|git| {
        let repo = parted(git, false);
        let found = repo.idhooks("check --against topic").stdout();
        assert!(found.contains("has no registry in common"), "{found}");
        // The advice of ci leads to a merge that it accepts.
        repo.run("checkout -q topic");
        let found = repo.idhooks("ci --base main").code(1).stdout();
        let option = format!("idhooks resolve {}", option(&repo, "b.txt"));
        assert!(found.contains(&option), "{found}");
        merge(&repo, "main").done();
        repo.idhooks(option.trim_start_matches("idhooks ")).ok().done();
        finish(&repo);
        repo.idhooks("ci --base main").ok().done();
    });
}

#[test]
fn what_a_person_chose_displaces_what_the_other_side_has_there() {
    for_each_git(|git| {
        let repo = parted(git, false);
        let main = ids(&repo, "main");
        repo.run("checkout -q topic");
        for (from, to) in [("a.txt", "y.txt"), ("c.txt", "x.txt"), ("d.txt", "a.txt")] {
            repo.mv(from, to);
            repo.commit("move");
        }
        repo.run("checkout -q main");
        merge(&repo, "topic").done();
        let record = repo.record(&main.a);
        let origin = record["metadata"]["origin"].as_str().expect("an origin");
        repo.idhooks(["resolve", "--path", &format!("{origin}=a.txt")]).ok().done();
        finish(&repo);
        assert_eq!(repo.id("a.txt"), main.a, "{}", repo.situation());
        repo.idhooks("check --history").ok().done();
    });
}
