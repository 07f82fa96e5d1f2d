//! Finds the identifiers that denote the same thing.
//!
//! A clean-up acts on these matches, so they must never contain another person's identifier. Only
//! declared relations count: the parts of the key, the part that a bridge keeps, and the pairs in
//! the map. If these do not settle the matter, the result says so.

use std::collections::HashSet;

use super::super::format::{IdFormat, IdReading, Part};
use super::super::template::PartKind;
use super::{Bridge, TranslationMap};

/// The result of matching: the identifiers that denote the same thing as the target.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Matches {
    /// The identifiers that match: the target itself first, then the others in order.
    pub matched: Vec<String>,
    /// The identifiers that may match, but whose parts do not settle the matter.
    pub undecided: Vec<String>,
    /// Whether several identifiers of the same format match.
    pub is_crowded: bool,
}

idhooks_core::words! {
    /// The result in one word.
    pub enum Answer {
        /// At least one identifier matches, and no two matches have the same format.
        Matched = "matched",
        /// Several matches have the same format, or the parts do not settle the matter.
        Ambiguous = "ambiguous",
        /// No identifier matches.
        None = "none",
    }
}

impl Matches {
    /// Returns the answer.
    pub fn answer(&self) -> Answer {
        match (self.matched.is_empty(), self.undecided.is_empty()) {
            _ if self.is_crowded => Answer::Ambiguous,
            (false, _) => Answer::Matched,
            (true, false) => Answer::Ambiguous,
            (true, true) => Answer::None,
        }
    }
}

/// How two readings are related, from weakest to strongest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Relation {
    Foreign,
    Undecided,
    Same,
}

/// An identifier with all its readings.
pub(super) struct ReadId<'f, 'i> {
    pub(super) id: &'i str,
    pub(super) readings: Vec<IdReading<'f, 'i>>,
}

impl Bridge {
    /// Returns the candidates that denote the same thing as the target.
    pub fn matches<'c>(
        &self,
        target: &str,
        candidates: impl IntoIterator<Item = &'c str>,
        map: &TranslationMap,
    ) -> Matches {
        let candidates: Vec<ReadId<'_, '_>> =
            candidates.into_iter().map(|id| self.read(id)).collect();
        self.matches_among(&self.read(target), &candidates, map)
    }

    /// Returns an identifier with all its readings.
    pub(super) fn read<'i>(&self, id: &'i str) -> ReadId<'_, 'i> {
        ReadId { id, readings: self.readings(id) }
    }

    /// Returns the candidates that denote the same thing as the target.
    pub(super) fn matches_among(
        &self,
        target: &ReadId<'_, '_>,
        candidates: &[ReadId<'_, '_>],
        map: &TranslationMap,
    ) -> Matches {
        let (mut matches, mut formats) = (Matches::default(), HashSet::new());
        let (mut seen, mut has_itself) = (HashSet::new(), false);
        let partner = map.partner(target.id);
        for candidate in candidates {
            // An identifier that is listed twice must not be mistaken for two identifiers in one
            // format.
            if !seen.insert(candidate.id) {
                continue;
            }
            if candidate.id == target.id {
                has_itself = true;
                continue;
            }
            let is_partner = partner == Some(candidate.id);
            match self.relation(&target.readings, &candidate.readings) {
                // The map records decisions; the parts are only evidence.
                _ if is_partner => matches.matched.push(candidate.id.to_owned()),
                (Relation::Foreign, _) => {}
                (Relation::Undecided, _) => matches.undecided.push(candidate.id.to_owned()),
                (Relation::Same, format) => {
                    // Two identifiers of the same format denote two things, so only one of them can
                    // match.
                    matches.is_crowded |= !formats.insert(format);
                    matches.matched.push(candidate.id.to_owned());
                }
            }
        }
        if has_itself {
            matches.matched.insert(0, target.id.to_owned());
        }
        matches
    }

    /// Returns how a candidate is related to the target, and the name of the candidate's format.
    ///
    /// If an identifier has several readings, there is no telling which one is meant, so the
    /// candidate matches the target only if no pair of readings rules out the match.
    fn relation<'f>(
        &self,
        target: &[IdReading<'_, '_>],
        candidate: &[IdReading<'f, '_>],
    ) -> (Relation, &'f str) {
        let (mut weakest, mut strongest) = (None, (Relation::Foreign, ""));
        for other in candidate {
            for relation in target.iter().filter_map(|one| self.compare(one, other)) {
                weakest = Some(weakest.map_or(relation, |weakest: Relation| weakest.min(relation)));
                if relation > strongest.0 {
                    strongest = (relation, &other.format.name);
                }
            }
        }
        match weakest {
            Some(weakest) if weakest < strongest.0 => (Relation::Undecided, strongest.1),
            _ => strongest,
        }
    }

    /// Compares two readings; `None` if their formats are unrelated.
    fn compare(&self, one: &IdReading<'_, '_>, other: &IdReading<'_, '_>) -> Option<Relation> {
        let (of_one, of_other) = (one.format, other.format);
        let (a, b) = (&of_one.key, &of_other.key);
        // If both formats have the same key, only the key's values count: different values mean
        // different things, even if all other parts are equal.
        let is_same_key =
            !a.is_empty() && a.len() == b.len() && a.iter().all(|name| b.contains(name));
        if is_same_key {
            let same = a.iter().all(|name| one.value(name) == other.value(name));
            return Some(if same { Relation::Same } else { Relation::Foreign });
        }
        let link = self.link(of_one, of_other)?;
        let mut names: Vec<&String> = a.iter().chain(b).collect();
        names.extend(&link.keep);
        // A single differing part is enough to rule out a match.
        let orders = names.into_iter().filter_map(|name| agree(one, other, name));
        let agrees: Vec<bool> = orders.collect();
        let keeps = link.keep.as_ref().is_some_and(|keep| one.value(keep) == other.value(keep));
        Some(match (agrees.contains(&false), keeps) {
            (true, _) => Relation::Foreign,
            (false, true) => Relation::Same,
            // Equality of other parts is not enough: for example, two runs of the same thread share
            // its thread part.
            (false, false) => Relation::Undecided,
        })
    }
}

/// Returns whether a part has the same value in both identifiers. If one identifier contains only
/// the first characters of the value, only those are compared. `None` if either identifier lacks
/// the part.
fn agree(one: &IdReading<'_, '_>, other: &IdReading<'_, '_>, name: &str) -> Option<bool> {
    let of = whole(one.format, name).or_else(|| whole(other.format, name)).unwrap_or(name);
    let ((first, limit), (second, other_limit)) = (value(one, name, of)?, value(other, name, of)?);
    let limit = limit.min(other_limit);
    Some(first.chars().take(limit).eq(second.chars().take(limit)))
}

/// If a part holds the first characters of another value, returns that value's name.
fn whole<'f>(format: &'f IdFormat, name: &str) -> Option<&'f str> {
    match &format.part(name)?.kind {
        PartKind::First { of, .. } => Some(of),
        _ => None,
    }
}

/// Returns the value, or as much of it as the identifier contains, and the length it was truncated
/// to.
fn value<'i>(reading: &IdReading<'_, 'i>, name: &str, of: &str) -> Option<(&'i str, usize)> {
    let limit = |kind: &PartKind| match kind {
        PartKind::First { of: whole, length } => (whole == of).then_some(*length),
        _ => None,
    };
    let is_it = |part: &Part| part.name == name || part.name == of || limit(&part.kind).is_some();
    let (part, value) = reading.values.iter().find(|(part, _)| is_it(part))?;
    Some((value, limit(&part.kind).unwrap_or(usize::MAX)))
}
