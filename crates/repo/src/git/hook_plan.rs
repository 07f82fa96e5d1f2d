//! Plans the changes that install idhooks in a hook, or remove it from one.

use std::fs;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::store::marked_block::{self, MalformedBlock, NEW_FILE};
use crate::store::{Access, StoreError, file_change::FileChange, if_exists, mode_of};

use super::hook_events::{self, HookEvent, HookState, MOVED, Shape};
use super::hook_program::HookProgram;

/// What exists at a hook's path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hook {
    /// There is no file.
    Absent,
    /// A regular file.
    File {
        /// Its content.
        bytes: Vec<u8>,
        /// Whether the file is executable.
        executable: bool,
    },
    /// A symlink, a directory, or something else.
    Other,
}

/// A hook, and the hook that was moved aside for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedHook {
    /// Its path.
    pub path: PathBuf,
    /// What exists at that path.
    pub hook: Hook,
    /// The path that an existing hook is moved to, and where the stub looks for it.
    pub aside: PathBuf,
    /// Whether a hook already exists at `aside`.
    pub moved: bool,
}

/// The changes to one hook, with a description.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookStep {
    /// The action in the past tense, printed after the event's name.
    pub summary: String,
    /// The changes, if any are needed.
    pub changes: Vec<FileChange>,
    /// Files that are left behind because idhooks did not write them.
    pub left: Option<String>,
}

/// Why a hook cannot be installed or removed safely.
#[derive(Debug, Error)]
pub enum HookPlanError {
    /// A file cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The path that the existing hook would be moved to is already taken.
    #[error("cannot move the existing hook aside: '{}' already exists", .0.display())]
    AsideExists(PathBuf),
    /// It is unclear which lines in the hook belong to idhooks.
    #[error("{0}: remove it by hand")]
    Malformed(#[from] MalformedBlock),
}

impl Hook {
    /// Reads the file at a path, without following symlinks.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read.
    pub(super) fn read(path: &Path) -> Result<Self, StoreError> {
        let failed = |cause| StoreError::new("read", path, cause);
        let Some(meta) = if_exists(fs::symlink_metadata(path)).map_err(failed)? else {
            return Ok(Hook::Absent);
        };
        // Writing through a symlink would change a file that other repositories may share.
        if !meta.is_file() {
            return Ok(Hook::Other);
        }
        let bytes = fs::read(path).map_err(failed)?;
        Ok(Hook::File { bytes, executable: may_run(&meta) })
    }
}

/// Returns whether a file is executable, following symlinks; always true on systems without an
/// executable bit.
pub fn is_executable(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|meta| may_run(&meta))
}

fn may_run(meta: &fs::Metadata) -> bool {
    mode_of(&meta.permissions()).is_none_or(|mode| mode & 0o111 != 0)
}

impl HookStep {
    pub(super) fn new(summary: impl Into<String>, changes: Vec<FileChange>) -> Self {
        HookStep { summary: summary.into(), changes, left: None }
    }
}

impl ObservedHook {
    /// Reads an event's hook at a path.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read.
    pub(super) fn at(event: &HookEvent, path: PathBuf) -> Result<Self, StoreError> {
        let aside = path.with_file_name(format!("{}{MOVED}", event.name));
        // `exists` would follow a dangling symlink, and we would then overwrite it.
        let moved = fs::symlink_metadata(&aside).is_ok();
        Ok(ObservedHook { hook: Hook::read(&path)?, path, aside, moved })
    }

    /// Returns whether the hook contains an idhooks block, complete or not.
    pub(super) fn has_ours(&self) -> bool {
        matches!(&self.hook, Hook::File { bytes, .. } if !matches!(marked_block::find(bytes), Ok(None)))
    }
}

