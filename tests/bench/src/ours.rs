//! Our clients, each with everything on, as their READMEs show them.

use chaiport_cancel::{ChaiportClient, Money};
use eximbay_cancel::EximbayClient;
use pg_core::{CancelState, Currency};
use settlebank_cancel::SettlebankClient;
use time::macros::date;

use crate::kind::GatewayKind;
use crate::measure::Client;

/// What every cancel of a gateway has in common.
#[derive(Debug, Clone)]
pub enum Ours {
    /// Chaiport.
    Chaiport(ChaiportClient),
    /// Eximbay.
    Eximbay(EximbayClient),
    /// Settlebank, in either form.
    Settlebank(SettlebankClient),
}

impl Ours {
    /// Over reqwest, to `127.0.0.1:port`.
    ///
    /// # Errors
    /// As the clients'.
    pub fn over_reqwest(kind: GatewayKind, port: u16) -> Result<Self, pg_core::Invalid> {
        Ok(match kind {
            GatewayKind::Chaiport => Self::Chaiport(ChaiportClient::new(chaiport_config(port)?)?),
            GatewayKind::Eximbay => Self::Eximbay(EximbayClient::new(eximbay_config(port)?)?),
            GatewayKind::Settlebank | GatewayKind::SettlebankFlat => {
                Self::Settlebank(SettlebankClient::new(settlebank_config(kind, port)?)?)
            }
        })
    }

    /// Over the witness transport, to `127.0.0.1:port`.
    ///
    /// # Errors
    /// As the clients'.
    pub fn over_witness(kind: GatewayKind, port: u16) -> Result<Self, pg_core::Invalid> {
        Ok(match kind {
            GatewayKind::Chaiport => Self::Chaiport(ChaiportClient::witness(chaiport_config(port)?)?),
            GatewayKind::Eximbay => Self::Eximbay(EximbayClient::witness(eximbay_config(port)?)?),
            GatewayKind::Settlebank | GatewayKind::SettlebankFlat => {
                Self::Settlebank(SettlebankClient::witness(settlebank_config(kind, port)?)?)
            }
        })
    }

    async fn done(&self, number: u64) -> Result<CancelState, Box<dyn std::error::Error + Send + Sync>> {
        Ok(match self {
            Self::Chaiport(client) => client.cancel(&chaiport_request(number)?).await?.state(),
            Self::Eximbay(client) => client.cancel(&eximbay_request()?).await?.state(),
            Self::Settlebank(client) => client.cancel(&settlebank_request(client.form())?).await?.state(),
        })
    }
}

impl Client for Ours {
    type Lane = ();

    async fn lane(&self) -> Result<(), String> {
        Ok(())
    }

    async fn cancel(&self, _lane: &mut (), number: u64) -> Result<(), String> {
        match self.done(number).await {
            Ok(CancelState::Completed) => Ok(()),
            Ok(other) => Err(format!("it ended as {}", other.label())),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// Settings for a mock on `port`.
///
/// # Errors
/// [`pg_core::Invalid`].
pub fn chaiport_config(port: u16) -> Result<chaiport_cancel::Config, pg_core::Invalid> {
    chaiport_cancel::Config::builder("1111111111111111", "bench-secret-0123456789")
        .endpoint(chaiport_cancel::Endpoint::Custom(format!("http://127.0.0.1:{port}")))
        .build()
}

/// Settings for a mock on `port`.
///
/// # Errors
/// [`pg_core::Invalid`].
pub fn eximbay_config(port: u16) -> Result<eximbay_cancel::Config, pg_core::Invalid> {
    eximbay_cancel::Config::builder("test_1849705C642C217E0CEE6", "1849705C64")
        .endpoint(eximbay_cancel::Endpoint::Custom(format!("http://127.0.0.1:{port}")))
        .build()
}

/// Settings for a mock on `port`.
///
/// # Errors
/// [`pg_core::Invalid`].
pub fn settlebank_config(
    kind: GatewayKind,
    port: u16,
) -> Result<settlebank_cancel::Config, pg_core::Invalid> {
    use settlebank_cancel::{Config, Endpoint, SANDBOX_AES_KEY, SANDBOX_LICENCE_KEY};
    let builder = match kind {
        GatewayKind::SettlebankFlat => Config::flat("nxca_jt_il", SANDBOX_LICENCE_KEY),
        _ => Config::standard("nxca_jt_il", SANDBOX_LICENCE_KEY, SANDBOX_AES_KEY),
    };
    builder.endpoint(Endpoint::Custom(format!("http://127.0.0.1:{port}"))).build()
}

/// All of one payment.
///
/// # Errors
/// [`pg_core::Invalid`].
pub fn chaiport_request(
    number: u64,
) -> Result<chaiport_cancel::CancelRequest, Box<dyn std::error::Error + Send + Sync>> {
    let imp_uid: chaiport_cancel::ImpUid = format!("imp_{number:012}").parse()?;
    let payment = chaiport_cancel::PaymentRecord::new(imp_uid, Money::krw(35_000)?);
    Ok(chaiport_cancel::CancelRequest::full(payment)?.with_reason("고객 변심")?)
}

/// All of one payment.
///
/// # Errors
/// [`pg_core::Invalid`].
pub fn eximbay_request() -> Result<eximbay_cancel::CancelRequest, Box<dyn std::error::Error + Send + Sync>> {
    use eximbay_cancel::{AmountText, CancelRequest, PaymentRecord};
    let paid = AmountText::parse("1.00", Currency::USD)?;
    let balance = paid.money();
    let payment = PaymentRecord::new("1849705C6420220922000013", "20220819105102", paid, balance)?;
    Ok(CancelRequest::full(&payment)?.with_reason("고객 변심")?)
}

/// All of one payment.
///
/// # Errors
/// [`pg_core::Invalid`].
pub fn settlebank_request(
    form: settlebank_cancel::Form,
) -> Result<settlebank_cancel::CancelRequest, Box<dyn std::error::Error + Send + Sync>> {
    use settlebank_cancel::{CancelRequest, Form, Method, PaymentRecord};
    let trade_no = "STFP_PGCAnxca_jt_il0211129135810M1494620";
    let payment = PaymentRecord::new(trade_no, "ORDER-1", date!(2021 - 11 - 29), Money::krw(1000)?)?
        .with_method(Method::Card);
    let draft = CancelRequest::full(&payment);
    Ok(match form {
        Form::Standard => draft.reason("고객 변심").in_form(form)?,
        Form::Flat => draft.in_form(form)?,
    })
}
