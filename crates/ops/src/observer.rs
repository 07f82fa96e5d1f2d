//! [`Observer`]: receives a use case's notices and progress.

use idhooks_core::check::Finding;
use idhooks_core::config::MigrationPhase;
use idhooks_core::plan::{Continued, PossibleRename, Undone, Unrevived};
use idhooks_core::registry::{Id, RepoPath};
use idhooks_references::DoubtfulReference;
use idhooks_repo::events::Edit;
use idhooks_repo::git::{CommitId, GitError, GrepMatch};
use idhooks_repo::history::MissingObjects;
use idhooks_repo::state::StateError;
use idhooks_repo::store::{LegacyReport, StoreError};

use super::units::UnitNotice;
use super::{
    CommitNotice, FoundNote, HookNotice, InjectNotice, KeptRegistry, OpsError, ReceiveNotice,
    RemoteBranch, ResolveNotice, SkippedFile, UntakenKind,
};

/// What a use case reports in addition to its result.
#[derive(Debug)]
pub enum Notice {
    /// git cannot compute the blobs of files outside the index, so no identities are planned for
    /// them.
    NoPlannedIds(GitError),
    /// A record was found, but not under its current identity or path.
    Found(Vec<FoundNote>),
    /// This clone's allocation log cannot be read.
    AllocationLog(StoreError),
    /// Something kept alongside the registry, such as the audit log, could not be written.
    NotKept(String),
    /// This many days in a history are left out because this clone does not have their registries.
    DaysLeftOut(usize),
    /// This many lines in an audit log could not be read as events.
    NoEvents(usize),
    /// This clone's attributes could not be brought up to date.
    Attributes(StateError),
    /// A note about imported data, such as a setting without effect.
    Remark(String),
    /// A migration's next step, before it is made.
    NextStep {
        /// The phase before the step.
        from: MigrationPhase,
        /// The phase after the step.
        to: MigrationPhase,
        /// The legacy file.
        legacy: RepoPath,
    },
    /// A notice about the identities that files carry.
    Inject(InjectNotice),
    /// Findings that do not stop the command.
    Warnings(Vec<Finding>),
    /// Some new identities are not in the counters that the rules name, which are full.
    Continued(Continued),
    /// Some identities in commits cannot be determined because this clone lacks contents.
    Undecided {
        /// The missing part.
        lacking: MissingObjects,
        /// The number of files left without an identity.
        files: usize,
        /// The number of identities left without a file.
        ids: usize,
    },
    /// A staged identity is not used, because another identity followed a file to its path.
    UnusedId {
        /// The identity.
        id: Id,
        /// The path that the staged identity was allocated for.
        path: RepoPath,
        /// The identity of the file that is at the path now.
        holder: Id,
    },
    /// New files resemble deleted ones.
    PossibleRenames(Vec<PossibleRename>),
    /// New files at deleted files' paths do not resemble the deleted files.
    Unrevived(Vec<Unrevived>),
    /// What happened to other programs' changes to a legacy file.
    Taken {
        /// The changes that were taken and those that were not, grouped by commit.
        reports: Vec<LegacyReport>,
        /// The kinds of changes that were not taken.
        untaken: Vec<UntakenKind>,
        /// Whether the clone's log contains all of these changes.
        is_logged: bool,
    },
    /// Changes to the registry in a commit.
    Edits {
        /// The changes.
        edits: Vec<Edit>,
        /// Whether the clone's log contains these changes.
        is_logged: bool,
    },
    /// Changes from repairing commits.
    RepairedEdits {
        /// The changes.
        edits: Vec<Edit>,
        /// Whether the clone's log contains these changes.
        is_logged: bool,
    },
    /// Changes from healing commits, along with other changes.
    HealedEdits {
        /// The healed records.
        healed: Vec<Edit>,
        /// The other changes.
        others: Vec<Edit>,
        /// Whether the clone's log contains these changes.
        is_logged: bool,
    },
    /// A notice about generated files.
    Generator(GeneratorNotice),
    /// A notice about resolving a registry.
    Resolve(ResolveNotice),
    /// A notice from a hook.
    Hook(HookNotice),
    /// A notice about a push.
    Receive(ReceiveNotice),
    /// A step in installing or removing a system unit, such as a timer.
    Unit(UnitNotice),
    /// A notice about the commit being made.
    Commit(CommitNotice),
    /// Manual edits to the registry were undone; holds the first one and the number of others.
    Undone(Undone, usize),
    /// A move that a killed process left unfinished was undone; holds that process's command line.
    MoveUndone(String),
    /// A second identity is taken away from another path's record.
    SecondIdTaken {
        /// The second identity.
        doc_id: String,
        /// The path.
        path: RepoPath,
    },
    /// An identity cannot be purged because lines in tracked files mention it.
    StillMentioned {
        /// The identity.
        id: Id,
        /// The lines.
        mentions: Vec<GrepMatch>,
    },
    /// The rules exclude a file's new path, so the next commit deprecates its identity.
    Excluded {
        /// The identity.
        id: Id,
        /// The new path.
        path: RepoPath,
    },
    /// No file at or below this path has an identity.
    NoIdentities(RepoPath),
    /// The tracked files could not be searched for lines that mention an identity or a file.
    NotSearched(StateError),
    /// These ambiguous references to renamed files are not updated.
    NotUpdated(Vec<(RepoPath, DoubtfulReference)>),
    /// The linter did not check these files.
    NotLinted(Vec<SkippedFile>),
    /// The registry in the index has been backed up; see [`super::create_backup`].
    BackedUp(KeptRegistry),
    /// A file keeps the identity that it had before the rewritten commits, so this identity remains
    /// only in the old commits.
    IdDropped {
        /// The identity.
        id: Id,
        /// The file's path.
        path: RepoPath,
    },
    /// The checked-out branch was moved to its latest commit on a remote.
    Fetched {
        /// The branch on the remote.
        branch: RemoteBranch,
        /// The commit.
        tip: CommitId,
    },
    /// The preview of a merge is incomplete.
    Preview(PreviewNotice),
    /// A commit that heals a branch's registry was created; holds its id and message.
    Committed(CommitId, String),
    /// This many commits in a change could not be compared with their parents, which are not in the
    /// clone.
    ShallowChange(usize),
    /// Someone else pushed in the meantime, so the branch is fetched and healed again.
    Overtaken(RemoteBranch),
}

