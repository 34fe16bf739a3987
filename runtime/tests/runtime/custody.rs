//! Whoever holds a role of the settlement asset takes nothing out of a vault (C-CUSTODY).

use crate::genesis::{config, state};
use cloister_runtime::{
    configs::governance::proxies::ProxyType,
    constants::money::{SETTLEMENT_ASSET, SETTLEMENT_DECIMALS, SETTLEMENT_UNIT},
    genesis_presets::{groups, STAGING},
    offices::Origin as Office,
    AccountId, Assets, Execution, OriginCaller, Proxy, Runtime, RuntimeCall, RuntimeOrigin, System,
};
use codec::Compact;
use frame_support::{
    assert_noop, assert_ok,
    traits::{
        fungibles::{metadata::Inspect as Metadata, roles::Inspect as Roles, Inspect, Mutate},
        tokens::{Fortitude, Preservation},
        UnfilteredDispatchable,
    },
};
use polkadot_sdk::*;
use sp_genesis_builder::DEV_RUNTIME_PRESET;
use sp_io::TestExternalities;
use sp_keyring::Sr25519Keyring::{Alice, Bob};
use sp_runtime::{traits::Dispatchable, BuildStorage, DispatchError, MultiAddress};

type Call = pallet_assets::Call<Runtime>;

const ID: Compact<u32> = Compact(SETTLEMENT_ASSET);
/// All offices that a vote gives.
pub const OFFICES: [Office; 5] = [
    Office::Government,
    Office::RiskAdmin,
    Office::ListingAdmin,
    Office::EmergencyPause,
    Office::Treasurer,
];
/// What traders have in the vault.
pub const HELD: u128 = 1_000 * SETTLEMENT_UNIT;

pub fn vault() -> AccountId {
    Execution::vault_account(groups::BTC)
}

/// A chain for money whose asset is somebody's: Alice has been declared and holds all roles. A vault holds money.
pub fn with_custodian() -> TestExternalities {
    let mut config = config(STAGING);
    config.assets.assets[0].1 = Alice.to_account_id();
    config.execution.custodians = vec![Alice.to_account_id()];
    let mut chain: TestExternalities = config.build_storage().expect("a declared custodian").into();
    chain.execute_with(|| {
        System::set_block_number(1);
        let _ = <Assets as Mutate<AccountId>>::mint_into(SETTLEMENT_ASSET, &vault(), HELD);
        // Whoever holds the roles has a proxy, for the calls that go through one.
        let alice = RuntimeOrigin::signed(Alice.to_account_id());
        assert_ok!(Proxy::add_proxy(alice, Bob.to_account_id().into(), ProxyType::Any, 0));
    });
    chain
}

/// What whoever holds a role could take a vault's money with, or make it worth nothing, by its name in the metadata.
pub fn hostile() -> Vec<(&'static str, Call)> {
    let (vault, bob) = (
        || MultiAddress::from(vault()),
        || MultiAddress::from(Bob.to_account_id()),
    );
    vec![
        (
            "set_team",
            Call::set_team {
                id: ID,
                issuer: bob(),
                admin: bob(),
                freezer: bob(),
            },
        ),
        ("transfer_ownership", Call::transfer_ownership { id: ID, owner: bob() }),
        ("freeze_asset", Call::freeze_asset { id: ID }),
        ("freeze", Call::freeze { id: ID, who: vault() }),
        ("block", Call::block { id: ID, who: vault() }),
        ("start_destroy", Call::start_destroy { id: ID }),
        ("destroy_accounts", Call::destroy_accounts { id: ID }),
        ("destroy_approvals", Call::destroy_approvals { id: ID }),
        ("finish_destroy", Call::finish_destroy { id: ID }),
        (
            "burn",
            Call::burn {
                id: ID,
                who: vault(),
                amount: HELD,
            },
        ),
        (
            "force_transfer",
            Call::force_transfer {
                id: ID,
                source: vault(),
                dest: bob(),
                amount: HELD,
            },
        ),
        (
            "transfer_approved",
            Call::transfer_approved {
                id: ID,
                owner: vault(),
                destination: bob(),
                amount: HELD,
            },
        ),
        (
            "set_metadata",
            Call::set_metadata {
                id: ID,
                name: b"Dollar".to_vec(),
                symbol: b"USD".to_vec(),
                decimals: 18,
            },
        ),
        ("clear_metadata", Call::clear_metadata { id: ID }),
        (
            "force_set_metadata",
            Call::force_set_metadata {
                id: ID,
                name: b"Dollar".to_vec(),
                symbol: b"USD".to_vec(),
                decimals: 18,
                is_frozen: false,
            },
        ),
        ("force_clear_metadata", Call::force_clear_metadata { id: ID }),
        (
            "force_asset_status",
            Call::force_asset_status {
                id: ID,
                owner: bob(),
                issuer: bob(),
                admin: bob(),
                freezer: bob(),
                min_balance: 2 * HELD,
                is_sufficient: true,
                is_frozen: true,
            },
        ),
        (
            "set_min_balance",
            Call::set_min_balance {
                id: ID,
                min_balance: 2 * HELD,
            },
        ),
        ("refund_other", Call::refund_other { id: ID, who: vault() }),
        (
            "set_reserves",
            Call::set_reserves {
                id: ID,
                reserves: Default::default(),
            },
        ),
    ]
}

