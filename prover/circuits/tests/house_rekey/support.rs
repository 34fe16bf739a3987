//! Making, changing and recording re-keys.

use cloister_circuits::{
    statements::house_rekey::{HouseRekeyCircuit, HouseRekeyStatement, HouseRekeyWitness},
    Fr,
};
use cloister_circuits_testing::{Recorded, TestSystem};
use cloister_crypto::{
    jubjub::{self, AffinePoint, ExtendedPoint},
    schnorr::generator,
    seal::pad,
};
use cloister_ledger::{House, HouseRecord, Key};
use cloister_ledger_testing::{house_rekey, Random};

static RECORDED: Recorded<()> = Recorded::new();

/// A statement and its witness.
#[derive(Clone)]
pub struct Scene {
    pub statement: HouseRekeyStatement,
    pub witness: HouseRekeyWitness,
}

pub fn coordinates(point: ExtendedPoint) -> Key {
    let affine = AffinePoint::from(point);
    Key {
        x: affine.get_u(),
        y: affine.get_v(),
    }
}

pub fn point(key: &Key) -> ExtendedPoint {
    AffinePoint::from_raw_unchecked(key.x, key.y).into()
}

pub fn order_two() -> ExtendedPoint {
    AffinePoint::from_raw_unchecked(Fr::zero(), -Fr::one()).into()
}

impl Scene {
    /// A good re-key in which everything is random.
    pub fn random(random: &mut Random) -> Self {
        let (statement, witness) = house_rekey(random);
        Self { statement, witness }
    }

    pub fn new() -> Self {
        Self::random(&mut Random::new(1))
    }

    /// The house after.
    pub fn after(&self) -> House {
        self.witness
            .house
            .rekeyed(self.witness.new_key)
            .expect("the nonce fits")
    }

    /// Makes `E`, `ct` and the record anew from scalar, new key and sealing key, whatever these are.
    pub fn seal(&mut self) {
        let e = jubjub::Fr::from_bytes(&self.witness.scalar).unwrap_or(jubjub::Fr::zero());
        let ephemeral = ExtendedPoint::from(generator()) * e;
        let shared = point(&self.statement.sealing_key) * e;
        self.statement.ephemeral = coordinates(ephemeral);
        self.statement.ciphertext = self.witness.new_key + pad(shared.into(), ephemeral.into());
        self.state(&self.after());
    }

    /// States this house as the one after.
    pub fn state(&mut self, after: &House) {
        self.statement.new_house = after.commitment();
        self.statement.record = HouseRecord::encrypt(after, self.statement.stream_salt());
    }

    /// Takes a scalar and seals with it.
    pub fn with_scalar(mut self, scalar: jubjub::Fr) -> Self {
        self.witness.scalar = scalar.to_bytes();
        self.seal();
        self
    }

    pub fn circuit(&self) -> HouseRekeyCircuit {
        HouseRekeyCircuit::proving(self.statement, self.witness.clone())
    }

    pub fn system(&self) -> TestSystem {
        RECORDED
            .of((), HouseRekeyCircuit::blank, self.circuit())
            .expect("every witness synthesises")
    }
}
