//! Parses `[[generators]]`, and checks that the rules fit together.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::registry::{Status, excerpt};

use super::config_error::ConfigError;
use super::generators::{BuiltIn, Generator, GeneratorAction, GeneratorRun, RecordFilter, SortKey};
use super::globs::Globs;
use super::output_pattern::OutputPattern;
use super::record_field::RecordField;
use super::value::{Keys, Value, put};

const TEXTS: &str = "an array of texts";
const FIELDS: &str = "an array of fields, such as [\"id\", \"metadata.title\"]";
const COMMAND: &str = "a program and its arguments, such as [\"scripts/index.sh\"]";
/// The times that a program may take.
const SHORTEST: Duration = Duration::from_millis(1);
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// A rule as far as it was read.
struct GeneratorDraft {
    name: Option<String>,
    outputs: Vec<OutputPattern>,
    command: Option<Vec<String>>,
    built_in: Option<BuiltIn>,
    generator: Generator,
}

const GENERATORS: &Keys<GeneratorDraft> = &[
    ("name", |draft, value| put(&mut draft.name, read_name(value).map(Some))),
    ("inputs", |draft, value| {
        value.table("generators.inputs")?.read(&mut draft.generator.inputs, INPUTS)
    }),
    ("files", |draft, value| put(&mut draft.generator.files, value.globs())),
    ("fields", |draft, value| put(&mut draft.generator.fields, each(value, FIELDS, read_field))),
    ("sort", |draft, value| put(&mut draft.generator.sort, each(value, FIELDS, read_sort_key))),
    ("output", |draft, value| {
        let output = |text: &str, item: &Value<'_>| {
            OutputPattern::parse(text).map_err(|why| {
                item.error(format!("'{}' cannot be an output: {why}", excerpt(text)))
            })
        };
        put(&mut draft.outputs, each(value, TEXTS, output))
    }),
    ("command", |draft, value| put(&mut draft.command, read_command(value).map(Some))),
    ("builtin", |draft, value| {
        put(&mut draft.built_in, value.one_of(&BuiltIn::ALL, BuiltIn::as_str).map(Some))
    }),
    ("after", |draft, value| {
        put(&mut draft.generator.after, each(value, TEXTS, |name, _| Ok(name.to_owned())))
    }),
    ("check", |draft, value| put(&mut draft.generator.validator, read_command(value))),
    ("programs", |draft, value| put(&mut draft.generator.loaded, value.globs().map(Some))),
    ("run", |draft, value| {
        put(&mut draft.generator.run, value.one_of(&GeneratorRun::ALL, GeneratorRun::as_str))
    }),
    ("timeout", |draft, value| put(&mut draft.generator.timeout, value.time(SHORTEST..=LONGEST))),
    ("required", |draft, value| put(&mut draft.generator.is_required, value.boolean())),
    ("stamp", |draft, value| put(&mut draft.generator.is_stamped, value.boolean())),
];

const INPUTS: &Keys<RecordFilter> = &[
    ("path", |filter, value| put(&mut filter.path, value.globs().map(Some))),
    ("status", |filter, value| {
        put(&mut filter.status, parsed(value, "a status, such as \"active\"", Status::parse))
    }),
    ("ns", |filter, value| {
        put(&mut filter.ns, parsed(value, "three digits in quotes, such as \"100\"", from_text))
    }),
    ("type", |filter, value| {
        put(&mut filter.types, parsed(value, "two digits in quotes, such as \"01\"", from_text))
    }),
    ("ids", |filter, value| put(&mut filter.ids, parsed(value, "16 digits in quotes", from_text))),
];

