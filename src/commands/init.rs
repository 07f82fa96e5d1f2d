//! `idhooks init`: adopt a repository.

use std::path::Path;

use clap::Args;

use crate::error::CommandError;
use crate::exit::Exit;
use crate::git::{Index, IndexFile, Repo};
use crate::output::{Bar, Ui};
use crate::plan::Given;
use crate::policy::{ATTRIBUTES_PATH, CONFIG_PATH, Policy, Strategy, attributes, template};
use crate::registry::{REGISTRY_PATH, Registry, RepoPath, Scope};
use crate::store::{GivenFile, Replacement, read_file};
use crate::walk::{Lineage, Request, Snapshot, append_given, now, prepare, read_policy};

/// Adopt a repository: give every tracked file an identity
///
/// Writes idhooks.toml, .idhooks/registry.json and a line in .gitattributes, and stages these
/// three. Nothing is committed. Run 'idhooks install' next, once in every clone.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  idhooks init\n  idhooks init --scope 260118 --strategy sequential"
)]
pub(super) struct Init {
    /// Last six digits of every identity, for ever [default: today's date as YYMMDD]
    #[arg(long, value_name = "DIGITS")]
    scope: Option<Scope>,
    /// How the sequence of a new identity is chosen
    ///
    /// scattered: merging branches never renumbers. sequential: dense numbers; merging parallel
    /// branches renumbers one side.
    #[arg(long, value_enum, value_name = "STRATEGY")]
    strategy: Option<Strategy>,
    /// Adopt although another branch has a registry; the two will never merge
    #[arg(long)]
    force: bool,
    /// Say what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
}

/// What is to be written.
struct Adoption {
    registry: Registry,
    config: Option<String>,
    /// `.gitattributes` as staged, and as in the working tree, where our line is missing.
    staged_attributes: Option<Vec<u8>>,
    working_attributes: Option<Vec<u8>>,
}

impl Init {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> Result<Exit, CommandError> {
        let repo = Repo::open(dir)?;
        let file = repo.index_file();
        let index = repo.index(&file)?;
        if index.tree.contains_key(&own(REGISTRY_PATH)) {
            ui.status("this tree is adopted already; nothing was changed");
            ui.status("next: 'idhooks install' in every clone, 'idhooks status' to look around");
            return Ok(Exit::Fine);
        }
        self.refuse(&repo, &index)?;
        let adoption = self.plan(&repo, &index)?;
        if !self.dry_run {
            write(&repo, &file, &adoption)?;
            if let Some(problem) = append_given(&repo, None, &adoption.registry) {
                ui.warning(&problem);
            }
        }
        self.tell(ui, &adoption);
        Ok(Exit::Fine)
    }

    /// Refuses where adoption would lose something or could never merge.
    fn refuse(&self, repo: &Repo, index: &Index) -> Result<(), CommandError> {
        if !index.unmerged.is_empty() || !repo.merge_heads()?.is_empty() {
            return Err(CommandError::new("cannot adopt in the middle of a merge")
                .hint("finish it with 'git commit', or leave it with 'git merge --abort'"));
        }
        if repo.top().join(REGISTRY_PATH).symlink_metadata().is_ok() {
            return Err(CommandError::new(format!("'{REGISTRY_PATH}' is there, but not tracked"))
                .hint(format!(
                    "to use it, run 'git add --force {REGISTRY_PATH}'; to adopt anew, move it away"
                )));
        }
        if self.force {
            return Ok(());
        }
        match repo.ref_with(REGISTRY_PATH)? {
            None => Ok(()),
            Some(name) => {
                let short = ["refs/heads/", "refs/remotes/", "refs/tags/"]
                    .iter()
                    .find_map(|prefix| name.strip_prefix(prefix))
                    .unwrap_or(&name)
                    .to_owned();
                Err(CommandError::new(format!(
                    "'{short}' has a registry already; two adoptions of one repository never merge"
                ))
                .hint(format!("take that one: git merge {short}"))
                .hint("to adopt anew all the same, use --force"))
            }
        }
    }

    fn plan(&self, repo: &Repo, index: &Index) -> Result<Adoption, CommandError> {
        let (policy, config) = self.policy(repo, index)?;
        let scope = self.scope_of(&policy)?;
        let snapshot = Snapshot::of_index(repo, index, None)?;
        let given =
            GivenFile::in_dir(&repo.common_dir()).read().unwrap_or_else(|_| Given::default());
        let bar = Bar::start("giving identities", snapshot.tree.len() as u64);
        let lineage = Lineage::default();
        let prepared = prepare(
            repo,
            &Request {
                policy: &policy,
                scope,
                snapshot: &snapshot,
                lineage: &lineage,
                given: &given,
                offered: &[],
                now: None,
                allocate: true,
                in_hook: false,
                progress: &|| bar.step(),
            },
        )?;
        bar.finish();
        let working = read_file(&repo.top().join(ATTRIBUTES_PATH))?;
        let staged = match index.tree.get(&own(ATTRIBUTES_PATH)) {
            Some(entry) => Some(repo.blob(entry.blob)?),
            None => None,
        };
        Ok(Adoption {
            registry: prepared.plan.registry,
            config: config.map(|config| config(scope)),
            staged_attributes: attributes::with_line(staged.as_deref()),
            working_attributes: attributes::with_line(working.as_deref()),
        })
    }

