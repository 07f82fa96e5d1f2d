//! What an editor asks about the files of a repository: answered from the index, with the text of
//! its buffers as if they were saved and staged.
//!
//! [`EditorIndex`] is read in the background, and [`EditorRepository`] answers from it.

mod answers;
mod buffers;
mod completion;
mod contents;
mod fixes;
mod index;
mod no_record;
mod places;
mod records;
mod repository;

pub use answers::DocumentFix;
pub use buffers::BufferState;
pub use completion::{CompletedFile, CompletedFiles};
pub use contents::EditorContents;
pub use fixes::{FixKind, ReferenceFix};
pub use index::{
    EditorIndex, EditorIndexPart, EditorProblem, IdentityHistories, read_editor_index,
};
pub use no_record::NoRecord;
pub use places::{HeadIdentity, ReferencePlace, file_references};
pub use repository::{DocumentFinding, EditorRepository, PlacedReference};
