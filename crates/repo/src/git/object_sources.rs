//! [`ObjectSources`]: the places where an invocation looks for objects, and the objects it has
//! read.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use idhooks_core::registry::{BlobId, CanonicalText, Registry};

use super::{
    CommitId, CountedRegistry, alternates::Alternates, fetch_state::Obtaining, loose::LooseObjects,
    object_cache::ObjectCache, stored_versions::StoredVersions, tree_object::Directory,
};

/// The maximum size in bytes of the object cache, and of the directory cache.
const CACHED_OBJECTS: usize = 4 << 20;
/// The maximum size in bytes of the cache for registries: with 100,000 records, enough for those of
/// a merge and its parents.
const CACHED_REGISTRIES: usize = 64 << 20;

/// The places other than packs where objects are looked for, and the objects that have been read.
#[derive(Debug)]
pub(super) struct ObjectSources {
    pub(super) alternates: Alternates,
    /// The state of fetching objects that this clone lacks.
    pub(super) obtaining: Obtaining,
    pub(super) loose: RefCell<LooseObjects>,
    pub(super) cache: RefCell<ObjectCache<(gix::objs::Kind, Vec<u8>)>>,
    pub(super) directories: RefCell<ObjectCache<Rc<Directory>>>,
    /// The registries that were compared line by line.
    pub(super) registries: RefCell<ObjectCache<Rc<CanonicalText>>>,
    /// The last two registries that were compared, with the records that differ.
    pub(super) difference: RefCell<Option<([BlobId; 2], [Registry; 2])>>,
    /// Reused for each object that is not cached.
    pub(super) buffer: RefCell<Vec<u8>>,
    /// The versions of the registry that this invocation has stored.
    pub(super) versions: RefCell<StoredVersions>,
    /// The blobs that are only in memory.
    pub(super) unsaved: RefCell<HashMap<BlobId, Vec<u8>>>,
    /// The directories that are only in memory.
    pub(super) held_directories: RefCell<HashMap<BlobId, Vec<u8>>>,
    /// Where the registries come from that count in the commits that were looked at.
    pub(super) counted_registries: RefCell<HashMap<CommitId, CountedRegistry>>,
}

impl ObjectSources {
    /// Returns the sources for a repository, with empty caches.
    pub(super) fn new(gix: &gix::Repository, alternates: Alternates) -> Self {
        let loose = LooseObjects::of(gix.objects.store_ref().path().to_owned());
        ObjectSources {
            alternates,
            obtaining: Obtaining::default(),
            loose: RefCell::new(loose),
            cache: RefCell::new(ObjectCache::new(CACHED_OBJECTS)),
            directories: RefCell::new(ObjectCache::new(CACHED_OBJECTS)),
            registries: RefCell::new(ObjectCache::new(CACHED_REGISTRIES)),
            difference: RefCell::default(),
            buffer: RefCell::default(),
            versions: RefCell::default(),
            unsaved: RefCell::default(),
            held_directories: RefCell::default(),
            counted_registries: RefCell::default(),
        }
    }
}
