//! Reviews references: writes the stamp of the present content into them.

use std::collections::BTreeMap;
use std::ffi::OsString;

use idhooks_core::registry::{RepoPath, Status};
use idhooks_references::ContentStamp;
use idhooks_repo::git::Repo;
use idhooks_repo::state::CommitState;

use super::reference_edits::{EditedFile, NewReading, NewReadings};
use super::reference_list::{ListedReference, ReferenceList, UnsearchedFile};
use super::refusal::RefsRefusal;
use super::search::check_searched;
use super::stamps::{ContentChange, StampComparison};
use super::typed_place::TypedPlace;
use super::{RefsSelection, SelectedReferences};
use crate::{
    JournaledRun, Observer, OpsError, Reach, ReferenceUpdates, RegistryTransaction, Revision,
    RewrittenFile, Writer,
};

/// Which references to review.
#[derive(Debug)]
pub enum ReviewSelection {
    /// Those with a stamp in these files, and all of those on these lines: `FILE` or `FILE:LINE`,
    /// as typed.
    Places(Vec<OsString>),
    /// Those with a stamp that name this file: a path, an identity or its first digits, or a second
    /// identity.
    Target(OsString),
    /// All with a stamp.
    All,
}

/// Which references to review, and how.
#[derive(Debug)]
pub struct ReviewOptions {
    /// The references.
    pub selection: ReviewSelection,
    /// Change nothing.
    pub is_dry_run: bool,
}

/// The references to review.
#[derive(Debug, Default)]
pub struct ReviewPlan {
    /// The references that get a new stamp.
    pub reviewed: Vec<ReviewedReference>,
    /// The references that cannot be reviewed.
    pub unreviewed: Vec<Unreviewed>,
    /// The number of references whose stamp is right already.
    pub right: usize,
    /// Those of them whose line the working tree does not have: they get it in the index only.
    pub index_only: Vec<ListedReference>,
    /// The files whose unstaged changes stay unstaged.
    pub unstaged: Vec<RepoPath>,
    /// The files that may have references, but could not be searched.
    pub unsearched: Vec<UnsearchedFile>,
}

/// A reference that gets a new stamp.
#[derive(Debug)]
pub struct ReviewedReference {
    /// The reference.
    pub reference: ListedReference,
    /// The new stamp.
    pub stamp: ContentStamp,
    /// The change since it was read, if it had a stamp.
    pub change: Option<ContentChange>,
}

/// A reference that cannot be reviewed.
#[derive(Debug)]
pub struct Unreviewed {
    /// The reference.
    pub reference: ListedReference,
    /// The reason.
    pub reason: UnreviewedReason,
}

idhooks_core::words! {
    /// Why a reference cannot be reviewed.
    pub enum UnreviewedReason, title {
        /// It names no record.
        Unknown = "unknown", "its identity is not in the registry";
        /// It names a file that is deprecated or superseded.
        Former = "former", "its file is deprecated or superseded";
        /// Its file is not in the index.
        Untracked = "untracked", "its file is not in the index";
        /// The content that it names is unmerged or not in this clone.
        Missing = "missing", "the content of its file is unmerged or not in this clone";
        /// The file has no such heading.
        Section = "section", "its file has no such heading";
        /// Its spelling takes no stamp.
        Spelling = "spelling", "its spelling takes no stamp";
        /// It is in a file that git filters or re-encodes.
        Filtered = "filtered", "git filters or re-encodes its file";
    }
}

/// Writes the stamp of the present content into references, in the index and in working files, all
/// or nothing. `tell` is called with the plan before anything is written, and again if git has
/// changed the index in the meantime.
///
/// # Errors
/// Returns an error if a file or a line names no reference, or if a file cannot be read or written.
/// In that case nothing was changed.
pub fn review_references<O: Observer>(
    observer: &mut O,
    repo: &Repo,
    options: &ReviewOptions,
    tell: impl Fn(&mut O, &ReviewPlan),
) -> Result<ReviewPlan, OpsError> {
    if options.is_dry_run {
        // A dry run does not wait for other commands.
        let transaction = RegistryTransaction::open(observer, repo)?;
        return options.carry_out(observer, &transaction, &tell);
    }
    let writer = Writer::open_for(repo, "refs review", Reach::Everything)?;
    writer.run(observer, |observer, transaction| options.carry_out(observer, transaction, &tell))
}

impl ReviewOptions {
    fn carry_out<O: Observer>(
        &self,
        observer: &mut O,
        transaction: &RegistryTransaction<'_>,
        tell: &impl Fn(&mut O, &ReviewPlan),
    ) -> Result<ReviewPlan, OpsError> {
        let repo = transaction.repo;
        let selection = match &self.selection {
            ReviewSelection::Target(subject) => RefsSelection::To(subject.clone()),
            ReviewSelection::Places(_) | ReviewSelection::All => RefsSelection::All,
        };
        let revision = Revision::default();
        let selected = SelectedReferences::new(observer, repo, &revision, &selection)?;
        let view = revision.view(repo)?;
        let mut found = selected.find(repo, &view, transaction.registry())?;
        self.select(repo, &view, &mut found)?;
        let mut stamps = StampComparison::new(repo, &view, transaction.registry());
        let mut plan = ReviewPlan { unsearched: found.unsearched, ..ReviewPlan::default() };
        found.references.into_iter().for_each(|reference| plan.add(&mut stamps, reference));
        let files = plan.files(transaction)?;
        tell(observer, &plan);
        if self.is_dry_run || files.is_empty() {
            return Ok(plan);
        }
        let (files, entries) = ReferenceUpdates { files, doubts: Vec::new() }.steps(repo)?;
        let what = "refs review".to_owned();
        let run = JournaledRun { what, files, entries, events: Vec::new() };
        transaction.write_together(observer, transaction.registry(), run)?;
        Ok(plan)
    }

