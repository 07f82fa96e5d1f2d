//! Hints for use case errors.

use idhooks_core::check::Code;
use idhooks_core::plan::second_id::SecondIdRefusal;
use idhooks_core::registry::REGISTRY_PATH;
use idhooks_ops::{
    AllocateRefusal, AssignRefusal, CheckRefusal, GenerateRefusal, LockError, MoveRefusal,
    OpsError, OutputRefusal, PatchRefusal, PathAdvice, PathError, SubjectError,
};

use super::undo::undo_command;
use super::{CommandError, CommandResult, how_to_get};
use crate::output::{Ui, shell_quoted};

/// The maximum number of identities listed in an error.
const MOST_CANDIDATES: usize = 10;
/// The maximum number of dependent changes listed in an error.
const MAX_CONFLICTS: usize = 20;
/// Advice on a file that will not get an identity.
const TRACKED: &str = "only regular files that [track] in idhooks.toml includes get identities";
/// The conditions for moving a file.
const MOVABLE: &str =
    "check that the file exists, the new path is free, and its directory exists, then try again";
/// Advice on how to list the identities.
const LIST: &str = "list the identities: idhooks list";

impl From<OpsError> for CommandError {
    fn from(error: OpsError) -> Self {
        let causes = error.cause().into_iter().collect();
        let converted = Self { causes, ..Self::new(error.to_string()) };
        match error {
            // Errors from other rooms have their own hints, which `converted` would not include.
            OpsError::Open(error) => error.into(),
            OpsError::State(error) => error.into(),
            OpsError::Git(error) => error.into(),
            OpsError::Store(error) => error.into(),
            OpsError::System(error) => error.into(),
            OpsError::Lock(error) => error.into(),
            OpsError::Subject(error) => error.into(),
            OpsError::Path(error) => error.into(),
            OpsError::Init(refusal) => refusal.into(),
            OpsError::Install(refusal) => (*refusal).into(),
            OpsError::Source(error) => error.into(),
            OpsError::Allocate(refusal) => refusal.into(),
            OpsError::Assign(refusal) => refusal.into(),
            OpsError::Adoption(refusal) => refusal.into(),
            OpsError::Backup(refusal) => refusal.into(),
            OpsError::Baseline(refusal) => refusal.into(),
            OpsError::Part(refusal) => refusal.into(),
            OpsError::MissingFeature { feature, .. } => converted.hint(how_to_get(feature)),
            OpsError::Ci(refusal) => refusal.into(),
            OpsError::CiInit(refusal) => refusal.into(),
            OpsError::Check(refusal) => refusal.into(),
            OpsError::Move(refusal) => refusal.into(),
            OpsError::Revision(error) => error.into(),
            OpsError::LookUp(error) => (*error).into(),
            OpsError::NoHolder(error) => error.into(),
            OpsError::Generate(refusal) => refusal.into(),
            OpsError::Patch(refusal) => refusal.into(),
            OpsError::Output(refusal) => refusal.into(),
            OpsError::Link(refusal) => refusal.into(),
            OpsError::Refs(refusal) => refusal.into(),
            OpsError::AddReference(refusal) => refusal.into(),
            OpsError::Redirect(refusal) => refusal.into(),
            OpsError::Receive(refusal) => refusal.into(),
            OpsError::Reconcile(refusal) => refusal.into(),
            OpsError::Rename(refusal) => refusal.into(),
            OpsError::Report(refusal) => refusal.into(),
            OpsError::Unit(refusal) => refusal.into(),
            OpsError::Undo(refusal) => refusal.into(),
            OpsError::Resolve(refusal) => (*refusal).into(),
            OpsError::Heal(refusal) => refusal.into(),
            OpsError::Rewrite(refusal) => refusal.into(),
            OpsError::Lifecycle(refusal) => refusal.into(),
            OpsError::NoWorkingRegistry => converted.hint(to_restore()),
            OpsError::AuditFile(_) => converted.hint("to read the log of this clone, omit --file"),
            OpsError::NotAdopted(how) => converted.hint(how),
            OpsError::UnmergedRegistry(finding)
            | OpsError::CounterFull(finding)
            | OpsError::FaultyRegistry(finding) => converted.hint(finding.help),
            OpsError::NotInIndex(_, typed) => converted.hint(to_add(&typed.to_string_lossy())),
            OpsError::NotTracked(_) => converted.hint(TRACKED),
            OpsError::Unmerged(_) => converted.hint("finish the merge first: git status"),
            OpsError::Interrupted { what, .. } => converted.hint(to_undo(&what)),
            OpsError::Doubtful { codes, .. } => {
                converted.hint(format!("review them, then run: {} --force", to_fix(&codes)))
            }
            OpsError::NotMoved { .. } => converted.hint(MOVABLE),
        }
    }
}

