//! A batch on its way to the chain and back, without proof and without chain:
//! `cargo run --release -p cloister-settlement --example settle`.

use cloister_crypto::{field::to_bytes, schnorr::SecretKey, seal::SealKey, Fr};
use cloister_ledger::{
    state::{BatchRequest, UnitRequest},
    BatchContext, Doors, GroupLedger, Key, SealStatement, Shape,
};
use cloister_ledger_testing::{table, Random};
use cloister_settlement::{
    rebuild, recover, take, AccountKeys, Batch, ItemKind, KnownToChain, OpenKeys, QueueItem, Waiting,
};
use cloister_types::{AccountIndex, Amount, GroupId};
use std::error::Error;

const GENESIS: [u8; 32] = [1; 32];
const GROUP: u32 = 1;
const DEPOSIT: u64 = 25_000_000;

fn main() -> Result<(), Box<dyn Error>> {
    // A trader queues an open: the chain keeps the keys, the sequencer unseals the view key.
    let trading = SecretKey::from_seed(&[2; 32]).public();
    let view_key = Fr::from(3);
    let sequencer = SealKey::from_seed(&[4; 32]).public()?;
    let (seal, _) = SealStatement::seal(
        GENESIS,
        GroupId(GROUP),
        [5; 32],
        &sequencer,
        &trading,
        view_key,
        &[6; 64],
    );
    let item = QueueItem {
        owner: "the trader",
        index: AccountIndex::ZERO,
        amount: Amount(DEPOSIT),
        queued_at: 0,
        ready_at: 1_000,
        deadline: 2_000,
        kind: ItemKind::Open(OpenKeys::from(&seal)),
        until: None,
    };

    // The sequencer makes a batch of it, with padding behind the open.
    let mut ledger = GroupLedger::default();
    let known = KnownToChain {
        genesis: GENESIS,
        group: GroupId(GROUP),
        batch_no: ledger.batch_no(),
        old_root: to_bytes(&ledger.root()),
        old_house: to_bytes(&ledger.house().commitment()),
        risk_hash: to_bytes(&table(1, 1, &mut Random::new(7)).hash()),
    };
    let (x, y) = trading.preimage();
    let key = Key::from(&trading);
    let mut units = vec![UnitRequest::Open {
        index: AccountIndex::ZERO,
        key,
        preimage: Key { x, y },
        view_key,
        deposit: Amount(DEPOSIT),
    }];
    units.resize(
        Shape::DEV.units.into(),
        UnitRequest::Padding {
            index: AccountIndex::ZERO,
            deposit: Amount::ZERO,
        },
    );
    let request = BatchRequest {
        context: BatchContext {
            genesis: GENESIS,
            group: GroupId(GROUP),
            batch_no: 0,
            time: 1_700_000_000_000,
            payee: [2; 32],
            salt: Fr::from(8),
            table: table(1, 1, &mut Random::new(7)),
        },
        sweep: Amount::ZERO,
        doors: Doors::default(),
        empty_mask: 0,
        units,
    };
    let (_, effect) = ledger.apply(Shape::DEV, &request)?;
    let batch = Batch::new(1, 1, &effect.statement, [0; 192])?;

    // The chain rebuilds what was proven from its own knowledge and the submission.
    // The queue says what each unit takes, at the time of the table.
    let mut waiting: Waiting<_> = [(0, item)].into_iter().collect();
    let takings = take(&mut waiting, batch.asks(), 1_500)?;
    let statement = rebuild(&known, &batch, &takings, Doors::default())?;
    assert_eq!(statement, effect.statement);

    // The trader rebuilds the account from the settled batches and the two keys.
    let account = recover([&statement], AccountIndex::ZERO, &[AccountKeys { key, view_key }])?.account;
    println!(
        "account 0 holds {} millionths after {} updates",
        account.cash, account.nonce
    );
    Ok(())
}
