//! The statement of a house re-key (`docs/spec/house.md`), the twin of `cloister_ledger::house_rekey`.
//!
//! As in the seal statement every public value is a wire of its own, compared with what the circuit computes in a
//! namespace of its rule; the last constraint compares the hash of these wires with the public input (H-STATEMENT).

use bellman::{Circuit, ConstraintSystem, SynthesisError};
use cloister_crypto::{
    constants::{domain, HOUSE_RECORD, HOUSE_REKEY_STATEMENT_VERSION},
    field::{from_i128, from_u128, limbs},
};
use cloister_ledger::{
    packing::{pack_open_interest, pack_positions},
    House,
};
pub use cloister_ledger::{HouseRekeyStatement, HouseRekeyWitness};

use super::{
    batch::record::encrypt_house,
    seal::{coordinates, enforce_sealed},
};
use crate::{
    gadgets::{
        jubjub::Point,
        num::{enforce_equal, Num},
        poseidon2::sponge,
        stream::stream_salt,
    },
    Fr,
};

/// Name of the constraint that compares the public input with the computed hash.
pub const PUBLIC_INPUT: &str = "H-STATEMENT/public input is the hash";

/// The circuit of a house re-key.
#[derive(Clone, Debug)]
pub struct HouseRekeyCircuit {
    /// The statement, or none to generate parameters.
    pub statement: Option<HouseRekeyStatement>,
    /// The private data. One that does not fit the statement synthesises like any other and leaves constraints of the
    /// broken rules unsatisfied.
    pub witness: Option<HouseRekeyWitness>,
}

impl HouseRekeyCircuit {
    /// The circuit without a witness, for parameters and identities.
    pub fn blank() -> Self {
        Self {
            statement: None,
            witness: None,
        }
    }

    /// The circuit with a statement and its witness.
    pub fn proving(statement: HouseRekeyStatement, witness: HouseRekeyWitness) -> Self {
        Self {
            statement: Some(statement),
            witness: Some(witness),
        }
    }
}

/// The public values.
struct Public {
    genesis: [Num; 2],
    group: Num,
    old_house: Num,
    new_house: Num,
    sealing_key: Point,
    ephemeral: Point,
    ciphertext: Num,
    record: Vec<Num>,
}

impl Public {
    fn alloc<CS: ConstraintSystem<Fr>>(cs: &mut CS, s: Option<&HouseRekeyStatement>) -> Result<Self, SynthesisError> {
        let mut cs = cs.namespace(|| "public");
        let genesis = s.map(|s| limbs(&s.genesis));
        Ok(Self {
            genesis: [
                Num::alloc(&mut cs, || "genesis lo", genesis.map(|g| g.0))?,
                Num::alloc(&mut cs, || "genesis hi", genesis.map(|g| g.1))?,
            ],
            group: Num::alloc(&mut cs, || "group", s.map(|s| Fr::from(u64::from(s.group.get()))))?,
            old_house: Num::alloc(&mut cs, || "old house", s.map(|s| s.old_house))?,
            new_house: Num::alloc(&mut cs, || "new house", s.map(|s| s.new_house))?,
            sealing_key: Point::alloc(&mut cs, "sealing key", s.map(|s| coordinates(&s.sealing_key)))?,
            ephemeral: Point::alloc(&mut cs, "ephemeral", s.map(|s| coordinates(&s.ephemeral)))?,
            ciphertext: Num::alloc(&mut cs, || "ciphertext", s.map(|s| s.ciphertext))?,
            record: (0..HOUSE_RECORD)
                .map(|i| Num::alloc(&mut cs, || format!("record {i}"), s.map(|s| s.record.ciphertext[i])))
                .collect::<Result<_, _>>()?,
        })
    }

    /// H-STATEMENT. Genesis and group are here so that a proof is valid in one group of one chain only.
    fn enforce_hash<CS: ConstraintSystem<Fr>>(self, cs: &mut CS, input: &Num) -> Result<(), SynthesisError> {
        let mut cs = cs.namespace(|| "H-STATEMENT");
        let [genesis_lo, genesis_hi] = self.genesis;
        let mut elements = vec![
            Num::constant(Fr::from(HOUSE_REKEY_STATEMENT_VERSION)),
            genesis_lo,
            genesis_hi,
            self.group,
            self.old_house,
            self.new_house,
            self.sealing_key.x,
            self.sealing_key.y,
            self.ephemeral.x,
            self.ephemeral.y,
            self.ciphertext,
        ];
        elements.extend(self.record);
        let hash = sponge(&mut cs, "hash", domain::HOUSE_REKEY, &elements)?;
        enforce_equal(&mut cs, || "public input is the hash", &hash, input);
        Ok(())
    }
}

