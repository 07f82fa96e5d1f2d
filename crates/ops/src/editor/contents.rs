//! [`EditorContents`]: the references and the titles in all files of an index.

use std::collections::HashMap;
use std::sync::Arc;

use idhooks_references::ReferenceTarget;

use crate::refs::{FileReferences, FileTitles, FoundText};

/// The references and titles in the files of an index.
#[derive(Debug, Default)]
pub struct EditorContents {
    files: Vec<FileReferences>,
    /// The files that have each reference, as places in `files`.
    by_target: HashMap<ReferenceTarget, Vec<usize>>,
    pub(super) titles: Arc<FileTitles>,
}

impl EditorContents {
    pub(super) fn new(files: Vec<FileReferences>, titles: Arc<FileTitles>) -> Self {
        let mut by_target: HashMap<ReferenceTarget, Vec<usize>> = HashMap::new();
        for (place, file) in files.iter().enumerate() {
            for FoundText { reference, .. } in &file.references {
                let places = by_target.entry(reference.target.clone()).or_default();
                if places.last() != Some(&place) {
                    places.push(place);
                }
            }
        }
        EditorContents { files, by_target, titles }
    }

    /// Returns the titles, to read only those of other contents the next time.
    pub fn titles(&self) -> Arc<FileTitles> {
        self.titles.clone()
    }

    /// Returns the files that have one of these references.
    pub(super) fn files_with(&self, targets: &[ReferenceTarget]) -> Vec<&FileReferences> {
        let places = targets.iter().filter_map(|target| self.by_target.get(target)).flatten();
        let mut places: Vec<usize> = places.copied().collect();
        places.sort_unstable();
        places.dedup();
        places.into_iter().map(|place| &self.files[place]).collect()
    }
}
