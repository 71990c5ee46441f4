//! A request for Chaiport, without a client.

use chaiport_cancel::{CancelRequest, ImpUid, Money, PaymentRecord};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let imp_uid = std::env::args().nth(1).ok_or("IMP_UID")?;
    let payment = PaymentRecord::new(imp_uid.parse::<ImpUid>()?, Money::krw(1000)?);
    println!("{:?}", CancelRequest::full(payment)?.with_reason("고객 변심")?);
    Ok(())
}
