//! What applies where `idhooks.toml` says nothing.

/// Extensions and their TYPE; every other extension is `00`.
pub const BUILT_IN_TYPES: &[(&str, &str)] = &[
    ("md", "01"),
    ("txt", "02"),
    ("csv", "10"),
    ("json", "11"),
    ("yaml", "12"),
    ("yml", "12"),
    ("jsonl", "13"),
    ("py", "20"),
    ("ps1", "21"),
    ("mq4", "22"),
    ("db", "30"),
    ("xml", "40"),
    ("png", "41"),
    ("log", "42"),
    ("html", "43"),
    ("exe", "50"),
    ("dll", "51"),
];

/// Path rules and their namespace, the first match wins; every other path is `999`.
pub const BUILT_IN_NAMESPACES: &[(&str, &str)] = &[
    ("docs/**", "100"),
    ("data/**", "110"),
    ("scripts/python/**", "200"),
    ("scripts/powershell/**", "201"),
    ("scripts/mq4/**", "202"),
    ("storage/**", "300"),
    ("assets/**", "400"),
    ("logs/**", "410"),
    ("reports/**", "420"),
    ("bin/**", "500"),
];
