//! `idhooks check`: checks the registry of the index, of a commit or of every commit of a history.

mod history;

use std::path::{Path, PathBuf};

use idhooks_core::check::{
    Code, Family, Finding, Severity, Share, collisions, parted, unmergeable, unread_heads,
};
use idhooks_ops::{BaselineMode, CheckSubject, CoverageFloor, FindingFilter};
use idhooks_repo::git::{CommitId, Repo};
use idhooks_repo::history::{MergePreview, check_consistency, preview_merge};
use idhooks_repo::state::{CommitState, Heads, Unchecked, legacy_file_is_back};
use idhooks_repo::{cache::CheckCounts, transaction::Checked};

use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{FindingsReport, ReportFormat, Ui, count};

use super::{audit::recorder, choice::choice, explain::wrapped};
use super::{output_file::finish_baseline, revision_args::RevisionArgs};

/// Check that the registry is consistent with the tracked files
///
/// Checks the index, which is what the next commit will contain; a commit; or every commit of a
/// history. Findings are printed to standard output; 'idhooks explain CODE' describes each code.
#[derive(Debug, clap::Args)]
#[command(after_help = after_help())]
pub(super) struct Check {
    /// Check only one family of findings
    #[arg(value_parser = choice(Family::OF_CHECK, Family::as_str, Some(Family::help)), value_name = "FAMILY")]
    family: Option<Family>,
    #[command(flatten)]
    source: RevisionArgs,
    /// Check the index (default)
    #[arg(long, conflicts_with_all = ["rev", "history", "since_adoption"])]
    staged: bool,
    /// Read the heads of all files, not only of those with an embed rule
    #[arg(long, conflicts_with_all = ["history", "since_adoption"])]
    all_heads: bool,
    /// Check every commit of a history; takes revisions as 'git rev-list' does
    #[arg(long, value_name = "RANGE", num_args = 0.., conflicts_with = "rev")]
    history: Option<Vec<String>>,
    /// Check every commit of HEAD since adoption, like '--history' without a value
    #[arg(long, conflicts_with_all = ["rev", "history"])]
    since_adoption: bool,
    /// Report identities that a merge with these branches would change (COLLISION)
    #[arg(
        long,
        value_name = "BRANCH",
        value_delimiter = ',',
        conflicts_with_all = ["history", "since_adoption"]
    )]
    against: Vec<String>,
    /// Accept files without an identity if at least this share has one: 0.95 or 95%
    #[arg(long, value_name = "SHARE", conflicts_with_all = ["history", "since_adoption"])]
    min_coverage: Option<Share>,
    /// Report only findings that are not in this baseline
    #[arg(long, value_name = "FILE", conflicts_with = "write_baseline")]
    baseline: Option<PathBuf>,
    /// Write all findings to this baseline
    #[arg(long, value_name = "FILE")]
    write_baseline: Option<PathBuf>,
    /// Fail on warnings, too
    #[arg(long)]
    strict: bool,
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: ReportFormat,
}

/// The help before the families.
const EXAMPLES: &str = "\
Examples:
  idhooks check                                     what you are about to commit
  idhooks check --rev HEAD~3 --strict --format json
  idhooks check coverage --min-coverage 95%         one family of findings
  idhooks check --against origin/main,origin/release
  idhooks check --history                           every commit since adoption
  idhooks check --history=origin/main..HEAD         every commit of a branch

Families:";
/// The help after them.
const NOTES: &str = "\
REGISTRY_CORRUPT and MALFORMED_ID are reported in every family, since they prevent other checks.

Histories: every commit must be consistent, no record may disappear, and no identity may name two \
files. The first bad commit is named. A commit that a later one in the range heals is a warning \
(BEHIND); one that nothing heals yet is an error. Results are cached for each commit.

Baselines: to start in an old repository, run 'idhooks check --write-baseline known.json' and commit \
that file. From then on, 'idhooks check --baseline known.json' fails only on new findings. A registry \
that cannot be read always fails.

Exit code: 0 no errors; 1 errors (with --strict, also warnings); 2 the check could not run";

/// Returns the examples, the codes of each family, and what else there is to know.
fn after_help() -> String {
    let mut text = EXAMPLES.to_owned();
    for family in Family::OF_CHECK {
        let codes = Code::ALL.into_iter().filter(|code| code.family() == family);
        let codes: Vec<&str> = codes.map(Code::as_str).collect();
        for (n, line) in wrapped(&codes.join(", "), 80).iter().enumerate() {
            let name = if n == 0 { family.as_str() } else { "" };
            text += &format!("\n  {name:<10}  {line}");
        }
    }
    format!("{text}\n{NOTES}")
}

