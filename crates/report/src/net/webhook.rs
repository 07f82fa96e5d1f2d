//! Delivers JSON documents to a webhook.

use std::ffi::{OsStr, OsString};
use std::time::{Duration, Instant};
use std::{fmt, path::Path, thread};

use hyper::http::uri::InvalidUri;
use hyper::{StatusCode, Uri};
use idhooks_repo::store::{StoreError, temporary_file};
use idhooks_repo::system::{ProgramOutput, SystemError, is_interrupted, run_program, run_unless};

/// The program that sends requests; idhooks itself does not support TLS.
const CURL: &str = "curl";
/// The maximum duration of one attempt, in seconds.
const ATTEMPT_TIMEOUT: u32 = 20;
/// How long to wait before the second attempt; the wait doubles for each further attempt.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// The maximum wait, even if the receiver asks for a longer one.
const MAX_PAUSE: Duration = Duration::from_secs(30);
/// How often a pause checks whether it is over.
const SLICE: Duration = Duration::from_millis(50);
/// The maximum size of a response, in bytes; the body is not read.
const MAX_RESPONSE: u32 = 64 * 1024;
const NULL_DEVICE: &str = if cfg!(windows) { "NUL" } else { "/dev/null" };

/// A URL to send documents to.
pub struct Webhook {
    uri: Uri,
    /// Whether the server is on this machine.
    is_local: bool,
    token: Option<String>,
}

/// The reason an address, or the token for it, cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum WebhookAddressError {
    /// The address is not a URL.
    #[error("it is not a valid URL")]
    Url(#[source] InvalidUri),
    /// The URL has an unsupported scheme, or no scheme.
    #[error("it must begin with https:// or http://")]
    Scheme,
    /// The connection is not encrypted, so others could read the token in transit.
    #[error("the token would be sent unencrypted")]
    Unencrypted,
    /// The token is not a valid HTTP header value.
    #[error("the token has characters that an HTTP header cannot hold")]
    Token,
}

/// The reason a document was not delivered.
#[derive(Debug)]
pub enum WebhookError {
    /// There is no curl on `PATH`.
    CurlMissing,
    /// curl cannot be run.
    Curl(SystemError),
    /// The document cannot be written to the temporary file that curl reads.
    Document(StoreError),
    /// The receiver did not accept the document.
    Rejected {
        /// The reason the last attempt failed.
        why: String,
        /// The number of attempts.
        attempts: u32,
    },
}

impl Webhook {
    /// Parses a webhook URL. The token is sent as `Authorization: Bearer`.
    ///
    /// # Errors
    /// Returns an error if the address is not an HTTP URL, or if the token would be sent
    /// unencrypted.
    pub fn new(address: &str, token: Option<String>) -> Result<Self, WebhookAddressError> {
        let uri: Uri = address.parse().map_err(WebhookAddressError::Url)?;
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
        let is_local = host == "localhost"
            || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
        match uri.scheme_str() {
            Some("https") => {}
            // A request to this machine is not sent over the network.
            Some("http") if token.is_none() || is_local => {}
            Some("http") => return Err(WebhookAddressError::Unencrypted),
            _ => return Err(WebhookAddressError::Scheme),
        }
        // A line break would start another header.
        let is_valid = |token: &String| token.bytes().all(|b| (b'!'..=b'~').contains(&b));
        if token.as_ref().is_some_and(|token| !is_valid(token)) {
            return Err(WebhookAddressError::Token);
        }
        Ok(Webhook { uri, is_local, token })
    }

    /// Returns the URL's server, without any parts of the URL that may be secret.
    pub fn server(&self) -> String {
        let port = self.uri.port().map(|port| format!(":{port}")).unwrap_or_default();
        let scheme = self.uri.scheme_str().unwrap_or_default();
        format!("{scheme}://{}{port}", self.uri.host().unwrap_or_default())
    }

    /// Returns whether curl is on `PATH`.
    pub fn has_curl() -> bool {
        // If curl exists but fails, the error is reported when a document is sent.
        !matches!(run_program(CURL, &["-q", "--version"], b""), Ok(None))
    }

