//! [`Generator`]: a rule of `[[generators]]`, which makes files from records and from other files.

use std::time::Duration;

use crate::registry::{Id, Namespace, Status, TypeCode};

use super::globs::Globs;
use super::output_pattern::OutputPattern;
use super::record_field::RecordField;

/// A rule that makes files.
#[derive(Debug, Clone)]
pub struct Generator {
    /// Its name.
    pub name: String,
    /// Which records it depends on.
    pub inputs: RecordFilter,
    /// The files whose content it depends on.
    pub files: Globs,
    /// What it depends on in the records.
    pub fields: Vec<RecordField>,
    /// The order of the records.
    pub sort: Vec<SortKey>,
    /// The files that it makes.
    pub outputs: Vec<OutputPattern>,
    /// How it makes them.
    pub action: GeneratorAction,
    /// The names of generators that run before it.
    pub after: Vec<String>,
    /// The program that checks the outputs, with its arguments; empty if there is none.
    pub validator: Vec<String>,
    /// The files that its programs run or load, if the rules say which.
    pub loaded: Option<Globs>,
    /// When it runs.
    pub run: GeneratorRun,
    /// How long each of its programs may take.
    pub timeout: Duration,
    /// Whether a commit is blocked if it fails.
    pub is_required: bool,
    /// Whether the outputs contain the hash of the inputs.
    pub is_stamped: bool,
}

/// Which records a generator depends on: those that pass all of it.
#[derive(Debug, Clone, Default)]
pub struct RecordFilter {
    /// The paths.
    pub path: Option<Globs>,
    /// The statuses, if they matter.
    pub status: Option<Vec<Status>>,
    /// The namespaces, if they matter.
    pub ns: Option<Vec<Namespace>>,
    /// The TYPEs, if they matter.
    pub types: Option<Vec<TypeCode>>,
    /// The identities, if they matter.
    pub ids: Option<Vec<Id>>,
}

/// A field by which records are sorted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SortKey {
    /// The field.
    pub field: RecordField,
    /// Whether larger values come first.
    pub is_descending: bool,
}

/// How a generator makes its outputs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GeneratorAction {
    /// A program with its arguments.
    Command(Vec<String>),
    /// A format that idhooks writes itself.
    BuiltIn(BuiltIn),
}

crate::words! {
    /// A format that idhooks writes itself.
    pub enum BuiltIn {
        /// A Markdown table with a row for each record.
        MarkdownIndex = "markdown-index",
        /// Comma-separated values.
        Csv = "csv",
        /// A JSON document.
        Json = "json",
    }
}

crate::words! {
    /// When a generator runs.
    #[derive(Default)]
    pub enum GeneratorRun {
        /// In the pre-commit hook.
        #[default]
        Commit = "commit",
        /// When someone runs `idhooks generate`.
        Manual = "manual",
        /// When a watcher with '--live' sees that its inputs have changed.
        Watch = "watch",
    }
}

impl Generator {
    /// Returns whether commits run it.
    pub fn runs_in_commits(&self) -> bool {
        self.run == GeneratorRun::Commit
    }

    /// Returns whether a watcher runs it.
    pub fn runs_in_watcher(&self) -> bool {
        self.run == GeneratorRun::Watch
    }

    /// Returns the words of its command; none if it is built in.
    pub fn command(&self) -> &[String] {
        match &self.action {
            GeneratorAction::Command(words) => words,
            GeneratorAction::BuiltIn(_) => &[],
        }
    }

    /// Returns the command lines of its programs.
    pub fn programs(&self) -> impl Iterator<Item = &[String]> {
        [self.command(), &self.validator].into_iter().filter(|words| !words.is_empty())
    }
}
