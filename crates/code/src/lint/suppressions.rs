//! Determines which findings are allowed, either by a comment or because their line calls a
//! configured generator.

use std::collections::{BTreeMap, BTreeSet};

use idhooks_core::check::Code;
use idhooks_core::config::{LintAllowance, LintRules};
use idhooks_python::{NameUse, PythonFile};

use super::python_finding::PythonFinding;

/// The codes that are allowed on lines that call a generator.
const MADE_BY_GENERATORS: [Code; 2] = [Code::RawUuid, Code::IdFstring];

/// The codes that a comment allows on its line.
#[derive(Debug)]
enum AllowedCodes {
    All,
    These(Vec<Code>),
}

/// Removes the findings that are allowed.
pub(super) fn remove_allowed(
    rules: &LintRules,
    file: &PythonFile<'_>,
    uses: &[NameUse<'_>],
    hits: &mut Vec<PythonFinding>,
) {
    let is_generator = |name: &str| {
        // A generator may be a class, in which case calls to its methods count as well.
        let is_it = |generator: &String| {
            name.strip_prefix(&**generator)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        rules.generators.iter().any(is_it)
    };
    let calls = uses.iter().filter(|found| found.targets.iter().any(|name| is_generator(name)));
    let lines: Vec<_> = calls
        .filter_map(|found| found.call)
        .map(|call| call.node.line()..=call.node.end_line())
        .collect();
    hits.retain(|PythonFinding { spot, .. }| {
        !MADE_BY_GENERATORS.contains(&spot.code)
            || match rules.generators_allow {
                LintAllowance::File => lines.is_empty(),
                LintAllowance::Line => lines.iter().all(|range| !range.contains(&spot.line)),
            }
    });
    if hits.is_empty() {
        return;
    }
    let Some(comments) = comments(file) else { return hits.clear() };
    hits.retain(|PythonFinding { spot, end_line }| {
        let mut on_lines = comments.range(spot.line..=*end_line);
        !on_lines.any(|(_, allowed)| match allowed {
            AllowedCodes::All => true,
            AllowedCodes::These(codes) => codes.contains(&spot.code),
        })
    });
}

/// Returns the lines whose comments allow one of these codes; `None` if a comment allows the whole
/// file.
pub(crate) fn allowed_lines(file: &PythonFile<'_>, codes: &[Code]) -> Option<BTreeSet<usize>> {
    let lines = comments(file)?.into_iter().filter(|(_, allowed)| match allowed {
        AllowedCodes::All => true,
        AllowedCodes::These(these) => codes.iter().any(|code| these.contains(code)),
    });
    Some(lines.map(|(line, _)| line).collect())
}

/// Returns the comments that allow something, by line; `None` if one of them allows the whole file.
fn comments(file: &PythonFile<'_>) -> Option<BTreeMap<usize, AllowedCodes>> {
    let (mut by_line, mut is_whole) = (BTreeMap::new(), false);
    for range in file.comments_in(0..file.text().len()) {
        let line = file.line(range.start);
        let text = file.text_of(range);
        is_whole |= text.contains("idhooks: allow-file");
        if let Some(allowed) = allowed(text) {
            by_line.insert(line, allowed);
        }
    }
    (!is_whole).then_some(by_line)
}

/// Parses `# noqa` and `# noqa: CODE, CODE` anywhere in a comment; `idhooks: allow` may be written
/// instead of `noqa`.
fn allowed(comment: &str) -> Option<AllowedCodes> {
    let lower = comment.to_ascii_lowercase();
    let after = |mark: &str| Some(&comment[lower.find(mark)? + mark.len()..]);
    let is_end = |rest: &&str| !rest.starts_with(|c: char| c.is_alphanumeric() || "_-".contains(c));
    let noqa = after("noqa").filter(is_end).map(|rest| rest.trim_start());
    let rest = match noqa {
        // Without a colon, any text that follows is merely a remark.
        Some(rest) => match rest.strip_prefix(':') {
            None => return Some(AllowedCodes::All),
            Some(codes) => codes,
        },
        None => {
            let rest = after("idhooks: allow").filter(is_end)?;
            rest.trim_start().trim_start_matches(':')
        }
    };
    let words = rest.split([',', ' ', '\t']).filter(|word| !word.is_empty());
    // A remark may follow the codes.
    let is_code = |word: &&str| word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let words: Vec<&str> = words.take_while(is_code).collect();
    let codes: Vec<Code> = words.iter().filter_map(|word| word.parse().ok()).collect();
    // `noqa: E501` lists only codes of another linter, and allows nothing here.
    match noqa.is_some() || !codes.is_empty() {
        true => Some(AllowedCodes::These(codes)),
        false => Some(AllowedCodes::All),
    }
}
