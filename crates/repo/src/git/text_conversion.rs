//! [`TextConversion`]: what git does to a text file before it stores it.
//!
//! git would run the filters of other programs, so the rest is done here, by the rules of git's
//! `convert.c`.

use std::collections::HashMap;

use idhooks_core::registry::RepoPath;

use super::{GitError, Repo};

/// The attributes that decide about a conversion, as `git check-attr` is asked for them.
const ATTRIBUTES: [&str; 6] = ["text", "crlf", "eol", "ident", "filter", "working-tree-encoding"];

/// What git does to the text of a file before it stores it. An encoding is no part of it: in memory,
/// text has none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TextConversion {
    line_ends: LineEndConversion,
    /// Whether the text of `$Id: …$` is left out.
    has_ident: bool,
    /// The name of the filter through which git runs the file.
    pub filter: Option<String>,
    /// The encoding that the file has in the working tree, if it is not that of the text.
    pub encoding: Option<String>,
}

/// What becomes of the CRLFs of a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum LineEndConversion {
    /// They stay.
    #[default]
    None,
    /// They become LFs.
    Text,
    /// They become LFs if the file is text, and the file in the index has none.
    Auto,
}

impl Repo {
    /// Returns what git does to a file before it stores it.
    ///
    /// # Errors
    /// Returns an error if git cannot read the attributes.
    pub fn text_conversion(&self, path: &RepoPath) -> Result<TextConversion, GitError> {
        let args = ["check-attr", "-z", "--stdin"].into_iter().chain(ATTRIBUTES);
        let args: Vec<&str> = args.collect();
        let names = [path.as_bytes(), b"\0"].concat();
        let answer = self.git().run_with(&args, &names)?;
        let fields: Vec<&[u8]> = answer.split(|byte| *byte == 0).collect();
        let value = |name: &str| {
            let known = fields.chunks(3).find(|row| row.get(1) == Some(&name.as_bytes()));
            let value = known.and_then(|row| row.get(2)).copied().unwrap_or(b"unspecified");
            String::from_utf8_lossy(value).into_owned()
        };
        let is_named = |value: &String| !matches!(value.as_str(), "set" | "unset" | "unspecified");
        let settings = self.conversion_settings();
        let setting = |key: &str| settings.get(key).map(String::as_str);
        // Without a command for it, a filter does nothing.
        let is_defined = |name: &String| {
            let key = |part: &str| setting(&format!("filter.{name}.{part}"));
            key("clean").or_else(|| key("process")).is_some_and(|command| !command.is_empty())
        };
        let autocrlf = setting("core.autocrlf").map(str::to_lowercase);
        let converts_all =
            autocrlf.is_some_and(|value| ["true", "yes", "on", "1", "input"].contains(&&*value));
        let attributes = [value("text"), value("crlf")];
        Ok(TextConversion {
            line_ends: LineEndConversion::of(&attributes, &value("eol"), converts_all),
            has_ident: value("ident") == "set",
            filter: Some(value("filter")).filter(is_named).filter(is_defined),
            encoding: Some(value("working-tree-encoding")).filter(is_named),
        })
    }

    /// Returns the settings that decide about conversions, as they are now: an editor may run for
    /// days after this repository was opened.
    fn conversion_settings(&self) -> HashMap<String, String> {
        let wanted = "^(core\\.autocrlf|filter\\..*\\.(clean|process))$";
        let listed = self.git().run(&["config", "-z", "--get-regexp", wanted]);
        // git exits with 1 if there is none.
        let listed = listed.unwrap_or_default();
        let lines = listed.split(|byte| *byte == 0).filter(|line| !line.is_empty());
        let setting = |line: &[u8]| {
            let line = String::from_utf8_lossy(line).into_owned();
            // A key without a value is true.
            let (key, value) = line.split_once('\n').unwrap_or((&line, "true"));
            (key.to_owned(), value.to_owned())
        };
        lines.map(setting).collect()
    }
}

impl LineEndConversion {
    fn of(attributes: &[String], eol: &str, converts_all: bool) -> Self {
        let known = attributes.iter().find_map(|value| match value.as_str() {
            "set" | "input" => Some(LineEndConversion::Text),
            "unset" => Some(LineEndConversion::None),
            "auto" => Some(LineEndConversion::Auto),
            _ => None,
        });
        match known {
            Some(known) => known,
            None if matches!(eol, "lf" | "crlf") => LineEndConversion::Text,
            None if converts_all => LineEndConversion::Auto,
            None => LineEndConversion::None,
        }
    }
}

impl TextConversion {
    /// Returns a text as git stores it, without the work of a filter. `read_staged` returns the
    /// file's content in the index.
    pub fn to_git(&self, text: Vec<u8>, read_staged: &dyn Fn() -> Option<Vec<u8>>) -> Vec<u8> {
        let has_crlf = |text: &[u8]| text.windows(2).any(|pair| pair == b"\r\n");
        let removes = match self.line_ends {
            LineEndConversion::None => false,
            LineEndConversion::Text => has_crlf(&text),
            LineEndConversion::Auto => {
                has_crlf(&text)
                    && !is_binary(&text)
                    && !read_staged().is_some_and(|staged| has_crlf(&staged) && !is_binary(&staged))
            }
        };
        let text = if removes { without_crlf(&text) } else { text };
        if self.has_ident { without_ident(&text) } else { text }
    }
}

/// Returns whether git takes a content for binary when it converts line ends.
fn is_binary(content: &[u8]) -> bool {
    let (mut printable, mut others) = (0_usize, 0_usize);
    let mut bytes = content.iter().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\r' if bytes.next_if(|next| **next == b'\n').is_some() => {}
            b'\r' | 0 => return true,
            b'\n' => {}
            8 | b'\t' | 12 | 27 => printable += 1,
            1..32 | 127 => others += 1,
            _ => printable += 1,
        }
    }
    // The end mark of DOS.
    if content.last() == Some(&26) {
        others -= 1;
    }
    (printable >> 7) < others
}

fn without_crlf(text: &[u8]) -> Vec<u8> {
    let next = |at: usize| text.get(at + 1).copied();
    let kept = text.iter().enumerate();
    let kept = kept.filter(|(at, byte)| !(**byte == b'\r' && next(*at) == Some(b'\n')));
    kept.map(|(_, byte)| *byte).collect()
}

/// Replaces `$Id: …$` by `$Id$`.
fn without_ident(text: &[u8]) -> Vec<u8> {
    let (mut kept, mut rest) = (Vec::with_capacity(text.len()), text);
    while let Some(dollar) = rest.iter().position(|byte| *byte == b'$') {
        let (before, after) = rest.split_at(dollar + 1);
        kept.extend_from_slice(before);
        rest = after;
        let Some(value) = after.strip_prefix(b"Id:") else { continue };
        let Some(end) = value.iter().position(|byte| *byte == b'$') else { break };
        if !value[..end].contains(&b'\n') {
            kept.extend_from_slice(b"Id$");
            rest = &value[end + 1..];
        }
    }
    kept.extend_from_slice(rest);
    kept
}
