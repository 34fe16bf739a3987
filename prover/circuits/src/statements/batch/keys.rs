//! The keys after a unit (B-NONCE, B-OPEN, B-REKEY).

use bellman::{ConstraintSystem, SynthesisError};
use cloister_crypto::schnorr::generator_affine;
use cloister_ledger::{Mode, UnitWitness};

use super::{account::AccountWires, modes::Modes};
use crate::{
    gadgets::{
        boolean::Bit,
        choice::enforce_equal_if,
        inverse::inverse_or_zero,
        jubjub::Point,
        num::{enforce_product, Num},
    },
    Fr,
};

/// The keys of the new leaf.
pub struct Keys {
    pub key: Point,
    pub view_key: Num,
}

impl Keys {
    /// Allocates the keys of the new leaf: those of the old one except in a re-key, and in open and re-key a key of the
    /// prime-order subgroup.
    pub fn alloc<CS: ConstraintSystem<Fr>>(
        cs: &mut CS,
        modes: &Modes,
        old: &AccountWires,
        unit: Option<&UnitWitness>,
    ) -> Result<Self, SynthesisError> {
        let keys = {
            let mut cs = cs.namespace(|| "B-REKEY");
            let key = Point::alloc(&mut cs, "key", unit.map(|u| (u.new_key.x, u.new_key.y)))?;
            let view_key = Num::alloc(&mut cs, || "view key", unit.map(|u| u.new_view_key))?;
            // Otherwise a sequencer could hand the account to itself in any unit.
            let keep = modes.rekey.not();
            enforce_equal_if(&mut cs, || "key x changes only here", &keep, &key.x, &old.key.x);
            enforce_equal_if(&mut cs, || "key y changes only here", &keep, &key.y, &old.key.y);
            enforce_equal_if(
                &mut cs,
                || "view key changes only here",
                &keep,
                &view_key,
                &old.view_key,
            );
            Self { key, view_key }
        };
        keys.enforce_in_subgroup_if(&mut cs.namespace(|| "B-OPEN"), &modes.shows_keys(), unit)?;
        Ok(keys)
    }

    /// The key is eight times a point of the curve, and not the identity.
    fn enforce_in_subgroup_if<CS: ConstraintSystem<Fr>>(
        &self,
        cs: &mut CS,
        shown: &Bit,
        unit: Option<&UnitWitness>,
    ) -> Result<(), SynthesisError> {
        // In other modes nothing is claimed of P', and the generator keeps the formulas satisfied.
        let preimage = unit.map(|u| match u.mode {
            Mode::Open | Mode::Rekey => (u.preimage.x, u.preimage.y),
            Mode::Normal
            | Mode::Forced
            | Mode::Liquidation
            | Mode::Expiry
            | Mode::Takeover
            | Mode::Padding
            | Mode::Switch
            | Mode::Close
            | Mode::Deleveraging(_) => (generator_affine().get_u(), generator_affine().get_v()),
        });
        let preimage = Point::alloc(cs, "preimage", preimage)?;
        preimage.enforce_on_curve(cs, "preimage on the curve")?;
        // Eight times a point of the curve is in the prime-order subgroup. A key with a small component would make
        // signatures of one message valid for others with the chance of one in its order.
        let cleared = preimage.double(cs, "two")?.double(cs, "four")?.double(cs, "eight")?;
        let name = || "key x is of eight times the preimage";
        enforce_equal_if(cs, name, shown, &self.key.x, &cleared.x);
        let name = || "key y is of eight times the preimage";
        enforce_equal_if(cs, name, shown, &self.key.y, &cleared.y);
        // In the subgroup only the identity has x = 0; under it anybody could sign.
        let inverse = self.key.x.value().zip(shown.value()).map(|(x, shown)| {
            let inverse = inverse_or_zero(&x);
            if shown {
                inverse
            } else {
                Fr::zero()
            }
        });
        let inverse = Num::alloc(cs, || "inverse of key x", inverse)?;
        enforce_product(cs, || "key is not the identity", &inverse, &self.key.x, shown.num());
        Ok(())
    }
}
