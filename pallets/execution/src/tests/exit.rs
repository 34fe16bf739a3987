//! The end of a frozen group: final table, exits, ratio, refunds, to the last unit.

mod ratio;
mod refunds;

use crate::{
    exit::{FALLBACK_AFTER, JUNIOR_AFTER},
    mock::{
        prover::{made_from, prove},
        solvency::{blocks, fr, gate_on, occupy_as, FREEZE_AFTER},
        *,
    },
    Error, Event, ExitClaim, ExitClaims, ExitTotals, FinalTables, Frozen, GroupTotals, Groups, KeyId, Totals,
    WithheldClaim, WithheldClaims,
};
use cloister_circuits::statements::exit::ExitCircuit;
use cloister_crypto::{constants::INSTRUMENTS, field::to_bytes, schnorr::SecretKey, Fr};
use cloister_ledger::{Account, AccountTree, ExitStatement, ExitWitness, FinalValues, Key};
use cloister_types::{AccountIndex, GroupId, Money, PerLot, Position, Total};
use polkadot_sdk::{
    frame_support::{assert_noop, assert_ok, BoundedVec},
    sp_runtime::{AccountId32, DispatchError::BadOrigin, DispatchResult},
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

/// The owner of an index.
fn owner(index: u32) -> AccountId32 {
    let mut id = [200; 32];
    id[..4].copy_from_slice(&index.to_le_bytes());
    AccountId32::new(id)
}

/// Opens so many accounts in the group, each with an owner who has the asset; so much is there for all.
fn with_accounts(number: u32, there: u128) {
    Groups::<Test>::mutate(GROUP, |state| state.as_mut().unwrap().next_index = number);
    for index in 0..number {
        let owner = owner(index);
        assert_ok!(Assets::mint(signed(&ADMIN), ASSET, owner.clone(), MIN_BALANCE));
        occupy_as(owner, index);
    }
    assert_ok!(Assets::mint(signed(&ADMIN), ASSET, vault(), there));
    Totals::<Test>::mutate(GROUP, |totals| totals.settled += i128::try_from(there).unwrap());
}

/// Freezes the group while the oracle lives: there are three tables in the window.
fn frozen() {
    pass_with_table(4_000);
    pass_with_table(4_000);
    Execution::freeze_now(GROUP);
    assert!(FinalTables::<Test>::contains_key(GROUP));
}

/// The final hash of the group as a prover computes it: from the values that the chain says.
fn final_hash(group: u32) -> Fr {
    let table = Execution::final_table(group).unwrap();
    let values = FinalValues {
        version: table.version,
        risk_hash: fr(&table.risk_hash),
        values: table.values,
    };
    values.hash(GroupId(group))
}

/// The statement of an exit, from public data.
fn statement(index: u32, claim: u128) -> ExitStatement {
    ExitStatement {
        genesis: System::block_hash(0).0,
        group: GroupId(GROUP),
        index: AccountIndex(index),
        root: fr(&Groups::<Test>::get(GROUP).unwrap().root),
        final_hash: final_hash(GROUP),
        claim: Total(claim),
    }
}

/// Exits as somebody with a proof of a statement.
fn exit_with(who: &AccountId32, claim: u128, proven: ExitStatement) -> DispatchResult {
    exit_under(EXIT_KEY, who, claim, prove(proven.hash()))
}

fn exit_under(key: KeyId, who: &AccountId32, claim: u128, proof: [u8; 192]) -> DispatchResult {
    Execution::exit(signed(who), GROUP, key, claim, Box::new(proof))
}

/// Exits with an index.
fn exit(index: u32, claim: u128) -> DispatchResult {
    exit_with(&owner(index), claim, statement(index, claim))
}

fn settle() -> DispatchResult {
    Execution::settle_exits(signed(&BOB), GROUP)
}

fn pay(index: u32) -> DispatchResult {
    Execution::pay_exit(signed(&BOB), GROUP, index)
}

/// What an owner has received.
fn received(index: u32) -> u128 {
    balance(&owner(index)) - MIN_BALANCE
}

/// What the vault holds beyond its minimum balance.
fn held() -> u128 {
    balance(&vault()) - MIN_BALANCE
}

#[test]
fn freeze_should_fix_the_medians_of_the_window() {
    on_open(|| {
        gate_on();
        // A table per minute: the window holds ten of them.
        let block = 60_000;
        blocks(FREEZE_AFTER / block, block);
        let newest = Risk::latest_version(GROUP).unwrap();
        assert_ok!(Execution::freeze(signed(&BOB), GROUP));
        let mut window: Vec<PerLot> = (newest - 9..=newest).map(value_at).collect();
        window.sort_unstable();
        let mut values = [PerLot::ZERO; INSTRUMENTS];
        // The lower of the two in the middle.
        values[0] = window[4];
        assert_ne!(value_at(newest), window[4], "the newest alone would do as well");
        let risk_hash = Risk::table_info(GROUP, newest).unwrap().risk_hash;
        let table = Execution::final_table(GROUP).unwrap();
        assert_eq!(
            (table.version, table.risk_hash, table.values, table.fixed_at),
            (newest, risk_hash, values, Now::get())
        );
        assert_eq!(table.final_hash, to_bytes(&final_hash(GROUP)));
        let claims_until = Now::get() + PERIOD;
        let fixed = Event::FinalTableFixed {
            group: GROUP,
            version: newest,
            final_hash: table.final_hash,
            claims_until,
        };
        assert_eq!(
            events()[events().len() - 2..],
            [Event::GroupFrozen { group: GROUP }, fixed]
        );
        let sums = Execution::exit_sums(GROUP).unwrap();
        assert_eq!((sums.claims_until, sums.ratio), (claims_until, None));
        // It is fixed: not even governance chooses another.
        let choose = Execution::choose_final_table(RuntimeOrigin::root(), GROUP, newest);
        assert_noop!(choose, Error::<Test>::FinalTableFixed);
        pass(FALLBACK_AFTER);
        assert_noop!(
            Execution::fix_final_table(signed(&BOB), GROUP),
            Error::<Test>::FinalTableFixed
        );
    });
}

/// Freezes the group when its newest table is older than the window.
fn frozen_blind() {
    pass_with_table(4_000);
    pass_with_table(4_000);
    pass(WINDOW);
    Execution::freeze_now(GROUP);
    assert_eq!(Execution::final_table(GROUP), None);
}

#[test]
fn dead_oracle_should_leave_the_table_to_governance_among_those_recorded() {
    on_genesis(|| {
        with_accounts(1, 1_000);
        let choose = |origin, version| Execution::choose_final_table(origin, GROUP, version);
        let root = RuntimeOrigin::root;
        assert_noop!(choose(root(), 1), Error::<Test>::GroupNotFrozen);
        frozen_blind();
        let proof = [0; 192];
        assert_noop!(
            exit_under(EXIT_KEY, &owner(0), 0, proof),
            Error::<Test>::FinalTableMissing
        );
        assert_noop!(settle(), Error::<Test>::FinalTableMissing);
        assert_noop!(choose(signed(&ALICE), 2), BadOrigin);
        // A table that the chain did not record, or records no more.
        for version in [0, 4, 99] {
            assert_noop!(choose(root(), version), Error::<Test>::RiskTableUnknown);
        }
        assert_noop!(Execution::choose_final_table(root(), 9, 1), Error::<Test>::UnknownGroup);
        assert_ok!(choose(root(), 2));
        let table = Execution::final_table(GROUP).unwrap();
        assert_eq!((table.version, table.values[0]), (2, value_at(2)));
        assert_noop!(choose(root(), 1), Error::<Test>::FinalTableFixed);
        // The first phase begins now, and not with the freeze.
        assert_eq!(Execution::exit_sums(GROUP).unwrap().claims_until, Now::get() + PERIOD);
        assert_ok!(exit(0, 1_000));
    });
}

#[test]
fn anyone_should_fix_the_newest_table_once_governance_had_its_time() {
    on_genesis(|| {
        with_accounts(1, 1_000);
        let fix = || Execution::fix_final_table(signed(&BOB), GROUP);
        assert_noop!(fix(), Error::<Test>::GroupNotFrozen);
        frozen_blind();
        pass(FALLBACK_AFTER - 1);
        assert_noop!(fix(), Error::<Test>::FallbackNotDue);
        pass(1);
        assert!(Execution::fix_final_table(RuntimeOrigin::none(), GROUP).is_err());
        assert_noop!(Execution::fix_final_table(signed(&BOB), 9), Error::<Test>::UnknownGroup);
        assert_ok!(fix());
        let table = Execution::final_table(GROUP).unwrap();
        assert_eq!((table.version, table.values[0]), (3, value_at(3)));
        assert_ok!(exit(0, 1_000));
    });
}

#[test]
fn exit_should_be_recorded_once_an_index_and_paid_after_the_first_phase() {
    on_genesis(|| {
        with_accounts(3, 1_000);
        frozen();
        assert_ok!(exit(1, 600));
        let exited = Event::Exited {
            group: GROUP,
            index: 1,
            owner: owner(1),
            claim: 600,
            late: false,
        };
        assert_eq!(events().last(), Some(&exited));
        let claim = ExitClaim {
            owner: owner(1),
            gross: 600,
            paid: 0,
            late: None,
        };
        assert_eq!(Execution::exit_of(GROUP, 1), Some(claim));
        // Again, with the same claim and another.
        for claim in [600, 0, 601] {
            assert_noop!(exit(1, claim), Error::<Test>::AlreadyExited);
        }
        // Who owes something exits with 0.
        assert_ok!(exit(0, 0));
        assert_ok!(exit(2, 400));
        pass(PERIOD - 1);
        assert_noop!(settle(), Error::<Test>::ExitsNotDue);
        assert_noop!(pay(1), Error::<Test>::ExitsNotSettled);
        pass(1);
        assert_noop!(pay(1), Error::<Test>::ExitsNotSettled);
        assert!(Execution::settle_exits(RuntimeOrigin::none(), GROUP).is_err());
        assert_ok!(settle());
        let settled = Event::ExitsSettled {
            group: GROUP,
            part: 1,
            of: 1,
            claims: 1_000,
        };
        assert_eq!(events().last(), Some(&settled));
        assert_noop!(settle(), Error::<Test>::ExitsSettled);
        assert!(Execution::pay_exit(RuntimeOrigin::none(), GROUP, 1).is_err());
        assert_ok!(pay(1));
        let paid = Event::ExitPaid {
            group: GROUP,
            index: 1,
            owner: owner(1),
            amount: 600,
        };
        assert_eq!(events().last(), Some(&paid));
        assert_ok!(pay(2));
        assert_noop!(pay(1), Error::<Test>::NothingDue);
        assert_noop!(pay(0), Error::<Test>::NothingDue);
        assert_noop!(pay(7), Error::<Test>::NoClaim);
        assert_noop!(Execution::pay_exit(signed(&BOB), 9, 1), Error::<Test>::UnknownGroup);
        assert_eq!([0, 1, 2].map(received), [0, 600, 400]);
        assert_eq!((held(), Totals::<Test>::get(GROUP)), (0, GroupTotals::default()));
        // It stays exited.
        assert_noop!(exit(1, 600), Error::<Test>::AlreadyExited);
    });
}

#[test]
fn exit_should_need_an_account_with_a_leaf_in_a_frozen_group() {
    on_open(|| {
        with_accounts(0, 0);
        Groups::<Test>::mutate(GROUP, |state| state.as_mut().unwrap().next_index = 1);
        assert_ok!(open(&BOB, 2, 1_000));
        let attempt = |who: &AccountId32| exit_under(EXIT_KEY, who, 5, [0; 192]);
        assert_noop!(attempt(&ALICE), Error::<Test>::GroupNotFrozen);
        assert_noop!(
            Execution::exit(signed(&ALICE), 9, EXIT_KEY, 5, Box::new([0; 192])),
            Error::<Test>::UnknownGroup
        );
        frozen();
        // Nobody's, and one whose open still waits.
        assert_noop!(attempt(&owner(9)), Error::<Test>::NoAccount);
        assert_noop!(attempt(&BOB), Error::<Test>::UnknownAccount);
        assert!(Execution::exit(RuntimeOrigin::none(), GROUP, EXIT_KEY, 5, Box::new([0; 192])).is_err());
        assert_ok!(exit_with(&ALICE, 10_000, statement(0, 10_000)));
    });
}

#[test]
fn closed_account_should_not_exit() {
    on_open(|| {
        assert_ok!(submit(&proven(batch(vec![withdrawing(0, 10_000), unit(0)]))));
        assert_ok!(Execution::close(signed(&ALICE), GROUP));
        ready();
        assert_ok!(submit(&proven(batch(vec![unit(0), closing(0)]))));
        frozen();
        let proven = statement(0, 10_000);
        assert_noop!(exit_with(&ALICE, 10_000, proven), Error::<Test>::NoAccount);
    });
}

#[test]
fn proof_of_anything_else_should_be_refused() {
    on_genesis(|| {
        with_accounts(3, 1_000);
        frozen();
        let good = statement(1, 500);
        let refused = |proven: ExitStatement| {
            assert_noop!(exit_with(&owner(1), 500, proven), Error::<Test>::InvalidProof);
        };
        // Of another index, with another claim, of another group, table, root, chain.
        refused(statement(2, 500));
        refused(statement(1, 499));
        refused(ExitStatement {
            group: GroupId(OTHER),
            ..good
        });
        let mut values = Execution::final_table(GROUP).unwrap().final_values().unwrap();
        values.values[0].0 += 1;
        refused(ExitStatement {
            final_hash: values.hash(GroupId(GROUP)),
            ..good
        });
        refused(ExitStatement {
            root: good.root + Fr::from(1),
            ..good
        });
        refused(ExitStatement {
            genesis: [7; 32],
            ..good
        });
        // Whoever copies a proof has the owner's account, not his own.
        assert_noop!(exit_with(&owner(2), 500, good), Error::<Test>::InvalidProof);
        assert_noop!(exit_with(&ALICE, 500, good), Error::<Test>::NoAccount);
        assert_ok!(exit_with(&owner(1), 500, good));
        assert_noop!(
            exit_with(&owner(2), 500, statement(1, 500)),
            Error::<Test>::InvalidProof
        );
    });
}

#[test]
fn proof_should_be_under_an_active_key_of_exits() {
    on_genesis(|| {
        with_accounts(1, 1_000);
        frozen();
        let proof = prove(statement(0, 500).hash());
        let under = |key| exit_under(key, &owner(0), 500, proof);
        assert_noop!(under(99), Error::<Test>::UnknownKey);
        for key in [BATCH_KEY, SEAL_KEY, SOLVENCY_KEY, HOUSE_KEY] {
            assert_noop!(under(key), Error::<Test>::WrongStatement);
        }
        let key = BoundedVec::try_from(prover::key()).unwrap();
        assert_ok!(Verifier::set_verifying_key(
            RuntimeOrigin::root(),
            31,
            StatementKind::Exit,
            false,
            key
        ));
        assert_noop!(under(31), Error::<Test>::KeyNotActive);
        System::set_block_number(11);
        assert_ok!(under(31));
    });
}

#[test]
fn malformed_proof_should_be_refused_by_its_name() {
    on_genesis(|| {
        with_accounts(1, 1_000);
        frozen();
        let good = prove(statement(0, 500).hash());
        let refused = |proof, error: Error<Test>| {
            assert_noop!(exit_under(EXIT_KEY, &owner(0), 500, proof), error);
        };
        let mut flags = good;
        flags[0] &= 0x7f;
        refused(flags, Error::<Test>::ProofMalformedEncoding);
        let mut infinity = good;
        infinity[..48].fill(0);
        infinity[0] = 0xc0;
        refused(infinity, Error::<Test>::ProofPointAtInfinity);
        // Small x coordinates: some are of no point, some of one outside the subgroup.
        let mut seen = std::collections::BTreeSet::new();
        for x in 1..40 {
            let mut other = good;
            other[..48].fill(0);
            (other[0], other[47]) = (0x80, x);
            let error = exit_under(EXIT_KEY, &owner(0), 500, other).unwrap_err();
            seen.insert(format!("{error:?}"));
        }
        for error in [Error::<Test>::ProofNotOnCurve, Error::<Test>::ProofNotInSubgroup] {
            let error = polkadot_sdk::sp_runtime::DispatchError::from(error);
            assert!(seen.contains(&format!("{error:?}")), "{error:?}");
        }
    });
}

#[test]
fn exit_of_the_circuit_should_be_taken() {
    on_genesis(|| {
        with_accounts(3, 10_000);
        // Long two of what a lot is worth, and some cash.
        let mut account = Account::fresh(Key::from(&SecretKey::from_seed(&[2; 32]).public()), Fr::from(42));
        (account.cash, account.positions[0]) = (Money(-500), Position(2));
        let mut tree = AccountTree::default();
        tree.set(1, account.leaf());
        Groups::<Test>::mutate(GROUP, |state| state.as_mut().unwrap().root = to_bytes(&tree.root()));
        frozen();
        let witness = ExitWitness {
            path: tree.path(1),
            account,
            values: Execution::final_table(GROUP).unwrap().final_values().unwrap(),
        };
        let made = made_from(6, ExitCircuit::blank());
        let key = BoundedVec::try_from(made.key().verifying_key()).unwrap();
        let set = Verifier::set_verifying_key(RuntimeOrigin::root(), 31, StatementKind::Exit, true, key);
        assert_ok!(set);
        System::set_block_number(11);
        let proven = witness
            .statement(System::block_hash(0).0, GroupId(GROUP), AccountIndex(1))
            .unwrap();
        let claim = proven.claim.get();
        let value = Execution::final_table(GROUP).unwrap().values[0];
        assert_eq!(i128::try_from(claim).unwrap(), 2 * i128::from(value.get()) - 500);
        let proof = made.prove(ExitCircuit::proving(proven, witness), ChaCha20Rng::seed_from_u64(1));
        let proof = proof.unwrap().0;
        assert_noop!(exit_under(31, &owner(1), claim + 1, proof), Error::<Test>::InvalidProof);
        assert_noop!(exit_under(31, &owner(2), claim, proof), Error::<Test>::InvalidProof);
        assert_ok!(exit_under(31, &owner(1), claim, proof));
    });
}

#[test]
fn last_key_of_exits_should_stay_while_an_account_is_open() {
    on_genesis(|| {
        let remove = |id| Verifier::remove_verifying_key(RuntimeOrigin::root(), id);
        let set = |id| {
            let key = BoundedVec::try_from(prover::key()).unwrap();
            assert_ok!(Verifier::set_verifying_key(
                RuntimeOrigin::root(),
                id,
                StatementKind::Exit,
                true,
                key
            ));
        };
        with_accounts(1, 0);
        assert_noop!(remove(EXIT_KEY), pallet_cloister_verifier::Error::<Test>::ExitKeyNeeded);
        // One that is not active yet helps nobody, and may go.
        set(31);
        assert_noop!(remove(EXIT_KEY), pallet_cloister_verifier::Error::<Test>::ExitKeyNeeded);
        assert_ok!(remove(31));
        set(32);
        System::set_block_number(11);
        assert_ok!(remove(EXIT_KEY));
        assert_noop!(remove(32), pallet_cloister_verifier::Error::<Test>::ExitKeyNeeded);
        assert_noop!(remove(99), pallet_cloister_verifier::Error::<Test>::UnknownKey);
        // Nobody has an account.
        crate::Accounts::<Test>::remove(GROUP, 0);
        crate::Indices::<Test>::remove(GROUP, owner(0));
        Execution::note_closed(GROUP, 0);
        assert_ok!(remove(32));
    });
}

#[test]
fn late_exit_should_be_paid_from_what_is_left_at_no_higher_ratio() {
    on_genesis(|| {
        with_accounts(4, 1_000);
        frozen();
        assert_ok!(exit(0, 600));
        pass(PERIOD);
        // Between the end of the phase and the ratio nobody comes.
        assert_noop!(exit(1, 300), Error::<Test>::ExitsNotSettled);
        assert_ok!(settle());
        // 400 are left. The second of those who are late finds 100.
        assert_ok!(exit(1, 300));
        assert!(matches!(events().last(), Some(Event::Exited { late: true, .. })));
        assert_ok!(exit(2, 200));
        assert_ok!(exit(3, 50));
        assert_eq!(Execution::exit_of(GROUP, 2).unwrap().late, Some(100));
        for index in [3, 2, 1] {
            let _ = pay(index);
        }
        // The first claim loses nothing by being paid last.
        assert_ok!(pay(0));
        assert_eq!([0, 1, 2, 3].map(received), [600, 300, 100, 0]);
        assert_noop!(pay(2), Error::<Test>::NothingDue);
        assert_eq!(held(), 0);
    });
}

#[test]
fn late_exit_should_get_nothing_of_a_shortfall() {
    on_genesis(|| {
        with_accounts(2, 500);
        frozen();
        assert_ok!(exit(0, 1_000));
        pass(PERIOD);
        assert_ok!(settle());
        assert_ok!(exit(1, 1_000));
        assert_noop!(pay(1), Error::<Test>::NothingDue);
        assert_ok!(pay(0));
        assert_eq!([0, 1].map(received), [500, 0]);
    });
}

#[test]
fn what_the_vault_was_given_should_count_for_the_claims() {
    on_genesis(|| {
        with_accounts(1, 500);
        frozen();
        assert_ok!(exit(0, 1_000));
        // Somebody makes good for a part of the loss.
        assert_ok!(Assets::mint(signed(&ADMIN), ASSET, vault(), 250));
        pass(PERIOD);
        assert_ok!(settle());
        assert_ok!(pay(0));
        assert_eq!((received(0), held()), (750, 0));
    });
}

#[test]
fn gift_should_not_lift_what_the_vault_owes_above_its_cap() {
    on_genesis(|| {
        with_accounts(1, 500);
        frozen();
        assert_ok!(exit(0, 1_000));
        assert_ok!(Assets::mint(signed(&ADMIN), ASSET, vault(), MaxVault::get() * 2));
        pass(PERIOD);
        assert_ok!(settle());
        assert_eq!(Totals::<Test>::get(GROUP).sum(), Some(MaxVault::get()));
    });
}

#[test]
fn senior_money_should_not_be_shared() {
    on_open(|| {
        // 10,000 are Alice's; a deposit waits, and the asset refuses a payout.
        assert_ok!(Execution::deposit(signed(&ALICE), GROUP, 700));
        assert_ok!(Assets::block(signed(&ADMIN), ASSET, ALICE));
        ready();
        assert_ok!(submit(&proven(batch(vec![withdrawing(0, 400), unit(0)]))));
        assert_ok!(Assets::thaw(signed(&ADMIN), ASSET, ALICE));
        assert_ok!(Execution::deposit(signed(&ALICE), GROUP, 900));
        frozen();
        // She claims more than there is: somebody else owes it.
        assert_ok!(exit_with(&ALICE, 20_000, statement(0, 20_000)));
        pass(PERIOD);
        assert_ok!(settle());
        let before = balance(&ALICE);
        assert_ok!(pay(0));
        assert_eq!(balance(&ALICE), before + 10_300);
        // What is senior is there in full.
        assert_ok!(Execution::claim(signed(&ALICE), GROUP));
        assert_ok!(Execution::refund_item(signed(&BOB), GROUP, 2));
        assert_eq!((balance(&ALICE), held()), (before + 10_300 + 400 + 900, 0));
    });
}

#[test]
fn refused_payout_of_an_exit_should_stay_due() {
    on_genesis(|| {
        with_accounts(1, 500);
        frozen();
        assert_ok!(exit(0, 500));
        pass(PERIOD);
        assert_ok!(settle());
        assert_ok!(Assets::block(signed(&ADMIN), ASSET, owner(0)));
        assert_noop!(pay(0), Error::<Test>::PayoutRefused);
        assert_ok!(Assets::thaw(signed(&ADMIN), ASSET, owner(0)));
        assert_ok!(pay(0));
        assert_eq!(received(0), 500);
    });
}

#[test]
fn rest_should_leave_only_by_governance_after_a_year() {
    on_genesis(|| {
        with_accounts(3, 1_000);
        let release = || Execution::release_rest(RuntimeOrigin::root(), GROUP);
        assert_noop!(release(), Error::<Test>::GroupNotFrozen);
        frozen();
        assert_ok!(exit(0, 600));
        assert_noop!(release(), Error::<Test>::ExitsNotSettled);
        pass(PERIOD);
        assert_ok!(settle());
        pass(JUNIOR_AFTER - 1);
        assert_noop!(release(), Error::<Test>::RestNotDue);
        // Late, and still before it is too late.
        assert_ok!(exit(1, 150));
        pass(1);
        assert_noop!(Execution::release_rest(signed(&FEES), GROUP), BadOrigin);
        assert_noop!(
            Execution::release_rest(RuntimeOrigin::root(), 9),
            Error::<Test>::UnknownGroup
        );
        assert_ok!(Assets::mint(signed(&ADMIN), ASSET, FEES, MIN_BALANCE));
        assert_ok!(Assets::block(signed(&ADMIN), ASSET, FEES));
        assert_noop!(release(), Error::<Test>::PayoutRefused);
        assert_ok!(Assets::thaw(signed(&ADMIN), ASSET, FEES));
        assert_ok!(release());
        let released = Event::RestReleased {
            group: GROUP,
            amount: 250,
        };
        assert_eq!(events().last(), Some(&released));
        assert_eq!(balance(&FEES), MIN_BALANCE + 250);
        assert_noop!(release(), Error::<Test>::NothingDue);
        // What is due to claims is there, and nothing for whoever comes now.
        assert_ok!(exit(2, 100));
        assert_noop!(pay(2), Error::<Test>::NothingDue);
        assert_ok!(pay(1));
        assert_ok!(pay(0));
        assert_eq!([0, 1, 2].map(received), [600, 150, 0]);
    });
}

#[test]
fn disabled_group_should_end_like_any_other() {
    on_genesis(|| {
        with_accounts(1, 500);
        frozen();
        assert_ok!(Execution::set_group_enabled(RuntimeOrigin::root(), GROUP, false));
        assert_ok!(exit(0, 500));
        pass(PERIOD);
        assert_ok!(settle());
        assert_ok!(pay(0));
        assert_eq!(received(0), 500);
    });
}

#[test]
fn settling_should_name_a_frozen_group() {
    on_genesis(|| {
        assert_noop!(settle(), Error::<Test>::GroupNotFrozen);
        assert_noop!(Execution::settle_exits(signed(&BOB), 9), Error::<Test>::UnknownGroup);
    });
}
