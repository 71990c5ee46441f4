//! Every text for people, both languages side by side so that none is forgotten.

use std::fmt::Display;

use crate::config::Lang;

/// A text in both languages. `{0}`, `{1}` … stand for values.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Text {
    en: &'static str,
    ko: &'static str,
}

impl Text {
    pub(crate) const fn new(en: &'static str, ko: &'static str) -> Self {
        Self { en, ko }
    }

    pub(crate) const fn of(&self, lang: Lang) -> &'static str {
        lang.pick(self.en, self.ko)
    }

    /// The text with its values. A value is never read for places of its own.
    pub(crate) fn fill(&self, lang: Lang, values: &[&dyn Display]) -> String {
        let mut parts = self.of(lang).split('{');
        let mut filled = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (place, rest) = part.split_once('}').unwrap_or((part, ""));
            match place.parse::<usize>().ok().and_then(|index| values.get(index)) {
                Some(value) => filled.push_str(&value.to_string()),
                None => {
                    filled.push('{');
                    filled.push_str(place);
                    filled.push('}');
                }
            }
            filled.push_str(rest);
        }
        filled
    }
}

macro_rules! texts {
    ($($name:ident = $en:literal, $ko:literal;)*) => {
        $(pub(crate) const $name: Text = Text::new($en, $ko);)*
        #[cfg(test)]
        const ALL: &[(&str, Text)] = &[$((stringify!($name), $name)),*];
    };
}

