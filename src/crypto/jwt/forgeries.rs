//! Every known way to forge an access token, each refused for the reason expected.

use jsonwebtoken::{EncodingKey, crypto};
use serde_json::{Value, json};

use super::super::keys::SigningKey;
use super::TokenFault::{Header as BadHeader, Signature, UnknownKey};
use super::tests::{AUDIENCE, ISSUER, NOW, at, authority, new_key, who};
use super::*;

mod bodies;

/// The forgeries collected so far: name, token, and the fault it must be refused for.
pub(super) struct Forge {
    key: SigningKey,
    keys: KeySet,
    cases: Vec<(String, String, TokenFault)>,
}

fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn sign(key: &SigningKey, header: &str, claims: &str) -> String {
    let message = format!("{}.{}", b64(header), b64(claims));
    let signature = crypto::sign(message.as_bytes(), &key.encoding, Algorithm::EdDSA).unwrap();
    format!("{message}.{signature}")
}

fn claims() -> Value {
    json!({
        "iss": ISSUER, "aud": AUDIENCE,
        "sub": Uuid::from_u128(1), "sid": Uuid::from_u128(2), "jti": Uuid::from_u128(3),
        "iat": NOW, "nbf": NOW, "exp": NOW + 600, "auth_time": NOW - 500, "amr": ["pwd"],
    })
}

impl Forge {
    fn new() -> Self {
        let key = new_key(-10);
        Self {
            keys: KeySet::new(vec![key.clone()]),
            key,
            cases: Vec::new(),
        }
    }

    fn header(&self) -> Value {
        json!({"typ": "at+jwt", "alg": "EdDSA", "kid": self.key.kid()})
    }

    fn add(&mut self, name: impl Into<String>, token: String, fault: TokenFault) {
        self.cases.push((name.into(), token, fault));
    }

    /// Genuinely signed, with one header member set (`null` removes it).
    fn with_header(&mut self, member: &str, value: Value, fault: TokenFault) {
        let mut header = self.header();
        let name = format!("header {member} = {value}");
        set(&mut header, member, value);
        let token = sign(&self.key, &header.to_string(), &claims().to_string());
        self.add(name, token, fault);
    }

    /// Genuinely signed, with one claim set (`null` is written, not removed).
    fn with_claim(&mut self, member: &str, value: Value, fault: TokenFault) {
        let mut claims = claims();
        let name = format!("claim {member} = {value}");
        claims[member] = value;
        let token = sign(&self.key, &self.header().to_string(), &claims.to_string());
        self.add(name, token, fault);
    }

    fn raw(&mut self, name: &str, header: &str, claims: &str, fault: TokenFault) {
        let token = sign(&self.key, header, claims);
        self.add(name, token, fault);
    }

    fn genuine(&self) -> String {
        sign(&self.key, &self.header().to_string(), &claims().to_string())
    }
}

fn set(object: &mut Value, member: &str, value: Value) {
    let members = object.as_object_mut().unwrap();
    if value.is_null() {
        members.remove(member);
    } else {
        members.insert(member.to_owned(), value);
    }
}

fn algorithms(forge: &mut Forge) {
    for alg in [
        "none", "None", "NONE", "nOnE", "none ", "", "eddsa", "EDDSA", "EdDSA ", "Ed25519",
        "HS256", "HS384", "HS512", "RS256", "PS256", "ES256", "ES256K", "ES512",
    ] {
        forge.with_header("alg", json!(alg), BadHeader);
        // as attackers send them: without a signature
        let mut header = forge.header();
        header["alg"] = json!(alg);
        let unsigned = format!("{}.{}.", b64(header.to_string()), b64(claims().to_string()));
        forge.add(format!("unsigned, alg {alg:?}"), unsigned, BadHeader);
    }
    for alg in [json!(null), json!(true), json!(["EdDSA"]), json!({})] {
        forge.with_header("alg", alg, BadHeader);
    }
    let genuine = forge.genuine();
    let (message, _) = genuine.rsplit_once('.').unwrap();
    forge.add("signature dropped", format!("{message}."), Signature);
}

/// The public key, in every form an attacker may hold it, used as an HMAC secret.
fn key_confusion(forge: &mut Forge) {
    let jwk = forge.keys.jwks(at(0))["keys"][0].clone();
    let x = jwk["x"].as_str().unwrap().to_owned();
    let raw = URL_SAFE_NO_PAD.decode(&x).unwrap();
    let spki = [
        &[
            0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
        ][..],
        &raw,
    ]
    .concat();
    let pem = format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
        base64::engine::general_purpose::STANDARD.encode(&spki)
    );
    for (form, secret) in [
        ("raw", raw),
        ("base64url", x.into_bytes()),
        ("SPKI", spki),
        ("PEM", pem.into_bytes()),
        ("JWK", jwk.to_string().into_bytes()),
        ("empty", Vec::new()),
    ] {
        let secret = EncodingKey::from_secret(&secret);
        for (alg, written, fault) in [
            (Algorithm::HS256, "HS256", BadHeader),
            (Algorithm::HS512, "HS512", BadHeader),
            (Algorithm::HS512, "EdDSA", Signature),
        ] {
            let mut header = forge.header();
            header["alg"] = json!(written);
            let message = format!("{}.{}", b64(header.to_string()), b64(claims().to_string()));
            let mac = crypto::sign(message.as_bytes(), &secret, alg).unwrap();
            forge.add(
                format!("{alg:?} keyed with the {form} public key, alg {written}"),
                format!("{message}.{mac}"),
                fault,
            );
        }
    }
}

