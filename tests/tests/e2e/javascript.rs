//! A trader's life on the chain from JavaScript, through `@polkadot/api` and PAPI, from the open to the last payment of
//! an exit. What needs the rules of the exchange (seals, batches, exit proofs) is made here and handed over.

use crate::refusals::{ahead, table};
use cloister_cli::{progress::Progress, replay::Feeder};
use cloister_client::{
    audit::audit_batches,
    chain::{Chain, Until},
    exit::ExitProver,
    funding::fund,
    history::statements,
    oracle::{developer, feeds_of},
    seal::SealProver,
};
use cloister_client_core::{
    exit::Exit,
    keys::{entropy, TraderKeys},
    seal::{seal, sealing_key},
    trader::Trader,
};
use cloister_crypto::seal::SealKey;
use cloister_ledger::state::UnitRequest;
use cloister_runtime::{
    configs::cloister::{MaxUserDeposits, MinDeposit, OpenFee},
    constants::development::SEAL_SEED,
    genesis_presets::{DEVELOPMENT_BATCH_KEY, DEVELOPMENT_HOUSE_KEY, DEVELOPMENT_SOLVENCY_KEY},
    metadata_hash::HASH,
    AccountId, RuntimeCall,
};
use cloister_settlement::{OpenKeys, SealProof};
use cloister_tests::{
    javascript::{address, bytes, call, errors, JavaScript, Outcome, CLIENTS},
    node::{beside_another, start},
    sequencer::{submit, submit_rekey, submit_round, TestSequencer, Unit},
};
use cloister_types::{AccountIndex, Amount};
use futures::{future::join_all, join};
use pallet_cloister_execution::{exit::FinalTable, solvency::SolvencyTerms, Call, GroupTotals};
use polkadot_sdk::{pallet_assets, pallet_sudo};
use serde_json::{json, Value};
use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

const GROUP: u32 = 1;
/// 10,000 of the settlement asset.
const FUNDS: u64 = 10_000_000_000;
/// 5,000 of the settlement asset.
const DEPOSIT: u64 = 5_000_000_000;
/// 500 of the settlement asset.
const MORE: u64 = 500_000_000;
/// 100 of the settlement asset.
const FORCED: u64 = 100_000_000;
/// A deposit that nobody takes any more: 1 of the settlement asset.
const LATE: u64 = 1_000_000;
const PATIENCE: Duration = Duration::from_secs(180);
/// Time between two tries.
const POLL: Duration = Duration::from_secs(2);
/// Number of different errors by which the chain refuses a call in this life.
const KINDS: usize = 38;
/// What the two clients say of a transaction that the node does not take.
const NO_FEES: [&str; 2] = ["Inability to pay some fees", "Invalid.Payment"];
const OLD_NONCE: [&str; 2] = ["Transaction is outdated", "Invalid.Stale"];
const OTHER_METADATA: [&str; 2] = ["Transaction has a bad signature", "Invalid.BadProof"];

/// A trader who uses one of the clients.
struct Person {
    js: JavaScript,
    trader: Trader,
    /// Balance of the settlement asset that it must have, 10^-6.
    balance: u64,
}

struct Scene {
    chain: Chain,
    sequencer: TestSequencer,
    people: [Person; 2],
    /// Names of the errors by which the chain refused something.
    seen: BTreeSet<String>,
}

fn execution(name: &str, args: Value) -> Value {
    call("Execution", name, args)
}

fn suri(number: usize) -> String {
    format!("//JavaScript//{number}")
}

impl Scene {
    /// Both send a call and wait for its block.
    async fn each(&mut self, make: impl Fn(&Person) -> Value) -> [Outcome; 2] {
        let [a, b] = &mut self.people;
        let (first, second) = (make(a), make(b));
        let (first, second) = join!(a.js.submit(first), b.js.submit(second));
        [first, second]
    }

