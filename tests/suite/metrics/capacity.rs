//! How full counters are.

use crate::common::on_adopted;

#[test]
fn the_capacity_is_that_of_the_strategy() {
    on_adopted(|repo| {
        let used = || -> Vec<(String, String)> {
            let counters = repo.idhooks("list --counters").ok().stdout();
            let rows = counters.lines().skip(1).map(|line| {
                let words: Vec<&str> = line.split_whitespace().collect();
                let at = words.iter().position(|word| *word == "of").expect("a share");
                (words[1].to_owned(), words[at - 1..=at + 1].join(" "))
            });
            rows.collect()
        };
        assert!(used().iter().all(|(_, used)| used.ends_with(" of 99,699")), "{:?}", used());
        // Sequential identities use all numbers in the end.
        let before = used();
        repo.configure("[allocation]\nstrategy = \"sequential\"\n");
        for ((counter, now), (_, scattered)) in used().into_iter().zip(before) {
            assert_eq!(now, scattered.replace("99,699", "99,999"), "{counter}");
        }
        let metrics = repo.idhooks("metrics").ok().stdout();
        let shares = metrics.lines().filter(|l| l.starts_with("identity_capacity_used_ratio{"));
        let shares: Vec<f64> =
            shares.filter_map(|line| line.rsplit(' ').next()?.parse().ok()).collect();
        assert!(
            shares.len() == used().len() && shares.iter().all(|share| *share > 0.0 && *share < 0.1),
            "{metrics}"
        );
        // What is reserved in many places takes little room.
        repo.idhooks("reserve --ns 100 --type 01 --count 40").ok().done();
        repo.configure("");
        repo.idhooks("reserve --ns 100 --type 01 --count 40").ok().done();
        let counters = repo.idhooks("list --counters").ok().stdout();
        assert!(
            counters.contains(" more ") && counters.lines().all(|line| line.len() < 120),
            "{counters}"
        );
        repo.run("reset -q --hard");
    });
}
