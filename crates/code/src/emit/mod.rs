//! Modules for other languages that mint and read identifiers the way this program does, and their
//! companions: fixtures, compliance tests and a specification. The code is in files in those
//! languages next to this one; only a table of the formats, and a few functions named after them,
//! depend on the configuration.

mod companions;
mod format_table;
mod spec;

use std::collections::BTreeSet;

use super::format::IdFormat;
use super::formats::Formats;
use super::mint::given_names;
use super::pattern::repeats_repetitions;

pub use companions::{FIXTURE_SETS, FixtureForm, compliance_suite, fixtures};
pub use spec::{SpecFormat, specification};

use format_table::table;

pub use format_table::ModuleLanguage;

/// Why a module cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EmitError {
    /// Two functions or fields would have the same name.
    #[error("the function '{0}' would be defined twice")]
    Twice(String),
    /// A name is a reserved word in the language.
    #[error("'{0}' cannot be the name of an attribute, since it is a word of Python")]
    Keyword(String),
    /// A format derives a field that has the format's own name.
    #[error("the format '{0}' derives a field of its own name")]
    OwnName(String),
    /// No format derives a field.
    #[error("no format derives a field")]
    NoPair,
}

/// A language's fixed code, and its templates for each format, context and pair.
struct Templates {
    module: &'static str,
    format: &'static str,
    context: &'static str,
    pair: &'static str,
    field: &'static str,
    /// The text that precedes a function's name in its definition.
    function: &'static str,
}

const PYTHON: Templates = Templates {
    module: include_str!("module.py"),
    format: include_str!("format.py"),
    context: include_str!("context.py"),
    pair: include_str!("pair.py"),
    field: include_str!("field.py"),
    function: "\ndef ",
};

const TYPESCRIPT: Templates = Templates {
    module: include_str!("module.ts"),
    format: include_str!("format.ts"),
    context: include_str!("context.ts"),
    pair: include_str!("pair.ts"),
    field: include_str!("field.ts"),
    function: "\nexport function ",
};

/// Words that cannot be the name of an argument or attribute in one of the languages, or that the
/// templates themselves use.
const RESERVED: &str = "and arguments as assert async await break case catch class const continue count debugger def \
    default del delete do elif else enum eval except export extends false finally for from \
    function global if implements import in instanceof interface is lambda let named new \
    nonlocal not null or package pass private property protected public raise return self static \
    super switch this throw true try typeof values var void while with yield";

fn is_reserved(name: &str) -> bool {
    RESERVED.split(' ').any(|word| word == name)
}

/// A format whose identifiers contain the value of another field, and the name of that field.
#[derive(Debug, Clone, Copy)]
pub(super) struct DerivedPair<'f> {
    pub(super) format: &'f IdFormat,
    pub(super) field: &'f str,
}

impl DerivedPair<'_> {
    /// Returns a suffix for the pair's function names that distinguishes them from other pairs'
    /// functions.
    fn suffix(self, count: usize, language: ModuleLanguage) -> String {
        let name = &*self.format.name;
        match (count, language) {
            // A single pair, which is the usual case, needs no suffix.
            (1, _) => String::new(),
            (_, ModuleLanguage::Python) => format!("_of_{name}_{}", self.field),
            (_, ModuleLanguage::TypeScript) => {
                format!("Of{}{}", pascal_case(name), pascal_case(self.field))
            }
        }
    }
}

/// Returns the pairs for all formats that are not legacy formats.
pub(super) fn pairs(formats: &Formats) -> Vec<DerivedPair<'_>> {
    let current = formats.all.iter().filter(|format| !format.is_legacy);
    let pairs = current.flat_map(|format| {
        format.derives.iter().map(move |(field, _)| DerivedPair { format, field })
    });
    pairs.collect()
}

/// Returns a module without dependencies that mints and reads identifiers in these formats.
///
/// # Errors
/// Returns an error if two functions would have the same name.
pub fn module(formats: &Formats, language: ModuleLanguage) -> Result<String, EmitError> {
    let templates = match language {
        ModuleLanguage::Python => PYTHON,
        ModuleLanguage::TypeScript => TYPESCRIPT,
    };
    let [before, after] = around_table(templates.module);
    let mut text = [before, &table(formats, language), after].concat();
    for format in &formats.all {
        text += &of_format(templates.format, format, language);
    }
    for context in &formats.contexts {
        let names = context.formats.join(", ");
        let values = [("$formats", &*names), ("$context", &context.name)];
        text += &filled(templates.context, &values, &[("$Context", &context.name)]);
    }
    let pairs = pairs(formats);
    let mut fields: Vec<&str> = formats.all.iter().map(|format| &*format.name).collect();
    for pair in &pairs {
        let names = [&*pair.format.name, pair.field];
        // An argument with a reserved name gets a trailing `_`, but an attribute must have the
        // field's name.
        if let Some(name) = names.into_iter().find(|name| is_reserved(name)) {
            return Err(EmitError::Keyword(name.to_owned()));
        }
        if names[0] == names[1] {
            return Err(EmitError::OwnName(pair.field.to_owned()));
        }
        text += &of_pair(templates.pair, *pair, pairs.len(), language);
        // Two formats may derive the same field, but its functions are needed only once.
        if !fields.contains(&pair.field) {
            fields.push(pair.field);
            text += &of_pair(templates.field, *pair, pairs.len(), language);
        }
    }
    // Names of formats, contexts and pairs may collide with each other and with fixed functions.
    match repeated_function(&text, templates.function) {
        Some(name) => Err(EmitError::Twice(name)),
        None => Ok(text),
    }
}

