//! [`NoForge`]: why a remote's URL does not lead to a page.

use idhooks_core::config::Forge;

/// Why a remote's URL does not lead to a page. None of these contains the URL, which may contain a
/// password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoForge {
    /// It is a path, or only a program can read it.
    #[error("is not on a server that has web pages")]
    NotOnServer,
    /// It is malformed, or has characters that no address has.
    #[error("has a URL that is malformed")]
    Malformed,
    /// The host is not known.
    #[error("is on '{host}', and no forge is known there")]
    UnknownHost {
        /// The host.
        host: String,
    },
    /// The repository holds a wiki, whose pages have other addresses.
    #[error("is that of a wiki, whose pages have no address on {} that lasts", forge.title())]
    Wiki {
        /// The forge.
        forge: Forge,
    },
    /// The path is not that of a repository on this forge.
    #[error("has a URL that is not that of a repository on {}", forge.title())]
    OtherPath {
        /// The forge.
        forge: Forge,
    },
}