    /// Sends a JSON document with curl, and retries up to `retries` times if the receiver cannot be
    /// reached or is overloaded. `delivery` is the same for each attempt, so that the receiver can
    /// recognize duplicates.
    ///
    /// # Errors
    /// Returns an error if curl is missing, or if the receiver does not accept the document.
    pub fn send(&self, json: &str, delivery: &str, retries: u32) -> Result<(), WebhookError> {
        let document = temporary_file(json.as_bytes()).map_err(WebhookError::Document)?;
        let mut pause = FIRST_PAUSE;
        let mut attempts = 1;
        loop {
            let (why, wait) = match self.try_once(&document, delivery)? {
                Attempt::Delivered => return Ok(()),
                Attempt::Refused(why) => (why, None),
                Attempt::Failed(why, asked) => (why, Some(asked.unwrap_or(pause))),
            };
            // A receiver may ask for a wait of several hours, which is too long for a command.
            match wait.filter(|_| attempts <= retries && !is_interrupted()) {
                Some(wait) => pause_for(wait.min(MAX_PAUSE)),
                None => return Err(WebhookError::Rejected { why, attempts }),
            }
            // An overloaded receiver needs more time after each attempt.
            pause *= 2;
            attempts += 1;
        }
    }

    fn try_once(&self, document: &Path, delivery: &str) -> Result<Attempt, WebhookError> {
        let mut data = OsString::from("@");
        data.push(document);
        // -q ignores the user's ~/.curlrc, and must be the first argument.
        let args = ["-q", "--config", "-", "--data-binary"].map(OsStr::new);
        let args: Vec<&OsStr> = args.into_iter().chain([data.as_os_str()]).collect();
        let (curl, input) = (Path::new(CURL), self.curl_options(delivery).into_bytes());
        match run_unless(curl, Path::new("."), &args, &[], input, &mut is_interrupted) {
            Ok(Some(output)) => Ok(Attempt::of(&output)),
            Ok(None) => Ok(Attempt::Refused("idhooks was asked to end".to_owned())),
            Err(error) if error.is_missing() => Err(WebhookError::CurlMissing),
            Err(error) => Err(WebhookError::Curl(error)),
        }
    }

    /// Returns curl's options in the form that it reads from standard input, so that other users
    /// cannot see the URL and the token.
    fn curl_options(&self, delivery: &str) -> String {
        let mut out = String::from("silent\ngloboff\npath-as-is\nsuppress-connect-headers\n");
        let mut option = |name: &str, value: &str| {
            let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            out.push_str(&format!("{name} = \"{value}\"\n"));
        };
        option("url", &self.uri.to_string());
        option("proto", "=https,http");
        // A redirect could send the token to another server.
        option("max-redirs", "0");
        option("max-time", &ATTEMPT_TIMEOUT.to_string());
        option("max-filesize", &MAX_RESPONSE.to_string());
        // A proxy would take `localhost` to mean its own machine.
        if self.is_local {
            option("noproxy", "*");
        }
        option("user-agent", concat!("idhooks/", env!("CARGO_PKG_VERSION")));
        option("header", "Content-Type: application/json");
        option("header", &format!("Idempotency-Key: {delivery}"));
        // Without this, curl asks the server for permission before sending a large document.
        option("header", "Expect:");
        if let Some(token) = &self.token {
            option("header", &format!("Authorization: Bearer {token}"));
        }
        // curl prints the response headers, followed by a line with the status.
        option("dump-header", "-");
        option("output", NULL_DEVICE);
        option("write-out", "\n%{http_code}");
        out
    }
}

/// Waits for `time`, or until this process is asked to terminate.
fn pause_for(time: Duration) {
    let begin = Instant::now();
    while begin.elapsed() < time && !is_interrupted() {
        thread::sleep((time - begin.elapsed().min(time)).min(SLICE));
    }
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A derived `Debug` implementation would reveal the token.
        f.debug_struct("Webhook").field("server", &self.server()).finish_non_exhaustive()
    }
}

/// The result of an attempt.
enum Attempt {
    Delivered,
    /// The request was refused, and would be refused again.
    Refused(String),
    /// The attempt failed, but a retry may succeed after the wait that the receiver asks for.
    Failed(String, Option<Duration>),
}

