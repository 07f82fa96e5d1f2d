//! What commands did, and that nobody can tell it otherwise afterwards.

use serde_json::{Value, json};

use super::said;
use crate::checks::{fits, own_schema};
use crate::common::{Repo, Snapshot, for_each_git, gits, on_adopted, text};
use crate::reviewed::assert_text;

const AUDIT: &str = ".git/idhooks/audit.jsonl";

/// Returns the events that a query finds, those of commits only if it asks for them; each fits the schema.
pub(crate) fn events(repo: &Repo, query: &str) -> Vec<Value> {
    let schema = own_schema(repo, "audit");
    let lines = said(repo, &format!("audit query --format jsonl {query}"));
    let events: Vec<Value> =
        lines.iter().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    for event in &events {
        fits(&schema, event);
    }
    let is_wanted = |event: &Value| query.contains("committed") || event["event"] != "committed";
    events.into_iter().filter(is_wanted).collect()
}

/// Returns the kinds of events, and the files they are about.
pub(crate) fn summaries(events: &[Value]) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let summaries =
        events.iter().map(|e| format!("{} {}", text(&e["event"]), text(&e["data"]["path"])));
    summaries.collect()
}

#[test]
fn commits_leave_an_event_if_they_are_blocked_or_healed() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        repo.stage("idhooks.toml", "scope = \"260118\"\n[hooks]\naudit = false\n");
        repo.commit("no event for each commit");
        repo.commit_file("docs/new.md", text("new"));
        repo.remove(AUDIT);
        repo.commit_file("docs/newer.md", text("newer"));
        assert!(!repo.exists(AUDIT), "hooks record nothing on a good day");
        repo.run("rm -q --cached .idhooks/registry.json");
        repo.try_git("commit -m no").code(1).done();
        repo.run("reset -q --hard");
        repo.stage("docs/other.md", text("other"));
        repo.run("commit -q --no-verify -m unhooked");
        repo.commit_file("docs/next.md", text("next"));
        let all = events(repo, "");
        let kinds: Vec<_> = all.iter().map(|e| (&e["event"], &e["data"]["command"])).collect();
        let command = &json!("hook pre-commit");
        assert_eq!(kinds, [(&json!("blocked"), command), (&json!("healed"), command)]);
        let message = all[0]["data"]["message"].as_str().expect("a text");
        assert!(message.contains("registry") && all[0]["data"]["exit"] == 1, "{message}");
    });
}

fn lines(repo: &Repo) -> Vec<String> {
    let text = String::from_utf8(repo.read(AUDIT)).expect("text");
    text.lines().map(str::to_owned).collect()
}

/// Returns the events after those of the adoption, with the words of the command.
pub(crate) fn summaries_by_command(repo: &Repo) -> Vec<String> {
    let all = events(repo, "");
    assert_eq!(all[0]["event"], "initialized");
    let commands = all.iter().map(|event| event["data"]["command"].as_str().unwrap_or("-"));
    commands
        .zip(summaries(&all))
        .skip(1)
        .map(|(command, line)| format!("{command}: {line}"))
        .collect()
}

