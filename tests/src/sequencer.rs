//! A sequencer in the test's own process: the ledger's native transition, real proofs, and batches that can be tampered with before they are sent.

use cloister_batcher::ClosedBatch;
use cloister_client::{
    chain::{Chain, ChainError, Included, Until},
    oracle::developer,
    trader::Trader,
};
use cloister_ledger::{
    state::{BatchRequest, UnitRequest},
    testing::Random,
    BatchContext, Fill, GroupState, Key, Shape, SignedInstruction,
};
use cloister_risk::RiskTable;
use cloister_runtime::RuntimeCall;
use cloister_sequencer::{BatchProver, Groth16Prover};
use cloister_settlement::{Batch, KeyId};
use pallet_cloister_execution::Call;
use polkadot_sdk::sp_core::sr25519;

/// A sequencer that knows one group from its first batch on.
pub struct TestSequencer {
    /// The group as the proven batches leave it.
    pub state: GroupState,
    prover: Groth16Prover,
    random: Random,
    group: u32,
    genesis: [u8; 32],
}

/// A request for a unit, with the mark that it consumes the next item of the queue.
pub struct Unit {
    /// What it does.
    pub request: UnitRequest,
    /// It consumes the next item.
    pub queued: bool,
}

impl Unit {
    /// Opens a trader's account.
    pub fn open(trader: &Trader, deposit: u64) -> Self {
        let public = trader.keys.trading.public();
        let (x, y) = public.preimage();
        let request = UnitRequest::Open {
            index: trader.index,
            key: Key::from(&public),
            preimage: Key { x, y },
            view_key: trader.keys.view,
            deposit,
        };
        Self { request, queued: true }
    }

    /// Runs a signed instruction with its fill.
    pub fn instruction(trader: &Trader, signed: SignedInstruction, fill: Fill) -> Self {
        let request = UnitRequest::Normal {
            index: trader.index,
            deposit: 0,
            places: vec![(signed, fill)],
        };
        Self { request, queued: false }
    }

    /// Changes nothing.
    pub fn padding(trader: &Trader) -> Self {
        Self {
            request: UnitRequest::Padding {
                index: trader.index,
                deposit: 0,
            },
            queued: false,
        }
    }
}

impl TestSequencer {
    /// With the development parameters of the cache, which are generated on first use.
    ///
    /// # Panics
    /// The parameters cannot be had.
    pub fn new(chain: &Chain, group: u32) -> Self {
        let mut progress = |step| eprintln!("parameters: {step:?}");
        let prover = Groth16Prover::development(Shape::DEV, None, &mut progress).expect("the development parameters");
        let genesis = chain.genesis().0;
        Self {
            state: GroupState::default(),
            prover,
            random: Random::new(7),
            group,
            genesis,
        }
    }

    /// The verifying key as the chain stores it.
    pub fn verifying_key(&self) -> Vec<u8> {
        self.prover.verifying_key()
    }

    /// Makes and proves a batch, filled up with padding of `filler`'s account.
    ///
    /// # Panics
    /// The batch breaks a rule or cannot be proven.
    pub fn batch(&mut self, key: KeyId, table: &RiskTable, time: u64, mut units: Vec<Unit>, filler: &Trader) -> Batch {
        while units.len() < Shape::DEV.units.into() {
            units.push(Unit::padding(filler));
        }
        let context = BatchContext {
            genesis: self.genesis,
            group: self.group,
            batch_no: self.state.batch_no(),
            time,
            salt: self.random.field(),
            table: table.clone(),
        };
        let queued: Vec<bool> = units.iter().map(|u| u.queued).collect();
        let request = BatchRequest {
            context,
            house_key: self.random.field(),
            sweep: 0,
            empty_mask: 0,
            units: units.into_iter().map(|u| u.request).collect(),
        };
        let (witness, effect) = self
            .state
            .apply(Shape::DEV, &request)
            .expect("the batch follows the rules");
        let closed = ClosedBatch {
            shape: Shape::DEV,
            request,
            witness,
            effect,
            queued,
            last_item: None,
            fills: 0,
            used: 0,
            unbound: Vec::new(),
            closed_at: time,
        };
        let proof = self.prover.prove(&closed).expect("the batch can be proven");
        Batch::new(
            key,
            closed.risk_version(),
            &closed.effect.statement,
            &closed.queued,
            proof,
        )
        .expect("a batch of a shape of the chain")
    }
}

/// Submits a batch as the development chain's submitter.
///
/// # Errors
/// What the chain says.
pub async fn submit(chain: &Chain, group: u32, batch: &Batch) -> Result<Included, ChainError> {
    submit_as(chain, group, batch, &developer()).await
}

/// Submits a batch as anybody.
///
/// # Errors
/// What the chain says.
pub async fn submit_as(
    chain: &Chain,
    group: u32,
    batch: &Batch,
    signer: &sr25519::Pair,
) -> Result<Included, ChainError> {
    let call = Call::submit_batch {
        group,
        batch: Box::new(batch.clone()),
    };
    chain.submit(RuntimeCall::Execution(call), signer, Until::InBlock).await
}
