//! Adopting a repository, which creates a registry with an identity for every tracked file.

use std::cell::RefCell;
use std::collections::BTreeMap;

use idhooks_core::config::{CONFIG_PATH, Config, Strategy, TypeSource};
use idhooks_core::plan::{AllocationLog, PlanError};
use idhooks_core::registry::{Entry, Mode, REGISTRY_PATH, Registry, RepoPath, Scope, Tree};
use idhooks_repo::events::{Edit, EventKind};
use idhooks_repo::git::{CommitId, IndexFile, Repo};
use idhooks_repo::history::counted_content;
use idhooks_repo::state::{find_registries, registry_before_gap};
use idhooks_repo::store::AllocationLogFile;
use idhooks_repo::transaction::audit_recording::{self, Recording};
use idhooks_repo::transaction::{
    AdoptFrom, AdoptedIndex, NewIds, PendingCommit, adopted_files, append_allocations,
    append_new_ids, now,
};

use crate::adoption::{
    AdoptedRegistry, Adoption, AdoptionRules, OwnText, adoption_attributes, adoption_rules,
    assert_adoptable, texts_with_scope, write_adoption,
};
use crate::audit_events::audit_event;
use crate::full_counter::{RulesAt, full_counter};
use crate::plan_notices::report_continued;
use crate::rule_suggestion::RuleSuggestion;
use crate::{
    AdoptionRefusal, ImportSource, InitRefusal, Notice, Observer, OpsError, Progress,
    read_allocation_log, while_healing,
};

/// How to adopt a repository.
#[derive(Debug, Clone, Default)]
pub struct InitOptions {
    /// The scope for all identities; by default, the scope in the rules or in the identities to
    /// keep, or else today's date.
    pub scope: Option<Scope>,
    /// How new identities get their sequence numbers.
    pub strategy: Option<Strategy>,
    /// Where files carry identities to keep.
    pub adopt: Option<AdoptFrom>,
    /// Whether to adopt the repository even if that loses identities stored elsewhere.
    pub force: bool,
    /// Whether this is a dry run.
    pub is_dry_run: bool,
}

/// The result of an adoption or a dry run.
#[derive(Debug)]
pub struct Adopted {
    /// The identities.
    pub ids: NewIds,
    /// How the identities got their sequence numbers.
    pub strategy: Strategy,
    /// The identities' scope.
    pub scope: Scope,
    /// Whether an existing `idhooks.toml` is given a TYPE table.
    pub adds_types: bool,
    /// Whether an existing `idhooks.toml` is given the scope.
    pub adds_scope: bool,
}

/// The result of [`init`] or its dry run.
#[derive(Debug)]
pub enum InitReport {
    /// The index already has a registry, so nothing was changed.
    AlreadyAdopted,
    /// Every file got an identity.
    Adopted(Adopted),
    /// The identities of an earlier commit were taken up again.
    Resumed(Resumed),
}

/// The identities that were taken up again.
#[derive(Debug)]
pub struct Resumed {
    /// The last commit that has a registry.
    pub from: CommitId,
    /// The registry as it is now, with every record of that commit.
    pub registry: Registry,
    /// The changes since that commit.
    pub edits: Vec<Edit>,
}

/// Adopts a repository: writes and stages the registry and its companion files. If a registry
/// counts in HEAD, its identities are taken up again, unless the user starts over.
///
/// # Errors
/// Returns an error if the repository cannot be adopted, if identities stored elsewhere would be
/// lost, if a counter has too few numbers, or if something cannot be read or written. In that case
/// nothing was changed.
pub fn init(
    observer: &mut dyn Observer,
    repo: &Repo,
    options: &InitOptions,
) -> Result<InitReport, OpsError> {
    let file = repo.index_file();
    let index = AdoptedIndex::read(repo, &file)?;
    // Repeating the command changes nothing.
    if index.own.contains_key(&RepoPath::registry()) {
        return Ok(InitReport::AlreadyAdopted);
    }
    // If HEAD has a registry, only the index lacks it, and the refusal below says how to restore it.
    let former = match repo.head()? {
        Some(head) if !index.is_unmerged => registry_before_gap(repo, head)?.map(|it| [head, it]),
        _ => None,
    };
    if let Some(former) = former
        && let Some(resumed) = resume(observer, repo, options, &index.own, former)?
    {
        return Ok(InitReport::Resumed(resumed));
    }
    assert_adoptable(repo, &index.own, index.is_unmerged, Some(options.force))?;
    // A user who asks to adopt existing identities already knows about them.
    if !options.force && options.adopt.is_none() {
        refuse_beside_other(repo, &index.candidates)?;
        refuse_beside_backups(repo)?;
    }
    let PlannedAdoption { adopted, given, adoption } =
        plan(observer, repo, &file, &index, options)?;
    refuse_other_registry(repo, &adopted.ids)?;
    report_continued(observer, &adopted.ids.continued);
    if !options.is_dry_run {
        repo.begin("init");
        // If the audit log cannot be written, this must fail before anything else is written.
        audit_recording::look_ahead(repo)?;
        let facts = [("scope", Some(&*adopted.scope.to_string()))];
        let recording = Recording::of(repo, None, [audit_event(EventKind::Initialized, &facts)]);
        let text = |out: &mut dyn std::io::Write| adopted.ids.write(out);
        let text = AdoptedRegistry::Streamed(&text);
        let problem = write_adoption(repo, &file, &index.own, adoption, recording, text)?;
        let others = append_new_ids(repo, &adopted.ids, &given);
        let problems = problem.into_iter().chain(others);
        problems.for_each(|problem| observer.notice(Notice::NotKept(problem)));
    }
    Ok(InitReport::Adopted(adopted))
}

