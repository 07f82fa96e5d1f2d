//! Planning and checking the changed paths over a registry that is read lazily gives, byte for byte,
//! what planning and checking all paths over the parsed registry gives.
//!
//! Random commits in random repositories in memory. `IDHOOKS_COMMITS=50000 cargo test
//! --test suite laws::changed_paths` makes more of them; `IDHOOKS_SEED=17` repeats one history.
//! For the merge, see the laws in `tests/laws/merge`.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io::Cursor;

use idhooks_core::check::{
    ChangedCommit, Parent, Subject, check, consistency, ended_twins, exact_renames, new_bindings,
    unrelated_files,
};
use idhooks_core::config::Config;
use idhooks_core::plan::{
    AllocationLog, ChangedPaths, FileSource, Plan, PlanError, PlanInput, PlanOptions, Recent, plan,
};
use idhooks_core::registry::{
    Allocation, BlobId, CanonicalText, Change, Entry, Json, Mode, PackedRegistry, Registry,
    RepoPath, Status, Timestamp, Tree,
};
use idhooks_core::rename::{Blobs, Siblings, siblings_in};
use idhooks_repo::state::{PathList, count_clean, tracked_paths};

use crate::common::{Dice, cases, number};

/// How many commits are made by default, and with `IDHOOKS_TEST_ALL=1`.
const COMMITS: [u64; 2] = [1_000, 5_000];
/// Commits of one history.
const LENGTH: u64 = 25;

const RULES: [&str; 5] = [
    "",
    "[allocation]\nstrategy = \"sequential\"\n",
    "[track]\nexclude = [\"build/**\"]\n",
    "[rename]\ncopies = false\n",
    "[rename]\nlimit = 1\n",
];

#[test]
fn changed_paths_give_what_all_paths_give() {
    if let Some(seed) = number("IDHOOKS_SEED") {
        return live(seed);
    }
    let commits = cases("IDHOOKS_COMMITS", COMMITS);
    (1..=commits.div_ceil(LENGTH)).for_each(live);
}

/// Contents in memory.
#[derive(Default)]
struct Memory(BTreeMap<BlobId, Vec<u8>>);

impl Memory {
    fn put(&mut self, content: &[u8]) -> BlobId {
        let mut id = [content.len() as u8; 20];
        for (n, byte) in content.iter().enumerate() {
            id[n % 20] = id[n % 20].rotate_left(3) ^ byte.wrapping_mul(n as u8 | 1);
        }
        let id = BlobId::from_bytes(&id).expect("20 bytes");
        let known = self.0.entry(id).or_insert_with(|| content.to_vec());
        assert_eq!(*known, content, "two contents with one id");
        id
    }
}

impl Blobs for Memory {
    fn size(&self, blob: BlobId) -> Option<u64> {
        self.0.get(&blob).map(|content| content.len() as u64)
    }

    fn read(&self, blob: BlobId) -> Option<Vec<u8>> {
        self.0.get(&blob).cloned()
    }
}

/// The files of a commit and of its parent.
struct Files<'a>(&'a Tree, &'a Tree);

/// The errors of reading from memory: none.
#[derive(Debug, PartialEq)]
struct Full(PlanError);

impl From<PlanError> for Full {
    fn from(error: PlanError) -> Self {
        Full(error)
    }
}

impl FileSource for Files<'_> {
    type Error = Full;

    fn entry(&self, path: &RepoPath) -> Result<Option<Entry>, Full> {
        Ok(self.0.get(path).copied())
    }

    fn may_have_others(&self, files: &[(&RepoPath, BlobId)]) -> Result<bool, Full> {
        let is_given = |path: &RepoPath| files.iter().any(|(given, _)| *given == path);
        let others = self.0.iter().filter(|(path, _)| !is_given(path));
        let has = |entry: &Entry| files.iter().any(|(_, blob)| *blob == entry.blob);
        Ok(others.map(|(_, entry)| entry).any(has))
    }

    fn siblings(&self, path: &RepoPath) -> Result<Siblings, Full> {
        Ok(siblings_in(self.1, path))
    }

    fn each(&self, look: &mut dyn FnMut(&[u8], Entry)) -> Result<bool, Full> {
        self.0.iter().for_each(|(path, entry)| look(path.as_bytes(), *entry));
        Ok(true)
    }
}

/// A repository.
struct World {
    config: Config,
    blobs: Memory,
    tree: Tree,
    registry: Registry,
    /// The registries of the two commits before, the newest first.
    before: [Registry; 2],
    log: String,
    names: usize,
}

