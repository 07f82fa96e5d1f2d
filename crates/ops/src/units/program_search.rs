//! [`ProgramSearch`]: what a unit can call a program by.

use std::env::consts::EXE_SUFFIX;
use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

use idhooks_repo::environment::Environment;
use idhooks_repo::git::{Repo, is_executable};
use idhooks_repo::store::named_program;

use super::notice::UnitNotice;
use super::refusal::UnitRefusal;
use super::unit_text::unit_text;
use crate::install::accepted_program;
use crate::{InstallRefusal, Notice, Observer, OpsError};

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

    /// Returns what a unit calls the named program: a name unchanged, and a path made absolute,
    /// because a unit does not run in the current directory.
    ///
    /// # Errors
    /// Returns an error if a unit cannot hold it, if the system would not find the program, or if
    /// the program on this machine is not idhooks or older than `idhooks.toml` requires.
    pub(super) fn find(
        &self,
        observer: &mut dyn Observer,
        repo: &Repo,
        named: &str,
    ) -> Result<String, OpsError> {
        unit_text(Path::new(named))?;
        let called = match is_name(named) {
            true => named.to_owned(),
            false => unit_text(&named_program(Path::new(named))?)?,
        };
        match self.located(&called) {
            // It may be for another system, or of another version on the other machine.
            Some(_) if self.is_elsewhere => {}
            Some(path) => check_program(repo, &path)?,
            // A relative path is always one of this machine.
            None if self.is_elsewhere && (is_name(named) || Path::new(named).is_absolute()) => {
                let notice = UnitNotice::NoProgramHere(called.clone(), self.system);
                observer.notice(Notice::Unit(notice));
            }
            None if is_name(named) => return Err(self.not_found(named).into()),
            None => return Err(UnitRefusal::NoProgram(called.into()).into()),
        }
        Ok(called)
    }

    /// Returns whether the system finds the program that a unit calls by this name or path.
    pub fn finds(&self, called: &str) -> bool {
        self.located(called).is_some()
    }

    fn located(&self, called: &str) -> Option<PathBuf> {
        if is_name(called) {
            return self.dirs.iter().find_map(|dir| program_in(dir, called));
        }
        Some(PathBuf::from(called)).filter(|path| path.is_file() && is_executable(path))
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

/// Checks that a program can do what the units of a repository call it for, as `idhooks install
/// --program` does.
fn check_program(repo: &Repo, path: &Path) -> Result<(), OpsError> {
    let accepted = accepted_program(&repo.git(), Some(repo.top()), path);
    accepted.map(drop).map_err(|error| match error {
        OpsError::Install(refusal) if matches!(*refusal, InstallRefusal::NotIdhooks(_)) => {
            UnitRefusal::NotIdhooks(path.to_owned()).into()
        }
        other => other,
    })
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
