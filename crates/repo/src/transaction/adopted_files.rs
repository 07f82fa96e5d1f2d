//! Adopts a repository in which every tracked file is new. The data structures are compact enough
//! for a million files.

use std::collections::HashMap;
use std::io::{self, Write};

use foldhash::fast::RandomState;
use idhooks_core::config::Config;
use idhooks_core::embed::{self, Mark};
use idhooks_core::plan::{
    AllocationLog, Allocator, Choice, Continued, IdAssigner, PlanError, origin_blob,
};
use idhooks_core::registry::{
    Allocation, BlobId, Id, Origin, Registry, RepoPath, Scope, Timestamp, write_record,
};
use idhooks_core::rename::NoBlobs;

use crate::git::Repo;
use crate::state::PathList;

use super::carried_ids::{AdoptFrom, CarriedIds, SortedIds, UnkeptId};

/// The text that follows a registry's records.
const CLOSING: &str = "]}\n";
/// The number of bytes per write.
const MOST_BYTES: usize = 128 << 10;

/// A file in the index.
#[derive(Debug)]
pub struct NewFile {
    /// Its path.
    pub path: RepoPath,
    /// Its blob.
    pub blob: BlobId,
    /// The size of its working file in bytes if git knows it, or 0.
    pub working: u32,
}

impl NewFile {
    /// Returns the first mark at its head, if the file is small or the rules name it: there may be
    /// a million files.
    fn mark(&self, config: &Config, repo: &Repo) -> Option<Mark> {
        let is_small = |size: u64| size <= embed::MAX_UNRULED_SIZE;
        let is_wanted = config.embeds(&self.path);
        // Asking for the size of a blob takes half as long as reading a small one. A filter may
        // make the working file smaller than the blob, so the blob's size is checked below.
        let has_small_file = self.working > 0 && is_small(self.working.into());
        if !(is_wanted || has_small_file) {
            repo.blob_size(self.blob).filter(|size| is_small(*size))?;
        }
        // Each blob is read once, so none is cached.
        let content = repo.blob(self.blob).ok()?;
        let is_read = is_wanted || is_small(content.len() as u64);
        is_read.then(|| embed::read(&self.path, &content)).flatten()
    }
}

/// The files in a repository that has no identities yet, with the origins of their allocations.
#[derive(Default)]
pub struct AdoptedFiles<'a> {
    paths: PathList,
    origins: Vec<Origin>,
    rules: Option<(&'a Config, &'a Repo)>,
    /// The identities that files carry in their names and at their heads.
    carried: CarriedIds,
    /// Where files carry the identities to keep, if any are kept.
    keep: Option<AdoptFrom>,
}

impl<'a> AdoptedFiles<'a> {
    /// Returns an empty set of files. An identity that a file carries under these rules is not part
    /// of the file's origin.
    pub fn under(config: &'a Config, repo: &'a Repo) -> Self {
        AdoptedFiles { rules: Some((config, repo)), ..AdoptedFiles::default() }
    }

    /// Keeps the identities that the files carry in these places.
    #[must_use]
    pub fn keeping(self, keep: Option<AdoptFrom>) -> Self {
        AdoptedFiles { keep, ..self }
    }

    /// Makes room for this many files, whose paths have this many bytes in all: growing step by step
    /// would touch twice as much memory.
    #[must_use]
    pub fn with_room(self, files: usize, path_bytes: usize) -> Self {
        let (paths, origins) = (PathList::with_room(files, path_bytes), Vec::with_capacity(files));
        AdoptedFiles { paths, origins, ..self }
    }

    /// Returns the most common scope among the identities that files carry in these places.
    pub fn main_scope(&self) -> Option<Scope> {
        self.carried.main_scope(self.keep?)
    }

    /// Adds files, which must be in bytewise path order.
    pub fn add(&mut self, files: &[NewFile]) {
        let tracking = |file: &NewFile| self.rules.filter(|(config, _)| config.tracks(&file.path));
        let rules: Vec<_> = files.iter().map(tracking).collect();
        let marks = marks(files, &rules);
        for (n, (file, rules)) in files.iter().zip(rules).enumerate() {
            let number = u32::try_from(self.origins.len()).unwrap_or(u32::MAX);
            if rules.is_some() {
                self.carried.read_name(number, &file.path);
            }
            marks.get(&n).into_iter().for_each(|mark| self.carried.read_head(number, &mark.text));
            let NewFile { path, blob, .. } = file;
            let blob = rules.map_or(*blob, |(config, repo)| origin_blob(config, repo, path, *blob));
            self.paths.push(path.as_bytes());
            self.origins.push(Origin::of_file(path, blob, 0));
        }
    }

