//! Recovery codes for a lost second factor: ten of 80 bits, each good once.
//!
//! 80 bits are too few for a plain hash (ASVS 6.5.2), so they are stored under argon2id. The codes
//! of one set share a salt: one hash then tells which of the ten was typed.

use super::password::{Busy, Hasher, PasswordError, Stored};
use super::secret::{SecretText, constant_time_eq, normalise_code, random_bytes, typable_code};

/// Codes in a set.
pub const CODES: usize = 10;
/// Base32 symbols of a code: 16 × 5 = 80 bits.
const SYMBOLS: usize = 16;
/// Stored codes looked at; a set has ten.
const MAX_STORED: usize = 32;

/// A fresh set: the codes to show once, and what to store in the same order.
#[derive(Debug)]
pub struct RecoverySet {
    /// `XXXX-XXXX-XXXX-XXXX`, for the user's eyes.
    pub codes: Vec<SecretText>,
    /// PHC strings.
    pub hashes: Vec<String>,
}

/// Makes a set of ten codes.
///
/// # Errors
/// [`PasswordError`].
pub async fn generate(hasher: &Hasher) -> Result<RecoverySet, PasswordError> {
    let salt = random_bytes().map_err(|_| PasswordError::Engine)?;
    let mut set = RecoverySet {
        codes: Vec::with_capacity(CODES),
        hashes: Vec::with_capacity(CODES),
    };
    for _ in 0..CODES {
        let code = typable_code::<SYMBOLS>().map_err(|_| PasswordError::Engine)?;
        let plain = normalise_code(code.expose()).ok_or(PasswordError::Engine)?;
        set.hashes
            .push(hasher.hash_salted(plain.expose(), salt).await?);
        set.codes.push(code);
    }
    Ok(set)
}

/// Which of the unused stored codes was typed. The caller deletes it in the transaction that lets
/// the user in. One hash runs even when nothing can match, except for text that is no code at all.
///
/// # Errors
/// [`Busy`].
pub async fn find(hasher: &Hasher, typed: &str, unused: &[String]) -> Result<Option<usize>, Busy> {
    let Some(code) = normalise_code(typed).filter(|code| code.expose().len() == SYMBOLS) else {
        return Ok(None);
    };
    let stored: Vec<Option<Stored>> = unused
        .iter()
        .take(MAX_STORED)
        .map(|phc| Stored::parse(phc))
        .collect();
    if stored.iter().all(Option::is_none) {
        hasher.verify(code.expose(), None).await?;
        return Ok(None);
    }
    hasher
        .run(move || find_now(code.expose().as_bytes(), &stored))
        .await?
        .ok_or(Busy)
}

/// `None` when a hash could not be computed.
fn find_now(code: &[u8], stored: &[Option<Stored>]) -> Option<Option<usize>> {
    let mut found = None;
    let mut last: Option<(&Stored, [u8; 32])> = None;
    for (index, stored) in stored.iter().enumerate() {
        let Some(stored) = stored else { continue };
        let digest = match last {
            Some((recipe, digest)) if recipe.same_recipe(stored) => digest,
            _ => stored.digest(code)?,
        };
        last = Some((stored, digest));
        if constant_time_eq(&digest, stored.output()) {
            found = Some(index);
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::password::Cost;
    use super::*;

    fn hasher() -> Hasher {
        let cost = Cost {
            memory_kib: 8,
            passes: 1,
            lanes: 1,
        };
        Hasher::new(cost, 1, 8).unwrap()
    }

    #[tokio::test]
    async fn ten_distinct_codes_each_found_at_its_place() {
        let set = generate(&hasher()).await.unwrap();
        assert_eq!((set.codes.len(), set.hashes.len()), (10, 10));
        let distinct: HashSet<&str> = set.codes.iter().map(SecretText::expose).collect();
        assert_eq!(distinct.len(), 10);
        for (place, code) in set.codes.iter().enumerate() {
            assert_eq!(code.expose().len(), 19);
            let typed = code.expose().to_lowercase().replace('-', " ");
            let found = find(&hasher(), &typed, &set.hashes).await;
            assert_eq!(found, Ok(Some(place)));
        }
    }

    #[tokio::test]
    async fn a_used_code_is_gone() {
        let mut set = generate(&hasher()).await.unwrap();
        let typed = set.codes[3].expose().to_owned();
        set.hashes.remove(3);
        assert_eq!(find(&hasher(), &typed, &set.hashes).await, Ok(None));
    }

    #[tokio::test]
    async fn sets_do_not_mix_and_old_sets_still_work() {
        let (mine, other) = (
            generate(&hasher()).await.unwrap(),
            generate(&hasher()).await.unwrap(),
        );
        let typed = mine.codes[0].expose();
        assert_eq!(find(&hasher(), typed, &other.hashes).await, Ok(None));
        let both = [other.hashes, mine.hashes].concat();
        assert_eq!(find(&hasher(), typed, &both).await, Ok(Some(10)));
    }

    #[tokio::test]
    async fn nothing_matches_garbage() {
        let set = generate(&hasher()).await.unwrap();
        for typed in ["", "0000-0000-0000-0000", "000000", "解忧", &"0".repeat(99)] {
            assert_eq!(find(&hasher(), typed, &set.hashes).await, Ok(None));
        }
        let unreadable = ["".to_owned(), "$argon2id$".to_owned()];
        let typed = set.codes[0].expose();
        assert_eq!(find(&hasher(), typed, &unreadable).await, Ok(None));
        assert_eq!(find(&hasher(), typed, &[]).await, Ok(None));
    }
}
