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

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_journal_with_a_second_name_is_not_opened() {
    let scene = Scene::new("second-name").await;
    scene.pay(&["ORD-1"]).await;
    let [file, link, symbolic] = ["refunds.db", "b.db", "c.db"].map(|name| scene.folder.join(name));
    std::os::unix::fs::symlink("refunds.db", &symbolic).unwrap();
    let under = |name: &str| {
        let mut command = scene.command(&["status", "ORD-1"]);
        command.env("CANCEL_DESK_SQLITE", name);
        command
    };
    scene.finish(under("c.db")).await.ends(0);
    std::fs::hard_link(&file, link).unwrap();
    for name in ["refunds.db", "b.db", "c.db"] {
        let ended = scene.finish(under(name)).await.ends(5);
        assert!(ended.err.contains("hard link") && ended.err.contains(name), "{}", ended.err);
    }
    assert!(scene.korean(&["status", "ORD-1"]).await.ends(5).err.contains("하드 링크"));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_merchant_has_one_account() {
    let scene = Scene::new("one-account").await;
    let id = scene.pay(&["ORD-1"]).await.remove(0);
    let config = std::fs::read_to_string(scene.folder.join("cancel-desk.toml")).unwrap();
    let section = config.split("[[account]]").nth(1).unwrap().replace("\"shop\"", "\"shop2\"");
    scene.write("two.toml", &format!("{config}[[account]]{section}"));
    let ended = scene.run(&["config", "check", "--config", "two.toml"]).await.ends(5);
    assert!(ended.err.contains("shop2 is the same account of the gateway as shop"), "{}", ended.err);
    let ended = scene.korean(&["config", "check", "--config", "two.toml"]).await.ends(5);
    assert!(ended.err.contains("shop2 계정과 shop 계정"), "{}", ended.err);
    // renamed, its payments would be refunded again under the new name
    scene.write("cancel-desk.toml", &config.replace("\"shop\"", "\"renamed\""));
    let row = |id: &str, account: &str| format!("{id},ORD-1,10000,card,html5_inicis,{account}\n");
    let head = "imp_uid,merchant_uid,amount,pay_method,pg_provider,account\n";
    scene.write("again.csv", &format!("{head}{}{}", row("imp_new", "renamed"), row(&id, "renamed")));
    let import = ["payments", "import", "again.csv"];
    let ended = scene.run(&import).await.ends(2);
    assert!(
        ended.err.contains("line 3: account: ") && ended.err.contains("under another account"),
        "{}",
        ended.err
    );
    assert!(scene.korean(&import).await.ends(2).err.contains("다른 계정 이름으로"));
    scene.run(&["status", "ORD-1", "--account", "renamed"]).await.ends(2);
}
