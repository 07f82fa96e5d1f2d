//! The units that keep a watcher running.

use std::path::Path;

use crate::common::{Repo, SCOPE, gits, text};
use crate::programs::{verify_units, with_programs};

/// A systemctl that notes what it is asked.
const SYSTEMCTL: &str = "#!/bin/sh\necho \"$*\" >>\"$HOME/systemctl.calls\"\n";

/// Returns an adopted repository in a directory with a name that means something to some system.
fn adopted_in(name: &str) -> Repo {
    let repo = Repo::nowhere(&gits()[0]).beside(name);
    std::fs::create_dir_all(repo.path()).expect("a directory");
    repo.run("init -q -b main");
    repo.stage("docs/guide.md", text("guide"));
    repo.idhooks(["init", "--scope", SCOPE]).ok().done();
    repo.idhooks("install").ok().done();
    repo.commit("adopt");
    repo
}

#[test]
fn a_named_program_stays_until_it_is_gone() {
    let launchctl = ("launchctl", "#!/bin/sh\n");
    let programs = [("systemctl", SYSTEMCTL), launchctl, ("schtasks", "#!/bin/sh\n")];
    let repo = with_programs(&adopted_in("it's <a> & b"), &programs);
    let program = repo.root().join("it's & mine/idhooks");
    std::fs::create_dir_all(program.parent().expect("a directory")).expect("writable");
    let own = env!("CARGO_BIN_EXE_idhooks");
    for keeper in ["--systemd", "--launchd", "--windows"] {
        std::os::unix::fs::symlink(own, &program).expect("writable");
        let install = ["watch", "install", keeper];
        let named = program.to_str().expect("UTF-8");
        repo.idhooks(["watch", "install", keeper, "--program", named]).ok().done();
        let kept = format!("the program is still '{}'", program.display());
        repo.idhooks(install).ok().complains(&kept).complains("nothing to change").done();
        std::fs::remove_file(&program).expect("there");
        repo.idhooks(install).ok().complains("wrote '").done();
        let shown = repo.idhooks(["watch", "install", keeper, "--dry-run", "--live"]);
        let shown = shown.ok().stdout();
        // Each file has its own way to write the directories before it.
        let debug = Path::new(own).parent().and_then(Path::file_name).expect("a directory");
        let end = format!("{}/idhooks", debug.to_str().expect("UTF-8"));
        assert!(shown.contains(&end), "{shown}");
    }
}

fn only_file(dir: &Path) -> (String, String) {
    let mut files = std::fs::read_dir(dir).expect("a directory");
    let path = files.next().expect("a file").expect("readable").path();
    let text = std::fs::read_to_string(&path).expect("UTF-8");
    (path.to_string_lossy().into_owned(), text)
}

#[test]
fn a_service_of_systemd_is_valid_and_registered() {
    for name in ["a b", "$HOME ${x} `id`", "it's \"quoted\""] {
        let repo = with_programs(&adopted_in(name), &[("systemctl", SYSTEMCTL)]);
        repo.idhooks("watch install --systemd").ok().done();
        let (path, text) = only_file(&repo.root().join("home/.config/systemd/user"));
        assert!(text.contains("--quiet watch run\n") && text.contains("Restart=on-failure\n"));
        let calls =
            std::fs::read_to_string(repo.root().join("home/systemctl.calls")).expect("calls");
        assert!(calls.contains("--user daemon-reload\n--user enable --now idhooks-"), "{calls}");
        verify_units(&repo, "*.service");
        // What it would run really watches this working tree.
        let line = text.lines().find_map(|line| line.strip_prefix("ExecStart=")).expect("a line");
        assert!(line.ends_with("--quiet watch run"), "{line}");
        repo.idhooks("watch install --systemd").ok().complains("nothing to change").done();
        std::fs::write(&path, text.replace("Nice=10", "Nice=19")).expect("writable");
        repo.idhooks("watch install --systemd").code(2).explains("was changed by hand").done();
        repo.idhooks("watch install --systemd --force").ok().done();
        let live = ["watch", "install", "--systemd", "--live", "--force"];
        repo.idhooks(live).ok().done();
        let text = std::fs::read_to_string(&path).expect("UTF-8");
        assert!(text.contains("--quiet watch run --live\n"), "{text}");
        repo.idhooks("watch install --systemd --remove").ok().done();
        assert!(!Path::new(&path).exists());
    }
}
