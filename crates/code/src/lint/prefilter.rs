//! [`Prefilter`]: searches a file for words to determine which rules may have findings in it. Most
//! files contain none of the words, and are never parsed.

use idhooks_core::check::Code;
use idhooks_core::config::LintRules;
use memchr::memmem;
use regex_automata::meta::{BuildError, Regex};
use regex_automata::util::syntax;

use super::rules::fstring;
use super::rules::raw_uuid::UUID_MODULES;
use crate::format::IdFormat;
use crate::formats::Formats;

/// Words that indicate that a module may be imported at run time.
const DYNAMIC_IMPORTS: [&[u8]; 2] = [b"__import__", b"import_module"];
/// The searches for the selected rules.
#[derive(Debug)]
pub(super) struct Prefilter {
    searches: Vec<(Code, Option<Regex>)>,
    /// Whether comparing identifiers with the current formats is useful, which requires a format
    /// that does not match every word.
    has_formats: bool,
    /// The literal text that each placeholder begins with.
    openings: Vec<String>,
}

impl Prefilter {
    /// Prepares the searches for these codes.
    ///
    /// # Errors
    /// Returns an error if the names result in a pattern that is too large.
    pub(super) fn new(
        rules: &LintRules,
        formats: &Formats,
        codes: impl Iterator<Item = Code>,
    ) -> Result<Self, Box<BuildError>> {
        let mut searches = Vec::new();
        let is_legacy = |format: &&IdFormat| format.is_legacy;
        let legacy: Vec<&IdFormat> = formats.all.iter().filter(is_legacy).collect();
        let has_formats = formats.all.iter().any(|format| !format.is_legacy && format.is_telling());
        for code in codes {
            let last = |name: &String| name.rsplit('.').next().unwrap_or_default().to_owned();
            let pattern = match code {
                Code::RawUuid => None,
                Code::IdFstring => one_of("[\"']", &rules.prefixes),
                Code::HardcodedId => {
                    let fields = if has_formats { &rules.id_fields[..] } else { &[] };
                    let placeholders = rules.placeholders.iter().map(|rule| rule.field.clone());
                    one_of("", &[fields, &placeholders.collect::<Vec<_>>()].concat())
                }
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
                // Without legacy formats, ID_FORMAT cannot find anything.
                _ => continue,
            };
            // If the configuration lists no names, the rule cannot find anything.
            if pattern.is_none() && code != Code::RawUuid {
                continue;
            }
            let regex = pattern.map(|pattern| compile(&pattern)).transpose()?;
            searches.push((code, regex));
        }
        let openings = rules.placeholders.iter().flat_map(|rule| rule.openings());
        let openings = openings.map(str::to_owned).collect();
        Ok(Prefilter { searches, has_formats, openings })
    }

    /// Returns whether a code is selected and can be found with the configured rules.
    #[cfg(test)]
    pub(super) fn searches(&self, code: Code) -> bool {
        self.searches.iter().any(|(searched, _)| *searched == code)
    }

    /// Returns the codes that may be found in a file.
    pub(super) fn candidates(&self, bytes: &[u8]) -> Vec<Code> {
        let is_candidate = |(code, regex): &(Code, Option<Regex>)| match (code, regex) {
            // The words that RAW_UUID searches for are fixed, not configured.
            (Code::RawUuid, _) => names_uuid(bytes) && may_bind_uuid(bytes),
            (Code::IdFstring, Some(regex)) => {
                regex.find_iter(bytes).any(|found| may_insert(bytes, found.start()))
                    && fstring::sources().any(|name| may_use(bytes, name))
            }
            (Code::HardcodedId, Some(regex)) => regex.find_iter(bytes).any(|found| {
                may_assign(&bytes[found.end()..], |text, quote| self.may_be_found(text, quote))
            }),
            (_, Some(regex)) => regex.is_match(bytes),
            (_, None) => false,
        };
        let codes = self.searches.iter().filter(|search| is_candidate(search));
        codes.map(|(code, _)| *code).collect()
    }

