//! `idhooks completions`: prints a script for the shell, and answers the script's requests.

mod command_line;
mod values;

use std::{env, ffi::OsString, path::Path};

use clap::Command;
use clap_complete::engine::complete;
use clap_complete::env::{Elvish, EnvCompleter, Fish, Powershell, Zsh};
use idhooks_ops::enter;

use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{ColorChoice, Ui, shell_quoted};

use crate::commands::program_args::ProgramArgs;
use crate::panic::guarded;
use command_line::{CommandLine, Shell, formatted};
use values::with_candidates;

/// The variable that a completion script sets to ask for candidates. Its name is specific to
/// idhooks, since a `COMPLETE` in a hook's environment must have no effect.
const VARIABLE: &str = "IDHOOKS_COMPLETE";
/// The marker in a line at the top of every script; install.sh replaces and removes only files that
/// contain it.
const MARKER: &str = "Written by 'idhooks completions";

/// Print a completion script for your shell
///
/// The script completes commands, options, and values from the current repository: paths,
/// identities, namespaces, TYPEs and finding codes. It calls the idhooks program that printed it,
/// so print it again after moving the program; '--program idhooks' prints one that calls the idhooks
/// on PATH, for a package. './install.sh' installs the scripts for bash, zsh
/// and fish.
///
/// Identities are completed once you have typed the first digit. Names that a shell or a terminal
/// cannot show safely, such as names with a line break, are omitted.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  source <(idhooks completions bash)                          in ~/.bashrc
  idhooks completions fish > ~/.config/fish/completions/idhooks.fish
  idhooks completions zsh --program idhooks                   for a package
  idhooks completions powershell | Out-String | Invoke-Expression    in $PROFILE")]
pub(super) struct Completions {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
    #[command(flatten)]
    program: ProgramArgs,
}

impl Completions {
    pub(super) fn run(self, ui: &mut Ui, _: &Path) -> CommandResult<Exit> {
        let script = script(self.shell, &self.program.or_own()?);
        ui.data(&script.map_err(|error| CommandError::internal(error.to_string()))?);
        Ok(Exit::Fine)
    }
}

/// Returns the completion script for a shell, which calls `program`.
fn script(shell: Shell, program: &Path) -> Result<String, std::io::Error> {
    let program = program.to_string_lossy();
    let written = |shell: &dyn EnvCompleter| {
        let mut text = Vec::new();
        shell.write_registration(VARIABLE, "idhooks", "idhooks", &program, &mut text)?;
        Ok::<_, std::io::Error>(String::from_utf8_lossy(&text).trim().to_owned())
    };
    let marked = |text: String| format!("# {MARKER} {}'.\n{text}\n", shell.as_str());
    Ok(match shell {
        // This is our own script: clap_complete's script requires bash 4, but macOS has bash 3.2.
        Shell::Bash => include_str!("bash.sh").replace("@PROGRAM@", &shell_quoted(&program)),
        // compinit reads the first line, loads the file, and immediately expects candidates from
        // it.
        Shell::Zsh => {
            let text = written(&Zsh)?;
            let body = text.strip_prefix("#compdef idhooks\n").unwrap_or(&text);
            let call =
                "if [[ ${funcstack[1]} == _idhooks ]]; then _clap_dynamic_completer_idhooks; fi\n";
            format!("#compdef idhooks\n{}{call}", marked(body.to_owned()))
        }
        Shell::Fish => marked(written(&Fish)?),
        Shell::Powershell => marked(written(&Powershell)?),
        Shell::Elvish => marked(written(&Elvish)?),
    })
}

/// The variable in which scripts pass the index of the word under the cursor.
const INDEX: &str = "_CLAP_COMPLETE_INDEX";

/// Returns whether a completion script is asking for candidates: the variable is set, and the first
/// argument is `--`, which no command begins with. Hooks and commands typed by a user thus ignore
/// the variable.
pub(super) fn is_asked(args: &[OsString]) -> bool {
    args.get(1).is_some_and(|arg| arg == "--") && env::var_os(VARIABLE).is_some()
}

/// Prints the candidates for the command line after the `--`, as parsed by `program`. Prints
/// nothing if anything fails: the output ends up in the user's command line, where messages would
/// be in the way.
pub(super) fn answer(args: &[OsString], program: fn() -> Command) {
    let mut ui = Ui::new(ColorChoice::Never, true, false);
    let words = args.get(2..).unwrap_or_default();
    // Even on a panic, nothing must be printed and the command must not fail: the shell would show
    // it in the middle of the line.
    let text = guarded(|_| Exit::Fine as u8, || candidates(words, program));
    ui.data(&text.unwrap_or_default());
    // If the shell has stopped reading, it does not need any candidates.
    let _ = ui.finish();
}

fn candidates(words: &[OsString], program: fn() -> Command) -> Option<String> {
    let shell = Shell::parse(&env::var(VARIABLE).ok()?)?;
    let index = env::var(INDEX).ok().and_then(|index| index.parse().ok());
    let line = CommandLine::new(shell, words.to_vec(), index);
    if let Some(dir) = line.directory() {
        // Paths after `-C` are relative to the directory it names, so candidates must be too.
        enter(Path::new(&dir)).ok()?;
    }
    let mut command = with_candidates(program());
    let here = env::current_dir().ok();
    let all = complete(&mut command, line.words.clone(), line.index, here.as_deref()).ok()?;
    Some(formatted(shell, &line, &all))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::ValueEnum;

    #[test]
    fn every_script_is_marked_and_calls_the_program() {
        for shell in Shell::value_variants() {
            let text = script(*shell, Path::new("/p q/idhooks")).expect("a script");
            assert!(text.lines().take(2).any(|line| line.contains(MARKER)), "{text}");
            assert!(text.contains("/p q/idhooks") && text.contains(VARIABLE), "{text}");
            assert!(!text.contains('@') || !text.contains("@PROGRAM@"), "{text}");
            assert_eq!(Shell::parse(shell.as_str()), Some(*shell));
        }
    }
}
