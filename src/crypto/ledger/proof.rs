//! Checks of inclusion and consistency proofs (RFC 9162 sections 2.1.3.2 and 2.1.4.2).

use super::tree::{empty_root, node_hash};
use super::{Hash, LedgerError};

/// Checks that `leaf` (a leaf hash) is leaf `index` of the tree of `size` leaves with this root.
pub fn verify_inclusion(
    size: u64,
    index: u64,
    leaf: &Hash,
    proof: &[Hash],
    root: &Hash,
) -> Result<(), LedgerError> {
    if index >= size {
        return Err(LedgerError::Proof("index beyond the tree"));
    }
    let (mut place, mut last) = (index, size.saturating_sub(1));
    let mut hash = *leaf;
    for step in proof {
        if last == 0 {
            return Err(LedgerError::Proof("too long"));
        }
        if place & 1 == 1 || place == last {
            hash = node_hash(step, &hash);
            // A lone right edge node rises unchanged until it is a right child.
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, step);
        }
        place >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(LedgerError::Proof("too short"));
    }
    require(hash == *root, "root differs")
}

/// Checks that the tree of `old` leaves is the beginning of the tree of `new` leaves.
pub fn verify_consistency(
    old: u64,
    new: u64,
    old_root: &Hash,
    new_root: &Hash,
    proof: &[Hash],
) -> Result<(), LedgerError> {
    if old > new {
        return Err(LedgerError::Proof("the newer tree is smaller"));
    }
    if old == 0 {
        require(proof.is_empty(), "too long")?;
        require(*old_root == empty_root(), "root of the empty tree differs")?;
        return require(new > 0 || new_root == old_root, "root differs");
    }
    if old == new {
        require(proof.is_empty(), "too long")?;
        return require(old_root == new_root, "root differs");
    }
    let mut steps = proof.iter();
    // A complete old tree is its own first node and is left out of the proof.
    let first = if old.is_power_of_two() {
        old_root
    } else {
        steps.next().ok_or(LedgerError::Proof("too short"))?
    };
    let (mut place, mut last) = (old.saturating_sub(1), new.saturating_sub(1));
    while place & 1 == 1 {
        place >>= 1;
        last >>= 1;
    }
    let (mut from_old, mut from_new) = (*first, *first);
    for step in steps {
        if last == 0 {
            return Err(LedgerError::Proof("too long"));
        }
        if place & 1 == 1 || place == last {
            from_old = node_hash(step, &from_old);
            from_new = node_hash(step, &from_new);
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            from_new = node_hash(&from_new, step);
        }
        place >>= 1;
        last >>= 1;
    }
    require(last == 0, "too short")?;
    require(from_old == *old_root, "old root differs")?;
    require(from_new == *new_root, "new root differs")
}

