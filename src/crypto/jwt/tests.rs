use super::super::keys::{SigningKey, generate};
use super::*;

pub(super) const ISSUER: &str = "https://jieyou.example";
pub(super) const AUDIENCE: &str = "jieyou-api";
pub(super) const NOW: i64 = 1_800_000_000;

pub(super) fn at(second: i64) -> Instant {
    Instant(0).plus_seconds(NOW + second)
}

pub(super) fn new_key(activates: i64) -> SigningKey {
    let file = generate(at(activates), at(activates)).unwrap();
    SigningKey::read(file.contents.expose().as_bytes()).unwrap()
}

pub(super) fn authority() -> Authority {
    Authority::new(ISSUER, AUDIENCE, MAX_LIFE)
}

pub(super) fn who() -> Identity {
    Identity {
        sub: UserId::new(Uuid::from_u128(1)),
        sid: LoginId::new(Uuid::from_u128(2)),
        jti: Uuid::from_u128(3),
        auth_time: at(-500),
        amr: vec!["pwd".into(), "otp".into()],
    }
}

#[test]
fn a_minted_token_says_who_and_how_long() {
    let keys = KeySet::new(vec![new_key(-10)]);
    let token = authority().mint(&keys, &who(), at(0)).unwrap();
    let access = authority().verify(&keys, &token, at(0)).unwrap();
    assert_eq!(
        access,
        Access {
            sub: UserId::new(Uuid::from_u128(1)),
            sid: LoginId::new(Uuid::from_u128(2)),
            jti: Uuid::from_u128(3),
            auth_time: at(-500),
            amr: vec!["pwd".into(), "otp".into()],
            issued: at(0),
            expires: at(600),
        }
    );
    let header = URL_SAFE_NO_PAD
        .decode(token.split('.').next().unwrap())
        .unwrap();
    let header: serde_json::Value = serde_json::from_slice(&header).unwrap();
    let kid = keys.current(at(0)).unwrap().kid();
    assert_eq!(
        header,
        serde_json::json!({"typ": "at+jwt", "alg": "EdDSA", "kid": kid})
    );
}

#[test]
fn the_window_is_life_and_leeway() {
    let keys = KeySet::new(vec![new_key(-10)]);
    let token = authority().mint(&keys, &who(), at(0)).unwrap();
    let table = [
        (-31, Some(TokenFault::NotYet)),
        (-30, None),
        (599, None),
        (629, None),
        (630, Some(TokenFault::Expired)),
        (631, Some(TokenFault::Expired)),
        (1_000_000, Some(TokenFault::Expired)),
    ];
    for (now, expected) in table {
        let got = authority().verify(&keys, &token, at(now)).err();
        assert_eq!(got, expected, "at {now}");
    }
}

#[test]
fn life_is_capped_and_configurable() {
    let keys = KeySet::new(vec![new_key(-10)]);
    for (asked, given) in [(0, 1), (60, 60), (600, 600), (86_400, 600)] {
        let authority = Authority::new(ISSUER, AUDIENCE, SignedDuration::from_secs(asked));
        let token = authority.mint(&keys, &who(), at(0)).unwrap();
        let access = authority.verify(&keys, &token, at(0)).unwrap();
        assert_eq!(access.expires, at(given));
    }
}

#[test]
fn tokens_outlive_the_rotation_of_their_key_but_not_their_end() {
    let (old, new) = (new_key(-1_000), new_key(10));
    let keys = KeySet::new(vec![old, new]);
    let before = authority().mint(&keys, &who(), at(9)).unwrap();
    let after = authority().mint(&keys, &who(), at(10)).unwrap();
    let kid = |token: &str| token.split('.').next().unwrap().to_owned();
    assert_ne!(kid(&before), kid(&after));
    for now in [10, 300, 638] {
        assert!(authority().verify(&keys, &before, at(now)).is_ok(), "{now}");
    }
    assert_eq!(
        authority().verify(&keys, &before, at(639)),
        Err(TokenFault::Expired)
    );
    assert_eq!(
        authority().verify(&keys, &before, at(640)),
        Err(TokenFault::UnknownKey)
    );
    assert!(authority().verify(&keys, &after, at(639)).is_ok());
}

#[test]
fn without_a_key_nothing_is_minted() {
    let got = authority().mint(&KeySet::default(), &who(), at(0));
    assert_eq!(got, Err(MintFault::NoKey));
}

#[test]
fn an_oversized_token_is_not_minted() {
    let keys = KeySet::new(vec![new_key(-10)]);
    let mut who = who();
    who.amr = vec!["x".repeat(4_000)];
    let got = authority().mint(&keys, &who, at(0));
    assert_eq!(got, Err(MintFault::Engine));
}

#[test]
fn verification_is_fast() {
    let keys = KeySet::new(vec![new_key(-1_000), new_key(-10)]);
    let token = authority().mint(&keys, &who(), at(0)).unwrap();
    let started = std::time::Instant::now();
    for _ in 0..500 {
        authority().verify(&keys, &token, at(0)).unwrap();
    }
    let each = started.elapsed() / 500;
    assert!(each.as_micros() < 2_000, "{each:?} each");
}

proptest::proptest! {
    #[test]
    fn no_text_panics_or_passes(text in "[A-Za-z0-9_.-]{0,300}|\\PC{0,60}") {
        let keys = KeySet::new(vec![new_key(-10)]);
        proptest::prop_assert!(authority().verify(&keys, &text, at(0)).is_err());
    }
}
