//! Parses patches and reports faults in them ([`PatchFault`]).

use std::fmt;

use idhooks_core::registry::{Id, Json, Object};

/// The JSON Schema for a patch, as printed by `idhooks schema patch`.
pub const PATCH_SCHEMA: &str = include_str!("schema.json");
/// The maximum size of a patch, in bytes.
pub const LARGEST_PATCH: usize = 64 << 20;
/// The keys in a patch.
const MEMBERS: [&str; 4] = ["changes", "registry_hash", "source", "reason"];
/// Keys from earlier versions of the patch format.
const FORMER: [&str; 3] = ["operations", "allocations", "record_id"];
/// An explanation of the patch format, for use in messages.
const FORM: &str = r#"write the changes by identity: {"changes":{"0110073814260118":{…}}}"#;
/// A name that is dangerous to other programs that read the registry.
const HARMFUL: &str = "__proto__";

/// A parsed patch, not yet checked against a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patch {
    /// The hash that the registry must have.
    pub registry_hash: Option<String>,
    /// The sender.
    pub source: Option<String>,
    /// The reason for the changes.
    pub reason: Option<String>,
    pub(super) changes: Vec<PatchChange>,
}

/// A change to one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PatchChange {
    /// The JSON pointer to the change in the patch.
    pub(super) at: String,
    pub(super) id: String,
    /// The fields to write.
    pub(super) fields: Object,
}

impl Patch {
    /// Parses a patch.
    ///
    /// # Errors
    /// Returns all faults in the patch's structure, which do not depend on any registry.
    pub fn read(bytes: &[u8]) -> Result<Self, Vec<PatchFault>> {
        let whole = |message: String| vec![PatchFault::new("", message)];
        // Large patches are refused before parsing, which takes several times as much memory as the
        // text.
        if bytes.len() > LARGEST_PATCH {
            let limit = LARGEST_PATCH >> 20;
            return Err(whole(format!("the patch is larger than {limit} MiB; split it")));
        }
        let text = std::str::from_utf8(bytes)
            .map_err(|error| whole(format!("the patch is not UTF-8: {error}")))?;
        // Editors on Windows write a byte order mark.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let value =
            Json::parse(text).map_err(|error| whole(format!("the patch is not JSON: {error}")))?;
        let mut reader = PatchReader { faults: Vec::new() };
        // The whole patch is searched first, since metadata values are stored unchanged.
        reader.find_harmful(&value, "");
        let patch = match value {
            Json::Object(members) => reader.object(&members),
            Json::Array(_) => {
                reader.refuse("", &format!("a list of operations is no patch; {FORM}"))
            }
            _ => reader.refuse("", "a patch must be an object"),
        };
        patch.filter(|_| reader.faults.is_empty()).ok_or(reader.faults)
    }

    /// Returns the identities that the patch names, whether or not the registry has them.
    pub fn ids(&self) -> Vec<Id> {
        self.changes.iter().filter_map(|change| change.id.parse().ok()).collect()
    }
}

/// Returns whether a string is a SHA-256 hash in the form that idhooks writes.
pub fn is_hash(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// Parses a patch and collects its faults.
struct PatchReader {
    faults: Vec<PatchFault>,
}

impl PatchReader {
    fn fault(&mut self, at: impl Into<String>, message: impl Into<String>) {
        self.faults.push(PatchFault::new(at, message));
    }

    /// Adds a fault and returns `None`.
    fn refuse<T>(&mut self, at: &str, message: &str) -> Option<T> {
        self.fault(at, message);
        None
    }

    fn object(&mut self, members: &Object) -> Option<Patch> {
        for name in members.keys().filter(|name| !MEMBERS.contains(&name.as_str())) {
            let message = match FORMER.contains(&name.as_str()) {
                true => format!("'{name}' is no longer valid; {FORM}"),
                false => unknown(name, &MEMBERS),
            };
            self.fault(member("", name), message);
        }
        let registry_hash = self.text(members, "registry_hash");
        if registry_hash.as_deref().is_some_and(|hash| !is_hash(hash)) {
            self.fault("/registry_hash", "must be 64 hexadecimal digits in lower case");
        }
        let (source, reason) = (self.text(members, "source"), self.text(members, "reason"));
        let changes = match members.get("changes") {
            Some(Json::Object(records)) => self.changes(records),
            Some(_) => return self.refuse("/changes", "must be an object"),
            // An unknown name may be a misspelled `changes`, and has already been reported as a
            // fault.
            None if self.faults.is_empty() => return self.refuse("", "'changes' is missing"),
            None => return None,
        };
        Some(Patch { registry_hash, source, reason, changes })
    }

    fn text(&mut self, members: &Object, name: &str) -> Option<String> {
        match members.get(name)? {
            Json::String(text) if !text.trim().is_empty() => Some(text.clone()),
            _ => self.refuse(&member("", name), "must be a non-empty string"),
        }
    }

    fn changes(&mut self, records: &Object) -> Vec<PatchChange> {
        let mut changes = Vec::new();
        for (id, fields) in records {
            let at = member("/changes", id);
            match fields {
                Json::Object(fields) => {
                    changes.push(PatchChange { at, id: id.clone(), fields: fields.clone() });
                }
                _ => self.fault(at, "must be an object"),
            }
        }
        changes
    }

    fn find_harmful(&mut self, value: &Json, at: &str) {
        match value {
            Json::Array(elements) => {
                for (n, element) in elements.iter().enumerate() {
                    // Other kinds of values contain no names.
                    if matches!(element, Json::Array(_) | Json::Object(_)) {
                        self.find_harmful(element, &format!("{at}/{n}"));
                    }
                }
            }
            Json::Object(members) => {
                for (name, value) in members {
                    let at = member(at, name);
                    if name == HARMFUL {
                        let why = format!(
                            "'{HARMFUL}' is not allowed: it is dangerous in programs that read the registry"
                        );
                        self.fault(&at, why);
                    }
                    self.find_harmful(value, &at);
                }
            }
            _ => {}
        }
    }
}

/// The record fields that a patch may name.
const FIELDS: [&str; 3] = ["file_path", "status", "metadata"];

/// A fault in a patch.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct PatchFault {
    /// The place in the patch, as a JSON pointer.
    pub pointer: String,
    /// The message.
    pub message: String,
}

impl PatchFault {
    /// Returns a fault.
    pub(super) fn new(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        PatchFault { pointer: pointer.into(), message: message.into() }
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

/// Returns the pointer to a member, given the pointer to the value that contains it (RFC 6901).
pub(super) fn member(of: &str, name: &str) -> String {
    format!("{of}/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// Returns the message about an unknown name.
pub(super) fn unknown(name: &str, known: &[&str]) -> String {
    format!("unknown field '{name}'; valid fields: {}", known.join(", "))
}

/// Returns the message about a field that no patch may ever write.
pub(super) fn unwritable(name: &str) -> String {
    match name {
        "id" | "allocated_at" => format!("a patch can never write '{name}'"),
        _ => unknown(name, &FIELDS),
    }
}

/// Returns the message about a field that the rules do not allow patches to write.
pub(super) fn not_writable(name: &str) -> String {
    format!("[patch] writable in idhooks.toml does not list '{name}'")
}
