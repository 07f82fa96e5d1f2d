//! The block in the crontab.

use super::{HOSTILE, adopted_in, at, reports, timers, with_programs};
use crate::common::{Repo, for_each_git, gits, sample_of};

/// A crontab as that of Debian, kept in a file.
const CRONTAB: &str = r#"#!/bin/sh
file=$HOME/crontab
case $1 in
  -l) if [ -f "$file" ]; then cat "$file"; else echo "no crontab for ann" >&2; exit 1; fi ;;
  -r) rm "$file" ;;
  -) cat >"$file.new" && mv "$file.new" "$file" ;;
  *) exit 2 ;;
esac
"#;

fn crontab(repo: &Repo) -> Option<Vec<u8>> {
    std::fs::read(repo.root().join("home/crontab")).ok()
}

/// Returns the times and commands of a crontab, as cron hands them to sh.
fn commands(crontab: &[u8]) -> Vec<(String, String)> {
    let text = std::str::from_utf8(crontab).expect("UTF-8");
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let command = |line: &str| {
        let fields = if line.starts_with('@') { 1 } else { 5 };
        let (at, _) = line.match_indices(' ').nth(fields - 1).expect("a command");
        (line[..at].to_owned(), handed_over(&line[at + 1..]))
    };
    lines.map(command).collect()
}

/// Takes the backslash of each percent sign away; one without is where the command ends.
fn handed_over(command: &str) -> String {
    let (mut out, mut is_escaped) = (String::new(), false);
    for c in command.chars() {
        match (c, is_escaped) {
            ('%', true) => drop(out.pop()),
            ('%', false) => unreachable!("a percent sign cuts the command: {command}"),
            _ => {}
        }
        is_escaped = c == '\\' && !is_escaped;
        out.push(c);
    }
    out
}

#[test]
fn everything_else_stays_byte_for_byte() {
    for_each_git(|git| {
        let repo = with_programs(&Repo::adopted(git), &[("crontab", CRONTAB)]);
        let other = with_programs(&repo.clone_as("other"), &[]);
        let file = repo.root().join("home/crontab");
        let befores: [Option<&[u8]>; 5] = [
            None,
            Some(b""),
            Some(b"MAILTO=a\n\n5 4 * * * x \\%\xff\t \n# end\n"),
            Some(b"no end"),
            Some(b"a\r\n\r\n"),
        ];
        for before in befores {
            let _ = std::fs::remove_file(&file);
            before.inspect(|bytes| std::fs::write(&file, bytes).expect("writable"));
            let dry = repo.idhooks("schedule install --cron --dry-run").ok().stdout();
            assert!(dry.contains(" schedule run nightly\n"), "{dry}");
            assert_eq!(crontab(&repo).as_deref(), before);
            repo.idhooks("schedule install --cron").ok().done();
            let with = crontab(&repo).expect("a crontab");
            assert!(with.starts_with(before.unwrap_or_default()));
            assert_eq!(timers(&repo), [("cron".to_owned(), "installed".to_owned())]);
            repo.idhooks("schedule install --cron").ok().complains("nothing to change").done();
            assert_eq!(crontab(&repo), Some(with.clone()));
            // Each repository has its own lines.
            assert_eq!(timers(&other), []);
            other.idhooks("schedule install --cron").ok().done();
            assert!(crontab(&repo).expect("a crontab").starts_with(&with));
            other.idhooks("schedule remove").ok().done();
            assert_eq!(crontab(&repo), Some(with.clone()));
            repo.idhooks("schedule remove --dry-run").ok().done();
            assert_eq!(crontab(&repo), Some(with));
            repo.idhooks("schedule remove").ok().done();
            assert_eq!(crontab(&repo).as_deref(), before);
            assert_eq!(timers(&repo), []);
        }
    });
}

#[test]
fn the_planned_times_and_what_was_missed() {
    for name in sample_of(&HOSTILE) {
        // Which git it is does not matter here.
        let repo = with_programs(&adopted_in(&gits()[0], name), &[("crontab", CRONTAB)]);
        repo.idhooks("schedule install --cron").ok().done();
        let commands = commands(&crontab(&repo).expect("a crontab"));
        let times: Vec<&str> = commands.iter().map(|(time, _)| time.as_str()).collect();
        assert_eq!(times, ["0 2 * * *", "0 6 * * 1", "0 3 1 * *", "@reboot", "30 * * * *"]);
        // What cron would run really runs, wherever cron stands.
        let monday = at(&repo.below("docs"), "2023-11-20T07:00:00Z");
        for ((_, command), count) in commands.iter().zip([2, 4, 6]) {
            monday.sh(command).ok().done();
            assert_eq!(std::fs::read_dir(reports(&repo)).expect("reports").count(), count);
        }
        let later = at(&monday, "2023-11-21T07:00:00Z");
        let told = later.sh(&commands[3].1).ok();
        assert_eq!((told.stdout(), told.stderr()), (String::new(), String::new()));
        assert!(reports(&repo).join("nightly-2023-11-21.md").exists());
        assert_eq!(std::fs::read_dir(reports(&repo)).expect("reports").count(), 8);
    }
}

