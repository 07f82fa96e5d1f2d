//! [`OutputPattern`]: the path of a file that a generator writes, or a pattern for the paths of one
//! file per group of records.

use crate::registry::{RepoPath, TextError};

use super::own_files::is_own;
use super::record_field::RecordField;

/// The path of an output. A field in braces, as in `docs/{ns}/INDEX.md`, is replaced by its value,
/// so there is one output for each value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputPattern {
    text: String,
    parts: Vec<PatternPart>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum PatternPart {
    Literal(String),
    Value(RecordField),
}

/// Why a string cannot be an output pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum OutputPatternError {
    #[error("a '{{' without '}}'")]
    Unclosed,
    /// The braces contain something other than a field.
    #[error("'{{{0}}}' is not {{id}}, {{ns}}, {{type}}, {{status}} or {{metadata.<key>}}")]
    UnknownField(String),
    #[error("it has a character that no output may have")]
    Character,
    #[error("it is not a path inside the repository")]
    Outside,
    #[error("it is a file of idhooks itself")]
    OwnFile,
}

/// Why no output path can be built for a group of records.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OutputPathError {
    /// A value cannot be part of a path.
    #[error("'{value}', the value of '{field}', cannot be a part of a path")]
    Value {
        /// The value.
        value: String,
        /// The field that has this value.
        field: RecordField,
    },
    /// The result is not a valid path in the repository.
    #[error(transparent)]
    Path(#[from] TextError),
    /// The result is a file that only idhooks writes.
    #[error("'{0}' is a file of idhooks itself")]
    OwnFile(RepoPath),
}

impl OutputPattern {
    /// Parses a pattern.
    ///
    /// # Errors
    /// Returns the reason if the pattern does not name files in the repository that a generator may
    /// write.
    pub(super) fn parse(text: &str) -> Result<Self, OutputPatternError> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((literal, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').ok_or(OutputPatternError::Unclosed)?;
            let field = name.parse::<RecordField>().ok().filter(RecordField::fits_in_path);
            let field = field.ok_or_else(|| OutputPatternError::UnknownField(name.to_owned()))?;
            parts.extend([PatternPart::Literal(literal.to_owned()), PatternPart::Value(field)]);
            rest = after;
        }
        parts.push(PatternPart::Literal(rest.to_owned()));
        parts.retain(|part| *part != PatternPart::Literal(String::new()));
        let pattern = OutputPattern { text: text.to_owned(), parts };
        // The values are not known yet, so a letter takes the place of each field.
        let example = pattern.filled(|_| "x".to_owned());
        // On file systems that ignore case, `.GIT` is the same directory as `.git`.
        let is_git = |part: &str| part.eq_ignore_ascii_case(".git");
        if text.contains(char::is_control)
            || text.contains('\\')
            || text.contains('}') && pattern.is_plain()
        {
            return Err(OutputPatternError::Character);
        }
        if RepoPath::new(example.as_bytes()).is_err() || example.split('/').any(is_git) {
            return Err(OutputPatternError::Outside);
        }
        if is_own(example.as_bytes()) || example == ".idhooks" {
            return Err(OutputPatternError::OwnFile);
        }
        Ok(pattern)
    }

    /// Returns the pattern as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the fields whose values the path contains.
    pub fn fields(&self) -> impl Iterator<Item = &RecordField> {
        self.parts.iter().filter_map(|part| match part {
            PatternPart::Value(field) => Some(field),
            PatternPart::Literal(_) => None,
        })
    }

    /// Returns whether the pattern is a path without fields.
    pub fn is_plain(&self) -> bool {
        self.fields().next().is_none()
    }

    /// Returns the pattern with each field replaced by its value.
    fn filled(&self, value: impl Fn(&RecordField) -> String) -> String {
        let text = |part: &PatternPart| match part {
            PatternPart::Literal(text) => text.clone(),
            PatternPart::Value(field) => value(field),
        };
        self.parts.iter().map(text).collect()
    }

    /// Returns the output path for a group of records with these values.
    ///
    /// # Errors
    /// Returns the reason if a value cannot be part of a path.
    pub fn path(
        &self,
        value: impl Fn(&RecordField) -> String,
    ) -> Result<RepoPath, OutputPathError> {
        for field in self.fields() {
            let value = value(field);
            let is_bad = |c: char| c == '/' || c == '\\' || c.is_control();
            // A value such as `..` or `a/b` would change the directory that the path leads to.
            if value.is_empty() || value.starts_with('.') || value.contains(is_bad) {
                return Err(OutputPathError::Value { value, field: field.clone() });
            }
        }
        let path = RepoPath::new(self.filled(value).as_bytes())?;
        // Whether the path is one of idhooks' own files may depend on the values, so `parse` cannot
        // rule it out.
        if is_own(&path) { Err(OutputPathError::OwnFile(path)) } else { Ok(path) }
    }

    /// Returns whether a path may be one of the pattern's outputs.
    pub fn matches(&self, path: &[u8]) -> bool {
        matches_parts(&self.parts, path)
    }

    /// Returns whether some path may be an output of both patterns, or whether one pattern's output
    /// may be a directory that contains the other's.
    pub(super) fn overlaps(&self, other: &OutputPattern) -> bool {
        let is_below = |dir: &str, path: &str| {
            path.strip_prefix(dir).is_some_and(|rest| rest.starts_with('/'))
        };
        if self.is_plain() && other.is_plain() {
            let (own, others) = (&self.text, &other.text);
            return own == others || is_below(own, others) || is_below(others, own);
        }
        let [own, others] = [self, other].map(|one| one.filled(|_| "x".to_owned()));
        self.matches(others.as_bytes())
            || other.matches(own.as_bytes())
            || is_below(&own, &others)
            || is_below(&others, &own)
    }