    /// Returns whether a literal may be a hard-coded identifier, judging by the text after its
    /// opening quote.
    fn may_be_found(&self, literal: &[u8], quote: u8) -> bool {
        self.has_formats || may_be_placeholder(&self.openings, literal, quote)
    }
}

/// Returns whether a file may call the function with this dotted name or, if the name ends with a
/// dot, a function in this module: the file must contain the name as well as an import statement
/// that mentions the module.
fn may_use(bytes: &[u8], name: &str) -> bool {
    let (root, last) = (name.split('.').next(), name.rsplit('.').next());
    last.is_none_or(|last| last.is_empty() || words(bytes, last).next().is_some())
        && root.is_some_and(|root| may_import(bytes, root))
}

/// Returns whether a file may import a module that makes UUIDs, or a name from such a module.
fn may_bind_uuid(bytes: &[u8]) -> bool {
    let has = |word: &&[u8]| memmem::find(bytes, word).is_some();
    UUID_MODULES.iter().any(|module| may_import(bytes, module)) || DYNAMIC_IMPORTS.iter().any(has)
}

/// Returns whether an import statement in a file may name a module.
fn may_import(bytes: &[u8], module: &str) -> bool {
    words(bytes, module).any(|at| is_in_import(&bytes[..at]))
}

/// Returns whether a word that follows this text may be part of an import statement: only names,
/// dots, commas and blanks may separate it from `import` or `from`, possibly on continued lines.
fn is_in_import(before: &[u8]) -> bool {
    let mut start = before.len();
    loop {
        start -= match &before[..start] {
            // Any byte from 0x80 up may be part of a letter in another script.
            [.., byte] if is_of_name(*byte) || b".,\\ \t\x0c\x80".contains(byte.min(&0x80)) => 1,
            // A backslash continues the statement on the next line.
            [.., b'\\', b'\r', b'\n'] => 2,
            [.., b'\\', b'\r' | b'\n'] => 1,
            _ => break,
        };
    }
    let statement = &before[start..];
    [&b"import"[..], b"from"].iter().any(|word| memmem::find(statement, word).is_some())
}

/// Returns the positions where a file contains a word that is not part of a longer word.
fn words<'t>(bytes: &'t [u8], word: &'t str) -> impl Iterator<Item = usize> + 't {
    memmem::find_iter(bytes, word).filter(move |at| {
        !at.checked_sub(1).is_some_and(|before| is_of_name(bytes[before]))
            && !bytes.get(at + word.len()).is_some_and(|after| is_of_name(*after))
    })
}

/// Returns whether a file contains the name `uuid1` or the name of another function that makes
/// UUIDs.
fn names_uuid(bytes: &[u8]) -> bool {
    memmem::find_iter(bytes, b"uuid").any(|at| {
        matches!(bytes.get(at + 4), Some(b'1' | b'3'..=b'8'))
            && !at.checked_sub(1).is_some_and(|before| is_of_name(bytes[before]))
            && !bytes.get(at + 5).is_some_and(|after| is_of_name(*after))
    })
}

/// Returns whether a byte is part of a name. Letters from other scripts do not count.
fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Returns whether something may be inserted into the string literal whose opening quote is at the
/// given position: the literal is an f-string with a brace, or is followed by an operator, a dot or
/// another literal.
fn may_insert(bytes: &[u8], quote: usize) -> bool {
    let before = &bytes[quote.saturating_sub(2)..quote];
    let line = bytes[quote..].split(|byte| *byte == b'\n').next().unwrap_or_default();
    if before.iter().any(|letter| matches!(letter, b'f' | b'F')) {
        // If the literal continues on the next line, there may be a brace there.
        return line.contains(&b'{') || line.iter().filter(|byte| **byte == line[0]).count() < 2;
    }
    let Some(length) = line[1..].iter().position(|byte| *byte == line[0]) else { return true };
    let after = bytes[quote + length + 2..].trim_ascii_start();
    match after {
        [] => false,
        [b'%' | b'+' | b'.' | b'\\' | b'#', ..] => true,
        // If the quote found is escaped, the text after it may still be part of the literal.
        _ if line[..length + 1].contains(&b'\\') => true,
        _ => begins_literal(after),
    }
}

