//! The table against `data/banks.csv` cell by cell, and what the lookups promise.

use std::collections::{BTreeMap, BTreeSet};

use super::{Bank, BankKind, BankScheme};

const CSV: &str = include_str!("../../data/banks.csv");

type Record = BTreeMap<&'static str, &'static str>;

fn records() -> Vec<Record> {
    let mut lines = CSV.lines().filter(|line| !line.starts_with('#'));
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    lines
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            assert_eq!(cells.len(), header.len(), "{line}");
            header.iter().copied().zip(cells).collect()
        })
        .collect()
}

fn some(cell: &'static str) -> Option<&'static str> {
    (!cell.is_empty()).then_some(cell)
}

fn list(cell: &'static str) -> Vec<&'static str> {
    cell.split('|').filter(|value| !value.is_empty()).collect()
}

fn pg_schemes() -> impl Iterator<Item = BankScheme> {
    BankScheme::all().filter(|scheme| *scheme != BankScheme::Kftc)
}

/// A name that the variant's `Debug` and the csv share.
fn variant(bank: &Bank) -> String {
    format!("{bank:?}")
}

#[test]
fn every_cell_of_the_data_is_in_the_table() {
    let records = records();
    assert_eq!(Bank::all().count(), records.len());
    for (bank, record) in Bank::all().zip(&records) {
        assert_eq!(variant(&bank), record["variant"]);
        assert_eq!(bank.kftc(), some(record["kftc"]));
        let kind = match record["kind"] {
            "bank" => BankKind::Bank,
            "savings_bank" => BankKind::SavingsBank,
            "cooperative" => BankKind::Cooperative,
            "securities" => BankKind::Securities,
            "institution" => BankKind::Institution,
            other => panic!("{other}"),
        };
        assert_eq!(bank.kind(), kind);
        assert_eq!(bank.name_ko(), record["name_ko"]);
        assert_eq!(bank.name_en(), record["name_en"]);
        let aliases: Vec<_> = [list(record["aliases_ko"]), list(record["aliases_en"])].concat();
        assert_eq!(bank.aliases(), aliases);
        assert_eq!(bank.v2_enum(), some(record["v2_enum"]));
        assert_eq!(bank.merged_into().as_ref().map(variant).as_deref(), some(record["merged_into"]));
        for scheme in BankScheme::all() {
            assert_eq!(bank.code(scheme), some(record[scheme.name()]), "{bank:?} {scheme}");
        }
        for code in list(record["inicis_legacy"]) {
            assert_eq!(Bank::from_code(BankScheme::Inicis, code), bank);
        }
        for code in list(record["hecto_easycash"]) {
            assert_eq!(Bank::from_code(BankScheme::Hecto, code), bank);
        }
    }
}

/// Rows counted in the sources: Chaiport 86 (23 with PG codes), Hecto 55 and 11, Eximbay 29.
#[test]
fn no_row_of_a_source_is_missing() {
    let records = records();
    let listed = |source| records.iter().filter(|r| list(r["sources"]).contains(&source)).count();
    let filled = |column| records.iter().filter(|r| !r[column].is_empty()).count();
    assert_eq!((listed("chaiport"), listed("hecto"), listed("eximbay")), (86, 55 + 11, 29));
    for column in ["inicis", "kcp", "toss", "danal", "nice", "kicc", "smartro", "settle", "jtnet"] {
        assert_eq!(filled(column), 23, "{column}");
    }
    assert_eq!((filled("nice_v2"), filled("welcome"), filled("daou")), (12, 12, 10));
    assert_eq!((filled("hecto"), filled("hecto_easycash"), filled("eximbay")), (55, 11, 29));
    assert_eq!(filled("inicis_legacy"), 19);
    assert_eq!(records.len(), 86 + 5, "051, 067, 103, 271 and 288 are Hecto's alone");
}

#[test]
fn every_code_has_the_form_of_its_scheme() {
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    for bank in Bank::all() {
        for scheme in BankScheme::all() {
            let Some(code) = bank.code(scheme) else { continue };
            let fits = match scheme {
                BankScheme::Inicis | BankScheme::Daou => code.len() == 2 && digits(code),
                BankScheme::Kcp => code.len() == 4 && code.strip_prefix("BK").is_some_and(digits),
                _ => code.len() == 3 && digits(code),
            };
            assert!(fits, "{bank:?} {scheme} {code}");
        }
        assert!(!bank.name_ko().is_empty() && !bank.name_en().is_empty());
        assert!(bank.aliases().iter().all(|alias| !alias.is_empty()));
    }
}

/// Outside Daou, a code is the KFTC code or its last two digits; only 외환은행 carries another bank's.
#[test]
fn codes_follow_the_national_ones() {
    for bank in Bank::all() {
        for scheme in BankScheme::all().filter(|scheme| *scheme != BankScheme::Daou) {
            let Some(code) = bank.code(scheme) else { continue };
            let kftc = bank.kftc().unwrap();
            let same = match scheme {
                BankScheme::Inicis => Some(code) == kftc.strip_prefix('0'),
                BankScheme::Kcp => code.strip_prefix("BK") == kftc.strip_prefix('0'),
                _ => code == kftc,
            };
            assert!(same || bank == Bank::KoreaExchange, "{bank:?} {scheme} {code}");
        }
    }
}

#[test]
fn codes_go_both_ways() {
    for bank in Bank::all() {
        for scheme in BankScheme::all() {
            let Some(code) = bank.code(scheme) else { continue };
            let read = Bank::from_code(scheme, code);
            if bank == Bank::KoreaExchange && Some(code) == Bank::Hana.code(scheme) {
                assert_eq!(read, Bank::Hana, "the shared code is the living bank's");
            } else {
                assert_eq!(read, bank, "{scheme} {code}");
            }
        }
    }
}

#[test]
fn one_bank_has_as_many_numbers_as_there_are_numberings() {
    let codes = |bank: &Bank| {
        [BankScheme::Inicis, BankScheme::Kcp, BankScheme::Toss, BankScheme::Daou]
            .map(|scheme| bank.code(scheme))
    };
    assert_eq!(codes(&Bank::Shinhan), [Some("88"), Some("BK88"), Some("088"), Some("10")]);
    assert_eq!(codes(&Bank::KoreaExchange), [Some("81"), Some("BK81"), Some("081"), Some("05")]);
    assert_eq!(codes(&Bank::TossBank), [Some("92"), Some("BK92"), Some("092"), None]);
    // The same two digits, two banks: why a code is never passed from one scheme to another.
    assert_eq!(Bank::from_code(BankScheme::Inicis, "11"), Bank::NongHyup);
    assert_eq!(Bank::from_code(BankScheme::Daou, "11"), Bank::StandardChartered);
}

#[test]
fn the_exchange_bank_is_kept_and_marked() {
    assert_eq!(Bank::KoreaExchange.merged_into(), Some(Bank::Hana));
    assert_eq!(Bank::from_code(BankScheme::Kftc, "005"), Bank::KoreaExchange);
    assert_eq!(Bank::from_code(BankScheme::Hecto, "005"), Bank::KoreaExchange);
    assert_eq!(Bank::from_code(BankScheme::Daou, "05"), Bank::KoreaExchange);
    assert_eq!(Bank::from_code(BankScheme::Inicis, "81"), Bank::Hana);
    // Settlebank's number for *issuing* accounts is no refund code.
    assert_eq!(Bank::from_code(BankScheme::Settle, "005"), Bank::Other("005".to_owned()));
}

#[test]
fn old_codes_are_read_and_never_sent() {
    assert_eq!(Bank::from_code(BankScheme::Inicis, "53"), Bank::Citi);
    assert_eq!(Bank::Citi.code(BankScheme::Inicis), Some("27"));
    assert_eq!(Bank::from_code(BankScheme::Inicis, "05"), Bank::KoreaExchange);
    assert_eq!(Bank::from_code(BankScheme::Inicis, "D4"), Bank::KoreaInvestmentSecurities);
    assert_eq!(Bank::KoreaInvestmentSecurities.code(BankScheme::Inicis), None);
    assert_eq!(Bank::from_code(BankScheme::Hecto, "063"), Bank::BankOfChina);
    assert_eq!(Bank::BankOfChina.code(BankScheme::Hecto), None);
    let records = records();
    let read_only = |column| -> BTreeSet<&str> { records.iter().flat_map(|r| list(r[column])).collect() };
    let sent = |scheme| -> BTreeSet<&str> { Bank::all().filter_map(|bank| bank.code(scheme)).collect() };
    assert!(read_only("inicis_legacy").is_disjoint(&sent(BankScheme::Inicis)));
    assert!(read_only("hecto_easycash").is_disjoint(&sent(BankScheme::Hecto)));
}

#[test]
fn an_unknown_code_is_carried_and_cannot_be_sent() {
    for scheme in BankScheme::all() {
        for code in ["", "8", "8 8", "0088", "bk88", "신한", "\u{0}", "999"] {
            let bank = Bank::from_code(scheme, code);
            assert_eq!(bank, Bank::Other(code.to_owned()));
            assert_eq!((bank.name_ko(), bank.name_en(), bank.kftc()), (code, code, None));
            assert!(BankScheme::all().all(|any| bank.code(any).is_none()));
        }
    }
    let bank = Bank::Other("088".to_owned());
    assert_eq!(bank.code(BankScheme::Toss), None, "a raw code is not a way round the table");
    assert!(bank.schemes_that_can_refund().is_empty());
    assert_eq!((bank.kind(), bank.merged_into(), bank.v2_enum()), (BankKind::Unknown, None, None));
}

#[test]
fn every_name_finds_its_bank_unless_two_have_it() {
    let mut ambiguous = BTreeSet::new();
    for bank in Bank::all() {
        let aliases = bank.aliases().iter().copied();
        for name in [bank.name_ko(), bank.name_en()].into_iter().chain(bank.v2_enum()).chain(aliases) {
            match Bank::find(name) {
                Some(found) => assert_eq!(found, bank, "{name}"),
                None => _ = ambiguous.insert(name.to_owned()),
            }
        }
    }
    let known = ["NACF", "National Agricultural Cooperative Federation", "농협중앙회", "우리투자증권"];
    assert_eq!(ambiguous, known.map(str::to_owned).into());
}

#[test]
fn names_are_found_as_people_write_them() {
    for (text, bank) in [
        (" 신한 은행 ", Bank::Shinhan),
        ("신한", Bank::Shinhan),
        ("SHINHAN BANK", Bank::Shinhan),
        ("국민", Bank::KbKookmin),
        ("농협", Bank::NongHyup),
        ("축협", Bank::LocalNongHyup),
        ("지역 농·축협", Bank::LocalNongHyup),
        ("대구은행", Bank::ImBank),
        ("카카오", Bank::KakaoBank),
        ("k-bank", Bank::KBank),
        ("하나", Bank::Hana),
        ("KEB하나은행", Bank::Hana),
        ("외환", Bank::KoreaExchange),
        ("씨티", Bank::Citi),
        ("우체국은행", Bank::KoreaPost),
        ("미래에셋증권", Bank::MiraeAssetSecurities),
        ("nh투자증권", Bank::NhSecurities),
        ("KB_SECURITIES", Bank::KbSecurities),
    ] {
        assert_eq!(Bank::find(text), Some(bank), "{text}");
    }
    for text in ["", " ", "은행", "bank", "K", "k bank 2", "088", "증권", "없는은행", "---", "\u{1100}"]
    {
        assert_eq!(Bank::find(text), None, "{text:?}");
    }
}

#[test]
fn a_search_shows_everything_that_could_be_meant() {
    assert_eq!(Bank::search("농협중앙회"), [Bank::NongHyup, Bank::LocalNongHyup]);
    assert_eq!(Bank::search("우리투자증권"), [Bank::NhSecurities, Bank::KoreaFossSecurities]);
    assert_eq!(Bank::search("bk88"), [Bank::Shinhan]);
    assert_eq!(Bank::search("외환"), [Bank::KoreaExchange, Bank::Hana, Bank::KebFutures]);
    assert!(Bank::search("53").contains(&Bank::Citi));
    assert!(Bank::search("증권").len() > 20);
    assert!(Bank::search("  ").is_empty());
    assert!(Bank::search("없는은행").is_empty());
}

#[test]
fn gateways_that_can_refund_are_named() {
    let names =
        |bank: &Bank| bank.schemes_that_can_refund().iter().map(|s| s.name()).collect::<Vec<_>>().join(" ");
    assert_eq!(names(&Bank::KakaoBank), "inicis kcp toss nice kicc smartro settle jtnet hecto eximbay");
    assert_eq!(names(&Bank::TossSecurities), "hecto");
    assert_eq!(names(&Bank::BankOfChina), "");
    for bank in Bank::all() {
        for scheme in pg_schemes().filter(|scheme| *scheme != BankScheme::Danal) {
            assert_eq!(bank.schemes_that_can_refund().contains(&scheme), bank.code(scheme).is_some());
        }
    }
}

#[test]
fn schemes_have_distinct_names_and_are_all_listed() {
    let names: BTreeSet<_> = BankScheme::all().map(BankScheme::name).collect();
    assert_eq!(names.len(), 15);
    assert_eq!(BankScheme::NiceV2.to_string(), "nice_v2");
}

#[test]
fn a_pg_provider_without_a_table_has_no_scheme() {
    let scheme = BankScheme::for_chaiport_pg;
    for (pg, expected) in [
        ("html5_inicis", BankScheme::Inicis),
        ("inicis", BankScheme::Inicis),
        ("kcp", BankScheme::Kcp),
        ("kcp_billing", BankScheme::Kcp),
        ("kcp_quick", BankScheme::Kcp),
        ("uplus", BankScheme::Toss),
        ("tosspayments", BankScheme::Toss),
        ("danal_tpay", BankScheme::Danal),
        ("nice", BankScheme::Nice),
        ("nice_v2", BankScheme::NiceV2),
        ("kicc", BankScheme::Kicc),
        ("kicc_v2", BankScheme::Kicc),
        ("smartro", BankScheme::Smartro),
        ("smartro_v2", BankScheme::Smartro),
        ("settle", BankScheme::Settle),
        ("settle_acc", BankScheme::Settle),
        ("jtnet", BankScheme::JtNet),
        ("welcome", BankScheme::Welcome),
        ("daou", BankScheme::Daou),
    ] {
        assert_eq!(scheme(pg), Some(expected), "{pg}");
    }
    for pg in
        ["ksnet", "mobilians", "mobilians_v2", "galaxia", "bluewalnut", "tosspay", "kakaopay", "naverpay"]
    {
        assert_eq!(scheme(pg), None, "{pg}");
    }
    for pg in ["", "danal", "KCP", "kcp ", "hecto", "eximbay"] {
        assert_eq!(scheme(pg), None, "{pg}");
    }
}

#[test]
fn json_is_the_national_code_and_reads_back_the_same() {
    assert_eq!(serde_json::to_string(&Bank::Shinhan).unwrap(), "\"088\"");
    assert_eq!(serde_json::from_str::<Bank>("\"081\"").unwrap(), Bank::Hana);
    assert_eq!(serde_json::to_string(&Bank::Other("777".to_owned())).unwrap(), "\"777\"");
    // Daou's unknown "004" must not come back as KFTC's Kookmin.
    assert_eq!(serde_json::to_string(&Bank::from_code(BankScheme::Daou, "004")).unwrap(), "\"other:004\"");
    let others = ["", "004", "777", "other:", "other:004", "other:other:x", "신한은행"];
    for bank in Bank::all().chain(others.map(|text| Bank::Other(text.to_owned()))) {
        let json = serde_json::to_string(&bank).unwrap();
        assert_eq!(serde_json::from_str::<Bank>(&json).unwrap(), bank, "{json}");
    }
    assert!(serde_json::from_str::<Bank>("88").is_err(), "a number has lost its zeros");
    assert!(serde_json::from_str::<Bank>("null").is_err());
}
