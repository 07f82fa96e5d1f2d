//! git-lfs, which writes hooks, but has no configuration for them.

use super::manager::Manager;
use super::stories;
use crate::common::Repo;

const GIT_LFS: Manager = Manager {
    program: "git-lfs",
    events: &["post-merge"],
    configure,
    install: "git lfs install --local || git lfs update --force",
    displaces: true,
    uninstall: "git lfs uninstall --local",
};

fn configure(repo: &Repo) {
    repo.write(".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n");
}

#[test]
#[ignore = "needs git-lfs: .ci/managers"]
fn manager_first() {
    stories::manager_first(&GIT_LFS);
}

#[test]
#[ignore = "needs git-lfs: .ci/managers"]
fn idhooks_first() {
    stories::idhooks_first(&GIT_LFS);
}

#[test]
#[ignore = "needs git-lfs: .ci/managers"]
fn upgrade() {
    stories::upgrade(&GIT_LFS);
}
