//! [`unit_text`]: paths as units hold them.

use std::path::Path;

use super::refusal::UnitRefusal;

/// Returns a path as a string, since units can only hold strings.
///
/// # Errors
/// Returns an error if the path has characters that no unit can hold.
pub fn unit_text(path: &Path) -> Result<String, UnitRefusal> {
    let refused = |why| UnitRefusal::Path(path.to_owned(), why);
    let text = path.to_str().ok_or_else(|| refused("its name is not UTF-8"))?;
    match text.contains(char::is_control) {
        true => Err(refused("its name has control characters, such as a line break")),
        false => Ok(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_holds_a_line() {
        assert!(unit_text(Path::new("/a\nb")).is_err());
        assert_eq!(unit_text(Path::new("/a b")).ok().as_deref(), Some("/a b"));
    }
}
