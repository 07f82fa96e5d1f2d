//! [`Generating`]: determines from the cache which outputs are up to date, without running
//! anything.

use idhooks_core::check::Finding;
use idhooks_core::config::{Config, Generator};
use idhooks_core::registry::{BlobId, Registry, RepoPath, Tree};

use crate::cache::{Cache, GeneratedKey};
use crate::git::Repo;
use crate::state::StateError;

use super::build::Build;
use super::command_line::{Undeclared, undeclared};
use super::findings::generator_failed;
use super::slice::Slices;
use super::trusted_parts::{TrustedParts, writes_obeyed};

/// The generators' input: the files and records of the commit being made.
#[derive(Debug, Clone, Copy)]
pub struct Generating<'a> {
    /// The repository.
    pub repo: &'a Repo,
    /// The rules.
    pub config: &'a Config,
    /// The files.
    pub tree: &'a Tree,
    /// The records.
    pub registry: &'a Registry,
}

idhooks_core::words! {
    /// Whether outputs match their inputs.
    pub enum BuildState {
        /// The outputs match.
        Fresh = "fresh",
        /// The outputs do not match.
        Stale = "stale",
        /// This clone has never made outputs from these inputs.
        Unknown = "unknown",
    }
}

/// The outputs of one generator run.
#[derive(Debug)]
pub struct BuildReport<'a> {
    /// The generator.
    pub generator: &'a Generator,
    /// The outputs.
    pub outputs: Vec<RepoPath>,
    /// Whether the outputs are up to date.
    pub state: BuildState,
}

/// The remedy for a value that cannot be part of a path.
pub(super) const BAD_VALUE: &str =
    "change that value, or leave the record out with 'inputs'; a value in a path has no '/'";

impl<'a> Generating<'a> {
    /// Returns the state of the outputs of the generators that `is_named` accepts, without running
    /// anything.
    ///
    /// # Errors
    /// Returns an error if the repository cannot be read.
    pub fn survey(
        &self,
        is_named: impl Fn(&Generator) -> bool,
    ) -> Result<(Vec<BuildReport<'a>>, Vec<Finding>), StateError> {
        let generators = &self.config.generators;
        let slices = Slices::of(self.registry, generators);
        let cache = Cache::open(&self.repo.state_dir());
        let (mut reports, mut findings) = (Vec::new(), Vec::new());
        for generator in generators.iter().filter(|generator| is_named(generator)) {
            match Build::all(generator, &slices, self.tree) {
                Err(error) => {
                    let why = error.to_string();
                    findings.push(generator_failed(generator, None, &why, BAD_VALUE));
                }
                Ok(builds) => reports.extend(builds.into_iter().map(|build| {
                    let state = match known(&cache, &build) {
                        Some(blobs) if is_there(&build, &blobs, self.tree) => BuildState::Fresh,
                        Some(_) => BuildState::Stale,
                        None => BuildState::Unknown,
                    };
                    BuildReport { generator, outputs: build.outputs, state }
                })),
            }
        }
        Ok((reports, findings))
    }
}

/// Returns the blobs of the outputs for these inputs, if this clone has made them.
pub(super) fn known(cache: &Cache<GeneratedKey>, build: &Build<'_>) -> Option<Vec<BlobId>> {
    let blobs = cache.get(&GeneratedKey(build.hash.clone()))?;
    // The rules may have gained or lost an output in the meantime.
    (blobs.len() == build.outputs.len()).then_some(blobs)
}

/// Returns whether a tree's outputs are these blobs.
pub(super) fn is_there(build: &Build<'_>, blobs: &[BlobId], tree: &Tree) -> bool {
    build.outputs.iter().zip(blobs).all(|(path, blob)| has_blob(tree, path, *blob))
}

pub(super) fn has_blob(tree: &Tree, path: &RepoPath, blob: BlobId) -> bool {
    tree.get(path).is_some_and(|entry| entry.mode.is_file() && entry.blob == blob)
}

/// Returns whether a run needs programs.
pub(super) fn has_program(build: &Build<'_>) -> bool {
    build.generator.programs().next().is_some()
}

/// Returns whether a run has to be trusted.
pub(super) fn needs_trust(build: &Build<'_>) -> bool {
    has_program(build) || writes_obeyed(build.generator)
}

impl<'a> Generating<'a> {
    /// Returns the hash that this clone must trust, or `None` if it already trusts it.
    pub(super) fn trust(&self) -> Option<String> {
        let hash = self.trusted_parts()?.hash;
        // The setting is in the clone's configuration, not in the repository, so that a pull
        // request cannot trust itself.
        (self.repo.setting("idhooks.trust").as_ref() != Some(&hash)).then_some(hash)
    }

    /// Returns the parts that this clone must trust, or `None` if the generators neither run
    /// programs nor write files that other programs obey.
    pub fn trusted_parts(&self) -> Option<TrustedParts> {
        TrustedParts::of(&self.config.generators, self.tree)
    }

    /// Returns whether this clone trusts everything that the generators run, and the generators'
    /// rules name all of it.
    pub fn is_trusted(&self) -> bool {
        self.trust().is_none() && self.undeclared().is_empty()
    }

    /// Returns the generators whose rules do not say which files in the repository they run, along
    /// with the reason.
    pub fn undeclared(&self) -> Vec<(&'a str, Undeclared<'a>)> {
        let generators = self.config.generators.iter();
        let open = generators.filter_map(|g| Some((&*g.name, undeclared(g, self.tree)?)));
        open.collect()
    }
}
