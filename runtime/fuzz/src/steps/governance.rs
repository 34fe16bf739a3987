//! What whoever governs does, by notice and at once, and what fills up.

use super::common::*;
use crate::{
    bytes::Bytes,
    chain::{actors, Kind, Who},
    proofs, trapdoor,
    world::World,
};
use cloister_crypto::{field::to_bytes, schnorr::SecretKey};
use cloister_risk::Status;
use cloister_runtime::{
    configs::oracle::FeedId, constants::money::SETTLEMENT_ASSET, genesis_presets::feeds, offices::Origin as Office,
    AccountId, Execution, OracleOperators, RuntimeCall,
};
use cloister_settlement::Terms;
use codec::Compact;
use frame_support::BoundedVec;
use pallet_cloister_execution::{Call as Execute, PayoutTerms, SolvencyTerms};
use pallet_cloister_risk::{Call as RiskCall, Feeds, GroupParams, InstrumentParams};
use pallet_cloister_sequencers::{Call as Sequence, TakeOver, MAX_FIRST_DELAY, MIN_FIRST_DELAY};
use pallet_cloister_timelock::{Call as Timelock, Delays};
use pallet_cloister_verifier::{Call as Verify, StatementKind};
use polkadot_sdk::*;
use sp_keyring::Sr25519Keyring::{Alice, Bob, Ferdie, One};
use sp_runtime::MultiAddress;

/// Whoever has won the highest vote.
const GOVERNMENT: Who = Who::Office(Office::Government);

/// A verifying key of batches that are wide enough for any group, and what it takes until it is good.
fn wide_shape(world: &mut World) {
    let call = Verify::set_verifying_key {
        id: 20,
        statement: StatementKind::Batch { units: 1, places: 8 },
        development: false,
        key: BoundedVec::truncate_from(trapdoor::key()),
    };
    world.make(&Who::Enacted, &call.into());
    if world.kind == Kind::Money {
        world.skip(14_400);
    }
    world.blocks(2, 0);
}

/// More of something than there may be.
pub(super) fn flood(world: &mut World, bytes: &mut Bytes) {
    match bytes.byte() % 8 {
        0 => {
            for id in 100..164 {
                let call = Verify::set_verifying_key {
                    id,
                    statement: StatementKind::Batch { units: 1, places: 8 },
                    development: false,
                    key: BoundedVec::truncate_from(trapdoor::key()),
                };
                if !world.make(&Who::Enacted, &call.into()) {
                    break;
                }
            }
        }
        1 => {
            for group in 100..164 {
                let params = group_params(&mut Bytes::new(&[7]));
                if !world.make(&Who::Enacted, &RiskCall::create_group { group, params }.into()) {
                    break;
                }
            }
            // All these groups get tables, which takes long.
            world.is_over = true;
        }
        2 => {
            for grace in 0..200 {
                let call = Box::new(RiskCall::set_table_grace { grace }.into());
                if !world.make(&GOVERNMENT, &Timelock::announce { call }.into()) {
                    break;
                }
            }
        }
        3 => {
            for n in 0..40 {
                let who = AccountId::new([n; 32]).into();
                if !world.make(&Who::Enacted, &Operators::add_member { who }.into()) {
                    break;
                }
            }
        }
        4 => {
            let payer = somebody(bytes);
            let call = || Execute::pay_insurance {
                group: 1,
                amount: 1_000_000,
            };
            for _ in 0..34 {
                if !world.sign(&payer, call()) {
                    break;
                }
            }
        }
        5 => {
            wide_shape(world);
            for feed in SPARE_FEEDS {
                let call = RiskCall::list_instrument {
                    group: 1,
                    feed,
                    premium_feed: None,
                    params: instrument_params(&mut Bytes::new(&[0, 11])),
                };
                if !world.make(&Who::Enacted, &call.into()) {
                    break;
                }
            }
        }
        6 => {
            let depositor = owner(bytes, 1);
            let call = || Execute::deposit {
                group: 1,
                amount: 1_000_000,
            };
            for _ in 0..9 {
                if !world.sign(&depositor, call()) {
                    break;
                }
            }
        }
        _ => {
            let inner: RuntimeCall = frame_system::Call::remark {
                remark: vec![0; 70_000],
            }
            .into();
            let large = Box::new(Utility::batch { calls: vec![inner] }.into());
            world.make(&GOVERNMENT, &Timelock::announce { call: large }.into());
            let inner: RuntimeCall = Timelock::withdraw {
                call: Box::new(RiskCall::set_table_grace { grace: 1_000 }.into()),
            }
            .into();
            let notice = Timelock::announce { call: Box::new(inner) };
            let notice = Box::new(RuntimeCall::from(notice));
            world.make(&GOVERNMENT, &Timelock::announce { call: notice }.into());
        }
    }
}

