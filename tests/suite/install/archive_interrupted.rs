//! `install.sh --archive` if something stops in the middle: the server, the user, or the reader of its output.

use std::fs;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::symlink;
use std::time::Duration;

use crate::common::sample_of;
use crate::install::archive::{PROGRAM, pack, release};
use crate::install::fixture::{World, err, write};
use crate::install::script::{plain, prepared, run, shells};

/// What a program, its command, completions and pages are below the home directory.
const INSTALLED: [&str; 8] = [
    ".cargo/bin/git-idhooks",
    ".cargo/bin/idhooks",
    ".cargo/share/man/man1/git-idhooks.1",
    ".cargo/share/man/man1/idhooks.1",
    ".local/share/bash-completion/completions/git-idhooks",
    ".local/share/bash-completion/completions/idhooks",
    ".local/share/fish/vendor_completions.d/idhooks.fish",
    ".local/share/zsh/site-functions/_idhooks",
];

/// Returns the files below the home directory.
fn files(w: &World) -> Vec<String> {
    let is_file = |file: &String| {
        let file = w.path("home").join(file);
        file.is_symlink() || !file.is_dir()
    };
    w.snapshot("home").into_keys().filter(is_file).collect()
}

fn start_again(w: &World) {
    fs::remove_dir_all(w.path("home")).expect("there");
    fs::create_dir(w.path("home")).expect("writable");
}

/// Reads the head of a request.
fn request(stream: &TcpStream) -> String {
    let lines = BufReader::new(stream).lines().map(|line| line.expect("a request"));
    lines.take_while(|line| !line.is_empty()).map(|line| line + "\n").collect()
}

/// Answers a request with the whole of the bytes, or those that it asks for, and closes the connection after
/// some of them.
fn answer(mut stream: &TcpStream, bytes: &[u8], most: usize) {
    let request = request(stream);
    let from = request.split("bytes=").nth(1).and_then(|rest| rest.split('-').next());
    let head = match from {
        Some(from) => {
            let last = bytes.len() - 1;
            format!("206 Partial Content\r\nContent-Range: bytes {from}-{last}/{}", bytes.len())
        }
        None => "200 OK".to_owned(),
    };
    let rest = &bytes[from.map_or(0, |from| from.parse().expect("a number"))..];
    let length = rest.len();
    write!(stream, "HTTP/1.1 {head}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n")
        .and_then(|()| stream.write_all(&rest[..length.min(most)]))
        .expect("it reads");
}

/// Serves an archive, stalling the first download and breaking off the second; returns whether the client gave
/// the first one up.
fn serve(listener: &TcpListener, bytes: &[u8]) -> bool {
    let (mut stream, _) = listener.accept().expect("a connection");
    request(&stream);
    let length = bytes.len();
    write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n").expect("it reads");
    stream.write_all(&bytes[..1]).expect("it reads");
    stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a socket");
    // `read` ends early if this process is stopped and continued, or frozen.
    let end = stream.read_exact(&mut [0]).map_err(|error| error.kind());
    drop(stream);
    for most in [1, length] {
        let (stream, _) = listener.accept().expect("another connection");
        answer(&stream, bytes, most);
    }
    matches!(end, Err(ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset))
}

#[test]
fn a_download_that_stalls_or_breaks_off_is_tried_again() {
    World::each(|w| {
        let (archive, sum) = pack(w, "idhooks.tar.gz", &release());
        let bytes = fs::read(&archive).expect("written");
        // The same script, less patient.
        let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/install.sh"));
        let text = text.expect("a script");
        let patient = text.lines().find(|line| line.starts_with("STALLED=60 ")).expect("a line");
        write(&w.path("script"), text.replace(patient, "STALLED=1").as_bytes(), 0o755);
        let tools = ["curl", "wget"].into_iter().filter(|tool| plain(tool).is_some());
        for tool in sample_of(&tools.collect::<Vec<_>>()) {
            let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
            let port = listener.local_addr().expect("bound").port();
            let bytes = bytes.clone();
            let server = std::thread::spawn(move || serve(&listener, &bytes));
            run(w, &["git", tool], &["--help"]);
            let mut command = w.command("/bin/sh".as_ref(), "", &[]);
            command.arg(w.path("script")).env("PATH", w.path("bin")).env("TMPDIR", w.path("temp"));
            let url = format!("http://127.0.0.1:{port}/idhooks.tar.gz");
            let output = command.args(["--archive", &url, "--sha256", &sum]).output();
            let output = output.expect("sh runs");
            assert_eq!((output.status.code(), err(&output).as_str()), (Some(0), ""), "{tool}");
            assert!(server.join().expect("no panic"), "{tool} waited for the server");
        }
    });
}

