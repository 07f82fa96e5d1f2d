//! The kinds of values in `idhooks.toml`, with the way each kind is read and described in the JSON
//! Schema.

use std::ops::RangeInclusive;

use crate::registry::Word;

use super::config_error::ConfigError;
use super::declared_table::{DeclaredTable, REQUIRED, ValueKind, ValueShape, declared};
use super::globs::Globs;
use super::value::Value;

/// A kind of value defined by a function that reads it and by its schema's members, as JSON.
pub(super) struct Custom<T>(
    pub(super) fn(&Value<'_>) -> Result<T, ConfigError>,
    pub(super) &'static str,
);

pub(super) const BOOLEAN: Custom<bool> = Custom(|value| value.boolean(), r#""type": "boolean""#);
pub(super) const GLOBS: Custom<Globs> =
    Custom(|value| value.globs(), r##""$ref": "#/$defs/globs""##);
/// Globs that ignore case.
pub(super) const ANY_CASE: Custom<Globs> =
    Custom(|value| value.globs_in_any_case(), r##""$ref": "#/$defs/globs""##);
/// The schema for a non-empty string.
pub(super) const NOT_EMPTY: &str = r#""type": "string", "minLength": 1"#;
/// The schema for a time span.
pub(super) const TIME: &str = r##""$ref": "#/$defs/time""##;

impl<T> ValueKind<T> for Custom<T> {
    fn read(&self, value: &Value<'_>) -> Result<T, ConfigError> {
        (self.0)(value)
    }

    fn shape(&self) -> ValueShape {
        ValueShape::Json(self.1.to_owned())
    }
}

/// A number within a range, and the noun for it in messages, such as "a number".
pub(super) struct Count(pub(super) RangeInclusive<usize>, pub(super) &'static str);

impl<T: TryFrom<usize>> ValueKind<T> for Count {
    fn read(&self, value: &Value<'_>) -> Result<T, ConfigError> {
        let (least, most) = (*self.0.start(), *self.0.end());
        let form = format!("{} from {least} to {most}", self.1);
        let number = value.number(least..most + 1, &form)?;
        T::try_from(number).map_err(|_| value.error(format!("expected {form}, found {number}")))
    }

    fn shape(&self) -> ValueShape {
        let (least, most) = (self.0.start(), self.0.end());
        ValueShape::Json(format!(r#""type": "integer", "minimum": {least}, "maximum": {most}"#))
    }
}

/// One of the words of an enum.
pub(super) struct OneOf;

impl<T: Word> ValueKind<T> for OneOf {
    fn read(&self, value: &Value<'_>) -> Result<T, ConfigError> {
        value.one_of()
    }

    fn shape(&self) -> ValueShape {
        one_of(T::ALL.iter().map(|value| value.word()))
    }
}

/// Returns a schema that allows one of several words.
pub(super) fn one_of(words: impl Iterator<Item = &'static str>) -> ValueShape {
    let words: Vec<String> = words.map(|word| format!("\"{word}\"")).collect();
    ValueShape::Json(format!(r#""enum": [{}]"#, words.join(", ")))
}

/// An array of values of one kind.
pub(super) struct Each<K>(pub(super) K);

impl<T, K: ValueKind<T>> ValueKind<Vec<T>> for Each<K> {
    fn read(&self, value: &Value<'_>) -> Result<Vec<T>, ConfigError> {
        value.array()?.iter().map(|item| self.0.read(item)).collect()
    }

    fn shape(&self) -> ValueShape {
        match self.0.shape() {
            ValueShape::Json(item) => {
                ValueShape::Json(format!(r#""type": "array", "items": {{ {item} }}"#))
            }
            other => other,
        }
    }
}

/// Returns the schema for a table whose members may have any name, but must all have the given
/// schema.
pub(super) fn by_name(member: &ValueShape) -> ValueShape {
    match member {
        ValueShape::Json(member) => {
            ValueShape::Json(format!(r#""type": "object", "additionalProperties": {{ {member} }}"#))
        }
        _ => ValueShape::Json(r#""type": "object""#.to_owned()),
    }
}

/// A value that may be absent.
pub(super) struct Opt<K>(pub(super) K);

impl<T, K: ValueKind<T>> ValueKind<Option<T>> for Opt<K> {
    fn read(&self, value: &Value<'_>) -> Result<Option<T>, ConfigError> {
        self.0.read(value).map(Some)
    }

    fn shape(&self) -> ValueShape {
        self.0.shape()
    }
}

/// A value that is boxed because most files do not contain it.
pub(super) struct Boxed<K>(pub(super) K);

impl<T, K: ValueKind<T>> ValueKind<Box<T>> for Boxed<K> {
    fn read(&self, value: &Value<'_>) -> Result<Box<T>, ConfigError> {
        self.0.read(value).map(Box::new)
    }

    fn shape(&self) -> ValueShape {
        self.0.shape()
    }
}

/// A table with the given name.
pub(super) struct TableOf(pub(super) &'static str);

impl<T: DeclaredTable> ValueKind<T> for TableOf {
    fn read(&self, value: &Value<'_>) -> Result<T, ConfigError> {
        let (mut read, table) = (T::default(), value.table(self.0)?);
        table.read(&mut read)?;
        // Some keys depend on others, so they are checked after all keys have been read.
        read.check(&table, value)?;
        Ok(read)
    }

    fn shape(&self) -> ValueShape {
        ValueShape::Table(declared::<T>())
    }
}

/// An array of tables with the given name, and additional members for each table's schema.
pub(super) struct Rules(pub(super) &'static str, pub(super) &'static str);

impl<T: DeclaredTable> ValueKind<Vec<T>> for Rules {
    fn read(&self, value: &Value<'_>) -> Result<Vec<T>, ConfigError> {
        let read = |rule: Value<'_>| {
            let (mut read, table) = (T::default(), rule.table(self.0)?);
            table.read(&mut read)?;
            // Required keys also have default values in Rust, so only the table shows whether one
            // is missing.
            let is_missing = |name| table.value(name).is_none();
            let mut required =
                T::KEYS.iter().map(|(key, _)| key).filter(|key| key.default == REQUIRED);
            if let Some(key) = required.find(|key| is_missing(key.name)) {
                return Err(rule.lacks(self.0, key.name));
            }
            read.check(&table, &rule)?;
            Ok(read)
        };
        value.array()?.into_iter().map(read).collect()
    }

    fn shape(&self) -> ValueShape {
        ValueShape::Rules(declared::<T>(), self.1)
    }
}
