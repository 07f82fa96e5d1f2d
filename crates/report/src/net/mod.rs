//! HTTP: a read-only server for browsers and metric collectors, and webhooks.
//!
//! The server has one thread and answers one request after the other. A connection that stays
//! open without a request is closed after half a minute, and does not delay other requests.

mod hosts;
mod response;
mod webhook;

use std::cell::RefCell;
use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::rc::Rc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::{ACCEPT, HOST};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};

pub use response::{ContentType, PageResponse};
pub use webhook::{Webhook, WebhookError};

use hosts::Hosts;

/// How long a connection may take to send the head of a request.
const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// The maximum size of the head of a request, in bytes.
const MAX_HEAD: usize = 16 * 1024;
/// How long to wait if the machine cannot accept another connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    /// The path, which starts with `/`, without the query.
    pub path: String,
    /// The `Accept` header, or an empty string if there is none.
    pub accept: String,
}

/// An HTTP server.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    at: SocketAddr,
    hosts: Hosts,
}

impl Server {
    /// Starts to listen at an address of this machine. Port 0 means any free port. `names` are the
    /// host names that the server accepts besides addresses and `localhost`.
    ///
    /// # Errors
    /// Returns an error if the address does not belong to this machine, or if the port is taken or
    /// not permitted.
    pub fn listen(address: IpAddr, port: u16, names: Vec<String>) -> io::Result<Self> {
        let listener = TcpListener::bind((address, port))?;
        listener.set_nonblocking(true)?;
        let at = listener.local_addr()?;
        Ok(Server { listener, at, hosts: Hosts::new(address, names) })
    }

    /// Returns the URL of a path, for a browser on this machine.
    pub fn url(&self, path: &str) -> String {
        let host = match self.at.ip() {
            ip if !ip.is_unspecified() => ip,
            IpAddr::V4(_) => IpAddr::from([127, 0, 0, 1]),
            IpAddr::V6(_) => IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1]),
        };
        format!("http://{}{path}", SocketAddr::new(host, self.at.port()))
    }

    /// Answers requests until the process ends.
    ///
    /// # Errors
    /// Returns an error if the async runtime cannot be started.
    pub fn run(
        self,
        answer: impl FnMut(&PageRequest) -> PageResponse + 'static,
    ) -> io::Result<Infallible> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let answer = Rc::new(RefCell::new(answer));
        let hosts = Rc::new(self.hosts);
        tokio::task::LocalSet::new().block_on(&runtime, async {
            let listener = tokio::net::TcpListener::from_std(self.listener)?;
            loop {
                let Ok((stream, _)) = listener.accept().await else {
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                };
                let (answer, hosts) = (Rc::clone(&answer), Rc::clone(&hosts));
                let service = service_fn(move |request: Request<Incoming>| {
                    let response = respond(&request, &hosts, &mut *answer.borrow_mut());
                    std::future::ready(Ok::<_, Infallible>(response))
                });
                let mut http = http1::Builder::new();
                http.timer(TokioTimer::new())
                    .header_read_timeout(READ_TIMEOUT)
                    .max_buf_size(MAX_HEAD);
                // Ignore clients that close the connection during a response.
                let connection = http.serve_connection(TokioIo::new(stream), service);
                tokio::task::spawn_local(async move { connection.await.unwrap_or_default() });
            }
        })
    }
}

/// Returns the response to a request.
fn respond(
    request: &Request<Incoming>,
    hosts: &Hosts,
    answer: &mut impl FnMut(&PageRequest) -> PageResponse,
) -> Response<String> {
    let mut host_headers = request.headers().get_all(HOST).iter();
    let host = host_headers.next().and_then(|host| host.to_str().ok());
    let is_one = host.is_some() && host_headers.next().is_none();
    let target = request.uri().authority().map(|authority| authority.as_str());
    let is_known = |host: &str| hosts.contains(host);
    if !is_one || !host.is_some_and(is_known) || !target.is_none_or(is_known) {
        return PageResponse::misdirected().response();
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return PageResponse::not_allowed().response();
    }
    let accept = request.headers().get_all(ACCEPT).iter();
    let accept: Vec<&str> = accept.filter_map(|value| value.to_str().ok()).collect();
    answer(&PageRequest { path: request.uri().path().to_owned(), accept: accept.join(", ") })
        .response()
}
