//! The line in `.gitattributes` that names the merge driver.

/// The registry's attributes: our merge driver, and LF everywhere.
pub const ATTRIBUTES_LINE: &str = ".idhooks/registry.json merge=idhooks text eol=lf -filter -ident !working-tree-encoding linguist-generated";

/// The legacy file's attribute.
const LEGACY_DRIVER: &[u8] = b"merge=idhooks-legacy";

/// Appends our line to an attributes file's content, leaving the rest unchanged. Returns `None` if
/// it already has the line.
pub fn with_line(content: Option<&[u8]>) -> Option<Vec<u8>> {
    match content.is_some_and(has_line) {
        true => None,
        false => with_outputs(content, &[ATTRIBUTES_LINE.to_owned()]),
    }
}

/// Appends the lines that an attributes file's content lacks, leaving the rest unchanged. Returns
/// `None` if it already has all of them.
pub fn with_outputs(content: Option<&[u8]>, lines: &[String]) -> Option<Vec<u8>> {
    let mut with = content.unwrap_or_default().to_vec();
    let length = with.len();
    for line in lines {
        // The file may have CRLF line endings.
        let is_it = |there: &[u8]| there.trim_ascii_end() == line.as_bytes();
        if !with.split(|b| *b == b'\n').any(is_it) {
            if !with.is_empty() && !with.ends_with(b"\n") {
                with.push(b'\n');
            }
            with.extend_from_slice(line.as_bytes());
            with.push(b'\n');
        }
    }
    (with.len() > length).then_some(with)
}

/// Removes the lines that assign our merge drivers to the registry, to outputs and to the legacy
/// file from an attributes file's content, leaving the rest unchanged. Returns `None` if there are
/// no such lines.
pub fn without_lines(content: &[u8]) -> Option<Vec<u8>> {
    let lines = content.split_inclusive(|b| *b == b'\n');
    let is_kept = |line: &&[u8]| !is_ours(line) && !is_derived(line);
    let rest: Vec<u8> = lines.filter(is_kept).flatten().copied().collect();
    (rest.len() < content.len()).then_some(rest)
}

/// Returns whether an attributes file assigns our merge driver to the registry.
pub fn has_line(content: &[u8]) -> bool {
    content.split(|b| *b == b'\n').any(is_ours)
}

/// Returns the line in an attributes file that assigns our merge driver to the legacy file.
pub fn legacy_line(content: &[u8]) -> Option<String> {
    let mut lines = content.split(|b| *b == b'\n');
    let line = lines.find(|line| assigns(line, &[LEGACY_DRIVER]))?;
    Some(String::from_utf8_lossy(line.trim_ascii()).into_owned())
}

fn is_ours(line: &[u8]) -> bool {
    let text = String::from_utf8_lossy(line);
    let mut words = text.split_whitespace();
    // git anchors a pattern that contains a slash, even if it does not start with one.
    let path = words.next().map(|word| word.strip_prefix('/').unwrap_or(word));
    path == Some(idhooks_core::registry::REGISTRY_PATH) && words.any(|word| word == "merge=idhooks")
}

/// Returns whether a line assigns the merge driver for outputs or for the legacy file.
fn is_derived(line: &[u8]) -> bool {
    assigns(line, &[b"merge=idhooks-generated", LEGACY_DRIVER])
}

/// Returns whether a line sets one of these attributes.
fn assigns(line: &[u8], attributes: &[&[u8]]) -> bool {
    let line = line.trim_ascii();
    let mut words = line.split(u8::is_ascii_whitespace).skip(1);
    !line.starts_with(b"#") && words.any(|word| attributes.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_outputs_are_added_once_and_removed() {
        let lines = ["/a merge=idhooks-generated linguist-generated".to_owned()];
        let with = with_outputs(Some(b"*.md text"), &lines).expect("to write");
        assert_eq!(with, [b"*.md text\n", lines[0].as_bytes(), b"\n"].concat());
        assert_eq!(with_outputs(Some(&with), &lines), None);
        assert_eq!(without_lines(&with).as_deref(), Some(&b"*.md text\n"[..]));
        assert_eq!(without_lines(b"# merge=idhooks-generated\n"), None);
        assert_eq!(without_lines(b"/b merge=idhooks-legacy text\n").as_deref(), Some(&b""[..]));
        assert_eq!(without_lines(b"# merge=idhooks-legacy\n"), None);
        assert!(!has_line(&with));
    }

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

    #[test]
    fn removes_its_lines_and_touches_nothing_else() {
        let with = |before: &str, after: &str| format!("{before}{ATTRIBUTES_LINE}{after}");
        let rest = |text: &str| {
            let rest = without_lines(text.as_bytes());
            rest.map(|rest| String::from_utf8(rest).expect("text"))
        };
        for (before, after) in [("", ""), ("*.md text\n", ""), ("a\r\n", "b"), ("", "*.md text")] {
            let both = format!("{before}{after}");
            assert_eq!(rest(&with(before, &format!("\n{after}"))), Some(both.clone()));
            assert_eq!(rest(&with(before, &format!("\r\n{after}"))), Some(both));
        }
        assert_eq!(rest(ATTRIBUTES_LINE).as_deref(), Some(""));
        for kept in ["", "*.md merge=idhooks\n", "# .idhooks/registry.json merge=idhooks\n"] {
            assert_eq!(rest(kept), None, "{kept}");
        }
    }
}
