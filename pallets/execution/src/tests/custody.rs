//! The roles of the settlement asset (C-CUSTODY).

use crate::{mock::*, CustodyLost, Error, Event};
use polkadot_sdk::{
    frame_support::{assert_noop, assert_ok, BoundedVec},
    pallet_assets,
    sp_runtime::{AccountId32, BuildStorage, DispatchError::BadOrigin},
};

/// Nobody has declared it.
const STRANGER: AccountId32 = AccountId32::new([77; 32]);

fn declare(who: Vec<AccountId32>) {
    let custodians = BoundedVec::try_from(who).unwrap();
    assert_ok!(Execution::set_custodians(signed(&WIDENS), custodians));
}

/// Gives the four roles of the asset to these accounts, as whoever may force it could.
fn set_roles(owner: &AccountId32, issuer: &AccountId32, admin: &AccountId32, freezer: &AccountId32) {
    assert_ok!(Assets::force_asset_status(
        RuntimeOrigin::root(),
        ASSET,
        owner.clone(),
        issuer.clone(),
        admin.clone(),
        freezer.clone(),
        MIN_BALANCE,
        true,
        false
    ));
}

/// Each role in turn at a stranger, the others at the declared custodian.
fn hostile_roles() -> Vec<[AccountId32; 4]> {
    (0..4)
        .map(|role| std::array::from_fn(|i| if i == role { STRANGER } else { ADMIN }))
        .collect()
}

fn report() -> polkadot_sdk::sp_runtime::DispatchResult {
    Execution::report_custody(signed(&BOB), GROUP)
}

fn restore() -> polkadot_sdk::sp_runtime::DispatchResult {
    Execution::restore_custody(signed(&WIDENS), GROUP)
}

#[test]
fn group_should_not_settle_in_an_asset_with_a_role_that_nobody_declared() {
    on_genesis(|| {
        let create = || Execution::create_group(signed(&WIDENS), OTHER, ASSET, FEES);
        for [owner, issuer, admin, freezer] in hostile_roles() {
            set_roles(&owner, &issuer, &admin, &freezer);
            assert_noop!(create(), Error::<Test>::AssetRolesNotDeclared);
        }
        set_roles(&ADMIN, &ADMIN, &ADMIN, &ADMIN);
        assert_ok!(create());
    });
}

#[test]
fn keyless_custodian_should_be_declared_always() {
    on_genesis(|| {
        declare(vec![]);
        let create = || Execution::create_group(signed(&WIDENS), OTHER, ASSET, FEES);
        assert_noop!(create(), Error::<Test>::AssetRolesNotDeclared);
        let keyless = Execution::keyless_custodian();
        set_roles(&keyless, &keyless, &keyless, &keyless);
        assert_ok!(create());
        // It is no vault, so no group makes it sign for anything.
        assert!(!Execution::is_vault(&keyless));
        assert!(Execution::is_vault(&vault()));
        assert!(Execution::is_vault(&Execution::vault_account(0)));
        assert!(!Execution::is_vault(&ALICE));
    });
}

#[test]
fn asset_should_be_listed_with_its_first_group() {
    on_genesis(|| {
        assert!(Execution::is_listed(&ASSET));
        assert!(!Execution::is_listed(&(ASSET + 1)));
    });
}

#[test]
#[should_panic(expected = "whose asset's roles are declared")]
fn genesis_with_undeclared_roles_should_not_start() {
    let mut config = genesis();
    config.execution.custodians.clear();
    config.build_storage().unwrap();
}

#[test]
fn custodians_should_be_declared_by_notice_only() {
    on_genesis(|| {
        let set = |origin| Execution::set_custodians(origin, BoundedVec::truncate_from(vec![BOB]));
        assert_noop!(set(signed(&ADMIN)), BadOrigin);
        assert_noop!(set(signed(&NARROWS)), BadOrigin);
        assert_ok!(set(signed(&WIDENS)));
        assert_eq!(events(), [Event::CustodiansSet { count: 1 }]);
    });
}

