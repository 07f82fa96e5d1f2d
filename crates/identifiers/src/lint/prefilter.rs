//! [`Prefilter`]: which rules can find something in a text, as far as a search for words decides it.
//! Most files contain none of them, and are never parsed.

use idhooks_core::check::Code;
use idhooks_core::config::LintRules;
use memchr::memmem;
use regex_automata::meta::Regex;
use regex_automata::util::syntax;

use crate::format::IdFormat;

/// The words of which code that makes a random or time part has one.
const SOURCES: [&[u8]; 5] = [b"uuid", b"random", b"secrets", b"time", b"date"];

/// The form of an import of `uuid`, or of what may import it at run time.
const IMPORTS_UUID: &str = r"(?:from|import)[ \t\\\r\n]+uuid\b|import[^\n]*\buuid\b|,[ \t\\\r\n]*uuid\b|__import__|import_module";
/// The words of import statements, of names that are looked up at run time, and of comments that
/// allow something.
const WORDS: [&[u8]; 7] =
    [b"import", b"uuid", b"getattr", b"__import__", b"noqa", b"NOQA", b"idhooks: allow"];

/// The searches for the rules that are selected.
#[derive(Debug)]
pub(super) struct Prefilter {
    searches: Vec<(Code, Option<Regex>)>,
    /// What an import of `uuid` looks like.
    imports_uuid: Regex,
}

impl Prefilter {
    /// Prepares the searches for these codes.
    ///
    /// # Errors
    /// Returns a message if the names make a pattern that is too large.
    pub(super) fn new(
        rules: &LintRules,
        legacy: &[&IdFormat],
        codes: impl Iterator<Item = Code>,
    ) -> Result<Self, String> {
        let mut searches = Vec::new();
        for code in codes {
            let last = |name: &String| name.rsplit('.').next().unwrap_or_default().to_owned();
            let pattern = match code {
                Code::RawUuid => None,
                Code::IdFstring => one_of("[\"']", &rules.prefixes),
                Code::HardcodedId => one_of("", &rules.id_fields),
                Code::DirectIdAccess => one_of("", &rules.attributes),
                Code::DeprecatedIdCall => {
                    let names: Vec<String> = rules.deprecated_calls.iter().map(last).collect();
                    one_of("", &names)
                }
                Code::IdFormat if !legacy.is_empty() => {
                    let patterns: Vec<String> =
                        legacy.iter().map(|format| format!("(?:{})", format.pattern())).collect();
                    Some(patterns.join("|"))
                }
                Code::UnvalidatedContext => one_of("def[ \\t]+", &rules.context_functions),
                _ => continue,
            };
            if pattern.is_none() && code != Code::RawUuid {
                continue;
            }
            let regex = pattern.map(|pattern| compile(&pattern)).transpose()?;
            searches.push((code, regex));
        }
        Ok(Prefilter { searches, imports_uuid: compile(IMPORTS_UUID)? })
    }

    /// Returns the places of a text at which rules may find something.
    pub(super) fn places(&self, text: &str) -> Vec<usize> {
        let regexes = self.searches.iter().filter_map(|(_, regex)| regex.as_ref());
        let found = regexes.flat_map(|regex| regex.find_iter(text.as_bytes()));
        found.flat_map(|found| [found.start(), found.end().saturating_sub(1)]).collect()
    }

    /// Returns the codes of which a text may have findings.
    pub(super) fn candidates(&self, bytes: &[u8]) -> Vec<Code> {
        let is_candidate = |(code, regex): &(Code, Option<Regex>)| match (code, regex) {
            (Code::RawUuid, _) => names_uuid(bytes) && self.imports_uuid.is_match(bytes),
            (Code::IdFstring, Some(regex)) => {
                regex.find_iter(bytes).any(|found| may_insert(bytes, found.start()))
                    && SOURCES.iter().any(|word| memmem::find(bytes, word).is_some())
            }
            (Code::HardcodedId, Some(regex)) => {
                regex.find_iter(bytes).any(|found| may_assign(&bytes[found.end()..]))
            }
            (_, Some(regex)) => regex.is_match(bytes),
            (_, None) => false,
        };
        let codes = self.searches.iter().filter(|search| is_candidate(search));
        codes.map(|(code, _)| *code).collect()
    }
}

