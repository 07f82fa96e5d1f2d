//! [`Versions`]: the base, ours and theirs that git passes for a registry file, readable or not.

use crate::registry::{LostDocId, ReadError, Registry, Scope};

use super::contested::{Contested, contested};
use super::merge_input::{MergeError, MergeInput};
use super::merger::merge;

/// The three versions, each either parsed or with the reason it could not be parsed.
#[derive(Debug, Clone)]
pub struct Versions {
    base: Result<Option<Registry>, MergeRefusal>,
    ours: Result<Registry, MergeRefusal>,
    theirs: Result<Registry, MergeRefusal>,
    /// The scope in the first version that names one, even if that version is otherwise damaged.
    scope: Option<Scope>,
}

/// The reason versions cannot be merged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MergeRefusal {
    /// A version is not a valid registry.
    #[error("{input}: {error}")]
    Unreadable {
        /// The version.
        input: MergeInput,
        /// The error, with its position.
        error: ReadError,
    },
    /// Two records in a version have the same identity or origin.
    #[error("{error} (lines {})", listed(.lines))]
    Inconsistent {
        /// The error, which names the version and its duplicates.
        error: MergeError,
        /// The lines that contain those records, counted from 1.
        lines: Vec<usize>,
    },
    /// There is no base, and the two sides have these allocations at different paths.
    #[error("without a merge base that has a registry, {}", disputed(.0))]
    Contested(Vec<Contested>),
    /// All versions are readable, but they are incompatible.
    #[error(transparent)]
    Incompatible(MergeError),
}

/// The maximum number of contested allocations to show in a message.
const SHOWN: usize = 5;

fn disputed(all: &[Contested]) -> String {
    let shown = all.iter().take(SHOWN).map(|Contested { origin, ours, theirs, .. }| {
        format!("origin {origin} is at '{ours}' in ours and at '{theirs}' in theirs")
    });
    let more = all.len().saturating_sub(SHOWN);
    let more = (more > 0).then(|| format!("and so on ({more} more)"));
    shown.chain(more).collect::<Vec<_>>().join(", ")
}

