//! What nobody can pause: a trader's way out stays open whatever else is shut (C-NOTICE).

use crate::{
    exit::FALLBACK_AFTER,
    mock::{solvency::gate_on, *},
    Claims, Error, Event, Frozen, GroupTotals, QueueClocks, SealProof, Totals, WithheldClaim, WithheldClaims,
    MAX_STOPPED,
};
use polkadot_sdk::{
    frame_support::{assert_noop, assert_ok, traits::Hooks, BoundedVec},
    sp_runtime::AccountId32,
};

/// Milliseconds of a block.
const BLOCK: u64 = 60_000;

/// Everything that stops something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pause {
    GroupDisabled,
    NoSubmitters,
    NoKeysButOfExits,
    NoRiskTables,
    CustodyLost,
    GateShut,
}

const PAUSES: [Pause; 6] = [
    Pause::GateShut,
    Pause::GroupDisabled,
    Pause::NoSubmitters,
    Pause::NoKeysButOfExits,
    Pause::NoRiskTables,
    Pause::CustodyLost,
];

impl Pause {
    fn begin(self) {
        match self {
            Self::GroupDisabled => {
                assert_ok!(Execution::set_group_enabled(signed(&NARROWS), GROUP, false));
            }
            Self::NoSubmitters => {
                assert_ok!(Sequencers::set_members(signed(&NARROWS), GROUP, BoundedVec::default()));
            }
            Self::NoKeysButOfExits => {
                for id in [BATCH_KEY, SEAL_KEY, SOLVENCY_KEY, HOUSE_KEY] {
                    assert_ok!(Verifier::remove_verifying_key(signed(&NARROWS), id));
                }
                // That one stays.
                assert_noop!(
                    Verifier::remove_verifying_key(signed(&NARROWS), EXIT_KEY),
                    pallet_cloister_verifier::Error::<Test>::ExitKeyNeeded
                );
            }
            // Nobody builds one any more.
            Self::NoRiskTables => pass(1_000_000),
            Self::CustodyLost => {
                assert_ok!(Assets::transfer_ownership(signed(&ADMIN), ASSET, BOB));
                assert_ok!(Execution::report_custody(signed(&BOB), GROUP));
            }
            Self::GateShut => gate_on(),
        }
    }
}

/// Each pause alone, and all together.
fn cases() -> Vec<Vec<Pause>> {
    let alone = PAUSES.map(|pause| vec![pause]);
    alone.into_iter().chain([PAUSES.to_vec()]).collect()
}

/// Blocks, each with a table unless nobody builds them.
fn blocks(number: u64, pauses: &[Pause]) {
    for _ in 0..number {
        if pauses.contains(&Pause::NoRiskTables) {
            pass(BLOCK);
        } else {
            pass_with_table(BLOCK);
        }
        Execution::on_initialize(System::block_number());
    }
}

/// Who has claims.
const CLAIMANT: AccountId32 = AccountId32::new([31; 32]);
/// Who has a withheld claim that is paid before the freeze.
const EARLY: AccountId32 = AccountId32::new([32; 32]);
/// Who has one that is paid after it.
const LATE: AccountId32 = AccountId32::new([33; 32]);

/// Money that is owed besides what accounts hold: 50 to each.
fn owe() {
    Claims::<Test>::insert(GROUP, CLAIMANT, 50);
    for who in [EARLY, LATE] {
        WithheldClaims::<Test>::insert(GROUP, who, WithheldClaim { gross: 50, paid: 0 });
    }
    Totals::<Test>::mutate(GROUP, |totals: &mut GroupTotals| {
        totals.claims += 50;
        totals.withheld += 100;
    });
    assert_ok!(Assets::mint(signed(&ADMIN), ASSET, vault(), 150));
}

fn force() -> polkadot_sdk::sp_runtime::DispatchResult {
    Execution::force_withdrawal(signed(&ALICE), GROUP, 400)
}

/// Runs a case: Alice has an account with 10,000 and a deposit that waits, and others are owed money.
fn during(pauses: &[Pause], test: impl FnOnce()) {
    on_open(|| {
        owe();
        assert_ok!(Execution::deposit(signed(&ALICE), GROUP, 300));
        // The clocks have stood for as long as they may, so no pause stops them (C-FREEZE).
        QueueClocks::<Test>::mutate(GROUP, |clock| clock.as_mut().unwrap().stops.stopped = MAX_STOPPED);
        for pause in pauses {
            pause.begin();
        }
        // The pauses are real.
        if pauses.contains(&Pause::GroupDisabled) || pauses.contains(&Pause::CustodyLost) {
            assert!(Execution::deposit(signed(&ALICE), GROUP, 300).is_err());
        }
        test();
    });
}

