//! A module's companions: test fixtures and compliance tests.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::format::{IdFormat, Part};
use crate::formats::Formats;
use crate::mint::{Given, Minter, Source, given_names};
use crate::template::PartKind;

use super::{DerivedPair, EmitError, ModuleLanguage, filled, labels, pairs};

/// The names of the fixture sets.
pub const FIXTURE_SETS: [&str; 6] = ["basic", "integration", "e2e", "unit", "websocket", "agent"];

/// Values to try for a part until one matches its pattern.
const TRIED: [&str; 7] = ["test_value", "test-value", "test", "t1", "1", "a", "A"];

idhooks_core::words! {
    /// A form in which fixtures can be written.
    pub enum FixtureForm, help {
        /// Functions in Python.
        Python = "python", "Functions in Python";
        /// The Python functions, and fixtures for pytest.
        Pytest = "pytest", "The same with fixtures for pytest";
        /// Functions in TypeScript.
        TypeScript = "ts", "Functions in TypeScript";
        /// Pairs as data, which are the same in every run.
        Json = "json", "Pairs as data, the same in every run";
    }
}

/// Returns fixtures that contain consistent pairs in a format.
///
/// # Errors
/// Returns an error if no format derives a field.
pub fn fixtures(
    formats: &Formats,
    format: &IdFormat,
    form: FixtureForm,
    module: &str,
) -> Result<String, EmitError> {
    let all = pairs(formats);
    let pair = all.iter().find(|pair| pair.format.name == format.name).ok_or(EmitError::NoPair)?;
    let name = &*pair.format.name;
    let word = pair.field.strip_suffix("_id").unwrap_or(pair.field);
    let values = other_values(*pair);
    let (template, language) = match form {
        FixtureForm::Json => return Ok(json_fixtures(formats, *pair, word, &values)),
        FixtureForm::TypeScript => {
            (include_str!("fixtures.ts").to_owned(), ModuleLanguage::TypeScript)
        }
        FixtureForm::Python => (include_str!("fixtures.py").to_owned(), ModuleLanguage::Python),
        FixtureForm::Pytest => {
            let python = include_str!("fixtures.py").replace("--lang python", "--lang pytest");
            (python + include_str!("fixtures_pytest.py"), ModuleLanguage::Python)
        }
    };
    let suffix = pair.suffix(all.len(), language);
    let sets = FIXTURE_SETS.map(|set| format!("\"{set}\"")).join(", ");
    let values = values.iter().map(|(name, value)| format!("\"{name}\": \"{value}\""));
    let values = values.collect::<Vec<_>>().join(", ");
    let names = [
        ("$module", module),
        ("$format", name),
        ("$field", pair.field),
        ("$word", word),
        ("$suffix", &suffix),
        ("$sets", &sets),
        ("$values", &values),
    ];
    Ok(filled(&template, &names, &[]))
}

/// Returns values for a format's parts, except the part that forms the pair.
fn other_values(pair: DerivedPair<'_>) -> Given {
    let mut values = sample(pair.format);
    // The fixtures supply this value themselves, and each set has a different one.
    values.remove(pair.field);
    values
}

fn json_fixtures(formats: &Formats, pair: DerivedPair<'_>, word: &str, others: &Given) -> String {
    let name = &*pair.format.name;
    let made = |value: String| -> BTreeMap<String, String> {
        let mut given = others.clone();
        given.insert(pair.field.to_owned(), value.clone());
        let mut source = Repeatable { seed: value.clone(), block: 0 };
        let made = Minter::default().mint(pair.format, &given, 1, &mut source);
        let id = made.ok().and_then(|made| made.into_iter().next()).unwrap_or_default();
        BTreeMap::from([(name.to_owned(), id), (pair.field.to_owned(), value)])
    };
    let with = |value: String, more: &str, text: &str| {
        let mut one = made(value);
        one.insert(more.to_owned(), text.to_owned());
        one
    };
    let sets: BTreeMap<&str, _> =
        FIXTURE_SETS.into_iter().map(|set| (set, made(format!("{set}_test")))).collect();
    let document: Value = json!({
        "version": 1,
        "formats": formats.all.iter().map(|format| &format.name).collect::<Vec<_>>(),
        "sets": sets,
        "contexts": {
            "execution": made("basic_test".to_owned()),
            "websocket": with("websocket_test".to_owned(), "routing_key", "websocket_test"),
            "agent": with(format!("agent_{word}"), "agent_name", "agent"),
        },
    });
    serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
}

