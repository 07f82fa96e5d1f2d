//! The use cases of idhooks, as functions that need neither a command line nor a terminal.
//!
//! A use case takes a repository, options and an [`Observer`], and returns a report or an [`OpsError`].

mod adoption;
mod allocate;
mod assign;
mod at_commit;
mod audit;
mod audit_events;
mod backup;
mod baseline;
mod batch_lookup;
mod check;
mod checked_state;
mod ci;
mod classify;
#[cfg(feature = "code")]
mod code;
mod code_state;
mod collision;
mod commit_notice;
pub mod config_template;
mod coverage;
mod coverage_floor;
mod deprecate;
mod doctor;
mod drift;
mod dual_write;
mod editor;
mod error;
mod finding_filter;
mod fix;
mod full_counter;
mod generate;
mod generators;
mod hook;
mod id_correction;
mod import_source;
mod init;
mod init_refusal;
mod inject;
mod install;
mod interrupted_run;
mod json_text;
mod legacy_change_report;
mod legacy_changes;
mod legacy_plan;
pub mod lifecycle;
mod lint_gates;
mod lint_tally;
mod list;
mod lock_state;
mod log;
mod look_up_error;
mod lookup_outcome;
mod mentions;
mod merge_driver;
#[cfg(feature = "migration")]
mod migration;
mod mv;
mod not_regular;
mod observer;
mod output_guard;
mod patch;
mod path_pieces;
mod plan_notices;
mod planned_commit;
mod program_fallback;
mod purge;
mod receive;
mod reconcile;
mod record_lookup;
mod redirects;
mod refs;
mod registry_draft;
mod rename;
mod repair_times;
mod replace_head;
mod reserve;
mod resolve;
mod revision;
mod revive;
mod rule_suggestion;
mod ruled_state;
mod same_value;
mod scan;
mod show;
mod status;
mod steps;
mod suggestion;
mod supersede;
#[cfg(test)]
mod tests;
mod timeline;
mod transaction;
mod tree_lint;
mod typed_paths;
mod undo;
mod uninstall;
pub mod units;
mod url;
mod watch_facts;
mod when;
mod working_registry;
mod write_statistics;

/// A refusal from a part of the program that not every build includes; one line for each part.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub enum PartRefusal {
    /// Identifiers cannot be translated.
    #[cfg(feature = "code")]
    Bridge(BridgeRefusal),
    /// Identifiers in code cannot be checked or replaced.
    #[cfg(feature = "code")]
    Lint(LintRefusal),
    /// Files cannot be described.
    #[cfg(feature = "code")]
    Describe(DescribeRefusal),
    /// A file cannot be imported.
    #[cfg(feature = "migration")]
    Import(ImportRefusal),
    /// The records in a file cannot be migrated.
    #[cfg(feature = "migration")]
    LegacySource(LegacySourceRefusal),
    /// A migration cannot continue.
    #[cfg(feature = "migration")]
    Migrate(MigrateRefusal),
    /// A migration's steps cannot be undone.
    #[cfg(feature = "migration")]
    Rollback(RollbackRefusal),
}

// The types in the use cases' reports, and the types needed to work with them.
#[cfg(feature = "migration")]
pub use idhooks_migration::{QuietTime, StepRefusal};
pub use idhooks_repo::cache::CheckCounts;
pub use idhooks_repo::derived::generators::{
    Effort, PNG_HEADER, PNG_MARK, remove_abandoned_tasks, without_formula,
};
pub use idhooks_repo::derived::legacy::{
    LegacyChange, LegacyFile, classic_text, table_header, table_row,
};
pub use idhooks_repo::events::{Edit, EventKind, FieldChange};
pub use idhooks_repo::git::attributes::ATTRIBUTES_LINE;
pub use idhooks_repo::git::{
    Backup, Commit, CommitId, Git, GitError, GitErrorKind, GrepMatch, OLDEST_GIT, OpenError, Repo,
    Title, git_quoted, git_unquoted, os_string,
};
pub use idhooks_repo::history::{
    Contest, Examined, IdentityEvent, IdentityLogEntry, MissingObjects,
};
pub use idhooks_repo::state::registry_findings::{how_to_upgrade, replace_link};
pub use idhooks_repo::state::{CommitState, DualWriteSwitch, RegistrySource, StateError};
pub use idhooks_repo::store::{
    Holder, InstallMethod, Job, LegacyReport, LockError, ProgramCache, StoreError, SymlinkGuard,
    WriteCounter, append_line, audit_log, clock, enter, local_time, own_install_method,
    program_path, read_file, replace_file, resolve_path,
};
pub use idhooks_repo::system::{
    ProgramFailure, SystemError, WEBHOOK, WEBHOOK_TOKEN, call_within, ending_programs,
    is_closed_pipe, run_in_any_repository,
};
pub use idhooks_repo::transaction::{
    AdoptFrom, NewIds, Remedy, count, healing, now, record_seen_commits,
};