fn lower_office(bytes: &mut Bytes) -> Who {
    Who::Office(bytes.of(&[
        Office::RiskAdmin,
        Office::ListingAdmin,
        Office::EmergencyPause,
        Office::Treasurer,
    ]))
}

/// Makes a call of governance in one of the ways in which it may be made, and in some in which it may not.
pub(super) fn govern(world: &mut World, bytes: &mut Bytes, call: RuntimeCall) -> bool {
    let who = match bytes.byte() % 16 {
        0 | 1 if world.kind == Kind::Development => Who::Root,
        0 | 1 => GOVERNMENT,
        2 => lower_office(bytes),
        3..=5 => {
            let announce = Timelock::announce {
                call: Box::new(call.clone()),
            };
            // Each field is somebody's, and the rest nobody's but government's.
            let who = if bytes.once_in(8) {
                lower_office(bytes)
            } else {
                GOVERNMENT
            };
            if !world.make(&who, &announce.into()) {
                return false;
            }
            world.announced.push(call);
            return true;
        }
        6 => {
            let call = Box::new(call);
            return world.sign(&Alice.to_account_id(), pallet_sudo::Call::sudo { call });
        }
        7 => Who::Signer(somebody(bytes)),
        8 => Who::Nobody,
        _ => Who::Enacted,
    };
    world.make(&who, &call)
}

fn statement(bytes: &mut Bytes) -> StatementKind {
    bytes.of(&[
        StatementKind::Batch { units: 2, places: 1 },
        StatementKind::Batch { units: 1, places: 4 },
        StatementKind::Batch { units: 3, places: 8 },
        StatementKind::Batch { units: 0, places: 1 },
        StatementKind::Batch { units: 129, places: 1 },
        StatementKind::Seal,
        StatementKind::HouseRekey,
        StatementKind::Solvency { subtrees: 1 },
        StatementKind::Solvency { subtrees: 64 },
        StatementKind::Solvency { subtrees: 65 },
        StatementKind::Exit,
    ])
}

fn verifying_key(bytes: &mut Bytes) -> BoundedVec<u8, frame_support::traits::ConstU32<1060>> {
    static KEY: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
    let mut key = KEY.get_or_init(trapdoor::key).clone();
    match bytes.byte() % 8 {
        0 => key.clear(),
        1 => key[20] ^= 1,
        2 => drop(key.pop()),
        _ => {}
    }
    BoundedVec::truncate_from(key)
}

/// A fresh round of a group in which nobody owes anything.
fn clean_round(world: &mut World, group: u32) {
    let terms = Some(SolvencyTerms {
        max_round_age: HOUR,
        freeze_after: HOUR,
    });
    world.make(&Who::Enacted, &Execute::set_solvency_terms { group, terms }.into());
    fresh_tables(world, 0);
    let payee = One.to_account_id();
    // Nothing is spoiled, and of the kinds of findings it is a clean one.
    if let Some(statement) = proofs::solvency(&mut Bytes::new(&[0, 0, 0, 3]), group, &payee) {
        world.sign(&payee, Execute::submit_solvency { group, statement });
    }
}

