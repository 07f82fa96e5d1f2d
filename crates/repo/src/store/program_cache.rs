//! [`ProgramCache`]: the caches from which package managers run programs without installing them.

use std::ops::RangeInclusive;
use std::path::{Component, Path};

use super::resolve_path;

idhooks_core::words! {
    /// A cache whose files may be deleted at any time.
    pub enum ProgramCache, lasting_install {
        /// That of uv, which `uvx` runs programs from.
        Uv = "uv", "uv tool install idhooks";
        /// That of npm, which `npx` runs programs from.
        Npx = "npx", "npm install -D idhooks";
        /// That of `pnpm dlx`.
        PnpmDlx = "pnpm dlx", "pnpm add -D idhooks";
        /// That of bun, and the temporary directory that `bunx` runs programs from.
        Bun = "bun", "bun add -d idhooks";
        /// The temporary directory of `yarn dlx`.
        YarnDlx = "yarn dlx", "yarn add -D idhooks";
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
    /// Returns how a user calls the program that [`ProgramCache::lasting_install`] installs. Some
    /// commands that run a program from a cache do so even if it is installed.
    pub const fn installed_program(self) -> &'static str {
        match self {
            ProgramCache::Npx => "npx idhooks",
            ProgramCache::PnpmDlx => "pnpm exec idhooks",
            ProgramCache::Bun => "bunx idhooks",
            ProgramCache::YarnDlx => "yarn idhooks",
            ProgramCache::Uv
            | ProgramCache::PipxRun
            | ProgramCache::PreCommit
            | ProgramCache::Prek
            | ProgramCache::Nix => "idhooks",
        }
    }

    /// Returns the cache that a program is in, even if a symlink leads there. A profile of Nix leads
    /// to the store and keeps what it leads to, so only a path of the store itself counts.
    pub fn of(program: &Path) -> Option<Self> {
        let real = resolve_path(program).unwrap_or_else(|_| program.to_owned());
        let by_real_names = || Self::by_names(&real).filter(|cache| *cache != ProgramCache::Nix);
        Self::by_names(program).or_else(by_real_names).or_else(|| Self::by_traces(&real))
    }

    fn by_names(path: &Path) -> Option<Self> {
        if is_in_nix_store(path) {
            return Some(ProgramCache::Nix);
        }
        let parts = path_parts(path);
        let by_name = |at: usize| Self::by_name(&parts[..at], parts[at], &parts[at + 1..]);
        (0..parts.len()).find_map(by_name)
    }

    /// Recognizes a cache by one of its directories, with the names before and after it. The home
    /// directories of most of these programs can be set, so directories inside them are better signs
    /// than their names; a sign that others may use as well needs a second one.
    fn by_name(before: &[&str], name: &str, after: &[&str]) -> Option<Self> {
        let parent = before.last().copied().unwrap_or_default();
        let child = after.first().copied().unwrap_or_default();
        let found = match name {
            "_npx" => ProgramCache::Npx,
            "dlx" if after.contains(&"node_modules") => {
                let is_of_pnpm = ["pnpm", "pnpm-cache", ".pnpm-cache"].contains(&parent);
                // Each set of packages has a directory with the name of a hash.
                if !is_of_pnpm && !is_word(child, 26..=64, is_lowercase_or_digit) {
                    return None;
                }
                ProgramCache::PnpmDlx
            }
            // Each package has a directory 'NAME@VERSION@@@NUMBER'.
            "cache" if before.ends_with(&[".bun", "install"]) || child_is_of_bun(after) => {
                ProgramCache::Bun
            }
            _ if child == "node_modules" && is_of_bunx(name) => ProgramCache::Bun,
            _ if is_numbered(parent, "xfs-", u8::is_ascii_hexdigit)
                && is_numbered(name, "dlx-", u8::is_ascii_digit) =>
            {
                ProgramCache::YarnDlx
            }
            "pipx" if [".cache", "Caches"].contains(&parent) => ProgramCache::PipxRun,
            ".cache" | "Cache" if parent == "pipx" || is_environment_of_pipx(after) => {
                ProgramCache::PipxRun
            }
            _ if is_environment_of_pre_commit(parent, name) => ProgramCache::PreCommit,
            "hooks" if parent == "prek" && is_environment_of_prek(child) => ProgramCache::Prek,
            // Each environment is below such a directory, with the program in a directory of its own.
            _ if is_bucket_of_uv(name) && after.len() > 2 => {
                // Elsewhere, a file of uv tells that it is its cache.
                if parent != "uv" && !before.ends_with(&["uv", "cache"]) {
                    return None;
                }
                ProgramCache::Uv
            }
            _ => return None,
        };
        Some(found)
    }

    /// Recognizes a cache by the files that its program leaves in it, wherever it is.
    fn by_traces(real: &Path) -> Option<Self> {
        real.ancestors().skip(2).find_map(|dir| {
            let is_bucket = dir.file_name()?.to_str().is_some_and(is_bucket_of_uv);
            if is_bucket && dir.with_file_name("CACHEDIR.TAG").is_file() {
                return Some(ProgramCache::Uv);
            }
            dir.join(".prek-hook.json").is_file().then_some(ProgramCache::Prek)
        })
    }
}