/// Takes up the identities of HEAD's history again, in which `from` was the last commit to have a
/// registry. Returns `None` if the user starts over with another scope.
fn resume(
    observer: &mut dyn Observer,
    repo: &Repo,
    options: &InitOptions,
    own: &Tree,
    [head, from]: [CommitId; 2],
) -> Result<Option<Resumed>, OpsError> {
    let counted = counted_content(repo, head)?;
    let scope = counted.map(|counted| counted.scope).ok_or(InitRefusal::NotResumable(from))?;
    let written = adoption_rules(repo, own, None)?.0.scope;
    let is_other_scope = options.scope.or(written).is_some_and(|asked| asked != scope);
    if is_other_scope && options.force {
        return Ok(None);
    }
    let has_other =
        is_other_scope || options.force || options.adopt.is_some() || options.strategy.is_some();
    if has_other {
        return Err(InitRefusal::Former { from, scope }.into());
    }
    assert_adoptable(repo, own, false, Some(true))?;
    let former = repo.commit(from)?.tree;
    let text = |path: &str| -> Result<Option<Vec<u8>>, OpsError> {
        let entry = repo.tree_entry(former, path)?.filter(|entry| entry.mode.is_file());
        Ok(entry.map(|entry| repo.blob(entry.blob)).transpose()?)
    };
    let config = match (own.contains_key(&RepoPath::config()), repo.read_working(CONFIG_PATH)?) {
        (true, _) => OwnText::default(),
        (false, Some(working)) => OwnText { staged: Some(working.clone()), working: Some(working) },
        (false, None) => {
            let former = text(CONFIG_PATH)?;
            OwnText { staged: former.clone(), working: former }
        }
    };
    let mut index = repo.index(&repo.index_file())?;
    if let Some(staged) = &config.staged {
        let entry = Entry { mode: Mode::Regular, blob: repo.hold_blob(staged.clone()) };
        index.tree.insert(RepoPath::config(), entry);
    }
    let pending = PendingCommit::open(repo)?.with_index(index);
    let inputs = while_healing(observer, |progress| pending.read(None, progress))?;
    let inputs = inputs.ok_or(InitRefusal::NotResumable(from))?;
    let (rules, log) = (pending.config()?, read_allocation_log(observer, repo));
    let plan = pending.plan(&inputs, &rules, &log, true)?;
    let registry = plan.registry;
    if let Some(bytes) = repo.read_working(REGISTRY_PATH)?
        && bytes != registry.format().into_bytes()
        && text(REGISTRY_PATH)? != Some(bytes)
    {
        return Err(AdoptionRefusal::UntrackedRegistry { has_records: true }.into());
    }
    let before = text(REGISTRY_PATH)?.and_then(|bytes| Registry::parse(&bytes).ok());
    let before = before.unwrap_or_else(|| Registry::new(registry.scope));
    let edits = Edit::between(&before, &registry);
    if !options.is_dry_run {
        repo.begin("init");
        audit_recording::look_ahead(repo)?;
        let facts = [("scope", Some(&*registry.scope.to_string()))];
        let recording = Recording::of(repo, None, [audit_event(EventKind::Initialized, &facts)]);
        let adoption = Adoption { config, attributes: adoption_attributes(repo, own)? };
        let bytes = registry.format().into_bytes();
        let text = AdoptedRegistry::Journaled(bytes, "init".to_owned());
        let problem = write_adoption(repo, &repo.index_file(), own, adoption, recording, text)?;
        let others = append_allocations(repo, &log, Some(&before), &registry);
        let problems = problem.into_iter().chain(others);
        problems.for_each(|problem| observer.notice(Notice::NotKept(problem)));
    }
    Ok(Some(Resumed { from, registry, edits }))
}

/// The identities and files for an adoption.
struct PlannedAdoption {
    adopted: Adopted,
    given: AllocationLog,
    adoption: Adoption,
}

