//! How much is tried: a sample, or with `IDHOOKS_TEST_ALL=1` all of it.

/// Returns whether to run the long form of every test.
pub(crate) fn is_long() -> bool {
    std::env::var_os("IDHOOKS_TEST_ALL").is_some_and(|value| value == "1")
}

/// Returns how many random cases to try: the number in a variable of the environment, else one for
/// the default and one for the long form.
pub(crate) fn cases(name: &str, [short, long]: [u64; 2]) -> u64 {
    number(name).unwrap_or(if is_long() { long } else { short })
}

/// Returns the number in a variable of the environment, if it is set.
pub(crate) fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    let number = text.parse();
    assert!(number.is_ok(), "{name} is not a number: {text}");
    number.ok()
}
