//! Records what every commit of a history promises, and checks that the promises are kept.
//!
//! Uses no code of idhooks: objects come from `git cat-file`, registries from a JSON parser. An
//! inconsistent commit promises what its parents promised, as far as its own changes are
//! unambiguous: a path that stayed, a file moved without edits, every record. The next commit made
//! with hooks must keep these promises.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use crate::judge::view::{File, Record};
use crate::judge::{self, View};
use crate::simulator::guesses::{self, Guesses};
use crate::simulator::objects::{Objects, commit, entries};
use crate::simulator::published;

const REGISTRY: &[u8] = b".idhooks/registry.json";

/// The rule for a new commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// The commit must be consistent.
    Consistent,
    /// The oldest new commit must be consistent; the others as [`Rule::Behind`].
    FirstConsistent,
    /// Made by git with only the merge driver: a valid registry that may be behind.
    Behind,
    /// The same as [`Rule::Behind`], during a rebase that is not complete.
    Passing,
    /// Made without hooks.
    Free,
}

/// The counts of new commits.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Look {
    pub(crate) commits: usize,
    pub(crate) merges: usize,
    /// Made with hooks, but inconsistent until the next one.
    pub(crate) behind: usize,
}

struct Seen {
    parents: Vec<String>,
    view: View,
    /// What its children must keep; nothing if that is the view itself.
    promise: Option<View>,
    /// What the paths without a promise may have.
    guesses: Guesses,
}

impl Seen {
    fn promise(&self) -> &View {
        self.promise.as_ref().unwrap_or(&self.view)
    }
}

struct Blob {
    size: u64,
    births: BTreeSet<String>,
}

/// Everything that was recorded in a history.
#[derive(Default)]
pub(crate) struct Ledger {
    commits: HashMap<String, Rc<Seen>>,
    blobs: HashMap<String, Rc<Blob>>,
    /// Whether numbers are sequential, so that members choose the same ones.
    sequential: bool,
    /// The commit that is being amended.
    pub(crate) amending: Option<String>,
    /// The births in the files of each origin.
    births: HashMap<String, BTreeSet<String>>,
    /// The paths at which each origin has been.
    places: HashMap<String, BTreeSet<Vec<u8>>>,
    /// The paths at which each origin may have been in commits made without hooks.
    guessed: HashMap<String, BTreeSet<Vec<u8>>>,
    names: BTreeMap<String, BTreeSet<String>>,
    owners: BTreeMap<String, BTreeSet<String>>,
}

impl Ledger {
    /// Returns a ledger without commits.
    pub(crate) fn new(sequential: bool) -> Ledger {
        Ledger { sequential, ..Ledger::default() }
    }

    /// Judges the new commits that are reachable from HEAD.
    pub(crate) fn look(&mut self, objects: &mut Objects, rule: Rule) -> Result<Look, String> {
        let mut look = Look::default();
        for name in self.unseen(objects) {
            let rule = match rule {
                Rule::FirstConsistent if look.commits == 0 => Rule::Consistent,
                Rule::FirstConsistent => Rule::Behind,
                other => other,
            };
            let seen = self.read(objects, &name);
            let parents: Vec<Rc<Seen>> =
                seen.parents.iter().map(|parent| Rc::clone(&self.commits[parent])).collect();
            look.commits += 1;
            look.merges += usize::from(parents.len() > 1);
            let (seen, faults) = self.judge(seen, &parents, rule);
            if !faults.is_empty() {
                return Err(format!("commit {name} ({rule:?}):\n  {}", faults.join("\n  ")));
            }
            look.behind += usize::from((rule == Rule::Behind) && seen.promise.is_some());
            self.commits.insert(name, Rc::new(seen));
        }
        Ok(look)
    }

    /// Returns the paths of a recorded commit, except those of idhooks.
    pub(crate) fn files(&self, commit: &str) -> Vec<String> {
        let paths = self.commits[commit].view.tracked().into_iter();
        paths.map(|path| String::from_utf8_lossy(&path).into_owned()).collect()
    }

    /// Returns the parents of a recorded commit.
    pub(crate) fn parents(&self, commit: &str) -> &[String] {
        self.commits.get(commit).map_or(&[], |seen| &seen.parents)
    }

