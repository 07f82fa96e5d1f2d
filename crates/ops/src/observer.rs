//! [`Observer`]: receives the notices and the progress of a use case.

use idhooks_core::check::Finding;
use idhooks_core::config::MigrationPhase;
use idhooks_core::plan::{PossibleRename, Undone, Unrevived};
use idhooks_core::registry::{Id, RepoPath};
use idhooks_references::DoubtfulReference;
use idhooks_repo::events::Edit;
use idhooks_repo::git::{CommitId, GitError, GrepMatch};
use idhooks_repo::history::Lacking;
use idhooks_repo::state::StateError;
use idhooks_repo::store::{LegacyReport, StoreError};

use super::units::UnitNotice;
use super::{
    CommitNotice, FoundNote, HookNotice, InjectNotice, KeptRegistry, OpsError, ReceiveNotice,
    RemoteBranch, ResolveNotice, SkippedFile, UntakenKind,
};

/// A report of a use case besides its result.
#[derive(Debug)]
pub enum Notice {
    /// Git cannot compute the blobs of files outside the index, so that no identities are planned for these.
    NoPlannedIds(GitError),
    /// A record was not found under its current identity or path.
    Found(Vec<FoundNote>),
    /// The allocation log of this clone cannot be read.
    AllocationLog(StoreError),
    /// Something that is kept beside the registry, such as the audit log, could not be written.
    NotKept(String),
    /// This many days of a history are left out, since their registry is not in this clone.
    DaysLeftOut(usize),
    /// This many lines of an audit log are not events.
    NoEvents(usize),
    /// The attributes of this clone could not be brought up to date.
    Attributes(StateError),
    /// A remark on imported data, such as a setting that has no effect.
    Remark(String),
    /// The next step of a migration, before it is made.
    NextStep {
        /// The phase before it.
        from: MigrationPhase,
        /// The phase after it.
        to: MigrationPhase,
        /// The legacy file.
        legacy: RepoPath,
    },
    /// Something about the identities that files carry.
    Inject(InjectNotice),
    /// Findings that do not stop the work.
    Warnings(Vec<Finding>),
    /// Identities in commits cannot be decided, since this clone lacks contents.
    Undecided {
        /// The missing part.
        lacking: Lacking,
        /// The number of files that stay without an identity.
        files: usize,
        /// The number of identities that stay without a file.
        ids: usize,
    },
    /// A staged identity is not used: its file keeps another one.
    UnusedId {
        /// The identity.
        id: Id,
        /// The path for which it was allocated.
        path: RepoPath,
        /// The identity of the file that is there now.
        holder: Id,
    },
    /// New files are similar to deleted ones.
    PossibleRenames(Vec<PossibleRename>),
    /// New files at the paths of deleted ones are not similar to these.
    Unrevived(Vec<Unrevived>),
    /// The outcome for changes of other programs in a legacy file.
    Taken {
        /// The changes that were taken and those that were not, for each commit.
        reports: Vec<LegacyReport>,
        /// The kinds of changes that were not taken.
        untaken: Vec<UntakenKind>,
        /// Whether the log of the clone has all of it.
        is_logged: bool,
    },
    /// Changes of the registry in a commit.
    Edits {
        /// The changes.
        edits: Vec<Edit>,
        /// Whether the log of the clone has them.
        is_logged: bool,
    },
    /// Changes that repaired commits.
    RepairedEdits {
        /// The changes.
        edits: Vec<Edit>,
        /// Whether the log of the clone has them.
        is_logged: bool,
    },
    /// Changes that healed commits, and others.
    HealedEdits {
        /// The healed records.
        healed: Vec<Edit>,
        /// The other changes.
        others: Vec<Edit>,
        /// Whether the log of the clone has them.
        is_logged: bool,
    },
    /// Something about generated files.
    Generator(GeneratorNotice),
    /// Something about a registry that is resolved.
    Resolve(ResolveNotice),
    /// Something that a hook did, or found.
    Hook(HookNotice),
    /// Something about a push.
    Receive(ReceiveNotice),
    /// A step of installing or removing a unit of the system, such as a timer.
    Unit(UnitNotice),
    /// Something about the commit being made.
    Commit(CommitNotice),
    /// Manual edits of the registry were undone: the first, and the number of the others.
    Undone(Undone, usize),
    /// A move that a killed process left half done was undone: the command line of that process.
    MoveUndone(String),
    /// A second identity is taken from the record of another path.
    SecondIdTaken {
        /// The second identity.
        doc_id: String,
        /// The path.
        path: RepoPath,
    },
    /// An identity cannot be purged, since lines of tracked files mention it.
    StillMentioned {
        /// The identity.
        id: Id,
        /// The lines.
        mentions: Vec<GrepMatch>,
    },
    /// The rules exclude the new path of a file: the next commit deprecates its identity.
    Excluded {
        /// The identity.
        id: Id,
        /// The new path.
        path: RepoPath,
    },
    /// No file at or below this path has an identity.
    NoIdentities(RepoPath),
    /// The tracked files cannot be searched for lines that mention an identity or a file.
    NotSearched(StateError),
    /// These ambiguous references to renamed files are not updated.
    NotUpdated(Vec<(RepoPath, DoubtfulReference)>),
    /// The linter did not check these files.
    NotLinted(Vec<SkippedFile>),
    /// The registry of the index has a backup now; see [`super::create_backup`].
    BackedUp(KeptRegistry),
    /// A file keeps the identity that it had before the commits that are rewritten; only the old ones have
    /// this one.
    IdDropped {
        /// The identity.
        id: Id,
        /// The path of the file.
        path: RepoPath,
    },
    /// The branch that is checked out was moved to its last commit in a remote.
    Fetched {
        /// The branch there.
        branch: RemoteBranch,
        /// The commit.
        tip: CommitId,
    },
    /// The preview of a merge is not complete.
    Preview(PreviewNotice),
    /// This commit, with this message, heals the registry of a branch.
    Committed(CommitId, String),
    /// This many commits of a change could not be compared with their parents, which are not in the clone.
    ShallowChange(usize),
    /// Someone else pushed meanwhile: the branch is fetched and healed again.
    Overtaken(RemoteBranch),
}

