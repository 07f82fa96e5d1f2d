//! Findings about references that lead nowhere, or not to the file that their author meant.

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap};

use idhooks_core::check::{Code, Finding, Related, Severity};
use idhooks_core::config::{Config, ReferenceRules, ReferenceSeverity};
use idhooks_core::registry::{Allocation, Id, Registry, RepoPath, Status, shell_quoted};
use idhooks_references::{
    ReferenceScanner, ReferenceTarget, Successors, heading_slugs, is_markdown, is_same_heading,
};
use idhooks_repo::git::{CommitId, Repo};
use idhooks_repo::state::CommitState;

use super::reference_list::{ListedReference, NamedRecord};
use super::stamps::StampComparison;
use crate::suggestion::nearest;

/// How many commits a message names.
const MOST_COMMITS: usize = 5;
/// How many commits a finding lists as related.
const MOST_RELATED: usize = 100;

/// Checks references.
pub(crate) struct ReferenceCheck<'c> {
    repo: &'c Repo,
    view: &'c CommitState,
    registry: &'c Registry,
    /// The reserved identities.
    reserved: OnceCell<BTreeSet<Id>>,
    /// The paths of all records.
    paths: OnceCell<HashMap<Id, &'c RepoPath>>,
    /// The identities of the files at paths.
    file_ids: OnceCell<HashMap<&'c RepoPath, Id>>,
    /// The slugs of the headings of Markdown files that were read; `None` if one cannot be read.
    headings: HashMap<RepoPath, Option<BTreeSet<String>>>,
    stamps: StampComparison<'c>,
    /// The severities.
    rules: &'c ReferenceRules,
    /// The commit as the user named it.
    rev: Option<&'c str>,
}

impl<'c> ReferenceCheck<'c> {
    /// Prepares checks of references in an index or a commit that has this registry.
    pub(crate) fn new(
        repo: &'c Repo,
        view: &'c CommitState,
        registry: &'c Registry,
        config: &'c Config,
    ) -> Self {
        ReferenceCheck {
            repo,
            view,
            registry,
            reserved: OnceCell::new(),
            paths: OnceCell::new(),
            file_ids: OnceCell::new(),
            headings: HashMap::new(),
            stamps: StampComparison::new(repo, view, registry),
            rules: config.references(),
            rev: None,
        }
    }

    /// Names the commit in the commands of messages, as the user named it.
    pub(crate) fn of_commit(self, rev: Option<&'c str>) -> Self {
        ReferenceCheck { rev, ..self }
    }

