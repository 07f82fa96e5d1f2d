//! [`ProgramSearch`]: what a unit can call a program by.

use std::env::consts::EXE_SUFFIX;
use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

use idhooks_repo::environment::Environment;
use idhooks_repo::git::is_executable;
use idhooks_repo::store::named_program;

use super::notice::UnitNotice;
use super::refusal::UnitRefusal;
use super::unit_text::unit_text;
use crate::{Notice, Observer, OpsError};

/// Where a system that starts units looks for a program that is named without a directory. It knows
/// nothing of the `PATH` of a shell.
#[derive(Debug)]
pub struct ProgramSearch {
    system: &'static str,
    dirs: Vec<PathBuf>,
    /// The `PATH` of this process, for advice.
    path: OsString,
    is_elsewhere: bool,
}

impl ProgramSearch {
    /// Returns the search of a system that looks in these directories.
    pub fn new<D: Into<PathBuf>>(
        system: &'static str,
        dirs: impl IntoIterator<Item = D>,
        environment: &Environment,
    ) -> Self {
        let path = environment.var("PATH").unwrap_or_default().to_owned();
        let dirs = dirs.into_iter().map(Into::into).collect();
        ProgramSearch { system, dirs, path, is_elsewhere: false }
    }

    /// Sets whether the unit is only written to a directory: it may be for another machine, or part
    /// of a package that brings the program.
    #[must_use]
    pub fn elsewhere(self, is_elsewhere: bool) -> Self {
        ProgramSearch { is_elsewhere, ..self }
    }

    /// Returns the name or path that a unit calls the named program by: a name as it is, and a path
    /// as an absolute one, since a unit does not run in the current directory.
    ///
    /// # Errors
    /// Returns an error if a unit cannot hold it, or if the system would not find the program.
    pub(super) fn find(
        &self,
        observer: &mut dyn Observer,
        named: &str,
    ) -> Result<String, OpsError> {
        unit_text(Path::new(named))?;
        let (called, refusal) = if is_name(named) {
            let is_found = self.dirs.iter().any(|dir| program_in(dir, named).is_some());
            (named.to_owned(), (!is_found).then(|| self.not_found(named)))
        } else {
            let path = named_program(Path::new(named))?;
            let is_program = path.is_file() && is_executable(&path);
            (unit_text(&path)?, (!is_program).then_some(UnitRefusal::NoProgram(path)))
        };
        // A relative path is always one of this machine.
        let is_elsewhere = self.is_elsewhere && (is_name(named) || Path::new(named).is_absolute());
        match refusal {
            Some(_) if is_elsewhere => {
                let notice = UnitNotice::NoProgramHere(called.clone(), self.system);
                observer.notice(Notice::Unit(notice));
            }
            Some(refusal) => return Err(refusal.into()),
            None => {}
        }
        Ok(called)
    }

    fn not_found(&self, name: &str) -> UnitRefusal {
        let dirs = std::env::split_paths(&self.path).filter(|dir| dir.is_absolute());
        UnitRefusal::NotSearched {
            name: name.to_owned(),
            system: self.system,
            dirs: self.dirs.clone(),
            on_path: dirs.into_iter().find_map(|dir| program_in(&dir, name)),
        }
    }
}

/// Returns whether this is a name without a directory.
fn is_name(named: &str) -> bool {
    let mut parts = Path::new(named).components();
    matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None))
        && !named.contains(std::path::is_separator)
}

fn program_in(dir: &Path, name: &str) -> Option<PathBuf> {
    let names = [name.to_owned(), format!("{name}{EXE_SUFFIX}")];
    let paths = names.into_iter().map(|name| dir.join(name));
    paths.into_iter().find(|path| path.is_file() && is_executable(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_no_directory() {
        for (named, expected) in
            [("idhooks", true), ("./idhooks", false), ("x/y", false), ("/x", false), (".", false)]
        {
            assert_eq!(is_name(named), expected, "{named}");
        }
        assert!(!is_name("..") && !is_name("idhooks/") && !is_name("idhooks/."));
    }
}
