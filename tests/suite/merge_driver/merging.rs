//! Every operation that merges the registry gives what the merge of the registries gives.

use idhooks_core::merge::merge;
use idhooks_core::registry::{REGISTRY_PATH, Registry};
use idhooks_repo::git::{DriverCommands, HookProgram};

use crate::common::copy_program;
use crate::common::gits;
use crate::merge_driver::sandbox::{Sandbox, binary, record, registry};

/// Two sides that collide in text and in an identity, and what must come out.
fn colliding() -> (Registry, Registry, Registry, String) {
    let base = registry(&[1, 5]);
    let ours = registry(&[1, 2, 5]);
    let mut theirs = registry(&[1, 3, 5]);
    theirs.allocations[1].id = ours.allocations[1].id;
    theirs.allocations[1].claim = ours.allocations[1].id;
    let merged = merge(&base, &ours, &theirs).expect("these can be merged").format();
    assert!(merged.contains("\"claim\""), "one of them is displaced");
    (base, ours, theirs, merged)
}

#[test]
fn merge_joins_both_sides() {
    for git in gits() {
        let (base, ours, theirs, merged) = colliding();
        let sandbox = Sandbox::new(git, &base);
        sandbox.fork(&ours.format(), &theirs.format());
        let said = sandbox.git(&["merge", "-q", "--no-edit", "side"]);
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{said:?}");
        assert_eq!(said.out, format!("Auto-merging {REGISTRY_PATH}\n"));
        assert_eq!(sandbox.registry(), merged);
        assert_eq!(sandbox.ok(&["status", "--porcelain"]), "");
    }
}

#[test]
fn merge_is_the_same_whichever_branch_is_checked_out() {
    for git in gits() {
        let (base, ours, theirs, merged) = colliding();
        let sandbox = Sandbox::new(git, &base);
        sandbox.fork(&theirs.format(), &ours.format());
        sandbox.ok(&["merge", "-q", "--no-edit", "side"]);
        assert_eq!(sandbox.registry(), merged);
    }
}

#[test]
fn a_registry_that_is_new_on_both_sides_needs_no_base() {
    for git in gits() {
        let (_, ours, theirs, _) = colliding();
        let sandbox =
            Sandbox::empty(git, &DriverCommands::of(&HookProgram::new(binary())).registry);
        sandbox.write("readme", "x");
        sandbox.ok(&["add", "-A"]);
        sandbox.ok(&["commit", "-q", "-m", "no registry yet"]);
        sandbox.fork(&ours.format(), &theirs.format());
        sandbox.ok(&["merge", "-q", "--no-edit", "side"]);
        let base = Registry::new(ours.scope);
        assert_eq!(sandbox.registry(), merge(&base, &ours, &theirs).expect("mergeable").format());
    }
}

#[test]
fn rebase_cherry_pick_revert_and_stash_run_the_driver() {
    for git in gits() {
        let (base, ours, theirs, merged) = colliding();
        let fresh = || {
            let sandbox = Sandbox::new(git, &base);
            sandbox.fork(&ours.format(), &theirs.format());
            sandbox
        };
        let picked = fresh();
        picked.ok(&["cherry-pick", "side"]);
        assert_eq!(picked.registry(), merged);
        // The record of the reverted commit stays, deprecated.
        picked.ok(&["revert", "--no-edit", "HEAD~1"]);
        let after = Registry::parse(picked.registry().as_bytes()).expect("a registry");
        assert_eq!(after.allocations.len(), 4);
        assert!(picked.registry().contains("\"deprecated_reason\":\"reverted\""));
        let rebased = fresh();
        rebased.ok(&["rebase", "-q", "main", "side"]);
        assert_eq!(rebased.registry(), merged);
        let stashed = fresh();
        stashed.ok(&["checkout", "-q", "--detach", "side~1"]);
        stashed.write(REGISTRY_PATH, &theirs.format());
        stashed.ok(&["stash", "-q"]);
        stashed.ok(&["checkout", "-q", "main"]);
        stashed.ok(&["stash", "pop", "-q"]);
        assert_eq!(stashed.registry(), merged);
    }
}

#[test]
fn a_criss_cross_merge_runs_the_driver_for_the_virtual_base_too() {
    for git in gits() {
        let (base, ours, theirs, merged) = colliding();
        let sandbox = Sandbox::new(git, &base);
        sandbox.fork(&ours.format(), &theirs.format());
        sandbox.ok(&["branch", "first"]);
        sandbox.ok(&["merge", "-q", "--no-edit", "side"]);
        sandbox.ok(&["checkout", "-q", "side"]);
        sandbox.ok(&["merge", "-q", "--no-edit", "first"]);
        assert_eq!(sandbox.registry(), merged);
        let both = Registry::parse(merged.as_bytes()).expect("a registry");
        let grown = |n: u32| {
            let mut grown = both.clone();
            grown.allocations.push(record(n));
            grown
        };
        sandbox.commit(&grown(7), "more on their side");
        sandbox.ok(&["checkout", "-q", "main"]);
        sandbox.commit(&grown(6), "more on our side");
        assert_eq!(sandbox.ok(&["merge-base", "--all", "main", "side"]).lines().count(), 2);
        sandbox.ok(&["merge", "-q", "--no-edit", "side"]);
        let expected = merge(&both, &grown(6), &grown(7)).expect("mergeable");
        assert_eq!(sandbox.registry(), expected.format());
    }
}

#[test]
fn any_layout_and_line_end_comes_out_canonical() {
    for git in gits() {
        let (base, ours, theirs, merged) = colliding();
        let sandbox = Sandbox::new(git, &base);
        sandbox.attributes(&format!("{REGISTRY_PATH} merge=idhooks -text\n"));
        let crlf = format!("\u{feff}{}", ours.format().replace('\n', "\r\n"));
        sandbox.fork(&crlf, &theirs.format().replace("},", "} ,\n\n"));
        sandbox.ok(&["merge", "-q", "--no-edit", "side"]);
        assert_eq!(sandbox.registry(), merged);
    }
}

#[test]
fn the_program_may_live_in_the_strangest_place() {
    for git in gits() {
        let (base, ours, theirs, merged) = colliding();
        let home = tempfile::tempdir().expect("a temporary directory");
        let dir = home.path().join("it's a \"100%O\" $HOME `place`");
        let program = dir.join("idhooks");
        copy_program(&program);
        let sandbox = Sandbox::with_driver(
            git,
            &base,
            &DriverCommands::of(&HookProgram::new(&program)).registry,
        );
        sandbox.fork(&ours.format(), &theirs.format());
        sandbox.ok(&["merge", "-q", "--no-edit", "side"]);
        assert_eq!(sandbox.registry(), merged);
    }
}
