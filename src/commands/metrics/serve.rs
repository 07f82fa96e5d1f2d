//! `idhooks metrics serve`: figures for a collector that comes for them.

use std::path::Path;

use clap::Args;

use crate::error::CommandError;
use crate::exit::Exit;
use crate::net::{Asked, ContentType, PageResponse};
use crate::output::{ExpositionFormat, Ui, exposition};

use super::super::health::readable;
use super::super::listen_args::{Address, at_its_place, ended};
use super::MetricsSubject;

const METRICS: &str = "/metrics";
const HEALTH: &str = "/healthz";

/// Answer a collector: /metrics and /healthz
///
/// Everything is measured anew when it is asked for, in the form of Prometheus or of OpenMetrics, as
/// the collector wants. /healthz says 'ok' as long as the registry can be read, else what is wrong,
/// with status 503.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks metrics serve
  idhooks metrics serve --port 0 --rev origin/main --no-history")]
pub(super) struct Serve {
    /// Serve at this port; 0 is any that is free
    #[arg(long, value_name = "PORT", default_value_t = 9464)]
    port: u16,
    #[command(flatten)]
    address: Address,
    #[command(flatten)]
    subject: MetricsSubject,
}

impl Serve {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> Result<Exit, CommandError> {
        // What can never be answered is told at once.
        self.subject.measure_with(dir, false)?;
        let dir = at_its_place(dir);
        let server = self.address.listen(ui, self.port)?;
        ui.say(&format!("figures are at {}; end it with Ctrl-C", server.url(METRICS)));
        let subject = self.subject;
        Err(ended(server.run(move |asked| answer(&subject, &dir, asked))))
    }
}

fn answer(subject: &MetricsSubject, dir: &Path, asked: &Asked) -> PageResponse {
    if ![METRICS, HEALTH].contains(&asked.path.as_str()) {
        return PageResponse::nothing_here(&[METRICS, HEALTH]);
    }
    // Whether the registry can be read needs no history.
    let measured = match subject.measure_with(dir, asked.path == METRICS && !subject.no_history) {
        Ok(measured) => measured,
        Err(error) => return PageResponse::unavailable(error.told()),
    };
    if asked.path == HEALTH {
        let readable = readable(&measured.findings);
        return match readable.is_well {
            Some(false) => PageResponse::unavailable(format!("{}\n", readable.detail)),
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
