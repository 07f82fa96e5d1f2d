//! [`ReferencesByFile`]: the references to and from each file, as the dashboard lists them.

use std::collections::BTreeMap;

use idhooks_core::registry::{Allocation, Id, RepoPath};
use idhooks_ops::ListedReference;
use serde::Serialize;

/// The maximum number of references to list in each direction; the counts include all of them.
const MAX_REFERENCES: usize = 100;

/// The references to and from each file.
#[derive(Debug, Default)]
pub(super) struct ReferencesByFile<'a> {
    to: BTreeMap<Id, Vec<&'a ListedReference>>,
    from: BTreeMap<&'a RepoPath, Vec<&'a ListedReference>>,
}

/// The references to or from a file.
#[derive(Debug, Serialize)]
pub(super) struct ReferenceRows<'a> {
    count: usize,
    items: Vec<ReferenceItem<'a>>,
}

/// A reference. In the list of references to a file, the path is that of the file that it is in; in
/// the list of those from a file, the identity and the path are those of the file that it names.
#[derive(Debug, Serialize)]
struct ReferenceItem<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Id>,
    path: Option<&'a RepoPath>,
    line: usize,
    text: &'a str,
}

impl<'a> ReferencesByFile<'a> {
    /// Groups references by file.
    pub(super) fn new(references: &'a [ListedReference]) -> Self {
        let mut grouped = ReferencesByFile::default();
        for reference in references {
            grouped.from.entry(&reference.path).or_default().push(reference);
            if let Some(named) = &reference.named {
                grouped.to.entry(named.id).or_default().push(reference);
            }
        }
        grouped
    }

    /// Returns the references to the file of a record, if there are any.
    pub(super) fn to(&self, record: &Allocation) -> Option<ReferenceRows<'a>> {
        rows(self.to.get(&record.id)?, |reference| (None, Some(&reference.path)))
    }

    /// Returns the references in the file of an active record, if there are any.
    pub(super) fn from(&self, record: &Allocation) -> Option<ReferenceRows<'a>> {
        let references = self.from.get(&record.path).filter(|_| record.is_active())?;
        rows(references, |reference| {
            let named = reference.named.as_ref();
            (named.map(|named| named.id), named.map(|named| &named.path))
        })
    }
}

/// Returns references as rows; `file` returns the identity and the path to list.
fn rows<'a>(
    references: &[&'a ListedReference],
    file: impl Fn(&'a ListedReference) -> (Option<Id>, Option<&'a RepoPath>),
) -> Option<ReferenceRows<'a>> {
    let item = |reference: &&'a ListedReference| {
        let (id, path) = file(reference);
        ReferenceItem { id, path, line: reference.line, text: &reference.text }
    };
    let items = references.iter().take(MAX_REFERENCES).map(item).collect();
    Some(ReferenceRows { count: references.len(), items })
}
