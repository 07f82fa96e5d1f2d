//! Tests of what new outputs change in the index and in the working tree.

use idhooks_core::config::Config;
use idhooks_core::registry::{Entry, Mode, Registry, Scope};

use super::generators::Generating;
use super::{DerivedChanges, DerivedFile, DerivedKind};
use crate::git::tests::made::{MadeRepo, path};

const RULES: &str = "[[generators]]\nname = \"all\"\noutput = [\"all.csv\"]\nbuiltin = \"csv\"\n";

/// Returns what a new content of the output changes.
fn changes(made: &MadeRepo, content: &str) -> DerivedChanges {
    let repo = made.open();
    let tree = repo.index(&repo.index_file()).expect("readable").tree;
    let path = path("all.csv");
    let blob = repo.write_blob(content.as_bytes()).expect("writable");
    let before = tree.get(&path).copied();
    let (kind, after) =
        (DerivedKind::Output("all".to_owned()), Entry { mode: Mode::Regular, blob });
    let (after, content, staged) = (Some(after), None, None);
    let output = DerivedFile { path, kind, before, after, content, staged };
    let (config, registry) = (Config::parse(RULES).expect("valid"), Registry::new(Scope::SMALLEST));
    let input = Generating { repo: &repo, config: &config, tree: &tree, registry: &registry };
    input.changes(&[output]).expect("readable")
}

/// Returns the paths of the steps in the index and in the working tree.
fn paths(changes: &DerivedChanges) -> [Vec<String>; 2] {
    let entries = changes.entries.iter().map(|step| step.path.to_string()).collect();
    [entries, changes.files.iter().map(|step| step.to.to_string()).collect()]
}

#[test]
fn a_new_output_comes_with_its_line_of_attributes() {
    let made = MadeRepo::adopted();
    let both = ["all.csv", ".gitattributes"].map(str::to_owned).to_vec();
    assert_eq!(paths(&changes(&made, "id\n")), [both.clone(), both]);
    made.write(".gitattributes", "all.csv merge=idhooks-generated\n");
    made.commit("a line of another form");
    assert_eq!(paths(&changes(&made, "id\n"))[0][0], "all.csv");
}

#[test]
fn an_output_that_is_there_as_it_would_be_is_not_written_again() {
    let made = MadeRepo::adopted();
    made.write("all.csv", "id\n");
    let changes = changes(&made, "id\n");
    assert!(!paths(&changes)[1].contains(&"all.csv".to_owned()));
    assert_eq!(paths(&changes)[0][0], "all.csv");
}

#[test]
fn edits_of_an_output_that_are_not_staged_stay_and_are_named() {
    let made = MadeRepo::adopted();
    made.write("all.csv", "old\n");
    made.commit("an output");
    assert!(changes(&made, "new\n").edited.is_empty());
    made.write("all.csv", "edited by hand\n");
    let changes = changes(&made, "new\n");
    assert_eq!(changes.edited, [path("all.csv")]);
    assert!(!paths(&changes)[1].contains(&"all.csv".to_owned()));
}

#[test]
fn an_output_that_was_removed_from_the_working_tree_is_only_staged() {
    let made = MadeRepo::adopted();
    made.write("all.csv", "old\n");
    made.commit("an output");
    std::fs::remove_file(made.top().join("all.csv")).expect("a file");
    let changes = changes(&made, "new\n");
    assert!(changes.edited.is_empty() && !paths(&changes)[1].contains(&"all.csv".to_owned()));
    assert_eq!(paths(&changes)[0][0], "all.csv");
}
