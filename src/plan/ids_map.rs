//! A second identity for files, as another tool gave it: `DOC-… <path>`, line by line.

use std::collections::BTreeMap;

use crate::config::Remark;
use crate::registry::{Allocation, Json, Origin, Registry, RepoPath, key};

/// How many unknown paths are looked into.
const ADVISED: usize = 20;

/// What a map comes to.
#[derive(Debug)]
pub struct MapOutcome {
    /// The registry that says so.
    pub registry: Registry,
    /// The second identities that are new, with their files.
    pub new: Vec<(String, RepoPath)>,
    /// How many were there already.
    pub known: usize,
}

/// What a map is read against.
pub struct Ground<'a> {
    /// The registry.
    pub registry: &'a Registry,
    /// Which record holds a path that has a file.
    pub holder: &'a dyn Fn(&RepoPath) -> Option<Origin>,
    /// What to say of a path that none holds.
    pub advice: &'a dyn Fn(&RepoPath) -> String,
    /// Whether second identities that are there may be replaced.
    pub replace: bool,
}

/// A line that could be read.
struct MapLine {
    line: usize,
    doc_id: String,
    path: RepoPath,
}

/// Gives records their second identities, all or none.
///
/// # Errors
/// Everything that stands against it, by lines.
pub fn apply(text: &str, ground: &Ground<'_>) -> Result<MapOutcome, Vec<Remark>> {
    let mut faults = Vec::new();
    let entries = read(text, &mut faults);
    find_doubles(&entries, &mut faults);
    let mut wanted: BTreeMap<Origin, &MapLine> = BTreeMap::new();
    for entry in &entries {
        match (ground.holder)(&entry.path) {
            Some(origin) => {
                wanted.insert(origin, entry);
            }
            None => {
                let advice = match faults.len() < ADVISED {
                    true => format!("; {}", (ground.advice)(&entry.path)),
                    false => String::new(),
                };
                let message = format!("'{}' has no identity here{advice}", entry.path);
                faults.push(Remark { line: entry.line, message });
            }
        }
    }
    let mut outcome = MapOutcome { registry: ground.registry.clone(), new: Vec::new(), known: 0 };
    let taken = taken(ground, &wanted);
    for record in &mut outcome.registry.allocations {
        let Some(entry) = wanted.get(&record.origin) else { continue };
        let line = entry.line;
        let own = record.text(key::DOC_ID);
        if own == Some(&entry.doc_id) {
            outcome.known += 1;
            continue;
        }
        if let Some(own) = own.filter(|_| !ground.replace) {
            faults.push(Remark { line, message: format!("'{}' has {own} already", entry.path) });
        }
        if let Some(other) = taken.get(&*entry.doc_id) {
            let message = format!("{} is of '{}' ({})", entry.doc_id, other.path, other.id);
            faults.push(Remark { line, message });
        }
        record.metadata.insert(key::DOC_ID.to_owned(), Json::string(&entry.doc_id));
        outcome.new.push((entry.doc_id.clone(), entry.path.clone()));
    }
    faults.sort_by_key(|fault| fault.line);
    match faults.is_empty() {
        true => Ok(outcome),
        false => Err(faults),
    }
}

/// Returns the second identities of records that keep them.
fn taken<'a>(
    ground: &Ground<'a>,
    wanted: &BTreeMap<Origin, &MapLine>,
) -> BTreeMap<&'a str, &'a Allocation> {
    let keeps = |record: &&Allocation| {
        let counts = record.is_active() || !ground.replace;
        counts && !record.shadowed && !wanted.contains_key(&record.origin)
    };
    let records = ground.registry.allocations.iter().filter(keeps);
    records.filter_map(|record| Some((record.text(key::DOC_ID)?, record))).collect()
}

fn read(text: &str, faults: &mut Vec<Remark>) -> Vec<MapLine> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut entries = Vec::new();
    for (n, written) in text.lines().enumerate() {
        let written = written.trim();
        if written.is_empty() || written.starts_with('#') {
            continue;
        }
        match entry(n + 1, written) {
            Ok(entry) => entries.push(entry),
            Err(message) => faults.push(Remark { line: n + 1, message }),
        }
    }
    entries
}

/// Reads an identity, what separates it, and the path with or without quotes.
fn entry(line: usize, written: &str) -> Result<MapLine, String> {
    let end = written.find([' ', '\t', '=', ':']).unwrap_or(written.len());
    let (doc_id, rest) = written.split_at(end);
    if !is_doc_id(doc_id) {
        return Err(format!(
            "'{doc_id}' is no identity as DOC-0001; it comes first, then the path"
        ));
    }
    let rest = rest.trim_start();
    let path = rest.strip_prefix(['=', ':']).unwrap_or(rest).trim();
    let in_quotes = |quote: char| path.strip_prefix(quote)?.strip_suffix(quote);
    let path = in_quotes('"').or_else(|| in_quotes('\'')).unwrap_or(path).replace('\\', "/");
    let bare = path.strip_prefix("./").unwrap_or(&path);
    if bare.is_empty() {
        return Err(format!("{doc_id} has no path"));
    }
    let path = RepoPath::new(bare.as_bytes()).map_err(|error| error.to_string())?;
    Ok(MapLine { line, doc_id: doc_id.to_owned(), path })
}

/// Returns whether a word is letters, a hyphen or underscore, and more.
fn is_doc_id(word: &str) -> bool {
    let prefix = word.bytes().take_while(u8::is_ascii_alphanumeric).count();
    let (prefix, rest) = word.split_at(prefix);
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
    prefix.starts_with(|c: char| c.is_ascii_alphabetic())
        && rest.starts_with(['-', '_'])
        && (2..=100).contains(&rest.len())
        && rest.bytes().all(is_plain)
}

/// Finds identities and paths that come on several lines.
fn find_doubles(entries: &[MapLine], faults: &mut Vec<Remark>) {
    let (mut ids, mut paths) = (BTreeMap::new(), BTreeMap::new());
    for entry in entries {
        let line = entry.line;
        if let Some(first) = ids.insert(&entry.doc_id, line) {
            let message = format!("{} is on line {first}, too", entry.doc_id);
            faults.push(Remark { line, message });
        }
        if let Some(first) = paths.insert(&entry.path, line) {
            let message = format!("'{}' is on line {first}, too", entry.path);
            faults.push(Remark { line, message });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_people_write_them() {
        let mut faults = Vec::new();
        let text = "\u{feff}# ours\r\n\r\nDOC-1\ta.md\r\nDOC-2 = b c.md\nDOC_3: \"d  e.md\"\nDOC-4=./x\\y.md\n DOC-A-5:=z.md\n";
        let entries = read(text, &mut faults);
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
        assert!(read(&bad.join("\n"), &mut faults).is_empty());
        assert_eq!(faults.iter().map(|fault| fault.line).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
    }
}