    /// Returns whether two recorded commits have the same files, and whether also the same
    /// registry.
    pub(crate) fn compare(&self, one: &str, other: &str) -> (bool, bool) {
        let (one, other) = (&self.commits[one].view, &self.commits[other].view);
        let files = |view: &View| {
            let mut tree = view.tree.clone();
            tree.remove(REGISTRY);
            tree
        };
        (files(one) == files(other), one.raw == other.raw)
    }

    /// Returns the number of identities that two allocations chose independently.
    pub(crate) fn collisions(&self) -> usize {
        self.owners.values().filter(|origins| origins.len() > 1).count()
    }

    /// Returns the new commits, each after its parents.
    fn unseen(&self, objects: &mut Objects) -> Vec<String> {
        let mut found = Vec::new();
        let head = objects.get("HEAD");
        let mut stack = vec![(head.name, commit(&head.bytes).1)];
        while let Some((name, parents)) = stack.last().cloned() {
            let open = |name: &String| !self.commits.contains_key(name) && !found.contains(name);
            match parents.into_iter().find(|parent| open(parent)) {
                Some(parent) => {
                    let parents = commit(&objects.get(&parent).bytes).1;
                    stack.push((parent, parents));
                }
                None => {
                    if open(&name) {
                        found.push(name);
                    }
                    stack.pop();
                }
            }
        }
        found
    }

    fn read(&mut self, objects: &mut Objects, name: &str) -> Seen {
        let (tree, parents) = commit(&objects.get(name).bytes);
        let mut files = BTreeMap::new();
        self.walk(objects, &tree, b"", &mut files);
        let registry = files.get(REGISTRY).map(|file: &File| objects.get(&file.blob).bytes);
        Seen { parents, view: View::new(files, registry), promise: None, guesses: Guesses::new() }
    }

    fn walk(
        &mut self,
        objects: &mut Objects,
        tree: &str,
        above: &[u8],
        files: &mut BTreeMap<Vec<u8>, File>,
    ) {
        for (name, (mode, blob)) in entries(&objects.get(tree)) {
            let path = [above, &name].concat();
            if mode == "40000" {
                self.walk(objects, &blob, &[&path[..], b"/"].concat(), files);
            } else {
                let size = self.blob(objects, &blob).size;
                files.insert(path, File { mode, blob, size });
            }
        }
    }

    fn blob(&mut self, objects: &mut Objects, name: &str) -> Rc<Blob> {
        let read = || {
            let bytes = objects.get(name).bytes;
            let text = String::from_utf8_lossy(&bytes);
            let births = text.lines().filter_map(|line| line.split_once(" line ")).map(|(b, _)| b);
            let births = births.filter(|birth| birth.starts_with("born-")).map(String::from);
            Rc::new(Blob { size: bytes.len() as u64, births: births.collect() })
        };
        Rc::clone(self.blobs.entry(name.to_owned()).or_insert_with(read))
    }

    /// Judges a commit; returns it with its promise, and its faults.
    fn judge(&mut self, mut seen: Seen, parents: &[Rc<Seen>], rule: Rule) -> (Seen, Vec<String>) {
        let promises: Vec<&View> = parents.iter().map(|parent| parent.promise()).collect();
        let mut faults = judge::of_commit(&seen.view, &promises);
        let excused = self.excused(&seen.view, &promises);
        faults.retain(|fault| !excused.contains(fault));
        for record in promises.iter().flat_map(|parent| &parent.records).filter(|r| r.active) {
            if is_doubtful(parents, &record.path, &record.origin) {
                let path = record.path.escape_ascii();
                faults.retain(|fault| !fault.starts_with(&format!("identity of {path} is ")));
            }
        }
        if parents.len() > 1 {
            let own: Vec<&View> = parents.iter().map(|parent| &parent.view).collect();
            let active = seen.view.records.iter().filter(|record| record.active);
            for record in active.filter(|record| published::is_shown(record, &own)) {
                let path = record.path.escape_ascii();
                faults.retain(|fault| !fault.starts_with(&format!("identity of {path} is ")));
            }
        }
        let is_true = faults.is_empty();
        if is_true {
            self.note_names(&seen.view);
            if rule != Rule::Free {
                faults.extend(self.misplaced_identities(&seen.view, parents));
                if parents.len() > 1 {
                    let parents = parents.iter().map(|parent| (&parent.view, parent.promise()));
                    faults.extend(published::lost(&seen.view, &parents.collect::<Vec<_>>()));
                }
                if !self.sequential {
                    faults.extend(self.renumbered(&seen.view));
                }
            }
        } else {
            if matches!(rule, Rule::Behind | Rule::Passing) {
                faults = registry_faults(&seen.view, parents);
            } else if rule == Rule::Free {
                faults.clear();
            }
            let promise = promise(&seen.view, &promises, parents);
            seen.guesses = self.note_guesses(&promise, parents);
            seen.promise = Some(promise);
        }
        self.note_births(seen.promise());
        self.note_shadowed(&seen.view, &promises);
        (seen, faults)
    }

