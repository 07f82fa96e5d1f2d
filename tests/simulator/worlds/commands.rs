//! What `idhooks mv` and `idhooks assign` said, by the subject of the commit that they were part of.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::exceptions::{Counts, Exception};
use super::promise::{Origin, Path, Promise};

/// What the commands before one commit said.
#[derive(Debug, Clone, Default)]
pub(crate) struct Said {
    /// The paths that were given an identity.
    pub(crate) given: BTreeMap<Path, Origin>,
    /// The paths from which one was taken without another being given.
    pub(crate) taken: BTreeSet<Path>,
    /// The new identities of the paths from which one was taken.
    fresh: BTreeSet<Origin>,
    /// The paths that got another identity, or a new one, where the commands were repeated.
    changed: BTreeSet<Path>,
    /// The parents of the first commit with this subject, and where they had the identities.
    first: Option<(Vec<String>, Promise)>,
}

/// All commands of a history.
#[derive(Default)]
pub(crate) struct Commands {
    said: HashMap<String, Said>,
    /// The identities that repeated commands may have given to other paths than they did at first: who
    /// repeats an earlier one now may find what a later one said.
    doubted: BTreeSet<Origin>,
    /// What the last of the commits that are being squashed keeps: where they followed what commands
    /// moved.
    pub(crate) squashed: Option<Promise>,
}

impl Commands {
    /// Returns whether there were none.
    pub(crate) fn is_empty(&self) -> bool {
        self.said.is_empty()
    }

    /// Notes what a command says before the commit with this subject.
    pub(crate) fn note(&mut self, subject: &str) -> &mut Said {
        self.said.entry(subject.to_owned()).or_default()
    }

    /// Returns whether a commit with this subject has, repeats or takes back a command.
    pub(crate) fn concern(&self, subject: &str) -> bool {
        mentioned(subject).iter().any(|subject| self.said.contains_key(subject))
    }

    /// Notes the new identities of the paths from which a commit with this subject took one.
    pub(crate) fn note_fresh(&mut self, subject: &str, shown: &BTreeMap<Path, Origin>) {
        let Some(said) = self.said.get_mut(subject) else { return };
        let fresh = said.taken.iter().filter_map(|path| shown.get(path)).cloned();
        said.fresh.extend(fresh.collect::<Vec<_>>());
    }

    /// Notes the paths that got another identity where commands were repeated or taken back: who takes
    /// back the latter changes them again.
    pub(crate) fn note_changed(&mut self, subject: &str, paths: impl Iterator<Item = Path>) {
        let paths: Vec<Path> = paths.collect();
        for subject in mentioned(subject).iter().map(String::as_str).chain([subject]) {
            if let Some(said) = self.said.get_mut(subject) {
                said.changed.extend(paths.iter().cloned());
            }
        }
    }

    /// Notes what a repeated commit gave other identities than those that it had to keep.
    pub(crate) fn note_decided(
        &mut self,
        subject: &str,
        parents: &[String],
        before: Promise,
        given: BTreeMap<Path, Origin>,
    ) {
        if !given.is_empty() {
            let said = self.note(subject);
            said.given.extend(given);
            said.first.get_or_insert((parents.to_vec(), before));
        }
    }

    /// Changes what a commit with these parents must keep as its commands demand.
    pub(crate) fn apply(
        &mut self,
        subject: &str,
        parents: &[String],
        promise: &mut Promise,
        counts: &mut Counts,
    ) {
        let before = promise.clone();
        if let Some(said) = self.said.get_mut(subject) {
            let (first, then) =
                said.first.get_or_insert_with(|| (parents.to_vec(), before.clone())).clone();
            if first == parents {
                said.apply(promise);
                counts.except(Exception::Command);
            } else if said.is_same(&then, &before) && !said.is_about(&self.doubted) {
                said.apply(promise);
                // The file may be another one, but the path is the one that the first commit gave an
                // identity.
                for path in &said.taken {
                    promise.allow(path, said.fresh.iter().cloned(), Exception::CommandRepeated);
                }
                counts.except(Exception::CommandRepeated);
            } else {
                self.doubted.extend(said.given.values().cloned());
                said.doubt(promise, (&then, None), Exception::CommandRepeated);
            }
        }
        let why = match is_reverted(subject) {
            true => Exception::CommandReverted,
            false => Exception::CommandRepeated,
        };
        for mentioned in mentioned(subject).iter().filter(|mentioned| *mentioned != subject) {
            let Some(said) = self.said.get(mentioned) else { continue };
            let then = said.first.as_ref().map_or(&before, |(_, then)| then).clone();
            said.doubt(promise, (&then, self.squashed.as_ref()), why);
        }
    }
}

impl Said {
    fn paths<'a>(&'a self, then: &'a Promise) -> impl Iterator<Item = &'a Path> {
        let left = self.given.values().filter_map(|origin| then.place(origin));
        self.given.keys().chain(&self.taken).chain(left)
    }

    fn apply(&self, promise: &mut Promise) {
        for path in &self.taken {
            promise.held.remove(path);
        }
        for (path, origin) in &self.given {
            promise.put(path, origin);
        }
    }

    /// Returns whether what the commands speak of is the same here as it was then.
    fn is_same(&self, then: &Promise, here: &Promise) -> bool {
        let at = |promise: &Promise, path: &Path| promise.held.get(path).cloned();
        self.paths(then).all(|path| at(then, path) == at(here, path))
            && self.given.values().all(|origin| then.place(origin) == here.place(origin))
    }

    /// Returns whether the commands gave one of these identities.
    fn is_about(&self, origins: &BTreeSet<Origin>) -> bool {
        self.given.values().any(|origin| origins.contains(origin))
    }

    /// Leaves open what the commands speak of.
    fn doubt(
        &self,
        promise: &mut Promise,
        (then, squashed): (&Promise, Option<&Promise>),
        why: Exception,
    ) {
        // Also where those are now that the commands put away, and where later commits moved them.
        let put_away = self.given.keys().filter_map(|path| then.held.get(path));
        let moved = self.given.values().chain(put_away);
        let now = [Some(&*promise), squashed];
        let here = moved.flat_map(|origin| now.map(|now| now?.place(origin).cloned())).flatten();
        let paths = self.paths(then).chain(&self.changed).cloned();
        let paths: BTreeSet<Path> = paths.chain(here).collect();
        let held = paths.iter().filter_map(|path| promise.held.get(path));
        let then = paths.iter().filter_map(|path| then.held.get(path));
        let said = self.given.values().chain(&self.fresh);
        let origins: BTreeSet<Origin> = held.chain(then).chain(said).cloned().collect();
        for path in &paths {
            promise.allow(path, origins.iter().cloned(), why);
        }
    }
}

/// Returns whether a commit with this subject takes back another one.
fn is_reverted(subject: &str) -> bool {
    subject.starts_with("Revert") || subject.starts_with("Reapply")
}

/// Returns the subjects that one contains: `squash of work 3, Revert "work 5"`.
fn mentioned(subject: &str) -> Vec<String> {
    let numbers = subject.split("work ").skip(1).map(|rest| {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        format!("work {digits}")
    });
    numbers.collect()
}
