//! Locks on paths, identities and the whole registry, for work that takes longer than a single
//! change to the registry.
//!
//! Every process takes all its locks at once and in the same order: the registry, then paths, then
//! identities, each in the order of their lock files, and finally the
//! [`WriterLock`](super::WriterLock). Locks are never upgraded. Therefore, processes can never
//! deadlock.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::time::Duration;

use idhooks_core::registry::{Id, RepoPath};
use sha2::{Digest, Sha256};

use super::StateDir;
use super::lock_holder::Holder;
use super::writer_lock::{LockError, LockMode, LockSubject, is_held, take_lock};

/// The directory that contains the lock files.
const DIR: &str = "locks";
/// The lock file for the entire registry.
const REGISTRY: &str = "registry";
/// The directories that contain the lock files for paths and for identities.
const PATHS: &str = "path";
const IDS: &str = "id";

/// The locks that a command needs while it runs. There are only 256 locks for paths and 256 for
/// identities, to limit the number of files, so two paths or two identities may share a lock.
#[derive(Debug, Clone, Default)]
pub struct LockRequest {
    is_for_all: bool,
    /// The locks on paths, by lock file.
    paths: BTreeMap<String, (LockMode, LockSubject)>,
    ids: BTreeMap<String, (LockMode, LockSubject)>,
}

/// Locks held by this process. They are released on drop or when the process exits.
#[derive(Debug)]
pub struct Locks {
    files: Vec<File>,
}

/// The locks that processes currently hold. If several processes share a lock, only the last one to
/// take it is named.
#[derive(Debug, Default)]
pub struct HeldLocks {
    /// The process that holds an exclusive lock on the whole registry, if any.
    pub registry: Option<Holder>,
    /// The locked paths, each with the process that holds the lock.
    pub paths: Vec<(String, Holder)>,
    /// The locked identities, each with the process that holds the lock.
    pub ids: Vec<(String, Holder)>,
    /// Lock files in which the holders recorded nothing, relative to the state directory.
    pub others: Vec<(String, Holder)>,
}

impl LockRequest {
    /// Returns a request for a lock on the registry and everything it describes. While this lock is
    /// held, no other process holds any lock.
    pub fn all() -> Self {
        LockRequest { is_for_all: true, ..Self::default() }
    }

    /// Adds a path.
    #[must_use]
    pub fn path(mut self, path: &RepoPath, mode: LockMode) -> Self {
        let file = bucket(PATHS, path.as_bytes());
        add(&mut self.paths, file, mode, LockSubject::Path(path.clone()));
        self
    }

    /// Adds an identity.
    #[must_use]
    pub fn id(mut self, id: Id, mode: LockMode) -> Self {
        let file = bucket(IDS, id.to_string().as_bytes());
        add(&mut self.ids, file, mode, LockSubject::Id(id));
        self
    }
}

/// Adds a lock. A lock that is already exclusive stays exclusive.
fn add(
    locks: &mut BTreeMap<String, (LockMode, LockSubject)>,
    file: String,
    mode: LockMode,
    subject: LockSubject,
) {
    let lock = locks.entry(file).or_insert((mode, subject));
    lock.0 = lock.0.max(mode);
}

/// Returns the lock file for a path or an identity.
fn bucket(dir: &str, bytes: &[u8]) -> String {
    // If each path had its own lock file, there would be one for every file the repository has ever
    // had, because a lock file cannot be removed safely while another process may be opening it.
    format!("{dir}/{:02x}", Sha256::digest(bytes)[0])
}