#[test]
fn a_signal_leaves_no_unfinished_file() {
    World::each(|w| {
        let (archive, sum) = pack(w, "idhooks.tar.gz", &release());
        let places = ["completions/idhooks", "site-functions/_idhooks", "man1/git-idhooks.1"];
        // busybox calls its own cp.
        let shells: Vec<_> = shells().into_iter().filter(|shell| shell.len() == 1).collect();
        for (place, shell) in
            places.iter().flat_map(|place| shells.iter().map(move |shell| (place, shell)))
        {
            start_again(w);
            let mut command = prepared(w, &["git"], shell);
            // It has written the half when the signal comes. A shell that is started with a signal
            // ignored, as INT and HUP are in the background, cannot catch it.
            let cp = format!(
                "#!/bin/sh\ncase $2 in\n  */{place}.new-*)\n    printf half >\"$2\"\n    \
                 kill -s TERM \"$PPID\" ;;\n  *) exec /bin/cp \"$@\" ;;\nesac\n"
            );
            fs::remove_file(w.path("bin/cp")).expect("a link");
            write(&w.path("bin/cp"), cp.as_bytes(), 0o755);
            command.args(["--archive", &archive, "--sha256", &sum]);
            let output = command.output().expect("the shell runs");
            assert_eq!(output.status.code(), Some(130), "{shell:?} {place}: {}", err(&output));
            let left = files(w);
            assert!(!left.iter().any(|file| file.contains(".new-")), "{shell:?} {place}: {left:?}");
            assert!(w.snapshot("temp").is_empty(), "{shell:?} {place}: something is left");
        }
    });
}

#[test]
fn what_a_killed_installation_left_is_uninstalled() {
    World::each(|w| {
        let (archive, sum) = pack(w, "idhooks.tar.gz", &release());
        let output = run(w, &["git"], &["--archive", &archive, "--sha256", &sum]);
        assert_eq!(output.status.code(), Some(0), "{}", err(&output));
        let home = w.path("home");
        for (n, file) in INSTALLED.into_iter().enumerate().skip(1) {
            let text = fs::read(home.join(file)).expect("installed");
            write(&home.join(format!("{file}.new-1{n}")), &text, 0o755);
            write(&home.join(format!("{file}.new-2{n}")), b"", 0o644);
        }
        // Whatever has another name, or is a link, or was written by another program.
        let mine = [
            ".cargo/share/man/man1/idhooks.1.new-3",
            ".local/share/zsh/site-functions/_idhooks.new-mine",
            ".local/share/zsh/site-functions/other.new-4",
        ];
        for file in mine {
            write(&home.join(file), b"mine", 0o644);
        }
        let link = ".cargo/bin/idhooks.new-5";
        symlink(w.path("served"), home.join(link)).expect("writable");
        let output = run(w, &["git"], &["--uninstall"]);
        assert_eq!(output.status.code(), Some(0), "{}", err(&output));
        assert_eq!(files(w), [&[link], &mine[..]].concat());
    });
}

#[test]
fn it_goes_on_without_a_reader() {
    World::each(|w| {
        let (archive, sum) = pack(w, "idhooks.tar.gz", &release());
        for shell in shells() {
            start_again(w);
            let (reader, writer) = std::io::pipe().expect("a pipe");
            drop(reader);
            let mut command = prepared(w, &["git"], &shell);
            command.args(["--archive", &archive, "--sha256", &sum]).stdout(writer);
            let output = command.output().expect("the shell runs");
            assert_eq!((output.status.code(), err(&output).as_str()), (Some(0), ""), "{shell:?}");
            assert_eq!(files(w), INSTALLED, "{shell:?}");
            assert!(w.snapshot("temp").is_empty(), "{shell:?}: something is left");
        }
    });
}

#[test]
fn every_shell_installs_and_uninstalls() {
    World::each(|w| {
        let (archive, sum) = pack(w, "idhooks.tar.gz", &release());
        for shell in shells() {
            start_again(w);
            let mut command = prepared(w, &["git"], &shell);
            let output = command.args(["--archive", &archive, "--sha256", &sum]).output();
            let output = output.expect("the shell runs");
            assert_eq!((output.status.code(), err(&output).as_str()), (Some(0), ""), "{shell:?}");
            assert_eq!(files(w), INSTALLED, "{shell:?}");
            assert_eq!(fs::read(w.path("home/.cargo/bin/idhooks")).expect("there"), *PROGRAM);
            let output = prepared(w, &["git"], &shell).arg("--uninstall").output();
            assert_eq!(output.expect("the shell runs").status.code(), Some(0), "{shell:?}");
            assert_eq!(files(w), [""; 0], "{shell:?}");
        }
    });
}
