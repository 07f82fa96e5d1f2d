//! The modules that come with Python, whose names another file may have by chance.

/// Their names, one a line.
const NAMES: &str = include_str!("stdlib.txt");

/// Returns whether a module of this name comes with Python.
pub(super) fn has(name: &str) -> bool {
    NAMES.lines().any(|known| known == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_names_come_with_python() {
        assert!(["json", "abc", "zoneinfo"].into_iter().all(has));
        assert!(!["app", "", "jso"].into_iter().any(has));
    }
}
