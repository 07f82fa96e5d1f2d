//! File names that begin with the identity of another file.

use super::{RULES, puts_right, without_hooks};
use crate::common::{Repo, Snapshot, for_each_git, text};
use crate::judge;
use crate::reviewed::assert_text;

/// An identity that no file ever had.
const FREE: &str = "0199912345260118";

/// Returns the only identity that a file has in the index.
fn own(repo: &Repo, path: &str) -> String {
    let list = repo.idhooks("list --status active --format json").ok().json();
    let all = list["allocations"].as_array().expect("a list").clone();
    let ids: Vec<_> = all.iter().filter(|record| record["file_path"] == path).collect();
    assert_eq!(ids.len(), 1, "{path}: {all:?}");
    ids[0]["id"].as_str().expect("an identity").to_owned()
}

/// Asserts what is wrong, whatever the order.
fn has(repo: &Repo, codes: &[&str]) {
    let mut found = repo.findings("");
    found.sort();
    assert_eq!(found, codes);
}

#[test]
fn the_file_that_has_it_keeps_it_and_name_head_and_references_of_the_copy_follow() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        repo.idhooks("rename --to-id-prefix docs/guide.md").ok().done();
        let id = repo.id("docs/guide.md");
        let name = format!("{id}_guide.md");
        repo.idhooks(["inject", &format!("docs/{name}")]).ok().done();
        repo.commit("a name with an identity");
        let head = format!("<!-- doc_id: {id} -->\n");
        let guide = repo.read(&format!("docs/{name}"));
        assert!(guide.starts_with(head.as_bytes()));
        repo.stage(format!("sub/{name}"), &guide);
        let links = |sub: &str| format!("[one](docs/{name}) [two](sub/{sub})\n");
        repo.stage("links.md", links(&name));
        repo.stage("list.toml", format!("file = \"sub/{name}\"\n"));
        repo.run("commit -q --no-verify -m copy");
        repo.commit_file("more.md", text("more"));
        let copy = repo.id(&format!("sub/{name}"));
        assert_ne!(copy, id);
        has(repo, &["DUPLICATE_IN_FS"]);
        let new = format!("sub/{copy}_guide.md");
        let dry = repo.idhooks("fix").code(1);
        assert!(!dry.stdout().contains("canonical"), "{dry}");
        dry.complains("1 finding; nothing was changed: 'idhooks fix --execute' fixes it").done();
        repo.idhooks("fix --execute").ok().complains("fixed 1 finding").done();
        repo.idhooks("fix --rollback").ok().done();
        judge::assert_clean(repo);
        has(repo, &["DUPLICATE_IN_FS"]);
        let done = puts_right(repo, "fix DUPLICATE_IN_FS");
        assert_eq!(done[0], format!("{copy} renamed from sub/{name} to {new}"));
        let all = done.join("\n");
        for line in [format!("-{}", head.trim()), format!("+<!-- doc_id: {copy} -->")] {
            assert!(all.contains(&line), "{all}");
        }
        assert_eq!(repo.read("links.md"), links(&format!("{copy}_guide.md")).into_bytes());
        assert_eq!(repo.read("list.toml"), format!("file = \"{new}\"\n").into_bytes());
        let body = String::from_utf8(guide.clone()).expect("text").replace(&id, &copy);
        assert_eq!(repo.read(&new), body.into_bytes());
        assert_eq!(repo.read(&format!("docs/{name}")), guide);
        has(repo, &[]);
        assert_eq!(repo.ask("diff --name-only"), "");
        repo.commit("fixed");
        assert_eq!([repo.id(&new), repo.id(&format!("docs/{name}"))], [copy, id]);
        judge::assert_clean(repo);
        assert_eq!(repo.idhooks("fix").ok().stdout(), "");
    });
}

