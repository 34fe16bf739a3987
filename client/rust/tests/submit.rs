//! What becomes of a transaction whose pool says something else than that a block has it. The node is played: what a
//! pool does while it prepares its view of a new block depends on moments that no real one repeats.

use cloister_client::chain::{Chain, ChainError, Included, Until};
use cloister_client_core::owner::OwnerKey;
use cloister_runtime::{Balance, Hash, Header, Nonce, RuntimeCall, UncheckedExtrinsic, VERSION};
use codec::{DecodeAll, Encode};
use jsonrpsee::{
    server::{RpcModule, Server, ServerHandle, SubscriptionCloseResponse, SubscriptionMessage},
    types::{ErrorObject, ErrorObjectOwned},
};
use polkadot_sdk::{
    frame_support::{dispatch::DispatchClass, weights::Weight},
    frame_system::{self, CheckNonce},
    sc_transaction_pool_api::TransactionStatus,
    sp_core::Bytes,
    sp_runtime::{generic::Preamble, traits::Header as _, transaction_validity::InvalidTransaction, Digest},
};
use serde_json::json;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard},
};

const FEE: Balance = 1_000;

type Status = TransactionStatus<Hash, Hash>;

/// What the pool does with a transaction.
#[derive(Clone, Copy, Debug)]
enum Pool {
    /// The next block has it.
    Includes,
    /// It says that it knows the transaction, and the next block has it.
    KnowsAndIncludes,
    /// It says that it knows the transaction, and no block within its lifetime has it.
    KnowsAndForgets,
    /// It says that it knows the transaction. A fork without it was the best one until now; another one has it.
    KnowsOnAnotherFork,
    /// It refuses the transaction, since its signer cannot pay the fee.
    CannotPay,
    /// It refuses the transaction, since it has another one of the same nonce.
    HasAnother,
    /// The next block has another transaction of the signer, and this one is called invalid.
    PrefersAnother,
    /// It is called invalid, although the next block has it.
    IncludesAndDenies,
    /// It is called invalid, although a block that is being made has it.
    DeniesAndIncludes,
    /// It is called invalid, and its nonce stays free.
    GivesUp,
    /// It is dropped, and its nonce stays free.
    Drops,
    /// The next block has it, and nothing is said of it any more.
    IncludesAndFallsSilent,
    /// A block has it, which does not become final.
    NeverFinal,
    /// It waits until the next transaction comes; a block has both then. Until then the node does not count it.
    Overlooks,
}

/// What the node is to say at once.
enum Said {
    Refusal(ErrorObjectOwned),
    Status(Status),
    Nothing,
    Silence,
}

/// The transactions of each block. The first one is final, and every one after a transaction came.
#[derive(Debug, Default)]
struct Played {
    blocks: Vec<(Header, Vec<Bytes>)>,
    /// Blocks that are made one by one, whenever somebody looks for the last final one.
    coming: VecDeque<Vec<Bytes>>,
    script: VecDeque<Pool>,
    overlooked: Vec<Bytes>,
    /// Nonces of the transactions that came.
    nonces: Vec<Nonce>,
}

impl Played {
    fn block(&mut self, transactions: Vec<Bytes>) -> Hash {
        let zero = Hash::zero();
        let parent = self.blocks.last().map_or(zero, |(header, _)| header.hash());
        let number = self.blocks.len() as u32;
        let header = Header::new(number, zero, zero, parent, Digest::default());
        let hash = header.hash();
        self.blocks.push((header, transactions));
        hash
    }

    fn last(&self) -> &Header {
        &self.blocks.last().expect("a first block").0
    }

    fn at(&self, hash: Hash) -> Option<usize> {
        self.blocks.iter().position(|(header, _)| header.hash() == hash)
    }

    /// All are of one signer.
    fn nonce_at(&self, hash: Hash) -> Nonce {
        let end = self.at(hash).expect("a known block");
        let counts = self.blocks[..=end].iter().map(|(_, transactions)| transactions.len());
        counts.sum::<usize>() as Nonce
    }

    fn last_final(&self) -> &Header {
        let last = if self.nonces.is_empty() {
            self.blocks.first()
        } else {
            self.blocks.last()
        };
        &last.expect("a first block").0
    }

