//! Redirects as pages, for hosts that only serve files.

use std::collections::BTreeMap;

use idhooks_core::registry::safe;

use super::form::{FormFiles, RedirectFile};
use super::redirect::{Destination, LeftOut, LeftOutReason, Redirect, Tombstone};

/// The name of the file that a host shows for a directory.
const INDEX: &str = "index.html";

/// Returns the pages of the redirects that are wanted, of a directory published at `base`.
pub(super) fn pages(
    redirects: &[Redirect],
    base: &str,
    is_wanted: impl Fn(&Redirect) -> bool,
) -> FormFiles {
    let mut found = FormFiles::default();
    let mut pages: BTreeMap<String, &Redirect> = BTreeMap::new();
    for redirect in redirects.iter().filter(|redirect| is_wanted(redirect)) {
        match file_name(&redirect.from, base) {
            // The page of a path with and without a slash is the same.
            Ok(path) => drop(pages.entry(path).or_insert(redirect)),
            Err(reason) => found.left_out.push(left_out(redirect, reason)),
        }
    }
    for (path, redirect) in &pages {
        // A file cannot be a directory as well.
        let mut above = path.match_indices('/').map(|(at, _)| &path[..at]);
        if above.any(|dir| pages.contains_key(dir)) {
            found.left_out.push(left_out(redirect, LeftOutReason::Blocked));
            continue;
        }
        let (path, text) = (path.clone(), redirect.to.to_page());
        found.files.push(RedirectFile { path, text, page_of: Some(redirect.kind) });
    }
    found
}

fn left_out(Redirect { from, kind, .. }: &Redirect, reason: LeftOutReason) -> LeftOut {
    LeftOut { from: from.clone(), kind: *kind, reason }
}

/// Returns whether a redirect leads nowhere.
pub(super) fn is_gone(redirect: &Redirect) -> bool {
    matches!(redirect.to, Destination::Gone(_))
}

/// Returns the file that a host shows for a path, if every system can have that file.
fn file_name(path: &str, base: &str) -> Result<String, LeftOutReason> {
    let below = path.strip_prefix(base.trim_end_matches('/')).and_then(|p| p.strip_prefix('/'));
    let name = below.ok_or(LeftOutReason::Outside)?;
    if name.contains('\\') {
        return Err(LeftOutReason::Characters);
    }
    Ok(match name.strip_suffix('/') {
        _ if name.is_empty() => INDEX.to_owned(),
        Some(dir) => format!("{dir}/{INDEX}"),
        None if name.ends_with(".html") || name.ends_with(".htm") => name.to_owned(),
        None => format!("{name}/{INDEX}"),
    })
}

impl Destination {
    /// Returns the page that leads there, or that says what is gone.
    pub fn to_page(&self) -> String {
        match self {
            Destination::Page(page) => {
                // A percent-encoded address needs no escaping, except for this one.
                let page = page.replace('&', "&amp;");
                document(
                    "Moved",
                    &format!(
                        "<meta http-equiv=\"refresh\" content=\"0; url={page}\">\n\
                     <link rel=\"canonical\" href=\"{page}\">\n"
                    ),
                    &format!("<p>This page is at <a href=\"{page}\">{page}</a>.</p>"),
                )
            }
            Destination::Gone(tombstone) => document("Gone", "", &epitaph(tombstone)),
        }
    }
}

fn document(title: &str, head: &str, body: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <title>{title}</title>\n<meta name=\"robots\" content=\"noindex\">\n{head}</head>\n\
         <body>\n{body}\n</body>\n</html>\n"
    )
}

/// Returns what is left to say about a file.
fn epitaph(Tombstone { id, is_retired, path }: &Tombstone) -> String {
    let what = match is_retired {
        true => "no longer exists",
        false => "is not published here",
    };
    let path = path.as_ref().map(|path| {
        let path = safe(&path.to_string()).to_string();
        let path = path.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        format!(" Its last path was <code>{path}</code>.")
    });
    format!("<p>The file with the identity {id} {what}.{}</p>", path.unwrap_or_default())
}
