//! Reads objects as the judge of the suite does.

pub(crate) use crate::judge::objects::{Objects, commit, entries};
