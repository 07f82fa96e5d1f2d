//! The merge driver's command, the line in `.gitattributes` that assigns it to the registry, git's
//! own text merge, and related attributes.

use std::{collections::BTreeSet, ffi::OsString, path::Path, sync::LazyLock};

use idhooks_core::registry::RepoPath;

use crate::store::marked_block;

use super::attributes::{self, ATTRIBUTES_LINE, has_line};
use super::hook_program::{HookProgram, with_search};
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
    /// Returns the commands that run a program.
    pub fn of(program: &HookProgram) -> Self {
        let (registry, legacy) = ("merge-driver", "merge-driver --legacy");
        DriverCommands { registry: command(program, registry), legacy: command(program, legacy) }
    }

    /// Returns the program that a command of this version runs.
    pub(super) fn program_in(command: &str) -> Option<HookProgram> {
        HookProgram::parse(&command.replace("%%", "%"))
    }
}

/// The default size of conflict markers.
pub const DEFAULT_MARKER_SIZE: usize = 7;

/// The source of the commands, as a single line in which git's placeholders are the only percent
/// signs that are not doubled.
static SOURCE: LazyLock<String> = LazyLock::new(|| {
    let source = with_search(include_str!("../../hooks/merge-driver.sh"));
    let lines = source.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    let lines: Vec<&str> = lines.map(|line| line.trim_end_matches([' ', '\\'])).collect();
    let line = lines.join(" ").replace('%', "%%");
    // git expands `%O` and similar placeholders in the command.
    let placeholders = ["O", "A", "B", "L", "P"].into_iter();
    placeholders.fold(line, |line, name| line.replace(&format!("%%{name}"), &format!("%{name}")))
});

/// Returns the command that runs our merge driver `name`.
///
/// If the program cannot be run and no other is found, the command falls back to git's text merge:
/// otherwise, git would keep *ours* without any marker, and the next `git add` would lose theirs.
fn command(program: &HookProgram, name: &str) -> String {
    let assignments = program.assignments().replace('%', "%%");
    SOURCE.replacen("@COMMAND@", name, 1).replacen("@PROGRAM@", &assignments, 1)
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
    fn the_command_is_one_line_that_git_can_expand() {
        let program = HookProgram::new(Path::new("/usr/bin/idhooks"));
        let commands = DriverCommands::of(&program);
        assert!(commands.registry.starts_with("idhooks_path='/usr/bin/idhooks'; idhooks_version="));
        assert!(commands.registry.contains("idhooks \"$1\" merge-driver %O %A %B %L %P; };"));
        assert!(
            commands.legacy.contains("idhooks \"$1\" merge-driver --legacy %O %A %B %L %P; };")
        );
        for command in [&commands.registry, &commands.legacy] {
            assert!(!command.contains('\n'), "{command}");
            for placeholder in ["@PROGRAM@", "@FIND@", "@COMMAND@"] {
                assert!(!command.contains(placeholder), "{command}");
            }
            assert!(command.contains(": >%O;") && command.contains("-L theirs %A %O %B;"));
            // Any other percent sign is doubled.
            let mut rest = command.as_str();
            while let Some((_, after)) = rest.split_once('%') {
                assert!(after.starts_with(['%', 'O', 'A', 'B', 'L', 'P']), "{after}");
                rest = after.get(1..).unwrap_or_default();
            }
            assert_eq!(DriverCommands::program_in(command), Some(program.clone()));
        }
    }

    #[test]
    fn the_path_is_safe_from_the_shell_and_from_git() {
        let program = HookProgram::new(Path::new("/a b/it's 100% >%O/$x"));
        let command = DriverCommands::of(&program).registry;
        assert!(command.starts_with(r"idhooks_path='/a b/it'\''s 100%% >%%O/$x'; "), "{command}");
        assert_eq!(DriverCommands::program_in(&command), Some(program));
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
