//! [`settings`] declares a table of `idhooks.toml` in a single place. The table's type and
//! defaults, the reader for its keys, the JSON Schema, the rows in `docs/configuration.md` and the
//! lines in a new file are all generated from this declaration.

use std::borrow::Cow;

use toml::Spanned;

use crate::registry::excerpt;

use super::config_error::ConfigError;
use super::value::{ConfigTable, Value, nearest, place};

/// The keys in a table, each with the function that reads its value.
pub(super) type Keys<T> = [(DeclaredKey, Reader<T>)];

/// Reads a value and stores it in the table.
pub(super) type Reader<T> = fn(&mut T, &Value<'_>) -> Result<(), ConfigError>;

/// The values of a table or a rule in `idhooks.toml`.
pub(super) trait DeclaredTable: Default + 'static {
    /// The table's keys.
    const KEYS: &'static Keys<Self>;

    /// Refuses values that conflict with each other; called once all of them have been read.
    fn check(&mut self, table: &ConfigTable<'_>, value: &Value<'_>) -> Result<(), ConfigError>;
}

/// The declaration of one key in `idhooks.toml`.
#[derive(Clone, Copy)]
pub struct DeclaredKey {
    /// The name.
    pub name: &'static str,
    /// The default as JSON, or a description if it isn't a fixed value; [`REQUIRED`] if the key
    /// must be present.
    pub default: &'static str,
    /// What the key means, in Markdown, with links relative to `docs/configuration.md`.
    pub doc: &'static str,
    /// The comment after the key in a new file, preceded by a value if it differs from the default;
    /// empty if a new file does not contain the key.
    pub line: &'static [&'static str],
    /// How the JSON Schema describes the value.
    pub shape: fn() -> ValueShape,
}

/// The text shown as the default for a key that every rule must have.
pub const REQUIRED: &str = "(required)";

/// How the JSON Schema describes a value.
pub enum ValueShape {
    /// The value has these schema members, given as JSON.
    Json(String),
    /// The value is a table with these keys.
    Table(Vec<DeclaredKey>),
    /// The value is an array of tables with these keys, plus further schema members, given as JSON.
    Rules(Vec<DeclaredKey>, &'static str),
    /// The value is a table that maps names to tables with these keys.
    Named(Vec<DeclaredKey>),
}

/// A kind of value that is read into a `T`.
pub(super) trait ValueKind<T> {
    /// Reads a value.
    fn read(&self, value: &Value<'_>) -> Result<T, ConfigError>;

    /// Returns how the JSON Schema describes the values.
    fn shape(&self) -> ValueShape;
}

/// Returns a table's declared keys.
pub(super) fn declared<T: DeclaredTable>() -> Vec<DeclaredKey> {
    T::KEYS.iter().map(|(key, _)| *key).collect()
}

impl ConfigTable<'_> {
    /// Reads all values; refuses unknown keys.
    pub(super) fn read<T: DeclaredTable>(&self, into: &mut T) -> Result<(), ConfigError> {
        for (key, value) in self.table {
            let read = self.reader::<T>(key)?;
            read(into, &Value { text: self.text, value })?;
        }
        Ok(())
    }

    /// Refuses unknown keys without reading any values.
    pub(super) fn assert_known<T: DeclaredTable>(&self) -> Result<(), ConfigError> {
        self.table.keys().try_for_each(|key| self.reader::<T>(key).map(drop))
    }

    /// Returns the function that reads a key's value.
    fn reader<T: DeclaredTable>(
        &self,
        key: &Spanned<Cow<'_, str>>,
    ) -> Result<Reader<T>, ConfigError> {
        let name: &str = key.get_ref();
        let found = T::KEYS.iter().find(|(known, _)| known.name == name);
        found.map(|(_, read)| *read).ok_or_else(|| {
            let inside = match self.name {
                "" => String::new(),
                table => format!(" in [{table}]"),
            };
            let message = format!("unknown key '{}'{inside}", excerpt(name));
            let known: Vec<&str> = T::KEYS.iter().map(|(known, _)| known.name).collect();
            let error = place(self.text, key.span(), message);
            ConfigError { hint: Some(nearest(name, &known)), ..error }
        })
    }
}

/// Declares a table: a struct with a field for each key, and the code that reads the values. The
/// syntax is
///
/// ```text
/// /// Meaning.
/// "key" => pub field: Type = value, "default", KIND, line "value in a new file", "comment there";
/// ```
///
/// Without `= value`, the default is the type's own default. `checked by` names the function for
/// [`DeclaredTable::check`], and `and { … }` adds fields that have no key.
macro_rules! settings {
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident $(, checked by $check:ident)? {
            $(
                $(#[doc = $doc:literal])*
                $key:literal => $own:vis $field:ident: $of:ty $(= $value:expr)?,
                $default:expr, $kind:expr $(, line $($line:literal),+)?;
            )+
        }
        $(and { $($(#[$more_meta:meta])* $more_vis:vis $more:ident: $more_of:ty,)+ })?
    ) => {
        $(#[$meta])*
        $vis struct $name {
            $($(#[doc = $doc])* $own $field: $of,)+
            $($($(#[$more_meta])* $more_vis $more: $more_of,)+)?
        }

        impl Default for $name {
            fn default() -> Self {
                $name {
                    $($field: $crate::config::declared_table::settings!(@default $($value)?),)+
                    $($($more: Default::default(),)+)?
                }
            }
        }

        impl $crate::config::declared_table::DeclaredTable for $name {
            const KEYS: &'static $crate::config::declared_table::Keys<Self> = &[$((
                $crate::config::declared_table::DeclaredKey {
                    name: $key,
                    default: $default,
                    doc: concat!($($doc),*),
                    line: &[$($($line),+)?],
                    shape: || $crate::config::declared_table::ValueKind::<$of>::shape(&$kind),
                },
                |table, value| {
                    table.$field = $crate::config::declared_table::ValueKind::<$of>::read(&$kind, value)?;
                    Ok(())
                },
            )),+];

            fn check(
                &mut self,
                _table: &$crate::config::value::ConfigTable<'_>,
                _value: &$crate::config::value::Value<'_>,
            ) -> Result<(), $crate::config::ConfigError> {
                $($check(self, _table, _value)?;)?
                Ok(())
            }
        }
    };
    (@default $value:expr) => { $value };
    (@default) => { Default::default() };
}
pub(super) use settings;
