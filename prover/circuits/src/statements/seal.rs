//! The seal statement (`docs/spec/seal.md`), the twin of `cloister_ledger::seal`.
//!
//! Every public value is a wire of its own, compared with what the circuit computes in a namespace of its rule; the
//! last constraint compares the hash of these wires with the public input (V-STATEMENT).

use bellman::{Circuit, ConstraintSystem, SynthesisError};
use cloister_crypto::{
    constants::{domain, SEAL_STATEMENT_VERSION, SIGNATURE_SCALAR_BITS},
    field::limbs,
    jubjub,
};
use cloister_ledger::Key;
pub use cloister_ledger::{SealStatement, SealWitness};

use crate::{
    gadgets::{
        bits::{alloc_bits, enforce_not_above},
        boolean::Bit,
        jubjub::{eighth, enforce_prime_order, Point},
        multiples::{fixed_base, multiply_half},
        num::{enforce_equal, Num},
        poseidon2::sponge,
        stream::view_commitment,
    },
    Fr,
};

/// Name of the constraint that compares the public input with the computed hash.
pub const PUBLIC_INPUT: &str = "V-STATEMENT/public input is the hash";

/// The circuit of a seal.
#[derive(Clone, Debug)]
pub struct SealCircuit {
    /// The statement, or none to generate parameters.
    pub statement: Option<SealStatement>,
    /// The private data. One that does not fit the statement synthesises like any other and leaves constraints of the
    /// broken rules unsatisfied.
    pub witness: Option<SealWitness>,
}

impl SealCircuit {
    /// The circuit without a witness, for parameters and identities.
    pub fn blank() -> Self {
        Self {
            statement: None,
            witness: None,
        }
    }

    /// The circuit with a statement and its witness.
    pub fn proving(statement: SealStatement, witness: SealWitness) -> Self {
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
    owner: [Num; 2],
    sealing_key: Point,
    ephemeral: Point,
    ciphertext: Num,
    key: Point,
    view_commitment: Num,
}

pub(super) fn coordinates(key: &Key) -> (Fr, Fr) {
    (key.x, key.y)
}

impl Public {
    fn alloc<CS: ConstraintSystem<Fr>>(cs: &mut CS, s: Option<&SealStatement>) -> Result<Self, SynthesisError> {
        let mut cs = cs.namespace(|| "public");
        let genesis = s.map(|s| limbs(&s.genesis));
        let owner = s.map(|s| limbs(&s.owner));
        Ok(Self {
            genesis: [
                Num::alloc(&mut cs, || "genesis lo", genesis.map(|g| g.0))?,
                Num::alloc(&mut cs, || "genesis hi", genesis.map(|g| g.1))?,
            ],
            group: Num::alloc(&mut cs, || "group", s.map(|s| Fr::from(u64::from(s.group.get()))))?,
            owner: [
                Num::alloc(&mut cs, || "owner lo", owner.map(|o| o.0))?,
                Num::alloc(&mut cs, || "owner hi", owner.map(|o| o.1))?,
            ],
            sealing_key: Point::alloc(&mut cs, "sealing key", s.map(|s| coordinates(&s.sealing_key)))?,
            ephemeral: Point::alloc(&mut cs, "ephemeral", s.map(|s| coordinates(&s.ephemeral)))?,
            ciphertext: Num::alloc(&mut cs, || "ciphertext", s.map(|s| s.ciphertext))?,
            key: Point::alloc(&mut cs, "key", s.map(|s| coordinates(&s.key)))?,
            view_commitment: Num::alloc(&mut cs, || "view commitment", s.map(|s| s.view_commitment))?,
        })
    }