    /// Returns the renames without edits that need not have been followed: the new path has an
    /// identity that its file already had elsewhere (a squashed copy and deletion look like a
    /// rename), or the old one's file is at a path where it has been before (a copy made while
    /// its rename was amended looks like that rename), or the new path was there in the commit
    /// that is amended, beside the old one (a copy whose origin the amendment moves elsewhere),
    /// or there was another file at the old path by then (that commit had swapped two files), and
    /// the identity has followed that one.
    fn excused(&self, view: &View, parents: &[&View]) -> BTreeSet<String> {
        let active: Vec<&Record> = view.records.iter().filter(|record| record.active).collect();
        let has_been = |record: &Record| {
            self.places.get(&record.origin).is_some_and(|known| known.contains(&record.path))
        };
        let [parent] = parents else { return BTreeSet::new() };
        let renames = judge::exact_renames(parent, view).into_iter().filter(|(old, new)| {
            let before = parent.records.iter().find(|r| r.active && r.path == *old);
            let is_now = |r: &&&Record| before.is_some_and(|before| before.origin == r.origin);
            let now = active.iter().find(is_now);
            active
                .iter()
                .any(|r| r.path == *new && (has_been(r) || self.was_active_before_amend(r)))
                || now.is_some_and(|now| has_been(now) || self.has_followed(old, parent, now, view))
                || self.were_beside(old, new)
        });
        renames.map(|(old, new)| judge::lost_rename(&old, &new)).collect()
    }

    /// Returns whether a record was active in the amended commit.
    fn was_active_before_amend(&self, record: &Record) -> bool {
        let amended = self.amending.as_ref().and_then(|name| self.commits.get(name));
        let records = amended.iter().flat_map(|seen| &seen.view.records);
        records.clone().any(|known| known.active && known.origin == record.origin)
    }

    /// Returns whether the amended commit had both paths.
    fn were_beside(&self, old: &[u8], new: &[u8]) -> bool {
        let amended = self.amending.as_ref().and_then(|name| self.commits.get(name));
        amended.is_some_and(|seen| [old, new].iter().all(|p| seen.view.tree.contains_key(*p)))
    }

    /// Returns whether a record held the old path in the commit that is amended, with a file that
    /// shares nothing with the one before that commit, and is now at one that descends from it.
    fn has_followed(&self, old: &[u8], parent: &View, now: &Record, view: &View) -> bool {
        let amended = self.amending.as_ref().and_then(|name| self.commits.get(name));
        let Some(amended) = amended.map(|seen| &seen.view) else { return false };
        let held = |r: &Record| r.active && r.origin == now.origin && r.path == old;
        let then = births(&self.blobs, amended, old);
        amended.records.iter().any(held)
            && births(&self.blobs, parent, old).is_disjoint(&then)
            && !births(&self.blobs, view, &now.path).is_disjoint(&then)
    }

    fn note_names(&mut self, view: &View) {
        for record in &view.records {
            self.names.entry(record.origin.clone()).or_default().insert(record.id.clone());
            self.owners.entry(record.id.clone()).or_default().insert(record.origin.clone());
        }
    }

    fn note_births(&mut self, view: &View) {
        for record in view.records.iter().filter(|record| record.active) {
            let births = births(&self.blobs, view, &record.path);
            self.births.entry(record.origin.clone()).or_default().extend(births);
            self.places.entry(record.origin.clone()).or_default().insert(record.path.clone());
        }
    }

