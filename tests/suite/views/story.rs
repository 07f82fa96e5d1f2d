//! What every command prints on a small story: whole texts, to be read by people.
//!
//! A scene is a list of shell lines that run in a copy of the same small repository, with real git
//! and with hooks and merge driver installed. Its snapshot shows each line with what it printed.
//! To accept what has changed: `INSTA_UPDATE=always cargo test --test suite views::story`.

mod change;
mod exchange;
mod identifiers;
mod look_up;
mod monitoring;
mod repair;
mod runner;
mod shell;
mod start;

use std::collections::BTreeSet;

use super::help::each_command;
use runner::Stage;

/// A command with the lines that show what it prints.
pub(super) struct Scene {
    /// The words of the command, joined by '-': the name of the snapshot.
    name: &'static str,
    /// Shell lines. A line that begins with '#' is a comment.
    lines: &'static str,
}

/// The repository in which every scene begins: adopted, with a file that was renamed and one that
/// was deleted. Beside it are a repository that is not adopted, and none: `../new` and `..`.
const OPENING: Scene = Scene {
    name: "opening",
    lines: "
git init -q -b main ../new && echo new > ../new/new.md && git -C ../new add new.md
git init -q -b main .
mkdir docs src data
seq -f 'Readme, line %g' 12 > README.md
seq -f 'Guide, line %g' 12 > docs/guide.md
seq -f 'Plan, line %g' 12 > docs/plan.md
seq -f 'print(%g)' 12 > src/app.py
seq -f 'old,%g' 12 > data/old.csv
echo 'scope = \"200105\"' > idhooks.toml
git add .
idhooks init
idhooks install
git commit -q -m 'Adopt idhooks'
git mv docs/plan.md docs/roadmap.md
git rm -q data/old.csv
git commit -q -m 'Rename the plan, delete old data'
idhooks list
",
};

fn scenes() -> Vec<&'static Scene> {
    let groups = [
        start::SCENES,
        look_up::SCENES,
        change::SCENES,
        repair::SCENES,
        monitoring::SCENES,
        exchange::SCENES,
        identifiers::SCENES,
        shell::SCENES,
    ];
    groups.into_iter().flatten().collect()
}

/// Compares what scenes print with their snapshots.
fn play(scenes: &[Scene]) {
    for scene in scenes {
        let stage = Stage::new();
        stage.play(OPENING.lines);
        runner::assert_reviewed(scene.name, &stage.play(scene.lines));
    }
}

#[test]
fn the_opening_is_as_reviewed() {
    runner::assert_reviewed(OPENING.name, &Stage::new().play(OPENING.lines));
}

#[test]
fn commands_to_start_print_what_was_reviewed() {
    play(start::SCENES);
}

#[test]
fn commands_to_look_up_print_what_was_reviewed() {
    play(look_up::SCENES);
}

#[test]
fn commands_to_change_print_what_was_reviewed() {
    play(change::SCENES);
}

#[test]
fn commands_to_check_and_repair_print_what_was_reviewed() {
    play(repair::SCENES);
}

#[test]
fn commands_for_ci_and_monitoring_print_what_was_reviewed() {
    play(monitoring::SCENES);
}

#[test]
fn commands_to_exchange_print_what_was_reviewed() {
    play(exchange::SCENES);
}

#[test]
fn commands_for_identifiers_in_code_print_what_was_reviewed() {
    play(identifiers::SCENES);
}

#[test]
fn commands_for_the_shell_print_what_was_reviewed() {
    play(shell::SCENES);
}

#[test]
fn every_command_is_in_the_story() {
    let names: BTreeSet<String> = scenes().iter().map(|scene| scene.name.to_owned()).collect();
    assert_eq!(names.len(), scenes().len(), "a scene is there twice");
    let mut expected = BTreeSet::from(["hook".to_owned(), "merge-driver".to_owned()]);
    each_command(&mut |words, _| {
        let calls = format!("idhooks {}", words.join(" "));
        expected.insert(words[0].to_owned());
        let scene = scenes().into_iter().find(|scene| scene.name == words[0]);
        assert!(scene.is_some(), "no scene of '{calls}'");
        let Some(scene) = scene else { return };
        let is_called = |line: &str| line == calls || line.contains(&format!("{calls} "));
        assert!(scene.lines.lines().any(is_called), "'{calls}' is not in the story");
    });
    assert_eq!(names, expected, "scenes and commands");
    let mut files = runner::reviewed();
    assert!(files.remove(OPENING.name), "{files:?}");
    assert_eq!(files, expected, "snapshots and commands");
}
