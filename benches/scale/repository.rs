//! A repository of so many files, and the changes that are staged in it.

use std::collections::BTreeSet;
use std::fs;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail};

use crate::sandbox::{Sandbox, answer};
use crate::{seed, stream};

/// What is staged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// 70 files: 20 renamed and edited, 20 added, 20 modified, 10 deleted.
    Many,
    /// 3 files: one renamed and edited, one added, one modified.
    Few,
    /// A directory of 5,000 files under another name.
    Moved,
    /// 20 files with other content.
    Edits,
    /// One file that was not there.
    Added,
    /// A hundred such files.
    Hundred,
    /// A thousand.
    Thousand,
    /// Ten thousand.
    Myriad,
}

/// How many files a change touches.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counts {
    pub(crate) renamed: u32,
    pub(crate) added: u32,
    pub(crate) modified: u32,
    pub(crate) deleted: u32,
}

impl Counts {
    /// Returns how many files the change touches.
    pub(crate) fn size(&self) -> u32 {
        let Counts { renamed, added, modified, deleted } = self;
        renamed + added + modified + deleted
    }
}

impl Kind {
    pub(crate) const ALL: [Kind; 8] = [
        Kind::Many,
        Kind::Few,
        Kind::Moved,
        Kind::Edits,
        Kind::Added,
        Kind::Hundred,
        Kind::Thousand,
        Kind::Myriad,
    ];

    /// Returns how many files the change touches.
    pub(crate) fn counts(self) -> Counts {
        let [renamed, added, modified, deleted] = match self {
            Kind::Many => [20, 20, 20, 10],
            Kind::Few => [1, 1, 1, 0],
            Kind::Moved => [seed::LARGE, 0, 0, 0],
            Kind::Edits => [0, 0, 20, 0],
            Kind::Added => [0, 1, 0, 0],
            Kind::Hundred => [0, 100, 0, 0],
            Kind::Thousand => [0, 1_000, 0, 0],
            Kind::Myriad => [0, 10_000, 0, 0],
        };
        Counts { renamed, added, modified, deleted }
    }

    /// Returns the ref of the commit with the change.
    pub(crate) fn reference(self) -> String {
        format!("refs/bench/{self:?}").to_lowercase()
    }

    /// Returns whether there are enough files for it.
    pub(crate) fn fits(self, files: u32) -> bool {
        match self {
            Kind::Moved => files >= 2 * seed::LARGE,
            kind => files >= 5 * kind.counts().added,
        }
    }

    /// Returns how a line calls it.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Kind::Many => "70 changed",
            Kind::Few => "3 changed",
            Kind::Moved => "a directory of 5,000 files moved",
            Kind::Edits => "only content edited",
            Kind::Added => "1 added",
            Kind::Hundred => "100 added",
            Kind::Thousand => "1,000 added",
            Kind::Myriad => "10,000 added",
        }
    }
}

/// A repository of so many files.
pub(crate) struct Repository<'a> {
    /// Where things happen.
    pub(crate) sandbox: &'a Sandbox,
    /// Its working tree.
    pub(crate) dir: PathBuf,
    /// How many files `main` has.
    pub(crate) files: u32,
}

impl<'a> Repository<'a> {
    /// Builds one: all commits and an index, but no file in the working tree.
    pub(crate) fn build(sandbox: &'a Sandbox, files: u32) -> Result<Self> {
        Self::build_in(sandbox, &format!("files-{files}"), files)
    }

    /// Builds one in a directory of this name.
    pub(crate) fn build_in(sandbox: &'a Sandbox, name: &str, files: u32) -> Result<Self> {
        eprintln!("building a repository of {files} files");
        sandbox.git(&sandbox.path(""), &format!("init -q {name}"))?;
        let dir = sandbox.path(name);
        let mut command = sandbox.command("git", &dir);
        command.args(["fast-import", "--quiet", "--done"]).stdin(Stdio::piped());
        let mut child = command.spawn()?;
        let pipe = child.stdin.take().context("a pipe to git fast-import")?;
        stream::write(files, &mut BufWriter::with_capacity(1 << 20, pipe))?;
        if !child.wait()?.success() {
            bail!("git fast-import failed");
        }
        let repository = Repository { sandbox, dir, files };
        repository.git("read-tree main")?;
        Ok(repository)
    }

