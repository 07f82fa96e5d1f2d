//! [`Baseline`]: accepted findings, so that a check reports only new ones.
//!
//! A baseline is JSON, sorted, with one finding per line. It leaves out messages and help, so it
//! changes only when the findings do.

use std::collections::BTreeMap;

use idhooks_core::check::{Code, Drift, Finding, FindingReference, Related, Severity};
use idhooks_core::registry::json::{Members, Parser, write_string};
use idhooks_core::registry::{Json, JsonError, RepoPath, TextError, hex};

/// The version of the file format.
const VERSION: u32 = 1;

/// Accepted findings; the same finding may occur several times.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline {
    /// The findings without their messages and help, which may change from run to run, by what
    /// they are recognized by.
    known: BTreeMap<Finding, Vec<Finding>>,
}

/// Returns the parts of a finding that a baseline contains.
fn known(finding: &Finding) -> Finding {
    let related = finding.lasting_related().cloned().collect();
    let Finding { code, severity, path, id, reference, .. } = finding.clone();
    Finding { severity, path, id, related, reference, ..Finding::new(code, "", "") }
}

/// Returns the parts by which an accepted finding is recognized: a reference by the identities of
/// the files rather than by their paths, since a moved file makes no reference worse.
fn recognized_by(mut known: Finding) -> Finding {
    if known.code.row().drift == Drift::References {
        let has_id = |related: &&mut Related| related.id.is_some();
        known.related.iter_mut().filter(has_id).for_each(|related| related.path = None);
    }
    if known.reference.as_ref().is_some_and(|reference| reference.file_id.is_some()) {
        known.path = None;
    }
    known
}

impl Baseline {
    /// Returns a baseline that accepts these findings.
    pub fn of(findings: &[Finding]) -> Self {
        let mut baseline = Baseline::default();
        findings.iter().for_each(|finding| baseline.add(known(finding)));
        baseline
    }

    fn add(&mut self, known: Finding) {
        self.known.entry(recognized_by(known.clone())).or_default().push(known);
    }

    /// Returns whether the baseline accepts a finding. If so, removes the entry, since each entry
    /// hides only one finding.
    pub fn take(&mut self, finding: &Finding) -> bool {
        let known = known(finding);
        let Some(reference) = known.reference.clone() else { return self.take_known(known) };
        // The file may have had no identity when the baseline was written.
        let by_path = FindingReference { file_id: None, ..*reference };
        let by_path = Finding { reference: Some(Box::new(by_path)), ..known.clone() };
        // Earlier baselines lack the text. To refuse them would fail every check after an update,
        // so such an entry accepts any text until the baseline is written again.
        let without_text = Finding { reference: None, ..known.clone() };
        [known, by_path, without_text].into_iter().any(|known| self.take_known(known))
    }

    fn take_known(&mut self, known: Finding) -> bool {
        let key = recognized_by(known);
        let Some(entries) = self.known.get_mut(&key) else { return false };
        // One entry hides one finding; a second finding of the same kind is new.
        entries.pop();
        if entries.is_empty() {
            self.known.remove(&key);
        }
        true
    }

    /// Returns the accepted findings that have not been used up, sorted, without their messages and
    /// help.
    pub fn left(&self) -> impl Iterator<Item = &Finding> {
        let mut left: Vec<&Finding> = self.known.values().flatten().collect();
        left.sort();
        left.into_iter()
    }

    /// Returns the baseline as text.
    pub fn format(&self) -> String {
        let mut out = format!("{{\"version\":{VERSION},\"findings\":[");
        for (n, known) in self.left().enumerate() {
            out.push_str(if n > 0 { ",\n" } else { "\n" });
            write_known(&mut out, known);
        }
        out.push_str("\n]}\n");
        out
    }

