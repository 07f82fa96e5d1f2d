//! Commits after a command that has staged the registry: they are planned from what it changed, and
//! are the same as if everything had been read.

use crate::common::{Repo, gits, text};
use crate::judge;

#[test]
fn what_a_command_staged_is_committed_as_if_everything_had_been_read() {
    let commands: [&[&str]; 10] = [
        &["allocate new.md"],
        &["mv one.md sub/one.md"],
        &["mv one.md two.md --force", "allocate new.md"],
        &["deprecate two.md --reason old"],
        &["deprecate three.md --reason old", "revive three.md"],
        &["supersede one.md --by two.md"],
        &["supersede one.md --with-new"],
        &["assign one.md new.md"],
        &["assign one.md two.md", "assign two.md one.md"],
        &["allocate new.md", "mv new.md newer.md", "deprecate newer.md --reason old"],
    ];
    let repo = Repo::adopted(&gits()[0]);
    for path in ["one.md", "two.md", "three.md"] {
        repo.commit_file(path, text(path));
    }
    repo.stage("new.md", text("new"));
    for (n, lines) in commands.iter().enumerate() {
        let committed = |name: &str, forgets: bool| {
            let copy = repo.copy_as(&format!("{name}{n}"));
            for line in *lines {
                copy.idhooks(*line).stdout();
            }
            LATER[n % LATER.len()](&copy);
            if forgets {
                let cache = copy.path().join(".git/idhooks/cache");
                std::fs::remove_dir_all(cache).expect("there");
            }
            copy.run("commit -q -a -m after");
            copy
        };
        let part = committed("part", false);
        let whole = committed("whole", true);
        assert_eq!(undated(&part), undated(&whole), "{lines:?}");
        judge::assert_all_consistent(&part);
        assert_eq!(part.findings(""), whole.findings(""), "{lines:?}");
    }
}

/// What is done between a command and the commit.
const LATER: [fn(&Repo); 4] = [
    |repo| repo.stage("another.md", text("another")),
    |_| {},
    |repo| {
        repo.mv("three.md", "four.md");
        repo.stage("edited.md", text("edited"));
    },
    |repo| repo.run("rm -q --cached new.md"),
];

/// Returns the registry in HEAD without its dates: every command that is run is a little later.
fn undated(repo: &Repo) -> String {
    let text = String::from_utf8(repo.registry("HEAD")).expect("text");
    let values = text.split("_at\":\"");
    values.map(|value| value.split_once("Z\"").map_or(value, |(_, rest)| rest)).collect()
}
