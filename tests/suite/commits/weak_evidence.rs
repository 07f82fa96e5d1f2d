//! Text that many files share does not say which of them a file was; its name and the file beside it do.

use crate::common::{Repo, for_each_git, gits, text};

/// What programs generate beside assets: long, and nearly the same for all of them.
fn sidecar(guid: &str) -> String {
    format!("guid: {guid}\n{}", text("generated"))
}

/// Returns whether the file that had an identity is gone.
fn is_ended(repo: &Repo, id: &str) -> bool {
    repo.record(id)["status"] == "deprecated"
}

/// Commits files, then makes a change in three ways: by a commit with hooks, by one without them that the next
/// commit heals, and by one on a branch, without hooks, that is merged.
fn each_way(
    files: &[(&str, String)],
    change: impl Fn(&Repo),
    judge: impl Fn(&Repo, &dyn Fn(&str) -> String),
) {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        files.iter().for_each(|(path, content)| repo.stage(path, content));
        repo.commit("files");
        let before = repo.rev("HEAD");
        for way in ["hooks", "healed", "merged"] {
            let repo = repo.copy_as(way);
            if way == "merged" {
                repo.run("checkout -q -b side");
            }
            change(&repo);
            match way {
                "hooks" => repo.commit("change"),
                _ => repo.run("commit -q --no-verify -m change"),
            }
            match way {
                "healed" => repo.commit_file("later.txt", text("later")),
                "merged" => {
                    repo.run("checkout -q main");
                    repo.commit_file("later.txt", text("later"));
                    repo.run("merge -q --no-edit side");
                }
                _ => {}
            }
            judge(&repo, &|path| repo.id_in(&before, path));
            assert_eq!(repo.findings(""), [""; 0], "{way}");
            let faults = repo.findings("--history").into_iter().filter(|code| code != "BEHIND");
            assert_eq!(faults.count(), 0, "{way}");
        }
    });
}

#[test]
fn a_sidecar_follows_the_file_beside_it() {
    let names = ["art/fox.png", "art/hen.png", "art/owl.png"];
    let assets = names.map(|name| (name, text(name)));
    let equal = ["art/fox.png.meta", "art/hen.png.meta", "art/owl.png.meta"];
    let equal = equal.map(|name| (name, sidecar("none")));
    let change = |repo: &Repo| {
        // The first of the new paths is that of the last asset.
        for (from, to) in [("art/fox", "art/zebra"), ("art/hen", "art/ant")] {
            repo.mv(&format!("{from}.png"), &format!("{to}.png"));
            repo.mv(&format!("{from}.png.meta"), &format!("{to}.png.meta"));
        }
        // One is generated again.
        repo.stage("art/ant.png.meta", text("another format"));
    };
    each_way(&[assets, equal].concat(), change, |repo, had| {
        for (from, to) in [("fox", "zebra"), ("hen", "ant"), ("owl", "owl")] {
            for suffix in ["png", "png.meta"] {
                let [from, to] = [from, to].map(|name| format!("art/{name}.{suffix}"));
                assert_eq!(repo.id(&to), had(&from), "{to}");
            }
        }
    });
}

#[test]
fn a_sidecar_follows_an_edited_file() {
    let before = ["maps/one.json", "maps/two.json"].map(|name| (name, text(name)));
    let beside = ["maps/one.json.meta", "maps/two.json.meta"].map(|name| (name, sidecar(name)));
    let change = |repo: &Repo| {
        for (from, to) in [("maps/one.json", "old/x.json"), ("maps/two.json", "old/b.json")] {
            repo.mv(from, to);
            repo.append(to, "more\n");
            // Each of them is now more similar to the sidecar of the other file.
            let other = if to == "old/x.json" { "maps/two.json" } else { "maps/one.json" };
            repo.run(["rm", "-q", &format!("{from}.meta")]);
            repo.stage(format!("{to}.meta"), sidecar(other));
        }
        repo.run("add -A");
    };
    each_way(&[before, beside].concat(), change, |repo, had| {
        for (from, to) in [("maps/one.json", "old/x.json"), ("maps/two.json", "old/b.json")] {
            assert_eq!(repo.id(to), had(from));
            assert_eq!(repo.id(&format!("{to}.meta")), had(&format!("{from}.meta")));
        }
    });
}

