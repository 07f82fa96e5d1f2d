//! [`Round`]: making the outputs that are out of date. Only objects and the cache are written.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use idhooks_core::check::Finding;
use idhooks_core::config::Generator;
use idhooks_core::registry::{BlobId, Entry, Mode, RepoPath, Tree};

use crate::cache::{Cache, GeneratedKey};
use crate::derived::{DerivedChanges, DerivedFile, DerivedKind};
use crate::state::StateError;

use super::build::Build;
use super::built_in::built_in_output;
use super::findings::{generator_failed, orphaned_output, stale_output};
use super::foreign_outputs::foreign_output;
use super::obstacles::Obstacles;
use super::output_state::{BAD_VALUE, Generating, has_blob, has_program, is_there, known};
use super::task::{Task, TaskFailure, TaskFile, TaskWork, run_at_once};
use super::{order::levels, slice::Slices};

/// How much work to do in a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effort {
    /// Whether outputs are made again even if they are up to date.
    pub is_forced: bool,
    /// Whether outputs are only compared, not stored.
    pub is_check: bool,
    /// The number of programs that may run at once; at least one.
    pub jobs: usize,
    /// Whether built-in formats replace tracked files that idhooks did not write.
    pub overwrites: bool,
    /// Whether programs may run. If not, outputs that need them are skipped.
    pub runs_programs: bool,
}

/// The result of a round.
#[derive(Debug, Default)]
pub struct Round {
    /// The outputs that change.
    pub outputs: Vec<DerivedFile>,
    /// The number of outputs that were up to date.
    pub fresh: usize,
    /// The outputs that a check found stale, and failures.
    pub findings: Vec<Finding>,
    /// The generators that were skipped because their programs would have to run.
    pub left_out: BTreeSet<String>,
    /// The reasons that runs failed, keyed by the hash of their inputs.
    failures: BTreeMap<String, TaskFailure>,
}

/// A run, which is skipped if its outputs are already known.
struct PendingBuild<'a> {
    build: Build<'a>,
    known: Option<Vec<BlobId>>,
}

impl<'a> Generating<'a> {
    /// Makes the outputs of the generators that `is_named` accepts, each once and in order.
    ///
    /// # Errors
    /// Returns an error if the repository cannot be read or written.
    pub fn run(
        &self,
        is_named: impl Fn(&Generator) -> bool,
        effort: Effort,
    ) -> Result<Round, StateError> {
        self.run_after(is_named, effort, Round::default())
    }

    /// Returns the changes that the outputs cause, including their lines in `.gitattributes`.
    ///
    /// # Errors
    /// Returns an error if objects or files cannot be read or written.
    pub fn changes(&self, outputs: &[DerivedFile]) -> Result<DerivedChanges, StateError> {
        let lines = self.config.attribute_lines(|pattern| {
            outputs.iter().any(|output| pattern.matches(output.path.as_bytes()))
        });
        DerivedChanges::of(self.repo, self.tree, outputs.iter().cloned(), &lines)
    }

    /// Like [`Generating::run`], but does not repeat runs that failed in an earlier round.
    ///
    /// # Errors
    /// Returns an error in the same cases as [`Generating::run`].
    pub fn run_after(
        &self,
        is_named: impl Fn(&Generator) -> bool,
        effort: Effort,
        earlier: Round,
    ) -> Result<Round, StateError> {
        let generators = &self.config.generators;
        let mut running = RunningRound {
            input: self,
            effort,
            slices: Slices::of(self.registry, generators),
            cache: Cache::open(&self.repo.state_dir()),
            tree: Cow::Borrowed(self.tree),
            round: Round { failures: earlier.failures, ..Round::default() },
            done: Vec::new(),
            failed: BTreeSet::new(),
            named: Vec::new(),
            owners: BTreeMap::new(),
        };
        for level in levels(generators) {
            let level = level.into_iter().map(|at| &generators[at]);
            running.level(level.filter(|generator| is_named(generator)))?;
        }
        running.report_late_inputs();
        running.report_orphans();
        running.cache.save();
        running.round.findings.sort();
        Ok(running.round)
    }
}

