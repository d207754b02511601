//! Checkpoints (signed tree heads), the succession of log keys, and the duty of a witness.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::key::{SigningKey, VerifyingKey};
use super::note::Note;
use super::proof::verify_consistency;
use super::{Hash, LedgerError, MAX_INT};

/// What a checkpoint says: the log of this name has this root at this size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    pub origin: String,
    pub size: u64,
    pub root: Hash,
}

impl Checkpoint {
    /// `origin\nsize\nbase64(root)\n`.
    pub fn text(&self) -> String {
        let root = BASE64.encode(self.root);
        format!("{}\n{}\n{root}\n", self.origin, self.size)
    }

    /// Reads exactly what [`Checkpoint::text`] writes.
    pub fn parse(text: &str) -> Result<Self, LedgerError> {
        let [origin, size, root] = lines(text)?;
        let checkpoint = Self {
            origin: origin.to_owned(),
            size: read_size(size)?,
            root: BASE64
                .decode(root)
                .ok()
                .and_then(|bytes| bytes.try_into().ok())
                .ok_or(LedgerError::Note("root"))?,
        };
        if checkpoint.text() != text {
            return Err(LedgerError::Note("not a checkpoint"));
        }
        Ok(checkpoint)
    }

    /// The signed note. The origin must be the name of the key.
    pub fn sign(&self, key: &SigningKey) -> Result<Note, LedgerError> {
        if key.verifying().name() != self.origin {
            return Err(LedgerError::Note("origin is not the name of the key"));
        }
        Note::sign(&self.text(), &[key])
    }
}

/// The hand-over from one log key to the next, signed by both: the old key speaks for trees up to
/// `size` leaves, the new one from there on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotation {
    pub size: u64,
    pub old: VerifyingKey,
    pub new: VerifyingKey,
}

impl Rotation {
    /// `origin/rotation\nsize\nold key\nnew key\n`: the first line keeps it from being read as a
    /// checkpoint.
    pub fn text(&self) -> String {
        let origin = self.old.name();
        format!(
            "{origin}/rotation\n{}\n{}\n{}\n",
            self.size, self.old, self.new
        )
    }

    /// Signs the hand-over with both keys.
    pub fn sign(size: u64, old: &SigningKey, new: &SigningKey) -> Result<Note, LedgerError> {
        let rotation = Self {
            size,
            old: old.verifying().clone(),
            new: new.verifying().clone(),
        };
        Self::parse(&rotation.text())?;
        Note::sign(&rotation.text(), &[old, new])
    }

    /// Reads a rotation note and checks both signatures, but not whether either key is trusted.
    pub fn open(note: &str) -> Result<Self, LedgerError> {
        let note = Note::parse(note)?;
        let rotation = Self::parse(note.text())?;
        note.verify([&rotation.old])?;
        note.verify([&rotation.new])?;
        Ok(rotation)
    }

    fn parse(text: &str) -> Result<Self, LedgerError> {
        let [_, size, old, new] = lines(text)?;
        let rotation = Self {
            size: read_size(size)?,
            old: old.parse()?,
            new: new.parse()?,
        };
        let one_log = rotation.old.name() == rotation.new.name() && rotation.old != rotation.new;
        if !one_log || rotation.text() != text {
            return Err(LedgerError::Note("not a rotation"));
        }
        Ok(rotation)
    }
}

fn lines<const N: usize>(text: &str) -> Result<[&str; N], LedgerError> {
    let body = text.strip_suffix('\n').ok_or(LedgerError::Note("text"))?;
    let lines: Vec<&str> = body.split('\n').collect();
    lines
        .try_into()
        .map_err(|_| LedgerError::Note("number of lines"))
}

fn read_size(text: &str) -> Result<u64, LedgerError> {
    let size = text.parse().map_err(|_| LedgerError::Note("size"))?;
    if size > MAX_INT {
        return Err(LedgerError::Note("size"));
    }
    Ok(size)
}