/// Returns whether a string literal begins here, with or without prefix letters before the quote.
fn begins_literal(text: &[u8]) -> bool {
    let letters = text.iter().take(2).take_while(|letter| b"fFrRuUtTbB".contains(letter)).count();
    matches!(text.get(letters), Some(b'"' | b'\''))
}

/// Returns whether a string accepted by `fits` may be assigned to the name that ends here: an
/// assignment must follow, with a quote on the same line or a continuation on the next. `fits` is
/// passed the rest of the line after the quote, and the quote itself.
fn may_assign(rest: &[u8], fits: impl Fn(&[u8], u8) -> bool) -> bool {
    let is_between = |byte: &u8| b" \t\x0c\r\n\"'])\\".contains(byte);
    let start = rest.iter().position(|byte| !is_between(byte)).unwrap_or(rest.len());
    let [sign, after @ ..] = &rest[start..] else { return false };
    // The equals sign may follow on the line after a comment.
    if *sign == b'#' {
        return true;
    }
    // `==` is a comparison rather than an assignment.
    if !matches!(sign, b'=' | b':') || (*sign == b'=' && after.first() == Some(&b'=')) {
        return false;
    }
    let line = after.split(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or_default();
    may_begin_text(line, &fits)
        || (*sign == b':' && may_begin_typed(line, &after[line.len()..], fits))
}

/// Returns whether an equals sign and a string accepted by `fits` may follow a type. `line` is the
/// text from the type to the end of the line, and `next` is the text after that line.
fn may_begin_typed(line: &[u8], next: &[u8], fits: impl Fn(&[u8], u8) -> bool) -> bool {
    let count = |sign| memchr::memchr_iter(sign, line).count();
    let is_continued = line.contains(&b'#')
        || line.ends_with(b"\\")
        || count(b'[') > count(b']')
        || next.trim_ascii_start().starts_with(b"=");
    is_continued || memchr::memchr_iter(b'=', line).any(|at| may_begin_text(&line[at + 1..], &fits))
}

/// Returns whether an expression may be a string accepted by `fits`, given its text up to the end
/// of the line.
fn may_begin_text(line: &[u8], fits: impl Fn(&[u8], u8) -> bool) -> bool {
    let start = line.iter().position(|byte| !b" \t\x0c(".contains(byte)).unwrap_or(line.len());
    match &line[start..] {
        [] | [b'#' | b'\\', ..] => true,
        [quote @ (b'"' | b'\''), text @ ..]
        | [b'r' | b'R' | b'u' | b'U', quote @ (b'"' | b'\''), text @ ..] => fits(text, *quote),
        _ => false,
    }
}

/// Returns whether a literal may be a placeholder, alone or joined with the literals that follow
/// it, given the text after its opening quote. An escape sequence may stand for anything.
fn may_be_placeholder(openings: &[String], literal: &[u8], quote: u8) -> bool {
    let end = memchr::memchr(quote, literal).unwrap_or(literal.len());
    let (text, after) = literal.split_at(end);
    let after = after.get(1..).unwrap_or_default().trim_ascii_start();
    // A comma or a closing bracket ends the value, so the literal is not joined with another one.
    let is_whole = after.first().is_some_and(|sign| b",)]}:;".contains(sign));
    let may_open = |opening: &String| {
        text.starts_with(opening.as_bytes()) || (!is_whole && opening.as_bytes().starts_with(text))
    };
    text.contains(&b'\\') || openings.iter().any(may_open)
}

fn one_of(before: &str, names: &[String]) -> Option<String> {
    let names: Vec<String> = names.iter().map(|name| regex_syntax::escape(name)).collect();
    (!names.is_empty()).then(|| format!("{before}(?:{})", names.join("|")))
}

fn compile(pattern: &str) -> Result<Regex, Box<BuildError>> {
    // Files need not be UTF-8, so bytes are searched; this also avoids the Unicode tables.
    let config = Regex::config().utf8_empty(false).nfa_size_limit(Some(10 << 20));
    Regex::builder()
        .configure(config)
        .syntax(syntax::Config::new().utf8(false).unicode(false))
        .build(pattern)
        .map_err(Box::new)
}
