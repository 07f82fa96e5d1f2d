//! The merge driver's command, the line in `.gitattributes` that assigns it to the registry, git's
//! own text merge, and related attributes.

use std::{collections::BTreeSet, ffi::OsString, path::Path};

use idhooks_core::registry::RepoPath;

use crate::store::marked_block;

use super::attributes::{self, ATTRIBUTES_LINE, has_line};
use super::{Git, GitError};

/// The commands for our merge drivers, each of which runs a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DriverCommands {
    /// The value of `merge.idhooks.driver`, for the registry.
    pub registry: String,
    /// The value of `merge.idhooks-legacy.driver`, for the legacy file.
    pub legacy: String,
}

impl DriverCommands {
    /// Returns the commands for the program at `binary`, which is an absolute path.
    pub fn of(binary: &Path) -> Self {
        let (registry, legacy) = ("merge-driver", "merge-driver --legacy");
        DriverCommands { registry: command(binary, registry), legacy: command(binary, legacy) }
    }
}

/// The default size of conflict markers.
pub const DEFAULT_MARKER_SIZE: usize = 7;

/// Returns the command that runs our merge driver `name` with the program at `binary`, which is an
/// absolute path.
///
/// If the program is missing, the command falls back to git's text merge: otherwise, git would keep
/// *ours* without any marker, and the next `git add` would lose theirs. After any other failure,
/// the registry must not be merged as text, because the driver rejected it. The exit code must not
/// exceed 128, because older versions of git would then accept an incomplete file. A path that is
/// not Unicode is written with U+FFFD, so it ends up in the fallback.
fn command(binary: &Path, name: &str) -> String {
    // git expands `%O` and similar placeholders in the command, even inside the path.
    let binary = binary.to_string_lossy().replace('\'', r"'\''").replace('%', "%%");
    format!(
        "'{binary}' {name} %O %A %B %L %P || {{ r=$?; case $r in 126|127) \
         git merge-file --marker-size=%L %A %O %B || exit 1;; *) exit 1;; esac; }}"
    )
}

/// The result of a text merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextMerge {
    /// The merged text, with conflict markers.
    pub text: Vec<u8>,
    /// Whether the merged text contains conflicts.
    pub has_conflicts: bool,
}

impl Git {
    /// Merges three files line by line, as git does, without modifying them.
    ///
    /// # Errors
    /// Returns an error if git cannot be started, cannot read a file, or treats one as binary.
    pub fn merge_text(
        &self,
        [base, ours, theirs]: [&Path; 3],
        marker_size: usize,
    ) -> Result<TextMerge, GitError> {
        let mut args: Vec<OsString> = vec!["merge-file".into(), "-p".into(), "-q".into()];
        args.push(format!("--marker-size={marker_size}").into());
        for label in ["ours", "base", "theirs"] {
            args.extend(["-L".into(), label.into()]);
        }
        args.push("--".into());
        args.extend([ours, base, theirs].map(Into::into));
        let output = self.answer(&args, b"")?;
        match output.status.code() {
            // The exit code is either the number of conflicts, which git caps at 127, or 255 for a
            // failure.
            Some(count @ 0..=127) => {
                Ok(TextMerge { text: output.stdout, has_conflicts: count > 0 })
            }
            _ => {
                let what = "'git merge-file' failed".to_owned();
                Err(GitError { what, ..self.refused(&args, &output) })
            }
        }
    }

    /// Returns the files that git filters or re-encodes on checkout, according to their attributes.
    ///
    /// # Errors
    /// Returns an error if git cannot read the attributes.
    pub fn filtered<'p>(
        &self,
        paths: impl IntoIterator<Item = &'p RepoPath>,
    ) -> Result<BTreeSet<RepoPath>, GitError> {
        let attributes = self.attributes(&["filter", "working-tree-encoding"], paths)?;
        // `git check-attr` prints these words for an attribute that is not set.
        let is_none = |value: &[u8]| matches!(value, b"unspecified" | b"unset" | b"");
        let set = attributes.into_iter().filter(|[_, _, value]| !is_none(value));
        Ok(set.filter_map(|[path, ..]| RepoPath::new(path).ok()).collect())
    }

    /// Returns a path's `conflict-marker-size` attribute, or the default size if it is not set or
    /// cannot be read.
    pub fn marker_size(&self, path: &Path) -> usize {
        let path = path.as_os_str().as_encoded_bytes();
        let attributes = self.attributes(&["conflict-marker-size"], [path]).unwrap_or_default();
        let size = attributes.first().and_then(|[_, _, value]| str::from_utf8(value).ok());
        let size = size.and_then(|size| size.parse().ok());
        size.filter(|size| *size > 0).unwrap_or(DEFAULT_MARKER_SIZE)
    }

    /// Returns the path, attribute and value for each of these attributes on each path.
    pub(super) fn attributes(
        &self,
        names: &[&str],
        paths: impl IntoIterator<Item = impl AsRef<[u8]>>,
    ) -> Result<Vec<[Vec<u8>; 3]>, GitError> {
        let paths: Vec<u8> =
            paths.into_iter().flat_map(|path| [path.as_ref(), b"\0"].concat()).collect();
        if paths.is_empty() {
            return Ok(Vec::new());
        }
        let answer = self.run_with(&[&["check-attr", "-z", "--stdin"], names].concat(), &paths)?;
        // path NUL attribute NUL value NUL
        let fields: Vec<Vec<u8>> = answer.split(|byte| *byte == 0).map(<[u8]>::to_vec).collect();
        Ok(fields.as_chunks().0.to_vec())
    }
}