impl World {
    fn new(dice: &mut Dice) -> Self {
        let registry = Registry::new("260118".parse().expect("a scope"));
        World {
            config: Config::parse(RULES[dice.roll(RULES.len())]).expect("valid"),
            blobs: Memory::default(),
            tree: Tree::new(),
            before: [registry.clone(), registry.clone()],
            registry,
            log: String::new(),
            names: 0,
        }
    }

    fn content(&mut self, dice: &mut Dice) -> BlobId {
        let text = match dice.roll(8) {
            0 => String::new(),
            1 => "x\n".to_owned(),
            2 => {
                self.names += 1;
                format!("{}\n", self.names)
            }
            3 => format!("{}\n", "a common line of some length\n".repeat(3)),
            4 => {
                self.names += 1;
                format!("{}number {}\n", "a common line of some length\n".repeat(3), self.names)
            }
            _ => {
                self.names += 1;
                let line = |n: usize| format!("line {n} of text number {}\n", self.names);
                (0..10).map(line).collect()
            }
        };
        self.blobs.put(text.as_bytes())
    }

    fn edited(&mut self, dice: &mut Dice, blob: BlobId) -> BlobId {
        let mut content = self.blobs.0[&blob].clone();
        for _ in 0..1 + dice.roll(3) * 4 {
            let line = format!("edit {}\n", dice.roll(1000));
            let at = dice.roll(content.len() + 1);
            content.splice(at..at, line.into_bytes());
        }
        self.blobs.put(&content)
    }

    fn name(&mut self, dice: &mut Dice) -> RepoPath {
        self.names += 1;
        let dir = *dice.choose(&["", "src/", "docs/", "a b/", "build/", "src/deep/er/"]);
        let end = *dice.choose(&["py", "md", "txt", "MD", "q\"t"]);
        let number = if dice.roll(3) == 0 { dice.roll(4) } else { self.names };
        let name = dice.choose(&["n", "näme ", "ba\\ck", "same"]);
        let mut path = format!("{dir}{name}{number}.{end}").into_bytes();
        if let (0, Some((asset, _))) = (dice.roll(6), self.some_file(dice)) {
            path = [asset.as_bytes(), b".meta"].concat();
        }
        if dice.roll(30) == 0 {
            path.push(0xff);
        }
        RepoPath::new(path).expect("a path")
    }

    fn some_file(&self, dice: &mut Dice) -> Option<(RepoPath, Entry)> {
        let files: Vec<_> = self.tree.iter().filter(|(_, e)| e.mode.is_file()).collect();
        (!files.is_empty()).then(|| *dice.choose(&files)).map(|(path, e)| (path.clone(), *e))
    }

    /// Returns the tree after some random changes.
    fn changed(&mut self, dice: &mut Dice) -> Tree {
        let mut tree = self.tree.clone();
        for _ in 0..1 + dice.roll(5) {
            let mode = *dice.choose(&[Mode::Regular, Mode::Regular, Mode::Executable]);
            let file = self.some_file(dice);
            let (path, entry) = match (dice.roll(14), file) {
                (0..4, _) | (_, None) => {
                    (self.name(dice), Entry { mode, blob: self.content(dice) })
                }
                (4, Some((path, entry))) => (path, Entry { mode, ..entry }),
                (5, Some((path, entry))) => {
                    (path, Entry { blob: self.edited(dice, entry.blob), ..entry })
                }
                (6..8, Some((path, _))) => {
                    tree.remove(&path);
                    continue;
                }
                (8 | 9, Some((path, entry))) => {
                    tree.remove(&path);
                    (self.name(dice), entry)
                }
                (10, Some((path, entry))) => {
                    tree.remove(&path);
                    let blob = self.edited(dice, entry.blob);
                    (self.name(dice), Entry { blob, ..entry })
                }
                (11, Some((_, entry))) => (self.name(dice), entry),
                (12, Some((path, entry))) => (path, Entry { mode: Mode::Symlink, ..entry }),
                // A file that was deleted comes back, here or elsewhere.
                (_, Some(_)) => {
                    let gone = self.registry.allocations.iter().filter(|r| r.revives());
                    let gone: Vec<&Allocation> = gone.collect();
                    let Some(record) = (!gone.is_empty()).then(|| dice.choose(&gone)) else {
                        continue;
                    };
                    let blob = record.text("last_blob").and_then(|blob| blob.parse().ok());
                    let Some(blob) = blob else { continue };
                    let path = record.path.clone();
                    let path = if dice.roll(2) == 0 { path } else { self.name(dice) };
                    (path, Entry { mode, blob })
                }
            };
            tree.insert(path, entry);
        }
        tree
    }

