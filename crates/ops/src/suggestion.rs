//! Suggests the closest name for a misspelled one.

/// The minimum similarity of a suggestion, in thousandths.
const NEAR: u32 = 750;

/// Returns the name most similar to `word`, if any is similar enough.
pub fn nearest<T: AsRef<str>>(word: &str, names: impl IntoIterator<Item = T>) -> Option<T> {
    let score = |name: &T| (strsim::jaro_winkler(word, name.as_ref()) * 1000.0) as u32;
    let scored = names.into_iter().map(|name| (score(&name), name));
    let best = scored.filter(|(score, _)| *score >= NEAR).max_by_key(|(score, _)| *score);
    best.map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_near_misses_count() {
        assert_eq!(nearest("docs/inro.md", ["README.md", "docs/intro.md"]), Some("docs/intro.md"));
        assert_eq!(nearest("zzz", ["README.md", "docs/intro.md"]), None);
        assert_eq!(nearest("zzz", [""; 0]), None);
    }
}