texts! {
    // the first minute
    HELLO = "cancel-desk carries refunds through: asked once, applied once, accounted for.\n\n\
        Try it, with nothing set up:   cancel-desk demo\n\
        Set it up:                     cancel-desk config example > cancel-desk.toml\n\
        Check what you wrote:          cancel-desk config check\n\
        Everything it can do:          cancel-desk --help\n",
        "cancel-desk는 결제취소(환불)를 끝까지 처리합니다. 한 번 요청하면 한 번만 환불되고, 결과를 반드시 남깁니다.\n\n\
        설정 없이 써 보기:   cancel-desk demo\n\
        설정 파일 만들기:    cancel-desk config example > cancel-desk.toml\n\
        설정 확인하기:       cancel-desk config check\n\
        모든 명령 보기:      cancel-desk --help\n";
    NO_ACCOUNTS = "no merchant account is configured: add a section [[account]] to the configuration file (cancel-desk.toml, or what \
        --config names), with lines such as gateway = \"chaiport\" and name = \"shop\"; `cancel-desk config example` shows all of them",
        "설정된 가맹점 계정이 없습니다. 설정 파일(cancel-desk.toml 또는 --config로 지정한 파일)에 [[account]] 아래 gateway = \"chaiport\", \
        name = \"shop\" 등을 적어 추가하세요. 전체 항목은 `cancel-desk config example`에 나옵니다";
    NEW_JOURNAL = "there was no journal: {0} is new", "저널이 없어 새로 만들었습니다: {0}";
    NO_JOURNAL = "there is no journal {0}; the configuration is {1}", "저널이 없습니다: {0}. 설정: {1}";
    NAME_CONFIG = "go to the folder of the journal, or name the configuration with --config; `payments import` begins a new one",
        "저널이 있는 폴더에서 실행하거나 --config로 설정 파일을 지정하세요. 새로 시작하려면 `payments import`를 실행하세요";
    SEE_HELP = "see `cancel-desk --help`, or --help after a command", "`cancel-desk --help` 또는 명령 뒤에 --help를 붙여 확인하세요";
    ERROR = "error: {0}", "오류: {0}";
    NEXT = "next: {0}", "다음: {0}";

    // columns
    ORDER = "order", "주문번호";
    ACCOUNT = "account", "계정";
    PAYMENT_ID = "payment", "결제번호";
    PAID = "paid", "결제금액";
    REFUNDED = "refunded", "환불금액";
    UNDER_WAY = "under way", "처리 중";
    REFUNDABLE = "refundable", "환불가능";
    CANCEL = "cancel", "취소번호";
    STATE = "state", "상태";
    AMOUNT = "amount", "금액";
    KEY = "key", "요청 키";
    REASON = "reason", "사유";
    DECIDED_BY = "decided by", "처리한 사람";
    NOT_THE_EXAMPLE = "--by: write your own name, not the placeholder", "--by: 예시 글자가 아니라 본인 이름을 적으세요";
    DECIDED_BECAUSE = "because", "처리 사유";
    AGE = "age", "경과";
    HELD = "held: its bulk job {0} is halted", "보류: 멈춘 일괄 작업({0})의 건";
    NEXT_LOOK = "next look", "다음 확인";
    WAITS = "waits because", "대기 이유";
    WAITS_JOB = "its bulk job {0} is halted: see `cancel-desk bulk report {0}`; to go on: cancel-desk bulk run {0} --resume --by NAME \
        --reason WHY",
        "일괄 작업이 멈춰 있습니다. `cancel-desk bulk report {0}`로 원인을 확인하고 해결한 뒤 이어서 실행하세요: cancel-desk bulk run {0} --resume --by 이름 \
        --reason 사유";
    WAITS_ANOTHER = "another cancel of the same payment, {0}, has no outcome yet: this one follows it",
        "같은 결제의 다른 취소({0})가 아직 끝나지 않았습니다. 끝나면 이어서 처리합니다";
    WAITS_DECISION = "another cancel of the same payment, {0}, waits for a person: no worker goes on before that one is decided",
        "같은 결제의 다른 취소({0})가 담당자 확인을 기다립니다. 그 건을 먼저 결정해야 처리합니다(워커만으로는 진행되지 않습니다)";
    WAITS_SUSPECT = "the journal was restored from a backup: {0} after that the payment is looked up. If its ledger is \
        the journal's, a worker sends this by itself, with no `trust` and no second wish; if not, a person decides",
        "백업에서 복원한 저널의 점검 대상 결제입니다. 복원하고 {0} 뒤에 PG에 조회해, 저널과 일치하면 워커가 스스로 전송합니다. 해제(`trust`)하거나 \
        다시 요청하지 않아도 됩니다. 일치하지 않으면 담당자 확인으로 갑니다";
    WAITS_SUSPECT_PERSON = "the journal was restored from a backup, and no worker sends this: the gateway's ledger is not the journal's, \
        or it was stored before the restore. {0} after the restore it goes to a person: decide it with `resolve`, then clear the \
        payment with `trust`. Do not ask for it under another key",
        "백업에서 복원한 저널이 PG 내역과 다르거나 복원 전에 접수된 건이라 워커가 스스로 전송하지 않습니다. 복원하고 {0} 뒤에 담당자 확인으로 \
        넘어가면 `resolve`로 결정한 다음 `trust`로 해제하세요. 다른 키로 다시 요청하지 마세요";
    QUIET_UNLESS = "`upstream_quiet_s` ({0} unless configured)", "`upstream_quiet_s`(설정하지 않았으면 {0})";
    SENT_BY_ITSELF = "{0} is stored, and so far the ledger is the journal's: {1} after the restore, a worker looks the payment \
        up again and sends it by itself if that is still so. It needs no `trust`; do not ask for it a second time",
        "접수된 {0} 건은 지금까지 PG 내역과 저널이 일치하므로, 복원하고 {1} 뒤에 다시 조회해도 일치하면 워커가 스스로 전송합니다. 해제(`trust`)하거나 \
        다시 요청하지 않아도 됩니다";
    WAITS_CREDENTIALS = "the gateway does not accept the credentials of this account: check its keys in the configuration",
        "PG가 이 계정의 인증을 거절합니다. 설정의 키를 확인하세요";
    WAITS_NOT_FOUND = "the gateway knows no such payment: check payment number and account",
        "PG에 없는 결제입니다. 결제번호와 계정을 확인하세요";
    WAITS_LOOK_UP = "the gateway did not answer the last look-up ({0}); nothing is sent before it does, and it is asked again by itself",
        "PG가 조회에 응답하지 않았습니다({0}). 조회가 되어야 전송하며, 자동으로 다시 조회합니다";
    WAITS_UNPROVEN = "the last look-up told nothing that can be relied on: no answer, or one that is not decided or contradicts itself; nothing is sent before it does, and it is asked again by itself",
        "마지막 조회로는 아무것도 확정할 수 없습니다(응답이 없거나, 아직 정해지지 않았거나, 내용이 서로 맞지 않음). 확정되어야 전송하며, 자동으로 다시 조회합니다";
    WAITS_REFUSED = "the gateway refused it (code {0}); a look-up confirms that nothing happened",
        "PG가 거절했습니다(코드 {0}). 처리되지 않았는지 조회로 확인하고 있습니다";
    WAITS_UNKNOWN = "the outcome is not known ({0}): it is looked up by itself. The same request is sent again only where the \
        gateway keeps it from being applied twice; it is never refunded twice",
        "결과를 알 수 없습니다({0}). 자동으로 조회합니다. PG가 중복을 막는 경우에만 같은 요청을 다시 보내며, 두 번 환불되지 않습니다";
    WAITS_NOT_SENT = "it could not be sent ({0}): nothing reached the gateway, and it is tried again by itself",
        "전송하지 못했습니다({0}). PG사가 요청을 받지 못했음이 확실하며, 자동으로 다시 시도합니다";
    WAITS_ACCEPTED = "the gateway took it; its ledger does not show it yet", "PG가 접수했고, 아직 PG 내역에 보이지 않습니다";
    WAITS_WORKER = "no worker has begun with it: run `cancel-desk worker` or `serve`",
        "아직 처리를 시작하지 않았습니다. `cancel-desk worker` 또는 `serve`를 실행하세요";
    WAITS_HELD = "a process has it in hand; if that one was killed, another goes on when its hold ends, in at most {0}",
        "다른 프로세스가 처리하고 있습니다. 그 프로세스가 죽었다면 점유가 끝나는 대로 이어서 처리합니다 (최대 {0})";
    CAUSE_TIMEOUT = "no answer in time", "응답 시간 초과";
    CAUSE_CONNECTION = "no connection, or it broke", "연결 실패 또는 끊김";
    CAUSE_SERVER = "error at the gateway", "PG 오류";
    CAUSE_ANSWER = "an answer that cannot be used", "쓸 수 없는 응답";
    CAUSE_THROTTLED = "too many requests", "요청이 너무 많음";
    CAUSE_REFUSED = "refused", "거절";
    CAUSE_FUNDS = "the merchant's balance is too small", "가맹점 정산 잔액 부족";
    CAUSE_UNLISTED = "a code that the gateway's documents do not list", "PG 문서에 없는 응답 코드";
    CAUSE_SEEN = "the gateway says that it saw this request before", "PG가 이미 받은 요청이라고 응답";
    CAUSE_INTEGRITY = "an answer that does not fit the request", "요청과 맞지 않는 응답";
    CAUSE_BUILD = "the request could not be put together", "요청을 만들 수 없음";
    CAUSE_CREDENTIALS = "key or secret not accepted", "키 또는 비밀 값이 거절됨";
    CAUSE_TOKEN = "no access token", "접근 토큰을 받지 못함";
    CAUSE_CONNECT = "no connection", "연결하지 못함";
    CAUSE_CUT = "the connection broke before anything was sent", "보내기 전에 연결이 끊김";
    KIND_REQUEST = "a field of the request", "요청 항목";
    KIND_NOT_FOUND = "no such payment", "없는 결제";
    KIND_AMOUNT = "the amount", "금액";
    KIND_GUARD = "the balance has changed", "잔액이 바뀜";
    KIND_NOT_CANCELLABLE = "this payment cannot be cancelled so", "취소할 수 없는 결제";
    KIND_PERIOD = "too late", "취소 기간이 지남";
    KIND_ACCOUNT = "the refund account", "환불 계좌";
    KIND_POLICY = "a limit or policy", "한도나 정책";
    STORED_AT = "stored", "접수 시각";
    SENT = "sent", "전송";
    LOOKS = "looks", "조회";
    TIME = "time", "시각";
    EVENT = "event", "내용";
    DETAIL = "detail (amounts in minor units: 250 is 2.50 USD)", "상세 (금액은 최소 단위: 250은 2.50 USD)";
    BANK = "bank", "은행";
    CODE_OF = "{0}", "은행 코드({0})";
    OTHER_CODES = "other codes", "다른 코드";
    REFUND_TO = "refund to", "환불 계좌";
    JOURNAL = "journal", "저널";
    GATEWAY = "gateway", "PG사";
    STATUS = "gateway's status", "PG 상태(원문)";
    ENDPOINT = "endpoint", "접속 대상";
    EMPTY = "nothing to show", "해당 내역이 없습니다";
    MORE = "… and more: --limit {0} shows them", "… 더 있습니다. 더 보려면: --limit {0}";
    MORE_AFTER = "… and more: --after {0} shows the next ones", "… 더 있습니다. 다음 목록: --after {0}";
    NOW = "now", "지금";
    EVERY_TIMES = "{0}×", "{0}회";

    // states
    PLANNED = "stored, not sent yet", "접수됨 (전송 전)";
    OPEN = "under way, outcome not known yet", "처리 중 (결과 미확인)";
    COMPLETED = "refunded", "환불 완료";
    ACCEPTED = "taken by the gateway, money moves later", "PG 접수 (이체 예정)";
    REJECTED = "not refunded", "환불되지 않음";
    MANUAL = "waits for a person", "확인 필요";
    WITHDRAWN = "withdrawn, nothing was sent", "철회됨 (전송 안 함)";

    // how it is known, and why not
    BY_ANSWER = "the gateway said so", "PG 응답으로 확인";
    BY_TAG = "found in the gateway's history", "PG 취소 내역에서 확인";
    BY_BALANCE = "shown by the gateway's balance", "PG 잔액으로 확인";
    BY_PERSON = "decided by a person", "담당자 확인";
    INSUFFICIENT = "the gateway's ledger has less left than was asked", "PG 잔액이 요청 금액보다 적습니다";
    REFUSED = "the gateway refused it for good ({0}, code {1})", "PG가 거절했습니다 ({0}, 코드 {1})";
    NOT_SENDABLE = "it could not be sent: {0} is not as the gateway wants it", "전송할 수 없는 요청입니다: {0} 값을 확인하세요";
    PERSON_SAYS_NO = "a person decided that it did not happen", "담당자가 환불되지 않았다고 확인했습니다";

    // why a person is needed
    WHY_SAME_AMOUNT = "a cancel of the same amount stands in the gateway's history without our mark: somebody may have \
        refunded it by hand. Look at the gateway's admin page whether the customer was refunded once",
        "PG 내역에 같은 금액의 취소가 있으나 이 프로그램의 표시가 없습니다. 누군가 직접 취소했을 수 있으니 PG 관리자 화면에서 한 번만 \
        환불되었는지 확인하세요";
    WHY_SOMEBODY = "the balance fell by this amount, and somebody else could have done it: look at the gateway's admin page",
        "잔액이 이 금액만큼 줄었지만 다른 사람이 취소했을 수도 있습니다. PG 관리자 화면에서 확인하세요";
    WHY_OTHER_AMOUNT = "the balance moved by another amount: look at the gateway's admin page which cancels there are",
        "잔액이 다른 금액만큼 바뀌었습니다. PG 관리자 화면에서 취소 내역을 확인하세요";
    WHY_INCOHERENT = "the gateway's figures contradict each other: ask the gateway",
        "PG가 알려 준 금액이 서로 맞지 않습니다. PG사에 문의하세요";
    WHY_GUARD = "another cancel took the place of this one, and that the gateway checks for it is not proven: look at \
        the gateway's admin page",
        "다른 취소가 먼저 처리되었습니다. 이 취소가 나중에 또 처리되지 않는다는 보장이 없으니 PG 관리자 화면에서 확인하세요";
    WHY_OTHER_PAID = "the gateway has another paid amount or currency than the registered one: check the registered payment",
        "PG의 결제금액이나 통화가 등록된 값과 다릅니다. 등록한 결제 정보를 확인하세요";
    WHY_NOTHING = "none of its look-ups showed anything of it: ask the gateway whether it is still coming",
        "예정된 조회를 모두 마쳤지만 취소가 보이지 않습니다. PG사에 아직 처리될 수 있는지 문의하세요";
    WHY_PENDING = "the PG behind the gateway has not decided yet: ask the gateway",
        "원천 PG의 처리 결과가 아직 확정되지 않았습니다. PG사에 문의하세요";
    WHY_NO_ANSWER = "the gateway did not answer the last look-ups: check credentials and connection, then look again",
        "최근 조회에 PG가 응답하지 않았습니다. 인증 정보와 연결을 확인한 뒤 다시 조회하세요";
    WHY_NOT_FOUND = "the gateway knows no such payment: check the registered payment number and the account",
        "PG에 없는 결제입니다. 등록한 결제번호와 계정을 확인하세요";
    WHY_STUCK = "a check of ours stops it: something registered is wrong or a key is missing; correct it, then look again",
        "내부 검사에서 멈췄습니다. 등록 정보가 틀렸거나 키가 없습니다. 고친 뒤 다시 조회하세요";
    WHY_OTHER_TERMS = "it was sent to another host, merchant id or form than its account is configured for now: nothing is asked or sent \
        there. Put the account's settings back, then look again",
        "지금 설정과 다른 호스트·상점 ID·전문 형식으로 보낸 취소입니다. 지금 설정으로는 조회도 전송도 하지 않습니다. 이 계정의 설정을 되돌린 뒤 다시 조회하세요";
    WHY_NEXT_NUMBER = "somebody else refunded a part of this payment, or a person said that one of its refunds happened, so that the number of the next cancel cannot be known: nothing \
        was sent, and nothing can be sent for this payment any more. Look at the gateway's admin page: if this very refund is \
        not there yet, make it there, exactly this amount",
        "다른 곳에서 이 결제의 일부를 먼저 환불했거나 담당자가 환불됨으로 기록한 취소가 있어 다음 취소 회차를 알 수 없습니다. 전송하지 않았으며, 이 결제는 앞으로도 이 프로그램으로 환불할 수 \
        없습니다. PG 관리자 화면에서 이 환불이 이미 처리되었는지 확인하고, 없을 때만 정확히 이 금액을 직접 환불하세요";
    REFUNDED_THERE = "once it is there, record it: cancel-desk resolve {0} --happened --by NAME --reason WHY; --did-not-happen if it shall not be refunded",
        "PG 관리자 화면에 환불이 있으면 기록하세요: cancel-desk resolve {0} --happened --by 이름 --reason 사유. 환불하지 않기로 했으면 --did-not-happen으로 기록하세요";

    WHY_RESTORED = "the journal was restored from a backup, and what was sent after the backup is not in it: look at the \
        gateway's admin page whether this refund was made",
        "백업에서 복원한 저널이라 백업 이후에 전송한 내역이 없습니다. PG 관리자 화면에서 이 환불이 이미 처리되었는지 확인하세요";
    WHY_ASKED_SINCE = "the same refund was asked for under another key since the bulk job was planned, so this one is not sent \
        again by itself. Look at the gateway's admin page whether this one was made. Only if it was not, and the gateway confirms \
        that it cannot come any more, record that it did not happen; the other one then goes",
        "일괄 작업의 계획을 세운 뒤 다른 키로 같은 환불이 요청되어 이 건은 스스로 다시 전송하지 않습니다. PG 관리자 화면에서 이 건이 이미 \
        처리되었는지 확인하세요. 내역에 없고 앞으로도 처리될 수 없다고 PG사가 확인했을 때만 환불되지 않음으로 기록하세요. 그러면 다른 요청이 진행됩니다";

    // cancel
    WILL_REFUND = "About to refund:", "다음 내용으로 환불합니다:";
    ASK_REFUND = "Refund {0} now? [y/N] ", "{0} 환불합니다. 계속할까요? [y/N] ";
    NOT_ASKED = "nothing was stored and nothing was sent", "저장하거나 전송하지 않았습니다";
    NEEDS_YES = "cannot ask: standard input is not a terminal; look at what it would do, then add --yes",
        "터미널이 아니어서 확인할 수 없습니다. 내용을 확인한 뒤 --yes를 붙이세요";
    JSON_NEEDS_YES = "--json asks nothing and is no yes: nothing was done; add --yes",
        "--json은 묻지 않으며 동의로 보지 않습니다. 아무것도 하지 않았습니다. --yes를 붙이세요";
    KEY_STANDS = "under this key a refund of {0} is stored already ({1}, cancel {2}): if it is the same refund, do NOT use a new key",
        "이 키로 이미 {0} 환불이 접수되어 있습니다({1}, 취소번호 {2}). 같은 환불이면 새 키를 쓰지 마세요.";
    KEY_ELSEWHERE = "under this key a refund of {0} of another payment, {3}, is stored already ({1}, cancel {2}): look \
        whether you named the right order; a refund of this payment needs its own key",
        "이 키로 이미 다른 결제({3})의 {0} 환불이 접수되어 있습니다({1}, 취소번호 {2}). 주문을 바르게 지정했는지 확인하세요. \
        이 결제의 환불에는 별도의 키가 필요합니다";
    KEY_OF_ANOTHER = "under this key a refund of {0} of another payment, {3}, is stored already ({1}, cancel {2}): look \
        whether you named the right order",
        "이 키로 이미 다른 결제({3})의 {0} 환불이 접수되어 있습니다({1}, 취소번호 {2}). 주문을 바르게 지정했는지 확인하세요";
    KEY_OF_SUSPECT = "take no other key while the payment is suspect: what was asked for under this one may have been refunded in what \
        the restored journal lost. Look at the gateway's list (`cancel-desk lookup`), resolve what waits, then `cancel-desk trust`",
        "점검 대상 결제입니다. 다른 키로 요청하지 마세요. 이 키로 요청한 환불이 저널이 잃은 구간에서 이미 처리되었을 수 있습니다. PG 내역을 확인하고(`cancel-desk \
        lookup`) 담당자 확인이 필요한 건을 `resolve`로 처리한 뒤 `cancel-desk trust`로 해제하세요";
    ONLY_REASON = "the amount is the same, only the reason differs: repeat it with the reason that is stored: {0}",
        "금액은 같고 사유만 다릅니다. 접수된 사유 그대로 다시 요청하세요: {0}";
    WITHOUT_REASON = "(none: leave --reason out)", "(없음: --reason을 빼세요)";
    NEEDS_ACCOUNT = "this payment is refunded into an account: write it into a file and add --refund-to FILE (cancel-desk cancel --help)",
        "계좌로 환불하는 결제입니다. 계좌를 파일에 적고 --refund-to 파일을 붙이세요 (형식: cancel-desk cancel --help)";
    NEEDS_CUSTOMERS_ACCOUNT = "it was paid into a virtual account, so that the customer's account is needed (bank, number, holder): write it \
        into a file and add --refund-to FILE (cancel-desk cancel --help); delete the file afterwards",
        "가상계좌 결제라서 환불 계좌(은행·계좌번호·예금주)가 필요합니다. 파일에 적고 --refund-to 파일을 붙이세요 (형식: cancel-desk cancel --help). 파일은 \
        환불한 뒤 직접 지우세요";
    FIND_BANK = "find the bank's code with `cancel-desk banks NAME --scheme {0}`",
        "`cancel-desk banks 은행이름 --scheme {0}`로 은행 코드를 확인하세요";
    NOT_FULL = "it is not all that could be refunded then: repeat it with --amount, or ask for the rest with a key of its own",
        "접수된 환불은 전액이 아닙니다. --amount로 다시 요청하거나, 나머지는 별도의 키로 요청하세요";
    STORED_BEFORE = "this key was used before with the same content: this is that refund, nothing new was stored",
        "같은 키로 이미 접수된 요청입니다. 새로 접수하지 않고 기존 요청의 상태를 보여 줍니다";
    DECIDE_FIRST = "decide {0} first: `cancel-desk status {0}` shows the evidence, then cancel-desk resolve {0} \
        --happened|--did-not-happen|--look-again --by NAME --reason WHY",
        "먼저 {0} 건을 `resolve`로 결정하세요. `cancel-desk status {0}`로 근거를 확인한 뒤: cancel-desk resolve {0} \
        --happened|--did-not-happen|--look-again --by 이름 --reason 사유";
    LOOK_LATER = "look again with `cancel-desk status {0}`; the refund is carried on by `cancel-desk worker` or `serve`",
        "`cancel-desk status {0}`로 다시 확인하세요. `cancel-desk worker` 또는 `serve`가 이어서 처리합니다";
    RESOLVE_IT = "see the evidence with `cancel-desk status {0}`, then decide: cancel-desk resolve {0} --happened|--did-not-happen|--look-again --by NAME --reason WHY",
        "`cancel-desk status {0}`로 근거를 확인한 뒤 결정하세요: cancel-desk resolve {0} --happened|--did-not-happen|--look-again --by 이름 --reason 사유";
    NOT_AGAIN = "do not refund it another way before that", "그 전에 다른 방법으로 환불하지 마세요";
    INTERRUPTED = "interrupted: the refund is stored as {0} and is not lost", "중단되었습니다. 요청은 저장되어 있으며 사라지지 않습니다: {0}";
    SAME_KEY_AGAIN = "whether it was stored is not known: ask again with the same key, never with a new one",
        "저장 여부를 알 수 없습니다. 새 키가 아니라 같은 키로 다시 요청하세요";

    // look-up, resolve, trust
    AGREES = "journal and gateway agree", "저널과 PG 내역이 일치합니다";
    AGREES_SO_FAR = "the completed refunds agree. {0} are under way, and what became of them is not known yet",
        "완료된 환불은 일치합니다. {0}은 처리 중이라 아직 결과를 모릅니다";
    AGREES_SUSPECT = "the sums of journal and gateway agree; that alone clears nothing", "저널과 PG 내역의 금액은 일치합니다. 그것만으로 점검이 끝나지는 않습니다";
    DIFFERS_UNDER_WAY = "they differ, and a refund is under way: look again later",
        "서로 다릅니다. 처리 중인 환불이 있으니 나중에 다시 확인하세요";
    DIFFERS = "they differ, and no refund of ours explains it: somebody else may have cancelled; look at the gateway's \
        admin page",
        "서로 다르며 이 프로그램의 환불로 설명되지 않습니다. 다른 곳에서 취소했을 수 있으니 PG 관리자 화면을 확인하세요";
    LEDGER_NOW = "The gateway's ledger now:", "지금 PG 내역:";
    LEDGER_SILENT = "the gateway's ledger could not be read: {0}", "PG 내역을 조회하지 못했습니다: {0}";
    ASK_RESOLVE = "Record this decision: {0}? It is final. [y/N] ",
        "‘{0}’으로 기록합니다. 되돌릴 수 없습니다. 계속할까요? [y/N] ";
    ASK_LOOK_AGAIN = "Look again, from the beginning of the schedule? [y/N] ",
        "조회를 처음부터 다시 시작합니다. 계속할까요? [y/N] ";
    HAPPENED = "it happened, exactly once", "한 번 환불되었음";
    DID_NOT_HAPPEN = "it did not happen and never can", "환불되지 않았고 앞으로도 되지 않음";
    LOOK_AGAIN = "look again", "다시 조회";
    DECIDE_IT = "a person has to decide {0}: cancel-desk resolve {0} --happened|--did-not-happen|--look-again --by NAME --reason WHY",
        "담당자 확인이 필요합니다: cancel-desk resolve {0} --happened|--did-not-happen|--look-again --by 이름 --reason 사유";
    FELL = "WARNING: the gateway's balance already fell by {0} ({1} before, {2} seen), as if this refund was made: if it was, \
        deciding that it did not happen lets it be refunded twice",
        "경고: PG 잔액이 이미 {0}만큼 줄었습니다(이전 {1}, 조회 {2}). 이 환불이 처리된 것일 수 있으며, 그렇다면 환불되지 않음으로 \
        기록하면 두 번 환불될 수 있습니다";
    MISSING = "WARNING: the gateway refunded {0} that this restored journal cannot explain. What it lost may be among it, as may \
        be what somebody else refunded: look at the gateway's admin page. `sent 0×` proves nothing here",
        "경고: 복원한 저널로 설명되지 않는 PG 환불이 있습니다: {0}. 저널이 잃어버린 우리 환불일 수도, 다른 곳에서 한 환불일 수도 있으니 PG 관리자 \
        화면에서 확인하세요. 여기서 `전송 0회`는 환불되지 않았다는 근거가 아닙니다";
    MAY_HAVE_HAPPENED = "the gateway refunded {1} that no other cancel of this journal explains, and this {0} may be \
        among it: decided as not happened, and asked for anew, it would be refunded twice",
        "이 환불({0})은 저널의 다른 취소로 설명되지 않는 PG 환불({1})에 들어 있을 수 있습니다. 환불되지 않음으로 기록하고 다시 \
        요청하면 두 번 환불됩니다";
    SEEN_OR_FORCE = "look at the gateway's admin page: is it there, decide --happened; only if it is certainly not there and cannot \
        come, add --force",
        "PG 관리자 화면에서 확인하세요. 이 환불이 있으면 --happened로 기록하고, 이 환불이 없고 앞으로도 처리될 수 없음이 확실할 때만 --force를 \
        붙이세요";
    SEEN_OR_LOST = "look at the gateway's admin page: is it there, decide --happened; if other lost wishes are there, repeat and \
        resolve those first; only if it is certainly not there and cannot come, add --force",
        "PG 관리자 화면에서 확인하세요. 이 환불이 있으면 --happened, 다른 잃어버린 환불이면 그 요청을 먼저 다시 보내 처리하세요. 이 환불이 \
        없고 앞으로도 처리될 수 없음이 확실할 때만 --force를 붙이세요";
    LESS_REFUNDED = "the gateway refunded {0} of this payment, and {1} stand here as completed: one of these did not happen, or is not \
        shown yet. Look at its admin page; only once you know which, add --force",
        "PG가 이 결제에서 환불한 금액은 {0}인데 여기에 완료로 남은 금액은 {1}입니다. 완료로 남은 것 가운데 환불되지 않은 것이 있거나 \
        PG에 아직 나오지 않은 것입니다. PG 관리자 화면에서 확인하고, 어느 쪽인지 확실할 때만 --force를 붙이세요";
    NOT_IN_LEDGER = "the gateway refunded {1} of this payment, of which {2} stand here as completed or were gone before it was sent: \
        this {0} cannot be there",
        "PG가 이 결제에서 환불한 금액({1}) 중 {2}만큼은 이 저널에 완료로 남아 있거나 이 건을 전송하기 전에 환불된 금액입니다. 이 환불({0})은 PG에 \
        있을 수 없습니다";
    NOT_IN_LIST = "the gateway's list holds {1} that no other cancel of this journal explains, and none of it can be this {0}",
        "저널의 다른 취소로 설명되지 않는 PG 취소({1}) 중에 이 환불({0})일 수 있는 것이 없습니다";
    ALL_ACCOUNTED_FOR = "every refund in the gateway's list is explained by another cancel of this journal: this {0} cannot be there",
        "PG 취소 내역이 모두 저널의 다른 취소로 설명됩니다. 이 환불({0})은 PG에 있을 수 없습니다";
    MADE_OR_FORCE = "look at the gateway's admin page: is it not there, make it there, exactly this amount; is it there, try again when \
        `lookup` shows it; only if that never comes, add --force",
        "PG 관리자 화면에서 확인하세요. 이 환불이 없으면 정확히 이 금액을 직접 환불하고, 있으면 `lookup`에 나온 뒤 다시 시도하세요. 끝내 나오지 않을 때만 \
        --force를 붙이세요";
    SHOWN_OR_FORCE = "it was sent, and may still come: do not make it in the admin page. Try again when `lookup` shows it, or \
        --look-again; only if it is certainly there and never shown, add --force",
        "이미 전송한 건이라 나중에 처리될 수 있으니 관리자 화면에서 직접 환불하지 마세요. `lookup`에 나온 뒤 다시 시도하거나 --look-again으로 두세요. 환불이 \
        있음이 확실한데 끝내 나오지 않을 때만 --force를 붙이세요";
    NOT_SHOWN = "the gateway shows no refund that can be this {0}. How soon a refund is shown no gateway documents: that none can come \
        any more is your word. If one does, and it is asked for anew, it is refunded twice",
        "지금 PG 내역에는 이 환불({0})일 수 있는 것이 없습니다. 다만 환불이 조회에 언제 반영되는지는 어느 PG의 문서에도 없습니다. 앞으로도 처리될 수 없다는 것은 \
        직접 확인한 것으로 기록되며, 그 뒤에 처리되고 다시 요청까지 하면 두 번 환불됩니다";
    BY_THE_BOOKS = "the gateway's ledger shows that at least this amount was refunded beyond what is completed here, not by whom nor for \
        which wish: a refund of at least {0} by somebody else passes. That it was this one is your word",
        "PG 내역으로는 이 저널에서 완료된 금액 외에 이 금액 이상이 환불되었는지만 확인합니다. 누가 어떤 요청으로 했는지는 알 수 없어, 다른 곳에서 {0} 이상을 \
        환불했어도 통과합니다. 이 요청의 환불이 맞는지는 직접 확인한 것으로 기록됩니다";
    OF_CANCEL = "of this journal: cancel {0}", "이 저널의 취소 {0}";
    OF_LOST = "our mark, not in this journal", "우리 표시가 있으나 이 저널에 없음";
    OF_OTHERS = "somebody else's", "다른 곳에서 한 취소";
    OF_NOBODY = "no mark: somebody else's, or ours cut short", "표시 없음: 다른 곳에서 한 취소이거나 표시가 잘린 우리 취소";
    COMPLETED_HERE = "completed here", "이 저널에서 완료";
    TAKEN_FOR_OTHERS = "taken for others'", "외부 환불";
    SAME_UNSENT = "WARNING: {0} of this payment is asked for already and not sent yet: cancel {1}, key {2}. If this is the same \
        refund, do not ask for it a second time: both are made, unless that one is a bulk job's",
        "경고: 이 결제의 {0} 환불이 이미 접수되어 아직 전송되지 않았습니다: 취소 {1}, 키 {2}. 같은 환불이라면 다시 요청하지 마세요. 일괄 \
        작업의 건이 아니라면 둘 다 환불됩니다";
    SAME_HELD = "WARNING: {0} of this payment waits in the halted bulk job {3}: cancel {1}, key {2}. Asked for here as well, it is \
        left out when the job is approved again",
        "경고: 이 결제의 {0} 환불이 멈춘 일괄 작업 {3}에서 대기 중입니다: 취소 {1}, 키 {2}. 여기서도 요청하면 그 작업을 다시 승인할 때 제외됩니다";
    SAME_OPEN = "WARNING: {0} of this payment is under way already, and may have been refunded: cancel {1}, key {2}. If this is the \
        same refund, do not ask for it a second time",
        "경고: 이 결제의 {0} 환불이 이미 진행 중이며 처리되었을 수 있습니다: 취소 {1}, 키 {2}. 같은 환불이라면 다시 요청하지 마세요";
    SAME_ACCEPTED = "WARNING: the gateway has taken {0} of this payment already and refunds it later: cancel {1}, key {2}. If this is \
        the same refund, do not ask for it a second time",
        "경고: PG가 이 결제의 {0} 환불을 이미 접수해 나중에 처리합니다: 취소 {1}, 키 {2}. 같은 환불이라면 다시 요청하지 마세요";
    SAME_MANUAL = "WARNING: {0} of this payment waits for a person, and may have been refunded: cancel {1}, key {2}. If this is the \
        same refund, do not ask for it a second time: decide that one",
        "경고: 이 결제의 {0} 환불이 담당자 확인을 기다리며 이미 처리되었을 수 있습니다: 취소 {1}, 키 {2}. 같은 환불이라면 다시 요청하지 말고 그 건을 결정하세요";
    SAME_COMPLETED = "WARNING: {0} of this payment was refunded already, under another key: cancel {1}, key {2}, {3}. If this is the \
        same refund, do not ask for it a second time",
        "경고: 이 결제에서 같은 금액({0})이 다른 키로 이미 환불되었습니다: 취소 {1}, 키 {2}, {3}. 같은 환불이라면 다시 요청하지 마세요";
    WAY_OUT = "if it is the same refund as the one above, withdraw this one while nothing of it is sent: cancel-desk withdraw {0} --by \
        NAME --reason WHY",
        "위에서 경고한 것과 같은 환불이면 전송되기 전에 이 요청을 철회하세요: cancel-desk withdraw {0} --by 이름 --reason 사유";
    IS_SUSPECT = "suspect after a restored backup: {1}. `cancel-desk lookup {0}` compares it, `cancel-desk trust {0}` clears it",
        "백업 복원 후 점검 대상입니다({1}). `cancel-desk lookup {0}`로 대조하고 `cancel-desk trust {0}`로 해제합니다";
    NOT_DIFFERENT = "no difference seen so far", "아직 발견된 차이 없음";
    IS_DIFFERENT = "the gateway refunded what this journal does not know", "저널에 없는 환불이 PG 내역에 있음";
    IS_COUNTED = "what stands here as refunded by somebody else, {0}, may be ours and lost",
        "다른 곳에서 한 것으로 센 금액({0})이 저널이 잃어버린 우리 환불일 수 있음";
    NOT_SUSPECT = "{0} is not suspect: there was nothing to clear", "{0}: 점검 대상이 아닙니다. 해제할 것이 없어 아무것도 바꾸지 않았습니다";
    RESOLVE_THESE = "decide {0} first: `cancel-desk resolve CANCEL` with --happened or --did-not-happen, once it waits for a person \
        (`cancel-desk pending`; a worker has to run until then); once the payment is trusted, ask for what is still wanted anew, \
        under a new key",
        "먼저 {0}의 결과가 나와야 합니다. 워커를 실행해 두고, 확인 필요로 넘어간 건은(`cancel-desk pending`) `cancel-desk resolve 취소번호`에 \
        --happened 또는 --did-not-happen을 붙여 결정하세요. 그래도 필요한 환불은 `trust`한 뒤 새 키로 다시 요청하세요";
    DENIED = "cancel {0} (key {1}) was decided as not happened, and its key is final; but the gateway's list holds {2} with our \
        mark. If that is it, the customer was refunded: do not ask for it anew. Look at the gateway's admin page, then add --force",
        "취소 {0}(키 {1}) 건은 환불되지 않음으로 확정되어 그 키를 다시 쓸 수 없습니다. 그런데 PG 내역에 우리 표시가 있는 {2} 환불이 있습니다. \
        그 환불이라면 고객은 이미 환불받았으니 다시 요청하지 마세요. PG 관리자 화면에서 확인한 뒤 `trust`에 --force를 붙이세요";
    ASK_TRUST = "Let refunds of {0} begin again? [y/N] ", "{0}의 환불을 다시 시작할까요? [y/N] ";
    ASK_TRUST_MATCHING = "{0} payments are suspect. Look each up, and let refunds begin again of those whose ledger is exactly the \
        journal's? Lost wishes have to be repeated under their old keys before. [y/N] ",
        "점검 대상 결제가 {0}건입니다. 한 건씩 PG에 조회해 저널과 정확히 일치하는 결제만 해제합니다. 잃어버린 요청은 그 전에 원래 키로 다시 보내야 \
        합니다. 계속할까요? [y/N] ";
    TRUSTED_MATCHING = "{0} payments are trusted again, {1} stay suspect", "결제 {0}건을 해제했습니다. {1}건은 계속 점검 대상입니다";
    STAY_SUSPECT = "{0} payments stay suspect: {1}", "결제 {0}건은 계속 점검 대상입니다: {1}";
    FIRST_OF_THEM = "the first of them: {0} (--json lists all)", "그중 처음 몇 건: {0} (--json으로 모두 볼 수 있습니다)";
    ALL_AGAIN_THEN = "run the same command again in {0}; nothing was lost by asking early",
        "{0} 뒤에 같은 명령을 다시 실행하세요. 일찍 실행해도 바뀐 것은 없습니다";
    STAYS_SUSPECT = "stays suspect: {0}: {1}", "계속 점검 대상: {0}: {1}";
    NOT_THE_SAME = "the gateway's ledger is not the journal's, or part of it is explained by no cancel here: compare it with \
        `cancel-desk lookup`, then trust it alone",
        "PG 내역이 저널과 다르거나 이 저널의 취소로 설명되지 않는 금액이 있습니다. `cancel-desk lookup`으로 대조한 뒤 한 건씩 `trust`하세요";
    LOST_WISHES = "the gateway made {0} with our mark that no cancel of this journal explains: their wishes were lost. Repeat them \
        under their old keys BEFORE the payment is trusted (they are not sent, a person decides them); repeated after that, they \
        would be refunded twice",
        "우리 표시가 있는 PG 취소({0})가 이 저널에 없습니다. 해제(`trust`)하기 전에 그 요청을 원래 키로 다시 보내세요(전송되지 않고 담당자 \
        확인으로 갑니다). 해제한 뒤에 다시 보내면 두 번 환불됩니다";
    MADE_ELSEWHERE = "the gateway's list holds {0} with our mark that this journal did not send: another journal, or another program \
        of yours that uses this software, refunded it. Asked for here again, it would be refunded once more. If this journal was put \
        back from a backup, run `cancel-desk recover --after-restore` before anything else",
        "우리 표시가 있는 PG 취소({0})가 이 저널에는 없습니다. 다른 저널이나 이 소프트웨어를 쓰는 다른 프로그램에서 이미 환불한 금액이니, \
        여기서 다시 요청하면 한 번 더 환불됩니다. 백업에서 되돌린 저널이면 다른 일을 하기 전에 `cancel-desk recover --after-restore`를 \
        실행하세요";
    CONTRADICTED = "the gateway's list holds {0} with the mark of a cancel that stands here as not refunded, or as refunded only \
        once: the customer has this money. Do not ask for it anew; look at the gateway's admin page",
        "이 저널에 환불되지 않음으로, 또는 한 번만 환불된 것으로 남은 취소의 표시가 PG 내역에 있습니다: {0}. 고객이 이미 받은 금액이니 다시 \
        요청하지 말고 PG 관리자 화면에서 확인하세요";
    REPEAT_LOST = "repeat the lost wishes under their old keys first, then resolve them, then trust",
        "잃어버린 요청을 먼저 원래 키로 다시 보내고, `resolve`로 처리한 뒤 `trust`하세요";
    TOO_EARLY = "a copy of this refund that was sent before may still be on its way: try again in {0}",
        "앞서 보낸 요청이 아직 처리 중일 수 있습니다. {0} 뒤에 다시 시도하세요";
    TOO_EARLY_RESTORED = "after the restore, requests that the journal lost may still be on their way: try again in {0}",
        "백업을 복원한 저널이 잃어버린 요청이 아직 처리 중일 수 있습니다. {0} 뒤에 다시 시도하세요";
    PENDING_AT_PG = "a refund of this payment may wait at the gateway or its PG, which decides later: only if the admin page shows \
        none and none can come, add --force",
        "이 결제의 환불이 나중에 처리하는 PG에서 아직 대기 중일 수 있습니다. PG 관리자 화면에 대기 중인 환불이 없고 앞으로도 처리될 수 없을 때만 --force를 붙이세요";
    IN_JOB = "in what the journal lost, bulk job {0} may have refunded {1} of it under the key {2}: ask for exactly that, \
        `cancel-desk cancel` with --key {2} (a new key, where that one stands for another refund by now) {3}, and --refund-to where \
        it is refunded into an account; resolve what comes of it first. With another reason it is another request, and the row is \
        left out. To discard the job proves nothing",
        "저널이 잃은 구간에서 일괄 작업 {0}의 행이 이미 환불되었을 수 있습니다(금액 {1}, 키 {2}). 먼저 같은 금액을 `cancel-desk cancel`로 다시 \
        요청하세요. 키: --key {2} (그 키가 이미 다른 환불에 쓰였으면 새 키), 사유: {3}, 계좌로 환불하는 건이면 --refund-to도 붙입니다. 그 결과를 \
        `resolve`로 처리하세요. 사유가 다르면 다른 요청으로 보아 작업의 행이 제외됩니다. 작업을 폐기해도 환불 여부는 알 수 없습니다";
    NO_HISTORY = "this gateway tells no single cancels: it refunded {0}, of which {1} stand here as completed; look at its admin page, \
        repeat lost wishes under their old keys, then add --yes",
        "이 PG는 취소 내역을 알려 주지 않습니다. PG 환불 {0}, 그중 이 저널에 완료로 남은 금액 {1}. PG 관리자 화면에서 확인하고 잃어버린 요청을 원래 키로 다시 \
        보낸 뒤 --yes를 붙이세요";
    COMPARE_BY_HAND = "try again; or compare it in the gateway's admin page, and add --force", "다시 시도하거나, PG 관리자 화면에서 대조한 뒤 --force를 붙이세요";
    SUSPECTS_REMAIN = "{0} payments are still suspect: settle and trust them first (`cancel-desk pending`), or add --yes",
        "점검 대상 결제가 {0}건 남아 있습니다. 먼저 정리하고 `trust`로 해제하거나(`cancel-desk pending`) --yes를 붙이세요";
    TRUSTED = "{0} is trusted again: refunds of it may begin", "{0}: 다시 환불을 진행할 수 있습니다";

    // recover, verify
    RECOVERED = "{0} open refunds will be looked up before anything else", "진행 중이던 환불 {0}건을 먼저 조회합니다";
    SUSPECTED = "{0} payments are marked as suspect: each is compared with its gateway before anything new begins on it",
        "결제 {0}건을 점검 대상으로 표시했습니다. PG 내역과 대조하기 전에는 새 환불을 시작하지 않습니다";
    COMPARING = "{0} of {1} compared", "{1}건 중 {0}건 대조";
    COMPARED = "equal {0}, differs {1}, no answer {2}, account not configured here {3}",
        "일치 {0}건, 불일치 {1}건, 조회 실패 {2}건, 설정에 없는 계정 {3}건";
    LEDGER_DIFFERS = "differs: {0}: the gateway refunded what this journal does not know",
        "불일치: {0}: 저널에 없는 환불이 PG 내역에 있습니다";
    LEDGER_UNANSWERED = "no answer: {0}: compared before anything begins on it", "조회 실패: {0}: 새 환불을 시작하기 전에 다시 대조합니다";
    SETTLE_THEM = "repeat the lost wishes under their old keys first; then settle each by the gateway's list: `cancel-desk pending`, \
        `resolve`, then `trust`",
        "먼저 잃어버린 요청을 원래 키로 다시 보내세요. 그다음 PG 내역을 보고 한 건씩 정리하세요: `cancel-desk pending`, `resolve`, \
        마지막으로 `trust`";
    SETTLED = "settled: payments registered from now on are in no doubt", "복원 점검을 마쳤습니다. 지금부터 등록하는 결제는 점검 대상이 아닙니다";
    NOTHING_TO_SETTLE = "there was nothing to settle: the journal is not marked as restored", "정리할 것이 없습니다. 복원된 저널로 표시되어 있지 않습니다";
    STILL_SUSPECT = "{0} payments stay suspect: `bulk plan` leaves them out, and a person has to settle and clear each \
        (`cancel-desk pending`, `cancel-desk trust`)",
        "결제 {0}건은 계속 점검 대상입니다. `bulk plan`에서 제외되며, 담당자가 한 건씩 정리하고 해제해야 합니다(`cancel-desk pending`, \
        `cancel-desk trust`)";
    NOT_SUSPECTED = "{0} registered payments are not marked: nothing is left to refund of them, and nothing is under way",
        "나머지 결제 {0}건은 환불할 금액도 진행 중인 건도 없어 표시하지 않았습니다";
    EQUAL_GO_ON = "the {0} that are equal need no `trust` for single refunds: new ones begin by themselves {1} after \
        this, if they are still equal then; `bulk plan` leaves them out until they are trusted (`cancel-desk trust --all-matching`)",
        "일치한 {0}건은 `trust`하지 않아도 됩니다. 지금부터 {1} 뒤에 다시 대조해도 일치하면 새 환불이 스스로 진행됩니다. 다만 \
        `trust`하기 전에는 `bulk plan`에서 제외됩니다(한꺼번에 해제: `cancel-desk trust --all-matching`)";
    OPEN_TO_OTHERS = "WARNING: others can read the journal {0}, which tells who was paid back what: chmod 600 {0}",
        "경고: 저널 {0} 파일을 다른 사용자도 읽을 수 있습니다. 누구에게 얼마를 환불했는지 들어 있습니다: chmod 600 {0}";
    RUN_WORKER = "run `cancel-desk worker` (or `serve`); `cancel-desk pending` shows what waits for a person",
        "`cancel-desk worker`(또는 `serve`)를 실행하세요. 담당자 확인이 필요한 건은 `cancel-desk pending`에 나옵니다";
    SOUND = "sound: {0} payments, {1} cancels, {2} attempts, {3} events", "이상 없음: 결제 {0}건, 취소 {1}건, 시도 {2}건, 기록 {3}건";
    UNSOUND = "{0} rules do not hold", "규칙 위반 {0}건";
    HEAD = "head: {0}", "마지막 해시: {0}";
    HEAD_MISSING = "the expected head is not in the event log: events were cut off or replaced",
        "기대한 해시가 기록에 없습니다. 기록이 잘렸거나 바뀌었습니다";
    KEEP_COPY = "keep a copy of the journal as it is before anything else", "다른 조치 전에 저널을 그대로 복사해 두세요";

    // pending
    PERSONS = "Waits for a person:", "담당자 확인이 필요한 건:";
    OPENS = "Under way:", "처리 중인 건:";
    SUSPECTS_DIFFER = "Suspect after a restored backup, and the gateway's ledger DIFFERS or may hold what was lost (see `cancel-desk lookup`):",
        "백업 복원 후 점검이 필요하고, PG 내역이 저널과 다르거나 잃어버린 환불이 섞여 있을 수 있는 결제 (`cancel-desk lookup`으로 확인):";
    SUSPECTS = "Suspect after a restored backup (`cancel-desk trust` clears one):",
        "백업 복원 후 점검이 필요한 결제 (`cancel-desk trust`로 해제):";
    NOTHING_PENDING = "nothing is under way and nothing waits for a person", "처리 중이거나 확인이 필요한 건이 없습니다";

    // import
    IMPORTED = "{0} payments registered, {1} were registered before", "새로 등록 {0}건, 이미 등록된 결제 {1}건";
    IMPORT_FAULTS = "{0} faults in {1}; nothing was registered", "{1}에서 오류 {0}건. 아무것도 등록하지 않았습니다";
    AND_MORE = "… and {0} more", "… 외 {0}건";
    IGNORED_COLUMNS = "columns that are not used: {0}", "사용하지 않은 열: {0}";
    OF_LINE = "line {0}: {1}", "{0}행: {1}";
    NONE = "nothing", "없음";
    REGISTERED_AS = "{0} (registered: {1}, file: {2})", "{0} (등록: {1}, 파일: {2})";
    CONFLICT_IN = "this payment is registered already and stays as it is; different here: {0}. Look with `cancel-desk payments show \
        {1}`; one that was registered wrongly is refunded in the gateway's admin page",
        "같은 결제가 이미 등록되어 있으며 바꿀 수 없습니다. 다른 항목: {0}. `cancel-desk payments show {1}`로 확인하세요. 잘못 등록한 결제는 PG 관리자 \
        화면에서 환불하세요";
    METHOD = "method", "결제수단";
    PROVIDER = "PG behind it", "원천PG";
    PAID_ON = "paid on", "결제일";
    AT_LINE = "line {0}: {1}: {2}", "{0}행: {1}: {2}";

    // config
    CONFIG_SOUND = "sound: {0}", "설정에 이상이 없습니다: {0}";
    CONFIG_FAULTS = "{0} faults in the configuration", "설정 오류 {0}건";
    BUILT_IN = "(no file, defaults)", "(파일 없음, 기본값)";
    YES = "yes", "있음";
    NO = "no", "없음";
    ACCOUNT_KEY = "account key", "계좌 암호화 키";
    HTTP = "http", "HTTP";
    TOKENS = "tokens", "토큰";
    WORKERS = "workers", "워커";
    LOG = "log", "로그";

    // serve
    LISTENING = "listening on http://{0}, {1} workers; journal {2}", "http://{0}에서 요청을 받습니다. 워커 {1}개, 저널 {2}";
    WORKING = "{0} workers; journal {1}", "워커 {0}개, 저널 {1}";
    STOPPING = "stopping: finishing what is under way, at most {0} s (once more stops at once, which is safe)",
        "종료 중입니다. 진행 중인 처리를 최대 {0}초 기다립니다 (다시 누르면 바로 종료하며, 안전합니다)";
    STOPPED = "stopped", "종료했습니다";
    PARKED = "{0} refunds were parked: the next start looks them up first", "{0}건을 보류했습니다. 다음 시작 때 먼저 조회합니다";

    // refusals of the desk
    NO_SUCH_PAYMENT = "no such payment in the journal: register it first (cancel-desk payments import)",
        "등록되지 않은 결제입니다. 먼저 등록하세요 (cancel-desk payments import)";
    NO_SUCH_KEY = "no cancel is stored under this key at the configured accounts (--gateway and --account name another)",
        "설정된 계정에는 이 키로 접수된 취소가 없습니다 (다른 계정은 --gateway와 --account로 지정)";
    SEVERAL_KEYS = "this key stands for a cancel at several accounts: name one with --gateway and --account",
        "여러 계정에 이 키로 접수된 취소가 있습니다. --gateway와 --account로 지정하세요";
    NO_SUCH_CANCEL = "no such cancel in the journal", "저널에 없는 취소번호입니다";
    SEVERAL = "several payments fit: name one with --gateway, --account or --payment-id",
        "해당하는 결제가 여러 건입니다. --gateway, --account, --payment-id로 지정하세요";
    ALREADY_REFUNDED = "all of this payment is refunded already", "이미 전액환불된 주문입니다.";
    EXCEEDS = "{0} is more than the {1} that can still be refunded ({2} is held for refunds under way)",
        "환불 가능 금액을 넘습니다: 요청 {0}, 환불 가능 {1} (처리 중 {2})";
    REMAINING_DIFFERS = "{1} is left to refund, not {0}: look at the payment and ask again",
        "환불 가능 금액이 예상과 다릅니다: 예상 {0}, 실제 {1}. 결제를 다시 확인하고 요청하세요";
    KEY_REUSED = "this key already stands for another refund: if it is the same refund, do NOT use a new key",
        "이 키로 이미 다른 내용의 환불이 접수되어 있습니다. 같은 환불이면 새 키를 쓰지 마세요";
    PAYMENT_CONFLICT = "this payment is registered already, with other content, and stays as it is: look with `cancel-desk payments \
        show`; one that was registered wrongly is refunded in the gateway's admin page",
        "같은 결제가 다른 내용으로 이미 등록되어 있으며 바꿀 수 없습니다. `cancel-desk payments show`로 확인하세요. 잘못 등록한 \
        결제는 PG 관리자 화면에서 환불하세요";
    NO_ACCOUNT_KEY = "account data cannot be stored without a key: set journal.account_key in the configuration",
        "계좌 정보를 저장할 키가 없습니다. 설정의 journal.account_key를 지정하세요";
    NO_SUCH_ACCOUNT = "no account {0} at {1} is configured here: add a section [[account]] with gateway = \"{1}\" and name = \"{0}\" \
        to the configuration file; `cancel-desk config example` shows all its lines",
        "설정에 없는 계정입니다: {1}/{0}. 설정 파일에 [[account]] 아래 gateway = \"{1}\", name = \"{0}\" 등을 적어 추가하세요. 전체 \
        항목은 `cancel-desk config example`에 나옵니다";
    NOT_ALLOWED = "not possible in this state: {0}", "지금 상태에서는 할 수 없습니다: {0}";
    LOOK_UP_FAILED = "the gateway could not be asked: {0}; looking up moves nothing, try again", "PG 조회에 실패했습니다: {0}. 조회는 돈을 움직이지 않으니 다시 시도하세요";
    LOOK_UP_KEYS = "the gateway does not accept the credentials of this account: check its keys in the configuration",
        "PG가 이 계정의 인증을 거절합니다. 설정의 키를 확인하세요";
    LOOK_UP_KEYS_OF = "the gateway does not accept the credentials of this account: check in the configuration: {0}",
        "PG가 이 계정의 인증을 거절합니다. 설정의 키를 확인하세요: {0}";
    LOOK_UP_UNKNOWN = "the gateway knows no such payment: check payment number and account",
        "PG에 없는 결제입니다. 등록한 결제번호와 계정을 확인하세요";
    JOURNAL_FAILED = "the journal failed: {0}", "저널 오류: {0}";
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(text: &str) -> Vec<&str> {
        let mut places: Vec<&str> =
            text.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(place, _)| place).collect();
        places.sort_unstable();
        places.dedup();
        places
    }

    #[test]
    fn both_languages_hold_the_same_values() {
        for (name, text) in ALL {
            assert_eq!(places(text.en), places(text.ko), "{name}");
            assert!(!text.en.contains("  ") || *name == "HELLO", "{name}");
            let korean = text.ko.chars().any(|c| ('가'..='힣').contains(&c));
            assert!(korean || ["HTTP"].contains(name), "{name}");
        }
    }

    #[test]
    fn values_are_put_in_as_they_are() {
        let text = Text::new("{1} of {0}", "{0} 중 {1}");
        assert_eq!(text.fill(Lang::En, &[&"{1}", &2]), "2 of {1}");
        assert_eq!(text.fill(Lang::Ko, &[&"a"]), "a 중 {1}");
    }
}
