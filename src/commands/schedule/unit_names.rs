//! What timers refer to: this program, this repository, and a unique name.

use std::path::{Path, PathBuf};

use idhooks_core::plan::schedule::Job;
use idhooks_core::registry::hex;
use idhooks_repo::{git::Repo, store::program_path};
use sha2::{Digest, Sha256};

use crate::error::{CommandError, CommandResult};

/// The number of bytes of a digest that are used.
pub(super) const DIGEST: usize = 6;
/// The number of characters of the repository's own name in it.
const SLUG: usize = 24;

/// What the timers of a repository refer to.
pub(super) struct UnitNames {
    /// The program, as it was called.
    pub(super) program: String,
    /// The main working tree, or the git directory where there is none: working trees come and go.
    pub(super) dir: String,
    /// The common name of everything that belongs to these timers.
    pub(super) name: String,
}

impl UnitNames {
    /// Determines these for a repository.
    ///
    /// # Errors
    /// Returns an error if a path cannot be written into a timer.
    pub(super) fn of(repo: &Repo) -> CommandResult<Self> {
        let program = program_path()?;
        let (main, common) = (real(repo.main_dir()?), real(repo.common_dir()));
        Ok(UnitNames {
            program: text(&program)?,
            dir: text(&main)?,
            name: format!(
                "idhooks-{}-{}",
                slug(&main),
                digest(common.as_os_str().as_encoded_bytes())
            ),
        })
    }

    /// Returns the name of the timer of a job.
    pub(super) fn of_job(&self, job: Job) -> String {
        format!("{}-{}", self.name, job.as_str())
    }
}

/// Returns the canonical path, which is the same however the directory was entered.
fn real(path: PathBuf) -> PathBuf {
    path.canonicalize().unwrap_or(path)
}

/// Returns a path as text, since timers can only hold text.
fn text(path: &Path) -> CommandResult<String> {
    let refused = |why: &str| {
        CommandError::new(format!("cannot write '{}' into a timer", path.display()))
            .because(&why)
            .hint("rename the directory, then install again")
    };
    let text = path.to_str().ok_or_else(|| refused("its name is not UTF-8"))?;
    match text.contains(char::is_control) {
        true => Err(refused("its name has control characters, such as a line break")),
        false => Ok(text.to_owned()),
    }
}

/// Returns the name of a directory in characters that every system accepts in names.
fn slug(dir: &Path) -> String {
    let name = dir.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let name = name.trim_end_matches(".git");
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let slug: String = name.chars().map(plain).take(SLUG).collect();
    let slug = slug.trim_matches('-');
    if slug.is_empty() { "repository".to_owned() } else { slug.to_owned() }
}

/// Returns the start of the digest of some bytes.
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
        assert!(text(Path::new("/a\nb")).is_err());
        assert_ne!(digest(b"/a"), digest(b"/b"));
    }
}
