//! A power cut wherever idhooks is about to sync something, and at the end: what was not synced before is
//! lost, one change at a time and all of them. What git wrote is on the disk: `core.fsync` is `all`.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::state::{FSCK, State, at_one_time, unlock};
use super::stops::Stops;
use crate::common::{Git, Repo, for_each_git, gits, sample, sample_of};
use crate::judge::{self, View};

/// A change that idhooks made and that a power cut may undo.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Change {
    /// The content of a file was written.
    Content(PathBuf),
    /// A file was renamed; another one may have been at its new path.
    Rename { from: PathBuf, to: PathBuf, replaced: Option<PathBuf> },
    /// A file was removed.
    Removal { path: PathBuf, removed: Option<PathBuf> },
}

/// A change with the directories that must be synced for it to last.
#[derive(Debug, Clone)]
struct PendingPaths {
    change: Change,
    dirs: BTreeSet<PathBuf>,
}

impl PendingPaths {
    /// Returns the changes of a record that were not synced.
    fn read(record: &Path) -> Vec<PendingPaths> {
        let log = std::fs::read_to_string(record.join("log")).unwrap_or_default();
        let mut pending: Vec<PendingPaths> = Vec::new();
        for line in log.lines() {
            let words: Vec<String> = serde_json::from_str(line).expect("a list of words");
            let path = |n: usize| words.get(n).map(PathBuf::from);
            let first = path(1).expect("an operation has a path");
            match &*words[0] {
                "write" => {
                    pending.retain(|it| it.change != Change::Content(first.clone()));
                    let (change, dirs) = (Change::Content(first), BTreeSet::new());
                    pending.push(PendingPaths { change, dirs });
                }
                "sync" => {
                    pending.retain(|it| it.change != Change::Content(first.clone()));
                    pending.retain_mut(|it| !it.dirs.remove(&first) || !it.dirs.is_empty());
                }
                "rename" | "renamed" => {
                    let to = path(2).expect("two paths");
                    pending.retain(|it| it.change != Change::Content(to.clone()));
                    for it in &mut pending {
                        if it.change == Change::Content(first.clone()) {
                            it.change = Change::Content(to.clone());
                        }
                    }
                    let ends = [Some(&to), Some(&first).filter(|from| !is_temporary(from))];
                    let dirs = ends.into_iter().flatten().map(|path| dir_of(path)).collect();
                    let change = Change::Rename { from: first, to, replaced: path(3) };
                    pending.push(PendingPaths { change, dirs });
                }
                "remove" => {
                    pending.retain(|it| it.change != Change::Content(first.clone()));
                    let dirs = [dir_of(&first)].into();
                    let change = Change::Removal { path: first, removed: path(2) };
                    pending.push(PendingPaths { change, dirs });
                }
                other => unreachable!("an unknown operation: {other}"),
            }
        }
        pending
    }

    fn paths(&self) -> Vec<&PathBuf> {
        match &self.change {
            Change::Content(path) | Change::Removal { path, .. } => vec![path],
            Change::Rename { from, to, .. } => vec![from, to],
        }
    }

    /// Undoes it in a copy of the repository, in which at most the start of a content is left.
    fn lose(&self, place: &dyn Fn(&Path) -> PathBuf, left: usize) {
        match &self.change {
            Change::Content(path) => {
                let path = place(path);
                if let Ok(mut bytes) = std::fs::read(&path) {
                    bytes.truncate(bytes.len() * left / 2);
                    std::fs::remove_file(&path).expect("a file can be removed");
                    std::fs::write(&path, bytes).expect("a file can be written");
                }
            }
            Change::Rename { from, to, replaced } => {
                let (from, to) = (place(from), place(to));
                if std::fs::symlink_metadata(&to).is_ok() {
                    match is_temporary(&from) {
                        true => std::fs::remove_file(&to).expect("a file can be removed"),
                        false => std::fs::rename(&to, &from).expect("a file can be renamed"),
                    }
                }
                restore(&to, replaced.as_deref());
            }
            Change::Removal { path, removed } => restore(&place(path), removed.as_deref()),
        }
    }
}

