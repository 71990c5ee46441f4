//! What a person reads who reads Korean: no rule, no option and no example in English.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn rules_options_and_examples_are_told_in_korean() {
    let scene = Scene::new("korean").await;
    scene.pay(&["ORD-1"]).await;
    let zero = scene.korean(&["cancel", "ORD-1", "--amount", "0", "--key", "k", "--yes"]).await.ends(2);
    assert_eq!(zero.err, "오류: amount: 0보다 커야 합니다 (0원은 전액 취소로 처리될 수 있습니다)\n");
    let zero = scene.run(&["cancel", "ORD-1", "--amount", "0", "--key", "k", "--yes"]).await.ends(2);
    assert!(zero.err.contains("amount: must be above zero"), "{}", zero.err);
    let quoted = scene.korean(&["cancel", "ORD-1", "--amount", "1", "--key", "'k'", "--yes"]).await.ends(2);
    assert!(quoted.err.starts_with("오류: --key: 따옴표 없이 적어야 합니다"), "{}", quoted.err);

    let bad = scene.write("bad.csv", "merchant_uid,amount,key\nORD-1,-3,'k'\n");
    let bad = scene.korean(&["bulk", "plan", bad.to_str().unwrap()]).await.ends(2).err;
    assert!(bad.contains("2행 key 열: 따옴표 없이") && bad.contains("2행 amount 열: 0보다 커야"), "{bad}");
    let file = scene.write("orders.csv", "merchant_uid,amount\nORD-1,20000\nORD-9,1\n");
    let plan = scene.korean(&["bulk", "plan", file.to_str().unwrap()]).await.ends(1).out;
    assert!(
        plan.contains("남은 금액 10,000원보다 큽니다") && plan.contains("등록되지 않은 결제입니다"),
        "{plan}"
    );
    let import = scene.write("bad-payments.csv", "imp_uid,merchant_uid,amount\nimp_1,O-9,0\n");
    let import = scene.korean(&["payments", "import", import.to_str().unwrap()]).await.ends(2).err;
    assert!(import.contains("amount: 0보다 커야 합니다") && !import.contains("must"), "{import}");
    for (name, empty) in
        [("none.csv", ""), ("head.csv", "imp_uid,merchant_uid,amount\n"), ("none.json", "[]")]
    {
        let empty = scene.write(name, empty);
        let empty = scene.korean(&["payments", "import", empty.to_str().unwrap()]).await.ends(2).err;
        assert!(empty.contains("1행: 등록할 결제가 없습니다") && !empty.contains("holds"), "{empty}");
    }
    let gone = scene.korean(&["withdraw", "x", "--by", "김", "--reason", "x", "--yes"]).await.ends(2).err;
    assert_eq!(gone, "오류: 취소번호가 아닙니다. a-z와 2-7로 된 26자여야 합니다\n");

    for (command, parts) in [
        (["cancel", "--help"], ["--key <KEY>", "키가 같으면 같은 환불입니다", "도움말을 출력합니다"]),
        (["bulk", "--help"], ["명령:", "옵션:", "설정 파일."]),
    ] {
        let help = scene.korean(&command).await.ends(0).out;
        for part in parts {
            assert!(help.contains(part), "{part}: {help}");
        }
        assert!(!help.contains("Print help") && !help.contains("OPTIONS"), "{help}");
        assert!(help.contains("[옵션]"), "{help}");
    }
    assert!(scene.korean(&["--version"]).await.ends(0).out.starts_with("cancel-desk "));
    let example = scene.korean(&["config", "example"]).await.ends(0).out;
    assert!(example.contains("# lang = \"ko\"\n") && example.contains("가맹점 계정마다"), "{example}");
    let example = scene.run(&["config", "example"]).await.ends(0).out;
    assert!(
        example.contains("# lang = \"ko\"\n") && example.contains("One [[account]] for each"),
        "{example}"
    );
}

/// One line of names and values, without the spaces that align it.
fn row<'a>(shown: &'a str, name: &str) -> &'a str {
    let found = shown.lines().find_map(|line| line.strip_prefix(name));
    found.unwrap_or_else(|| panic!("no {name}: {shown}")).trim()
}