    /// Parses a baseline; the JSON need not be in canonical form.
    ///
    /// # Errors
    /// Returns an error that names the line if the text is not UTF-8, not JSON or not a baseline.
    pub fn parse(bytes: &[u8]) -> Result<Self, JsonError> {
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let before = &bytes[..error.valid_up_to()];
            JsonError::after(before, "the file is not UTF-8 from here on")
        })?;
        // Editors on Windows write a byte order mark.
        let mut parser = Parser::new(text.strip_prefix('\u{feff}').unwrap_or(text));
        let (mut version, mut baseline) = (None, None);
        parser.object(|p, key| {
            match key {
                "version" => match p.whole_number()? {
                    VERSION => version = Some(()),
                    other => return Err(p.error(format!("unsupported baseline version {other}"))),
                },
                "findings" => {
                    let known = baseline.insert(Baseline::default());
                    p.array(|p| {
                        known.add(read_known(p)?);
                        Ok(())
                    })?;
                }
                _ => return Err(p.error(format!("unknown key \"{key}\" in a baseline"))),
            }
            Ok(())
        })?;
        let missing = |key: &str| parser.error(format!("the baseline lacks the key \"{key}\""));
        // The keys may come in any order, so missing ones are reported only at the end.
        version.ok_or_else(|| missing("version"))?;
        let baseline = baseline.ok_or_else(|| missing("findings"))?;
        parser.end()?;
        Ok(baseline)
    }
}

/// A finding in a baseline, or a place related to a finding; a place has no code, severity or
/// related places.
#[derive(Default)]
struct BaselineEntry {
    code: Option<Code>,
    severity: Option<Severity>,
    related: Vec<Related>,
    place: Related,
    /// The text of a reference.
    text: Option<String>,
    /// The identity of the file that it is in.
    file_id: Option<String>,
}

/// Reads an entry. A path is given as text, and also in hexadecimal if it is not UTF-8.
fn read_entry(p: &mut Parser<'_>, is_finding: bool) -> Result<BaselineEntry, JsonError> {
    let (mut entry, mut text, mut hex) = (BaselineEntry::default(), None, None);
    p.object(|p, key| {
        match key {
            "code" if is_finding => {
                let name = p.string("the name of a code")?;
                entry.code = Some(name.parse().map_err(|e: TextError| p.error(e.to_string()))?);
            }
            "severity" if is_finding => {
                let word = p.string("a severity")?;
                let unknown = || p.error(format!("'{word}' is not a severity"));
                entry.severity = Some(Severity::parse(&word).ok_or_else(unknown)?);
            }
            "related" if is_finding => p.array(|p| {
                entry.related.push(read_entry(p, false)?.place);
                Ok(())
            })?,
            "text" if is_finding => entry.text = optional(p)?,
            "file_id" if is_finding => entry.file_id = optional(p)?,
            "id" => entry.place.id = optional(p)?,
            "commit" if !is_finding => entry.place.commit = optional(p)?,
            "path" => text = optional(p)?,
            "path_hex" => hex = Some(p.string("a path in hexadecimal")?.into_owned()),
            _ => return Err(p.error(format!("unknown key \"{key}\" in a finding of a baseline"))),
        }
        Ok(())
    })?;
    // The bytes are exact; the text may only approximate the path.
    let bytes = match hex {
        Some(digits) => {
            let wrong = || p.error("path_hex is not lowercase hexadecimal");
            Some(hex::decode(&digits).ok_or_else(wrong)?)
        }
        None => text.map(String::into_bytes),
    };
    let path = bytes.map(RepoPath::new).transpose();
    entry.place.path = path.map_err(|error| p.error(error.to_string()))?;
    Ok(entry)
}

fn read_known(p: &mut Parser<'_>) -> Result<Finding, JsonError> {
    let BaselineEntry { code, severity, related, place, text, file_id } = read_entry(p, true)?;
    let Related { path, id, .. } = place;
    let missing = |key: &str| p.error(format!("the finding lacks the key \"{key}\""));
    let code = code.ok_or_else(|| missing("code"))?;
    let severity = severity.ok_or_else(|| missing("severity"))?;
    let reference = text.map(|text| Box::new(FindingReference { text, file_id }));
    Ok(Finding { severity, path, id, related, reference, ..Finding::new(code, "", "") })
}

fn optional(p: &mut Parser<'_>) -> Result<Option<String>, JsonError> {
    match p.value()? {
        Json::Null => Ok(None),
        Json::String(text) => Ok(Some(text)),
        _ => Err(p.error("expected a string or null")),
    }
}

