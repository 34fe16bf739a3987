//! Every call of the exchange from every origin that may not make it: refused by the documented error, and nothing is
//! changed. A call that is not in the table fails the test, so whoever adds one says who may make it.

use crate::{cloister::NOW, genesis::state, notice::government};
use cloister_runtime::{
    genesis_presets::{feeds, groups, STAGING},
    AccountId, Runtime, RuntimeCall, RuntimeOrigin, System,
};
use codec::Decode;
use frame_support::{traits::GetCallMetadata, BoundedVec};
use pallet_cloister_bonds::{Call as Bond, CancelReport, SignedReceipt};
use pallet_cloister_execution::{
    Batch, Beneficiary, Call as Execute, HouseRekey, OpenKeys, PayoutTerms, PlainBatch, SealProof, SolvencySubmission,
    SolvencyTerms, Terms,
};
use pallet_cloister_risk::{Call as RiskCall, Feeds};
use pallet_cloister_sequencers::Call as Sequence;
use pallet_cloister_timelock::{Call as Timelock, Delays};
use pallet_cloister_verifier::{Call as Verify, StatementKind};
use polkadot_sdk::*;
use sp_genesis_builder::DEV_RUNTIME_PRESET;
use sp_keyring::Sr25519Keyring::{Alice, Bob};
use sp_runtime::{
    traits::{Dispatchable, TrailingZeroInput},
    DispatchError,
};
use std::collections::{BTreeMap, BTreeSet};

type Operators = pallet_membership::Call<Runtime, cloister_runtime::configs::oracle::OperatorsInstance>;
type Oracle = pallet_oracle::Call<Runtime>;
pub type Name = (String, String);

