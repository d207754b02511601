//! Signed notes (C2SP signed-note): a text, a blank line, and one signature line per signer.
//! Unknown signers are ignored, so a note can carry those of old keys and witnesses.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::LedgerError;
use super::key::{SigningKey, VerifyingKey, check_name};

/// The longest note in bytes.
pub const MAX_NOTE: usize = 65_536;
/// The most signature lines of a note.
pub const MAX_SIGNATURES: usize = 64;

const DASH: &str = "\u{2014} ";

/// One signature line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    pub name: String,
    pub id: [u8; 4],
    pub bytes: Vec<u8>,
}

impl Signature {
    fn of(key: &SigningKey, text: &str) -> Result<Self, LedgerError> {
        Ok(Self {
            name: key.verifying().name().to_owned(),
            id: key.verifying().id(),
            bytes: key.sign(text)?,
        })
    }
}

/// A signed text. What it says counts only after [`Note::verify`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<Signature>,
}

impl Note {
    /// Signs a text, which must end with a newline and have no other control characters.
    pub fn sign(text: &str, keys: &[&SigningKey]) -> Result<Self, LedgerError> {
        check_text(text)?;
        let signatures = keys
            .iter()
            .map(|key| Signature::of(key, text))
            .collect::<Result<_, _>>()?;
        let text = text.to_owned();
        Ok(Self { text, signatures })
    }

    /// Adds one more signature, such as a witness's. The other signatures stay as they are.
    pub fn cosign(&mut self, key: &SigningKey) -> Result<(), LedgerError> {
        if self.signatures.len() >= MAX_SIGNATURES {
            return Err(LedgerError::Note("too many signatures"));
        }
        self.signatures.push(Signature::of(key, &self.text)?);
        Ok(())
    }

    /// Reads a note without trusting it.
    pub fn parse(note: &str) -> Result<Self, LedgerError> {
        if note.len() > MAX_NOTE {
            return Err(LedgerError::Note("too long"));
        }
        let split = note
            .rfind("\n\n")
            .ok_or(LedgerError::Note("no signature"))?;
        let (text, lines) = note.split_at(split.saturating_add(1));
        check_text(text)?;
        let lines = lines
            .strip_prefix('\n')
            .and_then(|lines| lines.strip_suffix('\n'))
            .ok_or(LedgerError::Note("signature line"))?;
        let signatures = lines
            .split('\n')
            .map(|line| read_signature(line).ok_or(LedgerError::Note("signature line")))
            .collect::<Result<Vec<_>, _>>()?;
        if signatures.len() > MAX_SIGNATURES {
            return Err(LedgerError::Note("too many signatures"));
        }
        let text = text.to_owned();
        Ok(Self { text, signatures })
    }

    /// The signed text, with its final newline.
    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn signatures(&self) -> &[Signature] {
        &self.signatures
    }

    /// The keys among `known` that signed this note. Fails where a signature under a known name
    /// and id does not verify, and where there is none at all.
    pub fn verify<'k>(
        &self,
        known: impl IntoIterator<Item = &'k VerifyingKey>,
    ) -> Result<Vec<&'k VerifyingKey>, LedgerError> {
        let mut signers = Vec::new();
        for key in known {
            let mut lines = self
                .signatures
                .iter()
                .filter(|s| s.name == key.name() && s.id == key.id())
                .peekable();
            if lines.peek().is_none() {
                continue;
            }
            if !lines.all(|s| key.verifies(&self.text, &s.bytes)) {
                return Err(LedgerError::BadSignature);
            }
            signers.push(key);
        }
        if signers.is_empty() {
            return Err(LedgerError::NotTrusted);
        }
        Ok(signers)
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        for signature in &self.signatures {
            let mut bytes = signature.id.to_vec();
            bytes.extend_from_slice(&signature.bytes);
            writeln!(f, "{DASH}{} {}", signature.name, BASE64.encode(bytes))?;
        }
        Ok(())
    }
}

fn check_text(text: &str) -> Result<(), LedgerError> {
    if !text.ends_with('\n') || text.bytes().any(|b| b < 0x20 && b != b'\n') {
        return Err(LedgerError::Note("text"));
    }
    Ok(())
}

