//! Formats changes to a file like `git diff`.

use std::{fmt::Write, iter, ops::Range};

use idhooks_core::registry::RepoPath;
use imara_diff::{Algorithm, Diff, Hunk, InternedInput, Token};

/// The number of unchanged lines shown around a change.
const CONTEXT: u32 = 3;

/// The characters that end a line.
const LINE_ENDS: [char; 2] = ['\n', '\r'];

/// Returns the differing lines between two versions of a file, with three lines of context, or an
/// empty string if they are equal.
pub fn unified(paths: [&RepoPath; 2], versions: [&[u8]; 2]) -> String {
    let [before, after] = versions.map(String::from_utf8_lossy);
    let mut lines = InternedInput::default();
    lines.update_before(split(&before));
    lines.update_after(split(&after));
    // The histogram algorithm matches rare lines first. The shortest diff for source code often
    // pairs unrelated closing brackets.
    let mut diff = Diff::compute(Algorithm::Histogram, &lines);
    diff.postprocess_lines(&lines);
    let hunks: Vec<Hunk> = diff.hunks().collect();
    let mut out = String::new();
    if !hunks.is_empty() {
        let _ = writeln!(out, "--- a/{}\n+++ b/{}", paths[0], paths[1]);
    }
    // Hunks whose context lines touch are merged into one, as in git; `patch` refuses overlapping
    // hunks.
    for near in hunks.chunk_by(|one, next| next.before.start - one.before.end <= 2 * CONTEXT) {
        write_hunk(&mut out, &lines, near);
    }
    out
}

/// Returns the differing lines between the content that was read and the present one; binary content
/// only differs.
pub fn content_diff(paths: [&RepoPath; 2], versions: [&[u8]; 2]) -> String {
    let is_binary = versions.iter().any(|content| memchr::memchr(0, content).is_some());
    match is_binary {
        true => format!("Binary files a/{} and b/{} differ\n", paths[0], paths[1]),
        false => unified(paths, versions),
    }
}

/// Writes a group of nearby changes as a hunk, including the lines around them.
fn write_hunk(out: &mut String, lines: &InternedInput<&str>, changes: &[Hunk]) {
    let ([first, ..], [.., last]) = (changes, changes) else { return };
    let lead = first.before.start.min(CONTEXT);
    let end = lines.before.len().min((last.before.end + CONTEXT) as usize) as u32;
    let before = first.before.start - lead..end;
    let after = first.after.start - lead..last.after.end + (end - last.before.end);
    let _ = writeln!(out, "@@ -{} +{} @@", numbers(&before), numbers(&after));
    let mut write = |sign: char, tokens: &[Token], range: Range<u32>| {
        for token in &tokens[range.start as usize..range.end as usize] {
            let line = lines.interner[*token];
            let hint =
                if line.ends_with(LINE_ENDS) { "" } else { "\n\\ No newline at end of file\n" };
            let _ = write!(out, "{sign}{line}{hint}");
        }
    };
    let mut at = before.start;
    for change in changes {
        write(' ', &lines.before, at..change.before.start);
        write('-', &lines.before, change.before.clone());
        write('+', &lines.after, change.after.clone());
        at = change.before.end;
    }
    write(' ', &lines.before, at..end);
}

/// Splits a string into lines, each with its line ending.
fn split(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    iter::from_fn(move || {
        // Python also treats a lone CR as the end of a line; this way, hunks and findings have the
        // same line numbers.
        let at = memchr::memchr2(b'\n', b'\r', rest.as_bytes());
        let end = at.map_or(rest.len(), |at| match &rest[at..] {
            ending if ending.starts_with("\r\n") => at + 2,
            _ => at + 1,
        });
        let line;
        (line, rest) = rest.split_at(end);
        (!line.is_empty()).then_some(line)
    })
}

/// Formats the first line and the number of lines for a hunk header.
fn numbers(range: &Range<u32>) -> String {
    match range.end - range.start {
        // An empty range is represented by the line before it.
        0 => format!("{},0", range.start),
        1 => format!("{}", range.start + 1),
        number => format!("{},{number}", range.start + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diff(before: &str, after: &str) -> String {
        let path = RepoPath::registry();
        let shown = unified([&path, &path], [before.as_bytes(), after.as_bytes()]);
        shown.split_inclusive('\n').skip(2).collect()
    }

    #[test]
    fn a_hunk_shows_changes_with_the_lines_around_them() {
        let far: String = (1..=30).map(|line| format!("{line}\n")).collect();
        let changed = far.replace("\n5\n", "\nfive\n").replace("\n12\n", "\n").replace("29\n", "");
        let shown = diff(&far, &changed);
        let headers: Vec<&str> = shown.lines().filter(|line| line.starts_with("@@")).collect();
        assert_eq!(headers, ["@@ -2,14 +2,13 @@", "@@ -26,5 +25,4 @@"], "{shown}");
        assert_eq!(diff(&far, &far), "");
    }

    #[test]
    fn a_side_may_be_empty_and_need_not_end_with_a_newline() {
        assert_eq!(diff("", "a\nb\n"), "@@ -0,0 +1,2 @@\n+a\n+b\n");
        let bare = "\\ No newline at end of file\n";
        assert_eq!(diff("a\r\nb\n", "a\r\nb"), format!("@@ -1,2 +1,2 @@\n a\r\n-b\n+b\n{bare}"));
    }
}
