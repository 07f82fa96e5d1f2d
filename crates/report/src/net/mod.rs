//! HTTP: webhooks, and a server for browsers, metrics collectors and programs on this machine.
//!
//! The server has one thread and answers requests one at a time. A connection that stays open
//! without sending a request is closed after half a minute, and does not hold up other requests.

mod webhook;

use std::net::{IpAddr, SocketAddr, TcpListener};
use std::{
    cell::RefCell, convert::Infallible, future::poll_fn, io, pin::Pin, rc::Rc, time::Duration,
};

use hyper::body::{Body, Incoming};
use hyper::header::{
    ACCEPT, ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, HeaderName,
    HeaderValue, LOCATION, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use hyper::server::conn::http1;
use hyper::{Method, Request, Response, StatusCode, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};

pub use webhook::{Webhook, WebhookAddressError, WebhookError};

/// How long a client may take to send a request's head.
const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// The maximum size of a request's head, in bytes.
const MAX_HEAD: usize = 16 * 1024;
/// The maximum size of a request's body, in bytes.
const MAX_BODY: usize = 1024 * 1024;
/// How long to wait if the operating system cannot accept another connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    /// The path, which starts with `/` and does not include the query.
    pub path: String,
    /// The `Accept` header, or an empty string if there is none.
    pub accept: String,
    /// The body of a POST request, which is JSON; `None` for GET and HEAD.
    pub body: Option<Vec<u8>>,
}

/// The requests that a server answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Methods {
    /// Only requests that read data.
    Read,
    /// JSON POST requests as well. Pages on other sites cannot send them, because a browser first
    /// asks the server whether the page may send JSON, and the server does not answer.
    ReadAndPost,
}

/// The headers for every response: it must not be cached, framed or used by other sites.
const ALWAYS: [(HeaderName, &str); 5] = [
    (CACHE_CONTROL, "no-store"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

idhooks_core::words! {
    /// The content type of a response.
    pub enum ContentType {
        /// An HTML page, which has its own content security policy.
        Page = "text/html; charset=utf-8",
        /// A JSON document.
        Json = "application/json",
        /// Plain text.
        Text = "text/plain; charset=utf-8",
        /// Metrics in Prometheus format.
        Prometheus = "text/plain; version=0.0.4; charset=utf-8",
        /// Metrics in OpenMetrics format.
        OpenMetrics = "application/openmetrics-text; version=1.0.0; charset=utf-8",
    }
}

/// A response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageResponse {
    status: StatusCode,
    kind: ContentType,
    body: String,
    /// Where a redirect leads.
    location: Option<String>,
}

impl PageResponse {
    /// Returns a successful response.
    pub fn of(kind: ContentType, body: impl Into<String>) -> Self {
        PageResponse { status: StatusCode::OK, kind, body: body.into(), location: None }
    }

    /// Returns a redirect to an address that may change; it must be percent-encoded.
    pub fn found(address: &str) -> Self {
        let (status, location) = (StatusCode::FOUND, Some(address.to_owned()));
        PageResponse { status, location, ..PageResponse::of(ContentType::Text, "") }
    }

    /// Returns a page saying that what was here is gone.
    pub fn gone(page: impl Into<String>) -> Self {
        PageResponse { status: StatusCode::GONE, ..PageResponse::of(ContentType::Page, page) }
    }

    /// Returns a response saying that the content is currently unavailable.
    pub fn unavailable(why: impl Into<String>) -> Self {
        PageResponse::plain(StatusCode::SERVICE_UNAVAILABLE, why)
    }

    /// Returns a response saying that this path does not exist, and listing the available paths.
    pub fn not_found(paths: &[&str]) -> Self {
        let body = format!("not found; try {}\n", paths.join(", "));
        PageResponse::plain(StatusCode::NOT_FOUND, body)
    }

    /// Returns a JSON response to an invalid request.
    pub fn invalid(body: impl Into<String>) -> Self {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        PageResponse { status, ..PageResponse::of(ContentType::Json, body) }
    }

    /// Returns a response saying that this path only accepts GET and HEAD, or only POST.
    pub fn wrong_method(why: impl Into<String>) -> Self {
        PageResponse::plain(StatusCode::METHOD_NOT_ALLOWED, why)
    }

    fn plain(status: StatusCode, body: impl Into<String>) -> Self {
        PageResponse { status, ..PageResponse::of(ContentType::Text, body) }
    }

    fn response(self, methods: Methods) -> Response<String> {
        let PageResponse { status, kind, body, location } = self;
        let mut response = Response::new(body);
        *response.status_mut() = status;
        let headers = response.headers_mut();
        let policy = match kind {
            // The page sets its own policy in a `<meta>` element, which cannot forbid framing.
            ContentType::Page => "frame-ancestors 'none'; form-action 'none'; base-uri 'none'",
            _ => "default-src 'none'; frame-ancestors 'none'",
        };
        let kinds = [(CONTENT_TYPE, kind.as_str()), (CONTENT_SECURITY_POLICY, policy)];
        for (name, value) in ALWAYS.into_iter().chain(kinds) {
            headers.insert(name, HeaderValue::from_static(value));
        }
        // An address with other characters cannot be a header.
        let location = location.and_then(|location| HeaderValue::try_from(location).ok());
        headers.extend(location.map(|location| (LOCATION, location)));
        if status == StatusCode::METHOD_NOT_ALLOWED {
            headers.insert(ALLOW, HeaderValue::from_static(methods.as_header()));
        }
        response
    }
}

/// An HTTP server.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    at: SocketAddr,
    hosts: Hosts,
}

