//! Ed25519 keys with names, in the text form of C2SP signed notes.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use zeroize::Zeroizing;

use super::{LedgerError, sha256};

/// The signature type of plain Ed25519 in key ids and key texts.
const ED25519_TYPE: u8 = 1;

/// A public key with its name: the text form is `name+hash+base64`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct VerifyingKey {
    name: String,
    id: [u8; 4],
    public: [u8; 32],
}

impl VerifyingKey {
    /// A key under a name. Fails on a name that is empty or has spaces, controls or `+`.
    pub fn new(name: &str, public: [u8; 32]) -> Result<Self, LedgerError> {
        check_name(name)?;
        let hash = sha256(&[name.as_bytes(), b"\n", &[ED25519_TYPE], &public]);
        let [a, b, c, d, ..] = hash;
        Ok(Self {
            name: name.to_owned(),
            id: [a, b, c, d],
            public,
        })
    }

    /// The name in signature lines; for a log its origin.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The first four bytes of `SHA-256(name ‖ 0x0A ‖ 0x01 ‖ public key)`.
    pub fn id(&self) -> [u8; 4] {
        self.id
    }

    pub(super) fn verifies(&self, text: &str, signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, &self.public)
            .verify(text.as_bytes(), signature)
            .is_ok()
    }
}

impl fmt::Display for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut key = vec![ED25519_TYPE];
        key.extend_from_slice(&self.public);
        let id = hex::encode(self.id);
        write!(f, "{}+{id}+{}", self.name, BASE64.encode(key))
    }
}

impl FromStr for VerifyingKey {
    type Err = LedgerError;

    fn from_str(text: &str) -> Result<Self, LedgerError> {
        // Base64 may hold a plus sign itself, the name and the id may not.
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(LedgerError::Key("not name+hash+base64"));
        };
        let key = BASE64
            .decode(key)
            .map_err(|_| LedgerError::Key("not base64"))?;
        let public = match key.split_first() {
            Some((&ED25519_TYPE, public)) => public.try_into().ok(),
            _ => None,
        };
        let key = Self::new(name, public.ok_or(LedgerError::Key("not an Ed25519 key"))?)?;
        if hex::encode(key.id) == id {
            Ok(key)
        } else {
            Err(LedgerError::Key("hash does not fit the key"))
        }
    }
}

pub(super) fn check_name(name: &str) -> Result<(), LedgerError> {
    let bad = |c: char| c.is_whitespace() || c.is_control() || c == '+';
    if name.is_empty() || name.chars().any(bad) {
        return Err(LedgerError::Key("name"));
    }
    Ok(())
}

/// A private key with its name. Never shown by `Debug`.
pub struct SigningKey {
    pair: Ed25519KeyPair,
    verifying: VerifyingKey,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.verifying)
    }
}

impl SigningKey {
    /// The key of a 32-byte seed. A new key is made by giving a random seed.
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<Self, LedgerError> {
        Self::with_pair(name, Ed25519KeyPair::from_seed_unchecked(seed).ok())
    }

    /// The key in a key file: 32 raw seed bytes, PKCS#8 DER, or PKCS#8 PEM (`PRIVATE KEY`).
    pub fn from_file(name: &str, bytes: &[u8]) -> Result<Self, LedgerError> {
        if let Ok(seed) = <&[u8; 32]>::try_from(bytes) {
            return Self::from_seed(name, seed);
        }
        let der = match std::str::from_utf8(bytes) {
            Ok(text) if text.trim_start().starts_with("-----") => read_pem(text)?,
            _ => Zeroizing::new(bytes.to_vec()),
        };
        Self::with_pair(name, Ed25519KeyPair::from_pkcs8(&der).ok())
    }

    fn with_pair(name: &str, pair: Option<Ed25519KeyPair>) -> Result<Self, LedgerError> {
        let pair = pair.ok_or(LedgerError::Key("not an Ed25519 private key"))?;
        let public = pair.public_key().as_ref().try_into();
        let public = public.map_err(|_| LedgerError::Key("not an Ed25519 private key"))?;
        let verifying = VerifyingKey::new(name, public)?;
        Ok(Self { pair, verifying })
    }

    /// The key as a PKCS#8 PEM file.
    pub fn to_pem(&self) -> Result<Zeroizing<String>, LedgerError> {
        let der = self.pair.to_pkcs8v1();
        let der = der.map_err(|_| LedgerError::Key("cannot be written"))?;
        let body = Zeroizing::new(BASE64.encode(der.as_ref()));
        // 48 bytes of PKCS#8 make one line of 64 digits.
        Ok(Zeroizing::new(format!(
            "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
            body.as_str()
        )))
    }

    /// The public half, to be published.
    pub fn verifying(&self) -> &VerifyingKey {
        &self.verifying
    }

    /// The bare 64-byte signature of a text.
    pub(super) fn sign(&self, text: &str) -> Result<Vec<u8>, LedgerError> {
        match self.pair.try_sign(text.as_bytes()) {
            Ok(signature) => Ok(signature.as_ref().to_vec()),
            Err(_) => Err(LedgerError::Key("cannot sign")),
        }
    }
}

fn read_pem(text: &str) -> Result<Zeroizing<Vec<u8>>, LedgerError> {
    let body = text
        .trim()
        .strip_prefix("-----BEGIN PRIVATE KEY-----")
        .and_then(|rest| rest.strip_suffix("-----END PRIVATE KEY-----"))
        .ok_or(LedgerError::Key("not a PKCS#8 PEM file"))?;
    let digits: Zeroizing<String> =
        Zeroizing::new(body.chars().filter(|c| !c.is_whitespace()).collect());
    let der = BASE64.decode(digits.as_bytes());
    Ok(Zeroizing::new(
        der.map_err(|_| LedgerError::Key("not base64"))?,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str, seed: u8) -> SigningKey {
        SigningKey::from_seed(name, &[seed; 32]).unwrap()
    }

    #[test]
    fn key_files_of_every_form_give_the_same_key() {
        let first = key("county.example/audit", 9);
        let pem = first.to_pem().unwrap();
        let der = read_pem(&pem).unwrap();
        for bytes in [&[9_u8; 32][..], pem.as_bytes(), &der] {
            let again = SigningKey::from_file("county.example/audit", bytes).unwrap();
            assert_eq!(again.verifying(), first.verifying());
        }
        for bytes in [&[9_u8; 31][..], b"", b"-----BEGIN X-----", &der[1..]] {
            assert!(SigningKey::from_file("a", bytes).is_err());
        }
        assert!(!format!("{first:?}").contains(&BASE64.encode([9_u8; 32])));
    }

    #[test]
    fn key_texts_are_checked() {
        let good = key("a/b", 1).verifying().to_string();
        assert!(good.parse::<VerifyingKey>().is_ok());
        let (other, renamed) = (
            key("a/b", 2).verifying().to_string(),
            good.replacen("a/b", "a/c", 1),
        );
        let mixed = format!("{}{}", &good[..13], &other[13..]);
        for bad in [mixed.as_str(), &renamed, "a+b", "", "a+00000000+AQ=="] {
            assert!(bad.parse::<VerifyingKey>().is_err(), "{bad}");
        }
        for name in ["", "a b", "a+b", "a\u{3000}b", "a\n"] {
            assert!(VerifyingKey::new(name, [0; 32]).is_err());
        }
    }
}