#[test]
fn what_no_file_ever_had_goes_to_the_one_that_was_committed_last() {
    without_hooks(|repo| {
        let [one, two] = ["docs/A_one.md", "src/P_A_two.py"].map(|p| p.replace('A', FREE));
        repo.stage(&one, text("one"));
        repo.commit("one");
        repo.stage(&two, text("two"));
        repo.commit("two");
        repo.append(&one, "edited\n");
        repo.run("commit -q -a -m edited");
        has(repo, &["DUPLICATE_IN_FS", "MISSING_ID", "MISSING_ID", "UNREGISTERED"]);
        puts_right(repo, "fix");
        assert_eq!(own(repo, &one), FREE);
        let list = repo.ask("ls-files src");
        let new = list.lines().find(|path| path.ends_with("_two.py")).expect("renamed");
        assert_eq!(new, format!("src/P_{}_two.py", own(repo, new)));
        has(repo, &[]);
        repo.commit("fixed");
        has(repo, &[]);
    });
}

#[test]
fn it_takes_the_place_of_the_one_that_the_registry_gave_meanwhile() {
    without_hooks(|repo| {
        let [one, two] = ["docs/A_one.md", "src/P_A_two.py"].map(|p| p.replace('A', FREE));
        for (path, seed) in [(&one, "one"), (&two, "two")] {
            repo.stage(path, text(seed));
            repo.idhooks(["allocate", path]).ok().done();
            repo.idhooks(["inject", path]).ok().done();
            repo.commit(seed);
        }
        let [first, second] = [&one, &two].map(|path| repo.id(path));
        has(repo, &["DUPLICATE_IN_FS", "UNREGISTERED"]);
        puts_right(repo, "fix DUPLICATE_IN_FS");
        repo.commit("fixed");
        // The head says it as well, by the rules.
        assert!(RULES.contains("src/**"));
        assert_eq!(repo.id(&two), FREE);
        assert!(repo.read(&two).starts_with(format!("# doc_id: {FREE}\n").as_bytes()));
        assert_eq!(repo.record(&second)["metadata"]["superseded_by"], FREE);
        let renamed = format!("docs/{first}_one.md");
        assert_eq!(repo.id(&renamed), first);
        has(repo, &[]);
        assert_eq!(repo.findings("--history"), ["BEHIND"; 0]);
    });
}

#[test]
fn what_was_another_files_goes_to_none_of_them() {
    without_hooks(|repo| {
        let id = repo.id("docs/guide.md");
        repo.run("rm -q docs/guide.md");
        let names = ["one", "two"].map(|name| format!("docs/{id}_{name}.md"));
        for name in &names {
            repo.stage(name, text(name));
        }
        puts_right(repo, "fix");
        assert!(!names.iter().any(|name| repo.exists(name)));
        let left = repo.ask("ls-files docs");
        for path in left.lines() {
            assert_eq!(path, format!("docs/{}_{}", own(repo, path), &path[22..]));
        }
        assert_eq!(left.lines().count(), 2);
        has(repo, &[]);
        repo.commit("fixed");
        assert_eq!(repo.record(&id)["status"], "deprecated");
    });
}

