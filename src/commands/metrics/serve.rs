//! `idhooks metrics serve`: metrics over HTTP.

use std::path::Path;

use clap::Args;
use idhooks_report::metrics::HealthState;
use idhooks_report::net::{ContentType, PageRequest, PageResponse};

use crate::error::CommandError;
use crate::exit::Exit;
use crate::output::{ExpositionFormat, Ui, exposition};

use super::super::health::readable;
use super::super::listen_args::{Address, at_its_place, ended};
use super::subject::MetricsSubject;

const METRICS: &str = "/metrics";
const HEALTH: &str = "/healthz";

/// Serve metrics over HTTP, at /metrics and /healthz
///
/// Every request measures again. The answer is in the format of Prometheus or of OpenMetrics, as the
/// collector requests. /healthz answers 'ok' if the registry can be read; otherwise it answers what
/// is wrong, with status 503.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks metrics serve
  idhooks metrics serve --port 0 --rev origin/main --no-history")]
pub(super) struct Serve {
    #[command(flatten)]
    subject: MetricsSubject,
    /// Port to listen on; 0 picks a free one
    #[arg(long, value_name = "PORT", default_value_t = 9464)]
    port: u16,
    #[command(flatten)]
    address: Address,
}

impl Serve {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> Result<Exit, CommandError> {
        // Fail at once if no request can ever be answered.
        self.subject.measure_with(dir, false)?;
        let dir = at_its_place(dir);
        let server = self.address.listen(ui, self.port)?;
        ui.say(&format!("metrics are at {}; stop with Ctrl-C", server.url(METRICS)));
        let subject = self.subject;
        Err(ended(server.run(move |asked| answer(&subject, &dir, asked))))
    }
}

fn answer(subject: &MetricsSubject, dir: &Path, asked: &PageRequest) -> PageResponse {
    if ![METRICS, HEALTH].contains(&asked.path.as_str()) {
        return PageResponse::not_found(&[METRICS, HEALTH]);
    }
    // Whether the registry can be read needs no history.
    let measured = match subject.measure_with(dir, asked.path == METRICS && !subject.no_history) {
        Ok(measured) => measured,
        Err(error) => return PageResponse::unavailable(error.to_text()),
    };
    if asked.path == HEALTH {
        let readable = readable(&measured.findings);
        return match readable.state {
            HealthState::Critical => PageResponse::unavailable(format!("{}\n", readable.detail)),
            _ => PageResponse::of(ContentType::Text, "ok\n"),
        };
    }
    if asked.accept.contains("application/openmetrics-text") {
        let text = exposition(&measured.figures, ExpositionFormat::OpenMetrics);
        return PageResponse::of(ContentType::OpenMetrics, text);
    }
    PageResponse::of(
        ContentType::Prometheus,
        exposition(&measured.figures, ExpositionFormat::Prometheus),
    )
}
