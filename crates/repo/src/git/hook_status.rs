//! The status of an event's hook, including any copy that a hook manager has saved, and the
//! programs that run at the event, in order.

use std::path::{Path, PathBuf};

use crate::store::file_change::{FileChange, missing_dirs};
use crate::store::{StoreError, marked_block};

use super::hook_events::{self, Shape};
use super::hook_plan::{Hook, HookPlanError, HookStep, ObservedHook, plan_install, plan_uninstall};
use super::{HookEvent, HookPaths, HookProgram, HookState, Manager, hooks_dir::resolved};

/// An event's hook, and the manager that owns it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookStatus {
    /// The event.
    pub event: &'static HookEvent,
    /// The file that git runs.
    pub front: ObservedHook,
    /// The hook manager that wrote that file, if any.
    pub manager: Option<Manager>,
    /// Whether that manager is configured to run idhooks.
    pub runs_idhooks: bool,
    /// The file in which that manager saves the hook it replaces.
    pub saved: Option<ObservedHook>,
}

/// A program that runs at an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainLink {
    /// Its human-readable name.
    pub name: String,
    /// Why the program does not run, or does not run properly.
    pub fault: Option<String>,
}

/// A directory that contained a hook, and the number of directory levels that `install` created for
/// it.
pub type MadeDirs = (PathBuf, usize);

impl HookStatus {
    /// Reads an event's hook.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read.
    pub fn read(event: &'static HookEvent, paths: &HookPaths) -> Result<Self, StoreError> {
        let front = ObservedHook::at(event, paths.hooks_dir.join(event.name))?;
        let written: &[u8] = match &front.hook {
            Hook::File { bytes, .. } => bytes,
            _ => b"",
        };
        let manager = Manager::of(&paths.hooks_dir, written);
        let owner = manager.zip(paths.top.as_deref());
        let runs_idhooks =
            owner.is_some_and(|(manager, top)| manager.runs_idhooks(top, event.name));
        // When the manager is uninstalled, this file becomes the hook again, so it has to contain
        // idhooks as well.
        let saved = manager.and_then(|manager| manager.saved_hook(paths, event.name));
        let saved = saved.map(|path| ObservedHook::at(event, path)).transpose()?;
        Ok(HookStatus { event, front, manager, runs_idhooks, saved })
    }

    /// Returns the hook's state.
    pub fn state(&self) -> HookState {
        let front = match &self.front.hook {
            Hook::Absent => return HookState::Missing,
            Hook::Other => return HookState::Foreign,
            Hook::File { bytes, executable } => (self.event.state(bytes, *executable), executable),
        };
        // git skips a hook that is not executable, so if this file isn't, no hook runs at all.
        match front {
            (HookState::Foreign, true) if self.runs_idhooks => HookState::Managed,
            (HookState::Foreign, true) => match self.run_from().map(|saved| &saved.hook) {
                Some(Hook::File { bytes, executable }) => self.event.state(bytes, *executable),
                _ => HookState::Foreign,
            },
            (state, _) => state,
        }
    }

    /// Returns the saved hook, if the manager runs it.
    pub fn run_from(&self) -> Option<&ObservedHook> {
        let runs = self.manager.is_some_and(Manager::runs_saved_hook);
        self.saved.as_ref().filter(|_| runs && !self.front.has_ours())
    }

    /// Returns the program that idhooks has written into the hook.
    pub fn program(&self) -> Option<HookProgram> {
        let seen = [Some(&self.front), self.saved.as_ref()];
        seen.into_iter().flatten().find_map(|seen| match &seen.hook {
            Hook::File { bytes, .. } => hook_events::program_in(bytes),
            _ => None,
        })
    }

    /// Returns the manager that will overwrite the hook without running idhooks.
    pub fn overwriting_manager(&self) -> Option<Manager> {
        self.manager.filter(|_| !self.runs_idhooks && self.run_from().is_none())
    }

