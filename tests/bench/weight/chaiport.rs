//! A cancel at Chaiport.

use chaiport_cancel::{CancelRequest, ChaiportClient, Config, ImpUid, Money, PaymentRecord};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = ChaiportClient::new(Config::from_env()?)?;
    let imp_uid = std::env::args().nth(1).ok_or("IMP_UID")?;
    let payment = PaymentRecord::new(imp_uid.parse::<ImpUid>()?, Money::krw(1000)?);
    match client.cancel(&CancelRequest::full(payment)?.with_reason("고객 변심")?).await {
        Ok(done) => println!("{}", done.state().label()),
        Err(error) => println!("{error}"),
    }
    Ok(())
}
