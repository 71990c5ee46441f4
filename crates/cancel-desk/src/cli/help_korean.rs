//! The options in Korean, by their help in English.

pub(super) const OPTIONS: &[(&str, &str)] = &[
    // everywhere
    (
        "Configuration file; else CANCEL_DESK_CONFIG, else cancel-desk.toml if there is one",
        "설정 파일. 없으면 CANCEL_DESK_CONFIG, 그다음 현재 폴더의 cancel-desk.toml",
    ),
    (
        "Language: ko or en; else CANCEL_DESK_LANG, the configuration, LC_ALL, LC_MESSAGES, LANG",
        "언어: ko 또는 en. 없으면 CANCEL_DESK_LANG, 설정 파일, LC_ALL, LC_MESSAGES, LANG 순",
    ),
    (
        "One JSON document on standard output, for programs; nothing is asked",
        "결과를 JSON 문서 하나로 출력합니다(프로그램용). 묻지 않습니다",
    ),
    ("Results and errors only", "결과와 오류만 출력합니다"),
    (
        "Log more to standard error: -v info, -vv debug, -vvv trace",
        "표준 오류에 로그를 더 남깁니다: -v info, -vv debug, -vvv trace",
    ),
    ("Your name, as it is recorded", "담당자 이름. 기록에 남습니다"),
    ("Why, as it is recorded", "사유. 기록에 남습니다"),
    (
        "Your name, as it is recorded; needed with --after-restore and --settled",
        "담당자 이름. 기록에 남습니다. --after-restore와 --settled에는 반드시 필요합니다",
    ),
    (
        "Why, as it is recorded; needed with --after-restore and --settled",
        "사유. 기록에 남습니다. --after-restore와 --settled에는 반드시 필요합니다",
    ),
    ("Do not ask", "묻지 않고 진행합니다"),
    ("Yes: needed with --json", "동의. --json과 함께 쓸 때 필요합니다"),
    ("At most so many", "최대 건수"),
    // which payment
    (
        "Order number (merchant_uid), or GATEWAY/ACCOUNT/PAYMENT",
        "주문번호(merchant_uid) 또는 PG/계정/결제번호",
    ),
    (
        "Order number (merchant_uid), GATEWAY/ACCOUNT/PAYMENT, or a cancel's id",
        "주문번호(merchant_uid), PG/계정/결제번호 또는 취소번호",
    ),
    ("Only at this gateway: chaiport, eximbay, settlebank", "이 PG의 결제만: chaiport, eximbay, settlebank"),
    ("Only of this merchant account", "이 가맹점 계정의 결제만"),
    (
        "Only with this number at the gateway (imp_uid, transaction_id, orgTrdNo)",
        "이 PG 결제번호의 결제만 (imp_uid, transaction_id, orgTrdNo)",
    ),
    (
        "The cancel under this key of yours, whatever its order",
        "이 요청 키로 접수된 취소 (주문번호를 몰라도 됩니다)",
    ),
    ("With everything that was recorded of it", "기록을 모두 함께 보여 줍니다"),
    ("The cancel's id", "취소번호"),
    // payments
    ("The file; - for standard input", "파일. -는 표준 입력"),
    ("For rows that name no gateway", "gateway가 없는 행에 쓸 PG"),
    ("For rows that name no account", "account가 없는 행에 쓸 계정"),
    ("Those after this one: GATEWAY/ACCOUNT/PAYMENT", "이 결제 다음부터: PG/계정/결제번호"),
    // cancel
    ("How much, in the payment's currency: 3000, or 12.50", "환불금액(결제 통화): 3000 또는 12.50"),
    ("All that can still be refunded", "환불 가능한 전액"),
    (
        "Your key for this refund, 1 to 200 visible ASCII characters: the same key is the same refund",
        "이 환불의 요청 키. 공백 없는 영문·숫자·기호 1~200자. 키가 같으면 같은 환불입니다",
    ),
    (
        "Why; goes to the gateway: at most 500 characters, fewer at some (settlebank: 255 bytes, no : & ? ' \" < >)",
        "환불 사유. PG에 전달됩니다. 500자 이하이며 PG마다 더 짧습니다 (세틀뱅크: 한글 약 85자, : & ? ' \" < > 불가)",
    ),
    (
        "JSON file with the account to refund into; - for standard input",
        "환불 계좌를 담은 JSON 파일. -는 표준 입력",
    ),
    (
        "How long to wait for the outcome: 30s, 2m; a sending under way is finished first (up to total_timeout_s)",
        "결과를 기다리는 시간: 30s, 2m. 이미 전송하고 있으면 그 응답까지는 기다립니다(최대 total_timeout_s)",
    ),
    // resolve, trust, recover
    (
        "Every suspect payment whose ledger is exactly the journal's; the others are listed",
        "PG 내역이 저널과 정확히 같은 점검 대상 결제를 모두 해제합니다. 나머지는 목록으로 보여 줍니다",
    ),
    ("It happened, exactly once", "한 번 환불되었음"),
    ("It did not happen, and never can", "환불되지 않았고 앞으로도 되지 않음"),
    ("Look again, from the beginning of the schedule", "처음 일정부터 다시 조회"),
    (
        "Although the gateway's books speak against it: this cancel may be among what the gateway refunded, or still come, and \
         the same wish may be refunded twice; or they do not show what happened",
        "PG 내역과 맞지 않아도 기록합니다. 이미 처리되었거나 나중에 처리될 환불일 수 있어 같은 요청이 두 번 환불될 수 있습니다",
    ),
    (
        "Do not ask. The gateway is asked all the same before a decision that its books can speak against",
        "묻지 않습니다. PG 내역으로 확인해야 하는 결정이면 그래도 PG에 조회합니다",
    ),
    (
        "Although refunds of ours are unexplained or may still be on their way, or the gateway does not answer: the same \
         wish may be refunded twice",
        "설명되지 않거나 아직 처리 중일 수 있는 환불이 있어도, PG가 응답하지 않아도 해제합니다. 같은 요청이 두 번 환불될 수 있습니다",
    ),
    (
        "The journal was restored from a backup: trust no payment, and ask every gateway",
        "백업에서 저널을 복원했습니다. 환불할 금액이나 진행 중인 건이 남은 결제를 모두 점검 대상으로 표시하고 PG에 조회합니다",
    ),
    (
        "Everything that the restored journal lost is settled: payments registered from now on are in no doubt",
        "복원으로 잃은 내역을 모두 정리했습니다. 앞으로 등록하는 결제는 점검 대상이 아닙니다",
    ),
    (
        "Needed with --json for --after-restore; with --settled: although payments are still suspect",
        "--after-restore를 --json과 함께 쓸 때 필요합니다. --settled에서는 점검 대상 결제가 남아 있어도 진행합니다",
    ),
    // pending, journal
    ("At most so many of each kind", "종류마다 최대 건수"),
    ("A head that was shown before: 64 hexadecimal digits", "이전에 출력된 마지막 해시: 16진수 64자리"),
    ("Those after this number", "이 번호 다음부터"),
    // bulk
    ("The file of orders", "주문 파일"),
    ("Ask the gateways as well, not the journal alone", "저널뿐 아니라 PG에도 조회합니다"),
    ("Write the rows that are left out, with the reasons, as CSV", "제외한 행과 사유를 CSV로 저장합니다"),
    (
        "Replace the file of --left-out; without it another one is written beside it",
        "--left-out 파일이 있으면 바꿔 씁니다. 없으면 옆에 새 파일로 씁니다",
    ),
    (
        "Another name for the plan than the file's: a plan that was discarded can be made again under it",
        "파일 이름 대신 쓸 계획 이름. 폐기한 계획도 다른 이름으로 다시 만들 수 있습니다",
    ),
    ("The plan, as `bulk plan` and `bulk list` show it", "작업 번호 (`bulk plan`과 `bulk list`에 나옵니다)"),
    ("The plan's hash, as `bulk plan` shows it", "계획의 해시 (`bulk plan`에 나옵니다)"),
    ("The plan's total; once for each currency", "계획의 합계. 통화마다 한 번씩 적습니다"),
    ("Go on with a plan that was approved before", "이미 승인한 작업을 이어서 실행합니다"),
    ("Why it may go on, where it halted itself", "스스로 멈춘 작업을 이어서 실행해도 되는 사유"),
    (
        "Most cancels in flight for each merchant account, and as many look-ups",
        "가맹점 계정마다 동시에 전송할 취소의 최대 건수. 조회도 같은 수까지",
    ),
    (
        "Yes: needed with --json to approve, or to go on after a halt",
        "동의. --json으로 승인하거나 멈춘 작업을 이어서 실행할 때 필요합니다",
    ),
    (
        "How long to wait, at the end, for outcomes that are not known yet",
        "마지막에 아직 모르는 결과를 기다리는 시간",
    ),
    ("The plan", "작업 번호"),
    ("Write every row as CSV", "모든 행을 CSV로 저장합니다"),
    ("Replace the file of --csv", "--csv 파일이 있으면 바꿔 씁니다"),
    // banks, serve, demo
    (
        "Part of a name in Korean or English, or a code in any numbering; all banks without it",
        "은행 이름의 일부(한글·영문)나 코드. 없으면 모든 은행",
    ),
    (
        "Only this numbering: kftc, inicis, kcp, toss, nice, hecto, eximbay …",
        "이 코드 체계만: kftc, inicis, kcp, toss, nice, hecto, eximbay …",
    ),
    (
        "How many refunds are worked on at the same time, instead of worker.count",
        "동시에 처리할 환불 수. 설정의 worker.count 대신 씁니다",
    ),
    ("How many orders to refund", "환불할 주문 수"),
    ("Seed of what goes wrong at the gateways", "모의 PG에서 일어날 오류를 정하는 시드"),
];