/// Reads each text of an array, or a single text.
fn each<T>(
    value: &Value<'_>,
    form: &str,
    read: impl Fn(&str, &Value<'_>) -> Result<T, ConfigError>,
) -> Result<Vec<T>, ConfigError> {
    let items = match value.string(form) {
        Ok(_) => vec![*value],
        Err(error) => value.array().map_err(|_| error)?,
    };
    items.iter().map(|item| read(item.string(form)?, item)).collect()
}

fn parsed<T>(
    value: &Value<'_>,
    form: &str,
    parse: fn(&str) -> Option<T>,
) -> Result<Option<Vec<T>>, ConfigError> {
    let read = |text: &str, item: &Value<'_>| {
        parse(text).ok_or_else(|| item.error(format!("expected {form}, found '{}'", excerpt(text))))
    };
    each(value, form, read).map(Some)
}

fn from_text<T: std::str::FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

fn read_name(value: &Value<'_>) -> Result<String, ConfigError> {
    let form = "a name of lowercase letters, digits and '-' in quotes";
    let name = value.string(form)?;
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    match !name.is_empty() && name.chars().all(is_plain) {
        true => Ok(name.to_owned()),
        false => Err(value.error(format!("expected {form}, found '{}'", excerpt(name)))),
    }
}

fn read_field(name: &str, item: &Value<'_>) -> Result<RecordField, ConfigError> {
    name.parse().map_err(|_| item.error(format!("expected {}, found '{name}'", RecordField::FORM)))
}

fn read_sort_key(name: &str, item: &Value<'_>) -> Result<SortKey, ConfigError> {
    let field = read_field(name.strip_prefix('-').unwrap_or(name), item)?;
    Ok(SortKey { field, is_descending: name.starts_with('-') })
}

fn read_command(value: &Value<'_>) -> Result<Vec<String>, ConfigError> {
    let wrong = || value.error(format!("expected {COMMAND}"));
    let words = value.array().map_err(|_| wrong())?;
    let words = words.iter().map(|word| word.string(COMMAND).map(str::to_owned));
    let words: Vec<String> = words.collect::<Result<_, _>>()?;
    match words.first() {
        Some(program) if !program.is_empty() && !words.iter().any(|word| word.contains('\0')) => {
            Ok(words)
        }
        _ => Err(wrong()),
    }
}