/// The trusted log keys, each with the tree sizes it may sign for.
#[derive(Clone, Debug, Default)]
pub struct KeyRing {
    keys: Vec<RingKey>,
    waiting: Vec<Rotation>,
}

#[derive(Clone, Debug)]
struct RingKey {
    key: VerifyingKey,
    from: u64,
    to: u64,
}

impl KeyRing {
    /// A ring of keys the caller trusts from outside the data.
    pub fn new(trusted: impl IntoIterator<Item = VerifyingKey>) -> Self {
        let keys = trusted
            .into_iter()
            .map(|key| RingKey {
                key,
                from: 0,
                to: u64::MAX,
            })
            .collect();
        let waiting = Vec::new();
        Self { keys, waiting }
    }

    /// Takes a hand-over into account. Where neither key is trusted yet it waits for another
    /// hand-over that connects it; see [`KeyRing::unconnected`].
    pub fn rotate(&mut self, rotation: Rotation) {
        self.waiting.push(rotation);
        while let Some(at) = self.waiting.iter().position(|r| self.connects(r)) {
            let Rotation { size, old, new } = self.waiting.swap_remove(at);
            self.hold(old, 0, size);
            self.hold(new, size, u64::MAX);
        }
    }

    /// Hand-overs between keys that nothing trusted leads to.
    pub fn unconnected(&self) -> &[Rotation] {
        &self.waiting
    }

    fn connects(&self, rotation: &Rotation) -> bool {
        let known = |key: &VerifyingKey| self.keys.iter().any(|held| held.key == *key);
        known(&rotation.old) || known(&rotation.new)
    }

    /// Trusts a key for these sizes; a key already held is narrowed to them.
    fn hold(&mut self, key: VerifyingKey, from: u64, to: u64) {
        match self.keys.iter_mut().find(|held| held.key == key) {
            Some(held) => {
                held.from = held.from.max(from);
                held.to = held.to.min(to);
            }
            None => self.keys.push(RingKey { key, from, to }),
        }
    }

    /// Reads a checkpoint note and checks that a trusted key of that log signed it, and was
    /// entitled to at that size. Every signature of a trusted key must verify.
    pub fn open(&self, note: &Note) -> Result<Checkpoint, LedgerError> {
        let checkpoint = Checkpoint::parse(note.text())?;
        let signers = note.verify(self.keys.iter().map(|held| &held.key))?;
        let entitled = self.keys.iter().any(|held| {
            signers.contains(&&held.key)
                && held.key.name() == checkpoint.origin
                && (held.from..=held.to).contains(&checkpoint.size)
        });
        if entitled {
            Ok(checkpoint)
        } else {
            Err(LedgerError::NotTrusted)
        }
    }
}

