//! Solvency statements with real proofs of a small circuit: it proves any statement, so that what the chain asks is
//! tested apart from what the statement's rules ask.

use super::*;
use cloister_ledger::{solvency::Found, SolvencyOutcome, SolvencyStatement};
use cloister_settlement::no_sums;
use cloister_types::{Money, Total};

/// A submission with the statement that is proven for it.
#[derive(Clone)]
pub struct Scene {
    pub submission: SolvencySubmission,
    pub statement: SolvencyStatement,
}

/// The element of its bytes.
pub fn fr(bytes: &Field) -> Fr {
    Option::<Fr>::from(Fr::from_bytes(bytes)).unwrap()
}

/// The sums after a statement that begins here; any element will do.
pub fn sums_after(first: u32) -> Field {
    to_bytes(&Fr::from(u64::from(first) + 50_000))
}

/// A clean outcome.
pub const CLEAN: Findings = Findings {
    short: 0,
    debt: 0,
    live_debt: 0,
    surplus: 1_000,
};

/// An outcome with a debt that is live, and this shortfall.
pub fn short_of(live_debt: u128, shortfall: u128) -> Findings {
    Findings {
        short: 1,
        debt: shortfall.max(live_debt),
        live_debt,
        surplus: -i128::try_from(shortfall).unwrap(),
    }
}

/// The statement of a payee at the newest table and root. It is written out here: nothing of it comes from the pallet's
/// rounds.
pub fn at(payee: &AccountId32, first: u32, before: Field, findings: Option<Findings>) -> Scene {
    let state = Groups::<Test>::get(GROUP).unwrap();
    let risk_version = Risk::latest_version(GROUP).unwrap();
    let info = Risk::table_info(GROUP, risk_version).unwrap();
    let outcome = findings.map(|findings| SolvencyOutcome {
        house: fr(&state.house),
        found: Found {
            short: findings.short,
            debt: Total(findings.debt),
            live_debt: Total(findings.live_debt),
        },
        surplus: Money(findings.surplus),
    });
    Scene {
        submission: SolvencySubmission {
            key: SOLVENCY_KEY,
            risk_version,
            batch_no: state.batch_no - 1,
            payee: payee.clone().into(),
            first: AccountIndex(first),
            after: sums_after(first),
            findings,
            proof: [0; 192],
        },
        statement: SolvencyStatement {
            genesis: System::block_hash(0).0,
            group: GroupId(GROUP),
            payee: payee.clone().into(),
            root: fr(&state.root),
            risk_hash: fr(&info.risk_hash),
            table_version: risk_version,
            table_time: info.time,
            first: AccountIndex(first),
            next: AccountIndex(first + 8 * u32::from(SUBTREES)),
            before: fr(&before),
            after: fr(&sums_after(first)),
            outcome,
        },
    }
}

/// The statement that starts a round, and is its last if it shows something.
pub fn start(findings: Option<Findings>) -> Scene {
    at(&SEQUENCER, 0, no_sums(), findings)
}

impl Scene {
    /// The submission with the proof of its statement.
    pub fn proven(&self) -> SolvencySubmission {
        SolvencySubmission {
            proof: prover::prove(self.statement.hash()),
            ..self.submission.clone()
        }
    }
}

/// Submits as somebody.
pub fn submit_as(who: &AccountId32, submission: &SolvencySubmission) -> DispatchResultWithPostInfo {
    Execution::submit_solvency(signed(who), GROUP, Box::new(submission.clone()))
}

/// Submits as the sequencer.
pub fn submit(submission: &SolvencySubmission) -> DispatchResultWithPostInfo {
    submit_as(&SEQUENCER, submission)
}

/// Makes open accounts of nobody at these indices, with all indices below `next` given.
pub fn occupy(indices: &[u32], next: u32) {
    Groups::<Test>::mutate(GROUP, |state| state.as_mut().unwrap().next_index = next);
    for index in indices {
        let mut owner = [77; 32];
        owner[..4].copy_from_slice(&index.to_le_bytes());
        occupy_as(AccountId32::new(owner), *index);
    }
}

/// Makes an open account of somebody at an index.
pub fn occupy_as(owner: AccountId32, index: u32) {
    crate::Indices::<Test>::insert(GROUP, &owner, index);
    let account = crate::RegisteredAccount {
        owner,
        opened: true,
        deposited: 0,
        record: None,
    };
    crate::Accounts::<Test>::insert(GROUP, index, account);
    Execution::note_opened(GROUP, index);
}

/// Completes a round of one statement, at a table that is newer than that of the round before.
pub fn complete(findings: Findings) {
    pass_with_table(1);
    assert_ok!(submit(&start(Some(findings)).proven()));
}

/// Age of rounds.
pub const ROUND_AGE: u64 = 600_000;
/// Time to a freeze.
pub const FREEZE_AFTER: u64 = 1_200_000;

/// Switches the gate on.
pub fn gate_on() {
    let terms = SolvencyTerms {
        max_round_age: ROUND_AGE,
        freeze_after: FREEZE_AFTER,
    };
    assert_ok!(Execution::set_solvency_terms(RuntimeOrigin::root(), GROUP, Some(terms)));
}

/// Lets time pass block by block, with a table in each.
pub fn blocks(number: u64, ms: u64) {
    use polkadot_sdk::frame_support::traits::Hooks;
    for _ in 0..number {
        pass_with_table(ms);
        Execution::on_initialize(System::block_number());
    }
}
