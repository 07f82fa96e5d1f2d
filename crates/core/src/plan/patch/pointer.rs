//! JSON pointers (RFC 6901).

/// Returns the pointer to a member of the value at a pointer.
pub(super) fn member(of: &str, name: &str) -> String {
    format!("{of}/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// Splits a pointer into its first name, as it is written, and the rest; returns nothing if there
/// is none.
pub(super) fn split(pointer: &str) -> Option<(&str, &str)> {
    let rest = pointer.strip_prefix('/')?;
    Some(rest.split_at(rest.find('/').unwrap_or(rest.len())))
}
