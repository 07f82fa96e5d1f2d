//! `idhooks bridge serve`: detects, matches, translates and validates identifiers over HTTP. Also
//! formats the metrics for `idhooks bridge scan`; this additionally requires the `report` feature.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::time::Instant;

use idhooks_code::bridge::Candidate;
use idhooks_code::{Given, IdResult};
use idhooks_ops::{KnownId, KnownIds, now_millis};
use idhooks_report::metrics::{BridgeMeasures, bridge_figures, legacy_figures};
use idhooks_report::net::{ContentType, Methods, PageRequest, PageResponse, Server};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::commands::code::config_args::ConfigArgs;
use crate::commands::report::listen_args::{at_its_place, cannot_listen, ended};
use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{Ui, json};
use crate::report::exposition;

const DETECT: &str = "/v1/detect";
const MATCH: &str = "/v1/match";
const TRANSLATE: &str = "/v1/translate";
const VALIDATE: &str = "/v1/validate";
const METRICS: &str = "/metrics";
const HEALTH: &str = "/healthz";
/// What a damaged map means for the answers.
const OLD_MAP: &str = "the old pairs are still in use";
const PLACES: [&str; 6] = [DETECT, MATCH, TRANSLATE, VALIDATE, METRICS, HEALTH];

/// Detect, match, translate and validate identifiers over HTTP, for programs on this machine
///
/// Listens on 127.0.0.1 only. POST JSON to:
///   /v1/detect     {"ids": [...]}
///   /v1/match      {"target": "...", "candidates": [...]}
///   /v1/translate  {"ids": [...], "to": "FORMAT", "set": {"user": "..."}}
///   /v1/validate   {"ids": [...], "format": "FORMAT"}
/// The answers are the documents that the commands print with '--format json'. GET /metrics returns
/// metrics in the Prometheus format, and GET /healthz returns 'ok'. A changed map is read again; if it
/// is damaged, the old pairs stay in use, and /healthz returns 503 with the reason. The configuration
/// and the registry are read once. Nothing is written.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
#[command(after_help = "\
Examples:
  idhooks bridge serve
  idhooks bridge serve --port 8080 --map ids.jsonl
  curl -H 'Content-Type: application/json' -d '{\"ids\":[\"ws_0123abcd\"]}' http://127.0.0.1:9465/v1/detect

Exit code: 2 cannot listen, or the configuration is invalid")]
pub(in crate::commands) struct ServeBridge {
    /// Port to listen on; 0 picks a free one
    #[arg(long, value_name = "PORT", default_value_t = 9465)]
    port: u16,
    /// Also use the pairs in this JSON Lines file
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
    pub(in crate::commands) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let known = self.config.known_ids(&at_its_place(dir), self.map.as_deref())?;
        // The service has no authentication, so it must be reachable only from this machine.
        let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let server = Server::listen(address, self.port, None)
            .map_err(|cause| cannot_listen(self.port, address, &cause))?;
        ui.say(&format!("identifiers are at {}; stop with Ctrl-C", server.url("/v1/")));
        let mut service = Service {
            known,
            measures: BridgeMeasures::default(),
            seen: BTreeSet::new(),
            map_problem: None,
            log: Ui::new(ui.color(), false, false),
        };
        Err(ended(server.run(Methods::ReadAndPost, move |asked| service.answer(asked))))
    }
}

/// The service and its counters.
struct Service {
    known: KnownIds,
    measures: BridgeMeasures,
    /// The formats seen in requests.
    seen: BTreeSet<String>,
    /// The reason the map on disk is not in use.
    map_problem: Option<CommandError>,
    log: Ui,
}

