//! Identifiers in code: the commands of `idhooks ids`, and the modules that it writes.

mod commands;
mod emitted;
mod modules;

use std::path::Path;

use crate::common::{Repo, for_each_git};

/// Formats of the systems that existed before, and an odd one.
const FORMATS: &str = include_str!("identifiers/formats.toml");

/// Runs a scenario in a directory with these formats, which is no git repository.
fn with_formats(scenario: impl Fn(&Repo)) {
    for_each_git(|git| {
        let repo = Repo::nowhere(git);
        repo.write("f.toml", FORMATS);
        scenario(&repo);
    });
}

/// Returns the path of a file beside the tests.
fn beside(name: &str) -> String {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/identifiers");
    dir.join(name).to_str().expect("UTF-8").to_owned()
}
