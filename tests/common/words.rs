//! Words that must not appear in help, messages and documentation.

/// The list, with every form of each word.
pub(crate) const BANNED: &[&str] = &[
    "told",
    "tells of",
    "telling of",
    "anew",
    "as ever",
    "somebody",
    "nobody",
    "at hand",
    "by now",
    "mend",
    "mends",
    "mended",
    "mending",
    "hinder",
    "hinders",
    "hindered",
    "hindering",
    "be had",
    "put right",
    "puts right",
    "putting right",
    "given up",
    "comes to",
    "says of",
];

/// Returns each banned word in a text, with its context.
pub(crate) fn banned_in(text: &str) -> Vec<String> {
    // Compare lists of words, so that line breaks and punctuation do not matter.
    let words: Vec<String> = text
        .split(|sign: char| !sign.is_alphanumeric() && sign != '\'')
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    let mut found = Vec::new();
    for banned in BANNED {
        let banned: Vec<&str> = banned.split(' ').collect();
        for (at, window) in words.windows(banned.len()).enumerate() {
            if window == banned {
                let around = at.saturating_sub(4)..(at + banned.len() + 4).min(words.len());
                found.push(format!("'{}' in '{}'", banned.join(" "), words[around].join(" ")));
            }
        }
    }
    found
}
