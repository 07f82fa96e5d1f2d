//! What `--remove` removes from a file, and what it keeps.

use std::collections::{BTreeMap, BTreeSet};

use idhooks_core::config::{Config, EmbedRule};
use idhooks_core::embed::{self, Mark, Obstacle};
use idhooks_core::registry::RepoPath;

use crate::commands::transaction::RegistryTransaction;
use crate::error::CommandError;

use super::candidate::InjectCandidate;

/// What to do with the identities that a file carries.
pub(super) enum Removal {
    /// The file carries no identity to remove.
    Nothing,
    /// Remove `digits`, and keep `others`.
    Digits { digits: BTreeSet<String>, others: Vec<String> },
    /// The file carries only identities that are not its own, which stay.
    Foreign(CommandError),
    /// A rule would write the identity again.
    Ruled,
    /// What the file carries is not an identity.
    Refused(CommandError),
}

/// Returns what to remove: the file's own identity and its earlier ones or, if `is_foreign`, all
/// others.
///
/// # Errors
/// Returns an error if the content cannot be read.
pub(super) fn removal(
    transaction: &RegistryTransaction<'_>,
    &InjectCandidate { path, entry, is_named, holder }: &InjectCandidate<'_>,
    is_foreign: bool,
) -> Result<Removal, CommandError> {
    let marks = embed::read_all(path, &transaction.repo.blob(entry.blob)?);
    let is_own = |mark: &Mark| {
        let id = mark.id();
        holder.zip(id).is_some_and(|(holder, id)| holder.answers_to(id))
    };
    let digits = |mark: &&Mark| mark.is_digits();
    let (own, others): (Vec<&Mark>, Vec<&Mark>) =
        marks.iter().filter(digits).partition(|mark| is_own(mark));
    let texts = |marks: &[&Mark]| marks.iter().map(|mark| mark.text().to_owned()).collect();
    let (goes, stays) = if is_foreign { (&others, &own) } else { (&own, &others) };
    if !is_foreign
        && goes.is_empty()
        && let Some(other) = stays.first()
    {
        let has = match holder {
            Some(holder) => format!("but its identity is {}", holder.id),
            None => "but has no identity".to_owned(),
        };
        let what = format!("'{path}' carries {}, {has}", other.text());
        return Ok(Removal::Foreign(CommandError::new(what).hint(remedy(path))));
    }
    // The rules only write the file's own identity.
    if !is_foreign && transaction.config.embeds(path) && (is_named || !goes.is_empty()) {
        return Ok(Removal::Ruled);
    }
    match (goes.is_empty(), marks.iter().find(|mark| !mark.is_digits())) {
        (true, Some(text)) => {
            let obstacle = Obstacle::Foreign(text.text().to_owned());
            let error = CommandError::new(format!("'{path}' is not changed: {obstacle}"));
            Ok(Removal::Refused(error.hint("if you want to remove it, edit the file")))
        }
        (true, None) => Ok(Removal::Nothing),
        (false, _) => {
            let others = if is_foreign { Vec::new() } else { texts(stays) };
            Ok(Removal::Digits { digits: texts(goes).into_iter().collect(), others })
        }
    }
}

/// Returns the hint for removing an identity that is not the file's own.
pub(super) fn remedy(path: &RepoPath) -> String {
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
        self.0.entry((rule.line(), glob)).or_default().push(path.clone());
    }

    /// Returns the number of files beyond the first of each rule.
    pub(super) fn more(&self) -> usize {
        self.0.values().map(|paths| paths.len() - 1).sum()
    }

    /// Returns one error for each rule.
    pub(super) fn errors(&self) -> Vec<CommandError> {
        self.0.iter().map(|((line, glob), paths)| refusal(*line, glob, paths)).collect()
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
