//! The judge: every commit of a history, with the identities that it must keep. Uses no code of
//! idhooks; what it demands is stricter than consistency:
//!
//! - a path that stays keeps its identity;
//! - a file renamed without edits keeps it, if its blob has 32 bytes and at most one other file has it, or is the
//!   only one of its kind;
//! - no identity names a file that shares nothing with the ones that it named before;
//!
//! each apart from the [`Exception`]s.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use crate::common::Repo;
use crate::judge::{self, View};
use crate::simulator::guesses::origin;

use super::commands::Commands;
use super::exceptions::{Counts, Exception};
use super::promise::{ExactRenames, Origin, Path, Promise, exact_renames, holders};
use super::roots;
use super::store::{Facts, Store};

/// What is demanded of a new commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Demand {
    /// Every path has the identity that it must have.
    Consistent,
    /// The same, in a commit that repeats others.
    Repeated,
    /// Made by git with only the merge driver: a valid registry that may be behind.
    Behind,
    /// Made where commits are missing: a path that its parent left without an identity may lack it
    /// still, and one to which it left a wrong one may have it, but neither must have another one.
    LeftAlone,
    /// The same where objects are missing; a path without a known identity may lack one, too.
    Offline,
    /// Made without hooks.
    Free,
}

/// A judged commit.
pub(crate) struct Seen {
    pub(crate) parents: Vec<String>,
    pub(crate) view: View,
    /// What its children must keep.
    pub(crate) promise: Promise,
    /// What is wrong with it, by path.
    pub(crate) wrong: BTreeMap<Path, String>,
    /// The origins whose last file, here or before, was nearly empty: what comes to its path soon may be the
    /// same file.
    small: HashSet<Origin>,
}

impl Seen {
    /// Returns whether the commit has the files and the registry of another one.
    pub(crate) fn is_same_as(&self, other: &Seen) -> bool {
        self.view.tree == other.view.tree
    }
}

/// The judge of one history.
pub(crate) struct Judge {
    pub(crate) store: Store,
    pub(crate) commands: Commands,
    pub(crate) counts: Counts,
    /// The commit that is being amended: a path that it has stays, too.
    pub(crate) amended: Option<Rc<Seen>>,
    /// Whether git alone, without pre-commit, makes one commit of it and another one.
    pub(crate) is_fixup: bool,
    seen: HashMap<String, Rc<Seen>>,
    /// The births in the files of each origin.
    births: HashMap<Origin, BTreeSet<String>>,
}

impl Judge {
    /// Makes a judge who has seen nothing.
    pub(crate) fn new(root: &Repo) -> Judge {
        let (commands, counts, amended) = Default::default();
        let (is_fixup, seen, births) = Default::default();
        Judge { store: Store::new(root), commands, counts, amended, is_fixup, seen, births }
    }

    /// Judges the new commits that are reachable from this one.
    pub(crate) fn look(&mut self, tip: &str, demand: Demand) -> Result<(), String> {
        for name in self.unseen(tip) {
            let facts = self.store.read(&name);
            let subject = facts.subject.clone();
            let (seen, faults) = self.judge(facts, demand);
            self.counts.note("commits judged");
            if !faults.is_empty() {
                let faults = faults.join("\n  ");
                return Err(format!("commit {name} '{subject}' ({demand:?}):\n  {faults}"));
            }
            self.seen.insert(name, Rc::new(seen));
        }
        Ok(())
    }

    /// Returns a commit that was judged.
    pub(crate) fn seen(&self, name: &str) -> Rc<Seen> {
        Rc::clone(&self.seen[name])
    }