/// Returns each part, with its format, whose regex may take exponential time in other languages,
/// although not in this program.
pub fn slow_parts(formats: &Formats) -> Vec<(&str, &str)> {
    let parts =
        formats.all.iter().flat_map(|format| format.parts().map(move |part| (format, part)));
    let slow = parts.filter(|(_, part)| repeats_repetitions(&part.pattern));
    slow.map(|(format, part)| (&*format.name, &*part.name)).collect()
}

/// Returns the text before and after a module's table, which is enclosed by two comments.
fn around_table(module: &'static str) -> [&'static str; 2] {
    let begin = module.find("<table>\n").map_or(0, |at| at + "<table>\n".len());
    let end = module
        .find("</table>")
        .map_or(module.len(), |at| module[..at].rfind('\n').map_or(at, |line| line + 1));
    [&module[..begin], &module[end..]]
}

/// Returns the first function that a module defines twice.
fn repeated_function(text: &str, begin: &str) -> Option<String> {
    let mut seen = BTreeSet::new();
    let names = text.split(begin).skip(1).filter_map(|rest| rest.split('(').next());
    names.into_iter().find(|name| !seen.insert(*name)).map(str::to_owned)
}

/// Inserts names into a template; the names in `pascal` are converted to PascalCase.
fn filled(template: &str, names: &[(&str, &str)], pascal: &[(&str, &str)]) -> String {
    let text =
        names.iter().fold(template.to_owned(), |text, (token, value)| text.replace(token, value));
    pascal.iter().fold(text, |text, (token, value)| text.replace(token, &pascal_case(value)))
}

/// Converts a name such as `run_id` to `RunId`.
fn pascal_case(name: &str) -> String {
    name.split('_')
        .flat_map(|word| {
            let (first, rest) = word.split_at(word.len().min(1));
            [first.to_uppercase(), rest.to_owned()]
        })
        .collect()
}

/// Returns the argument name for a value's name.
fn argument(name: &str) -> String {
    match is_reserved(name) {
        true => format!("{name}_"),
        false => name.to_owned(),
    }
}

/// Returns the names of the values needed to mint an identifier, in the same order as the parts.
pub(super) fn labels(format: &IdFormat) -> Vec<&str> {
    let mut labels: Vec<&str> = Vec::new();
    for part in format.parts().filter(|part| part.kind.is_given()) {
        let label = given_names(format, part).first().copied();
        // Two parts may take the same value, such as `{user}` and `{user8}`.
        labels.extend(label.filter(|label| !labels.contains(label)));
    }
    labels
}

fn of_format(template: &str, format: &IdFormat, language: ModuleLanguage) -> String {
    let labels = labels(format);
    let typed = labels.iter().map(|label| match language {
        ModuleLanguage::Python => format!("{}: str", argument(label)),
        ModuleLanguage::TypeScript => format!("{}: string", argument(label)),
    });
    let typed = typed.collect::<Vec<_>>().join(", ");
    let values = labels.iter().map(|label| match language {
        ModuleLanguage::Python => format!("\"{label}\": {}", argument(label)),
        ModuleLanguage::TypeScript => format!(" {label}: {}", argument(label)),
    });
    let mut values = values.collect::<Vec<_>>();
    if language == ModuleLanguage::TypeScript && !values.is_empty() {
        // There is one space inside the braces, unless they are empty.
        values[0].remove(0);
        values = vec![format!(" {} ", values.join(","))];
    }
    let also = if typed.is_empty() { String::new() } else { format!(", {typed}") };
    let parts = format.parts().map(|part| &*part.name).collect::<Vec<_>>().join(", ");
    let names = [
        ("$format", &*format.name),
        ("$typed", &typed),
        ("$also", &also),
        ("$values", &values.join(", ")),
        ("$parts", if parts.is_empty() { "none" } else { &parts }),
    ];
    filled(template, &names, &[("$Format", &format.name)])
}

/// Returns the functions for a pair. If there are several pairs, the functions' names contain the
/// pair's name.
fn of_pair(
    template: &str,
    pair: DerivedPair<'_>,
    count: usize,
    language: ModuleLanguage,
) -> String {
    let name = &*pair.format.name;
    let suffix = pair.suffix(count, language);
    let word = pair.field.strip_suffix("_id").unwrap_or(pair.field);
    let names = [("$format", name), ("$field", pair.field), ("$word", word), ("$suffix", &suffix)];
    filled(template, &names, &[("$Format", name), ("$Field", pair.field)])
}
