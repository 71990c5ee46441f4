//! Files as a Korean spreadsheet writes them: payments in, orders planned.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_korean_payment_file_is_told_about_in_its_own_words() {
    let scene = Scene::new("files").await;
    let import = async |content: &str| {
        let file = scene.write("payments.csv", content);
        scene.korean(&["payments", "import", file.to_str().unwrap(), "--gateway", "chaiport"]).await
    };
    let done = import(
        "결제번호,주문번호,결제금액,결제수단,원천PG,결제일,통화\r\n\
         imp_000000000001,O-1,1000,vbank,kcp,2026/11/22,KRW\r\nimp_000000000002,O-2,1000,무통장입금,KG이니시스,,\r\n",
    );
    let done = done.await.ends(0);
    assert!(!done.err.contains("사용하지 않은 열"), "{}", done.err);
    let shown = scene.korean(&["payments", "show", "O-1"]).await.ends(0).out;
    assert!(shown.contains("결제수단: vbank · 원천PG: kcp · 결제일: 2026-11-22"), "{shown}");

    let shown = scene.korean(&["payments", "show", "O-2"]).await.ends(0).out;
    assert!(shown.contains("결제수단: vbank · 원천PG: html5_inicis"), "{shown}");
    // what could never be refunded is not stored
    for (content, told) in [
        (
            "결제번호,주문번호,결제금액,결제수단\nimp_9,O-9,1000,가상계좌\n",
            "2행: 원천PG(pg_provider): 가상계좌 결제는 원천PG를",
        ),
        (
            "결제번호,주문번호,결제금액,결제수단\nimp_9,O-9,1000,간편결제\n",
            "2행: 결제수단: 알 수 없는 결제수단입니다",
        ),
        (
            "결제번호,주문번호,결제금액,결재수단\nimp_9,O-9,1000,카드\n",
            "1행: 결재수단: 알 수 없는 열입니다. `결제수단`인지",
        ),
        (
            "결제번호,주문번호,결제금액,메모\nimp_9,O-9,1000,\"a\nimp_8,O-8,1000,b\n",
            "2행: 따옴표(\")가 닫히지 않았습니다",
        ),
    ] {
        let refused = import(content).await.ends(2).err;
        assert!(refused.contains(told), "{told}: {refused}");
    }
    scene.run(&["payments", "show", "O-9"]).await.ends(2);

    let other =
        import("결제번호,주문번호,결제금액,결제수단\nimp_000000000001,O-1,1000,card\n").await.ends(2).err;
    for part in [
        "2행: 결제번호: ",
        "결제수단(method) (등록: vbank, 파일: card)",
        "원천PG(pg_provider) (등록: kcp, 파일: 없음)",
    ] {
        assert!(other.contains(part), "{part}: {other}");
    }
    assert!(!other.contains("결제금액("), "{other}");
    let bad = import("결제번호,주문번호,결제금액,결제 일시\nimp_3,O-3,1000,어제\n").await.ends(2).err;
    assert!(bad.contains("2행: 결제 일시: 날짜나 한국 시각"), "{bad}");

    let orders = scene.write("orders.csv", "주문번호,환불금액,구매자명\nO-1,1,B\n");
    let refused = scene.korean(&["bulk", "plan", orders.to_str().unwrap()]).await.ends(2).err;
    assert!(
        refused.contains("«구매자명»: 주문 파일에서 사용하지 않는 열") && refused.contains("환불사유"),
        "{refused}"
    );
    for command in [["bulk", "plan"], ["payments", "import"]] {
        let help = scene.korean(&[&command[..], &["--help"]].concat()).await.ends(0).out;
        assert!(help.contains("주문번호") && help.contains("결제번호"), "{help}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_name_the_order_and_the_key() {
    let scene = Scene::new("lists").await;
    scene.pay(&["ORD-1"]).await;
    scene.sandbox.fault(Fault::on(Gateway::Chaiport, Operation::Cancel).kind(FaultKind::CloseWithoutAnswer));
    scene
        .sandbox
        .fault(Fault::on(Gateway::Chaiport, Operation::LookUp).kind(FaultKind::CloseWithoutAnswer).always());
    let cancel = ["cancel", "ORD-1", "--amount", "3000", "--key", "return-4711", "--yes", "--wait", "1s"];
    scene.korean(&cancel).await.ends(3);
    for command in [&["pending"][..], &["status", "ORD-1"]] {
        let out = scene.korean(command).await.ends(0).out;
        let list = out.split_once("취소번호").unwrap().1;
        assert!(list.contains("ORD-1") && list.contains("return-4711"), "{out}");
    }
}
