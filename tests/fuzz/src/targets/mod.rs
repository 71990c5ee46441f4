//! The targets.

mod cancel;
mod chaiport;
mod config;
mod eximbay;
mod files;
mod http;
mod ids;
mod journal;
mod money;
mod notices;
mod settlebank;
mod step01;

use crate::Target;
use crate::seeds;

pub(crate) use eximbay::{ID as EXIMBAY_ID, MID as EXIMBAY_MID};
pub(crate) use settlebank::TAG as SETTLEBANK_TAG;

macro_rules! targets {
    ($($name:ident in $module:ident, $seeds:path;)*) => {
        /// Every target.
        pub const ALL: &[Target] = &[$(Target {
            name: stringify!($name),
            run: $module::$name,
            words: $module::WORDS,
            seeds: $seeds,
        }),*];
    };
}

targets! {
    chaiport_cancel in chaiport, seeds::chaiport_cancel;
    chaiport_token in chaiport, seeds::chaiport_token;
    chaiport_look_up in chaiport, seeds::chaiport_look_up;
    chaiport_webhook in notices, seeds::chaiport_webhook;
    eximbay_cancel in eximbay, seeds::eximbay_cancel;
    eximbay_look_up in eximbay, seeds::eximbay_look_up;
    settlebank_standard in settlebank, seeds::settlebank_standard;
    settlebank_flat in settlebank, seeds::settlebank_flat;
    settlebank_inquiry in settlebank, seeds::settlebank_inquiry;
    settlebank_revoke in settlebank, seeds::settlebank_revoke;
    settlebank_notification in notices, seeds::settlebank_notification;
    step01 in step01, seeds::step01;
    http in http, seeds::http;
    order_file in files, seeds::order_file;
    payments_file in files, seeds::payments_file;
    money in money, seeds::money;
    ids in ids, seeds::ids;
    journal in journal, seeds::journal;
    config in config, seeds::config;
}
