//! Tables that spreadsheets and terminals show: what is in a file name must not run there.

use std::fs::File;
use std::io::Read;
use std::process::Stdio;

use nix::pty::openpty;

use crate::common::{Repo, on_adopted, on_adopted_leaving};

/// The name of a file that a spreadsheet would take for a formula.
const FORMULA: &str = "=HYPERLINK(0).md";

/// Returns what a terminal gets to see of a command.
fn on_terminal(repo: &Repo, line: &str) -> String {
    let pty = openpty(None, None).expect("a pseudo-terminal");
    let mut command = repo.line(line);
    command.stdin(Stdio::null()).stdout(pty.slave).stderr(Stdio::null());
    let mut child = command.spawn().expect("the program can be started");
    // The command holds the only other end; where it closes that, reading ends with an error.
    drop(command);
    let mut shown = Vec::new();
    let mut master = File::from(pty.master);
    let mut buffer = [0; 4096];
    while let Ok(read @ 1..) = master.read(&mut buffer) {
        shown.extend_from_slice(&buffer[..read]);
    }
    assert!(child.wait().expect("the program can be waited for").success());
    String::from_utf8(shown).expect("UTF-8")
}

#[test]
fn cells_are_no_formulas_unless_asked_for() {
    on_adopted_leaving("A  -x.md\nM  .idhooks/registry.json\n?? files.csv\n", |repo| {
        repo.commit_file(FORMULA, "formula\n");
        for command in ["scan", "export --format csv"] {
            let quoted = repo.idhooks(command).ok().stdout();
            assert!(quoted.contains(&format!(",'{FORMULA},")), "{quoted}");
            assert!(!quoted.contains(&format!(",{FORMULA},")), "{quoted}");
            let raw = repo.idhooks(format!("{command} --raw").as_str()).ok().stdout();
            assert!(raw.contains(&format!(",{FORMULA},")), "{raw}");
            assert!(!raw.contains(&format!("'{FORMULA}")), "{raw}");
        }
        repo.stage("-x.md", "another\n");
        repo.write("files.csv", "path\n'-x.md\n");
        let given = repo.idhooks("allocate --batch files.csv").ok().stdout();
        assert!(given.contains("\n'-x.md,"), "{given}");
        let json = repo.idhooks("scan --json").ok().stdout();
        assert!(json.contains(&format!("\"{FORMULA}\"")), "{json}");
    });
}

#[test]
fn a_terminal_is_shown_control_characters_and_does_not_obey_them() {
    on_adopted(|repo| {
        repo.commit_file("a\u{1b}[31mb\u{9b}2J.md", "hostile\n");
        for command in
            ["scan", "scan --raw", "scan --json", "export --format csv", "list --format json"]
        {
            let shown = on_terminal(repo, &format!("idhooks {command}"));
            assert!(shown.contains("README.md"), "{shown}");
            assert!(!shown.contains(['\u{1b}', '\u{9b}']), "{command}: {shown:?}");
            assert!(shown.contains("u{9b}2J.md"), "{command}: {shown}");
        }
        // A pipe gets the bytes as they are.
        let piped = repo.idhooks("scan").ok().stdout();
        assert!(piped.contains("a\u{1b}[31mb\u{9b}2J.md"), "{piped:?}");
    });
}
