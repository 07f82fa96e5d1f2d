//! Generated files, made with the registry in the index.

use std::num::NonZeroUsize;

use crate::{GeneratorNotice, Notice, Observer, OpsError};
use idhooks_core::config::{CONFIG_PATH, Config, Generator};
use idhooks_core::registry::RepoPath;
use idhooks_repo::derived::DerivedChanges;
use idhooks_repo::derived::generators::{Effort, Generating, Round};
use idhooks_repo::git::Repo;
use idhooks_repo::transaction::{IndexChange, Transaction};

use super::RegistryTransaction;

/// Gives notice that there is nothing to generate.
pub fn report_no_generators(observer: &mut dyn Observer, repo: &Repo) {
    // A user who has just written the rules may have forgotten to stage them.
    let text = repo.read_working(CONFIG_PATH).ok().flatten().unwrap_or_default();
    let config = Config::parse(&String::from_utf8_lossy(&text));
    let is_unstaged = config.is_ok_and(|config| !config.generators.is_empty());
    observer.notice(Notice::Generator(GeneratorNotice::NoRules(is_unstaged)));
}

impl RegistryTransaction<'_> {
    /// Returns the input of generators: the index, with the registry that its commit would have.
    pub fn generating(&self) -> Generating<'_> {
        let (repo, config) = (self.repo, &self.config);
        Generating { repo, config, tree: self.tree(), registry: self.registry() }
    }

    /// Runs generators, and writes the outputs that change into the index and the working tree.
    /// Failures of an earlier round are not repeated.
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

    /// Generates the outputs that the next commit would, after the registry was written. If that
    /// fails, it only gives notice: the next commit tries again.
    pub fn generate_after_write(&self, observer: &mut dyn Observer) {
        if !self.config.generates_in_commits() {
            return;
        }
        let effort = stale_only();
        // Read again: generators must see what was just written.
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

/// Returns the usual effort: stale outputs are made, on all processors.
pub fn stale_only() -> Effort {
    Effort {
        is_forced: false,
        is_check: false,
        jobs: jobs(),
        overwrites: false,
        runs_programs: true,
    }
}

/// Returns how many programs run at once, unless the user says otherwise.
pub fn jobs() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

/// Gives notice of outputs whose working file has other edits.
pub(crate) fn report_edited(observer: &mut dyn Observer, edited: &[RepoPath]) {
    for path in edited {
        observer.notice(Notice::Generator(GeneratorNotice::EditedOutput(path.clone())));
    }
}
