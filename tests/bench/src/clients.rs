//! Every client by its name.

use std::sync::Arc;

use crate::kind::{ClientKind, GatewayKind};
use crate::measure::{Measured, Meter, Plan, run};
use crate::ours::Ours;
use crate::raw::{Fixed, Floor, Hyper, ReqwestBytes};
use crate::twin;

/// Runs one client to `127.0.0.1:port`.
///
/// # Errors
/// The first failure of any cancel.
pub async fn measure(
    client: ClientKind,
    gateway: GatewayKind,
    port: u16,
    plan: Plan,
    meter: Option<Meter>,
) -> Result<Measured, String> {
    // reqwest without settings of its own asks for the process's provider of cryptography
    let _already_there = rustls::crypto::ring::default_provider().install_default();
    let fixed = || Arc::new(Fixed::new(gateway, port));
    match (client, gateway) {
        (ClientKind::Floor, _) => run(Floor(fixed()), plan, meter).await,
        (ClientKind::Hyper, _) => run(Hyper(fixed()), plan, meter).await,
        (ClientKind::ReqwestBytes, _) => run(ReqwestBytes::new(fixed()), plan, meter).await,
        (ClientKind::Twin, GatewayKind::Chaiport) => run(twin::chaiport::Twin::new(port), plan, meter).await,
        (ClientKind::Twin, GatewayKind::Eximbay) => run(twin::eximbay::Twin::new(port), plan, meter).await,
        (ClientKind::Twin, GatewayKind::Settlebank | GatewayKind::SettlebankFlat) => {
            let flat = gateway == GatewayKind::SettlebankFlat;
            run(twin::settlebank::Twin::new(port, flat), plan, meter).await
        }
        (ClientKind::OursWitness, _) => {
            let ours = Ours::over_witness(gateway, port).map_err(|error| error.to_string())?;
            run(ours, plan, meter).await
        }
        (ClientKind::OursReqwest, _) => {
            let ours = Ours::over_reqwest(gateway, port).map_err(|error| error.to_string())?;
            run(ours, plan, meter).await
        }
    }
}