/// A witness's check before it cosigns: `offered` must continue what it saw last of this log.
/// The caller stores `offered` durably before it signs, so that it never signs a fork.
pub fn advance(
    seen: Option<&Checkpoint>,
    offered: &Checkpoint,
    proof: &[Hash],
) -> Result<(), LedgerError> {
    let Some(seen) = seen else { return Ok(()) };
    if seen.origin != offered.origin {
        return Err(LedgerError::Proof("another log"));
    }
    verify_consistency(seen.size, offered.size, &seen.root, &offered.root, proof)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::ledger::tree::empty_root;

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_seed("town.example/audit", &[seed; 32]).unwrap()
    }

    fn head(size: u64) -> Checkpoint {
        Checkpoint {
            origin: "town.example/audit".into(),
            size,
            root: [size as u8; 32],
        }
    }

    fn ring(seeds: &[u8]) -> KeyRing {
        KeyRing::new(seeds.iter().map(|s| key(*s).verifying().clone()))
    }

    #[test]
    fn the_text_has_three_lines_and_one_form() {
        let text = head(7).text();
        assert_eq!(Checkpoint::parse(&text).unwrap(), head(7));
        for bad in [
            text.replacen("\n7\n", "\n07\n", 1),
            text.replacen("\n7\n", "\n+7\n", 1),
            text.replacen("\n7\n", "\n-7\n", 1),
            text.replacen("\n7\n", "\n9007199254740992\n", 1),
            text.replacen("=\n", "\n", 1),
            format!("{text}extension\n"),
            text.trim_end().to_owned(),
            String::new(),
        ] {
            assert!(Checkpoint::parse(&bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn only_the_log_itself_speaks_for_its_origin() {
        let note = head(7).sign(&key(1)).unwrap();
        assert_eq!(ring(&[1]).open(&note).unwrap(), head(7));
        assert_eq!(ring(&[2]).open(&note), Err(LedgerError::NotTrusted));
        let other = SigningKey::from_seed("other", &[1; 32]).unwrap();
        assert!(head(7).sign(&other).is_err());
        let claimed = Note::sign(&head(7).text(), &[&other]).unwrap();
        let trusting = KeyRing::new([other.verifying().clone()]);
        assert_eq!(trusting.open(&claimed), Err(LedgerError::NotTrusted));
    }

    #[test]
    fn keys_follow_one_another_from_either_end() {
        let handovers = [
            Rotation::sign(10, &key(1), &key(2)).unwrap().to_string(),
            Rotation::sign(20, &key(2), &key(3)).unwrap().to_string(),
        ];
        for (pinned, order) in [(1, [0, 1]), (3, [0, 1]), (1, [1, 0]), (2, [1, 0])] {
            let mut ring = ring(&[pinned]);
            for at in order {
                ring.rotate(Rotation::open(&handovers[at]).unwrap());
            }
            assert!(ring.unconnected().is_empty());
            for (seed, sizes) in [(1, 0..=10), (2, 10..=20), (3, 20..=30)] {
                for size in 0..=30 {
                    let open = ring.open(&head(size).sign(&key(seed)).unwrap());
                    assert_eq!(open.is_ok(), sizes.contains(&size), "{seed} {size}");
                }
            }
        }
        let mut strange = ring(&[9]);
        strange.rotate(Rotation::open(&handovers[0]).unwrap());
        assert_eq!(strange.unconnected().len(), 1);
        assert!(strange.open(&head(5).sign(&key(1)).unwrap()).is_err());
    }

    #[test]
    fn a_rotation_needs_both_signatures_and_is_no_checkpoint() {
        let note = Rotation::sign(10, &key(1), &key(2)).unwrap();
        assert!(Checkpoint::parse(note.text()).is_err());
        let alone = Note::sign(note.text(), &[&key(1)]).unwrap();
        assert!(Rotation::open(&alone.to_string()).is_err());
        let alone = Note::sign(note.text(), &[&key(2)]).unwrap();
        assert!(Rotation::open(&alone.to_string()).is_err());
        assert!(Rotation::sign(10, &key(1), &key(1)).is_err());
        let moved = note.to_string().replacen("\n10\n", "\n11\n", 1);
        assert_eq!(Rotation::open(&moved), Err(LedgerError::BadSignature));
    }

    #[test]
    fn a_witness_follows_one_history() {
        let start = Checkpoint {
            root: empty_root(),
            ..head(0)
        };
        advance(None, &head(3), &[]).unwrap();
        advance(Some(&start), &head(3), &[]).unwrap();
        advance(Some(&head(3)), &head(3), &[]).unwrap();
        let fork = Checkpoint {
            root: [0xee; 32],
            ..head(3)
        };
        assert!(advance(Some(&head(3)), &fork, &[]).is_err());
        assert!(advance(Some(&head(3)), &head(2), &[]).is_err());
        let other = Checkpoint {
            origin: "x".into(),
            ..head(3)
        };
        assert!(advance(Some(&head(3)), &other, &[]).is_err());
    }
}
