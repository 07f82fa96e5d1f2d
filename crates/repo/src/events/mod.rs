//! What happened to identities and the registry between two states of the registry, in a single
//! vocabulary for every report, log and document.

mod arrivals;
mod event_kind;
mod registry_diff;

pub use event_kind::EventKind;
pub use registry_diff::{Edit, FieldChange};
