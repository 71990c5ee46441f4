//! Secrets: from a variable or from a file that others cannot read.

use std::path::Path;

use zeroize::Zeroizing;

use super::section::{Found, Reading, Section};
use super::{Place, Problem};

/// A secret's text. It is wiped when dropped.
pub(super) type SecretText = Zeroizing<String>;

/// Whether a secret must be there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    Required,
    Optional,
}

/// The keys under which a secret may be given: the inline one is a fault, and known only to say so.
pub(super) struct Names {
    pub(super) inline: &'static str,
    pub(super) env: &'static str,
    pub(super) file: &'static str,
}

/// Reads a secret of a section. `None`: there is none, a fault was found, or secrets are not read this time.
pub(super) fn secret(section: &Section<'_, '_>, names: &Names, need: Need) -> Option<Found<SecretText>> {
    one(section, names, need, section.reading.with_secrets)
}

/// Reads what every command needs: without it another place than the named one would be taken. `None`: there is none,
/// or a fault was found.
pub(super) fn always(section: &Section<'_, '_>, names: &Names, need: Need) -> Option<Found<SecretText>> {
    one(section, names, need, true)
}

fn one(section: &Section<'_, '_>, names: &Names, need: Need, read: bool) -> Option<Found<SecretText>> {
    if let Some(found) = section.get(names.inline) {
        section.fault(found.place, names.inline, Problem::InlineSecret);
        // asked for all the same, so that they are known keys
        let _known = (section.get(names.env), section.get(names.file));
        return None;
    }
    match (section.text(names.env), section.text(names.file)) {
        (Some(env), Some(_)) => {
            section.fault(env.place, names.env, Problem::BothGiven { other: names.file.to_owned() });
            None
        }
        (Some(env), None) => variable(section.reading, &section.field(names.env), &env, read),
        (None, Some(file)) if read => from_file(section.reading, &section.field(names.file), &file),
        (None, Some(_)) => None,
        (None, None) => {
            let wrong_type = section.get(names.env).is_some() || section.get(names.file).is_some();
            if need == Need::Required && !wrong_type {
                let write = format!("{} = \"NAME_OF_A_VARIABLE\" or {} = \"path\"", names.env, names.file);
                section.missing(names.env, &write);
            }
            None
        }
    }
}

/// The value of a variable that is named in the file.
pub(super) fn from_variable(
    reading: &Reading<'_>,
    field: &str,
    name: &Found<String>,
) -> Option<Found<SecretText>> {
    variable(reading, field, name, true)
}

fn variable(
    reading: &Reading<'_>,
    field: &str,
    name: &Found<String>,
    read: bool,
) -> Option<Found<SecretText>> {
    let is_name = name.value.len() <= 100
        && name.value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && !name.value.starts_with(|first: char| first.is_ascii_digit());
    if !is_name {
        // perhaps the secret itself: never repeat it
        let problem = Problem::refused("must be the name of a variable (letters, digits, _), not its value");
        reading.fault(name.place.clone(), field, problem);
        return None;
    }
    if !read {
        return None;
    }
    match reading.env(&name.value) {
        Some(value) => Some(Found { value: trimmed(value), place: name.place.clone() }),
        None => {
            let problem = Problem::VariableNotSet { name: shown(&name.value) };
            reading.fault(name.place.clone(), field, problem);
            None
        }
    }
}

/// A name that could be a value (a key pasted in its place) is not repeated.
fn shown(name: &str) -> String {
    let plain = name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    let digits = name.bytes().filter(u8::is_ascii_digit).count();
    if plain && digits.saturating_mul(3) <= name.len() { name.to_owned() } else { "it names".to_owned() }
}

/// The content of a file that is named in the configuration.
pub(super) fn from_file(
    reading: &Reading<'_>,
    field: &str,
    file: &Found<String>,
) -> Option<Found<SecretText>> {
    let path = reading.path(&file.value);
    match read(&path, reading.readable_secrets) {
        Ok(value) => Some(Found { value, place: file.place.clone() }),
        Err(problem) => {
            reading.fault(file.place.clone(), field, problem);
            None
        }
    }
}

/// The value of a variable that carries the secret itself.
pub(super) fn of_environment(reading: &Reading<'_>, name: &str) -> Option<Found<SecretText>> {
    let value = reading.env(name)?;
    Some(Found { value: trimmed(value), place: Place::Variable(name.to_owned()) })
}

fn read(path: &Path, readable_by_others: bool) -> Result<SecretText, Problem> {
    let unreadable = || Problem::Unreadable { path: path.to_owned() };
    let meta = std::fs::metadata(path).map_err(|_| unreadable())?;
    if !meta.is_file() || meta.len() > 65_536 {
        return Err(unreadable());
    }
    if !readable_by_others && is_open_to_others(&meta) {
        return Err(Problem::ReadableByOthers { path: path.to_owned() });
    }
    std::fs::read_to_string(path).map(trimmed).map_err(|_| unreadable())
}

#[cfg(unix)]
fn is_open_to_others(meta: &std::fs::Metadata) -> bool {
    std::os::unix::fs::MetadataExt::mode(meta) & 0o077 != 0
}

#[cfg(not(unix))]
fn is_open_to_others(_meta: &std::fs::Metadata) -> bool {
    false
}

/// Without the line end that editors leave behind.
fn trimmed(text: String) -> SecretText {
    let text = Zeroizing::new(text);
    Zeroizing::new(text.trim().to_owned())
}
