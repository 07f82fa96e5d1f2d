//! Random lives of a registry: few identities, paths and dates, so that everything collides.

use idhooks_core::registry::{
    Allocation, Id, Json, Origin, Registry, RepoPath, Status, Timestamp, key, reason,
};
use proptest::prelude::*;

/// One edit; its numbers pick from small pools, modulo their size.
#[derive(Debug, Clone)]
pub(crate) struct Edit {
    pub(crate) kind: Kind,
    pub(crate) which: u8,
    pub(crate) what: u8,
    pub(crate) more: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Allocate,
    Rename,
    Retire,
    Deprecate,
    Revive,
    Supersede,
    Copy,
    Metadata,
    Forget,
    Extra,
    Top,
    Reserve,
    Floor,
    Alias,
    /// Drops a record, as a reverted commit does.
    Drop,
    /// An earlier date for the same allocation, as clocks that differ give.
    Skew,
}

/// Edits that tools make and a plain text merge can carry.
pub(crate) const ORDERLY: [Kind; 13] = [
    Kind::Allocate,
    Kind::Allocate,
    Kind::Allocate,
    Kind::Rename,
    Kind::Retire,
    Kind::Deprecate,
    Kind::Revive,
    Kind::Supersede,
    Kind::Copy,
    Kind::Metadata,
    Kind::Forget,
    Kind::Extra,
    Kind::Alias,
];

/// All edits.
pub(crate) const ANY: [Kind; 20] = [
    Kind::Allocate,
    Kind::Allocate,
    Kind::Allocate,
    Kind::Allocate,
    Kind::Rename,
    Kind::Rename,
    Kind::Retire,
    Kind::Deprecate,
    Kind::Revive,
    Kind::Supersede,
    Kind::Copy,
    Kind::Metadata,
    Kind::Forget,
    Kind::Extra,
    Kind::Top,
    Kind::Reserve,
    Kind::Floor,
    Kind::Alias,
    Kind::Drop,
    Kind::Skew,
];

/// How many things there are to pick from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct World {
    pub(crate) origins: u64,
    pub(crate) sequences: u32,
    pub(crate) paths: u8,
}

impl World {
    /// Everything collides.
    pub(crate) const SMALL: World = World { origins: 14, sequences: 4, paths: 4 };
    /// Collisions are rare.
    pub(crate) const WIDE: World = World { origins: 400, sequences: 20_000, paths: 250 };

    /// Returns an origin; its list of sequences shares its first entries with others.
    fn origin(self, pick: u64) -> Origin {
        let n = pick % self.origins;
        let value = if self.origins < 100 { n % 3 + 99_700 * (n / 3) } else { n * 7_919 };
        format!("{value:016x}").parse().expect("16 digits")
    }

    fn id(self, pick: u32) -> Id {
        let (counter, n) = (pick % 2, pick / 2 % self.sequences);
        let head = if counter == 0 { "20100" } else { "00999" };
        // Where the lists of the small world begin, so that displaced records meet claims.
        let n = if self.sequences < 100 { [1, 2, 1000, 1001][n as usize % 4] } else { n * 4 + 1 };
        format!("{head}{n:05}260118").parse().expect("16 digits")
    }

    fn path(self, pick: u8) -> RepoPath {
        path(&format!("d/{}", pick % self.paths))
    }
}

pub(crate) fn path(text: &str) -> RepoPath {
    RepoPath::new(text.as_bytes().to_vec()).expect("a valid path")
}

pub(crate) fn at(pick: u8) -> Timestamp {
    format!("2026-01-{:02}T00:00:00Z", pick % 5 + 1).parse().expect("a date")
}

pub(crate) fn empty() -> Registry {
    Registry::new("260118".parse().expect("six digits"))
}

impl Edit {
    pub(crate) fn apply(&self, registry: &mut Registry, world: World) {
        match self.kind {
            Kind::Allocate => return self.allocate(registry, world),
            Kind::Top => return self.top(registry),
            Kind::Reserve | Kind::Floor => return self.counter(registry, world),
            _ if registry.allocations.is_empty() => return,
            _ => {}
        }
        let count = registry.allocations.len();
        let other = registry.allocations[self.what as usize % count].id;
        let index = self.which as usize % count;
        if self.kind == Kind::Drop {
            registry.allocations.remove(index);
            return;
        }
        self.change(&mut registry.allocations[index], other, world);
    }

