//! The names of codes, and the other columns of their table.

use std::fmt;

use crate::registry::TextError;

use super::{Code, Family, Severity};

impl Code {
    /// Returns the code's stable name.
    pub fn as_str(self) -> &'static str {
        self.row().name
    }

    /// Returns the default severity of findings with this code.
    pub fn severity(self) -> Severity {
        self.row().severity
    }

    /// Returns the code's family.
    pub fn family(self) -> Family {
        self.row().family
    }

    /// Returns whether the code means that the registry is unreadable, so that nothing else can be
    /// checked.
    pub fn is_of_unreadable(self) -> bool {
        matches!(self, Code::RegistryCorrupt | Code::MalformedId)
    }
}

impl std::str::FromStr for Code {
    type Err = TextError;

    /// Parses the name of a code, ignoring case.
    fn from_str(text: &str) -> Result<Self, TextError> {
        let same = |code: &Code| code.as_str().eq_ignore_ascii_case(text);
        Code::ALL.into_iter().find(same).ok_or_else(|| TextError::new(text, "a finding code"))
    }
}

crate::serialize_as_text!(Code);

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::CodeRow;

    #[test]
    fn codes_are_ordered_by_name() {
        let mut by_name = Code::ALL;
        by_name.sort_by_key(|code| code.as_str());
        assert_eq!(by_name, Code::ALL);
        for code in Code::ALL {
            assert_eq!(code.as_str().to_lowercase().parse(), Ok(code));
        }
    }

    #[test]
    fn every_code_is_explained_in_whole_sentences() {
        for code in Code::ALL {
            let CodeRow { meaning, why, example, remedy, .. } = code.row();
            assert!(!meaning.is_empty() && !meaning.ends_with('.'), "{code}");
            for paragraph in [why, example, remedy] {
                assert!(paragraph.ends_with('.') && !paragraph.contains("  "), "{code}");
            }
        }
    }
}
