//! `payments import`, `payments list`, `payments show`.

use std::io::{IsTerminal, Read};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use pg_core::{Gateway, PaymentRef};
use serde_json::json;
use tokio::task::JoinSet;

use crate::config::Lang;
use crate::desk::{Desk, PaymentView, differences};
use crate::journal::{JournalError, UNDER_ANOTHER};
use crate::record::{NewPayment, PaymentKey};

use super::exit::{Exit, Failure};
use super::import::{self, BadRow, Defaults};
use super::shell::{Make, Secrets, Shell, Which, parse_gateway};
use super::{show, text};

/// How many registrations are under way at the same time: the journal writes them together.
const AT_ONCE: usize = 64;
/// How many faults are shown one by one.
const SHOWN: usize = 20;

#[derive(Debug, Args)]
pub(crate) struct PaymentArgs {
    #[command(subcommand)]
    command: PaymentCommand,
}

#[derive(Debug, Subcommand)]
enum PaymentCommand {
    /// Register the payments of a CSV or JSON file; a payment that is registered already changes nothing
    #[command(after_help = COLUMNS)]
    Import(ImportArgs),
    /// List registered payments
    List(ListArgs),
    /// Show a payment with its cancels
    Show(Which),
}

const COLUMNS: &str = "\
Columns (in any order; others are ignored, but for one that looks like an amount, which is refused):
  imp_uid | payment_id | transaction_id | org_trd_no | 결제번호   the gateway's number of the payment
  merchant_uid | order_id | 주문번호      your order number
  amount | 결제금액                       what was paid: 10000, or 12.50
  currency | 통화                         KRW unless given
  cancel_amount | 환불금액                what was refunded before, 0 unless given
  gateway                                 chaiport, eximbay, settlebank (chaiport if there is an imp_uid)
  account | 계정                          the account's name in the configuration (not needed if there is one)
  method | 결제수단, pg_provider | 원천PG | PG사   as the gateway names them; for refunds into bank accounts
  paid_at | 결제일 | 결제일시             day or time of the payment in Korea; settlebank needs it
What is registered stays as it is: a payment without method or pg_provider cannot get them later.

Example:
  cancel-desk payments import payments.csv";

#[derive(Debug, Args)]
struct ImportArgs {
    /// The file; - for standard input
    file: PathBuf,
    /// For rows that name no gateway
    #[arg(long, value_parser = parse_gateway)]
    gateway: Option<Gateway>,
    /// For rows that name no account
    #[arg(long)]
    account: Option<String>,
}

#[derive(Debug, Args)]
struct ListArgs {
    /// At most so many
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
    /// Those after this one: GATEWAY/ACCOUNT/PAYMENT
    #[arg(long)]
    after: Option<String>,
}

pub(crate) async fn run(shell: &Shell, args: PaymentArgs) -> Result<Exit, Failure> {
    match args.command {
        PaymentCommand::Import(args) => import(shell, &args).await,
        PaymentCommand::List(args) => list(shell, &args).await,
        PaymentCommand::Show(which) => one(shell, &which).await,
    }
}

async fn list(shell: &Shell, args: &ListArgs) -> Result<Exit, Failure> {
    let after = args.after.as_deref().map(key).transpose()?;
    let desk = shell.desk_of_journal().await?;
    let more = args.limit.saturating_add(1);
    let found = desk.journal().payments(after.as_ref(), more).await;
    let mut payments = found.map_err(|error| shell.journal_failed(error))?;
    let limit = usize::try_from(args.limit).unwrap_or(usize::MAX);
    let is_more = payments.len() > limit;
    payments.truncate(limit);
    if shell.json {
        shell.json(&payments.iter().map(PaymentView::new).collect::<Vec<_>>());
    } else if payments.is_empty() {
        shell.remark(shell.t(&text::EMPTY));
    } else {
        shell.say(&show::payments(shell.lang(), &payments));
    }
    if let (true, Some(last)) = (is_more, payments.last()) {
        shell.remark(&text::MORE_AFTER.fill(shell.lang(), &[&last.key()]));
    }
    Ok(Exit::Done)
}

