//! `idhooks install` and `uninstall`, the hooks they write, and `install.sh`, with real git.
#![cfg(unix)]

mod archive;
mod archive_interrupted;
mod archive_messages;
mod cached_program;
mod called_program;
mod existing;
mod extras;
mod fixture;
mod fresh;
mod inspect;
mod places;
mod program;
mod program_kept;
mod program_search;
mod refusals;
mod script;
mod stub;
mod uninstalled;
