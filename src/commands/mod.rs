//! The commands: one file each, arguments and `run` together.

mod adoption;
mod alerts;
mod allocate;
mod assign;
mod audit;
mod backup;
mod batch;
mod capacity;
mod check;
mod choice;
mod ci;
mod clock;
mod commit_or_date;
mod completions;
mod coverage;
mod csv_output;
mod dashboard;
mod demo;
mod deprecate;
mod doctor;
mod drift;
mod explain;
mod export;
mod file_or_stdin;
mod find;
mod fix;
mod groups;
mod healing;
mod health;
mod hook;
mod import;
mod init;
mod inject;
mod install;
mod install_report;
mod list;
mod listen_args;
mod log;
mod man;
mod merge_driver;
mod metrics;
mod mv;
mod output_file;
mod panic;
mod past;
mod patch;
mod paths;
mod pinned_source;
mod purge;
mod receive;
mod reconcile;
mod references;
mod registry;
mod rename;
mod reserve;
mod resolve;
mod revision_args;
mod revive;
mod rollback;
mod scan;
mod schedule;
mod schema;
mod show;
mod status;
mod suggestion;
mod supersede;
mod transaction;
mod uninstall;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, Subcommand};
use idhooks_repo::store::enter;

use crate::error::CommandError;
use crate::exit::{DriverExit, Exit};
use crate::output::{ColorChoice, Ui};

use panic::guarded;

/// Stable identities for the files of a git repository
#[derive(Debug, Parser)]
#[command(name = "idhooks", version, propagate_version = true, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Run as if started in DIR
    #[arg(short = 'C', value_name = "DIR", global = true)]
    dir: Option<PathBuf>,
    /// Use color: auto, always or never
    #[arg(long, value_enum, default_value_t, value_name = "WHEN", global = true)]
    color: ColorChoice,
    /// Print less
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Print more
    #[arg(short, long, global = true)]
    verbose: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::Init),
    Install(install::InstallArgs),
    Uninstall(uninstall::UninstallArgs),
    Status(status::StatusArgs),
    Doctor(doctor::Doctor),
    Check(check::Check),
    Ci(ci::Ci),
    Receive(receive::Receive),
    Drift(drift::DriftArgs),
    Health(health::HealthArgs),
    Alerts(alerts::Alerts),
    Explain(explain::Explain),
    List(list::List),
    Show(show::Show),
    Log(log::Log),
    Scan(scan::ScanArgs),
    Coverage(coverage::CoverageArgs),
    Metrics(metrics::Metrics),
    Dashboard(dashboard::Dashboard),
    Schedule(schedule::Schedule),
    Export(export::Export),
    Import(import::Import),
    Allocate(allocate::Allocate),
    Reserve(reserve::Reserve),
    Inject(inject::Inject),
    Mv(mv::Mv),
    Rename(rename::Rename),
    Deprecate(deprecate::Deprecate),
    Revive(revive::Revive),
    Supersede(supersede::Supersede),
    Assign(assign::Assign),
    Purge(purge::Purge),
    Patch(patch::PatchArgs),
    Registry(registry::RegistryArgs),
    Backup(backup::BackupArgs),
    Audit(audit::Audit),
    Fix(fix::Fix),
    Reconcile(reconcile::Reconcile),
    Resolve(resolve::Resolve),
    Schema(schema::Schema),
    Demo(demo::Demo),
    Completions(completions::Completions),
    Man(man::Man),
    #[command(name = hook::NAME, hide = true)]
    Hook(hook::HookArgs),
    #[command(name = merge_driver::NAME, hide = true)]
    MergeDriver(merge_driver::MergeDriver),
}