fn plan(
    observer: &mut dyn Observer,
    repo: &Repo,
    file: &IndexFile,
    index: &AdoptedIndex,
    options: &InitOptions,
) -> Result<PlannedAdoption, OpsError> {
    let AdoptedIndex { own, paths, .. } = index;
    let (config, rules) = adoption_rules(repo, own, options.strategy)?;
    let other = options.strategy.filter(|asked| *asked != config.allocation.strategy);
    if let Some(asked) = other.filter(|_| !matches!(rules, AdoptionRules::New)) {
        return Err(InitRefusal::OtherStrategy(config.allocation.strategy, asked).into());
    }
    // Reading files and allocating identities take turns reporting to the same observer.
    let observer = RefCell::new(observer);
    let step = |progress: Progress| observer.borrow_mut().progress(progress);
    let read = || step(Progress::ReadHeads(*paths));
    let files = adopted_files(repo, file, index, &config, options.adopt, &read);
    // The progress line must be ended even if reading failed.
    step(Progress::Done);
    let files = files?;
    let scope = scope_of(repo, options.scope, &config, files.main_scope())?;
    let log = AllocationLogFile::in_dir(&repo.state_dir());
    let given = log.read().unwrap_or_else(|_| AllocationLog::default());
    let allocated = || step(Progress::Allocating(*paths));
    let ids = files.allocate(&config, scope, now(repo), &given, &allocated);
    step(Progress::Done);
    let ids = match ids {
        Err(PlanError::Capacity { counter, path }) => {
            let tree = &repo.index(file)?.tree;
            let need = RuleSuggestion { config: &config, scope, tree, registry: None };
            let at = RulesAt::of(matches!(rules, AdoptionRules::Staged(_)));
            return Err(OpsError::CounterFull(full_counter(&need, counter, &path, at).into()));
        }
        Ok(ids) => ids,
    };
    let adopted = Adopted {
        ids,
        scope,
        strategy: config.allocation.strategy,
        adds_types: config.types.source == TypeSource::New && !matches!(rules, AdoptionRules::New),
        adds_scope: config.scope.is_none() && !matches!(rules, AdoptionRules::New),
    };
    let attributes = adoption_attributes(repo, own)?;
    let config = texts_with_scope(repo, own, rules, &config, scope)?;
    Ok(PlannedAdoption { adopted, given, adoption: Adoption { config, attributes } })
}

/// Returns the requested scope, or else the scope in the rules, the scope in the identities to
/// keep, or today's date.
fn scope_of(
    repo: &Repo,
    asked: Option<Scope>,
    config: &Config,
    carried: Option<Scope>,
) -> Result<Scope, InitRefusal> {
    match (asked, config.scope.or(carried.filter(|_| asked.is_none()))) {
        (Some(asked), Some(written)) if asked != written => {
            Err(InitRefusal::OtherScope(written, asked))
        }
        (Some(scope), _) | (None, Some(scope)) => Ok(scope),
        (None, None) => {
            // By default, the scope is the date of the adoption.
            let today = now(repo).to_string();
            let digits = format!("{}{}{}", &today[2..4], &today[5..7], &today[8..10]);
            digits.parse().map_err(|_| InitRefusal::NoDate)
        }
    }
}

/// Returns an error if this clone has backups of a registry, since files would not get their former
/// identities back.
fn refuse_beside_backups(repo: &Repo) -> Result<(), OpsError> {
    let backups = repo.backups()?;
    let Some(last) = backups.last() else { return Ok(()) };
    Err(InitRefusal::Backups(last.at).into())
}

/// Returns an error if a tracked file holds another program's identities, since every file would
/// get a new one.
fn refuse_beside_other(repo: &Repo, candidates: &Tree) -> Result<(), OpsError> {
    let all = find_registries(repo, candidates)?;
    let Some(path) = all.first() else { return Ok(()) };
    let source = ImportSource { typed: &path.to_os_path(), format: None };
    let records = source.read(repo.top(), None).ok();
    let records = records.map(|(_, registry)| registry.allocations.len());
    Err(InitRefusal::OtherProgram(path.clone(), records).into())
}

/// Returns an error if there is an untracked registry, unless an interrupted `init` left it behind.
fn refuse_other_registry(repo: &Repo, ids: &NewIds) -> Result<(), OpsError> {
    let Some(bytes) = repo.read_working(REGISTRY_PATH)? else { return Ok(()) };
    let mut text = Vec::new();
    let adopted = ids.write(&mut text).ok().and_then(|()| Registry::parse(&text).ok());
    let left = Registry::parse(&bytes).ok();
    if let Some((left, mut part)) = left.zip(adopted) {
        // Apart from its dates, the registry left by an interrupted run is part of the one being
        // created now.
        let records = left.allocations.iter();
        let dates: BTreeMap<_, _> = records.map(|r| (r.id, r.allocated_at)).collect();
        part.allocations.retain(|record| dates.contains_key(&record.id));
        for record in &mut part.allocations {
            record.allocated_at = dates[&record.id];
        }
        if part.format() == left.format() {
            return Ok(());
        }
    }
    Err(AdoptionRefusal::UntrackedRegistry { has_records: false }.into())
}
