//! Solvency statements as they are submitted, and how the chain rebuilds what they say (D-ROUND).

use crate::batch::{Field, KeyId, PROOF_BYTES};
use cloister_crypto::field::{from_bytes, to_bytes, FieldError};
use cloister_ledger::{
    solvency::{Found, Sums},
    SolvencyOutcome, SolvencyShape, SolvencyStatement,
};
use cloister_types::{AccountIndex, GroupId, Money, Total};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// A proven solvency statement.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen)]
pub struct SolvencySubmission {
    /// The verifying key of its proof.
    pub key: KeyId,
    /// Version of the risk table.
    pub risk_version: u64,
    /// Number of the batch that left the root.
    pub batch_no: u64,
    /// Account id that is paid and whose round it is.
    pub payee: [u8; 32],
    /// First index that is covered.
    pub first: AccountIndex,
    /// Commitment to the sums after it.
    pub after: Field,
    /// What the last statement of a round shows; none in the others.
    pub findings: Option<Findings>,
    /// The proof (C-VERIFIER).
    pub proof: [u8; PROOF_BYTES],
}

/// What the last statement of a round shows; money in 10^-6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen)]
pub struct Findings {
    /// Number of accounts below maintenance margin.
    pub short: u32,
    /// Sum of what accounts with negative equity owe.
    pub debt: u128,
    /// The part of it that is owed by accounts with lots in rows that are not stale.
    pub live_debt: u128,
    /// What the insurance is worth, less the debts; negative where it does not cover them.
    pub surplus: i128,
}

/// What the chain takes from its own storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SolvencyKnown {
    /// Genesis hash of the chain.
    pub genesis: [u8; 32],
    /// Margin group.
    pub group: GroupId,
    /// Shape of the verifying key.
    pub shape: SolvencyShape,
    /// The root that the batch left.
    pub root: Field,
    /// The house's commitment that the batch left.
    pub house: Field,
    /// Hash of the risk table.
    pub risk_hash: Field,
    /// Time of the risk table, milliseconds of Unix time.
    pub table_time: u64,
    /// Commitment to the sums before, of the payee's round.
    pub before: Field,
}

impl SolvencySubmission {
    /// The submission of a proven statement over the root that a batch left.
    pub fn new(key: KeyId, batch_no: u64, statement: &SolvencyStatement, proof: [u8; PROOF_BYTES]) -> Self {
        let findings = statement
            .outcome
            .map(|SolvencyOutcome { found, surplus, .. }| Findings {
                short: found.short,
                debt: found.debt.get(),
                live_debt: found.live_debt.get(),
                surplus: surplus.get(),
            });
        Self {
            key,
            risk_version: statement.table_version,
            batch_no,
            payee: statement.payee,
            first: statement.first,
            after: to_bytes(&statement.after),
            findings,
            proof,
        }
    }

    /// The statement (D-STATEMENT).
    ///
    /// # Errors
    /// A field element is not canonical.
    pub fn statement(&self, known: &SolvencyKnown) -> Result<SolvencyStatement, FieldError> {
        let house = from_bytes(&known.house)?;
        let outcome = self.findings.map(|findings| SolvencyOutcome {
            house,
            found: Found {
                short: findings.short,
                debt: Total(findings.debt),
                live_debt: Total(findings.live_debt),
            },
            surplus: Money(findings.surplus),
        });
        Ok(SolvencyStatement {
            genesis: known.genesis,
            group: known.group,
            payee: self.payee,
            root: from_bytes(&known.root)?,
            risk_hash: from_bytes(&known.risk_hash)?,
            table_version: self.risk_version,
            table_time: known.table_time,
            first: self.first,
            next: known.shape.next(self.first),
            before: from_bytes(&known.before)?,
            after: from_bytes(&self.after)?,
            outcome,
        })
    }
}

/// Commitment to the sums with which every round starts.
pub fn no_sums() -> Field {
    to_bytes(&Sums::default().commitment())
}