pub(super) fn govern_execution(world: &mut World, bytes: &mut Bytes) {
    let group = group(bytes);
    let call: RuntimeCall = match bytes.byte() % 17 {
        0 | 1 => Execute::set_group_enabled {
            group,
            enabled: bytes.but_once_in(4),
        }
        .into(),
        2 => {
            let call = Verify::set_verifying_key {
                id: u16::from(bytes.byte() % 16),
                statement: statement(bytes),
                development: bytes.once_in(4),
                key: verifying_key(bytes),
            };
            call.into()
        }
        3 => Verify::remove_verifying_key {
            id: u16::from(bytes.byte() % 16),
        }
        .into(),
        4 => {
            let one = One.to_account_id();
            let all = [One, Alice].map(|key| key.to_account_id()).to_vec();
            let twice = vec![one.clone(), one.clone()];
            let submitters = bytes.of(&[vec![], vec![one], twice, all.clone(), all.clone(), actors()]);
            Sequence::set_members {
                group,
                members: BoundedVec::truncate_from(submitters),
            }
            .into()
        }
        5 => {
            let key = SecretKey::from_seed(&[bytes.byte() % 3; 32]).public();
            let (x, y) = (to_bytes(&key.x()), to_bytes(&key.y()));
            let x = bytes.of(&[x, x, x, y, [0xff; 32]]);
            Sequence::set_seal_key { group, x, y }.into()
        }
        6 => {
            let terms = Terms {
                notice: bytes.of(&[999, 1_000, 1_001, 60_000, 120_000, 120_001]),
                share: bytes.of(&[9, 10, 50, 90, 91]),
            };
            Execute::set_queue_terms { group, terms }.into()
        }
        7..=9 => {
            let terms = SolvencyTerms {
                max_round_age: bytes.of(&[59_999, 60_000, 60_000, HOUR, 12 * HOUR, 12 * HOUR + 1]),
                freeze_after: bytes.of(&[60_000, HOUR, 12 * HOUR, DAY, DAY + 1]),
            };
            let terms = bytes.of(&[None, Some(terms), Some(terms), Some(terms)]);
            Execute::set_solvency_terms { group, terms }.into()
        }
        10 | 11 => {
            let provers = bytes.of(&[999, 1_000, 5_000, 9_000, 9_001]);
            let terms = PayoutTerms {
                min_batches: bytes.of(&[0, 1, 1, 1, 2, 100_001]),
                provers,
                sequencer: 9_500u16.saturating_sub(provers),
                insurance: bytes.of(&[500, 500, 500, 499]),
                treasury: 0,
            };
            Execute::set_payout_terms { group, terms }.into()
        }
        12 | 13 => {
            if bytes.but_once_in(4) {
                clean_round(world, group);
            }
            let call = Execute::take_insurance {
                group,
                amount: bytes.amount(),
                to: payee(bytes),
            };
            call.into()
        }
        14 => {
            let group = bytes.of(&[group, 3, 3, 4]);
            if bytes.but_once_in(4) {
                let call = Assets::transfer {
                    id: Compact(SETTLEMENT_ASSET),
                    target: Execution::vault_account(group).into(),
                    amount: 10_000,
                };
                world.sign(&Alice.to_account_id(), call);
            }
            if bytes.but_once_in(4) {
                let params = group_params(bytes);
                world.make(&Who::Enacted, &RiskCall::create_group { group, params }.into());
            }
            let call = Execute::create_group {
                group,
                asset: bytes.of(&[SETTLEMENT_ASSET, SETTLEMENT_ASSET, 2, 9]),
                fee_account: Ferdie.to_account_id(),
            };
            call.into()
        }
        15 => {
            let terms = TakeOver {
                epoch: bytes.of(&[0, 1, 5, 5]),
                first_delay: bytes.of(&[
                    0,
                    MIN_FIRST_DELAY - 1,
                    MIN_FIRST_DELAY,
                    MIN_FIRST_DELAY,
                    MAX_FIRST_DELAY + 1,
                ]),
            };
            let terms = bytes.of(&[TakeOver::default(), terms, terms, terms]);
            Sequence::set_take_over { group, terms }.into()
        }
        _ => {
            let delays = Delays {
                terms: bytes.of(&[0, 1, 14_400]),
                members: bytes.of(&[0, 1, 43_200]),
                keys_and_code: bytes.of(&[0, 1, 201_600, 864_000, 864_001]),
            };
            Timelock::set_delays { delays }.into()
        }
    };
    govern(world, bytes, call);
}

