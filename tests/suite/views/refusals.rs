//! What commands refuse with the same words, since there is nothing for them to work on.

use crate::views::repo::{Answer, Repo};

/// A patch.
const OWNER: &str = r#"{"changes":{"0110024716200105":{"metadata":{"owner":"ann"}}}}"#;

fn refuses(repo: &Repo, lines: &str, message: &str) {
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let answer = Answer { code: 2, stdout: String::new(), stderr: message.to_owned() };
        assert_eq!(repo.idhooks(line), answer, "{line}");
    }
}

/// Commands that need a repository.
const COMMANDS: &str = "
alerts
allocate README.md
assign 0110055515200105 README.md
audit query
audit tail
backup list
backup verify
check
check --history
check --rev HEAD
ci
coverage
coverage --check-regression
coverage --history
coverage report --period week
dashboard --output site
deprecate README.md --reason old
describe src/app.py
drift
export --format csv
fix
generate
health
id README.md
import classic.json
init
inject README.md
lint --staged
list
log README.md
metrics
metrics serve --port 0
migrate status
mv a b
patch preview owner.json
path 0110055515200105
purge --deprecated-before 90d
queue status
receive refs/heads/main 0 0
reconcile
refs
registry hash
rename --rollback
reserve --ns 100 --type 01
resolve
revive README.md
scan
schedule list
schedule remove
schedule run nightly
show README.md
status
status --locks
supersede README.md --with-new
watch status
";

#[test]
fn outside_of_a_repository() {
    let nowhere = Repo::nowhere();
    nowhere.write("owner.json", OWNER);
    let message = format!(
        "error: '{}' is not in a git repository\n\
         hint: change to a git repository, or create one with 'git init'\n",
        nowhere.path().display()
    );
    refuses(&nowhere, COMMANDS, &message);
    let lines = "doctor\ninstall\nuninstall";
    let message =
        message.replace("git repository, or", "repository, name one with 'idhooks -C <dir> …', or");
    refuses(&nowhere, lines, &message);
}

#[test]
fn in_a_repository_that_is_not_adopted() {
    let repo = Repo::empty();
    repo.write("new.md", "new\n");
    repo.git("add new.md");
    repo.write("owner.json", OWNER);
    repo.write("ids.map", "");
    let hint = "hint: to adopt this repository: idhooks init\n";
    let lines = "
        allocate new.md
        assign 0110055515200105 new.md
        backup create
        deprecate new.md --reason old
        fix
        generate
        import --ids-map ids.map
        inject new.md
        mv new.md newer.md
        patch apply owner.json
        purge --deprecated-before 90d
        registry hash
        rename --to-id-prefix new.md
        reserve --ns 100 --type 01
        revive new.md
        supersede new.md --with-new
    ";
    let message = "error: this repository is not adopted: the index has no registry\n";
    refuses(&repo, lines, &format!("{message}{hint}"));
    let lines = "
        check
        coverage
        drift
        export --format csv
        health
        id new.md
        list
        metrics --no-history
        path 0110055515200105
        refs
        show new.md
    ";
    let message = "error: cannot find a registry in the index\n\
                   cause: neither '.idhooks/registry.json' nor 'idhooks.toml' is there\n";
    refuses(&repo, lines, &format!("{message}{hint}"));
    let message = "error: the index has no '.idhooks/registry.json'\n";
    refuses(&repo, "reconcile\nresolve", &format!("{message}{hint}"));
}

#[test]
fn at_a_commit_that_does_not_exist() {
    let repo = Repo::adopted(&["a.md"], &[crate::views::repo::A]);
    let lines = "
        alerts --rev nowhere
        audit export --from-history --rev nowhere
        check --rev nowhere
        coverage --rev nowhere
        dashboard --rev nowhere
        drift --rev nowhere
        export --format csv --rev nowhere
        health --rev nowhere
        id a.md --rev nowhere
        lint --rev nowhere
        list --rev nowhere
        log a.md --rev nowhere
        metrics --rev nowhere
        refs --rev nowhere
        resolve --rev-ours main --rev-theirs nowhere
        show a.md --rev nowhere
    ";
    let message = "error: cannot find a commit 'nowhere'\n\
                   hint: list the commits: git log --oneline --all\n";
    refuses(&repo, lines, message);
}