    /// Returns the new commits, each after its parents.
    fn unseen(&mut self, tip: &str) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        let mut stack = vec![(tip.to_owned(), self.store.parents(tip))];
        while let Some((name, parents)) = stack.last().cloned() {
            let open = |name: &String| !self.seen.contains_key(name) && !found.contains(name);
            match parents.into_iter().find(|parent| open(parent)) {
                Some(parent) => {
                    let parents = self.store.parents(&parent);
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

    fn judge(&mut self, facts: Facts, demand: Demand) -> (Seen, Vec<String>) {
        let Facts { parents, subject, view } = facts;
        let seen: Vec<Rc<Seen>> = parents.iter().map(|name| self.seen(name)).collect();
        let mut promise = self.promise(&parents, &seen, &view);
        let kept = promise.held.clone();
        self.commands.apply(&subject, &parents, &mut promise, &mut self.counts);
        promise.trim(&view);
        let known: Vec<&View> = seen.iter().map(|seen| &seen.view).collect();
        let form = if view.raw.is_none() { Vec::new() } else { judge::registry_faults(&view, &[]) };
        let mut lost = lost(&view, &known);
        let single = Some(demand).filter(|_| parents.len() == 1);
        let before = promise.clone();
        let mut wrong = self.misplaced(&mut promise, &view, (&seen, single));
        let shown = holders(&view);
        let changed =
            kept.iter().filter(|(path, it)| shown.get(*path).is_some_and(|now| now != *it));
        self.commands.note_changed(&subject, changed.map(|(path, _)| path.clone()));
        // Who repeats or takes back this commit does the same with what it decided.
        let given: BTreeMap<Path, Origin> = promise
            .held
            .iter()
            .filter(|(path, it)| before.held.get(*path) != Some(it))
            .map(|(path, it)| (path.clone(), it.clone()))
            .collect();
        self.commands.note_decided(&subject, &parents, before, given);
        let has_registry = view.raw.is_some() || known.iter().any(|parent| parent.raw.is_some());
        if !has_registry {
            (wrong, lost) = (BTreeMap::new(), Vec::new());
        }
        let of_paths = |wrong: &BTreeMap<Path, String>| wrong.values().cloned().collect::<Vec<_>>();
        let faults = match demand {
            Demand::Consistent | Demand::Repeated => {
                [form.clone(), lost.clone(), ended(&view, &seen), of_paths(&wrong)].concat()
            }
            Demand::Behind => form.clone(),
            Demand::LeftAlone | Demand::Offline => {
                let mut other = wrong.clone();
                other.retain(|path, _| !self.may_be_left(path, &view, (&seen, &promise), demand));
                (other.len()..wrong.len()).for_each(|_| self.counts.except(Exception::LeftAlone));
                [form.clone(), lost.clone(), of_paths(&other)].concat()
            }
            Demand::Free => Vec::new(),
        };
        for fault in form.into_iter().chain(lost) {
            wrong.insert(Vec::new(), fault);
        }
        if wrong.is_empty() && view.raw.is_some() {
            promise = shown_promise(promise, &view, &known, demand);
        }
        if matches!(demand, Demand::Behind) {
            // The merge driver alone gave these paths their identities, which may stay.
            for (path, origin) in holders(&view) {
                let is_open =
                    !promise.held.contains_key(&path) && !promise.doubt.contains_key(&path);
                if is_open && !wrong.contains_key(&path) {
                    promise.allow(&path, [origin], Exception::MergeDecides);
                }
            }
        }
        self.commands.note_fresh(&subject, &promise.held);
        self.note_births(&promise, &view);
        let small = small(&seen, &promise, &view);
        (Seen { parents, view, promise, wrong, small }, faults)
    }

    /// Returns what a commit with these parents must keep.
    fn promise(&mut self, names: &[String], parents: &[Rc<Seen>], view: &View) -> Promise {
        match parents {
            [] => Promise::default(),
            [parent] => {
                let renames = exact_renames(&mut self.store, &parent.view, view);
                self.count_weak(&renames, &parent.promise, view);
                parent.promise.carried(&renames, view)
            }
            _ => {
                let bases = self.store.bases(&names[0], &names[1]);
                let bases: Vec<_> = bases.iter().map(|name| self.seen(name)).collect();
                match bases.iter().any(|base| base.view.raw.is_some()) {
                    true => self.merged(&bases, parents, Some(view)),
                    false => {
                        let mut promise = self.merged(&[], parents, None);
                        roots::settle(self, names, parents, &mut promise);
                        promise
                    }
                }
            }
        }
    }

    /// Counts the renames that nothing demands and that were not followed.
    fn count_weak(&mut self, renames: &ExactRenames, before: &Promise, view: &View) {
        let after = holders(view);
        for (old, new) in &renames.weak {
            let held: Vec<&Origin> = old.iter().filter_map(|path| before.held.get(path)).collect();
            let is_lost = |path: &&Path| after.get(*path).is_some_and(|now| !held.contains(&now));
            new.iter().filter(is_lost).for_each(|_| self.counts.except(Exception::WeakRename));
        }
    }

    /// Returns what a merge must keep: of each path what the side says whose file `view` has, or else the one
    /// that changed it.
    fn merged(&self, bases: &[Rc<Seen>], parents: &[Rc<Seen>], view: Option<&View>) -> Promise {
        let mut merged = Promise::default();
        let sides: Vec<&Promise> = parents.iter().map(|parent| &parent.promise).collect();
        let paths: BTreeSet<&Path> = sides.iter().flat_map(|side| side.held.keys()).collect();
        for path in paths {
            let here: BTreeSet<&Origin> =
                sides.iter().filter_map(|side| side.held.get(path)).collect();
            let old: BTreeSet<&Origin> =
                bases.iter().filter_map(|base| base.promise.held.get(path)).collect();
            let new: Vec<&Origin> = here.difference(&old).copied().collect();
            let decided = match (here.len(), new.as_slice()) {
                (1, _) => here.first().copied(),
                (_, [one]) => Some(*one),
                _ => None,
            };
            // An identity that a side has at another path is there for a reason.
            let is_elsewhere = |origin: &Origin| {
                sides.iter().any(|side| side.place(origin).is_some_and(|place| place != path))
            };
            let of_file = view.filter(|_| here.len() > 1);
            let of_file = of_file.and_then(|view| self.of_file(path, parents, view));
            let decided = of_file.or(decided);
            let own =
                here.iter().copied().filter(|origin| self.is_left(path, origin, parents, view));
            if let [origin] = *own.collect::<Vec<_>>() {
                merged.held.insert(path.clone(), origin.clone());
                continue;
            }
            // A side that has both there says that both name the file.
            let is_shadowed = |origin: &Origin| {
                let mut records = parents.iter().flat_map(|parent| &parent.view.records);
                records.any(|r| r.is_shadowed && r.path == *path && r.origin == *origin)
            };
            let is_open = |origin: &Origin| is_elsewhere(origin) || is_shadowed(origin);
            match decided.filter(|origin| !is_open(origin)) {
                Some(origin) => {
                    merged.held.insert(path.clone(), origin.clone());
                }
                None => {
                    let all = here.into_iter().cloned();
                    merged.allow(path, all, Exception::MergeDecides);
                }
            }
        }
        for (path, doubt) in sides.iter().flat_map(|side| &side.doubt) {
            merged.allow(path, doubt.may.iter().cloned(), doubt.why);
        }
        merged
    }

    /// Returns the identity of a path on the side whose file a merge has there, if only one has it and no
    /// command may have given it to the other side's.
    fn of_file<'s>(&self, path: &Path, parents: &'s [Rc<Seen>], view: &View) -> Option<&'s Origin> {
        let file = view.tree.get(path)?;
        let mut with_file = parents.iter().filter(|it| it.view.tree.get(path) == Some(file));
        let (side, other) = (with_file.next()?, with_file.next());
        let is_sure = other.is_none() && self.commands.is_empty();
        side.promise.held.get(path).filter(|_| is_sure)
    }

    /// Returns whether a merge has the file of an identity that sides have at several paths at this one alone,
    /// and no command may have given it to another file.
    fn is_left(
        &self,
        path: &Path,
        origin: &Origin,
        parents: &[Rc<Seen>],
        view: Option<&View>,
    ) -> bool {
        let Some(view) = view.filter(|_| self.commands.is_empty()) else { return false };
        let places: BTreeSet<&Path> =
            parents.iter().filter_map(|parent| parent.promise.place(origin)).collect();
        let has_file = |place: &&Path| {
            let mut sides = parents.iter().filter(|it| it.promise.held.get(*place) == Some(origin));
            sides.any(|it| it.view.tree.get(*place) == view.tree.get(*place))
        };
        let mut with_file =
            places.iter().copied().filter(|it| view.tree.contains_key(*it)).filter(has_file);
        // Another side may say of this very file that it is another one.
        let is_agreed = parents.iter().all(|it| {
            it.view.tree.get(path) != view.tree.get(path)
                || it.promise.held.get(path) == Some(origin)
        });
        places.len() > 1
            && is_agreed
            && with_file.next() == Some(path)
            && with_file.next().is_none()
    }

    /// Returns what is wrong with the identities of a commit. What a repeated commit may have besides
    /// is added to the promise.
    fn misplaced(
        &mut self,
        promise: &mut Promise,
        view: &View,
        (parents, demand): (&[Rc<Seen>], Option<Demand>),
    ) -> BTreeMap<Path, String> {
        let shown = holders(view);
        let tracked = view.tracked();
        let mut wrong: BTreeMap<Path, String> = BTreeMap::new();
        let is_as =
            |all: &BTreeMap<Path, Origin>| all.iter().all(|(path, it)| shown.get(path) == Some(it));
        if !promise.together.is_empty() && !promise.together.iter().any(is_as) {
            let all = promise.together[0].keys().next().cloned().unwrap_or_default();
            wrong.insert(all, "the paths of neither side are taken for all".to_owned());
        }
        for path in shown.keys().filter(|path| !tracked.contains(*path)) {
            wrong.insert(path.clone(), format!("active but not tracked: {}", path.escape_ascii()));
        }
        for path in tracked {
            let name = path.escape_ascii().to_string();
            let size = view.tree[&path].size;
            let Some(now) = shown.get(&path) else {
                wrong.insert(path, format!("no identity: {name}"));
                continue;
            };
            let began = origin(&path, &view.tree[&path].blob);
            match (promise.held.get(&path), promise.doubt.get(&path)) {
                (Some(must), _) if must == now => {}
                (Some(_), _) if demand == Some(Demand::Repeated) && began == *now => {
                    self.counts.except(Exception::SameAllocation);
                    promise.put(&path, now);
                }
                // An amended commit followed the files step by step; of several equal ones, any may have moved,
                // and git alone need not follow what a fixup adds.
                (Some(_), _)
                    if (self.had_amended(&path, view)
                        || self.is_fixup && is_new(&path, parents))
                        && is_one_of_many(&path, view, parents) =>
                {
                    promise.allow(&path, [now.clone()], Exception::WeakRename);
                }
                // Nothing demands that git's own commits follow the renames of nearly empty files, or of one of
                // several equal ones.
                (Some(_), _)
                    if demand == Some(Demand::Behind)
                        && (size < 32
                            || is_new(&path, parents) && is_one_of_many(&path, view, parents)) =>
                {
                    promise.allow(&path, [now.clone()], Exception::WeakRename);
                }
                (Some(must), _) => {
                    wrong.insert(
                        path,
                        format!("identity of {name} ({size} bytes) is {now}, was {must}"),
                    );
                }
                (None, Some(doubt)) if doubt.may.contains(now) => self.counts.except(doubt.why),
                _ if promise.place(now).is_some() => {
                    wrong.insert(path, format!("{now} of another path is at {name}"));
                }
                _ if self.is_amended_with(&path, now) => {}
                _ if self.names_other_content(&path, now, view, parents) => {
                    wrong.insert(path, format!("{now} names unrelated content: {name}"));
                }
                _ => {}
            }
        }
        wrong
    }

    /// Returns whether an identity that no parent promised for a path names a file there that has nothing in
    /// common with those that it named before.
    fn names_other_content(
        &mut self,
        path: &Path,
        now: &Origin,
        view: &View,
        parents: &[Rc<Seen>],
    ) -> bool {
        // Two had the path, and the other one has left.
        let is_next = parents.iter().flat_map(|parent| &parent.view.records);
        let mut is_next = is_next.filter(|r| r.is_shadowed && r.path == *path);
        if is_next.any(|record| record.origin == *now) {
            self.counts.except(Exception::MergeDecides);
            return false;
        }
        // A path that stays keeps its identity, whatever is written there.
        let has_kept = |parent: &Rc<Seen>| {
            !parent.wrong.contains_key(path)
                && parent.view.tree.contains_key(path)
                && holders(&parent.view).get(path) == Some(now)
        };
        let was_small = |parent: &Rc<Seen>| parent.small.contains(now);
        if parents.iter().any(has_kept) || parents.iter().any(was_small) {
            return false;
        }
        let here = self.store.blob(&view.tree[path].blob).births.clone();
        let known = self.births.get(now).filter(|known| !known.is_empty());
        known.is_some_and(|known| !here.is_empty() && known.is_disjoint(&here))
    }

    /// Returns whether the commit that is being amended has this identity at a path.
    fn is_amended_with(&self, path: &Path, now: &Origin) -> bool {
        self.amended.as_ref().is_some_and(|it| it.promise.held.get(path) == Some(now))
    }

    /// Returns whether the commit that is being amended has this very file.
    fn had_amended(&self, path: &Path, view: &View) -> bool {
        let same = |amended: &Rc<Seen>| amended.view.tree.get(path) == view.tree.get(path);
        self.amended.as_ref().is_some_and(same)
    }

    /// Returns whether a path may lack an identity, a record its file, or have the identity of a parent
    /// that was wrong, because objects are missing: a parent left it so, or it may be a file that one left.
    fn may_be_left(
        &mut self,
        path: &Path,
        view: &View,
        (parents, promise): (&[Rc<Seen>], &Promise),
        demand: Demand,
    ) -> bool {
        let shown = holders(view);
        let tracked = view.tracked();
        let as_before = |parent: &Rc<Seen>| {
            parent.wrong.contains_key(path) && holders(&parent.view).get(path) == shown.get(path)
        };
        if shown.contains_key(path) && tracked.contains(path) {
            return parents.iter().any(as_before);
        }
        let is_promised = promise.held.contains_key(path);
        if demand == Demand::Offline
            && (is_new(path, parents) || !is_promised || !tracked.contains(path))
        {
            return true;
        }
        let left: Vec<(&Rc<Seen>, &Path)> = parents
            .iter()
            .flat_map(|parent| parent.wrong.keys().map(move |path| (parent, path)))
            .collect();
        if left.iter().any(|(_, known)| *known == path) {
            return true;
        }
        let Some(file) = view.tree.get(path) else { return false };
        let here = self.store.blob(&file.blob);
        left.iter().filter_map(|(parent, path)| parent.view.tree.get(*path)).any(|old| {
            old.blob == file.blob || !self.store.blob(&old.blob).births.is_disjoint(&here.births)
        })
    }

    fn note_births(&mut self, promise: &Promise, view: &View) {
        for (path, origin) in &promise.held {
            if let Some(file) = view.tree.get(path) {
                let births = self.store.blob(&file.blob).births.clone();
                self.births.entry(origin.clone()).or_default().extend(births);
            }
        }
        for (path, doubt) in &promise.doubt {
            let Some(file) = view.tree.get(path) else { continue };
            let births = self.store.blob(&file.blob).births.clone();
            for origin in &doubt.may {
                self.births.entry(origin.clone()).or_default().extend(births.clone());
            }
        }
    }
}

/// Returns the origins whose last file, in a commit or before it, was nearly empty.
fn small(parents: &[Rc<Seen>], promise: &Promise, view: &View) -> HashSet<Origin> {
    let mut small: HashSet<Origin> =
        parents.iter().flat_map(|parent| &parent.small).cloned().collect();
    for (path, origin) in &promise.held {
        match view.tree.get(path) {
            Some(file) if file.size < 32 => drop(small.insert(origin.clone())),
            Some(_) => drop(small.remove(origin)),
            None => {}
        }
    }
    small
}

/// Returns whether no parent has a path.
fn is_new(path: &Path, parents: &[Rc<Seen>]) -> bool {
    parents.iter().all(|parent| !parent.view.tree.contains_key(path))
}

/// Returns whether a commit or its parent has the file at several paths.
fn is_one_of_many(path: &Path, view: &View, parents: &[Rc<Seen>]) -> bool {
    let blob = &view.tree[path].blob;
    let count = |view: &View| view.tree.values().filter(|file| file.blob == *blob).count();
    count(view) > 1 || parents.iter().any(|parent| count(&parent.view) > 1)
}

/// Returns the identities that ended although nothing happened to their files: as if those were deleted, or
/// for others that are not there.
fn ended(view: &View, parents: &[Rc<Seen>]) -> Vec<String> {
    let [parent] = parents else { return Vec::new() };
    if !parent.wrong.is_empty() {
        return Vec::new();
    }
    let now: HashMap<&str, &judge::view::Record> =
        view.records.iter().map(|record| (record.origin.as_str(), record)).collect();
    let held = holders(view);
    let Seen { promise, view: before, .. } = &**parent;
    let is_its = |r: &&judge::view::Record| {
        promise.held.get(&r.path) == Some(&r.origin)
            && view.tree.contains_key(&r.path)
            && view.tree.get(&r.path) == before.tree.get(&r.path)
    };
    let stayed = before.records.iter().filter(is_its);
    let faults = stayed.filter_map(|then| {
        let now_it = now.get(then.origin.as_str())?;
        let holder = held.get(&then.path).and_then(|origin| now.get(origin.as_str()));
        let is_holder = |id: &String| {
            holder.is_some_and(|holder| holder.id == *id || holder.aliases.contains(id))
        };
        // Several commands that are repeated at once may have ended the heir, too.
        let heir_of = |id: &String| {
            let ended = view.records.iter().find(|record| !record.active && record.id == *id);
            ended.and_then(|record| record.superseded_by.clone())
        };
        let has_heir = |heir: &String| {
            let heirs = std::iter::successors(Some(heir.clone()), heir_of);
            heirs.take(view.records.len()).any(|heir| is_holder(&heir))
        };
        // A command made it for a file that has its former identity again.
        let is_undone = held.get(&then.path).is_some_and(|now| then.reassigned_from.contains(now));
        // A command gave it to another file, where it ended for the heir.
        let is_given = holder.is_some_and(|holder| holder.reassigned_from.contains(&then.origin));
        let why = match &now_it.superseded_by {
            _ if is_undone => return None,
            _ if now_it.is_deleted => "as if deleted",
            Some(heir) if !now_it.active && !is_given && !has_heir(heir) => {
                "for one that is elsewhere"
            }
            _ => return None,
        };
        Some(format!("{} of the unchanged {} ended {why}", then.id, then.path.escape_ascii()))
    });
    faults.collect()
}

/// Returns the records of the parents that are gone or have another identity.
fn lost(view: &View, parents: &[&View]) -> Vec<String> {
    let now: HashMap<&str, &judge::view::Record> =
        view.records.iter().map(|record| (record.origin.as_str(), record)).collect();
    let then = parents.iter().flat_map(|parent| &parent.records);
    let faults = then.filter_map(|then| match now.get(then.origin.as_str()) {
        None => Some(format!("record lost: {} {}", then.id, then.path.escape_ascii())),
        Some(now) if now.id == then.id || now.aliases.contains(&then.id) => None,
        Some(now) => Some(format!("{} was {} and is {}", then.origin, then.id, now.id)),
    });
    faults.collect()
}

/// Returns what a commit must keep whose registry is as it must be: what that shows.
fn shown_promise(mut promise: Promise, view: &View, known: &[&View], demand: Demand) -> Promise {
    // What no hook has seen decides nothing that was open.
    let is_open = matches!(demand, Demand::Behind | Demand::Free);
    let open = if is_open { std::mem::take(&mut promise.doubt) } else { BTreeMap::new() };
    // A file that comes where there was none, with the registry as it was, is no one's yet.
    let same_registry = |parent: &View| (&parent.raw, is_open) == (&view.raw, true);
    let mut shown = Promise::shown(view);
    let is_kept = |path: &Path| {
        !open.contains_key(path)
            && (promise.held.contains_key(path) || !matches!(*known, [it] if same_registry(it)))
    };
    shown.held.retain(|path, _| is_kept(path));
    shown.doubt = open;
    shown
}
