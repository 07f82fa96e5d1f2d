//! pre-commit: adds the registry update to the commit being made.

mod announcement;
mod facts;
mod faults;
mod hook_error;
mod legacy;
mod lint;
mod lost_registry;
mod outputs;
mod plain;
mod removal;

use std::{borrow::Cow, path::Path, rc::Rc};

use idhooks_core::check::{Family, Finding, Severity, duplicate_records, unmerged};
use idhooks_core::config::{Config, Enforce, OnNew};
use idhooks_core::plan::{AllocationLog, EventKind, Plan, PlanError};
use idhooks_core::registry::{Registry, RepoPath};
use idhooks_ops::{
    blocked_by_limit, blocked_by_missing, commit_change, full_in_commit, healed_events,
    join_unused, keep_attributes, read_allocation_log, while_healing, without_identity,
};
use idhooks_repo::generators::{Generating, OutputChanges};
use idhooks_repo::git::{CommitId, Repo};
use idhooks_repo::history::{CarriedFaults, CommitCarriers, remember_commit, remember_recent};
use idhooks_repo::state::{LegacyFile, StateError, read_config};
use idhooks_repo::store::WriteCounter;
use idhooks_repo::transaction::{
    CommitInputs, HeadEdit, IdInjector, Injection, LegacyWrite, PendingCommit, PlainCommit,
    RegistryChange, count as count_writes, missing_injections, record_seen_commits,
};

use crate::commands::audit::recorder;
use crate::error::{CommandError, CommandResult, Exit};
use crate::output::Ui;

use facts::{carry_facts, keep_facts};
use faults::{registry_missing, unmergeable, unreadable, warn_of_carried, warn_of_removed_rules};
use hook_error::HookError;
use legacy::{LegacyPlan, warn_of_switch};
use lint::{LINT_HINT, LintedCommit};
use lost_registry::warn_of_lost_registry;
use outputs::generate;
use plain::{complete_plain, has_nothing_to_do};
use removal::remove_idhooks;

pub(super) fn run(ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
    let with_bypass_hint = |error: CommandError| error.hint(BYPASS_HINT);
    let repo = Repo::open(dir).map_err(|error| with_bypass_hint(error.into()))?;
    let repo = Rc::new(repo);
    repo.begin_hook("hook pre-commit");
    // The commits before this one, which may not come about.
    record_seen_commits(&repo).iter().for_each(|problem| ui.warning(problem));
    let mut decided = attempt(ui, &repo);
    for _ in 0..MAX_RETRIES {
        // git reads the index again after this hook: what was added meanwhile is committed too.
        if !matches!(decided, Err(HookError::State(StateError::IndexMoved))) {
            break;
        }
        decided = attempt(ui, &repo);
    }
    let findings = match decided {
        Ok(findings) if findings.is_empty() => return Ok(Exit::Fine),
        Ok(findings) => findings,
        Err(HookError::State(StateError::Registry(error))) => unreadable(&repo, &error),
        Err(HookError::State(StateError::Merge(error))) => vec![unmergeable(&error.to_string())],
        Err(error) => {
            let refused = Err(with_bypass_hint(error.into()));
            recorder::record_refusal(&repo, &refused);
            count_writes(&repo, &[WriteCounter::BlockedCommits]);
            return refused;
        }
    };
    recorder::record_findings(&repo, EventKind::Blocked, &findings);
    count_writes(&repo, &[WriteCounter::BlockedCommits, WriteCounter::ValidationFailures]);
    ui.complain(&findings);
    ui.error("idhooks blocked the commit; nothing was changed");
    if findings.iter().any(|finding| finding.code.family() == Family::Identifiers) {
        ui.hint(LINT_HINT);
    }
    ui.hint(BYPASS_HINT);
    Ok(Exit::Findings)
}

/// Checks the commit and completes it; returns the findings that block it.
fn attempt(ui: &mut Ui, repo: &Rc<Repo>) -> Result<Vec<Finding>, HookError> {
    let plain = PlainCommit::of(repo)?;
    let mut pending = None;
    let linted = match &plain {
        Some(commit) => LintedCommit::plain(repo, commit)?,
        None => LintedCommit::pending(repo, pending.insert(PendingCommit::of(repo)?))?,
    };
    let findings = linted.map_or(Ok(Vec::new()), |commit| commit.check(ui, repo))?;
    if !findings.is_empty() {
        return Ok(findings);
    }
    if let Some(commit) = plain {
        let file = commit.legacy_file();
        if complete_plain(ui, repo, commit)? {
            file.iter().for_each(|file| warn_of_switch(ui, file));
            keep_attributes(ui, repo, Ok(file));
            return Ok(Vec::new());
        }
    }
    let pending = pending.map_or_else(|| PendingCommit::of(repo), Ok)?;
    let findings = decide(ui, &pending)?;
    if findings.is_empty() {
        keep_attributes(ui, repo, LegacyFile::of(repo, &pending.index.tree));
    }
    Ok(findings)
}

/// How often a commit is planned again because the index has changed meanwhile.
const MAX_RETRIES: u32 = 10;