    /// Plans to make the event run idhooks, both now and after the hook manager is uninstalled.
    ///
    /// # Errors
    /// Returns an error if this is not safe.
    pub fn plan_install(&self, program: &HookProgram) -> Result<HookStep, HookPlanError> {
        let dirs = |seen: &ObservedHook| seen.path.parent().map_or(0, missing_dirs);
        let install = |seen: &ObservedHook| plan_install(self.event, seen, program, dirs(seen));
        let (Some(manager), Some(saved)) = (self.manager, &self.saved) else {
            return install(&self.front);
        };
        let (name, place) = (manager.as_str(), self.place(saved));
        if self.run_from().is_some() {
            let mut step = install(saved)?;
            step.summary = format!("{} in '{place}', which {name} runs first", step.summary);
            return Ok(step);
        }
        let mut step = match self.runs_idhooks && !self.front.has_ours() {
            true => HookStep::new(format!("run by {name}"), Vec::new()),
            false => install(&self.front)?,
        };
        // If this fails, it does no harm as long as the manager stays installed.
        if let Ok(also) = install(saved)
            && !also.changes.is_empty()
        {
            let location = format!("in '{place}', for when {name} is uninstalled");
            step.summary = match step.changes.is_empty() {
                true => format!("installed {location}"),
                false => format!("{}; also {location}", step.summary),
            };
            step.changes.extend(also.changes);
        }
        Ok(step)
    }

    fn place(&self, saved: &ObservedHook) -> String {
        let name = file_name(&saved.path);
        match saved.path.parent() {
            Some(dir) if Some(dir) != self.front.path.parent() => {
                format!("{}/{name}", file_name(dir))
            }
            _ => name.into_owned(),
        }
    }

    /// Returns the programs that run at the event, in order.
    pub fn chain(&self) -> Vec<ChainLink> {
        let mut links = Vec::new();
        if let Some(saved) = self.run_from() {
            links.extend(self.links(saved, "the existing hook"));
        }
        let owner = self.manager.map_or("the existing hook", |manager| manager.as_str());
        links.extend(self.links(&self.front, owner));
        if self.runs_idhooks && !self.front.has_ours() {
            links.push(ChainLink { name: format!("idhooks, called by {owner}"), fault: None });
        }
        links
    }

    fn links(&self, seen: &ObservedHook, owner: &str) -> Vec<ChainLink> {
        let (bytes, executable) = match &seen.hook {
            Hook::Absent => return Vec::new(),
            Hook::Other => return vec![ChainLink { name: owner.to_owned(), fault: None }],
            Hook::File { bytes, executable } => (bytes, *executable),
        };
        let fault = start_fault(&file_name(&seen.path), bytes, executable);
        let Ok(Some(found)) = marked_block::find(bytes) else {
            return vec![ChainLink { name: owner.to_owned(), fault }];
        };
        let first = match Shape::of(&found) {
            Shape::Block => Some(ChainLink { name: owner.to_owned(), fault: None }),
            Shape::Stub { .. } if seen.moved => Some(moved_aside(&seen.aside)),
            Shape::Stub { .. } => None,
        };
        let program = hook_events::program_of(&bytes[found.range]).unwrap_or_default();
        let gone = || {
            let shown = program.display();
            format!("'{shown}' no longer exists; the hook searches PATH for another idhooks")
        };
        let fault = fault.or_else(|| (!program.is_file()).then(gone));
        first.into_iter().chain([ChainLink { name: "idhooks".to_owned(), fault }]).collect()
    }
}