fn restore(path: &Path, from: Option<&Path>) {
    if let Some(from) = from {
        std::fs::copy(from, path).expect("a file can be copied");
    }
}

fn dir_of(path: &Path) -> PathBuf {
    path.parent().expect("a file is in a directory").to_owned()
}

/// Returns whether a name means nothing to anyone after the process has ended.
fn is_temporary(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.ends_with(".tmp") || name.starts_with("tmp_obj_")
}

/// Returns the sets of changes that a power cut may undo: each with those that build upon it, and all.
fn losses(pending: &[PendingPaths]) -> Vec<Vec<&PendingPaths>> {
    let mut sets: Vec<Vec<&PendingPaths>> = Vec::new();
    for (n, first) in pending.iter().enumerate() {
        let mut paths: Vec<&PathBuf> = first.paths();
        let mut set = vec![first];
        for later in &pending[n + 1..] {
            if later.paths().iter().any(|path| paths.contains(path)) {
                paths.extend(later.paths());
                set.push(later);
            }
        }
        sets.push(set);
    }
    if pending.len() > 1 {
        sets.push(pending.iter().collect());
    }
    sets
}

/// Returns a number that depends on the names, modes and bytes of all that is below a directory.
fn bytes_below(dir: &Path) -> u64 {
    let mut hasher = DefaultHasher::new();
    let entries = std::fs::read_dir(dir).expect("a readable directory").flatten();
    for path in entries.map(|entry| entry.path()).collect::<BTreeSet<_>>() {
        path.file_name().hash(&mut hasher);
        let facts = path.symlink_metadata().expect("the entry is there");
        facts.permissions().mode().hash(&mut hasher);
        let kind = facts.file_type();
        match () {
            () if kind.is_dir() => bytes_below(&path).hash(&mut hasher),
            () if kind.is_symlink() => std::fs::read_link(&path).ok().hash(&mut hasher),
            () => std::fs::read(&path).ok().hash(&mut hasher),
        }
    }
    hasher.finish()
}

/// How much a run was cut.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cuts {
    /// Where something was about to be synced, and the end.
    pub(crate) points: usize,
    /// The states that a power cut could leave there.
    pub(crate) states: usize,
}

/// Runs a command line, and cuts the power wherever something is about to be synced. `judge` gets the
/// states that this could leave, a third of them by default, in a copy of the repository each.
#[expect(clippy::print_stderr, reason = "shown where a test fails: which state")]
pub(crate) fn cut_everywhere(start: &Repo, line: &str, judge: &dyn Fn(&Repo)) -> Cuts {
    let record = start.root().join("record");
    let _ = std::fs::remove_dir_all(&record);
    std::fs::create_dir(&record).expect("a directory can be made");
    let plain = start.copy_as("recorded");
    let name = record.to_str().expect("a temporary directory has a plain name");
    let mut stops = Stops::start(&plain.with("IDHOOKS_RECORD", name), line);
    let mut cuts = Cuts::default();
    let mut states = States::default();
    loop {
        let stop = stops.next();
        let point = stop.as_ref().map_or("the end", |stop| &stop.point);
        if stop.is_none() || point.starts_with("before a sync") {
            cuts.points += 1;
            let pending = PendingPaths::read(&record);
            cuts.states += states.add(&plain, point, &losses(&pending));
        }
        if stop.is_none() {
            break;
        }
        stops.go_on();
    }
    let ended = stops.end();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    std::fs::remove_dir_all(plain.path()).expect("a copy can be removed");
    for number in sample(states.found.len()) {
        let (state, lost) = &states.found[number];
        eprintln!("--- '{line}', {lost}");
        let copy = state.copy_as("cut");
        judge(&copy);
        std::fs::remove_dir_all(copy.path()).expect("a copy can be removed");
    }
    for (state, _) in states.found {
        std::fs::remove_dir_all(state.path()).expect("links can be removed");
    }
    cuts
}

/// What power cuts could leave.
#[derive(Default)]
struct States {
    /// Each with what was lost, in directories of links.
    found: Vec<(Repo, String)>,
    /// Their bytes.
    bytes: BTreeSet<u64>,
}