const BYPASS_HINT: &str = "to commit without idhooks, use 'git commit --no-verify' or set IDHOOKS=0; the next commit heals what it can";

/// The findings that block a commit, if any.
type Blocked = Result<Vec<Finding>, StateError>;

fn decide(ui: &mut Ui, pending: &PendingCommit<'_>) -> Blocked {
    let tree = &pending.index.tree;
    if pending.index.unmerged.contains_key(&RepoPath::registry()) {
        return Ok(vec![unmerged()]);
    }
    pending.refuse_links()?;
    if !tree.contains_key(&RepoPath::registry()) {
        return match pending.head_has_registry()? {
            false => warn_of_lost_registry(ui, pending),
            true if tree.contains_key(&RepoPath::config()) => registry_missing(pending),
            true => remove_idhooks(ui, pending),
        };
    }
    if has_nothing_to_do(pending)? { Ok(Vec::new()) } else { repair(ui, pending) }
}

fn repair(ui: &mut Ui, pending: &PendingCommit<'_>) -> Blocked {
    let Some(mut inputs) = while_healing(ui, |progress| pending.read(None, progress))? else {
        return Ok(Vec::new());
    };
    let config = read_config(pending.repo, &inputs.state.tree)?;
    warn_of_removed_rules(ui, pending)?;
    let findings = pending.faults(&inputs, &config);
    if !findings.is_empty() {
        return Ok(findings);
    }
    let mut legacy = LegacyPlan::of(ui, pending, &mut inputs, &config)?;
    if let LegacyPlan::Block(findings) = legacy {
        return Ok(findings);
    }
    let allocation_log = read_allocation_log(ui, pending.repo);
    let plan = |allocate| pending.plan(&inputs, &config, &allocation_log, allocate);
    let warn_only = config.enforce == Enforce::Warn;
    let mut allocate = config.on_new == OnNew::Allocate;
    let mut plan = match plan(allocate) {
        Err(StateError::Plan(PlanError::Capacity { counter, path })) => {
            let finding = full_in_commit(&config, &inputs, counter, &path);
            if !warn_only {
                return Ok(vec![finding]);
            }
            ui.complain(&[finding.into_warning()]);
            allocate = false;
            plan(allocate)?
        }
        plan => plan?,
    };
    if let LegacyPlan::Take(taken) = &mut legacy
        && join_unused(pending, &mut inputs, taken, &plan.registry)?
    {
        plan = pending.plan(&inputs, &config, &allocation_log, allocate)?;
    }
    let missing = without_identity(&plan);
    if config.on_new == OnNew::Require && !missing.is_empty() {
        if !warn_only {
            return Ok(missing);
        }
        ui.complain(&missing.into_iter().map(Finding::into_warning).collect::<Vec<_>>());
    }
    let lacking = blocked_by_missing(ui, pending.repo, &inputs.lineage, &plan, warn_only);
    if let Some(finding) = lacking.or_else(|| blocked_by_limit(ui, &plan, warn_only)) {
        return Ok(vec![finding]);
    }
    let mut refused = duplicate_records(&plan.registry);
    refused.extend(legacy.faults(&plan.registry));
    if !refused.is_empty() {
        return Ok(refused);
    }
    keep_facts(ui, pending.repo, &config, &inputs, &mut plan.registry);
    let (injections, outputs) = (Vec::new(), OutputChanges::default());
    let mut planned = PlannedCommit { pending, config, inputs, plan, legacy, injections, outputs };
    planned.injections = planned.injections()?;
    let is_blocking = |finding: &Finding| !warn_only && finding.severity == Severity::Error;
    let mut faults = planned.carried(&planned.inputs.stored.registry);
    if faults.new.iter().any(is_blocking) {
        faults.new.retain(is_blocking);
        return Ok(faults.new);
    }
    if !faults.is_empty() {
        // The findings as they will be after the commit.
        warn_of_carried(ui, planned.carried(&planned.plan.registry));
    }
    let mut failed = planned.generate(&allocation_log, allocate)?;
    if failed.iter().any(is_blocking) {
        failed.retain(is_blocking);
        return Ok(failed);
    }
    ui.complain(&failed.into_iter().map(Finding::into_warning).collect::<Vec<_>>());
    planned.finish(ui)
}

/// The commit being made, with the registry that it gets.
struct PlannedCommit<'a> {
    pending: &'a PendingCommit<'a>,
    config: Config,
    inputs: CommitInputs,
    plan: Plan,
    legacy: LegacyPlan,
    injections: Vec<Injection>,
    /// The generated files.
    outputs: OutputChanges,
}