/// Everybody who could try on a chain for money: who holds the roles, anybody else, what was announced, whoever has won
/// a vote.
pub fn origins() -> Vec<RuntimeOrigin> {
    let offices = OFFICES.map(RuntimeOrigin::from);
    let others = [
        RuntimeOrigin::signed(Alice.to_account_id()),
        RuntimeOrigin::signed(Bob.to_account_id()),
        pallet_cloister_timelock::Origin::Enacted.into(),
        RuntimeOrigin::none(),
    ];
    others.into_iter().chain(offices).collect()
}

/// A call in everything that dispatches another, and bare.
pub fn wrapped(call: &RuntimeCall) -> Vec<RuntimeCall> {
    type Utility = pallet_utility::Call<Runtime>;
    type Sudo = pallet_sudo::Call<Runtime>;

    let boxed = || Box::new(call.clone());
    let alice = Box::new(OriginCaller::system(frame_system::RawOrigin::Signed(
        Alice.to_account_id(),
    )));
    let batch = Utility::batch {
        calls: vec![call.clone()],
    };
    vec![
        call.clone(),
        batch.clone().into(),
        Utility::batch_all {
            calls: vec![call.clone()],
        }
        .into(),
        Utility::force_batch {
            calls: vec![call.clone()],
        }
        .into(),
        Utility::batch {
            calls: vec![batch.into()],
        }
        .into(),
        Utility::if_else {
            main: boxed(),
            fallback: boxed(),
        }
        .into(),
        Utility::as_derivative {
            index: 0,
            call: boxed(),
        }
        .into(),
        Utility::dispatch_as {
            as_origin: alice.clone(),
            call: boxed(),
        }
        .into(),
        Utility::dispatch_as_fallible {
            as_origin: alice,
            call: boxed(),
        }
        .into(),
        Utility::with_weight {
            call: boxed(),
            weight: Default::default(),
        }
        .into(),
        pallet_multisig::Call::<Runtime>::as_multi_threshold_1 {
            other_signatories: vec![sp_keyring::Sr25519Keyring::Charlie.to_account_id()],
            call: boxed(),
        }
        .into(),
        pallet_proxy::Call::<Runtime>::proxy {
            real: Alice.to_account_id().into(),
            force_proxy_type: None,
            call: boxed(),
        }
        .into(),
        pallet_cloister_timelock::Call::<Runtime>::announce { call: boxed() }.into(),
        Sudo::sudo { call: boxed() }.into(),
        Sudo::sudo_unchecked_weight {
            call: boxed(),
            weight: Default::default(),
        }
        .into(),
        Sudo::sudo_as {
            who: Alice.to_account_id().into(),
            call: boxed(),
        }
        .into(),
    ]
}

/// What must stay: the vault's money, the roles, the decimals, and that the money can leave.
pub fn assert_untouched(what: &str) {
    assert!(
        <Assets as Inspect<AccountId>>::balance(SETTLEMENT_ASSET, &vault()) >= HELD,
        "{what}"
    );
    let alice = Some(Alice.to_account_id());
    let roles = [
        <Assets as Roles<AccountId>>::owner(SETTLEMENT_ASSET),
        <Assets as Roles<AccountId>>::issuer(SETTLEMENT_ASSET),
        <Assets as Roles<AccountId>>::admin(SETTLEMENT_ASSET),
        <Assets as Roles<AccountId>>::freezer(SETTLEMENT_ASSET),
    ];
    assert!(roles.iter().all(|role| *role == alice), "{what}");
    let decimals = <Assets as Metadata<AccountId>>::decimals(SETTLEMENT_ASSET);
    assert_eq!(decimals, SETTLEMENT_DECIMALS, "{what}");
    let free = <Assets as Inspect<AccountId>>::reducible_balance(
        SETTLEMENT_ASSET,
        &vault(),
        Preservation::Preserve,
        Fortitude::Polite,
    );
    assert_eq!(free, HELD, "{what}: the vault's money cannot leave");
}

