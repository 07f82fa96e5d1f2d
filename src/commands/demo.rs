//! `idhooks demo`: shows what idhooks does, in a temporary repository.

mod sandbox;

use std::path::Path;

use crate::error::{CommandError, CommandResult};
use crate::exit::Exit;
use crate::output::Ui;

use sandbox::{DemoSandbox, DemoStep};

/// Show what idhooks does, in a temporary repository
///
/// Creates a repository in a temporary directory, works in it with git and idhooks, and shows the
/// identity of each file after each step. At the end it verifies that no file lost its identity and
/// that no identity was used twice. Nothing outside that directory is read or changed.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  idhooks demo                    watch it work
  idhooks demo --keep             keep the repository to explore it

Exit code: 0 everything worked; 1 a step or the verification failed")]
pub(super) struct Demo {
    /// Keep the repository and print its path
    #[arg(long)]
    keep: bool,
}

impl Demo {
    pub(super) fn run(self, ui: &mut Ui, _: &Path) -> CommandResult<Exit> {
        let failed = |error: std::io::Error| {
            CommandError::new("cannot make a temporary directory")
                .because(&error)
                .hint("name a writable directory: TMPDIR=<dir> idhooks demo")
        };
        let program = std::env::current_exe().map_err(|error| {
            CommandError::internal("cannot find the file of this program").because(&error)
        })?;
        let dir = tempfile::Builder::new().prefix("idhooks-demo-").tempdir().map_err(failed)?;
        let dir_path = dir.path().canonicalize().map_err(failed)?;
        let mut sandbox = DemoSandbox::new(&dir_path, program, ui)?;
        let outcome = tell_story(&mut sandbox).and_then(|()| verify(&mut sandbox));
        let repository = sandbox.repository();
        if self.keep {
            let _ = dir.keep();
            ui.line("");
            ui.line(&format!("The repository is in {}", repository.display()));
        }
        let exit = match outcome {
            Ok(()) => Exit::Fine,
            Err(error) => {
                let kept = "to look into the repository: idhooks demo --keep";
                error.hint(kept).show(ui);
                Exit::Findings
            }
        };
        Ok(exit)
    }
}

fn tell_story(sandbox: &mut DemoSandbox<'_>) -> DemoStep {
    adopt(sandbox)?;
    work(sandbox)?;
    branch_off(sandbox)?;
    merge(sandbox)
}

fn adopt(sandbox: &mut DemoSandbox<'_>) -> DemoStep {
    sandbox.title("A repository with a few files adopts idhooks");
    sandbox.git("init -q .")?;
    sandbox.git("checkout -q -b main")?;
    sandbox.write("README.md", "# Shop\n\nSells things.\n")?;
    sandbox.write("docs/intro.md", &text("Introduction", 12))?;
    sandbox.write("src/app.py", &text("import util", 12))?;
    sandbox.write("src/util.py", &text("def price(item):", 12))?;
    sandbox.git("add .")?;
    sandbox.git("commit -q -m 'the shop as it was'")?;
    sandbox.idhooks("init --scope 260118")?;
    sandbox.idhooks("install")?;
    sandbox.git("commit -q -m 'adopt idhooks'")?;
    sandbox.follow("README.md", "readme")?;
    sandbox.follow("docs/intro.md", "intro")?;
    sandbox.follow("src/app.py", "app")?;
    sandbox.follow("src/util.py", "util")?;
    sandbox.table()
}

fn work(sandbox: &mut DemoSandbox<'_>) -> DemoStep {
    sandbox.title("New files get their identity in the commit that adds them");
    sandbox.write("docs/setup.md", &text("Setup", 8))?;
    sandbox.write("data/rates.csv", &text("from,to,rate", 8))?;
    sandbox.git("add docs data")?;
    sandbox.git("commit -q -m 'setup and rates'")?;
    sandbox.follow("docs/setup.md", "setup")?;
    sandbox.follow("data/rates.csv", "rates")?;
    sandbox.table()?;

    sandbox.title("A file that is renamed and edited keeps its identity");
    sandbox.git("mv src/util.py src/prices.py")?;
    sandbox.append("src/prices.py", "def discount(item): ...\n")?;
    sandbox.git("commit -q -a -m 'prices, not utilities'")?;
    sandbox.moved_to("util", "src/prices.py");
    sandbox.table()
}

fn branch_off(sandbox: &mut DemoSandbox<'_>) -> DemoStep {
    sandbox.title("Two branches add and move files independently");
    sandbox.git("checkout -q -b guide")?;
    sandbox.write("docs/faq.md", &text("Questions", 8))?;
    sandbox.write("src/report.py", &text("import app", 8))?;
    sandbox.git("mv docs/intro.md docs/guide.md")?;
    sandbox.git("add .")?;
    sandbox.git("commit -q -m 'guide: questions, report'")?;
    sandbox.follow("docs/faq.md", "faq")?;
    sandbox.follow("src/report.py", "report")?;
    sandbox.moved_to("intro", "docs/guide.md");
    sandbox.table()?;

    sandbox.switch_to("main")?;
    sandbox.set_present(&["faq", "report"], false);
    sandbox.moved_to("intro", "docs/intro.md");
    sandbox.write("docs/news.md", &text("News", 8))?;
    sandbox.write("src/export.py", &text("import csv", 8))?;
    sandbox.git("mv data/rates.csv data/exchange.csv")?;
    sandbox.append("docs/intro.md", "Edited on main, moved on guide.\n")?;
    sandbox.git("rm -q docs/setup.md")?;
    sandbox.git("add .")?;
    sandbox.git("commit -q -m 'news, export'")?;
    sandbox.follow("docs/news.md", "news")?;
    sandbox.follow("src/export.py", "export")?;
    sandbox.moved_to("rates", "data/exchange.csv");
    sandbox.set_present(&["setup"], false);
    sandbox.table()
}

fn merge(sandbox: &mut DemoSandbox<'_>) -> DemoStep {
    sandbox.title("The merge keeps every identity of both sides");
    sandbox.git("merge --no-edit guide")?;
    sandbox.moved_to("intro", "docs/guide.md");
    sandbox.set_present(&["faq", "report"], true);
    sandbox.table()
}

/// Verifies the commits themselves.
fn verify(sandbox: &mut DemoSandbox<'_>) -> DemoStep {
    sandbox.title("Verified");
    sandbox.verify_every_commit()?;
    sandbox.idhooks("check --strict")?;
    sandbox.verify_clean()
}

/// Returns a text that is long enough to be recognized after an edit.
fn text(first: &str, lines: usize) -> String {
    let rest: String = (2..=lines).map(|n| format!("{first}, line {n}\n")).collect();
    format!("{first}\n{rest}")
}
