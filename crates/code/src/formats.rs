//! [`Formats`]: all formats in a configuration, compiled and checked.

use idhooks_core::config::{Config, ConfigError, FormatRule, PlacedText, nearest};
use serde::Serialize;

use super::ambiguity::two_readings;
use super::format::{FormatPiece, IdFormat, IdReading, Part, capturing};
use super::pattern::{portable, whole};
use super::template::{KINDS, PartKind, TemplatePiece, looks_like_a_kind, pieces};

/// The formats in a configuration.
#[derive(Debug, Clone, Default)]
pub struct Formats {
    /// The formats, sorted by name.
    pub all: Vec<IdFormat>,
    /// The groups of formats whose identifiers are minted together.
    pub contexts: Vec<Context>,
}

/// Formats whose identifiers are minted together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Context {
    /// The name.
    pub name: String,
    /// The formats' names, in order.
    pub formats: Vec<String>,
}

/// No format has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no format '{name}'")]
pub struct UnknownFormat {
    /// The name.
    pub name: String,
    /// Advice.
    pub hint: String,
    /// Whether there are any formats.
    pub has_others: bool,
}

impl Formats {
    /// Compiles the formats in a configuration.
    ///
    /// # Errors
    /// Returns an error with its position if a template or regex is invalid, if a format can read
    /// some string in two ways, or if a name belongs to no part or format.
    pub fn compile(rules: &Config) -> Result<Self, ConfigError> {
        let mut formats = Formats::default();
        for rule in &rules.formats {
            if formats.get(&rule.name.text).is_none() {
                let format = compile(rule, &rules.formats, &mut Vec::new())?;
                formats.all.push(format);
            }
        }
        // A format may refer to a later one, so references are checked after all formats have been
        // compiled.
        for rule in &rules.formats {
            for other in rule.successor.iter().chain(&rule.shares) {
                formats.known(other)?;
            }
            formats.check_links(rule)?;
        }
        for context in &rules.contexts {
            for name in &context.formats {
                formats.known(name)?;
            }
            let names = context.formats.iter().map(|name| name.text.clone()).collect();
            formats.contexts.push(Context { name: context.name.text.clone(), formats: names });
        }
        Ok(formats)
    }

    /// Returns the format with the given name.
    pub fn get(&self, name: &str) -> Option<&IdFormat> {
        self.all.iter().find(|format| format.name == name)
    }

    /// Returns the format with the given name.
    ///
    /// # Errors
    /// Returns an error that suggests the nearest name if there is no such format.
    pub fn named(&self, name: &str) -> Result<&IdFormat, UnknownFormat> {
        self.get(name).ok_or_else(|| {
            let names: Vec<&str> = self.all.iter().map(|format| &*format.name).collect();
            let hint = match names.is_empty() {
                true => "declare one in idhooks.toml: [formats.NAME]".to_owned(),
                false => nearest(name, &names),
            };
            UnknownFormat { name: name.to_owned(), hint, has_others: !names.is_empty() }
        })
    }

    /// Returns all readings of an identifier, one for each format that it fits.
    pub fn readings<'f, 'i>(&'f self, id: &'i str) -> Vec<IdReading<'f, 'i>> {
        self.all.iter().filter_map(|format| format.read(id)).collect()
    }

    pub(crate) fn known(&self, name: &PlacedText) -> Result<&IdFormat, ConfigError> {
        self.named(&name.text).map_err(|unknown| ConfigError {
            hint: Some(unknown.hint.clone()),
            ..name.error(unknown.to_string())
        })
    }

