//! The whole ledger, rebuilt from settled batches and the sequencer's secrets.

mod common;

use cloister_crypto::{field::to_bytes, stream::Scope, Fr};
use cloister_ledger::{Key, RecordError};
use cloister_ledger_testing::SCOPE;
use cloister_settlement::{
    rebuild, recover, AccountKeys, LedgerError, RecoveryError, ReplayError, Request, StatementError,
};
use cloister_types::AccountIndex;
use common::{replay, replay_as, Market, Secrets, Settled};

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
        assert_eq!(
            replay_as(&scope, &market.settled, &market.rekeyed, &market.secrets),
            Err(error)
        );
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
fn ledger_should_be_rebuilt_over_switches_and_closes() {
    let mut market = Market::new(1);
    market.ask();
    let ledger = market.replayed();
    assert_eq!(ledger, market.world.state);
    assert_eq!(ledger.account(AccountIndex(7)), None);
    assert!(ledger.account(AccountIndex(8)).is_some());
    // The statements are those that the chain rebuilds.
    for settled in &market.settled {
        let rebuilt = rebuild(&settled.known, &settled.batch, &settled.takings, settled.house.doors());
        assert_eq!(rebuilt, Ok(settled.statement.clone()));
    }
    // What a closed account tells to whoever has its keys.
    let statements: Vec<_> = market.settled.iter().map(|settled| settled.statement.clone()).collect();
    for (index, closed) in [(7, true), (8, false)] {
        let trader = &market.world.traders[index as usize];
        let keys = AccountKeys {
            key: Key::from(&trader.secret.public()),
            view_key: trader.view_key,
        };
        let found = recover(&statements, AccountIndex(index), &[keys]).expect("its records");
        assert_eq!((found.closed, found.account.is_empty()), (closed, closed));
    }
}

#[test]
fn ledger_should_be_rebuilt_over_forced_withdrawals_and_rekeys() {
    let mut market = Market::new(1);
    let keys = |market: &Market, index: usize| {
        let trader = &market.world.traders[index];
        AccountKeys {
            key: Key::from(&trader.secret.public()),
            view_key: trader.view_key,
        }
    };
    let former = [4, 5].map(|index| keys(&market, index));
    market.leave();
    assert_eq!(market.replayed(), market.world.state);
    for settled in &market.settled {
        let rebuilt = rebuild(&settled.known, &settled.batch, &settled.takings, settled.house.doors());
        assert_eq!(rebuilt, Ok(settled.statement.clone()));
    }
    // Whoever has the old and the new keys reads the account over the re-key, with either of them alone nobody does.
    let statements: Vec<_> = market.settled.iter().map(|settled| settled.statement.clone()).collect();
    for (index, former) in [4, 5].into_iter().zip(former) {
        let now = keys(&market, index);
        let account = AccountIndex(index as u32);
        let found = recover(&statements, account, &[former, now]).expect("all keys that it has had");
        assert_eq!(
            Some(&found.account),
            market.world.state.account(account).map(|state| &state.account)
        );
        for alone in [former, now] {
            assert!(matches!(
                recover(&statements, account, &[alone]),
                Err(RecoveryError::Record {
                    source: ReplayError::OtherKey,
                    ..
                })
            ));
        }
    }
}

#[test]
fn rekey_that_no_secret_opens_should_be_named() {
    let mut market = Market::new(1);
    market.leave();
    let at = market.settled.len() - 3;
    let taking = &mut market.settled[at].takings[0];
    let Some(Request::Rekey(keys)) = &mut taking.request else {
        panic!("the first unit is a re-key");
    };
    // As if it were sealed to another key.
    keys.sealed_view_key[64] ^= 1;
    let error = LedgerError::Open {
        batch_no: at as u64,
        unit: 0,
    };
    assert_eq!(replay(&market.settled, &market.rekeyed, &market.secrets), Err(error));
}

#[test]
fn close_of_an_account_that_holds_something_should_not_be_replayed() {
    let mut market = Market::new(1);
    market.ask();
    let last = market.settled.last_mut().expect("the requests");
    // A chain that took this would have taken a false proof.
    last.batch.units[2].new_leaf = [0; 32];
    let error = LedgerError::Record {
        batch_no: last.batch.batch_no,
        unit: 2,
        account: AccountIndex(8),
        source: ReplayError::Closed,
    };
    let replayed = replay(&market.settled, &market.rekeyed, &market.secrets);
    assert_eq!(replayed, Err(error));
}

#[test]
fn batch_out_of_order_should_be_refused() {
    let market = Market::new(1);
    let error = LedgerError::Order { expected: 0, found: 1 };
    let replayed = replay(&market.settled[1..], &market.rekeyed, &market.secrets);
    assert_eq!(replayed, Err(error));
}

#[test]
fn open_that_no_secret_opens_should_be_named() {
    let Market {
        mut settled,
        rekeyed,
        secrets,
        ..
    } = Market::new(1);
    let keys = settled[0].takings[0].open.as_mut();
    let keys = keys.expect("the first batch opens accounts");
    // As if it were sealed to another key.
    keys.sealed_view_key[64] ^= 1;
    let error = LedgerError::Open { batch_no: 0, unit: 0 };
    assert_eq!(replay(&settled, &rekeyed, &secrets), Err(error));
}

#[test]
fn house_that_does_not_decrypt_should_be_named() {
    let Market {
        mut settled,
        rekeyed,
        secrets,
        ..
    } = Market::new(1);
    settled[2].batch.house_record[0] = [0; 32];
    assert_eq!(replay(&settled, &rekeyed, &secrets), Err(LedgerError::House(2)));
}

#[test]
fn house_key_that_no_secret_opens_should_be_named() {
    let Market { settled, rekeyed, .. } = Market::new(1);
    assert_eq!(
        replay(&settled, &rekeyed, &Secrets::of(10)),
        Err(LedgerError::Sealed(0))
    );
}

#[test]
fn takings_of_another_number_of_units_should_be_refused() {
    let Market {
        mut settled,
        rekeyed,
        secrets,
        ..
    } = Market::new(1);
    settled[1].takings.clear();
    let error = LedgerError::Statement {
        batch_no: 1,
        source: StatementError::Takings {
            units: settled[1].batch.units.len(),
            takings: 0,
        },
    };
    assert_eq!(replay(&settled, &rekeyed, &secrets), Err(error));
}

#[test]
fn record_that_was_changed_should_be_named() {
    let Market {
        settled,
        rekeyed,
        secrets,
        ..
    } = Market::new(1);
    let record = |unit: usize, source| LedgerError::Record {
        batch_no: 2,
        unit,
        account: settled[2].batch.units[unit].index,
        source,
    };
    let refused = |change: fn(&mut Settled)| {
        let mut settled = settled.clone();
        change(&mut settled[2]);
        replay(&settled, &rekeyed, &secrets).expect_err("it was changed")
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
    let without_units = |s: &mut Settled| {
        s.batch.units.truncate(0);
        s.takings.clear();
    };
    assert_eq!(refused(without_units), LedgerError::Root(2));
    let mut unknown = settled.clone();
    unknown[2].batch.units[0].index = AccountIndex(77);
    let error = LedgerError::Record {
        batch_no: 2,
        unit: 0,
        account: AccountIndex(77),
        source: ReplayError::NotOpened,
    };
    assert_eq!(replay(&unknown, &rekeyed, &secrets), Err(error));
}
