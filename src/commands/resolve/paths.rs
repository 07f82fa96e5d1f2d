//! Which side keeps its paths, where both have an identity at different ones and no registry in common.

use std::str::FromStr;

use idhooks_core::merge::{Contested, MergeError, MergeSide, contested, merge_with_paths_of};
use idhooks_core::registry::{Origin, Registry, RepoPath, TextError};
use idhooks_repo::git::Repo;
use idhooks_repo::history::{Contest, Lineage};

use crate::error::{CommandError, CommandResult};
use crate::output::{Ui, count};

/// How many contested identities an error lists.
const SHOWN: usize = 10;

/// The value of `--path`: an origin and the path that keeps it.
#[derive(Debug, Clone)]
pub(super) struct KeptPath {
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

/// Both sides of a merge without a common registry.
pub(super) struct Sides {
    pub(super) ours: Registry,
    pub(super) theirs: Registry,
}

impl Sides {
    /// Merges the sides of what git does in the repository now.
    pub(super) fn merged(
        &self,
        ui: &mut Ui,
        repo: &Repo,
        kept: &[KeptPath],
    ) -> CommandResult<Result<Registry, MergeError>> {
        let Sides { ours, theirs } = self;
        let contested = contested(ours, theirs);
        if contested.is_empty() {
            assert_none(kept)?;
            return Ok(merge_with_paths_of(MergeSide::Ours, ours, theirs));
        }
        let (head, merging) = (Vec::from_iter(repo.head()?), repo.merge_heads()?);
        if merging.is_empty() {
            // The next commit has HEAD as its only parent, as after a cherry-pick of a root commit.
            assert_none(kept)?;
            announce(ui, &contested, MergeSide::Ours, ours);
            return Ok(merge_with_paths_of(MergeSide::Ours, ours, theirs));
        }
        let contest = Contest::of(repo, contested, &head, &merging)?;
        let side = decided(&contest, kept, [ours, theirs])?;
        announce(ui, &contest.contested, side, ours);
        hint_other(ui, &contest.contested, side);
        Ok(merge_with_paths_of(side, ours, theirs))
    }
}

/// Checks that no path is named where nothing is contested.
pub(super) fn assert_none(kept: &[KeptPath]) -> CommandResult<()> {
    let Some(KeptPath { origin, .. }) = kept.first() else { return Ok(()) };
    Err(CommandError::new(format!("the merge need not choose a path for '{origin}'"))
        .hint("run without --path: idhooks resolve"))
}

/// Chooses the side of a merge of commits, if anything is contested.
pub(super) fn choose(
    ui: &mut Ui,
    repo: &Repo,
    lineage: &mut Lineage,
    kept: &[KeptPath],
) -> CommandResult<()> {
    let Some(contest) = lineage.contest.clone() else { return assert_none(kept) };
    let registries = lineage.parents.iter().filter_map(|parent| parent.registry());
    let [ours, theirs] = registries.cloned().collect::<Vec<_>>().try_into().map_err(|_| {
        CommandError::new("cannot choose between the paths of more than two commits")
            .hint("merge them one by one")
    })?;
    let side = decided(&contest, kept, [&ours, &theirs])?;
    announce(ui, &contest.contested, side, &ours);
    hint_other(ui, &contest.contested, side);
    let chosen = if side == MergeSide::Ours { &ours } else { &theirs };
    Ok(lineage.choose_as(repo, chosen)?)
}

/// Returns the side that a person chose or, failing that, that made all that is contested.
fn decided(
    contest: &Contest,
    kept: &[KeptPath],
    [ours, theirs]: [&Registry; 2],
) -> CommandResult<MergeSide> {
    let mut chosen: Option<(MergeSide, &KeptPath)> = None;
    for one in kept {
        let side = side_of(&contest.contested, one)?;
        if let Some((_, first)) = chosen.filter(|(first, _)| *first != side) {
            let message = format!(
                "'{}' is the path of another side than '{}': the paths of one side are taken for all",
                one.path, first.path
            );
            return Err(CommandError::new(message).hint("name paths of one side"));
        }
        chosen = Some((side, one));
    }
    let side = chosen.map(|(side, _)| side).or_else(|| contest.maker());
    side.ok_or_else(|| undecided(contest, [ours, theirs]))
}

/// Returns the side that has an origin at a path.
fn side_of(contested: &[Contested], kept: &KeptPath) -> CommandResult<MergeSide> {
    let KeptPath { origin, path } = kept;
    let Some(one) = contested.iter().find(|one| one.origin == *origin) else {
        return assert_none(std::slice::from_ref(kept)).map(|()| MergeSide::Ours);
    };
    one.side_with(path).ok_or_else(|| {
        CommandError::new(format!("neither side has '{origin}' at '{path}'")).hint(format!(
            "name one of its paths: '{}' (ours) or '{}' (theirs)",
            one.ours, one.theirs
        ))
    })
}

/// Returns the error for a merge that a person must decide.
fn undecided(contest: &Contest, [ours, theirs]: [&Registry; 2]) -> CommandError {
    let contested = &contest.contested;
    let error = CommandError::new(
        "cannot decide which paths keep their identities: the histories of both sides do not show who allocated all of them",
    );
    let (here, there) = (ours.by_origin(), theirs.by_origin());
    let causes = contested.iter().map(|one| {
        let record = here.get(&one.origin).or_else(|| there.get(&one.origin));
        let id = record.map_or_else(String::new, |record| format!("{} ", record.id));
        let made_by = contest.made_by.get(&one.origin);
        let made_by =
            made_by.map_or_else(String::new, |side| format!("; allocated by {}", side.as_str()));
        format!(
            "{id}(origin {}): '{}' in ours, '{}' in theirs{made_by}",
            one.origin, one.ours, one.theirs
        )
    });
    let mut error = causes.take(SHOWN).fold(error, |error, cause| error.because(&cause));
    if let Some(more) = contested.len().checked_sub(SHOWN + 1) {
        error = error.because(&format!("and {} more", more + 1));
    }
    let [ours, theirs] =
        MergeSide::ALL.map(|side| contested.first().map(|one| one.path_option(side)));
    error
        .hint(format!("to take our paths: idhooks resolve {}", ours.unwrap_or_default()))
        .hint(format!("to take theirs: idhooks resolve {}", theirs.unwrap_or_default()))
}

fn announce(ui: &mut Ui, contested: &[Contested], side: MergeSide, ours: &Registry) {
    let identities = count(contested.len(), "identity", "identities");
    ui.status(&format!(
        "the sides have {identities} at different paths, and no registry in common; took the paths of {}",
        side.as_str()
    ));
    let records = ours.by_origin();
    ui.lines(contested.iter().take(SHOWN).filter_map(|one| {
        let id = records.get(&one.origin)?.id;
        let (path, other) = (one.path(side), one.path(side.reversed()));
        Some(format!("{id} keeps '{path}', not '{other}'"))
    }));
}

fn hint_other(ui: &mut Ui, contested: &[Contested], side: MergeSide) {
    if let Some(first) = contested.first() {
        let other = side.reversed();
        let (name, option) = (other.as_str(), first.path_option(other));
        ui.hint(&format!("to take the paths of {name} instead: idhooks resolve {option}"));
    }
}
