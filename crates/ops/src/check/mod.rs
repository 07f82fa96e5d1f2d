//! Checking the index, a commit or every commit in a history.

mod history;
mod refusal;

use idhooks_core::check::{Code, Finding, Severity, Share};
use idhooks_repo::cache::CheckCounts;
use idhooks_repo::derived::legacy::legacy_file_is_back;
use idhooks_repo::events::EventKind;
use idhooks_repo::git::{CommitId, Repo};
use idhooks_repo::history::{MergePreview, check_consistency, preview_merge};
use idhooks_repo::state::{CommitState, Heads, Unchecked};
use idhooks_repo::transaction::Checked;

use crate::audit_events::record_findings;
use crate::collision::{collisions, parted, unmergeable};
use crate::refs::ReferenceSource;
use crate::{
    CoverageFloor, FindingFilter, Notice, Observer, OpsError, PreviewNotice, Revision, RuledState,
    UncheckedReferences,
};
pub use history::{CheckHistoryOptions, CheckHistoryReport, check_history};
pub use refusal::CheckRefusal;

/// How to check the index or a commit.
#[derive(Debug)]
pub struct CheckOptions {
    /// The index or a commit.
    pub revision: Revision,
    /// Whether to read the heads of all files, rather than only the heads of files with an embed
    /// rule.
    pub all_heads: bool,
    /// The branches to preview a merge with.
    pub against: Vec<String>,
    /// The minimum share of files that must have an identity; once it is reached, files without one
    /// are accepted.
    pub min_coverage: Option<Share>,
    /// The lowest severity that fails the check.
    pub least: Severity,
}

impl Default for CheckOptions {
    fn default() -> Self {
        CheckOptions {
            revision: Revision::default(),
            all_heads: false,
            against: Vec::new(),
            min_coverage: None,
            least: Severity::Error,
        }
    }
}

/// The result of a check.
#[derive(Debug)]
pub struct CheckReport {
    /// The findings that pass the filter.
    pub findings: Vec<Finding>,
    /// The counts, if the check was clean.
    pub counts: Option<CheckCounts>,
    /// The number of files whose heads were not read.
    pub unread: usize,
    /// The coverage; `None` if no registry could be read, in which case the findings are
    /// incomplete.
    pub floor: Option<CoverageFloor>,
    /// The number of unmerged paths, which were not checked.
    pub unmerged: usize,
    /// The references that were not checked.
    pub unchecked: UncheckedReferences,
    /// Whether the findings or the coverage fail the check.
    pub is_failed: bool,
}

/// Checks the index or a commit. A failed check is recorded in the audit log.
///
/// # Errors
/// Returns an error if the index, the commit or a branch cannot be read.
pub fn check(
    observer: &mut dyn Observer,
    repo: &Repo,
    options: &CheckOptions,
    filter: &mut FindingFilter,
) -> Result<CheckReport, OpsError> {
    repo.begin("check");
    let revision = &options.revision;
    let branches = find_branches(repo, &options.against)?;
    // A check is cached only if it is limited to the heads named in the rules.
    let is_remembered = revision.is_index() && !options.all_heads;
    let mut unchecked_index = is_remembered.then(|| Unchecked::of(repo)).transpose()?;
    // An index that matches an inconsistent HEAD shows no difference, and would wrongly count as
    // clean.
    let is_doubtful = revision.is_index() && is_head_inconsistent(repo)?;
    if branches.is_empty()
        && !is_doubtful
        && let Some(index) = &mut unchecked_index
        && let Some(counts) = index.clean(repo)?
    {
        let report = CheckReport { unread: counts.unread, ..CheckReport::new(Vec::new()) };
        return report.conclude(repo, options, filter, counts.files, Some(counts));
    }
    let checksum = repo.index_checksum(&repo.index_file());
    let RuledState { view, config } = revision.adopted(repo, revision.view(repo)?)?;
    let heads = if options.all_heads { Heads::All } else { Heads::Ruled };
    let Checked { mut findings, unread } = view.check_reading(repo, &config, heads)?;
    if is_doubtful {
        findings.extend(left_of_head(repo, &view, &findings)?);
    }
    let files = view.tracked(&config).count();
    let counts = findings.is_empty().then(|| count(&view, files, unread)).flatten();
    // If the registry cannot be read, the findings are incomplete.
    let is_corrupt = findings.iter().any(|finding| finding.code == Code::RegistryCorrupt);
    let is_complete = view.stored().is_some() && !is_corrupt;
    let mut are_references_clean = !config.has_references();
    let mut unchecked = UncheckedReferences::default();
    if is_complete {
        let commit = revision.commit(repo)?;
        let over = commit.map_or_else(|| view.parents.clone(), |commit| vec![commit]);
        findings.extend(check_against(observer, repo, &view, &over, &branches)?);
        // What HEAD has is reviewed here.
        let rev = revision.name().filter(|_| commit != repo.head().ok().flatten());
        let (view, config) = (&view, &config);
        let references = ReferenceSource { repo, view, config, checksum, rev }.check()?;
        // What a partial clone lacks may be fetched later, and is not part of any cache key.
        are_references_clean |= references.is_clean() && !repo.is_partial();
        unchecked.clone_from(&references.unchecked);
        findings.extend(references.into_findings());
        findings.sort();
    }
    let unmerged = view.unmerged.len();
    let report = CheckReport { unread, unmerged, unchecked, ..CheckReport::new(findings) };
    let report = match is_complete {
        true => report.conclude(repo, options, filter, files, counts)?,
        false => report.recorded(repo, options)?,
    };
    // Unmerged paths were not checked. References may have findings although the registry has none.
    let is_clean = unmerged == 0 && are_references_clean;
    if let Some((index, counts)) = unchecked_index.zip(counts).filter(|_| is_clean) {
        index.remember(repo, counts)?;
    }
    Ok(report)
}

