//! Determines the format and the field by which a pair of identifiers is related.

use super::format::IdFormat;
use super::formats::{Formats, UnknownFormat};

/// Why it cannot be determined how a pair of identifiers is related.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PairError {
    /// No format has this name.
    #[error(transparent)]
    Unknown(#[from] UnknownFormat),
    /// No format derives a field.
    #[error("no format derives a field")]
    NoFormat,
    /// Several formats derive a field, and none was named.
    #[error("several formats derive a field")]
    SeveralFormats(Vec<String>),
    /// The format with this name derives no field.
    #[error("{0} derives no field")]
    NoField(String),
    /// The format derives several fields, and none was named.
    #[error("{format} derives several fields")]
    SeveralFields {
        /// The name of the format.
        format: String,
        /// The fields.
        fields: Vec<String>,
    },
    /// The format has no part and derives no field with this name.
    #[error("{format} has no part '{part}'")]
    NoPart {
        /// The name of the format.
        format: String,
        /// The name of the part.
        part: String,
        /// The format's parts and fields.
        known: Vec<String>,
    },
}

impl Formats {
    /// Returns the named format or, without a name, the only format that derives a field.
    ///
    /// # Errors
    /// Returns an error if the named format derives no field, or if none is named and several
    /// formats derive one.
    pub fn deriving(&self, name: Option<&str>) -> Result<&IdFormat, PairError> {
        if let Some(name) = name {
            let format = self.named(name)?;
            return match format.derives.is_empty() {
                true => Err(PairError::NoField(name.to_owned())),
                false => Ok(format),
            };
        }
        let found: Vec<&IdFormat> =
            self.all.iter().filter(|format| !format.derives.is_empty()).collect();
        match &found[..] {
            [format] => Ok(format),
            [] => Err(PairError::NoFormat),
            several => {
                let names = several.iter().map(|format| format.name.clone());
                Err(PairError::SeveralFormats(names.collect()))
            }
        }
    }
}

impl IdFormat {
    /// Returns the named part or field or, without a name, the format's only field.
    ///
    /// # Errors
    /// Returns an error if there is no such part or field, or if none is named and there are
    /// several fields.
    pub fn field<'a>(&'a self, name: Option<&'a str>) -> Result<&'a str, PairError> {
        let fields = || self.derives.iter().map(|(field, _)| field);
        match (name, &self.derives[..]) {
            (Some(name), _) => {
                let parts = self.parts().map(|part| &part.name);
                let known: Vec<String> = parts.chain(fields()).cloned().collect();
                match known.iter().any(|part| part == name) {
                    true => Ok(name),
                    false => {
                        let (format, part) = (self.name.clone(), name.to_owned());
                        Err(PairError::NoPart { format, part, known })
                    }
                }
            }
            (None, [(field, _)]) => Ok(field),
            (None, _) => {
                let (format, fields) = (self.name.clone(), fields().cloned().collect());
                Err(PairError::SeveralFields { format, fields })
            }
        }
    }
}
