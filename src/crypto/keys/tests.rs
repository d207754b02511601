use super::super::span::since;
use super::*;

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

fn at(second: i64) -> Instant {
    Instant(0).plus_seconds(1_800_000_000 + second)
}

fn key(published: i64, activates: i64) -> SigningKey {
    let file = generate(at(published), at(activates)).unwrap();
    SigningKey::read(file.contents.expose().as_bytes()).unwrap()
}

/// RFC 8037, appendix A: key, JWK thumbprint.
#[test]
fn thumbprint_matches_rfc_8037() {
    let seed: [u8; 32] = URL_SAFE_NO_PAD
        .decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A")
        .unwrap()
        .try_into()
        .unwrap();
    let file = key_file(&seed, at(0), at(0)).unwrap();
    assert_eq!(file.kid, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    let key = SigningKey::read(file.contents.expose().as_bytes()).unwrap();
    let set = KeySet::new(vec![key]);
    assert_eq!(
        set.jwks(at(0)),
        json!({"keys": [{
            "kty": "OKP", "crv": "Ed25519",
            "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
            "kid": "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
            "use": "sig", "alg": "EdDSA"
        }]})
    );
}

#[test]
fn files_read_back_with_their_dates() {
    let file = generate(at(0), at(DAY)).unwrap();
    assert_eq!(
        file.name,
        format!("{}-{}.pem", 1_800_000_000 + DAY, file.kid)
    );
    let key = SigningKey::read(file.contents.expose().as_bytes()).unwrap();
    assert_eq!(key.kid(), file.kid);
    assert_eq!((key.published(), key.activates()), (at(0), at(DAY)));
    let crlf = file.contents.expose().replace('\n', "\r\n");
    assert_eq!(SigningKey::read(crlf.as_bytes()).unwrap().kid(), file.kid);
    assert_ne!(generate(at(0), at(DAY)).unwrap().kid, file.kid);
}

#[test]
fn damaged_files_are_named_for_their_fault() {
    let file = generate(at(0), at(0)).unwrap();
    let good = file.contents.expose();
    let other = generate(at(0), at(0)).unwrap();
    let pem = good.split_once("-----BEGIN").unwrap().1;
    let table = [
        (String::new(), KeyFault::NotEd25519),
        ("no key".into(), KeyFault::NotEd25519),
        (good.replace("PRIVATE", "PUBLIC"), KeyFault::NotEd25519),
        (good.replace("MC4CAQ", "MC4CAA"), KeyFault::NotEd25519),
        (format!("-----BEGIN{pem}"), KeyFault::KidMismatch),
        (
            good.replace("kid: ", &format!("kid: {}\nwas: ", other.kid)),
            KeyFault::KidMismatch,
        ),
        (good.replace("published-at", "made-at"), KeyFault::Dates),
        (
            good.replace("activates-at: 2", "activates-at: x2"),
            KeyFault::Dates,
        ),
    ];
    for (i, (text, expected)) in table.into_iter().enumerate() {
        let got = SigningKey::read(text.as_bytes()).err();
        assert_eq!(got, Some(expected), "line {i}");
    }
    assert_eq!(
        SigningKey::read(&[0xff; 64]).err(),
        Some(KeyFault::NotEd25519)
    );
}

#[test]
fn debug_output_holds_no_private_key() {
    let file = generate(at(0), at(0)).unwrap();
    let key = SigningKey::read(file.contents.expose().as_bytes()).unwrap();
    let secret = file.contents.expose().lines().nth(4).unwrap();
    assert!(secret.len() > 40);
    let shown = format!("{key:?} {:?}", KeySet::new(vec![key.clone()]));
    assert!(!shown.contains(secret), "{shown}");
    assert!(!format!("{file:?}").contains(secret));
}

#[test]
fn roles_follow_from_the_dates() {
    let (a, b, c) = (key(0, 0), key(29 * DAY, 30 * DAY), key(59 * DAY, 60 * DAY));
    let (ka, kb, kc) = (a.kid().to_owned(), b.kid().to_owned(), c.kid().to_owned());
    let set = KeySet::new(vec![c, a, b]);
    let kids = |keys: Vec<&SigningKey>| -> Vec<String> {
        keys.iter().map(|k| k.kid().to_owned()).collect()
    };
    let ka1 = || vec![ka.clone()];
    let dead = 30 * DAY + 630;
    #[rustfmt::skip]
    let table = [
        // now, current, old
        (-5,            &ka, vec![]),
        (0,             &ka, vec![]),
        (30 * DAY - 1,  &ka, vec![]),
        (30 * DAY,      &kb, ka1()),
        (dead - 1,      &kb, ka1()),
        (dead,          &kb, vec![]),
        (60 * DAY,      &kc, vec![kb.clone()]),
        (600 * DAY,     &kc, vec![]),
    ];
    for (now, current, old) in table {
        assert_eq!(set.current(at(now)).unwrap().kid(), current, "at {now}");
        assert_eq!(kids(set.old(at(now)).collect()), old, "at {now}");
    }
    assert_eq!(kids(set.next(at(0)).collect()), [kb.clone(), kc.clone()]);
    assert_eq!(kids(set.next(at(-5)).collect()), [kb.clone(), kc.clone()]);
    assert_eq!(kids(set.next(at(30 * DAY)).collect()), vec![kc.clone()]);
    assert!(set.verifying(&ka, at(dead - 1)).is_some());
    assert!(set.verifying(&ka, at(dead)).is_none());
    assert!(set.verifying(&kc, at(0)).is_some(), "clocks differ");
    let published = set.jwks(at(dead));
    let published: Vec<&str> = published["keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|k| k["kid"].as_str().unwrap())
        .collect();
    assert_eq!(published, [kb.as_str(), kc.as_str()]);
}

#[test]
fn an_empty_set_signs_and_shows_nothing() {
    let set = KeySet::default();
    assert!(set.current(at(0)).is_none());
    assert_eq!(set.jwks(at(0)), json!({"keys": []}));
}

#[test]
fn the_same_key_twice_counts_once() {
    let a = key(0, 0);
    let set = KeySet::new(vec![a.clone(), a.clone()]);
    assert!(set.verifying(a.kid(), at(1_000 * DAY)).is_some());
}

/// A node doing its upkeep every hour for a year: every key is published at least 24 h before its
/// first use, signs 30 days, and is removed once its last token is dead.
#[test]
fn a_year_of_upkeep() {
    let rotation = Rotation::default();
    let mut keys: Vec<SigningKey> = Vec::new();
    let mut firsts = Vec::new();
    for hour in 0..365 * 24 {
        let now = hour * HOUR;
        for work in KeySet::new(keys.clone()).upkeep(at(now), &rotation) {
            match work {
                Upkeep::Generate { activates } => {
                    let file = generate(at(now), activates).unwrap();
                    keys.push(SigningKey::read(file.contents.expose().as_bytes()).unwrap());
                    if firsts.is_empty() {
                        assert_eq!(activates, at(now));
                    } else {
                        assert!(activates >= at(now + DAY));
                    }
                    firsts.push(activates);
                }
                Upkeep::Remove { kid } => {
                    let set = KeySet::new(keys.clone());
                    assert!(set.verifying(&kid, at(now)).is_none());
                    assert_ne!(set.current(at(now)).unwrap().kid(), kid);
                    keys.retain(|key| key.kid() != kid);
                }
            }
        }
        assert!((1..=2).contains(&keys.len()), "{} keys", keys.len());
    }
    assert_eq!(firsts.len(), 13);
    for pair in firsts.windows(2) {
        assert_eq!(since(pair[1], pair[0]), rotation.period);
    }
}

#[test]
fn a_node_that_slept_past_the_rotation_still_gives_a_day_of_notice() {
    let set = KeySet::new(vec![key(0, 0)]);
    let work = set.upkeep(at(100 * DAY), &Rotation::default());
    let activates = at(101 * DAY);
    assert_eq!(work, [Upkeep::Generate { activates }]);
    assert_eq!(
        set.soonest(at(5), &Rotation::default()),
        at(DAY + 5),
        "a rotation by hand waits as long"
    );
}
