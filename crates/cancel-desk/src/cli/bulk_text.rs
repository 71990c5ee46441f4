//! The texts of `bulk`.

use crate::bulk::RowState;
use crate::config::Lang;
use crate::record::JobState;

use super::text::Text;

macro_rules! texts {
    ($($name:ident = $en:literal, $ko:literal;)*) => {
        $(pub(super) const $name: Text = Text::new($en, $ko);)*
    };
}

texts! {
    VERDICT = "verdict", "판정";
    ROWS = "rows", "건수";
    LINE = "line", "행";
    ORDER = "order", "주문번호";
    WHY = "why", "사유";
    ACCOUNT = "account", "계정";
    SUM = "sum", "합계";
    STATE = "state", "상태";
    TOTAL = "total", "전체";
    JOB = "job", "작업";
    AT = "planned", "계획 시각";
    NAME = "name of the plan", "계획 이름";
    FAULTS = "the file has {0} faults; nothing was started", "파일에 오류가 {0}건 있어 아무것도 시작하지 않았습니다";
    TOO_LARGE = "the file is larger than 64 MiB: split it", "파일이 64 MiB보다 큽니다. 나누어 주세요";
    EXISTS = "{0} is there already: take another name, or add --force (a link is never followed)",
        "이미 있는 파일입니다: {0}. 다른 이름을 쓰거나 --force를 붙이세요 (링크는 따라가지 않습니다)";
    CP949 = "the file was read as CP949 (EUC-KR)", "파일을 CP949(EUC-KR)로 읽었습니다";
    MORE = "… and {0} more: --left-out FILE writes them all", "… 외 {0}건: --left-out FILE로 모두 저장할 수 있습니다";
    SAME = "WARNING: {0} rows of the job ask for an amount that was asked for under another key. Look before you approve whether \
        they are other refunds:",
        "경고: 작업에 든 {0}건은 같은 금액이 다른 키로 이미 요청되었습니다. 다른 환불이 맞는지 확인한 뒤 승인하세요:";
    MORE_SAME = "… and {0} more: --json shows them all", "… 외 {0}건: --json으로 모두 볼 수 있습니다";
    NOTHING = "nothing of this file can be refunded", "이 파일에서 환불할 수 있는 건이 없습니다";
    BEGUN = "this file was planned before, as job {0}: it is {1}\n  go on:  cancel-desk bulk run {2} --resume\n  report: cancel-desk bulk report {3}",
        "이미 계획한 파일입니다. 작업 {0}, 상태: {1}\n  이어서 실행: cancel-desk bulk run {2} --resume\n  결과 보기:   cancel-desk bulk report {3}";
    PLANNED = "job {0}, hash {1}, {2} rows. Nothing was sent. To refund exactly this:\n  {3}",
        "작업 {0}, 해시 {1}, {2}건. 아직 아무것도 전송하지 않았습니다. 이대로 환불하려면:\n  {3}";
    BEGUN_HALTED = "this file was planned before, as job {0}, which is halted: {1}", "이미 계획한 파일입니다. 작업 {0}: 멈춤 ({1})";
    BEGUN_REPORT = "  report: cancel-desk bulk report {0}", "  결과 보기: cancel-desk bulk report {0}";
    IS_HALTED = "the job is halted: {0}", "작업이 멈춰 있습니다: {0}";
    RESUME_HALTED = "cancel-desk bulk run {0} --resume --by NAME --reason WHY", "cancel-desk bulk run {0} --resume --by 이름 --reason 사유";
    IS_DONE = "the job is done: every row of it has its outcome", "모두 끝난 작업입니다. 모든 건의 결과가 나와 있습니다";
    REPORT = "cancel-desk bulk report {0}", "cancel-desk bulk report {0}";
    IS_APPROVED = "the job is approved already", "이미 승인된 작업입니다";
    RESUME = "cancel-desk bulk run {0} --resume", "cancel-desk bulk run {0} --resume";
    STOPPING = "stopping after the work at hand; once more stops at once, which is safe",
        "진행 중인 건까지 마치고 멈춥니다. 다시 누르면 바로 멈추며, 그래도 안전합니다";
    STILL_OPEN = "{0} rows have no known outcome yet: leave `cancel-desk worker` or `serve` running, or: cancel-desk bulk run {1} --resume",
        "{0}건의 결과가 아직 확인되지 않았습니다. `cancel-desk worker`나 `serve`를 실행해 두거나: cancel-desk bulk run {1} --resume";
    HALTED = "halted: {0}\nnothing more begins. Once that is settled: cancel-desk bulk run {1} --resume --by NAME --reason WHY",
        "멈춤: {0}\n더 시작하지 않습니다. 해결한 뒤: cancel-desk bulk run {1} --resume --by 이름 --reason 사유";
    HELD_ROWS = "{0} rows are in the hands of another process; if that one was killed, they go on when its hold ends, in at most {1}",
        "{0}건은 다른 프로세스가 처리하고 있습니다. 그 프로세스가 죽었다면 점유가 끝나는 대로 이어서 처리합니다 (최대 {1})";
    ALL_ENDED = "the job has ended: nothing of it is left to be given up", "모두 끝난 작업입니다. 폐기할 것이 없습니다";
    STOPPED = "stopped. To go on: cancel-desk bulk run {0} --resume", "멈췄습니다. 이어서 실행: cancel-desk bulk run {0} --resume";
    DISCARDED = "discarded: {0}", "폐기했습니다: {0}";
    FIRST = "waiting for the first {0} rows ({1} unknown)", "처음 {0}건의 결과를 기다리는 중 (미확인 {1}건)";
    FIRST_NEXT = "waiting for the first {0} rows ({1} unknown, next look-up in {2} s)",
        "처음 {0}건의 결과를 기다리는 중 (미확인 {1}건, 다음 조회 {2}초 뒤)";
    LEFT_OUT_IN = "the rows that are left out: {0}", "제외한 행: {0}";
    NOT_OVERWRITTEN = "{0} is there already and was not overwritten; the rows that are left out: {1}",
        "{0} 파일이 이미 있어 덮어쓰지 않았습니다. 제외한 행: {1}";
    NOTHING_LEFT_OUT = "no row is left out: {0} was not written", "제외한 행이 없어 {0} 파일을 쓰지 않았습니다";
    OTHER_PLAN = "this is another plan of the same file, with other rows than job {0} ({1}, {2} rows): run only one of them, and \
        give the other up with: cancel-desk bulk discard {3} --by NAME --reason WHY",
        "같은 파일의 다른 계획입니다. 작업 {0}({1}, {2}건)과는 행이 다릅니다. 둘 중 하나만 실행하고, 나머지는 폐기하세요: \
        cancel-desk bulk discard {3} --by 이름 --reason 사유";
    BEGUN_DONE = "this file was planned before, as job {0}, which is done\n  report: cancel-desk bulk report {1}\n  plan what \
        it did not refund: add --name OTHER-NAME (what is refunded is left out)",
        "이미 계획한 파일입니다. 작업 {0}: 모두 끝났습니다\n  결과 보기: cancel-desk bulk report {1}\n  환불되지 않은 건을 다시 계획하려면 \
        `--name 다른이름`을 붙이세요 (이미 환불된 건은 제외됩니다)";
    WAS_DISCARDED = "this file was planned before, as job {0}, and that was discarded\n  plan it again: add --name OTHER-NAME",
        "이미 계획한 파일이며, 그 작업({0})은 폐기되었습니다\n  다시 계획하려면 `--name 다른이름`을 붙이세요";
    NOT_STARTED_EVER = "discarded, never started", "폐기(시작 안 함)";
    ROWS_OPEN = "not completed:", "완료되지 않은 행:";
    KEY_HELD = "{0}; its key is another cancel's: {1}", "{0}. 키가 다른 취소에 쓰임: {1}";
    KEY_HELD_WHY = "another cancel holds the key and asks for something else, be it with another reason: look with `cancel-desk status \
        --key KEY` whether it is the same refund before you ask for it again",
        "같은 키로 내용이 다른 취소가 접수되어 있습니다(사유만 달라도 다른 요청입니다). 다시 요청하기 전에 `cancel-desk status --key 키`로 같은 \
        환불인지 확인하세요";
    DISCARDED_HELD = "of those never started, {0} have a key that another cancel holds, {1} of them refunded: it may be the same \
        refund. See: cancel-desk bulk report {2}",
        "시작 안 한 건 가운데 {0}건은 같은 키로 다른 취소가 접수되어 있습니다(환불됨 {1}건). 같은 환불일 수 있으니 확인하세요: \
        cancel-desk bulk report {2}";
    ROWS_MORE = "… and {0} more: cancel-desk bulk report {1} --csv FILE", "… 외 {0}건: cancel-desk bulk report {1} --csv FILE";
    SEE_PENDING = "next: cancel-desk pending", "다음: cancel-desk pending";
    DISCARDED_ROWS = "withdrawn, nothing was sent: {0}; never started: {3}; refunded before: {1}; taken by the gateway, paid out later: {2}",
        "철회(전송 안 함) {0}건, 시작 안 함 {3}건, 이미 환불됨 {1}건, PG사가 접수해 나중에 지급 {2}건";
    DISCARDED_OPEN = "NOT taken back: {0} cancels that the job had handed over before. They go on without the job and may still be refunded:",
        "철회되지 않음: 작업이 이미 넘긴 {0}건은 작업을 폐기해도 계속 처리되며 환불될 수 있습니다.";
    GOES_ON_UNKNOWN = "  {0}: sent, or perhaps; looked up until the outcome is known",
        "  {0}건: 전송했거나 전송했을 수 있음. 결과를 알 때까지 조회합니다";
    GOES_ON_MANUAL = "  {0}: a person decides whether they happened",
        "  {0}건: 환불되었는지 담당자가 확인해야 합니다";
    GOES_ON_WAITING = "  {0}: not sent yet; a worker looks at the payment, and sends it or hands it to a person",
        "  {0}건: 아직 전송 전. 워커가 결제를 조회한 뒤 전송하거나 담당자 확인으로 넘깁니다";
    DISCARDED_SEE = "see them with `cancel-desk bulk report {0}` and `cancel-desk pending`; `cancel-desk worker` or `serve` carries them on",
        "`cancel-desk bulk report {0}`와 `cancel-desk pending`으로 확인하세요. `cancel-desk worker`나 `serve`가 이어서 처리합니다";
    OF_LINES = "line {0}: {1}", "{0}행: {1}";
    OF_LINES_MORE = "line {0} and {1} more: {2}", "{0}행 외 {1}건: {2}";
    REASONS_MORE = "… and {0} more reasons: --csv FILE shows all", "… 외 사유 {0}가지: --csv FILE로 모두 저장할 수 있습니다";
    HALTED_NOW = "halted: nothing more begins, and the outcome of what was sent is looked up",
        "멈춤: 더 시작하지 않고, 이미 전송한 건의 결과만 확인합니다";
    HELD_JOB = "Halted bulk job {0} ({1}): {2}", "멈춘 일괄 작업 {0} ({1}): {2}";
    HELD_JOB_ROWS = "  held back: {0} rows not started, {1} stored and not sent. See: cancel-desk bulk report {2}",
        "  보류 중: 시작 안 한 {0}건, 저장만 되고 전송 전인 {1}건. 확인: cancel-desk bulk report {2}";
    HELD_JOB_NEXT = "  to go on: cancel-desk bulk run {0} --resume --by NAME --reason WHY",
        "  이어서 실행: cancel-desk bulk run {0} --resume --by 이름 --reason 사유";
    BEGUN_JOB = "Approved bulk job {0} ({1}): running or interrupted", "승인된 일괄 작업 {0} ({1}): 실행 중이거나 중단됨";
    BEGUN_JOB_ROWS = "  {0} rows not started. See: cancel-desk bulk report {1}", "  시작 안 한 {0}건. 확인: cancel-desk bulk report {1}";
    BEGUN_JOB_HELD = "  {0} rows not started, {1} in the hands of a process. See: cancel-desk bulk report {2}",
        "  시작 안 한 {0}건, 프로세스가 점유한 {1}건. 확인: cancel-desk bulk report {2}";
    BEGUN_JOB_NEXT = "  unless a `bulk run` of it is running: cancel-desk bulk run {0} --resume",
        "  실행 중인 `bulk run`이 없으면: cancel-desk bulk run {0} --resume";
    OF_HALTED_JOB = "{0}, which is halted ({1}). This cancel goes on all the same; the rest of the job goes on with: \
        cancel-desk bulk run {0} --resume --by NAME --reason WHY",
        "{0} (멈춤: {1}). 이 건은 계속 처리하지만 작업의 나머지는 멈춰 있습니다. 이어서 실행: cancel-desk bulk run {0} --resume --by 이름 --reason 사유";
    BULK_JOB = "bulk job", "일괄 작업";
    DISCARDED_NOT = "not refunded by this job: rejected {0}, left out {1}, of another request with the same key {2}",
        "이 작업으로 환불되지 않음: 거절 {0}건, 제외 {1}건, 같은 키의 다른 요청 {2}건";
    PROGRESS = "{0}/s, {1} left, {2} of {3} in flight, all accounts", "초당 {0}건, 남은 시간 {1}, 전송 중 {2}/{3} (모든 계정)";

    NOT_STARTED = "not started", "시작 전";
    WAITING = "waiting", "대기";
    UNKNOWN = "unknown", "미확인";
    ACCEPTED = "accepted", "접수";
    COMPLETED = "completed", "완료";
    REJECTED = "rejected", "거절";
    MANUAL = "a person decides", "담당자 확인";
    WITHDRAWN = "withdrawn", "철회";
    LEFT_OUT = "left out", "제외";
    ELSEWHERE = "another request's, not refunded", "같은 키의 다른 요청 (환불되지 않음)";
    REFUNDED_ELSEWHERE = "refunded by another request with the same key", "같은 키의 다른 요청으로 환불됨";

    JOB_PLANNED = "planned, not approved", "승인 전";
    JOB_APPROVED = "approved", "승인됨";
    JOB_HALTED = "halted", "멈춤";
    JOB_DONE = "done", "완료";
    JOB_DISCARDED = "discarded", "폐기됨";
}

