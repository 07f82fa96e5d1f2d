//! Formats findings and tables as text.

use idhooks_core::check::{Finding, by_severity, count};
use idhooks_core::registry::RepoPath;
use idhooks_ops::is_counted;
use serde_json::Value;

use super::{Ui, safe};

/// Returns the file that reports attach a finding to: the registry, if the finding names no file.
pub(super) fn place(finding: &Finding) -> RepoPath {
    finding.path.clone().unwrap_or_else(RepoPath::registry)
}

/// Returns the line and column of a finding, if it is about a place in a text.
pub(super) fn line_of(finding: &Finding) -> Option<(usize, usize)> {
    finding.place.as_ref().map(|place| (place.line, place.column))
}

/// Returns the lines for a finding: the problem, advice, and text to paste.
pub fn finding_lines(finding: &Finding) -> Vec<String> {
    let (severity, code) = (finding.severity.as_str(), finding.code);
    let head = format!("{severity}[{code}]: {}", finding.located_message());
    let paste = finding.paste.iter().map(|line| format!("    {line}"));
    [head, format!("  help: {}", finding.help)].into_iter().chain(paste).collect()
}

/// Formats a value for a table cell.
pub fn cell_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "),
        value => value.to_string(),
    }
}

/// Returns rows as lines with aligned columns, two spaces apart; the last column is not padded.
pub fn aligned<C: ToString, const N: usize>(rows: impl IntoIterator<Item = [C; N]>) -> Vec<String> {
    let rows = padded(rows).into_iter();
    rows.map(|row| row.concat().trim_end().to_owned()).collect()
}

/// Returns the cells of rows with aligned columns, two spaces apart.
fn padded<C: ToString, const N: usize>(rows: impl IntoIterator<Item = [C; N]>) -> Vec<[String; N]> {
    let cells = |row: [C; N]| row.map(|cell| safe(&cell.to_string()).into_owned());
    let rows: Vec<[String; N]> = rows.into_iter().map(cells).collect();
    let mut widths = [0; N];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut rows = rows;
    for row in &mut rows {
        for (cell, width) in row.iter_mut().zip(widths) {
            // `format!` cannot pad to more than 65,535 columns, but a path may be longer.
            *cell += &" ".repeat(width + 2 - cell.chars().count());
        }
    }
    rows
}

