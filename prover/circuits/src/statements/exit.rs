//! The exit statement (`docs/spec/exit.md`), the twin of `cloister_ledger::exit`.
//!
//! Every public value is a wire of its own, compared with what the circuit computes in a namespace of its rule; the
//! last constraint compares the hash of these wires with the public input (X-STATEMENT).

mod account;
mod values;

use bellman::{Circuit, ConstraintSystem, SynthesisError};
use cloister_crypto::{
    constants::{domain, ACCOUNT_TREE_DEPTH, EQUITY_BITS, EXIT_STATEMENT_VERSION, INDEX_BITS},
    field::{from_u128, limbs},
};
pub use cloister_ledger::{ExitStatement, ExitWitness};

use self::{account::alloc_account, values::ValueWires};
use crate::{
    gadgets::{
        bits::{is_nonnegative, range, signed_range},
        num::{enforce_equal, enforce_product, Num},
        poseidon2::sponge,
        tree::open,
    },
    statements::batch::account::AccountWires,
    Fr,
};

/// Name of the constraint that compares the public input with the computed hash.
pub const PUBLIC_INPUT: &str = "X-STATEMENT/public input is the hash";

/// The circuit of an exit.
#[derive(Clone, Debug)]
pub struct ExitCircuit {
    /// The statement, or none to generate parameters.
    pub statement: Option<ExitStatement>,
    /// The private data. One that does not fit the statement synthesises like any other and leaves constraints of the
    /// broken rules unsatisfied.
    pub witness: Option<ExitWitness>,
}

impl ExitCircuit {
    /// The circuit without a witness, for parameters and identities.
    pub fn blank() -> Self {
        Self {
            statement: None,
            witness: None,
        }
    }

    /// The circuit with a statement and its witness.
    pub fn proving(statement: ExitStatement, witness: ExitWitness) -> Self {
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
    index: Num,
    root: Num,
    final_hash: Num,
    claim: Num,
}

impl Public {
    fn alloc<CS: ConstraintSystem<Fr>>(cs: &mut CS, s: Option<&ExitStatement>) -> Result<Self, SynthesisError> {
        let mut cs = cs.namespace(|| "public");
        let genesis = s.map(|s| limbs(&s.genesis));
        Ok(Self {
            genesis: [
                Num::alloc(&mut cs, || "genesis lo", genesis.map(|g| g.0))?,
                Num::alloc(&mut cs, || "genesis hi", genesis.map(|g| g.1))?,
            ],
            group: Num::alloc(&mut cs, || "group", s.map(|s| Fr::from(u64::from(s.group.get()))))?,
            index: Num::alloc(&mut cs, || "index", s.map(|s| Fr::from(u64::from(s.index.get()))))?,
            root: Num::alloc(&mut cs, || "root", s.map(|s| s.root))?,
            final_hash: Num::alloc(&mut cs, || "final hash", s.map(|s| s.final_hash))?,
            claim: Num::alloc(&mut cs, || "claim", s.map(|s| from_u128(s.claim.get())))?,
        })
    }

    /// X-STATEMENT. Genesis takes no part in the rules; it is here so that a proof is valid on one chain only.
    fn enforce_hash<CS: ConstraintSystem<Fr>>(self, cs: &mut CS, input: &Num) -> Result<(), SynthesisError> {
        let mut cs = cs.namespace(|| "X-STATEMENT");
        let [genesis_lo, genesis_hi] = self.genesis;
        let elements = [
            Num::constant(Fr::from(EXIT_STATEMENT_VERSION)),
            genesis_lo,
            genesis_hi,
            self.group,
            self.index,
            self.root,
            self.final_hash,
            self.claim,
        ];
        let hash = sponge(&mut cs, "hash", domain::EXIT, &elements)?;
        enforce_equal(&mut cs, || "public input is the hash", &hash, input);
        Ok(())
    }
}

/// X-OPENS: the account is the leaf at the index of the final root. The leaf is a hash of the whole account, and the
/// range of the index gives every index one path.
fn check_opens<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    account: &AccountWires,
    public: &Public,
    witness: Option<&ExitWitness>,
) -> Result<(), SynthesisError> {
    let mut cs = cs.namespace(|| "X-OPENS");
    let leaf = account.leaf(&mut cs, "leaf")?;
    let index_bits = range(&mut cs, "index", &public.index, INDEX_BITS)?;
    let path: Vec<_> = (0..ACCOUNT_TREE_DEPTH).map(|l| witness.map(|w| w.path[l])).collect();
    let root = open(&mut cs, "account tree", &index_bits, &path, &leaf)?;
    enforce_equal(&mut cs, || "root is the final one", &root, &public.root);
    Ok(())
}

/// X-CLAIM over X-EQUITY: the claim is the equity, or 0 where that is negative. The range separates the two: a debt
/// that could pass for a number near the order of the field would empty the vault.
fn check_claim<CS: ConstraintSystem<Fr>>(cs: &mut CS, equity: &Num, claim: &Num) -> Result<(), SynthesisError> {
    let bits = signed_range(
        &mut cs.namespace(|| "X-EQUITY"),
        "equity fits its width",
        equity,
        EQUITY_BITS + 1,
    )?;
    let mut cs = cs.namespace(|| "X-CLAIM");
    let positive = is_nonnegative(&bits);
    let name = || "claim is the equity or 0";
    enforce_product(&mut cs, name, positive.num(), equity, claim);
    Ok(())
}

impl Circuit<Fr> for ExitCircuit {
    fn synthesize<CS: ConstraintSystem<Fr>>(self, cs: &mut CS) -> Result<(), SynthesisError> {
        let (statement, witness) = (self.statement.as_ref(), self.witness.as_ref());
        let input = Num::alloc_input(cs, || "statement", statement.map(ExitStatement::hash))?;
        let public = Public::alloc(cs, statement)?;
        let account = alloc_account(cs, witness.map(|w| &w.account))?;
        check_opens(cs, &account, &public, witness)?;
        let values = ValueWires::alloc(cs, witness.map(|w| &w.values))?;
        values.enforce_hash(cs, &public.group, &public.final_hash)?;
        let equity = values.equity(cs, &account)?;
        check_claim(cs, &equity, &public.claim)?;
        public.enforce_hash(cs, &input)
    }
}
