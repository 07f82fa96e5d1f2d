//! Reads and writes commits, trees and blobs, and computes blobs for files in the working tree.

use std::io::{self, Cursor, Read, Seek};

use gix::bstr::BStr;
use gix::objs::WriteTo as _;
use gix::objs::tree::{Editor, EntryKind};
use idhooks_core::registry::{BlobId, RepoPath};

use crate::store::failpoint::pause;

use super::object_ids::{from_gix, stored_id, to_gix};
use super::{Checksum, Commit, CommitId, CountedRegistry, GitError, Repo, TreeId, git_quoted};

/// The maximum size of a cached commit or blob, in bytes.
const MAX_CACHED: usize = 64 << 10;

impl Repo {
    pub(super) fn object(&self, id: BlobId, kind: gix::objs::Kind) -> Result<Vec<u8>, GitError> {
        let what = || format!("{kind} {id}");
        let cached = self.objects.cache.borrow_mut().get(id);
        let (found, data) = match cached {
            Some(cached) => cached,
            None => {
                // 'git gc' may be moving the object into a pack right now, so retry if it isn't
                // found.
                if let Some(content) = self.objects.unsaved.borrow().get(&id) {
                    return Ok(content.clone());
                }
                let find = || match self.objects.loose.borrow_mut().find(id) {
                    Some((kind, data)) => Ok((kind, data.to_vec())),
                    None => {
                        let object = self.gix.find_object(to_gix(id))?;
                        Ok::<_, gix::Error>((object.kind, object.detach().data))
                    }
                };
                let (found, data) = match find().or_else(|_| find()).or_else(|_| find()) {
                    Ok(object) => object,
                    Err(error) => {
                        let found = self.objects.alternates.find(id);
                        found.ok_or_else(|| GitError::reading(&what(), &error))?
                    }
                };
                // History walks read the same commits over and over, but rarely the same blob
                // twice.
                if found == gix::objs::Kind::Commit {
                    self.cache_object(id, found, &data);
                }
                (found, data)
            }
        };
        if found != kind {
            return Err(GitError::reading(&what(), &format!("it is a {found}")));
        }
        Ok(data)
    }

    /// Caches an object, unless it is large.
    fn cache_object(&self, id: BlobId, kind: gix::objs::Kind, data: &[u8]) {
        if data.len() <= MAX_CACHED {
            let object = (kind, data.to_owned());
            self.objects.cache.borrow_mut().insert(id, object, data.len());
        }
    }

    /// Reads a commit.
    ///
    /// # Errors
    /// Returns an error if the commit does not exist or cannot be read.
    pub fn commit(&self, id: CommitId) -> Result<Commit, GitError> {
        let raw = self.object(id.0, gix::objs::Kind::Commit)?;
        Commit::parse(raw).ok_or_else(|| GitError::reading(&format!("commit {id}"), &"malformed"))
    }

    /// Returns whether a commit and its tree are in this clone. They may be missing from a shallow
    /// or partial clone; nothing is fetched.
    pub fn has_commit(&self, id: CommitId) -> bool {
        self.commit(id).is_ok_and(|commit| self.has_blob(commit.tree.0))
    }

    /// Returns whether a blob is in this clone. Nothing is fetched.
    pub fn has_blob(&self, id: BlobId) -> bool {
        self.objects.cache.borrow().has(id)
            || self.objects.unsaved.borrow().contains_key(&id)
            || self.objects.directories.borrow().has(id)
            || self.objects.loose.borrow_mut().has(id)
            || matches!(self.gix.try_find_header(to_gix(id)), Ok(Some(_)))
            || self.objects.alternates.has(id)
    }

    /// Returns whether there is an object with this id in this clone. Unlike [`Self::has_blob`],
    /// this is cheap and does not check whether the object is damaged. Nothing is fetched.
    pub fn has_name(&self, id: BlobId) -> bool {
        self.gix.has_object(to_gix(id)) || self.has_blob(id)
    }

    /// Returns a blob's content.
    ///
    /// # Errors
    /// Returns an error if the blob does not exist or cannot be read.
    pub fn blob(&self, id: BlobId) -> Result<Vec<u8>, GitError> {
        self.object(id, gix::objs::Kind::Blob)
    }

    /// Returns the content of a blob that may soon be read again, or `None` if it cannot be read in
    /// this clone.
    pub fn reused_blob(&self, id: BlobId) -> Option<Vec<u8>> {
        let data = self.blob(id).ok()?;
        self.cache_object(id, gix::objs::Kind::Blob, &data);
        Some(data)
    }

