//! What a shell gets from idhooks: completions, manual pages, and `git idhooks`.

mod completions;
#[cfg(feature = "default")]
mod man;

use std::os::unix::fs::symlink;

use crate::common::{Repo, on_adopted};
use crate::reviewed::assert_text;

/// Returns the repository with the program on `PATH` under another name, too.
fn with_program_as(repo: &Repo, name: &str) -> Repo {
    let bin = repo.root().join("bin of shell");
    std::fs::create_dir_all(&bin).expect("writable");
    symlink(crate::common::binary(), bin.join("idhooks")).expect("writable");
    symlink("idhooks", bin.join(name)).expect("writable");
    let path = format!("{}:{}", bin.display(), repo.search_path().display());
    repo.with("PATH", &path)
}

#[test]
fn git_finds_the_program_under_its_name_for_git() {
    on_adopted(|repo| {
        let repo = with_program_as(repo, "git-idhooks");
        let shown = repo.git("idhooks show docs/intro.md --format json").ok().stdout();
        assert_text("shell-git_finds_the_program_under_its_name_for_git", &shown);
        let version = repo.git("idhooks --version").ok().stdout();
        assert!(version.starts_with("idhooks "), "{version}");
        repo.git("-C docs idhooks show intro.md").ok().done();
        repo.try_git("idhooks show none").code(2).done();
        // Hooks that it installs find the program.
        repo.git("idhooks install").ok().done();
        repo.commit_file("new.md", "new\n");
        assert_eq!(repo.id("new.md").len(), 16);
    });
}
