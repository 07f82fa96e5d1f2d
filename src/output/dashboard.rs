//! The page of the dashboard: everything that it needs in one file.

const PAGE: &str = include_str!("dashboard/page.html");

/// What stands in the place of each name in the page.
const PARTS: [(&str, &[&str]); 3] = [
    ("STYLE", &[include_str!("dashboard/style.css")]),
    ("SCRIPT", &[include_str!("dashboard/app.js")]),
    (
        "LIBRARY",
        &[
            include_str!("dashboard/vendor/d3.min.js"),
            "\n;\n",
            include_str!("dashboard/vendor/plot.umd.min.js"),
        ],
    ),
];

/// Returns the page with its data, a JSON document.
pub fn page(data: &str) -> String {
    // What is put in is not looked at again: a path may be called as a place of the page.
    let mut parts = PAGE.split("{{");
    let mut page = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once("}}").unwrap_or((part, ""));
        match PARTS.iter().find(|(known, _)| *known == name) {
            Some((_, texts)) => page.extend(texts.iter().copied()),
            // Nothing in a script of data ends it, or begins a comment.
            None => page.push_str(&data.replace('<', "\\u003c")),
        }
        page.push_str(rest);
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_place_is_filled_and_data_ends_nothing() {
        let page = page(r#"{"path":"</script><!-- {{STYLE}}"}"#);
        assert!(page.contains(r#"{"path":"\u003c/script>\u003c!-- {{STYLE}}"}"#));
        assert_eq!(
            page.matches("{{").count(),
            1 + PARTS
                .iter()
                .map(|(_, texts)| {
                    texts.iter().map(|text| text.matches("{{").count()).sum::<usize>()
                })
                .sum::<usize>()
        );
        for (name, texts) in PARTS {
            assert!(texts.iter().all(|text| page.contains(text)), "{name}");
        }
        assert!(!page.contains("src=\"http") && !page.contains("href=\"http"));
    }
}
