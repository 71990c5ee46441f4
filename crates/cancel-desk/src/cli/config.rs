//! `config check`, `config example`.

use clap::{Args, Subcommand};
use serde_json::json;

use crate::config::{Config, EXAMPLE, EXAMPLE_KO, LogFormat};

use super::exit::{Exit, Failure};
use super::shell::{Secrets, Shell};
use super::{show, text};

#[derive(Debug, Args)]
pub(crate) struct ConfigArgs {
    #[command(subcommand)]
    command: ConfigCommand,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Read file and environment, and tell every fault at once
    Check,
    /// Print an example file with comments
    Example,
}

pub(crate) fn run(shell: &Shell, args: &ConfigArgs) -> Result<Exit, Failure> {
    match args.command {
        ConfigCommand::Example => {
            shell.say(shell.lang().pick(EXAMPLE, EXAMPLE_KO));
            Ok(Exit::Done)
        }
        ConfigCommand::Check => {
            let config = shell.config(Secrets::All)?;
            config.accounts().map_err(|error| shell.open_failed(&error))?;
            sound(shell, &config);
            Ok(Exit::Done)
        }
    }
}

/// An address that is none of the gateway's own is called so.
fn endpoint<'a>(shell: &Shell, word: &'a str) -> &'a str {
    if word == "custom" { shell.lang().pick("an address of your own", "직접 적은 주소") } else { word }
}

fn sound(shell: &Shell, config: &Config) {
    let file = config.file().map(|file| file.display().to_string());
    let (http, log) = (config.http(), config.log());
    let format = if log.format == LogFormat::Json { "json" } else { "text" };
    if shell.json {
        let accounts: Vec<_> = config
            .account_list()
            .iter()
            .map(|account| {
                json!({ "gateway": account.gateway(), "name": account.name(), "endpoint": account.endpoint(),
                    "sole_actor": account.policy().sole_actor,
                    "resend_on_unproven_guard": account.policy().resend_on_unproven_guard })
            })
            .collect();
        shell.json(&json!({
            "file": file, "journal": config.journal_place(),
            "account_key": config.journal().account_key.is_some(), "accounts": accounts,
            "http": { "listen": http.listen.to_string(), "tokens": http.tokens.len(), "without_token": http.without_token },
            "workers": config.workers(), "log": { "format": format, "filter": log.filter },
        }));
        return;
    }
    let file = file.unwrap_or_else(|| shell.t(&text::BUILT_IN).to_owned());
    shell.line(&text::CONFIG_SOUND.fill(shell.lang(), &[&file]));
    let yes = |given: bool| shell.t(if given { &text::YES } else { &text::NO }).to_owned();
    let mut rows = vec![
        (shell.t(&text::JOURNAL), config.journal_place()),
        (shell.t(&text::ACCOUNT_KEY), yes(config.journal().account_key.is_some())),
    ];
    for account in config.account_list() {
        let name = show::account(account.gateway(), account.name());
        rows.push((shell.t(&text::ACCOUNT), format!("{name} ({})", endpoint(shell, account.endpoint()))));
    }
    rows.push((shell.t(&text::HTTP), http.listen.to_string()));
    rows.push((shell.t(&text::TOKENS), http.tokens.len().to_string()));
    rows.push((shell.t(&text::WORKERS), config.workers().to_string()));
    rows.push((shell.t(&text::LOG), format!("{format} {}", log.filter.as_deref().unwrap_or_default())));
    shell.say(&show::pairs(rows));
    if config.account_list().is_empty() {
        shell.remark(shell.t(&text::NO_ACCOUNTS));
    }
}
