//! A cancel at Settlebank.

use settlebank_cancel::{CancelRequest, Config, Method, Money, PaymentRecord, SettlebankClient};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = SettlebankClient::new(Config::from_env()?)?;
    let number = std::env::args().nth(1).ok_or("TRD_NO")?;
    let day = time::macros::date!(2021 - 11 - 29);
    let payment = PaymentRecord::new(&number, "ORDER-1", day, Money::krw(1000)?)?.with_method(Method::Card);
    let request = CancelRequest::full(&payment).reason("고객 변심").in_form(client.form())?;
    match client.cancel(&request).await {
        Ok(done) => println!("{}", done.state().label()),
        Err(error) => println!("{error}"),
    }
    Ok(())
}
