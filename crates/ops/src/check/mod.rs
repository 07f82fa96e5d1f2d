//! Checking the index, a commit or every commit of a history.

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

use crate::collision::{collisions, parted, unmergeable};
use crate::recorder::record_findings;
use crate::{
    CoverageFloor, FindingFilter, Notice, Observer, OpsError, PreviewNotice, Revision, RuledState,
};
pub use history::{CheckHistoryOptions, CheckHistoryReport, check_history};
pub use refusal::CheckRefusal;

/// How to check the index or a commit.
#[derive(Debug)]
pub struct CheckOptions {
    /// The index or the commit.
    pub revision: Revision,
    /// Whether the heads of all files are read, not only of those with an embed rule.
    pub all_heads: bool,
    /// The branches with which a merge is previewed.
    pub against: Vec<String>,
    /// The share of files with an identity from which on the others need none.
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
    /// The findings that the filter leaves.
    pub findings: Vec<Finding>,
    /// The counts of a clean check.
    pub counts: Option<CheckCounts>,
    /// How many files have a head that was not read.
    pub unread: usize,
    /// The coverage; `None` if no registry can be read, so that the findings are incomplete.
    pub floor: Option<CoverageFloor>,
    /// How many paths are not merged and were not checked.
    pub unmerged: usize,
    /// Whether the findings or the coverage fail the check.
    pub is_failed: bool,
}

/// Checks the index or a commit. The audit log gets a check that failed.
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
    // Only a check of the heads that the rules name is cached.
    let is_remembered = revision.is_index() && !options.all_heads;
    let mut unchecked = is_remembered.then(|| Unchecked::of(repo)).transpose()?;
    // An index that repeats an inconsistent HEAD does not differ from it, and would count as clean.
    let is_doubtful = revision.is_index() && is_head_inconsistent(repo)?;
    if branches.is_empty()
        && !is_doubtful
        && let Some(index) = &mut unchecked
        && let Some(counts) = index.clean(repo)?
    {
        let report = CheckReport { unread: counts.unread, ..CheckReport::new(Vec::new()) };
        return report.conclude(repo, options, filter, counts.files, Some(counts));
    }
    let RuledState { view, config } = revision.adopted(repo, revision.view(repo)?)?;
    let heads = if options.all_heads { Heads::All } else { Heads::Ruled };
    let Checked { mut findings, unread } = view.check_reading(repo, &config, heads)?;
    if is_doubtful {
        findings.extend(left_of_head(repo, &view, &findings)?);
    }
    let files = view.tracked(&config).count();
    let counts = view.stored().filter(|_| findings.is_empty()).map(|stored| CheckCounts {
        files,
        identities: stored.registry.allocations.len(),
        unread,
        registry: stored.blob,
    });
    // If the registry cannot be read, the findings are incomplete.
    let is_corrupt = findings.iter().any(|finding| finding.code == Code::RegistryCorrupt);
    let is_complete = view.stored().is_some() && !is_corrupt;
    if is_complete {
        let commit = revision.commit(repo)?;
        let over = commit.map_or_else(|| view.parents.clone(), |commit| vec![commit]);
        findings.extend(check_against(observer, repo, &view, &over, &branches)?);
        findings.sort();
    }
    let unmerged = view.unmerged.len();
    let report = CheckReport { unread, unmerged, ..CheckReport::new(findings) };
    let report = match is_complete {
        true => report.conclude(repo, options, filter, files, counts)?,
        false => report.recorded(repo, options)?,
    };
    // Unmerged paths were not checked, so the index is not known to be clean.
    if let Some((unchecked, counts)) = unchecked.zip(counts).filter(|_| unmerged == 0) {
        unchecked.remember(repo, counts)?;
    }
    Ok(report)
}

impl CheckReport {
    fn new(findings: Vec<Finding>) -> Self {
        let (counts, unread, floor, unmerged) = (None, 0, None, 0);
        CheckReport { findings, counts, unread, floor, unmerged, is_failed: false }
    }

    /// Applies the filter and the minimum of coverage to complete findings.
    fn conclude(
        mut self,
        repo: &Repo,
        options: &CheckOptions,
        filter: &mut FindingFilter,
        files: usize,
        counts: Option<CheckCounts>,
    ) -> Result<Self, OpsError> {
        // No index and no commit has this file, so the cached result does not cover it.
        if options.revision.is_index() {
            self.findings.extend(legacy_file_is_back(repo)?);
        }
        let floor = CoverageFloor::of(files, &self.findings, options.min_coverage.clone());
        filter.apply(&mut self.findings);
        floor.accept_missing(&mut self.findings);
        (self.floor, self.counts) = (Some(floor), counts);
        self.recorded(repo, options)
    }

    /// Decides whether the check fails, and records that.
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

/// Returns whether the registry of HEAD is inconsistent: then an index that follows it is not clean.
fn is_head_inconsistent(repo: &Repo) -> Result<bool, OpsError> {
    let Some(head) = repo.head()? else { return Ok(false) };
    Ok(check_consistency(repo, head)?.is_inconsistent())
}

/// Returns the findings about identities that HEAD itself lost, without those in `known`, if the
/// index has the same registry. A comparison of the index with HEAD does not show them.
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

/// A branch: the name that the user typed, and its commit.
type Branch<'n> = (&'n str, CommitId);

/// Finds the commits of branches.
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

/// Returns the changes that a merge with each branch alone would make; none for a branch without a
/// registry. `over` are the commits that the checked view is based on.
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
