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
        plan.contains("남은 금액 10000 KRW보다 큽니다") && plan.contains("등록되지 않은 결제입니다"),
        "{plan}"
    );
    let import = scene.write("bad-payments.csv", "imp_uid,merchant_uid,amount\nimp_1,O-9,0\n");
    let import = scene.korean(&["payments", "import", import.to_str().unwrap()]).await.ends(2).err;
    assert!(import.contains("amount: 0보다 커야 합니다") && !import.contains("must"), "{import}");
    let gone = scene.korean(&["withdraw", "x", "--by", "김", "--reason", "x", "--yes"]).await.ends(2).err;
    assert_eq!(gone, "오류: 저널에 없는 취소번호입니다\n");

    for (command, parts) in [
        (["cancel", "--help"], ["--key <KEY>", "키가 같으면 같은 환불입니다", "도움말을 출력합니다"]),
        (["bulk", "--help"], ["명령:", "옵션:", "설정 파일."]),
    ] {
        let help = scene.korean(&command).await.ends(0).out;
        for part in parts {
            assert!(help.contains(part), "{part}: {help}");
        }
        assert!(!help.contains("Print help"), "{help}");
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
