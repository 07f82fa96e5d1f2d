//! `idhooks demo`: what idhooks does, shown in a repository made for it.

mod sandbox;

use std::path::PathBuf;

use crate::error::CommandError;
use crate::exit::Exit;
use crate::output::Ui;

use sandbox::DemoSandbox;

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
    pub(super) fn run(self, ui: &mut Ui) -> Result<Exit, CommandError> {
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
        let mut stage = DemoSandbox::new(&dir_path, program, ui)?;
        let outcome = play(&mut stage).and_then(|()| verify(&mut stage));
        let repository = stage.repository();
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

type DemoStep = Result<(), CommandError>;

fn play(stage: &mut DemoSandbox<'_>) -> DemoStep {
    adopt(stage)?;
    work(stage)?;
    branch_off(stage)?;
    merge(stage)
}

fn adopt(stage: &mut DemoSandbox<'_>) -> DemoStep {
    stage.title("A repository with a few files adopts idhooks")?;
    stage.git("init -q .")?;
    stage.git("checkout -q -b main")?;
    stage.write("README.md", "# Shop\n\nSells things.\n")?;
    stage.write("docs/intro.md", &text("Introduction", 12))?;
    stage.write("src/app.py", &text("import util", 12))?;
    stage.write("src/util.py", &text("def price(item):", 12))?;
    stage.git("add .")?;
    stage.git("commit -q -m 'the shop as it was'")?;
    stage.idhooks("init --scope 260118")?;
    stage.idhooks("install")?;
    stage.git("commit -q -m 'adopt idhooks'")?;
    stage.names("README.md", "readme")?;
    stage.names("docs/intro.md", "intro")?;
    stage.names("src/app.py", "app")?;
    stage.names("src/util.py", "util")?;
    stage.table()
}

fn work(stage: &mut DemoSandbox<'_>) -> DemoStep {
    stage.title("New files get their identity in the commit that adds them")?;
    stage.write("docs/setup.md", &text("Setup", 8))?;
    stage.write("data/rates.csv", &text("from,to,rate", 8))?;
    stage.git("add docs data")?;
    stage.git("commit -q -m 'setup and rates'")?;
    stage.names("docs/setup.md", "setup")?;
    stage.names("data/rates.csv", "rates")?;
    stage.table()?;

    stage.title("A file that is renamed and edited keeps its identity")?;
    stage.git("mv src/util.py src/prices.py")?;
    stage.append("src/prices.py", "def discount(item): ...\n")?;
    stage.git("commit -q -a -m 'prices, not utilities'")?;
    stage.moved("util", "src/prices.py");
    stage.table()
}

fn branch_off(stage: &mut DemoSandbox<'_>) -> DemoStep {
    stage.title("Two branches add and move files independently")?;
    stage.git("checkout -q -b guide")?;
    stage.write("docs/faq.md", &text("Questions", 8))?;
    stage.write("src/report.py", &text("import app", 8))?;
    stage.git("mv docs/intro.md docs/guide.md")?;
    stage.git("add .")?;
    stage.git("commit -q -m 'guide: questions, report'")?;
    stage.names("docs/faq.md", "faq")?;
    stage.names("src/report.py", "report")?;
    stage.moved("intro", "docs/guide.md");
    stage.table()?;

    stage.change_to("main")?;
    stage.hidden(&["faq", "report"]);
    stage.moved("intro", "docs/intro.md");
    stage.write("docs/news.md", &text("News", 8))?;
    stage.write("src/export.py", &text("import csv", 8))?;
    stage.git("mv data/rates.csv data/exchange.csv")?;
    stage.append("docs/intro.md", "Edited on main, moved on guide.\n")?;
    stage.git("rm -q docs/setup.md")?;
    stage.git("add .")?;
    stage.git("commit -q -m 'news, export'")?;
    stage.names("docs/news.md", "news")?;
    stage.names("src/export.py", "export")?;
    stage.moved("rates", "data/exchange.csv");
    stage.hidden(&["setup"]);
    stage.table()
}

fn merge(stage: &mut DemoSandbox<'_>) -> DemoStep {
    stage.title("The merge keeps every identity of both sides")?;
    stage.git("merge --no-edit guide")?;
    stage.moved("intro", "docs/guide.md");
    stage.shown(&["faq", "report"]);
    stage.table()
}

/// Verifies the promises on the commits themselves.
fn verify(stage: &mut DemoSandbox<'_>) -> DemoStep {
    stage.title("Verified")?;
    stage.verify_every_commit()?;
    stage.idhooks("check --strict")?;
    stage.verify_clean()
}

/// Returns text that is long enough to be recognised after an edit.
fn text(first: &str, lines: usize) -> String {
    let rest: String = (2..=lines).map(|n| format!("{first}, line {n}\n")).collect();
    format!("{first}\n{rest}")
}

/// Where the repository is.
fn repository_in(dir: &std::path::Path) -> PathBuf {
    dir.join("shop")
}