/// Returns whether a path is one of the Nix store, which is always in the same place.
pub(super) fn is_in_nix_store(path: &Path) -> bool {
    path.starts_with("/nix/store")
}

fn is_bucket_of_uv(name: &str) -> bool {
    let buckets = ["archive-v", "environments-v", "builds-v"];
    buckets.iter().any(|bucket| is_numbered(name, bucket, u8::is_ascii_digit))
}

/// Returns whether the directories below a cache are those of an environment of `pipx run`: it has
/// the first 15 digits of a hash as its name.
fn is_environment_of_pipx(after: &[&str]) -> bool {
    let is_hex = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    matches!(after, [hash, "bin" | "Scripts", _] if is_word(hash, 15..=15, is_hex))
}

/// Returns whether a directory is an environment of pre-commit, in the clone that it belongs to,
/// which has a random name.
fn is_environment_of_pre_commit(parent: &str, name: &str) -> bool {
    let is_of_name = |byte: &u8| is_lowercase_or_digit(byte) || *byte == b'_';
    let is_clone = parent.strip_prefix("repo").is_some_and(|rest| is_word(rest, 8..=8, is_of_name));
    is_clone && ["py_env-", "node_env-", "rustenv-"].iter().any(|kind| name.starts_with(kind))
}

/// Returns whether a directory has the name of a language and a random part, as in prek.
fn is_environment_of_prek(name: &str) -> bool {
    let parts = name.rsplit_once('-');
    parts.is_some_and(|(_, random)| is_word(random, 8..=64, u8::is_ascii_alphanumeric))
}

fn child_is_of_bun(after: &[&str]) -> bool {
    after.iter().take(2).any(|part| part.contains("@@@"))
}

/// Returns whether a directory is one that `bunx` makes: 'bunx-USER-PACKAGE'.
fn is_of_bunx(name: &str) -> bool {
    let user = name.strip_prefix("bunx-").and_then(|rest| rest.split_once('-'));
    user.is_some_and(|(user, _)| is_word(user, 1..=20, u8::is_ascii_digit))
}

fn is_numbered(name: &str, start: &str, is_digit: fn(&u8) -> bool) -> bool {
    name.strip_prefix(start).is_some_and(|rest| is_word(rest, 1..=16, is_digit))
}

fn is_word(text: &str, length: RangeInclusive<usize>, is_part: impl Fn(&u8) -> bool) -> bool {
    length.contains(&text.len()) && text.bytes().all(|byte| is_part(&byte))
}

