//! Identifiers in code: `bridge scan` of a log beside `grep -c`, and requests to `bridge serve`.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::bench::{Bench, grouped};
use crate::measure::Sample;
use crate::report::{Figures, Line, Unit};
use crate::rounds::Contender;
use crate::sandbox::Program;

/// The size of the log in MB.
const LOG_MB: usize = 50;
/// How many requests of each kind.
const REQUESTS: u32 = 5_000;
/// How many times the wall time of `grep -c` a scan may take.
const SCAN_TARGET: f64 = 2.0;
/// How long detecting and translating an identifier may take, in ms, for 99 of 100 requests.
const SERVE_TARGET: f64 = 5.0;

const FORMATS: &str = r#"
[formats.run_id]
template = "run_{thread}_{hex8}"
[formats.ws_conn]
template = "ws_conn_{user8}_{ms}_{counter}_{hex8}"
key = ["user8", "hex8"]
[formats.legacy_ws]
template = "ws_{hex8}"
legacy = true
[formats.request]
template = "req_{ms}_{counter}_{hex8}"
[formats.legacy_request]
template = "req_{hex12}"
legacy = true
[[bridge]]
from = "legacy_ws"
to = "ws_conn"
keep = "hex8"
"#;

/// What `grep` looks for: the same formats, as whole words.
const PATTERN: &str = "(^|[^A-Za-z0-9_-])(run_[A-Za-z0-9][A-Za-z0-9_-]*_[0-9a-f]{8}\
    |ws_conn_[A-Za-z0-9-]{1,8}_[0-9]{13}_[0-9]+_[0-9a-f]{8}|ws_[0-9a-f]{8}\
    |req_[0-9]{13}_[0-9]+_[0-9a-f]{8}|req_[0-9a-f]{12})([^A-Za-z0-9_-]|$)";

/// What the lines of the log say; every second one has an identifier.
const MESSAGES: [&str; 8] = [
    "INFO  http: GET /v1/threads/t-{n}/runs 200 in 12.4 ms request=req_17260000{d}_{n}_{h}",
    "DEBUG pool: connection 7 of 20 is idle, 3 waiting, oldest 00:00:04.120",
    "INFO  websocket: opened ws_conn_alice-an_17260000{d}_{n}_{h} from 10.0.3.17:51544",
    "WARN  cache: miss for key user:profile:{n} (ttl 300 s), fetched from the database in 3.1 ms",
    "INFO  agent: run_checkout-{n}_{h} finished in 1834 ms, 12 steps, 2 tools, exit=ok",
    "DEBUG scheduler: next tick in 250 ms, queue depth 14, lag 0.8 ms, workers 8/16 busy",
    "INFO  websocket: closed ws_{h} after 61.2 s (client went away)",
    "ERROR db: statement timeout, retry 1 of 3: SELECT id, state FROM runs WHERE thread_id = $1",
];

pub(super) fn measure(bench: &Bench) -> Result<()> {
    let scan = format!("bridge scan ÷ grep -c, wall time, a log of {LOG_MB} MB");
    let serve =
        format!("bridge serve, detect and translate, wall time p99 of {}", grouped(REQUESTS));
    let (wants_scan, wants_serve) = (bench.wants(&scan), bench.wants(&serve));
    let dir = bench.sandbox.path("identifiers");
    if wants_scan || wants_serve {
        fs::create_dir(&dir)?;
        fs::write(dir.join("f.toml"), FORMATS)?;
    }
    if wants_scan {
        measure_scan(bench, &scan)?;
    }
    if wants_serve {
        measure_serve(bench, &serve)?;
    }
    Ok(())
}

fn measure_scan(bench: &Bench, name: &str) -> Result<()> {
    let (sandbox, dir) = (&bench.sandbox, bench.sandbox.path("identifiers"));
    let (log, identifiers) = log();
    fs::write(dir.join("app.log"), log)?;
    let program = sandbox.idhooks_path().as_os_str();
    let words = ["bridge", "scan", "app.log", "--config", "f.toml"].map(AsRef::as_ref);
    // Each line has one identifier at most, so that both count the same.
    let expect = |expected: String| -> Result<()> {
        let printed = fs::read_to_string(sandbox.printed())?;
        match printed.lines().last() == Some(&*expected) {
            true => Ok(()),
            false => bail!("'{expected}' was not counted: {printed}"),
        }
    };
    let contenders = [
        Contender::new("grep -c", &dir, ["grep", "-cE", PATTERN, "app.log"])
            .after(|| expect(identifiers.to_string())),
        // Old and new formats are mixed.
        Contender::new("idhooks bridge scan", &dir, [program].into_iter().chain(words))
            .compared()
            .accepting(1)
            .after(|| expect(format!("{identifiers} identifiers"))),
    ];
    let figures = bench.measure(name, u32::MAX, &contenders)?;
    let [grep, idhooks] = [&figures[0], &figures[1]].map(|figures| figures.wall_at(0));
    let note = format!("wall, minimum: grep -c {grep:.0} ms, idhooks {idhooks:.0} ms");
    let line = Line::ratio(name, figures, Some(SCAN_TARGET));
    bench.add(Line { measured: idhooks / grep, note, ..line });
    Ok(())
}

