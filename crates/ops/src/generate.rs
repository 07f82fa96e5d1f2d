//! Generating the files that generators describe.

use std::collections::BTreeSet;

use idhooks_core::check::Finding;
use idhooks_core::config::Generator;
use idhooks_core::registry::RepoPath;
use idhooks_repo::derived::DerivedFile;
use idhooks_repo::derived::generators::{BuildReport, BuildState, Effort, Round, selected};
use idhooks_repo::git::Repo;
use idhooks_repo::store::{LockMode, LockRequest, Locks, WriteCounter};
use idhooks_repo::transaction::count;
use serde::Serialize;

use crate::transaction::outputs::report_no_generators;
use crate::{Observer, OpsError, RegistryTransaction, Writer, nearest, take_locks};

/// The maximum number of times to regenerate outputs while the index keeps changing.
pub const MAX_ROUNDS: usize = 10;

/// Which generators to run, and how.
#[derive(Debug)]
pub struct GenerateOptions {
    /// The names of the generators; all if empty. Each generator runs after those it depends on.
    pub names: Vec<String>,
    /// Which outputs to generate, and how.
    pub effort: Effort,
    /// Only list stale outputs, without running any program.
    pub is_dry_run: bool,
}

/// The result of a run or a dry run.
#[derive(Debug, Serialize)]
pub struct GenerateReport {
    /// The outputs that changed.
    pub outputs: Vec<MadeOutput>,
    /// The number of other outputs.
    pub up_to_date: usize,
    /// Failures and, for a check, the stale outputs.
    pub findings: Vec<Finding>,
}

/// A generated file, or one that would be generated.
#[derive(Debug, Serialize)]
pub struct MadeOutput {
    /// The generator's name.
    pub generator: String,
    /// The output's path.
    pub path: RepoPath,
}

/// Why nothing is generated.
#[derive(Debug, thiserror::Error)]
pub enum GenerateRefusal {
    /// There is no generator with this name; holds a similar name, if any.
    #[error("idhooks.toml has no generator '{0}'")]
    NoGenerator(String, Option<String>),
    /// The index kept changing before the outputs could be staged.
    #[error(transparent)]
    Overtaken(Box<OpsError>),
}

/// Regenerates the outputs that are out of date, in the index and in the working tree, unless this
/// is a check or a dry run.
///
/// # Errors
/// Returns an error if a name matches no generator, or if the state cannot be read or written.
pub fn generate(
    observer: &mut dyn Observer,
    repo: &Repo,
    options: &GenerateOptions,
) -> Result<GenerateReport, OpsError> {
    repo.begin("generate");
    // A check or a preview need not wait for other commands.
    if options.effort.is_check || options.is_dry_run {
        let transaction = RegistryTransaction::open(observer, repo)?;
        return match options.is_dry_run {
            true => options.preview(observer, &transaction),
            false => options.make(observer, &transaction, options.effort, Round::default()),
        };
    }
    let (locks, mut earlier) = options.prepare(observer, repo)?;
    // The first pass has already cached the new outputs; forcing again would regenerate them.
    let effort = Effort { is_forced: false, ..options.effort };
    let mut left = MAX_ROUNDS;
    let writer = Writer::with_locks(repo, "generate", locks)?;
    let report = writer.run(&mut &mut *observer, |observer, transaction| {
        let made = options.make(observer, transaction, effort, std::mem::take(&mut earlier));
        left -= 1;
        made.map_err(|error| match left {
            0 if error.is_transient() => GenerateRefusal::Overtaken(Box::new(error)).into(),
            _ => error,
        })
    })?;
    // The writer itself counts only refusals that are returned as errors.
    if !report.findings.is_empty() {
        count(repo, &[WriteCounter::ValidationFailures]);
    }
    Ok(report)
}

