//! Planning the changes that install idhooks in a hook, or remove it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::hook_events::{self, HookEvent, HookState, MOVED, Shape};
use crate::store::block::{self, Block, NEW_FILE};
use crate::store::changes::FileChange;
use crate::store::{Access, StoreError};

/// The file at the path of a hook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hook {
    /// There is none.
    Absent,
    /// A regular file.
    File {
        /// Its content.
        bytes: Vec<u8>,
        /// Whether it is executable.
        executable: bool,
    },
    /// A link, a directory or something else.
    Other,
}

/// A hook, and the one that was moved aside for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedHook {
    /// Its path.
    pub path: PathBuf,
    /// The file at that path.
    pub hook: Hook,
    /// The path that an existing hook is moved to, and where the stub looks for it.
    pub aside: PathBuf,
    /// Whether there is a hook at that path.
    pub moved: bool,
}

/// The changes to one hook, and their description.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookStep {
    /// What is done, in the past tense, to follow the name of the event.
    pub summary: String,
    /// The changes, if any are needed.
    pub changes: Vec<FileChange>,
    /// What stays behind, since idhooks did not write it.
    pub left: Option<String>,
}

impl Hook {
    /// Reads the file at a path, without following a link.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read.
    pub(super) fn read(path: &Path) -> Result<Self, StoreError> {
        let failed = |cause| StoreError::new("read", path, cause);
        match fs::symlink_metadata(path) {
            Ok(meta) if meta.is_file() => {
                let bytes = fs::read(path).map_err(failed)?;
                Ok(Hook::File { bytes, executable: executable(&meta) })
            }
            Ok(_) => Ok(Hook::Other),
            Err(e)
                if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) =>
            {
                Ok(Hook::Absent)
            }
            Err(error) => Err(failed(error)),
        }
    }
}

impl ObservedHook {
    /// Reads the hook of an event.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read.
    pub(super) fn read(event: &HookEvent, dir: &Path) -> Result<Self, StoreError> {
        ObservedHook::at(event, dir.join(event.name))
    }

    /// Reads the hook of an event at another path.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read.
    pub(super) fn at(event: &HookEvent, path: PathBuf) -> Result<Self, StoreError> {
        let aside = path.with_file_name(format!("{}{MOVED}", event.name));
        let moved = fs::symlink_metadata(&aside).is_ok();
        Ok(ObservedHook { hook: Hook::read(&path)?, path, aside, moved })
    }

    /// Returns whether it has an idhooks block, complete or not.
    pub(super) fn has_ours(&self) -> bool {
        matches!(&self.hook, Hook::File { bytes, .. } if !matches!(block::find(bytes), Ok(None)))
    }
}

