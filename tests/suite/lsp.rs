//! `idhooks lsp`: the language server, with a client of our own.

mod actions;
mod client;
mod completion;
mod diagnostics;
mod navigation;
mod places;
mod positions;
mod protocol;
mod random_edits;
mod renames;