/// Parameters within their bounds, and mostly one at a bound or beyond it.
fn group_params(bytes: &mut Bytes) -> GroupParams {
    let mut params = GroupParams {
        initial: 384,
        maintenance: 256,
        penalty: 13,
        max_discount: 5,
        fee_cap: 5_000,
        max_price_age: 600_000,
        table_interval: 1_000,
    };
    match bytes.byte() % 8 {
        0 => params.initial = bytes.of(&[281, 282, 2_048, 2_049]),
        1 => params.maintenance = bytes.of(&[255, 256, 1_024, 1_025]),
        2 => params.penalty = bytes.of(&[0, 128, 129]),
        3 => params.max_discount = bytes.of(&[0, 1, 26, 27]),
        4 => params.fee_cap = bytes.of(&[0, 10_000, 10_001]),
        5 => params.max_price_age = bytes.of(&[5_999, 6_000, 600_001]),
        6 => params.table_interval = bytes.of(&[999, 1_000, 60_000, 60_001]),
        _ => {}
    }
    params
}

/// The same of an instrument.
fn instrument_params(bytes: &mut Bytes) -> InstrumentParams {
    let mut params = InstrumentParams {
        lot_size: bytes.of(&[1_000_000, 1_000_000, 1_000_000, 10_000_000]),
        scan_range: 100_000,
        extreme_multiple: 3_000_000,
        extreme_cover: 350_000,
        floor_long: 0,
        floor_short: 0,
        band: 50_000,
        max_premium: 5_000,
        max_funding_rate: 1_000,
        limit: 1_000_000,
        chunk: 10_000,
    };
    match bytes.byte() % 12 {
        0 => params.lot_size = bytes.of(&[0, 1, 1_000_000_000_000_000, u64::MAX]),
        1 => params.scan_range = bytes.of(&[9_999, 10_000, 500_000, 500_001]),
        2 => params.extreme_multiple = bytes.of(&[999_999, 1_000_000, 5_000_000, 5_000_001]),
        3 => params.extreme_cover = bytes.of(&[99_999, 100_000, 1_000_000, 1_000_001]),
        4 => params.floor_long = bytes.of(&[200_000, 200_001]),
        5 => params.floor_short = bytes.of(&[200_000, 200_001]),
        6 => params.band = bytes.of(&[999, 1_000, 100_000, 100_001]),
        7 => params.max_premium = bytes.of(&[0, 50_000, 50_001]),
        8 => params.max_funding_rate = bytes.of(&[0, 10_000, 10_001]),
        9 => params.limit = bytes.of(&[0, 10_000, 1 << 40, u64::MAX]),
        10 => params.chunk = bytes.of(&[0, 1, 1_000_000, 1_000_001]),
        _ => {}
    }
    params
}

/// A feed that an instrument has, one that none has, or one without a price.
fn index_feed(bytes: &mut Bytes) -> FeedId {
    match bytes.byte() % 4 {
        0 => bytes.of(&[feeds::BTC_INDEX, feeds::ETH_INDEX, 99]),
        n => bytes.of(&[20, 21, 22, 20 + FeedId::from(n)]),
    }
}

