//! Tests of which sources are accepted.

use super::*;

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

fn parsed(text: &str) -> Result<PinnedSource, String> {
    PinnedSource::parse(text).map_err(|error| error.to_string())
}

#[test]
fn what_is_pinned_is_taken() {
    for url in
        ["https://git.example.org/a/idhooks", "ssh://git@example.org:22/a", "file:///a/b.git"]
    {
        let source = parsed(&format!("{url}@{COMMIT}"));
        let expected = PinnedSource::Repository { url: url.to_owned(), commit: COMMIT.to_owned() };
        assert_eq!(source, Ok(expected));
    }
    let sha256 = "0123456789ABCDEF".repeat(4);
    for url in ["https://example.org/x.tar.gz?a=1&b=2", "file:///a.tar"] {
        let expected = PinnedSource::Archive { url: url.to_owned(), sha256: sha256.to_lowercase() };
        assert_eq!(parsed(&format!("{url}#sha256={sha256}")), Ok(expected));
    }
    let expected =
        PinnedSource::Action { repository: "some/idhooks".to_owned(), commit: COMMIT.to_owned() };
    assert_eq!(parsed(&format!("some/idhooks@{COMMIT}")), Ok(expected));
    assert!(parsed(&format!("some/idhooks@{}", "ab".repeat(32))).is_ok());
}

#[test]
fn everything_else_is_refused_with_a_reason() {
    let at = |place: &str| format!("{place}@{COMMIT}");
    let hostile = [
        "https://example.org/a'b",
        "https://example.org/a\"b",
        "https://example.org/a\nb",
        "https://example.org/${{ secrets.X }}",
        "https://example.org/$(id)",
        "https://example.org/a b",
        "https://example.org/`id`",
        "https://example.org/a;id",
        "https://example.org/a\\b",
        "https://example.org/ä",
        "https://example.org/a|b",
        "https://example.org/{a}",
        "\0",
    ];
    let unclear = [
        "https://user:secret@example.org/a",
        "https://token@example.org/a",
        "ssh://a:b@example.org/a",
        "http://example.org/a",
        "git://example.org/a",
        "ext::sh",
        "https://",
        "https:///a",
        "https://example.org",
        "ssh://-oProxyCommand=id/a",
        "file://host/a",
        "file://",
        "a",
        "/a/b",
        "./a",
        "a/b/c",
        "-a/b",
        "../b",
        "git@example.org:a/b",
        "",
    ];
    let moving = ["v1.0", "main", "0123456", "", "0000000000000000000000000000000000000000"];
    let moving = moving.map(|name| format!("https://example.org/a@{name}"));
    let hash = "0".repeat(63);
    let archives = [
        "https://example.org/a.tar.gz".to_owned(),
        format!("https://example.org/a.tar.gz#sha256={hash}"),
        format!("https://example.org/a.tar.gz#{hash}0"),
        format!("http://example.org/a#sha256={hash}0"),
        format!("ssh://example.org/a#sha256={hash}0"),
        format!("https://example.org/a.zip#sha256={hash}0"),
        format!("https://example.org/a#sha256={hash}0#"),
        "https://example.org/a.tar.gz#".to_owned(),
    ];
    let all = hostile.into_iter().chain(unclear).map(at).chain(moving).chain(archives);
    for text in all {
        let message = parsed(&text).expect_err(&text);
        assert!(message.contains("is not a valid source: "), "{message}");
    }
    for command in ["", " ", "a\nb", "a\u{1b}b", "a\u{2028}b", "a\u{85}b"] {
        assert!(PinnedSource::command(command).is_err(), "{command:?}");
    }
}

#[test]
fn a_value_is_not_looked_at_again() {
    assert_eq!(filled("a @X@ b @Y@ c", &[("@X@", "@Y@"), ("@Y@", "@X@")]), "a @Y@ b @X@ c");
}