    /// Notes where a merge took identities along that another one holds the path before. Brought
    /// over to a branch where the other is elsewhere, they hold that path themselves.
    fn note_shadowed(&mut self, view: &View, parents: &[&View]) {
        let is_shadowed =
            |id: &str| view.record(id).is_some_and(|record| record["metadata"]["shadowed"] == true);
        let retired = view.records.iter().filter(|record| !record.active);
        let along = retired.filter(|r| self.went_along(r, parents) && is_shadowed(&r.id));
        for record in along.cloned().collect::<Vec<_>>() {
            self.places.entry(record.origin).or_default().insert(record.path);
        }
    }

    /// Notes where the file of an identity may be in an inconsistent commit that renamed and edited
    /// it; returns these guesses together with those carried over from earlier commits.
    fn note_guesses(&mut self, promise: &View, parents: &[Rc<Seen>]) -> Guesses {
        let before: Vec<_> = parents.iter().map(|seen| (seen.promise(), &seen.guesses)).collect();
        let births = |view: &View, path: &[u8]| births(&self.blobs, view, path);
        let mut guesses = guesses::of(promise, &before, &births);
        for (path, may) in &mut guesses {
            let here = births(promise, path);
            for record in promise.records.iter().filter(|record| !record.active) {
                let known = self.births.get(&record.origin);
                if known.is_some_and(|known| !known.is_disjoint(&here)) {
                    self.places.entry(record.origin.clone()).or_default().insert(path.clone());
                    may.insert(record.origin.clone());
                }
            }
            for origin in may.iter() {
                self.guessed.entry(origin.clone()).or_default().insert(path.clone());
            }
        }
        guesses
    }

    /// Returns the identities that name a different file than before.
    ///
    /// A path that stays keeps its identity whatever its content becomes, so only identities at
    /// paths where they have never been, as far as known, are checked.
    fn misplaced_identities(&self, view: &View, parents: &[Rc<Seen>]) -> Vec<String> {
        let promises: Vec<&View> = parents.iter().map(|seen| seen.promise()).collect();
        let active = view.records.iter().filter(|record| record.active);
        let moved = active.filter(|record| {
            let known = [self.places.get(&record.origin), self.guessed.get(&record.origin)];
            !known.into_iter().flatten().any(|known| known.contains(&record.path))
        });
        let moved = moved.filter(|record| !self.went_along(record, &promises));
        let wrong = moved.filter(|record| {
            let now = births(&self.blobs, view, &record.path);
            let then = self.births.get(&record.origin);
            then.is_some_and(|then| {
                !then.is_empty() && !now.is_empty() && now.intersection(then).next().is_none()
            })
        });
        let wrong = wrong.filter(|record| !self.was_guessed(record, view, parents));
        wrong
            .map(|r| format!("{} names another file: {}", r.id, String::from_utf8_lossy(&r.path)))
            .collect()
    }

    /// Returns whether a record's file may have come from its possible path in an inconsistent
    /// parent.
    fn was_guessed(&self, record: &Record, view: &View, parents: &[Rc<Seen>]) -> bool {
        let unsure = parents.iter().filter(|seen| !seen.guesses.is_empty());
        let unsure: Vec<_> = unsure.map(|seen| (seen.promise(), &seen.guesses)).collect();
        let births = |view: &View, path: &[u8]| births(&self.blobs, view, path);
        guesses::brought(view, &unsure, &births, &record.path).contains(&record.origin)
    }

    /// Returns whether a merge took an identity from a path to one where another identity had
    /// gone from that very path: to git it is the same file, whatever is in it now.
    fn went_along(&self, record: &Record, parents: &[&View]) -> bool {
        let was = parents.iter().flat_map(|parent| &parent.records);
        let was: Vec<&Vec<u8>> =
            was.filter(|r| r.origin == record.origin).map(|r| &r.path).collect();
        let from_there = |places: &BTreeSet<Vec<u8>>| {
            places.contains(&record.path) && was.iter().any(|path| places.contains(*path))
        };
        parents.len() > 1 && self.places.values().any(from_there)
    }

    /// Returns the allocations that got another identity although no other allocation has theirs.
    fn renumbered(&self, view: &View) -> Vec<String> {
        let wrong = view.records.iter().filter(|record| {
            let names = &self.names[&record.origin];
            names.len() > 1 && !names.iter().any(|name| self.owners[name].len() > 1)
        });
        wrong.map(|r| format!("{} was given another identity without need", r.origin)).collect()
    }
}

