//! [`Flow`]: what is known about a name while following execution.

use std::ops::Range;

use ruff_text_size::TextRange;

use crate::file::range_of;
use crate::scopes::Scopes;

/// Whether a name is bound; `None` if execution never reaches this state.
pub(crate) type State = Option<bool>;

/// The possible bindings.
#[derive(Debug, Clone, Copy)]
pub(crate) enum FlowName<'n> {
    /// A name.
    Name(&'n str),
    /// An attribute of an object: `self.name`.
    Attribute(&'n str, &'n str),
}

/// What is known when execution reaches a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reached {
    pub(crate) is_bound: bool,
    /// Whether the place is executed later, when a function or generator that contains it runs.
    pub(crate) is_later: bool,
}

/// The states in which `break` and `continue` leave a loop's body.
#[derive(Default)]
pub(crate) struct LoopExits {
    pub(crate) broken: State,
    pub(crate) continued: State,
}

/// Follows execution through a scope's body.
pub(crate) struct Flow<'s, 't> {
    pub(crate) scopes: &'s Scopes<'t>,
    pub(crate) name: FlowName<'s>,
    pub(crate) place: Range<usize>,
    pub(crate) reached: Option<Reached>,
    pub(crate) loops: Vec<LoopExits>,
    /// The state at `return`.
    pub(crate) returned: State,
    /// Whether each enclosing `finally` may unbind the name.
    pub(crate) finals: Vec<bool>,
    /// Whether the statements belong to a class inside the scope; a class's names are separate.
    pub(crate) is_foreign: bool,
}

impl<'s, 't> Flow<'s, 't> {
    pub(crate) fn new(scopes: &'s Scopes<'t>, name: FlowName<'s>, place: Range<usize>) -> Self {
        let (loops, finals) = (Vec::new(), Vec::new());
        let (reached, returned, is_foreign) = (None, None, false);
        Flow { scopes, name, place, reached, loops, returned, finals, is_foreign }
    }

    /// Records the state at a part that is executed now, if this part is the place.
    pub(crate) fn reach(&mut self, range: TextRange, state: State) {
        if range_of(range) == self.place {
            self.note(state, false);
        }
    }

    /// Records the state at a part that is executed later, if this part contains the place.
    pub(crate) fn defer(&mut self, range: TextRange, state: State) {
        let range = range_of(range);
        if range.start <= self.place.start && self.place.end <= range.end {
            self.note(state, true);
        }
    }

    fn note(&mut self, state: State, is_later: bool) {
        // Loops and `finally` reach the same place more than once, and the name must be certain
        // each time. If execution never gets there, nothing can fail.
        let is_bound = state.unwrap_or(true) && self.reached.is_none_or(|known| known.is_bound);
        self.reached = Some(Reached { is_bound, is_later });
    }
}

/// Returns the state where two paths meet.
pub(crate) fn join(one: State, other: State) -> State {
    match (one, other) {
        // A path that execution never takes does not matter.
        (Some(one), Some(other)) => Some(one && other),
        (one, other) => one.or(other),
    }
}
