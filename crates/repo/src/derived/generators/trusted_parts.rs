//! [`TrustedParts`]: the parts that a clone must trust before generators may run programs or write
//! files that others run.

use std::collections::BTreeMap;
use std::fmt;

use sha2::{Digest, Sha256};

use idhooks_core::config::Generator;
use idhooks_core::registry::{Entry, RepoPath, Tree, hex};

use super::build::{add, add_all};
use super::command_line::{loaded_files, named_files};

/// A part that a clone trusts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum TrustedPart {
    /// A file in the repository that a command runs or loads.
    File(RepoPath),
    /// The command line of the generator with this name.
    Command(String),
    /// The command line that checks the outputs of the generator with this name.
    Validator(String),
    /// An output that tells other programs what to do.
    Output {
        /// The name of the generator.
        generator: String,
        /// The output's path, as written in the generator's rule.
        path: String,
    },
}

impl fmt::Display for TrustedPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TrustedPart::File(path) => write!(f, "{path}"),
            TrustedPart::Command(name) => write!(f, "the command of '{name}'"),
            TrustedPart::Validator(name) => write!(f, "the check of '{name}'"),
            TrustedPart::Output { generator, path } => {
                write!(f, "the output '{path}' of '{generator}'")
            }
        }
    }
}

/// Everything that a clone must trust about some of the generators.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedParts {
    /// The hash of all parts.
    pub hash: String,
    /// Each part with its content: a command line, or the blob of a file.
    pub parts: BTreeMap<TrustedPart, String>,
    /// The programs outside the repository, which are therefore not covered by the hash.
    pub outside: Vec<String>,
}

impl TrustedParts {
    /// Returns the generators' programs (their command lines, the files in the tree named there,
    /// and the files named in `programs`) and their outputs that other programs obey. Returns
    /// `None` if there are neither.
    pub fn of(generators: &[Generator], tree: &Tree) -> Option<Self> {
        let mut hasher = Sha256::new();
        let (mut parts, mut outside) = (BTreeMap::new(), Vec::new());
        for generator in generators {
            let name = &generator.name;
            let command = (&*generator.command, TrustedPart::Command(name.clone()));
            let validator = (&*generator.validator, TrustedPart::Validator(name.clone()));
            for (words, part) in [command, validator].into_iter().filter(|it| !it.0.is_empty()) {
                add_all(&mut hasher, words.iter());
                let files: Vec<_> = named_files(generator, words, tree).collect();
                add_blobs(&mut hasher, &mut parts, files.iter().map(|(path, entry)| (path, entry)));
                parts.insert(part, words.join(" "));
                // A program on `PATH` may change with every system update, so the hash cannot cover
                // it.
                if named_files(generator, &words[..1], tree).next().is_none() {
                    outside.push(words[0].clone());
                }
            }
        }
        for generator in generators {
            if let Some(files) = loaded_files(generator, tree) {
                add(&mut hasher, "programs");
                add_all(&mut hasher, files.iter().map(|(path, _)| path));
                add_blobs(
                    &mut hasher,
                    &mut parts,
                    files.iter().map(|(path, entry)| (*path, entry)),
                );
            }
            for output in generator.outputs.iter().filter(|output| obeys(output.as_str())) {
                add(&mut hasher, "output");
                add(&mut hasher, output.as_str());
                let (generator, path) = (generator.name.clone(), output.as_str().to_owned());
                // Only the path is trusted: a workflow's content changes with every run of the
                // generator.
                parts.insert(TrustedPart::Output { generator, path }, String::new());
            }
        }
        outside.sort();
        outside.dedup();
        let hash = hex::encode(&hasher.finalize());
        (!parts.is_empty()).then_some(TrustedParts { hash, parts, outside })
    }

    /// Returns one line for each part that was added, changed or removed since an earlier state.
    pub fn changes_since(&self, before: &TrustedParts) -> Vec<String> {
        let new = self.parts.iter().filter_map(|(part, content)| match before.parts.get(part) {
            None => Some(format!("added: {part}")),
            Some(then) if then != content => Some(format!("changed: {part}")),
            Some(_) => None,
        });
        let removed = before.parts.keys().filter(|part| !self.parts.contains_key(*part));
        new.chain(removed.map(|part| format!("removed: {part}"))).collect()
    }
}

/// Returns whether a generator writes a file that other programs obey, such as a workflow.
pub(super) fn writes_obeyed(generator: &Generator) -> bool {
    generator.outputs.iter().any(|output| obeys(output.as_str()))
}

/// Returns whether other programs act on a file with this path, which may contain fields:
/// workflows, actions, and files that git reads.
fn obeys(pattern: &str) -> bool {
    const FOLDERS: [&str; 5] = [".github/", ".gitea/", ".forgejo/", ".circleci/", ".gitlab/"];
    const FILES: [&str; 2] = [".gitmodules", ".gitlab-ci.yml"];
    // Some file systems treat `.GitHub` as the same directory.
    let pattern = pattern.to_ascii_lowercase();
    let (literal, has_field) =
        pattern.split_once('{').map_or((&*pattern, false), |(literal, _)| (literal, true));
    // A field's value never begins with a dot, so a pattern that begins with a field cannot match
    // any of these names.
    let may_become = |name: &str| has_field && !literal.is_empty() && name.starts_with(literal);
    FOLDERS.iter().any(|folder| literal.starts_with(folder) || may_become(folder))
        || FILES.iter().any(|file| literal == *file || may_become(file))
        || pattern.rsplit('/').next().is_some_and(|name| name == ".gitattributes")
}

/// Adds the content of files to a hash and to the list of parts that it covers.
fn add_blobs<'a>(
    hasher: &mut Sha256,
    parts: &mut BTreeMap<TrustedPart, String>,
    files: impl ExactSizeIterator<Item = (&'a RepoPath, &'a Entry)> + Clone,
) {
    add_all(hasher, files.clone().map(|(_, entry)| entry.blob.to_string()));
    let part = |path: &RepoPath| TrustedPart::File(path.clone());
    parts.extend(files.map(|(path, entry)| (part(path), entry.blob.to_string())));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workflows_are_obeyed_in_any_case() {
        for path in [
            ".github/workflows/a.yml",
            ".GitHub/x",
            ".gitmodules",
            ".GITMODULES",
            ".{a}/x",
            "x/.gitattributes",
        ] {
            assert!(obeys(path), "{path}");
        }
        for path in ["docs/.github/x", "github/x", ".gitignore", "{a}/x", "docs/{a}.md"] {
            assert!(!obeys(path), "{path}");
        }
    }
}
