//! Which values an argument takes, by their name in its help, and the candidates for them.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, File};

use clap::{Arg, Command};
use clap_complete::{ArgValueCompleter, CompletionCandidate};
use idhooks_core::check::Code;
use idhooks_core::config::{CONFIG_PATH, Config};
use idhooks_core::registry::{
    Allocation, ByPrefix, Namespace, REGISTRY_PATH, Registry, read_head, records_by_prefix,
};
use idhooks_repo::git::Repo;

use crate::commands::paths::HERE;

use super::files::{listed, tracked};

/// How many identities are offered at most; if more match, longer prefixes are offered.
const MOST_RECORDS: usize = 100;

/// What kind of value an argument takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ArgumentKind {
    /// An identity or a path.
    Subject,
    Id,
    /// A path in the index.
    TrackedPath,
    /// A file or directory of the system.
    File,
    Directory,
    Code,
    Namespace,
    Type,
}

/// The name of a value in the help, and its kind.
const VALUES: [(&str, ArgumentKind); 13] = [
    ("ID|PATH", ArgumentKind::Subject),
    ("ID", ArgumentKind::Id),
    ("PATH", ArgumentKind::TrackedPath),
    ("GLOB", ArgumentKind::TrackedPath),
    ("FROM", ArgumentKind::TrackedPath),
    ("TO", ArgumentKind::File),
    ("FILE", ArgumentKind::File),
    ("DIR|FILE", ArgumentKind::File),
    ("DIR", ArgumentKind::Directory),
    ("CODE", ArgumentKind::Code),
    ("NS", ArgumentKind::Namespace),
    ("TYPE", ArgumentKind::Type),
    ("SOURCE", ArgumentKind::File),
];

/// Adds candidates to the arguments of a command and of its subcommands.
pub(super) fn with_candidates(command: Command) -> Command {
    let with = |arg: Arg| match value_of(&arg) {
        Some(value) => arg.add(ArgValueCompleter::new(move |typed: &OsStr| value.complete(typed))),
        None => arg,
    };
    command.mut_args(with).mut_subcommands(with_candidates)
}

fn value_of(arg: &Arg) -> Option<ArgumentKind> {
    let name = arg.get_value_names()?.first()?;
    VALUES.iter().find(|(known, _)| known == name).map(|(_, value)| *value)
}

impl ArgumentKind {
    fn complete(self, typed: &OsStr) -> Vec<CompletionCandidate> {
        // No candidate begins with something that is not Unicode.
        typed.to_str().and_then(|typed| self.candidates(typed)).unwrap_or_default()
    }

    /// Returns the candidates that begin with the typed text, or nothing if the repository cannot be
    /// read.
    fn candidates(self, typed: &str) -> Option<Vec<CompletionCandidate>> {
        match self {
            ArgumentKind::Subject if typed.starts_with(|sign: char| sign.is_ascii_digit()) => {
                let repo = open()?;
                let ids = ids(&repo, typed).unwrap_or_default();
                Some(ids.into_iter().chain(plain(tracked(&repo, typed)?)).collect())
            }
            ArgumentKind::Subject | ArgumentKind::TrackedPath => {
                Some(plain(tracked(&open()?, typed)?))
            }
            ArgumentKind::Id => ids(&open()?, typed),
            ArgumentKind::File => Some(plain(listed(false, typed)?)),
            ArgumentKind::Directory => Some(plain(listed(true, typed)?)),
            ArgumentKind::Code => Some(codes(typed)),
            ArgumentKind::Namespace => {
                let (head, config) = rules(&open()?);
                let used = head.iter().flat_map(|head| head.counters.keys()).map(|c| c.namespace);
                Some(numbers(typed, used.chain(config.namespaces()).chain([Namespace::OTHER])))
            }
            ArgumentKind::Type => {
                let (head, config) = rules(&open()?);
                let used = head.iter().flat_map(|head| head.counters.keys()).map(|c| c.type_code);
                let named = config.types.codes().chain([config.default_type]);
                Some(numbers(typed, used.chain(named)))
            }
        }
    }
}

fn open() -> Option<Repo> {
    Repo::open(HERE.as_ref()).ok()
}

