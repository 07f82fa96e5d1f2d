//! Reads files' second identities in the format that other tools write: a `DOC-… <path>` on each
//! line.

use std::collections::{BTreeMap, BTreeSet};

use idhooks_core::plan::second_id::is_doc_id;
use idhooks_core::registry::{
    Allocation, Id, MapPathError, Origin, Registry, RepoPath, key, parse_map_path,
};

/// The result of applying a map.
#[derive(Debug)]
pub struct MapOutcome {
    /// The new registry.
    pub registry: Registry,
    /// The new second identities, with their files.
    pub new: Vec<(String, RepoPath)>,
    /// The number of second identities that were already present.
    pub known: usize,
}

/// The state that a map is applied to.
pub struct MapContext<'a> {
    /// The registry.
    pub registry: &'a Registry,
    /// Returns the record that holds a path whose file exists.
    pub holder: &'a dyn Fn(&RepoPath) -> Option<Origin>,
    /// Whether existing second identities may be replaced.
    pub replace: bool,
}

/// A parsed line.
struct MapLine {
    line: usize,
    doc_id: String,
    path: RepoPath,
}

/// A line that cannot be applied.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct MapFault {
    /// The line, counted from 1.
    pub line: usize,
    /// The problem.
    pub problem: MapProblem,
}

/// The reason a line in a map cannot be applied.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum MapProblem {
    /// The first word is not a second identity.
    #[error("'{0}' is not an identity such as DOC-0001; write the identity first, then the path")]
    DocId(String),
    /// No path follows the identity.
    #[error("{0}: {1}")]
    Path(String, MapPathError),
    /// Another line has the same identity.
    #[error("{0} is also on line {1}")]
    IdTwice(String, usize),
    /// Another line has the same path.
    #[error("'{0}' is also on line {1}")]
    PathTwice(RepoPath, usize),
    /// No record holds the path.
    #[error("'{0}' has no identity in this repository")]
    NoIdentity(RepoPath),
    /// The path's record has a different second identity.
    #[error("'{0}' already has {1}")]
    HasOther(RepoPath, String),
    /// The second identity belongs to another record.
    #[error("{doc_id} belongs to '{path}' ({id})")]
    Taken {
        /// The second identity.
        doc_id: String,
        /// The path of that record.
        path: RepoPath,
        /// The identity of that record.
        id: Id,
    },
}

/// Adds second identities to records; if any line is faulty, adds none.
///
/// # Errors
/// Returns all faults, sorted by line.
pub fn apply_map(text: &str, context: &MapContext<'_>) -> Result<MapOutcome, Vec<MapFault>> {
    let mut faults = Vec::new();
    let entries = parse_lines(text, &mut faults);
    // All faults are reported at once, so that they can be fixed together.
    find_duplicates(&entries, &mut faults);
    let mut by_origin: BTreeMap<Origin, &MapLine> = BTreeMap::new();
    for entry in &entries {
        match (context.holder)(&entry.path) {
            Some(origin) => drop(by_origin.insert(origin, entry)),
            None => {
                let problem = MapProblem::NoIdentity(entry.path.clone());
                faults.push(MapFault { line: entry.line, problem });
            }
        }
    }
    let mut outcome = MapOutcome { registry: context.registry.clone(), new: Vec::new(), known: 0 };
    // Records named in the map are ignored here, because two of them may swap their identities.
    let taken = taken(context, &by_origin);
    for record in &mut outcome.registry.allocations {
        let Some(entry) = by_origin.get(&record.origin) else { continue };
        let line = entry.line;
        let own = record.text(key::DOC_ID);
        // The same map may be applied more than once.
        if own == Some(&entry.doc_id) {
            outcome.known += 1;
            continue;
        }
        if let Some(own) = own.filter(|_| !context.replace) {
            let problem = MapProblem::HasOther(entry.path.clone(), own.to_owned());
            faults.push(MapFault { line, problem });
        }
        if let Some(other) = taken.get(&*entry.doc_id) {
            let (doc_id, path, id) = (entry.doc_id.clone(), other.path.clone(), other.id);
            faults.push(MapFault { line, problem: MapProblem::Taken { doc_id, path, id } });
        }
        record.give_doc_id(&entry.doc_id);
        outcome.new.push((entry.doc_id.clone(), entry.path.clone()));
    }
    // Without this, an inactive record that lost its second identity would reclaim it once its file
    // comes back.
    let given: BTreeSet<&str> = outcome.new.iter().map(|(doc_id, _)| doc_id.as_str()).collect();
    for record in &mut outcome.registry.allocations {
        if !record.is_active()
            && !by_origin.contains_key(&record.origin)
            && record.text(key::DOC_ID).is_some_and(|doc_id| given.contains(doc_id))
        {
            record.displace_doc_id();
        }
    }
    // If any line is faulty, nothing is applied: a half-applied map would be hard to correct.
    faults.sort_by_key(|fault| fault.line);
    if faults.is_empty() { Ok(outcome) } else { Err(faults) }
}

