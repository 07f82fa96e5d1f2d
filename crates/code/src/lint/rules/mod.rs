//! The lint rules, each in its own file.

pub(super) mod context;
pub(super) mod fstring;
pub(super) mod hardcoded;
pub(super) mod names;
pub(super) mod raw_uuid;
pub(super) mod texts;