fn listed(lines: &[usize]) -> String {
    lines.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

impl Versions {
    /// Parses base, ours and theirs; an empty base means that the registry was added on both sides.
    pub fn parse([base, ours, theirs]: [&[u8]; 3]) -> Self {
        let read_base = match read(MergeInput::Base, base) {
            // git passes an empty base if the file was added on both sides.
            Err(MergeRefusal::Unreadable { error: ReadError::Empty, .. }) => Ok(None),
            // Someone committed a conflict, which stays in the history for ever. Both sides of it
            // were read, so they are the base of what was done since.
            Err(MergeRefusal::Unreadable {
                error: error @ ReadError::ConflictMarkers(_),
                input,
            }) => {
                let union = conflict_union(base).map(Some);
                union.ok_or(MergeRefusal::Unreadable { input, error })
            }
            read => read.map(Some),
        };
        Versions {
            base: read_base,
            ours: read(MergeInput::Ours, ours),
            theirs: read(MergeInput::Theirs, theirs),
            scope: [base, ours, theirs].into_iter().find_map(find_scope),
        }
    }

    /// Merges the versions.
    ///
    /// # Errors
    /// Returns every reason the versions cannot be merged.
    pub fn merged(&self) -> Result<Registry, Vec<MergeRefusal>> {
        match (&self.base, &self.ours, &self.theirs) {
            (Ok(base), Ok(ours), Ok(theirs)) => {
                let nothing = Registry::new(ours.scope);
                // A base from another repository is ignored.
                let base = base.as_ref().filter(|base| base.scope == ours.scope);
                if base.is_none() {
                    let contested = contested(ours, theirs);
                    if !contested.is_empty() {
                        return Err(vec![MergeRefusal::Contested(contested)]);
                    }
                }
                let base = base.unwrap_or(&nothing);
                merge(base, ours, theirs).map_err(|error| vec![MergeRefusal::Incompatible(error)])
            }
            (base, ours, theirs) => {
                let reasons = [base.as_ref().err(), ours.as_ref().err(), theirs.as_ref().err()];
                Err(reasons.into_iter().flatten().cloned().collect())
            }
        }
    }

    /// Returns the second identities that files on either side lose in the merge.
    pub fn lost_doc_ids(&self, merged: &Registry) -> Vec<LostDocId> {
        let sides: Vec<&Registry> = [&self.ours, &self.theirs].into_iter().flatten().collect();
        LostDocId::since(&sides, merged)
    }

    /// Returns a registry that git can use as the base of another merge if these versions cannot be
    /// merged: a forced merge of both sides or, failing that, the only readable side or an empty
    /// registry.
    ///
    /// A contested allocation gets the smaller path. If both sides are readable but incompatible,
    /// this takes the side that has the base's scope or, failing that, the side with the smaller
    /// text.
    pub fn stand_in(&self) -> Registry {
        match (&self.ours, &self.theirs) {
            (Ok(ours), Ok(theirs)) => {
                let base = self.base.as_ref().ok().and_then(Option::as_ref);
                // In a virtual base, neither side is really ours or theirs: git may merge the bases
                // in either order.
                let foreign = |side: &Registry| base.is_some_and(|b| b.scope != side.scope);
                let rank = |side: &Registry| (foreign(side), side.format());
                let first = if rank(ours) <= rank(theirs) { ours } else { theirs };
                merge(&Registry::new(ours.scope), ours, theirs).unwrap_or_else(|_| first.clone())
            }
            (Ok(side), Err(_)) | (Err(_), Ok(side)) => side.clone(),
            (Err(_), Err(_)) => {
                // git needs some content for a virtual base even if the versions are unreadable; an
                // empty registry has no influence on the merge.
                let placeholder = || "000000".parse().expect("six digits are a scope");
                Registry::new(self.scope.unwrap_or_else(placeholder))
            }
        }
    }
}

fn read(input: MergeInput, bytes: &[u8]) -> Result<Registry, MergeRefusal> {
    let registry =
        Registry::parse(bytes).map_err(|error| MergeRefusal::Unreadable { input, error })?;
    if registry.is_consistent() {
        return Ok(registry);
    }
    let (ids, origins) = (registry.duplicate_ids(), registry.duplicate_origins());
    let ids_twice = ids.iter().map(|id| ("\"id\"", id.to_string()));
    let origins_twice = origins.iter().map(|origin| ("\"origin\"", origin.to_string()));
    let names: Vec<(&str, String)> = ids_twice.chain(origins_twice).collect();
    let lines = lines_with(bytes, &names);
    Err(MergeRefusal::Inconsistent {
        error: MergeError::Inconsistent { input, ids, origins },
        lines,
    })
}

/// Returns the union of the two sides of a registry that was committed with conflict markers, if
/// both are registries of one scope.
fn conflict_union(bytes: &[u8]) -> Option<Registry> {
    #[derive(Clone, Copy, PartialEq, Eq)]
    enum ConflictPart {
        Both,
        Ours,
        Base,
        Theirs,
    }
    let (mut part, mut sides) = (ConflictPart::Both, [Vec::new(), Vec::new()]);
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let starts = |marker: &[u8]| line.starts_with(marker);
        let next = match part {
            ConflictPart::Both if starts(b"<<<<<<<") => ConflictPart::Ours,
            ConflictPart::Ours if starts(b"|||||||") => ConflictPart::Base,
            ConflictPart::Ours | ConflictPart::Base if starts(b"=======") => ConflictPart::Theirs,
            ConflictPart::Theirs if starts(b">>>>>>>") => ConflictPart::Both,
            _ => {
                let [ours, theirs] = &mut sides;
                if matches!(part, ConflictPart::Both | ConflictPart::Ours) {
                    ours.extend_from_slice(line);
                }
                if matches!(part, ConflictPart::Both | ConflictPart::Theirs) {
                    theirs.extend_from_slice(line);
                }
                continue;
            }
        };
        part = next;
    }
    let [Some(ours), Some(theirs)] = sides.map(|side| Registry::parse(&side).ok()) else {
        return None;
    };
    merge(&Registry::new(ours.scope), &ours, &theirs).ok()
}

/// Returns the lines in which one of the keys has its given value.
fn lines_with(bytes: &[u8], members: &[(&str, String)]) -> Vec<usize> {
    // Parsed records do not know their lines, so the text is searched. The file may be
    // pretty-printed.
    let text = String::from_utf8_lossy(bytes);
    let has = |line: &str, key: &str, value: &str| {
        line.match_indices(&format!("\"{value}\"")).any(|(at, _)| {
            let before = line[..at].trim_end().strip_suffix(':');
            before.is_some_and(|before| before.trim_end().ends_with(key))
        })
    };
    let matching = |line: &str| members.iter().any(|(key, value)| has(line, key, value));
    let lines = text.lines().enumerate().filter(|(_, line)| matching(line));
    lines.map(|(n, _)| n + 1).collect()
}

