//! The modules of Python's standard library, which may share their names with files.

/// Their names, one on each line.
const NAMES: &str = include_str!("stdlib.txt");

/// Returns whether the standard library has a module with this name.
pub(super) fn has(name: &str) -> bool {
    NAMES.lines().any(|known| known == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standard_modules_are_recognised() {
        assert!(["json", "abc", "zoneinfo"].into_iter().all(has));
        assert!(!["app", "", "jso"].into_iter().any(has));
    }
}
