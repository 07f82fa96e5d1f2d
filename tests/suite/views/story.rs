//! What every command prints on a small story: whole texts, to be read by people.
//!
//! A scene is a snapshot: shell lines, each with what it printed. They run in a copy of the same
//! small repository, with real git and with hooks and merge driver installed. To add a line, write
//! it into the snapshot. To accept what has changed:
//! `INSTA_UPDATE=always cargo test --test suite views::story`.

mod runner;

use std::collections::BTreeSet;

use super::help::COMMANDS;
use runner::{Stage, assert_reviewed, lines};

/// Defines a scenario for each scene.
macro_rules! scenes {
    ($($name:ident)*) => {
        const SCENES: &[&str] = &[$(stringify!($name)),*];
        $(
            #[test]
            fn $name() {
                let name = stringify!($name);
                assert_reviewed(name, &Stage::after_opening().play(&lines(name)));
            }
        )*
    };
}

scenes! {
    alerts allocate assign audit backup bridge check ci classify completions coverage dashboard demo
    deprecate describe doctor drift explain export fix generate health hook id ids import init
    inject install lint list log lsp man merge_driver metrics migrate mv patch path purge queue
    receive reconcile refs registry rename reserve resolve revive scan schedule schema show status
    supersede uninstall url watch
}

/// The scene before all others: the repository is adopted, a file renamed and another deleted.
/// Beside it are a repository that is not adopted, and none: `../new` and `..`.
const OPENING: &str = "opening";

#[test]
fn opening() {
    assert_reviewed(OPENING, &Stage::new().play(&lines(OPENING)));
}

#[test]
fn every_command_is_in_the_story() {
    let mut names = BTreeSet::from(["hook", "merge_driver"].map(str::to_owned));
    for command in COMMANDS.iter() {
        let call = command.line();
        let is_called = |line: &String| *line == call || line.contains(&format!("{call} "));
        let name = &command.words[0];
        assert!(lines(name).iter().any(is_called), "'{call}' is not in the story");
        names.insert(name.clone());
    }
    assert_eq!(names, SCENES.iter().map(|name| (*name).to_owned()).collect());
    names.insert(OPENING.to_owned());
    assert_eq!(names, runner::reviewed());
}
