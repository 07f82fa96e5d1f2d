//! Answers to browsers and collectors: HTTP, to read only, for this machine unless told otherwise.
//!
//! One thread, one answer after the other, each made when it is asked for. Who keeps a connection
//! open without asking loses it after half a minute; the others wait for nobody but the answer being
//! made.

mod answer;
mod hosts;
mod webhook;

use std::cell::RefCell;
use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::rc::Rc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{ACCEPT, HOST};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};

pub use answer::{ContentType, PageResponse};
pub use webhook::{Webhook, WebhookError};

use hosts::Hosts;

/// How long a connection may take to send what it asks.
const PATIENCE: Duration = Duration::from_secs(30);
/// How many bytes the head of a request may have.
const LONGEST_HEAD: usize = 16 * 1024;
/// How long to wait where the machine has no room for another connection.
const PAUSE: Duration = Duration::from_millis(100);

/// What somebody asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The path, beginning with `/`, without what follows a `?`.
    pub path: String,
    /// The forms that are wanted, as the header `Accept` has them; empty where it is not sent.
    pub accept: String,
}

/// A place at which somebody can ask.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    at: SocketAddr,
    hosts: Hosts,
}

impl Server {
    /// Begins to listen at an address of this machine; port 0 is any that is free. `names` are the
    /// names besides addresses and `localhost` by which browsers may ask for it.
    ///
    /// # Errors
    /// An address that is not this machine's, a port that is taken or not allowed.
    pub fn listen(address: IpAddr, port: u16, names: Vec<String>) -> io::Result<Self> {
        let listener = TcpListener::bind((address, port))?;
        listener.set_nonblocking(true)?;
        let at = listener.local_addr()?;
        Ok(Server { listener, at, hosts: Hosts::new(address, names) })
    }

    /// Returns the address of a path for a browser on this machine.
    pub fn url(&self, path: &str) -> String {
        let host = match self.at.ip() {
            ip if !ip.is_unspecified() => ip,
            IpAddr::V4(_) => IpAddr::from([127, 0, 0, 1]),
            IpAddr::V6(_) => IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1]),
        };
        format!("http://{}{path}", SocketAddr::new(host, self.at.port()))
    }

    /// Answers until the process is ended.
    ///
    /// # Errors
    /// A machine that gives no thread the means to wait for connections.
    pub fn run(
        self,
        answer: impl FnMut(&Asked) -> PageResponse + 'static,
    ) -> io::Result<Infallible> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let answer = Rc::new(RefCell::new(answer));
        let hosts = Rc::new(self.hosts);
        tokio::task::LocalSet::new().block_on(&runtime, async {
            let listener = tokio::net::TcpListener::from_std(self.listener)?;
            loop {
                let Ok((stream, _)) = listener.accept().await else {
                    tokio::time::sleep(PAUSE).await;
                    continue;
                };
                let (answer, hosts) = (Rc::clone(&answer), Rc::clone(&hosts));
                let service = service_fn(move |request: Request<Incoming>| {
                    let response = respond(&request, &hosts, &mut *answer.borrow_mut());
                    std::future::ready(Ok::<_, Infallible>(response))
                });
                let mut http = http1::Builder::new();
                http.timer(TokioTimer::new())
                    .header_read_timeout(PATIENCE)
                    .max_buf_size(LONGEST_HEAD);
                // Who goes away in the middle of an answer has no use for it.
                let connection = http.serve_connection(TokioIo::new(stream), service);
                tokio::task::spawn_local(async move { connection.await.unwrap_or_default() });
            }
        })
    }
}

/// Returns what a request gets: an answer, or why there is none.
fn respond(
    request: &Request<Incoming>,
    hosts: &Hosts,
    answer: &mut impl FnMut(&Asked) -> PageResponse,
) -> Response<Full<Bytes>> {
    let mut named = request.headers().get_all(HOST).iter();
    let host = named.next().and_then(|host| host.to_str().ok());
    let is_one = host.is_some() && named.next().is_none();
    let target = request.uri().authority().map(|authority| authority.as_str());
    let is_known = |host: &str| hosts.include(host);
    if !is_one || !host.is_some_and(is_known) || !target.is_none_or(is_known) {
        return PageResponse::misdirected().response();
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return PageResponse::not_allowed().response();
    }
    let accept = request.headers().get_all(ACCEPT).iter();
    let accept: Vec<&str> = accept.filter_map(|value| value.to_str().ok()).collect();
    answer(&Asked { path: request.uri().path().to_owned(), accept: accept.join(", ") }).response()
}
