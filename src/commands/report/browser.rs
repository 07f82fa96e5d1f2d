//! Renders a web page as an image with an installed browser.

use std::ffi::{OsStr, OsString};
use std::{fs, path::Path, time::Duration};

use idhooks_ops::{PNG_HEADER, PNG_MARK, ProgramFailure, Repo, call_within};

use crate::error::{CommandError, CommandResult};
use crate::output::{Ui, percent_encoded};

/// The git setting that names another browser.
const SETTING: &str = "idhooks.browser";
/// The browsers to try, in this order: names on `PATH`, and the usual paths on macOS and Windows.
const BROWSERS: [&str; 9] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "microsoft-edge",
    "firefox",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Firefox.app/Contents/MacOS/firefox",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
];
/// The files in a run's directory.
const PAGE: &str = "index.html";
const PICTURE: &str = "page.png";
/// The beginning of the page's root element, and an attribute that makes the page draw everything
/// immediately. The page's script replaces the attribute's value with the height in pixels.
const ROOT: &str = "<html lang=\"en\"";
const MARK: &str = "data-picture=\"";
/// How long a browser may run: a headless one that waits for something, such as a first-run dialog,
/// would hang forever.
const LIMIT: Duration = Duration::from_secs(60);
/// The initial size of the window in pixels; the height is later set to the page's.
const WIDTH: usize = 1280;
const HEIGHT: usize = 800;

/// Draws a dashboard page as a PNG image.
///
/// # Errors
/// Returns an error if there is no browser, or if none draws the page in time.
pub(super) fn picture(ui: &mut Ui, repo: &Repo, page: &str) -> CommandResult<Vec<u8>> {
    let failed = |error: std::io::Error| {
        CommandError::new("cannot prepare the page for the browser").because(&error)
    };
    let dir = tempfile::tempdir().map_err(failed)?;
    // Without this, the page would draw its charts after a headless browser has already taken the
    // screenshot.
    let page = page.replacen(ROOT, &format!("{ROOT} {MARK}\""), 1);
    fs::write(dir.path().join(PAGE), page).map_err(failed)?;
    let named = repo.setting(SETTING);
    let browsers = named.as_deref().map_or_else(|| BROWSERS.to_vec(), |name| vec![name]);
    // Paths for other systems would only make the error message confusing.
    let is_of_other = |name: &str| match std::env::consts::OS {
        "macos" => name.contains('\\'),
        "windows" => name.starts_with('/'),
        _ => name.starts_with('/') || name.contains('\\'),
    };
    let searched: Vec<&str> = match &named {
        None => browsers.iter().copied().filter(|name| !is_of_other(name)).collect(),
        Some(name) => vec![name],
    };
    let mut refusal = None;
    for browser in &browsers {
        let why = match draw(browser, dir.path()) {
            Ok(None) => continue,
            Ok(Some(_)) => "it wrote no picture".to_owned(),
            Err(ProgramFailure::System(error)) => return Err(error.into()),
            Err(failure) => failure.to_string(),
        };
        // The file is checked even if the browser failed: some browsers exit with an error after
        // writing the image.
        let drawn = fs::read(dir.path().join(PICTURE)).ok();
        if let Some(bytes) = drawn.filter(|bytes| bytes.starts_with(b"\x89PNG")) {
            if !is_firefox(browser) && is_root(dir.path()) {
                ui.status(&format!("'{browser}' ran without its sandbox, as root must"));
            }
            return Ok(marked(bytes));
        }
        // The first failure is reported, because later browsers are tried only as a result of it.
        refusal.get_or_insert(
            CommandError::new(format!("'{browser}' did not draw the page")).because(&why),
        );
    }
    let error = refusal.unwrap_or_else(|| {
        CommandError::new("no browser is installed that can draw the page")
            .because(&format!("looked for: {}", searched.join(", ")))
    });
    Err(error
        .hint("install chromium or firefox")
        .hint(format!("or name the program of a browser: git config {SETTING} <program>")))
}

