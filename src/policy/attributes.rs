//! The line in `.gitattributes` that names the merge driver.

use super::ATTRIBUTES_LINE;

/// Returns the content of an attributes file with our line added at its end, the rest
/// untouched; nothing if it is there already.
pub fn with_line(content: Option<&[u8]>) -> Option<Vec<u8>> {
    let content = content.unwrap_or_default();
    if has_line(content) {
        return None;
    }
    let mut with = content.to_vec();
    if !with.is_empty() && !with.ends_with(b"\n") {
        with.push(b'\n');
    }
    with.extend_from_slice(ATTRIBUTES_LINE.as_bytes());
    with.push(b'\n');
    Some(with)
}

/// Returns whether an attributes file gives the registry our merge driver.
pub fn has_line(content: &[u8]) -> bool {
    let words = |line: &[u8]| {
        let text = String::from_utf8_lossy(line).into_owned();
        let mut words = text.split_whitespace();
        let path = words.next().map(|word| word.strip_prefix('/').unwrap_or(word));
        path == Some(crate::registry::REGISTRY_PATH) && words.any(|w| w == "merge=idhooks")
    };
    content.split(|b| *b == b'\n').any(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds_one_line_and_touches_nothing_else() {
        let line = format!("{ATTRIBUTES_LINE}\n").into_bytes();
        assert_eq!(with_line(None), Some(line.clone()));
        assert_eq!(
            with_line(Some(b"*.md text")),
            Some([b"*.md text\n".as_slice(), &line].concat())
        );
        assert_eq!(with_line(Some(b"a\r\n")), Some([b"a\r\n".as_slice(), &line].concat()));
        assert_eq!(with_line(Some(&line)), None);
        assert_eq!(with_line(Some(b".idhooks/registry.json merge=idhooks")), None);
        assert!(with_line(Some(b"#.idhooks/registry.json merge=idhooks")).is_some());
    }
}
