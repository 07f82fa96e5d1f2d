//! `--format redirects`: files that make a website lead from identities and former paths to pages.

use std::path::Path;

use idhooks_core::check::count;
use idhooks_core::registry::TextError;
use idhooks_ops::{
    RedirectForm, RedirectOptions, RedirectReport, RedirectStatus, Repo, redirects, write_redirects,
};

use crate::commands::value_parsers::choice;
use crate::error::{CommandResult, Exit};
use crate::output::{Ui, at_most};

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
    /// With redirects: HTTP status for former paths, 301 (default), 302, 307 or 308; identities get 302
    #[arg(long, value_name = "STATUS", requires = "form")]
    status: Option<RedirectStatus>,
    /// With redirects: path at which the directory is published, if not at the top of the site
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
        let written = write_redirects(repo, &dir.join(output), &report.files)?;
        let RedirectReport { identities, former, taken, unwritable, .. } = report;
        if identities == 0 {
            ui.warning("no identity is redirected: no rule [[links.site]] matches a file");
        }
        if unwritable > 0 {
            let what = count(unwritable, "redirect", "redirects");
            ui.warning(&format!("{what} left out: the form has no way to write the path"));
        }
        if !written.kept.is_empty() {
            let kept: Vec<String> =
                written.kept.iter().map(|place| format!("'{}'", place.display())).collect();
            let what = count(kept.len(), "page", "pages");
            ui.warning(&format!(
                "{what} left out, because other files are in their places: {}",
                at_most(kept, 3).join(", ")
            ));
        }
        let paths = count(former, "former path", "former paths");
        let taken = match taken {
            0 => String::new(),
            taken => {
                format!(
                    "; {} left out: a file has that page now",
                    count(taken, "former path", "former paths")
                )
            }
        };
        ui.status(&format!(
            "written: {} ({}, {paths}{taken})",
            output.display(),
            count(identities, "identity", "identities")
        ));
        Ok(Exit::Fine)
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