#[test]
fn ways_out_of_a_living_group_should_stay_open() {
    for pauses in cases() {
        during(&pauses, || {
            assert_ok!(Execution::claim(signed(&CLAIMANT), GROUP));
            assert_eq!(balance(&CLAIMANT), 50, "{pauses:?}");
            // A payout that waits for a round waits for a round.
            let early = Execution::pay_claim(signed(&BOB), GROUP, EARLY);
            if pauses.contains(&Pause::GateShut) {
                assert_eq!(early, Err(Error::<Test>::NoFreshRound.into()));
            } else {
                assert_eq!(early, Ok(()), "{pauses:?}");
            }
            assert_eq!(force(), Ok(()), "{pauses:?}");
        });
        during(&pauses, || {
            let (keys, proof) = seals::proven(GROUP, &ALICE, 5);
            let seal = Box::new(SealProof { key: SEAL_KEY, proof });
            let rekeyed = Execution::rekey(signed(&ALICE), GROUP, keys, seal);
            // Without a key of seals nobody can read the new view key.
            if pauses.contains(&Pause::NoKeysButOfExits) {
                assert_eq!(rekeyed, Err(Error::<Test>::UnknownKey.into()));
            } else {
                assert_eq!(rekeyed, Ok(()), "{pauses:?}");
            }
        });
    }
}

#[test]
fn group_that_leaves_a_request_waiting_should_be_frozen_and_wound_up() {
    for pauses in cases() {
        during(&pauses, || {
            assert_ok!(force());
            let item = Execution::group_state(GROUP).unwrap().priority.first.unwrap();
            blocks((DEADLINE + QueuePatience::get()) / BLOCK + 2, &pauses);
            let freeze = Execution::freeze(signed(&BOB), GROUP);
            assert_eq!(freeze, Ok(()), "{pauses:?}");
            assert!(Frozen::<Test>::contains_key(GROUP));
            if Execution::final_table(GROUP).is_none() {
                assert!(pauses.contains(&Pause::NoRiskTables), "{pauses:?}");
                pass(FALLBACK_AFTER);
                assert_ok!(Execution::fix_final_table(signed(&BOB), GROUP));
            }
            let proof = prover::prove(Execution::exit_statement(GROUP, 0, 10_000).unwrap().hash());
            assert_ok!(Execution::exit(
                signed(&ALICE),
                GROUP,
                EXIT_KEY,
                10_000,
                Box::new(proof)
            ));
            // All that waits for the account, the deposit too.
            let before = balance(&ALICE);
            assert_ok!(Execution::refund_item(signed(&BOB), GROUP, item));
            assert_eq!(balance(&ALICE), before + 300, "{pauses:?}");
            assert_ok!(Execution::claim(signed(&CLAIMANT), GROUP));
            pass(PERIOD);
            assert_ok!(Execution::settle_exits(signed(&BOB), GROUP));
            assert_ok!(Execution::pay_exit(signed(&BOB), GROUP, 0));
            assert_eq!(balance(&ALICE), before + 300 + 10_000, "{pauses:?}");
            assert_ok!(Execution::pay_claim(signed(&BOB), GROUP, LATE));
            assert_eq!(balance(&LATE), 50, "{pauses:?}");
            assert!(events().iter().any(|event| matches!(event, Event::ExitPaid { .. })));
        });
    }
}

#[test]
fn forced_withdrawal_from_a_disabled_group_should_be_paid_once_it_is_enabled() {
    on_open(|| {
        assert_ok!(Execution::set_group_enabled(signed(&NARROWS), GROUP, false));
        assert_ok!(force());
        ready();
        assert_ok!(Execution::set_group_enabled(signed(&WIDENS), GROUP, true));
        let before = balance(&ALICE);
        let mut forced = asking(0);
        forced.withdrawal = cloister_types::Amount(400);
        assert_ok!(submit(&proven(batch(vec![forced, unit(0)]))));
        assert_eq!(balance(&ALICE), before + 400);
    });
}