#[test]
fn what_cannot_be_done_is_said_and_the_rest_is_done() {
    without_hooks(|repo| {
        let id = repo.id("docs/guide.md");
        repo.mv("docs/guide.md", &format!("docs/{id}_guide.md"));
        for dir in ["a", "b", "c"] {
            repo.stage(format!("{dir}/{id}_guide.md"), text(dir));
            repo.idhooks(["allocate", &format!("{dir}/{id}_guide.md")]).ok().done();
        }
        repo.commit("copies");
        let ids = ["a", "b", "c"].map(|dir| repo.id(&format!("{dir}/{id}_guide.md")));
        repo.write(format!("a/{}_guide.md", ids[0]), "in the way\n");
        repo.remove(&format!("b/{id}_guide.md"));
        has(repo, &["DUPLICATE_IN_FS"; 3]);
        let dry = repo.idhooks("fix").code(1);
        let dry = dry.complains("3 findings; nothing was changed: 'idhooks fix --execute' fixes 1");
        dry.complains("that name is taken").complains("is not a file in the working tree").done();
        let done = repo.idhooks("fix --execute").code(1).complains("fixed 1 finding; 2 left");
        assert_text(
            "commands-fix-names-what_cannot_be_done_is_said_and_the_rest_is_done",
            &done.stdout(),
        );
        assert!(repo.exists(&format!("c/{}_guide.md", ids[2])));
        // What is left nothing fixes; nothing is written, and nothing else is claimed.
        let before = Snapshot::of(repo);
        for line in ["fix", "fix --execute"] {
            let left = repo.idhooks(line).code(1);
            assert!(!left.stderr().contains("'idhooks fix --execute'"), "{left}");
            assert!(!left.stdout().contains("canonical"), "{left}");
            assert!(left.stderr().contains("see the help of each"), "{left}");
        }
        before.assert_same(repo);
        std::fs::remove_file(repo.path().join(format!("a/{}_guide.md", ids[0]))).expect("there");
        repo.run("checkout -q -- b");
        puts_right(repo, "fix");
        has(repo, &[]);
    });
}

#[test]
fn references_that_cannot_be_decided_stop_it() {
    without_hooks(|repo| {
        repo.stage("lib/util.sh", text("util"));
        repo.idhooks("allocate lib/util.sh").ok().done();
        repo.commit("util");
        let id = repo.id("lib/util.sh");
        let name = format!("{id}_util.sh");
        repo.mv("lib/util.sh", &format!("lib/{name}"));
        repo.stage(format!("bin/{name}"), text("copy"));
        repo.stage("run.sh", format!("#!/bin/sh\n. \"$LIB/{name}\"\n"));
        repo.commit("copy");
        repo.idhooks("fix MISSING_ID --execute").ok().done();
        repo.commit("identities");
        let dry = repo.idhooks("fix").code(1).complains("not updated: run.sh:2: ");
        dry.complains("'idhooks fix --execute --force' fixes it").done();
        super::refuses(repo, "fix --execute", "1 place may refer to a file");
        assert_eq!(repo.idhooks("fix --execute").code(2).stdout(), "");
        repo.idhooks("fix --execute --force").ok().done();
        has(repo, &[]);
    });
}

#[test]
fn what_still_names_a_renamed_copy_is_listed() {
    without_hooks(|repo| {
        repo.stage("lib/util.txt", text("util"));
        repo.idhooks("allocate lib/util.txt").ok().done();
        repo.commit("util");
        let name = format!("{}_util.txt", repo.id("lib/util.txt"));
        repo.mv("lib/util.txt", &format!("lib/{name}"));
        repo.stage(format!("bin/{name}"), text("copy"));
        repo.stage("log.txt", format!("read bin/{name}\n"));
        repo.commit("copy");
        repo.idhooks("fix MISSING_ID --execute").ok().done();
        repo.commit("identities");
        repo.idhooks("fix --execute").ok().complains("log.txt:1").done();
        has(repo, &[]);
    });
}

#[test]
fn an_identity_that_is_taken_over_is_given_to_no_other_file() {
    for_each_git(|git| {
        let repo = &Repo::empty(git);
        repo.stage("docs/a.md", text("a"));
        repo.idhooks("init --scope 260118 --strategy sequential").ok().done();
        repo.commit("adopt");
        let id = repo.id("docs/a.md");
        let next = format!("{}2{}", &id[..9], &id[10..]);
        assert!(id[5..10].ends_with('1'), "{id}");
        repo.stage("docs/b.md", text("b"));
        repo.stage(format!("docs/{next}_c.md"), text("c"));
        repo.idhooks("fix --execute").ok().done();
        has(repo, &[]);
        assert_eq!(own(repo, &format!("docs/{next}_c.md")), next);
    });
}
