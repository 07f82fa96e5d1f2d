//! Hints for registries that cannot be resolved.

use idhooks_core::merge::{Contested, MergeSide};
use idhooks_core::registry::{Id, REGISTRY_PATH, ReadError, RepoPath};
use idhooks_ops::{Contest, LegacyFault, ResolveRefusal, StateError, how_to_upgrade};

use super::CommandError;
use crate::output::shell_quoted;

/// The maximum number of contested identities listed in an error.
const MOST_CONTESTED: usize = 10;
/// The maximum number of legacy file records listed in an error.
const MOST_RECORDS: usize = 20;

impl From<ResolveRefusal> for CommandError {
    fn from(refusal: ResolveRefusal) -> Self {
        let converted = Self::new(refusal.to_string());
        match refusal {
            ResolveRefusal::NoRegistry(adopt) => converted.hint(
                adopt.unwrap_or_else(|| format!(
                    "restore it: git restore --source=HEAD --staged --worktree {REGISTRY_PATH}; the next commit adapts it to the merge"
                )),
            ),
            ResolveRefusal::Conflicted => {
                converted.hint(format!("to use the version in the index: git restore {REGISTRY_PATH}"))
            }
            ResolveRefusal::NoSides(_) => converted.hint(
                "list commits with a registry: git log --oneline --all -- .idhooks/registry.json",
            ),
            ResolveRefusal::Removed { commit, paths } => converted
                .hint(format!("to keep it: git checkout {commit} -- {}", paths.join(" ")))
                .hint(format!(
                    "to stop using idhooks: git rm --ignore-unmatch {REGISTRY_PATH} idhooks.toml"
                )),
            ResolveRefusal::SideUnreadable(_, why) => converted.because(&why).hint(match why {
                StateError::Registry(ReadError::Newer(_)) => how_to_upgrade(),
                _ => format!("put a valid registry in place and run 'git add {REGISTRY_PATH}'"),
            }),
            // `--force` is needed because the version in the index may differ from both HEAD and
            // the working file.
            ResolveRefusal::NotRebuilt => converted.hint(format!("remove it from the index with 'git rm --cached --force {REGISTRY_PATH}', move it away, and run 'idhooks init'")),
            ResolveRefusal::Unreadable { error, cause } => Self::from(*error).because(&cause),
            ResolveRefusal::LegacyVersions(error, path) => {
                let quoted = path.shell_quoted();
                Self::from(error).hint(format!(
                    "to take one side: git checkout --ours -- {quoted} (or --theirs) && git add {quoted}; then commit"
                ))
            }
            ResolveRefusal::LegacyNotRemoved { path, stage, fault } => {
                not_removed(converted, &path, stage, fault)
            }
            ResolveRefusal::NothingToChoose(_) => {
                converted.hint("run without --path: idhooks resolve")
            }
            ResolveRefusal::PathsOfBoth(..) => converted.hint("name paths of one side"),
            ResolveRefusal::OtherPath { sides: [ours, theirs], .. } => converted
                .hint(format!("name one of its paths: '{ours}' (ours) or '{theirs}' (theirs)")),
            ResolveRefusal::ManyCommits => converted.hint("merge them one by one"),
            ResolveRefusal::Undecided(contest) => undecided(converted, &contest),
        }
    }
}

/// Adds the data in a conflicting legacy file, and advice on removing the file and importing the
/// data afterwards.
fn not_removed(
    error: CommandError,
    path: &RepoPath,
    stage: u32,
    fault: LegacyFault,
) -> CommandError {
    let (quoted, name) = (path.shell_quoted(), path.to_string());
    // The copy is outside the working tree, so that `git add -A` does not find it.
    let copy = shell_quoted(&format!("../{}", name.rsplit('/').next().unwrap_or(&name)));
    with_fault(error, fault)
        // The copy is made from the index, because the working file contains markers or has already
        // been removed.
        .hint(format!("keep a copy of it: git show :{stage}:{quoted} > {copy}"))
        .hint(format!("then finish the merge: git rm {quoted} && git commit"))
        .hint(format!("then import the records: idhooks import {copy} --update && git commit"))
}

/// Adds the data in a legacy file that was not written by idhooks.
pub fn with_fault(error: CommandError, fault: LegacyFault) -> CommandError {
    match fault {
        LegacyFault::Conflicted => error.because(&"it has conflict markers"),
        LegacyFault::Unreadable(why) => error.because(&why),
        LegacyFault::Records(records) => {
            let line = |(id, path): &(Id, RepoPath)| format!("{id} for '{path}' is only in it");
            error.listing(records.iter().map(line), MOST_RECORDS)
        }
    }
}

/// Adds the decisions that a human must make, and how to make them.
fn undecided(error: CommandError, Contest { contested, made_by }: &Contest) -> CommandError {
    let cause = |Contested { id, origin, ours, theirs }: &Contested| {
        let by =
            made_by.get(origin).map_or_else(String::new, |side| format!("; allocated by {side}"));
        format!("{id} (origin {origin}): '{ours}' in ours, '{theirs}' in theirs{by}")
    };
    let option = |side| contested.first().map(|one| one.path_option(side)).unwrap_or_default();
    error
        .listing(contested.iter().map(cause), MOST_CONTESTED)
        .hint(format!("to take our paths: idhooks resolve {}", option(MergeSide::Ours)))
        .hint(format!("to take theirs: idhooks resolve {}", option(MergeSide::Theirs)))
}
