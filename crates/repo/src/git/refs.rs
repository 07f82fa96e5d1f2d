//! Reads HEAD, the heads of operations in progress, and merge bases.

use idhooks_core::registry::BlobId;

use super::object_ids::{from_gix, to_gix};
use super::{CommitId, GitError, Repo};

/// The format in which git prints a [`ListedRef`].
const LISTED: &str = "--format=%(objecttype) %(objectname) %(refname) %(symref)";

/// A ref to a commit or a tag, as git lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedRef {
    /// Its full name.
    pub name: String,
    /// The ref that a symbolic ref points to.
    pub target: Option<String>,
    /// The id, in hexadecimal, of the commit or annotated tag.
    pub object: String,
}

impl Repo {
    /// Returns the refs to commits and tags, sorted by name.
    ///
    /// # Errors
    /// Returns an error if git cannot be run.
    pub fn listed_refs(&self) -> Result<Vec<ListedRef>, GitError> {
        let lines = self.git().text(&["for-each-ref", LISTED])?;
        let listed = |line: &str| {
            let mut words = line.split(' ').map(str::to_owned);
            let kind = words.next()?;
            let (object, name) = (words.next()?, words.next()?);
            let target = words.next().filter(|target| !target.is_empty());
            ["commit", "tag"].contains(&&*kind).then_some(ListedRef { name, target, object })
        };
        Ok(lines.lines().filter_map(listed).collect())
    }

    /// Returns the ref that a symbolic ref ultimately points to, whether or not that ref exists;
    /// `None` if the ref is not symbolic.
    ///
    /// # Errors
    /// Returns an error if git cannot be run.
    pub fn symbolic_target(&self, name: &str) -> Result<Option<String>, GitError> {
        self.git().ask(&["symbolic-ref", "-q", name])
    }

    /// Returns HEAD's commit, or `None` before the first commit.
    ///
    /// # Errors
    /// Returns an error if HEAD cannot be read.
    pub fn head(&self) -> Result<Option<CommitId>, GitError> {
        if self.has_foreign_refs() {
            // gix can read HEAD without starting a process, but it cannot read a reftable.
            return self.resolve("HEAD");
        }
        let head = self.gix.head().map_err(|e| GitError::reading("HEAD", &e))?;
        Ok(head.id().map(|id| CommitId(from_gix(&id))))
    }

    /// Returns the commit that a revision names, if any.
    ///
    /// # Errors
    /// Returns an error if git cannot be run.
    pub fn resolve(&self, rev: &str) -> Result<Option<CommitId>, GitError> {
        // A tag is peeled to its commit, and a name that begins with a hyphen is not treated as an
        // option.
        let spec = format!("{rev}^{{commit}}");
        let id =
            self.git().ask(&["rev-parse", "--verify", "--quiet", "--end-of-options", &spec])?;
        Ok(id.and_then(|id| id.parse::<BlobId>().ok()).map(CommitId))
    }

    /// Returns the full name of the ref that a revision names, or `None` if it names a commit in
    /// another way.
    ///
    /// # Errors
    /// Returns an error if git cannot be run.
    pub fn full_ref_name(&self, rev: &str) -> Result<Option<String>, GitError> {
        let args = ["rev-parse", "--verify", "--quiet", "--symbolic-full-name"];
        let name = self.git().ask(&[&args[..], &["--end-of-options", rev]].concat())?;
        Ok(name.filter(|name| name.starts_with("refs/")))
    }

    /// Returns the commits being merged into HEAD, in git's order.
    ///
    /// # Errors
    /// Returns an error if `MERGE_HEAD` exists but cannot be read.
    pub fn merge_heads(&self) -> Result<Vec<CommitId>, GitError> {
        // For an annotated tag, git records the tag's own id.
        Ok(self.recorded_ids("MERGE_HEAD")?.into_iter().map(|id| self.peeled(id)).collect())
    }