    /// Both send calls, and each is refused by the chain with its own error.
    async fn refused(&mut self, make: impl Fn(&Person) -> Vec<(Value, &'static str)>) {
        let tries = self.people.iter_mut().map(|person| {
            let (calls, expected): (Vec<_>, Vec<_>) = make(person).into_iter().unzip();
            async move {
                let outcomes = person.js.submit_all(calls.clone()).await;
                for ((call, expected), outcome) in calls.iter().zip(&expected).zip(outcomes) {
                    assert_eq!(outcome.error(), *expected, "{call}: {outcome:?}");
                }
                expected
            }
        });
        let seen = join_all(tries).await;
        self.seen.extend(seen.into_iter().flatten().map(str::to_owned));
    }

    /// Both see the balances that they must have.
    async fn balances_should_be_right(&mut self) {
        let asset = self.chain.group_state(GROUP, None).await.expect("the group").asset;
        for person in &mut self.people {
            let keys = json!([asset, address(&person.js.owner)]);
            let account = person.js.storage("Assets", "Account", keys).await;
            assert_eq!(account["balance"], person.balance.to_string(), "{account}");
        }
    }

    async fn fee(&self, priority: bool) -> u64 {
        self.chain.queue_fee(GROUP, priority, None).await.expect("a fee")
    }

    /// Proves a batch with everybody's unit and settles it.
    async fn settle(&mut self, unit: impl Fn(&Trader) -> Unit) {
        let units = self.people.iter().map(|person| unit(&person.trader)).collect();
        let table = table(&self.chain).await;
        let filler = self.people[0].trader.clone();
        let batch = self
            .sequencer
            .batch(DEVELOPMENT_BATCH_KEY, &table, ahead(), units, &filler);
        submit(&self.chain, GROUP, &batch).await.expect("the batch settles");
    }

    /// The developer, who has every role on a development chain, does something.
    async fn governed(&self, call: RuntimeCall) {
        let included = self.chain.submit(call, &developer(), Until::InBlock).await;
        included.expect("it is done");
    }

    /// The owners' accounts take and send the asset, or neither.
    async fn block_assets(&self, blocked: bool) {
        let asset = self.chain.group_state(GROUP, None).await.expect("the group").asset;
        for person in &self.people {
            let (id, who) = (asset.into(), person.js.owner.clone().into());
            let call = match blocked {
                true => pallet_assets::Call::block { id, who },
                false => pallet_assets::Call::thaw { id, who },
            };
            self.governed(RuntimeCall::Assets(call)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn traders_should_live_on_the_chain_from_javascript() {
    let (node, chain) = start("javascript", &[]).await;
    let price = "60000".parse().expect("a price");
    let feeds = feeds_of(&chain, GROUP).await.expect("the group's feeds");
    let feeder = Feeder::start(&chain, feeds, price, Progress::quiet())
        .await
        .expect("prices");
    let mut people = Vec::new();
    for (number, client) in CLIENTS.into_iter().enumerate() {
        people.push(Person {
            js: JavaScript::start(client, node.url(), &suri(number), node.log()).await,
            trader: Trader {
                keys: TraderKeys::from_seed(&[number as u8 + 1; 32], Some(&suri(number))).expect("a URI"),
                genesis: chain.genesis().0,
                group: GROUP,
                index: u32::try_from(number).expect("two"),
            },
            balance: FUNDS,
        });
    }
    let mut scene = Scene {
        sequencer: TestSequencer::new(&chain, GROUP),
        people: people.try_into().ok().expect("a trader for each client"),
        seen: BTreeSet::new(),
        chain,
    };
    let owners: Vec<(AccountId, u64)> = scene.people.iter().map(|p| (p.js.owner.clone(), FUNDS)).collect();
    let funded = fund(&scene.chain, &owners).await.expect("funded");
    clients_should_read_all_metadata(&mut scene).await;
    // PAPI asks the last final block whether a transaction is good.
    let funded = scene.chain.header(Some(funded)).await.expect("its header").number;
    loop {
        let head = scene.chain.finalized().await.expect("a final block");
        if scene.chain.header(Some(head)).await.expect("its header").number >= funded {
            break;
        }
        tokio::time::sleep(POLL).await;
    }
    hardware_wallets_should_sign(&mut scene).await;
    the_pool_should_say_what_it_does_not_take(&mut scene).await;
    let place = beside_another().await;
    let begin = Instant::now();
    accounts_should_open(&mut scene).await;
    money_should_come_out_by_force(&mut scene).await;
    // What follows mostly waits; other tests may prove.
    drop(place);
    println!("other tests may prove after {} s", begin.elapsed().as_secs());
    all_should_leave(&mut scene).await;
    println!(
        "{} kinds of refusals seen by both clients: {:?}; {} s",
        scene.seen.len(),
        scene.seen,
        begin.elapsed().as_secs()
    );
    assert_eq!(scene.seen.len(), KINDS);
    drop(feeder);
    node.stop().await.expect("the node stops");
}

/// Both clients read metadata of versions 14 to 16, and in each every error of every pallet.
async fn clients_should_read_all_metadata(scene: &mut Scene) {
    let all = errors();
    let own = all.iter().filter(|error| error.path.starts_with("pallet_cloister_"));
    let mut count = 0;
    for error in own {
        assert!(!error.docs.is_empty(), "{error:?} has no documentation");
        count += 1;
    }
    for person in &mut scene.people {
        let hello = person.js.ask(json!({ "do": "hello" })).await;
        assert_eq!(hello["genesis"], bytes(&scene.chain.genesis().0));
        assert_eq!((&hello["spec"], &hello["metadata"]), (&json!("cloister"), &json!(16)));
        // polkadot.js calls fields otherwise that have names of its own.
        let renamed = serde_json::from_value::<Vec<String>>(hello["renamed"].clone()).expect("names");
        let own: Vec<_> = renamed
            .iter()
            .filter(|name| name.contains("cloister") && !name.contains("::Call."))
            .collect();
        assert!(own.is_empty(), "{own:?}");
        for version in [14, 15, 16] {
            let decoded = person.js.errors(version, &all).await;
            for error in &all {
                let expected = (error.pallet.clone(), error.name.clone(), error.docs.clone());
                assert_eq!(decoded[&error.index], expected, "version {version}");
            }
        }
    }
    println!("{count} errors of our pallets, {} of all, decoded by name", all.len());
}

/// The hash that others compute of the metadata is the one that the runtime asks for.
async fn hardware_wallets_should_sign(scene: &mut Scene) {
    let dest = json!({ "type": "Id", "value": address(&developer().public().into()) });
    let pay = call(
        "Balances",
        "transfer_keep_alive",
        json!({ "dest": dest, "value": "1000" }),
    );
    for (person, refused) in scene.people.iter_mut().zip(OTHER_METADATA) {
        let (digest, outcome) = person.js.submit_with_metadata_hash(pay.clone(), false).await;
        assert_eq!(digest, bytes(&HASH));
        assert_eq!(outcome.event("Transfer")["amount"], "1000");
        let (_, outcome) = person.js.submit_with_metadata_hash(pay.clone(), true).await;
        assert_refused(&outcome, refused);
    }
}

fn assert_refused(outcome: &Outcome, expected: &str) {
    assert!(
        matches!(outcome, Outcome::Refused(said) if said.contains(expected)),
        "{outcome:?}, not {expected}"
    );
}

async fn the_pool_should_say_what_it_does_not_take(scene: &mut Scene) {
    let deposit = execution("deposit", json!({ "group": GROUP, "amount": MORE.to_string() }));
    for (i, person) in scene.people.iter_mut().enumerate() {
        let poor = person.js.submit_as(deposit.clone(), "//JavaScript//Poor", None).await;
        assert_refused(&poor, NO_FEES[i]);
        let again = person.js.submit_as(deposit.clone(), &suri(i), Some(0)).await;
        assert_refused(&again, OLD_NONCE[i]);
    }
}

/// Keys with the proof of their seal, which a trader's own machine makes.
async fn sealed(chain: &Chain, seals: &SealProver, trader: &Trader) -> (OpenKeys, SealProof) {
    let (x, y) = chain.seal_key(GROUP, None).await.expect("a sealing key");
    let key = sealing_key(&x, &y).expect("a key");
    let entropy = entropy().expect("randomness");
    let (statement, witness) = seal(&trader.keys, trader.genesis, GROUP, &key, &entropy);
    let (proof, _) = seals.prove(statement, witness).await.expect("proven");
    (OpenKeys::from(&statement), proof)
}

fn open(keys: &OpenKeys, proof: &SealProof, amount: u64) -> Value {
    let keys = json!({
        "pk_x": bytes(&keys.pk_x),
        "pk_y": bytes(&keys.pk_y),
        "view_commitment": bytes(&keys.view_commitment),
        "sealed_view_key": bytes(&keys.sealed_view_key),
    });
    let seal_proof = json!({ "key": proof.key, "proof": bytes(&proof.proof) });
    let amount = amount.to_string();
    let args = json!({ "group": GROUP, "keys": keys, "seal_proof": seal_proof, "amount": amount });
    execution("open", args)
}

/// Calls with a group and an amount.
fn with_amount(name: &str, amount: u64) -> Value {
    execution(name, json!({ "group": GROUP, "amount": amount.to_string() }))
}

fn of_group(name: &str) -> Value {
    execution(name, json!({ "group": GROUP }))
}

async fn accounts_should_open(scene: &mut Scene) {
    let seals = SealProver::of(&scene.chain, None)
        .await
        .expect("the development parameters");
    let mut opens = Vec::new();
    for person in &scene.people {
        opens.push(sealed(&scene.chain, &seals, &person.trader).await);
    }
    let opens = &opens;
    let sealed_by = |person: &Person| opens[person.trader.index as usize].clone();
    scene
        .refused(|person| {
            let others = opens[1 - person.trader.index as usize].1.clone();
            let (keys, proof) = sealed_by(person);
            let mut refused = refusals_of_an_open(keys, proof, others);
            refused.extend(refusals_without_an_account(person));
            refused
        })
        .await;
    scene.balances_should_be_right().await;

    // One after the other, so that each has its own index.
    for i in 0..2 {
        let fee = scene.fee(false).await;
        let person = &mut scene.people[i];
        let (keys, proof) = sealed_by(person);
        let outcome = person.js.submit(open(&keys, &proof, DEPOSIT)).await;
        let expected = json!({
            "group": GROUP,
            "index": i,
            "owner": address(&person.js.owner),
            "item": i.to_string(),
            "amount": DEPOSIT.to_string(),
        });
        assert_eq!(outcome.event("OpenQueued"), &expected);
        person.balance -= DEPOSIT + OpenFee::get() + fee;
    }
    scene.balances_should_be_right().await;
    scene
        .refused(|person| {
            let (keys, proof) = sealed_by(person);
            vec![
                (open(&keys, &proof, DEPOSIT), "AccountAlreadyOpen"),
                (with_amount("deposit", FUNDS), "InsufficientBalance"),
                (with_amount("deposit", MinDeposit::get() - 1), "DepositTooSmall"),
                (with_amount("force_withdrawal", 0), "NothingAsked"),
                (of_group("take_back"), "TakeBackNotDue"),
            ]
        })
        .await;

    let sealing_key = SealKey::from_seed(&SEAL_SEED).public().expect("the seed gives a key");
    let rekey = scene.sequencer.rekey(DEVELOPMENT_HOUSE_KEY, &sealing_key);
    submit_rekey(&scene.chain, GROUP, &rekey, &developer())
        .await
        .expect("re-keyed");
    scene.settle(|trader| Unit::open(trader, DEPOSIT)).await;
    for person in &mut scene.people {
        let args = json!([GROUP, address(&person.js.owner)]);
        let index = person.js.api("CloisterApi", "index_of", args).await;
        assert_eq!(index, person.trader.index);
    }
}

/// Opens that are refused; `others` is the proof of another's seal.
fn refusals_of_an_open(keys: OpenKeys, proof: SealProof, others: SealProof) -> Vec<(Value, &'static str)> {
    let mut malformed = proof.clone();
    malformed.proof[0] &= 0x7f;
    let mut infinite = proof.clone();
    infinite.proof[..48].fill(0);
    infinite.proof[0] = 0xc0;
    let with_key = |key| SealProof { key, ..proof.clone() };
    let pk_x = [0xff; 32];
    let endless = OpenKeys { pk_x, ..keys.clone() };
    let (pk_x, pk_y) = ([0; 32], [0; 32]);
    let nowhere = OpenKeys {
        pk_x,
        pk_y,
        ..keys.clone()
    };
    vec![
        (open(&keys, &others, DEPOSIT), "InvalidSealProof"),
        (open(&keys, &malformed, DEPOSIT), "ProofMalformedEncoding"),
        (open(&keys, &infinite, DEPOSIT), "ProofPointAtInfinity"),
        (open(&keys, &with_key(9_999), DEPOSIT), "UnknownKey"),
        (open(&keys, &with_key(DEVELOPMENT_BATCH_KEY), DEPOSIT), "WrongStatement"),
        (open(&endless, &proof, DEPOSIT), "NonCanonicalField"),
        (open(&nowhere, &proof, DEPOSIT), "InvalidPublicKey"),
        (open(&keys, &proof, MinDeposit::get() - 1), "DepositTooSmall"),
        (open(&keys, &proof, FUNDS), "InsufficientBalance"),
        (
            open(
                &keys,
                &proof,
                u64::try_from(MaxUserDeposits::get()).unwrap_or(u64::MAX) + 1,
            ),
            "UserCapExceeded",
        ),
    ]
}

fn refusals_without_an_account(person: &Person) -> Vec<(Value, &'static str)> {
    let owner = address(&person.js.owner);
    let id = json!({ "type": "Id", "value": owner });
    let elsewhere = json!({ "type": "Id", "value": address(&developer().public().into()) });
    let much = (u128::MAX / 4).to_string();
    vec![
        (with_amount("deposit", MORE), "NoAccount"),
        (
            execution("deposit", json!({ "group": 9, "amount": MORE.to_string() })),
            "UnknownGroup",
        ),
        (of_group("claim"), "NoClaim"),
        (of_group("freeze"), "FreezeNotDue"),
        (of_group("settle_exits"), "GroupNotFrozen"),
        (
            execution("pay_back", json!({ "group": GROUP, "index": 0 })),
            "NothingTakenBack",
        ),
        (of_group("report_custody"), "CustodyIntact"),
        (
            execution("submit_batches", json!({ "group": GROUP, "batches": [] })),
            "NoBatches",
        ),
        (
            execution(
                "claim_share",
                json!({ "group": GROUP, "beneficiary": { "type": "Treasury" } }),
            ),
            "NothingDue",
        ),
        (
            execution("set_group_enabled", json!({ "group": GROUP, "enabled": false })),
            "BadOrigin",
        ),
        (call("Risk", "refresh_table", json!({ "group": 9 })), "UnknownGroup"),
        (call("Sudo", "set_key", json!({ "new": id })), "RequireSudo"),
        (call("Oracle", "feed_values", json!({ "values": [] })), "NoPermission"),
        (
            call(
                "Assets",
                "transfer",
                json!({ "id": 1, "target": elsewhere, "amount": much }),
            ),
            "BalanceLow",
        ),
        (
            call(
                "Balances",
                "transfer_keep_alive",
                json!({ "dest": elsewhere, "value": much }),
            ),
            "Arithmetic.Underflow",
        ),
    ]
}

async fn money_should_come_out_by_force(scene: &mut Scene) {
    // Without a fresh solvency round what a batch pays is withheld, and a round releases it.
    let fees = scene.fee(false).await + scene.fee(true).await;
    let deposited = scene.each(|_| with_amount("deposit", MORE)).await;
    let forced = scene.each(|_| with_amount("force_withdrawal", FORCED)).await;
    for (person, (deposited, forced)) in scene.people.iter_mut().zip(deposited.iter().zip(&forced)) {
        let fields = deposited.event("DepositQueued");
        assert_eq!(
            (&fields["index"], &fields["amount"]),
            (&json!(person.trader.index), &json!(MORE.to_string()))
        );
        let fields = forced.event("ForcedWithdrawalQueued");
        assert_eq!(
            (&fields["owner"], &fields["amount"]),
            (&json!(address(&person.js.owner)), &json!(FORCED.to_string()))
        );
        person.balance -= MORE + fees;
    }
    scene.balances_should_be_right().await;
    scene
        .refused(|_| vec![(with_amount("force_withdrawal", FORCED), "RequestWaits")])
        .await;
    let forced = |deposit| {
        move |trader: &Trader| Unit {
            request: UnitRequest::Forced {
                index: AccountIndex(trader.index),
                deposit: Amount(deposit),
                requested: Amount(FORCED),
            },
        }
    };
    scene.settle(forced(MORE)).await;
    scene.balances_should_be_right().await;
    let pay_claim = |person: &Person| {
        let owner = address(&person.js.owner);
        execution("pay_claim", json!({ "group": GROUP, "owner": owner }))
    };
    scene.refused(|person| vec![(pay_claim(person), "NoFreshRound")]).await;
    let newest = table(&scene.chain).await;
    let round = scene.sequencer.round(DEVELOPMENT_SOLVENCY_KEY, &newest);
    submit_round(&scene.chain, GROUP, &round, &developer())
        .await
        .expect("the round is taken");
    for (person, paid) in scene.each(pay_claim).await.iter().enumerate() {
        let person = &mut scene.people[person];
        let expected = json!({
            "group": GROUP,
            "owner": address(&person.js.owner),
            "amount": FORCED.to_string(),
            "left": "0",
        });
        assert_eq!(paid.event("WithheldPaid"), &expected);
        person.balance += FORCED;
    }
    scene.balances_should_be_right().await;

    // What the asset refuses waits for its owner.
    let fee = scene.fee(true).await;
    for outcome in scene.each(|_| with_amount("force_withdrawal", FORCED)).await {
        outcome.event("ForcedWithdrawalQueued");
    }
    scene.block_assets(true).await;
    scene.settle(forced(0)).await;
    scene.refused(|_| vec![(of_group("claim"), "PayoutRefused")]).await;
    scene.block_assets(false).await;
    let claimed = scene.each(|_| of_group("claim")).await;
    for (person, claimed) in scene.people.iter_mut().zip(&claimed) {
        let expected = json!({
            "group": GROUP,
            "owner": address(&person.js.owner),
            "amount": FORCED.to_string(),
        });
        assert_eq!(claimed.event("Claimed"), &expected);
        person.balance += FORCED;
        person.balance -= fee;
    }
    scene.balances_should_be_right().await;
}

/// The operators vanish: the group is frozen, what waits goes back, and each leaves by a proof.
async fn all_should_leave(scene: &mut Scene) {
    let fee = scene.fee(false).await;
    let late = scene.each(|_| with_amount("deposit", LATE)).await;
    let items: Vec<Value> = late.iter().map(|o| o.event("DepositQueued")["item"].clone()).collect();
    let terms = SolvencyTerms {
        max_round_age: 60_000,
        freeze_after: 60_000,
    };
    let set = RuntimeCall::Execution(Call::set_solvency_terms {
        group: GROUP,
        terms: Some(terms),
    });
    scene
        .governed(RuntimeCall::Sudo(pallet_sudo::Call::sudo { call: Box::new(set) }))
        .await;
    let frozen = scene.when_due(0, of_group("freeze"), "FreezeNotDue").await;
    assert_eq!(frozen.event("GroupFrozen"), &json!({ "group": GROUP }));
    let fixed: FinalTable = scene
        .chain
        .final_table(GROUP, None)
        .await
        .expect("read")
        .expect("fixed with the freeze");
    let fields = frozen.event("FinalTableFixed");
    assert_eq!(fields["version"], fixed.version.to_string());
    assert_eq!(fields["final_hash"], bytes(&fixed.final_hash));

    // Each has the other's deposit given back, as anyone may.
    let refund = |person: &Person| {
        let item = &items[1 - person.trader.index as usize];
        execution("refund_item", json!({ "group": GROUP, "item": item }))
    };
    for (i, refunded) in scene.each(refund).await.iter().enumerate() {
        let owner = &mut scene.people[1 - i];
        let expected = json!({
            "group": GROUP,
            "index": owner.trader.index,
            "owner": address(&owner.js.owner),
            "amount": LATE.to_string(),
        });
        assert_eq!(refunded.event("DepositsRefunded"), &expected);
        owner.balance -= fee;
    }
    scene.balances_should_be_right().await;
    scene
        .refused(|person| {
            let index = person.trader.index;
            vec![
                (refund(person), "NoSuchItem"),
                (with_amount("deposit", MORE), "GroupFrozen"),
                (of_group("freeze"), "GroupFrozen"),
                (of_group("settle_exits"), "ExitsNotDue"),
                (of_group("fix_final_table"), "FinalTableFixed"),
                (
                    execution("pay_exit", json!({ "group": GROUP, "index": index })),
                    "NoClaim",
                ),
            ]
        })
        .await;

    let claims = exits(scene, &fixed).await;
    let settled = scene.when_due(1, of_group("settle_exits"), "ExitsNotDue").await;
    let sum: u128 = claims.iter().sum();
    assert_eq!(settled.event("ExitsSettled")["claims"], sum.to_string());
    let pay = |person: &Person| execution("pay_exit", json!({ "group": GROUP, "index": person.trader.index }));
    for (i, paid) in scene.each(pay).await.iter().enumerate() {
        let person = &mut scene.people[i];
        let expected = json!({
            "group": GROUP,
            "index": person.trader.index,
            "owner": address(&person.js.owner),
            "amount": claims[i].to_string(),
        });
        assert_eq!(paid.event("ExitPaid"), &expected);
        person.balance += u64::try_from(claims[i]).expect("what was deposited");
    }
    scene.balances_should_be_right().await;
    scene
        .refused(|person| vec![(of_group("settle_exits"), "ExitsSettled"), (pay(person), "NothingDue")])
        .await;
    let totals = scene.chain.group_totals(GROUP, None).await.expect("read");
    assert_eq!(totals, GroupTotals::default(), "the vault owes nothing");
}

/// Proves both exits, and has them claimed. Returns the claims, 10^-6.
async fn exits(scene: &mut Scene, fixed: &FinalTable) -> [u128; 2] {
    let chain = &scene.chain;
    let head = chain.finalized().await.expect("a final block");
    let audit = audit_batches(chain, GROUP, head).await.expect("every proof verifies");
    let prover = ExitProver::new(None).await.expect("the development parameters");
    let key = prover.key_of(chain).await.expect("the chain has its key");
    let values = fixed.final_values().expect("canonical");
    let proven = scene.people.iter().map(|person| {
        let exit = Exit::of(statements(&audit.batches), &person.trader, values.clone()).expect("rebuilt");
        let prover = &prover;
        async move {
            let proof = prover.prove(&exit).await.expect("proven").proof;
            (exit.statement.claim.get(), proof)
        }
    });
    let proven = join_all(proven).await;
    let exit = |claim: u128, proof: &[u8]| {
        let claim = claim.to_string();
        execution(
            "exit",
            json!({ "group": GROUP, "key": key, "claim": claim, "proof": bytes(proof) }),
        )
    };
    let own = |person: &Person| &proven[person.trader.index as usize];
    scene
        .refused(|person| {
            let (claim, proof) = own(person);
            vec![(exit(claim + 1, proof), "InvalidProof")]
        })
        .await;
    let exited = scene
        .each(|person| {
            let (claim, proof) = own(person);
            exit(*claim, proof)
        })
        .await;
    for (person, exited) in scene.people.iter().zip(&exited) {
        let expected = json!({
            "group": GROUP,
            "index": person.trader.index,
            "owner": address(&person.js.owner),
            "claim": own(person).0.to_string(),
            "late": false,
        });
        assert_eq!(exited.event("Exited"), &expected);
    }
    scene
        .refused(|person| {
            let (claim, proof) = own(person);
            let index = person.trader.index;
            vec![
                (exit(*claim, proof), "AlreadyExited"),
                (
                    execution("pay_exit", json!({ "group": GROUP, "index": index })),
                    "ExitsNotSettled",
                ),
            ]
        })
        .await;
    let claims = [proven[0].0, proven[1].0];
    // Nobody traded, so each is worth what it has put in and not taken out.
    assert_eq!(claims, [u128::from(DEPOSIT + MORE - 2 * FORCED); 2]);
    claims
}

impl Scene {
    /// One sends a call until it is due.
    async fn when_due(&mut self, who: usize, call: Value, early: &str) -> Outcome {
        let begin = Instant::now();
        loop {
            let outcome = self.people[who].js.submit(call.clone()).await;
            if matches!(outcome, Outcome::Took(_)) {
                return outcome;
            }
            assert_eq!(outcome.error(), early);
            assert!(begin.elapsed() < PATIENCE, "{call} does not fall due");
            tokio::time::sleep(POLL).await;
        }
    }
}
