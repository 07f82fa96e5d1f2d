//! Files that are too large to be read with every commit.

use std::fs::{self, File};

use crate::common::{Repo, Snapshot, on_adopted, text};
use crate::judge;
use crate::reviewed::assert_text;

const REGISTRY: &str = ".idhooks/registry.json";

/// The rules are refused with the words, by a check and by a commit; one that takes them back is
/// accepted.
fn refused(rules: &str, words: &str) {
    on_adopted(|repo| {
        let good = repo.read("idhooks.toml");
        repo.stage("idhooks.toml", rules);
        repo.stage("new.md", text("new"));
        let before = Snapshot::of(repo);
        repo.idhooks("check").code(2).explains(words).done();
        repo.try_git("commit -m no").code(1).complains(words).done();
        before.assert_same(repo);
        // Someone may have committed them without hooks.
        repo.run("rm -q -f new.md");
        repo.run("commit -q --no-verify -m large");
        repo.stage("other.md", text("other"));
        repo.try_git("commit -m no").code(1).complains(words).done();
        repo.stage("idhooks.toml", good);
        repo.commit("small again");
        judge::assert_good(repo);
        repo.run("reset -q --hard HEAD~2");
    });
}

#[test]
fn rules_over_a_megabyte() {
    let comment = format!("# {}\n", "x".repeat(97));
    let rules = format!("scope = \"260118\"\n{}", comment.repeat(10_000));
    let words = "idhooks.toml:1:1: the file has 1000017 bytes, but the limit is 1000000";
    refused(&rules, words);
    // Not even a commit that only edits a file, and needs no rules, reads so much.
    on_adopted(|repo| {
        repo.stage("idhooks.toml", &rules);
        repo.run("commit -q --no-verify -m large");
        repo.append("README.md", "edited\n");
        repo.try_git("commit -a -m no").code(1).complains(words).done();
        repo.run("reset -q --hard HEAD~1");
    });
}

#[test]
fn more_globs_than_anyone_needs() {
    let globs: String = (0..5_000).map(|n| format!("\"**/a{n}*b?c[xyz]\",\n")).collect();
    let rules = format!("scope = \"260118\"\n[track]\nexclude = [\n{globs}]\n");
    refused(&rules, "the limit is 5000");
}

#[test]
fn a_glob_that_goes_on_for_ever() {
    let rules = format!("scope = \"260118\"\n[track]\nexclude = [\"{}\"]\n", "a*".repeat(600));
    refused(&rules, "idhooks.toml:3:12: the glob has 1200 bytes, but the limit is 1024");
}

#[test]
fn globs_that_are_short_but_too_many_to_compile() {
    let globs = |count: usize| -> String {
        (0..count).map(|n| format!("\"{}{n}\",\n", "?".repeat(900))).collect()
    };
    let rules = |globs: &str| format!("scope = \"260118\"\n[track]\nexclude = [\n{globs}]\n");
    refused(&rules(&globs(900)), "but the limit is 100000");
    // Lists of their own are compiled one by one.
    let spread: String = (0..120)
        .map(|n| format!("[[namespaces]]\npath = \"{}{n}\"\nns = \"100\"\n", "?".repeat(900)))
        .collect();
    refused(&format!("scope = \"260118\"\n{spread}"), "but the limit is 100000");
    on_adopted(|repo| {
        let names: String =
            (0..4_000).map(|n| format!("\"some/long/directory/{n}/**\",\n")).collect();
        repo.commit_file("idhooks.toml", rules(&(globs(90) + &names)));
        repo.idhooks("check").ok().done();
    });
}

#[test]
fn rules_nested_without_end() {
    let nested = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    refused(&format!("scope = \"260118\"\nlegacy_scopes = {nested}\n"), "idhooks.toml:2");
}