#[test]
fn metrics_every_five_minutes() {
    for name in sample_of(&HOSTILE) {
        let repo = with_programs(&adopted_in(&gits()[0], name), &[("crontab", CRONTAB)]);
        let path = repo.root().join(format!("{name}.prom"));
        let line = ["schedule", "install", "--cron", "--metrics", path.to_str().expect("UTF-8")];
        repo.idhooks(line).ok().done();
        let commands = commands(&crontab(&repo).expect("a crontab"));
        let (_, command) = commands.iter().find(|(at, _)| at == "*/5 * * * *").expect("a line");
        repo.below("docs").sh(command).ok().done();
        assert!(path.exists());
        repo.idhooks("schedule install --cron").ok().complains("nothing to change").done();
        repo.idhooks("schedule remove").ok().done();
        assert_eq!(crontab(&repo), None);
    }
}

#[test]
fn a_crontab_that_cannot_be_had_is_left_alone() {
    for_each_git(|git| {
        let adopted = Repo::adopted(git);
        let script =
            "#!/bin/sh\necho 'You (ann) are not allowed to use this program' >&2\nexit 1\n";
        let repo = with_programs(&adopted, &[("crontab", script)]);
        repo.idhooks("schedule install --cron").code(2).explains("are not allowed").done();
        assert_eq!(timers(&repo), []);
        let script = CRONTAB.replace("  -) ", "  -) echo 'bad minute' >&2; exit 1 ;; x) ");
        let repo = with_programs(&adopted, &[("crontab", &script)]);
        repo.idhooks("schedule install --cron").code(2).explains("bad minute").done();
        let repo = with_programs(&adopted, &[("crontab", CRONTAB)]);
        repo.idhooks("schedule install --cron").ok().done();
        let file = repo.root().join("home/crontab");
        let whole = std::fs::read_to_string(&file).expect("a crontab");
        std::fs::write(&file, whole.replace("# <<< idhooks <<<\n", "")).expect("writable");
        for action in ["install --cron", "remove", "list"] {
            let told = repo.idhooks(format!("schedule {action}").as_str());
            told.code(2).explains("the crontab has an incomplete block of idhooks").done();
        }
        std::fs::write(&file, whole.replace("0 2 * * *", "0 4 * * *")).expect("writable");
        assert_eq!(timers(&repo), [("cron".to_owned(), "outdated".to_owned())]);
        repo.idhooks("schedule install --cron").ok().done();
        assert_eq!(crontab(&repo), Some(whole.into_bytes()));
    });
}

#[test]
fn timers_that_should_exist_and_do_not_are_listed_as_missing() {
    let repo = with_programs(&adopted_in(&gits()[0], "plain"), &[("crontab", CRONTAB)]);
    let health = || repo.idhooks("health --format json").ok().json();
    let timers = |state: &str| {
        let timers = &health()["schedule"]["timers"];
        timers.as_array().expect("a list").iter().filter(|timer| timer["state"] == state).count()
    };
    let is_well = || {
        let checks = &health()["checks"];
        let checks = checks.as_array().expect("a list");
        checks.iter().any(|check| check["name"] == "timers" && check["state"] == "ok")
    };
    assert!(is_well());
    repo.idhooks("schedule install --cron").ok().done();
    assert!(is_well() && timers("installed") == 1);
    repo.sh("crontab -r").ok().done();
    assert!(!is_well() && timers("missing") == 1);
    assert!(repo.idhooks("schedule list").ok().stdout().contains("cron: missing (crontab -l)"));
    // Those of another user are not looked for here.
    let other = repo.root().join("another-home");
    std::fs::create_dir(&other).expect("made");
    let other = repo.with("HOME", other.to_str().expect("UTF-8"));
    assert!(!other.idhooks("schedule list").ok().stdout().contains("missing"));
    repo.idhooks("schedule install --cron").ok().done();
    assert!(is_well());
    repo.idhooks("schedule remove").ok().done();
    assert!(is_well() && timers("missing") == 0);
    // The last repair: of a commit that no hook saw.
    assert!(health()["last_repair"].is_null());
    repo.stage("unseen.md", "x\n");
    repo.run("commit -q --no-verify -m unseen");
    repo.run("commit -q --allow-empty -m healed");
    assert!(health()["last_repair"]["at"].is_string(), "{:#}", health());
}
