//! `idhooks refs`: lists references between files, reviews and writes them.

mod add;
mod resolve;
mod review;
mod suspect;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use idhooks_core::registry::{Id, RepoPath, Status};
use idhooks_ops::{ListedReference, NamedRecord, ReferenceList, RefsSelection, refs};
use serde::Serialize;

use crate::error::{CommandResult, Exit};
use crate::output::{
    Format, Ui, UnsearchedEntry, json, reference_graph, reference_row, report_unsearched,
};

use super::revision_args::RevisionArgs;
use add::AddArgs;
use resolve::ResolveArgs;
use review::ReviewArgs;
use suspect::SuspectArgs;

/// List references between files
///
/// A reference names a file by its identity, so it stays right when the file moves:
/// 'idhooks:0110073814260118', or with a heading 'idhooks:0110073814260118#install'. With a file,
/// lists the references to it, by any identity that it has or had. Without one, lists all.
///
/// Reads the files as they are in the index, or in a commit. A line with 'idhooks: ignore' has no
/// references. 'references' in idhooks.toml excludes files and adds other spellings.
///
/// With --resolve, all Markdown files are written into a directory for a renderer: references are
/// links with relative paths there. Files of earlier runs are replaced or removed, and no others.
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  idhooks refs docs/intro.md                   which files refer to it?
  idhooks refs --from docs/intro.md            what does it refer to?
  idhooks refs --graph > references.mmd        all references, as a Mermaid flowchart
  idhooks refs 0110073814260118 --format json
  idhooks refs --resolve build --rev HEAD      Markdown with links, for mdBook and others
  idhooks refs ./review                        a file that is named like a subcommand"
)]
pub(super) struct RefsArgs {
    #[command(subcommand)]
    action: Option<RefsAction>,
    /// Path, identity or its first digits, or second identity of the file that is referred to
    #[arg(value_name = "ID|PATH", conflicts_with = "from")]
    subject: Option<OsString>,
    /// List the references in this file instead
    #[arg(long, value_name = "PATH")]
    from: Option<PathBuf>,
    #[command(flatten)]
    source: RevisionArgs,
    /// Print a Mermaid flowchart with an arrow from each file to each file that it refers to
    #[arg(long, conflicts_with = "format")]
    graph: bool,
    #[command(flatten)]
    resolve: ResolveArgs,
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

#[derive(Debug, clap::Subcommand)]
enum RefsAction {
    Add(AddArgs),
    Suspect(SuspectArgs),
    Review(ReviewArgs),
}

/// A reference in the JSON document.
#[derive(Serialize)]
struct ReferenceEntry<'r> {
    path: &'r RepoPath,
    line: usize,
    column: usize,
    text: &'r str,
    form: &'r str,
    name: String,
    section: Option<&'r str>,
    stamp: Option<String>,
    target: Option<TargetEntry<'r>>,
}

/// The record that a reference in the JSON document names.
#[derive(Serialize)]
struct TargetEntry<'r> {
    id: Id,
    path: &'r RepoPath,
    status: Status,
    superseded_by: Option<&'r str>,
    others: &'r [Id],
}

/// The JSON document.
#[derive(Serialize)]
struct ReferencesDocument<'r> {
    references: Vec<ReferenceEntry<'r>>,
    unsearched: Vec<UnsearchedEntry<'r>>,
}

impl RefsArgs {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        match self.action {
            Some(RefsAction::Add(args)) => return args.run(ui, dir),
            Some(RefsAction::Suspect(args)) => return args.run(ui, dir),
            Some(RefsAction::Review(args)) => return args.run(ui, dir),
            None => {}
        }
        let (repo, revision) = (self.source.open(dir)?, self.source.revision());
        if let Some(output) = &self.resolve.resolve {
            return ResolveArgs::run(ui, &repo, &revision, [dir, output]);
        }
        let selection = match (self.subject, self.from) {
            (Some(subject), _) => RefsSelection::To(subject),
            (None, Some(path)) => RefsSelection::From(path),
            (None, None) => RefsSelection::All,
        };
        let ReferenceList { references, unsearched } = refs(ui, &repo, &revision, &selection)?;
        match self.format {
            _ if self.graph => ui.data(&reference_graph(&references)),
            Format::Json => {
                let references = references.iter().map(ReferenceEntry::new).collect();
                let unsearched = unsearched.iter().map(UnsearchedEntry::new).collect();
                ui.data(&json::document(&ReferencesDocument { references, unsearched }));
                return Ok(Exit::Fine);
            }
            Format::Text => ui.table(references.iter().map(reference_row)),
        }
        report_unsearched(ui, &unsearched);
        Ok(Exit::Fine)
    }
}

impl<'r> ReferenceEntry<'r> {
    fn new(reference: &'r ListedReference) -> Self {
        let ListedReference { path, line, column, text, form, target, section, stamp, named } =
            reference;
        ReferenceEntry {
            path,
            line: *line,
            column: *column,
            text,
            form,
            name: target.to_string(),
            section: section.as_deref(),
            stamp: stamp.map(|stamp| stamp.to_string()),
            target: named.as_ref().map(TargetEntry::new),
        }
    }
}

impl<'r> TargetEntry<'r> {
    fn new(NamedRecord { id, path, status, superseded_by, others }: &'r NamedRecord) -> Self {
        let superseded_by = superseded_by.as_deref();
        TargetEntry { id: *id, path, status: *status, superseded_by, others }
    }
}
