//! Base URLs: what would send keys to somebody else, or in clear.

use super::{Case, Expected, Made};

/// What an address is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Address {
    /// A loopback address written as a number: always taken.
    Loopback,
    /// Another host over https: taken when it is allowed by name.
    Foreign,
    /// Never taken.
    Bad,
}
use Address::{Bad, Foreign, Loopback};

const URLS: &[(&str, Address)] = &[
    ("", Bad),
    (" ", Bad),
    ("x", Bad),
    ("host.example", Bad),
    ("host.example:443", Bad),
    ("//host.example", Bad),
    ("/path", Bad),
    ("?query", Bad),
    ("https://", Bad),
    ("https://host.example", Foreign),
    ("https://host.example/", Foreign),
    ("https://HOST.example", Foreign),
    ("https://host.example.", Foreign),
    ("https://host.example:8443", Foreign),
    ("https://host.example:0", Foreign),
    ("https://host.example:65536", Bad),
    ("https://host.example:-1", Bad),
    ("https://host.example:http", Bad),
    ("https://1.2.3.4", Foreign),
    ("https://169.254.169.254", Foreign),
    ("https://[2001:db8::1]", Foreign),
    ("https://한국.example", Foreign),
    ("https://xn--3e0b707e.example", Foreign),
    ("https://ho st.example", Bad),
    ("https://host%00.example", Bad),
    ("https://host%2f.example", Bad),
    ("https://host<.example", Bad),
    ("https://[::1", Bad),
    ("https://[::1%25lo]", Bad),
    ("https://1.2.3.4.5", Bad),
    ("https://256.0.0.1", Bad),
    // userinfo
    ("https://PASSWORD-CANARY@host.example", Bad),
    ("https://user:PASSWORD-CANARY@host.example", Bad),
    ("https://:PASSWORD-CANARY@host.example", Bad),
    ("https://user:PASSWORD-CANARY@127.0.0.1", Bad),
    ("http://127.0.0.1:PASSWORD-CANARY@host.example", Bad),
    ("http://127.0.0.1@host.example", Bad),
    ("https://host.example%2f@evil.example", Bad),
    ("https://api.iamport.kr@evil.example", Bad),
    // path, query, fragment
    ("https://host.example/path", Bad),
    ("https://host.example//", Bad),
    ("https://host.example/../x", Bad),
    ("https://host.example/%2e%2e/x", Bad),
    ("https://host.example/;x", Bad),
    ("https://host.example\\@evil.example", Bad),
    ("https://host.example?key=QUERY-CANARY", Bad),
    ("https://host.example/?", Bad),
    ("https://host.example#FRAGMENT-CANARY", Bad),
    ("https://host.example/#", Bad),
    ("https://host.example/\r\nX-Injected: 1", Bad),
    ("http://127.0.0.1:9/payments", Bad),
    ("http://127.0.0.1:9/?x", Bad),
    // in clear
    ("http://host.example", Bad),
    ("http://api.iamport.kr", Bad),
    ("http://api-test.eximbay.com", Bad),
    ("http://tbgw.settlebank.co.kr", Bad),
    ("http://localhost", Bad),
    ("http://localhost:8080", Bad),
    ("http://localhost.", Bad),
    ("http://127.0.0.1.evil.example", Bad),
    ("http://127.0.0.1.nip.io", Bad),
    ("http://0.0.0.0", Bad),
    ("http://128.0.0.1", Bad),
    ("http://10.0.0.1", Bad),
    ("http://192.168.0.1", Bad),
    ("http://169.254.169.254", Bad),
    ("http://[::]", Bad),
    ("http://[fe80::1]", Bad),
    ("http://[::ffff:127.0.0.1]", Bad),
    ("http://[::2]", Bad),
    ("HTTP://host.example", Bad),
    ("http:host.example", Bad),
    ("http:\\\\host.example", Bad),
    // loopback, by any spelling that is read as the number
    ("http://127.0.0.1", Loopback),
    ("http://127.0.0.1:9", Loopback),
    ("http://127.0.0.1:9/", Loopback),
    ("HTTP://127.0.0.1:9", Loopback),
    ("https://127.0.0.1:9", Loopback),
    ("http://127.255.255.254", Loopback),
    ("http://127.1", Loopback),
    ("http://2130706433", Loopback),
    ("http://0x7f000001", Loopback),
    ("http://0177.0.0.1", Loopback),
    ("http://[::1]", Loopback),
    ("http://[0:0:0:0:0:0:0:1]:9", Loopback),
    ("https://[::1]:9", Loopback),
    // other schemes
    ("ftp://host.example", Bad),
    ("ftp://127.0.0.1", Bad),
    ("ws://127.0.0.1", Bad),
    ("wss://host.example", Bad),
    ("file:///etc/passwd", Bad),
    ("file://host.example/", Bad),
    ("unix:/run/x.sock", Bad),
    ("data:,x", Bad),
    ("javascript:alert(1)", Bad),
    ("mailto:user@host.example", Bad),
    ("about:blank", Bad),
    ("blob:https://host.example/x", Bad),
    ("gopher://127.0.0.1:9", Bad),
    ("httpx://127.0.0.1", Bad),
    ("h\u{442}tps://host.example", Bad),
    ("null", Bad),
    ("undefined", Bad),
];

pub(super) fn all() -> Vec<Case> {
    let mut cases = Vec::new();
    for gateway in ["chaiport", "eximbay", "settlebank"] {
        for allowed in [false, true] {
            for (url, address) in URLS {
                let taken = *address == Loopback || (*address == Foreign && allowed);
                let expected = if taken { Expected::Accepted } else { Expected::Invalid("base_url") };
                cases.push(Case {
                    place: format!("{gateway}: base url, other hosts allowed: {allowed}"),
                    input: url.escape_debug().to_string(),
                    value: (*url).to_owned(),
                    expected,
                    make: Box::new(move || made(gateway, allowed, url)),
                });
            }
        }
    }
    cases
}

fn made(gateway: &str, allowed: bool, url: &str) -> Made {
    let url = url.to_owned();
    let result = match gateway {
        "chaiport" => chaiport_cancel::Config::builder("key", "secret")
            .endpoint(chaiport_cancel::Endpoint::Custom(url))
            .allow_custom_host(allowed)
            .build()
            .and_then(|config| chaiport_cancel::ChaiportClient::new(config).map(drop)),
        "eximbay" => eximbay_cancel::Config::builder("key-of-no-side", "1849705C64")
            .endpoint(eximbay_cancel::Endpoint::Custom(url))
            .allow_custom_host(allowed)
            .build()
            .map(drop),
        _ => settlebank_cancel::Config::flat("mid", "licence")
            .endpoint(settlebank_cancel::Endpoint::Custom(url))
            .allow_custom_host(allowed)
            .build()
            .map(drop),
    };
    Made::Checked(result.map_err(Into::into))
}
