//! [`InstallMethod`]: how a program was installed, recognized from its path.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use super::program_cache::{ProgramCache, is_in_nix_store, path_parts};
use super::resolve_path;

idhooks_core::words! {
    /// How idhooks was installed.
    pub enum InstallMethod, how_to_install {
        /// With pip, in a virtual environment or elsewhere.
        Pip = "pip", "pip install --upgrade idhooks, or uv pip install --upgrade idhooks";
        /// As a tool of uv.
        Uv = "uv", "uv tool install --upgrade idhooks";
        /// With pipx.
        Pipx = "pipx", "pipx install --force idhooks";
        /// With npm, in a project or globally.
        Npm = "npm", "npm install -D idhooks@latest and npx idhooks install, or npm install -g idhooks@latest";
        /// As a Debian package.
        Deb = "deb", "sudo dpkg -i idhooks_<version>_<architecture>.deb";
        /// With Homebrew.
        Brew = "brew", "brew install idhooks";
        /// With Scoop, on Windows.
        Scoop = "scoop", "scoop install idhooks, or scoop update idhooks";
        /// With winget, on Windows.
        Winget = "winget", "winget install idhooks, or winget upgrade idhooks";
        /// With Nix.
        Nix = "nix", "nix profile install <flake of idhooks>, or nix profile upgrade idhooks";
        /// Compiled by cargo.
        Cargo = "cargo", "cargo install --locked idhooks, or ./install.sh in its source tree";
        /// From an archive of a release, or in another way that leaves no trace.
        Archive = "archive", "unpack the archive of a release of idhooks, and put its program into a directory on PATH";
    }
}

impl InstallMethod {
    /// Returns this in words.
    pub fn described(self) -> String {
        match self {
            InstallMethod::Archive => "from an archive".to_owned(),
            InstallMethod::Deb => "from a Debian package".to_owned(),
            other => format!("installed by {}", other.as_str()),
        }
    }

    /// Returns how the program at this path was installed. Symlinks are followed: package managers
    /// put one on `PATH`.
    pub fn of(program: &Path) -> Self {
        let real = resolve_path(program).unwrap_or_else(|_| program.to_owned());
        let by_name = [&real, program].into_iter().find_map(by_directories);
        let cached = || ProgramCache::of(program).map(InstallMethod::from);
        by_name.or_else(cached).or_else(|| by_traces(&real)).unwrap_or(InstallMethod::Archive)
    }
}

impl From<ProgramCache> for InstallMethod {
    /// Returns how the package manager with this cache installs a program permanently.
    fn from(cache: ProgramCache) -> Self {
        match cache {
            ProgramCache::Uv | ProgramCache::PreCommit | ProgramCache::Prek => InstallMethod::Uv,
            ProgramCache::Npx
            | ProgramCache::PnpmDlx
            | ProgramCache::Bun
            | ProgramCache::YarnDlx => InstallMethod::Npm,
            ProgramCache::PipxRun => InstallMethod::Pipx,
            ProgramCache::Nix => InstallMethod::Nix,
        }
    }
}

/// Recognizes the directories of package managers.
fn by_directories(path: &Path) -> Option<InstallMethod> {
    if is_in_nix_store(path) {
        return Some(InstallMethod::Nix);
    }
    let parts = path_parts(path);
    let has = |wanted: &[&str]| parts.windows(wanted.len()).any(|parts| parts == wanted);
    let known: [(&[&str], InstallMethod); 6] = [
        (&["node_modules"], InstallMethod::Npm),
        (&["Cellar"], InstallMethod::Brew),
        (&["scoop", "apps"], InstallMethod::Scoop),
        (&["WinGet", "Packages"], InstallMethod::Winget),
        (&["uv", "tools"], InstallMethod::Uv),
        (&["pipx", "venvs"], InstallMethod::Pipx),
    ];
    known.into_iter().find(|(wanted, _)| has(wanted)).map(|(_, method)| method)
}

