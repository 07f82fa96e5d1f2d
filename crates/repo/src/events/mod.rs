//! Events of identities and of the registry between two registries, in one list of words for every
//! report, log and document.

mod arrivals;
mod edit;
mod event_kind;

pub use edit::{Edit, FieldChange};
pub use event_kind::EventKind;
