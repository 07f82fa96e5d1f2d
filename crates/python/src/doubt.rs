//! [`Doubt`]: why a name may not have its expected meaning.

use std::fmt;

/// Why a name cannot be used at a place, or may not be usable there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doubt {
    /// No statement binds the name.
    Undefined(String),
    /// The name may be unbound before this line.
    Unassigned(String, usize),
    /// This attribute may not exist on an instance of this class.
    Attribute(String, String),
    /// The attribute belongs to an object that is only available inside a method.
    NoMethod(String),
    /// A function that sees or changes all names is called in the scope, or anywhere in the file if
    /// it sees the module's names.
    Dynamic(String, &'static str),
    /// The place is in a type annotation, which may be evaluated later or never.
    Annotation,
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Doubt::Undefined(name) => write!(f, "'{name}' is not defined there"),
            Doubt::Unassigned(name, line) => {
                write!(f, "'{name}' is not certainly assigned before line {line}")
            }
            Doubt::Attribute(name, class) => {
                write!(f, "'{name}' is not certainly assigned in '{class}'")
            }
            Doubt::NoMethod(name) => write!(f, "'{name}' is only known in a method"),
            Doubt::Dynamic(name, function) => {
                write!(f, "'{function}()' is called, which may see or change '{name}'")
            }
            Doubt::Annotation => f.write_str("it is in a type, which may be evaluated later"),
        }
    }
}

impl std::error::Error for Doubt {}
