//! One-use codes by which a party answers without a login. A code follows from the id of its request
//! and a key outside the database: nothing that is stored leads to it.

use uuid::Uuid;

use super::secret::{CODE_ALPHABET, MacKey, SecretText, normalise_code};

/// Symbols of a code: 12 × 5 = 60 bits.
const SYMBOLS: usize = 12;

/// The code of a request, as it is sent: `XXXX-XXXX-XXXX`.
pub fn party_code(key: &MacKey, id: Uuid) -> SecretText {
    let mac = key.derive("party-code").mac(&[id.as_bytes()]);
    let mut code = String::with_capacity(SYMBOLS.saturating_add(2));
    for (i, byte) in mac.iter().take(SYMBOLS).enumerate() {
        if i > 0 && i.is_multiple_of(4) {
            code.push('-');
        }
        if let Some(symbol) = CODE_ALPHABET.get(usize::from(byte & 31)) {
            code.push(char::from(*symbol));
        }
    }
    SecretText::new(code)
}

/// The lookup hash of a typed code. What cannot be a code has a hash as well, of another kind, so
/// that it costs the same to find nothing.
pub fn party_code_hash(key: &MacKey, typed: &str) -> String {
    let key = key.derive("party-code-hash");
    let code = normalise_code(typed).filter(|c| c.expose().len() == SYMBOLS);
    hex::encode(match code {
        Some(code) => key.mac(&[b"code\0", code.expose().as_bytes()]),
        None => key.mac(&[b"none\0", typed.as_bytes()]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_found_however_it_is_typed_and_only_with_the_key() {
        let key = MacKey::new(&[7; 32]).unwrap();
        let id = Uuid::from_u128(5);
        let code = party_code(&key, id);
        let text = code.expose();
        assert_eq!((text.len(), text.matches('-').count()), (14, 2));
        let hash = party_code_hash(&key, text);
        let typed = text.to_lowercase().replace('-', " ");
        assert_eq!(party_code_hash(&key, &typed), hash);
        assert_ne!(party_code_hash(&key, "0000-0000-0000"), hash);
        assert_ne!(party_code(&key, Uuid::from_u128(6)).expose(), text);
        let other = MacKey::new(&[8; 32]).unwrap();
        assert_ne!(party_code(&other, id).expose(), text);
        assert_ne!(party_code_hash(&other, text), hash);
        assert_ne!(party_code_hash(&key, ""), party_code_hash(&key, "短"));
    }
}