impl CheckReport {
    fn new(findings: Vec<Finding>) -> Self {
        let (counts, unread, floor, unmerged) = (None, 0, None, 0);
        let (unchecked, is_failed) = (UncheckedReferences::default(), false);
        CheckReport { findings, counts, unread, floor, unmerged, unchecked, is_failed }
    }

    /// Applies the filter and the minimum coverage to a complete set of findings.
    fn conclude(
        mut self,
        repo: &Repo,
        options: &CheckOptions,
        filter: &mut FindingFilter,
        files: usize,
        counts: Option<CheckCounts>,
    ) -> Result<Self, OpsError> {
        // A legacy file that has come back is in neither the index nor a commit, so the cached
        // result does not cover it.
        if options.revision.is_index() {
            self.findings.extend(legacy_file_is_back(repo)?);
        }
        let floor = CoverageFloor::of(files, &self.findings, options.min_coverage.clone());
        filter.apply(&mut self.findings);
        floor.accept_missing(&mut self.findings);
        (self.floor, self.counts) = (Some(floor), counts);
        self.recorded(repo, options)
    }

    /// Decides whether the check fails, and records the outcome.
    fn recorded(mut self, repo: &Repo, options: &CheckOptions) -> Result<Self, OpsError> {
        let is_unmet = self.floor.as_ref().is_some_and(|floor| floor.unmet().is_some());
        self.is_failed =
            is_unmet || self.findings.iter().any(|finding| finding.severity <= options.least);
        let tip = options.revision.tip(repo)?;
        if self.is_failed {
            record_findings(repo, EventKind::CheckFailed, tip, &self.findings);
        }
        Ok(self)
    }
}

/// Returns the counts of a clean state.
fn count(view: &CommitState, files: usize, unread: usize) -> Option<CheckCounts> {
    let stored = view.stored()?;
    let (identities, registry) = (stored.registry.allocations.len(), stored.blob);
    Some(CheckCounts { files, identities, unread, registry })
}

/// Returns whether HEAD's registry is inconsistent, in which case an index based on it is not clean
/// either.
fn is_head_inconsistent(repo: &Repo) -> Result<bool, OpsError> {
    let Some(head) = repo.head()? else { return Ok(false) };
    Ok(check_consistency(repo, head)?.is_inconsistent())
}

/// If the index has the same registry as HEAD, returns the findings about identities that HEAD
/// itself lost, except those in `known`. Comparing the index with HEAD would not reveal them.
fn left_of_head(
    repo: &Repo,
    index: &CommitState,
    known: &[Finding],
) -> Result<Vec<Finding>, OpsError> {
    let Some(head) = repo.head()? else { return Ok(Vec::new()) };
    let committed = CommitState::of_commit(repo, head)?;
    let [own, other] = [index, &committed].map(|it| it.stored().map(|stored| stored.blob));
    if own.is_none() || own != other {
        return Ok(Vec::new());
    }
    let mut findings = committed.check(repo, &committed.config(repo)?)?;
    findings.retain(|one| {
        matches!(one.code, Code::IdentityChanged | Code::RecordLost)
            && !known.iter().any(|it| it.is_same_as(one))
    });
    Ok(findings)
}

/// A branch: its name as the user typed it, and its commit.
type Branch<'n> = (&'n str, CommitId);

/// Finds the commits that these branches point to.
///
/// # Errors
/// Returns an error if a name is not a commit.
fn find_branches<'n>(repo: &Repo, names: &'n [String]) -> Result<Vec<Branch<'n>>, OpsError> {
    let find = |name: &'n String| match repo.resolve(name)? {
        Some(commit) => Ok((name.as_str(), commit)),
        None => Err(CheckRefusal::NoBranch(name.clone()).into()),
    };
    names.iter().map(find).collect()
}

/// Returns the changes that merging with each branch separately would make. A branch without a
/// registry causes none. `over` holds the commits that the checked view is based on.
fn check_against(
    observer: &mut dyn Observer,
    repo: &Repo,
    view: &CommitState,
    over: &[CommitId],
    branches: &[Branch<'_>],
) -> Result<Vec<Finding>, OpsError> {
    let mut findings = Vec::new();
    let Some(stored) = view.stored() else { return Ok(findings) };
    for (name, commit) in branches {
        match preview_merge(repo, &stored.registry, over, *commit)? {
            MergePreview::NotAdopted => {
                observer.notice(Notice::Preview(PreviewNotice::NotAdopted((*name).to_owned())));
            }
            MergePreview::Unmergeable(error) => findings.push(unmergeable(name, &error)),
            MergePreview::Merged { theirs, merged, is_related, contest } => {
                if !is_related {
                    observer.notice(Notice::Preview(PreviewNotice::Unrelated((*name).to_owned())));
                }
                findings.extend(collisions(name, &stored.registry, &theirs, &merged));
                let contested = contest.iter().flat_map(|contest| &contest.contested);
                findings.extend(contested.map(|one| parted(name, one, &stored.registry)));
            }
        }
    }
    Ok(findings)
}

#[cfg(test)]
mod tests;