    /// Returns a blob's size in bytes, or `None` if it is not in this clone.
    pub fn blob_size(&self, id: BlobId) -> Option<u64> {
        if let Some((gix::objs::Kind::Blob, data)) = self.objects.cache.borrow_mut().get(id) {
            return Some(data.len() as u64);
        }
        if let Some(content) = self.objects.unsaved.borrow().get(&id) {
            return Some(content.len() as u64);
        }
        match self.gix.try_find_header(to_gix(id)).ok()? {
            Some(header) => Some(header.size()),
            None => self.objects.alternates.find(id).map(|(_, data)| data.len() as u64),
        }
    }

    /// Starts the hash for a blob of this length in bytes.
    pub fn blob_sum(&self, length: u64) -> Checksum {
        let mut sum = Checksum::new(self.gix.object_hash().len_in_bytes());
        sum.update(format!("blob {length}\0").as_bytes());
        sum
    }

    /// Returns the blob id for a file of this length, whether or not the blob is stored, or `None`
    /// if the file cannot be read or has a different length.
    pub fn blob_of(&self, mut file: impl Read, length: u64) -> Option<BlobId> {
        let mut sum = self.blob_sum(length);
        let read = io::copy(&mut file, &mut sum.and(io::sink())).ok()?;
        // The length is part of the id, so if the file grew while it was being read, the id is
        // wrong.
        (read == length).then(|| sum.id())
    }

    /// Stores a blob and returns its id.
    ///
    /// # Errors
    /// Returns an error if the object database cannot be written.
    pub fn write_blob(&self, bytes: &[u8]) -> Result<BlobId, GitError> {
        let length = bytes.len() as u64;
        let mut sum = self.blob_sum(length);
        sum.update(bytes);
        self.write_blob_from(sum.id(), length, Cursor::new(bytes))
    }

    /// Stores a blob with the given id and length, and returns its id.
    ///
    /// # Errors
    /// Returns an error if the object database cannot be written or the source cannot be read.
    pub fn write_blob_from(
        &self,
        id: BlobId,
        length: u64,
        mut from: impl Read + Seek,
    ) -> Result<BlobId, GitError> {
        let failed = |error| GitError::reading("the data to store", &error);
        // The caller has already read the source once to compute the id.
        from.rewind().map_err(failed)?;
        // While git receives a push, new objects belong in its quarantine directory, and only git
        // knows where that is.
        let is_written = !self.objects.alternates.redirects_writes()
            && self.write_loose(gix::objs::Kind::Blob, id, length, &mut from).is_ok();
        let id = match is_written {
            true => id,
            // Let git try: if it fails as well, its error message explains why.
            false => {
                let mut bytes = Vec::new();
                from.rewind().and_then(|()| from.read_to_end(&mut bytes)).map_err(failed)?;
                let args = ["hash-object", "-w", "-t", "blob", "--stdin"];
                stored_id(&self.git().run_with(&args, &bytes)?, "an object")?
            }
        };
        pause("a blob is stored");
        Ok(id)
    }

    /// Stores a copy of `tree` in which these paths have the given blobs, and returns the copy's
    /// id.
    ///
    /// # Errors
    /// Returns an error if trees cannot be read or written.
    pub fn tree_with(&self, tree: TreeId, blobs: &[(&str, BlobId)]) -> Result<TreeId, GitError> {
        let written = match self.objects.alternates.redirects_writes() {
            true => None,
            // gix would bypass a push's quarantine and write to the repository's own object
            // directory.
            false => self.tree_with_by_gix(tree, blobs, |id, bytes| {
                self.write_loose(gix::objs::Kind::Tree, id, bytes.len() as u64, &mut &*bytes)
            }),
        };
        match written {
            Some(id) => Ok(id),
            None => self.tree_with_by_git(tree, blobs),
        }
    }

    /// Returns the id that [`Repo::tree_with`] would return. If possible, nothing is stored.
    ///
    /// # Errors
    /// Returns an error in the same cases as [`Repo::tree_with`].
    pub fn tree_id_with(&self, tree: TreeId, blobs: &[(&str, BlobId)]) -> Result<TreeId, GitError> {
        match self.tree_with_by_gix(tree, blobs, |_, _| Ok(())) {
            Some(id) => Ok(id),
            None => self.tree_with(tree, blobs),
        }
    }

