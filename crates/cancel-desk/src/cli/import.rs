//! A file of payments: the guide's `Payments` table as CSV, JSON lines or a JSON array.

use std::collections::{BTreeMap, BTreeSet};

use pg_core::decimal::Decimal;
use pg_core::{Currency, Gateway, Money, PaymentRef};

use crate::bulk::file::json::Members;
use crate::bulk::file::{Encoding, text};
use crate::desk::Desk;
use crate::record::NewPayment;

pub(crate) use columns::korean_name;
use columns::{COLUMNS, canonical, cut, plain};
use day::date;

/// Largest file that is read, in bytes.
pub(crate) const MAX_FILE: u64 = 256 * 1024 * 1024;

/// A fault of the file: line, column, what is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BadRow {
    pub(crate) line: u64,
    /// The column by its own name.
    pub(crate) column: String,
    /// The same as the file calls it.
    pub(crate) head: Option<String>,
    pub(crate) text: String,
}

impl BadRow {
    pub(crate) fn new(line: u64, column: &str, text: impl Into<String>) -> Self {
        Self { line, column: column.to_owned(), head: None, text: text.into() }
    }
}

/// What a file holds.
#[derive(Debug, Default)]
pub(crate) struct File {
    /// The payments with their lines.
    pub(crate) payments: Vec<(u64, NewPayment)>,
    /// Everything that is wrong.
    pub(crate) faults: Vec<BadRow>,
    /// It was read as CP949, which Korean spreadsheets write.
    pub(crate) cp949: bool,
    /// Columns that mean nothing here.
    pub(crate) ignored: Vec<String>,
    /// What the file calls its columns.
    heads: BTreeMap<&'static str, String>,
}

/// What a row does not say and the caller does.
#[derive(Debug, Default, Clone)]
pub(crate) struct Defaults {
    pub(crate) gateway: Option<Gateway>,
    pub(crate) account: Option<String>,
    /// The accounts that are configured: the only one of a gateway need not be named.
    pub(crate) accounts: Vec<(Gateway, String)>,
}

/// Most columns of a file.
const MAX_COLUMNS: usize = 64;

const NO_GATEWAY: &str = "must be given: a column, or --gateway";
const TWICE: &str = "is there twice";
const UNKNOWN_METHOD: &str = "is not a method that is known here: write the gateway's code (card, trans, vbank, phone, \
    kakaopay, naverpay, tosspay, payco, point …)";
const UNKNOWN_PROVIDER: &str = "is not one PG that is known here: write its code (html5_inicis, kcp, tosspayments, nice or \
    nice_v2, danal or danal_tpay, smartro or smartro_v2, kicc, jtnet, naverpay …)";

type Row = BTreeMap<String, String>;

/// Reads a file. `name` decides by its ending; without one the content does.
pub(crate) fn read(bytes: &[u8], name: &str, defaults: &Defaults) -> File {
    let mut file = File::default();
    let (text, encoding) = match text::decode(bytes) {
        Ok(read) => read,
        Err(error) => {
            let valid = std::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len);
            let before = bytes.iter().take(valid);
            let line = count(before.filter(|byte| **byte == b'\n').count()).saturating_add(1);
            let faults = error.first().iter();
            file.faults.extend(faults.map(|fault| BadRow::new(line, "-", fault.why.clone())));
            return file;
        }
    };
    file.cp949 = encoding == Encoding::EucKr;
    let text = &*text;
    let first = text.trim_start().chars().next();
    let rows = match first {
        Some('[') if !name.ends_with(".csv") => array(text, &mut file),
        Some('{') if !name.ends_with(".csv") => lines(text, &mut file),
        Some(_) => csv(text, &mut file),
        None => Vec::new(),
    };
    if rows.is_empty() && file.faults.is_empty() {
        file.faults.push(BadRow::new(1, "-", "holds no payment"));
    }
    let mut told: BTreeSet<String> = file.faults.iter().map(|fault| fault.column.clone()).collect();
    for (line, row) in rows {
        for name in row.keys() {
            columns::check_value(line, name, &mut told, &mut file);
        }
        payment(line, &row, defaults, &mut file);
    }
    twice(&mut file);
    once_for_all(&mut file);
    file.ignored.sort();
    file.ignored.dedup();
    let heads = &file.heads;
    for fault in &mut file.faults {
        fault.head = canonical(&fault.column).and_then(|column| heads.get(column)).cloned();
    }
    file
}