    /// Allocates an identity to every tracked file, but never one that another file carries.
    /// `given` contains the identities that this clone has already allocated.
    ///
    /// # Errors
    /// Returns an error if a counter is full.
    pub fn allocate(
        self,
        config: &Config,
        scope: Scope,
        now: Timestamp,
        given: &AllocationLog,
        progress: &dyn Fn(),
    ) -> Result<NewIds, PlanError> {
        let origin = |number: u32| self.origins[number as usize];
        let carried = self.carried.iter().map(|(number, id)| (id, origin(number))).collect();
        let scopes = [&[scope][..], &config.legacy_scopes].concat();
        let sorted = self.keep.map(|from| self.carried.sort_out(from, &scopes));
        let SortedIds { kept, rest } = sorted.unwrap_or_default();
        let mut before = Registry::new(scope);
        let path = |number: u32| RepoPath::new(self.paths.path(number as usize));
        // Kept identities are added as records, so that no new file can get one of their numbers.
        before.allocations.extend(kept.iter().filter_map(|(number, id)| {
            Some(Allocation::new(*id, path(*number).ok()?, now, origin(*number)))
        }));
        let mut assigner = IdAssigner {
            config,
            scope,
            now,
            allocator: Allocator::new(config, &before, Some(given), None).sparing(carried),
            choice: Choice::default(),
            blobs: &NoBlobs,
        };
        let (mut ids, mut dates) = (Vec::with_capacity(self.paths.count()), HashMap::default());
        for ((path, origin), number) in self.paths.iter().zip(&self.origins).zip(0..) {
            let Ok(path) = RepoPath::new(path) else { continue };
            if config.tracks(&path) {
                let (id, at) = match kept.get(&number) {
                    Some(id) => (*id, now),
                    None => assigner.choose(&path, *origin)?,
                };
                ids.push((id, number));
                if at != now {
                    dates.insert(number, at);
                }
                progress();
            }
        }
        let name = |number| path(number).map(|path| path.to_string()).unwrap_or_default();
        let unkept = rest.into_iter().filter_map(|(number, place, text, reason)| {
            Some(UnkeptId::new(path(number).ok()?, place, text, reason, name))
        });
        let (kept, unkept) = (kept.len(), unkept.collect());
        let continued = assigner.allocator.continued;
        let AdoptedFiles { paths, origins, carried, .. } = self;
        Ok(NewIds { paths, origins, ids, dates, carried, scope, now, kept, unkept, continued })
    }
}

/// Reads the first mark at the head of each file that has one and is tracked by its rules.
fn marks(files: &[NewFile], rules: &[Option<(&Config, &Repo)>]) -> HashMap<usize, Mark> {
    let mut numbers: Vec<usize> = (0..files.len()).collect();
    numbers.retain(|n| rules[*n].is_some() && embed::may_carry(&files[*n].path));
    // The index of a pack is sorted by id, so blobs that are looked up in this order are found
    // near each other.
    numbers.sort_unstable_by_key(|n| files[*n].blob);
    let read =
        |n: usize| Some((n, rules[n].and_then(|(config, repo)| files[n].mark(config, repo))?));
    numbers.into_iter().filter_map(read).collect()
}

/// The identities assigned by an adoption.
#[derive(Debug)]
pub struct NewIds {
    paths: PathList,
    origins: Vec<Origin>,
    /// The identities in file order, each with its file's number.
    ids: Vec<(Id, u32)>,
    /// The dates of identities that this clone had already allocated.
    dates: HashMap<u32, Timestamp, RandomState>,
    /// As in [`AdoptedFiles`].
    carried: CarriedIds,
    scope: Scope,
    now: Timestamp,
    /// The number of files that keep an identity they already carried.
    pub kept: usize,
    /// The identities that files carry but do not keep, in path order.
    pub unkept: Vec<UnkeptId>,
    /// The identities whose counters were full.
    pub continued: Continued,
}

impl NewIds {
    /// Returns the number of assigned identities.
    pub fn count(&self) -> usize {
        self.ids.len()
    }

    /// Returns each identity along with its file's path.
    pub fn iter(&self) -> impl Iterator<Item = (Id, &[u8])> {
        self.ids.iter().map(|(id, number)| (*id, self.paths.path(*number as usize)))
    }

    /// Returns the paths of files that carry a different identity from the one they are given.
    pub fn carriers_of_others(&self) -> Vec<&[u8]> {
        let own = |number: u32| {
            let at = self.ids.binary_search_by_key(&number, |(_, number)| *number).ok()?;
            Some(self.ids[at].0)
        };
        let others = self.carried.iter().filter(|(number, id)| own(*number) != Some(*id));
        let mut numbers: Vec<u32> = others.map(|(number, _)| number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers.into_iter().map(|number| self.paths.path(number as usize)).collect()
    }

    /// Writes the registry in the same form as [`Registry::format`], but piece by piece: for a
    /// million files, the records and their text together would take gigabytes.
    ///
    /// # Errors
    /// Returns an error if `out` does.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut sorted = self.ids.clone();
        sorted.sort_unstable();
        // Every registry has the same beginning and end as an empty registry.
        let empty = Registry::new(self.scope).format();
        let (head, end) = empty.split_at(empty.len() - CLOSING.len());
        let (mut text, last) = (head.to_owned(), sorted.len().saturating_sub(1));
        for (n, (id, number)) in sorted.into_iter().enumerate() {
            let path = RepoPath::new(self.paths.path(number as usize));
            let path = path.map_err(|_| io::ErrorKind::InvalidInput)?;
            let record = Allocation::new(id, path, self.date(number), self.origin(number));
            write_record(&mut text, &record, None);
            text.push_str(if n < last { ",\n" } else { "\n" });
            if text.len() >= MOST_BYTES {
                out.write_all(text.as_bytes())?;
                text.clear();
            }
        }
        text.push_str(end);
        out.write_all(text.as_bytes())
    }