impl Locks {
    /// Takes the locks for the command `what`, waiting no longer than `limit` for each lock.
    ///
    /// # Errors
    /// Returns an error if another process holds any of them for longer, or if a lock file cannot
    /// be written. In that case, this process holds none of the locks.
    pub fn take(
        state: &StateDir,
        what: &str,
        request: &LockRequest,
        limit: impl Fn(&LockSubject) -> Duration,
    ) -> Result<Self, LockError> {
        let take = |file: &str, mode, subject| {
            take_lock(&state.file(format!("{DIR}/{file}")), what, mode, subject, limit(subject))
        };
        // Every command that locks a path or an identity also holds a shared lock on the registry,
        // so that an exclusive lock excludes all of them.
        let mode = if request.is_for_all { LockMode::Exclusive } else { LockMode::Shared };
        let mut files = vec![take(REGISTRY, mode, &LockSubject::Registry)?];
        for (file, (mode, subject)) in request.paths.iter().chain(&request.ids) {
            files.push(take(file, *mode, subject)?);
        }
        Ok(Locks { files })
    }
}

impl Drop for Locks {
    fn drop(&mut self) {
        // Release locks in reverse order.
        while let Some(mut file) = self.files.pop() {
            // Other processes may still share the lock, and would be mistaken for this process.
            Holder::forget(&mut file);
        }
    }
}

