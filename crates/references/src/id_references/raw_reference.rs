//! [`RawReference`]: a reference whose line is not known yet.

use std::ops::Range;

use super::{ContentStamp, ReferenceTarget};

/// A reference before its line is known.
pub(super) struct RawReference {
    pub(super) range: Range<usize>,
    pub(super) target: ReferenceTarget,
    pub(super) section: Option<String>,
    pub(super) stamp: Option<ContentStamp>,
    pub(super) form: usize,
}