impl Service {
    fn answer(&mut self, asked: &PageRequest) -> PageResponse {
        let Some(place) = PLACES.into_iter().find(|place| *place == asked.path) else {
            // Unknown paths are not counted: if each path had its own label, a client could fill up
            // the memory.
            return PageResponse::not_found(&PLACES);
        };
        *self.measures.requests.entry(place).or_default() += 1;
        self.update_map();
        let body = match (place, &asked.body) {
            (METRICS | HEALTH, Some(_)) => {
                return PageResponse::wrong_method("use GET for this path\n");
            }
            (HEALTH, None) => {
                return match &self.map_problem {
                    None => PageResponse::of(ContentType::Text, "ok\n"),
                    Some(error) => PageResponse::unavailable(error.to_text() + OLD_MAP + "\n"),
                };
            }
            (METRICS, None) => {
                let figures = bridge_figures(&self.measures);
                let kind = ContentType::Prometheus;
                return PageResponse::of(kind, exposition(&figures, kind));
            }
            (_, None) => {
                return PageResponse::wrong_method("use POST with a JSON body for this path\n");
            }
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

    /// Rereads the map if it has changed. Logs only transitions: otherwise, a damaged map would
    /// fill the log with a line per request.
    fn update_map(&mut self) {
        match self.known.reread_map().map_err(CommandError::from) {
            Ok(false) => {}
            Ok(true) => {
                if self.map_problem.take().is_some() {
                    self.log.say("the map is valid again");
                }
            }
            Err(error) => {
                if self.map_problem.as_ref() != Some(&error) {
                    error.show(&mut self.log);
                    self.log.say(OLD_MAP);
                }
                self.map_problem = Some(error);
            }
        }
        self.measures.is_map_stale = self.map_problem.is_some();
    }

    fn detect(&mut self, body: &[u8]) -> CommandResult<String> {
        let IdsRequest { ids } = parsed(body)?;
        let mut results = Vec::new();
        for id in &ids {
            let known = self.known.identify(id)?;
            results.push(known.detected());
            self.note(&known);
        }
        Ok(json::document_of("results", &results))
    }

    fn matches(&mut self, body: &[u8]) -> CommandResult<String> {
        let MatchRequest { target, candidates } = parsed(body)?;
        Ok(json::document(&self.known.matches(&target, &candidates)?))
    }

    fn translate(&mut self, body: &[u8]) -> CommandResult<String> {
        let TranslateRequest { ids, to, set } = parsed(body)?;
        let target = self.known.target(to.as_deref())?;
        self.known.check_given(&set)?;
        let (mut results, mut identified) = (Vec::new(), Vec::new());
        for id in &ids {
            let begin = Instant::now();
            let known = self.known.identify(id)?;
            results.push(self.known.translate(&known, target, &set));
            self.measures.translated(begin.elapsed().as_secs_f64());
            identified.push(known);
        }
        identified.iter().for_each(|known| self.note(known));
        Ok(json::document_of("results", &results))
    }

    fn validate(&mut self, body: &[u8]) -> CommandResult<String> {
        let ValidateRequest { ids, format } = parsed(body)?;
        let format = self.known.bridge.formats.named(&format)?;
        let now = now_millis();
        let results: Vec<IdResult> = ids.iter().map(|id| format.check(id, now)).collect();
        Ok(json::document_of("results", &results))
    }

    /// Updates the counts for the identifier's format.
    fn note(&mut self, known: &KnownId<'_>) {
        let Some(Candidate { format, is_legacy, .. }) = known.format() else { return };
        if *is_legacy {
            *self.measures.legacy.entry(format.clone()).or_default() += 1;
        }
        // Only a new format can change the number of mixed pairs, so they are not recounted for
        // every request.
        if self.seen.insert(format.clone()) {
            let links = self.known.bridge.links.iter();
            let is_mixed =
                |from: &String, to: &String| self.seen.contains(from) && self.seen.contains(to);
            self.measures.mixed = links.filter(|link| is_mixed(&link.from, &link.to)).count();
        }
    }
}

/// Parses the body of a request.
fn parsed<T: DeserializeOwned>(body: &[u8]) -> CommandResult<T> {
    serde_json::from_slice(body)
        .map_err(|error| CommandError::new(format!("invalid request: {error}")))
}

/// Returns the number of legacy identifiers per format, and the number of formats in use together
/// with their successors, in the Prometheus format.
pub(super) fn legacy_metrics(
    legacy: &BTreeMap<String, u64>,
    mixed: usize,
) -> CommandResult<String> {
    Ok(exposition(&legacy_figures(legacy, mixed, "scan"), ContentType::Prometheus))
}
