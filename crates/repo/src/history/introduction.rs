//! Finds the commit that introduced a part of a file, such as a reference on a line.

use idhooks_core::registry::{Allocation, BlobId, RepoPath};

use crate::git::{Commit, CommitId, Repo};

use super::file_places::{FilePlaces, PlacedBlob};

/// What came of looking for a part of a file in an earlier version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TracedPart<T> {
    /// It is there, perhaps in another form.
    Present(T),
    /// It is not there.
    Absent,
    /// It cannot be told: the version is missing, or several parts may be meant.
    Unknown,
}

/// Where a part of a file was introduced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Introduction {
    /// In this commit.
    Commit(CommitId),
    /// In the index: no commit has it yet.
    Index,
}

/// Follows a part of a file in the index back through its history, as `git blame` follows a line:
/// where a parent has the part, only that parent is followed. Visits at most so many commits.
/// Returns `None` if it cannot be told which commit introduced it. Nothing is fetched.
///
/// `find` looks for the part in another version of the file.
pub fn introduction<T: Clone>(
    repo: &Repo,
    tips: &[CommitId],
    file: TracedFile<'_>,
    part: &T,
    mut find: impl FnMut(&T, &RepoPath, BlobId) -> TracedPart<T>,
) -> Option<Introduction> {
    let TracedFile { path, record, most } = file;
    let mut trace = PartTrace { repo, places: FilePlaces::of(repo, record), find: &mut find };
    let step = trace.follow(part, None, tips, &mut |places, commit| places.at_tip(commit, path));
    let TraceStep::To(mut at) = step else {
        return (step == TraceStep::Ended).then_some(Introduction::Index);
    };
    for _ in 0..most {
        let TracedVersion { id, commit, place, part } = &at;
        let in_parent = &mut |places: &mut FilePlaces<'_>, parent: &Commit| {
            places.in_parent(commit, parent, &place.path, place.blob)
        };
        match trace.follow(part, Some(place.blob), &commit.parents, in_parent) {
            TraceStep::To(next) => at = next,
            TraceStep::Ended => return Some(Introduction::Commit(*id)),
            TraceStep::Lost => return None,
        }
    }
    None
}

/// A file of the index whose part is followed.
#[derive(Debug, Clone, Copy)]
pub struct TracedFile<'f> {
    /// Its path.
    pub path: &'f RepoPath,
    /// Its record; a file without one is followed by its path.
    pub record: Option<&'f Allocation>,
    /// How many commits are visited at most.
    pub most: usize,
}

/// Follows a part of a file.
struct PartTrace<'t, 'r, T> {
    repo: &'r Repo,
    places: FilePlaces<'r>,
    find: &'t mut dyn FnMut(&T, &RepoPath, BlobId) -> TracedPart<T>,
}

/// A version of the file that has the part.
struct TracedVersion<T> {
    id: CommitId,
    commit: Commit,
    place: PlacedBlob,
    part: T,
}

/// Where a part comes from.
enum TraceStep<T> {
    /// From this commit, or from an earlier one.
    To(TracedVersion<T>),
    /// From no earlier commit.
    Ended,
    /// It cannot be told.
    Lost,
}

impl<T> PartialEq for TraceStep<T> {
    fn eq(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

impl<T: Clone> PartTrace<'_, '_, T> {
    /// Looks for a part in commits, the first one first. `known` is the content that has it.
    fn follow(
        &mut self,
        part: &T,
        known: Option<BlobId>,
        commits: &[CommitId],
        place: &mut dyn FnMut(&mut FilePlaces<'_>, &Commit) -> Option<PlacedBlob>,
    ) -> TraceStep<T> {
        let mut is_lost = false;
        for id in commits {
            let Some(commit) =
                self.repo.has_commit(*id).then(|| self.repo.commit(*id).ok()).flatten()
            else {
                is_lost = true;
                continue;
            };
            let Some(place) = place(&mut self.places, &commit) else { continue };
            let found = match Some(place.blob) == known {
                true => TracedPart::Present(part.clone()),
                false => (self.find)(part, &place.path, place.blob),
            };
            match found {
                TracedPart::Present(part) => {
                    return TraceStep::To(TracedVersion { id: *id, commit, place, part });
                }
                TracedPart::Absent => {}
                TracedPart::Unknown => is_lost = true,
            }
        }
        match is_lost || self.places.is_incomplete {
            true => TraceStep::Lost,
            false => TraceStep::Ended,
        }
    }
}
