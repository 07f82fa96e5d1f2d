//! Links between records name allocations, not numbers: read as the side that wrote them
//! means them, written with the identities of the result.

use std::collections::BTreeMap;

use crate::registry::{Allocation, Id, Json, Object, Origin, key};

/// Which allocation an identity means to one reader: its current holder first, then whoever
/// had it.
#[derive(Debug, Clone, Default)]
pub(super) struct Book {
    by_id: BTreeMap<Id, Origin>,
    by_alias: BTreeMap<Id, Origin>,
}

impl Book {
    /// Returns the book of some records.
    pub(super) fn of<'a>(records: impl IntoIterator<Item = &'a Allocation>) -> Self {
        let mut book = Book::default();
        let mut records: Vec<&Allocation> = records.into_iter().collect();
        records.sort_by_key(|a| a.seniority());
        for record in records {
            book.by_id.entry(record.id).or_insert(record.origin);
            for alias in &record.aliases {
                book.by_alias.entry(*alias).or_insert(record.origin);
            }
        }
        book
    }

    /// Returns the allocation that the identity means.
    pub(super) fn origin(&self, id: Id) -> Option<Origin> {
        self.by_id.get(&id).or_else(|| self.by_alias.get(&id)).copied()
    }
}

/// Rewrites the links of one input to the identities of the result.
#[derive(Debug)]
pub(super) struct Translation<'a> {
    /// The books of the input, the nearest first, and last the result's: an identity that one
    /// side does not know may be an alias that the other side brings.
    pub(super) books: [&'a Book; 3],
    /// The identities of the result.
    pub(super) ids: &'a BTreeMap<Origin, Id>,
}

impl Translation<'_> {
    /// Rewrites every link in a record's metadata.
    pub(super) fn apply(&self, metadata: &mut Object) {
        for key in key::LINKS {
            match metadata.get_mut(key) {
                Some(Json::Array(links)) => links.iter_mut().for_each(|link| self.rewrite(link)),
                Some(link) => self.rewrite(link),
                None => {}
            }
        }
    }

    /// Rewrites one link; what names no record anybody knows stays as it is.
    fn rewrite(&self, link: &mut Json) {
        let Some(id) = link.as_str().and_then(|text| text.parse::<Id>().ok()) else {
            return;
        };
        let origin = self.books.iter().find_map(|book| book.origin(id));
        if let Some(id) = origin.and_then(|origin| self.ids.get(&origin)) {
            *link = Json::string(id.to_string());
        }
    }
}