    /// Does something to the registry of HEAD that a command or a merge may have done.
    fn administer(&mut self, dice: &mut Dice) {
        let count = self.registry.allocations.len();
        if count == 0 {
            return;
        }
        let record = &mut self.registry.allocations[dice.roll(count)];
        let text = Json::string("text");
        match dice.roll(7) {
            0 if record.is_active() => record.retire("withdrawn", Some(Timestamp::EPOCH), None),
            1 => drop(record.metadata.insert("owner".to_owned(), text)),
            2 => drop(record.metadata.insert("n".to_owned(), Json::Number("1.0".to_owned()))),
            3 => drop(record.aliases.insert("9999999999260118".parse().expect("an identity"))),
            4 => drop(record.extra.insert("x".to_owned(), text)),
            5 if record.revives() => drop(record.metadata.insert("purged".to_owned(), text)),
            _ => {}
        }
        let consistent = Subject::new(&self.config, &self.registry, &self.tree);
        assert_eq!(consistency(&consistent), []);
    }
}

fn live(seed: u64) {
    let mut dice = Dice::new(seed);
    let mut world = World::new(&mut dice);
    for step in 0..LENGTH {
        let tree = world.changed(&mut dice);
        let place = format!("IDHOOKS_SEED={seed}, step {step}");
        let Some(after) = planned_alike(&mut world, &tree, &mut dice, step, &place) else {
            continue;
        };
        checked_alike(&world, &tree, &after, &mut dice, &place);
        let was = std::mem::replace(&mut world.registry, after);
        world.before.rotate_right(1);
        world.before[0] = was;
        world.tree = tree;
        world.administer(&mut dice);
        counted_alike(&world, &mut dice, &place);
    }
}

/// Returns the records whose allocations another registry does not have.
fn without<'r>(
    registry: &'r Registry,
    other: &'r Registry,
) -> impl Iterator<Item = &'r Allocation> {
    let is_new = |r: &&Allocation| other.allocations.iter().all(|known| known.origin != r.origin);
    registry.allocations.iter().filter(is_new)
}

/// Plans a commit both ways, and returns its registry.
fn planned_alike(
    world: &mut World,
    tree: &Tree,
    dice: &mut Dice,
    step: u64,
    place: &str,
) -> Option<Registry> {
    let now = Timestamp::from_unix(1_700_000_000 + step as i64).expect("a date");
    let log = AllocationLog::parse(world.log.as_bytes());
    let World { config, blobs, registry, before, .. } = &*world;
    let recent = |generation: usize| {
        let [after, before] = [[registry, &before[0]], [&before[0], &before[1]]][generation];
        Recent::between(Some(before), Some(after))
    };
    let options = PlanOptions {
        recent: &recent,
        given: Some(&log),
        allocate: dice.roll(10) > 0,
        ..PlanOptions::default()
    };
    let whole_of = |staged| {
        plan(&PlanInput {
            config,
            scope: registry.scope,
            index: tree,
            parents: &[Parent { registry, tree: &world.tree }],
            merged: Some(registry),
            base: Some(registry),
            staged: Some(staged),
            blobs,
            now,
            options,
        })
    };
    let mut whole = whole_of(registry);
    let mut staged = registry.clone();
    if let (Ok(plan), 0) = (&whole, dice.roll(3)) {
        for _ in 0..1 + dice.roll(3) {
            stage(&mut staged, &plan.registry, dice);
        }
        whole = whole_of(&staged);
    }
    let whole = planned_in_part(world, tree, &staged, now, options, whole, place)?;
    let mut lines = String::new();
    for Allocation { origin, id, allocated_at, .. } in without(&whole.registry, registry) {
        AllocationLog::write_line(&mut lines, *origin, *id, *allocated_at);
    }
    world.log.push_str(&lines);
    // An aborted commit leaves its identities in the log, and nothing else.
    (whole.missing.is_empty() && dice.roll(8) > 0).then_some(whole.registry)
}