    /// Some other transaction of the signer is in the next block.
    fn another(&mut self) -> Hash {
        self.block(vec![Bytes(b"another".to_vec())])
    }

    fn submitted(&mut self, transaction: Bytes) -> Said {
        self.nonces.push(nonce_of(&transaction));
        let refused = |code, message, data| Said::Refusal(ErrorObject::owned(code, message, Some(data)));
        let known = || refused(1013, "Transaction Already Imported", "Any { .. }");
        match self.script.pop_front().expect("as many transactions as expected") {
            Pool::Includes => {
                let mut transactions = std::mem::take(&mut self.overlooked);
                transactions.push(transaction);
                let index = transactions.len() - 1;
                Said::Status(TransactionStatus::InBlock((self.block(transactions), index)))
            }
            Pool::KnowsAndIncludes => {
                self.block(vec![transaction]);
                known()
            }
            Pool::KnowsAndForgets => {
                for _ in 0..70 {
                    self.block(Vec::new());
                }
                known()
            }
            Pool::KnowsOnAnotherFork => {
                let length = self.blocks.len();
                self.blocks.truncate(1);
                self.block(vec![transaction]);
                while self.blocks.len() <= length {
                    self.block(Vec::new());
                }
                known()
            }
            Pool::CannotPay => {
                let data: &str = InvalidTransaction::Payment.into();
                refused(1010, "Invalid Transaction", data)
            }
            Pool::HasAnother => {
                self.another();
                refused(1014, "Priority is too low", "Any { .. }")
            }
            Pool::PrefersAnother => {
                self.another();
                Said::Status(TransactionStatus::Invalid)
            }
            Pool::IncludesAndDenies => {
                self.block(vec![transaction]);
                Said::Status(TransactionStatus::Invalid)
            }
            Pool::DeniesAndIncludes => {
                self.coming = VecDeque::from([Vec::new(), vec![transaction]]);
                Said::Status(TransactionStatus::Invalid)
            }
            Pool::GivesUp => {
                self.coming = VecDeque::from([Vec::new(), Vec::new(), Vec::new()]);
                Said::Status(TransactionStatus::Invalid)
            }
            Pool::Drops => {
                self.coming = VecDeque::from([Vec::new(), Vec::new(), Vec::new()]);
                Said::Status(TransactionStatus::Dropped)
            }
            Pool::IncludesAndFallsSilent => {
                self.block(vec![transaction]);
                Said::Silence
            }
            Pool::NeverFinal => {
                let block = self.block(vec![transaction]);
                Said::Status(TransactionStatus::FinalityTimeout(block))
            }
            Pool::Overlooks => {
                self.overlooked.push(transaction);
                Said::Nothing
            }
        }
    }
}

fn nonce_of(transaction: &[u8]) -> Nonce {
    let extrinsic = UncheckedExtrinsic::decode_all(&mut &*transaction).expect("a transaction");
    let Preamble::Signed(_, _, extension) = extrinsic.preamble else {
        panic!("it is signed");
    };
    let CheckNonce(nonce) = extension.6;
    nonce
}

/// A node that plays, its state, and a client of it.
struct Node {
    played: Arc<Mutex<Played>>,
    chain: Chain,
    _server: ServerHandle,
}

fn locked(played: &Mutex<Played>) -> MutexGuard<'_, Played> {
    played.lock().expect("nobody panicked")
}

impl Node {
    async fn start(script: &[Pool]) -> Self {
        Self::start_at(1, script).await
    }

    /// With so many blocks, of which the first is final.
    async fn start_at(blocks: u32, script: &[Pool]) -> Self {
        let mut first = Played {
            script: script.iter().copied().collect(),
            ..Played::default()
        };
        for _ in 0..blocks {
            first.block(Vec::new());
        }
        let played = Arc::new(Mutex::new(first));
        let server = Server::builder()
            .build("127.0.0.1:0")
            .await
            .expect("there are free ports");
        let url = format!("ws://{}", server.local_addr().expect("it is bound"));
        let server = server.start(module(&played));
        let chain = Chain::connect(&url).await.expect("it answers");
        Self {
            played,
            chain,
            _server: server,
        }
    }

    async fn submit(&self, until: Until) -> Result<Included, ChainError> {
        let remark = b"hello".to_vec();
        let call = RuntimeCall::System(frame_system::Call::remark { remark });
        let signer = OwnerKey::from_uri("//Alice").expect("the URI is well-formed");
        self.chain.submit(call, &signer, until).await
    }

