//! Adopts a repository with existing records, for example from an import or a backup.

use std::collections::BTreeSet;

use idhooks_core::config::{CONFIG_PATH, Config};
use idhooks_core::plan::second_id::refused_second_ids;
use idhooks_core::plan::{AllocationLog, Plan, PlanError};
use idhooks_core::registry::{Id, Object, REGISTRY_PATH, Registry, RepoPath, Scope, Tree};
use idhooks_repo::events::EventKind;
use idhooks_repo::git::{Index, IndexFile, Repo};
use idhooks_repo::history::Lineage;
use idhooks_repo::state::{CommitState, RegistryState, StateError};
use idhooks_repo::store::read_file;
use idhooks_repo::transaction::audit_recording::{self, Recording};
use idhooks_repo::transaction::{Request, append_allocations, prepare};

use super::files::{
    AdoptedRegistry, Adoption, AdoptionRules, OwnText, adoption_attributes, adoption_rules,
    assert_adoptable, write_adoption,
};
use super::locate::locate_files;
use super::refusal::AdoptionRefusal;
use crate::config_template;
use crate::plan_notices::report_continued;
use crate::rule_suggestion::RuleSuggestion;
use crate::{Notice, Observer, OpsError, Progress, RulesAt, full_counter, read_allocation_log};

/// The number of progress steps when adopting with records.
const STEPS: usize = 3;

/// The records to adopt a repository with.
#[derive(Debug)]
pub struct AdoptedRecords {
    /// The records.
    pub registry: Registry,
    /// The bytes that the records were read from.
    pub bytes: Vec<u8>,
    /// The records' source, for messages and for undoing the adoption.
    pub source: String,
    /// The command's name.
    pub command: &'static str,
    /// The event to record in the audit log.
    pub event: (EventKind, Object),
    /// Whether to adopt even if another branch has a registry; `None` if the command does not have
    /// this option.
    pub force: Option<bool>,
    /// Whether to write nothing.
    pub is_dry_run: bool,
}

/// The result of adopting with records.
#[derive(Debug)]
pub struct AdoptedWith {
    /// The records before the adoption.
    pub before: Registry,
    /// The new registry.
    pub after: Registry,
}

/// Adopts a repository whose `index` has no registry. Records without a file are deprecated, and
/// files without a record get new identities.
///
/// # Errors
/// Returns an error if a file is in the way, if a counter is full, or if something cannot be read or written.
pub fn adopt_records(
    observer: &mut dyn Observer,
    repo: &Repo,
    file: &IndexFile,
    index: &Index,
    records: AdoptedRecords,
) -> Result<AdoptedWith, OpsError> {
    let adopted = adopt(observer, repo, file, index, records);
    observer.progress(Progress::Done);
    adopted
}

fn adopt(
    observer: &mut dyn Observer,
    repo: &Repo,
    file: &IndexFile,
    index: &Index,
    records: AdoptedRecords,
) -> Result<AdoptedWith, OpsError> {
    let AdoptedRecords { registry, bytes, source, command, event, force, is_dry_run } = records;
    let (config, rules) = adoption_rules(repo, &index.tree, None)?;
    assert_adoptable(repo, &index.tree, !index.unmerged.is_empty(), force)?;
    assert_second_ids(&registry, &source)?;
    // An untracked registry is allowed only if it is the one being imported.
    if repo.read_working(REGISTRY_PATH)?.is_some_and(|own| own != bytes) {
        return Err(AdoptionRefusal::UntrackedRegistry { has_records: true }.into());
    }
    let config_text = config_text(repo, index, &config, &rules, &registry)?;
    let mut located = registry.clone();
    let unclear = locate_files(&mut located, &index.tree, &config, || repo.renames())?;
    // Guessing wrong would permanently give one file's identity to another.
    if !unclear.is_empty() {
        return Err(AdoptionRefusal::Unclear(unclear).into());
    }
    observer.progress(Progress::Importing(STEPS));
    let attributes = adoption_attributes(repo, &index.tree)?;
    let log = read_allocation_log(observer, repo);
    let plan = match complete_adoption(repo, &config, &index.tree, located, &log) {
        Err(StateError::Plan(PlanError::Capacity { counter, path })) => {
            let (scope, tree) = (registry.scope, &index.tree);
            let need = RuleSuggestion { config: &config, scope, tree, registry: Some(&registry) };
            let rules = RulesAt::of(matches!(rules, AdoptionRules::Staged(_)));
            return Err(OpsError::CounterFull(full_counter(&need, counter, &path, rules).into()));
        }
        plan => plan?,
    };
    report_continued(observer, &plan.continued);
    let after = plan.registry;
    observer.progress(Progress::Importing(STEPS));
    let adoption = Adoption { config: config_text, attributes };
    if !is_dry_run {
        repo.begin(command);
        // If the audit log cannot be written, the adoption must fail before anything else is
        // written.
        audit_recording::look_ahead(repo)?;
        let what = format!("{command} {source}");
        let registries = (&Registry::new(after.scope), &after);
        let recording = Recording::of(repo, Some(registries), [event]);
        let text = AdoptedRegistry::Journaled(after.format().into_bytes(), what);
        let problem = write_adoption(repo, file, &index.tree, adoption, recording, text)?;
        let others = append_allocations(repo, &log, None, &after);
        observer.progress(Progress::Importing(STEPS));
        let problems = problem.into_iter().chain(others);
        problems.for_each(|problem| observer.notice(Notice::NotKept(problem)));
    }
    Ok(AdoptedWith { before: registry, after })
}

