//! The runtime's calls weigh what was measured: the figures are read from the files that `make weights` writes, so that
//! neither the files nor the configuration can change alone.

use cloister_runtime::{configs::system::RuntimeBlockWeights, Runtime, RuntimeCall};
use codec::{Decode, Encode};
use frame_support::{
    dispatch::{DispatchClass, GetDispatchInfo},
    traits::{Get, GetCallIndex, GetCallName},
    weights::Weight,
};
use pallet_cloister_execution::{
    types::{Batch, CIPHERTEXT_FIXED, MAX_HOUSE_ITEMS, MAX_PLACES, MAX_UNITS},
    weights::of_batch,
    UnitSubmission, MAX_BATCHES,
};
use polkadot_sdk::*;
use sp_runtime::{traits::TrailingZeroInput, BoundedVec};
use std::collections::BTreeMap;

/// Picoseconds, reads and writes.
type Cost = [u64; 3];

/// What a file says: for each weight what it costs with all components at zero, and what one more of each adds.
struct File(BTreeMap<String, Vec<Cost>>);

impl File {
    fn read(text: &str) -> Self {
        let functions = text
            .split("\n    fn ")
            .skip(1)
            .filter(|function| !function.starts_with("of("));
        let read = |function: &str| {
            let (name, body) = function.split_once('(').expect("a function has arguments");
            let costs = body.split("Self::of(").skip(1).map(|rest| {
                let (numbers, _) = rest.split_once(')').expect("a call ends");
                let numbers = numbers.replace(['_', '\n', ' '], "");
                let numbers: Vec<u64> = numbers
                    .split(',')
                    .filter(|number| !number.is_empty())
                    .map(|number| number.parse().expect("a number"))
                    .collect();
                numbers.try_into().expect("time, reads and writes")
            });
            (name.to_string(), costs.collect())
        };
        Self(functions.map(read).collect())
    }

    /// The weight with the components at these values.
    fn weight(&self, name: &str, components: &[u32]) -> Weight {
        let costs = self.0.get(name).unwrap_or_else(|| panic!("{name} was not measured"));
        assert_eq!(
            costs.len(),
            components.len() + 1,
            "{name} grows with {} sizes",
            components.len()
        );
        let times = [1].iter().chain(components);
        let [time, reads, writes] = costs.iter().zip(times).fold([0; 3], |sum, (cost, times)| {
            let add = |n: usize| sum[n] + cost[n] * u64::from(*times);
            [add(0), add(1), add(2)]
        });
        let db: frame_support::weights::RuntimeDbWeight = <Runtime as frame_system::Config>::DbWeight::get();
        Weight::from_parts(time, reads * 4_096).saturating_add(db.reads_writes(reads, writes))
    }
}

fn execution() -> File {
    File::read(include_str!("../../../pallets/execution/src/weights/measured.rs"))
}

fn risk() -> File {
    File::read(include_str!("../../../pallets/risk/src/weights/measured.rs"))
}

fn verifier() -> File {
    File::read(include_str!("../../../pallets/verifier/src/weights/measured.rs"))
}

fn sequencers() -> File {
    File::read(include_str!("../../../pallets/sequencers/src/weights/measured.rs"))
}

fn bonds() -> File {
    File::read(include_str!("../../../pallets/bonds/src/weights/measured.rs"))
}

fn timelock() -> File {
    File::read(include_str!("../../../pallets/timelock/src/weights/measured.rs"))
}

/// The sizes at which weights are compared.
const SIZES: [u32; 3] = [0, 1, 7];

/// Compares weights of a pallet's configuration with a file, all of it: `name` has no size, `name(_)` has one.
macro_rules! same {
    ($file:expr, $pallet:ident, $($name:ident)*; $($sized:ident)*) => {{
        use $pallet::weights::WeightInfo as _;
        type Used = <Runtime as $pallet::Config>::WeightInfo;
        let file = $file;
        $(assert_eq!(Used::$name(), file.weight(stringify!($name), &[]), stringify!($name));)*
        $(for size in SIZES {
            assert_eq!(Used::$sized(size), file.weight(stringify!($sized), &[size]), stringify!($sized));
        })*
        let mut names = vec![$(stringify!($name),)* $(stringify!($sized),)*];
        names.sort_unstable();
        assert_eq!(names, file.0.keys().collect::<Vec<_>>());
    }};
}

