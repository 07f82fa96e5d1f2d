//! The files of each form.

use super::form::{FormFiles, FormRefusal, RedirectFile, RedirectForm, RedirectStatus};
use super::redirect_lines::Host;
use super::table::RedirectTable;
use super::{apache, json, nginx, page, redirect_lines};

impl RedirectForm {
    /// Returns the files for these redirects. `base` is the path at which the output directory is
    /// published; `status` answers for former paths.
    ///
    /// # Errors
    /// Returns an error if the host would not read all of it.
    pub fn files(
        self,
        table: &RedirectTable,
        status: RedirectStatus,
        base: &str,
    ) -> Result<FormFiles, FormRefusal> {
        let file = |path: &str, text| RedirectFile { path: path.to_owned(), text, page_of: None };
        let whole = |files| FormFiles { files, left_out: Vec::new() };
        Ok(match self {
            RedirectForm::Pages => page::pages(&table.redirects, base, |_| true),
            RedirectForm::Netlify | RedirectForm::Cloudflare | RedirectForm::GitLab => {
                let host = Host::of(self);
                let lines = redirect_lines::lines(&host, table, status)?;
                let mut pages = page::pages(&table.redirects, base, page::is_gone);
                pages.files.insert(0, file(redirect_lines::NAME, lines.text));
                pages.left_out.extend(lines.left_out);
                pages
            }
            RedirectForm::Nginx => whole(vec![
                file(nginx::MAP, nginx::map(table)?),
                file(nginx::SERVER, nginx::server(status)),
            ]),
            RedirectForm::Apache => whole(vec![
                file(apache::RULES, apache::rules(status)),
                file(apache::MAP, apache::map(table, status)?),
            ]),
            RedirectForm::Json => whole(vec![file("redirects.json", json::list(table, status))]),
        })
    }
}