#[test]
fn what_hooks_change_is_recorded_where_a_clone_wants_that() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        let adopted = said(repo, "audit export --from-history").len();
        repo.run("config idhooks.audit hooks");
        repo.commit_file("docs/new.md", text("new"));
        repo.mv("docs/guide.md", "docs/manual.md");
        repo.commit("move");
        repo.run("rm -q notes.txt");
        repo.commit("remove");
        repo.stage("notes.txt", text("notes.txt"));
        repo.commit("again");
        repo.stage("a.md", text("a"));
        repo.stage("b.md", text("b"));
        repo.run("commit -q -m part -- a.md");
        repo.run("commit -q -m rest");
        repo.append("README.md", "edited\n");
        repo.run("commit -q -a -m edit");
        let of = |line: &String| serde_json::from_str::<Value>(line).expect("JSON");
        let history: Vec<Value> =
            said(repo, "audit export --from-history")[adopted..].iter().map(of).collect();
        let expected =
            summaries(&history).into_iter().map(|line| format!("hook pre-commit: {line}"));
        assert_eq!(summaries_by_command(repo), expected.collect::<Vec<_>>());
        assert_eq!(summaries(&history).len(), 6, "{history:#?}");
        assert_eq!(said(repo, "backup list"), [""; 0], "git has what a hook replaces");
        // Whatever it was, each clone decides for itself.
        for setting in ["off", "required", "on", "nonsense"] {
            repo.run(["config", "idhooks.audit", setting]);
            repo.commit_file(&format!("docs/{setting}.md"), text(setting));
        }
        assert_eq!(summaries_by_command(repo).len(), 6);
        // A merge that only the later hook can complete.
        repo.run("config idhooks.audit required,hooks");
        repo.run("config merge.directoryRenames true");
        repo.run("switch -q -c side");
        repo.mv("docs", "texts");
        repo.commit("move all");
        repo.run("switch -q main");
        repo.commit_file("docs/late.md", text("late"));
        let before = summaries_by_command(repo).len();
        repo.run("merge -q -m merge side");
        let merged = &summaries_by_command(repo)[before..];
        assert_eq!(merged, ["hook post-merge: renamed texts/late.md", "hook post-merge: healed -"]);
        let healed = events(repo, "--event healed").pop().expect("an event");
        assert_eq!(healed["data"]["commit"], repo.rev("HEAD"));
        // Without its log there is no commit.
        repo.remove(AUDIT);
        std::fs::create_dir_all(repo.path().join(AUDIT)).expect("writable");
        repo.stage("last.md", text("last"));
        let before = Snapshot::of(repo);
        repo.try_git("commit -q -m no").code(1).complains("audit.jsonl").done();
        before.assert_same(repo);
        repo.run("config idhooks.audit required");
        repo.commit("yes");
    });
}

#[test]
fn every_command_that_changes_something_is_recorded() {
    on_adopted(|repo| {
        repo.remove(AUDIT);
        repo.stage("docs/new.md", text("new"));
        let ran = |line: &str| repo.idhooks(line).ok().done();
        ran("allocate docs/new.md --dry-run");
        ran("allocate docs/new.md");
        ran("reserve --ns 100 --type 01");
        repo.commit("new");
        let guide = repo.id("docs/guide.md");
        ran("mv docs/guide.md docs/manual.md");
        repo.commit("moved");
        ran("deprecate docs/manual.md --reason unsafe");
        ran("revive docs/manual.md");
        ran("supersede docs/manual.md --with-new");
        let owner = json!({"changes": {&guide: {"metadata": {"owner": "ann"}}}});
        repo.write("../p.json", owner.to_string());
        ran("patch apply ../p.json --source ci --reason because");
        repo.idhooks("revive docs/intro.md").code(2).done();
        let all = events(repo, "");
        let wanted = [
            "allocated docs/new.md",
            "reserved -",
            "renamed docs/manual.md",
            "deprecated docs/manual.md",
            "revived docs/manual.md",
            "superseded docs/manual.md",
            "allocated docs/manual.md",
            "edited docs/manual.md",
            "patched -",
            "blocked -",
        ];
        let mut sorted = summaries(&all);
        // The identities of the two that supersede made are in no order that could be known.
        sorted[5..7].sort_by_key(|line| !line.starts_with("superseded"));
        assert_eq!(sorted, wanted);
        let of = |kind: &str| events(repo, &format!("--event {kind}")).pop().expect("an event");
        assert_eq!(of("renamed")["data"]["from"], "docs/guide.md");
        assert_eq!(of("deprecated")["data"]["reason"], "unsafe");
        assert_eq!(of("edited")["data"]["new"], "ann");
        let patch = of("patched");
        assert_eq!(
            (&patch["data"]["source"], &patch["data"]["command"]),
            (&json!("ci"), &json!("patch"))
        );
        let run = patch["run_id"].as_str().expect("text");
        assert_eq!(
            summaries(&events(repo, &format!("--run {run}"))),
            ["edited docs/manual.md", "patched -"]
        );
        assert_eq!(events(repo, &format!("--id {guide}")).len(), 5);
        assert_eq!(summaries(&events(repo, "--path docs --event allocated")).len(), 2);
        assert_eq!(events(repo, "--since 1d").len(), all.len());
        assert_eq!(events(repo, "--until 2020-01-01").len(), 0);
        let last = said(repo, "audit tail -n 1");
        assert!(last[0].contains(" blocked ") && last.len() == 1, "{last:?}");
        let report = repo.idhooks("audit tail --format json").ok().json();
        assert_eq!(report["events"].as_array().map(Vec::len), Some(10));
        repo.idhooks("audit verify").ok().done();
        repo.commit("all of it");
    });
}

