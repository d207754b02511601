use std::sync::mpsc;
use std::time::Duration;

use super::*;

const CHEAP: Cost = Cost {
    memory_kib: 8,
    passes: 1,
    lanes: 1,
};

fn hasher() -> Hasher {
    Hasher::new(CHEAP, 2, 8).unwrap()
}

#[tokio::test]
async fn hashes_are_salted_phc_strings_that_verify() {
    let hasher = hasher();
    let (a, b) = (
        hasher.hash("lantern pebble orbit").await.unwrap(),
        hasher.hash("lantern pebble orbit").await.unwrap(),
    );
    assert_ne!(a, b);
    assert!(a.starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{a}");
    for phc in [&a, &b] {
        let verdict = hasher.verify("lantern pebble orbit", Some(phc)).await;
        assert_eq!(verdict, Ok(Verdict::Match));
    }
}

#[tokio::test]
async fn every_received_byte_counts() {
    let hasher = hasher();
    let long = "x".repeat(72);
    let table = [
        ("plain", "plain "),
        ("plain", " plain"),
        ("plain", "Plain"),
        ("plain", "plain\n"),
        ("plain", "plain\0"),
        ("é", "e\u{301}"),
        ("１２３", "123"),
        (&format!("{long}a"), &format!("{long}b")),
        (&format!("{long}a"), &long),
        (&"长".repeat(128), &"长".repeat(127)),
        ("plain", ""),
    ];
    for (right, wrong) in table {
        let phc = hasher.hash(right).await.unwrap();
        assert_eq!(hasher.verify(right, Some(&phc)).await, Ok(Verdict::Match));
        let verdict = hasher.verify(wrong, Some(&phc)).await;
        assert_eq!(verdict, Ok(Verdict::NoMatch), "{wrong:?} for {right:?}");
    }
}

/// Computed with the reference implementation: argon2id, v=19, m=65536, t=2, p=1, salt "somesalt".
#[tokio::test]
async fn reads_hashes_of_the_reference_implementation() {
    let phc = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ\
               $CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    assert_eq!(
        hasher().verify("password", Some(phc)).await,
        Ok(Verdict::Match)
    );
    assert!(hasher().needs_rehash(phc), "its salt is only 8 bytes");
}

#[test]
fn the_default_cost_is_the_one_written_down() {
    let Cost {
        memory_kib,
        passes,
        lanes,
    } = Cost::default();
    assert_eq!((memory_kib, passes, lanes), (47_104, 2, 1));
}

#[tokio::test]
async fn unknown_users_and_unreadable_hashes_never_match_but_run_one_hash() {
    let hasher = hasher();
    let good = hasher.hash("secret").await.unwrap();
    let table = [
        None,
        Some(String::new()),
        Some("secret".into()),
        Some(good.replace("argon2id", "argon2i")),
        Some(good.replace("argon2id", "argon2d")),
        Some(good.replace("v=19", "v=16")),
        Some(good.replace("$v=19", "")),
        Some(good.replace("m=8", "m=4294967295")),
        Some(good.replace("m=8", "m=262145")),
        Some(good.replace("t=1", "t=17")),
        Some(good.replace("t=1", "t=0")),
        Some(good.replace("p=1", "p=9")),
        Some(good[..good.len() - 4].to_owned()),
        Some(good.rsplit_once('$').unwrap().0.to_owned()),
        Some("$2y$10$abcdefghijklmnopqrstuv".into()),
    ];
    for phc in table {
        assert!(phc.as_deref().and_then(Stored::parse).is_none(), "{phc:?}");
        let verdict = hasher.verify("secret", phc.as_deref()).await;
        assert_eq!(verdict, Ok(Verdict::NoMatch), "{phc:?}");
    }
}

#[tokio::test]
#[ignore = "timed: run alone"]
async fn an_unknown_user_costs_as_much_as_a_known_one() {
    let cost = Cost {
        memory_kib: 16_384,
        passes: 2,
        lanes: 1,
    };
    let hasher = Hasher::new(cost, 1, 8).unwrap();
    let phc = hasher.hash("secret").await.unwrap();
    let mut best = [Duration::MAX; 2];
    for _ in 0..12 {
        for (best, stored) in best.iter_mut().zip([Some(phc.as_str()), None]) {
            let started = std::time::Instant::now();
            hasher.verify("wrong", stored).await.unwrap();
            *best = (*best).min(started.elapsed());
        }
    }
    let [known, unknown] = best.map(|d| d.as_secs_f64());
    assert!(
        (known / unknown - 1.0).abs() < 0.3,
        "known {known} s, unknown {unknown} s"
    );
}

#[tokio::test]
async fn rehashes_when_the_cost_grew() {
    let weak = hasher().hash("secret").await.unwrap();
    let grown = [
        (8, 1, 1, false),
        (9, 1, 1, true),
        (8, 2, 1, true),
        (16, 1, 2, true),
    ];
    for (memory_kib, passes, lanes, expected) in grown {
        let cost = Cost {
            memory_kib,
            passes,
            lanes,
        };
        let hasher = Hasher::new(cost, 1, 1).unwrap();
        assert_eq!(hasher.needs_rehash(&weak), expected, "{cost:?}");
        assert_eq!(
            hasher.verify("secret", Some(&weak)).await,
            Ok(Verdict::Match)
        );
    }
    assert!(hasher().needs_rehash("$2y$10$abcdefghijklmnopqrstuv"));
    let strong = Hasher::new(
        Cost {
            memory_kib: 64,
            ..CHEAP
        },
        1,
        1,
    )
    .unwrap();
    let phc = strong.hash("secret").await.unwrap();
    assert!(!hasher().needs_rehash(&phc));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn turns_callers_away_when_the_queue_is_full() {
    let hasher = Hasher::new(CHEAP, 1, 2).unwrap();
    let (release, held) = mpsc::channel::<()>();
    let slow = tokio::spawn({
        let hasher = hasher.clone();
        async move { hasher.run(move || held.recv()).await }
    });
    while hasher.running.available_permits() > 0 {
        tokio::task::yield_now().await;
    }
    let waiting: Vec<_> = (0..2)
        .map(|_| {
            let hasher = hasher.clone();
            tokio::spawn(async move { hasher.verify("x", None).await })
        })
        .collect();
    while hasher.places.available_permits() > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(hasher.verify("x", None).await, Err(Busy));
    assert_eq!(hasher.hash("x").await, Err(PasswordError::Busy));
    release.send(()).unwrap();
    assert!(slow.await.unwrap().is_ok());
    for task in waiting {
        assert_eq!(task.await.unwrap(), Ok(Verdict::NoMatch));
    }
    assert_eq!(hasher.verify("x", None).await, Ok(Verdict::NoMatch));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_that_hangs_up_keeps_its_turn_until_the_work_ends() {
    let hasher = Hasher::new(CHEAP, 1, 0).unwrap();
    let (release, held) = mpsc::channel::<()>();
    let caller = tokio::spawn({
        let hasher = hasher.clone();
        async move { hasher.run(move || held.recv()).await }
    });
    while hasher.running.available_permits() > 0 {
        tokio::task::yield_now().await;
    }
    tokio::time::sleep(Duration::from_millis(20)).await;
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());
    assert_eq!(hasher.verify("x", None).await, Err(Busy));
    release.send(()).unwrap();
    while hasher.running.available_permits() == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(hasher.verify("x", None).await, Ok(Verdict::NoMatch));
}

#[tokio::test]
async fn a_panic_in_the_work_returns_the_permits() {
    let hasher = Hasher::new(CHEAP, 1, 0).unwrap();
    let got: Result<(), Busy> = hasher.run(|| panic!("on purpose")).await;
    assert_eq!(got, Err(Busy));
    assert_eq!(hasher.verify("x", None).await, Ok(Verdict::NoMatch));
}

#[test]
fn impossible_costs_are_refused() {
    let table = [(0, 1, 1), (8, 0, 1), (8, 1, 0)];
    for (memory_kib, passes, lanes) in table {
        let cost = Cost {
            memory_kib,
            passes,
            lanes,
        };
        assert_eq!(
            Hasher::for_cores(cost, 2).err(),
            Some(PasswordError::Engine)
        );
    }
}

#[tokio::test]
async fn strength_is_checked_within_the_bounds() {
    let check = |password: &'static str| async move {
        let hasher = hasher();
        hasher.check_strength(password, &["zhangsan"]).await
    };
    assert_eq!(check("lantern pebble orbit sugar").await, Ok(Ok(())));
    assert_eq!(
        check("zhangsan zhangsan").await,
        Ok(Err(vec![Weakness::KnownWords]))
    );
}