/// A column that no row has is missing once, not in every row.
fn once_for_all(file: &mut File) {
    if file.heads.contains_key("gateway") {
        return;
    }
    let mut is_told = false;
    let missing = |fault: &BadRow| fault.column == "gateway" && fault.text == NO_GATEWAY;
    file.faults.retain_mut(|fault| {
        if !missing(fault) {
            return true;
        }
        fault.line = 1;
        !std::mem::replace(&mut is_told, true)
    });
}

fn count(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

fn csv(text: &str, file: &mut File) -> Vec<(u64, Row)> {
    let delimiter = text::delimiter(text);
    if let Some(line) = text::open_quote(text, delimiter) {
        file.faults.push(BadRow::new(line, "-", text::OPEN_QUOTE));
        return Vec::new();
    }
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let header: Vec<String> = match reader.headers() {
        Ok(header) => {
            file.call(header.iter());
            header.iter().map(plain).collect()
        }
        Err(_) => Vec::new(),
    };
    if header.iter().all(|name| canonical(name).is_none()) {
        let why = "must name the columns: gateway,account,imp_uid,merchant_uid,amount,cancel_amount …";
        file.faults.push(BadRow::new(1, "-", why));
        return Vec::new();
    }
    if header.len() > MAX_COLUMNS {
        file.faults.push(BadRow::new(1, "-", format!("must have at most {MAX_COLUMNS} columns")));
        return Vec::new();
    }
    for (index, name) in header.iter().enumerate() {
        // of two that are not used nothing is lost
        if canonical(name).is_some() && header.iter().take(index).any(|before| before == name) {
            file.faults.push(BadRow::new(1, &cut(name), TWICE));
        }
    }
    let mut rows = Vec::new();
    let mut lines = text::Lines::new(text);
    for record in reader.records() {
        match record {
            // as spreadsheets leave behind
            Ok(record) if record.iter().all(str::is_empty) => {}
            Ok(record) if record.len() != header.len() => {
                let line = lines.of(record.position());
                let why = format!("must have {} columns like the first line", header.len());
                file.faults.push(BadRow::new(line, "-", why));
            }
            Ok(record) => {
                let line = lines.of(record.position());
                let fields = header.iter().cloned().zip(record.iter().map(str::to_owned));
                rows.push((line, fields.filter(|(_, value)| !value.is_empty()).collect()));
            }
            Err(error) => {
                let line = lines.of(error.position());
                let why = format!("must have {} columns like the first line", header.len());
                file.faults.push(BadRow::new(line, "-", why));
            }
        }
    }
    columns::check(1, &header, &mut BTreeSet::new(), file);
    rows
}

fn lines(text: &str, file: &mut File) -> Vec<(u64, Row)> {
    let (mut rows, mut told) = (Vec::new(), BTreeSet::new());
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let number = count(index).saturating_add(1);
        match serde_json::from_str::<Members<'_>>(line) {
            Ok(object) => rows.push((number, fields(number, object, &mut told, file))),
            Err(_) => file.faults.push(BadRow::new(number, "-", "must be one json object per line")),
        }
    }
    rows
}

fn array(text: &str, file: &mut File) -> Vec<(u64, Row)> {
    let objects: Vec<Members<'_>> = match serde_json::from_str(text) {
        Ok(objects) => objects,
        Err(error) => {
            file.faults.push(BadRow::new(count(error.line()), "-", "must be a json array of objects"));
            return Vec::new();
        }
    };
    let mut told = BTreeSet::new();
    let numbered = objects.into_iter().enumerate();
    // an array has no line of its own per entry: entries are counted
    numbered
        .map(|(index, object)| (count(index).saturating_add(1), object))
        .map(|(n, o)| (n, fields(n, o, &mut told, file)))
        .collect()
}