impl Command {
    fn run(self, ui: &mut Ui, dir: &Path) -> Result<Exit, CommandError> {
        match self {
            Command::Init(command) => command.run(ui, dir),
            Command::Allocate(command) => command.run(ui, dir),
            Command::Reserve(command) => command.run(ui, dir),
            Command::Deprecate(command) => command.run(ui, dir),
            Command::Revive(command) => command.run(ui, dir),
            Command::Supersede(command) => command.run(ui, dir),
            Command::Assign(command) => command.run(ui, dir),
            Command::Mv(command) => command.run(ui, dir),
            Command::Rename(command) => command.run(ui, dir),
            Command::Backup(command) => command.run(ui, dir),
            Command::Audit(command) => command.run(ui, dir),
            Command::Purge(command) => command.run(ui, dir),
            Command::Patch(command) => command.run(ui, dir),
            Command::Registry(command) => command.run(ui, dir),
            Command::Reconcile(command) => command.run(ui, dir),
            Command::Resolve(command) => command.run(ui, dir),
            Command::Hook(command) => command.run(ui, dir),
            Command::MergeDriver(command) => Ok(match command.run(ui, dir) {
                DriverExit::Merged => Exit::Fine,
                DriverExit::Conflict => Exit::Findings,
            }),
            Command::Install(args) => install::run(&args, ui, dir),
            Command::Uninstall(args) => uninstall::run(&args, ui, dir),
            Command::Check(command) => command.run(ui, dir),
            Command::Ci(command) => command.run(ui, dir),
            Command::Receive(command) => command.run(ui, dir),
            Command::Drift(command) => command.run(ui, dir),
            Command::Health(command) => command.run(ui, dir),
            Command::Alerts(command) => command.run(ui, dir),
            Command::Coverage(command) => command.run(ui, dir),
            Command::Dashboard(command) => command.run(ui, dir),
            Command::Demo(command) => command.run(ui),
            Command::Doctor(command) => command.run(ui, dir),
            Command::Explain(command) => command.run(ui),
            Command::Fix(command) => command.run(ui, dir),
            Command::Export(command) => command.run(ui, dir),
            Command::Import(command) => command.run(ui, dir),
            Command::Inject(command) => command.run(ui, dir),
            Command::List(command) => command.run(ui, dir),
            Command::Log(command) => command.run(ui, dir),
            Command::Metrics(command) => command.run(ui, dir),
            Command::Scan(command) => command.run(ui),
            Command::Schedule(command) => command.run(ui, dir),
            Command::Schema(command) => command.run(ui),
            Command::Completions(command) => command.run(ui),
            Command::Man(command) => command.run(ui, dir),
            Command::Show(command) => command.run(ui, dir),
            Command::Status(command) => command.run(ui, dir),
        }
    }
}

impl Cli {
    /// Changes to the directory of `-C` first, so that relative paths mean the same as to git; then runs
    /// the command.
    fn run(self, ui: &mut Ui) -> Result<Exit, CommandError> {
        if let Some(dir) = &self.dir {
            enter(dir).map_err(|error| no_directory(dir, &error))?;
        }
        self.command.run(ui, Path::new(HERE))
    }
}

/// The directory in which every command works.
const HERE: &str = ".";

fn no_directory(dir: &Path, error: &std::io::Error) -> CommandError {
    let shown = dir.display();
    let failure = match dir.is_dir() {
        true => CommandError::new(format!("cannot enter the directory '{shown}'")).because(error),
        false => CommandError::new(format!("no directory '{shown}'")),
    };
    failure.hint("name an existing directory: idhooks -C <dir> …")
}

/// Parses the command line, runs the command and returns its exit code.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args: Vec<OsString> = args.into_iter().collect();
    panic::silence();
    if args.get(1).is_some_and(|name| name == merge_driver::NAME) {
        return merge_driver_main(args).into();
    }
    if args.get(1).is_some_and(|name| name == hook::NAME)
        && let Ok(called) = hook::Called::try_parse_from(&args[1..])
    {
        let mut ui = Ui::new(ColorChoice::Auto, false, false);
        return ended(&mut ui, |ui| called.run(ui, Path::new(HERE))).into();
    }
    if completions::is_asked(&args) {
        completions::answer(&args);
        return Exit::Fine.into();
    }
    match parse(args) {
        Ok(cli) => {
            let mut ui = Ui::new(cli.color, cli.quiet, cli.verbose);
            ended(&mut ui, |ui| cli.run(ui)).into()
        }
        Err(error) => {
            let mut ui = Ui::new(ColorChoice::Auto, false, false);
            ended(&mut ui, |ui| Ok(explain_usage(ui, &error))).into()
        }
    }
}

