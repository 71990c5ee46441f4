//! Settlebank's standard form: where somebody refunded in the admin page, the number of the next cancel is not known.

use super::*;

const PAID: &str = "gateway,payment_id,merchant_uid,amount,method,paid_at\n";

async fn at_settlebank(name: &str) -> (Scene, String) {
    let scene = Scene::new(name).await;
    let config = std::fs::read_to_string(scene.folder.join("cancel-desk.toml")).unwrap();
    let account = format!(
        "[[account]]\ngateway = \"settlebank\"\nname = \"shop\"\nform = \"standard\"\nmid = \"{}\"\nlicence_key_env = \"LICENCE\"\n\
         aes_key_env = \"AES\"\nendpoint = \"{}\"\n",
        credentials::SETTLEBANK_MID,
        scene.sandbox.url(Gateway::Settlebank)
    );
    scene.write("cancel-desk.toml", &format!("{config}{account}"));
    let id = scene.sandbox.pay(NewPayment::settlebank("S-1", 20_000));
    let id = id.as_str().to_owned();
    let day = scene.sandbox.payment(Gateway::Settlebank, &id).unwrap().trade_date;
    let file = scene.write("s.csv", &format!("{PAID}settlebank,{id},S-1,20000,CA,{day}\n"));
    run(&scene, &["payments", "import", file.to_str().unwrap()]).await.ends(0);
    (scene, id)
}

fn command(scene: &Scene, arguments: &[&str]) -> Command {
    let mut command = scene.command(arguments);
    command.env("LICENCE", credentials::SETTLEBANK_LICENCE_KEY).env("AES", credentials::SETTLEBANK_AES_KEY);
    command
}

async fn run(scene: &Scene, arguments: &[&str]) -> Ended {
    scene.finish(command(scene, arguments)).await
}

fn sent(scene: &Scene) -> usize {
    scene.sandbox.count(Gateway::Settlebank, Operation::Cancel)
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_refund_in_the_admin_page_nothing_is_sent_and_the_person_is_told_what_to_do() {
    let (scene, id) = at_settlebank("numbers").await;
    scene.sandbox.console_refund(Gateway::Settlebank, &id, 700).unwrap();
    let cancel = ["cancel", "S-1", "--amount", "500", "--key", "k-1", "--wait", "20s", "--yes"];
    let waits = run(&scene, &cancel).await.ends(4);
    assert!(waits.out.contains("the number of the next cancel cannot be known"), "{}", waits.out);
    assert!(waits.out.contains("sent 0×") && waits.out.contains("last seen 19,300 KRW"), "{}", waits.out);
    assert!(waits.err.contains("--happened") && !waits.err.contains("another way"), "{}", waits.err);
    let waits = run(&scene, &[&["--json"], &cancel[..]].concat()).await.ends(4).json();
    let told = &waits["evidence"];
    assert_eq!((&told["why"], &told["sends"]), (&"next_number_unknown".into(), &0.into()), "{waits}");
    assert_eq!((&waits["attempts"], &waits["looks"]), (&0.into(), &told["looks"]));
    // the same advice wherever it is listed
    let there = format!("once it is there, record it: cancel-desk resolve {}", waits["id"].as_str().unwrap());
    let pending = run(&scene, &["pending"]).await.ends(4).err;
    assert!(pending.contains(&there) && !pending.contains("--look-again"), "{pending}");
    let looked = run(&scene, &["lookup", "S-1"]).await.ends(4).out;
    assert!(looked.contains(&there) && !looked.contains("--look-again"), "{looked}");
    // what the look-up showed is known at once
    let show = ["--json", "payments", "show", "S-1"];
    let shown = run(&scene, &show).await.ends(0).json();
    let sums = |shown: &Value| {
        ["cancel_amount", "reserved_amount", "cancelable_amount"].map(|name| shown[name].as_i64().unwrap())
    };
    assert_eq!(sums(&shown), [700, 500, 18_800], "{shown}");
    let more = ["cancel", "S-1", "--amount", "18801", "--key", "k-2", "--yes"];
    run(&scene, &more).await.ends(1);

    // said before it is done: what the gateway refunded is taken for others' and too little
    let cancel_id = waits["id"].as_str().unwrap();
    let happened = ["resolve", cancel_id, "--happened", "--by", "kim", "--reason", "admin page", "--yes"];
    let large = ["cancel", "S-1", "--amount", "1000", "--key", "k-4", "--wait", "20s", "--yes"];
    let large = run(&scene, &[&["--json"], &large[..]].concat()).await.ends(4).json();
    let early = [&["resolve", large["id"].as_str().unwrap()], &happened[2..]].concat();
    let refused = run(&scene, &early).await.ends(4).err;
    assert!(refused.contains("the gateway refunded 700 KRW of this payment, of which 0 KRW"), "{refused}");
    assert!(refused.contains("--force"), "{refused}");
    let mut korean = command(&scene, &early);
    korean.env("LANG", "ko_KR.UTF-8");
    let refused = scene.finish(korean).await.ends(4).err;
    assert!(refused.contains("이 환불(1,000원)은 PG에 있을 수 없습니다"), "{refused}");
    let refused = run(&scene, &[&["--json"], &early[..]].concat()).await.ends(4).json();
    assert_eq!(refused["error"]["code"], "not_in_ledger");
    let not = [&["resolve", large["id"].as_str().unwrap(), "--did-not-happen"], &happened[3..]].concat();
    run(&scene, &not).await.ends(0);
    // done by hand, as it says
    scene.sandbox.console_refund(Gateway::Settlebank, &id, 500).unwrap();
    let told = run(&scene, &happened).await.ends(0).err;
    assert!(told.contains("at least 500 KRW by somebody else passes"), "{told}");
    assert_eq!(sums(&run(&scene, &show).await.ends(0).json()), [1_200, 0, 18_800]);
    // and no later one is sent either
    let full = ["--json", "cancel", "S-1", "--full", "--key", "k-3", "--wait", "20s", "--yes"];
    let waits = run(&scene, &full).await.ends(4).json();
    assert_eq!(waits["evidence"]["why"], "next_number_unknown", "{waits}");
    let id = waits["id"].as_str().unwrap();
    let not = ["resolve", id, "--did-not-happen", "--by", "kim", "--reason", "not wanted", "--yes"];
    run(&scene, &not).await.ends(0);
    assert_eq!(sent(&scene), 0);
    assert!(run(&scene, &["journal", "verify"]).await.ends(0).out.starts_with("sound"));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_refunds_of_ours_keep_the_count() {
    let (scene, id) = at_settlebank("counted").await;
    for (key, number) in [("a", 1), ("b", 2)] {
        run(&scene, &["cancel", "S-1", "--amount", "500", "--key", key, "--wait", "20s", "--yes"])
            .await
            .ends(0);
        assert_eq!(sent(&scene), number);
    }
    scene.sandbox.console_refund(Gateway::Settlebank, &id, 700).unwrap();
    let cancel = ["cancel", "S-1", "--amount", "500", "--key", "c", "--wait", "20s", "--yes"];
    let mut korean = command(&scene, &cancel);
    korean.env("LANG", "ko_KR.UTF-8");
    let waits = scene.finish(korean).await.ends(4);
    assert!(waits.out.contains("다음 취소 회차를 알 수 없습니다"), "{}", waits.out);
    assert!(!waits.err.contains("다른 방법으로 환불하지 마세요"), "{}", waits.err);
    assert_eq!(sent(&scene), 2);
}
