//! [`Enforce`]: what happens to commits with findings.

crate::words! {
    /// What happens to commits with findings.
    #[derive(Default)]
    pub enum Enforce {
        /// The commit is blocked.
        #[default]
        Block = "block",
        /// The commit passes with warnings, unless the registry is corrupt.
        Warn = "warn",
    }
}
