//! Files: reading and replacing them, and the state that idhooks keeps in a git directory.

pub mod block;
pub mod changes;
pub mod clock;
mod content_hash;
mod error;
pub(crate) mod failpoint;
mod file_stamp;
pub mod journal;
mod links;
mod lock;
mod locks;
mod logs;
mod program;
mod replace;
mod requests;
mod runs;
mod scan;
mod scratch;
mod sharing;
mod state;

pub(crate) use error::if_exists;
pub use error::{StoreError, is_disk_full};
pub use file_stamp::{FileStamp, digest};
pub use links::LinkGuard;
pub use lock::{Holder, LockError, LockMode, LockSubject, WriterLock};
pub use locks::{HeldLocks, LockRequest, Locks};
pub use logs::{AllocationLogFile, AuditFile, AuditWriter, audit_text};
pub use program::{enter, program_path};
pub use replace::{Access, Replacement, append_line, read_file, replace_file};
pub use requests::{PostedRequest, WaitingRequest};
pub use runs::{KEPT_REPORTS, LastRun, REPORT_FORMATS, RunOutcome, Runs};
pub use scan::{EntryKind, ScanFault, ScannedFile, TreeScan, scan_tree};
pub use scratch::{Scratch, is_abandoned, temporary_file};
pub use sharing::Sharing;
pub(crate) use sharing::mode_of;
pub use state::{StateDir, StateFile};
