//! The responses of the server.

use hyper::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue,
    REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use hyper::{Response, StatusCode};

/// Headers of every response: it must not be cached, framed or used by other sites.
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
}

impl PageResponse {
    /// Returns a successful response.
    pub fn of(kind: ContentType, body: impl Into<String>) -> Self {
        PageResponse { status: StatusCode::OK, kind, body: body.into() }
    }

    /// Returns a response that the content is unavailable now.
    pub fn unavailable(why: impl Into<String>) -> Self {
        PageResponse::plain(StatusCode::SERVICE_UNAVAILABLE, why)
    }

    /// Returns a response that there is nothing at this path, with the available paths.
    pub fn not_found(paths: &[&str]) -> Self {
        let body = format!("not found; try {}\n", paths.join(", "));
        PageResponse::plain(StatusCode::NOT_FOUND, body)
    }

    pub(super) fn misdirected() -> Self {
        let body = "this server does not answer to this host name: use its IP address, or start it \
                    with '--host <name>'\n";
        PageResponse::plain(StatusCode::MISDIRECTED_REQUEST, body)
    }

    pub(super) fn not_allowed() -> Self {
        PageResponse::plain(StatusCode::METHOD_NOT_ALLOWED, "this server is read-only\n")
    }

    fn plain(status: StatusCode, body: impl Into<String>) -> Self {
        PageResponse { status, ..PageResponse::of(ContentType::Text, body) }
    }

    pub(super) fn response(self) -> Response<String> {
        let PageResponse { status, kind, body } = self;
        let mut response = Response::new(body);
        *response.status_mut() = status;
        let headers = response.headers_mut();
        let policy = match kind {
            ContentType::Page => "frame-ancestors 'none'; form-action 'none'; base-uri 'none'",
            _ => "default-src 'none'; frame-ancestors 'none'",
        };
        let kinds = [(CONTENT_TYPE, kind.as_str()), (CONTENT_SECURITY_POLICY, policy)];
        for (name, value) in ALWAYS.into_iter().chain(kinds) {
            headers.insert(name, HeaderValue::from_static(value));
        }
        if status == StatusCode::METHOD_NOT_ALLOWED {
            headers.insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        }
        response
    }
}