impl GenerateOptions {
    /// Regenerates stale outputs while holding only the locks on those outputs: the programs may be
    /// slow, and other commands should not have to wait for them. Writes nothing but objects and
    /// the cache.
    fn prepare(
        &self,
        observer: &mut dyn Observer,
        repo: &Repo,
    ) -> Result<(Locks, Round), OpsError> {
        let transaction = RegistryTransaction::open(observer, repo)?;
        let names = self.selected(&transaction.config.generators)?;
        let is_named = |generator: &Generator| names.contains(&generator.name);
        // The first pass only determines which outputs to lock; it generates nothing.
        let (reports, _) = transaction.generating().survey(is_named)?;
        let made = reports.iter().filter(|report| self.is_made(report));
        let outputs = made.flat_map(|report| &report.outputs);
        let request = outputs
            .fold(LockRequest::default(), |request, path| request.path(path, LockMode::Exclusive));
        let is_needed = reports.iter().any(|report| self.is_made(report));
        let locks = take_locks(repo, "generate", &request)?;
        if !is_needed {
            return Ok((locks, Round::default()));
        }
        // Meanwhile, another command may have changed the index or generated the same outputs.
        let transaction = RegistryTransaction::open(observer, repo)?;
        let round = transaction.generating().run(is_named, self.effort)?;
        Ok((locks, round))
    }

    /// Returns whether a run's outputs are to be generated, rather than only checked.
    fn is_made(&self, report: &BuildReport<'_>) -> bool {
        report.state != BuildState::Fresh || self.effort.is_forced
    }

    /// Returns the names of the generators to run.
    fn selected(&self, generators: &[Generator]) -> Result<BTreeSet<String>, GenerateRefusal> {
        let all = || generators.iter().map(|generator| &*generator.name);
        if let Some(unknown) = self.names.iter().find(|name| all().all(|one| one != *name)) {
            let near = nearest(unknown, all()).map(ToString::to_string);
            return Err(GenerateRefusal::NoGenerator(unknown.clone(), near));
        }
        let is_named =
            |generator: &Generator| self.names.is_empty() || self.names.contains(&generator.name);
        let selected = selected(generators, is_named);
        let named = generators.iter().zip(selected).filter(|(_, is_selected)| *is_selected);
        Ok(named.map(|(generator, _)| generator.name.clone()).collect())
    }

    fn make(
        &self,
        observer: &mut dyn Observer,
        transaction: &RegistryTransaction<'_>,
        effort: Effort,
        earlier: Round,
    ) -> Result<GenerateReport, OpsError> {
        let names = self.selected(&transaction.config.generators)?;
        let is_named = |generator: &Generator| names.contains(&generator.name);
        let Round { outputs, fresh, findings, .. } =
            transaction.generate(observer, is_named, effort, earlier)?;
        if transaction.config.generators.is_empty() {
            report_no_generators(observer, transaction.repo);
        }
        let made = |output: &DerivedFile| {
            let generator = output.generator()?.to_owned();
            Some(MadeOutput { generator, path: output.path.clone() })
        };
        let outputs = outputs.iter().filter_map(made).collect();
        Ok(GenerateReport { outputs, up_to_date: fresh, findings })
    }

    /// Returns the outputs that would be generated.
    fn preview(
        &self,
        observer: &mut dyn Observer,
        transaction: &RegistryTransaction<'_>,
    ) -> Result<GenerateReport, OpsError> {
        let input = transaction.generating();
        let names = self.selected(&input.config.generators)?;
        let (reports, findings) = input.survey(|generator| names.contains(&generator.name))?;
        if input.config.generators.is_empty() {
            report_no_generators(observer, transaction.repo);
        }
        let (mut outputs, mut up_to_date) = (Vec::new(), 0);
        for report in &reports {
            if self.is_made(report) {
                let generator = &report.generator.name;
                let made = |path: &RepoPath| MadeOutput {
                    generator: generator.clone(),
                    path: path.clone(),
                };
                outputs.extend(report.outputs.iter().map(made));
            } else {
                up_to_date += report.outputs.len();
            }
        }
        Ok(GenerateReport { outputs, up_to_date, findings })
    }
}
