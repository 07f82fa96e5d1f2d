//! Where the hook of an event stands: where git looks for it, and where a hook manager keeps the
//! one that it found there.

use std::path::{Path, PathBuf};

use super::hook_plan::{Hook, HookStep, Observed, plan_install, plan_uninstall};
use super::hooks_dir::resolved;
use super::{HookEvent, HookPaths, HookState, Manager};
use crate::store::StoreError;
use crate::store::changes::{FileChange, missing_dirs};

/// The hook of an event, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookStatus {
    /// The event.
    pub event: &'static HookEvent,
    /// The file that git runs.
    pub front: Observed,
    /// The manager that wrote it, if one did.
    pub manager: Option<Manager>,
    /// Whether that manager's configuration names idhooks.
    pub told: bool,
    /// The file in which that manager keeps what it found.
    pub kept: Option<Observed>,
}

/// What one step of an uninstallation leaves behind: a directory, and how many of it and its
/// parents were made by install.
pub type MadeDirs = (PathBuf, usize);

impl HookStatus {
    /// Looks at the hook of an event.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn read(event: &'static HookEvent, places: &HookPaths) -> Result<Self, StoreError> {
        let front = Observed::read(event, &places.hooks_dir)?;
        let written: &[u8] = match &front.hook {
            Hook::File { bytes, .. } => bytes,
            _ => b"",
        };
        let manager = Manager::of(&places.hooks_dir, written);
        let told = manager.zip(places.top.as_deref());
        let told = told.is_some_and(|(manager, top)| manager.told(top, event.name));
        let kept = manager.and_then(|manager| manager.kept(places, event.name));
        let kept = kept.map(|path| Observed::at(event, path)).transpose()?;
        Ok(HookStatus { event, front, manager, told, kept })
    }

    /// Returns what the event's hook is.
    pub fn state(&self) -> HookState {
        let front = match &self.front.hook {
            Hook::Absent => return HookState::Missing,
            Hook::Other => return HookState::Foreign,
            Hook::File { bytes, executable } => (self.event.state(bytes, *executable), executable),
        };
        match front {
            (HookState::Foreign, true) if self.told => HookState::Managed,
            (HookState::Foreign, true) => match self.run_from().map(|kept| &kept.hook) {
                Some(Hook::File { bytes, executable }) => self.event.state(bytes, *executable),
                _ => HookState::Foreign,
            },
            (state, _) => state,
        }
    }

    /// Returns the file that the manager keeps, if it runs it.
    pub fn run_from(&self) -> Option<&Observed> {
        let runs = self.manager.is_some_and(Manager::runs_kept);
        self.kept.as_ref().filter(|_| runs && !self.front.has_ours())
    }

    /// Returns the manager that will write its hook anew without a thought for idhooks.
    pub fn forgetful(&self) -> Option<Manager> {
        self.manager.filter(|_| !self.told && self.run_from().is_none())
    }

    /// Returns what makes the event run idhooks, now and after its manager is uninstalled.
    ///
    /// # Errors
    /// A reason in words why this cannot be done safely.
    pub fn plan_install(&self, program: &str) -> Result<HookStep, String> {
        let dirs = |seen: &Observed| seen.path.parent().map_or(0, missing_dirs);
        let install = |seen: &Observed| plan_install(self.event, seen, program, dirs(seen));
        let (Some(manager), Some(kept)) = (self.manager, &self.kept) else {
            return install(&self.front);
        };
        let (name, place) = (manager.name(), self.place(kept));
        if self.run_from().is_some() {
            let mut step = install(kept)?;
            step.said = format!("{} in '{place}', which {name} runs first", step.said);
            return Ok(step);
        }
        let mut step = match self.told && !self.front.has_ours() {
            true => HookStep { said: format!("run by {name}"), changes: Vec::new(), left: None },
            false => install(&self.front)?,
        };
        // What cannot be done there does no harm as long as the manager stays.
        if let Ok(also) = install(kept)
            && !also.changes.is_empty()
        {
            let there = format!("in '{place}' for the time after {name}");
            step.said = match step.changes.is_empty() {
                true => format!("installed {there}"),
                false => format!("{}; also {there}", step.said),
            };
            step.changes.extend(also.changes);
        }
        Ok(step)
    }

    fn place(&self, kept: &Observed) -> String {
        let name = file_name(&kept.path);
        match kept.path.parent() {
            Some(dir) if Some(dir) != self.front.path.parent() => {
                format!("{}/{name}", file_name(dir))
            }
            _ => name.into_owned(),
        }
    }
}

/// Returns what takes idhooks out of an event, wherever a manager may have put its hook.
///
/// # Errors
/// A file that cannot be read, or a reason in words why this cannot be done safely.
pub fn plan_removal(
    event: &'static HookEvent,
    places: &HookPaths,
) -> Result<(HookStep, Vec<MadeDirs>), Box<dyn std::error::Error>> {
    let mut front = Observed::read(event, &places.hooks_dir)?;
    let mut removed = Vec::new();
    let mut dirs = Vec::new();
    for path in kept_anywhere(event, places) {
        let kept = Observed::at(event, path)?;
        if !kept.has_ours() {
            continue;
        }
        let (step, made) = plan_uninstall(event, &kept)?;
        if step.changes.iter().any(|change| matches!(change, FileChange::Move { .. })) {
            // That hook goes there, and cannot go elsewhere as well.
            front.moved &= front.aside != kept.aside;
        }
        dirs.extend(kept.path.parent().map(|dir| (dir.to_owned(), made)));
        removed.push((file_name(&kept.path).into_owned(), step));
    }
    let (mut step, made) = plan_uninstall(event, &front)?;
    dirs.push((places.hooks_dir.clone(), made));
    for (name, kept) in removed {
        step.said = match step.changes.is_empty() {
            true => format!("{} (it was in '{name}')", kept.said),
            false => format!("{}, also from '{name}'", step.said),
        };
        step.changes.extend(kept.changes);
        step.left = step.left.or(kept.left);
    }
    Ok((step, dirs))
}

/// Returns where any manager may keep the hook of an event.
fn kept_anywhere(event: &HookEvent, places: &HookPaths) -> Vec<PathBuf> {
    let all = [Manager::PreCommit, Manager::Lefthook, Manager::Husky];
    let kept = all.into_iter().filter_map(|manager| manager.kept(places, event.name));
    kept.filter(|path| resolved(path) != resolved(&places.hooks_dir.join(event.name))).collect()
}

fn file_name(path: &Path) -> std::borrow::Cow<'_, str> {
    path.file_name().unwrap_or_default().to_string_lossy()
}
