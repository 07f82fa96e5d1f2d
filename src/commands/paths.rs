//! Converts paths that users type into paths of the repository.

use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use idhooks_core::registry::RepoPath;
use idhooks_repo::git::Repo;

use idhooks_ops::PathError;

use crate::error::CommandError;

/// The directory in which every command works.
pub(super) const HERE: &str = ".";

/// Returns the repository path of a path typed in `dir`.
///
/// # Errors
/// Returns an error if the path is outside the repository, or is its top.
pub(super) fn repo_path(repo: &Repo, dir: &Path, typed: &Path) -> Result<RepoPath, PathError> {
    relative(repo, dir, typed)?.ok_or_else(|| PathError::Top(typed.into()))
}

/// Returns the path of a file, from a typed path.
///
/// # Errors
/// Returns an error if it is a directory or outside the repository.
pub(super) fn named_file(repo: &Repo, typed: &Path) -> Result<RepoPath, PathError> {
    if typed.symlink_metadata().is_ok_and(|meta| meta.is_dir()) {
        return Err(PathError::Directory(typed.into()));
    }
    repo_path(repo, HERE.as_ref(), typed)
}

/// Like [`repo_path`], but returns nothing for the top of the repository.
///
/// # Errors
/// Returns an error if the path is outside the repository.
pub(super) fn relative(
    repo: &Repo,
    dir: &Path,
    typed: &Path,
) -> Result<Option<RepoPath>, PathError> {
    let outside = || PathError::Outside { typed: typed.into(), top: repo.top().into() };
    let start = std::path::absolute(dir).map_err(|_| outside())?;
    let top = normal(repo.top());
    let full = normal(&start.join(typed));
    let relative = match full.strip_prefix(&top) {
        Ok(relative) => relative.to_owned(),
        // The directory may be below a symbolic link that git has resolved.
        Err(_) => {
            let start = start.canonicalize().map_err(|_| outside())?;
            let top = top.canonicalize().map_err(|_| outside())?;
            let full = normal(&start.join(typed));
            full.strip_prefix(&top).map_err(|_| outside())?.to_owned()
        }
    };
    if relative.as_os_str().is_empty() {
        return Ok(None);
    }
    RepoPath::of_os_path(&relative).map(Some).map_err(|_| outside())
}

/// Returns a repository path as it is typed in a directory of the repository: the inverse of
/// [`repo_path`]. The top is no directory.
pub(super) fn typed_path(dir: Option<&RepoPath>, path: &RepoPath) -> Vec<u8> {
    let path: Vec<&[u8]> = path.as_bytes().split(|byte| *byte == b'/').collect();
    let dir = dir.map_or(&b""[..], RepoPath::as_bytes).split(|byte| *byte == b'/');
    let dir: Vec<&[u8]> = dir.filter(|part| !part.is_empty()).collect();
    let parents = &path[..path.len() - 1];
    let shared = dir.iter().zip(parents).take_while(|(one, other)| one == other).count();
    let up = vec![&b".."[..]; dir.len() - shared];
    [&up, &path[shared..]].concat().join(&b'/')
}

/// The escapes in paths that git quotes: each letter with the byte that it stands for.
const ESCAPES: [(u8, u8); 9] = [
    (b'a', 7),
    (b'b', 8),
    (b't', 9),
    (b'n', 10),
    (b'v', 11),
    (b'f', 12),
    (b'r', 13),
    (b'"', b'"'),
    (b'\\', b'\\'),
];

/// Returns a path as git prints it on a line when `core.quotePath` is false.
pub(super) fn git_quoted(path: &[u8]) -> Vec<u8> {
    let needs_escape = |byte: u8| byte.is_ascii_control() || b"\"\\".contains(&byte);
    if !path.iter().any(|byte| needs_escape(*byte)) {
        return path.to_vec();
    }
    let escaped = |byte: u8| match ESCAPES.iter().find(|(_, meant)| *meant == byte) {
        Some((letter, _)) => vec![b'\\', *letter],
        None if needs_escape(byte) => format!("\\{byte:03o}").into_bytes(),
        None => vec![byte],
    };
    let inner: Vec<u8> = path.iter().flat_map(|byte| escaped(*byte)).collect();
    [b"\"", &inner[..], b"\""].concat()
}

