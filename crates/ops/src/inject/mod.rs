//! Writing identities into files, or removing them.

mod refusal;
mod removal;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use idhooks_core::config::is_own;
use idhooks_core::embed::{self, Style};
use idhooks_core::registry::{Allocation, Entry, Object, RepoPath};
use idhooks_repo::events::EventKind;
use idhooks_repo::git::Repo;
use idhooks_repo::store::WriteCounter;
use idhooks_repo::transaction::{HeadEdit, IdInjector, InjectedFile, Injection, count};

use crate::{
    HERE, JournaledRun, Notice, Observer, OpsError, Reach, RegistryTransaction, Writer,
    audit_event, relative,
};
pub use refusal::InjectRefusal;

/// What to do with identities in files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InjectAction {
    /// Give a file its own identity, unless it carries a different one.
    Write,
    /// Give a file its own identity, replacing any other.
    Replace,
    /// Remove a file's own identity, including its former ones.
    Remove,
    /// Remove identities that are not the file's own.
    RemoveForeign,
}

/// Which files to change, and how.
#[derive(Debug)]
pub struct InjectOptions {
    /// Files and directories in the index, as typed.
    pub paths: Vec<PathBuf>,
    /// Every file that a rule matches or, when removing identities, every tracked file.
    pub all: bool,
    /// The action.
    pub action: InjectAction,
    /// Change the other files even if some cannot be changed.
    pub keeps_going: bool,
    /// Only list the changes, without waiting for other commands.
    pub is_check: bool,
    /// Change nothing.
    pub is_dry_run: bool,
}

/// The result of a run or a dry run.
#[derive(Debug, Default)]
pub struct InjectReport {
    /// Each changed file, with the identities written or removed.
    pub changes: Vec<(RepoPath, Vec<InjectedId>)>,
    /// The reasons that files named by the user cannot be changed. If there are any, nothing was
    /// changed, unless the options say otherwise.
    pub refusals: Vec<InjectRefusal>,
    /// The number of files that cannot be changed and were not named individually.
    pub left_out: usize,
    /// How many of those files keep an identity that is not their own.
    pub foreign: usize,
    /// Whether some of the files are not matched by any rule.
    pub is_unruled: bool,
}

/// An identity written into a file or removed from it.
#[derive(Debug)]
pub struct InjectedId {
    /// The identity's digits, or a placeholder.
    pub id: String,
    /// The new style, if only the style changes.
    pub style: Option<Style>,
}

impl fmt::Display for InjectedId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.id)?;
        self.style.map_or(Ok(()), |style| write!(f, " as {style}"))
    }
}

/// A notice about the identities that files carry.
#[derive(Debug)]
pub enum InjectNotice {
    /// A file that was not named individually is left alone.
    LeftAlone(InjectRefusal),
    /// A file's own identity is removed, but it keeps this identity (given by its digits), which is
    /// not its own.
    ForeignIdKept(RepoPath, String),
}

/// Writes identities into files, or removes them.
///
/// # Errors
/// Returns an error if the state cannot be read or written. In that case nothing was changed.
pub fn inject(
    observer: &mut dyn Observer,
    repo: &Repo,
    options: &InjectOptions,
) -> Result<InjectReport, OpsError> {
    if options.is_check {
        let transaction = RegistryTransaction::open(observer, repo)?;
        return Ok(options.decide(observer, &transaction)?.report);
    }
    // Commands that work on other files need not wait.
    let reach = match options.paths.is_empty() {
        true => Reach::Everything,
        false => Reach::Files(&options.paths),
    };
    let writer = Writer::open_for(repo, "inject", reach)?;
    let report = writer.run(&mut &mut *observer, |observer, transaction| {
        let InjectPlan { injections, report } = options.decide(observer, transaction)?;
        let is_done = report.refusals.is_empty() || options.keeps_going;
        if is_done && !options.is_dry_run && !injections.is_empty() {
            let run = JournaledRun {
                what: "inject".into(),
                files: injections.iter().filter_map(|file| file.working.clone()).collect(),
                entries: injections.iter().map(Injection::step).collect(),
                events: options.events(&report),
            };
            transaction.write_together(observer, transaction.registry(), run)?;
        }
        Ok(report)
    })?;
    // The writer itself counts only refusals that are returned as errors.
    if options.keeps_going && !report.refusals.is_empty() {
        count(repo, &[WriteCounter::ValidationFailures]);
    }
    Ok(report)
}

/// The planned changes.
#[derive(Default)]
struct InjectPlan {
    injections: Vec<Injection>,
    report: InjectReport,
}

/// A selected file.
struct InjectCandidate<'d> {
    path: &'d RepoPath,
    entry: Entry,
    /// Whether the file was named individually, rather than through a directory or as one of all
    /// files.
    is_named: bool,
    /// The record that holds the file's path.
    holder: Option<&'d Allocation>,
}

/// The action planned for a file.
enum InjectOutcome {
    /// Nothing.
    Done,
    /// Change the file by writing or removing these identities.
    Change(Injection, Vec<InjectedId>),
    /// Leave the file alone.
    Refused(InjectRefusal),
    /// Keep the identity, because a rule would write it again.
    Ruled,
}

/// The selected files, and whether each was named individually.
type SelectedFiles = BTreeMap<RepoPath, (Entry, bool)>;

impl InjectOptions {
    /// Returns whether the action removes identities.
    pub fn removes(&self) -> bool {
        matches!(self.action, InjectAction::Remove | InjectAction::RemoveForeign)
    }