/// Stores an object that says to be a blob of this many bytes, and returns its name.
fn claim_blob(repo: &Repo, bytes: u64) -> String {
    let name = "5".repeat(40);
    let header = format!("blob {bytes}\0");
    let length = u16::try_from(header.len()).expect("a short header");
    let mut object = vec![0x78, 0x01, 0x01];
    object.extend(length.to_le_bytes());
    object.extend((!length).to_le_bytes());
    object.extend(header.as_bytes());
    // The sum at the end: Adler-32.
    let (low, high) = header.bytes().fold((1_u32, 0_u32), |(low, high), byte| {
        let low = (low + u32::from(byte)) % 65_521;
        (low, (high + low) % 65_521)
    });
    object.extend(((high << 16) | low).to_be_bytes());
    repo.write(format!(".git/objects/55/{}", &name[2..]), object);
    name
}

#[test]
fn a_registry_over_two_gigabytes() {
    on_adopted(|repo| {
        let blob = claim_blob(repo, 2_000_000_001);
        repo.run(["update-index", "--cacheinfo", &format!("100644,{blob},{REGISTRY}")]);
        repo.stage("new.md", text("new"));
        let words = "the file has 2000000001 bytes, but the limit is 2000000000";
        let before = repo.ask("ls-files -s");
        let check = repo.idhooks("check").code(1);
        assert!(check.stdout().contains("REGISTRY_CORRUPT"), "{check}");
        assert_text("bad_input-large-a_registry_over_two_gigabytes-2", &check.stdout());
        repo.try_git("commit -m no").code(1).complains("REGISTRY_CORRUPT").complains(words).done();
        assert_eq!(repo.ask("ls-files -s"), before);
        repo.run("reset -q --hard");
    });
}

#[test]
fn a_merge_of_a_registry_over_two_gigabytes() {
    on_adopted(|repo| {
        let registry = repo.read(REGISTRY);
        let dir = repo.root().join("merge");
        fs::create_dir_all(&dir).expect("a directory can be made");
        for name in ["ours", "theirs"] {
            fs::write(dir.join(name), &registry).expect("a file can be written");
        }
        let base = File::create(dir.join("base")).expect("a file can be made");
        base.set_len(2_000_000_001).expect("a sparse file");
        let [base, ours, theirs] =
            ["base", "ours", "theirs"].map(|name| dir.join(name).display().to_string());
        let answer = repo.idhooks(["merge-driver", &base, &ours, &theirs, "7", REGISTRY]).code(1);
        let answer = answer.complains("base: the file has 2000000001 bytes");
        assert_eq!(answer.stdout(), "");
        let left = fs::read_to_string(&ours).expect("text");
        let registry = String::from_utf8(registry).expect("text");
        let expected = format!("<<<<<<< ours\n{registry}=======\n{registry}>>>>>>> theirs\n");
        assert_eq!(left, expected);
        fs::remove_dir_all(&dir).expect("it can be removed");
    });
}

/// What other programs put into a record is kept as it is, and takes no more memory than text.
#[test]
fn values_without_end_are_kept() {
    on_adopted(|repo| {
        let good = String::from_utf8(repo.registry("HEAD")).expect("text");
        let values = format!("[{}{{\"b\":[1.0],\"c\":\"x\"}}]", "[],{},0,".repeat(50_000));
        let key = "\"status\":\"active\",\"metadata\":{";
        let (head, tail) = good.split_once(key).expect("a record");
        // Keys are sorted: 'origin' comes first, all others after it.
        let (origin, rest) = tail.split_once('}').expect("its end");
        repo.stage(REGISTRY, format!("{head}{key}{origin},\"values\":{values}}}{rest}"));
        repo.commit("values");
        repo.stage("new.md", text("new"));
        repo.commit("new");
        let now = String::from_utf8(repo.registry("HEAD")).expect("text");
        assert!(now.contains(&format!("\"values\":{values}")));
        repo.run("branch other HEAD~1");
        repo.run("switch -q other");
        repo.commit_file("other.md", text("other"));
        repo.run("switch -q main");
        repo.run("merge -q --no-edit other");
        let merged = String::from_utf8(repo.registry("HEAD")).expect("text");
        assert!(merged.contains(&format!("\"values\":{values}")));
    });
}
