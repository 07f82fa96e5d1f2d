//! Paths that begin with the typed text, from the index or from the file system.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use idhooks_core::config::is_own;
use idhooks_core::registry::Id;
use idhooks_repo::git::Repo;

use crate::commands::paths::{HERE, relative};

/// How many names are offered at most; if more match, longer prefixes are offered.
const MOST: usize = 500;

/// Splits the typed path after its last slash.
fn split(typed: &str) -> (&str, &str) {
    typed.split_at(typed.rfind('/').map_or(0, |at| at + 1))
}

/// Returns the paths in the index that begin with the typed text, cut after their next directory.
pub(super) fn tracked(repo: &Repo, typed: &str) -> Option<Vec<String>> {
    let (dir, name) = split(typed);
    let from = if dir.is_empty() { HERE } else { dir };
    let below = relative(repo, HERE.as_ref(), Path::new(from)).ok()?;
    let mut wanted = below.map_or(Vec::new(), |below| [below.as_bytes(), b"/"].concat());
    let start = wanted.len();
    wanted.extend_from_slice(name.as_bytes());
    let mut names: BTreeSet<Box<[u8]>> = BTreeSet::new();
    let mut last: Vec<u8> = Vec::new();
    let mut look = |path: &[u8]| {
        if !path.starts_with(&wanted) || is_own(path) {
            return;
        }
        let rest = &path[start..];
        let length = memchr::memchr(b'/', rest).map_or(rest.len(), |at| at + 1);
        if last != rest[..length] {
            rest[..length].clone_into(&mut last);
            names.insert(last.as_slice().into());
        }
    };
    let file = repo.index_file();
    if !repo.look_through(&file, |path, _| look(path)).ok()? {
        let index = repo.index(&file).ok()?;
        let all = index.tree.keys().chain(index.unmerged.keys());
        all.for_each(|path| look(path.as_bytes()));
    }
    let names = names.iter().filter_map(|name| std::str::from_utf8(name).ok());
    Some(candidates(dir, narrowed(names.map(str::to_owned).collect())))
}

/// Returns the files of the file system that begin with the typed text; hidden ones only if a dot
/// was typed.
pub(super) fn listed(only_dirs: bool, typed: &str) -> Option<Vec<String>> {
    let (dir, name) = split(typed);
    let entries = fs::read_dir(if dir.is_empty() { HERE } else { dir }).ok()?;
    let mut names = Vec::new();
    for entry in entries.flatten() {
        let Ok(found) = entry.file_name().into_string() else { continue };
        if !found.starts_with(name) || (found.starts_with('.') && !name.starts_with('.')) {
            continue;
        }
        let is_dir = match entry.file_type() {
            Ok(kind) if kind.is_symlink() => entry.path().is_dir(),
            kind => kind.is_ok_and(|kind| kind.is_dir()),
        };
        if is_dir {
            names.push(found + "/");
        } else if !only_dirs {
            names.push(found);
        }
    }
    names.sort_unstable();
    Some(candidates(dir, narrowed(names)))
}

/// Returns the names, or, if they are too many, their prefixes with one character more than all have
/// in common. Some of the names would not do: a shell completes to what all candidates share.
fn narrowed(names: Vec<String>) -> Vec<String> {
    let (Some(first), Some(last), true) = (names.first(), names.last(), names.len() > MOST) else {
        return names;
    };
    let common = first.chars().zip(last.chars()).take_while(|(a, b)| a == b).count();
    let mut shorter: Vec<String> =
        names.iter().map(|name| name.chars().take(common + 1).collect()).collect();
    shorter.dedup();
    shorter
}

/// Puts the directory before names, or `./` where a name would be taken for an option, a home
/// directory or an identity.
fn candidates(dir: &str, names: Vec<String>) -> Vec<String> {
    let needs_dot = |name: &str| name.starts_with(['-', '~']) || name.parse::<Id>().is_ok();
    let here = |name: &str| if dir.is_empty() && needs_dot(name) { "./" } else { dir };
    names.into_iter().map(|name| format!("{}{name}", here(&name))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_names_become_prefixes() {
        let few = vec!["a".to_owned(), "b".to_owned()];
        assert_eq!(narrowed(few.clone()), few);
        let mut many: Vec<String> = (0..=MOST).map(|n| format!("file{n}é")).collect();
        many.sort();
        assert_eq!(narrowed(many.clone()).len(), 10);
        many.push("z".to_owned());
        assert_eq!(narrowed(many), ["f", "z"]);
    }

    #[test]
    fn no_name_is_taken_for_something_else() {
        let names = ["-rf", "~root", "0110000001260118", "a"].map(str::to_owned).to_vec();
        assert_eq!(candidates("", names), ["./-rf", "./~root", "./0110000001260118", "a"]);
        assert_eq!(candidates("x/", vec!["-rf".to_owned()]), ["x/-rf"]);
    }
}
