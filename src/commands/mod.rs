//! The commands, each in its own file with its arguments and `run` function.

mod allocate;
mod assign;
mod audit;
#[cfg(feature = "automation")]
mod automation;
mod backup;
#[cfg(all(feature = "code", feature = "report"))]
mod bridge_server;
mod changing_commands;
mod check;
mod ci;
mod classify;
#[cfg(feature = "code")]
mod code;
mod command_groups;
mod completions;
mod demo;
mod deprecate;
mod doctor;
mod drift;
mod explain;
mod export;
mod fix;
mod gate_args;
mod generate;
mod hook;
mod hyperlink_args;
mod id;
mod init;
mod inject;
mod install;
mod install_source_args;
mod list;
mod log;
mod lookup_args;
#[cfg(feature = "lsp")]
mod lsp;
mod man;
mod merge_driver;
#[cfg(feature = "migration")]
mod migration;
mod mv;
#[cfg(all(feature = "code", not(feature = "report")))]
mod no_bridge_server;
mod output_file;
mod patch;
mod path;
mod program_args;
mod purge;
mod receive;
mod reconcile;
mod refs;
mod registry;
mod rename;
#[cfg(feature = "report")]
mod report;
mod reserve;
mod resolve;
mod revision_args;
mod revive;
mod scan;
mod schema;
mod show;
mod status;
mod supersede;
mod uninstall;
#[cfg(any(feature = "automation", feature = "report"))]
mod unit_program_args;
mod url;
mod value_parsers;

use std::path::{Path, PathBuf};
use std::{ffi::OsString, process::ExitCode};

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand, error::ErrorKind};
use idhooks_ops::{HERE, PartRefusal, Repo, enter, record_seen_commits};

use crate::error::{CommandError, CommandResult, Exit, no_directory};
use crate::output::{ColorChoice, Ui};

#[cfg(not(feature = "automation"))]
use crate::no_watcher as watcher;
use crate::panic::{end_process, ended, guarded, leave};
#[cfg(feature = "automation")]
use automation::{self as watcher, queue, watch};
use changing_commands::{changing, record_refused_run};
#[cfg(feature = "code")]
use code::{bridge, describe, ids, lint};
use command_groups::{CommandGroup, HelpExtent, ListedCommand};
#[cfg(feature = "migration")]
use migration::{import, migrate};
#[cfg(all(feature = "code", not(feature = "report")))]
use no_bridge_server as bridge_server;
#[cfg(feature = "report")]
use report::{alerts, coverage, dashboard, health, metrics, schedule};

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

