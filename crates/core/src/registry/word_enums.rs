//! [`words!`](crate::words): enums whose values are words in machine-readable formats.

use serde::{Serialize, Serializer};

/// Serializes pairs as an object's members, in order.
///
/// # Errors
/// Returns an error if a value cannot be serialized.
pub fn in_order<V: Serialize, S: Serializer>(
    pairs: &[(&'static str, V)],
    to: S,
) -> Result<S::Ok, S::Error> {
    to.collect_map(pairs.iter().map(|(name, value)| (name, value)))
}

/// An enum whose values are words, as defined by [`words!`](crate::words).
pub trait Word: Copy + 'static {
    /// Every value, in order.
    const ALL: &'static [Self];

    /// Returns the word.
    fn word(self) -> &'static str;
}

/// Defines an enum and its words in a single table, from which `ALL`, `as_str`, `parse`, `Display`
/// and `Serialize` are generated. If a second name follows the enum's name, each word is followed
/// by another string, which is returned by the method of that name.
#[macro_export]
macro_rules! words {
    (
        $(#[$meta:meta])* $vis:vis enum $name:ident, $other:ident {
            $($(#[$doc:meta])* $variant:ident = $word:literal, $text:expr;)+
        }
    ) => {
        $crate::words! { $(#[$meta])* $vis enum $name { $($(#[$doc])* $variant = $word,)+ } }

        impl $name {
            #[doc = concat!("Returns the ", stringify!($other), ".")]
            $vis const fn $other(self) -> &'static str {
                match self {
                    $($name::$variant => $text,)+
                }
            }
        }
    };
    (
        $(#[$meta:meta])* $vis:vis enum $name:ident {
            $($(#[$doc:meta])* $variant:ident = $word:literal,)+
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $vis enum $name {
            $($(#[$doc])* $variant,)+
        }

        #[allow(dead_code, reason = "not every table is used in every direction")]
        impl $name {
            /// Every value, in order.
            $vis const ALL: [$name; [$($word),+].len()] = [$($name::$variant),+];

            /// Returns the word.
            $vis const fn as_str(self) -> &'static str {
                match self {
                    $($name::$variant => $word,)+
                }
            }

            /// Returns the value that this word stands for.
            $vis fn parse(word: &str) -> Option<Self> {
                Self::ALL.into_iter().find(|value| value.as_str() == word)
            }
        }

        impl $crate::registry::Word for $name {
            const ALL: &'static [Self] = &$name::ALL;

            fn word(self) -> &'static str {
                self.as_str()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                // `pad` respects a width, such as a table column's.
                f.pad(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(self.as_str())
            }
        }
    };
}

/// Implements `Serialize` for types by writing what `Display` formats.
#[macro_export]
macro_rules! serialize_as_text {
    ($($name:ty),+) => {
        $(impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        })+
    };
}
