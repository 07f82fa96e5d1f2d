//! `git pull` in its modes; merging without a conflict is among the merges.

use super::{assert_joined, fork};
use crate::common::{Repo, for_each_git, sample_of, text};
use crate::judge;
use crate::merges::unmerged_paths;

/// Runs the story in a clone that has one branch of [`fork`] while the other waits upstream.
fn in_a_clone(story: impl Fn(&Repo)) {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        fork(&repo);
        let clone = repo.clone_as("clone");
        clone.run("reset -q --hard theirs");
        story(&clone);
        judge::assert_each_by_itself(&clone, &[], &[]);
        judge::assert_clean(&clone);
    });
}

#[test]
fn by_merging_or_rebasing() {
    in_a_clone(|clone| {
        let each = [
            ("--no-rebase --no-edit", "4"),
            ("--rebase", "3"),
            ("--rebase=merges", "3"),
            ("--no-rebase --no-edit --autostash", "4"),
        ];
        for (options, commits) in sample_of(&each) {
            clone.run("reset -q --hard theirs");
            clone.run(format!("pull -q {options}").as_str());
            assert_joined(clone, "HEAD");
            assert_eq!(clone.ask("rev-list --count origin/main..HEAD"), *commits, "{options}");
        }
    });
}

#[test]
fn by_squashing() {
    in_a_clone(|clone| {
        clone.git("pull -q --no-rebase --squash").done();
        clone.commit("squashed");
        assert_joined(clone, "HEAD");
        assert_eq!(clone.ask("log -1 --format=%P"), clone.rev("theirs"));
    });
}

#[test]
fn a_rebase_with_work_under_way() {
    in_a_clone(|clone| {
        clone.append("README.md", "unstaged\n");
        clone.stage("docs/new.md", text("new"));
        clone.run("pull -q --rebase --autostash");
        assert_joined(clone, "HEAD");
        clone.run("commit -q -a -m work");
        assert_eq!(clone.id("README.md"), clone.id_in("start", "README.md"));
    });
}

#[test]
fn a_rebase_with_a_conflict() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        fork(&repo);
        repo.commit_file("README.md", text("ours"));
        let clone = repo.clone_as("clone");
        clone.run("reset -q --hard theirs");
        clone.commit_file("README.md", text("theirs"));
        clone.commit_file("docs/last.md", text("last"));
        let last = clone.id("docs/last.md");
        clone.try_git("pull -q --rebase").refused().done();
        assert_eq!(unmerged_paths(&clone), ["README.md"]);
        clone.stage("README.md", text("resolved"));
        clone.run("rebase --continue");
        assert_joined_and_last(&clone, &last);
        judge::assert_each_by_itself(&clone, &[], &[]);
        judge::assert_clean(&clone);
    });
}

fn assert_joined_and_last(clone: &Repo, last: &str) {
    assert_eq!(clone.id("docs/last.md"), last);
    assert_joined(clone, "HEAD~1");
}
