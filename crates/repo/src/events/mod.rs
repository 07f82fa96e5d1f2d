//! What happened to identities and to the registry, in one list of words for every report, log and
//! document: the events between two registries.

mod arrivals;
mod edit;
mod event_kind;

pub use edit::{Edit, FieldChange};
pub use event_kind::EventKind;