/// What stands below the options, by the command's path.
pub(super) const AFTER: &[(&str, &str)] = &[
    (
        "payments import",
        "\
열 (순서는 상관없습니다. 다른 열은 무시하되, 금액처럼 보이는 열은 거절합니다):
  결제번호 (imp_uid, payment_id, transaction_id,   PG 결제번호
            org_trd_no)
  주문번호 (merchant_uid, order_id)                주문번호
  결제금액 (amount)                                10000 또는 12.50
  통화 (currency)                                  없으면 KRW
  환불금액 (cancel_amount)                         이미 환불한 금액, 없으면 0
  gateway                                          chaiport, eximbay, settlebank (imp_uid가 있으면 chaiport)
  계정 (account)                                   설정에 적은 계정 이름 (하나뿐이면 생략)
  결제수단 (method), 원천PG·PG사 (pg_provider)     PG에서 쓰는 이름 그대로(vbank, kcp). 계좌 환불에 필요합니다
  결제일·결제일시 (paid_at)                        결제일 또는 시각. 세틀뱅크에 필요합니다
한 번 등록한 내용은 바꿀 수 없습니다. 결제수단이나 원천PG를 빼고 등록하면 나중에 채울 수 없습니다.

예:
  cancel-desk payments import payments.csv",
    ),
    (
        "cancel",
        "\
--key가 같으면 같은 환불입니다. 문제가 생기면 똑같은 명령을 다시 실행하세요. 두 번 환불되지 않습니다. 다른 환불에는 다른 키를
쓰세요. 반품 번호나 문의 번호가 좋습니다.

가상계좌 환불의 계좌는 파일이나 표준 입력으로만 받습니다. 명령줄에는 적지 않습니다:
  {\"refund_bank\": \"88\", \"refund_account\": \"56211105948400\", \"refund_holder\": \"홍길동\"}
refund_bank는 결제한 PG의 은행 코드입니다 (cancel-desk banks로 확인). refund_tel을 더할 수 있습니다.

예:
  cancel-desk cancel ORD20180131-0000011 --amount 3000 --key return-4711 --reason \"사이즈\"
  cancel-desk cancel ORD20180131-0000011 --full --key return-4712 --yes --wait 2m
  cancel-desk cancel ORD-7 --full --key return-4713 --refund-to account.json",
    ),
    (
        "status",
        "\
종료 코드: 취소 한 건이면 그 결과(0 환불 완료, 1 환불되지 않음, 3 처리 중, 4 담당자 확인 필요), 주문이면 0.

예:
  cancel-desk status ORD20180131-0000011
  cancel-desk status --key return-4711
  cancel-desk status tbrirf35fhtyogzwlvntyou2rd --events",
    ),
    (
        "lookup",
        "\
조회는 돈을 움직이지 않고 저널도 바꾸지 않습니다.

종료 코드: 0 저널과 PG가 일치, 3 처리 중인 환불의 금액만큼만 다름 (또는 PG가 응답하지 않음), 4 담당자 확인이 필요하거나 이 프로그램의
환불로 설명되지 않음.",
    ),
    (
        "pending",
        "\
멈춘 일괄 작업도 사람을 기다립니다. 보류한 건수와 이어서 실행하는 방법을 보여 줍니다. 승인되었지만 시작 안 한 건이 남은 작업(실행
중이거나 중단됨)도 보여 주며, 점유 중인 건이 하나도 없으면 사람을 기다리는 것으로 봅니다. 백업 복원 후 점검 대상 결제는 PG 내역이
저널과 다르거나 잃어버린 환불이 섞여 있을 수 있으면 사람을 기다리며, 아직 대조하지 않았거나 일치한 결제는 아닙니다.

종료 코드: 0 담당자 확인이 필요한 건 없음, 4 있음.",
    ),
    (
        "resolve",
        "\
근거와 지금 PG 내역을 보여 준 뒤 묻습니다. `--happened`와 `--did-not-happen`은 되돌릴 수 없으니 먼저 PG 관리자 화면을
확인하세요. 망설여지면 --look-again을 쓰세요. 전송한 적이 있는 건, 직접 환불해야 하는 건, 복원한 저널이 잃었을 수 있는 건은
--yes를 붙여도 PG에 조회합니다. 이미 환불되었거나 나중에 처리될 수 있으면 --did-not-happen을, PG가 환불한 것 중에 이 환불일 수 있는
것이 없으면 --happened를 거절합니다(종료 코드 4, 아직 이르면 3). 백업을 복원한 뒤에는 `전송 0회`가 근거가 되지 않습니다.

예:
  cancel-desk resolve tbrirf35fhtyogzwlvntyou2rd --happened --by kim --reason \"관리자 화면에서 1건 확인\"
  cancel-desk resolve tbrirf35fhtyogzwlvntyou2rd --look-again --by kim --reason \"인증 정보 수정\"",
    ),
    ("withdraw", "아직 아무것도 전송하지 않은 취소만 철회할 수 있습니다. 늦었으면 종료 코드는 1입니다."),
    (
        "trust",
        "\
`recover --after-restore` 뒤에는 PG 내역과 대조할 때까지 결제가 점검 대상으로 남습니다. 저널에 없는 환불이 PG 내역에 있으면
잃어버린 요청을 원래 키로 다시 보내고 resolve로 처리한 다음, 이 명령으로 결제를 해제합니다. PG 내역과 저널을 나란히 보여 주고
묻습니다. 잃어버린 환불이 아직 처리 중일 수 있거나, 저널로 설명되지 않는 이 프로그램의 환불이 PG 내역에 있거나, 이 결제에 결과가
없는 취소가 있으면 해제하지 않습니다. 아직 필요한 환불은 해제한 뒤 새 키로 다시 요청합니다.

--all-matching은 점검 대상 결제를 모두 PG에 조회해, 결제금액·환불금액·잔액이 저널과 정확히 같고 한 건을 해제할 때의 점검을 모두
통과한 결제만 해제합니다. 나머지는 이유와 함께 보여 주며, 남은 결제가 있으면 종료 코드는 4입니다. 다른 곳에서 환불한 적이 있는 결제는
담당자가 한 건씩 해제합니다.

예:
  cancel-desk trust ORD20180131-0000011 --by kim --reason \"관리자 화면과 대조\"
  cancel-desk trust --all-matching --by kim --reason \"잃어버린 요청을 모두 다시 보냄\"",
    ),
    (
        "recover",
        "\
장애로 중단된 뒤에는 따로 할 일이 없습니다. `serve`와 `worker`가 시작할 때 스스로 복구합니다.

백업에서 저널을 복원했다면 저널에 없는 환불이 있을 수 있습니다. `serve`와 `worker`를 모두 멈추고 가장 먼저 실행하세요:
  cancel-desk recover --after-restore --by kim --reason \"디스크 고장, 03시 백업\"
모든 결제를 PG에 조회해 저널에 없는 환불이 있는 결제를 보여 줍니다. 그 뒤에 등록하는 결제도, 모두 정리했다고 알려 줄 때까지
점검 대상입니다:
  cancel-desk recover --settled --by kim --reason \"정산 내역과 모두 대조\"

종료 코드: 0 다른 결제 없음, 4 담당자가 정리할 결제가 있음.",
    ),
    (
        "journal verify",
        "\
head는 마지막 기록의 해시입니다. 다른 곳에 보관해 두고 --expect-head로 주면, 그때까지의 기록이 지워지거나 바뀌지 않았는지
확인합니다.

종료 코드: 0 이상 없음, 1 이상 있음.",
    ),
    (
        "bulk plan",
        "\
머리글이 있는 CSV, 또는 한 줄에 JSON 객체 하나. 열 (이 밖의 열이 있으면 거절합니다):
  주문번호 (merchant_uid)               어느 결제인지, 주문번호로
  결제번호 (payment_id, imp_uid)        또는 PG 결제번호로. 부족하면 gateway와 계정(account)을 더합니다
  환불금액·금액 (amount)                숫자(12000, 7.50) 또는 전액(full)
  환불사유·사유 (reason)                선택
  key (요청키, 키)                      선택. 같은 금액을 다시 환불할 때는 별도의 key를 적습니다
  은행, 예금주, 계좌번호 (refund_bank, refund_holder, refund_account)   가상계좌 환불에 필요합니다
  전화번호 (refund_tel)                 PG가 요구할 때

예:
  cancel-desk bulk plan orders.csv --left-out left-out.csv",
    ),
    (
        "bulk run",
        "\
예:
  cancel-desk bulk run 작업 --approve 해시 --total \"KRW 12,345,000\" --by kim
  cancel-desk bulk run 작업 --resume                             멈추거나 중단된 뒤
  cancel-desk bulk run 작업 --resume --by kim --reason \"입금함\"  스스로 멈춘 뒤

처음 다섯 건은 한 건씩 처리합니다. 결과를 모르는 건이 많거나, 인증이 거절되거나, 다른 주소로 돌려지거나, 인증서를 신뢰할 수 없거나,
PG의 가맹점 잔액이 부족하면 스스로 멈춥니다. Ctrl-C를 누르면 진행 중인 건까지 마치고 멈춥니다.
실행하는 동안에는 이 작업의 건뿐 아니라 저널에서 처리할 때가 된 다른 환불도 `worker`처럼 이어서 처리합니다.",
    ),
    ("demo", "모의 PG 세 곳을 이 컴퓨터에서 실행하고 저널은 임시 폴더에 두었다가 지웁니다. 설정도 네트워크도 필요 없습니다."),
    ("serve", SERVICE),
    ("worker", SERVICE),
];

const SERVICE: &str = "\
시작할 때 스스로 복구합니다. 진행 중이던 건을 가장 먼저 조회합니다. SIGTERM이나 Ctrl-C를 받으면 진행 중인 처리를 마치고
멈춥니다. 한 번 더 누르면 바로 멈추며, 그래도 안전합니다. 다음 시작 때 저널에서 이어서 처리합니다.";
