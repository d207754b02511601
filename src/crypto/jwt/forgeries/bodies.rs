//! Forged claims, times, signatures and shapes.

use serde_json::json;

use super::super::super::{device, refresh::RefreshToken, secret};
use super::super::TokenFault::{
    Audience, Claims as BadClaims, Expired, Header as BadHeader, Issuer, Life, Malformed, NotYet,
    Signature, TooLong,
};
use super::super::tests::{AUDIENCE, ISSUER, NOW, at, who};
use super::*;

/// The order of the curve's base point, little endian.
const GROUP_ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

pub(super) fn claim_values(forge: &mut Forge) {
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
        let mut without = claims();
        without.as_object_mut().unwrap().remove(member);
        let header = forge.header().to_string();
        let name = format!("claim {member} missing");
        forge.raw(&name, &header, &without.to_string(), BadClaims);
        forge.with_claim(member, json!(null), BadClaims);
    }
    for iss in [
        "https://evil.example",
        "https://jieyou.example/",
        "HTTPS://JIEYOU.EXAMPLE",
        "",
    ] {
        forge.with_claim("iss", json!(iss), Issuer);
    }
    forge.with_claim("iss", json!([ISSUER]), BadClaims);
    for aud in ["other-api", "jieyou-api ", "Jieyou-API", "*", ""] {
        forge.with_claim("aud", json!(aud), Audience);
    }
    for aud in [json!([AUDIENCE]), json!([AUDIENCE, "other"]), json!([])] {
        forge.with_claim("aud", aud, BadClaims);
    }
    for member in ["iat", "nbf", "exp", "auth_time"] {
        for bad in [
            json!(NOW.to_string()),
            json!(""),
            json!(NOW as f64 + 0.5),
            json!([NOW]),
            json!(true),
            json!(u64::MAX),
            json!("2099-01-01T00:00:00Z"),
        ] {
            forge.with_claim(member, bad, BadClaims);
        }
    }
    for (member, bad) in [
        ("sub", json!("admin")),
        ("sub", json!(1)),
        ("sub", json!("")),
        ("sid", json!("' OR 1=1")),
        ("jti", json!(3)),
        ("amr", json!("pwd")),
        ("auth_time", json!(NOW + 31)),
        ("auth_time", json!(i64::MIN)),
    ] {
        forge.with_claim(member, bad, BadClaims);
    }
    let header = forge.header().to_string();
    let twice = claims().to_string().replacen('{', "{\"exp\":1,", 1);
    forge.raw("duplicate exp", &header, &twice, BadClaims);
    let float = claims()
        .to_string()
        .replace(&(NOW + 600).to_string(), &format!("{}.0", NOW + 600));
    forge.raw("exp with a decimal point", &header, &float, BadClaims);
    let power = claims()
        .to_string()
        .replace(&(NOW + 600).to_string(), "1.8000006e9");
    forge.raw("exp with an exponent", &header, &power, BadClaims);
    for (name, body) in [
        ("no claims", ""),
        ("claims null", "null"),
        ("claims empty", "{}"),
        ("claims array", "[]"),
        ("claims cut", "{\"iss\":"),
    ] {
        forge.raw(name, &header, body, BadClaims);
    }
}

pub(super) fn times(forge: &mut Forge) {
    for (iat, nbf, exp, fault) in [
        (-631, -631, -31, Expired),
        (-630, -630, -30, Expired),
        (-86_400, -86_400, -86_000, Expired),
        (0, 31, 600, NotYet),
        (0, 86_400, 600, NotYet),
        (31, 0, 600, NotYet),
        (31, 31, 631, NotYet),
        (0, 0, 601, Life),
        (0, 0, 86_400, Life),
        (-1_000, 0, 1, Life),
        (0, 0, 0, Life),
        (10, 0, 5, Life),
    ] {
        let mut claims = claims();
        claims["iat"] = json!(NOW + iat);
        claims["auth_time"] = json!(NOW + iat);
        claims["nbf"] = json!(NOW + nbf);
        claims["exp"] = json!(NOW + exp);
        let header = forge.header().to_string();
        let name = format!("iat {iat}, nbf {nbf}, exp {exp}");
        forge.raw(&name, &header, &claims.to_string(), fault);
    }
    forge.with_claim("exp", json!(i64::MAX), Life);
    forge.with_claim("exp", json!(i64::MIN), Life);
    forge.with_claim("exp", json!(-1), Life);
    forge.with_claim("iat", json!(i64::MIN), Life);
    forge.with_claim("nbf", json!(i64::MAX), NotYet);
}

