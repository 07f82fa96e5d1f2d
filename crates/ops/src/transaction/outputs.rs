//! Generated files, created from the registry in the index.

use std::num::NonZeroUsize;

use crate::{GeneratorNotice, Notice, Observer, OpsError};
use idhooks_core::config::{CONFIG_PATH, Config, Generator};
use idhooks_core::registry::RepoPath;
use idhooks_repo::derived::DerivedChanges;
use idhooks_repo::derived::generators::{Effort, Generating, Round};
use idhooks_repo::git::Repo;
use idhooks_repo::transaction::{IndexChange, Transaction};

use super::RegistryTransaction;

/// Issues a notice that there is nothing to generate.
pub fn report_no_generators(observer: &mut dyn Observer, repo: &Repo) {
    // A user who has just written the rules may have forgotten to stage them.
    let text = repo.read_working(CONFIG_PATH).ok().flatten().unwrap_or_default();
    let config = Config::parse(&String::from_utf8_lossy(&text));
    let is_unstaged = config.is_ok_and(|config| !config.generators.is_empty());
    observer.notice(Notice::Generator(GeneratorNotice::NoRules(is_unstaged)));
}

impl RegistryTransaction<'_> {
    /// Returns the generators' input: the index, with the registry that committing it would
    /// produce.
    pub fn generating(&self) -> Generating<'_> {
        let (repo, config) = (self.repo, &self.config);
        Generating { repo, config, tree: self.tree(), registry: self.registry() }
    }

    /// Runs generators, and writes changed outputs to the index and the working tree. Runs that
    /// failed in an earlier round are not repeated.
    ///
    /// # Errors
    /// Returns an error if the outputs cannot be written, or if the index has changed since it was
    /// read.
    pub fn generate(
        &self,
        observer: &mut dyn Observer,
        is_named: impl Fn(&Generator) -> bool,
        effort: Effort,
        earlier: Round,
    ) -> Result<Round, OpsError> {
        let input = self.generating();
        let round = input.run_after(is_named, effort, earlier)?;
        let DerivedChanges { entries, files, edited } = input.changes(&round.outputs)?;
        if !entries.is_empty() {
            let index = IndexChange::of(&self.pending.file, self.pending.index()?, entries);
            Transaction { files, ..Transaction::new(self.repo, [index]) }.commit(|| Ok(()))?;
        }
        report_edited(observer, &edited);
        Ok(round)
    }

    /// Generates the outputs that the next commit would generate, now that the registry has been
    /// written. A failure only causes a notice: the next commit tries again.
    pub fn generate_after_write(&self, observer: &mut dyn Observer) {
        if !self.config.generates_in_commits() {
            return;
        }
        let effort = stale_only();
        // The index is read again because generators must see what was just written.
        let made = RegistryTransaction::open(observer, self.repo).and_then(|now| {
            now.generate(observer, Generator::runs_in_commits, effort, Round::default())
        });
        match made {
            Ok(Round { outputs, findings, .. }) => {
                for output in outputs {
                    observer.notice(Notice::Generator(GeneratorNotice::Generated(output.path)));
                }
                if !findings.is_empty() {
                    observer.notice(Notice::Generator(GeneratorNotice::Findings(findings)));
                }
            }
            Err(error) => observer.notice(Notice::Generator(GeneratorNotice::Failed(error))),
        }
    }
}

/// Returns the default effort, which regenerates stale outputs using all processors.
pub fn stale_only() -> Effort {
    Effort {
        is_forced: false,
        is_check: false,
        jobs: jobs(),
        overwrites: false,
        runs_programs: true,
    }
}

/// Returns the default number of programs that run at once.
pub fn jobs() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

/// Issues a notice about outputs that also have other edits in the working tree.
pub(crate) fn report_edited(observer: &mut dyn Observer, edited: &[RepoPath]) {
    for path in edited {
        observer.notice(Notice::Generator(GeneratorNotice::EditedOutput(path.clone())));
    }
}
