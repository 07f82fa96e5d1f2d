//! [`Enforce`]: how to treat commits with findings.

crate::words! {
    /// How to treat commits with findings.
    #[derive(Default)]
    pub enum Enforce {
        /// The commit is blocked.
        #[default]
        Block = "block",
        /// The commit passes with warnings, unless the registry is corrupt.
        Warn = "warn",
    }
}
