//! Refusals in Korean.

use crate::desk::DeskError;

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
        DeskError::Exceeds { asked, cancelable, reserved } if reserved.is_zero() => {
            format!("환불 요청 금액({asked})이 환불 가능 금액({cancelable})보다 큽니다.")
        }
        DeskError::Exceeds { asked, cancelable, reserved } => format!(
            "환불 요청 금액({asked})이 환불 가능 금액({cancelable})보다 큽니다. 진행 중인 환불: {reserved}."
        ),
        DeskError::RemainingDiffers { expected, cancelable } => {
            format!("남은 환불 가능 금액은 {cancelable}이며, 예상한 {expected}과 다릅니다.")
        }
        DeskError::KeyReused => {
            "이 멱등 키는 다른 요청에 이미 사용되었습니다. 새 요청에는 새 키를 사용하세요.".to_owned()
        }
        DeskError::PaymentConflict => "이 결제는 다른 내용으로 이미 등록되어 있습니다.".to_owned(),
        DeskError::NoAccountKey => {
            "계좌 정보를 암호화할 키가 설정되어 있지 않아 저장할 수 없습니다.".to_owned()
        }
        DeskError::NoAccount { gateway, merchant } => {
            format!("{gateway}의 가맹점 계정 {merchant:?}이(가) 이 서버에 설정되어 있지 않습니다.")
        }
        DeskError::NotAllowed(_) => "현재 상태에서는 할 수 없는 작업입니다.".to_owned(),
        DeskError::LookUp(_) => "결제사 원장을 조회하지 못했습니다. 다시 시도하세요.".to_owned(),
        DeskError::Journal(_) => {
            "저장소 오류입니다. 저장 여부를 알 수 없으니 같은 키로 다시 요청하세요.".to_owned()
        }
        _ => return None,
    })
}