pub(super) fn signatures(forge: &mut Forge) {
    let genuine = forge.genuine();
    let (message, signature) = genuine.rsplit_once('.').unwrap();
    let bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let with = |bytes: &[u8]| format!("{message}.{}", b64(bytes));

    let mut malleable = bytes.clone();
    let mut carry = 0u16;
    for (byte, order) in malleable[32..].iter_mut().zip(GROUP_ORDER) {
        carry += u16::from(*byte) + u16::from(order);
        *byte = carry as u8;
        carry >>= 8;
    }
    assert_eq!(carry, 0);
    forge.add("S + L", with(&malleable), Signature);

    forge.add("all zero", with(&[0; 64]), Signature);
    forge.add("all ones", with(&[0xff; 64]), Signature);
    let mut neutral = [0u8; 64];
    neutral[0] = 1;
    forge.add("neutral R, zero S", with(&neutral), Signature);
    for (name, at, bit) in [
        ("first bit of R", 0, 1),
        ("sign of R", 31, 0x80),
        ("first bit of S", 32, 1),
        ("top bit of S", 63, 0x80),
        ("third bit of S from the top", 63, 0x20),
    ] {
        let mut changed = bytes.clone();
        changed[at] ^= bit;
        forge.add(name, with(&changed), Signature);
    }
    forge.add(
        "halves swapped",
        with(&[&bytes[32..], &bytes[..32]].concat()),
        Signature,
    );
    forge.add("one byte short", with(&bytes[..63]), Signature);
    forge.add(
        "one byte more",
        with(&[&bytes[..], &[0]].concat()),
        Signature,
    );
    forge.add("signature twice", with(&bytes.repeat(2)), Signature);
    // 64 bytes leave four spare bits in the last character
    let last = signature.chars().last().unwrap();
    let spare = match last {
        'A' => 'B',
        'Q' => 'R',
        'g' => 'h',
        _ => 'x',
    };
    let respelt = format!("{message}.{}{spare}", &signature[..85]);
    forge.add("same signature, spare bits set", respelt, Signature);
    forge.add("padded", format!("{genuine}=="), Signature);

    let mut other = claims();
    other["sub"] = json!(Uuid::from_u128(9));
    let (header, _) = message.split_once('.').unwrap();
    let body = b64(other.to_string());
    let stolen = format!("{header}.{body}.{signature}");
    forge.add(
        "another user's body under this signature",
        stolen,
        Signature,
    );
    let spaced = b64(format!(" {}", claims()));
    let token = format!("{header}.{spaced}.{signature}");
    forge.add("a space before the claims", token, Signature);
}

pub(super) fn shapes(forge: &mut Forge) {
    let genuine = forge.genuine();
    let parts: Vec<&str> = genuine.split('.').collect();
    let (h, p, s) = (parts[0], parts[1], parts[2]);
    let kid = forge.key.kid().to_owned();
    for (name, token, fault) in [
        ("empty", String::new(), Malformed),
        ("one dot", ".".into(), Malformed),
        ("two dots", "..".into(), BadHeader),
        ("header alone", h.to_owned(), Malformed),
        ("two parts", format!("{h}.{p}"), Malformed),
        ("four parts", format!("{h}.{p}.{s}.{s}"), Signature),
        (
            "five parts (JWE)",
            format!("{h}.{p}.{s}.{s}.{s}"),
            Signature,
        ),
        ("leading dot", format!(".{genuine}"), BadHeader),
        ("trailing dot", format!("{genuine}."), Signature),
        ("space before", format!(" {genuine}"), Malformed),
        ("newline after", format!("{genuine}\n"), Signature),
        ("scheme inside", format!("Bearer {genuine}"), Malformed),
        ("two tokens", format!("{genuine},{genuine}"), Signature),
        ("padded header", format!("{h}=.{p}.{s}"), Malformed),
        ("standard alphabet", format!("{h}+/.{p}.{s}"), Malformed),
        ("parts swapped", format!("{p}.{h}.{s}"), BadHeader),
        ("not ASCII", format!("{h}.{p}.解{s}"), Signature),
        (
            "JSON form",
            json!({"protected": h, "payload": p, "signature": s}).to_string(),
            Malformed,
        ),
        ("the kid alone", kid, Malformed),
    ] {
        forge.add(name, token, fault);
    }
    for size in [MAX_CHARS + 1, 8_192, 1_000_000] {
        forge.add(format!("{size} characters"), "A".repeat(size), TooLong);
    }
    let mut fat = claims();
    fat["pad"] = json!("x".repeat(8_192));
    let header = forge.header().to_string();
    forge.raw("genuine but 8 KiB", &header, &fat.to_string(), TooLong);
    forge.raw("nested token as claims", &header, &genuine, BadClaims);
    let quoted = json!(genuine).to_string();
    forge.raw("nested token as text", &header, &quoted, BadClaims);
    let mut nested = forge.header();
    nested["cty"] = json!("at+jwt");
    forge.raw("nested with cty", &nested.to_string(), &genuine, BadHeader);
}

pub(super) fn other_tokens(forge: &mut Forge) {
    let mac = secret::MacKey::new(&[1; 32]).unwrap();
    let refresh = RefreshToken::generate().unwrap();
    forge.add("refresh token", refresh.expose().to_owned(), Malformed);
    let device = device::issue(&mac, who().sub, Uuid::from_u128(2), at(0));
    forge.add("device token", device.expose().to_owned(), Malformed);
    let invite = secret::invite_code().unwrap();
    forge.add("invite code", invite.expose().to_owned(), Malformed);
    let header = forge.header();
    let wrapped = format!("{}.{}.", b64(header.to_string()), refresh.expose());
    forge.add("refresh token as claims", wrapped, Signature);
}
