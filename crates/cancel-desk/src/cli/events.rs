//! The events of the journal, as a table and as JSON.

use serde_json::{Value, json};

use crate::config::Lang;
use crate::desk::rfc3339;
use crate::journal::EventRecord;
use crate::record::hex;

use super::shell::Shell;
use super::{show, text};

/// Kinds of events in Korean. In English they are the words themselves.
const KINDS: [(&str, &str); 27] = [
    ("registered", "결제 등록"),
    ("submitted", "취소 접수"),
    ("attempt", "전송 준비"),
    ("wait", "다시 조회 대기"),
    ("resend", "같은 요청 다시 전송"),
    ("not_sent", "전송하지 못함"),
    ("unknown", "결과 미확인"),
    ("refused", "PG 거절"),
    ("accepted", "PG 접수"),
    ("completed", "환불 완료"),
    ("rejected", "환불되지 않음"),
    ("superseded", "다음 시도로 넘어감"),
    ("manual", "확인 필요"),
    ("resolved", "담당자 결정"),
    ("withdrawn", "철회"),
    ("look_up_failed", "조회 실패"),
    ("look_anew", "조회 일정 다시 시작"),
    ("too_late", "늦은 응답"),
    ("restored", "백업에서 복원"),
    ("suspected", "점검 대상 지정"),
    ("compared", "PG 내역과 대조"),
    ("trusted", "점검 대상 해제"),
    ("settled", "복원 점검 완료"),
    ("planned", "일괄 계획"),
    ("approved", "일괄 승인"),
    ("halted", "일괄 멈춤"),
    ("discarded", "일괄 폐기"),
];

fn kind(lang: Lang, word: &str) -> &str {
    let korean = KINDS.iter().find(|(kind, _)| *kind == word).map(|(_, korean)| *korean);
    lang.pick(word, korean.unwrap_or(word))
}

pub(super) fn json(event: &EventRecord) -> Value {
    let detail: Value = serde_json::from_str(&event.detail).unwrap_or(Value::Null);
    json!({
        "seq": event.seq, "at": rfc3339(event.at), "cancel": event.intent, "attempt": event.attempt,
        "kind": event.kind, "detail": detail, "hash": hex(&event.hash),
    })
}

pub(super) fn table(shell: &Shell, events: &[EventRecord]) -> String {
    let header =
        ["#", shell.t(&text::TIME), shell.t(&text::CANCEL), shell.t(&text::EVENT), shell.t(&text::DETAIL)];
    let rows = events.iter().map(|event| {
        let cancel = event.intent.map_or_else(|| "-".to_owned(), |id| id.to_string());
        let kind = kind(shell.lang(), &event.kind).to_owned();
        vec![event.seq.to_string(), show::time(event.at), cancel, kind, told(&event.detail)]
    });
    show::table(&header, &[0], rows.collect())
}

/// A detail as people read it: without the digests that only verifying needs.
fn told(detail: &str) -> String {
    let Ok(Value::Object(mut detail)) = serde_json::from_str(detail) else { return detail.to_owned() };
    detail.remove("left");
    Value::Object(detail).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every kind stands in the sources as a word of its own.
    #[test]
    fn kinds_are_told_in_korean_and_stay_words_in_english() {
        for (word, korean) in KINDS {
            assert_eq!((kind(Lang::En, word), kind(Lang::Ko, word)), (word, korean));
        }
        assert_eq!(kind(Lang::Ko, "of_a_later_version"), "of_a_later_version");
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let source: String = ["protocol/change.rs", "journal/event.rs", "journal/memory.rs"]
            .map(|file| std::fs::read_to_string(root.join(file)).unwrap())
            .concat();
        let words = source.lines().filter_map(|line| {
            // `kind: "registered"`, `general(now, "restored", …)`, `Self::Wait { .. } => "wait",`
            let told = ["kind: \"", "general(at, \"", "general(now, \"", "now, \"", "at, \"", "=> \""];
            let rest = told.iter().find_map(|before| line.split_once(before))?.1;
            rest.split_once('"').map(|(word, _)| word.to_owned())
        });
        let words: Vec<String> = words.collect();
        assert!(words.len() > 20, "{words:?}");
        for word in words {
            assert!(KINDS.iter().any(|(kind, _)| *kind == word), "{word}");
        }
    }
}
