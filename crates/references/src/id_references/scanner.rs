//! [`ReferenceScanner`]: finds the references in a file, in all spellings that apply to it.

use std::ops::Range;
use std::sync::LazyLock;

use idhooks_core::config::{
    FrontMatterKey, Globs, Placeholder, ReferenceForm, ReferenceRules, ReferenceText,
};
use idhooks_core::embed;
use idhooks_core::registry::RepoPath;
use memchr::{memchr, memmem};

use super::IdReference;
use super::baseline_file::is_baseline;
use super::file_lines::{LineCounter, ignored_lines};
use super::front_matter::find_by_key;
use super::raw_reference::RawReference;
use super::spelled_text::SpelledText;

/// How many bytes git looks at to tell binary files from text.
pub(super) const BINARY_HEAD: usize = 8_000;

/// The spelling that counts in every file.
static OWN_SPELLING: LazyLock<ReferenceText> = LazyLock::new(|| ReferenceText {
    before: "idhooks:".to_owned(),
    placeholder: Placeholder::Id,
    after: String::new(),
});

/// Why a file is not searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unscannable {
    /// It is not text.
    Binary,
    /// It has more than 8 MiB.
    TooLarge,
    /// It is text in another encoding than UTF-8.
    NotUtf8,
}

/// Finds references in files.
pub struct ReferenceScanner<'r> {
    spellings: Vec<ReferenceSpelling<'r>>,
}

/// A spelling, and the files in which it counts.
struct ReferenceSpelling<'r> {
    path: Option<&'r Globs>,
    kind: SpellingKind<'r>,
}

enum SpellingKind<'r> {
    Text(Box<SpelledText<'r>>),
    Key(&'r FrontMatterKey),
}

impl<'r> ReferenceScanner<'r> {
    /// The largest file that is searched, in bytes.
    pub const LARGEST: usize = 8 << 20;

    /// Returns whether a file may have references, unless the rules add other spellings.
    pub fn may_refer(content: &[u8]) -> bool {
        SpellingKind::text(&OWN_SPELLING).may_be_in(content)
    }

    /// Prepares the search by these rules.
    pub fn new(rules: &'r ReferenceRules) -> Self {
        let own = SpellingKind::text(&OWN_SPELLING);
        let mut spellings = vec![ReferenceSpelling { path: None, kind: own }];
        spellings.extend(rules.forms.iter().filter_map(ReferenceSpelling::of));
        ReferenceScanner { spellings }
    }

    /// Returns the texts without which a file has no references.
    pub fn literals(&self) -> Vec<&'r str> {
        let mut literals: Vec<&str> = self.spellings.iter().map(|one| one.kind.literal()).collect();
        literals.sort_unstable();
        literals.dedup();
        literals
    }

    /// Returns the spellings that count in a file.
    pub fn forms_at(&self, path: &RepoPath) -> Vec<usize> {
        let applies =
            |form: &usize| self.spellings[*form].path.is_none_or(|globs| globs.matches(path));
        (0..self.spellings.len()).filter(applies).collect()
    }

    /// Returns how a spelling is written in the rules.
    pub fn form(&self, form: usize) -> String {
        match self.spellings.get(form).map(|spelling| &spelling.kind) {
            Some(SpellingKind::Text(text)) => text.to_string(),
            Some(SpellingKind::Key(key)) => key.as_str().to_owned(),
            None => String::new(),
        }
    }

    /// Finds the references in a file, in order.
    ///
    /// # Errors
    /// Returns the reason if the file may contain references, but cannot be searched.
    pub fn scan(&self, path: &RepoPath, content: &[u8]) -> Result<Vec<IdReference>, Unscannable> {
        let forms = self.forms_at(path);
        let may_refer = forms.iter().any(|form| self.spellings[*form].kind.may_be_in(content));
        if !may_refer || is_baseline(content) {
            return Ok(Vec::new());
        }
        let text = readable_text(content)?;
        let mut found = Vec::new();
        for form in forms {
            match &self.spellings[form].kind {
                SpellingKind::Text(spelled) => spelled.find(text, form, &mut found),
                SpellingKind::Key(key) => find_by_key(text, key.as_str(), form, &mut found),
            }
        }
        found.sort_by_key(|one| (one.range.start, one.form));
        let mut end = 0;
        found.retain(|one| {
            let is_first = one.range.start >= end;
            end = if is_first { one.range.end } else { end };
            is_first
        });
        retain_outside(&mut found, &own_marks(path, content));
        retain_outside(&mut found, &ignored_lines(text));
        Ok(placed(text, found))
    }
}

impl<'r> ReferenceSpelling<'r> {
    fn of(form: &'r ReferenceForm) -> Option<Self> {
        let kind = match (&form.text, &form.key) {
            (Some(text), _) => SpellingKind::text(text),
            (None, key) => SpellingKind::Key(key.as_ref()?),
        };
        Some(ReferenceSpelling { path: Some(&form.path), kind })
    }
}

impl<'r> SpellingKind<'r> {
    fn text(spelling: &'r ReferenceText) -> Self {
        SpellingKind::Text(Box::new(SpelledText::new(spelling)))
    }

    fn literal(&self) -> &'r str {
        match self {
            SpellingKind::Text(text) => text.literal(),
            SpellingKind::Key(key) => key.as_str(),
        }
    }

    fn may_be_in(&self, content: &[u8]) -> bool {
        match self {
            SpellingKind::Text(text) => text.is_in(content),
            SpellingKind::Key(key) => memmem::find(content, key.as_str().as_bytes()).is_some(),
        }
    }
}

/// Returns the text of a file.
///
/// # Errors
/// Returns the reason if it cannot be searched.
pub(super) fn readable_text(content: &[u8]) -> Result<&str, Unscannable> {
    if content.len() > ReferenceScanner::LARGEST {
        return Err(Unscannable::TooLarge);
    }
    if memchr(0, &content[..content.len().min(BINARY_HEAD)]).is_some() {
        return Err(Unscannable::Binary);
    }
    std::str::from_utf8(content).map_err(|_| Unscannable::NotUtf8)
}

/// Returns where a file has its own identity, in order.
fn own_marks(path: &RepoPath, content: &[u8]) -> Vec<Range<usize>> {
    embed::read_all(path, content).iter().map(embed::Mark::value_range).collect()
}

/// Keeps the references outside these ranges. Both must be in order.
fn retain_outside(found: &mut Vec<RawReference>, ranges: &[Range<usize>]) {
    let mut ranges = ranges.iter().peekable();
    found.retain(|one| {
        while ranges.next_if(|range| range.end <= one.range.start).is_some() {}
        ranges.peek().is_none_or(|range| one.range.end <= range.start)
    });
}

/// Adds the lines and columns to references in order.
fn placed(text: &str, found: Vec<RawReference>) -> Vec<IdReference> {
    let mut lines = LineCounter::new(text);
    let place = |one: RawReference| {
        let RawReference { range, target, section, stamp, form } = one;
        let [line, column] = lines.place(range.start);
        IdReference { range, line, column, target, section, stamp, form }
    };
    found.into_iter().map(place).collect()
}