impl Server {
    /// Starts listening on one of this machine's addresses. Port 0 means any free port. `names` are
    /// the host names that the server accepts besides addresses and `localhost`; `None` if the
    /// command has no option for them.
    ///
    /// # Errors
    /// Returns an error if the address does not belong to this machine, or if the port is taken or
    /// not permitted.
    pub fn listen(address: IpAddr, port: u16, names: Option<Vec<String>>) -> io::Result<Self> {
        let listener = TcpListener::bind((address, port))?;
        // A blocking listener, once passed to `from_std`, would block the only thread.
        listener.set_nonblocking(true)?;
        // Port 0 has been replaced with a real port by now.
        let at = listener.local_addr()?;
        Ok(Server { listener, at, hosts: Hosts { address, names } })
    }

    /// Returns the URL of a path, for a browser on this machine.
    pub fn url(&self, path: &str) -> String {
        let host = match self.at.ip() {
            // Not every browser can open `0.0.0.0`.
            ip if !ip.is_unspecified() => ip,
            IpAddr::V4(_) => IpAddr::from([127, 0, 0, 1]),
            IpAddr::V6(_) => IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1]),
        };
        format!("http://{}{path}", SocketAddr::new(host, self.at.port()))
    }

    /// Answers requests until the process exits.
    ///
    /// # Errors
    /// Returns an error if the async runtime cannot be started.
    pub fn run(
        self,
        methods: Methods,
        answer: impl FnMut(&PageRequest) -> PageResponse + 'static,
    ) -> io::Result<Infallible> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        // All connections share one thread, so no lock is needed.
        let answer = Rc::new(RefCell::new(answer));
        let hosts = Rc::new(self.hosts);
        tokio::task::LocalSet::new().block_on(&runtime, async {
            let listener = tokio::net::TcpListener::from_std(self.listener)?;
            loop {
                // The cause may be temporary, for example too many open files.
                let Ok((stream, _)) = listener.accept().await else {
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                };
                let (answer, hosts) = (Rc::clone(&answer), Rc::clone(&hosts));
                let service = service_fn(move |request: Request<Incoming>| {
                    let (answer, hosts) = (Rc::clone(&answer), Rc::clone(&hosts));
                    async move {
                        let response = match page_request(request, &hosts, methods).await {
                            // Nothing is awaited during the borrow, so no other connection can run
                            // into it.
                            Ok(request) => (*answer.borrow_mut())(&request),
                            Err(refusal) => refusal,
                        };
                        Ok::<_, Infallible>(response.response(methods))
                    }
                });
                let mut http = http1::Builder::new();
                http.timer(TokioTimer::new())
                    .header_read_timeout(READ_TIMEOUT)
                    .max_buf_size(MAX_HEAD);
                // Errors are ignored, because a client may close the connection during a response.
                let connection = http.serve_connection(TokioIo::new(stream), service);
                tokio::task::spawn_local(async move { connection.await.unwrap_or_default() });
            }
        })
    }
}

impl Methods {
    fn as_header(self) -> &'static str {
        match self {
            Methods::Read => "GET, HEAD",
            Methods::ReadAndPost => "GET, HEAD, POST",
        }
    }
}

