//! prek, which reads the configuration of pre-commit.

use super::manager::Manager;
use super::{pre_commit, stories};

const PREK: Manager = Manager {
    program: "prek",
    events: &["pre-commit", "post-merge", "post-rewrite"],
    configure: pre_commit::configure,
    install: "prek install -t pre-commit -t post-merge -t post-rewrite",
    displaces: false,
    uninstall: "prek uninstall -t pre-commit -t post-merge -t post-rewrite",
};

#[test]
#[ignore = "needs prek: .ci/managers"]
fn manager_first() {
    stories::manager_first(&PREK);
}

#[test]
#[ignore = "needs prek: .ci/managers"]
fn idhooks_first() {
    stories::idhooks_first(&PREK);
}

#[test]
#[ignore = "needs prek: .ci/managers"]
fn upgrade() {
    stories::upgrade(&PREK);
}