/// Plans a commit from the changed paths, and compares that with the plan from all paths; `None` if
/// there is no plan.
fn planned_in_part(
    world: &World,
    tree: &Tree,
    staged: &Registry,
    now: Timestamp,
    options: PlanOptions<'_>,
    whole: Result<Plan, PlanError>,
    place: &str,
) -> Option<Plan> {
    let World { config, blobs, .. } = world;
    let (changes, files) = (&*Change::between(&world.tree, tree), &Files(tree, &world.tree));
    let differing = [(&world.registry, staged), (staged, &world.registry)].map(|(one, other)| {
        let others = other.by_origin();
        let is_new = |r: &&Allocation| others.get(&r.origin).copied() != Some(*r);
        let allocations = one.allocations.iter().filter(is_new).cloned().collect();
        Registry { allocations, ..world.registry.head() }
    });
    let is_staged = !differing[1].allocations.is_empty();
    let differing = is_staged.then_some(&differing);
    let paths = ChangedPaths { config, files, changes, staged: differing, blobs, now };
    let text = staged.format();
    let mut packed = PackedRegistry::new(Cursor::new(&text));
    let lazily = paths.plan(&mut packed, options);
    let parsed = paths.plan(&mut { staged }, options);
    let whole = match (whole, lazily) {
        (Err(error), lazily) => {
            assert_eq!(lazily.err(), Some(Full(error)), "{place}");
            return None;
        }
        // A registry without records has no lines to read.
        (Ok(whole), Ok(None)) if world.registry.allocations.is_empty() => whole,
        (Ok(whole), lazily) => {
            let part = lazily.expect("room");
            // What was staged may not fit the files.
            if is_staged && part.is_none() {
                return None;
            }
            assert!(part.is_some(), "not planned: {place}");
            let part = part.expect("planned");
            let written = packed.with(&part.plan.registry);
            if is_staged && written.is_none() {
                return None;
            }
            let written = written.and_then(|splice| splice.over(text.as_bytes()));
            let written = written.map(|text| String::from_utf8(text).expect("text"));
            assert_eq!(written, Some(whole.registry.format()), "{place}");
            assert_alike(&whole, &part.plan, place);
            whole
        }
    };
    let parsed = parsed.expect("room").expect("a parsed registry can be read in parts");
    assert_alike(&whole, &parsed.plan, place);
    let mut all = parsed.plan.registry;
    all.allocations.extend(without(staged, &parsed.staged).cloned());
    assert_eq!(all.format(), whole.registry.format(), "{place}");
    Some(whole)
}

/// Changes a registry as a command does before the commit.
fn stage(staged: &mut Registry, planned: &Registry, dice: &mut Dice) {
    let count = staged.allocations.len();
    let new: Vec<&Allocation> = without(planned, staged).collect();
    if count == 0 || (dice.roll(3) == 0 && !new.is_empty()) {
        // As 'allocate' does.
        staged.allocations.extend((!new.is_empty()).then(|| (*dice.choose(&new)).clone()));
        return;
    }
    let (one, other) = (dice.roll(count), dice.roll(count));
    let record = &mut staged.allocations[one];
    match dice.roll(5) {
        0 if record.is_active() => record.retire("withdrawn", Some(Timestamp::EPOCH), None),
        1 => drop(record.metadata.insert("owner".to_owned(), Json::string("staged"))),
        // As 'mv' does, or 'assign' to a file that has an identity.
        2 => {
            let moved = planned.allocations.iter().find(|now| now.origin == record.origin);
            record.clone_from(moved.expect("no record is lost"));
        }
        3 if record.revives() => record.activate(record.path.clone()),
        4 if one != other && record.is_active() && staged.allocations[other].is_active() => {
            let paths = [one, other].map(|n| staged.allocations[n].path.clone());
            for (n, [from, to]) in [(one, [0, 1]), (other, [1, 0])] {
                staged.allocations[n].set_text("moved_from", paths[from].to_string());
                staged.allocations[n].path = paths[to].clone();
            }
        }
        _ => {}
    }
}

fn assert_alike(whole: &Plan, part: &Plan, place: &str) {
    assert_eq!(whole.missing, part.missing, "{place}");
    assert_eq!(whole.at_stake, part.at_stake, "{place}");
    assert_eq!(whole.undone, part.undone, "{place}");
    assert_eq!(whole.unrevived, part.unrevived, "{place}");
}

