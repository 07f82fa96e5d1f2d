//! Files: reading and replacing them, and the state that idhooks keeps in a git directory.

mod allocation_log_file;
mod audit;
pub mod block;
pub mod changes;
mod checks;
mod coverages;
pub(crate) mod failpoint;
mod file_stamp;
mod histories;
pub mod journal;
mod links;
mod lock;
mod path_file;
mod permissions;
mod program;
mod replace;
mod runs;
mod scan;
mod scratch;
mod sharing;
mod state;
mod verdicts;

pub use allocation_log_file::AllocationLogFile;
pub use audit::{AuditFile, AuditWriter, audit_text};
pub use checks::{CheckCounts, Checks};
pub use coverages::Coverages;
pub use file_stamp::FileStamp;
pub use histories::Histories;
pub use links::LinkGuard;
pub use lock::{Holder, LockError, WriterLock};
pub use path_file::{KnownPaths, PathFile};
pub use program::{enter, program_path};
pub use replace::{
    Access, Replacement, StoreError, append_line, is_disk_full, read_file, replace_file,
};
pub use runs::{KEPT_REPORTS, LastRun, REPORT_FORMATS, RunOutcome, Runs};
pub use scan::{EntryKind, ScanFault, ScannedFile, TreeScan, scan_tree};
pub use scratch::{Scratch, is_abandoned};
pub use sharing::Sharing;
pub use state::{StateDir, StateFile};
pub use verdicts::Verdicts;
