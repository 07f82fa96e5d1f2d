//! Remotes in every form, and the pages of their files on every forge.

use idhooks_core::config::{Forge, LinkTemplate};
use idhooks_core::registry::RepoPath;

use super::{FilePage, ForgeRepository, LineRange, NoForge, PageRevision, RevisionKind};

const COMMIT: &str = "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567";

fn revision(kind: RevisionKind, name: &str) -> PageRevision {
    PageRevision { kind, name: name.to_owned(), commit: COMMIT.to_owned() }
}

fn repo_path(path: &str) -> RepoPath {
    RepoPath::new(path.as_bytes().to_vec()).expect("a path")
}

/// Returns the page of a file on `main`, or why there is none.
fn page(url: &str, forge: Option<Forge>) -> Result<String, NoForge> {
    let (path, main) = (repo_path("docs/a b.md"), revision(RevisionKind::Branch, "main"));
    let page = FilePage { path: &path, revision: &main, lines: None };
    Ok(ForgeRepository::of(url, forge)?.page(&page))
}

/// Remotes, the forge if it has to be named, and the address of the page of `docs/a b.md`.
#[rustfmt::skip]
const REMOTES: [(&str, Option<Forge>, &str); 75] = [
    ("https://github.com/team/docs", None, "https://github.com/team/docs/blob/main/docs/a%20b.md"),
    ("https://github.com/team/docs.git", None, "https://github.com/team/docs/blob/main/docs/a%20b.md"),
    ("https://github.com/team/docs.git/", None, "https://github.com/team/docs/blob/main/docs/a%20b.md"),
    ("https://github.com/team/docs/", None, "https://github.com/team/docs/blob/main/docs/a%20b.md"),
    ("https://GitHub.com/team/docs", None, "https://github.com/team/docs/blob/main/docs/a%20b.md"),
    ("https://www.github.com/team/docs", None, "https://github.com/team/docs/blob/main/docs/a%20b.md"),
    ("https://github.com:443/team/docs.git", None, "https://github.com/team/docs/blob/main/docs/a%20b.md"),
    ("https://user@github.com/team/docs.git", None, "https://github.com/team/docs/blob/main/docs/a%20b.md"),
    ("https://user:ghp_secret@github.com/team/docs.git", None, "https://github.com/team/docs/blob/main/docs/a%20b.md"),
    ("https://x-access-token:ghs_secret@github.com/team/docs", None, "https://github.com/team/docs/blob/main/docs/a%20b.md"),
    ("git@github.com:team/docs.git", None, "https://github.com/team/docs/blob/main/docs/a%20b.md"),
    ("git@github.com:/team/docs.git", None, "https://github.com/team/docs/blob/main/docs/a%20b.md"),
    ("github.com:team/docs", None, "https://github.com/team/docs/blob/main/docs/a%20b.md"),
    ("org-1234@github.com:team/docs.git", None, "https://github.com/team/docs/blob/main/docs/a%20b.md"),
    ("ssh://git@github.com/team/docs.git", None, "https://github.com/team/docs/blob/main/docs/a%20b.md"),
    ("ssh://git@github.com:22/team/docs.git", None, "https://github.com/team/docs/blob/main/docs/a%20b.md"),
    ("ssh://git@ssh.github.com:443/team/docs.git", None, "https://github.com/team/docs/blob/main/docs/a%20b.md"),
    ("git+ssh://git@github.com/team/docs.git", None, "https://github.com/team/docs/blob/main/docs/a%20b.md"),
    ("git://github.com/team/docs.git", None, "https://github.com/team/docs/blob/main/docs/a%20b.md"),
    ("https://github.com/team/docs.github.io.git", None, "https://github.com/team/docs.github.io/blob/main/docs/a%20b.md"),
    ("https://github.com/team/.github", None, "https://github.com/team/.github/blob/main/docs/a%20b.md"),
    ("https://git.example.org/team/docs.git", Some(Forge::GitHub), "https://git.example.org/team/docs/blob/main/docs/a%20b.md"),
    ("work:team/docs.git", Some(Forge::GitHub), "https://work/team/docs/blob/main/docs/a%20b.md"),
    ("https://gitlab.com/team/docs.git", None, "https://gitlab.com/team/docs/-/blob/main/docs/a%20b.md"),
    ("https://gitlab.com/group/sub/deeper/docs.git", None, "https://gitlab.com/group/sub/deeper/docs/-/blob/main/docs/a%20b.md"),
    ("git@gitlab.com:group/sub/docs.git", None, "https://gitlab.com/group/sub/docs/-/blob/main/docs/a%20b.md"),
    ("ssh://git@altssh.gitlab.com:443/group/docs.git", None, "https://gitlab.com/group/docs/-/blob/main/docs/a%20b.md"),
    ("https://oauth2:glpat-secret@gitlab.com/group/docs.git", None, "https://gitlab.com/group/docs/-/blob/main/docs/a%20b.md"),
    ("https://gitlab.example.org:8443/group/docs.git", Some(Forge::GitLab), "https://gitlab.example.org:8443/group/docs/-/blob/main/docs/a%20b.md"),
    ("http://gitlab.example.org/group/docs.git", Some(Forge::GitLab), "http://gitlab.example.org/group/docs/-/blob/main/docs/a%20b.md"),
    ("http://gitlab.example.org:80/group/docs.git", Some(Forge::GitLab), "http://gitlab.example.org/group/docs/-/blob/main/docs/a%20b.md"),
    ("http://gitlab.example.org:8080/group/docs.git", Some(Forge::GitLab), "http://gitlab.example.org:8080/group/docs/-/blob/main/docs/a%20b.md"),
    ("ssh://git@gitlab.example.org:2222/group/docs.git", Some(Forge::GitLab), "https://gitlab.example.org/group/docs/-/blob/main/docs/a%20b.md"),
    ("https://example.org/gitlab/group/docs.git", Some(Forge::GitLab), "https://example.org/gitlab/group/docs/-/blob/main/docs/a%20b.md"),
    ("git@[2001:db8::1]:group/docs.git", Some(Forge::GitLab), "https://[2001:db8::1]/group/docs/-/blob/main/docs/a%20b.md"),
    ("[2001:db8::1]:group/docs.git", Some(Forge::GitLab), "https://[2001:db8::1]/group/docs/-/blob/main/docs/a%20b.md"),
    ("[git@github.com:22]:team/docs.git", None, "https://github.com/team/docs/blob/main/docs/a%20b.md"),
    ("git@[github.com:22]:/team/docs.git", None, "https://github.com/team/docs/blob/main/docs/a%20b.md"),
    ("https://[2001:db8::1]:8443/group/docs.git", Some(Forge::GitLab), "https://[2001:db8::1]:8443/group/docs/-/blob/main/docs/a%20b.md"),
    ("https://192.0.2.7/group/docs.git", Some(Forge::GitLab), "https://192.0.2.7/group/docs/-/blob/main/docs/a%20b.md"),
    ("https://gitea.com/team/docs.git", None, "https://gitea.com/team/docs/src/branch/main/docs/a%20b.md"),
    ("git@gitea.com:team/docs.git", None, "https://gitea.com/team/docs/src/branch/main/docs/a%20b.md"),
    ("https://codeberg.org/team/docs.git", None, "https://codeberg.org/team/docs/src/branch/main/docs/a%20b.md"),
    ("git@codeberg.org:team/docs.git", None, "https://codeberg.org/team/docs/src/branch/main/docs/a%20b.md"),
    ("ssh://git@forge.example.org:3022/team/docs.git", Some(Forge::Forgejo), "https://forge.example.org/team/docs/src/branch/main/docs/a%20b.md"),
    ("https://example.org/git/team/docs.git", Some(Forge::Gitea), "https://example.org/git/team/docs/src/branch/main/docs/a%20b.md"),
    ("https://bitbucket.org/team/docs.git", None, "https://bitbucket.org/team/docs/src/main/docs/a%20b.md"),
    ("https://user@bitbucket.org/team/docs.git", None, "https://bitbucket.org/team/docs/src/main/docs/a%20b.md"),
    ("git@bitbucket.org:team/docs.git", None, "https://bitbucket.org/team/docs/src/main/docs/a%20b.md"),
    ("ssh://git@altssh.bitbucket.org:443/team/docs.git", None, "https://bitbucket.org/team/docs/src/main/docs/a%20b.md"),
    ("https://bitbucket.example.org/scm/PROJ/docs.git", Some(Forge::BitbucketServer), "https://bitbucket.example.org/projects/PROJ/repos/docs/browse/docs/a%20b.md?at=refs%2Fheads%2Fmain"),
    ("https://bitbucket.example.org:8443/scm/PROJ/docs.git", Some(Forge::BitbucketServer), "https://bitbucket.example.org:8443/projects/PROJ/repos/docs/browse/docs/a%20b.md?at=refs%2Fheads%2Fmain"),
    ("https://example.org/bitbucket/scm/PROJ/docs.git", Some(Forge::BitbucketServer), "https://example.org/bitbucket/projects/PROJ/repos/docs/browse/docs/a%20b.md?at=refs%2Fheads%2Fmain"),
    ("ssh://git@bitbucket.example.org:7999/PROJ/docs.git", Some(Forge::BitbucketServer), "https://bitbucket.example.org/projects/PROJ/repos/docs/browse/docs/a%20b.md?at=refs%2Fheads%2Fmain"),
    ("ssh://git@bitbucket.example.org:7999/~jdoe/docs.git", Some(Forge::BitbucketServer), "https://bitbucket.example.org/users/jdoe/repos/docs/browse/docs/a%20b.md?at=refs%2Fheads%2Fmain"),
    ("https://bitbucket.example.org/scm/~jdoe/docs.git", Some(Forge::BitbucketServer), "https://bitbucket.example.org/users/jdoe/repos/docs/browse/docs/a%20b.md?at=refs%2Fheads%2Fmain"),
    ("https://bitbucket.example.org/projects/PROJ/repos/docs", Some(Forge::BitbucketServer), "https://bitbucket.example.org/projects/PROJ/repos/docs/browse/docs/a%20b.md?at=refs%2Fheads%2Fmain"),
    ("git@gitlab.com:group/docs.git", Some(Forge::GitHub), "https://gitlab.com/group/docs/-/blob/main/docs/a%20b.md"),
    ("https://tfs.example.org/tfs/DefaultCollection/project/_git/docs", Some(Forge::Azure), "https://tfs.example.org/tfs/DefaultCollection/project/_git/docs?path=/docs/a%20b.md&version=GBmain"),
    ("https://dev.azure.com/org/project/_git/_full/docs", None, "https://dev.azure.com/org/project/_git/docs?path=/docs/a%20b.md&version=GBmain"),
    ("https://dev.azure.com/org/project/_git/_optimized/docs", None, "https://dev.azure.com/org/project/_git/docs?path=/docs/a%20b.md&version=GBmain"),
    ("https://dev.azure.com/org/project/_git/docs", None, "https://dev.azure.com/org/project/_git/docs?path=/docs/a%20b.md&version=GBmain"),
    ("https://org@dev.azure.com/org/project/_git/docs", None, "https://dev.azure.com/org/project/_git/docs?path=/docs/a%20b.md&version=GBmain"),
    ("https://dev.azure.com/org/_git/docs", None, "https://dev.azure.com/org/_git/docs?path=/docs/a%20b.md&version=GBmain"),
    ("https://dev.azure.com/org/My%20Project/_git/docs", None, "https://dev.azure.com/org/My%20Project/_git/docs?path=/docs/a%20b.md&version=GBmain"),
    ("git@ssh.dev.azure.com:v3/org/project/docs", None, "https://dev.azure.com/org/project/_git/docs?path=/docs/a%20b.md&version=GBmain"),
    ("git@ssh.dev.azure.com:v3/org/My%20Project/docs", None, "https://dev.azure.com/org/My%20Project/_git/docs?path=/docs/a%20b.md&version=GBmain"),
    ("ssh://git@ssh.dev.azure.com/v3/org/project/docs", None, "https://dev.azure.com/org/project/_git/docs?path=/docs/a%20b.md&version=GBmain"),
    ("org@vs-ssh.visualstudio.com:v3/org/project/docs", None, "https://dev.azure.com/org/project/_git/docs?path=/docs/a%20b.md&version=GBmain"),
    ("https://org.visualstudio.com/_git/docs", None, "https://org.visualstudio.com/_git/docs?path=/docs/a%20b.md&version=GBmain"),
    ("ssh://org@org.visualstudio.com:22/project/_ssh/docs", None, "https://org.visualstudio.com/project/_git/docs?path=/docs/a%20b.md&version=GBmain"),
    ("ssh://org@vs-ssh.visualstudio.com:22/project/_ssh/docs", None, "https://dev.azure.com/org/project/_git/docs?path=/docs/a%20b.md&version=GBmain"),
    ("ssh://org@vs-ssh.visualstudio.com:22/DefaultCollection/_ssh/docs", None, "https://dev.azure.com/org/_git/docs?path=/docs/a%20b.md&version=GBmain"),
    ("https://org.visualstudio.com/project/_git/docs", None, "https://org.visualstudio.com/project/_git/docs?path=/docs/a%20b.md&version=GBmain"),
    ("https://org.visualstudio.com/DefaultCollection/project/_git/docs", None, "https://org.visualstudio.com/DefaultCollection/project/_git/docs?path=/docs/a%20b.md&version=GBmain"),
];

