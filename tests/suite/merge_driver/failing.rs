//! What cannot be merged becomes a conflict that nobody can overlook, and nothing is lost.

use std::path::Path;

use idhooks_repo::git::{DriverCommands, HookProgram};

use crate::common::gits;
use crate::common::write_script;
use crate::merge_driver::sandbox::{Sandbox, record, registry};

fn has_markers(text: &str) -> bool {
    ["<<<<<<< ", "=======\n", ">>>>>>> "].iter().all(|marker| text.contains(marker))
}

#[test]
fn a_side_that_is_no_registry_becomes_a_conflict_with_markers() {
    for git in gits() {
        let sandbox = Sandbox::new(git, &registry(&[1, 5]));
        sandbox.fork(&registry(&[1, 2, 5]).format(), "{\n<<<<<<< garbage of theirs\n");
        let said = sandbox.git(&["merge", "side"]);
        sandbox.assert_conflict(&said);
        assert_eq!(
            said.err,
            "error: cannot merge '.idhooks/registry.json'\n\
             cause: theirs: line 2: conflict marker of an unresolved merge\n\
             hint: git keeps all three versions; to merge what counts in their commits: idhooks resolve\n"
        );
        let left = sandbox.registry();
        assert!(has_markers(&left), "{left}");
        assert!(left.contains("src/2.py") && left.contains("garbage of theirs"), "{left}");
    }
}

#[test]
fn an_identity_twice_in_one_side_becomes_a_conflict_though_the_text_merges() {
    for git in gits() {
        let base = registry(&[1, 3, 5, 7, 9]);
        let mut theirs = registry(&[1, 3, 5, 7, 8, 9]);
        theirs.allocations[4].id = record(9).id;
        let sandbox = Sandbox::new(git, &base);
        sandbox.fork(&registry(&[1, 2, 3, 5, 7, 9]).format(), &theirs.format());
        let said = sandbox.git(&["merge", "side"]);
        sandbox.assert_conflict(&said);
        assert!(said.err.contains("identity 2010000009260118 (lines 6, 7)"), "{said:?}");
        let left = sandbox.registry();
        assert!(left.starts_with("<<<<<<< ours\n{") && left.ends_with("}\n>>>>>>> theirs\n"));
        assert!(left.contains("src/2.py") && left.contains("src/8.py"), "{left}");
    }
}

#[test]
fn different_scopes_become_a_conflict() {
    for git in gits() {
        let sandbox = Sandbox::new(git, &registry(&[1]));
        let ours = registry(&[1, 2]).format();
        sandbox.fork(&ours, &ours.replace("\"scope\":\"260118\"", "\"scope\":\"111111\""));
        let said = sandbox.git(&["merge", "side"]);
        sandbox.assert_conflict(&said);
        assert!(said.err.contains("the registries have different scopes"), "{said:?}");
    }
}

#[test]
fn markers_have_the_size_git_asks_for() {
    for git in gits() {
        let sandbox = Sandbox::new(git, &registry(&[1, 5]));
        sandbox.attributes(".idhooks/registry.json merge=idhooks conflict-marker-size=20\n");
        sandbox.fork(&registry(&[1, 2, 5]).format(), "garbage\n");
        let said = sandbox.git(&["merge", "side"]);
        sandbox.assert_conflict(&said);
        let left = sandbox.registry();
        assert!(left.contains(&format!("\n{}\n", "=".repeat(20))), "{left}");
    }
}

#[test]
fn a_missing_program_leaves_it_to_git() {
    for git in gits() {
        let missing = DriverCommands::of(&HookProgram::new(Path::new("/nowhere/idhooks"))).registry;
        let sandbox = Sandbox::with_driver(git, &registry(&[1, 5]), &missing);
        sandbox.fork(&registry(&[1, 2, 5]).format(), &registry(&[1, 3, 5]).format());
        let said = sandbox.git(&["merge", "side"]);
        sandbox.assert_conflict(&said);
        let left = sandbox.registry();
        assert!(has_markers(&left), "{left}");
        assert!(left.contains("src/2.py") && left.contains("src/3.py"), "{left}");
        // Where lines don't collide, git merges them.
        let sandbox = Sandbox::with_driver(git, &registry(&[1, 3, 5, 7]), &missing);
        sandbox.fork(&registry(&[1, 2, 3, 5, 7]).format(), &registry(&[1, 3, 5, 6, 7]).format());
        sandbox.ok(&["merge", "-q", "--no-edit", "side"]);
        assert_eq!(sandbox.registry(), registry(&[1, 2, 3, 5, 6, 7]).format());
    }
}

#[cfg(unix)]
#[test]
fn a_killed_program_leaves_a_conflict_with_markers() {
    for git in gits() {
        let home = tempfile::tempdir().expect("a temporary directory");
        let program = home.path().join("idhooks");
        // As the real one: what it has so far is beside the file, not in it.
        let script = "#!/bin/sh\nhead -c 30 \"$3\" > ../torn\nkill -KILL $$\n";
        write_script(&program, script);
        let sandbox = Sandbox::with_driver(
            git,
            &registry(&[1, 5]),
            &DriverCommands::of(&HookProgram::new(&program)).registry,
        );
        let ours = registry(&[1, 2, 5]).format();
        sandbox.fork(&ours, &registry(&[1, 3, 5]).format());
        let said = sandbox.git(&["merge", "side"]);
        sandbox.assert_conflict(&said);
        let why = format!(
            "idhooks: '{}' stopped in the middle of a merge (exit code 137); to merge again: idhooks \
             resolve\n",
            program.display()
        );
        assert!(said.err.contains(&why), "{said:?}");
        let left = sandbox.registry();
        assert!(has_markers(&left), "{left}");
        assert!(left.contains("src/2.py") && left.contains("src/3.py"), "{left}");
    }
}

#[test]
fn no_answer_is_anything_but_0_or_1() {
    let git = &gits()[0];
    let sandbox = Sandbox::new(git, &registry(&[1]));
    sandbox.write("o", "");
    sandbox.write("a", "garbage of ours");
    sandbox.write("b", "garbage of theirs");
    let code = |args: &[&str]| {
        let said = sandbox.driver(args);
        assert_eq!(said.out, "", "{args:?}");
        assert_ne!(said.err, "", "{args:?}");
        said.code
    };
    assert_eq!(code(&[]), Some(1));
    assert_eq!(code(&["--no-such-option"]), Some(1));
    assert_eq!(code(&["o", "a", "b"]), Some(1));
    assert_eq!(code(&["o", "a", "b", "7", "r", "one", "too", "many"]), Some(1));
    assert_eq!(code(&["o", "a", "none", "7", "r"]), Some(1));
    assert_eq!(code(&["none/o", "none/a", "none/b", "7", "r"]), Some(1));
    assert_eq!(code(&["o", ".", "b", "7", "r"]), Some(1));
    assert_eq!(
        sandbox.read("a"),
        "<<<<<<< ours\ngarbage of ours\n=======\n>>>>>>> theirs\n",
        "a version that is not there shows as nothing"
    );
    sandbox.write("a", "garbage of ours");
    assert_eq!(code(&["o", "a", "b", "not a number", "r"]), Some(1));
    assert_eq!(
        sandbox.read("a"),
        "<<<<<<< ours\ngarbage of ours\n=======\ngarbage of theirs\n>>>>>>> theirs\n"
    );
}