/// Encodes bytes for a URL: everything except letters, digits and the bytes in `plain` is written
/// as %XX.
pub fn percent_encoded(bytes: &[u8], plain: &[u8]) -> String {
    let encoded = |byte: &u8| match byte.is_ascii_alphanumeric() || plain.contains(byte) {
        true => char::from(*byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    bytes.iter().map(encoded).collect()
}

/// Returns the number of findings with the right noun, followed by the numbers of findings that are
/// not counted.
pub fn numbers(findings: &[Finding], [one, many]: [&str; 2]) -> String {
    let counted = findings.iter().filter(|finding| is_counted(finding)).count();
    let others = uncounted(findings);
    let counted = (counted > 0 || others.is_empty()).then(|| count(counted, one, many));
    Vec::from_iter(counted.into_iter().chain(others)).join(", ")
}

/// Returns the numbers of findings that do not count towards any total, by kind.
fn uncounted(findings: &[Finding]) -> Vec<String> {
    let kind = |finding: &Finding| finding.code_class().map(|class| class.kind.clone());
    let others: Vec<&Finding> = findings.iter().filter(|one| !is_counted(one)).collect();
    let kinds =
        [("reference", "reference", "references"), ("dynamic", "dynamic name", "dynamic names")];
    let number =
        |name: &str| others.iter().filter(|one| kind(one).as_deref() == Some(name)).count();
    let kinds = kinds.map(|(name, one, many)| (number(name), one, many));
    let kinds = kinds.into_iter().filter(|(number, ..)| *number > 0);
    kinds.map(|(number, one, many)| count(number, one, many)).collect()
}

/// Returns the number of findings by severity, followed by the numbers of findings that are not
/// counted.
pub fn summary(findings: &[Finding]) -> String {
    let counted: Vec<Finding> = findings.iter().filter(|one| is_counted(one)).cloned().collect();
    match uncounted(findings).as_slice() {
        [] => by_severity(&counted),
        others => format!("{}; not counted: {}", by_severity(&counted), others.join(", ")),
    }
}

impl Ui {
    /// Prints rows with aligned columns on stdout.
    pub fn table<C: ToString, const N: usize>(&mut self, rows: impl IntoIterator<Item = [C; N]>) {
        self.lines(aligned(rows));
    }

    /// Prints rows like [`Self::table`], and makes the text in one of the columns the link of its row.
    pub fn linked_table<C: ToString, const N: usize>(
        &mut self,
        rows: impl IntoIterator<Item = [C; N]>,
        column: usize,
        links: &[Option<String>],
    ) {
        for (row, link) in padded(rows).into_iter().zip(links) {
            match link {
                None => self.line(row.concat().trim_end()),
                Some(link) => {
                    let text = row[column].trim_end();
                    let rest = &row[column][text.len()..];
                    let [before, after] = [&row[..column], &row[column + 1..]].map(<[_]>::concat);
                    self.linked_line([&before, text, &format!("{rest}{after}")], link);
                }
            }
        }
    }

    /// Prints findings on stdout, as checks do.
    pub fn findings(&mut self, findings: &[Finding]) {
        self.lines(findings.iter().flat_map(finding_lines));
    }

    /// Prints findings on stderr, as hooks do.
    pub fn complain(&mut self, findings: &[Finding]) {
        findings.iter().flat_map(finding_lines).for_each(|line| self.say(&line));
    }
}

/// Breaks a string at spaces into lines of at most `width` characters, where possible.
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        let fits = |line: &&mut String| line.chars().count() + 1 + word.chars().count() <= width;
        match lines.last_mut().filter(fits) {
            Some(line) => line.extend([" ", word]),
            None => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use idhooks_core::check::{Code, CodeClass, FindingPlace};

    #[test]
    fn names_are_percent_encoded_byte_by_byte() {
        let path = |bytes: &[u8]| percent_encoded(bytes, b"-._~/");
        assert_eq!(path(b"src/a b.py"), "src/a%20b.py");
        assert_eq!(path("c:/%41?#é".as_bytes()), "c%3A/%2541%3F%23%C3%A9");
        assert_eq!(path(b"\xff\n"), "%FF%0A");
        assert_eq!(percent_encoded("a b)é.svg".as_bytes(), b"-._"), "a%20b%29%C3%A9.svg");
    }

    #[test]
    fn a_finding_has_two_lines_and_text_to_paste_and_a_summary_has_one() {
        let finding = Finding::new(Code::NotCanonical, "not canonical", "commit");
        assert_eq!(
            finding_lines(&finding),
            ["warning[NOT_CANONICAL]: not canonical", "  help: commit"]
        );
        let paste = vec!["[a]".to_owned(), "b = 1".to_owned()];
        let pasted = Finding { paste, ..finding.clone() };
        assert_eq!(finding_lines(&pasted)[2..], ["    [a]", "    b = 1"]);
        let nouns = ["finding", "findings"];
        assert_eq!(numbers(&[], nouns), "0 findings");
        let at = |kind: &str| {
            let word = String::new;
            let kind = kind.to_owned();
            let (category, service, priority) = (word(), word(), word());
            let class = CodeClass { kind, category, service, priority };
            let place = FindingPlace { line: 1, column: 1, code: Some(class) };
            let finding = Finding::new(Code::RawUuid, "m", "h");
            Finding { place: Some(Box::new(place)), ..finding }
        };
        let code = [at("direct_uuid"), at("reference"), at("dynamic"), at("reference")];
        let expected = "1 finding: 1 warning; not counted: 2 references, 1 dynamic name";
        assert_eq!(summary(&code), expected);
        assert_eq!(numbers(&code, nouns), "1 finding, 2 references, 1 dynamic name");
        assert_eq!(summary(&code[1..2]), "no findings; not counted: 1 reference");
        assert_eq!(numbers(&code[1..2], nouns), "1 reference");
        let error = Finding::new(Code::StalePath, "stale", "commit");
        assert_eq!(summary(&[]), "no findings");
        assert_eq!(summary(std::slice::from_ref(&finding)), "1 finding: 1 warning");
        let all = [error.clone(), error, finding];
        assert_eq!(summary(&all), "3 findings: 2 errors, 1 warning");
    }

    #[test]
    fn columns_are_as_wide_as_what_is_shown() {
        let rows = [["é", "a\nb", "x"], ["long", "c", ""]];
        assert_eq!(aligned(rows), ["é     a\\nb  x", "long  c"]);
    }

    #[test]
    fn lines_are_broken_at_spaces() {
        assert_eq!(wrapped("ab cd ef", 5), ["ab cd", "ef"]);
        assert_eq!(wrapped("abcdefg h", 5), ["abcdefg", "h"]);
    }
}