#[test]
fn the_configuration_should_have_the_weights_that_were_measured() {
    same!(
        execution(), pallet_cloister_execution,
        create_group set_group_enabled open deposit rekey claim
        rekey_house set_queue_terms pay_insurance take_insurance submit_solvency set_solvency_terms pay_claim freeze
        choose_final_table exit settle_exits pay_exit release_rest set_custodians report_custody check_plain_batch
        check_essential set_payout_terms claim_credits claim_share verify_one;
        submit_batch batch_places batch_items refund_item count_clocks count_queue_clocks
        verify_together
    );
    same!(
        risk(), pallet_cloister_risk,
        create_group set_group_params list_instrument set_instrument_params set_instrument_status idle_turn
        set_table_grace set_instrument_feeds set_settle_after set_jump_limit;
        refresh_table
    );
    same!(verifier(), pallet_cloister_verifier, set_verifying_key remove_verifying_key;);
    same!(
        sequencers(), pallet_cloister_sequencers,
        set_seal_key set_take_over set_transport_key hand_over;
        set_members propose_seal_key confirm_seal_key
    );
    same!(
        bonds(), pallet_cloister_bonds,
        set_terms bond unbond withdraw_unbonded report_receipts begin_series;
        report_cancel
    );
    same!(timelock(), pallet_cloister_timelock, withdraw set_delays; announce enact);
}

/// A call with arguments of nothing but zeros: empty lists, first variants.
fn of_zeros(pallet: u8, call: u8) -> RuntimeCall {
    let mut bytes = vec![pallet, call];
    bytes.extend([0; 4_096]);
    RuntimeCall::decode(&mut TrailingZeroInput::new(&bytes)).expect("zeros are arguments")
}

/// Compares the weight of every call of a pallet with the one expected.
fn calls<C: GetCallName + GetCallIndex>(pallet: u8, expected: &[(&str, Weight)]) {
    let names = C::get_call_names();
    for (name, index) in names.iter().zip(C::get_call_indices()) {
        let (_, weight) = expected
            .iter()
            .find(|(names, _)| names.split(' ').any(|other| other == *name))
            .unwrap_or_else(|| panic!("what should {name} weigh?"));
        let call = of_zeros(pallet, *index);
        assert_eq!(call.get_dispatch_info().call_weight, *weight, "{name}");
    }
    let expected: usize = expected.iter().map(|(names, _)| names.split(' ').count()).sum();
    assert_eq!(names.len(), expected, "a call is expected that there is not");
}

