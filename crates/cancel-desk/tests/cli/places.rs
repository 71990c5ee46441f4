//! Where the journal is, and where it is not made.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_named_database_is_never_replaced_by_a_new_file() {
    let scene = Scene::new("database").await;
    scene.write("cancel-desk.toml", "[journal]\npostgres_url_env = \"DATABASE\"\n");
    scene.write("p.csv", "gateway,account,imp_uid,merchant_uid,amount\nchaiport,shop,imp_1,A,1\n");
    let id = "tbrirf35fhtyogzwlvntyou2rd";
    let signed = ["--by", "kim", "--reason", "x"];
    let commands: Vec<Vec<&str>> = vec![
        vec!["payments", "import", "p.csv"],
        vec!["payments", "list"],
        vec!["status", "A"],
        vec!["pending"],
        vec!["journal", "verify"],
        vec!["recover"],
        vec!["bulk", "list"],
        vec!["bulk", "report", id],
        [&["resolve", id, "--happened", "--yes"], &signed[..]].concat(),
        [&["withdraw", id], &signed[..]].concat(),
    ];
    for command in &commands {
        let ended = scene.run(command).await.ends(5);
        assert!(ended.err.contains("DATABASE"), "{command:?}: {}", ended.err);
        // nobody listens there
        let mut with = scene.command(command);
        with.env("DATABASE", "postgresql://u:CANARY@127.0.0.1:1/d?connect_timeout=2");
        let ended = scene.finish(with).await.ends(5);
        assert!(ended.err.contains("postgresql"), "{command:?}: {}", ended.err);
        assert!(!ended.err.contains("CANARY") && !ended.err.contains("127.0.0.1:1/d"), "{}", ended.err);
        assert!(!scene.folder.join("refunds.db").exists(), "{command:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_makes_no_journal() {
    let scene = Scene::new("nothing").await;
    let empty = scene.folder.join("empty");
    std::fs::create_dir(&empty).unwrap();
    let id = "tbrirf35fhtyogzwlvntyou2rd";
    for command in [
        vec!["pending"],
        vec!["status", "A"],
        vec!["payments", "list"],
        vec!["payments", "show", "A"],
        vec!["journal", "verify"],
        vec!["bulk", "list"],
        vec!["bulk", "report", id],
        vec!["recover"],
    ] {
        for folder in [&empty, &scene.folder] {
            let ended = scene.finish(program(folder, &command)).await.ends(5);
            let named = ended.err.contains("refunds.db") && ended.err.contains("cancel-desk.toml");
            assert!(named, "{command:?}: {}", ended.err);
            assert!(!folder.join("refunds.db").exists(), "{command:?}");
        }
    }
    scene.write("p.csv", "imp_uid,merchant_uid,amount\nimp_1,A,1\n");
    let ended = scene.run(&["payments", "import", "p.csv"]).await.ends(0);
    assert!(ended.err.contains("there was no journal") && ended.err.contains("refunds.db"), "{}", ended.err);
    assert!(scene.run(&["payments", "import", "p.csv"]).await.ends(0).err.is_empty());
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn what_failed_is_told_with_its_cause() {
    let scene = Scene::new("cause").await;
    scene.write("p.csv", "imp_uid,merchant_uid,amount\nimp_1,A,1\n");
    let mut command = scene.command(&["payments", "import", "p.csv"]);
    command.env("CANCEL_DESK_SQLITE", "no/such/folder/a.db");
    let ended = scene.finish(command).await.ends(5);
    assert!(ended.err.contains("no/such/folder/a.db") && ended.err.contains("os error 2"), "{}", ended.err);
    // a variable that is no text is not taken for one that is not set
    let mut command = scene.command(&["payments", "import", "p.csv"]);
    let broken: &std::ffi::OsStr = std::os::unix::ffi::OsStrExt::from_bytes(b"a\xff.db");
    command.env("CANCEL_DESK_SQLITE", broken);
    let ended = scene.finish(command).await.ends(5);
    assert!(ended.err.contains("CANCEL_DESK_SQLITE") && ended.err.contains("utf-8"), "{}", ended.err);
}