pub(crate) fn key(text: &str) -> Result<PaymentKey, Failure> {
    let mut parts = text.splitn(3, '/');
    match (parts.next().map(parse_gateway), parts.next(), parts.next()) {
        (Some(Ok(gateway)), Some(account), Some(id)) => Ok(PaymentKey::new(gateway, account, id)),
        _ => Err(Failure::usage("must be GATEWAY/ACCOUNT/PAYMENT, such as chaiport/shop/imp_448280090638")),
    }
}

async fn one(shell: &Shell, which: &Which) -> Result<Exit, Failure> {
    let desk = shell.desk_of_journal().await?;
    let payment = shell.find(&desk, &which.selector()?).await?;
    super::status::show_payment(shell, &desk, &payment).await?;
    Ok(Exit::Done)
}

async fn import(shell: &Shell, args: &ImportArgs) -> Result<Exit, Failure> {
    let config = shell.config(Secrets::None)?;
    let name = args.file.display().to_string();
    let bytes = bytes(&args.file)?;
    let accounts = config.account_list().iter().map(|account| (account.gateway(), account.name().to_owned()));
    let defaults =
        Defaults { gateway: args.gateway, account: args.account.clone(), accounts: accounts.collect() };
    let mut file = import::read(&bytes, &name, &defaults);
    let journal = shell.journal(&config, Make::Yes).await?;
    let desk = Desk::new(journal, std::sync::Arc::default());
    let mut before = 0_usize;
    if file.faults.is_empty() {
        before = known(shell, &desk, &mut file).await?;
    }
    if !file.faults.is_empty() {
        return Err(faults(shell, &name, &file.faults));
    }
    if file.cp949 {
        shell.remark(super::bulk_text::CP949.of(shell.lang()));
    }
    if !file.ignored.is_empty() {
        shell.remark(&text::IGNORED_COLUMNS.fill(shell.lang(), &[&file.ignored.join(", ")]));
    }
    let total = file.payments.len();
    register(shell, &desk, file.payments).await?;
    let new = total.saturating_sub(before);
    if shell.json {
        shell.json(&json!({ "registered": new, "known_before": before }));
    } else {
        shell.line(&text::IMPORTED.fill(shell.lang(), &[&new, &before]));
    }
    Ok(Exit::Done)
}

fn bytes(file: &std::path::Path) -> Result<Vec<u8>, Failure> {
    let unreadable =
        |_| Failure::usage(format!("{}: cannot be read: check path and permissions", file.display()));
    let mut bytes = Vec::new();
    let most = import::MAX_FILE.saturating_add(1);
    if file.as_os_str() == "-" {
        std::io::stdin().lock().take(most).read_to_end(&mut bytes).map_err(unreadable)?;
    } else {
        let opened = std::fs::File::open(file).map_err(unreadable)?;
        opened.take(most).read_to_end(&mut bytes).map_err(unreadable)?;
    }
    if u64::try_from(bytes.len()).is_ok_and(|length| length > import::MAX_FILE) {
        return Err(Failure::usage(format!("{}: must be at most 256 MiB: split it", file.display())));
    }
    Ok(bytes)
}

/// How many are registered already; those with other content, and those that are so under another account, are faults,
/// found before anything is stored.
async fn known(shell: &Shell, desk: &Desk, file: &mut import::File) -> Result<usize, Failure> {
    let failed = |error| shell.journal_failed(error);
    let accounts = desk.journal().accounts().await.map_err(failed)?;
    let mut before = 0_usize;
    let mut faults = Vec::new();
    for (line, new) in &file.payments {
        match desk.journal().payment(&new.key()).await.map_err(failed)? {
            Some(known) if known.payment == new.payment => before = before.saturating_add(1),
            Some(known) => {
                let differs = differs(shell, &known.payment, &new.payment);
                let text = text::CONFLICT_IN.fill(shell.lang(), &[&differs, &known.payment.merchant_uid]);
                faults
                    .push(BadRow { head: file.head("payment_id"), ..BadRow::new(*line, "payment_id", text) });
            }
            None if desk.is_under_another(new, &accounts).await.map_err(failed)? => {
                faults.push(BadRow::new(*line, "account", UNDER_ANOTHER));
            }
            None => {}
        }
    }
    file.faults.append(&mut faults);
    Ok(before)
}