    /// Nonces of the transactions that came.
    fn nonces(&self) -> Vec<Nonce> {
        locked(&self.played).nonces.clone()
    }

    fn last(&self) -> Hash {
        locked(&self.played).last().hash()
    }
}

fn module(played: &Arc<Mutex<Played>>) -> RpcModule<Arc<Mutex<Played>>> {
    let mut module = RpcModule::new(played.clone());
    let mut add = |name: &'static str, answer: fn(&mut Played, serde_json::Value) -> serde_json::Value| {
        module
            .register_method(name, move |params, played, _| {
                let params = params.parse().unwrap_or(serde_json::Value::Null);
                answer(&mut locked(played), params)
            })
            .expect("no name twice");
    };
    add("state_getRuntimeVersion", |_, _| json!(VERSION));
    add("state_getStorage", |_, _| serde_json::Value::Null);
    add("system_accountNextIndex", |played, _| {
        json!(played.nonce_at(played.last().hash()))
    });
    add("chain_getFinalizedHead", |played, _| {
        if let Some(transactions) = played.coming.pop_front() {
            played.block(transactions);
        }
        json!(played.last_final().hash())
    });
    add("chain_getBlockHash", |played, params| {
        let number = params[0].as_u64().expect("a number") as usize;
        json!(played.blocks.get(number).map(|(header, _)| header.hash()))
    });
    add("chain_getHeader", |played, params| {
        let named = block_in(played, &params[0]);
        json!(named.map_or(played.last(), |at| &played.blocks[at].0))
    });
    add("chain_getBlock", |played, params| {
        let (header, transactions) = &played.blocks[block_in(played, &params[0]).expect("a known block")];
        json!({"block": {"header": header, "extrinsics": transactions}})
    });
    add("state_call", |played, params| {
        if params[0] == "TransactionPaymentApi_query_info" {
            return json!(Bytes((Weight::zero(), DispatchClass::Normal, FEE).encode()));
        }
        assert_eq!(params[0], "AccountNonceApi_account_nonce");
        let at = block_in(played, &params[2]).expect("a known block");
        json!(Bytes(played.nonce_at(played.blocks[at].0.hash()).encode()))
    });
    module
        .register_subscription(
            "author_submitAndWatchExtrinsic",
            "author_extrinsicUpdate",
            "author_unwatchExtrinsic",
            |params, pending, played, _| async move {
                let (transaction,): (Bytes,) = params.parse().expect("a transaction");
                let said = locked(&played).submitted(transaction);
                if let Said::Refusal(refusal) = said {
                    pending.reject(refusal).await;
                    return SubscriptionCloseResponse::None;
                }
                let sink = pending.accept().await.expect("it listens");
                match said {
                    Said::Silence => return SubscriptionCloseResponse::NotifErr("the pool ends".into()),
                    Said::Status(status) => {
                        let message = SubscriptionMessage::from_json(&status).expect("it is JSON");
                        sink.send(message).await.expect("it listens");
                    }
                    _ => {}
                }
                sink.closed().await;
                SubscriptionCloseResponse::None
            },
        )
        .expect("no name twice");
    module
}

fn block_in(played: &Played, param: &serde_json::Value) -> Option<usize> {
    let hash = serde_json::from_value::<Option<Hash>>(param.clone()).expect("a hash or none");
    hash.map(|hash| played.at(hash).expect("a known block"))
}

#[tokio::test]
async fn a_transaction_that_the_pool_knows_already_should_be_looked_for_in_blocks() {
    for until in [Until::InBlock, Until::Final] {
        for pool in [Pool::KnowsAndIncludes, Pool::IncludesAndFallsSilent] {
            let node = Node::start(&[pool]).await;
            let included = node.submit(until).await.expect("a block has it");
            assert_eq!((included.block, node.nonces()), (node.last(), vec![0]), "{pool:?}");
        }
    }
    let node = Node::start(&[Pool::KnowsAndForgets]).await;
    let error = node.submit(Until::InBlock).await.expect_err("no block has it");
    assert!(
        matches!(error, ChainError::NotIncluded("not valid any more")),
        "{error}"
    );
    assert_eq!(node.nonces(), [0]);
}