fn write_known(out: &mut String, known: &Finding) {
    out.push('{');
    let mut members = Members::new(out);
    members.string("code", known.code.as_str());
    members.string("severity", known.severity.as_str());
    write_path(&mut members, known.path.as_ref());
    write_optional(members.key("id"), known.id.as_deref());
    if let Some(FindingReference { text, file_id }) = known.reference.as_deref() {
        members.string("text", text);
        write_optional(members.key("file_id"), file_id.as_deref());
    }
    let out = members.key("related");
    out.push('[');
    for (n, related) in known.related.iter().enumerate() {
        out.push_str(if n > 0 { ",{" } else { "{" });
        let mut members = Members::new(out);
        write_path(&mut members, related.path.as_ref());
        write_optional(members.key("id"), related.id.as_deref());
        write_optional(members.key("commit"), related.commit.as_deref());
        out.push('}');
    }
    out.push_str("]}");
}

fn write_path(members: &mut Members<'_>, path: Option<&RepoPath>) {
    write_optional(members.key("path"), path.map(ToString::to_string).as_deref());
    // Such a path cannot be written exactly as text, so its bytes are written as well.
    if let Some(path) = path.filter(|path| path.as_str().is_none()) {
        members.string("path_hex", &hex::encode(path.as_bytes()));
    }
}

fn write_optional(out: &mut String, text: Option<&str>) {
    match text {
        Some(text) => write_string(out, text),
        None => out.push_str("null"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings() -> Vec<Finding> {
        let path = |bytes: &[u8]| RepoPath::new(bytes).expect("a path");
        let missing = Finding::new(Code::MissingId, "m", "h");
        let mut stale = Finding::new(Code::StalePath, "m", "h")
            .at(&path(b"\xff\n\""))
            .related_to(Some(&path(b"\xfe")), None);
        stale.id = Some("0".to_owned());
        stale.related[0].commit = Some("c".to_owned());
        vec![missing.clone().at(&path(b"a")), missing.at(&path(b"b")), stale]
    }

    #[test]
    fn formatted_baselines_parse_and_each_entry_is_taken_once() {
        let all = findings();
        let text = Baseline::of(&all).format();
        assert_eq!(text.lines().count(), 2 + all.len(), "{text}");
        let mut read = Baseline::parse(text.as_bytes()).expect("a baseline");
        assert_eq!(read, Baseline::of(&all));
        assert_eq!(read.format(), text);
        assert!(read.take(&all[0]) && !read.take(&all[0]) && read.take(&all[2]));
        let left: Vec<String> = read.left().map(Finding::label).collect();
        assert_eq!(left, ["MISSING_ID 'b'"]);
        let other_words = Finding { message: "other".to_owned(), ..all[1].clone() };
        assert!(read.take(&other_words));
        let empty = Baseline::default().format();
        assert_eq!(empty, "{\"version\":1,\"findings\":[\n]}\n");
        assert_eq!(Baseline::parse(empty.as_bytes()), Ok(Baseline::default()));
    }

    #[test]
    fn errors_name_the_line() {
        let text = Baseline::of(&findings()).format();
        let line = |text: &[u8]| Baseline::parse(text).expect_err("damaged").line;
        let change = |from: &str, to: &str| line(text.replacen(from, to, 1).as_bytes());
        assert_eq!(change("\n]}", ",\n]}"), 5);
        assert_eq!(change("\"version\":1", "\"version\":2"), 1);
        assert_eq!(change("STALE_PATH", "STALE"), 4);
        assert_eq!(change("\"a\"", "\"/a\""), 2);
        assert_eq!(change("\"a\"", "7"), 2);
        assert_eq!(change("ff0a22", "FF"), 4);
        assert_eq!(change("\"error\"", "\"fatal\""), 2);
        assert_eq!(change("\"severity\":\"error\",", ""), 2);
        assert_eq!(change("\"related\"", "\"relatde\""), 2);
        assert_eq!(change("{\"code\"", "<<<<<<< HEAD\n{\"code\""), 2);
        assert_eq!(line(b""), 1);
        assert_eq!(line(b"[]"), 1);
        assert_eq!(line(b"{\n\"findings\":[]}"), 2);
        assert_eq!(line(b"{\"version\":1,\n\xff"), 2);
    }
}
