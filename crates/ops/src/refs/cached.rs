//! The references in a file as they are cached.

use std::str::FromStr;

use idhooks_core::registry::RepoPath;
use idhooks_references::{IdReference, ReferenceTarget};
use idhooks_repo::cache::FactsText;
use serde::{Deserialize, Serialize};

use super::reference_list::{ListedReference, NamedRecord, UnsearchedReason};

/// The result of searching a file.
pub(super) type FileResult = Result<Vec<FoundText>, UnsearchedReason>;

/// A reference, and its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FoundText {
    pub(crate) reference: IdReference,
    pub(crate) text: String,
}

impl FoundText {
    /// Returns the reference with its place and the record that it names.
    pub(super) fn listed(
        self,
        path: RepoPath,
        form: String,
        named: Option<NamedRecord>,
    ) -> ListedReference {
        let FoundText { reference, text } = self;
        let IdReference { line, column, target, section, stamp, .. } = reference;
        ListedReference { path, line, column, text, form, target, section, stamp, named }
    }
}

/// A reference in the cache.
#[derive(Serialize, Deserialize)]
struct CachedReference {
    at: [usize; 4],
    form: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    second: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    section: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stamp: Option<String>,
    text: String,
}

/// Returns the result of a search as it is cached: nothing for a file without references, a word for
/// a file that cannot be searched, and JSON otherwise.
pub(super) fn encode(result: &FileResult) -> FactsText {
    FactsText(match result {
        Err(reason) => reason.as_str().to_owned(),
        Ok(found) if found.is_empty() => String::new(),
        Ok(found) => {
            let cached: Vec<CachedReference> = found.iter().map(CachedReference::of).collect();
            // An unreadable value counts as missing.
            serde_json::to_string(&cached).unwrap_or_else(|_| "?".to_owned())
        }
    })
}

/// Reads a cached result; `None` if it cannot be read.
pub(super) fn decode(FactsText(text): &FactsText) -> Option<FileResult> {
    if text.is_empty() {
        return Some(Ok(Vec::new()));
    }
    if let Some(reason) = UnsearchedReason::parse(text) {
        return Some(Err(reason));
    }
    let cached: Vec<CachedReference> = serde_json::from_str(text).ok()?;
    cached.into_iter().map(CachedReference::found).collect::<Option<_>>().map(Ok)
}

impl CachedReference {
    fn of(FoundText { reference, text }: &FoundText) -> Self {
        let IdReference { range, line, column, target, section, stamp, form } = reference;
        let (id, second) = match target {
            ReferenceTarget::Id(id) => (Some(id.to_string()), None),
            ReferenceTarget::Second(name) => (None, Some(name.clone())),
        };
        CachedReference {
            at: [range.start, range.end, *line, *column],
            form: *form,
            id,
            second,
            section: section.clone(),
            stamp: stamp.map(|stamp| stamp.to_string()),
            text: text.clone(),
        }
    }

    fn found(self) -> Option<FoundText> {
        let CachedReference { at: [start, end, line, column], form, section, text, .. } = self;
        let target = match (self.id, self.second) {
            (Some(id), None) => ReferenceTarget::Id(id.parse().ok()?),
            (None, Some(name)) => ReferenceTarget::Second(name),
            _ => return None,
        };
        let stamp = self.stamp.as_deref().map(FromStr::from_str).transpose().ok()?;
        let range = start..end;
        let reference = IdReference { range, line, column, target, section, stamp, form };
        Some(FoundText { reference, text })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use idhooks_core::config::Config;
    use idhooks_references::ReferenceScanner;

    #[test]
    fn what_is_written_is_read() {
        let text =
            "idhooks:0110073814260118@0123456789ab#größe, doc:DOC-1, idhooks:0110073814260118";
        let rules = "[[references.forms]]\ntext = 'doc:{second}'";
        let config = Config::parse(rules).expect("valid");
        let path = RepoPath::new(*b"a.md").expect("a path");
        let found = ReferenceScanner::new(config.references()).scan(&path, text.as_bytes());
        let found: Vec<FoundText> = found
            .expect("text")
            .into_iter()
            .map(|reference| FoundText {
                text: text[reference.range.clone()].to_owned(),
                reference,
            })
            .collect();
        assert_eq!(found.len(), 3);
        for result in [Ok(found), Ok(Vec::new()), Err(UnsearchedReason::TooLarge)] {
            assert_eq!(decode(&encode(&result)), Some(result));
        }
        for text in ["?", "[{}]", "{", "another"] {
            assert_eq!(decode(&FactsText(text.to_owned())), None, "{text}");
        }
    }
}
