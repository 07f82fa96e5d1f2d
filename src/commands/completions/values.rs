//! Completes argument values according to the name of the value in the help: identities, rules, and
//! paths from the index or the file system.

use std::fs::{self, File};
use std::{collections::BTreeSet, ffi::OsStr, path::Path};

use clap::{Arg, Command};
use clap_complete::{ArgValueCompleter, CompletionCandidate};
use idhooks_core::check::Code;
use idhooks_core::config::{CONFIG_PATH, Config, is_own};
use idhooks_core::registry::{
    Allocation, ByPrefix, Id, Namespace, REGISTRY_PATH, Registry, read_head, records_by_prefix,
};
use idhooks_ops::{HERE, PatchLog, Repo, relative};

/// The maximum number of identities to offer; if more match, longer prefixes are offered instead.
const MOST_RECORDS: usize = 100;

/// Returns the candidates that begin with the typed text, or nothing if the repository cannot be read.
type Completer = fn(&str) -> Option<Vec<CompletionCandidate>>;

/// The value names shown in the help, each with the function that completes it.
const VALUES: [(&str, Completer); 22] = [
    ("ID|PATH", subjects),
    ("ID", |typed| ids(&open()?, typed)),
    ("PATH", |typed| tracked(&open()?, typed)),
    ("GLOB", |typed| tracked(&open()?, typed)),
    ("FROM", |typed| tracked(&open()?, typed)),
    ("TO", |typed| listed(false, typed)),
    ("FILE", |typed| listed(false, typed)),
    ("FILE[:LINE]", |typed| tracked(&open()?, typed)),
    ("FILE:LINE[:COLUMN]", |typed| tracked(&open()?, typed)),
    ("DIR|FILE", |typed| listed(false, typed)),
    ("DIR", |typed| listed(true, typed)),
    ("CODE", codes),
    ("NS", namespaces),
    ("TYPE", types),
    ("PROGRAM", |typed| listed(false, typed)),
    ("SOURCE", |typed| listed(false, typed)),
    ("REV|PATH", |typed| listed(false, typed)),
    ("REMOTE", remotes),
    ("PATCH", patches),
    ("REMOTE|FILE", |typed| {
        Some(remotes(typed)?.into_iter().chain(listed(false, typed)?).collect())
    }),
    ("GENERATOR", generators),
    ("WHERE", targets),
];

/// Adds candidates to the arguments of a command and of its subcommands.
pub(super) fn with_candidates(command: Command) -> Command {
    let completer_of = |arg: &Arg| {
        let name = arg.get_value_names()?.first()?;
        VALUES.iter().find(|(known, _)| known == name).map(|(_, complete)| *complete)
    };
    let with = |arg: Arg| match completer_of(&arg) {
        // No candidate starts with invalid Unicode.
        Some(complete) => arg.add(ArgValueCompleter::new(move |typed: &OsStr| {
            typed.to_str().and_then(complete).unwrap_or_default()
        })),
        None => arg,
    };
    command.mut_args(with).mut_subcommands(with_candidates)
}

/// Completes the id of an applied patch, most recent first.
fn patches(typed: &str) -> Option<Vec<CompletionCandidate>> {
    let names = PatchLog::in_dir(&open()?.state_dir()).names().into_iter().rev();
    let ids = names.map(|name| name.id().to_owned()).filter(|id| id.starts_with(typed));
    Some(ids.map(CompletionCandidate::new).collect())
}

/// Completes an identity or a path.
fn subjects(typed: &str) -> Option<Vec<CompletionCandidate>> {
    let (repo, is_digit) = (open()?, typed.starts_with(|sign: char| sign.is_ascii_digit()));
    // Identities are offered only if a digit has been typed: an empty word would match all of them,
    // although the user more likely wants a path.
    let mut all = if is_digit { ids(&repo, typed).unwrap_or_default() } else { Vec::new() };
    all.extend(tracked(&repo, typed)?);
    Some(all)
}

fn namespaces(typed: &str) -> Option<Vec<CompletionCandidate>> {
    let (head, config) = rules(&open()?);
    let used = head.iter().flat_map(|head| head.counters.keys()).map(|c| c.namespace);
    Some(numbers(typed, used.chain(config.namespaces()).chain([Namespace::OTHER])))
}

fn types(typed: &str) -> Option<Vec<CompletionCandidate>> {
    let (head, config) = rules(&open()?);
    let used = head.iter().flat_map(|head| head.counters.keys()).map(|c| c.type_code);
    Some(numbers(typed, used.chain(config.types.codes()).chain([config.default_type])))
}

