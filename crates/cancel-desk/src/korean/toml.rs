//! What the TOML parser says of a line, in Korean.

/// What its sentences begin with.
const SENTENCES: [(&str, &str); 31] = [
    ("duplicate key", "같은 이름이 위에 이미 있습니다. 하나만 남기세요"),
    ("string values must be quoted", "= 뒤에 값이 없거나, 문자열을 따옴표(\")로 묶지 않았습니다"),
    ("key with no value", "이름 뒤에 = 와 값이 없습니다"),
    ("missing value", "= 뒤에 값이 없습니다"),
    ("missing assignment", "이름과 값 사이에 =가 없습니다"),
    ("extra assignment", "=가 하나 더 있습니다"),
    ("extra `=`", "=가 하나 더 있습니다"),
    ("unexpected `=` in array", "목록 안에 =가 있습니다. 대괄호를 닫았는지 확인하세요"),
    ("missing comma between array", "목록의 값 사이에 쉼표가 없습니다"),
    ("missing comma between key", "항목 사이에 쉼표가 없거나, 한 줄에 항목이 둘입니다"),
    ("extra comma", "쉼표가 하나 더 있습니다"),
    ("unclosed array table", "[[이름]]의 대괄호가 닫히지 않았습니다"),
    ("unclosed table", "[이름]의 대괄호가 닫히지 않았습니다"),
    ("unclosed array", "목록의 대괄호가 닫히지 않았습니다"),
    ("unclosed inline table", "중괄호가 닫히지 않았습니다"),
    ("unquoted keys cannot be empty", "= 앞에 이름이 없습니다"),
    ("invalid unquoted key", "이름에는 영문, 숫자, _, -만 쓸 수 있습니다"),
    ("invalid key-value pair", "이름 = 값 형식이 아닙니다"),
    ("invalid basic string", "따옴표로 묶은 값이 잘못되었습니다. 닫는 따옴표와 \\ 표기를 확인하세요"),
    ("invalid literal string", "작은따옴표로 묶은 값이 잘못되었습니다. 닫는 따옴표를 확인하세요"),
    ("invalid multi-line", "여러 줄 값의 닫는 따옴표를 확인하세요"),
    ("invalid string", "따옴표로 묶은 값이 잘못되었습니다. 닫는 따옴표를 확인하세요"),
    (
        "missing escaped value",
        "\\ 뒤의 문자가 잘못되었습니다. 경로의 \\는 \\\\로 적거나, 전체를 작은따옴표로 묶으세요",
    ),
    ("missing opening quote", "여는 따옴표가 없습니다"),
    ("invalid boolean", "값이 잘못되었습니다. 문자열은 따옴표로 묶으세요"),
    ("invalid value", "값이 잘못되었습니다. 문자열은 따옴표로 묶으세요"),
    ("unexpected leading zero", "숫자는 0으로 시작할 수 없습니다"),
    ("unexpected key or value", "줄 끝에 다른 것이 더 있습니다. 한 줄에 하나만 적으세요"),
    ("unexpected content", "줄 끝에 다른 것이 더 있습니다. 한 줄에 하나만 적으세요"),
    ("cannot extend value", "값으로 적은 이름을 테이블로도 썼습니다"),
    ("the file is not utf-8", "UTF-8 파일이 아닙니다. UTF-8로 저장하세요"),
];

/// The parser's sentence in Korean; one that is not known stands behind what to do.
pub(crate) fn syntax(english: &str) -> String {
    match SENTENCES.iter().find(|(begin, _)| english.starts_with(begin)) {
        Some((_, korean)) => (*korean).to_owned(),
        None => format!("이 줄의 표기를 확인하세요 ({english})"),
    }
}
