//! The state of the idhooks installation in this clone.

use std::path::{Path, PathBuf};

use crate::store::read_file;

use super::attributes::{self, has_line};
use super::hook_events::{self, EVENTS, HookState};
use super::{DriverCommands, Git, GitError, HookPaths, HookProgram, HookStatus, Repo, Settings};

/// The state of the installation, as reported by `status`, `doctor` and the post-checkout hook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    /// The installation's paths.
    pub places: HookPaths,
    /// The git configuration.
    pub settings: Settings,
    /// Each hook's state.
    pub hooks: Vec<(&'static str, HookState)>,
    /// The merge driver's state.
    pub driver: DriverState,
    /// The programs that the merge drivers and the hooks call, whichever versions of idhooks wrote
    /// them: each once, and in this order.
    pub programs: Vec<HookProgram>,
    /// Whether `info/attributes` names the driver.
    pub info_attributes: bool,
    /// The line in `info/attributes` that names the legacy file's driver.
    pub legacy_line: Option<String>,
    /// Where `.gitattributes` names the driver.
    pub attributes: Presence,
    /// Where the registry file exists.
    pub registry: Presence,
}

/// The state of the merge drivers' configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DriverState {
    /// The commands are up to date, and the program exists.
    Installed(HookProgram),
    /// A command differs from what this version writes.
    Outdated,
    /// The commands are up to date, but the program does not exist.
    NoProgram(PathBuf),
    /// No command is configured.
    Missing,
}

/// Whether something exists in HEAD, in the index, and in the working tree.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Presence {
    /// In HEAD.
    pub head: bool,
    /// In the index.
    pub index: bool,
    /// In the working tree.
    pub worktree: bool,
}

impl Presence {
    /// Returns whether it exists in at least one of the three.
    pub fn anywhere(self) -> bool {
        self.head || self.index || self.worktree
    }
}

/// Reads the state of the installation, with four git calls.
///
/// # Errors
/// Returns an error if there is no repository or git fails.
pub fn inspect(git: &Git) -> Result<Installation, GitError> {
    let places = HookPaths::find(git)?;
    let settings = Settings::read(git)?;
    let drivers = [settings.driver.as_deref(), settings.legacy_driver.as_deref()];
    let mut called = drivers.map(|driver| driver.and_then(DriverCommands::program_in)).to_vec();
    let mut hooks = Vec::new();
    for event in EVENTS {
        // A hook that cannot be read is reported like a hook that does not run idhooks, since both
        // need attention.
        let status = HookStatus::read(event, &places).ok();
        let state = status.as_ref().map_or(HookState::Foreign, HookStatus::state);
        called.push(status.and_then(|status| status.program()));
        hooks.push((event.name, state));
    }
    let mut programs = Vec::new();
    for program in called.into_iter().flatten() {
        if !programs.contains(&program) {
            programs.push(program);
        }
    }
    let info = read_file(&places.info_attributes).ok().flatten();
    let (attributes, registry) = presence(git, places.top.as_deref())?;
    Ok(Installation {
        driver: driver_state(drivers[0], drivers[1]),
        programs,
        info_attributes: info.as_deref().is_some_and(has_line),
        legacy_line: info.as_deref().and_then(attributes::legacy_line),
        places,
        settings,
        hooks,
        attributes,
        registry,
    })
}

impl Repo {
    /// Returns whether idhooks is known to be installed in this clone, without running git. If this
    /// returns false, [`inspect`] gives the full answer.
    pub fn is_plainly_installed(&self) -> bool {
        let config = self.gix.config_snapshot();
        // Only git knows about hooks in other places and about settings made for a single command.
        if config.string("core.hooksPath").is_some()
            || self.environment().is_set("GIT_CONFIG_PARAMETERS")
        {
            return false;
        }
        let (top, common_dir) = (self.top(), self.common_dir());
        let places = HookPaths {
            top: Some(top.to_owned()),
            bare: false,
            hooks_dir: common_dir.join("hooks"),
            info_attributes: common_dir.join("info").join("attributes"),
            git_dir: self.git_dir(),
            common_dir,
        };
        let command = |key| config.string(key).map(|command| command.to_string());
        let [driver, legacy] = ["merge.idhooks.driver", "merge.idhooks-legacy.driver"].map(command);
        let is_in_order = |event: &'static hook_events::HookEvent| {
            let state = HookStatus::read(event, &places).map(|status| status.state());
            matches!(state, Ok(HookState::Installed | HookState::Managed))
        };
        let names_driver =
            |file: &Path| read_file(file).is_ok_and(|f| f.is_some_and(|f| has_line(&f)));
        matches!(driver_state(driver.as_deref(), legacy.as_deref()), DriverState::Installed(_))
            && names_driver(&places.info_attributes)
            // A line in `info/attributes` protects only this clone, so both files have to name the
            // driver.
            && names_driver(&top.join(".gitattributes"))
            && EVENTS.iter().all(is_in_order)
    }
}

impl Installation {
    /// Returns the newest of the programs; of several, the one that comes first.
    pub fn newest_program(&self) -> Option<&HookProgram> {
        let mut programs = self.programs.iter();
        let first = programs.next()?;
        Some(programs.fold(first, |one, other| if other.is_newer_than(one) { other } else { one }))
    }

