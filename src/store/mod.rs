//! Files: read, replace as a whole, remember.

mod audit;
pub mod block;
pub mod changes;
mod checks;
mod coverages;
mod given_file;
mod histories;
pub mod journal;
mod links;
mod path_file;
pub(crate) mod pause;
mod permissions;
mod program;
mod replace;
mod runs;
mod scratch;
mod sharing;
mod stamp;
mod state;
mod survey;
mod turn;
mod verdicts;

pub use audit::{AuditFile, AuditWriter, audit_text};
pub use checks::{CheckCounts, Checks};
pub use coverages::Coverages;
pub use given_file::AllocationLogFile;
pub use histories::Histories;
pub use links::LinkGuard;
pub use path_file::{KnownPaths, PathFile};
pub use program::{enter, program_path};
pub use replace::{
    Access, Replacement, StoreError, append_line, is_disk_full, read_file, replace_file,
};
pub use runs::{FORMS, KEPT, LastRun, RunOutcome, Runs};
pub use scratch::{Scratch, is_abandoned};
pub use sharing::Sharing;
pub use stamp::FileStamp;
pub use state::{StateDir, StateFile};
pub use survey::{EntryKind, ScanFault, ScannedFile, TreeScan, survey};
pub use turn::{Holder, LockError, WriterLock};
pub use verdicts::Verdicts;