struct RunningRound<'a, 'g> {
    input: &'g Generating<'a>,
    effort: Effort,
    slices: Slices<'a>,
    cache: Cache<GeneratedKey>,
    /// The files, including the outputs made so far.
    tree: Cow<'a, Tree>,
    round: Round,
    /// Each finished run, with the hash of its inputs when it ran.
    done: Vec<(&'a Generator, String)>,
    /// The generators that failed at least once: none of their outputs change.
    failed: BTreeSet<&'a str>,
    /// The generators whose output paths are all known.
    named: Vec<&'a Generator>,
    /// The generator that each output belongs to.
    owners: BTreeMap<RepoPath, &'a str>,
}

impl<'a> RunningRound<'a, '_> {
    /// Runs the generators on one level.
    fn level(&mut self, generators: impl Iterator<Item = &'a Generator>) -> Result<(), StateError> {
        let mut pending = Vec::new();
        for generator in generators {
            match Build::all(generator, &self.slices, &self.tree) {
                Err(error) => self.fail(generator, None, &error.to_string(), BAD_VALUE),
                Ok(builds) => {
                    self.named.push(generator);
                    for build in builds {
                        pending.extend(self.pending(build));
                    }
                }
            }
        }
        if pending.is_empty() {
            return Ok(());
        }
        let (mut builds, mut accepted) = (Vec::new(), Vec::new());
        for (PendingBuild { build, known }, refusal) in self.refused(pending)? {
            match (refusal, known) {
                (Some(finding), _) => {
                    self.failed.insert(&build.generator.name);
                    self.round.findings.push(finding);
                }
                (None, Some(blobs)) => accepted.push((build, blobs)),
                (None, None) => match self.round.failures.get(&build.hash).cloned() {
                    Some(failure) => self.fail_run(&build, failure),
                    None if !self.effort.runs_programs && has_program(&build) => {
                        self.failed.insert(&build.generator.name);
                        self.round.left_out.insert(build.generator.name.clone());
                    }
                    None => builds.push(build),
                },
            }
        }
        let mut builds = builds.into_iter().peekable();
        while builds.peek().is_some() {
            let chunk: Vec<Build<'a>> = builds.by_ref().take(self.effort.jobs.max(1)).collect();
            let tasks = chunk.iter().map(|build| self.task(build));
            let tasks = tasks.collect::<Result<Vec<Task>, StateError>>()?;
            for (build, made) in chunk.into_iter().zip(run_at_once(&tasks)) {
                match made {
                    Err(failure) => self.fail_run(&build, failure),
                    Ok(contents) => {
                        let blobs = contents.iter().map(|content| self.blob(content));
                        accepted.push((build, blobs.collect::<Result<_, StateError>>()?));
                    }
                }
            }
        }
        // All checks come first, because `accept` changes the tree that they are based on.
        for (build, blobs) in &accepted {
            self.refuse_own_input(build, blobs);
            self.refuse_foreign(build, blobs)?;
        }
        for (build, blobs) in accepted {
            self.accept(build, &blobs);
        }
        Ok(())
    }