pub(super) const fn state(state: RowState) -> &'static Text {
    match state {
        RowState::NotStarted => &NOT_STARTED,
        RowState::Waiting => &WAITING,
        RowState::Unknown => &UNKNOWN,
        RowState::Accepted => &ACCEPTED,
        RowState::Completed => &COMPLETED,
        RowState::Rejected => &REJECTED,
        RowState::Manual => &MANUAL,
        RowState::Withdrawn => &WITHDRAWN,
        RowState::LeftOut => &LEFT_OUT,
        RowState::Elsewhere => &ELSEWHERE,
        RowState::RefundedElsewhere => &REFUNDED_ELSEWHERE,
    }
}

pub(super) const fn job_state(state: JobState, done: bool) -> &'static Text {
    match state {
        _ if done => &JOB_DONE,
        JobState::Planned => &JOB_PLANNED,
        JobState::Approved => &JOB_APPROVED,
        JobState::Halted => &JOB_HALTED,
        JobState::Discarded => &JOB_DISCARDED,
    }
}

/// A row's state within its job: what a discarded job never began, it never will.
pub(super) fn state_in(job: JobState, row: RowState) -> &'static Text {
    match (job, row) {
        (JobState::Discarded, RowState::NotStarted) => &NOT_STARTED_EVER,
        _ => state(row),
    }
}

