//! A new file, from the watcher to its generated output.

use serde_json::{Value, json};

use super::commits::{STORE, kept};
use crate::common::on_adopted;
use crate::judge;

#[test]
fn a_new_file_passes_every_stage_up_to_its_generated_output() {
    on_adopted(|repo| {
        repo.configure(&format!(
            "{STORE}output = \"docs/d\"\n\
             [[classify]]\npath = \"src/**\"\nclass = \"governed\"\n\
             [[embed]]\npath = \"src/new/**\"\n\
             [[file_names]]\npath = \"src/new/**\"\n\
             [[generators]]\nname = \"modules\"\ninputs = {{ path = \"src/new/**\" }}\n\
             fields = [\"id\", \"file_path\", \"metadata.py_docstring_1l\"]\n\
             output = [\"docs/modules.json\"]\nbuiltin = \"json\"\n\
             [watch]\ndebounce = \"100ms\"\nmin_age = \"0\"\nsample_interval = \"20ms\"\n"
        ));
        repo.idhooks("watch run --once").ok().done();
        // The watcher sees it and queues it; it changes nothing.
        repo.write("src/new/tool.py", "'''A tool.'''\n\ndef run(): pass\n");
        let seen = repo.idhooks("watch run --once").ok().stdout();
        assert_eq!(seen, "FILE_ADDED src/new/tool.py\n");
        let item =
            &repo.idhooks("queue show src/new/tool.py --format json").ok().json()["items"][0];
        let words = [&item["event_type"], &item["status"]];
        assert_eq!(words, [&json!("FILE_ADDED"), &json!("completed")]);
        let class = &repo.idhooks("classify src/new/tool.py --format json").ok().json()["files"][0];
        assert_eq!([&class["class"], &class["kind"]], [&json!("governed"), &json!("python")]);
        // One commit gives it an identity, in the registry and inside, its facts, and the output.
        repo.run("add src");
        repo.commit("tool");
        let id = repo.id("src/new/tool.py");
        let text = repo.git("show HEAD:src/new/tool.py").stdout();
        assert_eq!(text.lines().next(), Some(&*format!("# doc_id: {id}")));
        let facts = json!({"py_docstring_1l": "A tool.", "py_function_count": 1, "py_module_qualname": "new.tool"});
        assert_eq!(kept(repo, "src/new/tool.py"), facts);
        let output = || -> Value {
            serde_json::from_slice(&repo.git("show HEAD:docs/modules.json").bytes()).expect("JSON")
        };
        let made = output();
        let [record] = &made["records"].as_array().expect("records")[..] else {
            unreachable!("{made}")
        };
        assert_eq!([&record["id"], &record["file_path"]], [&json!(id), &json!("src/new/tool.py")]);
        assert_eq!(record["metadata"]["py_docstring_1l"], "A tool.");
        // Its name gets the prefix in another commit, with the output.
        repo.idhooks("rename --to-id-prefix --all").ok().done();
        repo.commit("prefix");
        let path = format!("src/new/P_{id}_tool.py");
        assert_eq!(repo.id(&path), id);
        assert_eq!(output()["records"][0]["file_path"], path);
        // The full descriptor is a file of its own.
        repo.idhooks("describe --all --write").ok().done();
        repo.run("add docs");
        repo.commit("descriptor");
        let descriptor = repo.git(["show", &format!("HEAD:docs/d/{id}.v1.json")]).bytes();
        let descriptor: Value = serde_json::from_slice(&descriptor).expect("JSON");
        assert_eq!([&descriptor["path"], &descriptor["id"]], [&json!(path), &json!(id)]);
        repo.idhooks("describe --all --stale").ok().done();
        repo.idhooks("generate --check").ok().done();
        judge::assert_all_consistent(repo);
    });
}
