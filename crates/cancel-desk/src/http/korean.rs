//! Refusals in Korean.

use pg_core::Money;

use crate::desk::{DeskError, seconds};
use crate::journal::JournalError;
use crate::record::{IntentRecord, IntentState};

/// The guide's own sentence.
pub(super) const ALREADY_REFUNDED: &str = "이미 전액환불된 주문입니다.";

pub(super) fn of(error: &DeskError) -> Option<String> {
    Some(match error {
        DeskError::NoSuchPayment => "등록된 결제를 찾을 수 없습니다. 먼저 결제를 등록하세요.".to_owned(),
        DeskError::NoSuchCancel => "취소 요청을 찾을 수 없습니다.".to_owned(),
        DeskError::Ambiguous(_) => {
            "해당하는 결제가 여러 건입니다. gateway, account, payment_id 중 하나로 지정하세요.".to_owned()
        }
        DeskError::AlreadyRefunded => ALREADY_REFUNDED.to_owned(),
        DeskError::Exceeds { asked, cancelable, reserved } => {
            let under_way = match reserved.is_zero() {
                true => String::new(),
                false => format!(" 진행 중인 환불: {}.", money(*reserved)),
            };
            let (asked, cancelable) = (money(*asked), money(*cancelable));
            format!("환불 요청 금액({asked})이 환불 가능 금액({cancelable})보다 큽니다.{under_way}")
        }
        DeskError::RemainingDiffers { expected, cancelable } => format!(
            "남은 환불 가능 금액이 예상과 다릅니다: 예상 {}, 실제 {}.",
            money(*expected),
            money(*cancelable)
        ),
        DeskError::KeyReused(Some(held)) => key_reused(held, false, false),
        DeskError::KeyReused(None) => {
            "이 키는 이미 다른 내용의 요청에 사용되었습니다. 같은 환불이면 새 키를 쓰지 마세요.".to_owned()
        }
        DeskError::PaymentConflict => "이 결제는 다른 내용으로 이미 등록되어 있습니다.".to_owned(),
        DeskError::NoAccountKey => {
            "계좌 정보를 암호화할 키가 설정되어 있지 않아 저장할 수 없습니다.".to_owned()
        }
        DeskError::NoAccount { gateway, merchant } => {
            format!("이 서버에 설정되지 않은 가맹점 계정입니다: {gateway}/{merchant}.")
        }
        DeskError::NotAllowed(why) => {
            let why = crate::korean::said(why).unwrap_or_else(|| (*why).to_owned());
            format!("현재 상태에서는 할 수 없는 작업입니다: {why}")
        }
        DeskError::TooEarly(left) => format!(
            "앞서 보낸 요청이 아직 처리 중일 수 있습니다. {}초 뒤에 다시 시도하세요.",
            seconds(*left)
        ),
        DeskError::TooEarlyAfterRestore(left) => format!(
            "백업을 복원한 저널이 잃어버린 요청이 아직 처리 중일 수 있습니다. {}초 뒤에 다시 시도하세요.",
            seconds(*left)
        ),
        DeskError::Pending => "이 결제의 환불이 나중에 처리하는 PG에서 아직 대기 중일 수 있습니다. PG 관리자 화면에서 확인해, 대기 중인 환불이 없고 앞으로도 \
             처리될 수 없을 때만 \"force\": true로 요청하세요.".to_owned(),
        DeskError::MayHaveHappened { asked, found } => format!(
            "이 저널로 설명되지 않는 PG 환불이 있고({}), 이 환불({})이 그중 하나일 수 있습니다. PG 관리자 화면에서 확인해 \
             있으면 happened로 처리하세요. 다른 환불임이 확실할 때만 \"force\": true로 요청하세요.",
            found.iter().copied().map(money).collect::<Vec<_>>().join(" + "),
            money(*asked)
        ),
        DeskError::LessRefunded { refunded, known } => format!(
            "PG가 이 결제에서 환불한 금액은 {}인데 여기에 완료로 남은 금액은 {}입니다. 완료로 남은 것 가운데 환불되지 않은 것이 \
             있거나 PG에 아직 나오지 않은 것입니다. PG 관리자 화면에서 확인하고, 어느 쪽인지 확실할 때만 \"force\": true로 요청하세요.",
            money(*refunded),
            money(*known)
        ),
        DeskError::NotInLedger { asked, refunded, known } => format!(
            "PG가 이 결제에서 환불한 금액({}) 중 {}만큼은 여기에 완료로 남아 있거나 이 건을 전송하기 전에 환불된 금액입니다. 이 환불({})은 PG에 있을 수 \
             없습니다. PG 내역에 나올 때까지 기다리거나, 전송하지 않은 건이면 관리자 화면에서 직접 환불하세요. 환불이 있음이 확실할 때만 \"force\": true로 \
             요청하세요.",
            money(*refunded),
            money(*known),
            money(*asked)
        ),
        DeskError::NotInList { asked, found } => format!(
            "PG 취소 내역에 이 환불({})일 수 있는 취소가 없습니다(다른 취소로 설명되지 않는 내역: {}). PG 내역에 나올 때까지 기다리세요. 환불이 있음이 확실할 때만 \
             \"force\": true로 요청하세요.",
            money(*asked),
            if found.is_empty() {
                "없음".to_owned()
            } else {
                found.iter().copied().map(money).collect::<Vec<_>>().join(" + ")
            }
        ),
        DeskError::LookUp(_) => "결제사 원장을 조회하지 못했습니다. 다시 시도하세요.".to_owned(),
        DeskError::Journal(JournalError::PutBack { .. }) => {
            "저널이 예전 내용으로 되돌려졌거나 옮겨져 아무것도 저장하지 않았습니다. 서버를 모두 멈추고 서버에서 \
             `cancel-desk recover --after-restore --by 이름 --reason 사유`를 실행한 뒤 같은 키로 다시 요청하세요."
                .to_owned()
        }
        DeskError::Journal(_) => {
            "저장소 오류입니다. 저장 여부를 알 수 없으니 같은 키로 다시 요청하세요.".to_owned()
        }
        _ => return None,
    })
}