fn require(holds: bool, rule: &'static str) -> Result<(), LedgerError> {
    if holds {
        Ok(())
    } else {
        Err(LedgerError::Proof(rule))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::ledger::sha256;
    use crate::crypto::ledger::testkit::Lcg;
    use crate::crypto::ledger::tree::*;
    use std::collections::HashMap;
    use std::convert::Infallible;

    /// A store of complete nodes, with the roots of all sizes.
    struct Grown {
        nodes: HashMap<(u8, u64), Hash>,
        roots: Vec<Hash>,
        leaves: Vec<Hash>,
    }

    impl Grown {
        fn of(leaves: Vec<Hash>) -> Self {
            let mut frontier = Frontier::new();
            let mut nodes = HashMap::new();
            let mut roots = vec![frontier.root()];
            for leaf in &leaves {
                frontier.append(*leaf, |n| {
                    assert!(nodes.insert((n.level, n.index), n.hash).is_none());
                });
                roots.push(frontier.root());
            }
            Self {
                nodes,
                roots,
                leaves,
            }
        }

        fn fetch(&self, level: u8, index: u64) -> Result<Hash, Infallible> {
            Ok(self.nodes[&(level, index)])
        }
    }

    fn grown(n: u64) -> Grown {
        Grown::of(
            (0..n)
                .map(|i| leaf_hash(&sha256(&[&i.to_be_bytes()])))
                .collect(),
        )
    }

    /// The definition of RFC 9162 section 2.1.1, word for word.
    fn mth(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => sha256(&[]),
            [one] => *one,
            many => {
                let mut k = 1;
                while k * 2 < many.len() {
                    k *= 2;
                }
                node_hash(&mth(&many[..k]), &mth(&many[k..]))
            }
        }
    }

    /// The proof definition of RFC 9162 section 2.1.3.1, word for word.
    fn path(m: usize, leaves: &[Hash]) -> Vec<Hash> {
        if leaves.len() == 1 {
            return Vec::new();
        }
        let mut k = 1;
        while k * 2 < leaves.len() {
            k *= 2;
        }
        let mut out;
        if m < k {
            out = path(m, &leaves[..k]);
            out.push(mth(&leaves[k..]));
        } else {
            out = path(m - k, &leaves[k..]);
            out.push(mth(&leaves[..k]));
        }
        out
    }

    /// The proof definition of RFC 9162 section 2.1.4.1, word for word.
    fn subproof(m: usize, leaves: &[Hash], whole: bool) -> Vec<Hash> {
        if m == leaves.len() {
            return if whole { Vec::new() } else { vec![mth(leaves)] };
        }
        let mut k = 1;
        while k * 2 < leaves.len() {
            k *= 2;
        }
        let mut out;
        if m <= k {
            out = subproof(m, &leaves[..k], whole);
            out.push(mth(&leaves[k..]));
        } else {
            out = subproof(m - k, &leaves[k..], false);
            out.push(mth(&leaves[..k]));
        }
        out
    }

    fn hash(text: &str) -> Hash {
        hex::decode(text).unwrap().try_into().unwrap()
    }

    /// The eight-leaf tree that the certificate transparency implementations share.
    fn classic() -> Grown {
        let inputs = [
            "",
            "00",
            "10",
            "2021",
            "3031",
            "40414243",
            "5051525354555657",
            "606162636465666768696a6b6c6d6e6f",
        ];
        Grown::of(
            inputs
                .iter()
                .map(|text| sha256(&[&[0], &hex::decode(text).unwrap()]))
                .collect(),
        )
    }

    #[test]
    fn rfc_6962_roots() {
        let want = [
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ];
        let tree = classic();
        for (size, text) in want.iter().enumerate() {
            assert_eq!(tree.roots[size], hash(text), "size {size}");
        }
    }

    #[test]
    fn rfc_6962_proofs() {
        let tree = classic();
        let inclusion = inclusion_proof(8, 0, |l, i| tree.fetch(l, i)).unwrap();
        assert_eq!(
            inclusion,
            [
                hash("96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"),
                hash("5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"),
                hash("6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"),
            ]
        );
        let consistency = consistency_proof(6, 8, |l, i| tree.fetch(l, i)).unwrap();
        assert_eq!(
            consistency,
            [
                hash("0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"),
                hash("ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"),
                hash("d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"),
            ]
        );
    }

    #[test]
    fn every_pair_of_small_trees_follows_the_definition() {
        let tree = grown(33);
        for size in 0..=33_u64 {
            let leaves = &tree.leaves[..size as usize];
            assert_eq!(tree.roots[size as usize], mth(leaves));
            let loaded = Frontier::load(size, |l, i| tree.fetch(l, i)).unwrap();
            assert_eq!(loaded.root(), mth(leaves));
            for index in 0..size {
                let proof = inclusion_proof(size, index, |l, i| tree.fetch(l, i)).unwrap();
                assert_eq!(proof, path(index as usize, leaves), "{size} {index}");
            }
            for old in 1..=size {
                let proof = consistency_proof(old, size, |l, i| tree.fetch(l, i)).unwrap();
                assert_eq!(proof, subproof(old as usize, leaves, true), "{old} {size}");
            }
            assert!(inclusion_proof(size, size, |l, i| tree.fetch(l, i)).is_err());
            assert!(consistency_proof(size + 1, size, |l, i| tree.fetch(l, i)).is_err());
        }
    }

    #[test]
    fn a_loaded_frontier_grows_like_the_first() {
        let tree = grown(300);
        for size in [0_u64, 1, 2, 7, 64, 255, 299] {
            let mut frontier = Frontier::load(size, |l, i| tree.fetch(l, i)).unwrap();
            for leaf in &tree.leaves[size as usize..] {
                frontier.append(*leaf, |n| {
                    assert_eq!(tree.nodes[&(n.level, n.index)], n.hash);
                });
            }
            assert_eq!(frontier.root(), tree.roots[300]);
            assert_eq!(frontier.size(), 300);
        }
        assert_eq!(
            Frontier::load(u64::MAX, |_, _| Err::<Hash, ()>(())),
            Err(TreeError::Range)
        );
        assert_eq!(
            Frontier::load(3, |_, _| Err::<Hash, &str>("gone")),
            Err(TreeError::Fetch("gone"))
        );
    }

    /// Changes one proof into another that must not verify.
    fn forge(random: &mut Lcg, proof: &mut Vec<Hash>) {
        match random.below(4) {
            0 if !proof.is_empty() => {
                let at = random.index(proof.len());
                proof[at][random.index(32)] ^= 1 << random.below(8);
            }
            1 if !proof.is_empty() => {
                proof.remove(random.index(proof.len()));
            }
            2 if proof.len() > 1 => {
                let at = random.index(proof.len() - 1);
                proof.swap(at, at + 1);
            }
            _ => {
                let at = random.index(proof.len() + 1);
                proof.insert(at, sha256(&[&random.next().to_be_bytes()]));
            }
        }
    }

    #[test]
    fn a_thousand_inclusion_proofs_hold_and_their_forgeries_do_not() {
        let tree = grown(2_000);
        let mut random = Lcg::new(9162);
        for _ in 0..1_000 {
            let size = 2 + random.below(1_999);
            let index = random.below(size);
            let root = tree.roots[size as usize];
            let leaf = tree.leaves[index as usize];
            let proof = inclusion_proof(size, index, |l, i| tree.fetch(l, i)).unwrap();
            verify_inclusion(size, index, &leaf, &proof, &root).unwrap();

            let mut forged = proof.clone();
            forge(&mut random, &mut forged);
            assert!(verify_inclusion(size, index, &leaf, &forged, &root).is_err());
            let other = (index + 1 + random.below(size - 1)) % size;
            assert!(verify_inclusion(size, other, &leaf, &proof, &root).is_err());
            let other_leaf = tree.leaves[other as usize];
            assert!(verify_inclusion(size, index, &other_leaf, &proof, &root).is_err());
            let other_root = tree.roots[size as usize - 1];
            assert!(verify_inclusion(size, index, &leaf, &proof, &other_root).is_err());
            assert!(verify_inclusion(size, size, &leaf, &proof, &root).is_err());
        }
    }

    #[test]
    fn a_thousand_consistency_proofs_hold_and_their_forgeries_do_not() {
        let tree = grown(2_000);
        let mut random = Lcg::new(6962);
        for _ in 0..1_000 {
            let new = 2 + random.below(1_999);
            let old = 1 + random.below(new - 1);
            let (old_root, new_root) = (tree.roots[old as usize], tree.roots[new as usize]);
            let proof = consistency_proof(old, new, |l, i| tree.fetch(l, i)).unwrap();
            verify_consistency(old, new, &old_root, &new_root, &proof).unwrap();

            let mut forged = proof.clone();
            forge(&mut random, &mut forged);
            assert!(verify_consistency(old, new, &old_root, &new_root, &forged).is_err());
            let fork = tree.roots[old as usize - 1];
            assert!(verify_consistency(old, new, &fork, &new_root, &proof).is_err());
            let fork = tree.roots[new as usize - 1];
            assert!(verify_consistency(old, new, &old_root, &fork, &proof).is_err());
            assert!(verify_consistency(new, old, &new_root, &old_root, &proof).is_err());
        }
    }

    #[test]
    fn edges_of_consistency() {
        let tree = grown(5);
        let (empty, root) = (tree.roots[0], tree.roots[5]);
        verify_consistency(0, 5, &empty, &root, &[]).unwrap();
        verify_consistency(0, 0, &empty, &empty, &[]).unwrap();
        verify_consistency(5, 5, &root, &root, &[]).unwrap();
        assert!(verify_consistency(0, 5, &root, &root, &[]).is_err());
        assert!(verify_consistency(0, 0, &empty, &root, &[]).is_err());
        assert!(verify_consistency(5, 5, &root, &root, &[root]).is_err());
        assert!(verify_consistency(4, 5, &tree.roots[4], &root, &[]).is_err());
    }
}