fn to_undo(what: &str) -> String {
    format!("undo it: {}", undo_command(what))
}

fn to_restore() -> String {
    // This restores only the working tree: the index may contain a staged change to the registry,
    // such as a deprecation.
    format!("restore it: git restore --worktree {REGISTRY_PATH}")
}

fn to_add(path: &str) -> String {
    format!("first run: git add -- {}", shell_quoted(path))
}

impl From<CheckRefusal> for CommandError {
    fn from(refusal: CheckRefusal) -> Self {
        let converted = Self::new(refusal.to_string());
        match refusal {
            CheckRefusal::NoBranch(_) => {
                converted.hint("list the branches: git branch --all; to get new ones: git fetch")
            }
            CheckRefusal::NoRegistry(_) => converted
                .because(&format!("no commit there has '{REGISTRY_PATH}'"))
                .hint("to adopt this repository: idhooks init"),
            CheckRefusal::NoRevision(_, accepted) => converted
                .because(&format!(
                    "'--history' accepts only these options of git: {}",
                    accepted.join(", ")
                ))
                .hint("name a range: idhooks check --history=v1.0..HEAD"),
        }
    }
}

impl From<AllocateRefusal> for CommandError {
    fn from(refusal: AllocateRefusal) -> Self {
        let converted = Self::new(refusal.to_string());
        match refusal {
            AllocateRefusal::HasIdentity(_, id) => {
                converted.hint(format!("run 'idhooks show {id}' to see it"))
            }
            AllocateRefusal::KeepsOther { .. } => converted.hint(
                "'git commit' does this if idhooks is installed; to preview it: idhooks reconcile --dry-run; to do it now: idhooks reconcile",
            ),
            AllocateRefusal::ListedTwice(_) => converted.hint("list it on one line only"),
            AllocateRefusal::OneFileOnly => {
                Self::new("--reserved takes one file only").hint("name one file")
            }
        }
    }
}

impl From<AssignRefusal> for CommandError {
    fn from(refusal: AssignRefusal) -> Self {
        let converted = Self::new(refusal.to_string());
        match refusal {
            AssignRefusal::Merging => {
                converted.hint("commit the merge first, then run this again")
            }
            AssignRefusal::NoIdentity(_) => {
                converted.hint("allocate one first: idhooks allocate, or commit the file")
            }
            AssignRefusal::SecondId(refusal) => converted.hint(match refusal {
                SecondIdRefusal::HasOther(..) => "to replace it: add --force".to_owned(),
                SecondIdRefusal::NotActive { id, .. } => format!(
                    "choose another one, or take it with --force: {id} then keeps it as displaced_doc_id"
                ),
                _ => "write letters, then '-' or '_', then more characters: DOC-0001, REQ_17".to_owned(),
            }),
        }
    }
}

impl From<MoveRefusal> for CommandError {
    fn from(refusal: MoveRefusal) -> Self {
        let converted = Self::new(refusal.to_string());
        match refusal {
            MoveRefusal::HeldInMerge(..) => {
                converted.hint("commit the merge first, then move the file")
            }
            MoveRefusal::OwnFile(_) => converted.hint("do not move the files of idhooks"),
            MoveRefusal::Unmerged(path) => converted
                .hint(format!("resolve it first, then: git add -- {}", path.shell_quoted())),
            MoveRefusal::NotInIndex(path) => converted.hint(format!(
                "list the index: git ls-files; or add the file first: git add -- {path}"
            )),
            MoveRefusal::Path(error) => error.into(),
        }
    }
}

impl From<GenerateRefusal> for CommandError {
    fn from(refusal: GenerateRefusal) -> Self {
        let converted = Self::new(refusal.to_string());
        match refusal {
            GenerateRefusal::NoGenerator(_, Some(near)) => {
                converted.hint(format!("did you mean '{near}'? idhooks generate {near}"))
            }
            GenerateRefusal::NoGenerator(_, None) => {
                converted.hint("list the generators: idhooks generate --list")
            }
            // A retry would run the generators again, and a generator that stages its own input
            // would invalidate the plan every time.
            GenerateRefusal::Overtaken(error) => Self { is_transient: false, ..(*error).into() }
                .hint("if a generator changes the index itself, change its command"),
        }
    }
}

