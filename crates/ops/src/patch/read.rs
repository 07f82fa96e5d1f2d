//! Parses patches and reports faults in them ([`PatchFault`]).

use std::fmt;

use idhooks_core::registry::{Id, Json, Object};

/// The JSON Schema for a patch, as printed by `idhooks schema patch`.
pub const PATCH_SCHEMA: &str = include_str!("schema.json");
/// The maximum size of a patch, in bytes.
pub const LARGEST_PATCH: usize = 64 << 20;
/// The keys in a patch.
const MEMBERS: [&str; 6] =
    ["changes", "record_id", "operations", "registry_hash", "source", "reason"];
/// The keys in an operation.
const OPERATION: [&str; 4] = ["op", "record_id", "changes", "reason"];
/// The kinds of operations, for messages.
const KINDS: &str = "'op' must be one of: add, update, delete, upsert";
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
    pub(super) target: PatchTarget,
    /// The JSON pointer to the fields in the patch.
    pub(super) at: String,
    /// The fields to write.
    pub(super) fields: Object,
    /// The reason for a deprecation, if it is not that of the patch.
    pub(super) reason: Option<String>,
}

/// What a change is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PatchTarget {
    /// The record with this identity, and the JSON pointer to the identity.
    Record(String, String),
    /// The file that `file_path` names, which has no identity yet.
    NewFile,
    /// The file that `file_path` names, whether or not it has an identity.
    File,
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
                let form = r#"write it into an object: {"operations":[…]}"#;
                reader.refuse("", &format!("a list of operations is no patch; {form}"))
            }
            _ => reader.refuse("", "a patch must be an object"),
        };
        patch.filter(|_| reader.faults.is_empty()).ok_or(reader.faults)
    }

    /// Returns the identities that the patch names, whether or not the registry has them.
    pub fn ids(&self) -> Vec<Id> {
        let id = |change: &PatchChange| match &change.target {
            PatchTarget::Record(id, _) => id.parse().ok(),
            PatchTarget::NewFile | PatchTarget::File => None,
        };
        self.changes.iter().filter_map(id).collect()
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
        self.find_unknown(members, &MEMBERS, "");
        let registry_hash = self.text(members, "registry_hash", "");
        if registry_hash.as_deref().is_some_and(|hash| !is_hash(hash)) {
            self.fault("/registry_hash", "must be 64 hexadecimal digits in lower case");
        }
        let (source, reason) = (self.text(members, "source", ""), self.text(members, "reason", ""));
        let changes = match (members.get("changes"), members.get("operations")) {
            (Some(_), Some(_)) => {
                return self.refuse("/operations", "a patch has 'changes' or 'operations'");
            }
            (Some(Json::Object(fields)), None) if members.contains_key("record_id") => {
                let id = self.text(members, "record_id", "")?;
                let target = PatchTarget::Record(id, "/record_id".to_owned());
                let (at, fields) = ("/changes".to_owned(), fields.clone());
                vec![PatchChange { target, at, fields, reason: None }]
            }
            (Some(Json::Object(records)), None) => self.changes(records),
            (Some(_), None) => return self.refuse("/changes", "must be an object"),
            (None, Some(Json::Array(operations))) => {
                if members.contains_key("record_id") {
                    self.fault("/record_id", "each operation has its own 'record_id'");
                }
                self.operations(operations)
            }
            (None, Some(_)) => return self.refuse("/operations", "must be a list"),
            // An unknown name may be a misspelled `changes`, and has already been reported as a
            // fault.
            (None, None) if self.faults.is_empty() => {
                return self.refuse("", "'changes' or 'operations' is missing");
            }
            (None, None) => return None,
        };
        Some(Patch { registry_hash, source, reason, changes })
    }

    fn find_unknown(&mut self, members: &Object, known: &[&str], at: &str) {
        for name in members.keys().filter(|name| !known.contains(&name.as_str())) {
            self.fault(member(at, name), unknown(name, known));
        }
    }

    fn text(&mut self, members: &Object, name: &str, at: &str) -> Option<String> {
        match members.get(name)? {
            Json::String(text) if !text.trim().is_empty() => Some(text.clone()),
            _ => self.refuse(&member(at, name), "must be a non-empty string"),
        }
    }

    fn changes(&mut self, records: &Object) -> Vec<PatchChange> {
        let mut changes = Vec::new();
        for (id, fields) in records {
            let at = member("/changes", id);
            match fields {
                Json::Object(fields) => {
                    let target = PatchTarget::Record(id.clone(), at.clone());
                    let fields = fields.clone();
                    changes.push(PatchChange { target, at, fields, reason: None });
                }
                _ => self.fault(at, "must be an object"),
            }
        }
        changes
    }

    fn operations(&mut self, operations: &[Json]) -> Vec<PatchChange> {
        let mut changes = Vec::new();
        for (n, operation) in operations.iter().enumerate() {
            let at = format!("/operations/{n}");
            match operation {
                Json::Object(members) => changes.extend(self.operation(members, &at)),
                _ => self.fault(at, "must be an object"),
            }
        }
        changes
    }

    /// Translates an operation into a change.
    fn operation(&mut self, members: &Object, at: &str) -> Option<PatchChange> {
        self.find_unknown(members, &OPERATION, at);
        let reason = self.text(members, "reason", at);
        let at_id = member(at, "record_id");
        let id = self.text(members, "record_id", at);
        let record = |id: Option<String>| id.map(|id| PatchTarget::Record(id, at_id.clone()));
        let op = members.get("op").and_then(Json::as_str).unwrap_or_default();
        let target = match op {
            "update" | "delete" => record(id),
            "add" if id.is_some() => {
                return self.refuse(&at_id, "idhooks chooses the identity of a new record");
            }
            "add" => Some(PatchTarget::NewFile),
            "upsert" => record(id).or(Some(PatchTarget::File)),
            _ => return self.refuse(&member(at, "op"), KINDS),
        };
        let Some(target) = target else {
            return self.refuse(at, "'record_id' is missing");
        };
        let at_fields = member(at, "changes");
        let fields = match (op, members.get("changes")) {
            // A record is never removed.
            ("delete", None) => Object::from([("status".to_owned(), Json::string("deprecated"))]),
            ("delete", Some(_)) => {
                return self.refuse(&at_fields, "a deletion has no 'changes'");
            }
            (_, Some(Json::Object(fields))) => fields.clone(),
            (_, Some(_)) => return self.refuse(&at_fields, "must be an object"),
            (_, None) => return self.refuse(at, "'changes' is missing"),
        };
        let at = if op == "delete" { at.to_owned() } else { at_fields };
        Some(PatchChange { target, at, fields, reason })
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