    /// Returns where the registry that counts in a commit comes from, if that has been
    /// [remembered](Self::remember_counted_registry).
    pub(crate) fn counted_registry(&self, commit: CommitId) -> Option<CountedRegistry> {
        self.objects.counted_registries.borrow().get(&commit).copied()
    }

    /// Remembers, for this invocation, where the registry that counts in a commit comes from.
    pub(crate) fn remember_counted_registry(&self, commit: CommitId, counted: CountedRegistry) {
        self.objects.counted_registries.borrow_mut().insert(commit, counted);
    }

    /// Builds the tree with gix; `write` stores each directory that is different.
    fn tree_with_by_gix(
        &self,
        tree: TreeId,
        blobs: &[(&str, BlobId)],
        write: impl Fn(BlobId, &[u8]) -> io::Result<()>,
    ) -> Option<TreeId> {
        let root = self.gix.find_tree(to_gix(tree.0)).ok()?;
        let root = root.decode().ok()?.into();
        let mut editor = Editor::new(root, &self.gix.objects, self.gix.object_hash());
        for (path, blob) in blobs {
            let parts = path.split('/').map(BStr::new);
            editor.upsert(parts, EntryKind::Blob, to_gix(*blob)).ok()?;
        }
        let written = editor.write(|tree| {
            let mut bytes = Vec::new();
            tree.write_to(&mut bytes)?;
            let mut sum = Checksum::new(self.gix.object_hash().len_in_bytes());
            sum.update(format!("tree {}\0", bytes.len()).as_bytes());
            sum.update(&bytes);
            let id = sum.id();
            write(id, &bytes)?;
            Ok::<_, io::Error>(to_gix(id))
        });
        Some(TreeId(from_gix(&written.ok()?)))
    }

    /// Builds the tree with git.
    fn tree_with_by_git(&self, tree: TreeId, blobs: &[(&str, BlobId)]) -> Result<TreeId, GitError> {
        // git can build a tree only from an index, and the user's index must not change, even
        // briefly.
        let name = format!(".idhooks-{}-index.tmp", std::process::id());
        let index = self.git_dir().join(name);
        let git = self.git().env("GIT_INDEX_FILE", &index);
        let written = (|| {
            git.run(&["read-tree", &tree.to_string()])?;
            for (path, blob) in blobs {
                let entry = format!("100644,{blob},{path}");
                git.run(&["update-index", "--add", "--cacheinfo", &entry])?;
            }
            stored_id(&git.run(&["write-tree"])?, "an object")
        })();
        let _ = std::fs::remove_file(index);
        written.map(TreeId)
    }

    /// Returns the ids of the blobs that `git add` would store for regular files, in order. Filters
    /// and line-ending conversion follow the attributes. Nothing is stored.
    ///
    /// # Errors
    /// Returns an error if a file cannot be read or a filter fails.
    pub fn blobs_of_files(&self, paths: &[RepoPath]) -> Result<Vec<BlobId>, GitError> {
        self.hash_files(&["hash-object", "--stdin-paths"], paths)
    }

    /// Like [`Self::blobs_of_files`], but also stores blobs that do not exist yet.
    ///
    /// # Errors
    /// Returns an error in the same cases as [`Repo::blobs_of_files`], or if the object database
    /// cannot be written.
    pub fn store_files(&self, paths: &[RepoPath]) -> Result<Vec<BlobId>, GitError> {
        let blobs = self.blobs_of_files(paths)?;
        let all = paths.iter().zip(&blobs);
        let new: Vec<RepoPath> =
            all.filter(|(_, blob)| !self.has_blob(**blob)).map(|(path, _)| path.clone()).collect();
        self.hash_files(&["hash-object", "-w", "--stdin-paths"], &new)?;
        Ok(blobs)
    }

    fn hash_files(&self, args: &[&str], paths: &[RepoPath]) -> Result<Vec<BlobId>, GitError> {
        if paths.is_empty() {
            return Ok(Vec::new());
        }
        // git reads one path per line, and a path may contain a newline, so quote it.
        let line = |path: &RepoPath| [&*git_quoted(path.as_bytes()), b"\n"].concat();
        let names: Vec<u8> = paths.iter().flat_map(line).collect();
        let answer = self.git().run_with(args, &names)?;
        let text = String::from_utf8_lossy(&answer);
        let blobs: Vec<BlobId> = text.lines().filter_map(|line| line.parse().ok()).collect();
        match blobs.len() == paths.len() {
            true => Ok(blobs),
            false => Err(GitError::reading("the working tree", &"git skipped a file")),
        }
    }
}