/// Completes the name of a generator.
fn generators(typed: &str) -> Option<Vec<CompletionCandidate>> {
    let names = rules(&open()?).1.generators.into_iter().map(|generator| generator.name);
    Some(plain(names.filter(|name| name.starts_with(typed)).collect()))
}

/// Completes the destination of a healing commit.
fn targets(typed: &str) -> Option<Vec<CompletionCandidate>> {
    let all = ["branch idhooks/heal", "none", "patch heal.patch"];
    Some(plain(all.into_iter().filter(|one| one.starts_with(typed)).map(str::to_owned).collect()))
}

/// Completes the name of a remote.
fn remotes(typed: &str) -> Option<Vec<CompletionCandidate>> {
    let names = open()?.git().ask(&["remote"]).ok()??;
    Some(plain(names.lines().filter(|name| name.starts_with(typed)).map(str::to_owned).collect()))
}

fn open() -> Option<Repo> {
    Repo::open(HERE.as_ref()).ok()
}

fn plain(values: Vec<String>) -> Vec<CompletionCandidate> {
    values.into_iter().map(CompletionCandidate::new).collect()
}

/// Opens a regular file in the working tree. Other files are refused, since reading a pipe might
/// never end.
fn open_file(repo: &Repo, path: &str) -> Option<File> {
    let path = repo.top().join(path);
    fs::symlink_metadata(&path).ok().filter(fs::Metadata::is_file)?;
    File::open(path).ok()
}

