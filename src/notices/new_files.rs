//! Shows how to give a deleted file's identity to a new file.

use std::fmt::Display;

use idhooks_core::plan::{PossibleRename, Unrevived};
use idhooks_core::registry::{Id, RepoPath};
use idhooks_ops::{MovedFile, UnusedMove, typed_path};

use crate::output::{Ui, count};

/// The maximum number of new files of one kind to report.
const MAX_RENAMES: usize = 5;

/// A path relative to the directory where git was run, split into its leading `../` and the rest. A
/// hook runs at the root of the working tree, but users paste the command where they ran git.
struct TypedPath {
    ups: String,
    rest: RepoPath,
}

/// Returns the directory where the user ran git, unless it is the root: git sets a variable for hooks
/// if it was run from a subdirectory.
pub fn git_prefix() -> Option<RepoPath> {
    let dir = std::env::var_os("GIT_PREFIX")?.into_string().ok()?;
    RepoPath::new(dir.trim_end_matches('/').as_bytes()).ok()
}

impl TypedPath {
    fn of(path: &RepoPath) -> Self {
        let here = git_prefix();
        // `RepoPath` rejects '..', so these parts are kept separately.
        let typed = typed_path(here.as_ref(), path);
        let ups = typed.split(|byte| *byte == b'/').take_while(|part| *part == b"..").count();
        let rest = RepoPath::new(&typed[3 * ups..]).unwrap_or_else(|_| path.clone());
        TypedPath { ups: "../".repeat(ups), rest }
    }

    fn shell_quoted(&self) -> String {
        format!("{}{}", self.ups, self.rest.shell_quoted())
    }
}

impl Display for TypedPath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", self.ups, self.rest)
    }
}

/// Shows how files that were moved and rewritten can keep their identities.
pub(super) fn show_possible_renames(ui: &mut Ui, renames: &[PossibleRename]) {
    for PossibleRename { id, pair } in renames.iter().take(MAX_RENAMES) {
        let (to, from) = (TypedPath::of(&pair.to), TypedPath::of(&pair.from));
        ui.status(&format!(
            "idhooks: '{to}' is {} % similar to the deleted '{from}'; if it is the same file, keep its identity: idhooks assign {id} {}",
            pair.similarity, to.shell_quoted()
        ));
    }
    if let Some(more) = renames.len().checked_sub(MAX_RENAMES).filter(|more| *more > 0) {
        let files = count(more, "more new file is", "more new files are");
        ui.status(&format!("idhooks: {files} similar to a deleted one"));
    }
}

/// Shows how new files at the paths of deleted files can keep the old identities.
pub(super) fn show_unrevived(ui: &mut Ui, unrevived: &[Unrevived]) {
    for Unrevived { id, path } in unrevived.iter().take(MAX_RENAMES) {
        let path = TypedPath::of(path);
        ui.status(&format!(
            "idhooks: '{path}' is not similar to the deleted file at its path and has a new identity; if it is the same file, keep the old one: idhooks assign {id} {}",
            path.shell_quoted()
        ));
    }
    if let Some(more) = unrevived.len().checked_sub(MAX_RENAMES).filter(|more| *more > 0) {
        let files = count(more, "more new file is", "more new files are");
        ui.status(&format!("idhooks: {files} at the path of a deleted one"));
    }
}

/// Shows which files keep their identities because their moves were reported.
pub(super) fn show_followed_moves(ui: &mut Ui, files: &[MovedFile]) {
    for MovedFile { from, to, id } in files.iter().take(MAX_RENAMES) {
        let (from, to) = (TypedPath::of(from), TypedPath::of(to));
        ui.status(&format!("idhooks: '{to}' keeps {id}: it was moved from '{from}'"));
    }
    if let Some(more) = files.len().checked_sub(MAX_RENAMES).filter(|more| *more > 0) {
        let files = count(
            more,
            "more moved file keeps its identity",
            "more moved files keep their identities",
        );
        ui.status(&format!("idhooks: {files}"));
    }
}

/// Shows how files whose reported moves have no effect can keep their identities.
pub(super) fn show_unused_moves(ui: &mut Ui, moves: &[(MovedFile, UnusedMove)]) {
    for (MovedFile { from, to, id }, reason) in moves.iter().take(MAX_RENAMES) {
        ui.show_unused_move(from, to, *id, *reason);
    }
    if let Some(more) = moves.len().checked_sub(MAX_RENAMES).filter(|more| *more > 0) {
        let moves = count(more, "more reported move has", "more reported moves have");
        ui.status(&format!("idhooks: {moves} no effect on this commit"));
    }
}

impl Ui {
    /// Shows how a file whose reported move has no effect can keep its identity. The commit is made
    /// meanwhile, so that staging the other half is not enough: the new path has an identity by
    /// then. A partial commit may leave out a deletion that is staged already.
    fn show_unused_move(&mut self, from: &RepoPath, to: &RepoPath, id: Id, reason: UnusedMove) {
        let (from, to) = (TypedPath::of(from), TypedPath::of(to));
        let (old, new) = (from.shell_quoted(), to.shell_quoted());
        let (why, keep, first) = match reason {
            UnusedMove::OldPathNotDeleted { is_new, has_file } => {
                let (why, first) = match has_file {
                    true => (format!("but '{from}' still has a file"), String::new()),
                    false => (
                        "but this commit does not delete it".to_owned(),
                        format!("git rm --cached --ignore-unmatch -- {old} && "),
                    ),
                };
                match is_new {
                    true => {
                        let why = format!("{why}, so '{to}' gets a new identity");
                        (why, format!("to keep {id}"), first)
                    }
                    false => {
                        let why = format!("{why}, so '{to}' keeps its own identity");
                        (why, format!("to give it {id}"), first)
                    }
                }
            }
            UnusedMove::NewPathNotStaged { is_ignored } => {
                let (ignored, force) =
                    if is_ignored { (" (git ignores it)", "-f ") } else { ("", "") };
                let why = format!("which is not in this commit{ignored}, so it deprecates {id}");
                (why, "to keep it".to_owned(), format!("git add {force}-- {new} && "))
            }
            UnusedMove::NewPathTaken => {
                let why =
                    format!("which has an identity of its own, so this commit deprecates {id}");
                (why, "to keep it".to_owned(), String::new())
            }
        };
        self.status(&format!(
            "idhooks: '{from}' was reported to have moved to '{to}', {why}; {keep}, run this, then amend the commit: {first}idhooks assign {id} {new}"
        ));
    }
}
