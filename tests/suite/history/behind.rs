//! Commits that are not true, and what later ones make of them.

use super::{
    REGISTRY, assert_bad, assert_behind, change_record, commit_records, records, unhooked,
};
use crate::common::{Repo, for_each_git, text};

#[test]
fn unhooked_commits_that_the_next_one_heals() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let id = repo.id("notes.txt");
        repo.write("new.txt", text("new"));
        unhooked(&repo, "add");
        repo.mv("notes.txt", "once.txt");
        repo.append("once.txt", "once\n");
        unhooked(&repo, "move");
        repo.mv("once.txt", "twice.txt");
        repo.append("twice.txt", "twice\n");
        unhooked(&repo, "move again");
        repo.remove("data/table.csv");
        unhooked(&repo, "delete");
        assert_bad_at_tip(&repo);
        repo.commit_file("hooked.md", text("hooked"));
        assert_eq!(repo.id("twice.txt"), id);
        assert_behind(&repo, &["HEAD~4", "HEAD~3", "HEAD~2", "HEAD~1"]);
    });
}

/// While nothing heals them, each of the commits above brings a fault of its own.
fn assert_bad_at_tip(repo: &Repo) {
    let answer = repo.idhooks("check --history --format json").code(1);
    let found: Vec<(String, String)> =
        super::said(&answer).into_iter().map(|(code, _, commit)| (commit, code)).collect();
    for (rev, code) in [
        ("HEAD~3", "MISSING_ID"),
        ("HEAD~2", "MISSING_ID"),
        ("HEAD~2", "STALE_PATH"),
        ("HEAD~1", "MISSING_ID"),
        ("HEAD", "STALE_PATH"),
    ] {
        assert!(found.contains(&(repo.rev(rev), code.to_owned())), "{rev} {code}\n{answer}");
    }
    assert_eq!(found.len(), 5, "{answer}");
    let help = answer.json()["findings"][0]["help"].to_string();
    assert!(help.contains("idhooks reconcile"), "{help}");
    let first = repo.ask("log -1 --abbrev=10 --format=%h HEAD~3");
    let named = format!("the first bad commit is {first} add (");
    repo.idhooks("check --history").code(1).complains(&named).done();
}

#[test]
fn edits_by_hand_that_the_next_commit_heals() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let ids = [repo.id("notes.txt"), repo.id("README.md")];
        let mut lines = records(&repo);
        change_record(&mut lines, "notes.txt", |line| line.replace("notes.txt", "swap"));
        change_record(&mut lines, "README.md", |line| line.replace("README.md", "notes.txt"));
        change_record(&mut lines, "swap", |line| line.replace("swap", "README.md"));
        commit_records(&repo, "swap", &lines);
        repo.commit_file("a.md", text("a"));
        assert_eq!([repo.id("notes.txt"), repo.id("README.md")], ids);
        repo.run("rm -q a.md");
        repo.commit("retire");
        let lines: Vec<String> =
            records(&repo).into_iter().filter(|line| !line.contains("\"a.md\"")).collect();
        commit_records(&repo, "lose", &lines);
        repo.commit_file("b.md", text("b"));
        assert_behind(&repo, &["HEAD~4", "HEAD~1"]);
    });
}

#[test]
fn a_record_that_true_commits_did_not_miss_and_a_later_one_brings_back() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.commit_file("a.md", text("a"));
        repo.run("rm -q a.md");
        repo.commit("retire");
        let all = records(&repo);
        let kept: Vec<String> = all.iter().filter(|l| !l.contains("\"a.md\"")).cloned().collect();
        commit_records(&repo, "lose", &kept);
        super::settle(&repo);
        assert_bad(&repo, "HEAD~2", &["RECORD_LOST"]);
        commit_records(&repo, "bring back", &all);
        assert_behind(&repo, &["HEAD~3"]);
        let answer = repo.idhooks("check --history --format json").ok().json();
        assert_eq!(answer["findings"][0]["related"][1]["commit"], repo.rev("HEAD"));
    });
}

