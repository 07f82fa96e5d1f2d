//! What an accident may leave: the registry of before or of after, whole, and locks of git.

use serde_json::Value;

use crate::common::Repo;
use crate::judge::objects::Objects;

const REGISTRY: &str = ".idhooks/registry.json";

/// Checks all objects. For commit graphs and indexes of several packs, which these repositories do not have,
/// git would start four more programs.
pub(crate) const FSCK: &str = "-c core.commitGraph=false -c core.multiPackIndex=false \
    fsck --no-dangling --no-progress";

/// Returns the repository with a clock that stands still, so that what is done again is the same.
pub(super) fn at_one_time(repo: &Repo) -> Repo {
    let date = "1800000000 +0000";
    repo.with("GIT_AUTHOR_DATE", date).with("GIT_COMMITTER_DATE", date)
}

/// The registry in HEAD, in the index and in the working tree.
pub(super) struct State([Option<Vec<u8>>; 3]);

impl State {
    pub(super) fn of(repo: &Repo) -> State {
        let mut objects = Objects::of(repo);
        let mut stored =
            |name: &str| objects.find(&format!("{name}:{REGISTRY}")).map(|found| found.bytes);
        State([stored("HEAD"), stored(""), std::fs::read(repo.path().join(REGISTRY)).ok()])
    }

    /// Returns the state after an operation, and those of the commits it made or came by.
    pub(super) fn between(before: &Repo, after: &Repo) -> Vec<State> {
        let made = format!("^{}", before.rev("HEAD"));
        let commits = after.ask(["rev-list", "HEAD", &made]);
        let mut objects = Objects::of(after);
        let registries = commits.lines().map(|commit| format!("{commit}:{REGISTRY}"));
        let states = registries.map(|name| State([Some(objects.get(&name).bytes), None, None]));
        states.chain([State::of(after)]).collect()
    }

    /// Asserts that the registry is, wherever it is, one of those. What git calls a conflict is
    /// none of them, but in the working tree both sides of it are whole.
    pub(super) fn assert_one_of(&self, states: &[State], repo: &Repo) {
        let whole: Vec<_> = states.iter().flat_map(|state| state.0.iter()).collect();
        let is_conflict = || !repo.ask(["ls-files", "--unmerged", REGISTRY]).is_empty();
        for (found, place) in self.0.iter().zip(["HEAD", "index", "working tree"]) {
            let known = whole.contains(&found);
            let in_conflict = || match place {
                "HEAD" => false,
                "index" => found.is_none(),
                _ => found.as_ref().is_some_and(|found| {
                    let is_whole = |side: &String| serde_json::from_str::<Value>(side).is_ok();
                    sides(&String::from_utf8_lossy(found)).iter().all(is_whole)
                }),
            };
            let fine = known || (in_conflict() && is_conflict());
            assert!(fine, "{place}\n{}", repo.situation());
        }
        let left = repo.git("status --porcelain --untracked-files=all").stdout();
        assert!(!left.contains(".tmp"), "left behind:\n{left}");
    }
}

/// Returns our side and theirs of a text that may have conflict markers.
fn sides(text: &str) -> [String; 2] {
    let mut sides = [String::new(), String::new()];
    let mut within = [true, true];
    for line in text.split_inclusive('\n') {
        match line.get(..7) {
            Some("<<<<<<<") => within = [true, false],
            Some("=======") => within = [false, true],
            Some(">>>>>>>") => within = [true, true],
            _ => sides
                .iter_mut()
                .zip(within)
                .filter(|(_, is)| *is)
                .for_each(|(side, _)| side.push_str(line)),
        }
    }
    sides
}

/// Removes what a killed git has left, after the next command has named its lock.
pub(super) fn unlock(repo: &Repo) {
    for entry in std::fs::read_dir(repo.path()).expect("readable").flatten() {
        if entry.file_name().to_string_lossy().starts_with(".merge_file_") {
            std::fs::remove_file(entry.path()).expect("a file of git can be removed");
        }
    }
    let lock = repo.path().join(".git/index.lock");
    if lock.exists() {
        let line = "commit -q --allow-empty -m locked";
        repo.try_git(line).refused().complains("index.lock").done();
        assert!(lock.exists(), "a lock of git was taken away");
        std::fs::remove_file(lock).expect("a lock can be removed");
    }
}
