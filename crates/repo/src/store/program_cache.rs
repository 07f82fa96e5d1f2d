//! [`ProgramCache`]: the caches from which package managers run programs without installing them.

use std::path::{Component, Path};

use super::resolve_path;

idhooks_core::words! {
    /// A cache whose files may be deleted at any time.
    pub enum ProgramCache, lasting_install {
        /// That of uv, which `uvx` runs programs from.
        Uv = "uv", "uv tool install idhooks";
        /// That of npm, which `npx` runs programs from.
        Npx = "npx", "npm install -D idhooks";
        /// That of `pipx run`.
        PipxRun = "pipx run", "pipx install idhooks";
        /// That of pre-commit.
        PreCommit = "pre-commit", "uv tool install idhooks, or pipx install idhooks";
        /// That of prek.
        Prek = "prek", "uv tool install idhooks, or pipx install idhooks";
        /// The Nix store, from which programs without a profile are removed.
        Nix = "Nix", "nix profile install <flake of idhooks>";
    }
}

impl ProgramCache {
    /// Returns the cache that a program is in, even if a symlink leads there. A profile of Nix leads
    /// to the store and keeps what it leads to, so only a path of the store itself counts.
    pub fn of(program: &Path) -> Option<Self> {
        let real = resolve_path(program).ok().and_then(|real| Self::by_directories(&real));
        Self::by_directories(program).or(real.filter(|cache| *cache != ProgramCache::Nix))
    }

    fn by_directories(path: &Path) -> Option<Self> {
        let parts = path_parts(path);
        let pair = |first: &[&str], second: &str| {
            parts.windows(2).any(|pair| first.contains(&pair[0]) && pair[1] == second)
        };
        // The home directories of most of these programs can be set, so directories inside them are
        // better signs than their names.
        let is_of_uv = |part: &str| {
            let dirs = ["archive-v", "environments-v", "builds-v"];
            let version = dirs.iter().find_map(|dir| part.strip_prefix(dir));
            version.is_some_and(|v| !v.is_empty() && v.bytes().all(|b| b.is_ascii_digit()))
        };
        // uv puts each environment below such a directory, with the program in a directory of its own.
        let is_of_uv = parts.iter().rev().skip(3).any(|part| is_of_uv(part));
        let kinds = ["py_env-", "node_env-", "rustenv-"];
        let is_environment = |part: &&str| kinds.iter().any(|kind| part.starts_with(kind));
        let found = if pair(&["prek"], "hooks") || pair(&["prek"], "cache") {
            ProgramCache::Prek
        } else if is_of_uv {
            ProgramCache::Uv
        } else if parts.contains(&"_npx") {
            ProgramCache::Npx
        } else if pair(&[".cache", "Caches"], "pipx") || pair(&["pipx"], ".cache") {
            ProgramCache::PipxRun
        } else if parts.iter().any(is_environment) {
            ProgramCache::PreCommit
        } else if pair(&["nix"], "store") {
            ProgramCache::Nix
        } else {
            return None;
        };
        Some(found)
    }
}

/// Returns the names in a path.
pub(super) fn path_parts(path: &Path) -> Vec<&str> {
    let names = path.components().filter_map(|part| match part {
        Component::Normal(name) => name.to_str(),
        _ => None,
    });
    names.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn caches_are_known_by_their_directories() {
        // As uv 0.13, npm 11, pipx 1.18, pre-commit 4 and prek 0.5 lay them out.
        for (path, cache) in [
            ("/home/a/.cache/uv/archive-v0/6ClFITbJUM-JXqzJ/bin/idhooks", Some(ProgramCache::Uv)),
            ("/elsewhere/archive-v12/6Cl/bin/idhooks", Some(ProgramCache::Uv)),
            ("/home/a/archive-v/bin/idhooks", None),
            (
                "/home/a/.npm/_npx/6b7f270436645a8a/node_modules/@idhooks/linux-x64/bin/idhooks",
                Some(ProgramCache::Npx),
            ),
            ("/home/a/.cache/pipx/c539b568024c72c/bin/idhooks", Some(ProgramCache::PipxRun)),
            ("/home/a/.local/pipx/.cache/c539b568024c72c/bin/idhooks", Some(ProgramCache::PipxRun)),
            (
                "/home/a/.cache/pre-commit/repob_k3n8nd/py_env-python3.11/bin/idhooks",
                Some(ProgramCache::PreCommit),
            ),
            (
                "/home/a/.cache/prek/hooks/python-lRDfKHTiIyBwjgZGjvlG/bin/idhooks",
                Some(ProgramCache::Prek),
            ),
            ("/nix/store/abc-idhooks-0.1.0/bin/idhooks", Some(ProgramCache::Nix)),
            ("/home/a/.nix-profile/bin/idhooks", None),
            ("/home/a/.local/share/uv/tools/idhooks/bin/idhooks", None),
            ("/home/a/.local/share/pipx/venvs/idhooks/bin/idhooks", None),
            ("/p/node_modules/@idhooks/linux-x64/bin/idhooks", None),
            ("/home/a/.cargo/bin/idhooks", None),
            ("/src/prek/target/debug/idhooks", None),
            ("/home/prek/src/hooks/bin/idhooks", None),
            ("/home/a/archive-v2/bin/idhooks", None),
        ] {
            assert_eq!(ProgramCache::of(Path::new(path)), cache, "{path}");
        }
    }

    // Windows makes symbolic links for administrators only.
    #[cfg(unix)]
    #[test]
    fn a_symlink_does_not_hide_a_cache() {
        use std::fs;

        let dir = tempfile::tempdir().expect("a temporary directory");
        let cached = dir.path().join("archive-v0/x/bin");
        fs::create_dir_all(&cached).expect("writable");
        fs::write(cached.join("idhooks"), "").expect("writable");
        let link = dir.path().join("idhooks");
        std::os::unix::fs::symlink(cached.join("idhooks"), &link).expect("writable");
        assert_eq!(ProgramCache::of(&link), Some(ProgramCache::Uv));
    }
}
