//! Delivers JSON documents to a webhook.

use std::fmt;
use std::thread;
use std::time::Duration;

use hyper::Uri;
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Error};

/// How long one attempt may take.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(20);
/// How long to wait before the second attempt; twice as long before each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// The longest wait, whatever the receiver asks for.
const MAX_PAUSE: Duration = Duration::from_secs(30);

/// A URL that documents are sent to.
pub struct Webhook {
    uri: Uri,
    token: Option<String>,
}

/// Why a document was not delivered. Only the server of the URL is named, as the rest may be
/// secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookError {
    /// The server.
    pub server: String,
    /// Why the last attempt failed.
    pub why: String,
    /// The number of attempts.
    pub attempts: u32,
}

impl Webhook {
    /// Parses the URL of a webhook. The token is sent as `Authorization: Bearer`.
    ///
    /// # Errors
    /// Returns a message if the address is not an HTTP URL, or if the token would be sent
    /// unencrypted.
    pub fn new(address: &str, token: Option<String>) -> Result<Self, String> {
        let uri: Uri = address.parse().map_err(|_| "it is not a valid URL".to_owned())?;
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
        let is_local = host == "localhost"
            || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
        match uri.scheme_str() {
            Some("https") => {}
            Some("http") if token.is_none() || is_local => {}
            Some("http") => return Err("the token would be sent unencrypted".to_owned()),
            _ => return Err("it must begin with https:// or http://".to_owned()),
        }
        let is_valid = |token: &String| token.bytes().all(|b| (b'!'..=b'~').contains(&b));
        if token.as_ref().is_some_and(|token| !is_valid(token)) {
            return Err("the token has characters that an HTTP header cannot hold".to_owned());
        }
        Ok(Webhook { uri, token })
    }

    /// Returns the server, without the parts of the URL that may be secret.
    pub fn server(&self) -> String {
        let port = self.uri.port().map(|port| format!(":{port}")).unwrap_or_default();
        let scheme = self.uri.scheme_str().unwrap_or_default();
        format!("{scheme}://{}{port}", self.uri.host().unwrap_or_default())
    }

    /// Sends a JSON document, and retries up to `retries` times if the receiver cannot be reached
    /// or is overloaded. `delivery` is the same in each attempt, so that the receiver can recognize
    /// duplicates.
    ///
    /// # Errors
    /// Returns an error if the receiver did not accept the document.
    pub fn send(&self, json: &str, delivery: &str, retries: u32) -> Result<(), WebhookError> {
        let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
        let config = Agent::config_builder()
            .tls_config(tls)
            .timeout_global(Some(ATTEMPT_TIMEOUT))
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .user_agent(concat!("idhooks/", env!("CARGO_PKG_VERSION")));
        let agent = config.build().new_agent();
        let mut pause = FIRST_PAUSE;
        let mut attempts = 1;
        loop {
            let (why, wait) = match self.try_once(&agent, json, delivery) {
                Attempt::Delivered => return Ok(()),
                Attempt::Refused(why) => (why, None),
                Attempt::Failed(why, asked) => (why, Some(asked.unwrap_or(pause))),
            };
            match wait.filter(|_| attempts <= retries) {
                Some(wait) => thread::sleep(wait.min(MAX_PAUSE)),
                None => return Err(WebhookError { server: self.server(), why, attempts }),
            }
            pause *= 2;
            attempts += 1;
        }
    }

    fn try_once(&self, agent: &Agent, json: &str, delivery: &str) -> Attempt {
        let mut request = agent
            .post(self.uri.clone())
            .content_type("application/json")
            .header("Idempotency-Key", delivery);
        if let Some(token) = &self.token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        let response = match request.send(json) {
            Ok(response) => response,
            // Use our own words: those of the library may contain the URL.
            Err(error) => return Attempt::Failed(reason(&error).to_owned(), None),
        };
        let status = response.status();
        let why = format!("it answered {status}");
        if status.is_success() {
            return Attempt::Delivered;
        }
        if status.is_server_error() || [408, 429].contains(&status.as_u16()) {
            let asked = response.headers().get("retry-after").and_then(|value| value.to_str().ok());
            let asked = asked.and_then(|seconds| seconds.parse().ok()).map(Duration::from_secs);
            return Attempt::Failed(why, asked);
        }
        Attempt::Refused(why)
    }
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook").field("server", &self.server()).finish_non_exhaustive()
    }
}

/// The result of an attempt.
enum Attempt {
    Delivered,
    /// A retry would be refused, too.
    Refused(String),
    /// A retry may succeed, after the time that the receiver asks for.
    Failed(String, Option<Duration>),
}

fn reason(error: &Error) -> &'static str {
    match error {
        Error::HostNotFound => "there is no such server",
        Error::Timeout(_) => "it did not answer in time",
        Error::Tls(_) | Error::Rustls(_) | Error::Pem(_) | Error::TlsRequired => {
            "its TLS certificate or encryption cannot be trusted"
        }
        Error::InvalidProxyUrl | Error::ConnectProxyFailed(_) => "the proxy refused the connection",
        _ => "the connection failed or was interrupted",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_shown_and_not_sent_in_the_clear() {
        let token = || Some("t0ken".to_owned());
        let hook = Webhook::new("https://u:pw@hooks.example.com:8443/s3cret?k=v", token());
        let hook = hook.expect("a webhook");
        assert_eq!(hook.server(), "https://hooks.example.com:8443");
        let shown = format!("{hook:?}");
        assert!(!["t0ken", "s3cret", "pw", "k=v"].iter().any(|secret| shown.contains(secret)));
        assert!(Webhook::new("http://hooks.example.com/", token()).is_err());
        assert!(Webhook::new("http://hooks.example.com/", None).is_ok());
        assert!(Webhook::new("http://127.0.0.1:1/", token()).is_ok());
        assert!(Webhook::new("http://[::1]:1/", token()).is_ok());
        for address in ["", "hooks.example.com", "ftp://a/b", "/path", "https://"] {
            assert!(Webhook::new(address, None).is_err(), "{address}");
        }
        assert!(Webhook::new("https://a/", Some("two\nlines".to_owned())).is_err());
    }
}