/// Returns identities with their paths, or longer prefixes if there are too many.
fn ids(repo: &Repo, typed: &str) -> Option<Vec<CompletionCandidate>> {
    let file = open_file(repo, REGISTRY_PATH)?;
    let length = file.metadata().ok()?.len();
    // This does a binary search in the file, because a registry may contain a million records.
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

/// Returns the finding codes that begin with the typed text, in any case.
fn codes(typed: &str) -> Option<Vec<CompletionCandidate>> {
    let typed = typed.to_uppercase().replace('-', "_");
    let all = Code::ALL.into_iter().filter(|code| code.as_str().starts_with(&typed));
    let one =
        |code: Code| CompletionCandidate::new(code.as_str()).help(Some(code.row().meaning.into()));
    Some(all.map(one).collect())
}

/// Returns the registry without its records, and the rules in idhooks.toml, or the built-in ones if
/// the file is missing or cannot be read.
fn rules(repo: &Repo) -> (Option<Registry>, Config) {
    let file = open_file(repo, CONFIG_PATH)
        // Reading a huge file would block the shell.
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

/// The maximum number of names to offer; if more match, longer prefixes are offered instead.
const MOST: usize = 500;

/// Splits the typed path after its last slash.
fn split(typed: &str) -> (&str, &str) {
    typed.split_at(typed.rfind('/').map_or(0, |at| at + 1))
}

/// Returns the paths in the index that begin with the typed text, cut off after the next directory.
fn tracked(repo: &Repo, typed: &str) -> Option<Vec<CompletionCandidate>> {
    let (dir, name) = split(typed);
    let from = if dir.is_empty() { HERE } else { dir };
    let below = relative(repo, HERE.as_ref(), Path::new(from)).ok()?;
    let mut wanted = below.map_or(Vec::new(), |below| [below.as_bytes(), b"/"].concat());
    let start = wanted.len();
    wanted.extend_from_slice(name.as_bytes());
    let mut names: BTreeSet<Box<[u8]>> = BTreeSet::new();
    let mut look = |path: &[u8]| {
        if !path.starts_with(&wanted) || is_own(path) {
            return;
        }
        let rest = &path[start..];
        let length = memchr::memchr(b'/', rest).map_or(rest.len(), |at| at + 1);
        // Most paths arrive in sorted order.
        if names.last().is_none_or(|last| **last != rest[..length]) {
            names.insert(rest[..length].into());
        }
    };
    let file = repo.index_file();
    // The shell waits for this whenever Tab is pressed, so the index is decoded only if it cannot
    // be scanned.
    if repo.listing(&file, None, |path, _, _| look(path)).ok()?.is_none() {
        let index = repo.index(&file).ok()?;
        let all = index.tree.keys().chain(index.unmerged.keys());
        all.for_each(|path| look(path.as_bytes()));
    }
    let names = names.iter().filter_map(|name| std::str::from_utf8(name).ok());
    Some(plain(candidates(dir, narrowed(names.map(str::to_owned).collect()))))
}

/// Returns the files on disk whose paths begin with the typed text; hidden files only if a dot was
/// typed.
fn listed(only_dirs: bool, typed: &str) -> Option<Vec<CompletionCandidate>> {
    let (dir, name) = split(typed);
    let entries = fs::read_dir(if dir.is_empty() { HERE } else { dir }).ok()?;
    let mut names = Vec::new();
    for entry in entries.flatten() {
        let Ok(found) = entry.file_name().into_string() else { continue };
        if !found.starts_with(name) || (found.starts_with('.') && !name.starts_with('.')) {
            continue;
        }
        if entry.path().is_dir() {
            names.push(found + "/");
        } else if !only_dirs {
            names.push(found);
        }
    }
    names.sort_unstable();
    Some(plain(candidates(dir, narrowed(names))))
}

/// Returns the names or, if there are too many, their prefixes, one character longer than the
/// prefix they all share. A partial list of names would be wrong: a shell completes to the common
/// prefix of all candidates.
fn narrowed(names: Vec<String>) -> Vec<String> {
    let (Some(first), Some(last), true) = (names.first(), names.last(), names.len() > MOST) else {
        return names;
    };
    let common = first.chars().zip(last.chars()).take_while(|(a, b)| a == b).count();
    let mut shorter: Vec<String> =
        names.iter().map(|name| name.chars().take(common + 1).collect()).collect();
    shorter.dedup();
    shorter
}

/// Prepends the directory to the names, or `./` to a name that would be mistaken for an option, a
/// home directory or an identity.
fn candidates(dir: &str, names: Vec<String>) -> Vec<String> {
    let needs_dot = |name: &str| name.starts_with(['-', '~']) || name.parse::<Id>().is_ok();
    let here = |name: &str| if dir.is_empty() && needs_dot(name) { "./" } else { dir };
    names.into_iter().map(|name| format!("{}{name}", here(&name))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::Cli;
    use clap::CommandFactory;

    /// Values without candidates.
    const FREE: [&str; 36] = [
        "ADDRESS",
        "BRANCH",
        "CLASS",
        "COMMAND",
        "CONDITION",
        "DIGITS",
        "FORMAT=FILE",
        "HEADING",
        "IDENTIFIER",
        "MODULE",
        "N",
        "NAME",
        "NEW",
        "N[-M]",
        "OLD",
        "ORIGIN=PATH",
        "PART",
        "PART=N",
        "PART=VALUE",
        "PATTERN",
        "PERCENT",
        "PORT",
        "RANGE",
        "REF",
        "REV",
        "REV|DATE",
        "RUN",
        "SHA256",
        "SHARE",
        "STATUS",
        "TEXT",
        "TIME",
        "URL",
        "VALUE",
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
        let (program, mut found) = (Cli::command(), BTreeSet::new());
        names(&program, &mut found);
        let known: BTreeSet<String> =
            VALUES.iter().map(|(name, _)| *name).chain(FREE).map(str::to_owned).collect();
        let unknown: Vec<_> = found.difference(&known).collect();
        assert!(unknown.is_empty(), "neither in VALUES nor in FREE: {unknown:?}");
        // A build without a feature lacks its commands, and values that only they take.
        let has = |name: &str| program.find_subcommand(name).is_some();
        if !["ids", "metrics", "migrate", "watch"].into_iter().all(has) {
            return;
        }
        let unused: Vec<_> = known.difference(&found).collect();
        assert!(unused.is_empty(), "no argument takes it: {unused:?}");
    }

    #[test]
    fn many_names_become_prefixes() {
        let few = vec!["a".to_owned(), "b".to_owned()];
        assert_eq!(narrowed(few.clone()), few);
        let mut many: Vec<String> = (0..=MOST).map(|n| format!("file{n}é")).collect();
        many.sort();
        assert_eq!(narrowed(many.clone()).len(), 10);
        many.push("z".to_owned());
        assert_eq!(narrowed(many), ["f", "z"]);
    }

    #[test]
    fn no_name_is_taken_for_something_else() {
        let names = ["-rf", "~root", "0110000001260118", "a"].map(str::to_owned).to_vec();
        assert_eq!(candidates("", names), ["./-rf", "./~root", "./0110000001260118", "a"]);
        assert_eq!(candidates("x/", vec!["-rf".to_owned()]), ["x/-rf"]);
    }
}
