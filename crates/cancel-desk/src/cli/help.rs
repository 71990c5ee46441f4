//! `--help`: what clap does not say by itself, and the commands in Korean.

use clap::{Arg, ArgAction, Command};

use crate::config::Lang;

use super::exit::EXIT_CODES;
use super::help_korean::{AFTER, OPTIONS};

const FIRST_MINUTE: &str = "\
First minute:
  cancel-desk demo                                        everything, simulated, with nothing set up
  cancel-desk config example > cancel-desk.toml           a configuration to fill in
  cancel-desk config check                                every fault of it at once
  cancel-desk payments import payments.csv                what was paid
  cancel-desk cancel ORDER --amount 3000 --key return-1   refund
  cancel-desk serve                                       the HTTP service, with workers";

const KOREAN_FIRST_MINUTE: &str = "\
처음 시작하기:
  cancel-desk demo                                        설정 없이 모의 PG로 전체 과정 실행
  cancel-desk config example > cancel-desk.toml           설정 파일 예시 만들기
  cancel-desk config check                                설정 오류를 한 번에 확인
  cancel-desk payments import payments.csv                결제 내역 등록
  cancel-desk cancel ORDER --amount 3000 --key return-1   환불
  cancel-desk serve                                       HTTP 서비스와 워커 실행";

const KOREAN_EXIT_CODES: &str = "\
종료 코드:
  0  완료: 환불되었거나 요청한 작업이 끝남
  1  환불되지 않음이 확실함. 또는 점검에서 이상 발견
  2  입력이나 명령이 잘못됨: 저장도 전송도 하지 않음
  3  처리 중, 결과 미확인: 나중에 다시 확인
  4  담당자 확인 필요
  5  설정 또는 저장소 오류: 취소 요청이었다면 같은 키로 다시 요청";

const KOREAN_ABOUT: &str = "결제취소(환불)를 끝까지 처리합니다. 한 번 요청하면 한 번만 환불되고 결과를 남깁니다. 차이포트·엑심베이·세틀뱅크 지원";

const KOREAN_TEMPLATE: &str = "{before-help}{about-with-newline}\n사용법: {usage}\n\n{all-args}{after-help}";

const KOREAN_OPTIONS: &str = "옵션";
const KOREAN_GENERAL: &str = "공통 옵션";

/// The commands in Korean, by their path.
const KOREAN: &[(&str, &str)] = &[
    ("payments", "결제를 등록하고 조회합니다"),
    ("payments import", "CSV 또는 JSON 파일의 결제를 등록합니다. 이미 등록된 결제는 그대로 둡니다"),
    ("payments list", "등록된 결제 목록"),
    ("payments show", "결제와 그 취소 내역"),
    ("cancel", "결제를 부분 또는 전액 환불합니다"),
    ("status", "주문의 취소 내역 또는 취소 한 건을 보여 줍니다"),
    ("lookup", "지금 PG에 조회해 저널과 비교합니다"),
    ("pending", "처리 중인 건과 담당자 확인이 필요한 건"),
    ("resolve", "담당자가 확인한 결과를 기록합니다"),
    ("withdraw", "아직 전송하지 않은 취소를 철회합니다"),
    ("recover", "중단된 건을 먼저 조회하거나, 복원한 저널을 점검 대상으로 표시합니다"),
    ("trust", "백업 복원 후 점검 대상이 된 결제를 해제합니다"),
    ("journal", "저널을 점검하고 기록을 출력합니다"),
    ("journal verify", "기록의 해시 사슬과 모든 규칙을 점검합니다"),
    ("journal events", "기록을 오래된 순서로 출력합니다"),
    ("banks", "은행을 이름이나 코드로 찾습니다 (모든 코드 체계)"),
    ("serve", "HTTP 서비스와 워커를 실행합니다"),
    ("worker", "HTTP 없이 환불만 처리합니다"),
    ("bulk", "파일로 여러 건을 한꺼번에 환불합니다"),
    ("bulk plan", "주문 파일을 점검합니다: 환불할 수 있는 건과 없는 건. 아무것도 전송하지 않습니다"),
    ("bulk run", "승인한 계획을 그대로 환불합니다. 중단된 뒤에는 이어서 처리합니다"),
    ("bulk report", "행마다 처리 결과를 보여 줍니다"),
    ("bulk list", "일괄 환불 계획 목록"),
    ("bulk discard", "계획을 폐기합니다. 아직 시작하지 않은 건은 환불하지 않습니다"),
    ("demo", "모의 PG로 전체 과정을 실행해 봅니다"),
    ("config", "설정을 확인하거나 예시를 출력합니다"),
    ("config check", "설정 파일과 환경변수를 읽고 오류를 모두 알려 줍니다"),
    ("config example", "설명이 달린 예시 파일을 출력합니다"),
];