/// Who may make a call of a chain for money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum May {
    /// Whoever signs; a stranger is refused by this error, or not at all.
    Sign(&'static str),
    /// Whoever signs, and Root; a stranger is refused by this error.
    SignOrRoot(&'static str),
    /// Nobody but as what was announced.
    Enact,
    /// Governance at once, and what was announced.
    Narrow,
    /// Governance at once.
    Govern,
}

/// The table. A call that may be made by different origins, depending on what it says, is in it by what widens.
const TABLE: &[(&str, May, &str)] = &[
    (
        "Execution",
        May::Enact,
        "create_group set_group_enabled set_queue_terms set_solvency_terms take_insurance set_payout_terms set_custodians \
         restore_custody",
    ),
    ("Verifier", May::Enact, "set_verifying_key"),
    ("Verifier", May::Narrow, "remove_verifying_key"),
    ("Sequencers", May::Enact, "set_members set_seal_key set_take_over"),
    (
        "Sequencers",
        May::Sign("NotMember"),
        "set_transport_key hand_over propose_seal_key confirm_seal_key",
    ),
    ("Bonds", May::Enact, "set_terms"),
    ("Bonds", May::Sign("NoTerms"), "bond"),
    ("Bonds", May::Sign("NothingBonded"), "unbond withdraw_unbonded begin_series"),
    ("Bonds", May::Sign("WrongScope"), "report_receipts report_cancel"),
    ("Execution", May::Govern, "choose_final_table release_rest"),
    // A role of the asset is nobody's on this chain, so that its groups take money; an open has no key to be sealed to.
    ("Execution", May::Sign("SealKeyMissing"), "open"),
    (
        "Execution",
        May::Sign("NoAccount"),
        "deposit switch close force_withdrawal rekey take_back",
    ),
    (
        "Execution",
        May::Sign("NotSubmitter"),
        "submit_batch submit_batches rekey_house submit_solvency",
    ),
    ("Execution", May::Sign("NoClaim"), "claim pay_claim pay_exit claim_credits"),
    ("Execution", May::Sign(""), "pay_insurance"),
    ("Execution", May::Sign("NoSolvencyTerms"), "freeze"),
    (
        "Execution",
        May::Sign("GroupNotFrozen"),
        "fix_final_table exit settle_exits refund_item",
    ),
    ("Execution", May::Sign("NothingDue"), "claim_share"),
    ("Execution", May::Sign("CustodyIntact"), "report_custody"),
    ("Execution", May::Sign("NothingTakenBack"), "pay_back"),
    (
        "Risk",
        May::Enact,
        "create_group set_group_params list_instrument set_instrument_params set_instrument_status set_table_grace \
         set_instrument_feeds set_settle_after set_jump_limit",
    ),
    ("Risk", May::Sign("FeedMissing"), "refresh_table"),
    ("Timelock", May::Govern, "announce withdraw"),
    ("Timelock", May::Sign("NotAnnounced"), "enact"),
    ("Timelock", May::Enact, "set_delays"),
    ("Oracle", May::SignOrRoot("NoPermission"), "feed_values"),
    (
        "OracleOperators",
        May::Enact,
        "add_member remove_member swap_member reset_members set_prime clear_prime",
    ),
    ("OracleOperators", May::Sign("NotMember"), "change_key"),
];

/// Pallets of the SDK; every other one is in the table.
const OF_SDK: &[&str] = &[
    "System",
    "Timestamp",
    "Grandpa",
    "Balances",
    "Assets",
    "AssetRate",
    "CollatorSelection",
    "Session",
    "Utility",
    "Sudo",
    "Preimage",
    "Scheduler",
    "ConvictionVoting",
    "Referenda",
    "Treasury",
    "TxPause",
    "SafeMode",
    "Multisig",
    "Proxy",
];

fn table() -> BTreeMap<Name, May> {
    let mut table = BTreeMap::new();
    for (pallet, may, calls) in TABLE {
        for call in calls.split_whitespace() {
            let twice = table.insert((pallet.to_string(), call.to_string()), *may);
            assert!(twice.is_none(), "{pallet}.{call} is in the table twice");
        }
    }
    table
}

pub fn name(call: &RuntimeCall) -> Name {
    let metadata = call.get_call_metadata();
    (metadata.pallet_name.to_string(), metadata.function_name.to_string())
}

fn batch() -> Box<Batch> {
    Box::new(Batch {
        key: 1,
        batch_no: 0,
        risk_version: 1,
        time: 0,
        payee: [0; 32],
        salt: [0; 32],
        new_root: [0; 32],
        new_house: [0; 32],
        sweep: Default::default(),
        take_insurance: None,
        empty_mask: 0,
        units: Default::default(),
        house_record: [[0; 32]; 14],
        proof: [0; 192],
    })
}

fn seal() -> (OpenKeys, Box<SealProof>) {
    let keys = OpenKeys {
        pk_x: [1; 32],
        pk_y: [1; 32],
        view_commitment: [1; 32],
        sealed_view_key: [2; 96],
    };
    let proof = SealProof {
        key: 2,
        proof: [0; 192],
    };
    (keys, Box::new(proof))
}

/// Calls of pallet execution that anybody may sign.
fn signed_calls() -> Vec<RuntimeCall> {
    let (group, amount, owner) = (groups::BTC, 1_000_000, Bob.to_account_id());
    let (keys, seal_proof) = seal();
    let rekey = HouseRekey {
        key: 3,
        old_house: [0; 32],
        new_house: [0; 32],
        sealed_key: [2; 96],
        house_record: [[0; 32]; 14],
        proof: [0; 192],
    };
    let statement = SolvencySubmission {
        key: 4,
        risk_version: 1,
        batch_no: 0,
        payee: owner.clone().into(),
        first: Default::default(),
        after: [0; 32],
        findings: None,
        proof: [0; 192],
    };
    let calls: Vec<Execute<Runtime>> = vec![
        Execute::open {
            group,
            keys: keys.clone(),
            seal_proof: seal_proof.clone(),
            amount,
        },
        Execute::deposit { group, amount },
        Execute::switch {
            group,
            switches: Default::default(),
        },
        Execute::close { group },
        Execute::force_withdrawal { group, amount },
        Execute::rekey {
            group,
            keys,
            seal_proof,
        },
        Execute::take_back { group },
        Execute::submit_batch { group, batch: batch() },
        Execute::submit_batches {
            group,
            batches: BoundedVec::truncate_from(vec![batch()]),
        },
        Execute::rekey_house {
            group,
            rekey: Box::new(rekey),
        },
        Execute::submit_solvency {
            group,
            statement: Box::new(statement),
        },
        Execute::claim { group },
        Execute::pay_claim {
            group,
            owner: owner.clone(),
        },
        Execute::pay_exit { group, index: 0 },
        Execute::claim_credits {
            group,
            period: 0,
            payee: owner,
        },
        Execute::pay_insurance { group, amount },
        Execute::freeze { group },
        Execute::fix_final_table { group },
        Execute::exit {
            group,
            key: 6,
            claim: 1,
            proof: Box::new([0; 192]),
        },
        Execute::settle_exits { group },
        Execute::refund_item { group, item: 0 },
        Execute::claim_share {
            group,
            beneficiary: Beneficiary::Treasury,
        },
        Execute::report_custody { group },
        Execute::pay_back { group, index: 0 },
    ];
    calls.into_iter().map(RuntimeCall::from).collect()
}

/// The same that governance makes.
fn governed_calls() -> Vec<RuntimeCall> {
    let (group, alice) = (groups::BTC, Alice.to_account_id());
    let calls: Vec<Execute<Runtime>> = vec![
        Execute::create_group {
            group: 9,
            asset: 1,
            fee_account: alice.clone(),
        },
        Execute::set_group_enabled { group, enabled: true },
        Execute::set_queue_terms {
            group,
            terms: Terms::default(),
        },
        Execute::set_solvency_terms {
            group,
            terms: Some(SolvencyTerms {
                max_round_age: 60_000,
                freeze_after: 60_000,
            }),
        },
        Execute::take_insurance {
            group,
            amount: 1,
            to: alice.clone(),
        },
        Execute::set_payout_terms {
            group,
            terms: PayoutTerms::default(),
        },
        Execute::set_custodians {
            custodians: BoundedVec::truncate_from(vec![alice]),
        },
        Execute::restore_custody { group },
        Execute::choose_final_table { group, version: 1 },
        Execute::release_rest { group },
    ];
    calls.into_iter().map(RuntimeCall::from).collect()
}

/// Those of the registry of verifying keys, of the sequencers and of their bonds.
fn calls_of_keys_and_members() -> Vec<RuntimeCall> {
    let group = groups::BTC;
    let set = Verify::set_verifying_key {
        id: 9,
        statement: StatementKind::Exit,
        development: false,
        key: Default::default(),
    };
    let calls: Vec<Sequence<Runtime>> = vec![
        Sequence::set_members {
            group,
            members: BoundedVec::truncate_from(vec![Bob.to_account_id()]),
        },
        Sequence::set_seal_key {
            group,
            x: [0; 32],
            y: [0; 32],
        },
        Sequence::set_take_over {
            group,
            terms: Default::default(),
        },
        Sequence::set_transport_key { group, key: [1; 32] },
        Sequence::hand_over {
            group,
            to: Bob.to_account_id(),
            transport: [1; 32],
            key: ([0; 32], [0; 32]),
            ciphertext: Default::default(),
        },
        Sequence::propose_seal_key {
            group,
            x: [0; 32],
            y: [0; 32],
            sealed: Default::default(),
        },
        Sequence::confirm_seal_key {
            group,
            proposer: Bob.to_account_id(),
            x: [0; 32],
            y: [0; 32],
        },
    ];
    let mut calls: Vec<RuntimeCall> = calls.into_iter().map(RuntimeCall::from).collect();
    let receipt = Box::new(SignedReceipt::decode(&mut TrailingZeroInput::zeroes()).expect("zeros are a receipt"));
    let of_bonds: Vec<Bond<Runtime>> = vec![
        Bond::set_terms {
            group,
            terms: Default::default(),
        },
        Bond::bond { group, amount: 1 },
        Bond::unbond { group },
        Bond::withdraw_unbonded { group },
        Bond::report_receipts {
            group,
            who: Bob.to_account_id(),
            first: receipt.clone(),
            second: receipt,
        },
        Bond::begin_series {
            group,
            journal: [1; 32],
        },
        Bond::report_cancel {
            group,
            who: Bob.to_account_id(),
            report: Box::new(CancelReport::decode(&mut TrailingZeroInput::zeroes()).expect("zeros are a report")),
        },
    ];
    calls.extend(of_bonds.into_iter().map(RuntimeCall::from));
    calls.extend([set.into(), Verify::remove_verifying_key { id: 9 }.into()]);
    calls
}

/// Those of the other pallets.
fn other_calls() -> Vec<RuntimeCall> {
    let group = groups::BTC;
    let found = pallet_cloister_risk::Groups::<Runtime>::get(group).expect("the group is there");
    let (params, instrument) = (found.params, found.instruments[0].clone());
    let who = || sp_runtime::MultiAddress::from(Bob.to_account_id());
    let price = cloister_runtime::configs::oracle::FeedValue::from_u32(60_000);
    vec![
        RiskCall::create_group {
            group: 9,
            params: params.clone(),
        }
        .into(),
        RiskCall::set_group_params { group, params }.into(),
        RiskCall::list_instrument {
            group,
            feed: feeds::BTC_INDEX,
            premium_feed: None,
            params: instrument.params.clone(),
        }
        .into(),
        RiskCall::set_instrument_params {
            group,
            instrument_id: instrument.id,
            params: instrument.params,
        }
        .into(),
        RiskCall::set_instrument_status {
            group,
            instrument_id: instrument.id,
            status: instrument.status,
        }
        .into(),
        RiskCall::set_table_grace { grace: 0 }.into(),
        RiskCall::set_settle_after {
            settle_after: 3_600_000,
        }
        .into(),
        RiskCall::set_jump_limit {
            group,
            jump_limit: 200_000,
        }
        .into(),
        RiskCall::set_instrument_feeds {
            group,
            instrument_id: instrument.id,
            feeds: Feeds {
                index: instrument.feed,
                premium: instrument.premium_feed,
            },
        }
        .into(),
        RiskCall::refresh_table { group }.into(),
        Timelock::announce {
            call: Box::new(remark()),
        }
        .into(),
        Timelock::withdraw {
            call: Box::new(remark()),
        }
        .into(),
        Timelock::enact {
            call: Box::new(remark()),
        }
        .into(),
        Timelock::set_delays {
            delays: Delays::default(),
        }
        .into(),
        Oracle::feed_values {
            values: BoundedVec::truncate_from(vec![(feeds::BTC_INDEX, price)]),
        }
        .into(),
        Operators::add_member { who: who() }.into(),
        Operators::remove_member { who: who() }.into(),
        Operators::swap_member {
            remove: who(),
            add: who(),
        }
        .into(),
        Operators::reset_members { members: vec![] }.into(),
        Operators::set_prime { who: who() }.into(),
        Operators::clear_prime {}.into(),
        Operators::change_key { new: who() }.into(),
    ]
}

fn remark() -> RuntimeCall {
    frame_system::Call::remark { remark: vec![] }.into()
}

/// One of each call of the exchange.
pub fn calls() -> Vec<RuntimeCall> {
    [
        signed_calls(),
        governed_calls(),
        calls_of_keys_and_members(),
        other_calls(),
    ]
    .concat()
}

fn enacted() -> RuntimeOrigin {
    pallet_cloister_timelock::Origin::Enacted.into()
}

/// Somebody who is neither submitter nor operator nor owner of an account.
fn stranger() -> RuntimeOrigin {
    RuntimeOrigin::signed(sp_keyring::Sr25519Keyring::Eve.to_account_id())
}

/// Makes a call as the transaction does that carries it, for batches are refused otherwise.
fn make(call: &RuntimeCall, origin: RuntimeOrigin) -> Result<(), DispatchError> {
    if matches!(
        call,
        RuntimeCall::Execution(Execute::submit_batch { .. } | Execute::submit_batches { .. })
    ) {
        PlainBatch::<Runtime>::put(());
    }
    let made = call.clone().dispatch(origin);
    PlainBatch::<Runtime>::kill();
    made.map(drop).map_err(|failure| failure.error)
}

/// Makes a call that is refused, and returns why. Nothing is changed.
fn refused(call: &RuntimeCall, origin: RuntimeOrigin) -> DispatchError {
    let root = || sp_io::storage::root(sp_runtime::StateVersion::V1);
    let before = root();
    let error = make(call, origin.clone()).expect_err(&format!("{:?} by {origin:?}", name(call)));
    assert_eq!(root(), before, "{:?} was refused and has changed something", name(call));
    error
}

/// Runs a test on a chain for money after its first block.
fn on_local(test: impl FnOnce()) {
    state(STAGING).execute_with(|| {
        System::set_block_number(1);
        pallet_timestamp::Now::<Runtime>::put(NOW);
        test();
    });
}

#[test]
fn every_call_of_the_exchange_should_be_in_the_table_and_be_tried() {
    let table: BTreeSet<Name> = table().into_keys().collect();
    let pallets = RuntimeCall::get_module_names()
        .iter()
        .filter(|pallet| !OF_SDK.contains(pallet));
    let metadata: BTreeSet<Name> = pallets
        .flat_map(|pallet| {
            let calls = RuntimeCall::get_call_names(pallet).iter();
            calls.map(|call| (pallet.to_string(), call.to_string()))
        })
        .collect();
    let nothing: Vec<&Name> = Vec::new();
    assert_eq!(metadata.difference(&table).collect::<Vec<_>>(), nothing);
    assert_eq!(table.difference(&metadata).collect::<Vec<_>>(), nothing);
    on_local(|| {
        let tried: BTreeSet<Name> = calls().iter().map(name).collect();
        assert_eq!(metadata.difference(&tried).collect::<Vec<_>>(), nothing);
    });
}

#[test]
fn call_should_be_refused_from_every_origin_that_may_not_make_it() {
    let table = table();
    on_local(|| {
        for call in calls() {
            let wrong = match table[&name(&call)] {
                May::Sign(_) => vec![RuntimeOrigin::none(), RuntimeOrigin::root(), government(), enacted()],
                May::SignOrRoot(_) => vec![RuntimeOrigin::none(), government(), enacted()],
                May::Enact => vec![RuntimeOrigin::none(), RuntimeOrigin::root(), government(), stranger()],
                May::Narrow => vec![RuntimeOrigin::none(), RuntimeOrigin::root(), stranger()],
                May::Govern => vec![RuntimeOrigin::none(), RuntimeOrigin::root(), enacted(), stranger()],
            };
            for origin in wrong {
                let error = refused(&call, origin.clone());
                assert_eq!(error, DispatchError::BadOrigin, "{:?} by {origin:?}", name(&call));
            }
        }
    });
}

#[test]
fn call_of_a_stranger_should_be_refused_by_the_documented_error() {
    let table = table();
    on_local(|| {
        for call in calls() {
            let (May::Sign(why) | May::SignOrRoot(why)) = table[&name(&call)] else {
                continue;
            };
            // Anybody may pay into the insurance.
            if why.is_empty() {
                continue;
            }
            let DispatchError::Module(error) = refused(&call, stranger()) else {
                panic!("{:?}: refused by no pallet", name(&call));
            };
            assert_eq!(error.message, Some(why), "{:?}", name(&call));
        }
    });
}

#[test]
fn call_should_be_made_by_the_origins_that_may() {
    let table = table();
    on_local(|| {
        for call in calls() {
            let right = match table[&name(&call)] {
                May::Sign(_) => vec![stranger()],
                May::SignOrRoot(_) => vec![stranger(), RuntimeOrigin::root()],
                May::Enact => vec![enacted()],
                May::Narrow => vec![enacted(), government()],
                May::Govern => vec![government()],
            };
            for origin in right {
                let made = make(&call, origin.clone());
                assert_ne!(made, Err(DispatchError::BadOrigin), "{:?} by {origin:?}", name(&call));
            }
        }
    });
}

/// What narrows is refused to nobody who governs, though the same call widens with other words.
#[test]
fn call_that_narrows_should_be_made_at_once_and_by_nobody_else() {
    let group = groups::BTC;
    let narrowing: Vec<RuntimeCall> = vec![
        Execute::set_group_enabled { group, enabled: false }.into(),
        Sequence::set_members {
            group,
            members: Default::default(),
        }
        .into(),
        RiskCall::set_instrument_status {
            group,
            instrument_id: 1,
            status: cloister_risk::Status::CloseOnly,
        }
        .into(),
    ];
    on_local(|| {
        for call in narrowing {
            for origin in [RuntimeOrigin::none(), RuntimeOrigin::root(), stranger()] {
                assert_eq!(refused(&call, origin), DispatchError::BadOrigin, "{:?}", name(&call));
            }
            assert_eq!(make(&call, government()), Ok(()), "{:?}", name(&call));
            assert_eq!(make(&call, enacted()), Ok(()), "{:?}", name(&call));
        }
    });
}

#[test]
fn root_of_a_development_chain_should_need_no_notice() {
    state(DEV_RUNTIME_PRESET).execute_with(|| {
        System::set_block_number(1);
        let table = table();
        for call in calls() {
            if table[&name(&call)] == May::Enact {
                let made = make(&call, RuntimeOrigin::root());
                assert_ne!(made, Err(DispatchError::BadOrigin), "{:?}", name(&call));
            }
        }
    });
}

/// A batch is refused by its own name before anything of the origin, unless it is a transaction of its own.
#[test]
fn batch_without_the_mark_should_be_refused_by_name_from_every_origin() {
    let origins = [
        RuntimeOrigin::none(),
        RuntimeOrigin::root(),
        government(),
        enacted(),
        stranger(),
        RuntimeOrigin::signed(AccountId::from(Alice.to_account_id())),
    ];
    on_local(|| {
        for call in signed_calls() {
            let of = name(&call).1;
            if of != "submit_batch" && of != "submit_batches" {
                continue;
            }
            for origin in origins.clone() {
                let made = call.clone().dispatch(origin).map(drop).map_err(|failure| failure.error);
                assert_eq!(
                    made,
                    Err(pallet_cloister_execution::Error::<Runtime>::WrappedBatch.into())
                );
            }
        }
    });
}