impl HeldLocks {
    /// Returns the locks that processes currently hold.
    pub fn of(state: &StateDir) -> Self {
        let dir = state.file(DIR).path().to_owned();
        let registry = File::open(dir.join(REGISTRY)).ok().and_then(|mut file| {
            // This succeeds if other processes hold only shared locks.
            let is_exclusive = file.try_lock_shared().is_err();
            is_exclusive.then(|| Holder::of(&mut file, &dir.join(REGISTRY)).0)
        });
        let mut others = Vec::new();
        let mut held = |name: &str| {
            let mut held = Vec::new();
            for entry in fs::read_dir(dir.join(name)).into_iter().flatten().flatten() {
                let file = File::open(entry.path()).ok().filter(is_held);
                let Some(mut file) = file else { continue };
                match Holder::of(&mut file, &entry.path()) {
                    (holder, Some(subject)) => held.push((subject, holder)),
                    (holder, None) => {
                        let file = entry.file_name();
                        others.push((format!("{DIR}/{name}/{}", file.display()), holder));
                    }
                }
            }
            held.sort_by(|one, other| one.0.cmp(&other.0));
            held
        };
        let (paths, ids) = (held(PATHS), held(IDS));
        others.sort_by(|one, other| one.0.cmp(&other.0));
        HeldLocks { registry, paths, ids, others }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::time::Instant;

    use proptest::prelude::*;

    use super::*;
    use crate::store::Sharing;

    /// A program's request for shared or exclusive locks on everything, or on paths and identities
    /// given by number.
    #[derive(Debug, Clone)]
    enum Step {
        All,
        Some(Vec<(u8, bool)>, Vec<(u8, bool)>),
    }

    fn step() -> impl Strategy<Value = Step> {
        let few = || prop::collection::vec((0..6_u8, any::<bool>()), 0..4);
        prop_oneof![1 => Just(Step::All), 8 => (few(), few()).prop_map(|(p, i)| Step::Some(p, i))]
    }

    fn mode(is_exclusive: bool) -> LockMode {
        if is_exclusive { LockMode::Exclusive } else { LockMode::Shared }
    }

    fn request(step: &Step) -> LockRequest {
        let Step::Some(paths, ids) = step else { return LockRequest::all() };
        let path = |n: u8| RepoPath::new(format!("{n}.md").into_bytes()).expect("valid");
        let id = |n: u8| format!("01100{:05}260118", n + 1).parse().expect("valid");
        let request = LockRequest::default();
        let request = paths.iter().fold(request, |r, (n, own)| r.path(&path(*n), mode(*own)));
        ids.iter().fold(request, |r, (n, own)| r.id(id(*n), mode(*own)))
    }

    /// Counts the holders of each lock, and asserts that they are allowed to hold it at the same
    /// time.
    #[derive(Default)]
    struct Holders(Mutex<BTreeMap<String, (u32, u32)>>);

    impl Holders {
        fn change(&self, request: &LockRequest, by: i32) {
            let all = (REGISTRY.to_owned(), !request.is_for_all);
            let others = request.paths.iter().chain(&request.ids);
            let others = others.map(|(file, (mode, _))| (file.clone(), *mode == LockMode::Shared));
            let mut holders = self.0.lock().expect("no panic");
            for (file, is_shared) in others.chain([all]) {
                let (shared, exclusive) = holders.entry(file).or_default();
                let count = if is_shared { &mut *shared } else { &mut *exclusive };
                *count = count.checked_add_signed(by).expect("held");
                assert!(*exclusive == 0 || (*exclusive, *shared) == (1, 0));
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

        #[test]
        fn random_programs_end_and_exclude_each_other(
            programs in prop::collection::vec(prop::collection::vec(step(), 1..12), 2..6),
        ) {
            let temp = tempfile::tempdir().expect("a temporary directory");
            let state = StateDir::of(temp.path(), Sharing::default());
            let holders = Holders::default();
            std::thread::scope(|scope| {
                for program in &programs {
                    let (state, holders) = (&state, &holders);
                    scope.spawn(move || for step in program {
                        let request = request(step);
                        let limit = |_: &LockSubject| Duration::from_secs(600);
                        let locks = Locks::take(state, "test", &request, limit).expect("in time");
                        holders.change(&request, 1);
                        std::thread::yield_now();
                        holders.change(&request, -1);
                        drop(locks);
                    });
                }
            });
            // A program that another test is starting has a copy of every open file until it runs.
            let is_free = || {
                let held = HeldLocks::of(&state);
                held.registry.is_none() && held.paths.is_empty() && held.ids.is_empty()
            };
            let end = Instant::now() + Duration::from_secs(60);
            while !is_free() {
                prop_assert!(Instant::now() < end, "a lock is still held");
                std::thread::yield_now();
            }
        }
    }

    #[test]
    fn a_lock_that_is_held_names_its_holder() {
        let temp = tempfile::tempdir().expect("a temporary directory");
        let state = StateDir::of(temp.path(), Sharing::default());
        let take = |request: &LockRequest| Locks::take(&state, "test", request, |_| Duration::ZERO);
        let path = RepoPath::new(*b"docs/a.md").expect("valid");
        let (shared, own) = (
            LockRequest::default().path(&path, LockMode::Shared),
            LockRequest::default().path(&path, LockMode::Exclusive),
        );
        let one = take(&shared).expect("free");
        let other = take(&shared).expect("shared");
        let process = std::process::id();
        // Leave out the number of seconds that the lock has been held.
        let refusal = |request| {
            let error = take(request).expect_err("held").to_string();
            let (holder, rest) = error.split_once(", for ").expect("its time");
            format!("{holder}{}", rest.trim_start_matches(|c: char| c.is_ascii_digit()))
        };
        let holder = format!("'idhooks test' (process {process} s)");
        assert_eq!(refusal(&own), format!("{holder} holds the lock of 'docs/a.md'"));
        let all = LockRequest::all();
        assert_eq!(refusal(&all), format!("{holder} holds the lock of the registry"));
        let held = HeldLocks::of(&state);
        assert_eq!(held.paths.iter().map(|(path, _)| &**path).collect::<Vec<_>>(), ["docs/a.md"]);
        assert!(held.registry.is_none());
        drop(other);
        // The remaining holder has recorded nothing.
        let Err(LockError::Held { holder, .. }) = take(&own) else { unreachable!("held") };
        assert_eq!(holder.command(), None);
        let expected = if cfg!(target_os = "linux") { Some(process) } else { None };
        assert_eq!(holder.process(), expected);
        assert_eq!(HeldLocks::of(&state).others.len(), 1);
        drop(one);
        let all = take(&LockRequest::all()).expect("free");
        assert_eq!(
            HeldLocks::of(&state).registry.and_then(|holder| holder.process()),
            Some(process)
        );
        drop(all);
        drop(take(&own).expect("free"));
    }
}
