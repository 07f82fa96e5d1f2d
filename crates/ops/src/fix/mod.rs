//! Fixes a check's findings, as far as a program can.

mod repair_plan;

use std::collections::BTreeMap;

use idhooks_core::check::{Code, Finding};
use idhooks_core::plan::PlanError;
use idhooks_core::registry::{BlobId, Entry, Mode, Registry, RepoPath};
use idhooks_references::Way;
use idhooks_repo::events::{Edit, EventKind};
use idhooks_repo::git::{GrepMatch, Repo};
use idhooks_repo::state::{CommitState, Heads, StateError};
use idhooks_repo::store::{WriteCounter, journal::IndexStep};
use idhooks_repo::transaction::{Checked, count};

use crate::refs::{ListedReference, ReferenceFixes, ReferenceSource, fixes_references};
use crate::{
    FixedReference, JournaledRun, Notice, Observer, OpsError, Reach, ReferenceUpdates,
    RegistryTransaction, RenameRefusal, UnfixedReference, Writer, note_event,
};
use repair_plan::RepairPlan;
pub use repair_plan::is_fixable;

/// Which findings to fix.
#[derive(Debug, Clone)]
pub struct FixOptions {
    /// Findings with these codes; all findings if empty.
    pub codes: Vec<Code>,
    /// Rename files even if references to them are ambiguous.
    pub is_forced: bool,
    /// Change nothing.
    pub is_dry_run: bool,
}

/// The changes that fix findings.
#[derive(Debug)]
pub struct FixPlan {
    /// The changes to the registry.
    pub edits: Vec<Edit>,
    /// Whether the registry changes in form only.
    pub is_reformatted: bool,
    /// The files to rename or rewrite, without corrected references.
    pub rewriting: ReferenceUpdates,
    /// The references to correct.
    pub references: Vec<FixedReference>,
    /// Those of them whose line the working tree does not have: they are corrected in the index only.
    pub index_only: Vec<ListedReference>,
    /// The references that have to be corrected by a person.
    pub unfixed: Vec<UnfixedReference>,
    /// The reasons that other files are not renamed.
    pub obstacles: Vec<RenameRefusal>,
}

/// The result of a run or a dry run.
#[derive(Debug, Default)]
pub struct FixReport {
    /// The number of findings before the run.
    pub found: usize,
    /// The number of findings that were fixed.
    pub fixed: usize,
    /// The findings after the run.
    pub left: Vec<Finding>,
    /// The number of files that the check before the run could not read.
    pub unread: usize,
    /// Whether references to renamed files are ambiguous, in which case the run must be forced.
    pub is_doubtful: bool,
    /// The lines that still mention the old names of renamed files.
    pub mentions: Vec<GrepMatch>,
    /// The references that were corrected, or would be.
    pub references: Vec<FixedReference>,
    /// The references that have to be corrected by a person.
    pub unfixed: Vec<UnfixedReference>,
}

/// Fixes findings in the index and in the working tree, all or nothing. `tell` is called with the
/// changes before anything is written, and again if git has changed the index in the meantime.
///
/// # Errors
/// Returns an error if references to renamed files are ambiguous, if a counter is full, or if a
/// file cannot be read or written. In that case nothing was changed.
pub fn fix<O: Observer>(
    observer: &mut O,
    repo: &Repo,
    options: &FixOptions,
    tell: impl Fn(&mut O, &FixPlan),
) -> Result<FixReport, OpsError> {
    if options.is_dry_run {
        // A dry run does not wait for other commands.
        let transaction = RegistryTransaction::open(observer, repo)?;
        return options.carry_out(observer, &transaction, tell);
    }
    let writer = Writer::open_for(repo, "fix", Reach::Everything)?;
    let report = writer
        .run(observer, |observer, transaction| options.carry_out(observer, transaction, &tell))?;
    if !report.left.is_empty() {
        count(repo, &[WriteCounter::ValidationFailures]);
    }
    Ok(report)
}

impl FixOptions {
    fn carry_out<O: Observer>(
        &self,
        observer: &mut O,
        transaction: &RegistryTransaction<'_>,
        tell: impl Fn(&mut O, &FixPlan),
    ) -> Result<FixReport, OpsError> {
        let repo = transaction.repo;
        let index = CheckedIndex::read(self, repo)?;
        let mut fixes = index.reference_fixes(self, transaction, transaction.stored())?;
        let (found, unread) = (&index.found, index.unread);
        // Without findings, nothing is written, not even an event.
        if found.is_empty() && fixes.fixed.is_empty() {
            return Ok(FixReport { unread, ..FixReport::default() });
        }
        let RepairPlan { before_renames, registry, names, files } = match found.is_empty() {
            true => RepairPlan::nothing(transaction),
            false => self.plan(transaction, found)?,
        };
        if registry != *transaction.stored() {
            fixes = index.reference_fixes(self, transaction, &registry)?;
        }
        let moves = &names.planned.moves;
        let rewriting = ReferenceUpdates::find(transaction, moves, &files)?;
        let is_doubtful = !rewriting.doubts.is_empty() && !self.is_forced;
        if !self.is_dry_run && is_doubtful {
            return Err(self.doubtful(observer, rewriting));
        }
        let corrected = fixes.files(transaction, &rewriting)?;
        let stored = transaction.stored();
        // A registry that was edited by hand may differ only in form.
        let is_same = registry.says_the_same_as(stored);
        let edits =
            // Repairs come before renames, so that a record can get an event for each.
            [Edit::between(stored, &before_renames), Edit::between(&before_renames, &registry)];
        let plan = FixPlan {
            edits: edits.concat(),
            is_reformatted: is_same && !transaction.is_canonical(),
            rewriting,
            references: fixes.fixed.clone(),
            unfixed: fixes.unfixed.clone(),
            index_only: std::mem::take(&mut fixes.index_only),
            obstacles: names.obstacles,
        };
        tell(observer, &plan);
        let FixPlan { is_reformatted, rewriting, references, unfixed, .. } = plan;
        let rewriting = rewriting.replacing(corrected);
        let (files, entries) = rewriting.steps(repo)?;
        let is_nothing = is_same && !is_reformatted && files.is_empty() && entries.is_empty();
        let mut mentions = Vec::new();
        let left = if is_nothing {
            found.clone()
        } else if self.is_dry_run {
            // What a run would refuse, this does not promise.
            transaction.assert_merged()?;
            self.findings_after(transaction, &fixes, &registry, &entries)?
        } else {
            let run = JournaledRun { what: "fix".into(), files, entries, events: Vec::new() };
            transaction.write_together(observer, &registry, run)?;
            if !moves.is_empty() {
                mentions = rewriting.mentions(observer, repo, Way::To, moves);
            }
            CheckedIndex::read(self, repo)?.found
        };
        let fixed = count_fixed(found, &left);
        if !self.is_dry_run && !is_nothing {
            let fixed = fixed.to_string();
            note_event(observer, repo, EventKind::Healed, &[("findings", Some(&fixed))]);
        }
        let found = found.len();
        Ok(FixReport { found, fixed, left, unread, is_doubtful, mentions, references, unfixed })
    }