/// Checks that all records' second identities can be imported.
fn assert_second_ids(registry: &Registry, source: &str) -> Result<(), AdoptionRefusal> {
    let reasons = refused_second_ids(registry);
    match reasons.is_empty() {
        true => Ok(()),
        false => Err(AdoptionRefusal::SecondIds { from: source.to_owned(), reasons }),
    }
}

/// Returns the scope of the registry in the index, if that registry can be read.
///
/// # Errors
/// Returns an error if git cannot read the registry.
pub fn scope_in_index(repo: &Repo, index: &Index) -> Result<Option<Scope>, OpsError> {
    let entry = index.tree.get(&RepoPath::registry());
    let bytes = entry.map(|entry| repo.blob(entry.blob)).transpose()?;
    Ok(bytes.and_then(|bytes| Registry::parse(&bytes).ok()).map(|registry| registry.scope))
}

/// Returns the contents of `idhooks.toml` with all of the registry's scopes added.
///
/// # Errors
/// Returns an error if the rules have a different scope, or if they cannot be changed.
pub fn config_text(
    repo: &Repo,
    index: &Index,
    config: &Config,
    rules: &AdoptionRules,
    registry: &Registry,
) -> Result<OwnText, OpsError> {
    let scope = registry.scope;
    // The scope is part of every identity, so records cannot move to another scope.
    if let Some(own) = config.scope.filter(|own| *own != scope) {
        return Err(AdoptionRefusal::OtherScope { rules: own, registry: scope }.into());
    }
    let legacy = legacy_scopes(registry);
    let text = match rules {
        AdoptionRules::New => {
            let text = config_template::render_with(scope, config.allocation.strategy, &legacy);
            return Ok(OwnText::same(text));
        }
        AdoptionRules::Written(text) => text.clone().into_bytes(),
        AdoptionRules::Staged(texts) => {
            let is_known = |scope: &Scope| config.legacy_scopes.contains(scope);
            if config.scope.is_some() && legacy.iter().all(is_known) {
                return Ok(texts.clone());
            }
            let entry = index.tree.get(&RepoPath::config());
            let staged = entry.map(|entry| repo.blob(entry.blob)).transpose()?;
            // Without this check, edits in the working tree would be staged along with the scopes.
            if staged != read_file(&repo.top().join(CONFIG_PATH))? {
                return Err(AdoptionRefusal::UnstagedConfig.into());
            }
            match &texts.staged {
                Some(text) => text.clone(),
                None => staged.unwrap_or_default(),
            }
        }
    };
    let text = String::from_utf8(text).map_err(AdoptionRefusal::StagedConfigNotText)?;
    let with = config_template::with_scopes(&text, config, scope, &legacy);
    Ok(with.map(OwnText::same).map_err(AdoptionRefusal::MissingScopes)?)
}

/// Deprecates records without a file, and allocates identities for files without a record.
///
/// # Errors
/// Returns an error if a counter is full, or if objects cannot be read.
pub fn complete_adoption(
    repo: &Repo,
    config: &Config,
    tree: &Tree,
    registry: Registry,
    log: &AllocationLog,
) -> Result<Plan, StateError> {
    let state = CommitState::without_registry(tree.clone(), RegistryState::NotAdopted);
    let mut lineage = Lineage::default();
    let scope = registry.scope;
    // The plan treats the records as if a parent had them, so its ordinary rules deprecate and
    // allocate.
    lineage.merged = Some(registry);
    let request = Request {
        config,
        scope,
        state: &state,
        lineage: &lineage,
        given: Some(log),
        moved: None,
        offered: &[],
        now: None,
        allocate: true,
        picks: &[],
        former: &[],
    };
    prepare(repo, &request)
}

/// Returns the scopes of records whose scope differs from the registry's own.
pub fn legacy_scopes(registry: &Registry) -> BTreeSet<Scope> {
    let ids = registry.allocations.iter().flat_map(|record| [record.id, record.claim]);
    ids.map(Id::scope).filter(|scope| *scope != registry.scope).collect()
}
