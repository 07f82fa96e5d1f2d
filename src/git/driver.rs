//! The merge driver as git is told to run it, and git's own text merge beside it.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::Path;

use crate::registry::RepoPath;

use super::{Git, GitError};

/// The size of conflict markers where no attribute says otherwise.
pub const DEFAULT_MARKER_SIZE: usize = 7;

/// Returns the value of `merge.idhooks.driver` for the program at `binary`, an absolute path.
///
/// Without the fallback a missing binary would leave *ours* without any marker, and theirs
/// would be lost at the next `git add`; any other failure must not be merged as text, since
/// the driver refused it, and must not exit above 128, since older git then takes a torn file.
/// A path that is not Unicode is written with U+FFFD, and so ends in the fallback.
pub fn driver_command(binary: &Path) -> String {
    let binary = binary.to_string_lossy().replace('\'', r"'\''").replace('%', "%%");
    format!(
        "'{binary}' merge-driver %O %A %B %L %P || {{ r=$?; case $r in 126|127) \
         git merge-file --marker-size=%L %A %O %B || exit 1;; *) exit 1;; esac; }}"
    )
}

/// What git makes of three texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextMerge {
    /// The result, with markers where the sides collide.
    pub text: Vec<u8>,
    /// Whether they collide anywhere.
    pub has_conflicts: bool,
}

impl Git {
    /// Merges three files line by line, as git itself would; changes none of them.
    ///
    /// # Errors
    /// Git that cannot be started, files it cannot read or takes for binary.
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
            // The number of conflicts; a failure is 255.
            Some(count @ 0..=127) => {
                Ok(TextMerge { text: output.stdout, has_conflicts: count > 0 })
            }
            code => Err(GitError {
                what: "'git merge-file' failed".to_owned(),
                reason: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
                code,
            }),
        }
    }

    /// Returns which of these files git changes on their way into the working tree by a filter or
    /// into another encoding, as their attributes say.
    ///
    /// # Errors
    /// Git that cannot tell.
    pub fn filtered<'p>(
        &self,
        paths: impl IntoIterator<Item = &'p RepoPath>,
    ) -> Result<BTreeSet<RepoPath>, GitError> {
        let names: Vec<u8> =
            paths.into_iter().flat_map(|path| [path.as_bytes(), b"\0"].concat()).collect();
        if names.is_empty() {
            return Ok(BTreeSet::new());
        }
        let args = ["check-attr", "-z", "--stdin", "filter", "working-tree-encoding"];
        let answer = self.run_with(&args, &names)?;
        // path NUL attribute NUL value NUL
        let fields: Vec<&[u8]> = answer.split(|byte| *byte == 0).collect();
        let is_none = |value: &[u8]| matches!(value, b"unspecified" | b"unset" | b"");
        let set = fields.chunks_exact(3).filter(|field| !is_none(field[2]));
        Ok(set.filter_map(|field| RepoPath::new(field[0].to_vec()).ok()).collect())
    }

    /// Returns the attribute `conflict-marker-size` of a path, or the default where it is not
    /// set or git cannot tell.
    pub fn marker_size(&self, path: &Path) -> usize {
        let args = ["check-attr", "-z", "conflict-marker-size", "--"].map(OsString::from);
        let args = [&args[..], &[path.into()]].concat();
        let answer = self.ask(&args).ok().flatten().unwrap_or_default();
        // path NUL attribute NUL value NUL
        let size = answer.split('\0').nth(2).and_then(|value| value.parse().ok());
        size.filter(|size| *size > 0).unwrap_or(DEFAULT_MARKER_SIZE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_is_the_one_of_the_design() {
        assert_eq!(
            driver_command(Path::new("/usr/bin/idhooks")),
            "'/usr/bin/idhooks' merge-driver %O %A %B %L %P || { r=$?; case $r in 126|127) git merge-file --marker-size=%L %A %O %B || exit 1;; *) exit 1;; esac; }"
        );
    }

    #[test]
    fn the_path_is_safe_from_the_shell_and_from_git() {
        let command = driver_command(Path::new("/a b/it's 100%/$x"));
        assert!(command.starts_with(r"'/a b/it'\''s 100%%/$x' merge-driver %O "), "{command}");
    }
}
