//! Redirects for Apache: a map for `RewriteMap`, and the rules that use it.

use std::collections::HashSet;
use std::fmt::Write;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::form::{FormRefusal, RedirectForm, RedirectStatus, without_slash};
use super::redirect::{Destination, Redirect};
use super::table::RedirectTable;

/// The name of the map.
pub(super) const MAP: &str = "idhooks-redirects.map";
/// The name of the file that a server or a virtual host includes.
pub(super) const RULES: &str = "idhooks-redirects.conf";

/// The longest line that Apache reads, in bytes.
const LONGEST: usize = 1_023;

/// The value of a path that leads nowhere.
const GONE: &str = "gone";

/// The bytes that Apache's `int:escape` encodes in a path.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'$')
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'+')
    .remove(b'!')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b',')
    .remove(b':')
    .remove(b';')
    .remove(b'@')
    .remove(b'&')
    .remove(b'=')
    .remove(b'/')
    .remove(b'~');

/// Returns a line for each path: the path, escaped because a blank ends it, and the status and the
/// page.
///
/// # Errors
/// Returns an error if a line is longer than Apache reads.
pub(super) fn map(table: &RedirectTable, status: RedirectStatus) -> Result<String, FormRefusal> {
    let mut text = String::new();
    let mut known = HashSet::new();
    for Redirect { from, to, kind } in &table.redirects {
        let status = status.of(*kind);
        let from = without_slash(from);
        // The same page with and without a slash leads to one file.
        if !known.insert(from) {
            continue;
        }
        let value = match to {
            Destination::Page(page) => format!("{}:{page}", status.number()),
            Destination::Gone(_) => GONE.to_owned(),
        };
        let begin = text.len();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{} {value}", escaped(from));
        let length = text.len() - begin;
        if length > LONGEST {
            let (form, from) = (RedirectForm::Apache, from.to_owned());
            return Err(FormRefusal::LongLine { form, from, length, most: LONGEST });
        }
    }
    Ok(text)
}

/// Escapes a path as Apache does, with lower-case digits.
fn escaped(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for piece in utf8_percent_encode(path, ESCAPED) {
        match piece.starts_with('%') {
            true => out.push_str(&piece.to_ascii_lowercase()),
            false => out.push_str(piece),
        }
    }
    out
}

/// Returns the rules that use the map.
pub(super) fn rules(status: RedirectStatus) -> String {
    // The condition before has the path without a slash at its end.
    let page = "\"${idhooks:${idhooks-escape:%1}}\"";
    let path = "RewriteCond \"%{REQUEST_URI}\" \"^(/|.*[^/])/?$\"";
    let rule = |status: u16| {
        format!(
            "{path}\n\
             RewriteCond {page} \"^{status}:(.+)$\"\n\
             RewriteRule \"^\" \"%1\" [R={status},L,NE,QSD]\n"
        )
    };
    let found = RedirectStatus::FOUND;
    let former = if status == found { String::new() } else { rule(status.number()) };
    format!(
        "# Include this in a virtual host. Before it, say where the map is:\n\
         #   Define IDHOOKS_REDIRECTS \"txt:/etc/apache2/{MAP}\"\n\
         # A large map is found faster in the form that httxt2dbm makes of it: \"dbm:...\".\n\
         RewriteEngine On\n\
         RewriteMap idhooks \"${{IDHOOKS_REDIRECTS}}\"\n\
         RewriteMap idhooks-escape \"int:escape\"\n\
         {path}\n\
         RewriteCond {page} \"={GONE}\"\n\
         RewriteRule \"^\" \"-\" [G,L]\n\
         {}{former}",
        rule(found.number()),
    )
}
