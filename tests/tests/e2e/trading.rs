//! A trade over a real node: open, deposit, trade, proof, settlement, withdrawal, balance; and what is refused on the
//! way.

use crate::{commands, stuffing};
use cloister_cli::{progress::Progress, replay::ReplayMarket};
use cloister_client::{
    audit::{audit_batches, recover_trader, AssetHoldings, BatchAudit},
    chain::{Chain, ChainError, Until},
    exit::ExitProver,
    funding::fund,
    history::statements,
    oracle::{self, developer, feeds_of},
    seal::SealProver,
    sequencer::{SequencerClient, SequencerError},
    trader::{self, now, owner_of, TraderError},
};
use cloister_client_core::{
    amount::Decimal,
    exit::Exit,
    keys::TraderKeys,
    owner::OwnerKey,
    trader::{OrderTerms, Trader},
};
use cloister_crypto::{
    field::{from_bytes, to_bytes},
    seal::SealPublicKey,
    stream::Scope,
    Fr,
};
use cloister_groth16_verifier::{verify_with, Proof, Pure, VerifyingKey};
use cloister_ledger::{instruction::flags, FinalValues, SealStatement, Side, SignedInstruction};
use cloister_risk::{Assessment, Status};
use cloister_runtime::{
    constants::money::{SETTLEMENT_ASSET, SETTLEMENT_UNIT},
    genesis_presets::{DEVELOPMENT_BATCH_KEY, DEVELOPMENT_MAKER_KEY},
    AccountId, Hash, Runtime, RuntimeCall,
};
use cloister_sequencer_rpc::{types::AcceptedInfo, ErrorCode};
use cloister_settlement::{Batch, OpenKeys, SealProof};
use cloister_tests::{
    leaving::Wallet,
    node::{beside_another, free_address, start},
    sequencer::submit,
    snapshot::Snapshot,
};
use cloister_types::{GroupId, Lots, Money, Position, Total};
use pallet_cloister_execution::{Call, Error};
use polkadot_sdk::sp_core::crypto::Ss58Codec;
use std::time::Duration;

const GROUP: u32 = 1;
/// 10,000 of the settlement asset.
const FUNDS: u64 = 10_000_000_000;
/// 5,000 of the settlement asset.
const DEPOSIT: u64 = 5_000_000_000;
/// 500 of the settlement asset.
const MORE: u64 = 500_000_000;
/// 100 of the settlement asset.
const WITHDRAWAL: u64 = 100_000_000;
/// Lots of the trade.
const LOTS: u64 = 10;
/// An hour in milliseconds.
const HOUR: u64 = 3_600_000;
/// How long settling may take.
const PATIENCE: Duration = Duration::from_secs(240);

fn keys(number: u8) -> TraderKeys {
    TraderKeys::from_seed(&[number; 32], Some(&format!("//Trading//{number}"))).expect("the URI is well-formed")
}

/// The error of the execution pallet behind a refusal.
fn execution(error: &ChainError) -> Option<Error<Runtime>> {
    match error {
        ChainError::Failed(failure) => failure.execution(),
        _ => None,
    }
}

fn assert_code(result: Result<AcceptedInfo, SequencerError>, code: ErrorCode) {
    let error = result.expect_err("the sequencer must refuse");
    assert_eq!(error.code(), Some(code.code()), "{error}");
}

