//! What `--remove` takes out of a file, and what it leaves there.

use std::collections::{BTreeMap, BTreeSet};

use crate::commands::transaction::RegistryTransaction;
use crate::config::{Config, EmbedRule};
use crate::embed::{self, Mark, Obstacle};
use crate::error::CommandError;
use crate::registry::RepoPath;

use super::InjectCandidate;

/// What is to become of what a file carries.
pub(super) enum Removal {
    /// It carries nothing that is meant.
    Nothing,
    /// These go, and the others stay.
    Digits { digits: BTreeSet<String>, others: Vec<String> },
    /// All that it carries is not its own, and stays.
    Foreign(CommandError),
    /// A rule would write it again.
    Ruled,
    /// What it carries is no identity.
    Refused(CommandError),
}

/// Returns what goes: the file's own identity with the ones it had before, or all but these.
///
/// # Errors
/// A content that cannot be read.
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
            Some(holder) => format!("and has {}", holder.id),
            None => "and has no identity".to_owned(),
        };
        let what = format!("'{path}' carries {}, {has}", other.text());
        return Ok(Removal::Foreign(CommandError::new(what).hint(remedy(path))));
    }
    // One that is not its own is no concern of the rules.
    if !is_foreign && transaction.config.embeds(path) && (is_named || !goes.is_empty()) {
        return Ok(Removal::Ruled);
    }
    match (goes.is_empty(), marks.iter().find(|mark| !mark.is_digits())) {
        (true, Some(text)) => {
            let obstacle = Obstacle::Foreign(text.text().to_owned());
            let error = CommandError::new(format!("'{path}' is left as it is: {obstacle}"));
            Ok(Removal::Refused(error.hint("if it is to go, take it out by hand")))
        }
        (true, None) => Ok(Removal::Nothing),
        (false, _) => {
            let others = if is_foreign { Vec::new() } else { texts(stays) };
            Ok(Removal::Digits { digits: texts(goes).into_iter().collect(), others })
        }
    }
}

/// Returns the command that takes an identity out that is not the file's own.
pub(super) fn remedy(path: &RepoPath) -> String {
    format!("to take it out: idhooks inject --remove --foreign -- {}", path.shell_quoted())
}

/// Files that would get back what is taken out of them, by the lines of the rules that name them
/// and by their globs.
#[derive(Default)]
pub(super) struct Ruled(BTreeMap<(usize, String), Vec<RepoPath>>);

impl Ruled {
    /// Notes a file that a rule names.
    pub(super) fn note(&mut self, config: &Config, path: &RepoPath) {
        let Some(rule) = config.embed_rule(path) else { return };
        let glob = rule.glob_of(path).unwrap_or_default().to_owned();
        self.0.entry((rule.line(), glob)).or_default().push(path.clone());
    }

    /// Returns how many files there are beyond one for each rule.
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
            "{rule} has {files} carry their identities: a commit that changes them would write them again"
        ))
        .hint(
            "exclude them first: change that rule, or put one with embed = false above it; then run 'git add idhooks.toml' and try again",
        );
    };
    let error = CommandError::new(format!(
        "{rule} has '{path}' carry its identity: a commit that changes it would write it again"
    ));
    let keys = EmbedRule::exclusion(path).unwrap_or_else(|| "embed = false".to_owned());
    error.hint(format!(
        "exclude the file first: above that rule, put an [[embed]] rule with {keys}; then run 'git add idhooks.toml' and try again"
    ))
}
