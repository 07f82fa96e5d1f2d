//! Which files get an identity, and which one.

use super::*;
use crate::tests::{TestRepo, path, refused, text};
use idhooks_core::plan::Choice;

/// Allocates identities to files; returns them in the order of the paths.
fn ids(repo: &TestRepo, files: &[&str], options: AllocateOptions) -> Result<Allocated, OpsError> {
    let files = files.iter().map(|file| repo.at(file)).collect();
    allocate(&mut repo.notices(), &repo.open(), &AllocateOptions { files, ..options })
}

/// The same as [`ids`], shown first and then done: both have the same result.
fn as_shown(repo: &TestRepo, files: &[&str], options: AllocateOptions) -> Allocated {
    let dry = AllocateOptions { is_dry_run: true, ..options.clone() };
    let shown = repo.unchanged(|_| ids(repo, files, dry)).expect("possible");
    assert_eq!(ids(repo, files, options).expect("possible"), shown);
    shown
}

#[test]
fn a_file_gets_the_identity_that_the_dry_run_showed_even_if_it_is_listed_twice() {
    let repo = TestRepo::adopted();
    repo.stage("new/a.md", &text("a"));
    repo.stage("new/b.py", &text("b"));
    let given = as_shown(&repo, &["new/b.py", "new/a.md", "new/a.md"], AllocateOptions::default());
    assert_eq!(given.ids.len(), 2);
    repo.commit("new");
    assert!(given.ids.iter().all(|(path, id)| repo.id(&path.to_string()) == *id));
}

#[test]
fn the_typed_type_and_namespace_come_before_the_rules() {
    let repo = TestRepo::adopted();
    repo.stage("new/a.md", &text("a"));
    let choice = Choice { type_code: "77".parse().ok(), namespace: "123".parse().ok() };
    let given = as_shown(&repo, &["new/a.md"], AllocateOptions { choice, ..Default::default() });
    assert!(given.ids[&path("new/a.md")].to_string().starts_with("77123"));
    repo.commit("new");
    assert!(repo.id("new/a.md").to_string().starts_with("77123"));
}

#[test]
fn a_file_that_has_an_identity_keeps_it() {
    let repo = TestRepo::adopted();
    let id = repo.id("docs/guide.md");
    let again = || ids(&repo, &["docs/guide.md"], AllocateOptions::default());
    refused(repo.unchanged(|_| again()), &id.to_string());
    let if_missing = AllocateOptions { if_missing: true, ..Default::default() };
    let held = repo.unchanged(|_| ids(&repo, &["docs/guide.md"], if_missing.clone()));
    assert_eq!(held.expect("possible").ids, BTreeMap::from([(path("docs/guide.md"), id)]));
    repo.stage("new.md", &text("new"));
    let both = as_shown(&repo, &["new.md", "docs/guide.md"], if_missing.clone());
    assert_eq!((both.ids.len(), both.ids[&path("docs/guide.md")]), (2, id));
    refused(ids(&repo, &["docs/none.md"], if_missing), "not in the index");
}

#[test]
fn a_file_that_git_sees_as_renamed_is_not_a_new_one() {
    let repo = TestRepo::adopted();
    let id = repo.id("docs/guide.md");
    repo.git_mv("docs/guide.md", "docs/manual.md");
    let refusal = repo.unchanged(|_| ids(&repo, &["docs/manual.md"], AllocateOptions::default()));
    refused(refusal, &id.to_string());
}

#[test]
fn a_limit_leaves_the_last_files_without_an_identity() {
    let repo = TestRepo::adopted();
    let files = ["new/a.md", "new/b.md", "new/c.md"];
    files.iter().for_each(|file| repo.stage(file, &text(file)));
    let given = as_shown(&repo, &files, AllocateOptions { limit: Some(2), ..Default::default() });
    let named: Vec<String> = given.ids.keys().map(ToString::to_string).collect();
    assert_eq!((named, given.left), (vec!["new/a.md".to_owned(), "new/b.md".to_owned()], 1));
}

#[test]
fn a_reserved_identity_is_given_once_and_to_one_file() {
    use crate::{CounterFilter, ReserveOptions, Revision, list_counters, reserve};
    let repo = TestRepo::adopted();
    let reserved = ReserveOptions {
        namespace: "100".parse().expect("valid"),
        type_code: "01".parse().expect("valid"),
        count: 3,
        is_dry_run: false,
    };
    let held = reserve(&mut repo.notices(), &repo.open(), &reserved).expect("possible").ids;
    repo.commit("reserve");
    for file in ["docs/late.md", "docs/other.md"] {
        repo.stage(file, &text(file));
    }
    let of = |id: Id| AllocateOptions { reserved: Some(id.into()), ..Default::default() };
    let given = as_shown(&repo, &["docs/late.md"], of(held[1]));
    assert_eq!(given.ids, BTreeMap::from([(path("docs/late.md"), held[1])]));
    let never: Id = "0110000007260118".parse().expect("valid");
    for (id, files, why) in [
        (held[1], &["docs/other.md"][..], "is not reserved"),
        (never, &["docs/other.md"], "is not reserved"),
        (held[0], &["docs/other.md", "docs/late.md"], "already has an identity"),
        (held[0], &["docs/other.md", "README.md"], "already has an identity"),
    ] {
        refused(repo.unchanged(|_| ids(&repo, files, of(id))), why);
    }
    repo.stage("docs/third.md", &text("third"));
    let two = ["docs/other.md", "docs/third.md"];
    refused(repo.unchanged(|_| ids(&repo, &two, of(held[0]))), "to one file only");
    repo.commit("late");
    assert_eq!(repo.id("docs/late.md"), held[1]);
    assert!(!held.contains(&repo.id("docs/other.md")));
    let filter = CounterFilter::default();
    let counters = list_counters(&repo.open(), &Revision::default(), &filter).expect("readable");
    let left: Vec<u32> =
        counters.counters.values().flat_map(|counter| counter.reserved.clone()).collect();
    assert_eq!(left, [held[0], held[2]].map(|id| id.sequence().get()));
}