async fn ready(chain: &Chain, url: &str) -> SequencerClient {
    for _ in 0..1_200 {
        if let Ok(sequencer) = SequencerClient::connect(url, chain).await {
            if sequencer.status().await.is_ok() {
                return sequencer;
            }
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    panic!("the sequencer does not get ready");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trade_should_settle_and_be_withdrawn_over_a_real_node() {
    let _place = beside_another().await;
    // As it stands where traders reach it: on a server of its own.
    let address = free_address();
    let url = format!("ws://{address}");
    let (node, chain) = start("trading", &["--sequencer", "--sequencer-rpc-listen", &address]).await;
    let price: Decimal = "60000".parse().expect("a price");
    let feeds = feeds_of(&chain, GROUP).await.expect("the group's feeds");
    oracle::feed(&chain, &feeds, &price).await.expect("fed");
    let sequencer = ready(&chain, &url).await;
    let mut market = ReplayMarket::prepare_at(&chain, sequencer.clone(), GROUP, "BTC-PERP", price, Progress::quiet())
        .await
        .expect("a market");

    let (poor, poor_keys) = poor_wallets_should_hear_what_is_missing(&chain, node.url(), &url).await;
    let (alice, bob) = (keys(1), keys(2));
    let owners: Vec<AccountId> = [&alice, &bob].map(owner_of).to_vec();
    let funded = fund(&chain, &owners.iter().map(|o| (o.clone(), FUNDS)).collect::<Vec<_>>())
        .await
        .expect("funded");
    let money = AssetHoldings::at(&chain, GROUP, funded).await.expect("money");
    let seals = SealProver::of(&chain, None).await.expect("the development parameters");
    refusals_of_seals(&chain, &seals, &alice, &owners).await;
    let open = |keys| trader::open(&chain, &seals, GROUP, keys, DEPOSIT, Until::InBlock);
    let (alice, bob) = tokio::try_join!(open(&alice), open(&bob)).expect("opened");
    let (alice, bob) = (alice.trader, bob.trader);
    refusals_of_the_queue(&chain, &seals, &alice, &owners).await;
    trader::deposit(&chain, GROUP, &alice.keys, MORE, Until::InBlock)
        .await
        .expect("deposited");
    sequencer.knows(&alice, PATIENCE).await.expect("known");
    sequencer.knows(&bob, PATIENCE).await.expect("known");
    // The deposit counts from the first table on at which it is ready.
    let begin = std::time::Instant::now();
    while sequencer.account(&alice).await.expect("shown").cash != Money((DEPOSIT + MORE).into()) {
        assert!(begin.elapsed() < PATIENCE, "the deposit does not count");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }

    let terms = |side, flags| OrderTerms {
        instrument_id: market.instrument.id,
        side,
        limit: market.instrument.mark(),
        quantity: LOTS,
        flags,
        trigger: None,
        expiry: now() + HOUR,
        max_fee: market.instrument.fee_allowance(market.instrument.mark()),
    };
    refusals_of_orders(&sequencer, &alice, &market, terms(Side::Buy, 0)).await;

    let sell = bob.order(1, &terms(Side::Sell, flags::POST_ONLY));
    assert_eq!(sequencer.submit(&sell).await.expect("taken").resting, Lots(LOTS));
    let buy = alice.order(20, &terms(Side::Buy, flags::IMMEDIATE_OR_CANCEL));
    let accepted = sequencer.submit(&buy).await.expect("taken");
    assert_eq!((accepted.filled, accepted.fills.len()), (Lots(LOTS), 1));
    let fee = accepted.fills[0].fee;
    // The signed quantity is used up, whoever sends the order again.
    assert_code(sequencer.submit(&buy).await, ErrorCode::BeyondQuantity);
    sequencer.settled(PATIENCE, |_| {}).await.expect("settled");

    let head = chain.finalized().await.expect("a final block");
    let audit = audit_batches(&chain, GROUP, head).await.expect("every proof verifies");
    // A few accounts fit into the cheapest shape.
    assert!(audit.batches.iter().any(|batch| batch.key == DEVELOPMENT_MAKER_KEY));
    let rebuilt = recover_trader(&audit.batches, &alice).expect("rebuilt from the chain");
    let row = market.instrument.row_index;
    let cost = i128::from(market.instrument.mark()) * i128::from(LOTS);
    assert_eq!(rebuilt.account.positions[row], Position(LOTS as i64));
    let expected = i128::from(DEPOSIT + MORE) - cost - fee.signed().expect("small").get();
    assert_eq!(rebuilt.account.cash, Money(expected));
    let settled = sequencer
        .account(&alice)
        .await
        .expect("shown")
        .settled
        .expect("settled");
    assert_eq!(settled.leaf, to_bytes(&rebuilt.account.leaf()));
    let other = recover_trader(&audit.batches, &bob).expect("rebuilt from the chain");
    assert_eq!(other.account.positions[row], Position(-(LOTS as i64)));

    exit(&chain, &audit, head, &alice).await;
    // Somebody fills every block meanwhile.
    let withdrawal = withdraw(&chain, &sequencer, &alice, &owners);
    let (filled, ()) = tokio::join!(stuffing::stuff(&chain), withdrawal);
    stuffing::should_have_stopped_nothing(&chain, &filled, GROUP).await;
    commands::should_say_what_they_did(&poor, &poor_keys, &market, &alice).await;
    a_settled_batch_should_not_settle_again(&chain, &owners).await;
    an_instrument_that_closes_should_take_no_opening_orders(&mut market, &chain, &alice).await;

    let head = chain.finalized().await.expect("a final block");
    assert!(AssetHoldings::at(&chain, GROUP, head)
        .await
        .expect("money")
        .conserved_since(&money));
    drop(market);
    node.stop().await.expect("the node stops");
}

/// Opens whose proof is of something else.
async fn refusals_of_seals(chain: &Chain, seals: &SealProver, keys: &TraderKeys, owners: &[AccountId]) {
    let before = Snapshot::take(chain, GROUP, owners, None).await.expect("a snapshot");
    let (x, y) = chain.seal_key(GROUP, None).await.expect("a sealing key");
    let coordinate = |bytes| from_bytes(&bytes).expect("canonical");
    let sealing_key = SealPublicKey::from_coordinates(coordinate(x), coordinate(y)).expect("a key");
    let seal = |group: GroupId, owner: &AccountId| {
        let public = keys.trading.public();
        let genesis = chain.genesis().0;
        SealStatement::seal(
            genesis,
            group,
            owner.clone().into(),
            &sealing_key,
            &public,
            keys.view.key(&Scope {
                genesis,
                group: group.get(),
            }),
            &[7; 64],
        )
    };
    let (statement, witness) = seal(GroupId(GROUP), &owners[0]);
    let (good, _) = seals.prove(statement, witness).await.expect("proven");
    let (statement_of_other, witness) = seal(GroupId(GROUP), &owners[1]);
    let (other, _) = seals.prove(statement_of_other, witness).await.expect("proven");
    let mut malformed = good.clone();
    malformed.proof[0] &= 0x7f;
    let wrong = SealProof {
        key: DEVELOPMENT_BATCH_KEY,
        ..good.clone()
    };
    let call = |commitment: Fr, seal_proof: &SealProof| Call::open {
        group: GROUP,
        keys: OpenKeys {
            view_commitment: to_bytes(&commitment),
            ..OpenKeys::from(&statement)
        },
        seal_proof: Box::new(seal_proof.clone()),
        amount: DEPOSIT,
    };
    let commitment = statement.view_commitment;
    let cases = [
        (
            "the seal of another owner",
            call(commitment, &other),
            Error::InvalidSealProof,
        ),
        (
            "another commitment",
            call(commitment + Fr::one(), &good),
            Error::InvalidSealProof,
        ),
        (
            "a malformed proof",
            call(commitment, &malformed),
            Error::ProofMalformedEncoding,
        ),
        (
            "the verifying key of batches",
            call(commitment, &wrong),
            Error::WrongStatement,
        ),
    ];
    for (name, call, expected) in cases {
        let error = chain
            .submit(RuntimeCall::Execution(call), &keys.owner, Until::InBlock)
            .await
            .expect_err(name);
        assert_eq!(execution(&error), Some(expected), "{name}: {error}");
    }
    let after = Snapshot::take(chain, GROUP, owners, None).await.expect("a snapshot");
    assert_eq!(before, after);
}

/// A new wallet opens an account, first with nothing at all, then without tokens for the fee.
async fn poor_wallets_should_hear_what_is_missing(chain: &Chain, node: &str, url: &str) -> (Wallet, TraderKeys) {
    let (seed, suri) = ([3; 32], "//Trading//Poor");
    let wallet = Wallet::import(node, &hex::encode(seed), suri).await;
    // The node serves none of the sequencer's methods, and nobody is at the other address.
    let book = ["book", "--instrument", "BTC-PERP"];
    let parts = ["none of the sequencer's methods", "--sequencer"];
    wallet.says(1, &book, &parts).await;
    wallet.says(0, &["status"], &["none at this node"]).await;
    let wallet = wallet.with_sequencer(&format!("ws://{}", free_address()));
    wallet.says(4, &book, &["no sequencer answers at ws://127.0.0.1"]).await;
    let wallet = wallet.with_sequencer(node);
    wallet.says(4, &book, &["has none of the sequencer's methods"]).await;
    let wallet = wallet.with_sequencer(url);
    let open = ["open", "--deposit", "100.5"];
    let keys = TraderKeys::from_seed(&seed, Some(suri)).expect("a URI");
    let owner = owner_of(&keys);
    let address = owner.to_ss58check();
    let parts = [&address, "has 0.00 of the settlement asset", "takes 101.51"];
    wallet.says(3, &open, &parts).await;
    let parts = [
        &address,
        "has 0 CLO",
        "the fee of this transaction is 0.",
        "cloister faucet",
    ];
    let said = wallet.says(3, &["freeze"], &parts).await;
    assert!(!said.contains("ErrorObject"), "{said}");
    let mint = polkadot_sdk::pallet_assets::Call::mint {
        id: SETTLEMENT_ASSET.into(),
        beneficiary: owner.clone().into(),
        amount: FUNDS.into(),
    };
    chain
        .submit(RuntimeCall::Assets(mint), &developer(), Until::InBlock)
        .await
        .expect("minted");
    // The settlement asset alone is enough: it pays the fee.
    let remark = polkadot_sdk::frame_system::Call::remark { remark: Vec::new() };
    let signer = OwnerKey::from_uri(suri).expect("well-formed");
    chain
        .submit(RuntimeCall::System(remark), &signer, Until::InBlock)
        .await
        .expect("paid in the settlement asset");
    assert_eq!(chain.native_balance(&owner).await.expect("a balance"), 0);
    let left = chain
        .asset_balance(SETTLEMENT_ASSET, &owner, None)
        .await
        .expect("a balance");
    let paid = u128::from(FUNDS) - left;
    assert!(paid > 0 && paid < SETTLEMENT_UNIT / 10, "{paid}");
    wallet.run(&["faucet", "--amount", "100"], "").await;
    assert!(chain.native_balance(&owner).await.expect("a balance") > 0);
    (wallet, keys)
}

async fn refusals_of_the_queue(chain: &Chain, seals: &SealProver, alice: &Trader, owners: &[AccountId]) {
    let before = Snapshot::take(chain, GROUP, owners, None).await.expect("a snapshot");
    let again = trader::open(chain, seals, GROUP, &alice.keys, DEPOSIT, Until::InBlock)
        .await
        .expect_err("open twice");
    match again {
        TraderError::Chain(e) => assert_eq!(execution(&e), Some(Error::AccountAlreadyOpen), "{e}"),
        e => panic!("{e}"),
    }
    let above = trader::deposit(chain, GROUP, &alice.keys, FUNDS, Until::InBlock)
        .await
        .expect_err("more than it has");
    assert_eq!(execution(&above), Some(Error::InsufficientBalance), "{above}");
    let stranger = trader::deposit(chain, GROUP, &keys_of_developer(), MORE, Until::InBlock).await;
    let stranger = stranger.expect_err("no account");
    assert_eq!(execution(&stranger), Some(Error::NoAccount), "{stranger}");
    let after = Snapshot::take(chain, GROUP, owners, None).await.expect("a snapshot");
    assert_eq!(before, after);
}

fn keys_of_developer() -> TraderKeys {
    TraderKeys {
        owner: developer(),
        ..keys(9)
    }
}

async fn refusals_of_orders(sequencer: &SequencerClient, alice: &Trader, market: &ReplayMarket, good: OrderTerms) {
    let before = sequencer.account(alice).await.expect("shown");
    let instrument = &market.instrument;
    let send = |signed: SignedInstruction| async move { sequencer.submit(&signed).await };

    let mut forged = alice.order(10, &good);
    forged.signature.challenge ^= 1;
    assert_code(send(forged).await, ErrorCode::BadSignature);
    let mut altered = alice.order(10, &good);
    altered.instruction.limit += 1;
    assert_code(send(altered).await, ErrorCode::BadSignature);
    assert_code(
        send(alice.order(
            10,
            &OrderTerms {
                expiry: now() - 1,
                ..good
            },
        ))
        .await,
        ErrorCode::Expired,
    );
    let (low, high) = instrument.band();
    assert_code(
        send(alice.order(
            10,
            &OrderTerms {
                limit: high + 1,
                ..good
            },
        ))
        .await,
        ErrorCode::OutsideBand,
    );
    assert_code(
        send(alice.order(10, &OrderTerms { limit: low - 1, ..good })).await,
        ErrorCode::OutsideBand,
    );
    assert_code(
        send(alice.order(
            10,
            &OrderTerms {
                instrument_id: 999,
                ..good
            },
        ))
        .await,
        ErrorCode::UnknownInstrument,
    );
    assert_code(
        send(alice.order(10, &OrderTerms { quantity: 0, ..good })).await,
        ErrorCode::ZeroQuantity,
    );
    assert_code(
        send(alice.order(10, &OrderTerms { max_fee: 0, ..good })).await,
        ErrorCode::MaxFeeTooLow,
    );
    // Twice what the equity carries as initial margin in the worst scenario.
    let lots = 2 * (DEPOSIT + MORE) / instrument.margin_per_lot() + 1;
    assert_code(
        send(alice.order(10, &OrderTerms { quantity: lots, ..good })).await,
        ErrorCode::InsufficientMargin,
    );
    let reduce = OrderTerms {
        flags: flags::REDUCE_ONLY,
        ..good
    };
    assert_code(send(alice.order(10, &reduce)).await, ErrorCode::WouldNotReduce);

    let after = sequencer.account(alice).await.expect("shown");
    assert_eq!(
        (after.cash, after.positions, after.open_orders),
        (before.cash, before.positions, before.open_orders)
    );
}

/// Alice proves alone what she is worth.
async fn exit(chain: &Chain, audit: &BatchAudit, head: Hash, alice: &Trader) {
    let table = chain.latest_risk_table(GROUP, Some(head)).await.expect("a table");
    let exit = Exit::of(statements(&audit.batches), alice, FinalValues::of(&table)).expect("rebuilt from the chain");
    let account = &exit.witness.account;
    let assessed = Assessment::new(&table, &account.positions, account.cash).expect("in range");
    assert_eq!(exit.equity, assessed.equity.get());
    assert_eq!(exit.statement.claim, Total(assessed.equity.get().unsigned_abs()));
    assert_eq!(to_bytes(&exit.statement.root), audit.root);
    let prover = ExitProver::new(None).await.expect("the development parameters");
    let proven = prover.prove(&exit).await.expect("proven");
    // What is written is all that a verifier needs.
    let written = exit.to_json(&proven.proof, &prover.verifying_key());
    let bytes = |name: &str| hex::decode(written[name].as_str().expect("text")).expect("hexadecimal");
    let key = VerifyingKey::from_bytes(&bytes("verifying_key")).expect("a key");
    let proof = Proof::from_bytes(&bytes("proof").try_into().expect("192 bytes")).expect("a proof");
    let public = from_bytes(&bytes("public").try_into().expect("32 bytes")).expect("canonical");
    assert_eq!(verify_with::<Pure>(&key, &[public], &proof), Ok(()));
    assert!(verify_with::<Pure>(&key, &[public + Fr::one()], &proof).is_err());
}

async fn withdraw(chain: &Chain, sequencer: &SequencerClient, alice: &Trader, owners: &[AccountId]) {
    let before = Snapshot::take(chain, GROUP, owners, None).await.expect("a snapshot");
    let available = sequencer.account(alice).await.expect("shown").available;
    let too_much = u64::try_from(available.get()).expect("small") + 1;
    // What it has is paid at once, when the sequencer has proven that nobody short was spared.
    let begin = std::time::Instant::now();
    while !chain.solvency(GROUP, None).await.expect("read").open {
        assert!(begin.elapsed() < PATIENCE, "no solvency round is complete");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let result = sequencer.submit(&alice.withdrawal(29, too_much, now() + HOUR)).await;
    assert_code(result, ErrorCode::WithdrawalShort);
    sequencer
        .submit(&alice.withdrawal(30, WITHDRAWAL, now() + HOUR))
        .await
        .expect("taken");
    sequencer.settled(PATIENCE, |_| {}).await.expect("settled");
    let after = Snapshot::take(chain, GROUP, owners, None).await.expect("a snapshot");
    assert_eq!(
        after.balances,
        [before.balances[0] + u128::from(WITHDRAWAL), before.balances[1]]
    );
}

/// Takes the last batch out of its block and submits it again.
async fn a_settled_batch_should_not_settle_again(chain: &Chain, owners: &[AccountId]) {
    let head = chain.finalized().await.expect("a final block");
    let last = audit_batches(chain, GROUP, head)
        .await
        .expect("every proof verifies")
        .batches
        .pop()
        .expect("a batch");
    let block = chain.block(last.block).await.expect("its block");
    let settled = block.extrinsics.into_iter().find_map(|extrinsic| match extrinsic.call {
        RuntimeCall::Execution(Call::submit_batch { batch, .. }) => Some(*batch),
        RuntimeCall::Execution(Call::submit_batches { batches, .. }) => batches.last().map(|batch| (**batch).clone()),
        _ => None,
    });
    let settled: Batch = settled.expect("the batch is in its block");
    let before = Snapshot::take(chain, GROUP, owners, None).await.expect("a snapshot");
    let error = submit(chain, GROUP, &settled).await.expect_err("settled already");
    assert_eq!(execution(&error), Some(Error::WrongBatchNumber), "{error}");
    assert_eq!(
        Snapshot::take(chain, GROUP, owners, None).await.expect("a snapshot"),
        before
    );
}

async fn an_instrument_that_closes_should_take_no_opening_orders(
    market: &mut ReplayMarket,
    chain: &Chain,
    alice: &Trader,
) {
    let id = market.instrument.id;
    let call = pallet_cloister_risk::Call::set_instrument_status {
        group: GROUP,
        instrument_id: id,
        status: Status::CloseOnly,
    };
    let sudo = polkadot_sdk::pallet_sudo::Call::sudo {
        call: Box::new(RuntimeCall::Risk(call)),
    };
    chain
        .submit(RuntimeCall::Sudo(sudo), &developer(), Until::InBlock)
        .await
        .expect("set");
    let begin = std::time::Instant::now();
    while market.instrument.trades() {
        assert!(begin.elapsed() < PATIENCE, "no table takes the status up");
        tokio::time::sleep(Duration::from_secs(1)).await;
        let table = chain.latest_risk_table(GROUP, None).await.expect("a table");
        market.instrument.refresh(&table).expect("its row");
    }
    let version = chain
        .latest_risk_table(GROUP, None)
        .await
        .expect("a table")
        .header
        .version;
    while market.sequencer.status().await.expect("status").risk_version < version {
        assert!(begin.elapsed() < PATIENCE, "the sequencer does not take the table up");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    // Alice is long: a buy would not reduce.
    let terms = OrderTerms {
        instrument_id: id,
        side: Side::Buy,
        limit: market.instrument.mark(),
        quantity: 1,
        flags: 0,
        trigger: None,
        expiry: now() + HOUR,
        max_fee: market.instrument.fee_allowance(market.instrument.mark()),
    };
    assert_code(
        market.sequencer.submit(&alice.order(40, &terms)).await,
        ErrorCode::WouldNotReduce,
    );
}
