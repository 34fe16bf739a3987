//! Exits of accounts that were rebuilt from batch records alone, proven with the development parameters.

use cloister_circuits::statements::seal::SealCircuit;
use cloister_client::{
    exit::ExitProver,
    prover::{Parameters, TraderProver},
};
use cloister_client_core::{exit::Exit, keys::TraderKeys, trader::Trader};
use cloister_crypto::field::to_bytes;
use cloister_groth16::{default_directory, Matrices};
use cloister_ledger::{
    state::{GroupLedger, UnitRequest},
    FinalValues, Key, Shape, Statement,
};
use cloister_ledger_testing::{World, GENESIS, GROUP, SCOPE};
use cloister_prover_job::{JobKind, ProverError};
use cloister_types::{AccountIndex, GroupId, Total};

/// 1,000 of the settlement asset.
const DEPOSIT: u64 = 1_000_000_000;

/// The keys that the client derives; trading keys are the world's own.
fn wallet() -> TraderKeys {
    TraderKeys::from_seed(&[1; 32], None).expect("a seed gives keys")
}

/// The open of the next trader, under the view key that the client derives.
fn open(world: &mut World) -> UnitRequest {
    let mut request = world.open(DEPOSIT);
    if let UnitRequest::Open { view_key, .. } = &mut request {
        *view_key = wallet().view.key(&SCOPE);
    }
    request
}

/// A trader of the world, as the client sees it.
fn client_trader(world: &World, trader: usize) -> Trader {
    let known = &world.traders[trader];
    Trader {
        keys: TraderKeys {
            trading: known.secret.clone(),
            ..wallet()
        },
        genesis: GENESIS,
        group: GROUP,
        index: known.index,
    }
}

/// Two accounts that have traded with one another.
fn market() -> (World, Vec<Statement>) {
    let mut world = World::new(11);
    let mut statements = Vec::new();
    let opens: Vec<UnitRequest> = (0..2).map(|_| open(&mut world)).collect();
    for round in 0..2 {
        let units = if round == 0 {
            opens.clone()
        } else {
            world.trade(0, 1).to_vec()
        };
        let request = world.padded(Shape::DEV, units);
        let (_, effect) = world.apply(Shape::DEV, &request);
        statements.push(effect.statement);
    }
    (world, statements)
}

/// The ledger's word on what an account is worth.
fn worth(state: &GroupLedger, values: &FinalValues, index: u32) -> i128 {
    let account = &state.account(AccountIndex(index)).expect("the account exists").account;
    let held = account.positions.iter().zip(&values.values);
    account.cash.get()
        + held
            .map(|(q, v)| i128::from(q.get()) * i128::from((*v).get()))
            .sum::<i128>()
}

#[tokio::test]
async fn exits_should_be_proven_from_the_records_alone() {
    let (world, statements) = market();
    let prover = ExitProver::new(None).await.expect("the development parameters");
    let values = FinalValues::of(&world.table);
    for trader in 0..2 {
        let trader = client_trader(&world, trader);
        let exit = Exit::of(&statements, &trader, FinalValues::of(&world.table)).expect("rebuilt");
        assert!(
            exit.witness.account.positions.iter().any(|q| !q.is_zero()),
            "nothing was traded"
        );
        assert_eq!(exit.equity, worth(&world.state, &values, trader.index));
        assert_eq!(exit.statement.claim, Total(exit.equity.unsigned_abs()));
        assert_eq!(exit.statement.root, world.state.root());
        assert_eq!(exit.statement.final_hash, values.hash(GroupId(GROUP)));
        let proven = prover.prove(&exit).await.expect("proven");
        let json = exit.to_json(&proven.proof, &prover.verifying_key());
        assert_eq!(json["public"], hex::encode(to_bytes(&exit.statement.hash())));
        assert_eq!(json["claim"], exit.statement.claim.get().to_string());
    }
}

#[tokio::test]
async fn an_exit_with_a_higher_claim_should_not_be_proven() {
    let (world, statements) = market();
    let prover = ExitProver::new(None).await.expect("the development parameters");
    let mut exit = Exit::of(&statements, &client_trader(&world, 0), FinalValues::of(&world.table)).expect("rebuilt");
    exit.statement.claim.0 += 1;
    let refused = prover.prove(&exit).await;
    assert!(matches!(refused, Err(ProverError::Unsatisfied { .. })), "{refused:?}");
}

#[tokio::test]
async fn parameters_of_another_circuit_should_be_refused() {
    // The seal's, put into the cache by its own prover.
    let seals = TraderProver::new(JobKind::Seal, Parameters::Development).await;
    seals.expect("the development parameters");
    let id = Matrices::record(SealCircuit::blank()).expect("synthesises").id();
    let path = default_directory()
        .expect("a cache directory")
        .join(format!("{id}.key"));
    let refused = TraderProver::new(JobKind::Exit, Parameters::File(path)).await;
    assert!(matches!(refused, Err(ProverError::WrongKey { .. })), "{refused:?}");
}

#[test]
fn the_world_gives_keys_that_the_client_can_use() {
    let (world, _) = market();
    let trader = client_trader(&world, 1);
    assert_eq!(trader.account_keys().key, Key::from(&world.traders[1].secret.public()));
}
