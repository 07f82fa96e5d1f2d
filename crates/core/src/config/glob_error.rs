//! [`GlobError`]: why globs cannot be used.

/// The reason why globs cannot be used.
#[derive(Debug, Clone, thiserror::Error)]
pub enum GlobError {
    /// All globs together are too long.
    #[error("{bytes} bytes, but the limit is {limit}")]
    TooLong {
        /// The number of their bytes.
        bytes: usize,
        /// The maximum.
        limit: usize,
    },
    /// A glob is not valid, such as one with an unclosed bracket.
    #[error("{}", .0.kind())]
    Pattern(#[from] globset::Error),
    /// A glob is not valid in a `.gitignore`: the line, and why.
    #[error("error parsing glob '{0}': {1}")]
    Line(String, globset::ErrorKind),
}