/// Returns a log, and how many identifiers it has.
fn log() -> (String, u32) {
    let (mut log, mut identifiers, mut n) = (String::new(), 0, 0_u32);
    while log.len() < LOG_MB * 1_000_000 {
        let message = MESSAGES[n as usize % MESSAGES.len()];
        let hex = format!("{:08x}", n.wrapping_mul(2_654_435_761));
        let message = message.replace("{n}", &n.to_string()).replace("{h}", &hex);
        let message = message.replace("{d}", &format!("{:05}", n % 100_000));
        let (second, milli) = (n / 1_000 % 60, n % 1_000);
        let _infallible = writeln!(log, "2026-03-01T12:00:{second:02}.{milli:03}Z {message}");
        identifiers += u32::from(n.is_multiple_of(2));
        n += 1;
    }
    (log, identifiers)
}

/// A service that ends with this, and a connection to it that stays open.
struct Served {
    child: Child,
    stream: BufReader<TcpStream>,
}

impl Served {
    fn start(bench: &Bench) -> Result<Self> {
        let dir = bench.sandbox.path("identifiers");
        let mut command = bench.sandbox.command(bench.sandbox.idhooks_path(), &dir);
        command.args(["bridge", "serve", "--port", "0", "--config", "f.toml"]);
        let mut child = command.stderr(Stdio::piped()).spawn()?;
        let mut said = String::new();
        BufReader::new(child.stderr.take().context("a pipe")?).read_line(&mut said)?;
        let address = said.split("http://").nth(1).and_then(|place| place.split('/').next());
        let stream = TcpStream::connect(address.with_context(|| said.clone())?)?;
        stream.set_nodelay(true)?;
        Ok(Served { child, stream: BufReader::new(stream) })
    }

    /// Sends a request, and returns the body of the answer.
    fn ask(&mut self, request: &str) -> Result<String> {
        self.stream.get_mut().write_all(request.as_bytes())?;
        let (mut length, mut line) = (0, String::new());
        let mut is_ok = false;
        loop {
            line.clear();
            self.stream.read_line(&mut line)?;
            is_ok |= line.starts_with("HTTP/1.1 200 ");
            let header = line.to_lowercase();
            if let Some(number) = header.strip_prefix("content-length:") {
                length = number.trim().parse()?;
            }
            if line.trim().is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        let body = String::from_utf8(body)?;
        if !is_ok {
            bail!("the service refused '{request}': {body}");
        }
        Ok(body)
    }

    fn post(&mut self, path: &str, body: &str) -> Result<String> {
        let length = body.len();
        self.ask(&format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        ))
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Measures what a program waits for that detects and then translates an identifier over one connection.
fn measure_serve(bench: &Bench, name: &str) -> Result<()> {
    eprintln!("measuring: {name}");
    let mut served = Served::start(bench)?;
    let mut figures = [Figures::new("GET /healthz"), Figures::new("detect and translate")];
    for n in 0..=REQUESTS {
        let id = format!("ws_{:08x}", n.wrapping_mul(2_654_435_761));
        let begin = Instant::now();
        served.ask("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
        let health = begin.elapsed();
        let begin = Instant::now();
        let detected = served.post("/v1/detect", &format!(r#"{{"ids":["{id}"]}}"#))?;
        let asked = format!(r#"{{"ids":["{id}"],"set":{{"user":"alice-and-bob"}}}}"#);
        let translated = served.post("/v1/translate", &asked)?;
        let both = begin.elapsed();
        if !detected.contains("legacy_ws") || !translated.contains("ws_conn_alice-an_") {
            bail!("'{id}' was not translated: {detected} {translated}");
        }
        for (figures, time) in figures.iter_mut().zip([health, both]) {
            let time = u64::try_from(time.as_micros())?;
            // The first request finds nothing in the caches. A client cannot tell the CPU time.
            if n > 0 {
                figures.add(Program::This, Sample { cpu: time, wall: time, memory: 0, code: 0 });
            }
        }
    }
    let [health, both] = figures.each_ref().map(|figures| figures.wall_at(99));
    let note = format!("wall p99: GET /healthz {health:.2} ms; times are wall times");
    let line = Line::time(name, Vec::from(figures), Some(SERVE_TARGET));
    bench.add(Line { measured: both, unit: Unit::Milliseconds, note, ..line });
    Ok(())
}