#[test]
fn whoever_has_been_at_it_is_found_out() {
    on_adopted(|repo| {
        repo.idhooks("audit tail").ok().done();
        repo.remove(AUDIT);
        for n in 0..4 {
            repo.idhooks("reserve --ns 100 --type 01").ok().done();
            assert_eq!(lines(repo).len(), n + 1);
        }
        let whole = lines(repo);
        let verified = |lines: &[String], code: i32| {
            repo.write(AUDIT, lines.join("\n") + "\n");
            repo.idhooks("audit verify --format json").code(code).json()
        };
        let head = verified(&whole, 0)["head"].as_str().expect("text").to_owned();
        let with = |change: &dyn Fn(&mut Vec<String>)| {
            let mut lines = whole.clone();
            change(&mut lines);
            verified(&lines, 1)["faults"][0].clone()
        };
        let fault = |line: usize, kind: &str| json!({"line": line, "kind": kind});
        assert_eq!(with(&|l| l[1] = l[1].replace("reserve", "deserve")), fault(2, "altered"));
        assert_eq!(with(&|l| drop(l.remove(1))), fault(2, "missing"));
        assert_eq!(with(&|l| drop(l.remove(0))), fault(1, "missing"));
        assert_eq!(with(&|l| l.swap(1, 2)), fault(2, "out-of-order"));
        assert_eq!(with(&|l| l[2] = "x".to_owned()), fault(3, "altered"));
        assert!(said_of(repo, &whole[1..], "line 1: missing"));
        // The end: only who kept the hash can tell.
        verified(&whole[..3], 0);
        repo.idhooks(format!("audit verify --head {head}").as_str())
            .code(1)
            .explains("hash")
            .done();
        // A crash is none of that, and the chain goes on.
        repo.write(AUDIT, whole.join("\n") + "\n{\"event_id\":");
        repo.idhooks("audit verify").ok().done();
        repo.idhooks("reserve --ns 100 --type 01").ok().done();
        let verdict = repo.idhooks("audit verify --format json").ok().json();
        assert_eq!((&verdict["events"], &verdict["faults"][0]), (&json!(5), &fault(5, "torn")));
        repo.idhooks(format!("audit verify --head {head}").as_str()).ok().done();
        repo.idhooks("audit verify --file none.jsonl").code(2).explains("none.jsonl").done();
        repo.commit_file("a.md", text("a"));
    });
}

/// The audit of a clone as the program wrote it when events had other words and names.
const FORMER: &str = include_str!("../../../fixtures/audit/former.jsonl");

#[test]
fn lines_of_earlier_versions_are_read_in_the_words_of_today() {
    on_adopted(|repo| {
        repo.idhooks("audit tail").ok().done();
        repo.write(AUDIT, FORMER);
        repo.idhooks("audit verify").ok().done();
        // What is chained is printed as it was written, and can be verified anywhere.
        assert_eq!(said(repo, "audit query --format jsonl"), FORMER.lines().collect::<Vec<_>>());
        let shown = said(repo, "audit tail -n 100");
        assert_eq!(shown.len(), FORMER.lines().count());
        for wanted in [
            "2026-11-21T22:28:45Z reserved 0110056870260118 command=\"reserve\"",
            "2026-11-21T22:28:46Z renamed 0110061303260118 docs/g1.md command=\"mv\" from=\"docs/f1.md\"",
        ] {
            assert!(shown.contains(&wanted.to_owned()), "{shown:#?}");
        }
        let counts = [
            ("renamed", 4),
            ("allocated", 4),
            ("deprecated", 2),
            ("revived", 1),
            ("superseded", 1),
            ("edited", 1),
            ("reserved", 3),
            ("patched", 1),
            ("blocked", 1),
            ("backed_up", 1),
            ("healed", 2),
            ("restored", 1),
        ];
        for (word, count) in counts {
            assert_eq!(said(repo, &format!("audit query --event {word}")).len(), count, "{word}");
        }
        assert_eq!(counts.map(|(_, count)| count).iter().sum::<usize>(), shown.len());
        assert_eq!(said(repo, "audit query --since 2026-11-21T22:28:46Z").len(), 21);
        repo.idhooks("audit query --event move").code(2).complains("invalid value 'move'").done();
        // As a document all of it has one form.
        let schema = own_schema(repo, "audit");
        let report = repo.idhooks("audit tail -n 100 --format json").ok().json();
        for event in report["events"].as_array().expect("events") {
            fits(&schema, event);
        }
        // The chain goes on, and notices what is done to either part of it.
        repo.idhooks("reserve --ns 100 --type 01").ok().done();
        repo.idhooks("audit verify").ok().done();
        let whole = lines(repo);
        assert_eq!(whole.len(), FORMER.lines().count() + 1);
        for n in [3, whole.len() - 1] {
            let mut lines = whole.clone();
            lines[n] = lines[n].replace("command", "commend");
            assert!(said_of(repo, &lines, &format!("line {}: altered", n + 1)));
        }
        repo.write(AUDIT, FORMER);
        repo.commit("all of it");
    });
}

