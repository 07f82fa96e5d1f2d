//! Programs of the machine that are replaced by scripts.

use crate::common::{Repo, write_script};

/// Returns the same repository where programs of the machine are these scripts.
pub(crate) fn with_programs(repo: &Repo, programs: &[(&str, &str)]) -> Repo {
    let dir = repo.root().join("programs");
    std::fs::create_dir_all(&dir).expect("a directory");
    for (name, script) in programs {
        write_script(&dir.join(name), script);
    }
    let path = repo.search_path();
    let path = [dir].into_iter().chain(std::env::split_paths(&path));
    let path = std::env::join_paths(path).expect("a path");
    repo.with("PATH", path.to_str().expect("a plain path"))
}