/// Returns the PNG with the mark of idhooks inserted after the header.
fn marked(mut png: Vec<u8>) -> Vec<u8> {
    if png.get(12..16) == Some(b"IHDR") && png.len() > PNG_HEADER {
        // The header must remain the first chunk. Readers skip unknown chunks.
        png.splice(PNG_HEADER..PNG_HEADER, PNG_MARK.iter().copied());
    }
    png
}

/// Returns the leading bytes of every image that idhooks writes, which identify its own files.
pub(super) fn png_start() -> Vec<u8> {
    let mut start = b"\x89PNG".to_vec();
    start.resize(PNG_HEADER, 0);
    [&start, PNG_MARK].concat()
}

fn is_firefox(browser: &str) -> bool {
    Path::new(browser).file_stem().is_some_and(|name| name.to_string_lossy().starts_with("firefox"))
}

/// Makes a browser draw the page in a directory, using a new profile: with the user's profile, it
/// would hand the work to a running browser and exit. Returns `None` if the browser is not
/// installed.
///
/// # Errors
/// Returns an error if the browser cannot be run, or fails; even then, it may have drawn the page.
fn draw(browser: &str, dir: &Path) -> Result<Option<Vec<u8>>, ProgramFailure> {
    let option = |name: &str, value: &OsStr| {
        let mut option = OsString::from(name);
        option.push(value);
        option
    };
    let (picture, profile) = (dir.join(PICTURE), dir.join("profile"));
    let path = dir.join(PAGE).to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/");
    let path = percent_encoded(path.trim_start_matches('/').as_bytes(), b"-._~/:");
    let page = format!("file:///{path}");
    if is_firefox(browser) {
        // Firefox does not create this directory. If no height is given, its screenshots are as
        // tall as the page.
        let _ = fs::create_dir(&profile);
        let files =
            [OsStr::new("--profile"), profile.as_ref(), "--screenshot".as_ref(), picture.as_ref()];
        let rest = ["--no-remote".as_ref()].into_iter().chain(files).chain([OsStr::new(&page)]);
        let size = ["--headless".to_owned(), format!("--window-size={WIDTH}")].map(OsString::from);
        let args: Vec<OsString> = size.into_iter().chain(rest.map(OsStr::to_owned)).collect();
        return call_within(browser, &args, LIMIT);
    }
    // Chromium refuses to start with its sandbox if it runs as root, as in most containers.
    let sandbox = is_root(dir).then(|| OsString::from("--no-sandbox"));
    let call = |height: usize, what: OsString| {
        let common = ["--headless", "--disable-gpu", "--hide-scrollbars", "--no-first-run"];
        let size = option("--window-size=", format!("{WIDTH},{height}").as_ref());
        let rest = [size, option("--user-data-dir=", profile.as_ref()), what, page.clone().into()];
        let common = common.map(OsString::from).into_iter();
        let args: Vec<OsString> = common.chain(sandbox.clone()).chain(rest).collect();
        call_within(browser, &args, LIMIT)
    };
    // Chromium's screenshots are as tall as its window, so the page's height is determined first.
    let dom = match call(HEIGHT, "--dump-dom".into()) {
        Ok(Some(dom)) => dom,
        Err(error @ ProgramFailure::System(_)) => return Err(error),
        _ => return call(HEIGHT, option("--screenshot=", picture.as_ref())),
    };
    let dom = String::from_utf8_lossy(&dom);
    let height = dom.split_once(MARK).and_then(|(_, rest)| rest.split('"').next()?.parse().ok());
    call(height.unwrap_or(HEIGHT), option("--screenshot=", picture.as_ref()))
}

/// Returns whether a newly created directory, and thus this process, belongs to root.
#[cfg(unix)]
fn is_root(dir: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(dir).is_ok_and(|meta| meta.uid() == 0)
}

/// Returns whether this process belongs to root.
#[cfg(not(unix))]
fn is_root(_: &Path) -> bool {
    false
}