/// Recognizes the files that an installation leaves elsewhere.
fn by_traces(real: &Path) -> Option<InstallMethod> {
    let dir = real.parent()?;
    let root = dir.parent()?;
    // uv and pipx may keep their tools in other directories, which variables name.
    let method =
        [("uv-receipt.toml", InstallMethod::Uv), ("pipx_metadata.json", InstallMethod::Pipx)];
    if let Some((_, method)) = method.into_iter().find(|(file, _)| root.join(file).is_file()) {
        return Some(method);
    }
    if real == Path::new("/usr/bin/idhooks")
        && Path::new("/var/lib/dpkg/info/idhooks.list").exists()
    {
        return Some(InstallMethod::Deb);
    }
    let installed = fs::read_to_string(root.join(".crates.toml")).unwrap_or_default();
    // Cargo leaves the second file in every directory that it compiles in.
    let is_compiled =
        || real.ancestors().skip(2).take(3).any(|a| a.join(".rustc_info.json").is_file());
    if installed.contains("\"idhooks ") || is_compiled() {
        return Some(InstallMethod::Cargo);
    }
    (root.join("pyvenv.cfg").is_file() || has_wheel(root)).then_some(InstallMethod::Pip)
}

/// Returns whether pip has installed idhooks below this directory, outside a virtual environment.
fn has_wheel(root: &Path) -> bool {
    let entries = |dir: PathBuf| fs::read_dir(dir).into_iter().flatten().flatten();
    let starts = |name: &OsStr, start: &str| name.to_string_lossy().starts_with(start);
    let versions = entries(root.join("lib")).filter(|entry| starts(&entry.file_name(), "python"));
    let libraries = versions.map(|entry| entry.path()).chain([root.join("Lib")]);
    let packages =
        libraries.flat_map(|lib| ["site-packages", "dist-packages"].map(|d| lib.join(d)));
    packages.flat_map(entries).any(|entry| {
        let name = entry.file_name();
        starts(&name, "idhooks-") && name.to_string_lossy().ends_with(".dist-info")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn package_managers_are_known_by_their_directories() {
        for (path, method) in [
            ("/home/a/.local/share/uv/tools/idhooks/bin/idhooks", InstallMethod::Uv),
            ("/home/a/.local/share/pipx/venvs/idhooks/bin/idhooks", InstallMethod::Pipx),
            ("/p/node_modules/@idhooks/linux-x64/bin/idhooks", InstallMethod::Npm),
            ("/opt/homebrew/Cellar/idhooks/0.1.0/bin/idhooks", InstallMethod::Brew),
            ("/nix/store/abc-idhooks-0.1.0/bin/idhooks", InstallMethod::Nix),
            ("/srv/nix/store/bin/idhooks", InstallMethod::Archive),
            ("C:/Users/a/scoop/apps/idhooks/current/idhooks.exe", InstallMethod::Scoop),
            ("/home/a/.cache/uv/archive-v0/6Cl/bin/idhooks", InstallMethod::Uv),
            ("/home/a/.cache/pipx/c539/bin/idhooks", InstallMethod::Pipx),
            ("/somewhere/bin/idhooks", InstallMethod::Archive),
        ] {
            assert_eq!(InstallMethod::of(Path::new(path)), method, "{path}");
        }
    }

    #[test]
    fn installations_are_known_by_their_files() {
        for (file, text, method) in [
            ("uv-receipt.toml", "", InstallMethod::Uv),
            ("pipx_metadata.json", "", InstallMethod::Pipx),
            ("pyvenv.cfg", "", InstallMethod::Pip),
            ("lib/python3.11/site-packages/idhooks-0.1.0.dist-info/RECORD", "", InstallMethod::Pip),
            ("Lib/site-packages/idhooks-0.1.0.dist-info/RECORD", "", InstallMethod::Pip),
            ("lib/python3.11/site-packages/idhooksy/RECORD", "", InstallMethod::Archive),
            (".crates.toml", "\"idhooks 0.1.0 (path)\" = [\"idhooks\"]", InstallMethod::Cargo),
            (".crates.toml", "\"ripgrep 14.0.0 (path)\" = [\"rg\"]", InstallMethod::Archive),
            (".rustc_info.json", "{}", InstallMethod::Cargo),
        ] {
            let root = tempfile::tempdir().expect("a temporary directory");
            let (program, file) = (root.path().join("bin/idhooks"), root.path().join(file));
            for path in [&program, &file] {
                fs::create_dir_all(path.parent().expect("has one")).expect("writable");
            }
            fs::write(&program, "").expect("writable");
            fs::write(&file, text).expect("writable");
            assert_eq!(InstallMethod::of(&program), method, "{}", file.display());
        }
    }
}
