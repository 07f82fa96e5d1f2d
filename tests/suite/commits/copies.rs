//! Plain copies: the source stays as it is, and the copy's record names it all the same.

use crate::common::{Repo, for_each_git, on_adopted, text};

/// Returns a copy whose index only the full reader knows, so that commits are planned from all paths.
fn read_as_a_whole(repo: &Repo) -> Repo {
    let repo = repo.copy_as("whole");
    repo.run("config index.version 4");
    repo.run("update-index --force-write-index --index-version 4");
    repo
}

/// Returns which identity a file of HEAD is recorded as a copy of.
fn source(repo: &Repo, path: &str) -> Option<String> {
    let record = repo.record(&repo.id(path));
    record["metadata"]["copied_from"].as_str().map(str::to_owned)
}

fn copy(repo: &Repo, from: &str, to: &str) {
    repo.stage(to, repo.read(from));
}

#[test]
fn of_unchanged_files_name_the_smallest_path() {
    on_adopted(|repo| {
        for repo in [repo.copy_as("changes"), read_as_a_whole(repo)] {
            repo.commit_file("z/first.txt", text("one content"));
            copy(&repo, "z/first.txt", "z/second.txt");
            repo.commit("second");
            let first = repo.id("z/first.txt");
            assert_eq!(source(&repo, "z/second.txt").as_ref(), Some(&first));
            copy(&repo, "z/first.txt", "a.txt");
            repo.commit("third");
            assert_eq!(source(&repo, "a.txt").as_ref(), Some(&first));
            // Now that has the smallest path; several at once, one of them executable.
            copy(&repo, "z/first.txt", "x.md");
            copy(&repo, "z/first.txt", "y.sh");
            repo.run("update-index --chmod=+x y.sh");
            repo.commit("fourth");
            let third = repo.id("a.txt");
            for path in ["x.md", "y.sh"] {
                assert_eq!(source(&repo, path).as_ref(), Some(&third), "{path}");
            }
            repo.commit_file("other.md", text("another content"));
            assert_eq!(source(&repo, "other.md"), None);
            assert_eq!(repo.findings(""), Vec::<String>::new());
        }
    });
}

#[test]
fn of_hardly_any_content_need_related_names_and_empty_files_are_none() {
    on_adopted(|repo| {
        for repo in [repo.copy_as("changes"), read_as_a_whole(repo)] {
            repo.stage("a/settings.py", "x = 1\n");
            repo.stage("a/__init__.py", "");
            repo.commit("sources");
            repo.stage("b/settings.pyi", "x = 1\n");
            repo.stage("b/unlike.py", "x = 1\n");
            repo.stage("b/__init__.py", "");
            repo.commit("copies");
            let settings = repo.id("a/settings.py");
            assert_eq!(source(&repo, "b/settings.pyi"), Some(settings));
            assert_eq!(source(&repo, "b/unlike.py"), None);
            assert_eq!(source(&repo, "b/__init__.py"), None);
        }
    });
}

#[test]
fn a_rename_is_none_and_an_exact_source_outdoes_a_similar_one() {
    on_adopted(|repo| {
        let notes = repo.id("notes.txt");
        copy(repo, "notes.txt", "twin.txt");
        repo.commit("twin");
        repo.mv("notes.txt", "memo.txt");
        repo.commit("rename");
        assert_eq!(repo.id("memo.txt"), notes);
        assert_eq!(source(repo, "memo.txt"), None);
        // Similar to what changes, equal to what stays.
        let kept = repo.read("memo.txt");
        repo.append("twin.txt", "a little more\n");
        repo.run("add twin.txt");
        repo.commit("parted");
        repo.append("twin.txt", "and more\n");
        repo.stage("new.txt", kept);
        repo.run("add -A");
        repo.commit("copy and edit");
        assert_eq!(source(repo, "new.txt"), Some(notes));
    });
}

#[test]
fn nothing_is_looked_for_where_the_rules_say_so() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        repo.configure("[rename]\ncopies = false\n");
        copy(repo, "notes.txt", "copy.txt");
        repo.commit("copy");
        assert_eq!(source(repo, "copy.txt"), None);
        // What the rules leave out has no identity that could be named.
        repo.configure("[track]\nexclude = [\"a/**\"]\n");
        repo.commit_file("a/left_out.txt", text("left out"));
        repo.commit_file("b/tracked.txt", text("left out"));
        assert_eq!(source(repo, "b/tracked.txt"), None);
        copy(repo, "b/tracked.txt", "c.txt");
        repo.commit("copy of both");
        assert_eq!(source(repo, "c.txt"), Some(repo.id("b/tracked.txt")));
    });
}

#[test]
fn healing_and_merging_find_the_same() {
    for_each_git(|git| {
        let hooked = Repo::adopted(git);
        let unhooked = hooked.copy_as("unhooked");
        for repo in [&hooked, &unhooked] {
            copy(repo, "notes.txt", "copy.txt");
        }
        hooked.commit("copy");
        unhooked.run("commit -q --no-verify -m copy");
        unhooked.idhooks("reconcile").ok().done();
        unhooked.commit("heal");
        for repo in [&hooked, &unhooked] {
            assert_eq!(source(repo, "copy.txt"), Some(repo.id("notes.txt")));
        }
        // A copy that a merge itself brings, whichever branch is checked out.
        hooked.run("branch -q side");
        hooked.commit_file("ours.md", text("ours"));
        hooked.run("checkout -q side");
        hooked.commit_file("theirs.md", text("theirs"));
        let other = hooked.copy_as("other");
        for (repo, here, there) in [(&hooked, "side", "-"), (&other, "-", "side")] {
            if here == "-" {
                repo.run("checkout -q -");
            }
            repo.run(["merge", "-q", "--no-commit", "--no-ff", there]);
            copy(repo, "theirs.md", "both.md");
            repo.run("commit -q -m merged");
            assert_eq!(source(repo, "both.md"), Some(repo.id("theirs.md")), "on {here}");
        }
    });
}