/// Returns whether the registry of HEAD is inconsistent: then an index that follows it is not clean.
fn is_head_inconsistent(repo: &Repo) -> CommandResult<bool> {
    let Some(head) = repo.head()? else { return Ok(false) };
    Ok(check_consistency(repo, head)?.is_inconsistent())
}

/// Returns the findings of HEAD about identities that it lost, beyond `known`, if the index has its registry: they
/// are no difference between the two.
fn left_of_head(
    repo: &Repo,
    index: &CommitState,
    known: &[Finding],
) -> CommandResult<Vec<Finding>> {
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

impl Check {
    pub(super) fn run(mut self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let filter = self.filter()?;
        if self.since_adoption || self.history.is_some() {
            let revisions = self.history.take().unwrap_or_default();
            return history::run(ui, dir, &revisions, (self.format, self.least()), filter);
        }
        // Some of the heads cannot tell whether two files share an identity.
        self.all_heads |= self.family == Some(Family::Uniqueness);
        let repo = self.source.open(dir)?;
        repo.begin("check");
        let branches = find_branches(&repo, &self.against)?;
        // Only a check of the heads that the rules name is cached.
        let is_remembered = self.source.revision().is_index() && !self.all_heads;
        let mut unchecked = is_remembered.then(|| Unchecked::of(&repo)).transpose()?;
        let is_doubtful = self.source.revision().is_index() && is_head_inconsistent(&repo)?;
        if branches.is_empty()
            && !is_doubtful
            && let Some(index) = &mut unchecked
            && let Some(counted) = index.clean(&repo)?
        {
            let CheckCounts { files, unread, .. } = counted;
            return self.end(ui, &repo, filter, (files, unread), Vec::new(), Some(counted));
        }
        let state = self.source.revision().adopted(&repo, self.source.revision().view(&repo)?)?;
        let (view, config) = (&state.view, &state.config);
        let heads = if self.all_heads { Heads::All } else { Heads::Ruled };
        let Checked { mut findings, unread } = view.check_reading(&repo, config, heads)?;
        if is_doubtful {
            findings.extend(left_of_head(&repo, view, &findings)?);
        }
        let files = view.tracked(config).count();
        let seen = view.stored().filter(|_| findings.is_empty()).map(|stored| CheckCounts {
            files,
            identities: stored.registry.allocations.len(),
            unread,
            registry: stored.blob,
        });
        // Without a registry that can be read, the findings are incomplete.
        let is_corrupt = findings.iter().any(|finding| finding.code == Code::RegistryCorrupt);
        let exit = if view.stored().is_some() && !is_corrupt {
            let commit = self.source.revision().commit(&repo)?;
            let over = commit.map_or_else(|| view.parents.clone(), |commit| vec![commit]);
            findings.extend(check_against(ui, &repo, view, &over, &branches)?);
            findings.sort();
            self.end(ui, &repo, filter, (files, unread), findings, seen)?
        } else {
            self.report(ui, (&findings, filter.hidden(), &[]), None, unread);
            if let BaselineMode::Written(file, _) = filter.baseline {
                let file = file.display();
                ui.warning(&format!("'{file}' was not written: the check is incomplete"));
            }
            let (tip, exit) =
                (self.source.revision().tip(&repo)?, Exit::of(&findings, self.least()));
            recorder::record_check(&repo, tip, exit, &findings)
        };
        if !view.unmerged.is_empty() {
            let paths = count(view.unmerged.len(), "unmerged path", "unmerged paths");
            ui.warning(&format!("{paths} not checked; resolve the conflicts, then check again"));
        } else if let Some((unchecked, counted)) = unchecked.zip(seen) {
            unchecked.remember(&repo, counted)?;
        }
        Ok(exit)
    }

    /// Returns the filter for the findings.
    fn filter(&self) -> CommandResult<FindingFilter> {
        if let (Some(family), Some(share)) = (self.family, &self.min_coverage)
            && family != Family::Coverage
        {
            return Err(CommandError::new(format!("'{family}' does not check coverage"))
                .because(&format!("--min-coverage {share} needs the family 'coverage'"))
                .hint(format!("run: idhooks check coverage --min-coverage {share}")));
        }
        let [read, write] = [&self.baseline, &self.write_baseline].map(Option::as_deref);
        let mut filter = FindingFilter::new(CheckSubject::Files, read, write)?;
        (filter.family, filter.previews_merges) = (self.family, !self.against.is_empty());
        Ok(filter)
    }

    /// Returns the lowest severity that fails the check.
    fn least(&self) -> Severity {
        if self.strict { Severity::Warning } else { Severity::Error }
    }

    /// Reports the findings that the filter leaves, and returns the exit code.
    fn end(
        &self,
        ui: &mut Ui,
        repo: &Repo,
        mut filter: FindingFilter,
        (files, unread): (usize, usize),
        mut findings: Vec<Finding>,
        seen: Option<CheckCounts>,
    ) -> CommandResult<Exit> {
        // The cache does not know it: no commit and no index has it.
        let back = self
            .source
            .revision()
            .is_index()
            .then(|| legacy_file_is_back(repo))
            .transpose()?
            .flatten();
        findings.extend(back);
        let floor = CoverageFloor::of(files, &findings, self.min_coverage.clone());
        filter.apply(&mut findings);
        floor.accept_missing(&mut findings);
        let unmet = floor.unmet();
        self.report(ui, (&findings, filter.hidden(), unmet.as_slice()), seen, unread);
        finish_baseline(ui, &filter, Some(repo))?;
        ui.coverage_floor(&floor);
        let exit = unmet.map_or_else(|| Exit::of(&findings, self.least()), |_| Exit::Findings);
        Ok(recorder::record_check(repo, self.source.revision().tip(repo)?, exit, &findings))
    }

    fn report(
        &self,
        ui: &mut Ui,
        (findings, hidden, unmet): (&[Finding], &[Finding], &[String]),
        seen: Option<CheckCounts>,
        unread: usize,
    ) {
        let report = FindingsReport::new("check", findings, self.least(), unmet);
        let report = report.leaving_out(hidden, 0);
        ui.report_findings(&report, self.format);
        let seen = seen.map_or_else(String::new, |CheckCounts { files, identities, .. }| {
            let files = count(files, "file", "files");
            format!("{files}, {}: ", count(identities, "identity", "identities"))
        });
        // The family 'coverage' does not read heads.
        let unread = if self.family == Some(Family::Coverage) { 0 } else { unread };
        let unread = unread_heads(unread, self.all_heads);
        ui.status(&format!("{seen}{}{unread}", report.summary()));
    }
}

/// A branch: the name that the user typed, and its commit.
type Branch<'n> = (&'n str, CommitId);