fn read_signature(line: &str) -> Option<Signature> {
    let (name, digits) = line.strip_prefix(DASH)?.split_once(' ')?;
    check_name(name).ok()?;
    let bytes = BASE64.decode(digits).ok()?;
    let (id, signature) = bytes.split_first_chunk::<4>()?;
    if signature.is_empty() {
        return None;
    }
    Some(Signature {
        name: name.to_owned(),
        id: *id,
        bytes: signature.to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    // The published example of the reference implementation of the format.
    const NEUMANN_KEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const NEUMANN_SEED: &str = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
    const NEUMANN_NOTE: &str = "If you think cryptography is the answer to your problem,\n\
        then you don't know what your problem is.\n\n\
        \u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

    fn key(name: &str, seed: u8) -> SigningKey {
        SigningKey::from_seed(name, &[seed; 32]).unwrap()
    }

    #[test]
    fn the_published_example_verifies_and_is_reproduced() {
        let known: VerifyingKey = NEUMANN_KEY.parse().unwrap();
        assert_eq!(known.to_string(), NEUMANN_KEY);
        let note = Note::parse(NEUMANN_NOTE).unwrap();
        assert_eq!(note.verify([&known]).unwrap(), [&known]);
        assert_eq!(note.to_string(), NEUMANN_NOTE);
        let seed = BASE64.decode(NEUMANN_SEED).unwrap();
        let signer = SigningKey::from_file("PeterNeumann", &seed[1..]).unwrap();
        assert_eq!(signer.verifying(), &known);
        let again = Note::sign(note.text(), &[&signer]).unwrap();
        assert_eq!(again.to_string(), NEUMANN_NOTE);
    }

    #[test]
    fn unknown_signers_are_ignored_and_known_ones_must_verify() {
        let (log, next, witness) = (key("log", 1), key("log", 2), key("witness", 3));
        let mut note = Note::sign("log\n1\n\nextra\n", &[&log, &next]).unwrap();
        note.cosign(&witness).unwrap();
        let note = Note::parse(&note.to_string()).unwrap();
        assert_eq!(note.text(), "log\n1\n\nextra\n");
        assert_eq!(note.signatures().len(), 3);
        for signer in [&log, &next, &witness] {
            assert_eq!(
                note.verify([signer.verifying()]).unwrap(),
                [signer.verifying()]
            );
        }
        let stranger = key("log", 4);
        assert_eq!(
            note.verify([stranger.verifying()]),
            Err(LedgerError::NotTrusted)
        );
        let both = note
            .verify([stranger.verifying(), log.verifying()])
            .unwrap();
        assert_eq!(both, [log.verifying()]);
        // One bad line under a known key spoils the note even beside a good one.
        let mut spoiled = note.clone();
        spoiled.signatures[1].bytes[5] ^= 1;
        assert!(spoiled.verify([log.verifying()]).is_ok());
        assert_eq!(
            spoiled.verify([log.verifying(), next.verifying()]),
            Err(LedgerError::BadSignature)
        );
        spoiled = note.clone();
        spoiled.text = spoiled.text.replacen('1', "2", 1);
        assert_eq!(
            spoiled.verify([log.verifying()]),
            Err(LedgerError::BadSignature)
        );
    }

    #[test]
    fn broken_notes_are_refused() {
        let good = Note::sign("a\n", &[&key("k", 1)]).unwrap().to_string();
        let bad = [
            good.trim_end().to_owned(),
            format!("{good}\n"),
            good.replacen("\n\n", "\n", 1),
            good.replacen('\u{2014}', "-", 1),
            good.replacen("a\n", "a\t\n", 1),
            good.replacen("a\n", "a\r\n", 1),
            good.replacen(" k ", " k  ", 1),
            good.replacen("=\n", "\n", 1),
            "a\n\n\u{2014} k AAAAAA==\n".to_owned(),
            format!("{}{good}", "a".repeat(MAX_NOTE)),
            String::new(),
        ];
        for note in bad {
            assert!(Note::parse(&note).is_err(), "{note:?}");
        }
        assert!(Note::sign("a", &[&key("k", 1)]).is_err());
    }
}