    /// Returns the allocation log lines that are missing from `given`.
    pub fn log_lines(&self, given: &AllocationLog) -> String {
        let mut lines = String::with_capacity(AllocationLog::length_of(self.count()));
        for (id, number) in &self.ids {
            let (origin, at) = (self.origin(*number), self.date(*number));
            if at == self.now || given.find(origin) != Some((*id, at)) {
                AllocationLog::write_line(&mut lines, origin, *id, at);
            }
        }
        lines
    }

    fn date(&self, number: u32) -> Timestamp {
        self.dates.get(&number).copied().unwrap_or(self.now)
    }

    fn origin(&self, number: u32) -> Origin {
        self.origins[number as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use idhooks_core::config::Strategy;
    use idhooks_core::plan::{PlanInput, PlanOptions, plan};
    use idhooks_core::registry::{Entry, Mode, Tree};

    fn tree() -> Tree {
        let entry = |n: usize| Entry {
            mode: [Mode::Regular, Mode::Executable][n % 2],
            blob: BlobId::from_bytes(&[n as u8 / 2; 20]).expect("an id"),
        };
        let path = |n: usize| {
            let dir = ["", "docs/", "src/", ".idhooks/"][n % 4];
            let name = if n == 7 { b"\xff.md".to_vec() } else { format!("fi\"le{n}").into_bytes() };
            RepoPath::new([dir.as_bytes(), &name].concat()).expect("a path")
        };
        (0..200).map(|n| (path(n), entry(n))).collect()
    }

    fn new_file(path: &RepoPath, entry: Entry) -> NewFile {
        NewFile { path: path.clone(), blob: entry.blob, working: 0 }
    }

    #[test]
    fn adoption_allocates_what_a_plan_allocates() {
        let (tree, scope) = (tree(), "260118".parse().expect("a scope"));
        let mut empty = Vec::new();
        let none = AdoptedFiles::default().allocate(
            &Config::default(),
            scope,
            Timestamp::EPOCH,
            &AllocationLog::default(),
            &|| {},
        );
        none.expect("room").write(&mut empty).expect("memory");
        assert_eq!(empty, Registry::new(scope).format().into_bytes());
        for strategy in [Strategy::Scattered, Strategy::Sequential] {
            let mut config = Config::default();
            config.allocation.strategy = strategy;
            let text = |given: &AllocationLog| {
                let mut files = AdoptedFiles::default();
                files.add(
                    &tree.iter().map(|(path, entry)| new_file(path, *entry)).collect::<Vec<_>>(),
                );
                let ids = files.allocate(&config, scope, Timestamp::EPOCH, given, &|| {});
                let (ids, mut text) = (ids.expect("room"), Vec::new());
                ids.write(&mut text).expect("memory");
                (String::from_utf8(text).expect("text"), ids.log_lines(given))
            };
            let planned = |given: &AllocationLog| {
                let situation = PlanInput {
                    config: &config,
                    scope,
                    index: &tree,
                    parents: &[],
                    merged: None,
                    base: None,
                    staged: None,
                    blobs: &NoBlobs,
                    now: Timestamp::EPOCH,
                    options: PlanOptions { given: Some(given), ..PlanOptions::default() },
                };
                plan(&situation).expect("room").registry
            };
            let none = AllocationLog::default();
            let first = planned(&none);
            assert_eq!(first.allocations.len(), 150);
            let (whole, lines) = text(&none);
            assert_eq!((whole, lines.lines().count()), (first.format(), 150));
            // Some identities had already been allocated, at another time or to other files.
            let at = "2026-01-01T00:00:00Z".parse().expect("a date");
            let mut lines = String::new();
            for pair in first.allocations.chunks(2) {
                lines.push_str(&AllocationLog::line(pair[0].origin, pair[1].id, at));
            }
            let before = AllocationLog::parse(lines.as_bytes());
            let again = planned(&before);
            let (whole, lines) = text(&before);
            assert_eq!(whole, again.format());
            let is_new = |record: &&idhooks_core::registry::Allocation| {
                before.find(record.origin) != Some((record.id, record.allocated_at))
            };
            assert_eq!(lines.lines().count(), again.allocations.iter().filter(is_new).count());
            assert_ne!(again.format(), first.format());
        }
    }
}
