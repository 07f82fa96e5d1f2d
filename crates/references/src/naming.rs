//! A file's new name, and the well-known names that must not change because tools look for them.

use idhooks_core::config::{Config, ModuleNaming};
use idhooks_core::registry::{Allocation, FileName, Id, RepoPath};

/// Whether identities are added to names or removed from them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Names are prefixed with their identity.
    To,
    /// The identity is removed from names.
    From,
}

/// Why a file keeps its current name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameRefusal {
    /// Tools or people look for a file with this name.
    #[error("'{0}' keeps its name: {1}")]
    Reserved(RepoPath, String),
    /// The file is a Python module, and the configuration excludes modules.
    #[error("'{0}' keeps its name: the rules exclude Python modules")]
    Module(RepoPath),
    /// The name begins with an identity that is not the file's own.
    #[error("'{0}' begins with {1}, which is not its identity")]
    Foreign(RepoPath, Id),
    /// Without its identity, the name would be empty or invalid.
    #[error("'{0}' would have no valid name")]
    Nameless(RepoPath),
}

/// Returns a file's new path, which may be its current one.
///
/// # Errors
/// Returns an error if the file must keep its name.
pub fn new_path(
    config: &Config,
    record: &Allocation,
    path: &RepoPath,
    way: Way,
) -> Result<RepoPath, NameRefusal> {
    let name = FileName::of(path.basename());
    // The claimed identity may have been added to the name before a merge reassigned the identity.
    if let Some(id) = name.id().filter(|id| !record.answers_to(*id) && record.claim != *id) {
        return Err(NameRefusal::Foreign(path.clone(), id));
    }
    let head = match way {
        Way::From => Vec::new(),
        Way::To => {
            // No tool looks for a name that already has an identity.
            if name.digits.is_none()
                && let Some(why) = reason(path.basename())
            {
                return Err(NameRefusal::Reserved(path.clone(), why));
            }
            let is_module = path.extension().is_some_and(|e| e.eq_ignore_ascii_case(b"py"));
            let modules = config.name_rule(path).map(|rule| rule.modules).unwrap_or_default();
            if is_module && modules == ModuleNaming::Refuse {
                return Err(NameRefusal::Module(path.clone()));
            }
            FileName::head_of(record.id, is_module)
        }
    };
    let nameless = || NameRefusal::Nameless(path.clone());
    if name.rest.is_empty() {
        return Err(nameless());
    }
    path.with_basename(&[&head, name.rest].concat()).map_err(|_| nameless())
}

/// Complete names that have a special meaning, in lower case.
const NAMES: &str = "\
    _config.yml action.yaml action.yml app.yaml brewfile build build.bazel build.rs build.zig \
    cargo.lock cargo.toml chart.yaml cmakelists.txt cname codeowners compose.yaml compose.yml \
    composer.json composer.lock configure configure.ac conftest.py containerfile default.nix \
    deno.json deny.toml docker-compose.yaml docker-compose.yml dockerfile dodo.py fabfile.py \
    favicon.ico flake.lock flake.nix funding.yml gemfile gemfile.lock go.mod go.sum gradlew \
    gradlew.bat index.htm index.html index.js index.md index.ts jenkinsfile justfile \
    kustomization.yaml makefile gnumakefile makefile.am manage.py manifest.in meson.build \
    mkdocs.yaml mkdocs.yml mvnw mvnw.cmd noxfile.py package-lock.json package.json pipfile \
    pipfile.lock pnpm-lock.yaml poetry.lock pom.xml procfile pyproject.toml pytest.ini rakefile \
    robots.txt sconstruct setup.cfg setup.py shell.nix sitecustomize.py sitemap.xml tox.ini \
    tsconfig.json usercustomize.py uv.lock vagrantfile values.yaml versioneer.py workspace \
    yarn.lock";
/// Names that forges and people look for, up to the first dot and in lower case.
const STEMS: &str = "\
    authors changelog code_of_conduct contributing copying licence license maintainers notice \
    readme security unlicense";
/// Extensions of languages in which source code refers to the file's name.
const NAME_BOUND: &[&str] = &["erl", "hs", "java", "ml", "mli", "pyi", "rs"];

/// Returns the reason that a name must not change, if there is one.
fn reason(name: &[u8]) -> Option<String> {
    // All well-known names are valid UTF-8.
    let Ok(name) = std::str::from_utf8(name) else { return None };
    let lower = name.to_lowercase();
    let (stem, extension) = lower.rsplit_once('.').unwrap_or((&lower, ""));
    let is_dunder = stem.len() > 4 && stem.starts_with("__") && stem.ends_with("__");
    if name.starts_with('.') {
        return Some("tools look for names that begin with a dot".to_owned());
    }
    if is_dunder && extension == "py" {
        return Some("Python itself looks for this name".to_owned());
    }
    if extension == "py" && (stem == "test" || stem == "tests" || stem.starts_with("test_")) {
        return Some("test runners look for names that begin with 'test'".to_owned());
    }
    // `README-de.md` and `LICENSE.txt` also count.
    let first = lower.split(['.', '-']).next().unwrap_or_default();
    let configures = [".config.js", ".config.ts", ".config.mjs", ".config.cjs"];
    let is_looked_for = NAMES.split(' ').any(|known| known == lower)
        || STEMS.split(' ').any(|known| known == first)
        || ["dockerfile.", "containerfile.", "requirements", "build.gradle", "settings.gradle"]
            .iter()
            .any(|start| lower.starts_with(start))
        || configures.iter().any(|end| lower.ends_with(end));
    if is_looked_for {
        return Some("tools and people look for this name".to_owned());
    }
    if NAME_BOUND.contains(&extension) {
        return Some(format!("the source refers to .{extension} files by their names"));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_a_meaning_are_reserved() {
        for name in [
            "__init__.py",
            "__main__.py",
            "conftest.py",
            "setup.py",
            "test_pool.py",
            "Makefile",
            "Dockerfile",
            "Dockerfile.dev",
            "README.md",
            "LICENSE-MIT",
            ".gitignore",
            "requirements-dev.txt",
            "vite.config.ts",
            "lib.rs",
            "App.java",
            "pool.pyi",
        ] {
            assert!(reason(name.as_bytes()).is_some(), "{name}");
        }
        for name in
            ["app.py", "guide.md", "readme_tool.py", "data.csv", "run.sh", "testing.py", "x"]
        {
            assert_eq!(reason(name.as_bytes()), None, "{name}");
        }
    }
}