/// Plans to make the hook run idhooks. `new_dirs` is the number of directories to create for a new
/// file.
///
/// # Errors
/// Returns an error if this is not safe.
pub(super) fn plan_install(
    event: &HookEvent,
    seen: &ObservedHook,
    program: &HookProgram,
    new_dirs: usize,
) -> Result<HookStep, HookPlanError> {
    let stub = |summary: &str, moving: bool| {
        let mut changes = Vec::new();
        if moving {
            // Moving this hook would overwrite the one that was moved there earlier.
            if seen.moved {
                return Err(HookPlanError::AsideExists(seen.aside.clone()));
            }
            changes.push(FileChange::Move { from: seen.path.clone(), to: seen.aside.clone() });
        }
        let bytes = event.stub(program, new_dirs);
        changes.push(write(&seen.path, bytes, Access::Execute));
        Ok(HookStep::new(summary, changes))
    };
    let moved = format!("installed; the existing hook is now '{}{MOVED}'", event.name);
    let Hook::File { bytes, executable } = &seen.hook else {
        return match seen.hook {
            Hook::Absent => stub("installed", false),
            _ => stub(&format!("{moved} and runs first"), true),
        };
    };
    let executable = *executable;
    let not_run = format!("{moved} and does not run, because it was not executable");
    let Some(found) = marked_block::find(bytes)? else {
        return if executable && hook_events::accepts_block(bytes) {
            let summary = "installed in the existing hook, which runs first";
            // A shell script can contain our block, so no second file is needed. A program in
            // another language has to be moved aside and started by the stub.
            let joined = event.join(bytes, program);
            Ok(HookStep::new(summary, vec![write(&seen.path, joined, Access::Keep)]))
        } else if executable {
            stub(&format!("{moved} and runs first"), true)
        } else {
            stub(&not_run, true)
        };
    };
    if let (Shape::Block, false) = (Shape::of(&found), executable) {
        // The user disabled this script by making it non-executable, so don't enable it.
        let theirs = hook_events::without(bytes, &found).unwrap_or_default();
        // The script is moved next to the stub, without our block and still disabled.
        let mut step = stub(&not_run, true)?;
        step.changes.push(write(&seen.aside, theirs, Access::Keep));
        return Ok(step);
    }
    let current = event.block(program, Shape::of(&found));
    if event.state(bytes, executable) == HookState::Installed
        && current.as_bytes() == &bytes[found.range.clone()]
    {
        return Ok(HookStep::new("already installed", Vec::new()));
    }
    // Leave the mode of a user's script unchanged.
    let access = if found.notes(NEW_FILE) { Access::Execute } else { Access::Keep };
    // Only the block is replaced, because the user may have edited the rest of the file.
    let new = marked_block::splice(bytes, &found, &current);
    Ok(HookStep::new("updated", vec![write(&seen.path, new, access)]))
}

/// Plans to remove idhooks from the hook and restore the original. Also returns the number of
/// directories that were created for it.
///
/// # Errors
/// Returns an error if this is not safe.
pub(super) fn plan_uninstall(
    event: &HookEvent,
    seen: &ObservedHook,
) -> Result<(HookStep, usize), HookPlanError> {
    let restore = FileChange::Move { from: seen.aside.clone(), to: seen.path.clone() };
    let restored = || format!("removed; restored the original hook from '{}{MOVED}'", event.name);
    let stays = seen.moved.then(|| format!("'{}{MOVED}'", event.name));
    let nothing = |left| HookStep { left, ..HookStep::new("not installed", Vec::new()) };
    let (bytes, found) = match &seen.hook {
        // Someone deleted the stub by hand. The hook it replaced still exists, but git does not run
        // it.
        Hook::Absent if seen.moved => return Ok((HookStep::new(restored(), vec![restore]), 0)),
        Hook::Absent | Hook::Other => return Ok((nothing(stays), 0)),
        Hook::File { bytes, .. } => match marked_block::find(bytes)? {
            None => return Ok((nothing(stays), 0)),
            Some(found) => (bytes, found),
        },
    };
    let Some(rest) = hook_events::without(bytes, &found) else {
        let mut step =
            HookStep::new("removed", vec![FileChange::Remove { path: seen.path.clone() }]);
        if seen.moved {
            step.changes.push(restore);
            step.summary = restored();
        }
        return Ok((step, found.new_dirs()));
    };
    let summary = "removed from the existing hook";
    let mut step = HookStep::new(summary, vec![write(&seen.path, rest, Access::Keep)]);
    step.left = stays;
    if found.notes(NEW_FILE) {
        let also = step.left.map_or(String::new(), |moved| format!(" and {moved}"));
        step.left = Some(format!("'{}', because lines were added to it{also}", event.name));
    }
    Ok((step, 0))
}

fn write(path: &Path, bytes: Vec<u8>, access: Access) -> FileChange {
    FileChange::Write { path: path.to_owned(), bytes, access }
}
