//! Whether a clone trusts what generators run, and what has changed since it was last trusted.

use idhooks_core::check::Finding;
use idhooks_core::config::CONFIG_PATH;
use idhooks_core::registry::excerpt;

use crate::git::{CommitId, Repo};
use crate::state::{StateError, read_config};

use super::build::Build;
use super::command_line::{Undeclared, undeclared};
use super::findings::generator_failed;
use super::output_state::{Generating, needs_trust};
use super::trusted_parts::{TrustedPart, TrustedParts};

/// The remedy for a command that does not show which files it runs.
const UNDECLARED: &str = "name the files of the repository that it runs or loads: programs = [\"scripts/**\"] in this generator, or [] for none; then trust the commands";
/// The remedy for a glob that matches no file.
const UNMATCHED: &str = "correct or remove this glob; for a command that runs or loads no file of the repository: programs = []";
/// The maximum number of commits to search for changes to a trusted part.
const MAX_COMMITS: &str = "--max-count=50";

impl Generating<'_> {
    /// Returns the reason that a run is not allowed here, if the run has to be trusted; `hash` is
    /// the hash that this clone does not trust yet.
    pub(super) fn distrust(&self, build: &Build<'_>, hash: Option<&str>) -> Option<Finding> {
        if !needs_trust(build) {
            return None;
        }
        let failed = |reason: &str, help: &str| {
            Some(generator_failed(build.generator, build.outputs.first(), reason, help))
        };
        match undeclared(build.generator, self.tree) {
            Some(Undeclared::Program(program)) => {
                let reason =
                    format!("'{program}' may run programs that idhooks.toml does not name");
                return failed(&reason, UNDECLARED);
            }
            Some(Undeclared::Glob(glob)) => {
                let reason =
                    format!("the glob '{}' in its 'programs' matches no file", excerpt(glob));
                return failed(&reason, UNMATCHED);
            }
            None => {}
        }
        let help = format!(
            "read them (idhooks generate --list shows what changed); if you trust them: git config idhooks.trust {}",
            hash?
        );
        failed("this clone does not trust the commands of idhooks.toml", &help)
    }

    /// Returns the changes since the last commit whose parts this clone trusts; `None` if none of
    /// the recent commits is trusted.
    ///
    /// # Errors
    /// Returns an error if objects cannot be read.
    pub fn changes_since_trusted(
        &self,
        now: &TrustedParts,
    ) -> Result<Option<Vec<String>>, StateError> {
        let (Some(trusted), Some(_)) = (self.repo.setting("idhooks.trust"), self.repo.head()?)
        else {
            return Ok(None);
        };
        let mut words: Vec<String> =
            ["HEAD", MAX_COMMITS, "--", CONFIG_PATH].map(str::to_owned).into();
        words.extend(now.parts.keys().filter_map(|part| match part {
            TrustedPart::File(path) => path.as_str().map(str::to_owned),
            _ => None,
        }));
        for commit in self.repo.commits(&words)?.into_iter().rev() {
            // Include the parent: the trusted state may be the one just before the first change.
            for id in [Some(commit.id), commit.parents.first().copied()].into_iter().flatten() {
                if let Some(before) = parts_of(self.repo, id)?
                    && before.hash == trusted
                {
                    return Ok(Some(now.changes_since(&before)));
                }
            }
        }
        Ok(None)
    }
}

/// Returns a commit's trusted parts, if its rules can be read.
fn parts_of(repo: &Repo, id: CommitId) -> Result<Option<TrustedParts>, StateError> {
    if !repo.has_commit(id) {
        return Ok(None);
    }
    let tree = repo.tree(repo.commit(id)?.tree)?;
    let config = read_config(repo, &tree).ok();
    Ok(config.and_then(|config| TrustedParts::of(&config.generators, &tree)))
}
