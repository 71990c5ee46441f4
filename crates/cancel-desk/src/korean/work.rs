//! States, bulk refunds, configuration and storage.

use super::Table;

pub(super) const TEXTS: Table = &[
    (
        "must be a bank that {} refunds to, by its name, or by its code in {}'s numbering",
        "환불할 수 있는 은행을 이름(신한은행) 또는 {1} 은행 코드로 적어야 합니다 (`cancel-desk banks 은행이름 --scheme {0}`로 확인)",
    ),
    (
        "is not a method that is known here: write the gateway's code (card, trans, vbank, phone, kakaopay, naverpay, \
         tosspay, payco, point …)",
        "알 수 없는 결제수단입니다. PG사 코드로 적으세요 (card, trans, vbank, phone, kakaopay, naverpay, tosspay, payco, point …)",
    ),
    (
        "is not one PG that is known here: write its code (html5_inicis, kcp, tosspayments, nice or nice_v2, danal or \
         danal_tpay, smartro or smartro_v2, kicc, jtnet, naverpay …)",
        "어느 PG사인지 알 수 없습니다. 코드로 적으세요 (html5_inicis, kcp, tosspayments, nice 또는 nice_v2, danal 또는 \
         danal_tpay, smartro 또는 smartro_v2, kicc, jtnet, naverpay …)",
    ),
    (
        "is not a column here: `{}` may be meant; rename it, or delete it",
        "알 수 없는 열입니다. `{0}`인지 확인하고, 이름을 고치거나 열을 지우세요",
    ),
    (
        "must be given for a virtual account: its PG decides the bank codes of the refund, and it cannot be added later \
         (html5_inicis, kcp, tosspayments …)",
        "가상계좌 결제는 원천PG를 적어야 합니다. 환불 은행코드가 원천PG마다 다르며, 나중에 추가할 수 없습니다 (html5_inicis, \
         kcp, tosspayments …)",
    ),
    (
        "has a quote (\") that is not closed: close it at the end of its field, or leave it out",
        "따옴표(\")가 닫히지 않았습니다. 칸의 끝에서 닫거나 지우세요",
    ),
    // why something is not possible now
    ("not possible in this state: {}", "지금 상태에서는 할 수 없습니다: {0}"),
    ("the plan was discarded", "폐기된 계획입니다"),
    ("the plan was never approved", "승인된 적이 없는 계획입니다"),
    ("the plan is not approved", "승인되지 않은 계획입니다"),
    ("the job is halted", "작업이 멈춰 있습니다"),
    ("its job is halted", "이 취소의 작업이 멈춰 있습니다"),
    (
        "the journal was restored from a backup, and a person has to settle this payment first",
        "백업에서 복원한 저널입니다. 담당자가 이 결제를 먼저 정리해야 합니다",
    ),
    (
        "must be given: after a restored backup the rest may be more or less than what was lost; look at the gateway's \
         list (lookup) and ask for the amount that stands there, under the old key",
        "금액을 직접 적어야 합니다. 백업 복원 뒤에는 남은 금액이 잃어버린 환불 금액과 다를 수 있습니다. PG사 내역(lookup)의 \
         금액을 원래 키로 요청하세요",
    ),
    (
        "cancels of this payment have no outcome yet: resolve them first, by happened or did-not-happen; what is still \
         wanted is asked for anew, under a new key, once the payment is trusted",
        "이 결제에 결과가 없는 취소가 있습니다. 먼저 happened 또는 did-not-happen으로 처리하세요. 아직 필요한 환불은 \
         결제를 해제한 뒤 새 키로 다시 요청합니다",
    ),
    ("no total was approved in this currency", "이 통화로 승인된 합계가 없습니다"),
    ("more than the approved total", "승인된 합계를 넘습니다"),
    ("another attempt is open", "먼저 시작한 취소 시도가 아직 끝나지 않았습니다"),
    ("the cancel is not waiting for an attempt", "전송을 기다리는 취소가 아닙니다"),
    ("the guard is above the lowest balance ever proven", "확인된 잔액보다 큰 값을 기준으로 하고 있습니다"),
    (
        "the outcome is final or waits for a person",
        "이미 결과가 확정되었거나 담당자 확인을 기다리는 취소입니다",
    ),
    ("no open attempt that this could be about", "해당하는 진행 중 시도가 없습니다"),
    ("the cancel does not wait for a person", "담당자 확인을 기다리는 취소가 아닙니다"),
    (
        "the payment was worked on while the gateway was asked: look at it again, then decide",
        "PG에 확인하는 사이 이 결제에 다른 처리가 있었습니다. 취소 상태를 다시 확인한 뒤 결정하세요",
    ),
    ("nothing was ever sent for it", "한 번도 전송하지 않은 취소입니다"),
    (
        "the gateway's number of this payment is registered already, under another account's name: use that name, and keep it \
         in the configuration",
        "이 결제번호는 다른 계정 이름으로 이미 등록되어 있습니다. 등록된 계정 이름을 쓰고, 설정에서 그 이름을 바꾸지 마세요",
    ),
    (
        "the gateway shows less refunded than is known already: its answer is old, or what stands here as refunded is not; \
         look again later",
        "PG 조회 결과가 이미 확인된 환불금액보다 적습니다. 오래된 응답이거나, 여기에 환불로 남은 것이 실제로는 환불되지 않은 것입니다. 나중에 다시 조회하세요",
    ),
    (
        "the gateway's single refunds do not add up to what it shows as refunded: look again later",
        "PG 조회 결과의 취소 내역과 취소 합계가 서로 맞지 않습니다. 나중에 다시 조회하세요",
    ),
    (
        "it was sent to another host, merchant id or form than its account is configured for now: put the account's settings \
         back first",
        "지금 설정과 다른 호스트·상점 ID·전문 형식으로 보낸 취소입니다. 이 계정의 설정을 먼저 되돌리세요",
    ),
    (
        "the gateway shows another paid amount than the one that is registered: look at its admin page",
        "PG의 결제 금액이 등록한 금액과 다릅니다. PG 관리자 화면을 확인하세요",
    ),
    (
        "it was handed over to be made in the gateway's admin page, and may have been made: wait until it waits for a person \
         again, and resolve it",
        "PG 관리자 화면에서 직접 처리하도록 넘긴 취소라서 이미 환불되었을 수 있습니다. 다시 담당자 확인이 되면 resolve로 처리하세요",
    ),
    ("it waits for a person: resolve it", "담당자 확인을 기다리는 취소입니다. resolve로 처리하세요"),
    ("an attempt exists already, or the outcome is final", "이미 전송을 시작했거나 결과가 확정된 취소입니다"),
    ("the payment is suspect after a restored backup: {}", "백업 복원 후 점검 대상인 결제입니다: {0}"),
    ("no such payment or cancel in the journal", "저널에 없는 결제 또는 취소입니다"),
    ("this idempotency key was used before, for another request", "다른 내용의 요청에 이미 사용한 키입니다"),
    (
        "this payment is registered already, with other content",
        "같은 결제가 다른 내용으로 이미 등록되어 있습니다",
    ),
    ("more than can still be refunded ({} in minor units)", "환불 가능 금액({0}, 최소 단위)을 넘습니다"),
    ("another worker holds this payment now", "다른 워커가 이 결제를 처리하고 있습니다"),
    (
        "account data needs a key to be stored or read, and none is set",
        "계좌 정보를 저장하거나 읽을 키가 설정되어 있지 않습니다",
    ),
    ("the journal is damaged: {}", "저널이 손상되었습니다: {0}"),
    (
        "the journal was moved or put back while it was open, or beside its old -wal, and may lack what was refunded since: stop \
         everything, put the newest journal there is in place without an old -wal, then `cancel-desk recover --after-restore --by NAME --reason WHY`",
        "저널이 열려 있는 동안 파일이 옮겨졌거나, 예전 내용으로 되돌려졌거나, 예전 -wal 옆에 복사되었습니다. 그 뒤의 환불 기록이 없을 수 있습니다. \
         모두 멈추고 예전 -wal을 치운 자리에 가장 최근 저널을 둔 뒤 `cancel-desk recover --after-restore --by 이름 --reason 사유`를 실행하세요",
    ),
    (
        "the journal lacks the last event that {} beside it names: a backup was put back, or it was deleted; stop everything, put \
         the newest journal there is in place, then `cancel-desk recover --after-restore --by NAME --reason WHY`. Do not delete \
         {}: without it, what was refunded since is refunded once more",
        "저널 옆의 {0} 파일이 가리키는 마지막 기록이 저널에 없습니다. 저널이 백업으로 되돌려졌거나 삭제된 것입니다. 모두 멈추고 가장 최근 저널을 \
         제자리에 둔 뒤 `cancel-desk recover --after-restore --by 이름 --reason 사유`를 실행하세요. {1} 파일은 지우지 마세요. 지우면 그 뒤의 환불이 \
         한 번 더 나갑니다",
    ),
    ("the journal's storage failed", "저널 저장소 오류"),
    ("the journal's storage failed: {}", "저널 저장소 오류: {0}"),
    // plans
    ("can be refunded", "환불 가능"),
    ("nothing is left to refund", "남은 금액이 없습니다 (이미 전액환불)"),
    ("more than the {} that is left", "남은 금액 {0}보다 큽니다"),
    (
        "it is in plan {} already, as its line {}: run or discard that plan, or give it a key of its own if it is meant \
         once more",
        "이미 계획 {0}의 {1}행에 있습니다. 그 계획을 실행하거나 폐기하세요. 한 번 더 환불하려는 것이면 key를 따로 지정하세요",
    ),
    ("holds no payment", "등록할 결제가 없습니다"),
    ("no such payment is registered: import it first", "등록되지 않은 결제입니다. 먼저 등록하세요"),
    (
        "several payments fit: add gateway, account or payment_id",
        "해당하는 결제가 여러 건입니다. gateway, account, payment_id로 지정하세요",
    ),
    (
        "asked for before, and its outcome stands out ({}): take no new key, settle that one first (`cancel-desk pending`)",
        "이미 요청한 환불이며 아직 결과가 정해지지 않았습니다(상태: {0}). 새 키를 쓰지 말고 먼저 `cancel-desk pending`에서 처리하세요",
    ),
    (
        "its own key's request is {}, but the same amount was asked for under the key {} ({}, cancel {}): do not ask again if it is the same refund",
        "이 키의 요청은 환불되지 않았지만(상태: {0}) 같은 금액이 다른 키로 요청되었습니다(키 {1}, 상태: {2}, 취소번호 {3}). 같은 환불이면 다시 요청하지 마세요",
    ),
    (
        "the same amount was asked for under the key {} ({}, cancel {}): leave the row out if it is the same refund",
        "같은 금액이 다른 키로 요청되었습니다(키 {0}, 상태: {1}, 취소번호 {2}). 같은 환불이면 이 행을 빼세요",
    ),
    (
        "asked for before, and {}: give it a key of its own if it is meant once more",
        "이미 요청한 환불입니다(상태: {0}). 한 번 더 환불하려면 별도의 키를 적으세요",
    ),
    (
        "the same as line {}: give both a key of their own if both are meant",
        "{0}행과 같습니다. 둘 다 환불하려면 각각 별도의 키를 적으세요",
    ),
    (
        "the gateway did not tell about it: plan again later, under another name once this plan is run",
        "PG가 응답하지 않았습니다. 나중에 다시 계획하세요. 그때 이 계획을 이미 실행했으면 다른 이름으로 계획하세요",
    ),
    (
        "the same refund was asked for since the plan was made: plan again, under another name",
        "계획한 뒤 같은 환불이 따로 접수되었습니다. 다른 이름으로 다시 계획하세요",
    ),
    ("has another paid amount at the gateway", "PG의 결제금액과 다릅니다"),
    ("is not configured here", "설정에 없는 계정입니다"),
    (
        "is not known to the gateway: check payment number and account",
        "PG에 없는 결제입니다. 결제번호와 계정을 확인하세요",
    ),
    (
        "is refused by the gateway: check its keys in the configuration",
        "PG가 이 계정의 인증을 거절합니다. 설정의 키를 확인하세요",
    ),
    ("is not paid, as the gateway has it", "PG 기준으로 결제완료 상태가 아닙니다"),
    (
        "is suspect after a restored backup: a person clears it first",
        "백업 복원 후 점검 대상인 결제입니다. 담당자가 먼저 해제해야 합니다",
    ),
    ("no job {}: see the jobs with «bulk list»", "없는 작업입니다: {0}. `bulk list`로 확인하세요"),
    (
        "the job is planned: approve exactly its hash and its totals first",
        "아직 승인하지 않은 작업입니다. 먼저 해시와 합계를 그대로 승인하세요",
    ),
    (
        "must be a job's number, 26 characters of a-z 2-7: see `bulk list`",
        "작업 번호가 아닙니다. a-z와 2-7로 된 26자이며 `bulk list`에 나옵니다",
    ),
    ("is in a folder that does not exist: make it first", "없는 폴더입니다. 먼저 폴더를 만드세요"),
    (
        "the job is {} ({}): plan the file again under another name",
        "작업 상태: {0} ({1}). 다른 이름으로 다시 계획하세요",
    ),
    (
        "the job is {}: plan the file again under another name",
        "작업 상태: {0}. 다른 이름으로 다시 계획하세요",
    ),
    (
        "the job is {} ({}): approve exactly its hash and its totals first",
        "작업 상태: {0} ({1}). 먼저 해시와 합계를 그대로 승인하세요",
    ),
    (
        "the job is {}: approve exactly its hash and its totals first",
        "작업 상태: {0}. 먼저 해시와 합계를 그대로 승인하세요",
    ),
    ("the rows do not add up to the plan: {}", "행의 합계가 계획과 다릅니다: {0}"),
    ("{} rows where {} were planned", "계획은 {1}건인데 {0}건입니다"),
    ("the rows come to {}", "행의 합계는 {0}입니다"),
    ("must be 1 to 1,000,000", "1~1,000,000건이어야 합니다"),
    (
        "must be a currency and an amount, like: KRW 12,345,000",
        "통화와 금액을 적어야 합니다 (예: KRW 12,345,000)",
    ),
    ("must be given once for each currency of the plan: {}", "계획의 통화마다 한 번씩 적어야 합니다: {0}"),
    ("must be the plan's hash, which begins with {}", "계획의 해시를 적어야 합니다 ({0}…)"),
    (
        "must be the plan's own totals, one for each currency",
        "계획의 합계를 통화마다 하나씩 그대로 적어야 합니다",
    ),
    (
        "must be the plan's own: another plan was looked at",
        "이 계획의 해시가 아닙니다. 다른 계획을 보았습니다",
    ),
    ("must be different for every row of a merchant account", "같은 가맹점 계정 안에서 행마다 달라야 합니다"),
    ("must be above zero and different for every row", "0보다 크고 행마다 달라야 합니다"),
    ("must not overflow in sum", "합계가 너무 큽니다"),
    // why a job halted
    (
        "{} of the last 100 cancels have an unknown outcome",
        "최근 취소 100건 중 {0}건의 결과를 알 수 없습니다",
    ),
    ("{} cancels in a row have an unknown outcome", "연속 {0}건의 결과를 알 수 없습니다"),
    ("{} calls in a row did not reach the gateway", "연속 {0}번 PG에 연결하지 못했습니다"),
    ("the gateway refuses the credentials", "PG가 인증을 거절합니다. 키를 확인하세요"),
    (
        "the gateway's host redirected a cancel: it may not be the gateway",
        "접속한 서버가 취소 요청을 다른 곳으로 돌렸습니다. PG가 아닐 수 있습니다",
    ),
    ("the host's certificate is not to be trusted", "접속한 서버의 인증서를 신뢰할 수 없습니다"),
    ("the merchant's balance at the gateway is too small", "PG의 가맹점 정산 잔액이 부족합니다"),
    (
        "one of the first rows was not refunded: line {} is {}",
        "처음 몇 건 중 환불되지 않은 건이 있습니다: {0}행 ({1})",
    ),
    // states, as they stand within texts
    ("planned", "전송 전"),
    ("approved", "승인됨"),
    ("halted", "멈춤"),
    ("discarded", "폐기됨"),
    ("open", "처리 중"),
    ("accepted", "PG 접수"),
    ("completed", "환불 완료"),
    ("rejected", "환불되지 않음"),
    ("manual", "확인 필요"),
    ("withdrawn", "철회됨"),
    ("unknown", "결과 미확인"),
    ("waiting", "대기"),
    // configuration
    ("{} = \"NAME_OF_A_VARIABLE\" or {} = \"path\"", "{0} = \"환경변수_이름\" 또는 {1} = \"파일 경로\""),
    ("text in quotes", "따옴표로 묶은 문자열"),
    ("text in quotes, or several in brackets", "따옴표로 묶은 문자열, 여러 개면 대괄호로 묶음"),
    ("true or false", "true 또는 false"),
    ("a whole number", "정수"),
    ("a table", "테이블 ([이름])"),
    ("a list of tables, each under [[…]]", "[[…]]로 적는 테이블 목록"),
    (
        "must be at least 16 characters: make one with `openssl rand -hex 32`",
        "16자 이상이어야 합니다. `openssl rand -hex 32`로 만드세요",
    ),
    ("must have 16 to 512 characters", "16~512자여야 합니다"),
    (
        "must be an address and a port such as 127.0.0.1:8080 or [::1]:8080",
        "127.0.0.1:8080이나 [::1]:8080처럼 주소와 포트를 적어야 합니다",
    ),
    (
        "must be the name of a variable (letters, digits, _), not its value",
        "값이 아니라 환경변수 이름(영문, 숫자, _)을 적어야 합니다",
    ),
    (
        "must hold an address such as postgresql://user:password@host/database",
        "postgresql://user:password@host/database 형식의 주소여야 합니다",
    ),
    ("must name a journal that can be read", "읽을 수 있는 저널이어야 합니다"),
    ("must be longer than deadline_s (75 unless given)", "deadline_s(기본 75)보다 길어야 합니다"),
    (
        "must not be shorter than total_timeout_s (65 for chaiport, 35 for others unless given)",
        "total_timeout_s(기본값: chaiport 65, 그 밖 35)보다 짧으면 안 됩니다",
    ),
    (
        "must be {}, or an address such as http://127.0.0.1:9101",
        "{0} 또는 http://127.0.0.1:9101 같은 주소여야 합니다",
    ),
    ("must be utf-8", "UTF-8이어야 합니다"),
    ("must be loaded with its secrets", "비밀 값과 함께 불러와야 합니다"),
    ("must be given once per gateway", "PG마다 한 번만 적어야 합니다"),
    ("must be at most an hour", "1시간 이하여야 합니다"),
    ("must be given at least once", "하나 이상 있어야 합니다"),
    (
        "must be a loopback address, or other hosts be allowed by name: {} is reached by others",
        "이 컴퓨터 안에서만 접근되는 주소여야 합니다. 다른 컴퓨터에서 접근할 수 있는 주소: {0}",
    ),
    ("must be a time of this era", "시각이 올바르지 않습니다"),
    (
        "gateway = \"chaiport\", \"eximbay\" or \"settlebank\"",
        "gateway = \"chaiport\"(또는 \"eximbay\", \"settlebank\")",
    ),
    (
        "name = \"shop\", the name that payments are registered with",
        "name = \"shop\"(결제를 등록할 때 쓰는 이름)",
    ),
    (
        "endpoint = \"{}\" or \"{}\", or an address of your own",
        "endpoint = \"{0}\" 또는 \"{1}\" 또는 직접 적은 주소",
    ),
    ("form = \"standard\" (or \"flat\")", "form = \"standard\"(또는 \"flat\")"),
    ("mid = \"…\", the merchant id", "mid = \"…\"(가맹점 ID)"),
    // what the system says
    ("No such file or directory (os error 2)", "파일이 없습니다"),
    ("Permission denied (os error 13)", "권한이 없습니다"),
    ("Is a directory (os error 21)", "파일이 아니라 폴더입니다"),
    ("Not a directory (os error 20)", "폴더가 아닙니다"),
    ("Address already in use (os error 98)", "이미 사용 중인 주소입니다"),
    ("Cannot assign requested address (os error 99)", "이 컴퓨터의 주소가 아닙니다"),
    ("No space left on device (os error 28)", "디스크가 가득 찼습니다"),
    // the journal's place
    ("the journal {} cannot be opened: {}", "저널을 열 수 없습니다({0}): {1}"),
    ("the client of {} cannot be made: {}", "{0} 연결을 준비할 수 없습니다: {1}"),
    ("this build of cancel-desk has no {} journal", "이 cancel-desk에는 {0} 저널 기능이 없습니다"),
    (
        "must be a journal, not another program's database",
        "이 프로그램의 저널이 아니라 다른 프로그램의 데이터베이스입니다",
    ),
    (
        "must be a journal, not another program's schema",
        "이 프로그램의 저널이 아니라 다른 프로그램의 스키마입니다",
    ),
    ("must be able to keep a write-ahead log", "WAL(선행 기록 로그)을 쓸 수 있는 곳이어야 합니다"),
    ("must be of this version's tables", "이 버전의 테이블이 아닙니다"),
    (
        "must be opened with synchronous=FULL and foreign_keys=ON",
        "synchronous=FULL, foreign_keys=ON으로 열어야 합니다",
    ),
    (
        "must have all of its tables, indexes and triggers as they were made: restore it from a backup",
        "테이블·인덱스·트리거가 만들어진 때와 다릅니다. 백업에서 복원하세요",
    ),
    (
        "must have {} as it was made: put it back, or restore it from a backup",
        "만들어진 때와 다릅니다: {0}. 되돌리거나 백업에서 복원하세요",
    ),
    (
        "must be written with session_replication_role = origin: else no trigger keeps what was written",
        "session_replication_role이 origin이어야 합니다. 아니면 기록을 지키는 트리거가 동작하지 않습니다",
    ),
    ("must not lie on a network file system", "네트워크 파일 시스템에 두면 안 됩니다"),
    (
        "must have one name, and its file has another hard link: two names are two write-ahead logs, and refunds would be \
         made twice; remove the other link",
        "파일 이름이 하나여야 하는데 하드 링크가 더 있습니다. 이름마다 WAL(선행 기록 로그)이 따로 생겨 이중 환불이 납니다. 다른 \
         링크를 지우세요",
    ),
    (
        "must not be mounted as a single file: its write-ahead log would stay outside, and refunds would be made twice; \
         mount the folder, not the file",
        "파일 하나만 마운트하면 안 됩니다. WAL(선행 기록 로그)이 밖에 남아 이중 환불이 납니다. 파일이 아니라 폴더를 마운트하세요",
    ),
    ("must be a postgresql url with known options alone", "알려진 옵션만 쓴 PostgreSQL 주소여야 합니다"),
    (
        "must be a url postgresql://user:password@host/database",
        "postgresql://user:password@host/database 형식이어야 합니다",
    ),
    ("must name a host", "호스트가 있어야 합니다"),
    ("must be in a database of encoding UTF8", "인코딩이 UTF8인 데이터베이스여야 합니다"),
    ("must be on PostgreSQL 13 or later", "PostgreSQL 13 이상이어야 합니다"),
    (
        "must be on a server that commits with synchronous_commit = on",
        "서버의 synchronous_commit이 on이어야 합니다",
    ),
    (
        "must be on a server that runs with fsync = on: without it a power failure loses refunds",
        "서버의 fsync가 on이어야 합니다. 아니면 정전 때 환불 기록을 잃습니다",
    ),
    (
        "must be on a server that runs with full_page_writes = on: without it a power failure tears pages",
        "서버의 full_page_writes가 on이어야 합니다. 아니면 정전 때 기록이 깨집니다",
    ),
    ("must be opened with a pool of connections", "연결 풀로 열어야 합니다"),
    ("must be reachable by tls 1.2 or 1.3", "TLS 1.2나 1.3으로 접속할 수 있어야 합니다"),
    ("must be read and written at isolation level read committed", "격리 수준이 read committed여야 합니다"),
    (
        "must have a readable pem file of certificates as sslrootcert",
        "sslrootcert에 읽을 수 있는 PEM 인증서 파일을 적어야 합니다",
    ),
    (
        "must have sslmode=require, or sslmode=disable on a network that is safe",
        "sslmode=require여야 합니다 (안전한 네트워크에서만 sslmode=disable)",
    ),
    ("must have sslmode=require, prefer or disable", "sslmode는 require, prefer, disable 중 하나여야 합니다"),
    ("must be the key of a payment", "결제를 가리키는 키여야 합니다"),
    ("must be possible to store as json", "JSON으로 저장할 수 있어야 합니다"),
    ("must be stored as it was frozen", "저장된 요청이 처음 만든 그대로가 아닙니다"),
    // bulk, more of it
    (
        "its key was used before, and that refund is {}: give it a new key to ask for it again",
        "이 키로 이미 요청했고 환불되지 않았습니다(상태: {0}). 다시 환불을 요청하려면 새 키를 적으세요",
    ),
    (
        "the same key as line {}: every refund needs a key of its own",
        "{0}행과 키가 같습니다. 환불마다 서로 다른 키를 적으세요",
    ),
    (
        "must be the hash of this plan, as «bulk plan» showed it: look at the plan again",
        "이 계획의 해시가 아닙니다. `bulk plan`에 나온 해시를 다시 확인하세요",
    ),
    (
        "must be the plan's own, once for each currency (planned {}; given {})",
        "계획의 합계를 통화마다 한 번씩 적어야 합니다 (계획 {0}, 입력 {1})",
    ),
    (
        "must be a whole journal, and its file is damaged or lies beside another journal's -wal: stop everything, move the \
         file, its -wal and its -shm away, and put a backup back",
        "저널 파일이 손상되었거나 다른 저널의 -wal 파일과 섞여 있습니다. 모두 멈추고 저널 파일과 -wal, -shm을 다른 곳으로 옮긴 뒤 백업을 \
         되돌리세요 (문서의 백업과 복원)",
    ),
    ("must be true or false", "true 또는 false여야 합니다"),
];
