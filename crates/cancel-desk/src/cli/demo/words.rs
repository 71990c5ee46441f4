//! The texts of `demo`.

use super::super::text::Text;

macro_rules! texts {
    ($($name:ident = $en:literal, $ko:literal;)*) => {
        $(pub(super) const $name: Text = Text::new($en, $ko);)*
    };
}

texts! {
    BEGIN = "Three simulated gateways on loopback, {0} payments registered in a new journal.",
        "모의 PG 세 곳을 이 컴퓨터에서 실행하고, 새 저널에 결제 {0}건을 등록했습니다.";
    PLANNED = "Planned orders.csv: {0} refunds, {1}. Approved exactly this plan, hash {2}.",
        "orders.csv 계획: 환불 {0}건, {1}. 바로 이 계획(해시 {2})을 승인했습니다.";
    NOT_PLANNED = "  left out of the plan: {0}", "  계획에서 제외: {0}";
    FAULTS = "The gateways now lose answers, answer 5xx after refunding, double requests, deliver late.",
        "이제 모의 PG가 응답을 잃고, 환불한 뒤 5xx로 답하고, 요청을 두 번 전달하거나 늦게 전달합니다.";
    KILLED = "SIGKILL to the refunding process {0}: {1} of {2} rows settled, {3} with an outcome unknown.",
        "환불 프로세스 {0}에 SIGKILL: {2}건 중 {1}건 완료, {3}건은 결과 미확인.";
    RESUMES = "Another process goes on. What was in the air is looked up first, never just sent again.",
        "다른 프로세스가 이어서 처리합니다. 전송 중이던 건은 다시 보내지 않고 먼저 조회합니다.";
    STOPPED = "the demonstration was stopped", "시연을 중단했습니다";
    SENDS = "cancel requests that the gateways saw: ", "PG가 받은 취소 요청: ";
    TROUBLE = "requests that went wrong:              ", "장애를 겪은 요청: ";
    REFUNDS = "refunds in the gateways' books:        ", "PG 장부의 환불: ";
    TWICE = "refunded twice:                        ", "이중 환불: ";
    LOST = "lost:                                  ", "누락: ";
    DIFFERENCES = "differences:                           ", "장부와의 차이: ";
    SOUND = "journal verified: {0} events, chain and sums sound", "저널 점검: 기록 {0}건, 해시 사슬과 합계 이상 없음";
    UNSOUND = "journal verified: {0} events, {1} FAULTS", "저널 점검: 기록 {0}건, 이상 {1}건";
    AGREE = "Journal and gateways' books agree. {0} s.", "저널과 PG 장부가 일치합니다. {0}초.";
    DO_NOT_AGREE = "JOURNAL AND GATEWAYS' BOOKS DO NOT AGREE. {0} s.", "저널과 PG 장부가 일치하지 않습니다. {0}초.";
    SIMULATED = "A simulator is a simulator: this shows the documents' behaviour, not a gateway's own.",
        "모의 PG는 실제 PG가 아닙니다. 문서에 적힌 동작을 보여 줄 뿐, 실제 PG의 동작을 보장하지 않습니다.";
}