    pub(crate) fn stamps(&mut self) -> &mut StampComparison<'c> {
        &mut self.stamps
    }

    /// Returns the findings about a reference.
    pub(crate) fn findings(&mut self, reference: &ListedReference) -> Vec<Finding> {
        let ListedReference { text, target, named, .. } = reference;
        let Some(named) = named else {
            if self.is_reserved(target) {
                return Vec::new();
            }
            let message = format!("'{text}' refers to {target}, which is not in the registry");
            let help = "correct the reference; if it is an example, write 'idhooks: ignore' on \
                        the same line";
            let found = finding(reference, Code::ReferenceUnknown, &message, help);
            return vec![self.recognizable(with_severity(found, self.rules.unknown), reference)];
        };
        let ambiguous = self.ambiguous(reference, named);
        let section = match named.status {
            Status::Active => self.section(reference, named),
            Status::Deprecated | Status::Superseded => Some(self.former(reference, named)),
        };
        let suspect = self.suspect(reference, named);
        let found = ambiguous.into_iter().chain(section).chain(suspect);
        found.map(|finding| self.recognizable(finding, reference)).collect()
    }

    /// Returns a finding with what a baseline recognizes the reference by.
    fn recognizable(&self, finding: Finding, reference: &ListedReference) -> Finding {
        let ids = self.file_ids.get_or_init(|| {
            self.registry.active().map(|record| (&record.path, record.id)).collect()
        });
        finding.in_reference(&reference.text, ids.get(&reference.path).copied())
    }

    /// Returns the finding about a reference whose file has changed since it was read.
    fn suspect(&mut self, reference: &ListedReference, named: &NamedRecord) -> Option<Finding> {
        self.stamps.suspect(reference)?;
        let change = self.stamps.change(reference)?;
        let (text, path, line) = (&reference.text, &named.path, reference.line);
        let message =
            format!("'{text}' refers to '{path}', which {}", change.describe(MOST_COMMITS));
        let place = reference.path.shell_quoted();
        // Only the index can be changed, so a reference in another commit is reviewed there.
        let (rev, there) = match self.rev {
            Some(rev) => (format!(" --rev {}", shell_quoted(rev)), ", on that branch"),
            None => (String::new(), ""),
        };
        let help = format!(
            "see the change: idhooks refs suspect{rev} --from {place}; if the reference is still \
             right{there}: idhooks refs review {place}:{line}"
        );
        let mut found = finding(reference, Code::ReferenceSuspect, &message, &help);
        found = found.related_to(Some(path), Some(named.id));
        let commits = change.commits.iter().take(MOST_RELATED).map(CommitId::to_string);
        found
            .related
            .extend(commits.map(|commit| Related { commit: Some(commit), ..Related::default() }));
        Some(with_severity(found, self.rules.suspect))
    }

    /// Returns the finding about a reference to a deprecated or superseded record.
    fn former(&self, reference: &ListedReference, named: &NamedRecord) -> Finding {
        let (text, path) = (&reference.text, &named.path);
        let Some(by) = named.superseded_by.as_ref().filter(|_| named.status == Status::Superseded)
        else {
            let status = named.status;
            let message = format!("'{text}' refers to '{path}', which is {status}");
            let help = "refer to another file, or remove the reference; to see what happened: \
                        idhooks log ";
            let help = format!("{help}{}", named.id);
            return finding(reference, Code::ReferenceDeprecated, &message, &help);
        };
        let successor = by.parse().ok().and_then(|id| self.path_of(id));
        let successor = successor.map_or_else(|| by.clone(), |path| format!("{by} ('{path}')"));
        let message = format!("'{text}' refers to '{path}', which is superseded by {successor}");
        let successors = Successors::of(self.registry);
        let last = successors.find(named.id).and_then(|record| successors.last(record));
        let help = match last.filter(|last| last.is_active() && last.id != named.id) {
            // 'idhooks fix' does so only if the successor has that heading, too.
            Some(Allocation { id, path, .. }) => {
                let also = match (&reference.target, &reference.section) {
                    (ReferenceTarget::Id(_), None) => {
                        ", as 'idhooks fix REFERENCE_SUPERSEDED' does"
                    }
                    _ => "",
                };
                format!("check that '{path}' is meant, and refer to {id}{also}")
            }
            None => {
                let id = named.id;
                format!(
                    "refer to another file: what supersedes this one leads to no active file; to see \
                     what happened: idhooks log {id}"
                )
            }
        };
        finding(reference, Code::ReferenceSuperseded, &message, &help)
    }

    /// Returns the finding about an identity that two files had.
    fn ambiguous(&self, reference: &ListedReference, named: &NamedRecord) -> Option<Finding> {
        let other = *named.others.first()?;
        let (text, path, id) = (&reference.text, &named.path, named.id);
        let place = self.path_of(other).map(|path| format!(" ('{path}')")).unwrap_or_default();
        let message = format!("'{text}' refers to '{path}', but {other}{place} had the same name");
        let way = "where the history tells, 'idhooks fix REFERENCE_AMBIGUOUS' does so";
        let help = match reference.target == ReferenceTarget::Id(id) {
            // That file keeps the identity, so there is no clearer text.
            true => format!(
                "if '{path}' is meant, the reference is right, and a baseline can accept this finding; \
                 if not, refer to {other}; {way}"
            ),
            false => format!("check which file is meant, and refer to {id} or to {other}; {way}"),
        };
        let found = finding(reference, Code::ReferenceAmbiguous, &message, &help);
        Some(
            named
                .others
                .iter()
                .fold(found, |found, id| found.related_to(self.path_of(*id), Some(*id))),
        )
    }

    /// Returns the finding about a heading that a Markdown file does not have.
    fn section(&mut self, reference: &ListedReference, named: &NamedRecord) -> Option<Finding> {
        let (text, path) = (&reference.text, &named.path);
        let section = reference.section.as_ref().filter(|_| self.lacks_heading(reference))?;
        let message = format!("'{text}' refers to '#{section}', but '{path}' has no such heading");
        let help = match self.nearest_heading(reference) {
            Some(heading) => format!("did you mean '#{heading}'?"),
            None => format!("name a heading of '{path}', or none"),
        };
        Some(finding(reference, Code::ReferenceSection, &message, &help))
    }

    /// Returns whether a reference names a heading that its Markdown file does not have.
    pub(crate) fn lacks_heading(&mut self, reference: &ListedReference) -> bool {
        let Some((named, section)) = reference.named.as_ref().zip(reference.section.as_ref())
        else {
            return false;
        };
        let is_other = |slug: &String| slug != section && !is_same_heading(slug, section);
        self.headings(&named.path).is_some_and(|headings| headings.iter().all(is_other))
    }

    /// Returns whether the stamp or the heading of a reference cannot be compared, because the content
    /// that it names is unmerged, cannot be read, or is not in this clone.
    pub(crate) fn is_uncompared(&mut self, reference: &ListedReference) -> bool {
        let Some(NamedRecord { path, status: Status::Active, .. }) = &reference.named else {
            return false;
        };
        // A section of a file that is not Markdown is not looked for.
        let needs_headings = reference.section.is_some() && is_markdown(path);
        if self.stamps.lacks_content(path) {
            return needs_headings || reference.stamp.is_some();
        }
        needs_headings && self.stamps.has_file(path) && self.headings(path).is_none()
    }

    /// Returns the heading that a reference may mean if its own does not exist.
    pub(crate) fn nearest_heading(&mut self, reference: &ListedReference) -> Option<String> {
        let path = &reference.named.as_ref()?.path;
        nearest(reference.section.as_ref()?, self.headings(path)?.iter().cloned())
    }

    /// Returns the slugs of the headings of a Markdown file; `None` for other files, and for one
    /// that cannot be read.
    fn headings(&mut self, path: &RepoPath) -> Option<&BTreeSet<String>> {
        if !is_markdown(path) {
            return None;
        }
        if !self.headings.contains_key(path) {
            let slugs = self.read_headings(path);
            self.headings.insert(path.clone(), slugs);
        }
        self.headings.get(path)?.as_ref()
    }

    fn read_headings(&self, path: &RepoPath) -> Option<BTreeSet<String>> {
        let entry = self.view.merged_file(path)?;
        self.repo.blob_size(entry.blob).filter(|size| *size <= ReferenceScanner::LARGEST as u64)?;
        let text = String::from_utf8(self.repo.blob(entry.blob).ok()?).ok()?;
        Some(heading_slugs(&text).into_iter().collect())
    }

    /// Returns whether an identity is reserved for a file that is still to come.
    fn is_reserved(&self, target: &ReferenceTarget) -> bool {
        let ReferenceTarget::Id(id) = target else { return false };
        self.reserved.get_or_init(|| self.registry.reserved_ids().collect()).contains(id)
    }

    /// Returns the path of the record with an identity.
    fn path_of(&self, id: Id) -> Option<&'c RepoPath> {
        let records = || self.registry.allocations.iter();
        let paths =
            self.paths.get_or_init(|| records().map(|record| (record.id, &record.path)).collect());
        paths.get(&id).copied()
    }
}

/// Returns a finding about a reference.
fn finding(reference: &ListedReference, code: Code, message: &str, help: &str) -> Finding {
    let ListedReference { path, line, column, target, .. } = reference;
    let mut finding = Finding::new(code, message, help).at(path).on(*line, *column);
    finding.id = Some(target.to_string());
    finding
}

/// Returns a finding with the severity that the rules give it.
fn with_severity(mut finding: Finding, severity: ReferenceSeverity) -> Finding {
    if severity == ReferenceSeverity::Error {
        finding.severity = Severity::Error;
    }
    finding
}
