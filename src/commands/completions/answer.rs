//! The answer to a completion script: candidates on stdout, and never an error.

use std::env;
use std::ffi::OsString;
use std::path::Path;

use clap::Command;
use clap_complete::engine::complete;
use idhooks_repo::store::enter;

use crate::commands::panic::guarded;
use crate::output::{ColorChoice, Ui};

use super::command_line::{CommandLine, formatted};
use super::values::with_candidates;
use super::{Shell, VARIABLE};

/// Where scripts say which word is under the cursor.
const INDEX: &str = "_CLAP_COMPLETE_INDEX";

/// Returns whether a completion script asks: the variable is set, and the first argument is `--`,
/// which no command begins with. So hooks, and commands that a user types, ignore the variable.
pub(in crate::commands) fn is_asked(args: &[OsString]) -> bool {
    args.get(1).is_some_and(|arg| arg == "--") && env::var_os(VARIABLE).is_some()
}

/// Prints the candidates of `program` for the command line after the `--`. Prints nothing if
/// anything fails: the output ends up in the user's command line, and messages would disturb it.
pub(in crate::commands) fn answer(args: &[OsString], program: fn() -> Command) {
    let mut ui = Ui::new(ColorChoice::Never, true, false);
    let text = guarded(|| candidates(args.get(2..).unwrap_or_default(), program)).ok().flatten();
    ui.data(&text.unwrap_or_default());
    // A shell that stopped reading needs no candidates.
    let _ = ui.finish();
}

fn candidates(words: &[OsString], program: fn() -> Command) -> Option<String> {
    let shell = Shell::of_name(env::var(VARIABLE).ok()?.as_str())?;
    let index = env::var(INDEX).ok().and_then(|index| index.parse().ok());
    let line = CommandLine::new(shell, words.to_vec(), index);
    if let Some(dir) = line.directory() {
        enter(Path::new(&dir)).ok()?;
    }
    let mut command = with_candidates(program());
    let here = env::current_dir().ok();
    let all = complete(&mut command, line.words.clone(), line.index, here.as_deref()).ok()?;
    Some(formatted(shell, &line, &all))
}
