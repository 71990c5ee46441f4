//! Holds answers against `openapi.json`: the part of JSON Schema that it uses, and no more.

use std::sync::LazyLock;

use cancel_desk::http::OPENAPI;
use serde_json::Value;

use crate::client::Answer;

pub(crate) static DOCUMENT: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(OPENAPI).unwrap());

/// The description of the route that a target takes: literal segments before parameters.
pub(crate) fn path_of(target: &str) -> Option<&'static str> {
    let path = target.split('?').next().unwrap();
    let fits = |template: &&String| {
        let (template, path) = (template.split('/'), path.split('/'));
        template.clone().count() == path.clone().count()
            && template
                .zip(path)
                .all(|(part, given)| part == given || part.starts_with('{') && !given.is_empty())
    };
    let paths = DOCUMENT["paths"].as_object().unwrap();
    paths.keys().filter(fits).min_by_key(|template| template.matches('{').count()).map(String::as_str)
}

/// Panics when an answer is not as described.
pub(crate) fn check(method: &str, target: &str, answer: &Answer) {
    assert!(answer.header("x-request-id").is_some(), "{method} {target}: no request id");
    let what = format!("{method} {target} -> {} {}", answer.status, String::from_utf8_lossy(&answer.body));
    let operation = path_of(target).map(|path| &DOCUMENT["paths"][path][method.to_ascii_lowercase()]);
    let Some(operation) = operation.filter(|operation| operation.is_object()) else {
        // nothing is there: a problem all the same
        assert!(matches!(answer.status, 401 | 403 | 404 | 405), "{what}");
        return valid(&DOCUMENT["components"]["schemas"]["Problem"], &answer.json(), &what);
    };
    let responses = &operation["responses"];
    let described = match answer.status {
        status if responses[status.to_string()].is_object() => &responses[status.to_string()],
        403 | 500.. => &responses["default"],
        _ => panic!("not described: {what}"),
    };
    let kind = answer.header("content-type").expect("a content type").split(';').next().unwrap();
    let content = &described["content"][kind]["schema"];
    assert!(content.is_object(), "content type {kind} is not described: {what}");
    let body = if kind == "application/json" { answer.json() } else { answer.text().into() };
    valid(content, &body, &what);
}

pub(crate) fn valid(schema: &Value, value: &Value, what: &str) {
    if let Err(why) = validate(schema, value) {
        panic!("{why}: {what}");
    }
}

fn validate(schema: &Value, value: &Value) -> Result<(), String> {
    for keyword in schema.as_object().unwrap().keys() {
        let known = [
            "$ref",
            "additionalProperties",
            "const",
            "description",
            "enum",
            "exclusiveMinimum",
            "items",
            "maximum",
            "maxLength",
            "minimum",
            "minLength",
            "oneOf",
            "properties",
            "required",
            "type",
        ];
        assert!(known.contains(&keyword.as_str()), "{keyword} is not checked here");
    }
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.strip_prefix("#/components/schemas/").unwrap();
        let target = &DOCUMENT["components"]["schemas"][name];
        assert!(target.is_object(), "{reference} leads nowhere");
        return validate(target, value).map_err(|why| format!("{name}: {why}"));
    }
    if let Some(options) = schema["oneOf"].as_array() {
        let fitting = options.iter().filter(|option| validate(option, value).is_ok()).count();
        return if fitting == 1 { Ok(()) } else { Err(format!("{fitting} of oneOf fit")) };
    }
    if !schema["const"].is_null() && schema["const"] != *value {
        return Err(format!("{value} is not {}", schema["const"]));
    }
    if let Some(options) = schema["enum"].as_array()
        && !options.contains(value)
    {
        return Err(format!("{value} is not one of {options:?}"));
    }
    let fits = match &schema["type"] {
        Value::String(kind) => is(kind, value),
        Value::Array(kinds) => kinds.iter().any(|kind| is(kind.as_str().unwrap(), value)),
        _ => true,
    };
    if !fits {
        return Err(format!("{value} is no {}", schema["type"]));
    }
    let number = |name: &str| schema[name].as_f64().zip(value.as_f64());
    let low = number("minimum").is_some_and(|(least, value)| value < least);
    let high = number("maximum").is_some_and(|(most, value)| value > most);
    if low || high || number("exclusiveMinimum").is_some_and(|(least, value)| value <= least) {
        return Err(format!("{value} is out of range"));
    }
    if let Some(items) = value.as_array() {
        items.iter().try_for_each(|item| validate(&schema["items"], item))?;
    }
    let Some(members) = value.as_object() else { return Ok(()) };
    for name in schema["required"].as_array().into_iter().flatten() {
        if !members.contains_key(name.as_str().unwrap()) {
            return Err(format!("{name} is missing"));
        }
    }
    for (name, member) in members {
        match schema["properties"].get(name) {
            Some(property) => validate(property, member).map_err(|why| format!("{name}: {why}"))?,
            None if schema["additionalProperties"] == false => {
                return Err(format!("{name} is not described"));
            }
            None => {}
        }
    }
    Ok(())
}

fn is(kind: &str, value: &Value) -> bool {
    match kind {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "object" => value.is_object(),
        "array" => value.is_array(),
        "null" => value.is_null(),
        other => panic!("{other} is not checked here"),
    }
}
