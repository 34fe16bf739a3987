//! What is proven, with proofs of it: batches, seals, re-keys of houses, solvency statements and exits as honest
//! programs make them, from what the chain shows.

use crate::{bytes::Bytes, chain, trapdoor};
use cloister_crypto::{
    field::{from_bytes, to_bytes},
    schnorr::SecretKey,
    seal::Sealed,
    stream::Scope,
    Fr,
};
use cloister_ledger::{slot::Slot, Account, ExitStatement, Key, SealStatement, Statement, UnitRecord};
use cloister_runtime::{AccountId, Execution, Hash, Runtime, RuntimeCall, Sequencers, System, Verifier};
use cloister_settlement::{
    batch::{CIPHERTEXT_FIXED, PROOF_BYTES},
    no_sums, rebuild, take, take_house, Batch, Field, Findings, HouseRekey, ItemKind, KeyId, KnownToChain, OpenKeys,
    Request, SealProof, SolvencyKnown, SolvencySubmission, UnitSubmission, Waiting,
};
use cloister_types::{AccountIndex, Amount, GroupId, Total};
use frame_support::{storage::with_transaction, BoundedVec};
use pallet_cloister_bonds::ShownOpening;
use pallet_cloister_execution::{Call, PlainBatch, RecentRoots};
use pallet_cloister_sequencers::Sequencers as _;
use pallet_cloister_verifier::StatementKind;
use polkadot_sdk::*;
use sp_runtime::{DispatchError, TransactionOutcome};
use std::sync::OnceLock;

/// Not the bytes of any field element.
const NO_FIELD: Field = [0xff; 32];
/// Units of a batch beyond which nobody makes one here.
const MOST_UNITS: u16 = 4;

fn genesis() -> [u8; 32] {
    let hash: Hash = System::block_hash(0);
    hash.0
}

fn field(number: u64) -> Field {
    to_bytes(&Fr::from(number))
}

/// A proof of nothing: of another statement, with a point at infinity, or no points at all.
fn bad_proof(bytes: &mut Bytes) -> [u8; PROOF_BYTES] {
    let mut proof = trapdoor::prove(Fr::from(1));
    match bytes.byte() % 4 {
        0 => {}
        // The identity.
        1 => {
            proof[..48].fill(0);
            proof[0] = 0xc0;
        }
        // Another coordinate: not on the curve, or not in the subgroup.
        2 => proof[47] ^= 1 + bytes.byte() % 8,
        _ => proof = [0; PROOF_BYTES],
    }
    proof
}

/// A proof of a statement, now and then a bad one.
fn proof(bytes: &mut Bytes, hash: Option<Fr>) -> [u8; PROOF_BYTES] {
    match hash {
        Some(hash) if !bytes.once_in(16) => trapdoor::prove(hash),
        _ => bad_proof(bytes),
    }
}

/// An active verifying key of a statement; now and then another one, or none.
fn key(bytes: &mut Bytes, usual: KeyId, fits: impl Fn(&StatementKind) -> bool) -> KeyId {
    match bytes.byte() % 16 {
        1 => 99,
        2 => u16::from(bytes.byte() % 16),
        3..=5 => {
            let now = System::block_number();
            let keys = Verifier::verifying_keys();
            let mut good = keys
                .iter()
                .filter(|(_, key)| fits(&key.statement) && key.active_at <= now);
            good.next_back().map_or(usual, |(id, _)| *id)
        }
        _ => usual,
    }
}

/// Keys of an account, and the proof of their seal.
pub fn seal(bytes: &mut Bytes, group: u32, owner: &AccountId) -> (OpenKeys, Box<SealProof>) {
    static KEYS: OnceLock<Vec<(Field, Field)>> = OnceLock::new();
    let known = KEYS.get_or_init(|| {
        let keys = (0..4).map(|seed| SecretKey::from_seed(&[seed; 32]).public());
        keys.map(|key| (to_bytes(&key.x()), to_bytes(&key.y()))).collect()
    });
    let (pk_x, pk_y) = bytes.of(known);
    let mut keys = OpenKeys {
        pk_x,
        pk_y,
        view_commitment: field(u64::from(bytes.byte())),
        sealed_view_key: [2; 96],
    };
    match bytes.byte() % 32 {
        1 => keys.view_commitment = NO_FIELD,
        2 => keys.pk_x = field(5),
        3 => keys.sealed_view_key = [0xff; 96],
        // The identity.
        4 => (keys.pk_x, keys.pk_y) = (field(0), field(1)),
        _ => {}
    }
    let id = key(bytes, chain::SEAL_KEY, |kind| *kind == StatementKind::Seal);
    let proof = proof(
        bytes,
        seal_statement(group, owner, &keys).map(|statement| statement.hash()),
    );
    (keys, Box::new(SealProof { key: id, proof }))
}