impl States {
    /// Adds the states that losing each of these sets at a point leaves, unless an earlier state had the same
    /// bytes; returns how many there are.
    fn add(&mut self, plain: &Repo, point: &str, losses: &[Vec<&PendingPaths>]) -> usize {
        if losses.is_empty() {
            return 0;
        }
        // Nine of ten states are equal to an earlier one, which links to one copy show without a process.
        // Links to files of the repository itself would change their times under the program.
        let whole = plain.copy_as("whole");
        for lost in losses {
            let linked = plain.beside(&format!("linked-{}", self.found.len()));
            link_all(whole.path(), linked.path());
            let place = |path: &Path| match path.strip_prefix(plain.path()) {
                Ok(below) => linked.path().join(below),
                Err(_) => path.to_owned(),
            };
            let left = usize::from(lost.len() > 1);
            let (contents, names): (Vec<&PendingPaths>, Vec<&PendingPaths>) =
                lost.iter().partition(|it| matches!(it.change, Change::Content(_)));
            contents.into_iter().for_each(|it| it.lose(&place, left));
            names.into_iter().rev().for_each(|it| it.lose(&place, left));
            // At a time that stands still, equal bytes have equal consequences: what is not synced at one
            // point is often not synced at the next.
            if self.bytes.insert(bytes_below(linked.path())) {
                self.found.push((linked, format!("{point}: {lost:#?}")));
            } else {
                std::fs::remove_dir_all(linked.path()).expect("links can be removed");
            }
        }
        std::fs::remove_dir_all(whole.path()).expect("a copy can be removed");
        losses.len()
    }
}

/// Makes the same directories with links to the same files.
fn link_all(from: &Path, to: &Path) {
    std::fs::create_dir(to).expect("a directory can be made");
    for entry in std::fs::read_dir(from).expect("a readable directory").flatten() {
        let (path, link) = (entry.path(), to.join(entry.file_name()));
        match entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            true => link_all(&path, &link),
            false => std::fs::hard_link(&path, &link).expect("a link can be made"),
        }
    }
    let permissions = from.metadata().expect("the directory is there").permissions();
    std::fs::set_permissions(to, permissions).expect("own directory");
}

/// Returns an adopted repository in which git syncs all that it writes, at a time that stands still.
fn synced(git: &Git) -> Repo {
    let repo = at_one_time(&Repo::adopted(git));
    repo.run("config core.fsync all");
    repo
}

/// Cuts the power everywhere in `line`, which `conclude` completes.
fn cut(start: &Repo, line: &str, conclude: fn(&Repo)) -> Cuts {
    let whole = start.copy_as("undisturbed");
    let ended = Stops::start(&whole, line).end();
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.stderr, whole.situation());
    // Git makes a merge commit before the hook that completes it.
    let unhooked = start.copy_as("unhooked");
    unhooked.run("config core.hooksPath ../none");
    Stops::start(&unhooked, line).end();
    let mut known = vec![State::of(start)];
    known.extend([&whole, &unhooked].into_iter().flat_map(|repo| State::between(start, repo)));
    conclude(&whole);
    let ids = View::of(&whole, "HEAD").ids();
    cut_everywhere(start, line, &|repo| {
        State::of(repo).assert_one_of(&known, repo);
        repo.run(FSCK);
        unlock(repo);
        conclude(repo);
        let merges = repo.ask("log --format=%H --merges HEAD~1 --");
        judge::assert_consistent_except(repo, &merges.lines().collect::<Vec<_>>());
        judge::assert_clean(repo);
        repo.run(FSCK);
        repo.idhooks("check --rev HEAD").ok().done();
        assert_eq!(View::of(repo, "HEAD").ids(), ids, "identities\n{}", repo.situation());
    })
}

#[track_caller]
fn assert_at_least(cuts: Cuts, points: usize, states: usize) {
    let is_enough = cuts.points >= points && cuts.states >= states;
    assert!(is_enough, "{cuts:?} instead of {points} and {states}: is it a debug build?");
}