fn plain(values: Vec<String>) -> Vec<CompletionCandidate> {
    values.into_iter().map(CompletionCandidate::new).collect()
}

/// Opens a regular file of the working tree. Reading a pipe might never end.
fn open_file(repo: &Repo, path: &str) -> Option<File> {
    let path = repo.top().join(path);
    fs::symlink_metadata(&path).ok().filter(fs::Metadata::is_file)?;
    File::open(path).ok()
}

/// Returns identities with their paths, or longer prefixes if there are many.
fn ids(repo: &Repo, typed: &str) -> Option<Vec<CompletionCandidate>> {
    let file = open_file(repo, REGISTRY_PATH)?;
    let length = file.metadata().ok()?.len();
    Some(match records_by_prefix(file, length, typed, MOST_RECORDS)? {
        ByPrefix::Prefixes(prefixes) => plain(prefixes),
        ByPrefix::Records(records) => {
            let one = |record: &Allocation| {
                let help = match record.is_active() {
                    true => record.path.to_string(),
                    false => format!("{} ({})", record.path, record.status.as_str()),
                };
                CompletionCandidate::new(record.id.to_string()).help(Some(help.into()))
            };
            records.iter().map(one).collect()
        }
    })
}

/// Returns the codes of findings; the typed text may be in any case.
fn codes(typed: &str) -> Vec<CompletionCandidate> {
    let typed = typed.to_uppercase().replace('-', "_");
    let all = Code::ALL.into_iter().filter(|code| code.as_str().starts_with(&typed));
    all.map(|code| CompletionCandidate::new(code.as_str()).help(Some(code.row().meaning.into())))
        .collect()
}

/// Returns the registry without its records, and the rules; the built-in ones if idhooks.toml is
/// missing or cannot be read.
fn rules(repo: &Repo) -> (Option<Registry>, Config) {
    let file = open_file(repo, CONFIG_PATH)
        .filter(|file| file.metadata().is_ok_and(|meta| Config::check_size(meta.len()).is_ok()));
    let text = file.and_then(|file| std::io::read_to_string(file).ok());
    let config = text.and_then(|text| Config::parse(&text).ok()).unwrap_or_default();
    (open_file(repo, REGISTRY_PATH).and_then(read_head), config)
}

fn numbers<T: Ord + ToString>(
    typed: &str,
    all: impl Iterator<Item = T>,
) -> Vec<CompletionCandidate> {
    let all: BTreeSet<T> = all.collect();
    let all = all.iter().map(ToString::to_string).filter(|number| number.starts_with(typed));
    plain(all.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::Cli;
    use clap::CommandFactory;

    /// Values without candidates.
    const FREE: [&str; 22] = [
        "ADDRESS",
        "BRANCH",
        "COMMAND",
        "DIGITS",
        "FORMAT=FILE",
        "N",
        "NAME",
        "NEW",
        "OLD",
        "PATTERN",
        "PORT",
        "RANGE",
        "REF",
        "REV",
        "REV|DATE",
        "RUN",
        "SHA256",
        "SHARE",
        "TEXT",
        "URL",
        "WHEN",
        "WHEN|ID",
    ];

    fn names(command: &Command, found: &mut BTreeSet<String>) {
        for arg in command.get_arguments().filter(|arg| !arg.is_hide_set()) {
            if arg.get_value_parser().possible_values().is_none() {
                found.extend(
                    arg.get_value_names().unwrap_or_default().iter().map(ToString::to_string),
                );
            }
        }
        let visible = command.get_subcommands().filter(|command| !command.is_hide_set());
        visible.for_each(|command| names(command, found));
    }

    #[test]
    fn every_value_has_candidates_or_is_listed_as_free() {
        let mut found = BTreeSet::new();
        names(&Cli::command(), &mut found);
        let known: BTreeSet<String> =
            VALUES.iter().map(|(name, _)| *name).chain(FREE).map(str::to_owned).collect();
        let unknown: Vec<_> = found.difference(&known).collect();
        assert!(unknown.is_empty(), "neither in VALUES nor in FREE: {unknown:?}");
        let unused: Vec<_> = known.difference(&found).collect();
        assert!(unused.is_empty(), "no argument takes it: {unused:?}");
    }
}