    fn doubtful(&self, observer: &mut dyn Observer, rewriting: ReferenceUpdates) -> OpsError {
        let places = rewriting.doubts.len();
        observer.notice(Notice::NotUpdated(rewriting.doubts));
        OpsError::Doubtful { places, codes: self.codes.clone() }
    }

    fn plan(
        &self,
        transaction: &RegistryTransaction<'_>,
        found: &[Finding],
    ) -> Result<RepairPlan, OpsError> {
        RepairPlan::plan(transaction, found, &self.codes).map_err(|error| match error {
            StateError::Plan(PlanError::Capacity { counter, path }) => {
                OpsError::CounterFull(transaction.full_counter(counter, &path).into())
            }
            error => error.into(),
        })
    }

    /// Returns the findings about a registry and its files. Reads all heads, as 'idhooks ci' does,
    /// so that everything 'idhooks ci' reports can be fixed, and so that files reported as fixed
    /// have been read again.
    fn check(&self, repo: &Repo, view: &CommitState) -> Result<Checked, StateError> {
        view.check_reading(repo, &view.config(repo)?, Heads::All)
    }

    /// Returns the findings that would remain in the index after these steps.
    fn findings_after(
        &self,
        transaction: &RegistryTransaction<'_>,
        fixes: &ReferenceFixes,
        registry: &Registry,
        index: &[IndexStep],
    ) -> Result<Vec<Finding>, StateError> {
        let repo = transaction.repo;
        // This object is harmless: git removes it during its next garbage collection if nothing
        // uses it.
        let blob = repo.write_registry(registry)?;
        let path = RepoPath::registry();
        let entries = index.iter().map(|step| (&step.path, step.after));
        let entries = entries.chain([(&path, Some(Entry { mode: Mode::Regular, blob }))]);
        let after = CommitState::of_index(repo)?.with(repo, entries)?;
        let mut left = self.check(repo, &after)?.findings;
        left.extend(fixes.findings_after(repo, &after, &transaction.config, registry));
        Ok(self.selected(left))
    }

    /// Returns the selected findings, in order.
    fn selected(&self, mut findings: Vec<Finding>) -> Vec<Finding> {
        findings.retain(|finding| self.codes.is_empty() || self.codes.contains(&finding.code));
        findings.sort();
        findings
    }
}

/// The index, and the selected findings about it.
struct CheckedIndex {
    view: CommitState,
    /// The checksum that the index had before it was read.
    checksum: Option<BlobId>,
    found: Vec<Finding>,
    /// The number of files whose heads were not read.
    unread: usize,
}

impl CheckedIndex {
    fn read(options: &FixOptions, repo: &Repo) -> Result<Self, OpsError> {
        let checksum = repo.index_checksum(&repo.index_file());
        let view = CommitState::of_index(repo)?;
        let Checked { mut findings, unread } = options.check(repo, &view)?;
        if fixes_references(&options.codes) {
            let config = &view.config(repo)?;
            let source = ReferenceSource { repo, view: &view, config, checksum, rev: None };
            findings.extend(source.check()?.into_findings());
        }
        Ok(CheckedIndex { view, checksum, found: options.selected(findings), unread })
    }

    /// Returns how references are corrected, by the registry that the index will have.
    fn reference_fixes(
        &self,
        options: &FixOptions,
        transaction: &RegistryTransaction<'_>,
        registry: &Registry,
    ) -> Result<ReferenceFixes, OpsError> {
        let CheckedIndex { view, checksum, .. } = self;
        ReferenceFixes::find(transaction, view, registry, &options.codes, *checksum)
    }
}

/// Returns how many findings are no longer there. A repair may change a finding's message, but not
/// its code and path.
fn count_fixed(found: &[Finding], left: &[Finding]) -> usize {
    let mut still: BTreeMap<_, usize> = BTreeMap::new();
    for finding in left {
        *still.entry((finding.code, &finding.path)).or_default() += 1;
    }
    let mut fixed = 0;
    for finding in found {
        match still.get_mut(&(finding.code, &finding.path)).filter(|left| **left > 0) {
            Some(left) => *left -= 1,
            None => fixed += 1,
        }
    }
    fixed
}
