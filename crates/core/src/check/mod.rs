//! The checks and the findings they return, as pure functions.
//!
//! Each file contains a group of checks; [`check`] runs all of them, and [`consistency`] runs those
//! that decide whether a commit is consistent.

mod carried_id;
mod changed_commit;
mod checks;
mod code;
mod code_names;
mod code_row;
mod coverage;
mod family;
mod finding;
mod id_bindings;
mod merged_files;
mod parents;
mod placement;
mod scope;
mod summary;

pub use carried_id::Carried;
pub use changed_commit::ChangedCommit;
pub use checks::capacity::{
    CountersUsed, SequencesUsed, full, has_shared_rule, sequences_of, sequences_used, too_few_left,
};
pub use checks::ended_twins::ended_twins;
pub use checks::identity_changed::{IdentityView, exact_renames, is_revived_elsewhere};
pub use checks::ids_in_files::carried;
pub use checks::missing_and_stale::required;
pub use checks::portable_paths::{TwinPaths, are_portable};
pub use checks::records::{duplicate_records, duplicates, foreign_ids, lost};
pub use checks::unexplained::{Evidence, statuses, unrelated_files};
pub use checks::{check, consistency};
pub use code::Code;
pub use code_row::CodeRow;
pub use coverage::{Coverage, Point, Share, ShareError, ratio};
pub use family::{Drift, Family};
pub use finding::{CodeClass, Finding, FindingPlace, FindingReference, Related, Severity};
pub use id_bindings::{BindingKind, IdBinding, bindings, new_bindings, split_bindings};
pub use parents::{Inherited, Parent, Placement, is_file};
pub use placement::{Subject, misplaced, placement, placement_in_tree};
pub use scope::ScopeClaims;
pub use summary::{and_more, by_severity, count, unread_heads, unsearched};