    fn peeled(&self, id: CommitId) -> CommitId {
        let object = self.gix.find_object(to_gix(id.0)).ok();
        let commit = object.and_then(|object| object.peel_to_kind(gix::objs::Kind::Commit).ok());
        commit.map_or(id, |commit| CommitId(from_gix(&commit.id)))
    }

    /// Returns the commit being picked or reverted. git records it in `file`.
    ///
    /// # Errors
    /// Returns an error if the file exists but cannot be read.
    pub fn noted_head(&self, file: &str) -> Result<Option<CommitId>, GitError> {
        if self.has_foreign_refs() {
            return self.resolve(file);
        }
        Ok(self.recorded_ids(file)?.into_iter().next())
    }

    /// Returns whether several commits are being picked or reverted.
    pub fn is_picking_several(&self) -> bool {
        self.git_dir().join("sequencer/todo").is_file()
    }

    fn recorded_ids(&self, file: &str) -> Result<Vec<CommitId>, GitError> {
        let text = match std::fs::read_to_string(self.git_dir().join(file)) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(GitError::reading(file, &error)),
        };
        let parse = |line: &str| line.trim().parse::<BlobId>().map(CommitId);
        let heads: Result<_, _> = text.lines().map(parse).collect();
        heads.map_err(|e| GitError::reading(file, &e))
    }

    /// Returns the best common ancestors of two commits, sorted by id.
    ///
    /// # Errors
    /// Returns an error if git cannot be run.
    pub fn merge_bases(&self, a: CommitId, b: CommitId) -> Result<Vec<CommitId>, GitError> {
        let (a, b) = (a.to_string(), b.to_string());
        // `--all` is needed because a criss-cross merge has several merge bases, and the identities
        // in all of them count.
        let bases = match self.git().text(&["merge-base", "--all", &a, &b]) {
            // Exit code 1 means unrelated histories; any other code is an error.
            Err(GitError { code: Some(1), .. }) => String::new(),
            bases => bases?,
        };
        let mut bases: Vec<CommitId> =
            bases.lines().filter_map(|line| line.parse().ok().map(CommitId)).collect();
        // git's order depends on commit dates, but the result must be the same in every clone.
        bases.sort_unstable();
        Ok(bases)
    }

    /// Returns whether `commit` is `tip` or one of its ancestors.
    ///
    /// # Errors
    /// Returns an error if git cannot be run.
    pub fn is_in_history(&self, commit: CommitId, tip: CommitId) -> Result<bool, GitError> {
        Ok(self.merge_bases(commit, tip)?.contains(&commit))
    }

    /// Returns the name of a ref whose tree contains `path`, if there is one. If `is_unmerged` is
    /// set, refs whose commit is in HEAD's history are ignored.
    ///
    /// # Errors
    /// Returns an error if git cannot be run.
    pub fn ref_with(&self, path: &str, is_unmerged: bool) -> Result<Option<String>, GitError> {
        let filter = is_unmerged.then_some("--no-merged=HEAD");
        let args = ["for-each-ref", "--format=%(refname)"].into_iter().chain(filter);
        let refs = self.git().text(&args.collect::<Vec<_>>())?;
        if refs.is_empty() {
            return Ok(None);
        }
        // A single process answers for all refs, including those whose trees lack the path.
        let input: String = refs.lines().map(|name| format!("{name}:{path}\n")).collect();
        let answers =
            self.git().run_with(&["cat-file", "--batch-check=%(objecttype)"], input.as_bytes())?;
        let answers = String::from_utf8_lossy(&answers);
        let found = refs.lines().zip(answers.lines()).find(|(_, answer)| *answer == "blob");
        Ok(found.map(|(name, _)| name.to_owned()))
    }

    /// Moves the current branch from `old` to `new` if it is still at `old`.
    ///
    /// # Errors
    /// Returns an error if the branch has moved or cannot be written.
    pub fn move_head(&self, new: CommitId, old: CommitId, reason: &str) -> Result<(), GitError> {
        self.sync_new(new, &[old])?;
        let (new, old) = (new.to_string(), old.to_string());
        self.git().synced().run(&["update-ref", "-m", reason, "HEAD", &new, &old]).map(drop)
    }
}