/// Returns the path on a line that git printed, or that was typed without quotes.
pub(super) fn git_unquoted(line: &[u8]) -> Vec<u8> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let inner = line.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\""));
    inner.and_then(unescaped).unwrap_or_else(|| line.to_vec())
}

fn unescaped(mut text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    while let Some((byte, rest)) = text.split_first() {
        text = rest;
        if *byte != b'\\' {
            bytes.push(*byte);
            continue;
        }
        let (letter, rest) = text.split_first()?;
        match ESCAPES.iter().find(|(known, _)| known == letter) {
            Some((_, meant)) => {
                bytes.push(*meant);
                text = rest;
            }
            None => {
                let (octal, rest) = text.split_at_checked(3)?;
                bytes.push(u8::from_str_radix(std::str::from_utf8(octal).ok()?, 8).ok()?);
                text = rest;
            }
        }
    }
    Some(bytes)
}

/// Returns the path without `.` and `..`, without reading the file system.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => drop(normal.pop()),
            other => normal.push(other),
        }
    }
    normal
}

/// Reads a file named in `dir`, or the standard input; at most one byte more than `limit`.
///
/// # Errors
/// Returns an error if it cannot be read.
pub(super) fn read_typed(dir: &Path, file: &Path, limit: usize) -> io::Result<Vec<u8>> {
    let limit = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    match file.as_os_str() == "-" {
        true => io::stdin().lock().take(limit).read_to_end(&mut bytes)?,
        false => std::fs::File::open(dir.join(file))?.take(limit).read_to_end(&mut bytes)?,
    };
    Ok(bytes)
}

/// Returns the error for a directory that cannot be entered.
pub(super) fn no_directory(dir: &Path, error: &io::Error) -> CommandError {
    let shown = dir.display();
    let failure = match dir.is_dir() {
        true => CommandError::new(format!("cannot enter the directory '{shown}'")).because(error),
        false => CommandError::new(format!("no directory '{shown}'")),
    };
    failure.hint("name an existing directory: idhooks -C <dir> …")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_quoted_as_git_does() {
        for (path, line) in [
            (&b"a b'\xc3\xa4\xff"[..], &b"a b'\xc3\xa4\xff"[..]),
            (b"a\tb", br#""a\tb""#),
            (b"\x01\x7f\"\\\n", br#""\001\177\"\\\n""#),
        ] {
            assert_eq!(git_quoted(path), line);
            assert_eq!(git_unquoted(line), path);
        }
        assert_eq!(git_unquoted(br#""\303\244""#), "ä".as_bytes());
        assert_eq!(git_unquoted(b"a\r"), b"a");
        for literal in [&br#""\9""#[..], br#""\777""#, br#"""#, br#""a"#, b"\"\\\""] {
            assert_eq!(git_unquoted(literal), literal);
        }
    }

    #[test]
    fn a_typed_path_begins_in_the_directory() {
        let path = |text: &str| RepoPath::new(text.as_bytes()).expect("valid");
        let typed = |dir: &str, to: &str| {
            let dir = Some(path(dir)).filter(|dir| dir.as_bytes() != b"top");
            String::from_utf8(typed_path(dir.as_ref(), &path(to))).expect("UTF-8")
        };
        assert_eq!(typed("top", "a/b"), "a/b");
        assert_eq!(typed("a", "a/b"), "b");
        assert_eq!(typed("a/b", "a/c"), "../c");
        assert_eq!(typed("a/b", "c"), "../../c");
        assert_eq!(typed("a", "a"), "../a");
        assert_eq!(typed("ab", "a/b"), "../a/b");
    }
}
