//! Forged access tokens at the door (S4). The table of the token code itself is longer and names
//! the reason for each; here the point is that every one gets the same 401 and nothing breaks.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use serde_json::{Value, json};

use super::*;

fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What the forger holds: a genuine token, and for the worst cases even the signing key.
struct Forger {
    genuine: String,
    header: Value,
    claims: Value,
    key: EncodingKey,
    out: Vec<(String, String)>,
}

impl Forger {
    fn new(app: &TestApp, t: &Tokens) -> Self {
        let part = |n: usize| -> Value {
            let bytes = URL_SAFE_NO_PAD
                .decode(t.access.split('.').nth(n).unwrap())
                .unwrap();
            serde_json::from_slice(&bytes).unwrap()
        };
        let dir = app.config.key_dir().join("tokens");
        let file = std::fs::read_dir(dir)
            .unwrap()
            .map(|e| e.unwrap().path())
            .find(|p| p.extension().is_some_and(|e| e == "pem"))
            .unwrap();
        Self {
            genuine: t.access.clone(),
            header: part(0),
            claims: part(1),
            key: EncodingKey::from_ed_pem(&std::fs::read(file).unwrap()).unwrap(),
            out: Vec::new(),
        }
    }

    fn message(header: &str, claims: &str) -> String {
        format!("{}.{}", b64(header), b64(claims))
    }

    fn signed(&self, header: &str, claims: &str) -> String {
        let message = Self::message(header, claims);
        let signature = crypto::sign(message.as_bytes(), &self.key, Algorithm::EdDSA).unwrap();
        format!("{message}.{signature}")
    }

    fn add(&mut self, name: impl Into<String>, token: String) {
        self.out.push((name.into(), token));
    }

    /// Signed with the true key, one header member set; `null` removes it.
    fn header(&mut self, member: &str, value: Value) {
        let mut header = self.header.clone();
        set(&mut header, member, value.clone());
        let token = self.signed(&header.to_string(), &self.claims.to_string());
        self.add(format!("header {member} = {value}"), token);
    }