/// Reads a request.
///
/// # Errors
/// Returns the response that refuses a request.
async fn page_request(
    request: Request<Incoming>,
    hosts: &Hosts,
    methods: Methods,
) -> Result<PageRequest, PageResponse> {
    let mut host_headers = request.headers().get_all(HOST).iter();
    let host = host_headers.next().and_then(|host| host.to_str().ok());
    // If there were two `Host` headers, a proxy and this server could each pick a different one.
    let is_one = host.is_some() && host_headers.next().is_none();
    // If the request target is in absolute form, it takes precedence over the `Host` header.
    let target = request.uri().authority().map(|authority| authority.as_str());
    let is_known = |host: &str| hosts.contains(host);
    if !is_one || !host.is_some_and(is_known) || !target.is_none_or(is_known) {
        let body = match hosts.names {
            Some(_) => {
                "this server does not answer to this host name: use its IP address, or start it \
                 with '--host NAME'\n"
            }
            None => "this server does not answer to this host name: use its IP address\n",
        };
        return Err(PageResponse::plain(StatusCode::MISDIRECTED_REQUEST, body));
    }
    let accept = request.headers().get_all(ACCEPT).iter();
    let accept: Vec<&str> = accept.filter_map(|value| value.to_str().ok()).collect();
    let (accept, path) = (accept.join(", "), request.uri().path().to_owned());
    let body = match (request.method(), methods) {
        (&Method::GET | &Method::HEAD, _) => None,
        (&Method::POST, Methods::ReadAndPost) => Some(json_body(request).await?),
        (_, Methods::Read) => return Err(PageResponse::wrong_method("this server is read-only\n")),
        _ => return Err(PageResponse::wrong_method("this server answers GET, HEAD and POST\n")),
    };
    Ok(PageRequest { path, accept, body })
}

/// Reads the body of a JSON request.
async fn json_body(request: Request<Incoming>) -> Result<Vec<u8>, PageResponse> {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default().trim();
    // A form on another site can send other content types without asking first.
    if !kind.eq_ignore_ascii_case("application/json") {
        let why = "send JSON: Content-Type: application/json\n";
        return Err(PageResponse::plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, why));
    }
    let (mut body, mut bytes, mut length) = (request.into_body(), Vec::new(), 0);
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let cut = |_| PageResponse::plain(StatusCode::BAD_REQUEST, "the body was cut off\n");
        let data = frame.map_err(cut)?.into_data().unwrap_or_default();
        length += data.len();
        // Excess data is read and discarded, because a client that is still sending would not see
        // the response.
        if length <= MAX_BODY {
            bytes.extend_from_slice(&data);
        }
    }
    match length <= MAX_BODY {
        true => Ok(bytes),
        false => {
            let why = format!("the body is larger than {MAX_BODY} bytes\n");
            Err(PageResponse::plain(StatusCode::PAYLOAD_TOO_LARGE, why))
        }
    }
}

/// The host names that the server accepts.
///
/// A malicious page can point its own host name at one of this machine's addresses and then read
/// the responses of a server there ("DNS rebinding"). The browser still sends the page's host name,
/// so requests for other names are refused. Requests for an IP address are safe.
#[derive(Debug)]
struct Hosts {
    address: IpAddr,
    /// The names to accept besides `localhost`; `None` if the command has no option for them.
    names: Option<Vec<String>>,
}

impl Hosts {
    /// Returns whether a host, with or without a port, is accepted.
    fn contains(&self, host: &str) -> bool {
        let name = without_port(host);
        let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
        match bare.parse::<IpAddr>() {
            Ok(ip) => ip.is_loopback() || ip == self.address || self.address.is_unspecified(),
            Err(_) => {
                // A trailing dot only marks the name as fully qualified.
                let name = name.strip_suffix('.').unwrap_or(name);
                let is_same = |own: &str| own.eq_ignore_ascii_case(name);
                is_same("localhost") || self.names.iter().flatten().any(|own| is_same(own))
            }
        }
    }
}

/// Returns a host without its port. Colons inside brackets are part of the address.
fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port))
            if port.bytes().all(|b| b.is_ascii_digit())
                && (!name.contains(':') || name.ends_with(']')) =>
        {
            name
        }
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted(address: &str, names: &[&str]) -> Vec<bool> {
        let address = address.parse().expect("an address");
        let hosts = Hosts { address, names: Some(vec!["ids.example.com".to_owned()]) };
        names.iter().map(|name| hosts.contains(name)).collect()
    }

    #[test]
    fn addresses_and_known_names_are_accepted() {
        let hosts = [
            "127.0.0.1",
            "127.0.0.1:8080",
            "localhost:1",
            "LOCALHOST",
            "localhost.",
            "[::1]:8080",
            "[::1]",
            "ids.example.com:80",
            "IDS.example.com",
        ];
        assert_eq!(accepted("127.0.0.1", &hosts), [true; 9]);
        assert_eq!(accepted("0.0.0.0", &["10.1.2.3:80", "127.0.0.1"]), [true; 2]);
        assert_eq!(accepted("10.1.2.3", &["10.1.2.3:80"]), [true]);
    }

    #[test]
    fn other_names_are_refused() {
        let hosts = [
            "evil.example",
            "evil.example:8080",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "127.0.0.1@evil.example",
            "10.1.2.3",
            "",
            ":8080",
            "[::1].evil.example",
            "ids.example.com.evil.example",
        ];
        assert_eq!(accepted("127.0.0.1", &hosts), [false; 10]);
    }
}
