//! `banks`: a bank by its name or by its code in any numbering.

use clap::Args;
use pg_core::{Bank, BankScheme};
use serde_json::json;

use super::exit::{Exit, Failure};
use super::shell::Shell;
use super::{show, text};

#[derive(Debug, Args)]
pub(crate) struct BankArgs {
    /// Part of a name in Korean or English, or a code in any numbering; all banks without it
    query: Option<String>,
    /// Only this numbering: kftc, inicis, kcp, toss, nice, hecto, eximbay …
    #[arg(long)]
    scheme: Option<String>,
}

pub(crate) fn run(shell: &Shell, args: &BankArgs) -> Result<Exit, Failure> {
    let scheme = args.scheme.as_deref().map(scheme).transpose()?;
    let mut banks = match &args.query {
        Some(query) => Bank::search(query),
        None => Bank::all().collect(),
    };
    if let Some(scheme) = scheme {
        banks.retain(|bank| bank.code(scheme).is_some());
        if let Some(query) = &args.query {
            // a code of this very numbering goes before everything that merely contains it
            let exact = Bank::from_code(scheme, query);
            if !matches!(exact, Bank::Other(_)) {
                banks.retain(|bank| *bank != exact);
                banks.insert(0, exact);
            }
        }
    }
    if shell.json {
        shell.json(&banks.iter().map(|bank| as_json(bank, scheme)).collect::<Vec<_>>());
        return Ok(Exit::Done);
    }
    if banks.is_empty() {
        shell.remark(shell.t(&text::EMPTY));
        return Ok(Exit::Refused);
    }
    let lang = shell.lang();
    let name = scheme.map_or("kftc", BankScheme::name);
    let column = text::CODE_OF.fill(lang, &[&name]);
    let header = [column.as_str(), shell.t(&text::BANK), "", shell.t(&text::OTHER_CODES)];
    let rows = banks.iter().map(|bank| row(bank, scheme.unwrap_or(BankScheme::Kftc), lang)).collect();
    shell.say(&show::table(&header, &[], rows));
    Ok(Exit::Done)
}

fn row(bank: &Bank, scheme: BankScheme, lang: crate::config::Lang) -> Vec<String> {
    let own = bank.code(scheme).unwrap_or("-");
    // most numberings follow the clearing house's: only those that do not are worth a word
    let usual = bank.code(BankScheme::Kftc).unwrap_or("-");
    let others = BankScheme::all().filter_map(|other| {
        let code = bank.code(other).filter(|code| *code != usual || other == BankScheme::Kftc)?;
        (other != scheme && code != own).then(|| format!("{other} {code}"))
    });
    let names = lang.pick((bank.name_en(), bank.name_ko()), (bank.name_ko(), bank.name_en()));
    vec![own.to_owned(), names.0.to_owned(), names.1.to_owned(), others.collect::<Vec<_>>().join(", ")]
}

fn as_json(bank: &Bank, scheme: Option<BankScheme>) -> serde_json::Value {
    let codes: serde_json::Map<String, serde_json::Value> = BankScheme::all()
        .filter(|other| scheme.is_none_or(|wanted| wanted == *other))
        .filter_map(|other| Some((other.name().to_owned(), json!(bank.code(other)?))))
        .collect();
    json!({
        "kftc": bank.kftc(),
        "name_ko": bank.name_ko(),
        "name_en": bank.name_en(),
        "aliases": bank.aliases(),
        "merged_into": bank.merged_into().map(|into| into.name_ko().to_owned()),
        "codes": codes,
    })
}

fn scheme(name: &str) -> Result<BankScheme, Failure> {
    BankScheme::all().find(|scheme| scheme.name() == name).ok_or_else(|| {
        let known: Vec<&str> = BankScheme::all().map(BankScheme::name).collect();
        Failure::usage(format!("--scheme: must be one of {}", known.join(", ")))
    })
}
