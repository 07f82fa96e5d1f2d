//! [`GlobError`]: why globs cannot be used.

/// Why globs cannot be used.
#[derive(Debug, Clone, thiserror::Error)]
pub enum GlobError {
    /// The total length of all globs exceeds the limit.
    #[error("{bytes} bytes, but the limit is {limit}")]
    TooLong {
        /// The total length in bytes.
        bytes: usize,
        /// The maximum.
        limit: usize,
    },
    /// A glob is invalid, for example because of an unclosed bracket.
    #[error("{}", .0.kind())]
    Pattern(#[from] globset::Error),
    /// A line in a `.gitignore` is invalid; holds the line and the reason.
    #[error("error parsing glob '{0}': {1}")]
    Line(String, globset::ErrorKind),
}
