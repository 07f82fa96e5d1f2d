//! The commands: one file each, arguments and `run` together.

mod allocate;
mod check;
mod clone;
mod demo;
mod explain;
mod hook;
mod init;
mod install;
mod list;
mod merge_driver;
mod nearest;
mod paths;
mod resolve;
mod schema;
mod show;
mod source;
mod status;
mod uninstall;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::error::CommandError;
use crate::exit::{DriverExit, Exit};
use crate::output::{ColorChoice, Ui};

/// Stable identities for the files of a git repository
#[derive(Debug, Parser)]
#[command(name = "idhooks", version, propagate_version = true, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Run as if started in this directory
    #[arg(short = 'C', value_name = "DIR", global = true)]
    dir: Option<PathBuf>,
    /// When to use colour
    #[arg(long, value_enum, default_value_t, value_name = "WHEN", global = true)]
    color: ColorChoice,
    /// Say only what matters
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Say more
    #[arg(short, long, global = true)]
    verbose: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::Init),
    Install(install::Args),
    Uninstall(uninstall::Args),
    Status(status::Status),
    Check(check::Check),
    Explain(explain::Explain),
    List(list::List),
    Show(show::Show),
    Allocate(allocate::Allocate),
    Resolve(resolve::Resolve),
    Schema(schema::Schema),
    Demo(demo::Demo),
    #[command(hide = true)]
    Hook(hook::Hook),
    #[command(name = merge_driver::NAME, hide = true)]
    MergeDriver(merge_driver::MergeDriver),
}

impl Command {
    fn run(self, ui: &mut Ui, dir: &Path) -> Result<Exit, CommandError> {
        match self {
            Command::Init(command) => command.run(ui, dir),
            Command::Allocate(command) => command.run(ui, dir),
            Command::Resolve(command) => command.run(ui, dir),
            Command::Hook(command) => command.run(ui, dir),
            Command::MergeDriver(command) => Ok(match command.run(ui, dir) {
                DriverExit::Merged => Exit::Fine,
                DriverExit::Conflict => Exit::Findings,
            }),
            Command::Install(args) => install::run(&args, ui, dir),
            Command::Uninstall(args) => uninstall::run(&args, ui, dir),
            Command::Check(command) => command.run(ui, dir),
            Command::Demo(command) => command.run(ui),
            Command::Explain(command) => command.run(ui),
            Command::List(command) => command.run(ui, dir),
            Command::Schema(command) => command.run(ui),
            Command::Show(command) => command.run(ui, dir),
            Command::Status(command) => command.run(ui, dir),
        }
    }
}

/// Parses the command line, runs the command and returns its exit code.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args: Vec<OsString> = args.into_iter().collect();
    if args.get(1).is_some_and(|name| name == merge_driver::NAME) {
        return merge_driver_main(args).into();
    }
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
            // clap prints help to stdout and mistakes to stderr; a closed pipe is not an error.
            let _ = error.print();
            return if error.use_stderr() { Exit::Environment } else { Exit::Fine }.into();
        }
    };
    let mut ui = Ui::new(cli.color, cli.quiet, cli.verbose);
    let dir = cli.dir.unwrap_or_else(|| PathBuf::from("."));
    match cli.command.run(&mut ui, &dir) {
        Ok(exit) => exit.into(),
        Err(error) => {
            error.show(&mut ui);
            error.exit.into()
        }
    }
}

/// Runs the merge driver: git takes 0 and 1 for answers, and anything else, even a panic or a
/// wrong argument, for something worse than a conflict.
fn merge_driver_main(args: Vec<OsString>) -> DriverExit {
    merge_driver::be_brief();
    let done = merge_driver::guarded(|| match Cli::try_parse_from(args) {
        Ok(cli) => {
            let mut ui = Ui::new(cli.color, cli.quiet, cli.verbose);
            let dir = cli.dir.unwrap_or_else(|| PathBuf::from("."));
            match cli.command.run(&mut ui, &dir) {
                Ok(Exit::Fine) => DriverExit::Merged,
                _ => DriverExit::Conflict,
            }
        }
        Err(error) => {
            let _ = error.print();
            if error.use_stderr() { DriverExit::Conflict } else { DriverExit::Merged }
        }
    });
    done.unwrap_or(DriverExit::Conflict)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