#[test]
fn every_call_should_weigh_what_was_measured() {
    let one = |file: &'static dyn Fn() -> File, name: &'static str| (name, file().weight(name, &[]));
    let file = execution();
    let items = <Runtime as pallet_cloister_execution::Config>::MaxItemsPerUser::get();
    let mut expected: Vec<(&str, Weight)> = "create_group set_group_enabled open rekey claim rekey_house set_queue_terms pay_insurance take_insurance submit_solvency \
        set_solvency_terms pay_claim freeze exit settle_exits pay_exit release_rest set_custodians set_payout_terms \
        claim_credits claim_share"
        .split_whitespace()
        .map(|name| one(&execution, name))
        .collect();
    expected.extend([
        ("deposit switch close force_withdrawal", file.weight("deposit", &[])),
        (
            "choose_final_table fix_final_table",
            file.weight("choose_final_table", &[]),
        ),
        ("report_custody restore_custody", file.weight("report_custody", &[])),
        ("refund_item take_back pay_back", file.weight("refund_item", &[items])),
        ("submit_batch", weight_of_batch(0, 0, MAX_HOUSE_ITEMS)),
        ("submit_batches", file.weight("verify_together", &[0])),
    ]);
    calls::<pallet_cloister_execution::Call<Runtime>>(41, &expected);

    let mut expected: Vec<(&str, Weight)> = "create_group set_group_params list_instrument set_instrument_params \
        set_instrument_status set_table_grace set_instrument_feeds set_settle_after set_jump_limit"
        .split_whitespace()
        .map(|name| one(&risk, name))
        .collect();
    let instruments = cloister_crypto::constants::INSTRUMENTS as u32;
    expected.push(("refresh_table", risk().weight("refresh_table", &[instruments])));
    calls::<pallet_cloister_risk::Call<Runtime>>(40, &expected);

    let expected = ["set_verifying_key", "remove_verifying_key"].map(|name| one(&verifier, name));
    calls::<pallet_cloister_verifier::Call<Runtime>>(38, &expected);

    let expected = [
        ("set_members", sequencers().weight("set_members", &[16])),
        one(&sequencers, "set_seal_key"),
        one(&sequencers, "set_take_over"),
        one(&sequencers, "set_transport_key"),
        one(&sequencers, "hand_over"),
        ("propose_seal_key", sequencers().weight("propose_seal_key", &[16])),
        ("confirm_seal_key", sequencers().weight("confirm_seal_key", &[16])),
    ];
    calls::<pallet_cloister_sequencers::Call<Runtime>>(39, &expected);

    let expected = [
        "set_terms",
        "bond",
        "unbond",
        "withdraw_unbonded",
        "report_receipts",
        "begin_series",
    ]
    .map(|name| one(&bonds, name));
    let of_none = ("report_cancel", bonds().weight("report_cancel", &[0]));
    let expected: Vec<_> = expected.into_iter().chain([of_none]).collect();
    calls::<pallet_cloister_bonds::Call<Runtime>>(49, &expected);

    let file = timelock();
    let inner = of_zeros(0, 0);
    let bytes = inner.encoded_size() as u32;
    let enact = file
        .weight("enact", &[bytes])
        .saturating_add(inner.get_dispatch_info().call_weight);
    let expected = [
        ("announce", file.weight("announce", &[bytes])),
        ("enact", enact),
        // What each byte of a call adds, as one that is announced.
        (
            "withdraw",
            file.weight("withdraw", &[]) + file.weight("announce", &[bytes]) - file.weight("announce", &[0]),
        ),
        ("set_delays", file.weight("set_delays", &[])),
    ];
    calls::<pallet_cloister_timelock::Call<Runtime>>(42, &expected);
}

#[test]
fn a_transaction_should_weigh_its_base_and_its_extensions_besides() {
    let weights = RuntimeBlockWeights::get();
    for class in [DispatchClass::Normal, DispatchClass::Operational] {
        assert!(weights.get(class).base_extrinsic.ref_time() > 0);
    }
    // One of a batch, one of any other call.
    let extension = pallet_cloister_execution::CheckPlainBatch::<Runtime>::new();
    let weigh = |call: &RuntimeCall| sp_runtime::traits::TransactionExtension::<RuntimeCall>::weight(&extension, call);
    assert_eq!(weigh(&batch_call(1, 1)), execution().weight("check_plain_batch", &[]));
    assert_eq!(weigh(&of_zeros(0, 0)), execution().weight("check_essential", &[]));
}

/// By the figures of the file: units, places of all of them, items.
fn weight_of_batch(units: u32, places: u32, items: u32) -> Weight {
    let file = execution();
    let part = |whole: Weight, parts: u64| {
        Weight::from_parts(whole.ref_time().div_ceil(parts), whole.proof_size().div_ceil(parts))
    };
    let slope = |name: &str| file.weight(name, &[2]) - file.weight(name, &[1]);
    let (place, item) = (slope("batch_places"), slope("batch_items"));
    let most = u64::from(MAX_UNITS);
    file.weight("submit_batch", &[units]) + part(place, most) * u64::from(places) + part(item, most) * u64::from(items)
}