    /// Keeps the references to review.
    fn select(
        &self,
        repo: &Repo,
        view: &CommitState,
        found: &mut ReferenceList,
    ) -> Result<(), OpsError> {
        let ReferenceList { references, unsearched } = found;
        let ReviewSelection::Places(typed) = &self.selection else {
            references.retain(|reference| reference.stamp.is_some());
            return Ok(());
        };
        let places = typed.iter().map(|typed| TypedPlace::parse(repo, view, typed));
        let places: Vec<TypedPlace> = places.collect::<Result<_, _>>()?;
        let config = view.config(repo)?;
        for place in &places {
            if view.unmerged.contains(&place.path) {
                return Err(RefsRefusal::Unmerged(place.path.clone()).into());
            }
            check_searched(view, &config, &place.path)?;
            let is_searched = !unsearched.iter().any(|file| file.path == place.path);
            let mut named = references.iter().filter(|reference| place.names(reference));
            if place.line.is_some() && is_searched && named.next().is_none() {
                let (path, line) = (place.path.clone(), place.line.unwrap_or_default());
                let column = place.column;
                return Err(RefsRefusal::NoReference { path, line, column }.into());
            }
        }
        references.retain(|reference| {
            let mut naming = places.iter().filter(|place| place.names(reference));
            // A file stands for its stamps; a new stamp is only given to what was named.
            naming.any(|place| place.line.is_some() || reference.stamp.is_some())
        });
        unsearched.retain(|file| places.iter().any(|place| place.path == file.path));
        Ok(())
    }
}

impl ReviewPlan {
    /// Adds a reference where it belongs.
    fn add(&mut self, stamps: &mut StampComparison<'_>, reference: ListedReference) {
        let Some(stamp) = stamps.present(&reference) else {
            let reason = match &reference.named {
                None => UnreviewedReason::Unknown,
                // An unmerged file counts as deleted in the registry of the next commit.
                Some(named) if stamps.lacks_content(&named.path) => UnreviewedReason::Missing,
                Some(named) if named.status != Status::Active => UnreviewedReason::Former,
                Some(named) if stamps.has_file(&named.path) => UnreviewedReason::Section,
                Some(_) => UnreviewedReason::Untracked,
            };
            self.unreviewed.push(Unreviewed { reference, reason });
            return;
        };
        if reference.stamp == Some(stamp) {
            self.right += 1;
            return;
        }
        let change = stamps.change(&reference);
        self.reviewed.push(ReviewedReference { reference, stamp, change });
    }

    /// Returns the files with the new stamps. References that cannot be stamped move to the others.
    fn files(
        &mut self,
        transaction: &RegistryTransaction<'_>,
    ) -> Result<Vec<RewrittenFile>, OpsError> {
        let mut readings: BTreeMap<RepoPath, NewReadings> = BTreeMap::new();
        for ReviewedReference { reference, stamp, .. } in &self.reviewed {
            let ListedReference { path, line, column, target, .. } = reference;
            let reading = NewReading { target: target.clone(), stamp: Some(*stamp) };
            readings.entry(path.clone()).or_default().insert([*line, *column], reading);
        }
        let repo = transaction.repo;
        let filtered = repo.git().filtered(readings.keys())?;
        let mut files = Vec::new();
        for (path, readings) in &readings {
            let is_filtered = filtered.contains(path);
            let Some(entry) = transaction.entry(path).filter(|_| !is_filtered) else {
                self.refuse(path, UnreviewedReason::Filtered, &|_| true);
                continue;
            };
            let file = RewrittenFile::unchanged(path, entry);
            let edited = EditedFile::plan(repo, &transaction.config, file, readings)?;
            if !edited.unedited.is_empty() {
                let is_unedited = |place| edited.unedited.binary_search(&place).is_ok();
                self.refuse(path, UnreviewedReason::Spelling, &is_unedited);
            }
            if edited.has_unstaged {
                self.unstaged.push(path.clone());
            }
            let references = self.reviewed.iter().map(|one| &one.reference);
            self.index_only.extend(edited.index_only(references));
            files.extend(Some(edited.file).filter(RewrittenFile::changes));
        }
        Ok(files)
    }

    /// Moves references in a file to those that cannot be reviewed.
    fn refuse(
        &mut self,
        path: &RepoPath,
        reason: UnreviewedReason,
        is_meant: &dyn Fn([usize; 2]) -> bool,
    ) {
        let is_refused = |one: &mut ReviewedReference| {
            let ListedReference { path: own, line, column, .. } = &one.reference;
            own == path && is_meant([*line, *column])
        };
        let refused = self.reviewed.extract_if(.., is_refused);
        let refused = refused.map(|one| Unreviewed { reference: one.reference, reason });
        self.unreviewed.extend(refused);
    }
}