/// Parses the command line.
///
/// # Errors
/// Returns an error if it is wrong, or asks for help or for the version.
fn parse(args: Vec<OsString>) -> Result<Cli, clap::Error> {
    use ErrorKind::{DisplayHelp, DisplayHelpOnMissingArgumentOrSubcommand};
    let again = args.clone();
    let error = match Cli::try_parse_from(args) {
        Ok(cli) => return Ok(cli),
        Err(error) => error,
    };
    match error.kind() {
        DisplayHelp | DisplayHelpOnMissingArgumentOrSubcommand => {
            // Formatting help is slow, so it happens only on request.
            let parsed = groups::with_help(Cli::command()).try_get_matches_from(again);
            Err(parsed.err().unwrap_or(error))
        }
        ErrorKind::InvalidSubcommand => Err(groups::with_suggestion(error, &again)),
        _ => Err(error),
    }
}

/// Prints help, or the error of the command line; a closed pipe is not an error.
fn explain_usage(ui: &mut Ui, error: &clap::Error) -> Exit {
    match (error.print(), error.use_stderr()) {
        (_, true) => Exit::Environment,
        (printed, false) => {
            ui.note_written(printed);
            Exit::Fine
        }
    }
}

/// Runs a command, reports its error or panic, and returns the exit code.
fn ended(ui: &mut Ui, work: impl FnOnce(&mut Ui) -> Result<Exit, CommandError>) -> Exit {
    let done = guarded(|| work(ui)).unwrap_or_else(|panic| {
        let error = CommandError::internal(format!("idhooks failed unexpectedly: {panic}"));
        Err(error.hint("this is a bug in idhooks; please report this line and the command"))
    });
    let exit = done.unwrap_or_else(|error| {
        error.show(ui);
        error.exit
    });
    match ui.finish() {
        Ok(()) => exit,
        Err(error) => {
            ui.error(&format!("cannot write to the standard output: {error}"));
            ui.hint("make sure that there is room for the output, then run the command again");
            exit.max(Exit::Environment)
        }
    }
}

/// Runs the merge driver. Always returns 0 or 1, even after a panic or a wrong argument: git takes any
/// other exit code for something worse than a conflict.
fn merge_driver_main(args: Vec<OsString>) -> DriverExit {
    let done = guarded(|| match parse(args) {
        Ok(cli) => {
            let mut ui = Ui::new(cli.color, cli.quiet, cli.verbose);
            let dir = cli.dir.unwrap_or_else(|| PathBuf::from(HERE));
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
    done.unwrap_or_else(|panic| {
        Ui::new(ColorChoice::Auto, false, false).error(&format!("internal error: {panic}"));
        DriverExit::Conflict
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_panic_is_told_and_has_a_code_of_its_own() {
        let (mut ui, _, err) = Ui::in_memory();
        let exit = ended(&mut ui, |_| {
            Ok(Exit::of(&Vec::new()[3..], idhooks_core::check::Severity::Error))
        });
        assert_eq!(exit, Exit::Internal);
        let printed = err.text();
        assert!(printed.starts_with("error: idhooks failed unexpectedly: range "), "{printed}");
        assert!(printed.contains("\nhint: ") && printed.contains("report"), "{printed}");
        assert_eq!(printed.lines().count(), 2, "{printed}");
    }

    #[test]
    fn output_that_is_lost_is_an_error() {
        let (mut ui, out, err) = Ui::in_memory();
        out.fail_with(std::io::ErrorKind::StorageFull);
        assert_eq!(
            ended(&mut ui, |ui| {
                ui.line("data");
                Ok(Exit::Findings)
            }),
            Exit::Environment
        );
        assert!(err.text().starts_with("error: cannot write to the standard output: "));
        let (mut ui, out, err) = Ui::in_memory();
        out.fail_with(std::io::ErrorKind::BrokenPipe);
        assert_eq!(
            ended(&mut ui, |ui| {
                ui.line("data");
                Ok(Exit::Findings)
            }),
            Exit::Findings
        );
        assert_eq!(err.text(), "");
    }
}
