//! Fields of payments, refunds and files.

use super::Table;

pub(super) const TEXTS: Table = &[
    // keys, names, short texts
    (
        "must be 1 to 200 visible ascii characters, without spaces",
        "공백 없는 영문·숫자·기호 1~200자여야 합니다",
    ),
    (
        "must be one value of 1 to 200 visible ascii characters",
        "공백 없는 영문·숫자·기호 1~200자로 하나만 보내야 합니다",
    ),
    (
        "must be given without quotes: no quote, apostrophe or backtick around it, no double quote in it",
        "따옴표 없이 적어야 합니다. 앞뒤에 따옴표(' \" `)를 붙이지 말고 중간에 큰따옴표(\")를 넣지 마세요",
    ),
    ("must be 1 to 200 bytes", "1~200바이트여야 합니다"),
    (
        "must be a file: the address of a database belongs in postgres_url_env",
        "파일 경로여야 합니다. 데이터베이스 주소는 postgres_url_env로 지정하세요",
    ),
    ("must be 1 to 40 characters", "1~40자여야 합니다"),
    ("must be 1 to 500 characters", "1~500자여야 합니다"),
    ("must be 1 to 64 characters of a-z A-Z 0-9 _ - .", "a-z A-Z 0-9 _ - . 만 써서 1~64자여야 합니다"),
    ("must be at most 500 bytes, none of them zero", "500바이트 이하여야 하며 널 문자가 없어야 합니다"),
    ("must be at most {} bytes", "{0}바이트 이하여야 합니다"),
    ("must be at most {} characters", "{0}자 이하여야 합니다"),
    ("must be at most {} digits", "숫자 {0}자리 이하여야 합니다"),
    (
        "must be at most 100 characters, none of them a control character",
        "제어 문자 없이 100자 이하여야 합니다",
    ),
    ("must not be empty", "비어 있으면 안 됩니다"),
    ("must not contain control characters", "제어 문자가 들어 있으면 안 됩니다"),
    (
        "must not contain control characters, marks of text direction, or characters that show nothing",
        "제어 문자, 글자 방향 표시, 보이지 않는 문자가 들어 있으면 안 됩니다",
    ),
    ("must be one line, without control characters", "제어 문자 없이 한 줄이어야 합니다"),
    ("must be given", "필수 항목입니다"),
    ("must be given, or payment_id", "merchant_uid나 payment_id 중 하나는 있어야 합니다"),
    ("must be given: digits, or full", "필수 항목입니다. 숫자 또는 full(전액)로 적으세요"),
    ("must be given with the other parts of the account", "환불 계좌의 다른 항목과 함께 적어야 합니다"),
    (
        "must be given: settlebank looks payments up by it",
        "필수 항목입니다. 세틀뱅크는 이 값으로 결제를 조회합니다",
    ),
    (
        "must be given: there is not exactly one of this gateway",
        "필수 항목입니다. 이 PG의 계정이 하나가 아닙니다",
    ),
    ("is too long", "너무 깁니다"),
    ("must be ko or en ({})", "ko 또는 en이어야 합니다 (현재 값: {0})"),
    ("must be ko or en", "ko 또는 en이어야 합니다"),
    ("must be chaiport, eximbay or settlebank", "chaiport, eximbay, settlebank 중 하나여야 합니다"),
    ("must be a day like 2026-11-21", "2026-11-21처럼 날짜로 적어야 합니다"),
    ("must be an ISO 4217 code", "ISO 4217 통화 코드여야 합니다"),
    ("must be a span such as 30s, 2m or 1h", "30s, 2m, 1h처럼 적어야 합니다"),
    ("must be one of {}", "다음 중 하나여야 합니다: {0}"),
    ("must be one of: {}", "다음 중 하나여야 합니다: {0}"),
    ("must be from {} to {}", "{0}~{1} 사이여야 합니다"),
    ("must be a whole number", "정수여야 합니다"),
    ("must not be out of range", "쓸 수 있는 범위를 벗어났습니다"),
    (
        "must be such as `info` or `warn,cancel_desk=debug`",
        "`info`나 `warn,cancel_desk=debug`처럼 적어야 합니다",
    ),
    (
        "must be GATEWAY/ACCOUNT/PAYMENT, such as chaiport/shop/imp_448280090638",
        "PG/계정/결제번호 형식이어야 합니다 (예: chaiport/shop/imp_448280090638)",
    ),
    ("must be 64 hexadecimal digits", "16진수 64자리여야 합니다"),
    (
        "must be 64 hexadecimal digits, as `openssl rand -hex 32` prints them",
        "16진수 64자리여야 합니다. `openssl rand -hex 32`로 만드세요",
    ),
    ("not an id: must be 26 characters of a-z 2-7", "취소번호가 아닙니다. a-z와 2-7로 된 26자여야 합니다"),
    // amounts
    ("must be above zero", "0보다 커야 합니다"),
    (
        "must be above zero (a zero amount would cancel everything)",
        "0보다 커야 합니다 (0원은 전액 취소로 처리될 수 있습니다)",
    ),
    ("must not be below zero", "0보다 작으면 안 됩니다"),
    (
        "must be the number of an event of this journal: another was put in its place; plan it again",
        "이 저널에 있는 이벤트의 번호여야 합니다. 그사이 다른 저널로 바뀌었으니 다시 계획하세요",
    ),
    ("must be in the payment's currency", "결제와 같은 통화여야 합니다"),
    ("must be in {}, the payment's currency", "결제와 같은 통화({0})여야 합니다"),
    ("must not exceed the amount, in the same currency", "같은 통화로 결제금액 이하여야 합니다"),
    ("must not exceed the amount", "요청 금액보다 크면 안 됩니다"),
    ("must not exceed what was paid", "결제금액보다 크면 안 됩니다"),
    ("must not exceed what was paid, in the same currency", "같은 통화로 결제금액 이하여야 합니다"),
    ("must not exceed the cancelable balance of {}", "취소 가능 잔액 {0}보다 크면 안 됩니다"),
    ("must be a plain number such as 3000 or 12.50 ({})", "3000이나 12.50처럼 숫자만 적어야 합니다 ({0})"),
    ("not an amount: it is below zero", "금액이 아닙니다. 0보다 작습니다"),
    ("not an amount: it is too large", "금액이 너무 큽니다"),
    ("not an amount: KRW has 0 decimal places", "원화에는 소수점을 쓸 수 없습니다"),
    ("not an amount: {} has {} decimal places", "금액이 아닙니다. {0}의 소수 자리는 {1}자리입니다"),
    ("not an amount: {}", "금액이 아닙니다: {0}"),
    (
        "not an ISO 4217 currency code (three upper-case letters)",
        "ISO 4217 통화 코드가 아닙니다 (영문 대문자 3자)",
    ),
    ("has too many digits", "자릿수가 너무 많습니다"),
    (
        "must be plain digits (12000), without separators or signs: format the column as text",
        "쉼표나 기호 없이 숫자만(12000) 적어야 합니다. 열 서식을 텍스트로 바꾸세요",
    ),
    ("must be plain digits (12000, or 7.50), or full", "숫자(12000, 7.50) 또는 full(전액)이어야 합니다"),
    (
        "a spreadsheet has turned it into 1.2E+07 form and lost digits: format the column as text and export it again",
        "엑셀에서 1.2E+07 형태로 바뀌어 숫자가 손실되었습니다. 열 서식을 텍스트로 바꾸고 다시 내보내세요",
    ),
    // refund accounts
    (
        "must be a json object with the texts refund_bank, refund_account, refund_holder, and refund_tel if wanted",
        "refund_bank, refund_account, refund_holder(필요하면 refund_tel)를 문자열로 담은 JSON 객체여야 합니다",
    ),
    ("there is no such file", "파일이 없습니다"),
    (
        "the file may not be read: check its permissions",
        "파일을 읽을 권한이 없습니다. 파일 권한을 확인하세요",
    ),
    ("the file cannot be read as text", "파일을 텍스트로 읽을 수 없습니다"),
    ("must be digits (hyphens and spaces are dropped)", "숫자여야 합니다 (하이픈과 공백은 뺍니다)"),
    (
        "must be a bank that {} refunds to, by its code in {}'s numbering",
        "환불할 수 있는 은행을 {1} 은행 코드로 적어야 합니다 (`cancel-desk banks 은행이름 --scheme {0}`로 확인)",
    ),
    (
        "cannot be read: the payment is registered without pg_provider, which decides the bank codes",
        "은행 코드를 알 수 없습니다. 은행 코드 체계를 정하는 pg_provider 없이 등록된 결제입니다",
    ),
    (
        "cannot be read: {} has no known bank codes",
        "은행 코드를 알 수 없습니다. {0}의 은행 코드표가 없습니다",
    ),
    // files
    ("line {}, column no. {}: {}", "{0}행 {1}번째 열: {2}"),
    ("line {}, column {}: {}", "{0}행 {1} 열: {2}"),
    ("line {}: {}", "{0}행: {1}"),
    ("the file is UTF-16: save it as «CSV UTF-8»", "UTF-16 파일입니다. «CSV UTF-8»로 저장하세요"),
    ("the file is a spreadsheet: save it as «CSV UTF-8»", "엑셀 파일입니다. «CSV UTF-8»로 저장하세요"),
    (
        "the file is neither UTF-8 nor CP949: save it as «CSV UTF-8»",
        "UTF-8도 CP949도 아닌 파일입니다. «CSV UTF-8»로 저장하세요",
    ),
    (
        "the file contains null characters: save it as «CSV UTF-8»",
        "파일에 널 문자가 있습니다. «CSV UTF-8»로 저장하세요",
    ),
    ("the header row cannot be read", "머리글 행을 읽을 수 없습니다"),
    ("a row that cannot be read", "읽을 수 없는 행입니다"),
    ("more than 100000 rows: split the file", "100,000행을 넘습니다. 파일을 나누세요"),
    (
        "{} fields where the header has {}: quote a field that contains the delimiter",
        "칸이 {0}개로 머리글({1}개)과 다릅니다. 구분 문자가 든 값은 따옴표로 묶으세요",
    ),
    ("a column that stands there twice", "같은 열이 두 번 있습니다"),
    ("stands there twice", "두 번 있습니다"),
    ("is there twice", "두 번 있습니다"),
    (
        "is given twice, as `{}` and as `{}`: leave one of them out",
        "`{0}`, `{1}`: 같은 항목이 두 번 있습니다. 하나만 남기세요",
    ),
    (
        "must be the gateway's code, in small ascii letters without spaces",
        "PG의 코드를 공백 없이 영문 소문자로 적어야 합니다",
    ),
    ("the column amount is missing", "amount(환불금액) 열이 없습니다"),
    (
        "the column merchant_uid or payment_id is missing",
        "merchant_uid(주문번호)나 payment_id(결제번호) 열이 없습니다",
    ),
    (
        "not a column of this file: rename it or take it out (columns: {})",
        "사용하지 않는 열입니다. 이름을 바꾸거나 빼세요 (사용하는 열: {0})",
    ),
    ("not a JSON object (at character {} of the line)", "JSON 객체가 아닙니다 (이 줄의 {0}번째 글자)"),
    ("must be a text (an amount also a plain number)", "문자열이어야 합니다 (금액은 숫자도 됩니다)"),
    ("must be a text or a number", "문자열이나 숫자여야 합니다"),
    ("the file is larger than 64 MiB: split it", "파일이 64 MiB보다 큽니다. 나누세요"),
    ("must be at most 256 MiB: split it", "파일이 256 MiB보다 큽니다. 나누세요"),
    ("the file is empty", "빈 파일입니다"),
    ("the file is a JSON array: write one object per line", "JSON 배열입니다. 한 줄에 객체 하나씩 적으세요"),
    ("the file has no rows", "파일에 행이 없습니다"),
    ("cannot be read: check path and permissions", "파일을 읽을 수 없습니다. 경로와 권한을 확인하세요"),
    (
        "is not utf-8: save the file as CSV UTF-8 (Excel: \"CSV UTF-8\")",
        "UTF-8 파일이 아닙니다. «CSV UTF-8»로 저장하세요",
    ),
    ("must be one json object per line", "한 줄에 JSON 객체 하나여야 합니다"),
    ("must be a json array of objects", "객체로 된 JSON 배열이어야 합니다"),
    (
        "must name the columns: gateway,account,imp_uid,merchant_uid,amount,cancel_amount …",
        "첫 줄에 열 이름이 있어야 합니다: gateway,account,imp_uid,merchant_uid,amount,cancel_amount …",
    ),
    ("must be a plain number such as 12000 or 12.50 ({})", "12000이나 12.50처럼 숫자만 적어야 합니다 ({0})"),
    ("cannot be read", "읽을 수 없습니다"),
    ("must be a currency code such as KRW or USD", "KRW, USD 같은 통화 코드여야 합니다"),
    ("must be given: a column, or --gateway", "열을 추가하거나 --gateway를 지정하세요"),
    (
        "is not a column here and looks like an amount: rename it to 결제금액 (amount) or 환불금액 (cancel_amount, refunded already) \
         if it is one of these, or delete it",
        "알 수 없는 금액 열입니다. 결제금액(amount)이나 이미 환불한 금액(cancel_amount, 환불금액)이면 그 이름으로 바꾸고, 아니면 지우세요",
    ),
    (
        "has Korean letters that are taken apart: write the name of the column anew",
        "열 이름의 한글 자모가 분리되어 있습니다. 열 이름을 다시 입력하세요",
    ),
    ("has a value in a column without a name", "이름 없는 열에 값이 있습니다"),
    (
        "must be the same as payment_id, or be left out",
        "payment_id와 같아야 합니다. 다르면 둘 중 하나만 보내세요",
    ),
    ("must be the name of a {} account of the configuration", "설정에 있는 {0} 계정 이름이어야 합니다"),
    (
        "cannot be found: no {} account is configured, add a section [[account]] with gateway = \"{}\"",
        "설정에 {0} 계정이 없습니다. 설정 파일에 [[account]] 아래 gateway = \"{1}\" 등을 적어 추가하세요",
    ),
    ("must be given: there are several {} accounts", "{0} 계정이 여러 개이므로 필수 항목입니다"),
    ("is in line {} already, with other content", "{0}행에 같은 결제가 다른 내용으로 있습니다"),
    ("must have at most {} columns", "열은 {0}개 이하여야 합니다"),
    ("must have {} columns like the first line", "첫 줄과 같이 {0}개 열이어야 합니다"),
    // requests over HTTP
    ("must be a json number", "JSON 숫자여야 합니다"),
    ("must be text", "문자열이어야 합니다"),
    (
        "must be happened, did_not_happen or look_again",
        "happened, did_not_happen, look_again 중 하나여야 합니다",
    ),
    ("must be person", "person이어야 합니다"),
    ("must be the only parameter", "다른 매개변수와 함께 쓸 수 없습니다"),
    (
        "must be key, or waiting=person and at most one limit",
        "key 하나, 또는 waiting=person과 limit 하나여야 합니다",
    ),
    ("must be a number from {} to {}", "{0}~{1} 사이의 숫자여야 합니다"),
    (
        "must be at most one gateway, account and payment_id",
        "gateway, account, payment_id는 하나씩만 쓸 수 있습니다",
    ),
    (
        "must not stand in the address: the body alone is read, write it there or leave it out",
        "주소에 쓸 수 없습니다. 본문만 읽으므로 본문에 쓰거나 빼세요",
    ),
    ("must be percent-encoded utf-8", "퍼센트 인코딩된 UTF-8이어야 합니다"),
    ("must stand once: the same payment is above", "같은 결제가 위에 있습니다. 한 번만 적으세요"),
    ("must have at most {} members", "항목은 {0}개 이하여야 합니다"),
    ("must not have a member twice", "같은 항목이 두 번 있으면 안 됩니다"),
    (
        "is not a member of this request: rename it or leave it out (members: {})",
        "이 요청에 없는 항목입니다. 이름을 고치거나 빼세요 (쓸 수 있는 항목: {0})",
    ),
    (
        "must not have an unknown member, as no. {} is: rename it or leave it out (members: {})",
        "{0}번째 항목은 이 요청에 없는 항목입니다. 이름을 고치거나 빼세요 (쓸 수 있는 항목: {1})",
    ),
    // columns of order files
    (
        "«{}» is not a column of an order file: rename it or delete it in a copy of the file, and plan the copy (columns: \
         merchant_uid, payment_id, gateway, account, amount, reason, key, refund_bank, refund_holder, refund_account, \
         refund_tel)",
        "«{0}»: 주문 파일에서 사용하지 않는 열입니다. 파일을 복사해 이 열을 지우거나 이름을 바꾼 뒤, 그 복사본으로 다시 계획하세요 (사용하는 열: \
         주문번호, 결제번호, gateway, 계정, 환불금액, 환불사유, key, 은행, 예금주, 계좌번호, 전화번호)",
    ),
    (
        "is not a column of an order file: rename it or delete it in a copy of the file, and plan the copy (columns: \
         merchant_uid, payment_id, gateway, account, amount, reason, key, refund_bank, refund_holder, refund_account, \
         refund_tel)",
        "주문 파일에서 사용하지 않는 열입니다. 파일을 복사해 이 열을 지우거나 이름을 바꾼 뒤, 그 복사본으로 다시 계획하세요 (사용하는 열: \
         주문번호, 결제번호, gateway, 계정, 환불금액, 환불사유, key, 은행, 예금주, 계좌번호, 전화번호)",
    ),
    (
        "must be a day or a time in Korea (2026-11-21, 2026/11/21, 2026.11.21, 20261121, 2026-11-21 14:22:11), an RFC 3339 time or unix \
         seconds",
        "날짜나 한국 시각(2026-11-21, 2026/11/21, 2026.11.21, 20261121, 2026-11-21 14:22:11), RFC 3339 시각 또는 유닉스 초여야 합니다",
    ),
];