/// Returns the file with our line, and the legacy file's line if there is one, in a marked block.
/// Returns `None` if these lines are already there.
///
/// # Errors
/// Returns an error if the marks are incomplete.
pub fn with_block(
    file: Option<&[u8]>,
    new_dirs: usize,
    legacy: Option<&str>,
) -> Result<Option<Vec<u8>>, marked_block::MalformedBlock> {
    let bytes = file.unwrap_or_default();
    let lines = [ATTRIBUTES_LINE].into_iter().chain(legacy);
    let body: String = lines.map(|line| format!("{line}\n")).collect();
    let has_legacy = || legacy == attributes::legacy_line(bytes).as_deref();
    Ok(match marked_block::find(bytes)? {
        Some(found) => {
            let new = marked_block::replace_body(bytes, &found, &body);
            (new != bytes).then_some(new)
        }
        // A user may have added the line without our marks; a second one would have no effect.
        None if has_line(bytes) && (legacy.is_none() || has_legacy()) => None,
        None => Some(marked_block::append(file, &body, new_dirs, Vec::new())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_is_as_documented() {
        let commands = DriverCommands::of(Path::new("/usr/bin/idhooks"));
        assert!(commands.legacy.starts_with("'/usr/bin/idhooks' merge-driver --legacy %O %A %B "));
        assert_eq!(
            commands.registry,
            "'/usr/bin/idhooks' merge-driver %O %A %B %L %P || { r=$?; case $r in 126|127) git merge-file --marker-size=%L %A %O %B || exit 1;; *) exit 1;; esac; }"
        );
    }

    #[test]
    fn the_path_is_safe_from_the_shell_and_from_git() {
        let command = DriverCommands::of(Path::new("/a b/it's 100%/$x")).registry;
        assert!(command.starts_with(r"'/a b/it'\''s 100%%/$x' merge-driver %O "), "{command}");
    }

    #[test]
    fn the_line_is_written_once() {
        assert!(has_line(ATTRIBUTES_LINE.as_bytes()) && !has_line(b"*.json merge=idhooks\n"));
        let new = with_block(Some(b"* text=auto"), 0, None).expect("whole").expect("to write");
        assert!(has_line(&new));
        assert_eq!(with_block(Some(&new), 0, None), Ok(None));
        let by_hand = format!("\n{ATTRIBUTES_LINE}\r\n");
        assert_eq!(with_block(Some(by_hand.as_bytes()), 0, None), Ok(None));
        let old = String::from_utf8(new.clone()).expect("text").replace(" eol=lf", "");
        assert_eq!(with_block(Some(old.as_bytes()), 0, None), Ok(Some(new.clone())));
        // The legacy file's line is added and removed as the rules change.
        let line = "/old.json merge=idhooks-legacy text";
        let other = "/new.json merge=idhooks-legacy text";
        for start in [new.as_slice(), by_hand.as_bytes()] {
            let with = with_block(Some(start), 0, Some(line)).expect("whole").expect("to write");
            assert_eq!(attributes::legacy_line(&with).as_deref(), Some(line));
            assert_eq!(with_block(Some(&with), 0, Some(line)), Ok(None));
            let with = with_block(Some(&with), 0, Some(other)).expect("whole").expect("to write");
            assert_eq!(attributes::legacy_line(&with).as_deref(), Some(other));
            let without = with_block(Some(&with), 0, None).expect("whole").expect("to write");
            assert_eq!(attributes::legacy_line(&without), None);
        }
    }
}