    /// Checks a format's references to other formats.
    fn check_links(&self, rule: &FormatRule) -> Result<(), ConfigError> {
        if let Some(successor) = rule.successor.as_ref() {
            // Translation follows successors, and would never end if they formed a cycle.
            let mut seen = vec![&*rule.name.text];
            let mut next = Some(&*successor.text);
            while let Some(name) = next {
                if seen.contains(&name) {
                    let circle = [&*seen.join(" -> "), " -> ", name].concat();
                    return Err(successor.error(format!("the successors form a circle: {circle}")));
                }
                seen.push(name);
                next = self.get(name).and_then(|format| format.successor.as_deref());
            }
        }
        if let (Some(shared), Some(format)) = (&rule.shares, self.get(&rule.name.text)) {
            let other = self.known(shared)?;
            // Minting copies random parts by name.
            let random = |format: &IdFormat| {
                let parts = format.parts().filter(|part| part.kind.is_random());
                parts.map(|part| part.name.clone()).collect::<Vec<_>>()
            };
            if random(format) != random(other) {
                let message = format!(
                    "'{}' and '{}' have no random part of the same kind to share",
                    format.name, other.name
                );
                return Err(shared.error(message));
            }
        }
        Ok(())
    }
}

/// Compiles one format. `open` lists the formats that contain it.
fn compile<'r>(
    rule: &'r FormatRule,
    all: &'r [FormatRule],
    open: &mut Vec<&'r str>,
) -> Result<IdFormat, ConfigError> {
    let name = &*rule.name.text;
    if open.contains(&name) {
        let circle = [&*open.join(" -> "), " -> ", name].concat();
        return Err(rule.template.error(format!("formats contain each other: {circle}")));
    }
    // A part may be another format, which is then compiled too.
    open.push(name);
    let mut compiled = Vec::new();
    for piece in pieces(&rule.template)? {
        compiled.push(match piece {
            TemplatePiece::Literal(text) => FormatPiece::Literal(text),
            TemplatePiece::Part { name, kind } => {
                let declared = rule.parts.iter().find(|(part, _)| part.text == name);
                let declared = declared.map(|(_, regex)| regex);
                // The name is probably misspelled; if it were allowed, the part would accept
                // anything.
                if declared.is_none() && kind.is_given() && looks_like_a_kind(&name) {
                    return Err(unknown_kind(&rule.template, &name));
                }
                FormatPiece::Part(part(name, kind, declared, all, open)?)
            }
        });
    }
    open.pop();
    let known: Vec<&str> = compiled.iter().filter_map(part_name).collect();
    check_parts(rule, &known)?;
    check_key(rule, &compiled)?;
    check_times(rule, &compiled)?;
    let patterns: Vec<String> = compiled.iter().map(FormatPiece::pattern).collect();
    let patterns: Vec<&str> = patterns.iter().map(|pattern| &**pattern).collect();
    let template = &rule.template;
    let ambiguous = two_readings(&patterns).map_err(|why| {
        template.error(format!("the template '{}' cannot be used: {why}", template.text))
    })?;
    if let Some(found) = ambiguous {
        let [first, second] = &found.readings;
        let mut error = template.error(format!(
            "the template '{}' is ambiguous: '{}' can be read as {first} and as {second}",
            template.text, found.text
        ));
        let hint = "give a part a narrower regex in 'parts', or put a character between the parts that neither can contain";
        error.hint = Some(hint.to_owned());
        return Err(error);
    }
    let regex = whole(&capturing(&compiled)).map_err(|error| template.error(error.to_string()))?;
    Ok(IdFormat {
        name: name.to_owned(),
        template: template.text.clone(),
        pieces: compiled,
        derives: rule
            .derives
            .iter()
            .map(|(field, part)| (field.clone(), part.text.clone()))
            .collect(),
        key: rule.key.iter().map(|part| part.text.clone()).collect(),
        shares: rule.shares.as_ref().map(|other| other.text.clone()),
        max_age: rule.max_age,
        max_future: rule.max_future,
        is_legacy: rule.is_legacy,
        successor: rule.successor.as_ref().map(|other| other.text.clone()),
        regex,
    })
}

/// Rejects a part that would match any value although its name suggests a particular form.
fn unknown_kind(template: &PlacedText, name: &str) -> ConfigError {
    let message =
        format!("the template '{}' has the part {{{name}}}, which is no known kind", template.text);
    let hint = format!(
        "use one of {KINDS}, another name, or declare what it contains: parts = {{ {name} = \"[a-z]+\" }}"
    );
    ConfigError { hint: Some(hint), ..template.error(message) }
}

