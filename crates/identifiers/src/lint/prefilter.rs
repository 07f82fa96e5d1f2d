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

/// The searches for the rules that are selected.
#[derive(Debug)]
pub(super) struct Prefilter {
    searches: Vec<(Code, Option<Regex>)>,
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
        Ok(Prefilter { searches })
    }

    /// Returns the codes of which a text may have findings.
    pub(super) fn candidates(&self, bytes: &[u8]) -> Vec<Code> {
        let is_candidate = |(code, regex): &(Code, Option<Regex>)| match (code, regex) {
            (Code::RawUuid, _) => names_uuid(bytes),
            (Code::IdFstring, Some(regex)) => {
                regex.find_iter(bytes).any(|found| may_insert(&bytes[found.end()..]))
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
    memmem::find_iter(bytes, b"uuid")
        .any(|at| matches!(bytes.get(at + 4), Some(b'1' | b'3' | b'4' | b'5')))
}

/// Returns whether something may be inserted into a text literal that begins like this: on its line
/// or the next one there is a brace or an operator.
fn may_insert(rest: &[u8]) -> bool {
    let mut lines = rest.split(|byte| *byte == b'\n').take(2);
    lines.any(|line| line.iter().any(|byte| b"{%+(\\".contains(byte)))
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
    let last = line.trim_ascii_end().last();
    line.iter().any(|byte| b"\"'#([{".contains(byte))
        || last.is_none_or(|last| b"=:|\\".contains(last))
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