/// A key that stands for another refund, of this payment or of another one of the account.
pub(super) fn key_reused(held: &IntentRecord, is_of_another: bool, is_suspect: bool) -> String {
    let (amount, word) = (money(held.amount), state_word(held.state));
    let of = if is_of_another { format!("다른 결제({})의 ", held.payment) } else { String::new() };
    match held.state {
        _ if is_suspect => format!(
            "이 키로 이미 {of}{amount} 환불이 접수되어 있습니다(상태: {word}). 점검 대상 결제이니 다른 키로 요청하지 마세요. 저널이 잃은 구간에서 이미 환불되었을 수 \
             있습니다."
        ),
        IntentState::Rejected | IntentState::Withdrawn => format!(
            "이 키로 이미 {of}{amount} 환불이 접수되어 있습니다(상태: {word}). 환불되지 않았으며, 다시 환불하려면 별도의 키가 필요합니다."
        ),
        _ => format!(
            "이 키로 이미 {of}{amount} 환불이 접수되어 있습니다(상태: {word}). 같은 환불이면 새 키를 쓰지 마세요."
        ),
    }
}

const fn state_word(state: IntentState) -> &'static str {
    match state {
        IntentState::Planned => "대기",
        IntentState::Open => "진행 중",
        IntentState::Accepted => "접수됨",
        IntentState::Completed => "환불 완료",
        IntentState::Rejected => "환불되지 않음",
        IntentState::Manual => "확인 필요",
        IntentState::Withdrawn => "철회",
    }
}

/// `3,000원`; other currencies with their code.
fn money(money: Money) -> String {
    let text = money.to_string();
    crate::korean::amount(&text).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use pg_core::Currency;

    use super::*;

    #[test]
    fn won_are_grouped() {
        for (won, text) in [(1, "1원"), (999, "999원"), (3_000, "3,000원"), (1_234_567, "1,234,567원")] {
            assert_eq!(money(Money::from_minor(won, Currency::KRW).unwrap()), text);
        }
    }
}