#[tokio::test(flavor = "multi_thread")]
async fn why_a_refund_does_not_move_is_told() {
    let scene = Scene::new("waits").await;
    scene.pay(&["ORD-1", "ORD-2"]).await;
    let secret = scene.write("secret", "not-the-secret-of-this-account");
    private(&secret);
    let cancel = ["cancel", "ORD-1", "--amount", "3000", "--key", "k", "--yes", "--wait", "1s"];
    let stored = scene.korean(&cancel).await.ends(3);
    assert!(row(&stored.out, "대기 이유").contains("설정의 키를 확인하세요"), "{}", stored.out);
    let id = row(&stored.out, "취소번호").to_owned();
    let shown = scene.run(&["status", &id]).await.ends(3).out;
    assert!(row(&shown, "waits because").contains("check its keys"), "{shown}");
    let shown = scene.korean(&["pending"]).await.ends(0).out;
    assert!(shown.contains("대기 이유: PG가 이 계정의 인증을 거절합니다"), "{shown}");
    let json = scene.run(&["status", &id, "--json"]).await.ends(3).json();
    assert_eq!(json["waits"]["because"], "look_up_failed", "{json}");

    // the same is said where a person asks
    let asked = scene.korean(&["lookup", "ORD-1"]).await;
    assert!(asked.err.contains("설정의 키") && !asked.err.contains("다시 시도"), "{}", asked.err);
    assert!(asked.err.contains("secret_env / secret_file"), "{}", asked.err);
    let file = scene.write("orders.csv", "merchant_uid,amount\nORD-2,1000\n");
    let plan = scene.korean(&["bulk", "plan", file.to_str().unwrap(), "--look-up"]).await;
    let told = format!("{}{}", plan.out, plan.err);
    assert!(told.contains("설정의 키를 확인하세요") && !told.contains("나중에"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_line_that_cannot_be_read_is_told_in_korean() {
    let scene = Scene::new("usage").await;
    for (command, told) in [
        (&["cancel", "ORD-1", "--full"][..], "필수 항목이 없습니다: --key <KEY>"),
        (&["cancel", "ORD-1", "--key", "k"][..], "<--amount <AMOUNT>|--full>"),
        (&["bulk", "report", "zzz"][..], "작업 번호가 아닙니다"),
        (&["cancle"][..], "알 수 없는 명령입니다: cancle"),
        (&["pending", "--limt", "3"][..], "알 수 없는 옵션입니다: --limt"),
        (&["pending", "--limit", "0"][..], "1~100000 사이여야 합니다"),
        (&["pending", "--limit", "a"][..], "정수여야 합니다"),
        (&["worker", "--workers", "99999999999999999999"][..], "범위를 벗어났습니다"),
        (&["lookup", "O", "--gateway", "pg"][..], "chaiport, eximbay, settlebank 중 하나여야 합니다"),
        (&["cancel", "O", "--full", "--amount", "1", "--key", "k"][..], "함께 쓸 수 없습니다"),
    ] {
        let ended = scene.korean(command).await.ends(2);
        assert!(ended.err.contains(told) && !ended.err.contains("error"), "{}", ended.err);
        let json: Vec<&str> = command.iter().copied().chain(["--json"]).collect();
        let ended = scene.korean(&json).await.ends(2);
        assert!(ended.json()["error"].to_string().contains(told), "{}", ended.out);
    }
    let help = scene.korean(&["pending", "--help"]).await.ends(0).out;
    assert!(help.contains("사용법: ") && help.contains("[기본값: 100]"), "{help}");
    assert!(!help.contains("Usage") && !help.contains("default"), "{help}");

    // a language that there is not is no language
    let mut command = scene.command(&["pending"]);
    command.env("CANCEL_DESK_LANG", "kr").env("LANG", "ko_KR.UTF-8");
    let refused = scene.finish(command).await.ends(2);
    assert_eq!(refused.err, "오류: CANCEL_DESK_LANG: ko 또는 en이어야 합니다 (현재 값: kr)\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_be_refunded_is_shown_where_nobody_can_be_asked() {
    let scene = Scene::new("shown").await;
    scene.pay(&["ORD-1"]).await;
    let shown = scene.korean(&["cancel", "ORD-1", "--amount", "3000", "--key", "k"]).await.ends(2).err;
    assert!(shown.contains("다음 내용으로 환불합니다") && shown.contains("3,000원"), "{shown}");
    assert!(shown.contains("http://127.0.0.1:") && shown.contains("--yes"), "{shown}");
    assert!(scene.run(&["status", "--key", "k"]).await.code != 0, "nothing is stored");
    let half =
        scene.korean(&["cancel", "ORD-1", "--amount", "10.5", "--key", "k", "--yes"]).await.ends(2).err;
    assert!(half.contains("원화에는 소수점을 쓸 수 없습니다"), "{half}");

    let first = ["cancel", "ORD-1", "--amount", "3000", "--key", "k", "--reason", "변심", "--yes"];
    scene.run(&first).await.ends(0);
    let other = ["cancel", "ORD-1", "--amount", "3000", "--key", "k", "--reason", "파손", "--yes"];
    let other = scene.korean(&other).await.ends(2).err;
    assert!(other.contains("접수된 사유 그대로 다시 요청하세요: 변심"), "{other}");
}