fn said_of(repo: &Repo, lines: &[String], wanted: &str) -> bool {
    repo.write(AUDIT, lines.join("\n") + "\n");
    repo.idhooks("audit verify").code(1).stdout().contains(wanted)
}

#[test]
fn an_audit_that_cannot_be_written() {
    on_adopted(|repo| {
        repo.remove(AUDIT);
        // A directory in its place keeps even root from writing.
        std::fs::create_dir_all(repo.path().join(AUDIT)).expect("writable");
        let answer = repo.idhooks("reserve --ns 100 --type 01").ok();
        assert_text("commands-audit-an_audit_that_cannot_be_written", &answer.stderr());
        repo.run("config idhooks.audit required");
        super::refuses(repo, "reserve --ns 100 --type 01", "audit.jsonl");
        repo.run("config idhooks.audit off");
        assert_eq!(repo.idhooks("reserve --ns 100 --type 01").ok().stderr(), "");
        // Hooks have no part in it.
        repo.run("config idhooks.audit required");
        repo.commit_file("a.md", text("a"));
    });
}

#[test]
fn every_clone_tells_the_same_story() {
    on_adopted(|repo| {
        let export = "audit export --from-history";
        repo.run("switch -q -c side");
        repo.commit_file("docs/side.md", text("side"));
        repo.run("switch -q main");
        repo.mv("docs/guide.md", "docs/manual.md");
        repo.commit("move");
        repo.run("rm -q notes.txt");
        repo.commit("remove");
        repo.run("merge -q -m merge side");
        let story = said(repo, export);
        let parsed: Vec<Value> =
            story.iter().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let lines = summaries(&parsed);
        assert_eq!(
            lines.iter().filter(|line| line.starts_with("allocated ")).count(),
            8,
            "{lines:?}"
        );
        for wanted in ["renamed docs/manual.md", "deprecated notes.txt", "allocated docs/side.md"] {
            assert_eq!(lines.iter().filter(|line| *line == wanted).count(), 1, "{lines:?}");
        }
        assert_eq!(lines.len(), 10, "{lines:?}");
        assert!(parsed.iter().all(|event| event["data"]["commit"].is_string()));
        let clone = repo.clone_as("other");
        assert_eq!(said(&clone, export), story);
        repo.write("../story.jsonl", story.join("\n") + "\n");
        repo.idhooks("audit verify --file ../story.jsonl").ok().done();
        let before = said(repo, &format!("{export} --rev HEAD~1"));
        assert_eq!(before.len(), 9);
        repo.idhooks("audit export").code(2).done();
        repo.idhooks(format!("{export} --rev none").as_str()).code(2).explains("none").done();
    });
}

#[test]
fn many_writers_leave_one_chain() {
    let repo = Repo::adopted(&gits()[0]);
    repo.run("config idhooks.lockTimeout 3600000");
    let start = |_| {
        let mut command = repo.line("idhooks reserve --ns 100 --type 01");
        command.stdout(std::process::Stdio::null()).spawn().expect("can be started")
    };
    let all: Vec<_> = (0..24).map(start).collect();
    for mut child in all {
        assert!(child.wait().expect("ends").success());
    }
    assert_eq!(events(&repo, "--event reserved").len(), 24);
    repo.idhooks("audit verify").ok().done();
}