/// Finds the commits of branches.
///
/// # Errors
/// Returns an error with a hint if a name is not a commit.
fn find_branches<'n>(repo: &Repo, names: &'n [String]) -> CommandResult<Vec<Branch<'n>>> {
    let find = |name: &'n String| match repo.resolve(name)? {
        Some(commit) => Ok((name.as_str(), commit)),
        None => Err(CommandError::new(format!("cannot find a branch '{name}'"))
            .hint("list the branches: git branch --all; to get new ones, first run: git fetch")),
    };
    names.iter().map(find).collect()
}

/// Returns what a merge with each of the branches alone would change; nothing if one has no registry.
/// `over` are the commits that the checked view is based on.
fn check_against(
    ui: &mut Ui,
    repo: &Repo,
    view: &CommitState,
    over: &[CommitId],
    branches: &[Branch<'_>],
) -> CommandResult<Vec<Finding>> {
    let mut findings = Vec::new();
    let Some(stored) = view.stored() else { return Ok(findings) };
    for (name, commit) in branches {
        match preview_merge(repo, &stored.registry, over, *commit)? {
            MergePreview::NotAdopted => {
                ui.status(&format!("'{name}' has no registry to merge with"));
            }
            MergePreview::Unmergeable(error) => findings.push(unmergeable(name, &error)),
            MergePreview::Merged { theirs, merged, is_related, contest } => {
                if !is_related {
                    ui.warning(&format!("'{name}' has no commit in common with what is checked"));
                }
                findings.extend(collisions(name, &stored.registry, &theirs, &merged));
                let contested = contest.iter().flat_map(|contest| &contest.contested);
                findings.extend(contested.map(|one| parted(name, one, &stored.registry)));
            }
        }
    }
    Ok(findings)
}
