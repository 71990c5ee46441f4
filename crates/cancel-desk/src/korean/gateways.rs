//! What the gateways' own rules refuse, and how they answer.

use super::Table;

pub(super) const TEXTS: Table = &[
    // any gateway
    ("must be from 1 to 999", "1~999 사이여야 합니다"),
    ("must be fewer than the sequence number", "취소 순번보다 작아야 합니다"),
    ("must add up to what was cancelled before", "이전 취소금액의 합과 같아야 합니다"),
    (
        "must be added again to an order that was stored with one",
        "환불 계좌와 함께 저장한 요청에는 계좌를 다시 넣어야 합니다",
    ),
    (
        "must be those that the order was made for: host, merchant id and form",
        "요청을 만들 때와 호스트·상점 ID·전문 형식이 같아야 합니다",
    ),
    ("must be 1 to 30 characters of A-Z a-z 0-9 _ -", "A-Z a-z 0-9 _ - 만 써서 1~30자여야 합니다"),
    ("must be 1 to 32 characters of A-Z a-z 0-9 _ -", "A-Z a-z 0-9 _ - 만 써서 1~32자여야 합니다"),
    ("must be 1 to 40 characters without control characters", "제어 문자 없이 1~40자여야 합니다"),
    ("must be 1 to 4 ascii letters or digits", "영문이나 숫자 1~4자여야 합니다"),
    ("must be visible ascii without spaces", "공백 없는 영문·숫자·기호여야 합니다"),
    (
        "must be visible ascii without spaces and without : & ? ' \" < >",
        "공백과 : & ? ' \" < > 없이 영문·숫자·기호여야 합니다",
    ),
    ("must be digits", "숫자여야 합니다"),
    (
        "is not one of the gateway's hosts; allow it explicitly if it is meant",
        "PG의 주소가 아닙니다. 의도한 주소라면 명시적으로 허용하세요 (설정: allow_custom_host = true)",
    ),
    (
        "is not one of the gateway's hosts: if it is meant, add allow_custom_host = true to this account",
        "PG의 주소가 아닙니다. 의도한 주소라면 이 계정에 allow_custom_host = true를 적으세요",
    ),
    ("must be an absolute path on the gateway's host", "PG 주소 안의 절대 경로여야 합니다"),
    ("must be an absolute url such as https://host", "https://host 같은 전체 주소여야 합니다"),
    ("must be an http or https url", "http 또는 https 주소여야 합니다"),
    (
        "must not be set: the witness transport has no proxies",
        "쓰지 마세요. witness 전송 방식은 프록시를 지원하지 않습니다",
    ),
    ("must be https", "https여야 합니다"),
    (
        "must be https (http only to a loopback address such as 127.0.0.1)",
        "https여야 합니다 (http는 127.0.0.1 같은 이 컴퓨터 주소에만)",
    ),
    ("must not contain a path", "경로가 들어 있으면 안 됩니다"),
    ("must not contain a query or fragment", "질의나 # 뒤의 값이 들어 있으면 안 됩니다"),
    ("must not contain a user or password", "사용자 이름이나 비밀번호가 들어 있으면 안 됩니다"),
    ("must be certificates in pem", "PEM 형식의 인증서여야 합니다"),
    ("must lie in the years 0 to 9999", "0~9999년 사이여야 합니다"),
    // chaiport
    ("must be chaiport", "chaiport여야 합니다"),
    ("must be 3 characters", "3자여야 합니다"),
    ("must not be one or two dots alone", "점(.)만으로 된 값은 쓸 수 없습니다"),
    ("must be at most {} characters with the tag in front", "앞에 붙는 표시를 포함해 {0}자 이하여야 합니다"),
    ("is failed: nothing was paid", "결제에 실패한 건입니다. 환불할 금액이 없습니다"),
    (
        "is ready: nothing was paid yet; an unpaid virtual account is revoked by revoke_virtual_account",
        "아직 입금되지 않은 건입니다. 입금 전 가상계좌는 발급 취소를 해야 합니다",
    ),
    (
        "is naverco, whose orders are cancelled by product order, not by payment",
        "네이버페이 주문형(naverco)입니다. 결제가 아니라 상품 주문 단위로 취소합니다",
    ),
    ("is zero: nothing is left to cancel", "취소할 금액이 남아 있지 않습니다"),
    ("must be given for naver pay", "네이버페이에는 필수 항목입니다"),
    ("must be given for refunds by this pg", "이 PG의 환불에는 필수 항목입니다"),
    (
        "must be given with its bank and holder: this payment cannot be refunded the way it was paid",
        "결제한 수단으로 되돌려 줄 수 없는 결제입니다. 환불 계좌(은행·계좌번호·예금주)를 적으세요",
    ),
    (
        "must be known, because every pg numbers the banks its own way",
        "값을 알아야 합니다. PG마다 은행 코드가 다릅니다",
    ),
    (
        "has no published table of bank codes; give the code by with_refund_account_and_raw_bank_code",
        "은행 코드표가 공개되지 않은 PG입니다",
    ),
    ("is a bank that no pg's table has, {} neither", "어느 PG의 코드표에도 없는 은행입니다 ({0}에도 없음)"),
    (
        "is a bank that {} cannot refund to; these pgs can: {}",
        "이 PG({0})로는 환불할 수 없는 은행입니다. 환불할 수 있는 PG: {1}",
    ),
    (
        "is danal, which does not refund virtual accounts; refund the buyer yourself",
        "다날은 가상계좌 환불을 하지 않습니다. 구매자에게 직접 환불하세요",
    ),
    // eximbay
    ("must be eximbay", "eximbay여야 합니다"),
    ("must be SALE to be cancelled", "SALE 거래만 취소할 수 있습니다"),
    (
        "is more than was proven to be left: the look-up must be older",
        "확인된 잔액보다 큽니다. 조회 결과가 오래되었습니다",
    ),
    ("must be given, as the answer has none", "필수 항목입니다. 응답에 값이 없습니다"),
    ("must be 1 to 15 letters and digits", "영문과 숫자 1~15자여야 합니다"),
    ("must be exactly 10 letters and digits", "영문과 숫자 10자여야 합니다"),
    ("must be exactly 24 letters and digits", "영문과 숫자 24자여야 합니다"),
    ("must be at most {} characters as text", "글자로 {0}자 이하여야 합니다"),
    ("must have at most 10 digits before the point", "소수점 앞은 10자리 이하여야 합니다"),
    ("must be a bank that eximbay has a code for", "엑심베이 코드가 있는 은행이어야 합니다"),
    ("must be one of KR EN CN JP RU TH TW VN", "KR EN CN JP RU TH TW VN 중 하나여야 합니다"),
    ("must be the amount as it was written at payment time", "결제할 때 적은 금액 그대로여야 합니다"),
    ("must be the same amount as paid", "결제금액과 같아야 합니다"),
    ("must not exceed the refund", "환불금액보다 크면 안 됩니다"),
    (
        "must be named, as the api key begins with neither test_ nor live_",
        "적어야 합니다. API 키가 test_나 live_로 시작하지 않습니다",
    ),
    ("must be the key alone, without a colon", "콜론 없이 키만 적어야 합니다"),
    ("is the live host, but the api key is a test key", "운영 주소인데 API 키는 테스트 키입니다"),
    ("is the test host, but the api key is a live key", "테스트 주소인데 API 키는 운영 키입니다"),
    (
        "is the live host, but the api key is a test key: write endpoint = \"sandbox\", or name the live key",
        "운영 주소인데 API 키는 테스트 키입니다. endpoint = \"sandbox\"로 바꾸거나 운영 키를 지정하세요",
    ),
    (
        "is the test host, but the api key is a live key: write endpoint = \"production\", or name the test key",
        "테스트 주소인데 API 키는 운영 키입니다. endpoint = \"production\"으로 바꾸거나 테스트 키를 지정하세요",
    ),
    // settlebank
    ("must be settlebank", "settlebank여야 합니다"),
    (
        "is lower in this record than in the look-up, which must be older",
        "조회 결과보다 작은 값입니다. 조회 결과가 오래되었습니다",
    ),
    ("must all be above zero", "모두 0보다 커야 합니다"),
    (
        "must be at most 255 bytes of utf-8 at this gateway (about 85 Korean characters)",
        "이 PG에서는 UTF-8로 255바이트 이하여야 합니다 (한글 약 85자)",
    ),
    ("must be at most {} bytes of utf-8", "UTF-8로 {0}바이트 이하여야 합니다"),
    (
        "must not contain : & ? ' \" < > or control characters",
        "다음 문자나 제어 문자가 들어 있으면 안 됩니다: : & ? ' \" < >",
    ),
    ("must be at most 999", "999 이하여야 합니다"),
    (
        "must be given: settlebank finds payments by their day",
        "필수 항목입니다. 세틀뱅크는 결제일로 결제를 찾습니다",
    ),
    ("must be given: the inquiry asks for it", "필수 항목입니다. 거래 조회에 필요합니다"),
    (
        "must be given: it decides the path of a standard cancel",
        "필수 항목입니다. 이 값으로 취소 경로가 정해집니다",
    ),
    (
        "must be given: no look-up can find the payment without it",
        "필수 항목입니다. 이 값이 없으면 결제를 조회할 수 없습니다",
    ),
    ("must be given: this refund is paid into an account", "필수 항목입니다. 계좌로 환불하는 결제입니다"),
    (
        "must not be given: the flat form cannot carry it",
        "적으면 안 됩니다. flat 형식으로는 보낼 수 없습니다",
    ),
    (
        "must not be given: the standard form tells its cancels apart",
        "적으면 안 됩니다. standard 형식은 취소를 스스로 구분합니다",
    ),
    (
        "must not be given: this cancel goes back the way it was paid",
        "적으면 안 됩니다. 결제수단으로 환불하는 취소입니다",
    ),
    ("must not be given but for a mobile payment", "휴대폰 결제에만 적을 수 있습니다"),
    ("must not be given for vouchers, t-money and points", "상품권·티머니·포인트 결제에는 적으면 안 됩니다"),
    ("must be KRW in the flat form, which has no currency field", "flat 형식에서는 KRW여야 합니다"),
    ("must be KRW, or USD for a card", "KRW여야 합니다 (카드는 USD도 가능)"),
    ("must be VA or VA010", "VA 또는 VA010이어야 합니다"),
    (
        "must be all that was paid: this method has no partial cancels",
        "전액이어야 합니다. 부분취소를 할 수 없는 결제수단입니다",
    ),
    ("must be at most 40 characters in the standard form", "standard 형식에서는 40자 이하여야 합니다"),
    ("must be exactly 32 visible ascii characters", "공백 없는 영문·숫자·기호 32자여야 합니다"),
    ("must be in hecto's bank table", "헥토파이낸셜 은행 코드표에 있는 은행이어야 합니다"),
    ("must be known for a payment of which a part is cancelled", "일부가 취소된 결제에는 필수 항목입니다"),
    (
        "must be one of CA RA VA VA010 MP PZ KP NP PC TS TC HM CG SG BG TM CP",
        "CA RA VA VA010 MP PZ KP NP PC TS TC HM CG SG BG TM CP 중 하나여야 합니다",
    ),
    ("must be named: production, sandbox or an address", "production, sandbox 또는 주소를 적어야 합니다"),
    ("must be the amount that was looked up", "조회한 금액과 같아야 합니다"),
    ("must be the flat form, for which this client is built", "flat 형식으로 설정된 계정입니다"),
    ("must be the standard form, for which this client is built", "standard 형식으로 설정된 계정입니다"),
    ("must have at most {} digits", "숫자 {0}자리 이하여야 합니다"),
    (
        "must have no service charge but for cards and easy pays",
        "봉사료는 카드와 간편결제에만 적을 수 있습니다",
    ),
    (
        "must have parts that add up to the cancelled amount, in its currency",
        "같은 통화로 합이 취소금액과 같아야 합니다",
    ),
    ("must tell all its parts with a service charge", "봉사료가 있으면 금액 항목을 모두 적어야 합니다"),
    ("must not add up to more than was paid, in the payment's currency", "합이 결제금액보다 크면 안 됩니다"),
    ("must not exceed the balance, in the payment's currency", "잔액보다 크면 안 됩니다"),
    ("must not be the published test key at the live host", "운영 주소에 공개된 테스트 키를 쓸 수 없습니다"),
    ("must not contain emoji, which the gateway drops", "이모지를 쓸 수 없습니다. PG가 빼 버립니다"),
    (
        "may equal an earlier cancel of this payment, and the flat form cannot tell the two apart",
        "이 결제의 이전 취소와 같은 금액일 수 있고, flat 형식으로는 구분할 수 없습니다",
    ),
    // look-ups
    ("{} (code {})", "{0} (코드 {1})"),
    ("look-up not sent: {}", "조회를 보내지 않았습니다: {0}"),
    ("the gateway knows no such payment", "PG에 없는 결제입니다"),
    ("the gateway does not accept the credentials", "PG가 인증을 거절했습니다. 키를 확인하세요"),
    (
        "eximbay finds a payment only by its original currency and amount text (1.00 is not 1)",
        "엑심베이는 결제 당시의 통화와 금액 표기 그대로만 조회됩니다 (1.00과 1은 다름)",
    ),
    ("the look-up got no answer", "PG가 조회에 응답하지 않았습니다"),
    ("the look-up's answer could not be used", "PG의 조회 응답을 쓸 수 없습니다"),
    ("the gateway refused the look-up", "PG가 조회를 거절했습니다"),
    // numbers
    ("it is empty", "비어 있습니다"),
    ("a sign is not allowed", "부호는 쓸 수 없습니다"),
    ("an exponent is not allowed", "지수 표기는 쓸 수 없습니다"),
    ("thousands separators and spaces are not allowed", "천 단위 쉼표와 공백은 쓸 수 없습니다"),
    ("only the ASCII digits 0-9 and one point are allowed", "숫자 0-9와 소수점 하나만 쓸 수 있습니다"),
    ("the decimal point must stand once, between digits", "소수점은 숫자 사이에 한 번만 쓸 수 있습니다"),
    ("it has too many digits", "자릿수가 너무 많습니다"),
];
