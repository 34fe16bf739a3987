//! The batch statement, the one public input of a batch proof (B-STATEMENT).

use crate::{
    batch::Doors,
    record::{HouseRecord, UnitRecord},
};
use alloc::vec::Vec;
use cloister_crypto::{
    constants::{domain, STATEMENT_VERSION},
    field::limbs,
    poseidon2::sponge,
    stream::{Scope, StreamSalt},
    Fr,
};
use cloister_types::{Amount, GroupId};

/// Number of elements before the records of the units.
pub const STATEMENT_HEAD: usize = 20;

/// Everything public of a batch. The chain fills in what it knows itself and never takes that from the submitter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Genesis hash of the chain.
    pub genesis: [u8; 32],
    /// Margin group.
    pub group: GroupId,
    /// Number of the batch, from 0.
    pub batch_no: u64,
    /// Batch time, milliseconds of Unix time.
    pub time: u64,
    /// Account id that the prover's reward goes to: whoever copies the proof can only have its maker paid.
    pub payee: [u8; 32],
    /// Salt of the keystreams, fresh for every attempt.
    pub salt: Fr,
    /// Account root before.
    pub old_root: Fr,
    /// Account root after.
    pub new_root: Fr,
    /// House commitment before.
    pub old_house: Fr,
    /// House commitment after.
    pub new_house: Fr,
    /// Hash of the risk table.
    pub risk_hash: Fr,
    /// Fees paid out publicly.
    pub sweep: Amount,
    /// What the queue asks of the insurance.
    pub doors: Doors,
    /// Paid out of the insurance.
    pub insurance_out: Amount,
    /// Bit j: the open interest of row j is proven to be 0.
    pub empty_mask: u32,
    /// One record per unit.
    pub units: Vec<UnitRecord>,
    /// The house's record.
    pub house: HouseRecord,
}

impl Statement {
    /// The statement's elements in the order they are hashed.
    pub fn elements(&self) -> Vec<Fr> {
        let (lo, hi) = limbs(&self.genesis);
        let (payee_lo, payee_hi) = limbs(&self.payee);
        let head: [Fr; STATEMENT_HEAD] = [
            Fr::from(STATEMENT_VERSION),
            lo,
            hi,
            Fr::from(u64::from(self.group.get())),
            Fr::from(self.batch_no),
            Fr::from(self.time),
            payee_lo,
            payee_hi,
            self.salt,
            self.old_root,
            self.new_root,
            self.old_house,
            self.new_house,
            self.risk_hash,
            Fr::from(self.sweep.get()),
            Fr::from(self.doors.paid_in.get()),
            Fr::from(self.doors.asked.get()),
            Fr::from(self.insurance_out.get()),
            Fr::from(self.doors.keep.get()),
            Fr::from(u64::from(self.empty_mask)),
        ];
        let mut out = Vec::from(head);
        for unit in &self.units {
            out.extend(unit.elements());
        }
        out.extend_from_slice(&self.house.ciphertext);
        out
    }

    /// Chain and group, which view keys and keystreams name.
    pub fn scope(&self) -> Scope {
        Scope {
            genesis: self.genesis,
            group: self.group.get(),
        }
    }

    /// What the keystreams of the batch are made with.
    pub fn stream_salt(&self) -> StreamSalt {
        self.scope().salt(self.salt)
    }

    /// The public input.
    pub fn hash(&self) -> Fr {
        statement_hash(&self.elements())
    }
}

/// The hash of a statement's elements.
pub fn statement_hash(elements: &[Fr]) -> Fr {
    sponge(domain::BATCH, elements)
}

/// The salt among a statement's elements.
pub fn statement_salt(elements: &[Fr]) -> Option<Fr> {
    elements.get(8).copied()
}
