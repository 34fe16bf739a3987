//! What is submitted of a solvency statement, and what the chain knows, give the statement back.

use cloister_crypto::{field::to_bytes, Fr};
use cloister_ledger::{
    solvency::{Found, Sums},
    SolvencyOutcome, SolvencyShape, SolvencyStatement,
};
use cloister_settlement::{no_sums, SolvencyKnown, SolvencySubmission};
use cloister_types::{AccountIndex, GroupId, Money, Total};

const SHAPE: SolvencyShape = SolvencyShape { subtrees: 6 };

fn statement(outcome: Option<SolvencyOutcome>) -> SolvencyStatement {
    // Two subtrees are left of the block, so the run ends with it.
    let first = AccountIndex(496);
    SolvencyStatement {
        genesis: [3; 32],
        group: GroupId(7),
        payee: [4; 32],
        root: Fr::from(11),
        risk_hash: Fr::from(12),
        table_version: 13,
        table_time: 14,
        first,
        next: AccountIndex(512),
        before: Fr::from(15),
        after: Fr::from(16),
        outcome,
    }
}

fn known(of: &SolvencyStatement) -> SolvencyKnown {
    SolvencyKnown {
        genesis: of.genesis,
        group: of.group,
        shape: SHAPE,
        root: to_bytes(&of.root),
        house: to_bytes(&Fr::from(17)),
        risk_hash: to_bytes(&of.risk_hash),
        table_time: of.table_time,
        before: to_bytes(&of.before),
    }
}

#[test]
fn statement_should_be_rebuilt() {
    let outcome = SolvencyOutcome {
        house: Fr::from(17),
        found: Found {
            short: 3,
            debt: Total(1 << 100),
            live_debt: Total(5),
        },
        surplus: Money(-9),
    };
    for outcome in [None, Some(outcome)] {
        let statement = statement(outcome);
        let submission = SolvencySubmission::new(1, 2, &statement, [0; 192]);
        assert_eq!(submission.findings.is_some(), outcome.is_some());
        let rebuilt = submission.statement(&known(&statement)).unwrap();
        assert_eq!(rebuilt, statement);
        assert_eq!(rebuilt.hash(), statement.hash());
    }
}

#[test]
fn element_out_of_range_should_be_refused() {
    let statement = statement(None);
    let mut submission = SolvencySubmission::new(1, 2, &statement, [0; 192]);
    submission.after = [255; 32];
    assert!(submission.statement(&known(&statement)).is_err());
}

#[test]
fn rounds_should_start_from_no_sums() {
    assert_eq!(no_sums(), to_bytes(&Sums::default().commitment()));
}
