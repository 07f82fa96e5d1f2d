//! `idhooks demo`: shows what idhooks does, in a temporary repository.

mod sandbox;

use std::path::Path;

use crate::error::{CommandError, CommandResult, Exit};
use crate::output::Ui;

use sandbox::{DemoSandbox, DemoStep};

/// What happens, step by step.
const STORY: &str = include_str!("demo/story.txt");

/// Show what idhooks does, in a temporary repository
///
/// Creates a repository in a temporary directory, works in it with git and idhooks, and shows the
/// identity of each file after each step. At the end it verifies that no file lost its identity and
/// that no identity was used twice. Nothing outside that directory is read or changed.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  idhooks demo                    watch it work
  idhooks demo --keep             keep the repository to explore it

Exit code: 0 everything worked; 1 a step or the verification failed")]
pub(super) struct Demo {
    /// Keep the repository and print its path
    #[arg(long)]
    keep: bool,
}

impl Demo {
    pub(super) fn run(self, ui: &mut Ui, _: &Path) -> CommandResult<Exit> {
        let failed = |error: std::io::Error| {
            CommandError::new("cannot make a temporary directory")
                .because(&error)
                .hint("name a writable directory: TMPDIR=<dir> idhooks demo")
        };
        let program = std::env::current_exe().map_err(|error| {
            CommandError::internal("cannot find the file of this program").because(&error)
        })?;
        let dir = tempfile::Builder::new().prefix("idhooks-demo-").tempdir().map_err(failed)?;
        let dir_path = dir.path().canonicalize().map_err(failed)?;
        let mut sandbox = DemoSandbox::new(&dir_path, program, ui)?;
        let taken = STORY.lines().try_for_each(|step| take(&mut sandbox, step));
        let outcome = taken.and_then(|()| verify(&mut sandbox));
        let repository = sandbox.repository();
        if self.keep {
            let _ = dir.keep();
            ui.line("");
            ui.line(&format!("The repository is in {}", repository.display()));
        }
        if let Err(error) = outcome {
            error.hint("to look into the repository: idhooks demo --keep").show(ui);
            return Ok(Exit::Findings);
        }
        Ok(Exit::Fine)
    }
}

/// Takes a step of the story: a title, a command, a change of a file, or where the files are then.
fn take(sandbox: &mut DemoSandbox<'_>, step: &'static str) -> DemoStep {
    let (verb, rest) = step.split_once(' ').unwrap_or((step, ""));
    let (first, second) = rest.split_once(' ').unwrap_or((rest, ""));
    match verb {
        "#" => sandbox.title(rest),
        "git" => return sandbox.git(rest),
        "idhooks" => return sandbox.idhooks(rest),
        "write" => return sandbox.write(first, second),
        "edit" => return sandbox.append(first, second),
        "switch" => return sandbox.switch_to(rest),
        "follow" => return sandbox.follow(first, second),
        "moved" => sandbox.moved_to(first, second),
        "absent" | "present" => sandbox.set_present(rest, verb == "present"),
        _ => return sandbox.table(),
    }
    Ok(())
}

/// Verifies the commits themselves.
fn verify(sandbox: &mut DemoSandbox<'_>) -> DemoStep {
    sandbox.title("Verified");
    sandbox.verify_every_commit()?;
    sandbox.idhooks("check --strict")?;
    sandbox.verify_clean()
}
