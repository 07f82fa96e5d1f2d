//! What `--remove` removes from a file, and what it keeps.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use idhooks_core::config::{Config, EmbedRule};
use idhooks_core::embed::{self, Mark, Obstacle, Style};
use idhooks_core::registry::{Allocation, Entry, RepoPath};
use idhooks_ops::RegistryTransaction;
use idhooks_repo::transaction::{HeadEdit, IdInjector, InjectedFile, Injection};

use crate::error::{CommandError, CommandResult};
use crate::output::Ui;

/// A selected file.
pub(super) struct InjectCandidate<'d> {
    pub(super) path: &'d RepoPath,
    pub(super) entry: Entry,
    /// Whether the file itself was named, not a directory or all files.
    pub(super) is_named: bool,
    /// The record of its identity.
    pub(super) holder: Option<&'d Allocation>,
}

/// An identity that is written into a file or removed from it.
pub(super) struct InjectedId {
    /// Its digits, which may be the placeholder.
    pub(super) id: String,
    /// The style to which it moves, if only that changes.
    pub(super) style: Option<Style>,
}

impl fmt::Display for InjectedId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.id)?;
        self.style.map_or(Ok(()), |style| write!(f, " as {style}"))
    }
}

/// What to do with a file.
pub(super) enum InjectOutcome {
    /// Nothing.
    Done,
    /// Change it, by writing or removing these identities.
    Change(Injection, Vec<InjectedId>),
    /// Refuse, with this error.
    Refused(CommandError),
    /// Keep the identities that it carries, none of which is its own.
    Foreign(CommandError),
    /// Keep its identity, which a rule would write again.
    Ruled,
}

/// Returns what to do with a file from which its own identity and its earlier ones or, if
/// `is_foreign`, all others should be removed.
///
/// # Errors
/// Returns an error if the content cannot be read.
pub(super) fn take_out(
    ui: &mut Ui,
    transaction: &RegistryTransaction<'_>,
    scribe: &IdInjector<'_>,
    &InjectCandidate { path, entry, is_named, holder }: &InjectCandidate<'_>,
    is_foreign: bool,
) -> CommandResult<InjectOutcome> {
    let marks = embed::read_all(path, &transaction.repo.blob(entry.blob)?);
    let is_own = |mark: &&Mark| holder.zip(mark.id()).is_some_and(|(own, id)| own.answers_to(id));
    let digits = marks.iter().filter(|mark| mark.is_digits());
    let (own, others): (Vec<&Mark>, Vec<&Mark>) = digits.partition(is_own);
    let goes = if is_foreign { &others } else { &own };
    let kept = others.first().filter(|_| !is_foreign);
    if let Some(other) = kept.filter(|_| goes.is_empty()) {
        let has = holder.map(|holder| format!("but its identity is {}", holder.id));
        let has = has.unwrap_or_else(|| "but has no identity".to_owned());
        let what = format!("'{path}' carries {}, {has}", other.text);
        return Ok(InjectOutcome::Foreign(CommandError::new(what).hint(remedy(path))));
    }
    // The rules only write the file's own identity.
    if !is_foreign && transaction.config.embeds(path) && (is_named || !goes.is_empty()) {
        return Ok(InjectOutcome::Ruled);
    }
    if goes.is_empty() {
        let Some(text) = marks.iter().find(|mark| !mark.is_digits()) else {
            return Ok(InjectOutcome::Done);
        };
        let obstacle = Obstacle::Foreign(text.text.clone());
        let error = CommandError::new(format!("'{path}' is not changed: {obstacle}"));
        return Ok(InjectOutcome::Refused(error.hint("if you want to remove it, edit the file")));
    }
    if let Some(other) = kept {
        let what = format!("'{path}' keeps {}, which is not its identity", other.text);
        ui.status(&format!("{what}; {}", remedy(path)));
    }
    let digits: BTreeSet<String> = goes.iter().map(|mark| mark.text.clone()).collect();
    Ok(match scribe.inject_ids(path, entry, &HeadEdit::Remove(digits.clone()))? {
        InjectedFile::Changed(file) => {
            let gone = |id| InjectedId { id, style: None };
            InjectOutcome::Change(file, digits.into_iter().map(gone).collect())
        }
        InjectedFile::Unchanged => InjectOutcome::Done,
        InjectedFile::Impossible(obstacle) => {
            let what = format!("'{path}' keeps its identity: {obstacle}");
            InjectOutcome::Refused(CommandError::new(what).hint("remove it by hand"))
        }
    })
}

/// Returns the hint for removing an identity that is not the file's own.
fn remedy(path: &RepoPath) -> String {
    format!("to remove it: idhooks inject --remove --foreign -- {}", path.shell_quoted())
}

/// Files to which a rule would write their identity again, by the line and the glob of the rule.
#[derive(Default)]
pub(super) struct Ruled(BTreeMap<(usize, String), Vec<RepoPath>>);

impl Ruled {
    /// Adds a file that a rule matches.
    pub(super) fn note(&mut self, config: &Config, path: &RepoPath) {
        let Some(rule) = config.embed_rule(path) else { return };
        let glob = rule.glob_of(path).unwrap_or_default().to_owned();
        self.0.entry((rule.line, glob)).or_default().push(path.clone());
    }

    /// Returns the number of files beyond the first of each rule.
    pub(super) fn more(&self) -> usize {
        self.0.values().map(|paths| paths.len() - 1).sum()
    }

    /// Returns one error for each rule.
    pub(super) fn errors(&self) -> impl Iterator<Item = CommandError> {
        self.0.iter().map(|((line, glob), paths)| refusal(*line, glob, paths))
    }
}

fn refusal(line: usize, glob: &str, paths: &[RepoPath]) -> CommandError {
    let rule = format!("the [[embed]] rule at idhooks.toml:{line} (path \"{glob}\")");
    let [path] = paths else {
        let files = format!("'{}' and {} more", paths[0], paths.len() - 1);
        return CommandError::new(format!(
            "{rule} matches {files}: a commit that changes them would write their identities again"
        ))
        .hint(
            "exclude them first: change that rule, or add one with embed = false above it; then run 'git add idhooks.toml' and try again",
        );
    };
    let error = CommandError::new(format!(
        "{rule} matches '{path}': a commit that changes it would write its identity again"
    ));
    let keys = EmbedRule::exclusion(path).unwrap_or_else(|| "embed = false".to_owned());
    error.hint(format!(
        "exclude the file first: above that rule, add an [[embed]] rule with {keys}; then run 'git add idhooks.toml' and try again"
    ))
}