impl PlannedCommit<'_> {
    /// Plans the identities to inject into the files of the commit.
    fn injections(&self) -> Result<Vec<Injection>, StateError> {
        let PlannedCommit { pending, config, inputs, plan, .. } = self;
        let PendingCommit { repo, head, merging, .. } = pending;
        let parents = head.iter().map(|(id, _)| *id).chain(merging.iter().copied());
        let parents: Vec<CommitId> = parents.collect();
        let (before, tree) = (inputs.lineage.merged.as_ref(), &inputs.state.tree);
        let missing = missing_injections(repo, config, before, &plan.registry, tree, &parents)?;
        let mut injections = Vec::new();
        let injector = IdInjector::for_paths(repo, config, missing.keys())?;
        // An output would be out of date with an identity that its generator did not write.
        for (path, id) in missing.into_iter().filter(|(path, _)| !config.is_output(path)) {
            // A file that cannot contain one has it in the registry alone; see 'inject --check'.
            let injection = injector.inject_ids(&path, tree[&path], &HeadEdit::Write(id))?;
            injections.extend(injection.change());
        }
        Ok(injections)
    }

    /// Generates the files that are not up to date with the planned commit, and plans again with them:
    /// new ones get identities. Returns what failed.
    fn generate(
        &mut self,
        log: &AllocationLog,
        allocate: bool,
    ) -> Result<Vec<Finding>, StateError> {
        let PlannedCommit { pending, config, inputs, plan, injections, .. } = &mut *self;
        let mut tree = Cow::Borrowed(&inputs.state.tree);
        for Injection { path, after, .. } in injections {
            tree.to_mut().insert(path.clone(), *after);
        }
        let (repo, registry) = (pending.repo, &plan.registry);
        let (outputs, mut findings) =
            generate(&Generating { repo, config, tree: &tree, registry })?;
        if outputs.is_empty() {
            return Ok(findings);
        }
        for step in &outputs.entries {
            inputs.state.tree.extend(step.after.map(|after| (step.path.clone(), after)));
        }
        let before = std::mem::replace(plan, pending.plan(inputs, config, log, allocate)?);
        carry_facts(config, &before.registry, &mut plan.registry);
        let missing = without_identity(plan).into_iter().filter(|_| !allocate);
        findings
            .extend(missing.filter(|finding| {
                finding.path.as_ref().is_some_and(|path| config.is_output(path))
            }));
        self.outputs = outputs;
        self.injections = self.injections()?;
        Ok(findings)
    }

    /// Finds problems with the identities in the files of the commit, after the planned injections.
    /// `stored` is the registry that the hints refer to.
    fn carried(&self, stored: &Registry) -> CarriedFaults {
        let mut tree = Cow::Borrowed(&self.inputs.state.tree);
        for Injection { path, after, .. } in &self.injections {
            tree.to_mut().insert(path.clone(), *after);
        }
        let lineage = &self.inputs.lineage;
        CommitCarriers {
            repo: self.pending.repo,
            config: &self.config,
            parents: &lineage.parents.iter().map(|parent| &parent.tree).collect::<Vec<_>>(),
            before: lineage.merged.as_ref(),
            tree: &tree,
            after: &self.plan.registry,
            stored,
        }
        .faults()
    }

    /// Applies the plan, unless nothing would be left to commit.
    fn finish(&self, ui: &mut Ui) -> Blocked {
        let PlannedCommit { pending, inputs, plan, legacy, injections, outputs, .. } = self;
        if injections.is_empty()
            && outputs.is_empty()
            && let Some(finding) = legacy.leaves_nothing(pending, inputs, &plan.registry)?
        {
            return Ok(vec![finding]);
        }
        self.apply(ui)?;
        Ok(Vec::new())
    }

    fn apply(&self, ui: &mut Ui) -> Result<(), StateError> {
        let PlannedCommit { pending, config, inputs, plan, legacy, injections, outputs } = self;
        let (lineage, after) = (&inputs.lineage, &plan.registry);
        let mut written = Vec::new();
        let is_outdated = inputs.is_outdated_by(after) || legacy.is_outdated_by(pending, after)?;
        if is_outdated || !injections.is_empty() || !outputs.is_empty() {
            let files = injections.iter().filter_map(|file| file.working.clone());
            let files = files.chain(outputs.files.iter().cloned()).collect();
            let entries = injections.iter().map(Injection::step);
            let entries = entries.chain(outputs.entries.iter().cloned()).collect();
            let is_healed = inputs.is_healed || !lineage.healing().is_empty();
            let events = if is_healed { healed_events(after) } else { Vec::new() };
            let write = match legacy {
                LegacyPlan::Leave => LegacyWrite::Keep,
                _ => LegacyWrite::Overwrite,
            };
            let change = pending.change(inputs);
            let change = RegistryChange { files, entries, events, legacy: write, ..change };
            let applied = commit_change(ui, change, after)?;
            let blob = applied.blob;
            self.announce(ui);
            if let Some(before) = lineage.first_stored() {
                remember_recent(pending.repo, [before.blob, blob], [&before.registry, after]);
            }
            written = applied.written();
        }
        // Over an inconsistent parent, the next check decides.
        let is_as_seen = plan.is_whole()
            && injections.is_empty()
            && outputs.is_empty()
            && legacy.keeps_step(config);
        if is_as_seen
            && !lineage.was_inconsistent()
            && !inputs.is_healed
            && let (Some(root), []) = (pending.index.root, &pending.merging[..])
        {
            // Caches that the tree about to be committed is consistent.
            let head = pending.head.as_ref().map(|(id, commit)| (*id, commit.tree));
            remember_commit(pending.repo, root, &written, head)?;
        }
        Ok(())
    }
}
