//! [`at_most`]: the first of many strings.

/// Returns the first `most` strings, followed by a line with the number of remaining ones, if any.
pub fn at_most(texts: impl IntoIterator<Item: ToString>, most: usize) -> Vec<String> {
    let mut texts: Vec<String> = texts.into_iter().map(|text| text.to_string()).collect();
    let more = texts.len().saturating_sub(most);
    texts.truncate(most);
    texts.extend((more > 0).then(|| format!("and {more} more")));
    texts
}
