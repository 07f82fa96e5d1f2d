//! The rules, one file each.

pub(super) mod context;
pub(super) mod fstring;
pub(super) mod hardcoded;
pub(super) mod names;
pub(super) mod raw_uuid;
pub(super) mod texts;
