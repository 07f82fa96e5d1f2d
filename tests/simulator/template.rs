//! An adopted repository with a hub, made once and copied for every history.

use std::path::Path;

use idhooks_core::registry::REGISTRY_PATH;
use tempfile::TempDir;

use crate::common::{Git, Repo, SCOPE};

/// The source of the members' directories.
pub(crate) struct Template {
    /// The git it was made with.
    pub(crate) git: Git,
    /// Whether members often choose the same number: identities are sequential, or numbers are few.
    pub(crate) sequential: bool,
    dir: TempDir,
}

impl Template {
    /// Makes an adopted repository (`hooked`), a clone without hooks (`plain`), and the bare
    /// repository they share (`hub.git`).
    pub(crate) fn new(git: &Git, options: &str) -> Template {
        let repo = Repo::empty(git);
        for (number, path) in FILES.iter().enumerate() {
            repo.stage(path, text(&format!("born-0-{number}"), 12));
        }
        let is_full = options == FULL;
        let strategy = if is_full { "" } else { options };
        repo.idhooks(format!("init --scope {SCOPE} {strategy}").as_str()).ok().done();
        repo.idhooks("install").ok().done();
        repo.commit("adopt");
        if is_full {
            let registry = String::from_utf8(repo.registry("HEAD")).expect("a registry is text");
            repo.stage(REGISTRY_PATH, registry.replace("\"counters\":{}", &floors()));
            repo.commit("others have nearly all numbers");
        }
        for number in 1..4 {
            let path = FILES[number * 2];
            repo.append(path, &format!("edit-0-{number}\n"));
            repo.stage(format!("src/first-{number}.py"), text(&format!("born-00-{number}"), 12));
            repo.run(["commit", "-q", "-a", "-m", "begin"]);
        }
        repo.run("branch dev");
        for (name, word) in [("hub.git", "--bare"), ("plain", "--quiet")] {
            repo.run(["init", "-q", "-b", "main", word, &format!("../{name}")]);
        }
        repo.run("remote add hub ../hub.git");
        repo.run("push -q hub main dev");
        let plain = repo.beside("plain");
        plain.run("remote add hub ../hub.git");
        plain.run("fetch -q hub");
        plain.run("checkout -q --no-track -b dev hub/dev");
        plain.run("checkout -q --no-track -b main hub/main");
        let dir = tempfile::tempdir().expect("a temporary directory");
        for (from, to) in [("work", "hooked"), ("plain", "plain"), ("hub.git", "hub.git")] {
            copy(&repo.root().join(from), &dir.path().join(to));
        }
        Template { git: git.clone(), sequential: options.contains("sequential") || is_full, dir }
    }

    /// Copies one of the repositories into the directory of a history.
    pub(crate) fn put(&self, kind: &str, place: &Path) {
        copy(&self.dir.path().join(kind), place);
    }
}

/// Stands for counters that are full or nearly so.
pub(crate) const FULL: &str = "full";

/// Returns floors that leave no number in the counters of some files, and few in the next ones.
fn floors() -> String {
    let floor =
        |(counter, floor): (&str, u32)| format!("\"{counter}_{SCOPE}\":{{\"floor\":{floor}}}");
    let floors = [("100_01", 99_999), ("998_20", 99_988), ("999_01", 99_988), ("999_20", 99_999)];
    format!("\"counters\":{{{}}}", floors.map(floor).join(","))
}

const FILES: [&str; 8] = [
    "data/alpha.txt",
    "docs/alpha.md",
    "docs/beta.md",
    "lib/core/alpha.py",
    "lib/core/beta.txt",
    "src/alpha.py",
    "src/beta.py",
    "src/core/gamma.py",
];

/// Returns a text that shares no line with one of another birth.
pub(crate) fn text(birth: &str, lines: usize) -> String {
    (1..=lines).map(|line| format!("{birth} line {line}\n")).collect()
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).expect("a directory can be made");
    for entry in std::fs::read_dir(from).expect("a readable directory") {
        let entry = entry.expect("a readable entry");
        let (path, place) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type().expect("the entry is there").is_dir() {
            copy(&path, &place);
        } else {
            std::fs::copy(path, place).expect("a file can be copied");
        }
    }
}