fn is_lowercase_or_digit(byte: &u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
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
        // As uv 0.13, npm 11, pnpm 10, bun 1, yarn 4, pipx 1.18, pre-commit 4 and prek 0.5 lay them out.
        let modules = "node_modules/@idhooks/linux-x64/bin/idhooks";
        let hash = "0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9";
        let of_modules = [
            ("/home/a/.npm/_npx/6b7f270436645a8a".to_owned(), ProgramCache::Npx),
            (format!("/home/a/.cache/pnpm/dlx/{hash}/19c0f-3a"), ProgramCache::PnpmDlx),
            (format!("/home/a/Library/Caches/pnpm/dlx/{hash}/pkg"), ProgramCache::PnpmDlx),
            (
                "C:/Users/a/AppData/Local/pnpm-cache/dlx/x/19c0f-3a".to_owned(),
                ProgramCache::PnpmDlx,
            ),
            (format!("/elsewhere/dlx/{hash}/pkg"), ProgramCache::PnpmDlx),
            ("/tmp/bunx-1000-idhooks@latest".to_owned(), ProgramCache::Bun),
            ("/tmp/xfs-1a2b3c4d/dlx-4711".to_owned(), ProgramCache::YarnDlx),
            (
                "/tmp/xfs-1a2b3c4d/dlx-4711/.yarn/unplugged/@idhooks-linux-x64-npm".to_owned(),
                ProgramCache::YarnDlx,
            ),
        ];
        for (path, cache) in of_modules {
            let path = format!("{path}/{modules}");
            assert_eq!(ProgramCache::of(Path::new(&path)), Some(cache), "{path}");
        }
        for (path, cache) in [
            ("/home/a/.cache/uv/archive-v0/6ClFITbJUM-JXqzJ/bin/idhooks", ProgramCache::Uv),
            ("/home/a/.cache/uv/environments-v2/x-1a2b/bin/idhooks", ProgramCache::Uv),
            (
                "C:/Users/a/AppData/Local/uv/cache/archive-v0/6Cl/Scripts/idhooks.exe",
                ProgramCache::Uv,
            ),
            (
                "/home/a/.bun/install/cache/@idhooks/linux-x64@0.1.0@@@1/bin/idhooks",
                ProgramCache::Bun,
            ),
            ("/elsewhere/cache/@idhooks/linux-x64@0.1.0@@@1/bin/idhooks", ProgramCache::Bun),
            ("/home/a/.cache/pipx/c539b568024c72c/bin/idhooks", ProgramCache::PipxRun),
            ("/home/a/.local/pipx/.cache/c539b568024c72c/bin/idhooks", ProgramCache::PipxRun),
            ("/srv/tools/.cache/c539b568024c72c/bin/idhooks", ProgramCache::PipxRun),
            ("/Users/a/Library/Caches/pipx/c539b568024c72c/bin/idhooks", ProgramCache::PipxRun),
            (
                "C:/Users/a/AppData/Local/pipx/pipx/Cache/c539b568024c72c/Scripts/idhooks.exe",
                ProgramCache::PipxRun,
            ),
            (
                "/home/a/.cache/pre-commit/repob_k3n8nd/py_env-python3.11/bin/idhooks",
                ProgramCache::PreCommit,
            ),
            (
                "/home/a/.cache/prek/hooks/python-lRDfKHTiIyBwjgZGjvlG/bin/idhooks",
                ProgramCache::Prek,
            ),
            ("/nix/store/abc-idhooks-0.1.0/bin/idhooks", ProgramCache::Nix),
        ] {
            assert_eq!(ProgramCache::of(Path::new(path)), Some(cache), "{path}");
        }
    }

    #[test]
    fn other_directories_with_similar_names_are_no_caches() {
        for path in [
            "/home/a/.nix-profile/bin/idhooks",
            "/srv/nix/store/bin/idhooks",
            "/home/a/.local/share/uv/tools/idhooks/bin/idhooks",
            "/home/a/archive-v2/bin/idhooks",
            "/data/archive-v2/tools/x/idhooks",
            "/home/a/archive-v/bin/idhooks",
            "/home/a/.local/share/pipx/venvs/idhooks/bin/idhooks",
            "C:/Users/a/AppData/Local/pipx/pipx/venvs/idhooks/Scripts/idhooks.exe",
            "/home/a/.cache/tools/bin/idhooks",
            "/p/node_modules/@idhooks/linux-x64/bin/idhooks",
            "/src/dlx/app/node_modules/@idhooks/linux-x64/bin/idhooks",
            "/home/a/.local/share/pnpm/global/5/node_modules/@idhooks/linux-x64/bin/idhooks",
            "/home/a/.bun/install/global/node_modules/@idhooks/linux-x64/bin/idhooks",
            "/src/bunx-tools/node_modules/@idhooks/linux-x64/bin/idhooks",
            "/src/dlx-1/node_modules/@idhooks/linux-x64/bin/idhooks",
            "/home/a/venvs/py_env-3.12/bin/idhooks",
            "/src/repo/py_env-3.12/bin/idhooks",
            "/src/repository/py_env-3.12/bin/idhooks",
            "/home/a/.cargo/bin/idhooks",
            "/src/prek/target/debug/idhooks",
            "/home/prek/src/hooks/bin/idhooks",
            "/home2/prek/hooks/idhooks",
            "/src/prek/cache/bin/idhooks",
        ] {
            assert_eq!(ProgramCache::of(Path::new(path)), None, "{path}");
        }
    }

    #[test]
    fn caches_elsewhere_are_known_by_their_files() {
        use std::fs;

        let dir = tempfile::tempdir().expect("a temporary directory");
        for (program, trace, cache) in [
            ("a/archive-v12/6Cl/bin/idhooks", "a/CACHEDIR.TAG", ProgramCache::Uv),
            (
                "b/hooks/python-x/bin/idhooks",
                "b/hooks/python-x/.prek-hook.json",
                ProgramCache::Prek,
            ),
        ] {
            let (program, trace) = (dir.path().join(program), dir.path().join(trace));
            fs::create_dir_all(program.parent().expect("has one")).expect("writable");
            fs::write(&program, "").expect("writable");
            assert_eq!(ProgramCache::of(&program), None, "{}", program.display());
            fs::write(trace, "").expect("writable");
            assert_eq!(ProgramCache::of(&program), Some(cache), "{}", program.display());
        }
    }

    // Windows makes symbolic links for administrators only.
    #[cfg(unix)]
    #[test]
    fn a_symlink_does_not_hide_a_cache() {
        use std::fs;

        let dir = tempfile::tempdir().expect("a temporary directory");
        let cached = dir.path().join("uv/archive-v0/x/bin");
        fs::create_dir_all(&cached).expect("writable");
        fs::write(cached.join("idhooks"), "").expect("writable");
        let link = dir.path().join("idhooks");
        std::os::unix::fs::symlink(cached.join("idhooks"), &link).expect("writable");
        assert_eq!(ProgramCache::of(&link), Some(ProgramCache::Uv));
    }
}