/// What differs between a payment as it is registered and as a file has it.
fn differs(shell: &Shell, known: &PaymentRef, new: &PaymentRef) -> String {
    let lang = shell.lang();
    let none = || text::NONE.of(lang).to_owned();
    let told = differences(known, new, show::money).into_iter().map(|one| {
        // as files call them
        let column = match one.field {
            "paid_text" => "amount",
            "paid_on" => "paid_at",
            field => field,
        };
        let (known, new) = (one.registered.unwrap_or_else(none), one.given.unwrap_or_else(none));
        text::REGISTERED_AS.fill(lang, &[&named(shell, column, None), &known, &new])
    });
    told.collect::<Vec<_>>().join(", ")
}

/// A column as the file calls it, else by its name in the reader's language.
fn named(shell: &Shell, column: &str, head: Option<&str>) -> String {
    match (head, import::korean_name(column)) {
        (Some(head), _) => head.to_owned(),
        (None, Some(korean)) if shell.lang() == Lang::Ko => format!("{korean}({column})"),
        _ => column.to_owned(),
    }
}

fn faults(shell: &Shell, name: &str, faults: &[BadRow]) -> Failure {
    let mut lines = vec![text::IMPORT_FAULTS.fill(shell.lang(), &[&faults.len(), &name])];
    for fault in faults.iter().take(SHOWN) {
        let why = shell.said(&fault.text);
        lines.push(match fault.column.as_str() {
            "-" => text::OF_LINE.fill(shell.lang(), &[&fault.line, &why]),
            column => {
                let column = named(shell, column, fault.head.as_deref());
                text::AT_LINE.fill(shell.lang(), &[&fault.line, &column, &why])
            }
        });
    }
    let rest = faults.len().saturating_sub(SHOWN);
    if rest > 0 {
        lines.push(text::AND_MORE.fill(shell.lang(), &[&rest]));
    }
    Failure::new(Exit::Usage, "bad_file", lines.join("\n"))
}

async fn register(shell: &Shell, desk: &Desk, payments: Vec<(u64, NewPayment)>) -> Result<(), Failure> {
    let bar = bar(shell, payments.len());
    let mut tasks: JoinSet<(u64, Result<(), JournalError>)> = JoinSet::new();
    let mut rest = payments.into_iter();
    loop {
        while tasks.len() < AT_ONCE {
            let Some((line, new)) = rest.next() else { break };
            let journal = std::sync::Arc::clone(desk.journal());
            tasks.spawn(async move { (line, journal.register_payment(new).await.map(drop)) });
        }
        let Some(done) = tasks.join_next().await else { break };
        bar.inc(1);
        if let Ok((line, Err(error))) = done {
            let failure = shell.journal_failed(error);
            let text = text::AT_LINE.fill(shell.lang(), &[&line, &"-", &failure.text]);
            return Err(Failure { text, ..failure });
        }
    }
    bar.finish_and_clear();
    Ok(())
}

/// A bar where a person watches; nothing where the output is piped.
fn bar(shell: &Shell, total: usize) -> indicatif::ProgressBar {
    if shell.quiet || shell.json || total < 200 || !std::io::stderr().is_terminal() {
        return indicatif::ProgressBar::hidden();
    }
    let bar = indicatif::ProgressBar::new(u64::try_from(total).unwrap_or(u64::MAX));
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
