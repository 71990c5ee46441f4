//! A cancel at Chaiport over bare reqwest.

use serde::{Deserialize, Serialize};

#[derive(Serialize)]
struct Cancel<'a> {
    imp_uid: &'a str,
    amount: i64,
    checksum: i64,
    reason: &'a str,
}

#[derive(Deserialize)]
struct Answer {
    code: i64,
    message: Option<String>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    provide();
    let words: Vec<String> = std::env::args().collect();
    let [_, base, token, imp_uid] = words.as_slice() else { return Err("BASE TOKEN IMP_UID".into()) };
    let client = reqwest::Client::builder().timeout(std::time::Duration::from_secs(65)).build()?;
    let body = serde_json::to_vec(&Cancel { imp_uid, amount: 1000, checksum: 1000, reason: "고객 변심" })?;
    let request = client.post(format!("{base}/payments/cancel")).header("authorization", token);
    let answer = request.header("content-type", "application/json").body(body).send().await?.bytes().await?;
    let answer: Answer = serde_json::from_slice(&answer)?;
    println!("{} {}", answer.code, answer.message.unwrap_or_default());
    Ok(())
}
