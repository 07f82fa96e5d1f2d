//! The modules of Python's standard library.

use std::collections::HashSet;
use std::sync::LazyLock;

/// The names of the modules in Python's standard library, one per line.
const STANDARD: &str = include_str!("stdlib.txt");

/// Returns whether the standard library has a module with this name.
pub fn is_standard(name: &str) -> bool {
    static NAMES: LazyLock<HashSet<&str>> = LazyLock::new(|| STANDARD.lines().collect());
    NAMES.contains(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standard_modules_are_recognised() {
        assert!(["json", "abc", "zoneinfo"].into_iter().all(is_standard));
        assert!(!["app", "", "jso"].into_iter().any(is_standard));
    }
}
