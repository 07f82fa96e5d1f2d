//! Redirects as pages, for hosts that only serve files.

use std::collections::BTreeSet;

use idhooks_core::registry::safe;

use super::form::{FormFiles, RedirectFile};
use super::{Destination, Redirect, Tombstone};

/// The name of the file that a host shows for a directory.
const INDEX: &str = "index.html";

/// Returns the pages of the redirects that are wanted, of a directory published at `base`.
pub(super) fn pages(
    redirects: &[Redirect],
    base: &str,
    is_wanted: impl Fn(&Redirect) -> bool,
) -> FormFiles {
    let base = base.trim_end_matches('/');
    let mut found = FormFiles::default();
    let mut names: BTreeSet<String> = BTreeSet::new();
    for redirect in redirects.iter().filter(|redirect| is_wanted(redirect)) {
        let name = redirect.from.strip_prefix(base).and_then(file_name);
        // A file cannot be a directory as well.
        let is_free = |name: &&String| {
            let mut above = name.match_indices('/').map(|(at, _)| &name[..at]);
            !above.any(|dir| names.contains(dir))
        };
        let Some(path) = name.filter(|name| is_free(&name)) else {
            found.unwritable += 1;
            continue;
        };
        let text = redirect.to.to_page();
        names.insert(path.clone());
        found.files.push(RedirectFile { path, text, is_page: true });
    }
    found.files.sort_by(|a, b| a.path.cmp(&b.path));
    let is_below = |file: &RedirectFile| {
        let below = format!("{}/", file.path);
        names.range(below.clone()..).next().is_some_and(|next| next.starts_with(&below))
    };
    let before = found.files.len();
    found.files.retain(|file| !is_below(file));
    found.unwritable += before - found.files.len();
    found
}

/// Returns whether a redirect leads nowhere.
pub(super) fn is_gone(redirect: &Redirect) -> bool {
    matches!(redirect.to, Destination::Gone(_))
}

/// Returns the file that a host shows for a path; `None` if not every system can have that file.
fn file_name(path: &str) -> Option<String> {
    let name = path.strip_prefix('/').filter(|name| !name.contains('\\'))?;
    Some(match name.strip_suffix('/') {
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