#[test]
fn nothing_should_be_taken_once_a_role_has_changed() {
    on_open(|| {
        let before = (balance(&ALICE), balance(&BOB), balance(&vault()));
        for [owner, issuer, admin, freezer] in hostile_roles() {
            set_roles(&owner, &issuer, &admin, &freezer);
            assert_noop!(open(&BOB, 2, 1_000), Error::<Test>::CustodyChanged);
            assert_noop!(
                Execution::deposit(signed(&ALICE), GROUP, 1_000),
                Error::<Test>::CustodyChanged
            );
            assert_noop!(
                Execution::pay_insurance(signed(&BOB), GROUP, 1_000),
                Error::<Test>::CustodyChanged
            );
            assert_eq!((balance(&ALICE), balance(&BOB), balance(&vault())), before);
        }
        // Not reported, it is forgotten when the roles go back.
        set_roles(&ADMIN, &ADMIN, &ADMIN, &ADMIN);
        assert_ok!(Execution::deposit(signed(&ALICE), GROUP, 1_000));
        // The declaration itself can be taken back.
        declare(vec![]);
        assert_noop!(
            Execution::deposit(signed(&ALICE), GROUP, 1_000),
            Error::<Test>::CustodyChanged
        );
    });
}

#[test]
fn reported_loss_of_custody_should_stop_deposits_until_governance_says_otherwise() {
    on_open(|| {
        assert_noop!(report(), Error::<Test>::CustodyIntact);
        assert_noop!(restore(), Error::<Test>::CustodyIntact);
        assert_noop!(Execution::report_custody(signed(&BOB), 9), Error::<Test>::UnknownGroup);
        assert_noop!(
            Execution::restore_custody(signed(&WIDENS), 9),
            Error::<Test>::UnknownGroup
        );
        set_roles(&ADMIN, &ADMIN, &ADMIN, &STRANGER);
        assert_noop!(Execution::report_custody(RuntimeOrigin::none(), GROUP), BadOrigin);
        assert_ok!(report());
        assert_noop!(report(), Error::<Test>::CustodyReported);
        assert_noop!(restore(), Error::<Test>::CustodyChanged);
        // The roles go back, and nobody is to believe it.
        set_roles(&ADMIN, &ADMIN, &ADMIN, &ADMIN);
        let deposit = || Execution::deposit(signed(&ALICE), GROUP, 1_000);
        assert_noop!(deposit(), Error::<Test>::CustodyChanged);
        for origin in [signed(&ADMIN), signed(&NARROWS)] {
            assert_noop!(Execution::restore_custody(origin, GROUP), BadOrigin);
        }
        assert_ok!(restore());
        assert_eq!(
            events(),
            [
                Event::CustodyLost { group: GROUP },
                Event::CustodyRestored { group: GROUP }
            ]
        );
        assert_ok!(deposit());
    });
}

#[test]
fn asset_that_is_no_more_should_count_as_lost() {
    on_genesis(|| {
        pallet_assets::Asset::<Test>::remove(ASSET);
        assert_ok!(report());
        assert!(CustodyLost::<Test>::contains_key(GROUP));
    });
}

#[test]
fn whoever_is_in_a_group_should_leave_it_when_custody_is_lost() {
    on_open(|| {
        set_roles(&ADMIN, &ADMIN, &STRANGER, &ADMIN);
        assert_ok!(report());
        assert_ok!(Execution::force_withdrawal(signed(&ALICE), GROUP, 400));
        ready();
        let mut forced = asking(0);
        forced.withdrawal = cloister_types::Amount(400);
        let before = balance(&ALICE);
        assert_ok!(submit(&proven(batch(vec![forced, unit(0)]))));
        assert_eq!(balance(&ALICE), before + 400);
    });
}

#[test]
fn a_vault_that_was_frozen_before_its_asset_was_listed_should_get_no_group() {
    on_genesis(|| {
        let vault = Execution::vault_account(OTHER);
        assert_ok!(Assets::freeze(signed(&ADMIN), ASSET, vault.clone()));
        assert_noop!(
            Execution::create_group(RuntimeOrigin::root(), OTHER, ASSET, FEES),
            Error::<Test>::VaultNotFunded
        );
        assert_ok!(Assets::thaw(signed(&ADMIN), ASSET, vault));
        assert_ok!(Execution::create_group(RuntimeOrigin::root(), OTHER, ASSET, FEES));
    });
}