/// Texts as they are meant, numbers as they are written; never through a float.
fn fields(line: u64, object: Members<'_>, told: &mut BTreeSet<String>, file: &mut File) -> Row {
    let mut row = Row::new();
    let mut seen = BTreeSet::new();
    file.call(object.0.iter().map(|(name, _)| name.as_str()));
    for (name, value) in object.0 {
        let name = plain(&name);
        if !seen.insert(name.clone()) {
            file.faults.push(BadRow::new(line, &cut(&name), TWICE));
            continue;
        }
        let raw = value.get();
        let text = match raw.chars().next() {
            Some('"') => serde_json::from_str::<String>(raw).ok(),
            Some('n') => continue,
            Some(first) if first == '-' || first.is_ascii_digit() => Some(raw.to_owned()),
            _ if canonical(&name).is_none() => continue,
            _ => None,
        };
        match text {
            Some(text) if text.trim().is_empty() => {}
            Some(text) => drop(row.insert(name, text.trim().to_owned())),
            None => file.faults.push(BadRow::new(line, &cut(&name), "must be a text or a number")),
        }
    }
    columns::check(line, &row.keys().cloned().collect::<Vec<_>>(), told, file);
    row
}

impl File {
    /// Keeps what the file calls the columns that are known.
    fn call<'n>(&mut self, names: impl Iterator<Item = &'n str>) {
        for name in names {
            if let Some(column) = canonical(&plain(name)) {
                self.heads.entry(column).or_insert_with(|| cut(name.trim()));
            }
        }
    }

    /// What the file calls a column.
    pub(crate) fn head(&self, column: &str) -> Option<String> {
        self.heads.get(column).cloned()
    }
}

struct Reader<'r> {
    line: u64,
    row: &'r Row,
    faults: Vec<BadRow>,
}

impl<'r> Reader<'r> {
    fn get(&self, column: &str) -> Option<&'r str> {
        let (_, names) = COLUMNS.iter().find(|(name, _)| *name == column)?;
        names.iter().find_map(|name| self.row.get(*name)).map(String::as_str)
    }

    /// Two columns that mean the same: which of them counts, nobody knows.
    fn doubled(&mut self) {
        for (column, names) in &COLUMNS {
            let mut given = names.iter().filter(|name| self.row.contains_key(**name));
            if let (Some(one), Some(other)) = (given.next(), given.next()) {
                self.fault(
                    column,
                    format!("is given twice, as `{one}` and as `{other}`: leave one of them out"),
                );
            }
        }
    }

    fn fault(&mut self, column: &str, text: impl Into<String>) {
        self.faults.push(BadRow::new(self.line, column, text));
    }

    fn required(&mut self, column: &'static str) -> Option<&'r str> {
        let found = self.get(column);
        if found.is_none() {
            self.fault(column, "must be given");
        }
        found
    }

    fn money(&mut self, column: &'static str, text: &str, currency: Currency) -> Option<Money> {
        let read = Decimal::parse(text).map_err(|error| error.to_string());
        let read = read
            .and_then(|decimal| Money::from_decimal(decimal, currency).map_err(|error| error.to_string()));
        match read {
            Ok(money) => Some(money),
            Err(why) => {
                self.fault(column, format!("must be a plain number such as 12000 or 12.50 ({why})"));
                None
            }
        }
    }
}

fn payment(line: u64, row: &Row, defaults: &Defaults, file: &mut File) {
    let mut reader = Reader { line, row, faults: Vec::new() };
    reader.doubled();
    let new = build(&mut reader, defaults);
    if reader.faults.is_empty() {
        match new {
            Some(new) => match Desk::check_payment(&new) {
                Ok(()) => file.payments.push((line, new)),
                Err(error) => {
                    let field = canonical(error.field()).unwrap_or(error.field());
                    reader.fault(field, error.reason());
                }
            },
            None => reader.fault("-", "cannot be read"),
        }
    }
    file.faults.append(&mut reader.faults);
}

