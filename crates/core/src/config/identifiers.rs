//! `[formats.*]`, `[contexts.*]` and `[[bridge]]`: the identifiers that programs mint, as they are
//! declared. The crate `identifiers` compiles them.

use std::time::Duration;

use super::config_error::ConfigError;

/// A text of `idhooks.toml` with its position, for errors that are found after parsing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedText {
    /// The text.
    pub text: String,
    /// The line, counted from 1.
    pub line: usize,
    /// The column in characters, counted from 1.
    pub column: usize,
}

impl PlacedText {
    /// Returns an error at this position.
    pub fn error(&self, message: String) -> ConfigError {
        ConfigError::new(self.line, self.column, message)
    }
}

/// What `idhooks.toml` says about identifiers in code.
#[derive(Debug, Clone, Default)]
pub struct IdentifierRules {
    /// The formats, by name.
    pub formats: Vec<FormatRule>,
    /// The sets of identifiers that are minted together.
    pub contexts: Vec<ContextRule>,
    /// How identifiers of one format become those of another.
    pub bridges: Vec<BridgeRule>,
}

/// A table `[formats.NAME]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormatRule {
    /// The name of the format, with the position of its table.
    pub name: PlacedText,
    /// The template, such as `run_{thread}_{hex8}`.
    pub template: PlacedText,
    /// The parts of the template that have a regex, or the form of another format.
    pub parts: Vec<(PlacedText, PlacedText)>,
    /// The fields that are a part of the identifier, each with that part.
    pub derives: Vec<(String, PlacedText)>,
    /// The parts by which identifiers of the same thing are matched.
    pub key: Vec<PlacedText>,
    /// The format whose counter and random part it takes when both are minted together.
    pub shares: Option<PlacedText>,
    /// How old a valid identifier is at most.
    pub max_age: Option<Duration>,
    /// How far in the future the time of a valid identifier is at most.
    pub max_future: Option<Duration>,
    /// Whether it is a format of the past.
    pub is_legacy: bool,
    /// The format that replaces it.
    pub successor: Option<PlacedText>,
}

/// A table `[contexts.NAME]`: identifiers that are minted together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContextRule {
    /// Its name.
    pub name: PlacedText,
    /// The formats of its identifiers, in order.
    pub formats: Vec<PlacedText>,
}

/// A rule `[[bridge]]`: how identifiers of one format become those of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BridgeRule {
    /// The format of the old identifiers.
    pub from: PlacedText,
    /// The format of the new ones.
    pub to: PlacedText,
    /// The file with the pairs that are known.
    pub map: Option<PlacedText>,
    /// The random part that both have in common.
    pub keep: Option<PlacedText>,
}
