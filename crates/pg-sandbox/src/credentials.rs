//! The merchant of the sandbox: invented values, or values that the gateways publish for everybody's tests.
//!
//! None of them opens anything outside a test host.

/// Chaiport API key (`imp_key`); invented.
pub const CHAIPORT_KEY: &str = "5240000000012345";
/// Chaiport API secret (`imp_secret`); invented.
pub const CHAIPORT_SECRET: &str = "sandbox-secret-that-opens-nothing-0000000000";

/// Eximbay test API key, published in the developer guide's cancel page.
pub const EXIMBAY_KEY: &str = "test_1849705C642C217E0B2D";
/// Eximbay test merchant id, published beside the key.
pub const EXIMBAY_MID: &str = "1849705C64";

/// Settlebank (Hecto) test licence key, published on every page of the PG specification.
pub const SETTLEBANK_LICENCE_KEY: &str = "ST1009281328226982205";
/// Settlebank (Hecto) test AES key, 32 bytes, published beside it.
pub const SETTLEBANK_AES_KEY: &str = "pgSettle30y739r82jtd709yOfZ2yK5K";
/// Settlebank test merchant id for cards with authentication; published.
pub const SETTLEBANK_MID: &str = "nxca_jt_il";

/// Every Settlebank test merchant id that the specification publishes; the sandbox knows these merchants.
pub const SETTLEBANK_MIDS: &[&str] = &[
    "nxca_jt_il",
    "nxca_jt_bi",
    "nxca_ks_gu",
    "nxca_jt_gu",
    "nxca_ab_bi",
    "nxca_ab_il",
    "nx_mid_il",
    "nxhp_pl_il",
    "nxhp_sb_il",
    "nxpt_kt_il",
    "hecto_test",
    "nxva_sb_il",
    "nxva_fix",
    "nxva_fix2",
    "nxkkp_auto",
    "nxnvp_auto",
];
