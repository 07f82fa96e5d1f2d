//! Checking changes in CI: the configuration of its services.

mod pinned_source;
mod workflow;

pub use pinned_source::{PinnedSource, PinnedSourceFault, PinnedSourceRefusal, filled};
pub use workflow::{CiConfiguration, CiInitOptions, CiInitRefusal, CiProvider, init_ci};
