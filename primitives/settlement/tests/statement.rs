//! The statement that is rebuilt of a submission is the one that was proven.

mod common;

use cloister_crypto::{field::FieldError, Fr};
use cloister_ledger::{RecordKind, Statement};
use cloister_settlement::{rebuild, Batch, FormError, StatementError};
use common::{Market, Settled, TABLE_TIME};

fn rebuilt(settled: &Settled) -> Result<Statement, StatementError> {
    rebuild(&settled.known, &settled.batch, &settled.takings, settled.house.doors())
}

#[test]
fn rebuilt_statement_should_be_the_native_one() {
    for seed in 0..3 {
        for settled in Market::new(seed).settled {
            assert_eq!(rebuilt(&settled), Ok(settled.statement.clone()));
            let opens = |unit: &&cloister_ledger::UnitRecord| matches!(unit.kind, RecordKind::Open(_));
            let opened = settled
                .queue
                .iter()
                .filter(|(_, item)| item.kind.open().is_some())
                .count();
            assert_eq!(settled.statement.units.iter().filter(opens).count(), opened);
            let taken: usize = settled.takings.iter().map(|taking| taking.items.len()).sum();
            let ready = settled
                .queue
                .iter()
                .filter(|(_, item)| item.ready_at <= TABLE_TIME)
                .count();
            assert_eq!(taken + settled.house.items.len(), ready);
        }
    }
}

#[test]
fn statement_should_take_from_the_chain_what_the_chain_knows() {
    let settled = Market::new(1).settled.remove(1);
    let good = rebuilt(&settled).expect("rebuilt").hash();
    let changes: [fn(&mut Settled); 14] = [
        |s| s.batch.payee[0] ^= 1,
        |s| s.batch.payee[31] ^= 1,
        |s| s.known.genesis[0] ^= 1,
        |s| s.known.group.0 += 1,
        |s| s.known.batch_no += 1,
        |s| s.known.old_root[0] ^= 1,
        |s| s.known.old_house[0] ^= 1,
        |s| s.known.risk_hash[0] ^= 1,
        |s| s.takings[0].amount.0 += 1,
        |s| s.takings[0].open = None,
        |s| s.house.paid_in.0 += 1,
        |s| s.house.taken = None,
        |s| s.house.taken.as_mut().expect("a take").keep.0 += 1,
        |s| s.batch.take_insurance.as_mut().expect("a take").0 += 1,
    ];
    for change in changes {
        let mut other = settled.clone();
        change(&mut other);
        assert_ne!(rebuilt(&other).expect("rebuilt").hash(), good);
    }
    // Its number in the submission is checked by the chain, not stated.
    let mut other = settled.clone();
    other.batch.batch_no += 1;
    assert_eq!(rebuilt(&other).expect("rebuilt").hash(), good);
}

#[test]
fn takings_of_another_number_of_units_should_be_named() {
    let settled = Market::new(1).settled.remove(0);
    let mut missing = settled.clone();
    missing.takings.truncate(4);
    let units = settled.batch.units.len();
    assert_eq!(rebuilt(&missing), Err(StatementError::Takings { units, takings: 4 }));
}

#[test]
fn queue_should_give_another_statement_if_a_ready_item_is_left_out() {
    for settled in Market::new(1).settled {
        let good = rebuilt(&settled).expect("rebuilt").hash();
        let ready = settled
            .queue
            .iter()
            .filter(|(_, item)| item.ready_at <= TABLE_TIME)
            .count();
        for number in 0..settled.queue.len() {
            let mut other = settled.clone();
            other.queue.remove(number);
            let queue = other.queue.clone();
            other.take(&queue);
            let same = rebuilt(&other).expect("rebuilt").hash() == good;
            assert_eq!(same, number >= ready, "item {number}");
        }
    }
}

#[test]
fn encodings_not_below_the_order_should_be_refused() {
    let settled = Market::new(1).settled.remove(0);
    let changes: [fn(&mut Settled); 8] = [
        |s| s.batch.salt = [0xff; 32],
        |s| s.batch.new_root = [0xff; 32],
        |s| s.batch.new_house = [0xff; 32],
        |s| s.batch.units[0].new_leaf = [0xff; 32],
        |s| s.batch.units[1].ciphertext[8] = [0xff; 32],
        |s| s.batch.house_record[13] = [0xff; 32],
        |s| s.known.old_root = [0xff; 32],
        |s| s.known.risk_hash = [0xff; 32],
    ];
    for change in changes {
        let mut other = settled.clone();
        change(&mut other);
        assert_eq!(rebuilt(&other), Err(StatementError::Field(FieldError::NonCanonical)));
    }
}

#[test]
fn statement_beyond_the_chains_bounds_should_not_be_submitted() {
    let settled = Market::new(1).settled.remove(0);
    let statement = settled.statement;
    let submit = |statement: &Statement| Batch::new(1, 1, statement, [0; 192]);
    assert!(submit(&statement).is_ok());
    let mut many = statement.clone();
    many.units.resize(129, statement.units[0].clone());
    assert_eq!(submit(&many), Err(FormError::TooManyUnits(129)));
    let mut long = statement;
    long.units[2].ciphertext.resize(17, Fr::one());
    assert_eq!(submit(&long), Err(FormError::RecordTooLong { unit: 2, length: 17 }));
}
