//! The program that timers call: it stays until it is gone.

use std::os::unix::fs::symlink;
use std::path::Path;

use super::{CRONTAB, HOSTILE, adopted_in, timers, with_programs};
use crate::checks::assert_fits;
use crate::common::{Repo, gits, sample_of, write_script};

/// Puts the timers where systemd looks for those that are enabled.
const SYSTEMCTL: &str = r#"#!/bin/sh
units=$HOME/.config/systemd/user
[ "$2" = enable ] || exit 0
mkdir -p "$units/timers.target.wants"
shift 3
for timer; do ln -sf "$units/$timer" "$units/timers.target.wants/$timer"; done
"#;

fn repo_with_schedulers() -> Repo {
    let schtasks = ("schtasks", "#!/bin/sh\n");
    let programs = [("crontab", CRONTAB), ("systemctl", SYSTEMCTL), schtasks];
    with_programs(&adopted_in(&gits()[0], "work"), &programs)
}

/// Puts idhooks into a directory of this name.
fn another(repo: &Repo, dir: &str) -> String {
    let dir = repo.root().join("tools").join(dir);
    std::fs::create_dir_all(&dir).expect("a directory");
    let program = dir.join("idhooks");
    symlink(env!("CARGO_BIN_EXE_idhooks"), &program).expect("writable");
    program.to_str().expect("UTF-8").to_owned()
}

/// Returns whether 'idhooks alerts' says that a timer is broken, and how to repair it.
fn alert(repo: &Repo) -> Option<String> {
    let document = repo.idhooks("alerts --format json").json();
    assert_fits(repo, "alerts", &document);
    let alerts = document["alerts"].as_array().expect("alerts");
    let alert = alerts.iter().find(|alert| alert["name"] == "timer_broken")?;
    Some(alert["help"].as_str().expect("a text").to_owned())
}

#[test]
fn a_named_program_stays_until_it_is_gone() {
    for keeper in ["systemd", "cron", "windows"] {
        let repo = repo_with_schedulers();
        // The Task Scheduler has no way to write '%' and '$('.
        let names = HOSTILE.iter().filter(|name| keeper != "windows" || !name.contains('%'));
        for name in sample_of(&names.collect::<Vec<_>>()) {
            let program = another(&repo, name);
            let install = format!("schedule install --{keeper}");
            let standing = |state: &str| assert_eq!(timers(&repo), [(keeper.into(), state.into())]);
            let named = ["schedule", "install", &format!("--{keeper}"), "--program", &program];
            repo.idhooks(named).ok().done();
            standing("installed");
            assert_eq!(alert(&repo), None);
            let kept = format!("the program is still '{program}'");
            repo.idhooks(&*install).ok().complains(&kept).complains("nothing to change").done();

            std::fs::remove_file(&program).expect("there");
            standing("broken");
            let fault = format!(
                "the timers of {keeper} call '{program}', which does not exist or cannot run"
            );
            let remedy = format!("to call this program: idhooks {install}");
            repo.idhooks("schedule list").ok().complains(&fault).complains(&remedy).done();
            let health = repo.idhooks("health").stdout();
            assert!(health.contains(&format!("{keeper}: broken")), "{health}");
            assert_eq!(alert(&repo), Some(format!("install them again: idhooks {install}")));

            repo.idhooks(&*install).ok().done();
            standing("installed");
            assert_eq!(alert(&repo), None);
        }
    }
}

#[test]
fn a_program_that_is_no_idhooks_any_more_is_not_kept() {
    let repo = repo_with_schedulers();
    let program = another(&repo, "a");
    let install = ["schedule", "install", "--cron", "--program", &program];
    repo.idhooks(install).ok().done();
    std::fs::remove_file(&program).expect("there");
    write_script(Path::new(&program), "#!/bin/sh\necho another 1.0\n");
    repo.idhooks("schedule install --cron").ok().complains("added to the crontab").done();
    let lines = std::fs::read_to_string(repo.root().join("home/crontab")).expect("there");
    assert!(!lines.contains(&program) && lines.contains(env!("CARGO_BIN_EXE_idhooks")), "{lines}");
    // Nor are words that somebody else wrote in its place.
    let service = || {
        let dir = repo.root().join("home/.config/systemd/user");
        let files = std::fs::read_dir(dir).expect("there").map(|file| file.expect("there").path());
        let mut files: Vec<_> =
            files.filter(|path| path.extension().is_some_and(|end| end == "service")).collect();
        files.sort();
        files
    };
    repo.idhooks("schedule install --systemd").ok().done();
    for file in service() {
        let text = std::fs::read_to_string(&file).expect("UTF-8");
        let text = text.replace(env!("CARGO_BIN_EXE_idhooks"), &another(&repo, "b"));
        std::fs::write(&file, text).expect("writable");
        let _ = std::fs::remove_file(repo.root().join("tools/b/idhooks"));
    }
    repo.idhooks("schedule install --systemd").code(2).explains("was changed by hand").done();
    repo.idhooks("schedule install --systemd --force").ok().done();
    let text = std::fs::read_to_string(&service()[0]).expect("UTF-8");
    assert!(text.contains(env!("CARGO_BIN_EXE_idhooks")), "{text}");
}