/// Plans to remove idhooks from an event, wherever a manager may have moved the hook.
///
/// # Errors
/// Returns an error if a file cannot be read, or if idhooks cannot be removed safely.
pub fn plan_removal(
    event: &'static HookEvent,
    paths: &HookPaths,
) -> Result<(HookStep, Vec<MadeDirs>), HookPlanError> {
    let mut front = ObservedHook::at(event, paths.hooks_dir.join(event.name))?;
    let mut removed = Vec::new();
    let mut dirs = Vec::new();
    for path in saved_anywhere(event, paths) {
        let saved = ObservedHook::at(event, path)?;
        if !saved.has_ours() {
            continue;
        }
        let (step, made) = plan_uninstall(event, &saved)?;
        if step.changes.iter().any(|change| matches!(change, FileChange::Move { .. })) {
            // The hook that was moved aside is restored here, so it cannot be restored to git's
            // path as well.
            front.moved &= front.aside != saved.aside;
        }
        dirs.extend(saved.path.parent().map(|dir| (dir.to_owned(), made)));
        removed.push((file_name(&saved.path).into_owned(), step));
    }
    let (mut step, made) = plan_uninstall(event, &front)?;
    dirs.push((paths.hooks_dir.clone(), made));
    for (name, saved) in removed {
        step.summary = match step.changes.is_empty() {
            true => format!("{} (it was in '{name}')", saved.summary),
            false => format!("{}, also from '{name}'", step.summary),
        };
        step.changes.extend(saved.changes);
        step.left = step.left.or(saved.left);
    }
    Ok((step, dirs))
}

/// Returns the paths where hook managers may have saved an event's hook.
fn saved_anywhere(event: &HookEvent, paths: &HookPaths) -> Vec<PathBuf> {
    let all = [Manager::PreCommit, Manager::Lefthook, Manager::Husky];
    let saved = all.into_iter().filter_map(|manager| manager.saved_hook(paths, event.name));
    // If husky isn't used, its path for saved hooks may be the very path that git runs.
    saved.filter(|path| resolved(path) != resolved(&paths.hooks_dir.join(event.name))).collect()
}

fn file_name(path: &Path) -> std::borrow::Cow<'_, str> {
    path.file_name().unwrap_or_default().to_string_lossy()
}

fn moved_aside(path: &Path) -> ChainLink {
    let name = file_name(path).into_owned();
    let fault = match Hook::read(path) {
        Ok(Hook::File { bytes, executable }) => start_fault(&name, &bytes, executable),
        // The stub starts the hook as git would, following symlinks.
        _ => None,
    };
    ChainLink { name, fault }
}

/// Returns the reason that a hook cannot be started.
fn start_fault(name: &str, bytes: &[u8], executable: bool) -> Option<String> {
    if !executable {
        return Some(format!("'{name}' is not executable, so git does not run it"));
    }
    let line = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
    let line = String::from_utf8_lossy(line);
    let interpreter = line.strip_prefix("#!")?;
    if interpreter.ends_with('\r') {
        return Some(format!("'{name}' has CRLF line endings, so it cannot run"));
    }
    let program = interpreter.split_whitespace().next()?;
    let gone = Path::new(program).is_absolute() && !Path::new(program).exists();
    // Git for Windows finds /bin/sh on its own.
    (gone && cfg!(unix)).then(|| format!("'{name}' needs '{program}', which does not exist"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn detects_hooks_that_cannot_start() {
        let fault = |text: &str, executable| start_fault("x", text.as_bytes(), executable);
        assert_eq!(fault("#!/bin/sh\n", true), None);
        assert_eq!(fault("no interpreter", true), None);
        assert_eq!(fault("#!/usr/bin/env nothing-such\n", true), None);
        for (text, executable, expected) in [
            ("#!/bin/sh\n", false, Some("not executable")),
            ("#!/bin/sh\r\n", true, Some("CRLF")),
            // On Windows, git finds the program on its own.
            ("#!/nowhere/perl -w\n", true, cfg!(unix).then_some("'/nowhere/perl'")),
        ] {
            let found = fault(text, executable);
            let is_expected = found.as_ref().zip(expected).is_some_and(|(f, e)| f.contains(e));
            assert!(is_expected || found.is_none() && expected.is_none(), "{text}: {found:?}");
        }
    }
}
