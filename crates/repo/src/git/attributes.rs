//! The line in `.gitattributes` that assigns the merge driver to the registry.

use idhooks_core::config::ATTRIBUTES_LINE;
use idhooks_core::config::attributes::has_line;

use crate::store::block;

/// Returns the file with our line in a marked block, or `None` if it has the line already.
///
/// # Errors
/// Returns an error if the marks are incomplete.
pub fn with_block(
    file: Option<&[u8]>,
    new_dirs: usize,
) -> Result<Option<Vec<u8>>, block::MalformedBlock> {
    let bytes = file.unwrap_or_default();
    let body = format!("{ATTRIBUTES_LINE}\n");
    Ok(match block::find(bytes)? {
        Some(found) => {
            let new = block::replace_body(bytes, &found, &body);
            (new != bytes).then_some(new)
        }
        None if has_line(bytes) => None,
        None => Some(block::append(file, &body, new_dirs)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_written_once() {
        assert!(has_line(ATTRIBUTES_LINE.as_bytes()) && !has_line(b"*.json merge=idhooks\n"));
        let new = with_block(Some(b"* text=auto"), 0).expect("whole").expect("to write");
        assert!(has_line(&new));
        assert_eq!(with_block(Some(&new), 0), Ok(None));
        assert_eq!(with_block(Some(format!("\n{ATTRIBUTES_LINE}\r\n").as_bytes()), 0), Ok(None));
        let old = String::from_utf8(new.clone()).expect("text").replace(" eol=lf", "");
        assert_eq!(with_block(Some(old.as_bytes()), 0), Ok(Some(new)));
    }
}
