//! A sequencer in the test's own process: the ledger's native transition, real proofs, and batches that can be tampered
//! with before they are sent.

use cloister_batcher::ClosedBatch;
use cloister_client::{
    chain::{Chain, ChainError, Included, Until},
    oracle::developer,
};
use cloister_client_core::{owner::OwnerKey, trader::Trader};
use cloister_crypto::{
    field::{from_bytes, to_bytes},
    seal::SealPublicKey,
    stream::Scope,
    Fr,
};
use cloister_ledger::{
    state::{BatchRequest, UnitRequest},
    BatchContext, Fill, GroupLedger, HouseRecord, HouseRekeyStatement, Key, Shape, SignedInstruction, SolvencyShape,
    SolvencyWitness,
};
use cloister_ledger_testing::{entropy, Random};
use cloister_prover_job::{JobKind, ProofJob, Prover};
use cloister_prover_local::{LocalProver, Parameters};
use cloister_risk::RiskTable;
use cloister_runtime::RuntimeCall;
use cloister_settlement::{Batch, HouseRekey, KeyId, SolvencySubmission};
use cloister_types::{AccountIndex, Amount, GroupId};
use pallet_cloister_execution::Call;

/// A sequencer that knows one group from its first batch on.
pub struct TestSequencer {
    /// The group as the proven batches leave it.
    pub state: GroupLedger,
    prover: LocalProver,
    random: Random,
    group: u32,
    genesis: [u8; 32],
}

/// A request for a unit.
pub struct Unit {
    /// What it does.
    pub request: UnitRequest,
}

impl Unit {
    /// Opens a trader's account.
    pub fn open(trader: &Trader, deposit: u64) -> Self {
        let public = trader.keys.trading.public();
        let (x, y) = public.preimage();
        let request = UnitRequest::Open {
            index: AccountIndex(trader.index),
            key: Key::from(&public),
            preimage: Key { x, y },
            view_key: trader.view_key(),
            deposit: Amount(deposit),
        };
        Self { request }
    }

    /// Takes what is queued for a trader's account, and changes nothing else.
    pub fn deposit(trader: &Trader, deposit: u64) -> Self {
        Self {
            request: UnitRequest::Padding {
                index: AccountIndex(trader.index),
                deposit: Amount(deposit),
            },
        }
    }

    /// Runs a signed instruction with its fill.
    pub fn instruction(trader: &Trader, signed: SignedInstruction, fill: Fill) -> Self {
        let request = UnitRequest::Normal {
            index: AccountIndex(trader.index),
            deposit: Amount::ZERO,
            places: vec![(signed, fill)],
        };
        Self { request }
    }

    /// Changes nothing.
    pub fn padding(trader: &Trader) -> Self {
        Self {
            request: UnitRequest::Padding {
                index: AccountIndex(trader.index),
                deposit: Amount::ZERO,
            },
        }
    }
}