fn build(reader: &mut Reader<'_>, defaults: &Defaults) -> Option<NewPayment> {
    let gateway = gateway(reader, defaults);
    let account = gateway.and_then(|gateway| account(reader, gateway, defaults));
    let id = reader.required("payment_id");
    let order = reader.required("merchant_uid");
    let currency = match reader.get("currency") {
        None => Some(Currency::KRW),
        Some(code) => {
            let known = code.parse().ok();
            if known.is_none() {
                reader.fault("currency", "must be a currency code such as KRW or USD");
            }
            known
        }
    };
    let amount = reader.required("amount");
    let paid = amount.zip(currency).and_then(|(text, currency)| reader.money("amount", text, currency));
    let gone = reader.get("cancel_amount").zip(currency);
    let gone = gone.map(|(text, currency)| reader.money("cancel_amount", text, currency));
    let day = match reader.get("paid_at") {
        None => None,
        Some(text) => {
            let day = date(text);
            if day.is_none() {
                reader.fault(
                    "paid_at",
                    "must be a day or a time in Korea (2026-11-21, 2026/11/21, 2026.11.21, 20261121, 2026-11-21 14:22:11), an RFC 3339 \
                     time or unix seconds",
                );
            }
            day
        }
    };
    let mut payment = PaymentRef::new(gateway?, id?, order?, paid?);
    if gateway == Some(Gateway::Eximbay) {
        // its look-up wants the amount as it was spelt
        payment = payment.with_paid_text(amount?);
    }
    if let Some(day) = day {
        payment = payment.with_paid_on(day);
    }
    if let Some(method) = reader.get("method") {
        match words::method(gateway?, method) {
            Some(code) => payment = payment.with_method(code),
            None => reader.fault("method", UNKNOWN_METHOD),
        }
    }
    if let Some(pg_provider) = reader.get("pg_provider") {
        match words::provider(gateway?, pg_provider) {
            Some(code) => payment = payment.with_pg_provider(code),
            None => reader.fault("pg_provider", UNKNOWN_PROVIDER),
        }
    }
    let new = NewPayment::new(account?, payment);
    Some(match gone {
        Some(gone) => new.with_already_refunded(gone?),
        None => new,
    })
}

fn gateway(reader: &mut Reader<'_>, defaults: &Defaults) -> Option<Gateway> {
    if let Some(word) = reader.get("gateway") {
        let read = super::shell::parse_gateway(&words::gateway(word));
        return read.map_err(|why| reader.fault("gateway", why)).ok();
    }
    let by_column = reader.row.contains_key("imp_uid").then_some(Gateway::Chaiport);
    let only = match defaults.accounts.as_slice() {
        [(gateway, _)] => Some(*gateway),
        _ => None,
    };
    let found = defaults.gateway.or(by_column).or(only);
    if found.is_none() {
        reader.fault("gateway", NO_GATEWAY);
    }
    found
}

fn account(reader: &mut Reader<'_>, gateway: Gateway, defaults: &Defaults) -> Option<String> {
    let mut configured = defaults.accounts.iter().filter(|(of, _)| *of == gateway).map(|(_, name)| name);
    let named = reader.get("account").map(str::to_owned).or_else(|| defaults.account.clone());
    if let Some(name) = named {
        if configured.any(|known| *known == name) {
            return Some(name);
        }
        reader.fault("account", format!("must be the name of a {gateway} account of the configuration"));
        return None;
    }
    match (configured.next(), configured.next()) {
        (Some(only), None) => Some(only.clone()),
        (None, _) => {
            reader.fault("account", format!("cannot be found: no {gateway} account is configured, add a section [[account]] with gateway = \"{gateway}\""));
            None
        }
        _ => {
            reader.fault("account", format!("must be given: there are several {gateway} accounts"));
            None
        }
    }
}

/// The same payment in two lines with different content, the account included.
fn twice(file: &mut File) {
    let mut seen: BTreeMap<(Gateway, &str), (u64, &NewPayment)> = BTreeMap::new();
    let mut faults = Vec::new();
    for (line, new) in &file.payments {
        let number = (new.payment.gateway, new.payment.gateway_id.as_str());
        match seen.get(&number) {
            Some((first, other)) if *other != new => {
                faults.push(BadRow::new(
                    *line,
                    "payment_id",
                    format!("is in line {first} already, with other content"),
                ));
            }
            Some(_) => {}
            None => drop(seen.insert(number, (*line, new))),
        }
    }
    file.faults.append(&mut faults);
}

mod columns;
mod day;
mod words;

#[cfg(test)]
mod tests;
