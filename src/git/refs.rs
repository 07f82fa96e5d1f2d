//! HEAD, the heads of operations under way, and merge bases.

use crate::registry::BlobId;

use super::ids::{from_gix, to_gix};
use super::{CommitId, GitError, Repo};

impl Repo {
    /// Returns the commit HEAD is at, or nothing before the first commit.
    ///
    /// # Errors
    /// A HEAD that cannot be read.
    pub fn head(&self) -> Result<Option<CommitId>, GitError> {
        if self.has_foreign_refs() {
            return self.resolve("HEAD");
        }
        let head = self.gix.head().map_err(|e| GitError::reading("HEAD", &e))?;
        Ok(head.id().map(|id| CommitId(from_gix(&id))))
    }

    /// Returns the commit a revision names, or nothing if it names none.
    ///
    /// # Errors
    /// Git that cannot be run.
    pub fn resolve(&self, rev: &str) -> Result<Option<CommitId>, GitError> {
        let spec = format!("{rev}^{{commit}}");
        let id =
            self.git().ask(&["rev-parse", "--verify", "--quiet", "--end-of-options", &spec])?;
        Ok(id.and_then(|id| id.parse::<BlobId>().ok()).map(CommitId))
    }

    /// Returns the commits being merged into HEAD, in the order git noted them.
    ///
    /// # Errors
    /// A `MERGE_HEAD` that is there but cannot be read.
    pub fn merge_heads(&self) -> Result<Vec<CommitId>, GitError> {
        // Where an annotated tag is merged, git notes the tag.
        Ok(self.noted("MERGE_HEAD")?.into_iter().map(|id| self.peeled(id)).collect())
    }

    fn peeled(&self, id: CommitId) -> CommitId {
        let object = self.gix.find_object(to_gix(id.0)).ok();
        let commit = object.and_then(|object| object.peel_to_kind(gix::objs::Kind::Commit).ok());
        commit.map_or(id, |commit| CommitId(from_gix(&commit.id)))
    }

    /// Returns the commit being picked or reverted, whose name git noted in `file`.
    ///
    /// # Errors
    /// A file that is there but cannot be read.
    pub fn noted_head(&self, file: &str) -> Result<Option<CommitId>, GitError> {
        if self.has_foreign_refs() {
            return self.resolve(file);
        }
        Ok(self.noted(file)?.into_iter().next())
    }

    /// Returns whether several commits are being picked or reverted in one go.
    pub fn is_picking_several(&self) -> bool {
        self.git_dir().join("sequencer/todo").is_file()
    }

    fn noted(&self, file: &str) -> Result<Vec<CommitId>, GitError> {
        let text = match std::fs::read_to_string(self.git_dir().join(file)) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(GitError::reading(file, &error)),
        };
        let parse = |line: &str| line.trim().parse::<BlobId>().map(CommitId);
        let heads: Result<_, _> = text.lines().map(parse).collect();
        heads.map_err(|e| GitError::reading(file, &e))
    }

    /// Returns the best common ancestors of two commits, in the order of their ids.
    ///
    /// # Errors
    /// Git that cannot be run.
    pub fn merge_bases(&self, a: CommitId, b: CommitId) -> Result<Vec<CommitId>, GitError> {
        let (a, b) = (a.to_string(), b.to_string());
        let bases = match self.git().text(&["merge-base", "--all", &a, &b]) {
            // Unrelated histories; every other code is a failure.
            Err(GitError { code: Some(1), .. }) => String::new(),
            bases => bases?,
        };
        let mut bases: Vec<CommitId> =
            bases.lines().filter_map(|line| line.parse().ok().map(CommitId)).collect();
        bases.sort_unstable();
        Ok(bases)
    }

    /// Returns whether a commit is in the history of another, which it itself is, too.
    ///
    /// # Errors
    /// Git that cannot be run.
    pub fn is_in_history(&self, commit: CommitId, tip: CommitId) -> Result<bool, GitError> {
        Ok(self.merge_bases(commit, tip)?.contains(&commit))
    }

    /// Returns the name of a ref whose commit holds `path`, if there is one.
    ///
    /// # Errors
    /// Git that cannot be run.
    pub fn ref_with(&self, path: &str) -> Result<Option<String>, GitError> {
        let refs = self.git().text(&["for-each-ref", "--format=%(refname)"])?;
        if refs.is_empty() {
            return Ok(None);
        }
        let asked: String = refs.lines().map(|name| format!("{name}:{path}\n")).collect();
        let answers =
            self.git().run_with(&["cat-file", "--batch-check=%(objecttype)"], asked.as_bytes())?;
        let answers = String::from_utf8_lossy(&answers);
        let found = refs.lines().zip(answers.lines()).find(|(_, answer)| *answer == "blob");
        Ok(found.map(|(name, _)| name.to_owned()))
    }

    /// Moves the current branch from `old` to `new`, only if it is still at `old`.
    ///
    /// # Errors
    /// A branch that has moved, or cannot be written.
    pub fn move_head(&self, new: CommitId, old: CommitId, reason: &str) -> Result<(), GitError> {
        let (new, old) = (new.to_string(), old.to_string());
        self.git().run(&["update-ref", "-m", reason, "HEAD", &new, &old])?;
        Ok(())
    }
}