    /// V-STATEMENT. The owner takes no part in the rules, genesis and group only in the commitment; they are here so
    /// that a proof is valid for one owner in one group of one chain only.
    fn enforce_hash<CS: ConstraintSystem<Fr>>(self, cs: &mut CS, input: &Num) -> Result<(), SynthesisError> {
        let mut cs = cs.namespace(|| "V-STATEMENT");
        let [genesis_lo, genesis_hi] = self.genesis;
        let [owner_lo, owner_hi] = self.owner;
        let elements = [
            Num::constant(Fr::from(SEAL_STATEMENT_VERSION)),
            genesis_lo,
            genesis_hi,
            self.group,
            owner_lo,
            owner_hi,
            self.sealing_key.x,
            self.sealing_key.y,
            self.ephemeral.x,
            self.ephemeral.y,
            self.ciphertext,
            self.key.x,
            self.key.y,
            self.view_commitment,
        ];
        let hash = sponge(&mut cs, "hash", domain::SEAL_STATEMENT, &elements)?;
        enforce_equal(&mut cs, || "public input is the hash", &hash, input);
        Ok(())
    }
}

/// V-SEALING-KEY: `Q` is in the prime-order subgroup and not the identity; returns a half of it. Under a `Q` with a
/// small component the sequencers, who compute `z·E`, would get another shared point than `e·Q`. The chain checks `Q`
/// when it is set; here the check costs next to nothing, and the statement does not depend on the chain's word.
fn check_sealing_key<CS: ConstraintSystem<Fr>>(cs: &mut CS, key: &Point) -> Result<Point, SynthesisError> {
    let mut cs = cs.namespace(|| "V-SEALING-KEY");
    enforce_prime_order(&mut cs, key, key.value().map(eighth))
}

/// V-SCALAR: the bits of `e`, below the order of the subgroup: every point has one scalar, every statement one witness.
fn alloc_scalar<CS: ConstraintSystem<Fr>>(cs: &mut CS, scalar: Option<[u8; 32]>) -> Result<Vec<Bit>, SynthesisError> {
    let mut cs = cs.namespace(|| "V-SCALAR");
    // The bits of a scalar are those of a field element: 252 of them are less than the 255 of the field.
    let value = scalar.map(|mut bytes| {
        bytes[31] &= 0x0f;
        Option::<Fr>::from(Fr::from_bytes(&bytes)).unwrap_or(Fr::zero())
    });
    let bits = alloc_bits(&mut cs, "e", value, SIGNATURE_SCALAR_BITS)?;
    enforce_not_above(&mut cs, "canonical", &bits, &(-jubjub::Fr::one()).to_bytes())?;
    Ok(bits)
}

/// V-EPHEMERAL: `E = e·G`, so `E` is in the subgroup and the sequencers can open with it. The identity would make the
/// pad public.
fn check_ephemeral<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    scalar: &[Bit],
    ephemeral: &Point,
) -> Result<Point, SynthesisError> {
    let mut cs = cs.namespace(|| "V-EPHEMERAL");
    let computed = fixed_base(&mut cs, "e times generator", scalar)?;
    computed.enforce_x_not_zero(&mut cs, "not the identity")?;
    computed.enforce_equal(&mut cs, "ephemeral point is of the scalar", ephemeral);
    Ok(computed)
}

/// The rules V-SEALING-KEY, V-SCALAR, V-EPHEMERAL and V-CIPHERTEXT: whoever has the secret of the sealing key opens
/// `ephemeral` and `ciphertext` to `secret`. The house re-key shares them (H-SEAL).
pub(super) fn enforce_sealed<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    sealing_key: &Point,
    ephemeral: &Point,
    ciphertext: &Num,
    secret: &Num,
    scalar: Option<[u8; 32]>,
) -> Result<(), SynthesisError> {
    let half = check_sealing_key(cs, sealing_key)?;
    let scalar = alloc_scalar(cs, scalar)?;
    let ephemeral = check_ephemeral(cs, &scalar, ephemeral)?;
    // V-CIPHERTEXT: what the sequencers get when they open is the secret, not garbage.
    let mut cs = cs.namespace(|| "V-CIPHERTEXT");
    let shared = multiply_half(&mut cs, "e times sealing key", &half, sealing_key, &scalar)?;
    let elements = [shared.x, shared.y, ephemeral.x, ephemeral.y];
    let pad = sponge(&mut cs, "pad", domain::SEAL, &elements)?;
    let sealed = secret + &pad;
    enforce_equal(&mut cs, || "ciphertext holds the key", ciphertext, &sealed);
    Ok(())
}

impl Circuit<Fr> for SealCircuit {
    fn synthesize<CS: ConstraintSystem<Fr>>(self, cs: &mut CS) -> Result<(), SynthesisError> {
        let (statement, witness) = (self.statement.as_ref(), self.witness.as_ref());
        let input = Num::alloc_input(cs, || "statement", statement.map(SealStatement::hash))?;
        let public = Public::alloc(cs, statement)?;
        let view_key = Num::alloc(cs, || "view key", witness.map(|w| w.view_key))?;

        enforce_sealed(
            cs,
            &public.sealing_key,
            &public.ephemeral,
            &public.ciphertext,
            &view_key,
            witness.map(|w| w.scalar),
        )?;
        {
            // V-COMMITMENT: the view key is the one that the batch opens the account with, in this group of this chain.
            let mut cs = cs.namespace(|| "V-COMMITMENT");
            let [lo, hi] = &public.genesis;
            let commitment = view_commitment(&mut cs, "commitment", [lo, hi, &public.group, &view_key])?;
            enforce_equal(
                &mut cs,
                || "commitment is of the view key",
                &public.view_commitment,
                &commitment,
            );
        }
        {
            // V-KEY: the open that is queued can be proven (B-OPEN asks the same).
            let mut cs = cs.namespace(|| "V-KEY");
            enforce_prime_order(&mut cs, &public.key, witness.map(|w| coordinates(&w.preimage)))?;
        }
        public.enforce_hash(cs, &input)
    }
}
