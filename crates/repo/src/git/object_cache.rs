//! A cache of recently read objects.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use idhooks_core::registry::BlobId;

/// A cache for objects of different weights. When it exceeds its capacity, it drops the least
/// recently used objects.
#[derive(Debug)]
pub struct ObjectCache<T> {
    entries: HashMap<BlobId, CachedObject<T>, RandomState>,
    capacity: usize,
    weight: usize,
    clock: u64,
}

#[derive(Debug)]
struct CachedObject<T> {
    object: T,
    weight: usize,
    last_used: u64,
}

impl<T: Clone> ObjectCache<T> {
    /// Returns an empty cache with the given capacity.
    pub fn new(capacity: usize) -> Self {
        ObjectCache { entries: HashMap::default(), capacity, weight: 0, clock: 0 }
    }

    /// Returns an object, if it is cached.
    pub fn get(&mut self, id: BlobId) -> Option<T> {
        self.clock += 1;
        let cached = self.entries.get_mut(&id)?;
        cached.last_used = self.clock;
        Some(cached.object.clone())
    }

    /// Returns whether an object is cached.
    pub(super) fn has(&self, id: BlobId) -> bool {
        self.entries.contains_key(&id)
    }

    /// Makes room for a total weight of at least `capacity`.
    pub(super) fn enlarge(&mut self, capacity: usize) {
        self.capacity = self.capacity.max(capacity);
    }

    /// Caches an object.
    pub fn insert(&mut self, id: BlobId, object: T, weight: usize) {
        self.weight += weight;
        self.entries.insert(id, CachedObject { object, weight, last_used: self.clock });
        if self.weight > self.capacity {
            self.drop_half();
        }
    }

    /// Drops half of the objects at once, because searching a full cache on every insertion would
    /// be slow.
    fn drop_half(&mut self) {
        let mut last_used: Vec<u64> =
            self.entries.values().map(|cached| cached.last_used).collect();
        // Dropping objects is rare, so sorting them here is better than keeping a linked list in
        // order of use.
        last_used.sort_unstable();
        let middle = last_used.get(last_used.len() / 2).copied().unwrap_or(0);
        self.entries.retain(|_, cached| cached.last_used >= middle);
        self.weight = self.entries.values().map(|cached| cached.weight).sum();
    }
}