#[test]
fn a_registry_that_was_damaged_or_gone_for_a_while() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let good = repo.read(REGISTRY);
        repo.write(REGISTRY, "{ nonsense");
        unhooked(&repo, "damage");
        repo.append("README.md", "more\n");
        unhooked(&repo, "go on");
        repo.write(REGISTRY, &good);
        unhooked(&repo, "repair");
        repo.run(["rm", "-q", REGISTRY]);
        unhooked(&repo, "remove");
        repo.mv("notes.txt", "moved.txt");
        unhooked(&repo, "move meanwhile");
        let moved = String::from_utf8(good).expect("UTF-8").replace("notes.txt", "moved.txt");
        repo.write(REGISTRY, moved);
        unhooked(&repo, "put back");
        repo.commit_file("docs/more.md", text("more"));
        assert_behind(&repo, &["HEAD~6", "HEAD~5", "HEAD~3", "HEAD~2"]);
    });
}

#[test]
fn a_registry_that_came_back_without_what_it_had() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.run(["rm", "-q", REGISTRY]);
        unhooked(&repo, "remove");
        repo.write("idhooks.toml", "scope = \"777777\"\n");
        unhooked(&repo, "another scope");
        repo.idhooks("init --force").ok().done();
        repo.commit("adopt again");
        repo.commit_file("docs/more.md", text("more"));
        assert_bad(&repo, "HEAD~3", &["IDENTITY_CHANGED"]);
    });
}

#[test]
fn a_rename_that_healing_would_have_followed_and_somebody_did_not() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let id = repo.id("notes.txt");
        repo.write("extra.txt", text("extra"));
        unhooked(&repo, "add");
        repo.mv("notes.txt", "moved.txt");
        unhooked(&repo, "move");
        let mut lines = records(&repo);
        let is_old = |line: &String| line.contains("\"notes.txt\"");
        let old = lines.iter().find(|line| is_old(line)).expect("a record").clone();
        change_record(&mut lines, "notes.txt", |line| {
            line.replace("\"active\"", "\"deprecated\"")
                .replace("\"metadata\":{", "\"metadata\":{\"deprecated_reason\":\"deleted\",")
        });
        for (digit, path) in [("1", "moved.txt"), ("2", "extra.txt")] {
            let id = format!("00999{digit}1111260118");
            let id = format!("{:0<16}", &id[..16.min(id.len())]);
            let fresh = old.replace("notes.txt", path).replacen(&self::id_of(&old), &id, 1);
            lines.push(fresh.replace(&origin_of(&old), &format!("{digit}111111111111111")));
        }
        lines.sort();
        commit_records(&repo, "register as new", &lines);
        repo.commit_file("docs/more.md", text("more"));
        assert_ne!(repo.id("moved.txt"), id);
        assert_bad(&repo, "HEAD~2", &["IDENTITY_CHANGED"]);
        let answer = repo.idhooks("check --history --format json").code(1);
        let behind = ("BEHIND".to_owned(), "warning".to_owned(), repo.rev("HEAD~3"));
        assert!(super::said(&answer).contains(&behind), "{answer}");
    });
}

/// Returns the identity in a record line.
pub(super) fn id_of(line: &str) -> String {
    line.split('"').nth(3).expect("an identity").to_owned()
}

/// Returns the origin in a record line.
pub(super) fn origin_of(line: &str) -> String {
    let rest = line.split("\"origin\":\"").nth(1).expect("an origin");
    rest.split('"').next().expect("its end").to_owned()
}

#[test]
fn a_rename_to_a_path_that_the_rules_exclude_for_a_while() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let [readme, notes] = ["README.md", "notes.txt"].map(|path| repo.id(path));
        let config = repo.read("idhooks.toml");
        repo.mv("README.md", "t.md");
        unhooked(&repo, "move");
        repo.write("idhooks.toml", "scope = \"260118\"\n[track]\nexclude = [\"/README.md\"]\n");
        unhooked(&repo, "exclude");
        repo.mv("notes.txt", "README.md");
        unhooked(&repo, "move another one");
        repo.write("idhooks.toml", config);
        unhooked(&repo, "include");
        repo.commit_file("hooked.md", text("hooked"));
        assert_eq!(["t.md", "README.md"].map(|path| repo.id(path)), [readme, notes]);
        assert_behind(&repo, &["HEAD~4", "HEAD~3", "HEAD~2", "HEAD~1"]);
    });
}
