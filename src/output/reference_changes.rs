//! Describes what a commit or a change does to references, as text.

use std::collections::BTreeSet;

use idhooks_core::registry::{RepoPath, Status, key};
use idhooks_ops::{ListedReference, ReferenceChanges, RetiredTarget, UnreadChange};

use super::{and_more, count};

/// The maximum number of references to name for each file.
const MAX_PLACES: usize = 5;
/// The maximum number of files to name.
const MAX_FILES: usize = 20;

/// Says why there is nothing to say about a change.
const LACKS_BASE: &str = "what the change does to references is not known, since this clone lacks \
                          the registry of its base; to fetch it: git fetch --refetch --no-filter";

/// Describes a file whose identity is retired, and where others refer to it: "deprecates 'a.md'
/// (…), to which 1 file still refers: b.md:3".
pub fn retired_text(RetiredTarget { record, references }: &RetiredTarget) -> String {
    let (path, id) = (&record.path, record.id);
    let by = record.text(key::SUPERSEDED_BY).filter(|_| record.status == Status::Superseded);
    let retired = match by {
        Some(by) => format!("supersedes '{path}' ({id}) by {by}"),
        None => format!("deprecates '{path}' ({id})"),
    };
    let files = count(files(references), "file still refers", "files still refer");
    format!("{retired}, to which {files}: {}", places(references))
}

/// Describes an edited file that others had read: "edits 'a.md', which 1 file reviewed: b.md:3".
fn unread_text(UnreadChange { path, references }: &UnreadChange) -> String {
    let files = count(files(references), "file", "files");
    format!("edits '{path}', which {files} reviewed: {}", places(references))
}

/// Describes what a change does to references, one line for each file, up to a limit.
pub fn reference_changes(changes: &ReferenceChanges) -> Vec<String> {
    let ReferenceChanges { added, retired, unread, lacks_base, .. } = changes;
    let added = (*added > 0).then(|| {
        let findings = count(*added, "finding", "findings");
        format!("adds references with {findings}")
    });
    let texts = retired.iter().map(retired_text).chain(unread.iter().map(unread_text));
    let mut lines: Vec<String> = added.into_iter().chain(texts.take(MAX_FILES)).collect();
    let more = (retired.len() + unread.len()).saturating_sub(MAX_FILES);
    if more > 0 {
        let files = count(more, "more file", "more files");
        lines.push(format!(
            "retires or edits {files} to which others refer; all of them are in the findings: \
             idhooks ci --format json"
        ));
    }
    let unknown = lacks_base.then(|| LACKS_BASE.to_owned());
    lines.iter().map(|line| format!("the change {line}")).chain(unknown).collect()
}

fn files(references: &[ListedReference]) -> usize {
    references.iter().map(|reference| &reference.path).collect::<BTreeSet<&RepoPath>>().len()
}

fn places(references: &[ListedReference]) -> String {
    let place = |one: &ListedReference| format!("{}:{}", one.path, one.line);
    let mut places: Vec<String> = references.iter().map(place).collect();
    // A line may have several references.
    places.dedup();
    let more = places.len().saturating_sub(MAX_PLACES);
    places.truncate(MAX_PLACES);
    format!("{}{}", places.join(", "), and_more(more))
}
