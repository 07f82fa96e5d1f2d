//! The steps that engines perform in a commit: one row per step, in the order they run.

use idhooks_core::check::Finding;
use idhooks_core::config::{Config, ConfigError, MigrationPhase};
use idhooks_core::registry::{Entry, Id, Registry, RepoPath, Tree};
use idhooks_repo::derived::generators::{BuildState, Generating};
use idhooks_repo::git::{CommitId, GitError, Repo};
#[cfg(not(feature = "migration"))]
use idhooks_repo::state::migration_phase;
use idhooks_repo::state::{StateError, read_registry};
use idhooks_repo::transaction::{
    HeadEdit, IdInjector, Injection, PendingCommit, missing_injections,
};

use serde_json::Value;

use crate::planned_commit::PlannedCommit;
use crate::{
    CodeDays, CodeState, CommitNotice, LintGates, Notice, Observer, OpsError, TreeLint, stale_only,
    without_identity,
};

/// The part of the configuration that requires the linter.
const LINT_TABLE: &str = "the table 'lint' in idhooks.toml";

/// The `code` engine's functions that use cases call.
#[derive(Clone, Copy)]
pub(crate) struct CodeEngine {
    lint_commit: LintStep,
    lint_tree: fn(&mut dyn Observer, &Repo, &Tree, &LintGates) -> Result<TreeLint, OpsError>,
    code_state: fn(&Repo, Option<CommitId>, CodeDays) -> Result<CodeState, OpsError>,
    store_facts: fn(&Repo, &Config, &Tree, Vec<&RepoPath>, &mut Registry) -> usize,
    pub(crate) describe_files: DescribeFiles,
    /// Returns what is wrong with a configuration's formats, if anything.
    pub(crate) check_formats: fn(&Config) -> Option<ConfigError>,
}

/// Returns the values of all descriptor keys for files in a tree, given each file's identity, if it
/// has one.
type DescribeFiles = fn(&Repo, &Config, &Tree, &[(RepoPath, Option<Id>)]) -> Vec<Vec<Value>>;

/// Checks files in a commit, looking up other files as needed. Returns the findings.
type LintStep = fn(
    &mut dyn Observer,
    &Repo,
    &[(RepoPath, Entry)],
    &dyn Fn(&RepoPath) -> Result<Option<Entry>, GitError>,
) -> Result<Vec<Finding>, OpsError>;

/// The `code` engine, if this build has it.
#[cfg(feature = "code")]
const CODE: Option<CodeEngine> = Some(CodeEngine {
    lint_commit: crate::code::lint_commit,
    lint_tree: crate::code::lint_tree,
    code_state: crate::code::code_state,
    store_facts: crate::code::store_facts,
    describe_files: crate::code::describe_files,
    check_formats: |config| idhooks_code::Formats::compile(config).err(),
});
#[cfg(not(feature = "code"))]
const CODE: Option<CodeEngine> = None;

/// Returns the `code` engine.
///
/// # Errors
/// Returns an error that names the caller if this build lacks the engine.
pub(crate) fn code_engine(needed_by: &str) -> Result<CodeEngine, OpsError> {
    let missing = || OpsError::MissingFeature { feature: "code", needed_by: needed_by.to_owned() };
    CODE.ok_or_else(missing)
}

/// Checks the files that are changed by a commit and named in its rules, before anything is
/// planned; `entry` looks up other files in the commit. Returns the findings that are not in the
/// commit's baseline.
///
/// # Errors
/// Returns an error if the rules or the baseline are not valid, or if an object cannot be read.
pub(crate) fn lint_commit(
    observer: &mut dyn Observer,
    repo: &Repo,
    files: &[(RepoPath, Entry)],
    entry: &dyn Fn(&RepoPath) -> Result<Option<Entry>, GitError>,
) -> Result<Vec<Finding>, OpsError> {
    if files.is_empty() {
        return Ok(Vec::new());
    }
    (code_engine("lint.enforce in idhooks.toml")?.lint_commit)(observer, repo, files, entry)
}