/// Why the preview of a merge with a branch is incomplete.
#[derive(Debug)]
pub enum PreviewNotice {
    /// The branch has no registry.
    NotAdopted(String),
    /// The branch shares no history with the state being checked.
    Unrelated(String),
}

/// A notice about generated files.
#[derive(Debug)]
pub enum GeneratorNotice {
    /// The rules in the index have no generators; also holds whether the rules in the working tree
    /// have any.
    NoRules(bool),
    /// A file was generated.
    Generated(RepoPath),
    /// Generators failed or were not run.
    Findings(Vec<Finding>),
    /// Some files that a commit should have generated could not be generated.
    Failed(OpsError),
    /// A generated file was staged, but not written to the working tree, where the file has other
    /// edits.
    EditedOutput(RepoPath),
}

/// The progress of work that may be slow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Another commit is being healed; holds the total number of commits.
    Healing(usize),
    /// Another commit in a history was read; holds the total number of commits.
    ReadHistory(usize),
    /// Another commit was checked; holds the total number of commits.
    CheckCommits(usize),
    /// Another registry in a history was searched; holds the total number of registries.
    SearchHistory(usize),
    /// Another registry in a history was read; holds the total number of registries.
    ReadRegistries(usize),
    /// The head of another file was searched for identities; holds the total number of files.
    ReadHeads(u64),
    /// Another file was given an identity; holds the total number of files.
    Allocating(u64),
    /// The linter checked another day in a history; holds the total number of days.
    LintHistory(usize),
    /// Another step in importing records was done; holds the total number of steps.
    Importing(usize),
    /// Another record was planned; holds the total number of records.
    Planning(usize),
    /// Another record was matched against the registry; holds the total number of records.
    Matching(usize),
    /// The work is done.
    Done,
}

/// Receives notices and progress while a use case runs. Notices are separate from the report, so
/// that notices issued before a failure are not lost.
pub trait Observer {
    /// Takes a notice.
    fn notice(&mut self, notice: Notice);

    /// Receives the progress of work that may be slow.
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