fn part_name(piece: &FormatPiece) -> Option<&str> {
    match piece {
        FormatPiece::Part(part) => Some(&part.name),
        FormatPiece::Literal(_) => None,
    }
}

/// Compiles a part with its declared pattern, if any.
fn part<'r>(
    name: String,
    kind: PartKind,
    declared: Option<&'r PlacedText>,
    all: &'r [FormatRule],
    open: &mut Vec<&'r str>,
) -> Result<Part, ConfigError> {
    let Some(declared) = declared else {
        let pattern = kind.pattern();
        return Ok(Part { name, kind, pattern });
    };
    if !kind.is_given() {
        return Err(declared.error(format!("the part {{{name}}} has a form of its own")));
    }
    if let Some(other) = all.iter().find(|other| other.name.text == declared.text) {
        let format = compile(other, all, open)?;
        let pattern =
            // The groups confine each piece's alternatives to that piece.
            format.pieces.iter().map(|piece| format!("(?:{})", piece.pattern())).collect();
        return Ok(Part { name, kind: PartKind::Identifier { format: format.name }, pattern });
    }
    let pattern = portable(&declared.text).map_err(|why| {
        declared.error(format!("'{}' cannot be the regex of a part: {why}", declared.text))
    })?;
    Ok(Part { name, kind, pattern })
}

/// Rejects names that do not belong to any part of the template.
fn check_parts(rule: &FormatRule, known: &[&str]) -> Result<(), ConfigError> {
    let declared = rule.parts.iter().map(|(name, _)| name);
    let named = declared.chain(rule.derives.iter().map(|(_, part)| part)).chain(&rule.key);
    for name in named {
        if !known.contains(&&*name.text) {
            let template = &rule.template.text;
            let mut error =
                name.error(format!("the template '{template}' has no part {{{}}}", name.text));
            if !known.is_empty() {
                error.hint = Some(format!("its parts are: {}", known.join(", ")));
            }
            return Err(error);
        }
    }
    Ok(())
}

/// Rejects a key that consists only of truncated values, because different things may share it.
fn check_key(rule: &FormatRule, pieces: &[FormatPiece]) -> Result<(), ConfigError> {
    let is_truncated = |name: &PlacedText| {
        pieces.iter().any(|piece| {
            matches!(piece, FormatPiece::Part(part)
                if part.name == name.text && matches!(part.kind, PartKind::First { .. }))
        })
    };
    match rule.key.first() {
        // One complete value in the key is enough to distinguish things.
        Some(first) if rule.key.iter().all(is_truncated) => {
            let name = &first.text;
            let mut error = first.error(format!(
                "a key of {{{name}}} alone would match identifiers of others: it has only the first characters of a value"
            ));
            error.hint = Some(
                "add a part that has the whole value, or a random part that is kept".to_owned(),
            );
            Err(error)
        }
        _ => Ok(()),
    }
}

/// Rejects age limits for a format without a time, and a successor for a format that is not legacy.
fn check_times(rule: &FormatRule, pieces: &[FormatPiece]) -> Result<(), ConfigError> {
    let has_limit = rule.max_age.is_some() || rule.max_future.is_some();
    let is_dated =
        |piece: &FormatPiece| matches!(piece, FormatPiece::Part(part) if part.kind.is_dated());
    if has_limit && !pieces.iter().any(is_dated) {
        let message =
            "max_age and max_future need a part {ms}, {uuid7} or {ulid}, which the template lacks";
        return Err(rule.template.error(message.to_owned()));
    }
    match &rule.successor {
        Some(successor) if !rule.is_legacy => {
            let name = &rule.name.text;
            let message = format!(
                "only a format of the past has a successor; add 'legacy = true' to [formats.{name}]"
            );
            Err(successor.error(message))
        }
        _ => Ok(()),
    }
}
