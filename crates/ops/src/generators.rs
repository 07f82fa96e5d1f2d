//! Lists generators and whether their outputs are up to date.

use idhooks_core::check::Finding;
use idhooks_core::config::{Generator, GeneratorRun};
use idhooks_core::registry::RepoPath;
use idhooks_repo::derived::generators::{
    BuildReport, BuildState, Generating, TrustedParts, Undeclared,
};
use idhooks_repo::git::Repo;
use idhooks_repo::state::StateError;
use serde::{Serialize, Serializer};

use crate::{Observer, OpsError, RegistryTransaction};

/// The generators.
#[derive(Debug, Serialize)]
pub struct GeneratorList {
    /// Whether this clone trusts the commands; `None` if there are no commands.
    pub trust: Option<CommandTrust>,
    /// The generators, in the order of the rules.
    pub generators: Vec<ListedGenerator>,
    /// Findings about generators whose outputs cannot be named.
    #[serde(skip)]
    pub findings: Vec<Finding>,
}

/// Whether the commands are trusted.
#[derive(Debug, Serialize)]
pub struct CommandTrust {
    /// The hash over the commands and programs.
    pub hash: String,
    /// Whether this clone trusts the hash.
    pub is_trusted: bool,
    /// The programs outside the repository, which the hash does not cover.
    pub outside: Vec<String>,
    /// The changes since the last commit that this clone trusts, if known.
    pub changes: Option<Vec<String>>,
    /// The generators whose 'programs' key is missing or has a glob that matches no file.
    pub undeclared: Vec<UndeclaredPrograms>,
}

/// A generator whose rule does not declare which of the repository's files it runs.
#[derive(Debug)]
pub struct UndeclaredPrograms {
    /// The generator's name.
    pub generator: String,
    /// The glob in 'programs' that matches no file; `None` if 'programs' is missing.
    pub glob: Option<String>,
}

impl Serialize for UndeclaredPrograms {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.generator)
    }
}

/// A generator.
#[derive(Debug, Serialize)]
pub struct ListedGenerator {
    /// The generator's name.
    pub name: String,
    /// When the generator runs.
    pub run: GeneratorRun,
    /// The generators that it runs after.
    pub after: Vec<String>,
    /// Whether a failure blocks a commit.
    pub required: bool,
    /// The generator's outputs.
    pub outputs: Vec<ListedOutput>,
}

/// A generator's output.
#[derive(Debug, Serialize)]
pub struct ListedOutput {
    /// The output's path.
    pub path: RepoPath,
    /// Whether the output is up to date.
    pub state: BuildState,
}

/// Lists the generators in the index without running anything.
///
/// # Errors
/// Returns an error if the state cannot be read.
pub fn list_generators(
    observer: &mut dyn Observer,
    repo: &Repo,
) -> Result<GeneratorList, OpsError> {
    let transaction = RegistryTransaction::open(observer, repo)?;
    let input = transaction.generating();
    let (reports, findings) = input.survey(|_| true)?;
    let trust = input.trusted_parts().map(|parts| trust(&input, parts)).transpose()?;
    let generators = input.config.generators.iter();
    let generators = generators.map(|generator| listed(generator, &reports)).collect();
    Ok(GeneratorList { trust, generators, findings })
}

fn trust(input: &Generating<'_>, parts: TrustedParts) -> Result<CommandTrust, StateError> {
    let is_trusted = input.is_trusted();
    let changes = if is_trusted { None } else { input.changes_since_trusted(&parts)? };
    let undeclared = input.undeclared().into_iter().map(|(generator, reason)| {
        let glob = match reason {
            Undeclared::Program(_) => None,
            Undeclared::Glob(glob) => Some(glob.to_owned()),
        };
        UndeclaredPrograms { generator: generator.to_owned(), glob }
    });
    let (undeclared, TrustedParts { hash, outside, .. }) = (undeclared.collect(), parts);
    Ok(CommandTrust { hash, is_trusted, outside, changes, undeclared })
}

fn listed(generator: &Generator, reports: &[BuildReport<'_>]) -> ListedGenerator {
    let own = reports.iter().filter(|report| report.generator.name == generator.name);
    let outputs = own.flat_map(|report| {
        report.outputs.iter().map(|path| ListedOutput { path: path.clone(), state: report.state })
    });
    ListedGenerator {
        name: generator.name.clone(),
        run: generator.run,
        after: generator.after.clone(),
        required: generator.is_required,
        outputs: outputs.collect(),
    }
}
