//! Plain copies: the source stays as it is, and the record of the copy names it.

use idhooks_core::registry::key;

use crate::tests::{TestRepo, text};

/// Returns two repositories; only the full reader knows the index of the second, so that its commits are
/// planned from all paths.
fn both_readers() -> [TestRepo; 2] {
    let repos = [TestRepo::adopted(), TestRepo::adopted()];
    repos[1].run("config index.version 4");
    repos[1].run("update-index --force-write-index --index-version 4");
    repos
}

/// Returns which identity a file of HEAD is recorded as a copy of.
fn source(repo: &TestRepo, path: &str) -> Option<String> {
    repo.record(repo.id(path)).text(key::COPIED_FROM).map(str::to_owned)
}

/// Returns the identity of a file, as a record names it.
fn named(repo: &TestRepo, path: &str) -> Option<String> {
    Some(repo.id(path).to_string())
}

fn copy(repo: &TestRepo, from: &str, to: &str) {
    repo.stage(to, &repo.read(from));
}

#[test]
fn a_copy_of_several_equal_files_names_the_smallest_path() {
    for repo in both_readers() {
        repo.commit_file("z/first.txt", &text("one content"));
        copy(&repo, "z/first.txt", "z/second.txt");
        repo.commit("second");
        assert_eq!(source(&repo, "z/second.txt"), named(&repo, "z/first.txt"));
        copy(&repo, "z/first.txt", "a.txt");
        repo.commit("third");
        assert_eq!(source(&repo, "a.txt"), named(&repo, "z/first.txt"));
        // Now that one has the smallest path; two copies in one commit, one of them executable.
        copy(&repo, "z/first.txt", "x.md");
        copy(&repo, "z/first.txt", "y.sh");
        repo.run("update-index --chmod=+x y.sh");
        repo.commit("fourth");
        for path in ["x.md", "y.sh"] {
            assert_eq!(source(&repo, path), named(&repo, "a.txt"), "{path}");
        }
        repo.commit_file("other.md", &text("another content"));
        assert_eq!(source(&repo, "other.md"), None);
        assert!(repo.findings().is_empty());
    }
}

#[test]
fn a_small_copy_needs_a_related_name_and_an_empty_file_is_no_copy() {
    for repo in both_readers() {
        repo.stage("a/settings.py", "x = 1\n");
        repo.stage("a/__init__.py", "");
        repo.commit("sources");
        repo.stage("b/settings.pyi", "x = 1\n");
        repo.stage("b/unlike.py", "x = 1\n");
        repo.stage("b/__init__.py", "");
        repo.commit("copies");
        assert_eq!(source(&repo, "b/settings.pyi"), named(&repo, "a/settings.py"));
        assert_eq!(source(&repo, "b/unlike.py"), None);
        assert_eq!(source(&repo, "b/__init__.py"), None);
    }
}

#[test]
fn a_rename_is_no_copy_and_an_equal_source_comes_before_a_similar_one() {
    let repo = TestRepo::adopted();
    let notes = repo.id("notes.txt");
    copy(&repo, "notes.txt", "twin.txt");
    repo.commit("twin");
    repo.git_mv("notes.txt", "memo.txt");
    repo.commit("rename");
    assert_eq!((repo.id("memo.txt"), source(&repo, "memo.txt")), (notes, None));
    // Similar to a file that changes, equal to one that stays.
    repo.append("twin.txt", "a little more\n");
    repo.commit("parted");
    repo.append("twin.txt", "and more\n");
    copy(&repo, "memo.txt", "new.txt");
    repo.commit("copy and edit");
    assert_eq!(source(&repo, "new.txt"), Some(notes.to_string()));
    repo.assert_in_order();
}

#[test]
fn copies_are_not_searched_if_the_rules_say_so_and_never_among_excluded_files() {
    let repo = TestRepo::adopted();
    let rules =
        |text: &str| repo.commit_file("idhooks.toml", &format!("scope = \"260118\"\n{text}"));
    rules("[rename]\ncopies = false\n");
    copy(&repo, "notes.txt", "copy.txt");
    repo.commit("copy");
    assert_eq!(source(&repo, "copy.txt"), None);
    rules("[track]\nexclude = [\"a/**\"]\n");
    repo.commit_file("a/left_out.txt", &text("left out"));
    repo.commit_file("b/tracked.txt", &text("left out"));
    assert_eq!(source(&repo, "b/tracked.txt"), None);
    copy(&repo, "b/tracked.txt", "c.txt");
    repo.commit("copy of both");
    assert_eq!(source(&repo, "c.txt"), named(&repo, "b/tracked.txt"));
}
