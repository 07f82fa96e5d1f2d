//! [`PatchFault`]: what is wrong with a patch.

use std::fmt;

/// The fields of a record that a patch may name.
const FIELDS: [&str; 3] = ["file_path", "status", "metadata"];

/// A fault of a patch.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct PatchFault {
    /// The place, as a JSON pointer into the patch.
    pub pointer: String,
    /// The message.
    pub message: String,
    /// Whether the patch itself is valid, but its test does not match the registry.
    #[serde(skip)]
    pub is_failed_test: bool,
}

impl PatchFault {
    /// Returns a fault.
    pub(super) fn new(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        PatchFault { pointer: pointer.into(), message: message.into(), is_failed_test: false }
    }
}

impl fmt::Display for PatchFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pointer.as_str() {
            "" => f.write_str(&self.message),
            pointer => write!(f, "{pointer}: {}", self.message),
        }
    }
}

/// Returns the pointer to a member of the value at a pointer (RFC 6901).
pub(super) fn member(of: &str, name: &str) -> String {
    format!("{of}/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// Returns the message for an unknown name.
pub(super) fn unknown(name: &str, known: &[&str]) -> String {
    format!("unknown field '{name}'; valid fields: {}", known.join(", "))
}

/// Returns the message for a field that a patch can never write.
pub(super) fn unwritable(name: &str) -> String {
    match name {
        "id" | "allocated_at" => format!("a patch can never write '{name}'"),
        _ => unknown(name, &FIELDS),
    }
}

/// Returns the message for a field that the rules do not allow patches to write.
pub(super) fn not_writable(name: &str) -> String {
    format!("[patch] writable in idhooks.toml does not list '{name}'")
}