/// Checks a commit both ways, as it is and with damage.
fn checked_alike(world: &World, tree: &Tree, after: &Registry, dice: &mut Dice, place: &str) {
    let World { config, blobs, registry, .. } = world;
    let changes = Change::between(&world.tree, tree);
    let before = CanonicalText::read(registry.format().into_bytes(), None);
    let Some(before) = before.filter(|_| !registry.allocations.is_empty()) else { return };
    for damage in 0..4 {
        let mut after = after.clone();
        for _ in 0..damage {
            damage_registry(&mut after, dice);
        }
        let Some(text) = CanonicalText::read(after.format().into_bytes(), Some(&before)) else {
            assert_ne!(damage, 0, "{place}");
            continue;
        };
        let changed =
            ChangedCommit { before: &before, after: &text, changes: &changes, is_only: true };
        let entry = &mut |path: &RepoPath| Ok::<_, Infallible>(tree.get(path).copied());
        let Ok(found) = changed.new_bindings(config, blobs, entry);
        let subject = Subject {
            parents: &[Parent { registry, tree: &world.tree }],
            merged: Some(registry),
            blobs,
            ..Subject::new(config, &after, tree)
        };
        let mut findings = consistency(&subject);
        findings.extend(exact_renames(&subject));
        findings.extend(ended_twins(&subject));
        findings.extend(unrelated_files(&subject));
        // Only all paths show whether a moved file is the only one with its content.
        let is_open = found.is_none() && moves_common_content(world, tree, &changes);
        let is_same = found.is_some() == findings.is_empty();
        assert!(is_same || is_open, "{damage}, {place}: {findings:?}");
        if let Some(found) = found {
            assert_eq!(found, new_bindings(&after, &[registry]), "{place}");
        }
    }
}

/// Returns whether a file moved whose content another file has or had, too.
fn moves_common_content(world: &World, tree: &Tree, changes: &[Change]) -> bool {
    let gone = changes.iter().filter(|change| change.new.is_none()).filter_map(|change| change.old);
    let gone: Vec<BlobId> = gone.map(|entry| entry.blob).collect();
    let is_common = |blob: BlobId| {
        let mut kept = world.tree.iter().filter_map(|(path, old)| Some([old, tree.get(path)?]));
        gone.contains(&blob) && kept.any(|entries| entries.iter().any(|entry| entry.blob == blob))
    };
    let added = changes.iter().filter(|change| change.old.is_none());
    added.filter_map(|change| change.new).any(|entry| is_common(entry.blob))
}

fn damage_registry(registry: &mut Registry, dice: &mut Dice) {
    let count = registry.allocations.len();
    if count == 0 {
        return;
    }
    let (at, other) = (dice.roll(count), dice.roll(count));
    let (path, id) = (registry.allocations[other].path.clone(), registry.allocations[other].id);
    match dice.roll(8) {
        0 => drop(registry.allocations.swap_remove(at)),
        1 => registry.allocations[at].path = path,
        2 => registry.allocations[at].status = Status::Superseded,
        3 => registry.allocations[at].status = Status::Deprecated,
        4 => registry.allocations[at].activate(path),
        5 => registry.allocations[at].origin = registry.allocations[other].origin,
        6 => registry.allocations[at].id = id,
        _ => registry.allocations[at].metadata.clear(),
    }
}

/// Checks an index with the registry of HEAD both ways.
fn counted_alike(world: &World, dice: &mut Dice, place: &str) {
    let World { config, blobs, registry, .. } = world;
    for damage in 0..3 {
        let (mut tree, mut registry) = (world.tree.clone(), registry.clone());
        for _ in 0..damage {
            damage_registry(&mut registry, dice);
            let gone = tree.keys().nth(dice.roll(tree.len() + 1)).cloned();
            if let Some(gone) = gone.filter(|_| dice.roll(2) == 0) {
                tree.remove(&gone);
            }
        }
        let (mut files, text) = (PathList::default(), registry.format());
        let paths = tree.iter().filter(|(_, entry)| entry.mode.is_file());
        paths.for_each(|(path, _)| files.push(path.as_bytes()));
        let files = tracked_paths(config, files).expect("valid");
        let found = count_clean(config, text.as_bytes(), &files);
        let subject =
            Subject { bytes: text.as_bytes(), blobs, ..Subject::new(config, &registry, &tree) };
        let findings = check(&subject);
        if let Some(found) = found {
            assert_eq!(findings, [], "{place}");
            assert_eq!(found.files, files.count(), "{place}");
            assert_eq!(found.identities, registry.allocations.len(), "{place}");
        } else if !registry.allocations.is_empty() {
            assert_ne!(findings, [], "{place}");
        }
    }
}
