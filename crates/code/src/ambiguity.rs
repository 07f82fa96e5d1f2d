//! Determines whether a template can read some string in two ways.
//!
//! The template's pieces are joined into one automaton, and two runs of it are followed in parallel
//! over the same string. If both runs accept the string, but some character was consumed by
//! different pieces, the string has two readings. The search finds a shortest such string first.

use std::collections::{HashMap, VecDeque};

use regex_automata::nfa::thompson::{self, NFA, State, WhichCaptures};
use regex_automata::util::primitives::StateID;

use super::pattern::syntax_config;

/// The maximum number of states for a template. Every pair of states is compared, so the time grows
/// with the square of this number.
const MAX_STATES: usize = 2_000;

/// A transition of the automaton: a range of bytes, the piece that consumes them, and the next
/// state.
type NfaStep = (u8, u8, usize, NfaNode);

/// A state of the joined automaton: a piece, and a state of that piece's own automaton.
type NfaNode = (usize, StateID);

/// Two parallel runs of the automaton, and whether they have diverged.
type TwoRuns = (NfaNode, NfaNode, bool);

/// How a pair of runs was reached: the previous pair, the byte, and the pieces that consumed it.
type Arrival = (TwoRuns, u8, [usize; 2]);

/// A string with two readings. Each reading shows the pieces separated by `|`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TwoReadings {
    pub(crate) text: String,
    pub(crate) readings: [String; 2],
}

/// Why a template's patterns cannot be checked for ambiguity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AutomatonError {
    /// One pattern's automaton is too large.
    #[error("it is too large")]
    TooLarge,
    /// The automata have too many states in total.
    #[error("it needs {states} states, but the limit is {MAX_STATES}")]
    TooManyStates {
        /// The number of states.
        states: usize,
    },
}

/// Returns a shortest string that a sequence of patterns can read in two ways, if there is one.
///
/// # Errors
/// Returns an error if a pattern is too large.
pub(crate) fn two_readings(patterns: &[&str]) -> Result<Option<TwoReadings>, AutomatonError> {
    let automaton = Automaton::new(patterns)?;
    let mut seen: HashMap<TwoRuns, Option<Arrival>> = HashMap::new();
    let mut queue = VecDeque::new();
    if let Some(first) = automaton.pieces.first() {
        let start = (0, first.start_anchored());
        seen.insert((start, start, false), None);
        queue.push_back((start, start, false));
    }
    // The same state occurs in many pairs of runs, so its transitions are cached.
    let mut steps = HashMap::new();
    while let Some(runs @ (a, b, differ)) = queue.pop_front() {
        if differ && automaton.accepts(a) && automaton.accepts(b) {
            return Ok(Some(unwind(&seen, runs)));
        }
        for node in [a, b] {
            steps.entry(node).or_insert_with(|| automaton.steps(node));
        }
        for (low, high, piece, next) in &steps[&a] {
            for (other_low, other_high, other_piece, other_next) in &steps[&b] {
                let low = *low.max(other_low);
                if low > *high.min(other_high) {
                    continue;
                }
                let after = (*next, *other_next, differ || piece != other_piece);
                seen.entry(after).or_insert_with(|| {
                    queue.push_back(after);
                    Some((runs, low, [*piece, *other_piece]))
                });
            }
        }
    }
    Ok(None)
}

/// Returns the string that leads to this pair of runs.
fn unwind(seen: &HashMap<TwoRuns, Option<Arrival>>, last: TwoRuns) -> TwoReadings {
    let mut bytes = Vec::new();
    let mut at = last;
    while let Some(Some((before, byte, pieces))) = seen.get(&at) {
        bytes.push((char::from(*byte), *pieces));
        at = *before;
    }
    bytes.reverse();
    let reading = |run: usize| {
        let mut text = String::new();
        for (at, (byte, pieces)) in bytes.iter().enumerate() {
            if at > 0 && bytes[at - 1].1[run] != pieces[run] {
                text.push('|');
            }
            text.push(*byte);
        }
        text
    };
    TwoReadings {
        text: bytes.iter().map(|(byte, _)| byte).collect(),
        readings: [reading(0), reading(1)],
    }
}

/// The automata of all pieces, joined into one.
struct Automaton {
    pieces: Vec<NFA>,
}

impl Automaton {
    fn new(patterns: &[&str]) -> Result<Self, AutomatonError> {
        let config = thompson::Config::new()
            .utf8(false)
            // Without this limit, a repetition such as `[a-z]{9999999}` would exhaust the memory.
            .nfa_size_limit(Some(1 << 20))
            .which_captures(WhichCaptures::None);
        let compile = |pattern: &&str| {
            let mut compiler = NFA::compiler();
            compiler.configure(config.clone()).syntax(syntax_config());
            compiler.build(pattern).map_err(|_| AutomatonError::TooLarge)
        };
        let pieces: Vec<NFA> = patterns.iter().map(compile).collect::<Result<_, _>>()?;
        let states: usize = pieces.iter().map(|piece| piece.states().len()).sum();
        if states > MAX_STATES {
            return Err(AutomatonError::TooManyStates { states });
        }
        Ok(Automaton { pieces })
    }