// The parser refuses a damaged file altogether, so this searches the text for the key.
fn find_scope(bytes: &[u8]) -> Option<Scope> {
    let text = String::from_utf8_lossy(bytes);
    text.split("\"scope\"").skip(1).find_map(|rest| {
        let value = rest.trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?;
        value.split('"').next()?.parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(scope: &str, ids: &[&str]) -> String {
        let records: Vec<String> = ids
            .iter()
            .map(|id| {
                format!(
                    r#"{{"id":"{id}","file_path":"{id}","allocated_at":"2026-01-01T00:00:00Z","status":"active","metadata":{{"origin":"{id}","supersedes":"2010000001260118"}}}}"#
                )
            })
            .collect();
        format!(
            "{{\"schema_version\":\"1.0\",\"scope\":\"{scope}\",\"allocations\":[\n{}]}}",
            records.join(",\n")
        )
    }

    const HEAD: &str = "{\"schema_version\":\"1.0\",\"scope\":\"260118\",\"allocations\":[\n";
    const ONE: &str = "2010000001260118";
    const TWO: &str = "2010000002260118";

    fn refusals(base: &str, ours: &str, theirs: &str) -> Vec<String> {
        let versions = Versions::parse([base, ours, theirs].map(str::as_bytes));
        let refused = versions.merged().expect_err("cannot be merged");
        assert!(versions.stand_in().is_consistent());
        refused.iter().map(ToString::to_string).collect()
    }

    fn stand_in(base: &str, ours: &str, theirs: &str) -> String {
        let of = |ours: &str, theirs: &str| {
            Versions::parse([base, ours, theirs].map(str::as_bytes)).stand_in().format()
        };
        assert_eq!(of(ours, theirs), of(theirs, ours));
        of(ours, theirs)
    }

    fn canonical(text: &str) -> String {
        Registry::parse(text.as_bytes()).expect("valid").format()
    }

    #[test]
    fn every_reason_has_its_position() {
        assert_eq!(
            refusals("x", &text("260118", &[TWO, ONE, ONE]), "<<<<<<< HEAD\n"),
            [
                "base: line 1, column 1: expected an object",
                "ours: more than one record has the same identity 2010000001260118, origin 2010000001260118 (lines 3, 4)",
                "theirs: line 1: conflict marker of an unresolved merge",
            ]
        );
        assert_eq!(
            refusals("", &text("260118", &[]), &text("111111", &[])),
            ["the registries have different scopes: base 260118, ours 260118, theirs 111111"]
        );
        assert_eq!(refusals("", "", &text("260118", &[])), ["ours: the file is empty"]);
    }

    #[test]
    fn a_base_with_a_conflict_is_the_union_of_its_sides() {
        let (one, two) = (text("260118", &[ONE]), text("260118", &[TWO]));
        let conflict = |base: &str| {
            let (one, two) = (one.trim_start_matches(HEAD), two.trim_start_matches(HEAD));
            format!("{HEAD}<<<<<<< HEAD\n{one}\n{base}=======\n{two}\n>>>>>>> other\n")
        };
        let both = canonical(&text("260118", &[ONE, TWO]));
        for base in [conflict(""), conflict("||||||| 1a2b3c4\n]}\n")] {
            let versions = Versions::parse([&base, &both, &two].map(|text| text.as_bytes()));
            // The second side lost the first record, which only shows if the base has it.
            let merged = versions.merged().expect("can be merged");
            let lost = merged.allocations.iter().find(|record| record.id.to_string() == ONE);
            assert_eq!(lost.map(|record| record.is_active()), Some(false), "{base}");
        }
        let torn = conflict("").replace(TWO, "");
        assert_eq!(refusals(&torn, &one, &one).len(), 1);
    }

    #[test]
    fn the_stand_in_for_a_merge_is_a_registry() {
        let (one, two) = (text("260118", &[ONE]), text("260118", &[TWO]));
        assert_eq!(stand_in("x", &one, &two), canonical(&text("260118", &[ONE, TWO])));
        assert_eq!(stand_in("", &one, "x"), canonical(&one));
        let foreign = text("000001", &[]);
        assert_eq!(stand_in(&one, &two, &foreign), canonical(&two));
        assert_eq!(stand_in("{\"scope\" : \"260118\"", "x", ""), canonical(&text("260118", &[])));
        assert_eq!(stand_in("", "x", "y"), canonical(&text("000000", &[])));
    }
}