pub use adoption::{
    AdoptedRecords, AdoptedWith, Adoption, AdoptionRefusal, AdoptionRules, OwnText, PathObstacle,
    adopt_records, adoption_rules, assert_adoptable, complete_adoption, config_text, legacy_scopes,
    scope_in_index,
};
pub use allocate::{
    AllocateBatch, AllocateOptions, AllocateRefusal, Allocated, AllocatedRow, allocate,
    allocate_batch,
};
pub use assign::{
    AssignOptions, AssignRefusal, AssignSecondOptions, Assigned, AssignedSecond, DisplacedId,
    assign, assign_second,
};
pub use at_commit::AtCommit;
pub use audit::{
    AuditFilter, NoAuditFile, audit_entries, audit_log, audit_log_in, export_audit_log,
    export_history,
};
pub use audit_events::{
    audit_event, import_event, note_event, note_import, record_exit, record_findings,
};
pub use backup::{
    BackupFault, BackupRefusal, BackupState, BackupSummary, KeptRegistry, LostRecords,
    PushedBackups, ReplacedRegistry, RestoreOptions, RestoreReport, RestoredChanges,
    UnusableBackup, VerifiedBackups, create_backup, list_backups, push_backups,
    push_backups_of_timer, restore_backup, verify_backups,
};
pub use baseline::Baseline;
pub use batch_lookup::{NoHolder, SubjectKind, find_held};
pub use check::{
    CheckHistoryOptions, CheckHistoryReport, CheckOptions, CheckRefusal, CheckReport, check,
    check_history,
};
pub use checked_state::{CheckedState, check_state};
pub use ci::{
    ChangeReport, CheckChangeOptions, CiChange, CiConfiguration, CiContext, CiInitOptions,
    CiInitRefusal, CiProvider, CiRefusal, HealedChange, PinnedSource, PinnedSourceFault,
    PinnedSourceRefusal, check_change, filled, heal_change, init_ci, note_checked_change,
};
pub use classify::{ClassReason, ClassifiedFile, classify};
#[cfg(feature = "code")]
pub use code::{
    bridge::{
        BridgeRefusal, DetectedId, KnownId, KnownIds, MatchedIds, TranslateTarget, TranslatedId,
        keep_translations,
    },
    describe::{
        DescribeOptions, DescribeRefusal, DescribeSubjects, Descriptions, WriteFactsOptions,
        WrittenFacts, describe, write_facts,
    },
    lint::{
        FileFixes, FixBalance, LintFixOptions, LintFixReport, LintHistoryOptions, LintOptions,
        LintRefusal, LintReport, LintTarget, PartAdvice, UnfitFile, UnknownPart, fix_of, lint,
        lint_fix, lint_history,
    },
    system_source::{SystemSource, now_millis},
};
pub use code_state::{CodeDays, CodeState, LegacyUse, LintDay, LintTotals};
pub use commit_notice::{CommitNotice, MovedFile, ReferenceNotice, UnusedMove};
pub use coverage::{CoverageGroup, GroupBy, TrackedFiles};
pub use coverage_floor::CoverageFloor;
pub use deprecate::{DeprecateOptions, Deprecated, deprecate};
pub use doctor::{Diagnosis, DoctorLevel, DoctorLine, FixedClone};
pub use drift::{DriftReport, drift};
pub use dual_write::{
    ComparedFiles, DualWriteState, LegacyFault, MigrationFacts, MigrationOverview, OperationCounts,
    RecentWrite, only_in,
};
pub use editor::{
    BufferState, CompletedFile, CompletedFiles, DocumentFinding, DocumentFix, EditorContents,
    EditorIndex, EditorIndexPart, EditorProblem, EditorRepository, FixKind, HeadIdentity,
    IdentityHistories, NoRecord, PlacedReference, ReferenceFix, ReferencePlace, file_references,
    read_editor_index,
};
pub use error::OpsError;
pub use finding_filter::{BaselineMode, BaselineRefusal, CheckSubject, FindingFilter};
pub use fix::{FixOptions, FixPlan, FixReport, fix, is_fixable};
pub use full_counter::{RulesAt, full_counter};
pub use generate::{
    GenerateOptions, GenerateRefusal, GenerateReport, MAX_ROUNDS, MadeOutput, generate,
};
pub use generators::{
    CommandTrust, GeneratorList, ListedGenerator, ListedOutput, UndeclaredPrograms, list_generators,
};
pub use hook::{
    HookNotice, NotRewritten, PostHook, RemadeCommit, complete_commit, pack_registry,
    run_later_hook, start_packing,
};
pub use idhooks_references::{
    ContentStamp, Destination, FormRefusal, LeftOut, LeftOutReason, LineRange, NoForge,
    RedirectForm, RedirectStatus, RedirectTable, ReferenceTarget, SourceKind,
};
pub use import_source::{ImportSource, MOST_REASONS, SourceError};
pub use init::{Adopted, InitOptions, InitReport, Resumed, init};
pub use init_refusal::InitRefusal;
pub use inject::{
    InjectAction, InjectNotice, InjectOptions, InjectRefusal, InjectReport, InjectedId, inject,
};
pub use install::{
    InstallOptions, InstallRefusal, InstallReport, InstalledPart, PassingPlace, inspect_repository,
    install, install_in,
};
pub use interrupted_run::{assert_settled, settle_move};
pub use json_text::json_text;
pub use legacy_change_report::{MOST_LINES, UntakenKind, report_taken};
pub use legacy_changes::{TakenChanges, join_unused, take_changes};
pub use legacy_plan::TO_REMOVE_LEGACY;
pub use lint_gates::{GatePartError, GateSource, LintGates, MaxFindings, UnmetGate};
pub use lint_tally::{
    ClassCount, LintTally, TallyBy, ViolationLabels, count_violations, is_counted, is_legacy_use,
    rounded_score,
};
pub use list::{
    CounterFilter, ListKey, ListOptions, ListOrder, ListedCounters, ListedRecord,
    MetadataCondition, list, list_counters,
};
pub use lock_state::{LockState, lock_state};
pub use log::{LogOptions, LoggedEvent, LoggedIdentity, log};
pub use look_up_error::{LookUpError, Searched, WithoutIdentity};
pub use lookup_outcome::{FoundNote, PathAdvice, PathError, SubjectError};
pub use mentions::mentions;
pub use merge_driver::{
    LeftConflict, MergeCause, MergeConflict, MergeDriverOptions, MergeDriverReport, leave_conflict,
    merge_versions,
};
#[cfg(feature = "migration")]
pub use migration::{
    AddedRecord, FinishMigrationOptions, ForeignChange, ImportFileOptions, ImportOptions,
    ImportRefusal, ImportReport, ImportedIds, ImportedRecords, ImportedSettings, ImportedText,
    KeptNumber, LaterChange, LaterChanges, LegacyFileOptions, LegacySourceRefusal, MigrateRefusal,
    MigrationConflict, MigrationGap, MigrationNote, MigrationPlan, MigrationQuestion,
    MigrationRunReport, MigrationState, MigrationStepReport, MigrationVerification, MissingRecord,
    PlannedCounter, PlannedRecord, RecordOutcome, RefusedLine, RollbackMigrationOptions,
    RollbackRefusal, RolledBackMigration, RunMigrationOptions, VerifiedRecords, finish_migration,
    import, import_second_ids, import_settings, migration_log, migration_state, plan_migration,
    rollback_migration, run_migration, undo_import, verify_migration,
};
pub use mv::{
    MoveOptions, MoveRefusal, MovedRecords, ReportRefusal, ReportedFile, ReportedFiles, mv,
    report_move, report_moved_files,
};
pub use not_regular::NotRegular;
pub use observer::{GeneratorNotice, Notice, Observer, PreviewNotice, Progress};
pub use output_guard::{
    OutputRefusal, check_place, guard_output, guard_output_tree, guard_overwrite, real_path,
    write_output, write_outputs,
};
pub use patch::{
    LARGEST_PATCH, PATCH_SCHEMA, Patch, PatchFault, PatchLog, PatchOutcome, PatchRefusal,
    PatchReport, apply_patch, is_hash, roll_back_patch,
};
pub use plan_notices::{while_healing, without_identity};
pub use program_fallback::unreported_fallback;
pub use purge::{PurgeObstacle, PurgeOptions, Purged, UnattendedPurge, purge, purge_unattended};
pub use receive::{
    Protection, PushRemedy, PushedRef, ReceiveNotice, ReceiveOptions, ReceiveRefusal, receive,
};
pub use reconcile::{
    AnsweredQuestion, HealBranchOptions, HealRefusal, HealedBranch, LeftToPerson, QueueQuestions,
    ReconcileFigures, ReconcileOptions, ReconcileRefusal, ReconcileReport, RemoteBranch,
    ReplacedCommit, RewriteOptions, RewriteRefusal, RewriteReport, heal_branch, heal_with_remote,
    note_reconcile, range_to_rewrite, reconcile, rewrite,
};
pub use record_lookup::{
    FoundRecord, Past, Purpose, TypedId, TypedSubject, advice, by_doc_id, by_id, by_path, id_of,
    read_history,
};
pub use redirects::{
    LeftOutPage, OutputList, RedirectOptions, RedirectRefusal, RedirectReport, identity_redirects,
    redirects, write_redirects,
};
pub use refs::{
    AddOptions, AddRefusal, AddedReference, ContentChange, FileTitles, FixCause, FixedReference,
    LeftOutFiles, ListedReference, NamedRecord, ReferenceChanges, ReferenceList, RefsRefusal,
    RefsSelection, RenderedMarkdown, RenderedPlace, RetiredTarget, ReviewOptions, ReviewPlan,
    ReviewSelection, ReviewedReference, SuspectList, SuspectReference, UncheckedReferences,
    UnfixedReason, UnfixedReference, UnreadChange, Unreviewed, UnreviewedReason, UnsearchedFile,
    UnsearchedReason, add_reference, refs, render_markdown, review_references, suspect_references,
    write_markdown,
};
pub use registry_draft::RegistryDraft;
pub use rename::{
    PlannedNames, ReferenceUpdates, RefusedName, RenameOptions, RenameRefusal, RenameReport,
    RenameTarget, RewrittenFile, rename,
};
pub use repair_times::{RepairTime, repair_times};
pub use reserve::{ReserveOptions, Reserved, reserve};
pub use resolve::{
    KeptPath, ResolveNotice, ResolveOptions, ResolveRefusal, ResolveReport, ResolvedFrom,
    merge_commits, resolve,
};
pub use revision::{Revision, RevisionError, find_commit, named_commits};
pub use revive::{ReviveOptions, Revived, revive};
pub use ruled_state::{RuledState, timeline};
pub use scan::{ScanFacts, ScanOptions, ScanReport, ScanRow, ScanSummary, scan, summarize_scan};
pub use show::{ShowOptions, ShownRecord, show};
pub use status::{HeadRegistry, StatusFiles, StatusReport, record_states, status};
pub use steps::code_state;
pub use suggestion::nearest;
pub use supersede::{SupersedeOptions, Superseded, supersede};
pub use timeline::{Day, FormerName, Timeline, TimelineEvent};
pub use transaction::RegistryTransaction;
pub use transaction::outputs::{jobs, report_no_generators, stale_only};
pub use transaction::staging::{
    JournaledRun, commit_change, keep_attributes, not_adopted, read_allocation_log,
};
pub use transaction::writer::{
    Reach, TriedLock, Turn, Writer, WriterLocks, limit, open_to_change, take_locks,
    try_writer_lock, writer_lock,
};
pub use tree_lint::{SkippedFile, TreeLint};
pub use typed_paths::{HERE, current_dir, relative, repo_path, typed_path};
pub use undo::{UndoRefusal, UndoneRun, command_that_undoes, undo_run};
pub use uninstall::{UninstallReport, uninstall};
pub use url::{Hyperlinks, LinkRefusal, UrlOptions, urls};
pub use watch_facts::{
    QueueMeasures, SendAlarm, WatchAlarm, WatchFacts, WatchMeasures, WatcherDown,
};
pub use when::{When, WhenError};
pub use working_registry::working_registry;
pub use write_statistics::WriteStatistics;