    /// Returns the events for the planned changes.
    fn events(&self, report: &InjectReport) -> Vec<(EventKind, Object)> {
        let kind = if self.removes() { EventKind::Removed } else { EventKind::Injected };
        let event = |path: &RepoPath, InjectedId { id, style }: &InjectedId| {
            let style = style.map(|style| style.to_string());
            let facts = [
                ("id", Some(&**id)),
                ("path", Some(&*path.to_string())),
                ("style", style.as_deref()),
            ];
            audit_event(kind, &facts)
        };
        let files = report.changes.iter();
        files.flat_map(|(path, ids)| ids.iter().map(|id| event(path, id))).collect()
    }

    fn decide(
        &self,
        observer: &mut dyn Observer,
        transaction: &RegistryTransaction<'_>,
    ) -> Result<InjectPlan, OpsError> {
        let mut plan = InjectPlan::default();
        let InjectPlan { injections, report } = &mut plan;
        let files = self.select(transaction, &mut report.refusals);
        let (config, holders) = (&transaction.config, transaction.holders());
        let injector = IdInjector::for_paths(transaction.repo, config, files.keys())?;
        // All files that a rule matches share one refusal, since the rule's glob may match
        // thousands.
        let mut ruled = BTreeMap::<(usize, String), Vec<RepoPath>>::new();
        for (path, (entry, is_named)) in &files {
            let holder = holders.get(path).copied();
            let file = InjectCandidate { path, entry: *entry, is_named: *is_named, holder };
            let outcome = match self.removes() {
                true => self.take_out(observer, transaction, &injector, &file)?,
                false => self.write(transaction, &injector, &file)?,
            };
            report.is_unruled |= !config.embeds(path);
            match outcome {
                InjectOutcome::Done => {}
                InjectOutcome::Change(injection, ids) => {
                    injections.push(injection);
                    report.changes.push((path.clone(), ids));
                }
                InjectOutcome::Ruled => {
                    if let Some(rule) = config.embed_rule(path) {
                        let glob = rule.glob_of(path).unwrap_or_default().to_owned();
                        ruled.entry((rule.line, glob)).or_default().push(path.clone());
                    }
                }
                InjectOutcome::Refused(refusal) if file.is_named => report.refusals.push(refusal),
                InjectOutcome::Refused(refusal) => {
                    match refusal {
                        InjectRefusal::Foreign(..) => report.foreign += 1,
                        _ => report.left_out += 1,
                    }
                    observer.notice(Notice::Inject(InjectNotice::LeftAlone(refusal)));
                }
            }
        }
        let ruled = ruled.into_iter();
        let refusal = |((line, glob), paths)| InjectRefusal::Ruled { line, glob, paths };
        report.refusals.extend(ruled.map(refusal));
        Ok(plan)
    }

    /// Returns the selected files, and adds the reasons that the remaining files cannot be
    /// selected.
    fn select(
        &self,
        transaction: &RegistryTransaction<'_>,
        refusals: &mut Vec<InjectRefusal>,
    ) -> SelectedFiles {
        let mut files = SelectedFiles::new();
        let tracked = || {
            let file = |path: &RepoPath| Some((path.clone(), (transaction.entry(path)?, false)));
            transaction.tracked().filter_map(file)
        };
        if self.all {
            // A file may still carry an identity from the time when a rule matched it.
            let is_ruled = |path: &RepoPath| self.removes() || transaction.config.embeds(path);
            files.extend(tracked().filter(|(path, _)| is_ruled(path)));
        }
        for typed in &self.paths {
            let path = match relative(transaction.repo, HERE.as_ref(), typed) {
                Ok(Some(path)) => path,
                Ok(None) => {
                    files.extend(tracked());
                    continue;
                }
                Err(error) => {
                    refusals.push(error.into());
                    continue;
                }
            };
            if let Some(entry) = transaction.entry(&path) {
                // idhooks' own files never carry an identity.
                match entry.mode.is_file() && !is_own(&path) {
                    true => drop(files.insert(path, (entry, true))),
                    false => refusals.push(InjectRefusal::NoFile(path)),
                }
                continue;
            }
            // The index has no directories, only the files under them.
            let below: Vec<_> = tracked().filter(|(file, _)| file.is_at_or_below(&path)).collect();
            if below.is_empty() {
                refusals.push(InjectRefusal::NotInIndex(path));
            }
            files.extend(below);
        }
        files
    }

    /// Decides what to do with a file that should carry its identity.
    fn write(
        &self,
        transaction: &RegistryTransaction<'_>,
        injector: &IdInjector<'_>,
        &InjectCandidate { path, entry, holder, .. }: &InjectCandidate<'_>,
    ) -> Result<InjectOutcome, OpsError> {
        let path = path.clone();
        let Some(own) = holder else {
            return Ok(InjectOutcome::Refused(InjectRefusal::NoIdentity(path)));
        };
        let carried = embed::read_id(&path, &transaction.repo.blob(entry.blob)?);
        let foreign = carried.filter(|other| !own.answers_to(*other));
        if let Some(other) = foreign.filter(|_| self.action != InjectAction::Replace) {
            let refusal = InjectRefusal::CarriesOther { path, other, own: own.id };
            return Ok(InjectOutcome::Refused(refusal));
        }
        Ok(match injector.inject_ids(&path, entry, &HeadEdit::Write(own.id))? {
            InjectedFile::Changed(file) => {
                // The file may already carry its identity, but in another style.
                let style =
                    transaction.config.embed_style(&path).filter(|_| carried == Some(own.id));
                InjectOutcome::Change(file, vec![InjectedId { id: own.id.to_string(), style }])
            }
            InjectedFile::Unchanged => InjectOutcome::Done,
            InjectedFile::Impossible(obstacle) => {
                InjectOutcome::Refused(InjectRefusal::Impossible(path, obstacle))
            }
        })
    }
}

#[cfg(test)]
mod tests;
