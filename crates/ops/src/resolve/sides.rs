//! Determines which side keeps its paths if both sides have an identity at different paths and no
//! common registry.

use std::str::FromStr;

use idhooks_core::merge::{Contested, MergeSide, contested, merge_with_paths_of};
use idhooks_core::registry::{Origin, Registry, RepoPath, TextError};
use idhooks_repo::git::Repo;
use idhooks_repo::history::{Contest, Lineage};
use idhooks_repo::state::StateError;

use super::notice::ResolveNotice;
use super::refusal::ResolveRefusal;
use crate::{Notice, Observer, OpsError};

/// An origin, and the path that it is to keep.
#[derive(Debug, Clone)]
pub struct KeptPath {
    origin: Origin,
    path: RepoPath,
}

impl FromStr for KeptPath {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        let parts = text.split_once('=');
        let kept = parts.and_then(|(origin, path)| {
            let path = RepoPath::new(path.trim_start_matches("./").as_bytes()).ok()?;
            Some(KeptPath { origin: origin.parse().ok()?, path })
        });
        kept.ok_or_else(|| TextError::new(text, "an origin, '=' and a path"))
    }
}

/// The two sides of a merge without a common registry.
pub(super) struct Sides {
    pub(super) ours: Registry,
    pub(super) theirs: Registry,
}

impl Sides {
    /// Merges the two sides of the git operation in progress.
    pub(super) fn merged(
        &self,
        observer: &mut dyn Observer,
        repo: &Repo,
        kept: &[KeptPath],
    ) -> Result<Registry, OpsError> {
        let side = self.kept_side(observer, repo, kept)?;
        Ok(merge_with_paths_of(side, &self.ours, &self.theirs).map_err(StateError::from)?)
    }

    fn kept_side(
        &self,
        observer: &mut dyn Observer,
        repo: &Repo,
        kept: &[KeptPath],
    ) -> Result<MergeSide, OpsError> {
        let contested = contested(&self.ours, &self.theirs);
        if contested.is_empty() {
            assert_none(kept)?;
            return Ok(MergeSide::Ours);
        }
        let (head, merging) = (Vec::from_iter(repo.head()?), repo.merge_heads()?);
        if merging.is_empty() {
            // The next commit will have HEAD as its only parent, as when cherry-picking a root
            // commit.
            assert_none(kept)?;
            announce(observer, contested, MergeSide::Ours, false);
            return Ok(MergeSide::Ours);
        }
        let contest = Contest::of(repo, contested, &head, &merging)?;
        Ok(chosen(observer, contest, kept)?)
    }
}

/// Checks that no path is named if nothing is contested.
pub(super) fn assert_none(kept: &[KeptPath]) -> Result<(), ResolveRefusal> {
    kept.first().map_or(Ok(()), |one| Err(ResolveRefusal::NothingToChoose(one.origin)))
}

/// Chooses a side when merging commits, if anything is contested.
pub(super) fn choose(
    observer: &mut dyn Observer,
    repo: &Repo,
    lineage: &mut Lineage,
    kept: &[KeptPath],
) -> Result<(), OpsError> {
    let Some(contest) = lineage.contest.clone() else { return Ok(assert_none(kept)?) };
    let registries = lineage.parents.iter().filter_map(|parent| parent.registry());
    let [ours, theirs] = registries
        .cloned()
        .collect::<Vec<_>>()
        .try_into()
        .map_err(|_| ResolveRefusal::ManyCommits)?;
    let side = chosen(observer, contest, kept)?;
    Ok(lineage.choose_as(repo, if side == MergeSide::Ours { &ours } else { &theirs })?)
}

/// Returns the side that the user chose, or else the side that made all contested allocations.
fn chosen(
    observer: &mut dyn Observer,
    contest: Contest,
    kept: &[KeptPath],
) -> Result<MergeSide, ResolveRefusal> {
    let mut chosen: Option<(MergeSide, &KeptPath)> = None;
    for one in kept {
        let side = side_of(&contest.contested, one)?;
        // A merge takes the paths from one side only.
        if let Some((_, first)) = chosen.filter(|(first, _)| *first != side) {
            return Err(ResolveRefusal::PathsOfBoth(one.path.clone(), first.path.clone()));
        }
        chosen = Some((side, one));
    }
    let side = chosen.map(|(side, _)| side).or_else(|| contest.maker());
    let Some(side) = side else { return Err(ResolveRefusal::Undecided(contest)) };
    announce(observer, contest.contested, side, true);
    Ok(side)
}

/// Returns the side that has an origin at a path.
fn side_of(contested: &[Contested], kept: &KeptPath) -> Result<MergeSide, ResolveRefusal> {
    let KeptPath { origin, path } = kept.clone();
    let one = contested.iter().find(|one| one.origin == origin);
    let one = one.ok_or(ResolveRefusal::NothingToChoose(origin))?;
    let sides = || MergeSide::ALL.map(|side| one.path(side).clone());
    one.side_with(&path).ok_or_else(|| ResolveRefusal::OtherPath { origin, path, sides: sides() })
}

fn announce(
    observer: &mut dyn Observer,
    contested: Vec<Contested>,
    side: MergeSide,
    is_choice: bool,
) {
    observer.notice(Notice::Resolve(ResolveNotice::PathsChosen { contested, side, is_choice }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use idhooks_core::registry::Id;

    fn contest() -> Contest {
        let path = |text: &str| RepoPath::new(text.as_bytes()).unwrap();
        let contested = Contested {
            origin: "76ba9e9fca5bc789".parse().unwrap(),
            ours: path("a"),
            theirs: path("b"),
            id: Id::from_number(2010000007260118).unwrap(),
        };
        Contest { contested: vec![contested], made_by: [].into() }
    }

    fn choose(contest: Contest, kept: &[&str]) -> Result<MergeSide, ResolveRefusal> {
        let kept: Vec<KeptPath> = kept.iter().map(|kept| kept.parse().unwrap()).collect();
        chosen(&mut Vec::new(), contest, &kept)
    }

    #[test]
    fn a_named_path_decides_before_the_history() {
        let mut contest = contest();
        assert!(matches!(choose(contest.clone(), &[]), Err(ResolveRefusal::Undecided(_))));
        contest.made_by = [(contest.contested[0].origin, MergeSide::Ours)].into();
        assert_eq!(choose(contest.clone(), &[]).unwrap(), MergeSide::Ours);
        assert_eq!(choose(contest, &["76ba9e9fca5bc789=./b"]).unwrap(), MergeSide::Theirs);
    }

    #[test]
    fn paths_of_both_sides_are_refused() {
        let kept = ["76ba9e9fca5bc789=a", "76ba9e9fca5bc789=b"];
        assert!(matches!(choose(contest(), &kept), Err(ResolveRefusal::PathsOfBoth(..))));
        let other = choose(contest(), &["76ba9e9fca5bc789=c"]);
        assert!(matches!(other, Err(ResolveRefusal::OtherPath { .. })));
        let unknown = choose(contest(), &["0000000000000001=a"]);
        assert!(matches!(unknown, Err(ResolveRefusal::NothingToChoose(_))));
    }
}