fn seal_statement(group: u32, owner: &AccountId, keys: &OpenKeys) -> Option<SealStatement> {
    let key = |(x, y): (Field, Field)| {
        Some(Key {
            x: from_bytes(&x).ok()?,
            y: from_bytes(&y).ok()?,
        })
    };
    SealStatement::new(
        genesis(),
        GroupId(group),
        owner.clone().into(),
        key(Sequencers::seal_key(group)?)?,
        &Sealed(keys.sealed_view_key),
        key((keys.pk_x, keys.pk_y))?,
        from_bytes(&keys.view_commitment).ok()?,
    )
    .ok()
}

/// A re-key of a group's house.
pub fn house_rekey(bytes: &mut Bytes, group: u32) -> Option<Box<HouseRekey>> {
    let state = Execution::group_state(group)?;
    let mut rekey = HouseRekey {
        key: key(bytes, chain::HOUSE_KEY, |kind| *kind == StatementKind::HouseRekey),
        old_house: state.house,
        new_house: field(1_000 + u64::from(bytes.byte())),
        sealed_key: [2; 96],
        house_record: [field(7); 14],
        proof: [0; PROOF_BYTES],
    };
    match bytes.byte() % 16 {
        1 => rekey.old_house = field(3),
        2 => rekey.new_house = NO_FIELD,
        3 => rekey.house_record[13] = NO_FIELD,
        4 => rekey.sealed_key = [0xff; 96],
        _ => {}
    }
    let hash = Sequencers::seal_key(group).and_then(|sealing_key| {
        let kept = rekey.kept(state.batch_no, sealing_key);
        let statement = kept.statement(genesis(), GroupId(group), &state.house).ok()?;
        Some(statement.hash())
    });
    rekey.proof = proof(bytes, hash);
    Some(Box::new(rekey))
}

/// The items that a batch with these units may take.
fn waiting(group: u32, accounts: impl Iterator<Item = AccountIndex>) -> Waiting<AccountId> {
    let accounts = accounts.map(AccountIndex::get).collect();
    let of_accounts = Execution::waiting(group, accounts);
    let of_house = Execution::waiting(group, vec![AccountIndex::HOUSE.get()]);
    of_accounts.into_iter().chain(of_house).collect()
}

/// Hash of the statement of a batch in the state as it is.
fn batch_hash(group: u32, batch: &Batch) -> Option<Fr> {
    Some(batch_statement(group, batch)?.hash())
}

/// The statement of a batch in the state as it is.
fn batch_statement(group: u32, batch: &Batch) -> Option<Statement> {
    let state = Execution::group_state(group)?;
    let info = Execution::risk_info(group, batch.risk_version)?;
    let mut waiting = waiting(group, batch.accounts());
    let takings = take(&mut waiting, batch.asks(), info.time).ok()?;
    let house = take_house(&mut waiting, batch.take_insurance.is_some(), info.time).ok()?;
    let known = KnownToChain {
        genesis: genesis(),
        group: GroupId(group),
        batch_no: state.batch_no,
        old_root: state.root,
        old_house: state.house,
        risk_hash: info.risk_hash,
    };
    rebuild(&known, batch, &takings, house.doors()).ok()
}

/// A batch with a fill, and what shows it.
pub struct Filled {
    /// The batch, proven.
    pub batch: Batch,
    /// Elements of its statement.
    pub elements: Vec<Field>,
    /// The unit of the fill, which is in its first place.
    pub unit: u16,
    /// The account.
    pub index: AccountIndex,
    /// What opens the unit.
    pub opening: ShownOpening,
}

