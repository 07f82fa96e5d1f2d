//! A state of an adopted repository that every run of a contender starts from.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use anyhow::{Result, bail};

use crate::repository::{Counts, Kind, Repository, copy_dir};
use crate::stream::BASE;

const REGISTRY: &str = ".idhooks/registry.json";

/// An index with a change, and all that a commit or a hook writes to, as it was before.
pub(crate) struct Staged<'a, 'b> {
    repository: &'a Repository<'b>,
    counts: Counts,
    head: String,
    registry: String,
    saved: PathBuf,
    objects: BTreeSet<PathBuf>,
}

impl<'a, 'b> Staged<'a, 'b> {
    /// Stages `kind` in the checked out working tree, over a HEAD that is known to be true.
    pub(crate) fn in_working_tree(repository: &'a Repository<'b>, kind: Kind) -> Result<Self> {
        repository.git("reset -q --hard")?;
        let patch = repository.sandbox.path("patch");
        let changes = format!("--binary --no-renames --output={}", patch.display());
        repository.git(&format!("diff {changes} {BASE} {}", kind.reference()))?;
        repository.git(&format!("apply --index {}", patch.display()))?;
        Self::save(repository, kind.counts(), true, "bench-saved")
    }

    /// Runs a command in what [`Self::in_working_tree`] has staged, which can be restored as well.
    pub(crate) fn after_command(&self, words: &str) -> Result<Self> {
        self.restore()?;
        self.repository.sandbox.idhooks(&self.repository.dir, words)?;
        Self::save(self.repository, self.counts, false, "bench-saved-after-command")
    }

    /// Takes what is staged, over a HEAD that is known as it is after a commit.
    pub(crate) fn as_it_is(repository: &'a Repository<'b>, counts: Counts) -> Result<Self> {
        Self::save(repository, counts, false, "bench-saved")
    }

    /// Stages `kind` in the index only, as it is when git calls the hook.
    pub(crate) fn in_index(repository: &'a Repository<'b>, kind: Kind) -> Result<Self> {
        let index = repository.adopted_index_of(kind)?;
        fs::copy(index, repository.path(".git/index"))?;
        Self::save(repository, kind.counts(), true, "bench-saved")
    }

    fn save(
        repository: &'a Repository<'b>,
        counts: Counts,
        looks: bool,
        name: &str,
    ) -> Result<Self> {
        let head = repository.git("rev-parse HEAD")?;
        let registry = repository.git(&format!("rev-parse HEAD:{REGISTRY}"))?;
        let saved = repository.path(".git").join(name);
        if saved.exists() {
            fs::remove_dir_all(&saved)?;
        }
        fs::create_dir(&saved)?;
        fs::copy(repository.path(".git/index"), saved.join("index"))?;
        let text = repository.git(&format!("show :{REGISTRY}"))? + "\n";
        fs::write(saved.join("registry"), text)?;
        let objects = repository.loose_objects()?;
        let staged = Staged { repository, counts, head, registry, saved, objects };
        let sandbox = repository.sandbox;
        for program in sandbox.programs() {
            sandbox.with(*program, &repository.dir, || staged.save_memory(looks))?;
        }
        Ok(staged)
    }

    /// Saves what the running program remembers of this clone, after it has looked at HEAD.
    fn save_memory(&self, looks: bool) -> Result<()> {
        let repository = self.repository;
        // HEAD is looked at once in the life of a clone; what is measured comes after that.
        if looks && repository.path("idhooks.toml").exists() {
            self.restore()?;
            repository.sandbox.idhooks(&repository.dir, "hook pre-commit")?;
        }
        let memory = repository.path(".git/idhooks");
        if memory.exists() {
            copy_dir(&memory, &self.memory())?;
        }
        Ok(())
    }

    /// Returns where the memory of the running program is saved.
    fn memory(&self) -> PathBuf {
        self.saved.join(self.repository.sandbox.running().name())
    }

    /// Restores it all: HEAD, index, working file, the clone's memory, and objects.
    pub(crate) fn restore(&self) -> Result<()> {
        let repository = self.repository;
        repository.git(&format!("update-ref HEAD {}", self.head))?;
        // An object that is there already would not be written again.
        for later in repository.loose_objects()?.difference(&self.objects) {
            fs::remove_file(later)?;
        }
        if self.memory().exists() {
            copy_dir(&self.memory(), &repository.path(".git/idhooks"))?;
        }
        let registry = repository.path(REGISTRY);
        if registry.exists() {
            fs::copy(self.saved.join("registry"), &registry)?;
            // An entry that is younger than the index would be read by every command.
            let past = SystemTime::now() - Duration::from_secs(3600);
            File::options().write(true).open(&registry)?.set_modified(past)?;
        }
        fs::copy(self.saved.join("index"), repository.path(".git/index"))?;
        // In a repository without its files git says that they need an update, and fails.
        let mut refresh = repository.sandbox.command("git", &repository.dir);
        refresh.args(["update-index", "-q", "--refresh"]);
        refresh.output()?;
        Ok(())
    }

    /// Asserts that the hook, and only the hook, changed the registry of `revision` (empty: the
    /// index), where the change asks for it.
    pub(crate) fn assert_registry(&self, revision: &str, by_hook: bool) -> Result<()> {
        let now = self.repository.git(&format!("rev-parse {revision}:{REGISTRY}"))?;
        let Counts { renamed, added, deleted, .. } = self.counts;
        if (now != self.registry) != (by_hook && renamed + added + deleted > 0) {
            bail!("the registry of '{revision}' is not what it must be");
        }
        Ok(())
    }

    /// Asserts that the registry of a commit with the change is true.
    pub(crate) fn assert_true(&self, revision: &str) -> Result<()> {
        let files = self.repository.files + self.counts.added - self.counts.deleted;
        self.repository.assert_true(revision, files)
    }
}