/// Reads the rules, in their order.
pub(super) fn read_generators(value: &Value<'_>) -> Result<Vec<Generator>, ConfigError> {
    let mut read: Vec<(Generator, Value<'_>)> = Vec::new();
    for rule in value.array()? {
        let mut draft = GeneratorDraft::new();
        rule.table("generators")?.read(&mut draft, GENERATORS)?;
        let generator = draft.finish(&rule)?;
        for (other, _) in &read {
            if other.name == generator.name {
                return Err(rule.error(format!("two generators have the name '{}'", other.name)));
            }
            let pairs = other
                .outputs
                .iter()
                .flat_map(|one| generator.outputs.iter().map(move |two| (one, two)));
            if let Some((one, two)) = pairs.into_iter().find(|(one, two)| one.overlaps(two)) {
                let (one, two, name) = (one.as_str(), two.as_str(), &other.name);
                let mut error = rule.error(format!(
                    "'{two}', an output of generator '{}', is an output of generator '{name}' too ('{one}')",
                    generator.name
                ));
                error.hint = Some("give each generator outputs of its own".to_owned());
                return Err(error);
            }
        }
        read.push((generator, rule));
    }
    check_order(&read)?;
    Ok(read.into_iter().map(|(generator, _)| generator).collect())
}

/// Refuses names in `after` that no generator has, and cycles.
fn check_order(read: &[(Generator, Value<'_>)]) -> Result<(), ConfigError> {
    let find = |name: &str| read.iter().find(|(generator, _)| generator.name == name);
    for (generator, rule) in read {
        if let Some(unknown) = generator.after.iter().find(|name| find(name).is_none()) {
            let mut error = rule.error(format!(
                "generator '{}' runs after '{unknown}', which does not exist",
                generator.name
            ));
            let names: Vec<&str> = read.iter().map(|(one, _)| &*one.name).collect();
            error.hint = Some(super::value::nearest(unknown, &names));
            return Err(error);
        }
    }
    let mut done = BTreeSet::new();
    for (generator, rule) in read {
        let mut way: Vec<&str> = Vec::new();
        if let Some(cycle) = find_cycle(&generator.name, &find, &mut way, &mut done) {
            let mut error =
                rule.error(format!("generators run after each other in a cycle: {cycle}"));
            error.hint = Some("remove one of these names from 'after'".to_owned());
            return Err(error);
        }
    }
    Ok(())
}

/// Returns the cycle that the generators before this one lead to, if there is one.
fn find_cycle<'g>(
    name: &'g str,
    find: &impl Fn(&str) -> Option<&'g (Generator, Value<'g>)>,
    way: &mut Vec<&'g str>,
    done: &mut BTreeSet<&'g str>,
) -> Option<String> {
    if let Some(start) = way.iter().position(|one| *one == name) {
        return Some([&way[start..], &[name]].concat().join(" -> "));
    }
    if done.contains(name) {
        return None;
    }
    way.push(name);
    let (generator, _) = find(name)?;
    let found = generator.after.iter().find_map(|before| find_cycle(before, find, way, done));
    way.pop();
    done.insert(name);
    found
}

impl GeneratorDraft {
    fn new() -> Self {
        let generator = Generator {
            name: String::new(),
            inputs: RecordFilter::default(),
            files: Globs::default(),
            fields: vec![RecordField::Id, RecordField::FilePath, RecordField::Status],
            sort: Vec::new(),
            outputs: Vec::new(),
            action: GeneratorAction::BuiltIn(BuiltIn::Json),
            after: Vec::new(),
            validator: Vec::new(),
            loaded: None,
            run: GeneratorRun::default(),
            timeout: Duration::from_secs(60),
            is_required: false,
            is_stamped: false,
        };
        let (name, outputs, command, built_in) = (None, Vec::new(), None, None);
        GeneratorDraft { name, outputs, command, built_in, generator }
    }

    fn finish(self, rule: &Value<'_>) -> Result<Generator, ConfigError> {
        let GeneratorDraft { name, outputs, command, built_in, generator } = self;
        let name = name.ok_or_else(|| rule.lacks("generators", "name"))?;
        let wrong = |what: &str| rule.error(format!("generator '{name}' {what}"));
        let action = match (command, built_in) {
            (Some(words), None) => GeneratorAction::Command(words),
            (None, Some(built_in)) => GeneratorAction::BuiltIn(built_in),
            (Some(_), Some(_)) => return Err(wrong("has both 'command' and 'builtin'")),
            (None, None) => return Err(wrong("lacks 'command' or 'builtin'")),
        };
        let Some(first) = outputs.first() else { return Err(wrong("lacks 'output'")) };
        let fields = |output: &OutputPattern| output.fields().cloned().collect::<BTreeSet<_>>();
        if outputs.iter().any(|output| fields(output) != fields(first)) {
            return Err(wrong("has outputs with different fields in braces"));
        }
        let twice = |n: usize| outputs[..n].iter().any(|other| other.overlaps(&outputs[n]));
        if (1..outputs.len()).any(twice) {
            return Err(wrong("has the same output twice"));
        }
        if matches!(action, GeneratorAction::BuiltIn(_)) && outputs.len() > 1 {
            return Err(wrong("has several outputs, but 'builtin' writes one"));
        }
        if generator.is_stamped && action == GeneratorAction::BuiltIn(BuiltIn::Csv) {
            return Err(wrong("has 'stamp', but CSV has no place for it"));
        }
        if generator.fields.is_empty() {
            return Err(wrong("has no 'fields'; for no records at all: inputs = { ids = [] }"));
        }
        Ok(Generator { name, outputs, action, ..generator })
    }
}

#[cfg(test)]
mod tests;