/// The program's help in a language.
pub(super) fn in_language(command: Command, lang: Lang) -> Command {
    let (first, codes) = lang.pick((FIRST_MINUTE, EXIT_CODES), (KOREAN_FIRST_MINUTE, KOREAN_EXIT_CODES));
    let command = command.after_help(format!("{first}\n\n{codes}"));
    match lang {
        Lang::En => command,
        Lang::Ko => {
            let version = Arg::new("version").short('V').long("version").action(ArgAction::Version);
            let version = version.help("버전을 출력합니다").help_heading(KOREAN_OPTIONS);
            let command = korean(command.about(KOREAN_ABOUT).disable_version_flag(true), "").arg(version);
            // complete only once options of all commands have come down to each
            let mut built = command.clone();
            built.build();
            in_korean_words(command, &mut built)
        }
    }
}

fn korean(mut command: Command, path: &str) -> Command {
    let help = Arg::new("help").short('h').long("help").action(ArgAction::Help);
    command = command
        .mut_args(option)
        .help_template(KOREAN_TEMPLATE)
        .subcommand_value_name("명령")
        .disable_help_flag(true)
        .arg(help.help("도움말을 출력합니다").help_heading(KOREAN_OPTIONS))
        .subcommand_help_heading("명령");
    let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    for name in names {
        let path = if path.is_empty() { name.clone() } else { format!("{path} {name}") };
        command = command.mut_subcommand(&name, |sub| {
            let about = KOREAN.iter().find(|(known, _)| *known == path).map(|(_, about)| *about);
            let sub = match about {
                Some(about) => sub.about(about),
                None => sub,
            };
            let sub = match AFTER.iter().find(|(known, _)| *known == path) {
                Some((_, after)) => sub.after_help(*after),
                None => sub,
            };
            korean(sub, &path)
        });
    }
    command
}

/// The line of usage, whose placeholders are words too.
fn in_korean_words(mut command: Command, built: &mut Command) -> Command {
    let usage = built.render_usage().to_string();
    let usage = usage.strip_prefix("Usage: ").unwrap_or(&usage).replace("[OPTIONS]", "[옵션]");
    command = command.override_usage(usage);
    for sub in built.get_subcommands_mut() {
        let name = sub.get_name().to_owned();
        if command.find_subcommand(&name).is_some() {
            command = command.mut_subcommand(&name, |known| in_korean_words(known, sub));
        }
    }
    command
}

fn option(arg: Arg) -> Arg {
    let english = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let korean = OPTIONS.iter().find(|(known, _)| *known == english).map(|(_, korean)| *korean);
    let heading = match (arg.is_positional(), arg.is_global_set()) {
        (true, _) => "인수",
        (_, true) => KOREAN_GENERAL,
        _ => KOREAN_OPTIONS,
    };
    let arg = arg.help_heading(heading);
    let defaults: Vec<String> =
        arg.get_default_values().iter().map(|value| value.to_string_lossy().into_owned()).collect();
    let takes_value = arg.get_num_args().is_none_or(|count| count.takes_values());
    let takes_value = takes_value && !matches!(arg.get_action(), ArgAction::SetTrue | ArgAction::Count);
    match korean {
        Some(korean) if takes_value && !defaults.is_empty() => {
            arg.hide_default_value(true).help(format!("{korean} [기본값: {}]", defaults.join(", ")))
        }
        Some(korean) => arg.help(korean),
        None => arg,
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn abouts(command: &Command, path: &str, found: &mut Vec<(String, String)>) {
        for sub in command.get_subcommands() {
            let path = format!("{path} {}", sub.get_name()).trim().to_owned();
            let about = sub.get_about().map(ToString::to_string).unwrap_or_default();
            found.push((path.clone(), about));
            abouts(sub, &path, found);
        }
    }

    fn helps(command: &Command, path: &str, found: &mut Vec<(String, String)>) {
        for arg in command.get_arguments().filter(|arg| !arg.is_hide_set()) {
            let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
            found.push((format!("{path} {}", arg.get_id()), help));
        }
        if let Some(after) = command.get_after_help() {
            found.push((format!("{path} after"), after.to_string()));
        }
        for sub in command.get_subcommands() {
            helps(sub, &format!("{path} {}", sub.get_name()), found);
        }
    }

    #[test]
    fn every_command_and_option_is_told_in_both_languages() {
        for (lang, is_korean) in [(Lang::En, false), (Lang::Ko, true)] {
            let command = in_language(super::super::Cli::command(), lang);
            command.clone().debug_assert();
            let mut options = Vec::new();
            helps(&command, "", &mut options);
            assert!(options.len() > 50);
            for (name, help) in options {
                let has = help.chars().any(|c| ('가'..='힣').contains(&c));
                // a name in the file of an account, and the columns of Korean files, are shown as they are written
                let has =
                    has && (is_korean || !["홍길동", "주문번호"].iter().any(|shown| help.contains(shown)));
                assert!(!help.is_empty() && has == is_korean, "{name}: {help}");
            }
            let mut found = Vec::new();
            abouts(&command, "", &mut found);
            assert!(found.len() > 12);
            for (path, about) in found {
                let has = about.chars().any(|c| ('가'..='힣').contains(&c));
                assert!(!about.is_empty() && has == is_korean, "{path}: {about}");
            }
        }
    }
}
