//! The whole ledger, rebuilt from settled batches and the sequencer's secrets.

mod common;

use cloister_crypto::{field::to_bytes, seal::SealKey, stream::Scope, Fr};
use cloister_ledger::{GroupLedger, RecordError};
use cloister_ledger_testing::SCOPE;
use cloister_settlement::{replay_batch, LedgerError, ReplayError, StatementError};
use cloister_types::AccountIndex;
use common::{Market, Secrets, Settled};

/// Replays all batches; the first error.
fn replay(settled: &[Settled], secrets: &Secrets) -> Result<GroupLedger, LedgerError> {
    replay_as(&SCOPE, settled, secrets)
}

/// Replays all batches as those of some chain and group.
fn replay_as(scope: &Scope, settled: &[Settled], secrets: &Secrets) -> Result<GroupLedger, LedgerError> {
    let mut ledger = GroupLedger::default();
    for settled in settled {
        replay_batch(&mut ledger, scope, &settled.batch, &settled.queue, secrets)?;
    }
    Ok(ledger)
}

#[test]
fn records_should_not_be_read_as_those_of_another_group_or_chain() {
    let market = Market::new(1);
    let mut genesis = SCOPE.genesis;
    genesis[31] ^= 1;
    for scope in [
        Scope { genesis, ..SCOPE },
        Scope {
            group: SCOPE.group + 1,
            ..SCOPE
        },
    ] {
        let error = LedgerError::Record {
            batch_no: 0,
            unit: 0,
            account: market.settled[0].batch.units[0].index,
            source: ReplayError::Record(RecordError::Garbage),
        };
        assert_eq!(replay_as(&scope, &market.settled, &market.secrets), Err(error));
    }
}

#[test]
fn ledger_should_be_rebuilt_from_the_records_alone() {
    for seed in 0..3 {
        let market = Market::new(seed);
        assert_eq!(market.replayed(), market.world.state);
    }
}

#[test]
fn batch_out_of_order_should_be_refused() {
    let market = Market::new(1);
    let error = LedgerError::Order { expected: 0, found: 1 };
    assert_eq!(replay(&market.settled[1..], &market.secrets), Err(error));
}

#[test]
fn open_that_no_secret_opens_should_be_named() {
    let Market {
        settled, mut secrets, ..
    } = Market::new(1);
    secrets.seal = SealKey::from_seed(&[10; 32]);
    let error = LedgerError::Open { batch_no: 0, unit: 0 };
    assert_eq!(replay(&settled, &secrets), Err(error));
}

#[test]
fn house_that_no_secret_reads_should_be_named() {
    let Market {
        settled, mut secrets, ..
    } = Market::new(1);
    secrets.house.insert(2, Fr::from(5));
    assert_eq!(replay(&settled, &secrets), Err(LedgerError::House(2)));
}

#[test]
fn queue_without_the_consumed_items_should_be_refused() {
    let Market {
        mut settled, secrets, ..
    } = Market::new(1);
    settled[1].queue.clear();
    let error = LedgerError::Statement {
        batch_no: 1,
        source: StatementError::Queue { unit: 0 },
    };
    assert_eq!(replay(&settled, &secrets), Err(error));
}

#[test]
fn record_that_was_changed_should_be_named() {
    let Market { settled, secrets, .. } = Market::new(1);
    let record = |unit: usize, source| LedgerError::Record {
        batch_no: 2,
        unit,
        account: settled[2].batch.units[unit].index,
        source,
    };
    let refused = |change: fn(&mut Settled)| {
        let mut settled = settled.clone();
        change(&mut settled[2]);
        replay(&settled, &secrets).expect_err("it was changed")
    };
    assert_eq!(
        refused(|s| s.batch.units[1].new_leaf = to_bytes(&Fr::one())),
        record(1, ReplayError::Leaf)
    );
    assert_eq!(
        refused(|s| s.batch.units[0].ciphertext[1] = [0; 32]),
        record(0, ReplayError::Orders)
    );
    let garbage = ReplayError::Record(RecordError::Garbage);
    assert_eq!(
        refused(|s| s.batch.units[0].ciphertext[0] = [0; 32]),
        record(0, garbage)
    );
    assert_eq!(refused(|s| s.batch.salt = [0; 32]), record(0, garbage));
    assert_eq!(refused(|s| s.batch.units.truncate(0)), LedgerError::Root(2));
    let mut unknown = settled.clone();
    unknown[2].batch.units[0].index = AccountIndex(77);
    let error = LedgerError::Record {
        batch_no: 2,
        unit: 0,
        account: AccountIndex(77),
        source: ReplayError::NotOpened,
    };
    assert_eq!(replay(&unknown, &secrets), Err(error));
}