impl Attempt {
    fn of(output: &ProgramOutput) -> Self {
        let printed = String::from_utf8_lossy(&output.stdout);
        // The last line always comes from `write-out`, whatever the headers contain.
        let status =
            printed.lines().last().and_then(|code| StatusCode::from_bytes(code.as_bytes()).ok());
        // Once the status is known, it does not matter whether the whole body arrives.
        let Some(status) = status.filter(|status| !status.is_informational()) else {
            return Attempt::without_status(output.code);
        };
        let why = format!("it answered {status}");
        if status.is_success() {
            Attempt::Delivered
        // 408 and 429: the receiver was too slow, or is too busy. Both are temporary.
        } else if status.is_server_error() || [408, 429].contains(&status.as_u16()) {
            let mut headers = printed.lines().filter_map(|line| line.split_once(':'));
            let asked = headers.find(|(name, _)| name.eq_ignore_ascii_case("retry-after"));
            // A date instead of a number of seconds is ignored, so the usual pause applies.
            let asked = asked.and_then(|(_, seconds)| seconds.trim().parse().ok());
            Attempt::Failed(why, asked.map(Duration::from_secs))
        } else {
            Attempt::Refused(why)
        }
    }

    /// Returns the failure that corresponds to a curl exit code. curl's own messages may contain
    /// the URL.
    fn without_status(code: Option<i32>) -> Self {
        let why = match code {
            Some(1..=4) => {
                let why = "curl cannot use this URL: it is too old, or was built without HTTPS";
                return Attempt::Refused(why.to_owned());
            }
            Some(5 | 97) => "the proxy refused the connection",
            Some(6) => "there is no such server",
            Some(28) => "it did not answer in time",
            Some(35 | 51 | 53 | 54 | 58..=60 | 66 | 77 | 80 | 82 | 83 | 90 | 91) => {
                "its TLS certificate or encryption cannot be trusted"
            }
            _ => "the connection failed or was interrupted",
        };
        Attempt::Failed(why.to_owned(), None)
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
        let refusal = |address, token: &str| {
            let refused = Webhook::new(address, Some(token.to_owned())).expect_err("refused");
            refused.to_string()
        };
        let open = "http://hooks.example.com/";
        assert_eq!(refusal(open, "t0ken"), "the token would be sent unencrypted");
        assert_eq!(refusal("", "t0ken"), "it is not a valid URL");
        assert_eq!(refusal("ftp://a/b", "t0ken"), "it must begin with https:// or http://");
        let message = "the token has characters that an HTTP header cannot hold";
        assert_eq!(refusal("https://a/", "two\nlines"), message);
        assert!(Webhook::new("http://hooks.example.com/", None).is_ok());
        assert!(Webhook::new("http://127.0.0.1:1/", token()).is_ok());
        assert!(Webhook::new("http://[::1]:1/", token()).is_ok());
        for address in ["", "hooks.example.com", "ftp://a/b", "/path", "https://"] {
            assert!(Webhook::new(address, None).is_err(), "{address}");
        }
    }

    #[test]
    fn a_token_is_one_option_of_curl_whatever_its_characters() {
        let hook = Webhook::new("https://a/", Some(r#"a"\b"#.to_owned())).expect("a webhook");
        let options = hook.curl_options("1");
        assert!(options.contains("header = \"Authorization: Bearer a\\\"\\\\b\"\n"), "{options}");
        assert!(!options.contains("noproxy"));
    }

    #[test]
    fn only_the_status_decides_once_there_is_one() {
        let attempt = |printed: &str, code| {
            let (stdout, error) = (printed.as_bytes().to_vec(), String::new());
            let is_success = code == 0;
            match Attempt::of(&ProgramOutput { is_success, code: Some(code), stdout, error }) {
                Attempt::Delivered => "delivered".to_owned(),
                Attempt::Refused(why) => why,
                Attempt::Failed(why, wait) => format!("{why}, {wait:?}"),
            }
        };
        assert_eq!(attempt("HTTP/2 200\r\n\r\n\n200", 63), "delivered");
        assert_eq!(attempt("HTTP/1.1 302 Found\r\n\r\n\n302", 0), "it answered 302 Found");
        let busy = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503 x\r\nRETRY-after: 7\r\n\r\n\n503";
        assert_eq!(attempt(busy, 0), "it answered 503 Service Unavailable, Some(7s)");
        assert_eq!(attempt("\n000", 28), "it did not answer in time, None");
        let untrusted = "its TLS certificate or encryption cannot be trusted, None";
        assert_eq!(attempt("\n000", 60), untrusted);
        assert!(attempt("", 2).starts_with("curl cannot use this URL"));
    }
}