fn births(blobs: &HashMap<String, Rc<Blob>>, view: &View, path: &[u8]) -> BTreeSet<String> {
    let file = view.tree.get(path);
    file.and_then(|file| blobs.get(&file.blob)).map(|b| b.births.clone()).unwrap_or_default()
}

/// Returns what is wrong with a registry that only git and the merge driver have touched. It may
/// lack records: where a commit is reverted that added them and nothing has changed since, git
/// takes the older registry without asking the driver.
fn registry_faults(view: &View, parents: &[Rc<Seen>]) -> Vec<String> {
    let is_sound = |seen: &Rc<Seen>| judge::registry_faults(&seen.view, &[]).is_empty();
    if parents.iter().all(is_sound) { judge::registry_faults(view, &[]) } else { Vec::new() }
}

/// Returns what an untrue commit promises.
fn promise(view: &View, parents: &[&View], seen: &[Rc<Seen>]) -> View {
    let mut records: BTreeMap<&str, Record> = BTreeMap::new();
    for record in parents.iter().flat_map(|parent| &parent.records).chain(&view.records) {
        let known = records.entry(&record.origin).or_insert_with(|| record.clone());
        known.aliases.extend(record.aliases.iter().cloned());
        known.active = false;
    }
    let mut places = places(view, parents);
    places.retain(|path, origin| !is_doubtful(seen, path, origin));
    let mut taken: BTreeMap<&str, usize> = BTreeMap::new();
    for origin in places.values() {
        *taken.entry(origin).or_default() += 1;
    }
    for (path, origin) in &places {
        let record = records.get_mut(origin.as_str()).filter(|_| taken[origin.as_str()] == 1);
        if let Some(record) = record {
            record.path.clone_from(path);
            record.active = true;
        }
    }
    View { records: records.into_values().collect(), ..view.clone() }
}

/// Returns whether, in a merge, an untrue parent does not know what it has at the path, or where
/// it has the identity: it renamed and edited something unobserved.
fn is_doubtful(parents: &[Rc<Seen>], path: &[u8], origin: &str) -> bool {
    let untrue = parents.iter().filter_map(|parent| parent.promise.as_ref());
    let is_open = |view: &View| {
        let mut held = view.records.iter().filter(|record| record.active);
        let mut retired = view.records.iter().filter(|record| !record.active);
        (view.tree.contains_key(path) && !held.any(|record| record.path == path))
            || retired.any(|record| record.origin == origin)
    };
    parents.len() > 1 && untrue.into_iter().any(is_open)
}

/// Returns the origins that paths must have, where there is no doubt.
fn places(view: &View, parents: &[&View]) -> BTreeMap<Vec<u8>, String> {
    let mut claims: BTreeMap<Vec<u8>, BTreeSet<String>> = BTreeMap::new();
    for parent in parents {
        let active = parent.records.iter().filter(|record| record.active);
        let held: BTreeMap<_, _> = active.map(|r| (r.path.clone(), r.origin.clone())).collect();
        for (path, origin) in &held {
            claims.entry(path.clone()).or_default().insert(origin.clone());
        }
        for (old, new) in
            judge::exact_renames(parent, view).into_iter().filter(|_| parents.len() == 1)
        {
            if let Some(origin) = held.get(&old) {
                claims.entry(new).or_default().insert(origin.clone());
            }
        }
    }
    let tracked = view.tracked();
    let sure = claims.into_iter().filter(|(path, o)| tracked.contains(path) && o.len() == 1);
    // A pick that adds a file anew which was moved since: one allocation at two paths. The
    // merge driver leaves it with one of them.
    let is_twofold = |path: &Vec<u8>, origins: &BTreeSet<String>| {
        let stored = view.records.iter().find(|r| r.active && origins.contains(&r.origin));
        stored.is_some_and(|stored| {
            let is_new = parents.iter().all(|parent| !parent.tree.contains_key(&stored.path));
            stored.path != *path && is_new && tracked.contains(&stored.path)
        })
    };
    let sure = sure.filter(|(path, origins)| !is_twofold(path, origins));
    sure.filter_map(|(path, origins)| Some((path, origins.into_iter().next()?))).collect()
}
