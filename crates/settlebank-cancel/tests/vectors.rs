//! Every published or computed vector, by the public functions.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_docs_in_private_items
)]

use serde::Deserialize;
use settlebank_cancel::aes::AesKey;
use settlebank_cancel::pg_core::Secret;
use settlebank_cancel::sign::{is_same_hash, pkt_hash};
use settlebank_cancel::{SANDBOX_AES_KEY, SANDBOX_LICENCE_KEY};

#[derive(Deserialize)]
struct Vectors {
    keys: Keys,
    hashes: Vec<Hash>,
    ciphertexts: Vec<Ciphertext>,
}

#[derive(Deserialize)]
struct Keys {
    licence_key: String,
    aes_key: String,
}

#[derive(Deserialize)]
struct Hash {
    name: String,
    parts: Vec<String>,
    sha256: String,
    origin: String,
}

#[derive(Deserialize)]
struct Ciphertext {
    plain: String,
    base64: String,
}

fn vectors() -> Vectors {
    serde_json::from_str(include_str!("vectors.json")).unwrap()
}

#[test]
fn the_keys_are_the_published_ones() {
    let keys = vectors().keys;
    assert_eq!((keys.licence_key.as_str(), keys.aes_key.as_str()), (SANDBOX_LICENCE_KEY, SANDBOX_AES_KEY));
}

#[test]
fn every_hash_is_reproduced() {
    let vectors = vectors();
    let key = Secret::new("licence_key", &vectors.keys.licence_key, 64).unwrap();
    assert_eq!(vectors.hashes.len(), 11);
    for Hash { name, parts, sha256, origin } in &vectors.hashes {
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        assert_eq!(&pkt_hash(&parts, &key), sha256, "{name} ({origin})");
        assert!(is_same_hash(sha256, &sha256.to_uppercase()), "{name}");
    }
}

#[test]
fn every_ciphertext_is_reproduced_both_ways() {
    let vectors = vectors();
    let key = AesKey::new(&vectors.keys.aes_key).unwrap();
    assert_eq!(vectors.ciphertexts.len(), 17);
    for Ciphertext { plain, base64 } in &vectors.ciphertexts {
        assert_eq!(&key.encrypt(plain), base64, "{plain}");
        assert_eq!(key.decrypt(base64).unwrap().as_str(), plain);
    }
}