#[test]
fn every_form_of_a_remote_leads_to_the_page() {
    for (url, forge, expected) in REMOTES {
        assert_eq!(page(url, forge).as_deref(), Ok(expected), "{url}");
        assert!(!expected.contains("secret"));
    }
}

#[test]
fn what_is_no_repository_on_a_forge_is_refused() {
    let unknown = |host: &str| NoForge::UnknownHost { host: host.to_owned() };
    for (url, forge, expected) in [
        ("/srv/docs.git", None, NoForge::NotOnServer),
        ("../docs", None, NoForge::NotOnServer),
        ("file:///srv/docs.git", None, NoForge::NotOnServer),
        ("ext::sh -c x", None, NoForge::Malformed),
        ("ext::sh", None, NoForge::NotOnServer),
        ("codecommit::eu-west-1://docs", None, NoForge::NotOnServer),
        ("s3://bucket/docs", None, NoForge::NotOnServer),
        ("https://git.example.org/team/docs.git", None, unknown("git.example.org")),
        ("https://notgithub.com/team/docs.git", None, unknown("notgithub.com")),
        ("https://github.com.example.org/team/docs.git", None, unknown("github.com.example.org")),
        ("work:team/docs.git", None, unknown("work")),
        ("https://github.com/team", None, NoForge::OtherPath { forge: Forge::GitHub }),
        ("https://github.com/a/b/c", None, NoForge::OtherPath { forge: Forge::GitHub }),
        ("git@github.com:team/docs.wiki.git", None, NoForge::Wiki { forge: Forge::GitHub }),
        ("https://gitlab.com/a/b/docs.wiki", None, NoForge::Wiki { forge: Forge::GitLab }),
        ("[git@github.com]x:team/docs", None, NoForge::Malformed),
        ("https://gitlab.com/docs.git", None, NoForge::OtherPath { forge: Forge::GitLab }),
        ("https://dev.azure.com/org/project", None, NoForge::OtherPath { forge: Forge::Azure }),
        ("https://github.com/team/../docs", None, NoForge::Malformed),
        ("https://github.com/team//docs", None, NoForge::Malformed),
        ("https://github.com/team/a%2Fb", None, NoForge::OtherPath { forge: Forge::GitHub }),
        ("git@github.com:team/a%2Fb", None, NoForge::Malformed),
        ("https://github.com/team/a%0Ab", None, NoForge::Malformed),
        ("https://github.com/team/%ff", None, NoForge::Malformed),
        ("https://git hub.com/team/docs", None, NoForge::Malformed),
        ("https://github.com/team/docs\n", None, NoForge::Malformed),
        ("https://-oProxyCommand=x/team/docs", None, NoForge::Malformed),
        ("-oProxyCommand=x:team/docs", None, NoForge::Malformed),
        ("https://github.com/team/docs?token=secret", None, NoForge::Malformed),
        ("https://github.com/team/docs#secret", None, NoForge::Malformed),
        ("https://github.com/team/\u{fffd}", None, NoForge::Malformed),
        (
            "ssh://org@vs-ssh.visualstudio.com:22/DefaultCollection/_git/docs",
            None,
            NoForge::OtherPath { forge: Forge::Azure },
        ),
        (
            "https://bitbucket.example.org/PROJ/docs",
            Some(Forge::BitbucketServer),
            NoForge::OtherPath { forge: Forge::BitbucketServer },
        ),
        ("https://a<b>/team/docs", Some(Forge::GitHub), NoForge::Malformed),
    ] {
        let refused = page(url, forge).expect_err(url);
        assert_eq!(refused, expected, "{url}");
        assert!(!refused.to_string().contains('\n'));
    }
}

