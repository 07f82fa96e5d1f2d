//! Redirects for Apache: a map for `RewriteMap`, and the rules that use it.

use std::fmt::Write;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::form::RedirectStatus;
use super::{Destination, Redirect, RedirectTable};

/// The name of the map.
pub(super) const MAP: &str = "idhooks-redirects.map";
/// The name of the file that a server or a virtual host includes.
pub(super) const RULES: &str = "idhooks-redirects.conf";

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
pub(super) fn map(table: &RedirectTable, status: RedirectStatus) -> String {
    let mut text = String::new();
    for Redirect { from, to, is_id } in &table.redirects {
        let status = if *is_id { RedirectStatus::FOUND } else { status };
        let value = match to {
            Destination::Page(page) => format!("{}:{page}", status.number()),
            Destination::Gone(_) => GONE.to_owned(),
        };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{} {value}", escaped(from));
    }
    text
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
    let page = "\"${idhooks:${idhooks-escape:%{REQUEST_URI}}}\"";
    let rule = |status: u16| {
        format!(
            "RewriteCond {page} \"^{status}:(.+)$\"\n\
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
         RewriteCond {page} \"={GONE}\"\n\
         RewriteRule \"^\" \"-\" [G,L]\n\
         {}{former}",
        rule(found.number()),
    )
}
