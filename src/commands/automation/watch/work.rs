//! `idhooks watch work`: does one round of a watcher's work in a separate process, so that if the
//! round panics or hangs, the watcher keeps running.

use std::path::Path;

use clap::Args;
use idhooks_automation::do_round;
use idhooks_ops::json_text;

use crate::error::{CommandError, CommandResult, Exit};
use crate::output::Ui;

/// Do a round of work for a watcher
///
/// Reads a JSON request from standard input and prints a JSON answer. Changes nothing while git or
/// another command is running.
#[derive(Debug, Args)]
pub(super) struct WatchWork {}

impl WatchWork {
    pub(super) fn run(&self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        // The request is read from standard input: it may name thousands of paths, and systems
        // limit the length of a command line.
        let request = serde_json::from_reader(std::io::stdin().lock()).map_err(|error| {
            CommandError::new("cannot read the request on standard input")
                .because(&error)
                .hint("this command is for the watcher: idhooks watch run")
        })?;
        let answer = do_round(ui, dir, &request)?;
        ui.data(&(json_text(&answer) + "\n"));
        Ok(Exit::Fine)
    }
}
