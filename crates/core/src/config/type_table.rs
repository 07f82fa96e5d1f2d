//! The built-in TYPE and namespace tables.
//!
//! A file must have the same TYPE in every commit, whichever version of idhooks reads the
//! repository. So the table that applies if `idhooks.toml` has no `[types]` never changes, and the
//! table for a new repository is written into its `idhooks.toml`, which pins that version of the
//! table.

use crate::registry::TypeCode;

/// The TYPE for each extension if `idhooks.toml` has no `[types]`. Must never change, because
/// existing repositories were adopted with it.
pub const BUILT_IN_TYPES: &[(&str, &str)] = &[
    ("md", "01"),
    ("txt", "02"),
    ("csv", "10"),
    ("json", "11"),
    ("yaml", "12"),
    ("yml", "12"),
    ("jsonl", "13"),
    ("py", "20"),
    ("ps1", "21"),
    ("mq4", "22"),
    ("db", "30"),
    ("xml", "40"),
    ("png", "41"),
    ("log", "42"),
    ("html", "43"),
    ("exe", "50"),
    ("dll", "51"),
];

/// The TYPE for each extension, as lines grouped under headings; adoption writes them to
/// `idhooks.toml`.
///
/// This table may grow, but extensions in [`BUILT_IN_TYPES`] have the same TYPE here.
pub const NEW_TYPES: &str = include_str!("new_types.toml");

/// The namespace for each path pattern; the first match wins, and any other path gets `999`.
pub const BUILT_IN_NAMESPACES: &[(&str, &str)] = &[
    ("docs/**", "100"),
    ("data/**", "110"),
    ("scripts/python/**", "200"),
    ("scripts/powershell/**", "201"),
    ("scripts/mq4/**", "202"),
    ("storage/**", "300"),
    ("assets/**", "400"),
    ("logs/**", "410"),
    ("reports/**", "420"),
    ("bin/**", "500"),
];

/// The source of a TYPE table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TypeSource {
    /// `idhooks.toml` has no `[types]`, so [`BUILT_IN_TYPES`] applies.
    BuiltIn,
    /// The table is not stored yet; adoption will write [`NEW_TYPES`].
    New,
    /// `[types]` in `idhooks.toml`.
    Config,
}

/// Each extension's TYPE.
#[derive(Debug, Clone)]
pub struct TypeTable {
    /// The table's source.
    pub source: TypeSource,
    /// Lowercase extensions, sorted.
    codes: Vec<(String, TypeCode)>,
}

impl TypeTable {
    /// Returns a table of these extensions; if several differ only in case, the first one wins.
    pub fn new(
        source: TypeSource,
        extensions: impl IntoIterator<Item = (String, TypeCode)>,
    ) -> Self {
        let lower = extensions.into_iter().map(|(name, code)| (name.to_ascii_lowercase(), code));
        let mut codes: Vec<(String, TypeCode)> = lower.collect();
        // The sort is stable, so the first of equal extensions stays first.
        codes.sort_by(|a, b| a.0.cmp(&b.0));
        codes.dedup_by(|next, first| next.0 == first.0);
        TypeTable { source, codes }
    }

    /// Returns the table that applies if `idhooks.toml` has no `[types]`.
    pub fn built_in() -> Self {
        Self::of_constants(TypeSource::BuiltIn, BUILT_IN_TYPES.iter().copied())
    }

    /// Returns the table that adoption writes.
    pub fn for_adoption() -> Self {
        Self::of_constants(TypeSource::New, new_types())
    }

    fn of_constants<'a>(
        source: TypeSource,
        table: impl Iterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        let parsed = |(name, code): (&str, &str)| Some((name.to_owned(), code.parse().ok()?));
        Self::new(source, table.filter_map(parsed))
    }

    /// Returns the TYPE for an extension, ignoring case.
    pub fn get(&self, extension: &[u8]) -> Option<TypeCode> {
        // Comparing byte by byte avoids an allocation for each file.
        let wanted = || extension.iter().map(u8::to_ascii_lowercase);
        let found = self.codes.binary_search_by(|(name, _)| name.bytes().cmp(wanted()));
        found.ok().map(|at| self.codes[at].1)
    }

    /// Returns every TYPE in the table.
    pub fn codes(&self) -> impl Iterator<Item = TypeCode> {
        self.codes.iter().map(|(_, code)| *code)
    }

    /// Returns the table with additional extensions, which take precedence over its own.
    #[must_use]
    pub fn with(&self, more: &[(String, TypeCode)]) -> Self {
        Self::new(self.source, more.iter().chain(&self.codes).cloned())
    }
}

/// Returns the entries of [`NEW_TYPES`].
pub fn new_types() -> impl Iterator<Item = (&'static str, &'static str)> {
    let entries = NEW_TYPES.lines().filter_map(|line| line.split_once(" = "));
    entries.map(|(extension, code)| (extension, code.trim_matches('"')))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_new_table_agrees_with_the_old_one() {
        let (old, new) = (TypeTable::built_in(), TypeTable::for_adoption());
        for (name, code) in BUILT_IN_TYPES {
            assert_eq!(new.get(name.as_bytes()).map(|code| code.to_string()), Some((*code).into()));
        }
        assert_eq!(old.codes.len(), BUILT_IN_TYPES.len());
        // No extension occurs twice, and no code appears under two headings.
        assert_eq!(new.codes.len(), new_types().count());
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        for part in NEW_TYPES.split("# ") {
            let codes = part.lines().filter_map(|line| line.split_once(" = "));
            let codes: BTreeSet<&str> = codes.map(|(_, code)| code.trim_matches('"')).collect();
            assert!(codes.iter().all(|code| seen.insert(code)), "{part}");
        }
        assert!(!seen.contains("00"));
    }

    #[test]
    fn extensions_are_found_in_any_case() {
        let code = |text: &str| text.parse::<TypeCode>().expect("valid");
        let table = TypeTable::new(
            TypeSource::Config,
            [("B".to_owned(), code("01")), ("b".to_owned(), code("02")), ("a".into(), code("03"))],
        );
        assert_eq!(table.get(b"b"), Some(code("01")));
        assert_eq!(table.get(b"A"), Some(code("03")));
        assert_eq!((table.get(b""), table.get(b"ab"), table.get(b"\xff")), (None, None, None));
        let more = table.with(&[("a".to_owned(), code("09")), ("c".to_owned(), code("04"))]);
        assert_eq!((more.get(b"a"), more.get(b"c")), (Some(code("09")), Some(code("04"))));
    }
}