    /// Returns each run with the finding that prevents it, if any.
    fn refused(
        &self,
        pending: Vec<PendingBuild<'a>>,
    ) -> Result<Vec<(PendingBuild<'a>, Option<Finding>)>, StateError> {
        let outputs = pending.iter().flat_map(|one| &one.build.outputs).collect();
        let obstacles = Obstacles::of(self.input.repo, &self.tree, &outputs)?;
        // Files made on earlier levels may be run now, so they must be trusted as well.
        let input = Generating { tree: &self.tree, ..*self.input };
        let trust = input.trust();
        let refusal = |PendingBuild { build, known }: &PendingBuild<'_>| {
            let generator = build.generator;
            let at = |path| Some((path, obstacles.at(path)?));
            if let Some((path, (reason, help))) = build.outputs.iter().find_map(at) {
                return Some(generator_failed(generator, Some(path), &reason, &help));
            }
            if known.is_some() { None } else { input.distrust(build, trust.as_deref()) }
        };
        let with_refusal = |one: PendingBuild<'a>| {
            let refusal = refusal(&one);
            (one, refusal)
        };
        Ok(pending.into_iter().map(with_refusal).collect())
    }

    /// Returns a run, unless its outputs are up to date or belong to another generator.
    fn pending(&mut self, build: Build<'a>) -> Option<PendingBuild<'a>> {
        let name = &*build.generator.name;
        for path in &build.outputs {
            if let Some(other) = self.owners.insert(path.clone(), name) {
                let reason = format!("'{path}' is an output of generator '{other}', too");
                self.fail(
                    build.generator,
                    Some(path),
                    &reason,
                    "give each generator outputs of its own",
                );
                return None;
            }
        }
        let repo = self.input.repo;
        let known = known(&self.cache, &build).filter(|_| !self.effort.is_forced);
        if known.as_ref().is_some_and(|blobs| is_there(&build, blobs, &self.tree)) {
            self.round.fresh += build.outputs.len();
            self.done.push((build.generator, build.hash));
            return None;
        }
        let known = known.filter(|blobs| blobs.iter().all(|blob| repo.has_blob(*blob)));
        Some(PendingBuild { build, known })
    }

    fn task(&self, build: &Build<'_>) -> Result<Task, StateError> {
        let generator = build.generator;
        let slices = &self.slices;
        let work = match generator.built_in {
            None => {
                TaskWork::Command(generator.command.clone(), build.document(slices).into_bytes())
            }
            Some(format) => TaskWork::Content(built_in_output(format, build, slices).into_bytes()),
        };
        let mut files = Vec::new();
        if has_program(build) {
            for (path, entry) in
                build.files.iter().filter(|(path, _)| !build.outputs.contains(path))
            {
                self.input.repo.obtain_one(entry.blob);
                let content = self.input.repo.blob(entry.blob)?;
                files.push(TaskFile { path: path.clone(), mode: entry.mode, content });
            }
        }
        let (validator, timeout) = (generator.validator.clone(), generator.timeout);
        Ok(Task { files, outputs: build.outputs.clone(), work, validator, timeout })
    }

    fn blob(&self, content: &[u8]) -> Result<BlobId, StateError> {
        let repo = self.input.repo;
        match repo.blob_of(content, content.len() as u64).filter(|_| self.effort.is_check) {
            Some(blob) => Ok(blob),
            None => Ok(repo.write_blob(content)?),
        }
    }

    /// Returns a run's outputs that change.
    fn changed(&self, build: &Build<'_>, blobs: &[BlobId]) -> Vec<(RepoPath, BlobId)> {
        let outputs = build.outputs.iter().cloned().zip(blobs.iter().copied());
        outputs.filter(|(path, blob)| !has_blob(&self.tree, path, *blob)).collect()
    }

    /// Refuses a run that changes its own inputs.
    fn refuse_own_input(&mut self, build: &Build<'a>, blobs: &[BlobId]) {
        // Globs are matched here, because a new output is not in the tree yet.
        let is_input = |path: &RepoPath| build.generator.files.matches(path);
        let changed = self.changed(build, blobs);
        if let Some((path, _)) = changed.iter().find(|(path, _)| is_input(path)) {
            let reason = format!("it rewrites its own input '{path}'");
            let help = format!("exclude the output from 'files': add \"!/{path}\" at its end");
            self.fail(build.generator, Some(path), &reason, &help);
            self.round.failures.insert(build.hash.clone(), TaskFailure { reason, help });
        }
    }

    /// Refuses a run that would replace a tracked file that idhooks did not write.
    fn refuse_foreign(&mut self, build: &Build<'a>, blobs: &[BlobId]) -> Result<(), StateError> {
        if self.effort.overwrites || self.effort.is_check {
            return Ok(());
        }
        let changed = self.changed(build, blobs);
        let foreign = foreign_output(self.input.repo, &self.tree, build, &changed)?;
        if let Some((path, failure)) = foreign {
            self.fail(build.generator, Some(&path), &failure.reason, &failure.help);
            self.round.failures.insert(build.hash.clone(), failure);
        }
        Ok(())
    }

    /// Accepts a run's outputs; if another run of its generator failed, they are only cached.
    fn accept(&mut self, build: Build<'a>, blobs: &Vec<BlobId>) {
        let outputs = self.changed(&build, blobs);
        let is_left_out = self.failed.contains(&*build.generator.name) && !outputs.is_empty();
        if self.round.failures.contains_key(&build.hash) {
            return;
        }
        if is_left_out && !self.effort.is_check {
            return self.cache.insert(&GeneratedKey(build.hash), blobs);
        }
        self.round.fresh += build.outputs.len() - outputs.len();
        if self.effort.is_check && !outputs.is_empty() {
            let stale = outputs.iter().map(|(path, _)| stale_output(build.generator, path));
            return self.round.findings.extend(stale);
        }
        for (path, blob) in outputs {
            let before = self.tree.get(&path).copied();
            let mode = before.map_or(Mode::Regular, |before| before.mode);
            let after = Entry { mode, blob };
            self.tree.to_mut().insert(path.clone(), after);
            let (kind, after) = (DerivedKind::Output(build.generator.name.clone()), Some(after));
            let (content, staged) = (None, None);
            self.round.outputs.push(DerivedFile { path, kind, before, after, content, staged });
        }
        self.cache.insert(&GeneratedKey(build.hash.clone()), blobs);
        self.done.push((build.generator, build.hash));
    }

    /// Reports runs whose inputs have since been changed by another generator.
    fn report_late_inputs(&mut self) {
        if self.round.outputs.is_empty() {
            return;
        }
        let mut late = Vec::new();
        for (generator, hash) in &self.done {
            let now = Build::all(generator, &self.slices, &self.tree).unwrap_or_default();
            let Some(changed) = now.first().filter(|_| now.iter().all(|build| build.hash != *hash))
            else {
                continue;
            };
            let is_input = |path| changed.files.iter().any(|(input, _)| input == path);
            let mut outputs = self.round.outputs.iter();
            let input = outputs.find(|output| is_input(&output.path));
            let input = input.and_then(|output| Some((output.generator()?, &output.path)));
            late.extend(input.map(|(writer, path)| {
                let reason = format!("generator '{writer}' wrote its input '{path}' after it had run");
                let help = format!(
                    "add \"{writer}\" to its 'after' in idhooks.toml; then run: idhooks generate {}",
                    generator.name
                );
                generator_failed(generator, None, &reason, &help)
            }));
        }
        self.round.findings.extend(late);
    }

    /// Reports outputs for values that no longer occur in any record.
    fn report_orphans(&mut self) {
        for generator in &self.named {
            let patterns = generator.outputs.iter().filter(|output| !output.is_plain());
            let patterns: Vec<_> = patterns.collect();
            let is_orphan = |path: &&RepoPath| {
                patterns.iter().any(|output| output.matches(path.as_bytes()))
                    && !self.owners.contains_key(*path)
            };
            let orphans = self.tree.keys().filter(|_| !patterns.is_empty()).filter(is_orphan);
            let findings = orphans.map(|path| orphaned_output(generator, path));
            self.round.findings.extend(findings);
        }
    }

    fn fail_run(&mut self, build: &Build<'a>, failure: TaskFailure) {
        let TaskFailure { reason, help } = &failure;
        self.fail(build.generator, build.outputs.first(), reason, help);
        self.round.failures.insert(build.hash.clone(), failure);
    }

    fn fail(
        &mut self,
        generator: &'a Generator,
        path: Option<&RepoPath>,
        reason: &str,
        help: &str,
    ) {
        self.failed.insert(&generator.name);
        self.round.findings.push(generator_failed(generator, path, reason, help));
    }
}
