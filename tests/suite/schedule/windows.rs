//! Tasks of the Task Scheduler: what can be known of them without Windows.

use serde_json::Value;

use super::{adopted_in, timers, with_programs};
use crate::checks::xml;
use crate::common::{Repo, for_each_git, gits};

const SCHTASKS: &str = "#!/bin/sh\necho \"$*\" >>\"$HOME/schtasks.calls\"\n";
const NAMESPACE: &str = "http://schemas.microsoft.com/windows/2004/02/mit/task";

/// Returns the tasks of a directory, the first one by name first.
fn tasks(dir: &std::path::Path) -> Vec<(String, Value)> {
    let files = std::fs::read_dir(dir).expect("a directory").map(|e| e.expect("readable").path());
    let mut files: Vec<_> = files.filter(|f| f.extension().is_some_and(|e| e == "xml")).collect();
    files.sort();
    let task = |file: &std::path::PathBuf| {
        let text = std::fs::read_to_string(file).expect("UTF-8");
        assert!(text.is_ascii(), "read in any encoding");
        let mut lines = text.lines();
        let prolog = lines.next().expect("a prolog");
        let mark = lines.next().expect("a mark");
        assert!(
            mark.starts_with("<!-- Written by 'idhooks schedule install', ")
                && mark.ends_with(" -->")
        );
        let rest: Vec<&str> = lines.collect();
        let name = file.file_stem().expect("a name").to_string_lossy().into_owned();
        (name, xml::parse(&format!("{prolog}\n{}\n", rest.join("\n"))))
    };
    files.iter().map(task).collect()
}

fn names(element: &Value) -> Vec<&str> {
    let children = element["children"].as_array().expect("children");
    children.iter().map(|child| child["name"].as_str().expect("a name")).collect()
}

fn child<'v>(element: &'v Value, name: &str) -> &'v Value {
    let mut children = element["children"].as_array().expect("children").iter();
    children.find(|child| child["name"] == name).expect("the child")
}

fn text<'v>(element: &'v Value, name: &str) -> &'v str {
    child(element, name)["text"].as_str().expect("a text")
}

#[test]
fn tasks_have_the_form_that_windows_expects() {
    for_each_git(|git| {
        let repo = with_programs(&Repo::adopted(git), &[("schtasks", SCHTASKS)]);
        repo.idhooks("schedule install --windows").ok().done();
        let dir = repo.path().join(".git/idhooks/schedule");
        let all = tasks(&dir);
        let schedules = [
            ("03:00:00", "ScheduleByMonth"),
            ("02:00:00", "ScheduleByDay"),
            ("06:00:00", "ScheduleByWeek"),
        ];
        for ((name, task), (time, schedule)) in all.iter().zip(schedules) {
            assert_eq!(
                (&task["name"], &task["attributes"]["version"], &task["attributes"]["xmlns"]),
                (&"Task".into(), &"1.2".into(), &NAMESPACE.into())
            );
            let order = ["RegistrationInfo", "Triggers", "Principals", "Settings", "Actions"];
            assert_eq!(names(task), order);
            let trigger = child(child(task, "Triggers"), "CalendarTrigger");
            // The schema has them in this order.
            assert_eq!(names(trigger), ["StartBoundary", schedule]);
            assert_eq!(text(trigger, "StartBoundary"), format!("2024-01-01T{time}"));
            let settings = child(task, "Settings");
            assert_eq!(text(settings, "StartWhenAvailable"), "true");
            assert_eq!(text(settings, "MultipleInstancesPolicy"), "IgnoreNew");
            let action = child(child(task, "Actions"), "Exec");
            assert_eq!(names(action), ["Command", "Arguments"]);
            let kind = name.rsplit('-').next().expect("a kind");
            let arguments = format!("-C \"{}\" --quiet schedule run {kind}", repo.path().display());
            assert_eq!(text(action, "Arguments"), arguments);
            assert!(std::path::Path::new(text(action, "Command")).is_file());
        }
        let [month, day, week] = [0, 1, 2].map(|n| {
            let trigger = child(child(&all[n].1, "Triggers"), "CalendarTrigger");
            trigger["children"][1].clone()
        });
        assert_eq!(text(&day, "DaysInterval"), "1");
        assert_eq!(names(child(&week, "DaysOfWeek")), ["Monday"]);
        assert_eq!(text(child(&month, "DaysOfMonth"), "Day"), "1");
        assert_eq!(names(child(&month, "Months")).len(), 12);
        let calls =
            || std::fs::read_to_string(repo.root().join("home/schtasks.calls")).expect("calls");
        assert_eq!(
            calls().lines().filter(|call| call.starts_with("/Create /F /TN idhooks-work-")).count(),
            3
        );
        assert_eq!(timers(&repo), [("windows".to_owned(), "installed".to_owned())]);
        repo.idhooks("schedule remove").ok().done();
        assert_eq!(
            calls().lines().filter(|call| call.starts_with("/Delete /F /TN idhooks-work-")).count(),
            3
        );
        assert!(tasks(&dir).is_empty() && timers(&repo).is_empty());
    });
}

#[test]
fn without_schtasks_the_commands_are_told_and_files_can_go_elsewhere() {
    for name in ["a & b", "it's <é> 日本"] {
        let repo = adopted_in(&gits()[0], name);
        let told = repo.idhooks("schedule install --windows").ok();
        told.complains("is not registered: schtasks is not on PATH")
            .complains("schtasks /Create /F /TN idhooks-")
            .done();
        repo.idhooks("schedule remove").ok().done();
        let told = repo.idhooks("schedule install --windows --output ../tasks").ok();
        assert!(!told.stderr().contains("schtasks"));
        let all = tasks(&repo.root().join("tasks"));
        assert_eq!(all.len(), 3);
        let action = child(child(&all[0].1, "Actions"), "Exec");
        let path = repo.path().to_str().expect("UTF-8").to_owned();
        assert!(text(action, "Arguments").starts_with(&format!("-C \"{path}\" ")));
        assert_eq!(timers(&repo), []);
    }
    let repo = adopted_in(&gits()[0], "50%TEMP%");
    repo.idhooks("schedule install --windows").code(2).explains("'%' and '$('").done();
}

#[test]
fn metrics_every_five_minutes() {
    let repo = with_programs(&Repo::adopted(&gits()[0]), &[("schtasks", SCHTASKS)]);
    repo.idhooks("schedule install --windows --metrics ../x.prom").ok().done();
    let all = tasks(&repo.path().join(".git/idhooks/schedule"));
    assert_eq!(all.len(), 4);
    let (_, task) = all.iter().find(|(name, _)| name.ends_with("-metrics")).expect("a task");
    let trigger = child(child(task, "Triggers"), "CalendarTrigger");
    assert_eq!(names(trigger), ["Repetition", "StartBoundary", "ScheduleByDay"]);
    assert_eq!(text(child(trigger, "Repetition"), "Interval"), "PT5M");
    let arguments = text(child(child(task, "Actions"), "Exec"), "Arguments").to_owned();
    assert!(arguments.contains("--quiet metrics --rev HEAD --output \""), "{arguments}");
    repo.idhooks("schedule remove").ok().done();
    assert!(timers(&repo).is_empty());
    repo.idhooks("schedule install --windows --metrics 50%.prom").code(2).explains("%").done();
}
