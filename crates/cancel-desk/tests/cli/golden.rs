//! What people read, in both languages, word for word.

use super::*;

/// Ids, hashes, times and paths are different every time; as many letters stand for them.
fn steady(text: &str, folder: &Path) -> String {
    let text = text.replace(&folder.display().to_string(), "");
    let is_id =
        |word: &str| word.len() == 26 && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let is_hash = |word: &str| word.len() == 64 && word.bytes().all(|b| b.is_ascii_hexdigit());
    let mut steady = String::new();
    for word in text.split_inclusive([' ', '\n']) {
        let bare = word.trim_end();
        let digits = bare.bytes().filter(u8::is_ascii_digit).count();
        let new = if is_id(bare) {
            "i".repeat(26)
        } else if is_hash(bare) {
            "h".repeat(64)
        } else if (bare.len(), digits) == (10, 8) {
            "2026-01-01".to_owned()
        } else if (bare.len(), digits) == (8, 6) {
            "00:00:00".to_owned()
        } else {
            bare.to_owned()
        };
        steady += &word.replacen(bare, &new, 1);
    }
    steady
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_read_is_as_it_was_agreed() {
    let scene = Scene::new("golden").await;
    let ids = scene.pay(&["ORD-1", "ORD-2"]).await;
    assert_eq!(ids, ["imp_000000000001", "imp_000000000002"]);
    let cancel = ["cancel", "ORD-1", "--amount", "3000", "--key", "r-1", "--reason", "변심", "--yes"];
    scene.run(&cancel).await.ends(0);
    let commands: [&[&str]; 5] =
        [&["payments", "list"], &cancel, &["lookup", "ORD-1"], &["journal", "verify"], &["pending"]];
    let (mut english, mut korean) = (String::new(), String::new());
    for command in commands {
        let ended = scene.run(command).await.ends(0);
        english += &format!("$ {}\n{}{}\n", command[0], ended.out, ended.err);
        let ended = scene.korean(command).await.ends(0);
        korean += &format!("$ {}\n{}{}\n", command[0], ended.out, ended.err);
    }
    for (shown, golden, name) in [
        (english, include_str!("golden.en.txt"), "golden.en.txt"),
        (korean, include_str!("golden.ko.txt"), "golden.ko.txt"),
    ] {
        let shown = steady(&shown, &scene.folder);
        if std::env::var_os("GOLDEN").is_some() {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli").join(name);
            std::fs::write(path, &shown).unwrap();
        } else {
            assert_eq!(shown, golden, "{name}: GOLDEN=1 writes it anew");
        }
    }
}