/// Plans to make the hook run idhooks. `new_dirs` is the number of directories to create for a new
/// file.
///
/// # Errors
/// Returns a message that explains why this is not safe.
pub(super) fn plan_install(
    event: &HookEvent,
    seen: &ObservedHook,
    program: &str,
    new_dirs: usize,
) -> Result<HookStep, String> {
    let stub = |summary: &str, moving: bool| {
        let mut changes = Vec::new();
        if moving {
            if seen.moved {
                return Err(in_the_way(seen));
            }
            changes.push(FileChange::Move { from: seen.path.clone(), to: seen.aside.clone() });
        }
        let bytes = event.stub(program, new_dirs);
        changes.push(write(&seen.path, bytes, Access::Execute));
        Ok(HookStep { summary: summary.to_owned(), changes, left: None })
    };
    let moved = format!("installed; the existing hook is now '{}{MOVED}'", event.name);
    let Hook::File { bytes, executable } = &seen.hook else {
        return match seen.hook {
            Hook::Absent => stub("installed", false),
            _ => stub(&format!("{moved} and runs first"), true),
        };
    };
    let executable = *executable;
    let Some(found) = find(bytes)? else {
        return if executable && hook_events::accepts_block(bytes) {
            let summary = "installed in the existing hook, which runs first";
            let joined = event.join(bytes, program);
            Ok(changed(summary, write(&seen.path, joined, Access::Keep)))
        } else if executable {
            stub(&format!("{moved} and runs first"), true)
        } else {
            stub(&format!("{moved} and does not run, because it was not executable"), true)
        };
    };
    if let (Shape::Block, false) = (Shape::of(&found), executable) {
        // Its owner disabled it. Making it executable would enable it again.
        if seen.moved {
            return Err(in_the_way(seen));
        }
        let theirs = hook_events::without(bytes, &found).unwrap_or_default();
        let mut step =
            stub(&format!("{moved} and does not run, because it was not executable"), false)?;
        step.changes
            .insert(0, FileChange::Move { from: seen.path.clone(), to: seen.aside.clone() });
        step.changes.push(write(&seen.aside, theirs, Access::Keep));
        return Ok(step);
    }
    let current = event.block(program, Shape::of(&found));
    if event.state(bytes, executable) == HookState::Installed
        && current.as_bytes() == &bytes[found.range.clone()]
    {
        return Ok(HookStep {
            summary: "already installed".to_owned(),
            changes: vec![],
            left: None,
        });
    }
    let access = if found.notes(NEW_FILE) { Access::Execute } else { Access::Keep };
    let new = block::splice(bytes, &found, &current);
    Ok(changed("updated", write(&seen.path, new, access)))
}

/// Plans to remove idhooks from the hook and to restore the original. Also returns how many
/// directories were created for it.
///
/// # Errors
/// Returns a message that explains why this is not safe.
pub(super) fn plan_uninstall(
    event: &HookEvent,
    seen: &ObservedHook,
) -> Result<(HookStep, usize), String> {
    let restore = FileChange::Move { from: seen.aside.clone(), to: seen.path.clone() };
    let restored = || format!("removed; restored the original hook from '{}{MOVED}'", event.name);
    let stays = seen.moved.then(|| format!("'{}{MOVED}'", event.name));
    let nothing =
        |left| HookStep { summary: "not installed".to_owned(), changes: Vec::new(), left };
    let (bytes, found) = match &seen.hook {
        Hook::Absent if seen.moved => return Ok((changed(&restored(), restore), 0)),
        Hook::Absent | Hook::Other => return Ok((nothing(stays), 0)),
        Hook::File { bytes, .. } => match find(bytes)? {
            None => return Ok((nothing(stays), 0)),
            Some(found) => (bytes, found),
        },
    };
    let Some(rest) = hook_events::without(bytes, &found) else {
        let mut step = changed("removed", FileChange::Remove { path: seen.path.clone() });
        if seen.moved {
            step.changes.push(restore);
            step.summary = restored();
        }
        return Ok((step, found.new_dirs()));
    };
    let summary = "removed from the existing hook";
    let mut step = changed(summary, write(&seen.path, rest, Access::Keep));
    step.left = stays;
    if found.notes(NEW_FILE) {
        let also = step.left.map_or(String::new(), |moved| format!(" and {moved}"));
        step.left = Some(format!("'{}', because lines were added to it{also}", event.name));
    }
    Ok((step, 0))
}

fn changed(summary: &str, change: FileChange) -> HookStep {
    HookStep { summary: summary.to_owned(), changes: vec![change], left: None }
}

fn in_the_way(seen: &ObservedHook) -> String {
    format!("cannot move the existing hook aside: '{}' already exists", seen.aside.display())
}

fn write(path: &Path, bytes: Vec<u8>, access: Access) -> FileChange {
    FileChange::Write { path: path.to_owned(), bytes, access }
}

fn find(bytes: &[u8]) -> Result<Option<Block>, String> {
    block::find(bytes).map_err(|_| "its idhooks block is damaged: remove it by hand".to_owned())
}

#[cfg(unix)]
fn executable(meta: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    meta.permissions().mode() & 0o111 != 0
}

#[cfg(not(unix))]
fn executable(_: &fs::Metadata) -> bool {
    true
}