#[test]
fn the_same_repository_is_known_however_it_is_reached() {
    let of = |url: &str| ForgeRepository::of(url, Some(Forge::GitLab)).expect("a repository");
    let one = of("https://git.example.org:8443/Team/docs");
    for url in ["ssh://git@git.example.org:22/team/docs.git", "http://GIT.example.org/team/Docs"] {
        assert!(one.is_same(&of(url)), "{url}");
    }
    for url in ["https://git.example.org/team/other", "https://example.org/Team/docs"] {
        assert!(!one.is_same(&of(url)), "{url}");
    }
    assert!(of("https://[2001:db8::1]:8/a/b").is_same(&of("ssh://[2001:db8::1]/a/b")));
    // The host may have another name in the configuration of ssh.
    let public = of("https://github.com/Team/docs");
    for url in ["work:team/docs.git", "ssh://git@github.com-work:22/team/docs"] {
        assert!(public.may_be_at(url) && !public.is_same(&of(url)), "{url}");
    }
    for url in ["work:me/docs", "git@gitlab.com:team/docs", "https://work/team/docs", "../docs"] {
        assert!(!public.may_be_at(url), "{url}");
    }
}

#[test]
fn revisions_and_lines_have_the_form_of_each_forge() {
    let path = repo_path("src/ä#1?.rs");
    let document = repo_path("a.md");
    let ways = [
        (Forge::GitHub, "https://e.org/t/d"),
        (Forge::GitLab, "https://e.org/t/d"),
        (Forge::Forgejo, "https://e.org/t/d"),
        (Forge::Bitbucket, "https://e.org/t/d"),
        (Forge::BitbucketServer, "https://e.org/scm/T/d"),
        (Forge::Azure, "https://e.org/t/p/_git/d"),
    ];
    let lines: Option<LineRange> = Some("12-20".parse().expect("lines"));
    let line: Option<LineRange> = Some("7".parse().expect("a line"));
    let of_way = |way: (Forge, &str)| {
        let repository = ForgeRepository::of(way.1, Some(way.0)).expect("a repository");
        let page = |path: &RepoPath, kind, name: &str, lines| {
            let revision = revision(kind, name);
            repository.page(&FilePage { path, revision: &revision, lines })
        };
        [
            page(&path, RevisionKind::Branch, "feature/x#1", lines),
            page(&document, RevisionKind::Tag, "v1.2", line),
            page(&document, RevisionKind::Commit, COMMIT, None),
        ]
    };
    let file = "src/%C3%A4%231%3F.rs";
    let expected = [
        [
            format!("https://e.org/t/d/blob/feature/x%231/{file}#L12-L20"),
            "https://e.org/t/d/blob/v1.2/a.md?plain=1#L7".to_owned(),
            format!("https://e.org/t/d/blob/{COMMIT}/a.md"),
        ],
        [
            format!("https://e.org/t/d/-/blob/feature/x%231/{file}#L12-20"),
            "https://e.org/t/d/-/blob/v1.2/a.md?plain=1#L7".to_owned(),
            format!("https://e.org/t/d/-/blob/{COMMIT}/a.md"),
        ],
        [
            format!("https://e.org/t/d/src/branch/feature/x%231/{file}#L12-L20"),
            "https://e.org/t/d/src/tag/v1.2/a.md?display=source#L7".to_owned(),
            format!("https://e.org/t/d/src/commit/{COMMIT}/a.md"),
        ],
        [
            format!("https://e.org/t/d/src/{COMMIT}/{file}?at=feature%2Fx%231#lines-12:20"),
            "https://e.org/t/d/src/v1.2/a.md#lines-7".to_owned(),
            format!("https://e.org/t/d/src/{COMMIT}/a.md"),
        ],
        [
            format!("https://e.org/projects/T/repos/d/browse/{file}?at=refs%2Fheads%2Ffeature%2Fx%231#12-20"),
            "https://e.org/projects/T/repos/d/browse/a.md?at=refs%2Ftags%2Fv1.2#7".to_owned(),
            format!("https://e.org/projects/T/repos/d/browse/a.md?at={COMMIT}"),
        ],
        [
            format!("https://e.org/t/p/_git/d?path=/{file}&version=GBfeature%2Fx%231&line=12&lineEnd=21&lineStartColumn=1&lineEndColumn=1&lineStyle=plain"),
            "https://e.org/t/p/_git/d?path=/a.md&version=GTv1.2&line=7&lineEnd=8&lineStartColumn=1&lineEndColumn=1&lineStyle=plain".to_owned(),
            format!("https://e.org/t/p/_git/d?path=/a.md&version=GC{COMMIT}"),
        ],
    ];
    for (way, expected) in ways.into_iter().zip(expected) {
        assert_eq!(of_way(way), expected);
    }
}

