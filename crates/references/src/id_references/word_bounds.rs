//! Where words begin and end: a reference inside a longer word is none.

use unicode_general_category::{GeneralCategory, get_general_category};

/// Returns whether a reference that begins with a letter or digit can begin after this text.
///
/// An underscore is part of a word, as in `my_idhooks:`, but one that follows no letter or digit is
/// Markdown's emphasis.
pub(super) fn can_begin_after(text: &str) -> bool {
    !text.trim_end_matches('_').ends_with(char::is_alphanumeric)
}

/// Returns whether digits or letters can end before this text.
pub(super) fn can_end_before(text: &str) -> bool {
    !text.starts_with(char::is_alphanumeric)
}

/// Returns whether a character can be in the slug of a heading.
pub(super) fn is_of_slug(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric() || c == '-' || c == '_';
    }
    c.is_alphabetic()
        || matches!(
            get_general_category(c),
            GeneralCategory::DecimalNumber
                | GeneralCategory::ConnectorPunctuation
                | GeneralCategory::NonspacingMark
                | GeneralCategory::SpacingMark
                | GeneralCategory::EnclosingMark
        )
}