/// Why the preview of a merge with a branch is not complete.
#[derive(Debug)]
pub enum PreviewNotice {
    /// The branch has no registry.
    NotAdopted(String),
    /// The branch has no commit in common with the checked state.
    Unrelated(String),
}

/// A notice about generated files.
#[derive(Debug)]
pub enum GeneratorNotice {
    /// The rules in the index have no generators; whether those in the working file have some.
    NoRules(bool),
    /// A file was generated.
    Generated(RepoPath),
    /// Generators failed or were not run.
    Findings(Vec<Finding>),
    /// Files that are generated in commits could not be generated.
    Failed(OpsError),
    /// A generated file was staged, but its working file has other edits and was not changed.
    EditedOutput(RepoPath),
}

/// Work that may take long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// One more commit is being healed, of this many.
    Healing(usize),
    /// One more commit of a history was read, of this many.
    ReadHistory(usize),
    /// One more commit was checked, of this many.
    CheckCommits(usize),
    /// One more registry of a history was searched, of this many.
    SearchHistory(usize),
    /// One more registry of a history was read, of this many.
    ReadRegistries(usize),
    /// The head of one more file was read for identities, of this many.
    ReadHeads(u64),
    /// One more file got an identity, of this many.
    Allocating(u64),
    /// One more day of a history was checked by the linter, of this many.
    LintHistory(usize),
    /// One more step of importing records is done, of this many.
    Importing(usize),
    /// One more record was planned, of this many.
    Planning(usize),
    /// One more record was matched with the registry, of this many.
    Matching(usize),
    /// The work is done.
    Done,
}

/// Receives notices and progress while a use case works. Notices are not part of the report, so that those
/// before a failure are not lost.
pub trait Observer {
    /// Takes a notice.
    fn notice(&mut self, notice: Notice);

    /// Takes a step of work that may take long.
    fn progress(&mut self, _progress: Progress) {}
}

impl<O: Observer + ?Sized> Observer for &mut O {
    fn notice(&mut self, notice: Notice) {
        (**self).notice(notice);
    }

    fn progress(&mut self, progress: Progress) {
        (**self).progress(progress);
    }
}

impl Observer for Vec<Notice> {
    fn notice(&mut self, notice: Notice) {
        self.push(notice);
    }
}