fn key_ids(forge: &mut Forge) {
    let kid = forge.key.kid().to_owned();
    for bad in [
        String::new(),
        "../../../../dev/null".into(),
        "/etc/passwd".into(),
        "file:///dev/null".into(),
        "https://evil.example/jwks.json".into(),
        "' OR '1'='1".into(),
        "x' UNION SELECT 'c2VjcmV0' -- ".into(),
        "| cat /etc/passwd".into(),
        format!("{kid}\0"),
        format!("{kid} "),
        kid.to_lowercase() + "a",
        kid[..42].to_owned(),
        "A".repeat(43),
    ] {
        // a NUL is written as an escape, which the strict header refuses before any look-up
        let fault = if bad.contains('\0') {
            BadHeader
        } else {
            UnknownKey
        };
        forge.with_header("kid", json!(bad), fault);
    }
    for bad in [json!(null), json!(0), json!([kid]), json!({"kid": kid})] {
        forge.with_header("kid", bad, BadHeader);
    }
    let stranger = new_key(-10);
    let token = sign(
        &stranger,
        &forge.header().to_string(),
        &claims().to_string(),
    );
    forge.add("another key under our kid", token, Signature);
    let mut header = forge.header();
    header["kid"] = json!(stranger.kid());
    let token = sign(&stranger, &header.to_string(), &claims().to_string());
    forge.add("another key under its own kid", token, UnknownKey);
}

fn header_members(forge: &mut Forge) {
    let jwk = KeySet::new(vec![new_key(-10)]).jwks(at(0))["keys"][0].clone();
    for (member, value) in [
        ("jwk", jwk),
        ("jku", json!("https://evil.example/jwks.json")),
        ("x5u", json!("https://evil.example/cert.pem")),
        ("x5c", json!(["MIIB"])),
        ("x5t", json!("abc")),
        ("x5t#S256", json!("abc")),
        ("crit", json!(["exp"])),
        ("crit", json!([])),
        ("b64", json!(false)),
        ("cty", json!("JWT")),
        ("zip", json!("DEF")),
        ("enc", json!("A256GCM")),
        ("nonce", json!("n")),
        ("url", json!("https://jieyou.example")),
        ("iss", json!(ISSUER)),
        ("p2c", json!(1_000_000_000)),
        ("未知", json!(1)),
        ("", json!("")),
    ] {
        forge.with_header(member, value, BadHeader);
    }
    for typ in [
        "JWT",
        "jwt",
        "AT+JWT",
        "at+JWT",
        "application/at+jwt",
        "at+jwt ",
        "rt+jwt",
        "dpop+jwt",
        "logout+jwt",
        "",
    ] {
        forge.with_header("typ", json!(typ), BadHeader);
    }
    for typ in [json!(null), json!(1), json!(["at+jwt"])] {
        forge.with_header("typ", typ, BadHeader);
    }
    let (kid, good) = (forge.key.kid().to_owned(), claims().to_string());
    for (name, header) in [
        (
            "duplicate alg",
            format!(r#"{{"typ":"at+jwt","alg":"none","alg":"EdDSA","kid":"{kid}"}}"#),
        ),
        (
            "duplicate kid",
            format!(r#"{{"typ":"at+jwt","alg":"EdDSA","kid":"x","kid":"{kid}"}}"#),
        ),
        ("header as array", format!(r#"["at+jwt","EdDSA","{kid}"]"#)),
        (
            "escaped alg",
            format!(r#"{{"typ":"at+jwt","alg":"Ed\u0044SA","kid":"{kid}"}}"#),
        ),
        (
            "escaped member",
            format!(r#"{{"typ":"at+jwt","alg":"EdDSA","kid":"{kid}","\u006aku":"x"}}"#),
        ),
        (
            "text after the header",
            format!(r#"{{"typ":"at+jwt","alg":"EdDSA","kid":"{kid}"}}{{}}"#),
        ),
        (
            "byte order mark",
            format!("\u{feff}{{\"typ\":\"at+jwt\",\"alg\":\"EdDSA\",\"kid\":\"{kid}\"}}"),
        ),
        ("empty header", String::new()),
        ("header null", "null".into()),
        ("header text", "\"at+jwt\"".into()),
        ("deep header", "{\"typ\":".repeat(300)),
    ] {
        forge.raw(name, &header, &good, BadHeader);
    }
}

#[test]
fn the_model_is_genuine() {
    let forge = Forge::new();
    let access = authority().verify(&forge.keys, &forge.genuine(), at(0));
    assert_eq!(access.map(|a| a.sub), Ok(who().sub));
    let mut more = claims();
    more["later"] = json!("a claim of a newer node");
    let token = sign(&forge.key, &forge.header().to_string(), &more.to_string());
    assert!(authority().verify(&forge.keys, &token, at(0)).is_ok());
}

#[test]
fn every_forgery_is_refused() {
    let mut forge = Forge::new();
    algorithms(&mut forge);
    key_confusion(&mut forge);
    key_ids(&mut forge);
    header_members(&mut forge);
    bodies::claim_values(&mut forge);
    bodies::times(&mut forge);
    bodies::signatures(&mut forge);
    bodies::shapes(&mut forge);
    bodies::other_tokens(&mut forge);
    assert!(forge.cases.len() >= 200, "{} forgeries", forge.cases.len());
    let genuine = forge.genuine();
    let mut wrong = Vec::new();
    for (name, token, expected) in &forge.cases {
        assert_ne!(*token, genuine, "{name} is no forgery");
        let got = authority().verify(&forge.keys, token, at(0)).err();
        if got != Some(*expected) {
            wrong.push(format!("{name}: {got:?} instead of {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