fn batch(units: u32, places: u32) -> Box<Batch> {
    let mut batch = Batch::decode(&mut TrailingZeroInput::zeroes()).expect("zeros are a batch");
    let mut unit = UnitSubmission::decode(&mut TrailingZeroInput::zeroes()).expect("zeros are a unit");
    unit.ciphertext = BoundedVec::truncate_from(vec![[0; 32]; (CIPHERTEXT_FIXED + places) as usize]);
    batch.units = BoundedVec::truncate_from(vec![unit; units as usize]);
    Box::new(batch)
}

fn batch_call(units: u32, places: u32) -> RuntimeCall {
    RuntimeCall::Execution(pallet_cloister_execution::Call::submit_batch {
        group: 1,
        batch: batch(units, places),
    })
}

fn batches_call(number: u32, units: u32, places: u32) -> RuntimeCall {
    RuntimeCall::Execution(pallet_cloister_execution::Call::submit_batches {
        group: 1,
        batches: BoundedVec::truncate_from(vec![batch(units, places); number as usize]),
    })
}

fn weight(call: &RuntimeCall) -> Weight {
    call.get_dispatch_info().call_weight
}

#[test]
fn batches_should_weigh_their_units_places_items_and_proofs() {
    let items_each: u32 = <Runtime as pallet_cloister_execution::Config>::MaxItemsPerUser::get();
    for (units, places) in [(1, 1), (2, 1), (9, 1), (9, 8), (MAX_UNITS, MAX_PLACES)] {
        let items = units * items_each + MAX_HOUSE_ITEMS;
        let one = weight_of_batch(units, units * places, items);
        assert_eq!(weight(&batch_call(units, places)), one);
        for number in [1, 2, MAX_BATCHES] {
            let together = execution().weight("verify_together", &[number]);
            let all = one * u64::from(number) + together;
            assert_eq!(weight(&batches_call(number, units, places)), all);
        }
    }
    type Used = <Runtime as pallet_cloister_execution::Config>::WeightInfo;
    let weigh = |units, places, items| of_batch::<Used>(units, places, items).ref_time();
    assert!(weigh(2, 1, 1) > weigh(1, 1, 1));
    assert!(weigh(1, 2, 1) > weigh(1, 1, 1));
    assert!(weigh(1, 1, 2) > weigh(1, 1, 1));
}

#[test]
fn every_weight_with_a_size_should_grow_with_it() {
    for file in [execution(), risk(), verifier(), sequencers(), bonds(), timelock()] {
        for (name, costs) in file.0.iter().filter(|(_, costs)| costs.len() > 1) {
            let grows = costs.iter().skip(1).all(|cost| cost.iter().any(|part| *part > 0));
            assert!(grows, "{name} costs the same whatever its size");
        }
    }
}

#[test]
fn a_batch_of_full_size_should_fit_the_block() {
    let weights = RuntimeBlockWeights::get();
    let room = |class| {
        let of_class = weights.get(class);
        of_class.max_extrinsic.unwrap_or(weights.max_block)
    };
    let whole = room(DispatchClass::Operational);
    for (units, places) in [(9, 1), (48, 1), (MAX_UNITS, MAX_PLACES)] {
        let call = batch_call(units, places);
        let info = call.get_dispatch_info();
        assert_eq!(info.class, DispatchClass::Operational);
        let one = info.call_weight + weights.get(DispatchClass::Operational).base_extrinsic;
        assert!(
            one.all_lte(whole),
            "{units} units of {places} places do not fit a block"
        );
        let number = whole.ref_time() / one.ref_time();
        let bytes = call.encoded_size();
        println!("{units} units of {places} places: {one:?}, {number} in a block, {bytes} bytes each");
    }
    let many = weight(&batches_call(MAX_BATCHES, 9, 1));
    assert!(
        many.all_lte(whole),
        "{MAX_BATCHES} batches of 9 units in a call do not fit a block"
    );
}