    /// Returns the `.gitattributes` line that assigns the merge driver to the outputs.
    pub fn attributes_line(&self) -> String {
        let parts = self.parts.iter().map(|part| match part {
            PatternPart::Literal(text) => escaped(text),
            PatternPart::Value(_) => "*".to_owned(),
        });
        let glob = in_attributes(&parts.collect::<String>());
        format!("{glob} merge=idhooks-generated linguist-generated")
    }
}

/// Escapes all characters in part of a path that have a special meaning in globs.
fn escaped(text: &str) -> String {
    text.chars().flat_map(|c| "*?[!#".contains(c).then_some('\\').into_iter().chain([c])).collect()
}

/// Makes a glob relative to the root of the repository, as in `.gitattributes`.
fn in_attributes(glob: &str) -> String {
    match glob.contains([' ', '"']) {
        true => format!("\"/{}\"", glob.replace('\\', "\\\\").replace('"', "\\\"")),
        false => format!("/{glob}"),
    }
}

/// Returns the `.gitattributes` line that assigns the merge driver to the legacy file, and requires
/// LF on every system.
pub fn legacy_attributes(path: &RepoPath) -> String {
    let glob = in_attributes(&escaped(&path.to_string()));
    // git must not convert line endings in the file, because commits compare its bytes.
    format!(
        "{glob} merge=idhooks-legacy text eol=lf -filter -ident !working-tree-encoding linguist-generated"
    )
}

/// Returns whether these bytes can result from replacing each field with a non-empty value that
/// contains no `/`.
fn matches_parts(parts: &[PatternPart], bytes: &[u8]) -> bool {
    match parts.split_first() {
        None => bytes.is_empty(),
        Some((PatternPart::Literal(text), rest)) => {
            bytes.strip_prefix(text.as_bytes()).is_some_and(|bytes| matches_parts(rest, bytes))
        }
        Some((PatternPart::Value(_), rest)) => {
            let end = memchr::memchr(b'/', bytes).unwrap_or(bytes.len());
            // Nothing marks where a value ends, so every length is tried.
            (1..=end).any(|at| matches_parts(rest, &bytes[at..]))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> OutputPattern {
        OutputPattern::parse(text).expect("valid")
    }

    #[test]
    fn outputs_stay_inside_the_repository() {
        for text in [
            "",
            "/etc/passwd",
            "../x",
            "a/../b",
            "a/",
            ".git/x",
            "a/.GIT/x",
            "idhooks.toml",
            ".idhooks/registry.json",
            ".gitattributes",
            "a\nb",
            "a\\b",
            "a}b",
            "{x}/a",
            "{file_path}",
            "{ns",
            ".idhooks",
        ] {
            assert!(OutputPattern::parse(text).is_err(), "{text:?}");
        }
        let refusal = |text: &str| OutputPattern::parse(text).expect_err("refused").to_string();
        assert_eq!(refusal("{ns"), "a '{' without '}'");
        let known = "{id}, {ns}, {type}, {status} or {metadata.<key>}";
        assert_eq!(refusal("{x}/a"), format!("'{{x}}' is not {known}"));
        assert_eq!(refusal("a}b"), "it has a character that no output may have");
        let value = |text: &str| pattern("{status}/a").path(|_| text.to_owned());
        assert!(value("ok").is_ok());
        for text in ["", "..", ".git", "a/b", "a\nb", "\\"] {
            assert!(value(text).is_err(), "{text:?}");
        }
        let error = value("a/b").expect_err("two names");
        assert_eq!(error.to_string(), "'a/b', the value of 'status', cannot be a part of a path");
        let error = pattern("{status}.toml").path(|_| "idhooks".to_owned()).expect_err("refused");
        assert_eq!(error.to_string(), "'idhooks.toml' is a file of idhooks itself");
    }

    #[test]
    fn a_field_stands_for_a_part_of_a_name() {
        let one = pattern("docs/{ns}/INDEX-{metadata.team}.md");
        assert_eq!(
            one.fields().map(ToString::to_string).collect::<Vec<_>>(),
            ["ns", "metadata.team"]
        );
        assert!(one.matches(b"docs/100/INDEX-a.md") && !one.matches(b"docs/1/2/INDEX-a.md"));
        assert!(!one.matches(b"docs/100/INDEX-.md") && !one.matches(b"docs//INDEX-a.md"));
        let overlap = |one: &str, other: &str| pattern(one).overlaps(&pattern(other));
        assert!(overlap("a", "a") && overlap("a", "a/b") && overlap("{ns}/a", "x/a"));
        assert!(overlap("{ns}/a", "{type}/a") && overlap("a/b", "a"));
        assert!(!overlap("a", "ab") && !overlap("{ns}/a", "x/b"));
    }

    #[test]
    fn the_line_of_attributes_matches_every_output() {
        let end = " merge=idhooks-generated linguist-generated";
        for (text, glob) in [
            ("docs/INDEX.md", "/docs/INDEX.md"),
            ("a b/{ns}.md", "\"/a b/*.md\""),
            ("a*[x].md", "/a\\*\\[x].md"),
        ] {
            assert_eq!(pattern(text).attributes_line(), format!("{glob}{end}"));
        }
    }
}
