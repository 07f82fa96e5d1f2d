//! What has to change so that a hook runs idhooks, or does no more; decided on values.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::hook::{self, HookEvent, HookState, MOVED, Shape};
use crate::store::block::{self, Block, NEW_FILE};
use crate::store::changes::FileChange;
use crate::store::{Access, StoreError};

/// What is in the place of a hook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hook {
    /// Nothing.
    Absent,
    /// A regular file.
    File {
        /// Its content.
        bytes: Vec<u8>,
        /// Whether git would run it.
        executable: bool,
    },
    /// A link, a directory or stranger things.
    Other,
}

/// A hook and what stood in its place before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observed {
    /// Its path.
    pub path: PathBuf,
    /// What is there.
    pub hook: Hook,
    /// Where a hook goes that has to make room, and where the stub looks for it.
    pub aside: PathBuf,
    /// Whether one is there.
    pub moved: bool,
}

/// What to do with one hook, and how to say so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookStep {
    /// What is done, in the past tense, after the name of the event.
    pub said: String,
    /// The changes; none if all is as it should be.
    pub changes: Vec<FileChange>,
    /// What is left that somebody else wrote.
    pub left: Option<String>,
}

impl Hook {
    /// Looks at a path, without following a link.
    ///
    /// # Errors
    /// A file that cannot be read.
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

impl Observed {
    /// Looks at the hook of an event.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub(super) fn read(event: &HookEvent, dir: &Path) -> Result<Self, StoreError> {
        Observed::at(event, dir.join(event.name))
    }

    /// Looks at the hook of an event in another place.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub(super) fn at(event: &HookEvent, path: PathBuf) -> Result<Self, StoreError> {
        let aside = path.with_file_name(format!("{}{MOVED}", event.name));
        let moved = fs::symlink_metadata(&aside).is_ok();
        Ok(Observed { hook: Hook::read(&path)?, path, aside, moved })
    }

    /// Returns whether idhooks is in it, whole or torn.
    pub(super) fn has_ours(&self) -> bool {
        matches!(&self.hook, Hook::File { bytes, .. } if !matches!(block::find(bytes), Ok(None)))
    }
}

/// Returns what makes the hook run idhooks; for a file of ours that is not there yet `new_dirs`
/// directories have to be made.
///
/// # Errors
/// A reason in words why this cannot be done safely.
pub(super) fn plan_install(
    event: &HookEvent,
    seen: &Observed,
    program: &str,
    new_dirs: usize,
) -> Result<HookStep, String> {
    let stub = |said: &str, moving: bool| {
        let mut changes = Vec::new();
        if moving {
            if seen.moved {
                return Err(in_the_way(seen));
            }
            changes.push(FileChange::Move { from: seen.path.clone(), to: seen.aside.clone() });
        }
        let bytes = event.stub(program, new_dirs);
        changes.push(write(&seen.path, bytes, Access::Execute));
        Ok(HookStep { said: said.to_owned(), changes, left: None })
    };
    let moved = format!("installed; the hook that was there is now '{}{MOVED}'", event.name);
    let Hook::File { bytes, executable } = &seen.hook else {
        return match seen.hook {
            Hook::Absent => stub("installed", false),
            _ => stub(&format!("{moved} and runs first"), true),
        };
    };
    let executable = *executable;
    let Some(found) = find(bytes)? else {
        return if executable && hook::takes_block(bytes) {
            let said = "installed in the hook that was there, which runs first";
            let joined = event.join(bytes, program);
            Ok(changed(said, write(&seen.path, joined, Access::Keep)))
        } else if executable {
            stub(&format!("{moved} and runs first"), true)
        } else {
            stub(&format!("{moved} and does not run, as it was not executable"), true)
        };
    };
    if let (Shape::Block, false) = (Shape::of(&found), executable) {
        // Its owner switched it off; with the bit to run it we would switch it on again.
        if seen.moved {
            return Err(in_the_way(seen));
        }
        let theirs = hook::without(bytes, &found).unwrap_or_default();
        let mut step = stub(&format!("{moved} and does not run, as it was not executable"), false)?;
        step.changes
            .insert(0, FileChange::Move { from: seen.path.clone(), to: seen.aside.clone() });
        step.changes.push(write(&seen.aside, theirs, Access::Keep));
        return Ok(step);
    }
    let current = event.block(program, Shape::of(&found));
    if event.state(bytes, executable) == HookState::Installed
        && current.as_bytes() == &bytes[found.range.clone()]
    {
        return Ok(HookStep { said: "already installed".to_owned(), changes: vec![], left: None });
    }
    let access = if found.notes(NEW_FILE) { Access::Execute } else { Access::Keep };
    let new = block::splice(bytes, &found, &current);
    Ok(changed("updated", write(&seen.path, new, access)))
}

/// Returns what takes idhooks out of the hook and puts back what was there, and how many
/// directories install made for it.
///
/// # Errors
/// A reason in words why this cannot be done safely.
pub(super) fn plan_uninstall(
    event: &HookEvent,
    seen: &Observed,
) -> Result<(HookStep, usize), String> {
    let restore = FileChange::Move { from: seen.aside.clone(), to: seen.path.clone() };
    let restored = || format!("removed; '{}{MOVED}' is again the hook that was there", event.name);
    let stays = seen.moved.then(|| format!("'{}{MOVED}'", event.name));
    let nothing = |left| HookStep { said: "not installed".to_owned(), changes: Vec::new(), left };
    let (bytes, found) = match &seen.hook {
        Hook::Absent if seen.moved => return Ok((changed(&restored(), restore), 0)),
        Hook::Absent | Hook::Other => return Ok((nothing(stays), 0)),
        Hook::File { bytes, .. } => match find(bytes)? {
            None => return Ok((nothing(stays), 0)),
            Some(found) => (bytes, found),
        },
    };
    let Some(rest) = hook::without(bytes, &found) else {
        let mut step = changed("removed", FileChange::Remove { path: seen.path.clone() });
        if seen.moved {
            step.changes.push(restore);
            step.said = restored();
        }
        return Ok((step, found.new_dirs()));
    };
    let said = "removed from the hook that was there";
    let mut step = changed(said, write(&seen.path, rest, Access::Keep));
    step.left = stays;
    if found.notes(NEW_FILE) {
        let also = step.left.map_or(String::new(), |moved| format!(" and {moved}"));
        step.left = Some(format!("'{}', as lines were added to it{also}", event.name));
    }
    Ok((step, 0))
}

fn changed(said: &str, change: FileChange) -> HookStep {
    HookStep { said: said.to_owned(), changes: vec![change], left: None }
}

fn in_the_way(seen: &Observed) -> String {
    format!("cannot move it aside: '{}' is in the way", seen.aside.display())
}

fn write(path: &Path, bytes: Vec<u8>, access: Access) -> FileChange {
    FileChange::Write { path: path.to_owned(), bytes, access }
}

fn find(bytes: &[u8]) -> Result<Option<Block>, String> {
    block::find(bytes).map_err(|_| "its idhooks block is torn: remove it by hand".to_owned())
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
