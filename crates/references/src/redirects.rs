//! Redirects from identities and former paths to the pages of a website or a forge, in the forms
//! that hosts and servers read.

mod apache;
mod form;
mod json;
mod nginx;
mod page;
mod page_key;
mod present_records;
mod redirect;
mod redirect_lines;
mod render;
mod table;
#[cfg(test)]
mod tests;
mod website;

pub use form::{FormRefusal, RedirectFile, RedirectForm, RedirectStatus};
pub use redirect::{Destination, LeftOut, LeftOutReason, Redirect, SourceKind, Tombstone};
pub use table::{RedirectInput, RedirectTable, SharedPage};
pub use website::{ForgePage, Website};