pub(super) fn govern_risk(world: &mut World, bytes: &mut Bytes) {
    let group = group(bytes);
    let instrument_id = bytes.of(&[1, 1, 2, 3, 99]);
    let call: RuntimeCall = match bytes.byte() % 11 {
        0 => RiskCall::create_group {
            group,
            params: group_params(bytes),
        },
        1 => RiskCall::set_group_params {
            group,
            params: group_params(bytes),
        },
        2 => {
            if bytes.once_in(2) {
                wide_shape(world);
            }
            let feed = index_feed(bytes);
            let premium_feed = bytes.of(&[None, Some(feeds::BTC_PERPETUAL), Some(98)]);
            RiskCall::list_instrument {
                group,
                feed,
                premium_feed,
                params: instrument_params(bytes),
            }
        }
        3 | 4 => RiskCall::set_instrument_params {
            group,
            instrument_id,
            params: instrument_params(bytes),
        },
        5 | 6 => RiskCall::set_instrument_status {
            group,
            instrument_id,
            status: bytes.of(&[Status::Trading, Status::CloseOnly, Status::Trading, Status::Expired]),
        },
        7 => RiskCall::set_instrument_feeds {
            group,
            instrument_id,
            feeds: Feeds {
                index: index_feed(bytes),
                premium: bytes.of(&[None, Some(feeds::BTC_PERPETUAL), Some(98)]),
            },
        },
        8 => RiskCall::set_settle_after {
            settle_after: bytes.of(&[HOUR - 1, HOUR, DAY, DAY + 1]),
        },
        9 => RiskCall::set_jump_limit {
            group,
            jump_limit: bytes.of(&[99_999, 100_000, 300_000, 500_000, 500_001]),
        },
        _ => RiskCall::set_table_grace {
            grace: bytes.of(&[0, 12_000, 120_000, 120_001, u64::MAX]),
        },
    }
    .into();
    govern(world, bytes, call);
}

pub(super) fn govern_members(world: &mut World, bytes: &mut Bytes) {
    let member = OracleOperators::members();
    let who = somebody(bytes);
    let who: MultiAddress<AccountId, ()> = mostly(bytes, member.into_iter().chain([who.clone()]), who).into();
    let call = match bytes.byte() % 8 {
        0 => Operators::add_member { who },
        1 => Operators::remove_member { who },
        2 => Operators::swap_member {
            remove: who,
            add: somebody(bytes).into(),
        },
        3 | 4 => Operators::reset_members {
            members: vec![Alice.to_account_id()],
        },
        5 => Operators::set_prime { who },
        6 => Operators::clear_prime {},
        _ => {
            let other = somebody(bytes);
            let signer = bytes.of(&[Alice.to_account_id(), other]);
            world.sign(&signer, Operators::change_key { new: who });
            return;
        }
    };
    govern(world, bytes, call.into());
}

pub(super) fn enact(world: &mut World, bytes: &mut Bytes) {
    let never: RuntimeCall = Execute::set_group_enabled {
        group: 1,
        enabled: true,
    }
    .into();
    let call = match world.announced.len() {
        0 => never,
        count => world.announced[usize::from(bytes.byte()) % count].clone(),
    };
    if bytes.once_in(6) {
        let withdraw: RuntimeCall = Timelock::withdraw { call: Box::new(call) }.into();
        let who = bytes.of(&[
            GOVERNMENT,
            Who::Office(Office::RiskAdmin),
            Who::Enacted,
            Who::Signer(Bob.to_account_id()),
        ]);
        world.make(&who, &withdraw);
        return;
    }
    // A chain for money waits for days: blocks of them are not all made.
    if world.kind == Kind::Money && bytes.once_in(2) {
        let days = bytes.of(&[1, 3, 14, 46]);
        world.skip(days * 14_400);
    }
    let call = Box::new(call);
    signed(world, bytes, Timelock::enact { call });
}

/// Pauses of calls, and their end.
pub(super) fn pause(world: &mut World, bytes: &mut Bytes) {
    let name = |pallet: &[u8], call: &[u8]| {
        (
            BoundedVec::truncate_from(pallet.to_vec()),
            BoundedVec::truncate_from(call.to_vec()),
        )
    };
    let full_name = match bytes.byte() % 4 {
        0 => name(b"Execution", b"open"),
        1 => name(b"Assets", b"mint"),
        2 => name(b"Treasury", b"payout"),
        _ => name(b"Execution", b"force_withdrawal"),
    };
    let call: RuntimeCall = match bytes.byte() % 4 {
        0 => pallet_safe_mode::Call::force_enter {}.into(),
        1 => pallet_safe_mode::Call::force_exit {}.into(),
        2 => pallet_tx_pause::Call::unpause { ident: full_name }.into(),
        _ => pallet_tx_pause::Call::pause { full_name }.into(),
    };
    let who = bytes.of(&[
        Who::Office(Office::EmergencyPause),
        Who::Enacted,
        Who::Office(Office::Treasurer),
        Who::Signer(Bob.to_account_id()),
    ]);
    world.make(&who, &call);
}
