//! Programs of the machine that are replaced by scripts.

use crate::common::{Repo, skip, write_script};

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

/// Asserts that systemd itself takes the user's units, where it is installed. What it has to say of the
/// machine's own units does not count.
pub(crate) fn verify_units(repo: &Repo, names: &str) {
    let told = repo.sh(&format!(
        "verify='systemd-analyze verify --recursive-errors=no'
         $verify --help >/dev/null 2>&1 || exit 77
         mkdir -p ../run
         cd ../home/.config/systemd/user
         XDG_RUNTIME_DIR=\"$OLDPWD/../run\" $verify --user --man=no {names}"
    ));
    if told.exit() == Some(77) {
        skip("systemd-analyze is not installed, or older than 250");
    } else {
        assert_eq!(told.ok().stderr(), "");
    }
}
