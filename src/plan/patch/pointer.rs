//! JSON pointers (RFC 6901).

/// Returns the pointer to a member of what another one points to.
pub(super) fn member(of: &str, name: &str) -> String {
    format!("{of}/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// Returns the first name of a pointer as it is written, and what follows it; nothing where there
/// is none.
pub(super) fn split(pointer: &str) -> Option<(&str, &str)> {
    let rest = pointer.strip_prefix('/')?;
    Some(rest.split_at(rest.find('/').unwrap_or(rest.len())))
}
