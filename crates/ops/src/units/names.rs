//! [`UnitNames`]: the names used in a unit that starts idhooks.

use std::path::{Path, PathBuf};

use idhooks_core::registry::hex;
use idhooks_repo::git::{HookPaths, Repo};
use idhooks_repo::store::{program_path, resolve_path};
use sha2::{Digest, Sha256};

use super::notice::UnitNotice;
use super::program_search::ProgramSearch;
use super::refusal::UnitRefusal;
use super::unit_text::unit_text;
use crate::install::{PassingPlace, passing_cache};
use crate::{Notice, Observer, OpsError};

/// The number of bytes of a digest to use.
pub(super) const DIGEST: usize = 6;
/// The number of characters of the repository's own name to use.
const SLUG: usize = 24;

/// The names used in a repository's unit.
#[derive(Debug, Clone)]
pub struct UnitNames {
    /// The program, as it was invoked.
    pub program: String,
    /// The working tree that the program runs in.
    pub dir: String,
    /// The prefix that all unit names share.
    pub name: String,
}

impl UnitNames {
    /// Returns the names for a repository's clone, whose units run in the main working tree.
    ///
    /// # Errors
    /// Returns an error if the program is unknown, or if a unit cannot hold a path.
    pub fn of_clone(repo: &Repo) -> Result<Self, OpsError> {
        Self::new(repo.main_dir()?, repo.common_dir())
    }

    /// Returns the names for one working tree.
    ///
    /// # Errors
    /// See [`UnitNames::of_clone`].
    pub fn of_tree(repo: &Repo) -> Result<Self, OpsError> {
        Self::new(repo.top().to_owned(), repo.git_dir())
    }

    /// Returns the names for a new unit: with this name or path of the program if there is one,
    /// else with the program that the `installed` unit calls if that can still be called, else with
    /// the running one.
    ///
    /// # Errors
    /// Returns an error if a unit cannot hold the named program or call it, or if it is not idhooks;
    /// also if the running program would be called and is in a cache.
    pub fn called(
        self,
        observer: &mut dyn Observer,
        repo: &Repo,
        search: &ProgramSearch,
        named: Option<&str>,
        installed: Option<&str>,
    ) -> Result<Self, OpsError> {
        if let Some(named) = named {
            return Ok(UnitNames { program: search.find(observer, repo, named)?, ..self });
        }
        if let Some(installed) = installed
            && let Ok(program) = search.find(observer, repo, installed)
        {
            if program != self.program {
                observer.notice(Notice::Unit(UnitNotice::KeptProgram(program.clone())));
            }
            return Ok(UnitNames { program, ..self });
        }
        let (program, dir) = (Path::new(&self.program), Path::new(&self.dir));
        if let Some(cache) = passing_cache(program, dir) {
            return Err(UnitRefusal::InCache(self.program, cache).into());
        }
        // The unit of a linked working tree is removed with it.
        if !program.starts_with(dir)
            && let Some(place) = PassingPlace::of(program, &HookPaths::find(&repo.git())?)
        {
            let notice = UnitNotice::PassingProgram(self.program.clone(), place);
            observer.notice(Notice::Unit(notice));
        }
        Ok(self)
    }

    fn new(dir: PathBuf, git_dir: PathBuf) -> Result<Self, OpsError> {
        // Every path to the same clone must yield the same names.
        let (dir, git_dir) = (real(dir), real(git_dir));
        // Two clones may be in directories with the same name.
        let digest = digest(git_dir.as_os_str().as_encoded_bytes());
        let name = format!("idhooks-{}-{digest}", slug(&dir));
        Ok(UnitNames { program: unit_text(&program_path()?)?, dir: unit_text(&dir)?, name })
    }
}

fn real(path: PathBuf) -> PathBuf {
    resolve_path(&path).unwrap_or(path)
}

/// Returns a directory's name, reduced to characters that every system accepts in names.
fn slug(dir: &Path) -> String {
    let name = dir.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    // A bare repository is often called `NAME.git`.
    let name = name.trim_end_matches(".git");
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let slug: String = name.chars().map(plain).take(SLUG).collect();
    let slug = slug.trim_matches('-');
    if slug.is_empty() { "repository".to_owned() } else { slug.to_owned() }
}

/// Returns the start of a digest of some bytes.
pub(super) fn digest(bytes: &[u8]) -> String {
    hex::encode(&Sha256::digest(bytes)[..DIGEST])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain_whatever_directories_are_called() {
        for (dir, name) in [
            ("/x/My Shop (old)", "my-shop--old"),
            ("/x/Änderung", "nderung"),
            ("/srv/shop.git", "shop"),
            ("/x/日本", "repository"),
            ("/", "repository"),
        ] {
            assert_eq!(slug(Path::new(dir)), name);
        }
        assert_ne!(digest(b"/a"), digest(b"/b"));
    }
}
