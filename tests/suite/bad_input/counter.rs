//! Counters without a free number: new files go on in others.

use crate::common::{Repo, SCOPE, Snapshot, gits, is_long, on_adopted, sample_of, text};

/// Lets another program have all numbers of these namespaces with TYPE 01.
fn fill(repo: &Repo, namespaces: impl Iterator<Item = u32>) {
    let floors = namespaces.map(|ns| format!("\"{ns}_01_{SCOPE}\":{{\"floor\":99999}}"));
    let floors = format!("\"counters\":{{{}}}", floors.collect::<Vec<_>>().join(","));
    let registry = String::from_utf8(repo.registry("HEAD")).expect("a registry is text");
    repo.stage(".idhooks/registry.json", registry.replace("\"counters\":{}", &floors));
    repo.commit("fill");
    assert!(String::from_utf8_lossy(&repo.registry("HEAD")).contains(&floors));
}

#[test]
fn a_full_counter_goes_on_in_999() {
    on_adopted(|repo| {
        fill(repo, [100].into_iter());
        repo.stage("docs/new.md", text("new"));
        let noted =
            format!("note: counter 100_01_{SCOPE} is full; 1 new identity is in 999_01_{SCOPE}");
        repo.git("commit -m new").complains(&noted).done();
        assert!(repo.id("docs/new.md").starts_with("01999"));
        repo.stage("docs/more.md", text("more"));
        let allocated = repo.idhooks("allocate docs/more.md").ok().complains(&noted).stdout();
        assert!(allocated.starts_with("01999"), "{allocated}");
        repo.git("commit -m more").done();
        let reserved = repo.idhooks("reserve --ns 100 --type 01 --count 3").ok().stdout();
        assert!(reserved.lines().all(|id| id.starts_with("01999")), "{reserved}");
        assert_eq!(reserved.lines().count(), 3);
        repo.run("reset -q --hard");
        // There is nothing that anybody has to do.
        assert_eq!(repo.findings("--strict"), [""; 0]);
        // Nothing that the rules of a program before would not show: a count is one of the list.
        let counters = repo.idhooks("list --counters").ok().stdout();
        let row = counters.lines().find(|line| line.starts_with("100_01")).expect("the counter");
        assert!(row.ends_with("99,699 of 99,699 (100.0 %)"), "{row}");
    });
}

#[test]
fn a_rule_with_a_namespace_for_full_counters_is_noted() {
    on_adopted(|repo| {
        repo.configure("[[namespaces]]\npath = \"docs/**\"\nns = \"985\"\n");
        repo.commit_file("docs/new.md", text("new"));
        assert!(repo.id("docs/new.md").starts_with("01985"));
        let shown = repo.idhooks("check --strict").ok();
        assert!(shown.stdout().contains("985, where identities from full counters"), "{shown}");
    });
}

#[test]
fn counters_that_are_all_full_block() {
    on_adopted(|repo| {
        fill(repo, [100].into_iter().chain(980..1000));
        repo.stage("docs/new.md", text("new"));
        let before = Snapshot::of(repo);
        for form in sample_of(&["commit -m no", "commit -a -m no", "commit -m no docs/new.md"]) {
            repo.try_git(*form).code(1).complains("CAPACITY").complains("100_01_260118").done();
            before.assert_same(repo);
        }
        repo.idhooks("allocate docs/new.md").code(1).complains("CAPACITY").done();
        before.assert_same(repo);
        let line = "reserve --ns 100 --type 01";
        repo.idhooks(line).code(1).complains("CAPACITY").done();
        before.assert_same(repo);
        repo.run("reset -q --hard");
    });
}

/// How many files there are by default, and with `IDHOOKS_TEST_ALL=1`, and how many of them the counter has
/// numbers for: those that rules leave to idhooks, or all.
const FILES: [(u32, usize); 2] = [(1_000, 996), (100_000, 99_699)];

#[test]
fn more_files_of_one_type_than_their_counter_has_numbers_are_adopted_as_a_newcomer_types_it() {
    let (files, numbers) = FILES[usize::from(is_long())];
    let others = files as usize - numbers;
    let repo = Repo::empty(&gits()[0]);
    if !is_long() {
        let rules = "[dual_write]\nenabled = true\nleading = \"legacy\"\nbound = 99000\n";
        repo.stage("idhooks.toml", rules);
    }
    let blob = repo.try_git_with("hash-object -w --stdin", b"import x\n").ok().stdout();
    let blob = blob.trim();
    let line = |n: u32| format!("100644 {blob}\tpkg/p{}/f{n:05}.py\n", n % 100);
    let list: String = (0..files).map(line).collect();
    repo.try_git_with("update-index --index-info", list.as_bytes()).ok().done();
    let adopted = repo.idhooks("init").ok();
    let note = adopted.stderr();
    let note = note.lines().find(|line| line.starts_with("note: counter 999_20_"));
    let note = note.expect("the counter is full");
    let continued = format!(" is full; {others} new identities are in 998_20_");
    assert!(note.contains(&continued), "{note}");
    repo.idhooks("install").ok().done();
    repo.commit("adopt");
    let list = repo.idhooks("list").ok().stdout();
    assert_eq!(list.lines().filter(|line| line.starts_with("20999")).count(), numbers);
    assert_eq!(list.lines().filter(|line| line.starts_with("20998")).count(), others);
    repo.run("branch other");
    for (branch, name) in [("main", "ours.py"), ("other", "theirs.py")] {
        repo.run(["checkout", "-q", branch]);
        repo.stage(name, text(name));
        let noted = repo.git("commit -m one").stderr();
        assert!(noted.contains(" is full; 1 new identity is in 998_20_"), "{noted}");
    }
    repo.run("merge -q --no-edit main");
    assert!(repo.id("ours.py").starts_with("20998") && repo.id("theirs.py").starts_with("20998"));
    repo.idhooks("check --rev HEAD").ok().done();
}