/// Checks a tree's code against the tree's own rules; does nothing unless its configuration or a
/// gate asks for it.
///
/// # Errors
/// Returns an error if `[lint]`, its baseline or a gate is not valid, or if a blob cannot be read.
pub(crate) fn lint_tree(
    observer: &mut dyn Observer,
    repo: &Repo,
    tree: &Tree,
    config: &Config,
    gates: &LintGates,
) -> Result<TreeLint, OpsError> {
    let needed_by = match config.has_lint() {
        true => LINT_TABLE,
        false if gates.is_given() => "a gate of the linter",
        false => return Ok(TreeLint::default()),
    };
    (code_engine(needed_by)?.lint_tree)(observer, repo, tree, gates)
}

/// Checks the code in the commit or index against its own rules. Returns `None`, at no cost, if the
/// configuration has no `[lint]` table.
///
/// # Errors
/// Returns an error if the rules are not valid, or if an object cannot be read.
pub fn code_state(
    repo: &Repo,
    config: &Config,
    commit: Option<CommitId>,
    days: CodeDays,
) -> Result<Option<CodeState>, OpsError> {
    if !config.has_lint() {
        return Ok(None);
    }
    (code_engine(LINT_TABLE)?.code_state)(repo, commit, days).map(Some)
}

/// Returns the phase of the migration in a commit, and what share of the records this clone's last
/// step has migrated, from 0 to 1.
type MigrationStep = fn(&Repo, CommitId) -> Result<(MigrationPhase, f64), OpsError>;

/// A migration's progress, for reports.
#[cfg(feature = "migration")]
pub(crate) const MIGRATION: MigrationStep = crate::migration::migration_progress;
/// A migration's progress in a build that cannot perform migration steps.
#[cfg(not(feature = "migration"))]
pub(crate) const MIGRATION: MigrationStep = |repo, commit| {
    let phase = migration_phase(repo, commit, false)?;
    Ok((phase, f64::from(u8::from(phase != MigrationPhase::Off))))
};

