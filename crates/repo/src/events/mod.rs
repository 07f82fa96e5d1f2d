//! What happened to identities and the registry between two states of the registry, in a single
//! vocabulary for every report, log and document.

mod arrivals;
mod edit;
mod event_kind;

pub use edit::{Edit, FieldChange};
pub use event_kind::EventKind;