#[test]
fn the_sidecar_of_another_file_is_another_one() {
    let names = ["art/fox.png", "art/hen.png"];
    let assets = names.map(|name| (name, text(name)));
    let beside = ["art/fox.png.meta", "art/hen.png.meta"].map(|name| (name, sidecar(name)));
    let change = |repo: &Repo| {
        repo.run("rm -q art/fox.png art/fox.png.meta");
        repo.stage("art/bear.png", text("bear"));
        repo.stage("art/bear.png.meta", sidecar("bear"));
    };
    each_way(&[assets, beside].concat(), change, |repo, had| {
        for path in ["art/fox.png", "art/fox.png.meta"] {
            assert!(is_ended(repo, &had(path)), "{path}");
        }
        assert_eq!(repo.id("art/hen.png.meta"), had("art/hen.png.meta"));
    });
}

#[test]
fn content_that_several_files_have_needs_a_related_name() {
    let names = ["a/LICENSE", "b/LICENSE", "c/LICENSE", "d/LICENSE", "e/COPYING"];
    let files = names.map(|name| (name, text("the terms")));
    let change = |repo: &Repo| {
        repo.run("rm -q e/COPYING");
        repo.mv("d/LICENSE", "f/LICENSE.txt");
        repo.stage("docs/terms.md", text("the terms"));
    };
    each_way(&files, change, |repo, had| {
        assert!(is_ended(repo, &had("e/COPYING")));
        assert_eq!(repo.id("f/LICENSE.txt"), had("d/LICENSE"));
    });
    // The same in two commits.
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        files.iter().for_each(|(path, content)| repo.stage(path, content));
        repo.commit("files");
        let gone = repo.id("e/COPYING");
        repo.run("rm -q e/COPYING");
        repo.commit("delete");
        repo.commit_file("docs/terms.md", text("the terms"));
        assert!(is_ended(&repo, &gone));
    });
}

#[test]
fn text_that_the_files_beside_it_share_needs_a_related_name() {
    // A hundred lines that are equal, and four that are not.
    let boilerplate = || ["one", "two", "three", "four"].map(text).concat();
    let module =
        |name: &str| boilerplate() + text(name).lines().take(4).collect::<String>().as_str();
    let names = ["src/m1.c", "src/m2.c", "src/m3.c", "src/m4.c", "src/m5.c"];
    let files = names.map(|name| (name, module(name)));
    let change = |repo: &Repo| {
        repo.run("rm -q src/m4.c src/m5.c");
        repo.stage("src/other.c", module("another one"));
        // It has the text of its own.
        repo.stage("lib/parser.c", module("src/m5.c") + "more\n");
        repo.mv("src/m3.c", "src/m3.cc");
        repo.append("src/m3.cc", &text("more"));
        repo.run("add -A");
    };
    each_way(&files, change, |repo, had| {
        assert!(is_ended(repo, &had("src/m4.c")));
        assert_eq!(repo.id("lib/parser.c"), had("src/m5.c"));
        assert_eq!(repo.id("src/m3.cc"), had("src/m3.c"));
    });
}

#[test]
fn content_of_one_file_or_two_is_enough() {
    let files = [("a/one.txt", text("one")), ("a/two.txt", text("two")), ("b/two.md", text("two"))];
    let change = |repo: &Repo| {
        repo.mv("a/one.txt", "c/first.md");
        repo.mv("a/two.txt", "c/other.md");
    };
    each_way(&files, change, |repo, had| {
        assert_eq!(repo.id("c/first.md"), had("a/one.txt"));
        assert_eq!(repo.id("c/other.md"), had("a/two.txt"));
        assert_eq!(repo.id("b/two.md"), had("b/two.md"));
    });
}

#[test]
fn a_history_says_where_files_were_only_moved_but_lost_their_identities() {
    let repo = Repo::adopted(&gits()[0]);
    let paths = ["in/a.txt", "in/b.txt", "in/c.txt", "stays.txt"];
    paths.iter().for_each(|path| repo.stage(path, text("the same")));
    repo.commit("files");
    for hooks in [true, false] {
        let moved = repo.copy_as(if hooks { "hooks" } else { "healed" });
        for [from, to] in
            [["in/a.txt", "out/x.md"], ["in/b.txt", "out/y.md"], ["in/c.txt", "out/z.md"]]
        {
            moved.mv(from, to);
        }
        if hooks {
            moved.commit("move");
        } else {
            moved.run("commit -q --no-verify -m move");
            moved.commit_file("later.txt", text("later"));
        }
        let said = moved.idhooks("check --history").ok().stdout();
        assert!(said.contains("3 identities ended, such as"), "{said}");
        assert!(!said.contains("no identity is lost"), "{said}");
    }
    // Files that were deleted go on nowhere, even if another file has their content.
    repo.run("rm -q in/a.txt in/b.txt in/c.txt");
    repo.commit("delete");
    assert_eq!(repo.findings("--history"), [""; 0]);
}