impl From<PatchRefusal> for CommandError {
    fn from(refusal: PatchRefusal) -> Self {
        let converted = Self::new(refusal.to_string());
        match refusal {
            PatchRefusal::NoId(_) | PatchRefusal::Unknown(_) | PatchRefusal::Ambiguous(_) => {
                converted.hint("list the ids of applied patches: idhooks audit tail")
            }
            PatchRefusal::Unreadable(_) => {
                converted.hint("restore an earlier registry instead: idhooks backup list")
            }
            PatchRefusal::Depended(_, mut causes) => {
                causes.truncate(MAX_CONFLICTS);
                Self { causes, ..converted }.hint(
                    "undo these first, or set the values with another patch: idhooks patch apply",
                )
            }
        }
    }
}

impl From<OutputRefusal> for CommandError {
    fn from(refusal: OutputRefusal) -> Self {
        let converted = Self::new(refusal.to_string());
        match refusal {
            OutputRefusal::OwnFile(_) => {
                converted.hint("name another file: only idhooks writes this one")
            }
            OutputRefusal::InGitDir(_) => {
                converted.hint("name a file outside it: only git and idhooks write there")
            }
            OutputRefusal::Tracked(_) => {
                converted.hint("name another file, or replace this one: --overwrite")
            }
            OutputRefusal::TrackedDirectory(_) => converted.hint("name a directory of its own"),
            OutputRefusal::NoDirectory(_) => converted.hint("name a file in an existing directory"),
            OutputRefusal::Directory(_) => converted.hint("name a file in it: <dir>/<file>"),
            OutputRefusal::NotWritten(_, reason) => {
                converted.because(&reason).hint("name a writable file")
            }
        }
    }
}

impl From<LockError> for CommandError {
    fn from(error: LockError) -> Self {
        match error {
            LockError::Store(error) => error.into(),
            LockError::Held { .. } => Self::new(error.to_string()).hint(
                // There is no file to remove: the system releases the lock when the process exits.
                "wait for it, or kill it if it hangs; to wait longer: git config idhooks.lockTimeout <ms>",
            ),
        }
    }
}

impl From<PathError> for CommandError {
    fn from(error: PathError) -> Self {
        let converted = Self::new(error.to_string());
        match error {
            PathError::Top(_) => converted.hint("name a file below it"),
            PathError::Directory(_) => converted.hint("list its files: git ls-files"),
            PathError::Outside { top, .. } => {
                converted.hint(format!("name a file below '{}'", top.display()))
            }
        }
    }
}

impl From<SubjectError> for CommandError {
    fn from(error: SubjectError) -> Self {
        let converted = Self::new(error.to_string());
        match error {
            SubjectError::TooShort { digits, .. } => {
                // Bare digits are taken for an identity; a leading `./` makes them a path.
                converted.hint(format!("type more of its 16 digits; if it is a path: ./{digits}"))
            }
            SubjectError::Ambiguous { candidates, .. } => {
                converted.listing(candidates, MOST_CANDIDATES).hint("type more digits")
            }
            SubjectError::UnknownId(_) | SubjectError::NoRecord(_) => converted.hint(LIST),
            SubjectError::NoIdentity(_, advice) => converted.hint(path_hint(&advice)),
            SubjectError::NotReserved(_) => converted.hint(
                "list reserved identities: idhooks list --counters; reserve some: idhooks reserve",
            ),
            SubjectError::Path(error) => error.into(),
        }
    }
}

/// Returns advice on a path without an identity.
pub fn path_hint(advice: &PathAdvice) -> String {
    match advice {
        PathAdvice::OwnFile => {
            "files of idhooks have no identity; list files with one: idhooks list".to_owned()
        }
        PathAdvice::Near(near) => format!("did you mean '{near}'?"),
        PathAdvice::NewFile => {
            "a new file gets its identity when you commit it: git add <path>".to_owned()
        }
        PathAdvice::Allocate => "run 'idhooks allocate' first".to_owned(),
    }
}

/// Returns the command that fixes findings with these codes.
pub fn to_fix(codes: &[Code]) -> String {
    let codes: String = codes.iter().map(|code| format!(" {code}")).collect();
    format!("idhooks fix{codes} --execute")
}

/// If a counter is full, prints the finding and returns nothing, so that the command exits with
/// [`Exit::Findings`](super::Exit): a full counter is a state of the registry, not a mistake in the
/// command.
///
/// # Errors
/// Returns every other error.
pub fn report_full<T>(ui: &mut Ui, done: Result<T, OpsError>) -> CommandResult<Option<T>> {
    match done {
        Ok(done) => Ok(Some(done)),
        Err(OpsError::CounterFull(finding)) => {
            ui.complain(&[*finding]);
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}
