//! Prints one answer per subject, for scripts: code shared by `idhooks id` and `idhooks path`.

use std::ffi::OsString;
use std::path::Path;

use idhooks_core::registry::{Allocation, RepoPath};
use idhooks_ops::{
    SubjectKind, find_held, git_quoted, git_unquoted, os_string, relative, typed_path,
};

use crate::error::{CommandError, CommandResult, Exit};
use crate::output::Ui;
use crate::tables::read_typed;

use super::revision_args::RevisionArgs;

/// The options for input and output.
#[derive(Debug, clap::Args)]
pub(super) struct AnswerArgs {
    #[command(flatten)]
    source: RevisionArgs,
    /// Read the list from standard input, one item per line
    #[arg(long)]
    stdin: bool,
    /// Terminate items with NUL instead of a line feed, in input and output, and do not quote paths
    #[arg(short = 'z')]
    nul: bool,
}

impl AnswerArgs {
    /// Prints one answer per subject, in order. A subject without an answer gets an empty line and
    /// an error.
    ///
    /// # Errors
    /// Returns an error if standard input or the registry cannot be read.
    pub(super) fn run(
        &self,
        ui: &mut Ui,
        dir: &Path,
        typed: Vec<OsString>,
        kind: SubjectKind,
    ) -> CommandResult<Exit> {
        let subjects = if self.stdin { self.read(dir)? } else { typed };
        let repo = self.source.open(dir)?;
        // In a bare repository, or outside the working tree, paths are relative to the root.
        let here = relative(&repo, dir, Path::new("")).ok().flatten();
        let (mut text, mut exit) = (Vec::new(), Exit::Fine);
        find_held(&repo, &self.source.revision(), kind, &subjects, |found| match found {
            Ok(record) => text.extend(self.word(record, here.as_ref(), kind)),
            Err(error) => {
                CommandError::from(error).show(ui);
                // An empty line keeps the line numbers of subjects and answers the same, so that
                // `paste` can join them.
                text.push(self.end());
                exit = Exit::Findings;
            }
        })?;
        // The path is printed as bytes, because it may not be UTF-8 and the next program must be
        // able to find the file.
        ui.bytes(&text);
        Ok(exit)
    }

    /// Reads the subjects from standard input.
    fn read(&self, dir: &Path) -> CommandResult<Vec<OsString>> {
        let text = read_typed(dir, Path::new("-"), usize::MAX).map_err(|cause| {
            CommandError::new("cannot read standard input")
                .because(&cause)
                .hint("pipe a list into the command, or name its items as arguments")
        })?;
        // For an empty list, `split` would return one empty subject.
        if text.is_empty() {
            return Ok(Vec::new());
        }
        // Without this check, the whole list would be taken for a single nonexistent subject.
        if !self.nul && text.contains(&0) {
            return Err(CommandError::new("the list on standard input has NUL characters")
                .hint("if it ends its items with NUL, as 'git ls-files -z' does, add -z"));
        }
        let text = text.strip_suffix(&[self.end()]).unwrap_or(&text);
        let item = |line: &[u8]| match self.nul {
            true => os_string(line),
            false => os_string(&git_unquoted(line)),
        };
        Ok(text.split(|byte| *byte == self.end()).map(item).collect())
    }

    fn end(&self) -> u8 {
        if self.nul { 0 } else { b'\n' }
    }

    /// Returns the answer for a record, with its terminator: the identity if the subject is a path,
    /// or the path if the subject is an identity.
    fn word(&self, record: &Allocation, here: Option<&RepoPath>, kind: SubjectKind) -> Vec<u8> {
        let mut word = match kind {
            SubjectKind::Path => record.id.to_string().into_bytes(),
            SubjectKind::Id if self.nul => typed_path(here, &record.path),
            SubjectKind::Id => git_quoted(&typed_path(here, &record.path)),
        };
        word.push(self.end());
        word
    }
}
