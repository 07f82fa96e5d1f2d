//! Hints for redirects that cannot be made.

use idhooks_ops::{FormRefusal, RedirectRefusal};

use super::CommandError;

impl From<RedirectRefusal> for CommandError {
    fn from(refusal: RedirectRefusal) -> Self {
        let converted = Self::new(refusal.to_string());
        match refusal {
            RedirectRefusal::Incomplete(missing) => converted.hint(format!(
                "to fetch the rest: {}; to leave out former paths: --no-history",
                missing.command()
            )),
            RedirectRefusal::Shared(_) => converted.hint(
                "change the rules [[links.site]] in idhooks.toml so that each file has a page of its own, or none",
            ),
            RedirectRefusal::Form(FormRefusal::Status { .. }) => {
                converted.hint("choose another status: --status 301")
            }
            RedirectRefusal::Form(FormRefusal::TooMany { .. } | FormRefusal::TooLong { .. }) => {
                converted.hint("write a page for each redirect: --form pages")
            }
            RedirectRefusal::Form(FormRefusal::LongLine { .. }) => {
                converted.hint("write a page for each redirect: --form pages")
            }
        }
    }
}