impl TestSequencer {
    /// With the development parameters of the cache, which are generated on first use.
    ///
    /// # Panics
    /// The parameters can neither be read nor made.
    pub fn new(chain: &Chain, group: u32) -> Self {
        let mut progress = |step| eprintln!("parameters: {step:?}");
        let prover = LocalProver::load(JobKind::Batch(Shape::DEV), &Parameters::Development, &mut progress)
            .expect("the development parameters");
        let genesis = chain.genesis().0;
        Self {
            state: GroupLedger::default(),
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

    /// Re-keys the house, with a proof of the development parameters.
    ///
    /// # Panics
    /// The re-key cannot be proven.
    pub fn rekey(&mut self, key: KeyId, sealing_key: &SealPublicKey) -> HouseRekey {
        let mut progress = |step| eprintln!("parameters: {step:?}");
        let prover = LocalProver::load(JobKind::HouseRekey, &Parameters::Development, &mut progress)
            .expect("the development parameters");
        let (house, new_key) = (self.state.house().clone(), self.random.field());
        let (statement, witness) = HouseRekeyStatement::rekey(
            self.genesis,
            GroupId(self.group),
            sealing_key,
            house,
            new_key,
            &entropy(&mut self.random),
        )
        .expect("the nonce fits");
        let proof = prover.prove_blocking(ProofJob::house_rekey(statement, witness));
        assert!(self.state.rekey_house(new_key));
        HouseRekey::new(key, &statement, proof.expect("the re-key can be proven").0)
    }

    /// The last batch, as if it had given the house a key that nobody else knows.
    ///
    /// # Panics
    /// The salt is not canonical.
    pub fn with_another_house_key(&self, batch: &Batch) -> Batch {
        let salt = from_bytes(&batch.salt).expect("a canonical salt");
        let scope = Scope {
            genesis: self.genesis,
            group: self.group,
        };
        let mut house = self.state.house().clone();
        house.key += Fr::one();
        let record = HouseRecord::encrypt(&house, scope.salt(salt));
        Batch {
            new_house: to_bytes(&house.commitment()),
            house_record: record.ciphertext.map(|element| to_bytes(&element)),
            ..batch.clone()
        }
    }

    /// Makes and proves a whole solvency round of the ledger as the last batch left it: one statement, which covers the
    /// few accounts of a test.
    ///
    /// # Panics
    /// The round cannot be proven.
    pub fn round(&self, key: KeyId, table: &RiskTable) -> SolvencySubmission {
        let shape = SolvencyShape::DEV;
        let mut progress = |step| eprintln!("parameters: {step:?}");
        let prover = LocalProver::load(JobKind::Solvency(shape), &Parameters::Development, &mut progress)
            .expect("the development parameters");
        let first = AccountIndex::ZERO;
        let account = |index| self.state.account(index).map(|state| &state.account);
        let mut witness = SolvencyWitness::open(shape, self.state.tree(), account, table.clone(), first)
            .expect("the accounts are in the tree");
        witness.house = self.state.house().clone();
        let statement = witness.statement(shape, self.genesis, developer().public(), first, true);
        let statement = statement.expect("every account is within its range");
        let job = ProofJob::solvency(shape, statement, witness);
        let proof = prover.prove_blocking(job).expect("the statement can be proven");
        SolvencySubmission::new(key, self.state.batch_no() - 1, &statement, proof.0)
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
            group: GroupId(self.group),
            batch_no: self.state.batch_no(),
            time,
            payee: developer().public(),
            salt: self.random.field(),
            table: table.clone(),
        };
        let request = BatchRequest {
            context,
            sweep: Amount::ZERO,
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
            items: Vec::new(),
            fills: 0,
            used: 0,
            unbound: Vec::new(),
            closed_at: time,
        };
        let job = ProofJob::batch(closed.shape, closed.witness.clone(), &closed.effect.statement);
        let proof = self.prover.prove_blocking(job).expect("the batch can be proven");
        Batch::new(key, closed.risk_version(), &closed.effect.statement, proof.0).expect("the chain has room for it")
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
pub async fn submit_as(chain: &Chain, group: u32, batch: &Batch, signer: &OwnerKey) -> Result<Included, ChainError> {
    let call = Call::submit_batch {
        group,
        batch: Box::new(batch.clone()),
    };
    chain.submit(RuntimeCall::Execution(call), signer, Until::InBlock).await
}

/// Submits a re-key of the house.
///
/// # Errors
/// What the chain says.
pub async fn submit_rekey(
    chain: &Chain,
    group: u32,
    rekey: &HouseRekey,
    signer: &OwnerKey,
) -> Result<Included, ChainError> {
    let rekey = Box::new(rekey.clone());
    let call = RuntimeCall::Execution(Call::rekey_house { group, rekey });
    chain.submit(call, signer, Until::InBlock).await
}

/// Submits the last statement of a solvency round.
///
/// # Errors
/// What the chain says.
pub async fn submit_round(
    chain: &Chain,
    group: u32,
    statement: &SolvencySubmission,
    signer: &OwnerKey,
) -> Result<Included, ChainError> {
    let statement = Box::new(statement.clone());
    let call = RuntimeCall::Execution(Call::submit_solvency { group, statement });
    chain.submit(call, signer, Until::InBlock).await
}