/// Runs the scenario with one git, and with each in the long form.
#[track_caller]
fn for_some_git(scenario: impl Fn(&Git)) {
    sample_of(gits()).into_iter().for_each(scenario);
}

#[test]
fn commit() {
    for_some_git(|git| {
        let repo = synced(git);
        crate::commits::stage_each_kind(&repo);
        let cuts = cut(&repo, "commit -q -m new", |repo| {
            if repo.ask("log -1 --format=%s") != "new" {
                repo.run("commit -q -m new");
            }
        });
        assert_at_least(cuts, 7, 7);
    });
}

#[test]
fn merge_that_is_completed_afterwards() {
    for_some_git(|git| {
        let repo = synced(git);
        crate::merges::shapes::move_a_directory_against_an_addition(&repo);
        let line = "-c merge.directoryRenames=true merge -q --no-edit side";
        let cuts = cut(&repo, line, |repo| {
            const LINE: &str = "-c merge.directoryRenames=true merge -q --no-edit side";
            let is_merging = || repo.try_git("rev-parse -q --verify MERGE_HEAD").succeeded();
            if !repo.try_git("merge-base --is-ancestor side HEAD").succeeded() && !is_merging() {
                repo.try_git(LINE).done();
            }
            if is_merging() {
                repo.idhooks("resolve").ok().done();
                repo.run("commit -q --no-edit");
            }
            repo.commit_file("last.md", "last\n");
        });
        assert_at_least(cuts, 7, 7);
    });
}

/// Commands sync what their journals and refs name whatever is configured.
#[test]
fn mv() {
    for_some_git(|git| {
        for fsync in ["all", "none"] {
            let repo = synced(git);
            repo.run(["config", "core.fsync", fsync]);
            let id = repo.id("docs/guide.md");
            let line = "idhooks mv docs/guide.md docs/manual.md";
            let cuts = cut_everywhere(&repo, line, &|repo| {
                repo.run(FSCK);
                let is_moved = !repo.ask("ls-files -- docs/manual.md").is_empty();
                assert!(!is_moved || repo.exists("docs/manual.md"), "{}", repo.situation());
                if !is_moved {
                    repo.idhooks("mv docs/guide.md docs/manual.md").ok().done();
                }
                repo.commit("move");
                assert_eq!(repo.id("docs/manual.md"), id);
                judge::assert_good(repo);
                repo.idhooks("rename --rollback").refused().complains("no run to undo").done();
            });
            assert_at_least(cuts, 12, 12);
        }
    });
}

#[test]
fn nothing_is_synced_that_is_not_asked_for() {
    for_each_git(|git| {
        for (fsync, expected) in [
            ("none", ""),
            ("committed", "object"),
            ("loose-object", "object"),
            ("reference", ""),
            ("index", "file index"),
            ("added", "file index object"),
            ("all", "file index object"),
        ] {
            let repo = Repo::adopted(git);
            repo.run(["config", "core.fsync", fsync]);
            repo.stage("docs/new.md", "new\n");
            let record = repo.root().join("record");
            std::fs::create_dir(&record).expect("a directory can be made");
            let name = record.to_str().expect("a temporary directory has a plain name");
            repo.with("IDHOOKS_RECORD", name).commit("new");
            let log = std::fs::read_to_string(record.join("log")).expect("a record");
            let mut kinds = BTreeSet::new();
            let mut synced = BTreeSet::new();
            for line in log.lines() {
                let words: Vec<String> = serde_json::from_str(line).expect("a list of words");
                match (&*words[0], words.get(2)) {
                    ("sync", _) => drop(synced.insert(words[1].clone())),
                    ("rename", Some(to)) if synced.contains(&words[1]) => {
                        kinds.insert(match () {
                            () if to.contains("/.git/objects/") => "object",
                            () if to.ends_with("/.git/index") => "index",
                            () => "file",
                        });
                    }
                    _ => {}
                }
            }
            let kinds: Vec<&str> = kinds.into_iter().collect();
            assert_eq!(kinds.join(" "), expected, "{fsync}\n{log}");
        }
    });
}
