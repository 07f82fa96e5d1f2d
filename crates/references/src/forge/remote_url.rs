//! [`RemoteUrl`]: the parts of a remote's URL that decide where its pages are.

use std::net::Ipv6Addr;

use gix_url::Scheme;

use super::no_forge::NoForge;
use crate::encoding::decode;

/// A URL of a server.
pub(super) struct RemoteUrl {
    /// The user in a URL of ssh.
    pub(super) user: Option<String>,
    /// The host, in lower case.
    pub(super) host: String,
    /// The port of the pages, if it is not the usual one. The port of another protocol says nothing
    /// about them.
    pub(super) web_port: Option<u16>,
    /// Whether it is a URL of the web.
    pub(super) is_web: bool,
    /// Whether the pages are not encrypted.
    pub(super) is_http: bool,
    /// The parts of the path, decoded, without `.git` at its end.
    pub(super) path: Vec<String>,
}

impl RemoteUrl {
    /// Parses a URL in any of git's forms.
    pub(super) fn parse(url: &str) -> Result<Self, NoForge> {
        // A query or fragment may contain a token, and U+FFFD replaces bytes that are not UTF-8.
        let is_odd = |c: char| c.is_control() || c.is_whitespace() || "?#\u{fffd}".contains(c);
        if url.contains(is_odd) {
            return Err(NoForge::Malformed);
        }
        let url = without_brackets(url).unwrap_or_else(|| url.to_owned());
        let url = gix_url::parse(url.as_bytes()).map_err(|_| NoForge::Malformed)?;
        let is_web = match url.scheme {
            Scheme::Http | Scheme::Https => true,
            Scheme::Ssh | Scheme::Git => false,
            _ => return Err(NoForge::NotOnServer),
        };
        let host = url.host.as_deref().unwrap_or_default().to_ascii_lowercase();
        // The parser takes the brackets off in URLs of ssh.
        let host = match host.parse::<Ipv6Addr>() {
            Ok(_) => format!("[{host}]"),
            Err(_) => host,
        };
        if !is_host(&host) {
            return Err(NoForge::Malformed);
        }
        let path = std::str::from_utf8(&url.path).map_err(|_| NoForge::Malformed)?;
        let path = path.trim_matches('/');
        let path = path.strip_suffix(".git").unwrap_or(path).trim_end_matches('/');
        let decoded = |part: &str| match is_web {
            // The parser has decoded it.
            true => Some(part.to_owned()),
            false => decode(part),
        };
        let part =
            |part: &str| decoded(part).filter(|part| is_part(part)).ok_or(NoForge::Malformed);
        let path: Vec<String> = path.split('/').map(part).collect::<Result<_, _>>()?;
        let is_http = url.scheme == Scheme::Http;
        let usual = if is_http { 80 } else { 443 };
        let web_port = url.port.filter(|port| is_web && *port != usual);
        let user = url.user().filter(|_| !is_web).map(str::to_owned);
        Ok(RemoteUrl { user, host, web_port, is_web, is_http, path })
    }
}

/// Returns the URL that git understands by `[user@host:port]:path` or `user@[host:port]:path`, where
/// the host may be an address of IPv6 without a port.
fn without_brackets(url: &str) -> Option<String> {
    let (user, rest) = match url.strip_prefix('[') {
        Some(rest) => ("", rest),
        None => url.split_once("@[")?,
    };
    let (place, path) = rest.split_once("]:")?;
    if user.contains([':', '/']) || place.contains(['/', '[']) {
        return None;
    }
    let user = if user.is_empty() { String::new() } else { format!("{user}@") };
    let place = match place.parse::<Ipv6Addr>() {
        Ok(_) => format!("[{place}]"),
        Err(_) => place.to_owned(),
    };
    Some(format!("ssh://{user}{place}/{}", path.trim_start_matches('/')))
}

/// Returns whether a text is the name or the address of a host, in a form that is safe in a link.
fn is_host(host: &str) -> bool {
    let is_address = host.strip_prefix('[').is_some_and(|rest| {
        let inside = rest.strip_suffix(']').unwrap_or_default();
        inside.parse::<Ipv6Addr>().is_ok()
    });
    let is_letter = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    is_address
        || (host.starts_with(|c: char| c.is_ascii_alphanumeric()) && host.chars().all(is_letter))
}

/// Returns whether a part of a path can be the name of something.
fn is_part(part: &str) -> bool {
    !matches!(part, "" | "." | "..") && !part.contains(|c: char| c.is_control() || c == '/')
}
