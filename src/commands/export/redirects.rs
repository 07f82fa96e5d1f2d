//! `--format redirects`: files that make a website lead from identities and former paths to pages.

use std::path::Path;

use idhooks_core::check::count;
use idhooks_core::registry::TextError;
use idhooks_ops::{
    LeftOutPage, LeftOutReason, OutputList, RedirectForm, RedirectOptions, RedirectReport,
    RedirectStatus, Repo, SourceKind, redirects, write_redirects,
};

use crate::commands::value_parsers::choice;
use crate::error::{CommandError, CommandResult, Exit};
use crate::output::Ui;

/// The options for redirects.
#[derive(Debug, clap::Args)]
pub(super) struct RedirectArgs {
    /// With redirects: what reads them
    #[arg(
        long,
        value_name = "FORM",
        required_if_eq("format", "redirects"),
        value_parser = choice(RedirectForm::ALL, RedirectForm::as_str, None)
    )]
    form: Option<RedirectForm>,
    /// With redirects, except pages: HTTP status for former paths, 301 (default), 302, 307 or 308;
    /// identities get 302
    #[arg(long, value_name = "STATUS", requires = "form")]
    status: Option<RedirectStatus>,
    /// With forms that have pages: path at which the directory is published, if not at the top of the
    /// site
    #[arg(long, value_name = "PATH", requires = "form", value_parser = base)]
    base: Option<String>,
    /// With redirects: leave out former paths of files that still exist, which needs no history
    #[arg(long, requires = "form")]
    no_history: bool,
}

impl RedirectArgs {
    /// Makes the redirects, and writes them to the directory `output`, relative to `dir`.
    pub(super) fn run(
        self,
        ui: &mut Ui,
        repo: &Repo,
        rev: Option<&str>,
        [dir, output]: [&Path; 2],
    ) -> CommandResult<Exit> {
        let options = RedirectOptions {
            rev: rev.map(str::to_owned),
            form: self.form.unwrap_or(RedirectForm::Json),
            status: self.status.unwrap_or_default(),
            base: self.base.unwrap_or_default(),
            without_history: self.no_history,
        };
        let report = redirects(ui, repo, &options)?;
        let pages = write_redirects(repo, &dir.join(output), OutputList::Redirects, &report.files)?;
        let missing = |kind| pages.iter().filter(|page| page.from == kind).count();
        let identities = report.identities - missing(SourceKind::Identity);
        let former = report.former - missing(SourceKind::FormerPath);
        warn(ui, &report, &pages);
        if identities + former == 0 && report.left_out.is_empty() {
            ui.warning(
                "nothing is redirected: no rule [[links.site]] matches a file below its root",
            );
        }
        let taken = match report.taken {
            0 => String::new(),
            taken => {
                let what = count(taken, "former path", "former paths");
                format!("; {what} left out: a file has that page now")
            }
        };
        ui.status(&format!(
            "written: {} ({}, {}{taken})",
            output.display(),
            count(identities, "identity", "identities"),
            count(former, "former path", "former paths"),
        ));
        Ok(Exit::Fine)
    }

    /// Refuses options that the form does not have.
    pub(super) fn assert_consistent(&self) -> CommandResult<()> {
        let form = self.form.unwrap_or(RedirectForm::Json);
        let option = match form {
            RedirectForm::Pages if self.status.is_some() => "--status",
            RedirectForm::Nginx | RedirectForm::Apache | RedirectForm::Json
                if self.base.is_some() =>
            {
                "--base"
            }
            _ => return Ok(()),
        };
        let why = match option {
            "--status" => "pages cannot say with which status they are answered",
            _ => "its addresses are those of the whole site, wherever the directory is",
        };
        let form = form.as_str();
        Err(CommandError::new(format!("the form {form} cannot be exported with {option}: {why}"))
            .hint("see: idhooks export --help"))
    }

    /// Returns the name of an option of redirects that was given.
    pub(super) fn given(&self) -> Option<&'static str> {
        let RedirectArgs { form, status, base, no_history } = self;
        let given = [
            ("--form", form.is_some()),
            ("--status", status.is_some()),
            ("--base", base.is_some()),
            ("--no-history", *no_history),
        ];
        given.into_iter().find(|(_, is_given)| *is_given).map(|(name, _)| name)
    }
}

/// Warns of what is not redirected.
fn warn(ui: &mut Ui, report: &RedirectReport, pages: &[LeftOutPage]) {
    for reason in LeftOutReason::ALL {
        let left_out = report.left_out.iter().filter(|left| left.reason == reason);
        let paths: Vec<&String> = left_out.map(|left| &left.from).collect();
        let what = count(paths.len(), "redirect", "redirects");
        ui.warning_about(&format!("{what} left out, because {}", reason.title()), paths);
    }
    let what = count(pages.len(), "page", "pages");
    let places = pages.iter().map(|page| page.place.display());
    ui.warning_about(&format!("{what} left out, because other files are in their places"), places);
    let lost =
        "redirects to files that the commit does not have left out, although its registry has them";
    if ui.warning_about(lost, &report.lost) {
        ui.hint("bring the registry up to date: idhooks reconcile; then commit");
    }
}

/// Checks the path at which a directory is published.
fn base(text: &str) -> Result<String, TextError> {
    let is_base = text.starts_with('/') && !text.contains(['?', '#', '%']) && !text.contains("//");
    match is_base {
        true => Ok(text.trim_end_matches('/').to_owned()),
        false => Err(TextError::new(text, "a path such as /docs")),
    }
}
