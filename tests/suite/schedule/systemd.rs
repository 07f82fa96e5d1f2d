//! Units of systemd.

use std::path::{Path, PathBuf};

use super::{HOSTILE, adopted_in, at, reports, timers, with_programs};
use crate::common::{Repo, for_each_git, gits, on_adopted, sample_of};
use crate::programs::verify_units;

/// A systemctl that notes what it is asked, and enables as the real one does.
const SYSTEMCTL: &str = r#"#!/bin/sh
echo "$*" >>"$HOME/systemctl.calls"
units=$HOME/.config/systemd/user
case "$2" in
  enable) shift 3; mkdir -p "$units/timers.target.wants"
    for timer; do ln -sf "$units/$timer" "$units/timers.target.wants/$timer"; done ;;
  disable) shift 3; for timer; do rm "$units/timers.target.wants/$timer"; done ;;
esac
"#;
/// One that reaches nobody.
const BROKEN: &str = "#!/bin/sh\necho 'Failed to connect to bus' >&2\nexit 1\n";

fn directory(repo: &Repo) -> PathBuf {
    repo.root().join("home/.config/systemd/user")
}

/// Returns the units, by name.
fn units(repo: &Repo) -> Vec<(String, String)> {
    let Ok(entries) = std::fs::read_dir(directory(repo)) else { return Vec::new() };
    let files = entries.map(|entry| entry.expect("readable").path()).filter(|path| path.is_file());
    let name = |path: &Path| path.file_name().expect("a name").to_string_lossy().into_owned();
    let mut units: Vec<_> =
        files.map(|path| (name(&path), std::fs::read_to_string(&path).expect("UTF-8"))).collect();
    units.sort();
    units
}

/// Returns the words that systemd makes of a command line.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut chars = line.chars().peekable();
    while chars.peek().is_some() {
        let is_quoted = chars.next_if_eq(&'"').is_some();
        let mut word = String::new();
        while let Some(c) = chars.next() {
            match c {
                '"' if is_quoted => break,
                ' ' if !is_quoted => break,
                '\\' => word.extend(chars.next()),
                '%' | '$' => {
                    assert_eq!(chars.next(), Some(c), "a specifier or a variable in {line}");
                    word.push(c);
                }
                c => word.push(c),
            }
        }
        let _ = chars.next_if_eq(&' ');
        words.push(word);
    }
    words
}

fn value<'u>(unit: &'u str, key: &str) -> &'u str {
    let mut lines = unit.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    let first = lines.next().expect("the key");
    assert_eq!(lines.next(), None, "{key} twice in {unit}");
    first
}

#[test]
fn units_at_their_times_that_systemd_takes() {
    on_adopted(|repo| {
        let repo = with_programs(repo, &[("systemctl", SYSTEMCTL)]);
        repo.idhooks("schedule install --systemd").ok().done();
        let units = units(&repo);
        assert_eq!(units.len(), 6);
        verify_units(&repo, "*.service *.timer");
        let times = [
            ("monthly", "*-*-01 03:00:00"),
            ("nightly", "*-*-* 02:00:00"),
            ("weekly", "Mon *-*-* 06:00:00"),
        ];
        for (pair, (kind, time)) in units.chunks(2).zip(times) {
            let [(service, told), (timer, when)] = pair else {
                unreachable!("a service and its timer")
            };
            assert!(
                service.starts_with("idhooks-work-")
                    && service.ends_with(&format!("-{kind}.service")),
                "{service}"
            );
            assert_eq!(service.trim_end_matches("service"), timer.trim_end_matches("timer"));
            assert_eq!((value(when, "OnCalendar"), value(when, "Persistent")), (time, "true"));
            assert_eq!(value(told, "Type"), "oneshot");
            let words = words(value(told, "ExecStart"));
            assert!(Path::new(&words[0]).is_absolute() && Path::new(&words[0]).is_file());
            assert_eq!(
                words[1..],
                ["-C", repo.path().to_str().expect("plain"), "--quiet", "schedule", "run", kind]
            );
            let told = repo
                .sh(&format!("! command -v systemd-analyze || systemd-analyze calendar '{time}'"));
            told.ok().done();
        }
        let calls =
            std::fs::read_to_string(repo.root().join("home/systemctl.calls")).expect("calls");
        let names: Vec<&str> = ["nightly", "weekly", "monthly"]
            .map(|kind| {
                units
                    .iter()
                    .map(|(name, _)| name.as_str())
                    .find(|name| name.ends_with(&format!("{kind}.timer")))
                    .expect("a timer")
            })
            .into();
        assert_eq!(
            calls,
            format!("--user daemon-reload\n--user enable --now {}\n", names.join(" "))
        );
        assert_eq!(timers(&repo), [("systemd".to_owned(), "installed".to_owned())]);
        // A second time nothing changes, and nobody is told.
        repo.idhooks("schedule install --systemd").ok().complains("nothing to change").done();
        assert_eq!(self::units(&repo), units);
        assert_eq!(
            std::fs::read_to_string(repo.root().join("home/systemctl.calls")).expect("calls"),
            calls
        );
        repo.idhooks("schedule remove").ok().done();
        assert_eq!(timers(&repo), []);
        let left = repo.sh("find ../home/.config -not -type d").ok().stdout();
        assert_eq!(left, "");
    });
}