    /// Returns the rules that are there, or the new ones with the text that makes them.
    #[expect(clippy::type_complexity, reason = "a text that waits for its scope")]
    fn policy(
        &self,
        repo: &Repo,
        index: &Index,
    ) -> Result<(Policy, Option<Box<dyn Fn(Scope) -> String>>), CommandError> {
        if index.tree.contains_key(&own(CONFIG_PATH)) {
            return Ok((read_policy(repo, &index.tree)?, None));
        }
        let strategy = self.strategy.unwrap_or_default();
        if let Some(bytes) = read_file(&repo.top().join(CONFIG_PATH))? {
            let text = String::from_utf8(bytes)
                .map_err(|_| CommandError::new(format!("'{CONFIG_PATH}' is not UTF-8 text")))?;
            let policy = Policy::parse(&text).map_err(crate::walk::WalkError::from)?;
            return Ok((policy, Some(Box::new(move |_| text.clone()))));
        }
        let mut policy = Policy::default();
        policy.strategy = strategy;
        Ok((policy, Some(Box::new(move |scope| template::render(scope, strategy)))))
    }

    fn scope_of(&self, policy: &Policy) -> Result<Scope, CommandError> {
        match (self.scope, policy.scope) {
            (Some(asked), Some(written)) if asked != written => {
                Err(CommandError::new(format!("{CONFIG_PATH} says scope {written}, not {asked}"))
                    .hint(format!("leave out --scope, or change scope in {CONFIG_PATH}")))
            }
            (Some(scope), _) | (None, Some(scope)) => Ok(scope),
            (None, None) => {
                let today = now().to_string();
                let digits = format!("{}{}{}", &today[2..4], &today[5..7], &today[8..10]);
                digits.parse().map_err(|_| CommandError::internal("today has no date"))
            }
        }
    }

    fn tell(&self, ui: &mut Ui, adoption: &Adoption) {
        let count = adoption.registry.allocations.len();
        let scope = adoption.registry.scope;
        let would = if self.dry_run { "would give" } else { "gave" };
        ui.line(&format!("{would} {count} tracked files identities of scope {scope}"));
        let sequential = self.strategy == Some(Strategy::Sequential);
        ui.line(if sequential {
            "strategy sequential: numbers are dense, but merging parallel branches renumbers one side"
        } else {
            "identities are scattered: merging branches does not renumber them"
        });
        let staged = if self.dry_run { "would stage" } else { "staged" };
        ui.line(&format!("{staged} {REGISTRY_PATH}, {CONFIG_PATH} and {ATTRIBUTES_PATH}"));
        ui.line(
            "next: 'idhooks install' (once in every clone), then: git commit -m 'adopt idhooks'",
        );
        ui.line(
            "then go on with git commit and git merge as ever; 'idhooks status' tells how it is",
        );
    }
}

fn own(path: &str) -> RepoPath {
    RepoPath::new(path.as_bytes()).expect("a constant path inside the repository")
}

/// Writes and stages all of it, or nothing: what can fail comes before the first change.
fn write(repo: &Repo, file: &IndexFile, adoption: &Adoption) -> Result<(), CommandError> {
    let text = adoption.registry.format();
    let mut staged = vec![(REGISTRY_PATH, repo.write_blob(text.as_bytes())?)];
    let mut files = vec![(REGISTRY_PATH, text.into_bytes())];
    if let Some(config) = &adoption.config {
        staged.push((CONFIG_PATH, repo.write_blob(config.as_bytes())?));
        files.push((CONFIG_PATH, config.clone().into_bytes()));
    }
    if let Some(bytes) = &adoption.staged_attributes {
        staged.push((ATTRIBUTES_PATH, repo.write_blob(bytes)?));
    }
    if let Some(bytes) = &adoption.working_attributes {
        files.push((ATTRIBUTES_PATH, bytes.clone()));
    }
    let prepare =
        |(path, bytes): (&str, Vec<u8>)| Replacement::prepare(&repo.top().join(path), &bytes);
    let prepared: Vec<Replacement> = files.into_iter().map(prepare).collect::<Result<_, _>>()?;
    repo.stage_blobs(file, &staged)?;
    for replacement in prepared {
        replacement.commit()?;
    }
    Ok(())
}