#[test]
fn a_template_gets_the_same_values() {
    let template: LinkTemplate =
        "https://e.org/?p=d.git;a=blob;f={path};hb={ref}#l{line}".parse().expect("a template");
    let (path, branch) = (repo_path("a;b&c.md"), revision(RevisionKind::Branch, "feature/x"));
    let page = FilePage { path: &path, revision: &branch, lines: None };
    let expected = "https://e.org/?p=d.git;a=blob;f=a%3Bb%26c.md;hb=feature/x";
    assert_eq!(page.by_template(&template), expected);
    let page = FilePage { lines: Some(LineRange { first: 3, last: 9 }), ..page };
    assert_eq!(page.by_template(&template), format!("{expected}#l3"));
}

#[test]
fn ranges_of_lines_are_read() {
    for (text, range) in [("1", Some((1, 1))), ("12-20", Some((12, 20))), ("7-7", Some((7, 7)))] {
        let read = text.parse::<LineRange>().ok().map(|lines| (lines.first, lines.last));
        assert_eq!(read, range, "{text}");
    }
    for text in ["", "0", "-1", "1-", "-", "2-1", "+1", "1-+2", "a", "1-2-3", "4294967296", " 1"] {
        assert!(text.parse::<LineRange>().is_err(), "{text}");
    }
}