/// Returns whether a text names `uuid1`, `uuid3`, `uuid4` or `uuid5`.
fn names_uuid(bytes: &[u8]) -> bool {
    memmem::find_iter(bytes, b"uuid").any(|at| {
        matches!(bytes.get(at + 4), Some(b'1' | b'3' | b'4' | b'5'))
            && !at.checked_sub(1).is_some_and(|before| is_of_name(bytes[before]))
            && !bytes.get(at + 5).is_some_and(|after| is_of_name(*after))
    })
}

/// Returns whether a byte is part of a name. Those of other scripts count as none.
fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Returns the places of a text at which import statements and names may be that rules look at.
pub(super) fn word_places(text: &str) -> Vec<usize> {
    WORDS.iter().flat_map(|word| memmem::find_iter(text.as_bytes(), word)).collect()
}

/// Returns whether something may be inserted into the text literal whose quote is at a place: it is
/// an f-string with a brace, or an operator or a dot follows it.
fn may_insert(bytes: &[u8], quote: usize) -> bool {
    let before = &bytes[quote.saturating_sub(2)..quote];
    let line = bytes[quote..].split(|byte| *byte == b'\n').next().unwrap_or_default();
    if before.iter().any(|letter| matches!(letter, b'f' | b'F')) {
        return line.contains(&b'{') || line.iter().filter(|byte| **byte == line[0]).count() < 2;
    }
    let Some(length) = line[1..].iter().position(|byte| *byte == line[0]) else { return true };
    let after = line[length + 2..].trim_ascii_start();
    after.first().is_none_or(|next| b"%+.\"'\\#fFrRuU".contains(next))
}

/// Returns whether a name that ends here may get a text: it is followed by a sign of assignment,
/// and that by a quote on the same line, or by what continues on the next one.
fn may_assign(rest: &[u8]) -> bool {
    let is_between = |byte: &u8| b" \t\r\n\"'])\\".contains(byte);
    let start = rest.iter().position(|byte| !is_between(byte)).unwrap_or(rest.len());
    let [sign, after @ ..] = &rest[start..] else { return false };
    if *sign == b'#' {
        return true;
    }
    if !matches!(sign, b'=' | b':') || (*sign == b'=' && after.first() == Some(&b'=')) {
        return false;
    }
    let line = after.split(|byte| *byte == b'\n').next().unwrap_or_default();
    // A value with a type has its text after a sign of assignment.
    let typed = memchr::memchr_iter(b'=', line).any(|at| may_begin_text(&line[at + 1..]));
    may_begin_text(line) || (*sign == b':' && typed)
}

/// Returns whether an expression that begins like this, up to the end of its line, may be a text.
fn may_begin_text(line: &[u8]) -> bool {
    let start = line.iter().position(|byte| !b" \t\r(".contains(byte)).unwrap_or(line.len());
    let text = &line[start..];
    text.is_empty()
        || b"\"'#\\".contains(&text[0])
        || matches!(text, [b'r' | b'R' | b'u' | b'U', b'"' | b'\'', ..])
}

fn one_of(before: &str, names: &[String]) -> Option<String> {
    let names: Vec<String> = names.iter().map(|name| regex_syntax::escape(name)).collect();
    (!names.is_empty()).then(|| format!("{before}(?:{})", names.join("|")))
}

fn compile(pattern: &str) -> Result<Regex, String> {
    let config = Regex::config().utf8_empty(false).nfa_size_limit(Some(10 << 20));
    Regex::builder()
        .configure(config)
        .syntax(syntax::Config::new().utf8(false).unicode(false))
        .build(pattern)
        .map_err(|error| error.to_string())
}