#[test]
fn where_systemd_cannot_be_reached_one_command_remains() {
    for_each_git(|git| {
        let repo = with_programs(&Repo::adopted(git), &[("systemctl", BROKEN)]);
        let told = repo.idhooks("schedule install --systemd").ok();
        let told = told.complains("the timers are not enabled: Failed to connect to bus");
        told.complains("hint: enable them where you are logged in: systemctl --user daemon-reload && systemctl --user enable --now idhooks-work-").done();
        assert_eq!(timers(&repo), [("systemd".to_owned(), "disabled".to_owned())]);
        // Who does it by hand has it removed all the same.
        repo.sh("cd ../home/.config/systemd/user; mkdir timers.target.wants; ln -s \"$PWD\"/*.timer timers.target.wants").ok().done();
        assert_eq!(timers(&repo), [("systemd".to_owned(), "installed".to_owned())]);
        repo.idhooks("schedule remove").ok().done();
        assert_eq!(repo.sh("find ../home/.config -not -type d").ok().stdout(), "");
    });
}

#[test]
fn whatever_a_repository_is_called() {
    // Which git it is does not matter here.
    for name in sample_of(&HOSTILE) {
        let repo = adopted_in(&gits()[0], name);
        repo.idhooks("schedule install --systemd").ok().done();
        verify_units(&repo, "*.service *.timer");
        for (name, unit) in units(&repo).into_iter().filter(|(name, _)| name.ends_with(".service"))
        {
            assert!(name.is_ascii() && !name.contains([' ', '%', '\\', '"', '$']), "{name}");
            let words = words(value(&unit, "ExecStart"));
            assert_eq!(words[2], repo.path().to_str().expect("UTF-8"));
            // What systemd would run really runs.
            let args: Vec<&str> = words[1..].iter().map(String::as_str).collect();
            let night = at(&repo.below("docs"), "2023-11-20T07:00:00Z");
            night.sh_as(&words[0], &args).ok().done();
        }
        assert_eq!(std::fs::read_dir(reports(&repo)).expect("reports").count(), 6);
    }
}

#[test]
fn a_unit_of_somebody_else_stays() {
    on_adopted(|repo| {
        repo.idhooks("schedule install --systemd").ok().done();
        let all = units(repo);
        let (name, _) = &all[0];
        let file = directory(repo).join(name);
        std::fs::write(&file, "[Service]\n").expect("writable");
        let (other, _) = &all[1];
        std::fs::remove_file(directory(repo).join(other)).expect("removable");
        assert_eq!(timers(repo), [("systemd".to_owned(), "incomplete".to_owned())]);
        repo.idhooks("schedule install --systemd")
            .code(2)
            .explains("idhooks did not write it")
            .done();
        assert!(!directory(repo).join(other).exists(), "all or nothing");
        let dry = repo.idhooks("schedule install --systemd --force --dry-run").ok().stdout();
        assert!(dry.contains(&format!("would write '{}'\n# Written by", file.display())), "{dry}");
        assert_eq!(std::fs::read(&file).expect("readable"), b"[Service]\n");
        repo.idhooks("schedule install --systemd --force").ok().done();
        assert_eq!(units(repo), all);
        // Another repository has its own.
        let other = repo.clone_as("other");
        other.idhooks("schedule install --systemd").ok().done();
        assert_eq!(units(repo).len(), 12);
        repo.idhooks("schedule remove").ok().done();
        assert_eq!(units(repo).len(), 6);
        assert_eq!(timers(&other).len(), 1);
        other.idhooks("schedule remove").ok().done();
        assert_eq!(units(repo), []);
    });
}

#[test]
fn metrics_every_five_minutes() {
    for name in sample_of(&HOSTILE) {
        let adopted = adopted_in(&gits()[0], name);
        let repo = with_programs(&adopted, &[("systemctl", SYSTEMCTL)]);
        let file = repo.root().join(format!("{name}.prom"));
        let path = file.to_str().expect("UTF-8");
        repo.idhooks(["schedule", "install", "--systemd", "--metrics", path]).ok().done();
        verify_units(&repo, "*.service *.timer");
        let all = units(&repo);
        assert_eq!(all.len(), 8);
        let unit = |end: &str| &all.iter().find(|(name, _)| name.ends_with(end)).expect("a unit").1;
        assert_eq!(value(unit("metrics.timer"), "OnCalendar"), "*:0/5");
        let words = words(value(unit("metrics.service"), "ExecStart"));
        let args: Vec<&str> = words[1..].iter().map(String::as_str).collect();
        repo.below("docs").sh_as(&words[0], &args).ok().done();
        assert!(std::fs::read_to_string(&file).expect("written").contains("identity_total_files"));
        assert_eq!(super::listed(&repo)["metrics"], path);
        assert_eq!(timers(&repo), [("systemd".to_owned(), "installed".to_owned())]);
        // A later run keeps the file; another one replaces it.
        repo.idhooks("schedule install --systemd").ok().complains("nothing to change").done();
        repo.idhooks("schedule install --systemd --metrics ../x.prom --dry-run").ok().done();
        assert_eq!(super::listed(&repo)["metrics"], path);
        repo.idhooks("schedule install --systemd --metrics ../x.prom").ok().done();
        assert_ne!(super::listed(&repo)["metrics"], path);
        assert_eq!(units(&repo).len(), 8);
        repo.idhooks("schedule remove").ok().done();
        assert_eq!(repo.sh("find ../home/.config -not -type d").ok().stdout(), "");
        assert!(super::listed(&repo)["metrics"].is_null());
        repo.idhooks("schedule install --systemd").ok().done();
        assert_eq!(units(&repo).len(), 6);
    }
    on_adopted(|repo| {
        let line = "schedule install --github --install true --metrics x.prom";
        repo.idhooks(line).code(2).done();
        let nowhere = "schedule install --systemd --metrics nowhere/x.prom";
        repo.idhooks(nowhere).code(2).explains("no directory").done();
        repo.idhooks(["schedule", "install", "--systemd", "--metrics", "a\nb"])
            .code(2)
            .explains("into a timer")
            .done();
        assert_eq!(units(repo).len(), 0);
    });
}