    /// Signed with the true key, one claim set; `null` removes it.
    fn claim(&mut self, member: &str, value: Value) {
        let mut claims = self.claims.clone();
        set(&mut claims, member, value.clone());
        let token = self.signed(&self.header.to_string(), &claims.to_string());
        self.add(format!("claim {member} = {value}"), token);
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

fn algorithms(f: &mut Forger, jwk: &Value) {
    let claims = f.claims.to_string();
    for alg in [
        "none", "None", "nOnE", "NONE", "", "HS256", "RS256", "ES256", "Ed25519", "eddsa",
    ] {
        f.header("alg", json!(alg));
        let mut header = f.header.clone();
        header["alg"] = json!(alg);
        let unsigned = format!("{}.", Forger::message(&header.to_string(), &claims));
        f.add(format!("unsigned {alg:?}"), unsigned);
    }
    let x = jwk["x"].as_str().unwrap();
    let raw = URL_SAFE_NO_PAD.decode(x).unwrap();
    for (form, secret) in [
        ("raw", raw),
        ("text", x.as_bytes().to_vec()),
        ("jwk", jwk.to_string().into_bytes()),
        ("empty", Vec::new()),
    ] {
        let secret = EncodingKey::from_secret(&secret);
        for alg in ["HS256", "EdDSA"] {
            let mut header = f.header.clone();
            header["alg"] = json!(alg);
            let message = Forger::message(&header.to_string(), &claims);
            let mac = crypto::sign(message.as_bytes(), &secret, Algorithm::HS256).unwrap();
            f.add(
                format!("HMAC with the {form} public key as {alg}"),
                format!("{message}.{mac}"),
            );
        }
    }
}

fn headers(f: &mut Forger, jwk: &Value) {
    for kid in [
        "",
        "../../../../dev/null",
        "/etc/passwd",
        "' OR '1'='1",
        "x' UNION SELECT 'a' -- ",
        "https://evil.example/jwks.json",
        "| id",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    ] {
        f.header("kid", json!(kid));
    }
    f.header("kid", Value::Null);
    f.header("kid", json!([f.header["kid"].clone()]));
    for (member, value) in [
        ("jwk", jwk.clone()),
        ("jku", json!("https://evil.example/jwks.json")),
        ("x5u", json!("https://evil.example/cert.pem")),
        ("x5c", json!(["MIIB"])),
        ("crit", json!(["exp"])),
        ("b64", json!(false)),
        ("zip", json!("DEF")),
        ("cty", json!("JWT")),
    ] {
        f.header(member, value);
    }
    for typ in [
        "JWT",
        "at+JWT",
        "AT+JWT",
        "application/at+jwt",
        "rt+jwt",
        "",
    ] {
        f.header("typ", json!(typ));
    }
    f.header("typ", Value::Null);
    f.header("alg", Value::Null);
}

fn claims(f: &mut Forger, now: i64) {
    for member in [
        "iss",
        "aud",
        "sub",
        "sid",
        "iat",
        "nbf",
        "exp",
        "jti",
        "auth_time",
        "amr",
    ] {
        f.claim(member, Value::Null);
    }
    for (member, value) in [
        ("iss", json!("https://evil.example")),
        ("iss", json!(["jieyou"])),
        ("aud", json!("other-api")),
        ("aud", json!(["jieyou-api"])),
        ("exp", json!((now + 600).to_string())),
        ("nbf", json!(now.to_string())),
        ("exp", json!(now - 31)),
        ("exp", json!(now + 86_400)),
        ("exp", json!(i64::MAX)),
        ("exp", json!(1.5e12)),
        ("nbf", json!(now + 31)),
        ("iat", json!(now + 3_600)),
        ("sub", json!("admin")),
        ("sub", json!("00000000-0000-0000-0000-000000000000")),
        ("sub", json!(jieyou::cli::demo::county::user("sysadmin"))),
        ("sid", json!("00000000-0000-7000-8000-000000000000")),
        ("sid", json!(1)),
        ("jti", json!("x")),
    ] {
        f.claim(member, value);
    }
    let mut past = f.claims.clone();
    for member in ["iat", "nbf", "auth_time"] {
        past[member] = json!(now - 631);
    }
    past["exp"] = json!(now - 31);
    let token = f.signed(&f.header.to_string(), &past.to_string());
    f.add("expired 31 seconds ago", token);
}

fn shapes(f: &mut Forger, t: &Tokens) {
    let genuine = f.genuine.clone();
    let parts: Vec<&str> = genuine.split('.').collect();
    let (h, p, s) = (parts[0], parts[1], parts[2]);
    let bytes = URL_SAFE_NO_PAD.decode(s).unwrap();
    let mut malleable = bytes.clone();
    let order = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
        0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10_u8,
    ];
    let mut carry = 0_u16;
    for (byte, add) in malleable[32..].iter_mut().zip(order) {
        carry += u16::from(*byte) + u16::from(add);
        *byte = carry as u8;
        carry >>= 8;
    }
    let mut other = f.claims.clone();
    other["sub"] = json!(jieyou::cli::demo::county::user("zhanglixin"));
    for (name, token) in [
        ("S + L", format!("{h}.{p}.{}", b64(&malleable))),
        ("all zero", format!("{h}.{p}.{}", b64([0; 64]))),
        ("all ones", format!("{h}.{p}.{}", b64([0xff; 64]))),
        ("short signature", format!("{h}.{p}.{}", b64(&bytes[..63]))),
        (
            "long signature",
            format!("{h}.{p}.{}", b64([&bytes[..], &[0]].concat())),
        ),
        ("signature dropped", format!("{h}.{p}.")),
        (
            "another body",
            format!("{h}.{}.{s}", b64(other.to_string())),
        ),
        ("two parts", format!("{h}.{p}")),
        ("four parts", format!("{genuine}.{s}")),
        ("five parts", format!("{genuine}.{s}.{s}")),
        ("padded", format!("{genuine}==")),
        ("swapped", format!("{p}.{h}.{s}")),
        ("dots", "..".to_owned()),
        ("a word", "letmein".to_owned()),
        ("two tokens", format!("{genuine},{genuine}")),
        ("refresh token", t.refresh.clone()),
        ("device token", t.device_token.clone()),
        ("5,000 characters", "A".repeat(5_000)),
        ("16 KiB", "A".repeat(16_384)),
    ] {
        f.add(name, token);
    }
    let mut fat = f.claims.clone();
    fat["pad"] = json!("x".repeat(8_192));
    let token = f.signed(&f.header.to_string(), &fat.to_string());
    f.add("genuine but 8 KiB", token);
    let nested = f.signed(&f.header.to_string(), &genuine);
    f.add("nested", nested);
    let twice = f.claims.to_string().replacen('{', "{\"sub\":\"x\",", 1);
    let token = f.signed(&f.header.to_string(), &twice);
    f.add("a claim twice", token);
}

#[test]
fn every_forged_token_gets_the_same_401() {
    let app = TestApp::new();
    let t = sign_in(&app, "chenyuee", &device());
    let jwk = app.anonymous().get("/.well-known/jwks.json").ok()["keys"][0].clone();
    let mut f = Forger::new(&app, &t);
    algorithms(&mut f, &jwk);
    headers(&mut f, &jwk);
    claims(&mut f, app.now().unix());
    shapes(&mut f, &t);
    assert!(f.out.len() >= 80, "{} forgeries", f.out.len());
    let get = |token: &str| {
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str())];
        app.anonymous()
            .raw("GET", "/api/v1/auth/me", &headers, Vec::new())
    };
    let mut wrong = Vec::new();
    for (name, token) in &f.out {
        assert_ne!(*token, f.genuine, "{name} is no forgery");
        let answer = get(token);
        let challenge = answer
            .header("www-authenticate")
            .unwrap_or_default()
            .to_owned();
        if answer.status != 401 || !challenge.starts_with("Bearer ") {
            wrong.push(format!("{name}: {} {challenge}", answer.status));
            continue;
        }
        answer.problem(401, "unauthenticated");
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    // the model was genuine, and still is
    get(&f.genuine).ok();
    let resigned = f.signed(&f.header.to_string(), &f.claims.to_string());
    get(&resigned).ok();
}

#[test]
fn a_token_counts_only_in_its_header() {
    let app = TestApp::new();
    let t = sign_in(&app, "chenyuee", &device());
    let me = "/api/v1/auth/me";
    let c = app.anonymous();
    let send = |value: &str| c.raw("GET", me, &[("authorization", value)], Vec::new());
    for value in [
        "",
        "Bearer",
        "Bearer ",
        "Basic Y2hlbnl1ZWU6eA==",
        &t.access,
        &format!("Token {}", t.access),
        &format!("Bearer Bearer {}", t.access),
    ] {
        send(value).problem(401, "unauthenticated");
    }
    let query = format!("{me}?access_token={}", t.access);
    c.raw("GET", &query, &[], Vec::new())
        .problem(401, "unauthenticated");
    let cookie = format!("access_token={}", t.access);
    c.raw("GET", me, &[("cookie", &cookie)], Vec::new())
        .problem(401, "unauthenticated");
    send(&format!("bearer {}", t.access)).ok();
}