/// A batch in which a unit leaves this slot.
pub fn filled(bytes: &mut Bytes, group: u32, slot: Slot) -> Option<Filled> {
    let mut batch = batch(bytes, group)?;
    let scope = Scope {
        genesis: genesis(),
        group,
    };
    let salt = scope.salt(from_bytes(&batch.salt).ok()?);
    let unit = batch.units.iter().position(|unit| !unit.request)?;
    let key = Key {
        x: Fr::from(1),
        y: Fr::from(2),
    };
    let account = Account {
        nonce: 3,
        ..Account::fresh(key, Fr::from(42))
    };
    let submission = batch.units.get_mut(unit)?;
    let mut slots = vec![Fr::zero(); submission.ciphertext.len().checked_sub(CIPHERTEXT_FIXED as usize)?];
    *slots.first_mut()? = slot.to_field();
    let record = UnitRecord::encrypt(submission.index, &account, &slots, salt);
    submission.ciphertext = BoundedVec::truncate_from(record.iter().map(to_bytes).collect());
    submission.new_leaf = to_bytes(&account.leaf());
    let index = submission.index;
    let statement = batch_statement(group, &batch)?;
    batch.proof = trapdoor::prove(statement.hash());
    Some(Filled {
        batch,
        elements: statement.elements().iter().map(to_bytes).collect(),
        unit: u16::try_from(unit).ok()?,
        index,
        opening: ShownOpening {
            key: (to_bytes(&key.x), to_bytes(&key.y)),
            view_key: to_bytes(&account.view_key),
            nonce: account.nonce,
            switches: account.switches,
        },
    })
}

/// The units of a batch: of accounts whose items are ready at the time of a table, oldest first, and of others.
fn units(bytes: &mut Bytes, group: u32, shape: (u16, u8), table_time: u64) -> Vec<UnitSubmission> {
    let queue = Execution::queue(group, 0, 256);
    let mut accounts: Vec<u32> = Vec::new();
    for (_, item) in queue
        .iter()
        .filter(|(_, item)| item.is_ready(table_time) && !item.kind.is_of_house())
    {
        if !accounts.contains(&item.index.get()) {
            accounts.push(item.index.get());
        }
    }
    // Mostly in the order of the queue, as it must be once items are overdue.
    if !accounts.is_empty() && bytes.once_in(4) {
        let first = usize::from(bytes.byte()) % accounts.len();
        accounts.rotate_left(first);
    }
    let next_index = Execution::group_state(group).map_or(0, |state| state.next_index);
    let opened = |index: &u32| Execution::account(group, *index).is_some_and(|account| account.opened);
    let open: Vec<u32> = (0..next_index).filter(opened).collect();
    let settled = u64::try_from(Execution::group_totals(group).settled).unwrap_or(0);
    (0..shape.0)
        .map(|n| {
            let next = accounts.get(usize::from(n)).copied();
            let index = match (next, open.is_empty()) {
                (Some(index), _) if !bytes.once_in(8) => index,
                (Some(index), true) => index,
                (None, true) => accounts.first().copied().unwrap_or(u32::from(bytes.byte())),
                (_, false) => bytes.of(&open),
            };
            let ready = queue
                .iter()
                .filter(|(_, item)| item.index.get() == index && item.is_ready(table_time));
            let opens = queue
                .iter()
                .any(|(_, item)| item.index.get() == index && item.kind.open().is_some());
            let own = accounts.iter().position(|account| *account == index) == Some(usize::from(n));
            let asked = ready.filter_map(|(_, item)| item.kind.request()).next();
            let asked = asked.filter(|_| own && !opens && !bytes.once_in(8));
            let closes = asked == Some(Request::Close) && !bytes.once_in(3);
            let withdrawal = match (&asked, bytes.byte() % 16) {
                (Some(Request::ForcedWithdrawal { amount }), most) if most > 2 => amount.get().min(settled / 3),
                (_, 1..=5) => bytes.amount().min(settled / 3),
                (_, 6) => bytes.amount().min(settled.saturating_add(5)),
                (_, 7) => u64::from(bytes.byte()),
                (_, 8) => bytes.amount().min(1_000_000_000_000),
                _ => 0,
            };
            let elements = (CIPHERTEXT_FIXED + u32::from(shape.1)) as usize;
            UnitSubmission {
                index: AccountIndex(index),
                request: asked.is_some(),
                withdrawal: Amount(withdrawal),
                new_leaf: if closes {
                    [0; 32]
                } else {
                    field(7_000 + u64::from(index))
                },
                ciphertext: BoundedVec::truncate_from(vec![field(1); elements]),
            }
        })
        .collect()
}

