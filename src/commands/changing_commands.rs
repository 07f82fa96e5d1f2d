//! Determines which runs change the registry, so that refused runs are recorded in the audit log.

use std::path::Path;

use clap::ArgMatches;
use idhooks_ops::{EventKind, Repo, record_exit};

use crate::error::{CommandResult, Exit};

/// The commands that change the registry, with their names in the audit log. If a command that is
/// not listed were refused, the log would not show it; a test compares this list with the commands
/// that have --dry-run.
const CHANGING: [(&str, &str); 27] = [
    ("init", "init"),
    ("allocate", "allocate"),
    ("reserve", "reserve"),
    ("mv", "mv"),
    ("rename", "rename"),
    ("inject", "inject"),
    ("refs add", "refs add"),
    ("refs review", "refs review"),
    ("deprecate", "deprecate"),
    ("revive", "revive"),
    ("supersede", "supersede"),
    ("assign", "assign"),
    ("purge", "purge"),
    ("scan", "scan"),
    ("describe", "describe"),
    ("doctor", "doctor"),
    ("fix", "fix"),
    ("reconcile", "reconcile"),
    ("resolve", "resolve"),
    ("backup create", "backup"),
    ("backup restore", "backup restore"),
    ("import", "import"),
    ("migrate run", "migrate run"),
    ("migrate rollback", "migrate rollback"),
    ("migrate finish", "migrate finish"),
    ("patch apply", "patch"),
    ("patch rollback", "patch"),
];
/// Options that turn these commands into a dry run.
const LOOKING: [&str; 3] = ["dry_run", "check", "print"];
/// Commands that change something only if one of these options is given.
const ACTING: [(&str, &[&str]); 4] = [
    ("scan", &["allocate_ids"]),
    ("describe", &["write"]),
    ("doctor", &["fix"]),
    ("fix", &["execute", "rollback"]),
];

/// Returns the name of the command if it changes the registry with these arguments.
pub(super) fn changing(matches: &ArgMatches) -> Option<&'static str> {
    let (mut names, mut matches) = (Vec::new(), matches);
    while let Some((name, inner)) = matches.subcommand() {
        names.push(name);
        matches = inner;
    }
    let (path, name) = CHANGING.into_iter().find(|(path, _)| *path == names.join(" "))?;
    let is_set = |option: &str| matches!(matches.try_get_one::<bool>(option), Ok(Some(true)));
    let acting = ACTING.into_iter().find(|(command, _)| *command == path);
    let acts = acting.is_none_or(|(_, options)| options.iter().any(|option| is_set(option)));
    (acts && !LOOKING.into_iter().any(is_set)).then_some(name)
}

/// Records that the command `what`, which changes the registry, was refused, and why. Failures to
/// record this are ignored: the user already sees the command's own error.
pub(super) fn record_refused_run(what: &str, dir: &Path, done: &CommandResult<Exit>) {
    let (kind, exit, message) = match done {
        Ok(Exit::Findings) => {
            (EventKind::CheckFailed, Exit::Findings, "it has findings".to_owned())
        }
        Ok(exit) => (EventKind::Blocked, *exit, "its input has faults".to_owned()),
        Err(error) => {
            let lines = [std::slice::from_ref(&error.message), &error.causes].concat();
            (EventKind::Blocked, error.exit, lines.join("; "))
        }
    };
    // The command may have failed because of the registry, so the repository is reopened just for
    // writing the log.
    if exit != Exit::Fine
        && let Ok(repo) = Repo::open(dir)
    {
        repo.begin(what);
        // A run that could not get a lock was not refused: the user or a script will run it again.
        if !done.as_ref().is_err_and(|error| error.is_transient) {
            record_exit(&repo, kind, exit as u8, &message, None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::Cli;
    use clap::{Command, CommandFactory};

    /// Commands with '--dry-run' that change something other than the registry.
    const OTHERS: [&str; 14] = [
        "migrate plan",
        "bridge translate",
        "lint",
        "install",
        "uninstall",
        "ci init",
        "backup push",
        "schedule install",
        "schedule remove",
        "generate",
        "watch install",
        "queue retry",
        "queue drop",
        "queue clear",
    ];

    fn add_dry(command: &Command, above: &str, found: &mut Vec<String>) {
        for inner in command.get_subcommands() {
            let path = format!("{above} {}", inner.get_name()).trim().to_owned();
            if inner.get_arguments().any(|option| option.get_id() == "dry_run") {
                found.push(path.clone());
            }
            add_dry(inner, &path, found);
        }
    }

    #[test]
    fn every_command_is_known() {
        let mut dry = Vec::new();
        add_dry(&Cli::command(), "", &mut dry);
        let names = CHANGING.map(|(path, _)| path);
        let unknown: Vec<&String> = dry
            .iter()
            .filter(|path| !names.contains(&path.as_str()) && !OTHERS.contains(&path.as_str()))
            .collect();
        assert!(unknown.is_empty(), "{unknown:?}");
        for path in names {
            let mut words = path.split(' ');
            let cli = Cli::command();
            let found = words.try_fold(&cli, |command, word| command.find_subcommand(word));
            let options = ACTING.iter().filter(|(command, _)| *command == path);
            let mut options = options.flat_map(|(_, options)| options.iter());
            let has = |option: &str| {
                found.is_some_and(|c| c.get_arguments().any(|known| known.get_id() == option))
            };
            assert!(found.is_some() && options.all(|option| has(option)), "{path}");
        }
    }

    #[test]
    fn options_decide_whether_a_command_changes_something() {
        let name = |line: &str| {
            let words = std::iter::once("idhooks").chain(line.split(' '));
            changing(&Cli::command().try_get_matches_from(words).expect(line))
        };
        for (line, expected) in [
            ("init", Some("init")),
            ("init --dry-run", None),
            ("fix", None),
            ("fix --execute", Some("fix")),
            ("fix --rollback", Some("fix")),
            ("fix --rollback --dry-run", None),
            ("inject --all --check", None),
            ("inject --all -q", Some("inject")),
            ("backup restore x", Some("backup restore")),
            ("backup list", None),
            ("patch apply x", Some("patch")),
            ("patch preview x", None),
            ("doctor", None),
            ("list", None),
        ] {
            assert_eq!(name(line), expected, "{line}");
        }
    }
}
