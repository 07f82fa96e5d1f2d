//! In a merge of merge bases, what cannot be merged silently becomes a registry all the same.

use idhooks_core::registry::REGISTRY_PATH;

use crate::common::gits;
use crate::merge_driver::sandbox::{Sandbox, registry};

/// Returns what the driver leaves of these versions at this size of markers; asserts that it
/// is silent where it succeeds.
fn left(sandbox: &Sandbox, [base, ours, theirs]: [&str; 3], size: &str) -> (Option<i32>, String) {
    for (name, text) in [("o", base), ("a", ours), ("b", theirs)] {
        sandbox.write(name, text);
    }
    let said = sandbox.driver(&["o", "a", "b", size, REGISTRY_PATH]);
    assert_eq!(said.out, "");
    assert_eq!(said.err.is_empty(), said.code == Some(0), "{said:?}");
    (said.code, sandbox.read("a"))
}

#[test]
fn an_inner_merge_always_gives_a_registry() {
    let sandbox = Sandbox::new(&gits()[0], &registry(&[1]));
    let (one, two) = (registry(&[1]).format(), registry(&[2]).format());
    let garbage = "<<<<<<< not a registry";
    let done = |text: String| (Some(0), text);
    assert_eq!(left(&sandbox, ["", &one, garbage], "9"), done(one.clone()));
    assert_eq!(left(&sandbox, ["", garbage, &two], "9"), done(two.clone()));
    assert_eq!(left(&sandbox, [&one, garbage, garbage], "11"), done(registry(&[]).format()));
    assert_eq!(left(&sandbox, [garbage, &one, &two], "9"), done(registry(&[1, 2]).format()));
    for size in ["7", "8"] {
        assert_eq!(left(&sandbox, ["", &one, garbage], size).0, Some(1));
    }
}

#[test]
fn the_attribute_tells_which_merge_is_an_inner_one() {
    let sandbox = Sandbox::new(&gits()[0], &registry(&[1]));
    let one = registry(&[1]).format();
    for (size, outer, inner) in [("20", "20", "22"), ("9", "9", "11"), ("5", "5", "7")] {
        sandbox.attributes(&format!("{REGISTRY_PATH} conflict-marker-size={size}\n"));
        assert_eq!(left(&sandbox, ["", &one, "x"], outer).0, Some(1), "{size}");
        assert_eq!(left(&sandbox, ["", &one, "x"], inner), (Some(0), one.clone()), "{size}");
    }
}

#[test]
fn a_criss_cross_merge_survives_a_base_that_cannot_be_merged() {
    for git in gits() {
        let sandbox = Sandbox::new(git, &registry(&[1, 5]));
        let good = registry(&[1, 2, 5]).format();
        sandbox.fork(&good, "garbage\n");
        sandbox.ok(&["branch", "first"]);
        // Both branches repair the garbage by taking the good side, and go on.
        for (branch, other, files) in
            [("main", "side", [1, 2, 3, 5]), ("side", "first", [1, 2, 4, 5])]
        {
            sandbox.ok(&["checkout", "-q", branch]);
            let said = sandbox.git(&["merge", "-q", other]);
            assert_eq!(said.code, Some(1), "{said:?}");
            sandbox.commit_text(&registry(&files).format(), "repaired");
        }
        sandbox.ok(&["checkout", "-q", "main"]);
        assert_eq!(sandbox.ok(&["merge-base", "--all", "main", "side"]).lines().count(), 2);
        let said = sandbox.git(&["merge", "-q", "--no-edit", "side"]);
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{said:?}");
        assert_eq!(sandbox.registry(), registry(&[1, 2, 3, 4, 5]).format());
    }
}