/// What most batches are not.
fn spoil(bytes: &mut Bytes, batch: &mut Batch) {
    let unit = usize::from(bytes.byte()) % batch.units.len().max(1);
    let unit = batch.units.get_mut(unit);
    match (bytes.byte() % 24, unit) {
        (0, _) => batch.batch_no = batch.batch_no.wrapping_add(1),
        (1, _) => batch.batch_no = batch.batch_no.wrapping_sub(1),
        (2, _) => batch.key = bytes.of(&[99, chain::SEAL_KEY, 7, 8]),
        (3, _) => batch.risk_version = batch.risk_version.saturating_sub(u64::from(bytes.byte() % 8)),
        (4, _) => batch.risk_version = bytes.of(&[0, u64::MAX]),
        (5, _) => batch.time = batch.time.saturating_sub(u64::from(bytes.byte()) * 1_000),
        (6, _) => batch.time = batch.time.saturating_add(u64::from(bytes.byte()) * 1_000),
        (7, _) => batch.time = bytes.of(&[0, u64::MAX]),
        (8, _) => drop(batch.units.pop()),
        (9, Some(unit)) => {
            let unit = unit.clone();
            drop(batch.units.try_push(unit));
        }
        (10, Some(unit)) => drop(unit.ciphertext.pop()),
        (11, Some(unit)) => unit.index = AccountIndex(bytes.of(&[7, 1 << 24, u32::MAX])),
        (12, Some(unit)) => unit.request = !unit.request,
        (13, Some(unit)) => unit.new_leaf = bytes.of(&[[0; 32], NO_FIELD]),
        (14, _) => batch.salt = NO_FIELD,
        (15, _) => batch.new_root = bytes.of(&[[0; 32], NO_FIELD]),
        (16, _) => batch.new_house = NO_FIELD,
        (17, _) => batch.take_insurance = batch.take_insurance.xor(Some(Amount(1))),
        (18, _) => batch.sweep = Amount(bytes.amount()),
        (19, Some(unit)) => unit.withdrawal = Amount(bytes.amount()),
        (20, _) => batch.units.clear(),
        (21, _) => batch.empty_mask = u32::MAX,
        _ => {}
    }
}

/// A batch of a group in the state as it is.
pub fn batch(bytes: &mut Bytes, group: u32) -> Option<Batch> {
    let state = Execution::group_state(group)?;
    let version = Execution::latest_risk_version(group).unwrap_or(1);
    let now = pallet_timestamp::Now::<Runtime>::get();
    let table_time = Execution::risk_info(group, version).map_or(now, |info| info.time);
    let id = key(
        bytes,
        chain::BATCH_KEY,
        |kind| matches!(kind, StatementKind::Batch { units, .. } if *units <= MOST_UNITS),
    );
    let shape = match Verifier::verifying_key(id).map(|key| key.statement) {
        Some(StatementKind::Batch { units, places }) => (units.min(MOST_UNITS), places),
        _ => (2, 1),
    };
    let units = units(bytes, group, shape, table_time);
    let asked = Execution::waiting(group, vec![AccountIndex::HOUSE.get()]);
    let asked = asked.into_iter().find_map(|(_, item)| match item.kind {
        ItemKind::TakeInsurance { amount, .. } if item.is_ready(table_time) => Some(amount),
        _ => None,
    });
    let settled = u64::try_from(Execution::group_totals(group).settled).unwrap_or(0);
    let sweep = match bytes.byte() % 8 {
        0..=3 => bytes.amount().min(settled / 8),
        4 => settled / 2,
        _ => 0,
    };
    let mut batch = Batch {
        key: id,
        batch_no: state.batch_no,
        risk_version: version,
        time: state.time.max(table_time).max(now),
        payee: bytes.of(&chain::actors()).into(),
        salt: field(31_337),
        new_root: field(5_000 + state.batch_no),
        new_house: field(6_000 + state.batch_no),
        sweep: Amount(sweep),
        take_insurance: asked.map(|asked| asked.min(Amount(settled / 4))),
        empty_mask: 0,
        units: BoundedVec::truncate_from(units),
        house_record: [field(8); 14],
        proof: [0; PROOF_BYTES],
    };
    if bytes.once_in(5) {
        spoil(bytes, &mut batch);
    }
    batch.proof = proof(bytes, batch_hash(group, &batch));
    Some(batch)
}

/// Several batches, each made in the state that those before it leave.
pub fn batches(bytes: &mut Bytes, group: u32, signer: &AccountId, count: u8) -> Vec<Box<Batch>> {
    let mut made = Vec::new();
    // Nothing of this stays.
    let _ = with_transaction(|| {
        for _ in 0..count {
            let Some(next) = batch(bytes, group) else { break };
            let next = Box::new(next);
            made.push(next.clone());
            PlainBatch::<Runtime>::put(());
            let call = RuntimeCall::from(Call::submit_batch { group, batch: next });
            let signed = frame_system::RawOrigin::Signed(signer.clone()).into();
            let _ = sp_runtime::traits::Dispatchable::dispatch(call, signed);
        }
        TransactionOutcome::Rollback(Ok::<(), DispatchError>(()))
    });
    made
}

