//! A reader of the two text formats that accepts nothing but what their grammars allow.

use std::collections::{BTreeMap, BTreeSet};

/// The samples of a text: name and labels as written, and the value.
pub(super) type Samples = BTreeMap<String, f64>;

/// Reads the text format of Prometheus 0.0.4 as `idhooks metrics` is to write it.
pub(super) fn prometheus(text: &str) -> Samples {
    read(text, &["gauge", "counter", "histogram"], |family, _| family.to_owned())
}

/// Reads the text format of OpenMetrics 1.0.
pub(super) fn openmetrics(text: &str) -> Samples {
    let body = text.strip_suffix("# EOF\n").expect("the end is marked");
    assert!(!body.contains("# EOF"), "the end is marked once");
    read(body, &["gauge", "counter", "info", "histogram"], |family, kind| match kind {
        "info" => format!("{family}_info"),
        "counter" => format!("{family}_total"),
        _ => family.to_owned(),
    })
}

fn read(text: &str, kinds: &[&str], sample_name: impl Fn(&str, &str) -> String) -> Samples {
    assert!(text.is_empty() || text.ends_with('\n'), "the last line ends");
    let mut samples = Samples::new();
    let mut families = BTreeSet::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let help = line.strip_prefix("# HELP ").expect("a HELP first");
        let (family, help) = help.split_once(' ').expect("a name and a help");
        assert!(is_name(family) && !help.is_empty() && is_escaped(help), "{line}");
        assert!(families.insert(family.to_owned()), "{family} comes twice");
        let kind = lines.next().and_then(|line| line.strip_prefix("# TYPE ")).expect("a TYPE");
        let kind = kind.strip_prefix(family).and_then(|k| k.strip_prefix(' ')).expect("its TYPE");
        assert!(kinds.contains(&kind), "{family} {kind}");
        let expected = sample_name(family, kind);
        while let Some(line) = lines.next_if(|line| !line.starts_with('#')) {
            let (series, value) = line.rsplit_once(' ').expect("a value");
            let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
            let is_part = |end| name.strip_prefix(family) == Some(end);
            let is_histogram = kind == "histogram";
            let is_one = is_histogram && ["_bucket", "_sum", "_count"].into_iter().any(is_part);
            assert!(is_one || (!is_histogram && name == expected), "{line}");
            assert_labels(labels.strip_suffix('}').expect("labels end"));
            let value: f64 = value.parse().expect("a number");
            assert!(value.is_finite(), "{line}");
            assert!(samples.insert(series.to_owned(), value).is_none(), "{line} comes twice");
        }
        if kind == "histogram" {
            let of = |series: &str| samples.get(&format!("{family}{series}")).copied();
            assert!(of("_sum").is_some(), "{family} has no sum");
            assert_eq!(of("_bucket{le=\"+Inf\"}"), of("_count"), "{family}");
        }
    }
    samples
}

fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Whether every backslash begins something that is known.
fn is_escaped(text: &str) -> bool {
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c == '\\' && !matches!(chars.next(), Some('\\' | 'n' | '"')) {
            return false;
        }
    }
    true
}

fn assert_labels(labels: &str) {
    let mut names = BTreeSet::new();
    let mut rest = labels;
    while !rest.is_empty() {
        let (name, after) = rest.split_once("=\"").expect("a name and its value");
        assert!(is_name(name) && names.insert(name), "{labels}");
        let mut is_open = false;
        let end = after.find(|c| {
            let ends = c == '"' && !is_open;
            is_open = c == '\\' && !is_open;
            ends
        });
        let (value, after) = after.split_at(end.expect("a value ends"));
        assert!(is_escaped(value), "{labels}");
        let after = &after[1..];
        assert!(after.is_empty() || after.starts_with(','), "{labels}");
        rest = after.strip_prefix(',').unwrap_or(after);
        assert!(after.is_empty() || !rest.is_empty(), "{labels}");
    }
}

#[test]
fn the_reader_is_strict() {
    let good = "# HELP a b\n# TYPE a gauge\na{x=\"1,\\\"}\",y=\"\"} 1\na 2e3\n";
    assert_eq!(prometheus(good).len(), 2);
    assert_eq!(openmetrics(&format!("{good}# EOF\n")).len(), 2);
    for bad in [
        "a 1\n",
        "# HELP a b\na 1\n",
        "# HELP a b\n# TYPE b gauge\n",
        "# HELP a b\n# TYPE a gauge\nb 1\n",
        "# HELP a b\n# TYPE a gauge\na 1\na 1\n",
        "# HELP a b\n# TYPE a gauge\na{x=\"1\"\n",
        "# HELP a b\n# TYPE a gauge\na{x=\"\\q\"} 1\n",
        "# HELP a b\n# TYPE a gauge\na{x=\"1\",} 1\n",
        "# HELP a b\n# TYPE a gauge\na NaN\n",
        "# HELP a b\n# TYPE a gauge\na 1",
        "# HELP a b\n# TYPE a histogram\na 1\n",
        "# HELP a b\n# TYPE a histogram\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 2\n",
    ] {
        assert!(std::panic::catch_unwind(|| prometheus(bad)).is_err(), "{bad}");
    }
    assert!(std::panic::catch_unwind(|| openmetrics(good)).is_err());
}