    /// Returns the problems with the installation, one line each.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = self.problems_besides_program();
        if let DriverState::NoProgram(path) = &self.driver {
            problems.push(format!("merge driver '{}' does not exist", path.display()));
        }
        problems
    }

    /// Like [`Installation::problems`], but not whether the program exists.
    pub fn problems_besides_program(&self) -> Vec<String> {
        let mut problems = Vec::new();
        for (name, state) in &self.hooks {
            problems.push(match state {
                HookState::Installed | HookState::Managed => continue,
                HookState::Outdated => format!("hook {name} is outdated"),
                HookState::Missing => format!("hook {name} is not installed"),
                HookState::Foreign => format!("hook {name} does not run idhooks"),
                HookState::Damaged => format!("hook {name} has a damaged idhooks block"),
            });
        }
        match &self.driver {
            DriverState::Installed(_) | DriverState::NoProgram(_) => {}
            DriverState::Outdated => problems.push("merge driver is outdated".to_owned()),
            DriverState::Missing => problems.push("merge driver is not configured".to_owned()),
        }
        if !self.info_attributes {
            problems.push("info/attributes does not name the merge driver".to_owned());
        }
        // Without the line in `.gitattributes`, clones without their own installation merge the
        // registry as text.
        if self.registry.anywhere() && !(self.attributes.index || self.attributes.worktree) {
            problems.push(".gitattributes does not name the merge driver".to_owned());
        }
        problems
    }
}

fn driver_state(registry: Option<&str>, legacy: Option<&str>) -> DriverState {
    let Some(registry) = registry else { return DriverState::Missing };
    let registry = program_of(registry, |commands| commands.registry);
    let legacy = legacy.and_then(|command| program_of(command, |commands| commands.legacy));
    match (registry, legacy) {
        (Some(program), _) if !program.path.is_file() => DriverState::NoProgram(program.path),
        (Some(_), Some(program)) if !program.path.is_file() => DriverState::NoProgram(program.path),
        (Some(program), Some(_)) => DriverState::Installed(program),
        _ => DriverState::Outdated,
    }
}

/// Returns the program in a driver's command, if this version would write the same command.
fn program_of(command: &str, current: fn(DriverCommands) -> String) -> Option<HookProgram> {
    let program = DriverCommands::program_in(command)?;
    (current(DriverCommands::of(&program)) == command).then_some(program)
}

fn presence(git: &Git, top: Option<&Path>) -> Result<(Presence, Presence), GitError> {
    // A single process reads both objects, and reports a path that does not exist as missing.
    let input = b"HEAD:.gitattributes\n:.gitattributes\n";
    let answer = git.run_with(&["cat-file", "--batch"], input)?;
    let mut objects = Objects(&answer);
    let mut named = || objects.next().is_some_and(|o| o.is_some_and(has_line));
    let mut attributes = Presence { head: named(), index: named(), worktree: false };

    let input = b"HEAD:.idhooks/registry.json\n:.idhooks/registry.json\n";
    let answer = git.run_with(&["cat-file", "--batch-check"], input)?;
    let answer = String::from_utf8_lossy(&answer);
    let mut exists = answer.lines().map(|line| !line.ends_with(" missing"));
    let mut exists = || exists.next().unwrap_or(false);
    let mut registry = Presence { head: exists(), index: exists(), worktree: false };
    if let Some(top) = top {
        let file = read_file(&top.join(".gitattributes")).ok().flatten();
        attributes.worktree = file.is_some_and(|bytes| has_line(&bytes));
        registry.worktree = top.join(".idhooks/registry.json").is_file();
    }
    Ok((attributes, registry))
}

/// An iterator over the objects in the output of `git cat-file --batch`; a missing object is
/// `None`.
struct Objects<'a>(&'a [u8]);

impl<'a> Iterator for Objects<'a> {
    type Item = Option<&'a [u8]>;

    fn next(&mut self) -> Option<Self::Item> {
        let end = self.0.iter().position(|b| *b == b'\n')?;
        let head = String::from_utf8_lossy(&self.0[..end]).into_owned();
        let rest = &self.0[end + 1..];
        let size = head.rsplit(' ').next().and_then(|size| size.parse::<usize>().ok());
        let Some(size) = size.filter(|_| !head.ends_with(" missing")) else {
            self.0 = rest;
            return Some(None);
        };
        let content = rest.get(..size)?;
        self.0 = rest.get(size + 1..).unwrap_or_default();
        Some(Some(content))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recognizes_its_own_driver() {
        let here = std::env::current_exe().expect("a path");
        let state = |commands: &DriverCommands| {
            driver_state(Some(&commands.registry), Some(&commands.legacy))
        };
        let program = HookProgram::new(&here);
        let commands = DriverCommands::of(&program);
        assert_eq!(state(&commands), DriverState::Installed(program));
        // Commands of earlier versions still work.
        let old = format!("'{}' merge-driver %O %A %B %L %P || exit 1", here.display());
        assert_eq!(driver_state(Some(&old), Some(&commands.legacy)), DriverState::Outdated);
        assert_eq!(driver_state(None, Some(&commands.legacy)), DriverState::Missing);
        assert_eq!(driver_state(Some("cat"), Some(&commands.legacy)), DriverState::Outdated);
        for legacy in [None, Some("true")] {
            assert_eq!(driver_state(Some(&commands.registry), legacy), DriverState::Outdated);
        }
        let gone = PathBuf::from("/it's/100%/gone");
        let commands = DriverCommands::of(&HookProgram::new(&gone));
        assert_eq!(state(&commands), DriverState::NoProgram(gone));
    }

    #[test]
    fn reads_batches() {
        let answer = b"HEAD:x missing\nabc blob 4\na\nb\n\nabc blob 0\n\n";
        let objects: Vec<_> = Objects(answer).collect();
        assert_eq!(objects, [None, Some(&b"a\nb\n"[..]), Some(&b""[..])]);
    }
}