/// Adds an engine's results to a planned commit. Returns the findings that block the commit.
type CommitStep = fn(&mut dyn Observer, &mut PlannedCommit<'_>) -> Result<Vec<Finding>, OpsError>;

/// Additions to a planned commit.
pub(crate) const COMMIT_STEPS: [CommitStep; 3] = [keep_facts, inject_ids, generate_outputs];

/// Adds facts to the records of files that differ from all parents.
fn keep_facts(
    observer: &mut dyn Observer,
    commit: &mut PlannedCommit<'_>,
) -> Result<Vec<Finding>, OpsError> {
    let PlannedCommit { pending, config, inputs, plan, .. } = commit;
    if config.describe.store.is_empty() {
        return Ok(Vec::new());
    }
    let (tree, parents) = (&inputs.state.tree, &inputs.lineage.parents);
    let differs = |path: &&RepoPath| {
        let entry = tree.get(*path);
        entry.is_some() && parents.iter().all(|parent| parent.tree.get(*path) != entry)
    };
    // A file that differs from all parents also differs from HEAD.
    let changed = pending.changes()?.iter().map(|change| &change.path);
    let changed = changed.filter(|path| config.stores_facts_of(path)).filter(differs);
    let mut changed: Vec<&RepoPath> = changed.collect();
    if changed.is_empty() {
        return Ok(Vec::new());
    }
    // Files are described in tree order: if time runs out, the last ones are skipped.
    changed.sort();
    let engine = code_engine("describe.store in idhooks.toml")?;
    let left_out = (engine.store_facts)(pending.repo, config, tree, changed, &mut plan.registry);
    if left_out > 0 {
        observer.notice(Notice::Commit(CommitNotice::NotDescribed(left_out)));
    }
    Ok(Vec::new())
}

/// Carries over the facts from an earlier plan for the same commit.
fn carry_facts(config: &Config, before: &Registry, registry: &mut Registry) {
    if config.describe.store.is_empty() {
        return;
    }
    let before = before.by_origin();
    for record in &mut registry.allocations {
        let Some(earlier) = before.get(&record.origin).filter(|one| one.path == record.path) else {
            continue;
        };
        for key in config.describe.store.iter().map(|key| key.as_str()) {
            match earlier.metadata.get(key) {
                Some(value) => drop(record.metadata.insert(key.to_owned(), value.clone())),
                None => drop(record.metadata.remove(key)),
            }
        }
    }
}

/// Writes identities into files, then checks the identities that files carry.
fn inject_ids(
    observer: &mut dyn Observer,
    commit: &mut PlannedCommit<'_>,
) -> Result<Vec<Finding>, OpsError> {
    if commit.inputs.part.is_some() {
        // If only the changed paths' records were read, the new files already carry their
        // identities, and nothing else matters.
        return Ok(Vec::new());
    }
    commit.injections = plan_injections(commit)?;
    let mut faults = commit.carried_faults(&commit.inputs.stored.registry);
    if faults.new.iter().any(|finding| commit.is_blocked_by(finding)) {
        faults.new.retain(|finding| commit.is_blocked_by(finding));
        return Ok(faults.new);
    }
    if !faults.is_empty() {
        // Report the findings that will remain after the commit.
        let faults = commit.carried_faults(&commit.plan.registry);
        let faults = faults.new.into_iter().chain(faults.old).collect();
        observer.notice(Notice::Commit(CommitNotice::CarriedFaults(faults)));
    }
    Ok(Vec::new())
}

/// Plans which identities to inject into the commit's files.
fn plan_injections(commit: &PlannedCommit<'_>) -> Result<Vec<Injection>, StateError> {
    let PlannedCommit { pending, config, inputs, plan, .. } = commit;
    let PendingCommit { repo, head, merging, .. } = pending;
    let parents = head.iter().map(|(id, _)| *id).chain(merging.iter().copied());
    let parents: Vec<CommitId> = parents.collect();
    let (before, tree) = (inputs.lineage.merged.as_ref(), &inputs.state.tree);
    let missing = missing_injections(repo, config, before, &plan.registry, tree, &parents)?;
    let mut injections = Vec::new();
    let injector = IdInjector::for_paths(repo, config, missing.keys())?;
    // An output would go out of date if it were given an identity that its generator did not write.
    for (path, id) in missing.into_iter().filter(|(path, _)| !config.is_output(path)) {
        // If a file cannot contain its identity, the identity is stored only in the registry; see
        // 'inject --check'.
        let injection = injector.inject_ids(&path, tree[&path], &HeadEdit::Write(id))?;
        injections.extend(injection.change());
    }
    Ok(injections)
}

/// Generates the planned commit's out-of-date files, and plans the commit again with them so that
/// new files are given identities.
fn generate_outputs(
    observer: &mut dyn Observer,
    commit: &mut PlannedCommit<'_>,
) -> Result<Vec<Finding>, OpsError> {
    let (config, repo) = (&commit.config, commit.pending.repo);
    if !config.generates_in_commits() {
        return Ok(Vec::new());
    }
    let (tree, registry) = (&*commit.tree(), &commit.plan.registry);
    let input = Generating { repo, config, tree, registry };
    let round = input.run(|generator| generator.runs_in_commits(), stale_only())?;
    let outputs = input.changes(&round.outputs)?;
    let mut failed = round.findings;
    if !outputs.is_empty() {
        for step in &outputs.entries {
            let added = step.after.map(|after| (step.path.clone(), after));
            commit.inputs.state.tree.extend(added);
        }
        let before = commit.plan_again()?;
        carry_facts(&commit.config, &before, &mut commit.plan.registry);
        let missing = without_identity(&commit.plan).into_iter().filter(|_| !commit.allocate);
        failed.extend(missing.filter(|finding| {
            finding.path.as_ref().is_some_and(|path| commit.config.is_output(path))
        }));
        commit.outputs = outputs;
        commit.injections = plan_injections(commit)?;
    }
    if failed.iter().any(|finding| commit.is_blocked_by(finding)) {
        failed.retain(|finding| commit.is_blocked_by(finding));
        return Ok(failed);
    }
    let warnings = failed.into_iter().map(Finding::into_warning).collect();
    observer.notice(Notice::Warnings(warnings));
    Ok(Vec::new())
}

/// Returns whether a commit that changes no record has nothing to generate.
pub(crate) fn are_outputs_fresh(pending: &PendingCommit<'_>) -> Result<bool, StateError> {
    let rules = pending.content_rules()?.filter(|rules| rules.generates_in_commits());
    let Some(config) = rules else { return Ok(true) };
    let (repo, tree) = (pending.repo, &pending.index()?.tree);
    let Some(entry) = tree.get(&RepoPath::registry()) else { return Ok(false) };
    let registry = &read_registry(repo, *entry)?.registry;
    let input = Generating { repo, config, tree, registry };
    let (reports, findings) = input.survey(|generator| generator.runs_in_commits())?;
    Ok(findings.is_empty() && reports.iter().all(|report| report.state == BuildState::Fresh))
}