    /// Runs git in it.
    pub(crate) fn git(&self, args: &str) -> Result<String> {
        self.sandbox.git(&self.dir, args)
    }

    /// Runs idhooks in it.
    pub(crate) fn idhooks(&self, args: &str) -> Result<String> {
        self.sandbox.idhooks(&self.dir, args)
    }

    /// Returns a path in it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// Makes an index that holds the tree of `revision`, and caches it, as git leaves it for
    /// the pre-commit hook; returns where it is.
    pub(crate) fn index_of(&self, revision: &str) -> Result<PathBuf> {
        let file = self.path(".git").join(format!("index-{}", revision.replace('/', "-")));
        let mut command = self.sandbox.command("git", &self.dir);
        answer(command.args(["read-tree", revision]).env("GIT_INDEX_FILE", &file))?;
        Ok(file)
    }

    /// Makes a commit of HEAD's own files of idhooks and, for the rest, of what `kind` changes;
    /// returns the index that would be committed.
    pub(crate) fn adopted_index_of(&self, kind: Kind) -> Result<PathBuf> {
        let file = self.index_of(&kind.reference())?;
        for own in [".idhooks/registry.json", "idhooks.toml", ".gitattributes"] {
            let blob = self.git(&format!("rev-parse HEAD:{own}"))?;
            let entry = format!("100644,{blob},{own}");
            let mut command = self.sandbox.command("git", &self.dir);
            command.args(["update-index", "--add", "--cacheinfo", &entry]);
            answer(command.env("GIT_INDEX_FILE", &file))?;
        }
        // Caches the trees above the three.
        let mut command = self.sandbox.command("git", &self.dir);
        answer(command.arg("write-tree").env("GIT_INDEX_FILE", &file))?;
        Ok(file)
    }

    /// Adopts it, with hooks, and commits.
    pub(crate) fn adopt(&self) -> Result<()> {
        if self.path("idhooks.toml").exists() {
            return Ok(());
        }
        self.idhooks("init --quiet --scope 260118")?;
        self.idhooks("install --quiet")?;
        self.git("commit -q -m adopt")?;
        self.assert_true("HEAD", self.files)
    }

    /// Puts all files into the working tree.
    pub(crate) fn check_out(&self) -> Result<()> {
        self.git("reset -q --hard").map(drop)
    }

    /// Packs everything that counts, so that all loose objects are later ones.
    pub(crate) fn pack(&self) -> Result<()> {
        self.git("repack -a -d -q").map(drop)
    }

    /// Returns the directories that hold objects which are not packed.
    fn loose_dirs(&self) -> Result<Vec<PathBuf>> {
        let entries = fs::read_dir(self.path(".git/objects"))?;
        let paths = entries.map(|entry| Ok(entry?.path()));
        let paths: Vec<PathBuf> = paths.collect::<Result<_>>()?;
        let is_loose = |path: &PathBuf| path.file_name().is_some_and(|name| name.len() == 2);
        Ok(paths.into_iter().filter(is_loose).collect())
    }

    /// Returns every object that is not packed.
    pub(crate) fn loose_objects(&self) -> Result<BTreeSet<PathBuf>> {
        let mut objects = BTreeSet::new();
        for dir in self.loose_dirs()? {
            for entry in fs::read_dir(dir)? {
                objects.insert(entry?.path());
            }
        }
        Ok(objects)
    }

    /// Asserts that the registry of a commit is true and names so many files.
    pub(crate) fn assert_true(&self, revision: &str, files: u32) -> Result<()> {
        self.idhooks(&format!("check --strict --rev {revision}"))?;
        self.assert_names(revision, files)
    }

    /// Fails unless the registry of a commit names this many files.
    pub(crate) fn assert_names(&self, revision: &str, files: u32) -> Result<()> {
        let registry = self.git(&format!("show {revision}:.idhooks/registry.json"))?;
        let active = registry.matches("\"status\":\"active\"").count();
        if active != files as usize {
            bail!("the registry names {active} files instead of {files}");
        }
        Ok(())
    }
}

/// Makes `to` a copy of `from`; both are directories.
pub(crate) fn copy_dir(from: &Path, to: &Path) -> Result<()> {
    if to.exists() {
        fs::remove_dir_all(to)?;
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_dir(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
