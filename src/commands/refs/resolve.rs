//! `idhooks refs --resolve`: writes Markdown with links for a renderer.

use std::path::{Path, PathBuf};

use idhooks_ops::{
    LeftOutFiles, RenderedMarkdown, RenderedPlace, Repo, Revision, render_markdown, write_markdown,
};

use crate::error::{CommandResult, Exit};
use crate::output::{Ui, at_most, count, report_unsearched};

/// How many places a warning names.
const MOST_NAMED: usize = 3;

/// The option that writes Markdown.
#[derive(Debug, clap::Args)]
pub(super) struct ResolveArgs {
    /// Write all Markdown files into this directory, with links with relative paths for references
    #[arg(long, value_name = "DIR", conflicts_with_all = ["subject", "from", "graph", "format"])]
    pub(super) resolve: Option<PathBuf>,
}

impl ResolveArgs {
    /// Writes the Markdown files to the directory `output`, relative to `dir`.
    pub(super) fn run(
        ui: &mut Ui,
        repo: &Repo,
        revision: &Revision,
        [dir, output]: [&Path; 2],
    ) -> CommandResult<Exit> {
        let rendered = render_markdown(repo, revision)?;
        let left_out = write_markdown(repo, &dir.join(output), &rendered.files)?;
        let RenderedMarkdown { files, links, dead, without_heading, unsearched } = &rendered;
        warn(
            ui,
            dead,
            [
                "reference leads nowhere and stays as it is",
                "references lead nowhere and stay as they are",
            ],
        );
        warn(
            ui,
            without_heading,
            [
                "reference names a missing heading, so its link leads to the file",
                "references name missing headings, so their links lead to the files",
            ],
        );
        report_unsearched(ui, unsearched);
        let LeftOutFiles { taken, unnamable } = &left_out;
        let what = count(taken.len(), "file", "files");
        ui.warning_about(
            &format!("{what} left out, because other files are in their places"),
            taken.iter().map(|place| place.display()),
        );
        let what = count(unnamable.len(), "file", "files");
        ui.warning_about(
            &format!("{what} left out, because not every system allows their names"),
            unnamable,
        );
        ui.status(&format!(
            "written: {} ({}, {})",
            output.display(),
            count(files.len() - taken.len() - unnamable.len(), "file", "files"),
            count(*links, "link", "links"),
        ));
        Ok(Exit::Fine)
    }
}

/// Warns of references, naming a few; all are named in detail.
fn warn(ui: &mut Ui, places: &[RenderedPlace], [one, several]: [&str; 2]) {
    if places.is_empty() {
        return;
    }
    let named = |RenderedPlace { path, line, column, text }: &RenderedPlace| {
        format!("{path}:{line}:{column} '{text}'")
    };
    for place in places {
        ui.detail(&format!("{}: this {one}", named(place)));
    }
    let number = count(places.len(), one, several);
    let few = at_most(places.iter().map(named), MOST_NAMED).join(", ");
    ui.warning(&format!("{number}: {few}"));
}