macro_rules! commands {
    ($($heading:literal: $(
        $(#[cfg(feature = $feature:tt)])? $module:ident $variant:ident $arguments:ident $($everyday:ident)?,
    )+)+) => {
        #[derive(Debug, Subcommand)]
        enum Command {
            $($($(#[cfg(feature = $feature)])? $variant($module::$arguments),)+)+
            #[command(name = hook::NAME, hide = true)]
            Hook(hook::HookArgs),
            #[command(name = merge_driver::NAME, hide = true)]
            MergeDriver(merge_driver::MergeDriver),
        }

        /// The modules of all visible commands, in the order of the help.
        const GROUPS: &[CommandGroup] = &[$(CommandGroup {
            heading: $heading,
            commands: &[$($(#[cfg(feature = $feature)])? ListedCommand {
                module: stringify!($module),
                is_everyday: !concat!($(stringify!($everyday))?).is_empty(),
            }),+],
        }),+];

        /// The commands that need a feature, each with the feature's name.
        const OF_FEATURES: &[(&str, &str)] =
            &[$($($((stringify!($module), $feature),)?)+)+];

        impl Command {
            fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
                match self {
                    $($($(#[cfg(feature = $feature)])? Command::$variant(command) => command.run(ui, dir),)+)+
                    Command::Hook(command) => command.run(ui, dir),
                    Command::MergeDriver(command) => Ok(command.run(ui, dir)),
                }
            }
        }
    };
}

// The groups of commands shown by `idhooks help --all`. Each entry names a command's module,
// variant and arguments, and has `everyday` if `idhooks --help` lists the command too.
commands! {
    "Start":
        init Init Init everyday,
        install Install InstallArgs everyday,
        uninstall Uninstall UninstallArgs,
        status Status StatusArgs everyday,
        demo Demo Demo,
    "Look up":
        list List List everyday,
        show Show Show everyday,
        url Url UrlArgs,
        refs Refs RefsArgs,
        id Id IdArgs,
        path Path PathArgs,
        log Log Log everyday,
        scan Scan ScanArgs everyday,
        #[cfg(feature = "code")]
        describe Describe DescribeArgs,
        classify Classify ClassifyArgs,
        #[cfg(feature = "report")]
        coverage Coverage CoverageArgs,
    "Change":
        allocate Allocate Allocate everyday,
        reserve Reserve Reserve,
        mv Mv Mv everyday,
        rename Rename Rename everyday,
        inject Inject Inject,
        deprecate Deprecate Deprecate everyday,
        revive Revive Revive,
        supersede Supersede Supersede everyday,
        assign Assign Assign,
        purge Purge Purge,
        generate Generate Generate everyday,
    "Check and repair":
        check Check Check everyday,
        drift Drift DriftArgs,
        explain Explain Explain,
        doctor Doctor Doctor everyday,
        fix Fix Fix everyday,
        reconcile Reconcile Reconcile everyday,
        resolve Resolve Resolve everyday,
        backup Backup BackupArgs,
        audit Audit Audit,
        #[cfg(feature = "code")]
        lint Lint LintArgs everyday,
    "CI and monitoring":
        ci Ci Ci everyday,
        receive Receive Receive,
        #[cfg(feature = "report")]
        health Health HealthArgs,
        #[cfg(feature = "report")]
        alerts Alerts Alerts,
        #[cfg(feature = "report")]
        metrics Metrics Metrics,
        #[cfg(feature = "report")]
        dashboard Dashboard Dashboard,
        #[cfg(feature = "report")]
        schedule Schedule Schedule,
    "Code and automation":
        #[cfg(feature = "code")]
        ids Ids IdsArgs,
        #[cfg(feature = "code")]
        bridge Bridge BridgeArgs,
        #[cfg(feature = "lsp")]
        lsp Lsp Lsp,
        #[cfg(feature = "automation")]
        watch Watch WatchArgs,
        #[cfg(feature = "automation")]
        queue Queue QueueArgs,
    "Exchange and shell":
        export Export Export everyday,
        #[cfg(feature = "migration")]
        import Import Import everyday,
        #[cfg(feature = "migration")]
        migrate Migrate MigrateArgs,
        patch Patch PatchArgs,
        registry Registry RegistryArgs,
        schema Schema Schema,
        completions Completions Completions,
        man Man Man,
}

impl From<PartRefusal> for CommandError {
    fn from(refusal: PartRefusal) -> Self {
        match refusal {
            #[cfg(feature = "code")]
            PartRefusal::Bridge(refusal) => refusal.into(),
            #[cfg(feature = "code")]
            PartRefusal::Lint(refusal) => refusal.into(),
            #[cfg(feature = "code")]
            PartRefusal::Describe(refusal) => refusal.into(),
            #[cfg(feature = "migration")]
            PartRefusal::Import(refusal) => refusal.into(),
            #[cfg(feature = "migration")]
            PartRefusal::LegacySource(refusal) => refusal.into(),
            #[cfg(feature = "migration")]
            PartRefusal::Migrate(refusal) => refusal.into(),
            #[cfg(feature = "migration")]
            PartRefusal::Rollback(refusal) => refusal.into(),
        }
    }
}

impl Cli {
    /// Changes to the `-C` directory, so that relative paths mean the same as for git, and runs the
    /// command. If it is refused and `changing` names it, records that in the audit log.
    fn run(self, ui: &mut Ui, changing: Option<&str>) -> CommandResult<Exit> {
        if let Some(dir) = &self.dir {
            enter(dir).map_err(|error| no_directory(dir, &error))?;
        }
        if changing.is_some() {
            // In the audit log, commits made since the last run must come before this run's events.
            // If this fails, the next hook reports it.
            Repo::open(Path::new(HERE)).iter().for_each(|repo| drop(record_seen_commits(repo)));
        }
        let done = self.command.run(ui, Path::new(HERE));
        if let Some(what) = changing {
            record_refused_run(what, Path::new(HERE), &done);
        }
        done
    }
}

/// Parses the command line, runs the command and returns its exit code.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args: Vec<OsString> = args.into_iter().collect();
    end_process();
    // The merge driver comes first: the full parser exits with code 2 for a bad command line.
    if args.get(1).is_some_and(|name| name == merge_driver::NAME) {
        leave(merge_driver_main(args));
    }
    if args.get(1).is_some_and(|name| name == hook::NAME)
        // If an argument is invalid or global, the full parser takes over and explains the error.
        && let Ok(called) = hook::HookArgs::parse(&args[1..])
    {
        leave(ended(Ui::default(), |ui| called.run(ui, Path::new(HERE))));
    }
    if completions::is_asked(&args) {
        completions::answer(&args, Cli::command);
        return Exit::Fine.into();
    }
    match parse(args) {
        Ok((cli, changing)) => {
            ended(Ui::new(cli.color, cli.quiet, cli.verbose), |ui| cli.run(ui, changing)).into()
        }
        // A help request or an invalid command line; `idhooks --help | head` is not an error.
        Err(error) => ended(Ui::default(), |ui| match (error.print(), error.use_stderr()) {
            (_, true) => Ok(Exit::Environment),
            (printed, false) => {
                ui.note_written(printed);
                Ok(Exit::Fine)
            }
        })
        .into(),
    }
}

/// Parses the command line. Also returns the command's name if it changes the registry.
///
/// # Errors
/// Returns an error if the command line is wrong, or asks for help or for the version.
fn parse(args: Vec<OsString>) -> Result<(Cli, Option<&'static str>), clap::Error> {
    use ErrorKind::{DisplayHelp, DisplayHelpOnMissingArgumentOrSubcommand};
    if args[1..] == ["help", "--all"] || args[1..] == ["help", "-a"] {
        let program = command_groups::with_help(Cli::command(), GROUPS, HelpExtent::All);
        let shown = program.try_get_matches_from(["idhooks", "--help"]);
        return Err(shown.expect_err("the help was asked for"));
    }
    // clap consumes the arguments. To explain an error, they are parsed again with help texts.
    let again = args.clone();
    let parsed = Cli::command().try_get_matches_from(args).and_then(|matches| {
        let cli = Cli::from_arg_matches(&matches);
        let cli = cli.map_err(|error| error.format(&mut Cli::command()))?;
        Ok((cli, changing(&matches)))
    });
    let error = match parsed {
        Ok(parsed) => return Ok(parsed),
        Err(error) => error,
    };
    match error.kind() {
        DisplayHelp | DisplayHelpOnMissingArgumentOrSubcommand => {
            // Formatting help is slow, so it is done only on request.
            let parsed = command_groups::with_help(Cli::command(), GROUPS, HelpExtent::Everyday)
                .try_get_matches_from(again);
            Err(parsed.err().unwrap_or(error))
        }
        ErrorKind::InvalidSubcommand => {
            let instead = |name: &str| command_groups::instead(name, OF_FEATURES);
            Err(command_groups::with_suggestion(error, &Cli::command(), &again, instead))
        }
        _ => Err(error),
    }
}

/// Runs the merge driver. Always returns 0 or 1, even after a panic or a wrong argument: git takes
/// 1 to 128 as a conflict and anything higher as a failure, after which older versions of git would
/// accept an incomplete file.
fn merge_driver_main(args: Vec<OsString>) -> Exit {
    let report = |panic: &str| {
        Ui::default().error(&format!("internal error: {panic}"));
        Exit::Findings as u8
    };
    guarded(report, || match parse(args) {
        Ok((cli, _)) => {
            let mut ui = Ui::new(cli.color, cli.quiet, cli.verbose);
            let dir = cli.dir.unwrap_or_else(|| PathBuf::from(HERE));
            // git treats any exit code above 128 as a crash of the driver, and aborts the merge
            // without recording a conflict.
            cli.command.run(&mut ui, &dir).unwrap_or(Exit::Findings).min(Exit::Findings)
        }
        Err(error) => {
            let _ = error.print();
            if error.use_stderr() { Exit::Findings } else { Exit::Fine }
        }
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
    fn folded_commands_are_none_and_their_new_spelling_is_one() {
        use ErrorKind::{InvalidSubcommand, UnknownArgument};
        for (old, new) in command_groups::FOLDED {
            let kind = |text: &str| {
                let line = format!("idhooks {text}");
                Cli::command().try_get_matches_from(line.split(' ')).err().map(|e| e.kind())
            };
            assert_eq!(kind(old), Some(InvalidSubcommand), "{old}");
            let is_unknown = |kind| matches!(kind, Some(InvalidSubcommand | UnknownArgument));
            assert!(!is_unknown(kind(new)), "{new}");
        }
    }
}
