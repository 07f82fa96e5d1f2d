//! Rewrites links between records: reads them with the identities of the side that wrote them, and
//! writes them with the identities of the result.

use std::collections::BTreeMap;

use crate::registry::{Allocation, Id, Json, Object, Origin, key};

/// Maps each identity of one input to its allocation: the current holder, otherwise a former one.
#[derive(Debug, Clone, Default)]
pub(super) struct IdIndex {
    by_id: BTreeMap<Id, Origin>,
    by_alias: BTreeMap<Id, Origin>,
}

impl IdIndex {
    /// Returns the index of these records.
    pub(super) fn of<'a>(records: impl IntoIterator<Item = &'a Allocation>) -> Self {
        let mut index = IdIndex::default();
        let mut records: Vec<&Allocation> = records.into_iter().collect();
        records.sort_by_key(|a| a.seniority());
        for record in records {
            index.by_id.entry(record.id).or_insert(record.origin);
            for alias in &record.aliases {
                index.by_alias.entry(*alias).or_insert(record.origin);
            }
        }
        index
    }

    /// Returns the allocation that has or had the identity.
    pub(super) fn origin(&self, id: Id) -> Option<Origin> {
        self.by_id.get(&id).or_else(|| self.by_alias.get(&id)).copied()
    }
}

/// Rewrites the links of one input to the identities of the result.
#[derive(Debug)]
pub(super) struct Translation<'a> {
    /// The indexes of the input, then that of the result: an identity that one side does not have
    /// may be an alias from the other side.
    pub(super) indexes: [&'a IdIndex; 3],
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

    /// Rewrites one link; a link to an unknown identity stays as it is.
    fn rewrite(&self, link: &mut Json) {
        let Some(id) = link.as_str().and_then(|text| text.parse::<Id>().ok()) else {
            return;
        };
        let origin = self.indexes.iter().find_map(|index| index.origin(id));
        if let Some(id) = origin.and_then(|origin| self.ids.get(&origin)) {
            *link = Json::string(id.to_string());
        }
    }
}
