//! What is answered.

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue,
    REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use hyper::{Response, StatusCode};

/// Nothing of this is anybody else's, or to be kept.
const ALWAYS: [(HeaderName, &str); 5] = [
    (CACHE_CONTROL, "no-store"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContentType {
    /// A page, which says itself what it may load.
    Page,
    /// A JSON document.
    Json,
    /// Words.
    Text,
    /// Figures for Prometheus.
    Prometheus,
    /// Figures in the form of OpenMetrics.
    OpenMetrics,
}

impl ContentType {
    const fn media_type(self) -> &'static str {
        match self {
            ContentType::Page => "text/html; charset=utf-8",
            ContentType::Json => "application/json",
            ContentType::Text => "text/plain; charset=utf-8",
            ContentType::Prometheus => "text/plain; version=0.0.4; charset=utf-8",
            ContentType::OpenMetrics => {
                "application/openmetrics-text; version=1.0.0; charset=utf-8"
            }
        }
    }

    const fn config(self) -> &'static str {
        match self {
            ContentType::Page => "frame-ancestors 'none'; form-action 'none'; base-uri 'none'",
            _ => "default-src 'none'; frame-ancestors 'none'",
        }
    }
}

/// An answer to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageResponse {
    status: StatusCode,
    kind: ContentType,
    body: String,
}

impl PageResponse {
    /// Returns what was asked for.
    pub fn of(kind: ContentType, body: impl Into<String>) -> Self {
        PageResponse { status: StatusCode::OK, kind, body: body.into() }
    }

    /// Says that what was asked for cannot be had now.
    pub fn unavailable(why: impl Into<String>) -> Self {
        PageResponse {
            status: StatusCode::SERVICE_UNAVAILABLE,
            ..PageResponse::of(ContentType::Text, why)
        }
    }

    /// Says that nothing is at this path, and what is where.
    pub fn nothing_here(paths: &[&str]) -> Self {
        let body = format!("nothing is here; there is {}\n", paths.join(", "));
        PageResponse { status: StatusCode::NOT_FOUND, ..PageResponse::of(ContentType::Text, body) }
    }

    pub(super) fn misdirected() -> Self {
        let body = "this name is not one of this server's: ask by its address, or start it with \
                    '--host <name>'\n";
        PageResponse {
            status: StatusCode::MISDIRECTED_REQUEST,
            ..PageResponse::of(ContentType::Text, body)
        }
    }

    pub(super) fn not_allowed() -> Self {
        let body = "everything here is to read only\n";
        PageResponse {
            status: StatusCode::METHOD_NOT_ALLOWED,
            ..PageResponse::of(ContentType::Text, body)
        }
    }

    pub(super) fn response(self) -> Response<Full<Bytes>> {
        let PageResponse { status, kind, body } = self;
        let mut response = Response::new(Full::new(Bytes::from(body)));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        let kinds = [(CONTENT_TYPE, kind.media_type()), (CONTENT_SECURITY_POLICY, kind.config())];
        for (name, value) in ALWAYS.into_iter().chain(kinds) {
            headers.insert(name, HeaderValue::from_static(value));
        }
        if status == StatusCode::METHOD_NOT_ALLOWED {
            headers.insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        }
        response
    }
}