    /// Returns whether the accepting end can be reached without consuming any characters.
    fn accepts(&self, node: NfaNode) -> bool {
        let last = self.pieces.len() - 1;
        self.reached(node).into_iter().any(|(piece, state)| {
            piece == last && matches!(self.pieces[piece].state(state), State::Match { .. })
        })
    }

    /// Returns the states that can be reached without consuming any characters.
    fn reached(&self, node: NfaNode) -> Vec<NfaNode> {
        let (mut reached, mut at) = (vec![node], 0);
        while let Some((piece, state)) = reached.get(at).copied() {
            at += 1;
            let mut add = |node: NfaNode| {
                if !reached.contains(&node) {
                    reached.push(node);
                }
            };
            match self.pieces[piece].state(state) {
                State::Union { alternates } => alternates.iter().for_each(|to| add((piece, *to))),
                State::BinaryUnion { alt1, alt2 } => {
                    add((piece, *alt1));
                    add((piece, *alt2));
                }
                State::Capture { next, .. } | State::Look { next, .. } => add((piece, *next)),
                State::Match { .. } => {
                    if let Some(next) = self.pieces.get(piece + 1) {
                        add((piece + 1, next.start_anchored()));
                    }
                }
                State::ByteRange { .. } | State::Sparse(_) | State::Dense(_) | State::Fail => {}
            }
        }
        reached
    }

    /// Returns the bytes that can be consumed next.
    fn steps(&self, node: NfaNode) -> Vec<NfaStep> {
        let mut steps = Vec::new();
        for (piece, state) in self.reached(node) {
            match self.pieces[piece].state(state) {
                State::ByteRange { trans } => {
                    steps.push((trans.start, trans.end, piece, (piece, trans.next)));
                }
                State::Sparse(sparse) => steps.extend(
                    sparse.transitions.iter().map(|t| (t.start, t.end, piece, (piece, t.next))),
                ),
                State::Dense(dense) => steps.extend((0..=u8::MAX).filter_map(|byte| {
                    Some((byte, byte, piece, (piece, dense.matches_byte(byte)?)))
                })),
                _ => {}
            }
        }
        steps
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regex_automata::meta::Regex;

    use super::*;

    #[test]
    fn a_shortest_string_with_two_readings_is_found() {
        let name = "[0-9A-Za-z][0-9A-Z_a-z\\-]*";
        for (patterns, expected) in [
            (&["run_", name, "_", "[0-9a-f]{8}"][..], None),
            (&[name, "_", "[0-9]{13}", "_", "[0-9]+", "_", "[0-9a-f]{8}"], None),
            (&[name, "_", name], Some(("0_0_0", ["0_0|_|0", "0|_|0_0"]))),
            (&["a*", "a*"], Some(("a", ["a", "a"]))),
            (&["a*", "b", "a*"], None),
            (&["(?:ab)?", "(?:a|b)*"], Some(("ab", ["ab", "ab"]))),
            (&["a", "(?:b|bb)", "b*"], Some(("abb", ["a|bb", "a|b|b"]))),
            (&["[0-9]+", "[0-9]{3}"], None),
        ] {
            let found = two_readings(patterns).expect("small");
            let found = found.as_ref().map(|found| {
                let mut readings = found.readings.each_ref().map(|text| &**text);
                readings.sort_unstable();
                (&*found.text, readings)
            });
            assert_eq!(found, expected, "{patterns:?}");
        }
        let error = |pattern| two_readings(&[pattern]).expect_err("large").to_string();
        assert_eq!(error("[0-9a-f]{5000}"), "it needs 5003 states, but the limit is 2000");
        assert_eq!(error("[0-9a-f]{100000}"), "it is too large");
    }

    proptest! {
        /// The result is checked against every way to split every string of up to six characters.
        #[test]
        fn agrees_with_trying_every_cut(picks in prop::collection::vec(0usize..9, 1..4)) {
            const PIECES: [&str; 9] = ["a", "b", "a*", "[ab]", "[ab]*", "ab?", "(?:a|ba)", "b{2}", "a+"];
            let patterns: Vec<&str> = picks.iter().map(|at| PIECES[*at]).collect();
            let whole: Vec<Regex> = patterns
                .iter()
                .map(|pattern| Regex::new(&format!("^(?:{pattern})$")).expect("a regex"))
                .collect();
            fn count(pieces: &[Regex], text: &str) -> usize {
                let Some((first, rest)) = pieces.split_first() else {
                    return usize::from(text.is_empty());
                };
                (0..=text.len())
                    .filter(|cut| first.is_match(&text[..*cut]))
                    .map(|cut| count(rest, &text[cut..]))
                    .sum()
            }
            let mut shortest = None;
            'all: for length in 0..=6usize {
                for bits in 0..1u32 << length {
                    let text: String =
                        (0..length).map(|at| if bits >> at & 1 == 0 { 'a' } else { 'b' }).collect();
                    if count(&whole, &text) > 1 {
                        shortest = Some(length);
                        break 'all;
                    }
                }
            }
            let found = two_readings(&patterns).expect("small").map(|found| found.text.len());
            if let Some(found) = found.filter(|found| *found > 6) {
                prop_assert!(shortest.is_none(), "{found}");
            } else {
                prop_assert_eq!(found, shortest);
            }
        }
    }
}