/// Returns the second identities that no line may take, each with the record that keeps it.
fn taken<'a>(
    context: &MapContext<'a>,
    by_origin: &BTreeMap<Origin, &MapLine>,
) -> BTreeMap<&'a str, &'a Allocation> {
    let keeps = |record: &&Allocation| {
        // With `replace`, an inactive record may lose its second identity.
        let counts = record.is_active() || !context.replace;
        counts && !record.shadowed && !by_origin.contains_key(&record.origin)
    };
    let records = context.registry.allocations.iter().filter(keeps);
    records.filter_map(|record| Some((record.text(key::DOC_ID)?, record))).collect()
}

fn parse_lines(text: &str, faults: &mut Vec<MapFault>) -> Vec<MapLine> {
    // Editors on Windows add a byte order mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut entries = Vec::new();
    for (n, written) in text.lines().enumerate() {
        let written = written.trim();
        if written.is_empty() || written.starts_with('#') {
            continue;
        }
        match parse_line(n + 1, written) {
            Ok(entry) => entries.push(entry),
            Err(problem) => faults.push(MapFault { line: n + 1, problem }),
        }
    }
    entries
}

/// Parses an identity and its path.
fn parse_line(line: usize, written: &str) -> Result<MapLine, MapProblem> {
    // Other tools separate the two with spaces, `=` or `:`.
    let end = written.find([' ', '\t', '=', ':']).unwrap_or(written.len());
    let (doc_id, rest) = written.split_at(end);
    if !is_doc_id(doc_id) {
        return Err(MapProblem::DocId(doc_id.to_owned()));
    }
    let doc_id = doc_id.to_owned();
    match parse_map_path(rest) {
        Ok(path) => Ok(MapLine { line, doc_id, path }),
        Err(error) => Err(MapProblem::Path(doc_id, error)),
    }
}

/// Finds identities and paths that appear on more than one line.
fn find_duplicates(entries: &[MapLine], faults: &mut Vec<MapFault>) {
    let (mut ids, mut paths) = (BTreeMap::new(), BTreeMap::new());
    for entry in entries {
        let line = entry.line;
        if let Some(first) = ids.insert(&entry.doc_id, line) {
            let problem = MapProblem::IdTwice(entry.doc_id.clone(), first);
            faults.push(MapFault { line, problem });
        }
        if let Some(first) = paths.insert(&entry.path, line) {
            let problem = MapProblem::PathTwice(entry.path.clone(), first);
            faults.push(MapFault { line, problem });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_usual_forms_of_lines_are_parsed() {
        let mut faults = Vec::new();
        let text = "\u{feff}# ours\r\n\r\nDOC-1\ta.md\r\nDOC-2 = b c.md\nDOC_3: \"d  e.md\"\nDOC-4=./x\\y.md\n DOC-A-5:=z.md\n";
        let entries = parse_lines(text, &mut faults);
        let shown: Vec<String> =
            entries.iter().map(|e| format!("{} {} {}", e.line, e.doc_id, e.path)).collect();
        assert_eq!(
            shown,
            [
                "3 DOC-1 a.md",
                "4 DOC-2 b c.md",
                "5 DOC_3 d  e.md",
                "6 DOC-4 x/y.md",
                "7 DOC-A-5 =z.md"
            ]
        );
        assert!(faults.is_empty());
        let bad =
            ["docs/a.md DOC-1", "DOC-1", "DOC-1 ../a", "DOC- a", "2099900001260118 a", "DOC-1 /a"];
        assert!(parse_lines(&bad.join("\n"), &mut faults).is_empty());
        assert_eq!(faults.iter().map(|fault| fault.line).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
        let messages: Vec<String> =
            faults.iter().map(|fault| fault.problem.to_string()).take(3).collect();
        assert_eq!(
            messages,
            [
                "'docs/a.md' is not an identity such as DOC-0001; write the identity first, then the path",
                "DOC-1: it has no path",
                "DOC-1: '../a' is not a path inside the repository",
            ]
        );
    }
}
