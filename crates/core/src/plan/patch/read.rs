//! Parses patches: the members of the envelope and one of the four bodies; [`PatchFault`]: what is wrong.

use std::fmt;

use crate::registry::{Id, Json, Object};

/// The largest size of a patch in bytes.
pub const LARGEST: usize = 64 << 20;
/// The members besides the body.
const ENVELOPE: [&str; 3] = ["registry_hash", "source", "reason"];
/// The members that contain the body; the fourth kind of body is a list.
const BODIES: [&str; 3] = ["changes", "operations", "allocations"];
/// A name that is dangerous in other programs which read the registry.
const HARMFUL: &str = "__proto__";

/// A patch that was parsed, but not yet checked against a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patch {
    /// The hash that the registry must have.
    pub registry_hash: Option<String>,
    /// The sender.
    pub source: Option<String>,
    /// The reason for the changes.
    pub reason: Option<String>,
    pub(super) body: Body,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Body {
    /// Changes of records, each with its pointer in the patch.
    Changes(Vec<PatchChange>),
    Operations(Vec<Json>),
    Rfc6902(Vec<Json>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PatchChange {
    pub(super) at: String,
    pub(super) id: String,
    /// The fields to change; nothing if the record is to be deprecated.
    pub(super) fields: Option<Object>,
}

impl Patch {
    /// Parses a patch.
    ///
    /// # Errors
    /// Returns all faults of its structure, which do not depend on any registry.
    pub fn read(bytes: &[u8]) -> Result<Self, Vec<PatchFault>> {
        let whole = |message: String| vec![PatchFault::new("", message)];
        if bytes.len() > LARGEST {
            let limit = LARGEST >> 20;
            return Err(whole(format!("the patch is larger than {limit} MiB; split it")));
        }
        let text = std::str::from_utf8(bytes)
            .map_err(|error| whole(format!("the patch is not UTF-8: {error}")))?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let value =
            Json::parse(text).map_err(|error| whole(format!("the patch is not JSON: {error}")))?;
        let mut reader = PatchReader { faults: Vec::new() };
        reader.find_harmful(&value, "");
        let patch = match value {
            Json::Array(all) => {
                let (registry_hash, source, reason) = (None, None, None);
                Some(Patch { registry_hash, source, reason, body: Body::Rfc6902(all) })
            }
            Json::Object(members) => reader.object(&members),
            _ => reader.refuse("", "a patch must be an object or a list of operations"),
        };
        patch.filter(|_| reader.faults.is_empty()).ok_or(reader.faults)
    }

    /// Returns the identities that the patch names, whether or not the registry has them.
    pub fn ids(&self) -> Vec<Id> {
        let in_text = |text: &str| text.split('/').filter_map(|part| part.parse().ok()).collect();
        let in_operation = |operation: &Json| -> Vec<Id> {
            let Json::Object(members) = operation else { return Vec::new() };
            let texts = members.values().filter_map(|value| match value {
                Json::String(text) => Some(text),
                _ => None,
            });
            texts.flat_map(|text| -> Vec<Id> { in_text(text) }).collect()
        };
        match &self.body {
            Body::Changes(changes) => changes.iter().flat_map(|one| in_text(&one.id)).collect(),
            Body::Operations(all) | Body::Rfc6902(all) => {
                all.iter().flat_map(in_operation).collect()
            }
        }
    }
}

/// Returns whether a text is a SHA-256 hash as idhooks writes it.
pub fn is_hash(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// Collects the faults of a patch while it is parsed.
struct PatchReader {
    faults: Vec<PatchFault>,
}

impl PatchReader {
    fn fault(&mut self, at: impl Into<String>, message: impl Into<String>) {
        self.faults.push(PatchFault::new(at, message));
    }

    /// Adds a fault because of which there is no value.
    fn refuse<T>(&mut self, at: &str, message: &str) -> Option<T> {
        self.fault(at, message);
        None
    }

    fn object(&mut self, members: &Object) -> Option<Patch> {
        let known = [&ENVELOPE[..], &BODIES[..], &["record_id"]].concat();
        for name in members.keys().filter(|name| !known.contains(&name.as_str())) {
            self.fault(member("", name), unknown(name, &known));
        }
        let registry_hash = self.text(members, "registry_hash");
        if registry_hash.as_deref().is_some_and(|hash| !is_hash(hash)) {
            self.fault("/registry_hash", "must be 64 hexadecimal digits in lower case");
        }
        let (source, reason) = (self.text(members, "source"), self.text(members, "reason"));
        let body = self.body(members)?;
        Some(Patch { registry_hash, source, reason, body })
    }

    fn text(&mut self, members: &Object, name: &str) -> Option<String> {
        match members.get(name)? {
            Json::String(text) if !text.trim().is_empty() => Some(text.clone()),
            _ => self.refuse(&member("", name), "must be a non-empty string"),
        }
    }

    fn body(&mut self, members: &Object) -> Option<Body> {
        let present: Vec<&str> =
            BODIES.iter().copied().filter(|name| members.contains_key(*name)).collect();
        let [name] = present.as_slice() else {
            let all = BODIES.join(", ");
            return self.refuse("", &format!("a patch must have exactly one of: {all}"));
        };
        let record_id = members.get("record_id");
        if record_id.is_some() && *name != "changes" {
            self.fault("/record_id", "is only valid with 'changes'");
        }
        let at = member("", name);
        match (*name, &members[*name], record_id) {
            ("operations", Json::Array(all), _) => Some(Body::Operations(all.clone())),
            ("operations", ..) => self.refuse(&at, "must be a list"),
            (_, Json::Object(fields), Some(Json::String(id))) => {
                let (id, fields) = (id.clone(), Some(fields.clone()));
                Some(Body::Changes(vec![PatchChange { at, id, fields }]))
            }
            (_, Json::Object(_), Some(_)) => self.refuse("/record_id", "must be a string"),
            (name, Json::Object(records), None) => {
                Some(Body::Changes(self.changes(records, &at, name == "allocations")))
            }
            _ => self.refuse(&at, "must be an object"),
        }
    }

    /// Parses the changes of records; in a merge patch `null` deprecates a record.
    fn changes(&mut self, records: &Object, at: &str, is_merge: bool) -> Vec<PatchChange> {
        let mut changes = Vec::new();
        for (id, fields) in records {
            let at = member(at, id);
            let fields = match fields {
                Json::Object(fields) => Some(fields.clone()),
                Json::Null if is_merge => None,
                _ => {
                    self.fault(at, "must be an object");
                    continue;
                }
            };
            changes.push(PatchChange { at, id: id.clone(), fields });
        }
        changes
    }

    fn find_harmful(&mut self, value: &Json, at: &str) {
        match value {
            Json::Array(elements) => {
                for (n, element) in elements.iter().enumerate() {
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