#[test]
fn whoever_holds_a_role_should_take_nothing_out_of_a_vault() {
    for (name, call) in hostile() {
        let call = RuntimeCall::Assets(call);
        with_custodian().execute_with(|| {
            for origin in origins() {
                let filtered: DispatchError = frame_system::Error::<Runtime>::CallFiltered.into();
                let refused = call.clone().dispatch(origin).map_err(|failure| failure.error);
                assert_eq!(refused.map(drop), Err(filtered), "{name}");
            }
            for call in wrapped(&call) {
                for origin in origins() {
                    let _ = call.clone().dispatch(origin);
                    assert_untouched(name);
                }
            }
        });
    }
}

#[test]
fn root_should_not_force_an_asset_on_a_chain_for_money() {
    for (name, call) in hostile() {
        with_custodian().execute_with(|| {
            let refused = RuntimeCall::Assets(call).dispatch_bypass_filter(RuntimeOrigin::root());
            assert!(refused.is_err(), "{name}");
            assert_untouched(name);
        });
    }
}

#[test]
fn calls_should_be_hostile_without_the_filter() {
    // Each of them does something, or has nothing to do, if it is let through: the tests above would fail without it.
    let mut harmful = 0;
    for (_, call) in hostile() {
        with_custodian().execute_with(|| {
            let alice = RuntimeOrigin::signed(Alice.to_account_id());
            if RuntimeCall::Assets(call).dispatch_bypass_filter(alice).is_ok() {
                harmful += 1;
            }
        });
    }
    assert!(harmful >= 9, "{harmful}");
}

#[test]
fn custodian_should_do_its_work_all_the_same() {
    with_custodian().execute_with(|| {
        let alice = || RuntimeOrigin::signed(Alice.to_account_id());
        let bob = || MultiAddress::from(Bob.to_account_id());
        for call in [
            Call::mint {
                id: ID,
                beneficiary: bob(),
                amount: 5,
            },
            Call::freeze { id: ID, who: bob() },
            Call::thaw { id: ID, who: bob() },
            Call::burn {
                id: ID,
                who: bob(),
                amount: 5,
            },
        ] {
            assert_ok!(RuntimeCall::Assets(call).dispatch(alice()));
        }
        assert_untouched("custodian");
    });
}

#[test]
fn asset_in_which_no_group_settles_should_be_its_owners() {
    state(DEV_RUNTIME_PRESET).execute_with(|| {
        System::set_block_number(1);
        let id = Compact(9);
        let owner = Bob.to_account_id();
        assert_ok!(Assets::force_create(
            RuntimeOrigin::root(),
            id,
            owner.clone().into(),
            true,
            1
        ));
        let team = || MultiAddress::from(Alice.to_account_id());
        let call = Call::set_team {
            id,
            issuer: team(),
            admin: team(),
            freezer: team(),
        };
        assert_ok!(RuntimeCall::Assets(call).dispatch(RuntimeOrigin::signed(owner)));
    });
}

#[test]
fn settlement_asset_of_a_chain_without_custodian_should_be_nobodys() {
    state(STAGING).execute_with(|| {
        let keyless = Execution::keyless_custodian();
        assert_eq!(<Assets as Roles<AccountId>>::owner(SETTLEMENT_ASSET), Some(keyless));
        assert!(Execution::roles_are_declared(&SETTLEMENT_ASSET));
        assert!(pallet_cloister_execution::Custodians::<Runtime>::get().is_empty());
        // Nobody mints it.
        let mint = Assets::mint(
            RuntimeOrigin::signed(Alice.to_account_id()),
            ID,
            Bob.to_account_id().into(),
            1,
        );
        assert_eq!(mint, Err(pallet_assets::Error::<Runtime>::NoPermission.into()));
        assert_noop!(
            Execution::report_custody(RuntimeOrigin::signed(Bob.to_account_id()), groups::BTC),
            pallet_cloister_execution::Error::<Runtime>::CustodyIntact
        );
    });
}