    fn allocate(&self, registry: &mut Registry, world: World) {
        let origin = world.origin(u64::from(self.which) + 256 * u64::from(self.more));
        let path = world.path(self.more);
        if let Some(known) = registry.allocations.iter_mut().find(|a| a.origin == origin) {
            return known.activate(path);
        }
        let taken = |id: Id| {
            let names = |a: &Allocation| a.id == id || a.claim == id || a.aliases.contains(&id);
            let held = registry.counters.get(&id.counter());
            registry.allocations.iter().any(names)
                || held.is_some_and(|c| c.reserved.contains(&id.sequence().get()))
        };
        let pick = u32::from(self.what) * 257 + u32::from(self.which);
        let free = (0..world.sequences * 2).map(|n| world.id(pick + n)).find(|id| !taken(*id));
        if let Some(id) = free {
            registry.allocations.push(Allocation::new(id, path, at(self.more / 4), origin));
        }
    }

    fn change(&self, record: &mut Allocation, other: Id, world: World) {
        let text = Json::string(["", "x", "ä\n", "zz"][self.what as usize % 4]);
        let user_key = ["owner", "~", "doc_id"][self.more as usize % 3].to_owned();
        match self.kind {
            Kind::Rename => record.path = world.path(self.what),
            Kind::Retire => self.retire(record, reason::SELF_REVIVING[self.more as usize % 4]),
            Kind::Deprecate => self.retire(record, ["obsolete", "broken"][self.more as usize % 2]),
            Kind::Revive => {
                record.metadata.remove(key::SUPERSEDED_BY);
                record.activate(world.path(self.what));
            }
            Kind::Supersede => {
                let path = record.path.clone();
                record.activate(path);
                record.status = Status::Superseded;
                record.metadata.insert(key::SUPERSEDED_BY.to_owned(), link(other));
            }
            Kind::Copy => {
                let value = match self.more % 3 {
                    0 => link(other),
                    1 => Json::Array(vec![link(other), link(world.id(u32::from(self.more)))]),
                    _ => link(world.id(u32::from(self.more))),
                };
                let name = [key::COPIED_FROM, key::SUPERSEDES][self.which as usize % 2];
                record.metadata.insert(name.to_owned(), value);
            }
            Kind::Metadata => drop(record.metadata.insert(user_key, text)),
            Kind::Forget => drop(record.metadata.remove(&user_key)),
            Kind::Extra => drop(record.extra.insert("note".to_owned(), text)),
            Kind::Alias => drop(record.aliases.insert(world.id(u32::from(self.what)))),
            // A date only ever becomes earlier, by a merge.
            Kind::Skew => record.allocated_at = record.allocated_at.min(at(self.what)),
            _ => {}
        }
    }

    fn retire(&self, record: &mut Allocation, reason: &str) {
        let blob = (!self.what.is_multiple_of(3)).then(|| format!("{:040x}", self.what % 3));
        record.metadata.remove(key::SUPERSEDED_BY);
        record.retire(reason, self.what.is_multiple_of(2).then(|| at(self.what)), blob);
    }

    fn top(&self, registry: &mut Registry) {
        let value = Json::Number(self.what.to_string());
        let name = format!("k{}", self.which % 2);
        if self.more.is_multiple_of(2) {
            registry.metadata.insert(name, value);
        } else {
            registry.extra.insert(name, value);
        }
    }

    fn counter(&self, registry: &mut Registry, world: World) {
        let id = world.id(u32::from(self.which));
        let claimed = registry.allocations.iter().any(|a| a.claim == id);
        let counter = registry.counters.entry(id.counter()).or_default();
        if self.kind == Kind::Floor {
            counter.floor = counter.floor.max(Some(u32::from(self.what) + 1));
        } else if !claimed {
            counter.reserved.insert(id.sequence().get());
        }
        if self.more.is_multiple_of(4) {
            counter.extra.insert("unit".to_owned(), Json::Number(self.what.to_string()));
        }
    }
}

fn link(id: Id) -> Json {
    Json::string(id.to_string())
}

/// Returns what a registry is once it has been written and read.
pub(crate) fn reread(registry: &Registry) -> Registry {
    Registry::parse(registry.format().as_bytes()).expect("what is written can be read")
}

/// Returns the registry a tool leaves after these edits: written by rule, nothing pending.
pub(crate) fn edited(registry: &Registry, edits: &[Edit], world: World) -> Registry {
    let mut edited = registry.clone();
    for edit in edits {
        edit.apply(&mut edited, world);
    }
    let written = reread(&edited);
    idhooks_core::merge::merge(&written, &written, &written)
        .expect("one registry agrees with itself")
}

pub(crate) fn edit(kinds: &'static [Kind]) -> impl Strategy<Value = Edit> {
    let kind = proptest::sample::select(kinds);
    (kind, any::<u8>(), any::<u8>(), any::<u8>()).prop_map(|(kind, which, what, more)| Edit {
        kind,
        which,
        what,
        more,
    })
}

pub(crate) fn edits(kinds: &'static [Kind], most: usize) -> impl Strategy<Value = Vec<Edit>> {
    proptest::collection::vec(edit(kinds), 0..=most)
}