/// Returns the rows of a batch, by their numbers.
fn rows(repo: &TestRepo, files: &[&str]) -> BTreeMap<usize, (std::path::PathBuf, Choice)> {
    files.iter().map(|file| (repo.at(file), Choice::default())).enumerate().collect()
}

/// Carries out a batch, and describes what each row got.
fn described(repo: &TestRepo, batch: &AllocateBatch) -> Vec<String> {
    let done = allocate_batch(&mut repo.notices(), &repo.open(), batch).expect("possible");
    let row = |row: &AllocatedRow| match row {
        AllocatedRow::New(_) => "new".to_owned(),
        AllocatedRow::Held(id) => format!("held {id}"),
        AllocatedRow::OverLimit => "over the limit".to_owned(),
        AllocatedRow::NotInIndex => "not in the index".to_owned(),
        AllocatedRow::Refused(error) => error.to_string(),
    };
    done.values().map(row).collect()
}

#[test]
fn each_row_of_a_batch_has_its_own_type_and_namespace() {
    let repo = TestRepo::adopted();
    repo.stage("new/a.md", &text("a"));
    repo.stage("new/b, c.py", &text("b"));
    let mut rows = rows(&repo, &["new/a.md", "new/b, c.py"]);
    let choice = Choice { type_code: "55".parse().ok(), namespace: "321".parse().ok() };
    rows.get_mut(&1).expect("a row").1 = choice;
    let batch = AllocateBatch { rows, ..Default::default() };
    assert_eq!(described(&repo, &batch), ["new", "new"]);
    repo.commit("new");
    assert!(repo.id("new/b, c.py").to_string().starts_with("55321"));
    assert!(!repo.id("new/a.md").to_string().starts_with("55321"));
}

#[test]
fn wrong_rows_keep_a_strict_batch_from_being_written_and_others_are_skipped() {
    let repo = TestRepo::adopted();
    repo.stage("new/a.md", &text("a"));
    let files = ["new/a.md", "new/none.md", "new/a.md", "new", "docs/guide.md", "../x"];
    let held = format!("'docs/guide.md' already has an identity: {}", repo.id("docs/guide.md"));
    let outside = repo.at("../x");
    let expected = [
        "new",
        "'new/none.md' is not in the index",
        "'new/a.md' is listed twice",
        &format!("'{}' is a directory; name files", repo.at("new").display()),
        &held,
        &format!("'{}' is outside the repository", outside.display()),
    ];
    let strict = AllocateBatch { rows: rows(&repo, &files), is_strict: true, ..Default::default() };
    assert_eq!(repo.unchanged(|_| described(&repo, &strict)), expected);
    let lenient = AllocateBatch { is_strict: false, ..strict };
    assert_eq!(described(&repo, &lenient), expected);
    repo.commit("new");
    repo.id("new/a.md");
}

#[test]
fn a_batch_with_if_missing_returns_the_identities_that_files_have() {
    let repo = TestRepo::adopted();
    repo.stage("new/a.md", &text("a"));
    let rows = rows(&repo, &["new/a.md", "README.md", "new/none.md"]);
    let expected =
        ["new", &format!("held {}", repo.id("README.md")), "'new/none.md' is not in the index"];
    let strict = AllocateBatch { rows, if_missing: true, is_strict: true, ..Default::default() };
    for is_dry_run in [true, false] {
        let batch = AllocateBatch { is_dry_run, ..strict.clone() };
        assert_eq!(repo.unchanged(|_| described(&repo, &batch)), expected);
    }
    let lenient = AllocateBatch { is_strict: false, ..strict };
    assert_eq!(described(&repo, &lenient), expected);
    repo.commit("new");
}

#[test]
fn a_table_of_a_scan_may_be_given_again_and_names_files_outside_the_index() {
    let repo = TestRepo::adopted();
    let files = ["new/=a.md", "new/b.md", "new/c.md", "loose.md"];
    files[..3].iter().for_each(|file| repo.stage(file, &text(file)));
    repo.write("loose.md", &text("loose"));
    let rows = rows(&repo, &files);
    let batch = AllocateBatch { rows, is_scan: true, limit: Some(2), ..Default::default() };
    let over = ["new", "new", "over the limit", "not in the index"];
    assert_eq!(described(&repo, &batch), over);
    let registry = repo.registry("");
    let held = |file: &str| format!("held {}", registry.holders(|_| true)[&path(file)].id);
    let again = [&*held("new/=a.md"), &held("new/b.md"), "new", "not in the index"];
    assert_eq!(described(&repo, &AllocateBatch { if_missing: true, ..batch }), again);
}
