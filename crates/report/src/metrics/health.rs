//! [`Health`]: the state of what the registry depends on.

/// The state of one thing that the registry depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// Its name.
    pub name: &'static str,
    /// Whether it is fine; `None` if unknown.
    pub is_well: Option<bool>,
    /// A description of its state.
    pub detail: String,
    /// The remedy.
    pub help: Option<String>,
}

impl Health {
    /// Returns the word for the state: `ok`, `critical` or `unknown`.
    pub fn state(&self) -> &'static str {
        match self.is_well {
            Some(true) => "ok",
            Some(false) => "critical",
            None => "unknown",
        }
    }
}