/// A source that always produces the same values: the time 0, which means unknown, and hashes
/// instead of random bytes.
struct Repeatable {
    seed: String,
    block: u32,
}

impl Source for Repeatable {
    fn now(&mut self) -> u64 {
        0
    }

    fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            let hash = Sha256::digest(format!("{} {}", self.seed, self.block));
            self.block += 1;
            chunk.copy_from_slice(&hash[..chunk.len()]);
        }
    }
}

/// Returns values for minting an identifier in a format; leaves out those for which no suitable
/// value was found.
fn sample(format: &IdFormat) -> Given {
    let mut given = Given::new();
    for part in format.parts().filter(|part| part.kind.is_given()) {
        let Some(label) = given_names(format, part).first().copied() else { continue };
        if let Some(value) = value_of(part, &[]) {
            given.entry(label.to_owned()).or_insert(value);
        }
    }
    given
}

/// Returns a value that matches a part's pattern.
fn value_of(part: &Part, first: &[&str]) -> Option<String> {
    let length = match &part.kind {
        PartKind::First { length, .. } => *length,
        _ => usize::MAX,
    };
    // A part such as `eu|us` accepts only words that occur in its own regex.
    let words = part.pattern.split(['|', '(', ')', '?', ':']).filter(|word| !word.is_empty());
    let mut tried = first.iter().copied().chain(TRIED).chain(words);
    let cut = |value: &str| value.chars().take(length).collect::<String>();
    tried.find(|value| part.fits(&cut(value))).map(str::to_owned)
}

/// Returns twelve pytest tests that import the module with the given name.
pub fn compliance_suite(formats: &Formats, module: &str) -> String {
    let current = || formats.all.iter().filter(|format| !format.is_legacy);
    // Without a random part, all identifiers are the same, but the tests expect them to differ.
    let is_minted = |format: &&IdFormat| {
        let given = sample(format);
        let is_given = labels(format).iter().all(|label| given.contains_key(*label));
        is_given && format.parts().any(|part| part.kind.is_random())
    };
    let samples: BTreeMap<&str, Given> =
        current().filter(is_minted).map(|format| (&*format.name, sample(format))).collect();
    let ends = |format: &&IdFormat| {
        let names: Vec<&str> = format.parts().map(|part| &*part.name).collect();
        names.ends_with(&["ms", "counter", "hex8"])
            && format.template.ends_with("_{ms}_{counter}_{hex8}")
            && samples.contains_key(&*format.name)
    };
    let with_time: Vec<&str> = current().filter(ends).map(|format| &*format.name).collect();
    let mut three: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut tested: Vec<(&str, &str)> = Vec::new();
    for DerivedPair { format, field } in pairs(formats) {
        let part = format.derives.iter().find(|(name, _)| name == field);
        let part = part.and_then(|(_, part)| format.part(part));
        // A part may disallow letters or `_`, so several variants are tried.
        let values: Vec<String> = (1..=3)
            .flat_map(|n| [format!("thread_{n}"), format!("thread-{n}"), n.to_string()])
            .filter(|value| part.is_some_and(|part| part.fits(value)))
            .collect();
        let values: Vec<String> = values
            .chunks((values.len() / 3).max(1))
            .filter_map(|one| one.first().cloned())
            .collect();
        if values.len() == 3
            && samples.contains_key(&*format.name)
            && !three.contains_key(&*format.name)
        {
            three.insert(&format.name, values);
            tested.push((&format.name, field));
        }
    }
    let pairs = tested.iter().map(|(name, field)| format!("(\"{name}\", \"{field}\")"));
    let text = |value: &Value| value.to_string().replace("\",\"", "\", \"");
    let names = [
        ("$module", module),
        ("$samples", &*text(&json!(samples))),
        ("$with_time", &text(&json!(with_time))),
        ("$pairs", &format!("[{}]", pairs.collect::<Vec<_>>().join(", "))),
        ("$three", &text(&json!(three))),
    ];
    filled(include_str!("compliance.py"), &names, &[])
}
