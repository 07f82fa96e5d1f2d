//! Repositories as many scenarios begin with, above all right after `idhooks init`: made once in a
//! process, then written out again for every scenario.

use std::collections::HashMap;
use std::fs::{self, File, Permissions};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, OnceLock};
use std::time::SystemTime;

use super::program::write_file;
use super::{Git, Repo};

/// A repository, and the time at which it was made.
struct Template {
    files: Files,
    now: u64,
}

/// What a directory holds, each directory before its content.
pub(crate) struct Files(Vec<Entry>);

/// A directory, or a file with its bytes.
struct Entry {
    path: PathBuf,
    permissions: Permissions,
    modified: SystemTime,
    bytes: Option<Vec<u8>>,
}

/// The templates of this process, by the version of git and a name, as the options of `idhooks init`.
type Templates = HashMap<(PathBuf, String), Arc<OnceLock<Template>>>;
static TEMPLATES: LazyLock<Mutex<Templates>> = LazyLock::new(Mutex::default);

impl Repo {
    /// Creates a repository with some files, adopted, installed and committed.
    pub(crate) fn adopted(git: &Git) -> Repo {
        Repo::adopted_with(git, "")
    }

    /// Creates the same with options for `idhooks init`. It differs in nothing from
    /// `Repo::empty(git).adopt(options)`, but takes one process instead of twenty.
    pub(crate) fn adopted_with(git: &Git, options: &str) -> Repo {
        Repo::made_once(git, options, || Repo::empty(git).adopt(options))
    }

    /// Creates the repository that `make` makes, which has this name: made once in a process.
    pub(crate) fn made_once(git: &Git, name: &str, make: impl FnOnce() -> Repo) -> Repo {
        let key = (git.path.clone(), name.to_owned());
        let template = {
            let mut templates = TEMPLATES.lock().expect("nothing panics while it is held");
            Arc::clone(templates.entry(key).or_default())
        };
        let template = template.get_or_init(|| {
            let repo = make();
            Template { files: Files::read(repo.path()), now: repo.clock.get() }
        });
        let repo = Repo::nowhere(git);
        template.files.write(repo.path());
        repo.run("update-index -q --refresh");
        repo.clock.set(template.now);
        repo
    }
}

impl Files {
    /// Reads everything in a directory.
    pub(crate) fn read(dir: &Path) -> Files {
        let mut entries = Vec::new();
        collect(dir, dir, &mut entries);
        Files(entries)
    }

    /// Writes everything to another directory, which is empty.
    pub(crate) fn write(&self, place: &Path) {
        for Entry { path, permissions, modified, bytes } in &self.0 {
            let path = place.join(path);
            match bytes {
                Some(bytes) => write_file(&path, bytes).expect("a file can be written"),
                None => fs::create_dir(&path).expect("a directory can be made"),
            }
            fs::set_permissions(&path, permissions.clone()).expect("the file is ours");
            // Files older than the index: git and idhooks need not look into them.
            let file = File::open(&path).expect("the file is ours");
            file.set_modified(*modified).expect("the file is ours");
        }
    }
}

/// Collects what is below a directory.
fn collect(top: &Path, dir: &Path, entries: &mut Vec<Entry>) {
    for entry in fs::read_dir(dir).expect("a readable directory") {
        let path = entry.expect("a readable entry").path();
        // What git shows as examples of hooks runs nowhere.
        if path.extension().is_some_and(|extension| extension == "sample") {
            continue;
        }
        let facts = path.symlink_metadata().expect("the entry is there");
        assert!(!facts.is_symlink(), "a template has no links: {}", path.display());
        let bytes = facts.is_file().then(|| fs::read(&path).expect("a readable file"));
        let inside = path.strip_prefix(top).expect("the path is below").to_path_buf();
        let is_directory = bytes.is_none();
        let modified = facts.modified().expect("a time of the file");
        entries.push(Entry { path: inside, permissions: facts.permissions(), modified, bytes });
        if is_directory {
            collect(top, &path, entries);
        }
    }
}

#[test]
fn a_template_is_what_adopting_makes() {
    super::for_each_git(|git| {
        for options in ["", "--strategy sequential"] {
            let (made, written) =
                (Repo::empty(git).adopt(options), Repo::adopted_with(git, options));
            for repo in [&made, &written] {
                repo.run("update-index -q --refresh");
                repo.commit_file("src/next.py", "next\n");
                assert_eq!(repo.ask("status --porcelain"), "");
            }
            assert_eq!(made.rev("HEAD"), written.rev("HEAD"));
            let files = |repo: &Repo| {
                let mut entries = Files::read(repo.path()).0;
                // What has a time of the machine or of a file in it.
                let is_timed = |path: &Path| {
                    let parts = [".git/index", ".git/idhooks", ".git/logs"];
                    parts.iter().any(|part| path.starts_with(part))
                };
                entries.retain(|entry| entry.bytes.is_none() || !is_timed(&entry.path));
                entries.sort_by(|a, b| a.path.cmp(&b.path));
                entries.into_iter().map(|e| (e.path, e.permissions, e.bytes)).collect::<Vec<_>>()
            };
            assert_eq!(files(&made), files(&written));
        }
    });
}
