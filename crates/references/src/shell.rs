//! References in shell scripts to files that they read: `. lib.sh`, `source lib.sh`, `include
//! lib.sh`.

use super::tracked_paths::{Base, TextSearch};

/// The commands that read a file.
const READERS: [&str; 3] = [".", "source", "include"];
/// Expressions for the script's own directory.
const HERE: [&str; 10] = [
    "$(dirname \"$0\")/",
    "$(dirname -- \"$0\")/",
    "$(dirname $0)/",
    "$(dirname \"${BASH_SOURCE[0]}\")/",
    "$(dirname -- \"${BASH_SOURCE[0]}\")/",
    "$(dirname \"${BASH_SOURCE}\")/",
    "$(dirname \"$BASH_SOURCE\")/",
    "${0%/*}/",
    "${BASH_SOURCE%/*}/",
    "${BASH_SOURCE[0]%/*}/",
];
/// Words that are followed by a command.
const OPENERS: [&str; 9] = ["then", "do", "else", "elif", "if", "while", "until", "!", "{"];

/// Finds the references in a script.
pub(super) fn find_references(search: &mut TextSearch<'_>) {
    let mut at = 0;
    let mut until: Option<String> = None;
    for line in search.text.split_inclusive('\n') {
        let content = line.trim_end_matches(['\n', '\r']);
        match &until {
            // `<<-` allows tabs before the end marker.
            Some(end) if content.trim_start_matches('\t') == end => until = None,
            Some(_) => {}
            None => {
                commands(search, at, content);
                until = here_document(content);
            }
        }
        at += line.len();
    }
}

/// Returns the word that ends the here-document that starts after this line, if any.
fn here_document(line: &str) -> Option<String> {
    let (_, after) = line.split_once("<<")?;
    let after = after.strip_prefix('-').unwrap_or(after).trim_start();
    // `<<<` is a here-string, which is on the same line.
    if after.starts_with('<') {
        return None;
    }
    let word = after.trim_start_matches(['"', '\'', '\\']).chars();
    let word: String = word.take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    // Before a number, `<<` is an arithmetic operator.
    word.starts_with(|c: char| c.is_alphabetic() || c == '_').then_some(word)
}

/// Checks the commands on one line, which begins at an offset.
fn commands(search: &mut TextSearch<'_>, start: usize, line: &str) {
    let mut is_first = true;
    let mut words = Words { line, at: 0 };
    while let Some((_, word)) = words.next() {
        if word.starts_with('#') {
            return;
        }
        if !(is_first && READERS.contains(&word)) {
            let opens = word.starts_with([';', '&', '|', '(', ')']) || OPENERS.contains(&word);
            // Assignments may precede a command.
            is_first = opens || (is_first && is_assignment(word));
            continue;
        }
        is_first = false;
        let Some((mut at, mut word)) = words.next() else { return };
        if word == "--"
            && let Some(next) = words.next()
        {
            (at, word) = next;
        }
        operand(search, start + at, word);
    }
}

/// Checks the path of a file that the script reads.
fn operand(search: &mut TextSearch<'_>, at: usize, word: &str) {
    let is_literal =
        |text: &str| text.bytes().all(|b| !matches!(b, b'$' | b'`' | b'"' | b'\'' | b'\\' | b'*'));
    let encloses = |q: &char| word.len() > 1 && word.starts_with(*q) && word.ends_with(*q);
    let quote = ['"', '\''].into_iter().find(encloses);
    let (at, word) = match quote {
        Some(_) => (at + 1, &word[1..word.len() - 1]),
        None => (at, word),
    };
    let here = HERE.iter().find(|here| word.starts_with(**here));
    // The shell expands nothing in single quotes.
    if let Some(here) = here.filter(|_| quote != Some('\'')) {
        let rest = &word[here.len()..];
        if is_literal(rest) {
            return search.check_path(Base::File, at + here.len(), rest, rest.as_bytes());
        }
    }
    if is_literal(word) {
        return search.check_path(Base::Either, at, word, word.as_bytes());
    }
    // Only the part after the last variable is known.
    let tail = word.rsplit(['}', ')', '"', '\'']).find(|tail| !tail.is_empty()).unwrap_or_default();
    let tail = match tail.strip_prefix('$') {
        Some(tail) => tail.split_once('/').map_or("", |(_, rest)| rest),
        None => tail,
    };
    if is_literal(tail) && search.tracked.any_move_ends_with(tail) {
        search.doubt(at, format!("'{word}' depends on a variable"));
    }
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    })
}

fn is_operator(byte: u8) -> bool {
    matches!(byte, b';' | b'&' | b'|' | b'(' | b')' | b'<' | b'>')
}

/// The words on a line as written; spaces in quoted strings and substitutions don't split words.
struct Words<'l> {
    line: &'l str,
    at: usize,
}

impl<'l> Iterator for Words<'l> {
    type Item = (usize, &'l str);

    fn next(&mut self) -> Option<(usize, &'l str)> {
        let bytes = self.line.as_bytes();
        while bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        let start = self.at;
        let (mut quote, mut depth) = (None, 0_usize);
        while let Some(byte) = bytes.get(self.at) {
            match (quote, byte) {
                (None, b'\\') | (Some(b'"'), b'\\') => self.at += 1,
                (Some(open), byte) if open == *byte => quote = None,
                (None, b'"' | b'\'') => quote = Some(*byte),
                // A substitution may contain spaces.
                (None | Some(b'"'), b'(' | b'{') if self.at > 0 && bytes[self.at - 1] == b'$' => {
                    depth += 1;
                }
                (None | Some(b'"'), b')' | b'}') => depth = depth.saturating_sub(1),
                (None, byte) if byte.is_ascii_whitespace() && depth == 0 => break,
                (None, byte) if is_operator(*byte) && depth == 0 => {
                    if self.at == start {
                        let rest = &bytes[start..];
                        self.at += rest.iter().take_while(|byte| is_operator(**byte)).count();
                    }
                    break;
                }
                _ => {}
            }
            self.at += 1;
        }
        self.at = self.at.min(bytes.len());
        // Skipping the byte after a backslash may have led into a multi-byte character.
        while !self.line.is_char_boundary(self.at) {
            self.at += 1;
        }
        (start < self.at).then(|| (start, &self.line[start..self.at]))
    }
}