#[tokio::test]
async fn a_transaction_whose_nonce_another_one_took_should_be_signed_again() {
    for first in [Pool::HasAnother, Pool::PrefersAnother] {
        for until in [Until::InBlock, Until::Final] {
            let node = Node::start(&[first, first, Pool::KnowsAndIncludes]).await;
            let included = node.submit(until).await.expect("a block has it");
            assert_eq!(
                (included.block, node.nonces()),
                (node.last(), vec![0, 1, 2]),
                "{first:?}"
            );
        }
        let node = Node::start(&[first; 5]).await;
        let error = node.submit(Until::InBlock).await.expect_err("others always come first");
        assert!(matches!(error, ChainError::Overtaken { .. }), "{error}");
        assert_eq!(node.nonces(), [0, 1, 2, 3, 4]);
    }
}

#[tokio::test]
async fn a_transaction_should_not_be_signed_again_while_a_block_may_have_it() {
    for pool in [Pool::IncludesAndDenies, Pool::DeniesAndIncludes] {
        for until in [Until::InBlock, Until::Final] {
            let node = Node::start(&[pool]).await;
            let included = node.submit(until).await.expect("a block has it");
            assert_eq!((included.block, node.nonces()), (node.last(), vec![0]), "{pool:?}");
        }
    }
}

#[tokio::test]
async fn a_transaction_that_no_block_has_should_leave_its_nonce_to_the_next_one() {
    for (pool, expected) in [
        (Pool::GivesUp, "not valid any more"),
        (Pool::Drops, "dropped, the pool is full"),
    ] {
        let node = Node::start(&[pool, Pool::Includes]).await;
        let error = node.submit(Until::InBlock).await.expect_err("no block has it");
        assert!(
            matches!(error, ChainError::NotIncluded(reason) if reason == expected),
            "{error}"
        );
        node.submit(Until::InBlock).await.expect("a block has it");
        assert_eq!(node.nonces(), [0, 0], "{pool:?}");
    }
}

#[tokio::test]
async fn a_block_of_another_fork_should_be_found_where_it_is_older_than_the_transaction() {
    let node = Node::start_at(4, &[Pool::KnowsOnAnotherFork]).await;
    let included = node.submit(Until::Final).await.expect("a block has it");
    let view = node.chain.header(Some(included.block)).await.expect("a known block");
    assert_eq!((*view.number(), node.nonces()), (1, vec![0]));
}

#[tokio::test]
async fn a_fee_in_another_asset_should_be_offered_under_the_same_nonce() {
    for second in [Pool::Includes, Pool::KnowsAndIncludes] {
        let node = Node::start(&[Pool::CannotPay, second]).await;
        let included = node.submit(Until::InBlock).await.expect("a block has it");
        assert_eq!((included.block, node.nonces()), (node.last(), vec![0, 0]), "{second:?}");
    }
    let node = Node::start(&[Pool::CannotPay, Pool::CannotPay]).await;
    let error = node.submit(Until::InBlock).await.expect_err("it cannot pay");
    assert!(
        matches!(
            error,
            ChainError::FeeUnpaid {
                balance: 0,
                fee: FEE,
                ..
            }
        ),
        "{error}"
    );
    assert_eq!(node.nonces(), [0, 0]);
}

#[tokio::test]
async fn a_block_that_does_not_become_final_should_be_named() {
    let node = Node::start(&[Pool::NeverFinal]).await;
    let error = node.submit(Until::Final).await.expect_err("it is not final");
    assert!(
        matches!(error, ChainError::NotFinal(block) if block == node.last()),
        "{error}"
    );
}

#[tokio::test]
async fn a_nonce_should_not_be_used_twice_where_the_node_overlooks_a_transaction() {
    let node = Node::start(&[Pool::Overlooks, Pool::Includes]).await;
    let first = node.submit(Until::InBlock);
    let second = async {
        while node.nonces().is_empty() {
            tokio::task::yield_now().await;
        }
        node.submit(Until::InBlock).await
    };
    let second = tokio::select! {
        included = second => included.expect("a block has it"),
        ended = first => panic!("nothing is said of it: {ended:?}"),
    };
    assert_eq!(node.nonces(), [0, 1]);
    assert_eq!(second.block, node.last());
}