/// A column of the file of orders, as its reader calls it.
pub(super) fn column(lang: Lang, field: &str) -> String {
    let korean = match (lang, field) {
        (Lang::Ko, "payment") => return "결제".to_owned(),
        (Lang::Ko, "amount") => "환불금액",
        (Lang::Ko, "reason") => "환불사유",
        (Lang::Ko, "key") => "요청키",
        (Lang::Ko, "account") => "계정",
        (Lang::Ko, "refund_bank") => "은행",
        (Lang::Ko, "refund_holder") => "예금주",
        (Lang::Ko, "refund_account") => "계좌번호",
        (Lang::Ko, "refund_tel") => "전화번호",
        _ => return field.to_owned(),
    };
    format!("{korean}({field})")
}

/// Why a row was left out when it was to be submitted.
pub(super) fn refusal(lang: Lang, word: &str) -> &str {
    let text = match word {
        "exceeds" => Text::new("more than is left of the payment", "남은 금액보다 많음"),
        "asked_since" => Text::new(
            "asked for since the plan was made, under another key: plan again, with --name OTHER-NAME",
            "계획을 세운 뒤 다른 키로 같은 환불이 요청됨: `--name 다른이름`을 붙여 계획을 다시 세우세요",
        ),
        "key_conflict" => Text::new("its key stands for another refund", "같은 키가 다른 환불에 쓰임"),
        "not_registered" => Text::new("the payment is not registered", "등록되지 않은 결제"),
        "invalid" => Text::new("not possible for this payment", "이 결제에는 할 수 없는 요청"),
        other => return other,
    };
    text.of(lang)
}

/// A verdict's word for people.
pub(super) fn verdict(lang: Lang, word: &str) -> &str {
    let text = match word {
        "ok" => Text::new("can be refunded", "환불 가능"),
        "already_refunded" => Text::new("already refunded", "이미 전액환불"),
        "over_balance" => Text::new("over the balance", "잔액 초과"),
        "not_registered" => Text::new("not registered", "등록되지 않은 결제"),
        "ambiguous" => Text::new("several payments fit", "해당 결제가 여러 건"),
        "not_cancellable" => Text::new("not cancellable", "이대로는 환불할 수 없음"),
        "known" => Text::new("asked for before", "이미 요청됨"),
        "planned" => Text::new("in another plan", "다른 계획에 있음"),
        "duplicate" => Text::new("twice in the file", "파일 안 중복"),
        "duplicate_key" => Text::new("the same key twice in the file", "파일 안 같은 키"),
        "no_answer" => Text::new("no answer from the gateway", "PG 응답 없음"),
        other => return other,
    };
    text.of(lang)
}
