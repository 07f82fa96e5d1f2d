//! One word for each subject, for scripts: the part that `idhooks id` and `idhooks path` share.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::Path;

use crate::tables::read_typed;
use idhooks_core::registry::{Allocation, Id, Registry, RepoPath};
use idhooks_ops::{relative, typed_path};
use idhooks_repo::git::{Repo, git_quoted, git_unquoted, os_string};

use crate::error::{CommandError, CommandResult, Exit, revision_option};
use crate::output::Ui;

use super::revision_args::RevisionArgs;

/// How a command that answers in words reads and prints.
#[derive(Debug, clap::Args)]
pub(super) struct AnswerArgs {
    #[command(flatten)]
    source: RevisionArgs,
    /// Read the list from standard input, one on each line
    #[arg(long)]
    stdin: bool,
    /// End input and output with NUL instead of a line feed, and quote no path
    #[arg(short = 'z')]
    nul: bool,
}

/// The records in which subjects are looked up.
pub(super) struct RecordMaps<'a> {
    pub(super) repo: &'a Repo,
    pub(super) dir: &'a Path,
    /// The name of the index or of the commit, for messages.
    pub(super) shown: String,
    /// The option that names the commit, for hints.
    pub(super) rev: String,
    pub(super) registry: &'a Registry,
    /// The records that hold the path of a file.
    pub(super) holders: BTreeMap<&'a RepoPath, &'a Allocation>,
    /// The records by their current identities.
    pub(super) by_id: BTreeMap<Id, &'a Allocation>,
}

/// How to look up a subject, and what to print of its record.
pub(super) struct Question {
    /// Looks it up in the index without reading the whole registry, if that is possible.
    pub(super) quickly: fn(&Repo, &Path, &OsStr) -> Option<Allocation>,
    /// Looks it up in the registry.
    pub(super) fully: for<'a> fn(&RecordMaps<'a>, &OsStr) -> CommandResult<&'a Allocation>,
    /// Whether to print the path instead of the identity.
    pub(super) is_for_path: bool,
}

impl AnswerArgs {
    /// Prints the answer for each subject, or an empty line and the error, in their order.
    ///
    /// # Errors
    /// Returns an error if standard input or the registry cannot be read.
    pub(super) fn run(
        &self,
        ui: &mut Ui,
        dir: &Path,
        typed: Vec<OsString>,
        question: &Question,
    ) -> CommandResult<Exit> {
        let subjects = if self.stdin { self.read(dir)? } else { typed };
        let repo = self.source.open(dir)?;
        let here = relative(&repo, dir, Path::new("")).ok().flatten();
        let word = |record: &Allocation| self.word(record, here.as_ref(), question.is_for_path);
        if let ([subject], true) = (subjects.as_slice(), self.source.revision().is_index())
            && let Some(record) = (question.quickly)(&repo, dir, subject)
        {
            ui.bytes(&word(&record));
            return Ok(Exit::Fine);
        }
        let view = &self.source.revision().view(&repo)?;
        let registry = &self.source.revision().registry(&repo, view)?.registry;
        let mut holders = registry.holders(|path| view.has_file(path));
        holders.retain(|path, _| view.has_file(path));
        let by_id = registry.allocations.iter().map(|record| (record.id, record)).collect();
        let (shown, rev) =
            (self.source.revision().to_string(), revision_option(&self.source.revision()));
        let records = RecordMaps { repo: &repo, dir, shown, rev, registry, holders, by_id };
        let (mut text, mut exit) = (Vec::new(), Exit::Fine);
        for subject in &subjects {
            match (question.fully)(&records, subject) {
                Ok(record) => text.extend(word(record)),
                Err(error) => {
                    error.show(ui);
                    text.push(self.end());
                    exit = Exit::Findings;
                }
            }
        }
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
        if text.is_empty() {
            return Ok(Vec::new());
        }
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

    /// Returns the word for a record, with its end.
    fn word(&self, record: &Allocation, here: Option<&RepoPath>, is_for_path: bool) -> Vec<u8> {
        let mut word = match is_for_path {
            false => record.id.to_string().into_bytes(),
            true if self.nul => typed_path(here, &record.path),
            true => git_quoted(&typed_path(here, &record.path)),
        };
        word.push(self.end());
        word
    }
}