/// What a re-key leaves as it is. The words stay packed: a batch has bound what is in them to its widths, and here they
/// are only copied.
struct Contents {
    insurance: Num,
    fee_pool: Num,
    /// Packed positions, then packed open interests.
    words: Vec<Num>,
}

impl Contents {
    fn alloc<CS: ConstraintSystem<Fr>>(cs: &mut CS, house: Option<&House>) -> Result<Self, SynthesisError> {
        let mut cs = cs.namespace(|| "contents");
        let positions = house.map(|h| pack_positions(&h.positions));
        let open = house.map(|h| pack_open_interest(&h.open_interest));
        Ok(Self {
            insurance: Num::alloc(&mut cs, || "insurance", house.map(|h| from_i128(h.insurance.get())))?,
            fee_pool: Num::alloc(&mut cs, || "fee pool", house.map(|h| from_u128(h.fee_pool.get())))?,
            words: alloc_words(&mut cs, "positions", positions)?
                .into_iter()
                .chain(alloc_words(&mut cs, "open interests", open)?)
                .collect(),
        })
    }

    fn commitment<CS: ConstraintSystem<Fr>>(
        &self,
        cs: &mut CS,
        name: &'static str,
        key: &Num,
        nonce: &Num,
    ) -> Result<Num, SynthesisError> {
        let head = [key, nonce, &self.insurance, &self.fee_pool];
        let elements: Vec<Num> = head.into_iter().chain(&self.words).cloned().collect();
        sponge(cs, name, domain::HOUSE, &elements)
    }
}

fn alloc_words<CS: ConstraintSystem<Fr>, const N: usize>(
    cs: &mut CS,
    name: &'static str,
    words: Option<[Fr; N]>,
) -> Result<Vec<Num>, SynthesisError> {
    (0..N)
        .map(|i| Num::alloc(cs, || format!("{name} {i}"), words.map(|w| w[i])))
        .collect()
}

impl Circuit<Fr> for HouseRekeyCircuit {
    fn synthesize<CS: ConstraintSystem<Fr>>(self, cs: &mut CS) -> Result<(), SynthesisError> {
        let (statement, witness) = (self.statement.as_ref(), self.witness.as_ref());
        let house = witness.map(|w| &w.house);
        let input = Num::alloc_input(cs, || "statement", statement.map(HouseRekeyStatement::hash))?;
        let public = Public::alloc(cs, statement)?;
        let contents = Contents::alloc(cs, house)?;
        let old_key = Num::alloc(cs, || "old key", house.map(|h| h.key))?;
        let nonce = Num::alloc(cs, || "nonce", house.map(|h| Fr::from(h.nonce)))?;
        let new_key = Num::alloc(cs, || "new key", witness.map(|w| w.new_key))?;
        let new_nonce = nonce.clone().add_constant(Fr::one());
        {
            let mut cs = cs.namespace(|| "H-OPENS");
            let old = contents.commitment(&mut cs, "commitment", &old_key, &nonce)?;
            enforce_equal(&mut cs, || "old commitment is the house's", &public.old_house, &old);
        }
        {
            // Were anything else than the key to change, a submitter could make money, lots, or a house that no batch
            // can go on with.
            let mut cs = cs.namespace(|| "H-CONTENTS");
            let new = contents.commitment(&mut cs, "commitment", &new_key, &new_nonce)?;
            enforce_equal(
                &mut cs,
                || "new commitment is of the same contents",
                &public.new_house,
                &new,
            );
        }
        {
            // A key that is not sealed would be known to its maker alone, and nobody else could prove a batch.
            let mut cs = cs.namespace(|| "H-SEAL");
            enforce_sealed(
                &mut cs,
                &public.sealing_key,
                &public.ephemeral,
                &public.ciphertext,
                &new_key,
                witness.map(|w| w.scalar),
            )?;
        }
        {
            // Whoever has the new key alone could not read the record before, which is under the old one.
            let mut cs = cs.namespace(|| "H-RECORD");
            let [lo, hi] = &public.genesis;
            let salt = stream_salt(&mut cs, "stream salt", [lo, hi, &public.group, &public.ephemeral.x])?;
            let record = encrypt_house(
                &mut cs,
                [&new_key, &new_nonce, &salt],
                [&contents.insurance, &contents.fee_pool],
                contents.words.clone(),
            )?;
            for (i, (given, made)) in public.record.iter().zip(&record).enumerate() {
                enforce_equal(&mut cs, || format!("element {i} is the house's"), given, made);
            }
        }
        public.enforce_hash(cs, &input)
    }
}
