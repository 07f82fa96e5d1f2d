//! How what the registry depends on stands.

/// How something stands that the registry depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// What it is.
    pub name: &'static str,
    /// Whether it is as it should be, as far as that is known.
    pub is_well: Option<bool>,
    /// What there is to say of it.
    pub detail: String,
    /// What to do.
    pub help: Option<String>,
}

impl Health {
    /// Returns the word for it: `ok`, `critical` or `unknown`.
    pub fn state(&self) -> &'static str {
        match self.is_well {
            Some(true) => "ok",
            Some(false) => "critical",
            None => "unknown",
        }
    }
}
