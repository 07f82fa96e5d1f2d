//! `idhooks bridge serve`: detects, matches, translates and validates over HTTP.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::time::Instant;

use idhooks_identifiers::Given;
use idhooks_report::metrics::{BridgeMeasures, bridge_figures};
use idhooks_report::net::{ContentType, Methods, PageRequest, PageResponse, Server};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::commands::config_args::ConfigArgs;
use crate::commands::ids::report::{IdResult, now};
use crate::commands::listen_args::{cannot_listen, ended};
use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{Ui, exposition, json};

use super::known::{KnownIds, unknown};

const DETECT: &str = "/v1/detect";
const MATCH: &str = "/v1/match";
const TRANSLATE: &str = "/v1/translate";
const VALIDATE: &str = "/v1/validate";
const METRICS: &str = "/metrics";
const HEALTH: &str = "/healthz";
const PLACES: [&str; 6] = [DETECT, MATCH, TRANSLATE, VALIDATE, METRICS, HEALTH];

/// Detect, match, translate and validate identifiers over HTTP, for programs of this machine
///
/// Listens on 127.0.0.1 only. POST JSON to:
///   /v1/detect     {"ids": [...]}
///   /v1/match      {"target": "...", "candidates": [...]}
///   /v1/translate  {"ids": [...], "to": "FORMAT", "set": {"user": "..."}}
///   /v1/validate   {"ids": [...], "format": "FORMAT"}
/// The answers are those of the commands with '--format json'. /metrics has metrics in the format of
/// Prometheus, /healthz answers 'ok'. The configuration, the map and the registry are read once, at the
/// start; nothing is written.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
#[command(after_help = "\
Examples:
  idhooks bridge serve
  idhooks bridge serve --port 8080 --map ids.jsonl
  curl -H 'Content-Type: application/json' -d '{\"ids\":[\"ws_0123abcd\"]}' http://127.0.0.1:9465/v1/detect

Exit code: 2 it cannot listen, or the configuration is not valid")]
pub(super) struct ServeBridge {
    /// Port to listen on; 0 picks a free one
    #[arg(long, value_name = "PORT", default_value_t = 9465)]
    port: u16,
    /// Also use the pairs of this file, in JSON Lines
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,
    #[command(flatten)]
    config: ConfigArgs,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct IdsRequest {
    ids: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MatchRequest {
    target: String,
    candidates: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TranslateRequest {
    ids: Vec<String>,
    to: Option<String>,
    #[serde(default)]
    set: Given,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ValidateRequest {
    ids: Vec<String>,
    format: String,
}

impl ServeBridge {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let known = KnownIds::read(&self.config, dir, self.map.as_deref())?;
        let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let server = Server::listen(address, self.port, Vec::new())
            .map_err(|cause| cannot_listen(self.port, address, &cause))?;
        ui.say(&format!("identifiers are at {}; stop with Ctrl-C", server.url("/v1/")));
        let mut service =
            Service { known, measures: BridgeMeasures::default(), seen: BTreeSet::new() };
        Err(ended(server.run(Methods::ReadAndPost, move |asked| service.answer(asked))))
    }
}

/// The service with what it has counted.
struct Service {
    known: KnownIds,
    measures: BridgeMeasures,
    /// The formats that were asked for.
    seen: BTreeSet<String>,
}

impl Service {
    fn answer(&mut self, asked: &PageRequest) -> PageResponse {
        let Some(place) = PLACES.into_iter().find(|place| *place == asked.path) else {
            return PageResponse::not_found(&PLACES);
        };
        *self.measures.requests.entry(place).or_default() += 1;
        let body = match (place, &asked.body) {
            (METRICS | HEALTH, Some(_)) => {
                return PageResponse::wrong_method("this place is read with GET\n");
            }
            (HEALTH, None) => return PageResponse::of(ContentType::Text, "ok\n"),
            (METRICS, None) => {
                let figures = bridge_figures(&self.measures);
                let kind = ContentType::Prometheus;
                return PageResponse::of(kind, exposition(&figures, kind));
            }
            (_, None) => return PageResponse::wrong_method("send JSON to this place with POST\n"),
            (_, Some(body)) => body,
        };
        let answer = match place {
            DETECT => self.detect(body),
            MATCH => self.matches(body),
            TRANSLATE => self.translate(body),
            _ => self.validate(body),
        };
        match answer {
            Ok(document) => PageResponse::of(ContentType::Json, document),
            Err(error) => {
                self.measures.refused += 1;
                PageResponse::invalid(json::document(&BTreeMap::from([("error", error.message)])))
            }
        }
    }

    fn detect(&mut self, body: &[u8]) -> CommandResult<String> {
        let IdsRequest { ids } = parsed(body)?;
        let mut results = Vec::new();
        for id in &ids {
            let result = self.known.detect(id)?;
            self.note(result.format.as_deref(), result.legacy);
            results.push(result);
        }
        Ok(json::document_of("results", &results))
    }

    fn matches(&mut self, body: &[u8]) -> CommandResult<String> {
        let MatchRequest { target, candidates } = parsed(body)?;
        Ok(json::document(&self.known.matches(&target, &candidates)?))
    }

    fn translate(&mut self, body: &[u8]) -> CommandResult<String> {
        let TranslateRequest { ids, to, set } = parsed(body)?;
        let mut results = Vec::new();
        for id in &ids {
            let begin = Instant::now();
            let target = self.known.target(to.as_deref())?;
            let result = self.known.translate(id, target, &set)?;
            self.measures.translated(begin.elapsed().as_secs_f64());
            let legacy = self.known.detect(id)?;
            self.note(legacy.format.as_deref(), legacy.legacy);
            results.push(result);
        }
        Ok(json::document_of("results", &results))
    }

    fn validate(&mut self, body: &[u8]) -> CommandResult<String> {
        let ValidateRequest { ids, format } = parsed(body)?;
        let format = self.known.bridge.formats.named(&format).map_err(unknown)?;
        let now = now();
        let results: Vec<IdResult> = ids.iter().map(|id| IdResult::of(id, format, now)).collect();
        Ok(json::document_of("results", &results))
    }

    /// Counts an identifier of a format.
    fn note(&mut self, format: Option<&str>, is_legacy: bool) {
        let Some(format) = format else { return };
        if is_legacy {
            *self.measures.legacy.entry(format.to_owned()).or_default() += 1;
        }
        if self.seen.insert(format.to_owned()) {
            let links = self.known.bridge.links.iter();
            let is_mixed =
                |from: &String, to: &String| self.seen.contains(from) && self.seen.contains(to);
            self.measures.mixed = links.filter(|link| is_mixed(&link.from, &link.to)).count();
        }
    }
}

/// Reads the body of a request.
fn parsed<T: DeserializeOwned>(body: &[u8]) -> CommandResult<T> {
    serde_json::from_slice(body)
        .map_err(|error| CommandError::new(format!("not a valid request: {error}")))
}
