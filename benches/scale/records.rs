//! Registries of any size, as idhooks itself writes them, and what two branches make of one.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use idhooks_core::config::Config;
use idhooks_core::registry::{
    Allocation, BlobId, CounterKey, Id, Numbering, Origin, Registry, RepoPath, Scope, Timestamp,
    reason,
};

use crate::seed::{self, mixed};

const ADOPTED: i64 = 1_768_700_000;

/// Where the records are that both sides add.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Additions {
    /// Anywhere, as identities are scattered.
    Spread,
    /// After all others: a text merge conflicts there.
    AtEnd,
}

/// Returns a blob that no other file has.
pub(crate) fn blob(number: u32) -> Result<BlobId> {
    let words = [0, 1, 2].map(|part| mixed(u64::from(number) << 8 | part).to_be_bytes());
    BlobId::from_bytes(&words.concat()[..20]).context("20 bytes")
}

/// Returns the path of a file.
pub(crate) fn path(number: u32) -> Result<RepoPath> {
    Ok(RepoPath::new(seed::path(number).into_bytes())?)
}

struct Maker {
    config: Config,
    scope: Scope,
    taken: BTreeSet<Id>,
}

impl Maker {
    fn new(registry: &Registry) -> Self {
        let taken = registry.allocations.iter().map(|record| record.id).collect();
        Maker { config: Config::default(), scope: registry.scope, taken }
    }

    /// Returns the counter that the rules give to a path.
    fn counter(&self, path: &RepoPath) -> CounterKey {
        CounterKey {
            namespace: self.config.namespace_of(path),
            type_code: self.config.type_of(path),
            scope: self.scope,
        }
    }

    /// Returns the record of a new file, with the first number of its list that is free.
    fn record(&mut self, number: u32, counter: CounterKey) -> Result<Allocation> {
        let path = path(number)?;
        let origin = Origin::of_file(&path, blob(number)?, 0);
        let list = |counter: CounterKey| {
            Numbering::FORMAT.sequences(origin, 0).map(move |sequence| counter.id(sequence))
        };
        let mut ids = Numbering::FORMAT.chain(counter).flat_map(list);
        let id = ids.find(|id| !self.taken.contains(id)).context("a free number")?;
        self.taken.insert(id);
        let at = Timestamp::from_unix(ADOPTED + i64::from(number / 1000))?;
        Ok(Allocation::new(id, path, at, origin))
    }
}

/// Returns a registry of so many active records, sorted as it is written.
pub(crate) fn registry(records: u32) -> Result<Registry> {
    let mut registry = Registry::new("260118".parse()?);
    let mut maker = Maker::new(&registry);
    for number in 0..records {
        let counter = maker.counter(&path(number)?);
        registry.allocations.push(maker.record(number, counter)?);
    }
    registry.allocations.sort_by_key(|record| record.id);
    Ok(registry)
}

/// Returns what two branches make of `base` with so many changes each: additions, renames and
/// retirements in equal parts, spread over the whole file, never the same record on both sides.
pub(crate) fn sides(base: &Registry, changes: u32, additions: Additions) -> Result<[Registry; 2]> {
    Ok([side(base, changes, additions, 0)?, side(base, changes, additions, 1)?])
}

fn side(base: &Registry, changes: u32, additions: Additions, which: u32) -> Result<Registry> {
    let mut registry = base.clone();
    let records = u32::try_from(base.allocations.len())?;
    let edited = changes * 2 / 3;
    // The sides take turns, so that each has its own records over the whole length.
    let step = (records / (2 * edited).max(1)).max(1);
    let own = base.allocations.len().min((which * step) as usize);
    let mine = registry.allocations[own..].iter_mut().step_by(2 * step as usize);
    let now = Timestamp::from_unix(ADOPTED + 5_000_000)?;
    for (n, record) in mine.take(edited as usize).enumerate() {
        if n % 2 == 0 {
            record.path = RepoPath::new([record.path.as_bytes(), b".renamed"].concat())?;
        } else {
            let last = blob(u32::try_from(n)?)?.to_string();
            record.retire(reason::DELETED, Some(now), Some(last));
        }
    }
    let mut maker = Maker::new(base);
    for n in 0..changes - edited {
        let number = records + 2 * n + which;
        let mut counter = maker.counter(&path(number)?);
        if additions == Additions::AtEnd {
            // No built-in TYPE is as high as this one.
            counter.type_code = "99".parse()?;
        }
        registry.allocations.push(maker.record(number, counter)?);
    }
    registry.allocations.sort_by_key(|record| record.id);
    Ok(registry)
}
