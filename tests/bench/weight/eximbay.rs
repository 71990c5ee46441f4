//! A cancel at Eximbay.

use eximbay_cancel::{AmountText, CancelRequest, Config, Currency, EximbayClient, PaymentRecord};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = EximbayClient::new(Config::from_env()?)?;
    let transaction = std::env::args().nth(1).ok_or("TRANSACTION_ID")?;
    let paid = AmountText::parse("1.00", Currency::USD)?;
    let balance = paid.money();
    let payment = PaymentRecord::new(&transaction, "ORDER-1", paid, balance)?;
    match client.cancel(&CancelRequest::full(&payment)?.with_reason("고객 변심")?).await {
        Ok(done) => println!("{}", done.state().label()),
        Err(error) => println!("{error}"),
    }
    Ok(())
}