/// What rounds have found.
fn findings(bytes: &mut Bytes) -> Findings {
    let debt = u128::from(bytes.amount());
    match bytes.byte() % 6 {
        0 => Findings {
            short: 1,
            debt,
            live_debt: debt,
            surplus: 0i128.saturating_sub_unsigned(debt),
        },
        1 => Findings {
            short: 1,
            debt,
            live_debt: 0,
            surplus: 0i128.saturating_sub_unsigned(debt / 2),
        },
        2 => Findings {
            short: u32::MAX,
            debt: u128::MAX,
            live_debt: u128::MAX,
            surplus: i128::MIN,
        },
        _ => Findings {
            short: 0,
            debt: 0,
            live_debt: 0,
            surplus: 1_000_000,
        },
    }
}

/// The next solvency statement of a payee.
pub fn solvency(bytes: &mut Bytes, group: u32, payee: &AccountId) -> Option<Box<SolvencySubmission>> {
    let state = Execution::group_state(group)?;
    let version = Execution::latest_risk_version(group).unwrap_or(1);
    let id = key(bytes, chain::SOLVENCY_KEY, |kind| kind.solvency_shape().is_some());
    let shape = Verifier::verifying_key(id).and_then(|key| key.statement.solvency_shape());
    let shape = shape.unwrap_or(cloister_ledger::SolvencyShape { subtrees: 1 });
    let rounds = Execution::solvency(group).under_way;
    let round = rounds.into_iter().find(|round| round.payee == *payee);
    let restarts = bytes.once_in(8);
    let round = round.filter(|_| !restarts);
    let (first, end) = round
        .as_ref()
        .map_or((0, state.next_index), |round| (round.cursor, round.end));
    let mut submission = SolvencySubmission {
        key: id,
        risk_version: version,
        batch_no: state.batch_no.saturating_sub(1),
        payee: payee.clone().into(),
        first: AccountIndex(first),
        after: field(50_000 + u64::from(first)),
        findings: None,
        proof: [0; PROOF_BYTES],
    };
    if Execution::ends_round(group, shape.next(submission.first).get(), end) {
        submission.findings = Some(findings(bytes));
    }
    match bytes.byte() % 24 {
        1 => submission.batch_no = bytes.of(&[0, state.batch_no, u64::MAX]),
        2 => submission.batch_no = submission.batch_no.saturating_sub(u64::from(bytes.byte() % 4)),
        3 => submission.first = AccountIndex(bytes.of(&[1, 8, 1 << 20, u32::MAX])),
        4 => submission.findings = submission.findings.xor(Some(findings(bytes))),
        5 => submission.after = NO_FIELD,
        6 => submission.risk_version = bytes.of(&[0, version.saturating_sub(1), u64::MAX]),
        _ => {}
    }
    let hash = || {
        let info = Execution::risk_info(group, submission.risk_version)?;
        let recent = RecentRoots::<Runtime>::get(group, submission.batch_no)?;
        let known = SolvencyKnown {
            genesis: genesis(),
            group: GroupId(group),
            shape,
            root: recent.root,
            house: recent.house,
            risk_hash: info.risk_hash,
            table_time: info.time,
            before: round.as_ref().map_or_else(no_sums, |round| round.sums),
        };
        Some(submission.statement(&known).ok()?.hash())
    };
    submission.proof = proof(bytes, hash());
    Some(Box::new(submission))
}

/// The exit of an owner, with this claim.
pub fn exit(bytes: &mut Bytes, group: u32, owner: &AccountId, claim: u128) -> (KeyId, Box<[u8; PROOF_BYTES]>) {
    let id = key(bytes, chain::EXIT_KEY, |kind| *kind == StatementKind::Exit);
    let hash = || {
        let state = Execution::group_state(group)?;
        let table = Execution::final_table(group)?;
        let index = Execution::index_of(group, owner)?;
        let statement = ExitStatement {
            genesis: genesis(),
            group: GroupId(group),
            index: AccountIndex(index),
            root: from_bytes(&state.root).ok()?,
            final_hash: from_bytes(&table.final_hash).ok()?,
            claim: Total(claim),
        };
        Some(statement.hash())
    };
    (id, Box::new(proof(bytes, hash())))
}
