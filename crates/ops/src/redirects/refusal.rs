//! [`RedirectRefusal`]: why there are no redirects.

use idhooks_references::{FormRefusal, SharedPage};
use idhooks_repo::history::MissingObjects;

/// Why there are no redirects.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RedirectRefusal {
    /// The history does not show all former paths.
    #[error("cannot find all former paths: {}", .0.what())]
    Incomplete(MissingObjects),
    /// Two files have the same page.
    #[error(transparent)]
    Shared(SharedPage),
    /// The form cannot hold the redirects.
    #[error(transparent)]
    Form(FormRefusal),
}
