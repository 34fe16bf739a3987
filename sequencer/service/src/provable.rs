//! Which shapes of batches can be proven: of those whose provers are at hand, those of which the chain has the key.

use crate::chain::BatchKey;
use cloister_ledger::Shape;
use cloister_prover_job::Prover;
use cloister_settlement::KeyId;
use std::collections::BTreeMap;

/// What is known of a prover.
#[derive(Clone, Debug)]
struct Facts {
    verifying_key: Vec<u8>,
    constraints: u64,
    development: bool,
}

/// The provers at hand, and the keys that the chain has of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Provable {
    at_hand: BTreeMap<Shape, Facts>,
    keys: BTreeMap<Shape, KeyId>,
}

impl Provable {
    /// What some provers can prove.
    pub fn of<P: Prover>(provers: &BTreeMap<Shape, P>) -> Self {
        let facts = |prover: &P| Facts {
            verifying_key: prover.verifying_key(),
            constraints: prover.constraints(),
            development: prover.is_development(),
        };
        Self {
            at_hand: provers.iter().map(|(shape, prover)| (*shape, facts(prover))).collect(),
            keys: BTreeMap::new(),
        }
    }

    /// Takes note of the chain's keys. While none of them is active, those that will be count.
    pub fn note(&mut self, keys: &[BatchKey]) {
        let own = |key: &&BatchKey| {
            let facts = self.at_hand.get(&key.shape);
            facts.is_some_and(|facts| facts.verifying_key == key.key)
        };
        let own: Vec<&BatchKey> = keys.iter().filter(own).collect();
        let active = own.iter().any(|key| key.active);
        let counted = own.into_iter().filter(|key| key.active || !active);
        self.keys = counted.map(|key| (key.shape, key.id)).collect();
    }

    /// The shapes that batches may have now.
    pub fn shapes(&self) -> Vec<Shape> {
        self.keys.keys().copied().collect()
    }

    /// The key of a shape; `None` if the chain takes no batches of it, or nobody here can prove them.
    pub fn key(&self, shape: Shape) -> Option<KeyId> {
        self.keys.get(&shape).copied()
    }

    /// Whether batches under this key can be submitted.
    pub fn has(&self, key: KeyId) -> bool {
        self.keys.values().any(|own| *own == key)
    }

    /// Whether a prover of a shape is at hand, whether or not the chain takes its batches.
    pub fn is_at_hand(&self, shape: Shape) -> bool {
        self.at_hand.contains_key(&shape)
    }

    /// Constraints of a shape's circuit; 0 if nobody here can prove it.
    pub fn constraints(&self, shape: Shape) -> u64 {
        self.at_hand.get(&shape).map_or(0, |facts| facts.constraints)
    }

    /// Whether a shape that is proven has parameters whose seed is public.
    pub fn is_development(&self) -> bool {
        let mut own = self.keys.keys().filter_map(|shape| self.at_hand.get(shape));
        own.any(|facts| facts.development)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(id: KeyId, shape: Shape, active: bool, key: u8) -> BatchKey {
        BatchKey {
            id,
            shape,
            active,
            key: vec![key],
        }
    }

    fn provable() -> Provable {
        let facts = |own: u8| Facts {
            verifying_key: vec![own],
            constraints: own.into(),
            development: own == 1,
        };
        Provable {
            at_hand: [(Shape::DEV, facts(1)), (Shape::STANDARD, facts(2))].into(),
            keys: BTreeMap::new(),
        }
    }

    #[test]
    fn only_active_keys_of_own_provers_should_count() {
        let mut provable = provable();
        provable.note(&[
            key(1, Shape::DEV, true, 1),
            // Other parameters, another shape, and one that is still to come.
            key(2, Shape::DEV, true, 9),
            key(3, Shape::LARGE, true, 3),
            key(4, Shape::STANDARD, false, 2),
        ]);
        assert_eq!(provable.shapes(), [Shape::DEV]);
        assert_eq!(
            (provable.key(Shape::DEV), provable.key(Shape::STANDARD)),
            (Some(1), None)
        );
        assert!(provable.has(1) && !provable.has(2) && !provable.has(4) && provable.is_development());
        assert!(provable.is_at_hand(Shape::STANDARD) && !provable.is_at_hand(Shape::LARGE));
        assert_eq!(
            (
                provable.constraints(Shape::STANDARD),
                provable.constraints(Shape::LARGE)
            ),
            (2, 0)
        );
    }

    #[test]
    fn while_no_key_is_active_those_that_will_be_should_count() {
        let mut provable = provable();
        provable.note(&[key(4, Shape::STANDARD, false, 2)]);
        assert_eq!(
            (provable.shapes(), provable.is_development()),
            (vec![Shape::STANDARD], false)
        );
        provable.note(&[]);
        assert_eq!(provable.shapes(), []);
    }
}
