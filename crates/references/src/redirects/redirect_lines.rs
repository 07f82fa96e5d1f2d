//! `_redirects`: a line for each redirect, as Netlify, Cloudflare Pages and GitLab Pages read it.

use std::fmt::Write;

use super::form::{FormRefusal, RedirectForm, RedirectStatus};
use super::redirect::{Destination, LeftOut, LeftOutReason};
use super::table::RedirectTable;
use crate::encoding::{AS_SENT, encode};

/// The name of the file.
pub(super) const NAME: &str = "_redirects";

/// What a host reads.
pub(super) struct Host {
    form: RedirectForm,
    /// The most lines.
    most_lines: usize,
    /// The most bytes.
    most_bytes: usize,
    /// The longest line in bytes.
    longest: usize,
    /// The statuses it knows.
    statuses: &'static [u16],
}

impl Host {
    /// Returns the limits of a host: those that Cloudflare Pages and, unless its administrator
    /// changed them, GitLab Pages document. Netlify documents none.
    pub(super) fn of(form: RedirectForm) -> Host {
        let netlify = Host {
            form,
            most_lines: usize::MAX,
            most_bytes: usize::MAX,
            longest: usize::MAX,
            statuses: &[301, 302],
        };
        match form {
            RedirectForm::Cloudflare => Host {
                most_lines: 2_000,
                longest: 1_000,
                statuses: &[301, 302, 303, 307, 308],
                ..netlify
            },
            RedirectForm::GitLab => Host { most_lines: 1_000, most_bytes: 64 << 10, ..netlify },
            _ => netlify,
        }
    }
}

/// The lines of a file.
pub(super) struct RedirectLines {
    pub(super) text: String,
    /// The redirects that a line cannot hold.
    pub(super) left_out: Vec<LeftOut>,
}

/// Returns a line for each redirect that leads to a page.
pub(super) fn lines(
    host: &Host,
    table: &RedirectTable,
    status: RedirectStatus,
) -> Result<RedirectLines, FormRefusal> {
    let form = host.form;
    if !host.statuses.contains(&status.number()) {
        return Err(FormRefusal::Status { form, status: status.number() });
    }
    let mut lines = RedirectLines { text: String::new(), left_out: Vec::new() };
    let mut count = 0;
    for redirect in &table.redirects {
        let (Destination::Page(to), from) = (&redirect.to, &redirect.from) else { continue };
        // In a rule, these stand for parts of any path.
        if from.contains(['*', ':']) {
            let (from, kind) = (from.clone(), redirect.kind);
            lines.left_out.push(LeftOut { from, kind, reason: LeftOutReason::Characters });
            continue;
        }
        let status = status.of(redirect.kind);
        let begin = lines.text.len();
        let sent = encode(from.as_bytes(), AS_SENT);
        // Writing to a string cannot fail.
        let _ = writeln!(lines.text, "{sent} {to} {}", status.number());
        let length = lines.text[begin..].trim_end().len();
        if length > host.longest {
            let (from, most) = (from.clone(), host.longest);
            return Err(FormRefusal::LongLine { form, from, length, most });
        }
        count += 1;
    }
    if count > host.most_lines {
        return Err(FormRefusal::TooMany { form, count, most: host.most_lines });
    }
    let bytes = lines.text.len();
    if bytes > host.most_bytes {
        return Err(FormRefusal::TooLong { form, bytes, most: host.most_bytes });
    }
    Ok(lines)
}
