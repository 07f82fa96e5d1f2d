//! A language server for references to the identities of files.
//!
//! One thread reads the messages of the client, one answers them, and one writes. Each repository has
//! a thread that reads its index and the histories of its identities in the background.

mod abilities;
mod actions;
mod background;
mod backlog;
mod completion;
mod diagnostics;
mod document;
mod event;
mod file_uri;
mod hover;
mod navigation;
mod notifications;
mod outbox;
mod position;
mod progress;
mod renames;
mod requests;
mod server;
mod sessions;
mod state;
mod streams;
mod transport;
mod workspace;

pub use server::{ServerEnd, serve};
